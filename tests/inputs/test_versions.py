"""Inputs 60 to 66: the same file, the same rows, newer and older statements, rows that are gone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from kpi import engine
from kpi.engine.loading import LoadedBatch
from kpi.engine.preview import GONE, MANY_CHANGED, OLDER_FILE, Preview
from kpi.errors import AlreadyImported
from kpi.intake import Staged, rules
from kpi.intake.gathered import IDENTICAL
from kpi.store import current
from tests.inputs.checks import column, is_sentence, read, rules_of
from tests.intake.exports import RATING, Row, catalogue, csv_text, rows_of, table, xlsx_bytes

FIRST = date(2023, 12, 1)


def titles(exported: str, first: str = "2023-12-01", last: str = "2023-12-31") -> list[str]:
    return ["惠东县好差评评价明细", f"统计期间：{first} 至 {last}　导出时间：{exported}"]


def month(count: int = 20, **changes: str) -> list[Row]:
    """Return ratings of December, one a day and again from the first."""
    rows = rows_of(RATING, count, **changes)
    return [{**row, "评价时间": f"{FIRST + timedelta(days=n % 31)} 10:00:00"} for n, row in enumerate(rows)]


def export(rows: list[Row], exported: str = "2024-01-05 08:30", name: str = "十二月.csv") -> Staged:
    return read(csv_text(rows, titles=titles(exported)), name)


def load(root: Path, staged: Staged, *, is_complete: bool = False) -> LoadedBatch:
    return engine.load(root, [staged], catalogue(), is_complete=is_complete)[0]


def preview(root: Path, staged: Staged) -> Preview:
    found = engine.preview(root, staged, catalogue())
    assert all(is_sentence(caution.text) for caution in found.cautions)
    return found


def warned(found: Preview) -> dict[str, str]:
    return {caution.rule: caution.text for caution in found.cautions}


def counts(batch: LoadedBatch | Preview) -> tuple[int, int, int, int]:
    return batch.new, batch.changed, batch.same, batch.older


def levels(root: Path) -> dict[str, int]:
    return dict(current(root, "real").query("select rating_id, level from rating").iter_rows())


def files(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file() and path.name != "writing.lock"}


def test_input_60_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    first = load(tmp_path, export(month()))
    before = files(tmp_path)
    with pytest.raises(AlreadyImported, match=r"已于 .+ 导入（批次 1），内容完全相同，未作任何改动。"):
        preview(tmp_path, export(month(), name="又一次.csv"))
    again = load(tmp_path, export(month(), name="又一次.csv"))
    assert (first.batch, again.batch, counts(again)) == (1, None, (0, 0, 0, 0))
    assert again.reason is not None and "批次 1" in again.reason
    assert files(tmp_path) == before


def test_input_60_a_file_taken_back_may_come_again(tmp_path: Path) -> None:
    load(tmp_path, export(month()))
    engine.undo(tmp_path, 1, catalogue(), "real")
    assert counts(preview(tmp_path, export(month()))) == (20, 0, 0, 0)
    assert load(tmp_path, export(month())).batch == 2


def test_input_61_the_same_content_as_a_workbook_gives_no_new_rows(tmp_path: Path) -> None:
    load(tmp_path, export(month()))
    stated = [[line] for line in titles("2024-01-05 08:30")]
    assert counts(load(tmp_path, read(xlsx_bytes([*stated, *table(month())]), "另存.xlsx"))) == (0, 0, 20, 0)


@pytest.mark.parametrize("codec", ["gb18030", "utf-16"])
def test_input_61_the_same_content_under_another_name_and_encoding_gives_no_new_rows(
    tmp_path: Path, codec: str
) -> None:
    load(tmp_path, export(month()))
    before = levels(tmp_path)
    text = csv_text(month(), titles=titles("2024-01-05 08:30"))
    other = read(text.encode(codec), "另存.txt")
    assert counts(preview(tmp_path, other)) == (0, 0, 20, 0)
    assert warned(preview(tmp_path, other)) == {}
    batch = load(tmp_path, other)
    assert (batch.batch, counts(batch)) == (2, (0, 0, 20, 0))
    assert levels(tmp_path) == before


def test_input_62_a_week_and_then_its_month_are_put_together_by_key(tmp_path: Path) -> None:
    week, whole = month(7), month(31)
    whole[2]["整体满意度"] = "非常不满意"
    text = csv_text(week, titles=titles("2023-12-08 08:30", "2023-12-01", "2023-12-07"))
    assert counts(load(tmp_path, read(text, "第一周.csv"))) == (7, 0, 0, 0)
    found = preview(tmp_path, export(whole))
    assert (counts(found), warned(found)) == ((24, 1, 6, 0), {})
    assert counts(load(tmp_path, export(whole))) == (24, 1, 6, 0)
    assert len(levels(tmp_path)) == 31


def test_input_62_a_month_and_then_its_week_withdraws_nothing(tmp_path: Path) -> None:
    load(tmp_path, export(month(31)))
    text = csv_text(month(7), titles=titles("2024-01-06 08:30", "2023-12-01", "2023-12-07"))
    found = preview(tmp_path, read(text, "第一周.csv"))
    assert (counts(found), warned(found)) == ((0, 0, 7, 0), {})
    load(tmp_path, read(text, "第一周.csv"))
    assert len(levels(tmp_path)) == 31


def test_input_63_a_corrected_export_wins_shows_what_changed_and_keeps_the_old(tmp_path: Path) -> None:
    load(tmp_path, export(month()))
    corrected = month()
    for row in corrected[:4]:
        row["整体满意度"] = "非常不满意"
    newer = export(corrected, "2024-01-10 09:00")
    found = preview(tmp_path, newer)
    assert counts(found) == (0, 4, 16, 0)
    assert found.samples.sort("record").row(0) == ("P0000000001", "整体满意度", "满意", "非常不满意")
    assert warned(found) == {}, "one row in five is not many"
    load(tmp_path, newer)
    assert levels(tmp_path)["P0000000001"] == 1
    kept = current(tmp_path, "real").query(
        "select level from rating_version where rating_id = 'P0000000001' order by 1"
    )
    assert kept["level"].to_list() == [1, 4]


def test_input_63_more_than_one_changed_row_in_five_must_be_confirmed(tmp_path: Path) -> None:
    load(tmp_path, export(month()))
    corrected = month()
    for row in corrected[:5]:
        row["整体满意度"] = "非常不满意"
    said = warned(preview(tmp_path, export(corrected, "2024-01-10 09:00")))
    assert "20 行中有 5 行（25%）" in said[MANY_CHANGED]


def test_input_64_an_older_export_after_a_newer_one_keeps_the_newer_values_and_must_be_confirmed(
    tmp_path: Path,
) -> None:
    load(tmp_path, export(month(), "2024-01-10 09:00"))
    older = month(25)
    for row in older[:3]:
        row["整体满意度"] = "非常不满意"
    staged = export(older, "2024-01-05 08:30", "旧.csv")
    found = preview(tmp_path, staged)
    assert counts(found) == (5, 0, 17, 3)
    assert all(word in warned(found)[OLDER_FILE] for word in ("2024-01-05 08:30", "2024-01-10 09:00", "“十二月.csv”"))
    assert counts(load(tmp_path, staged)) == (5, 0, 17, 3)
    assert set(levels(tmp_path).values()) == {4}


def test_input_65_rows_gone_from_a_re_export_must_be_confirmed_and_stay(tmp_path: Path) -> None:
    load(tmp_path, export(month()))
    fewer = export(month()[:17], "2024-01-10 09:00")
    found = preview(tmp_path, fewer)
    assert (found.gone, found.gone_samples) == (3, ("P0000000018", "P0000000019", "P0000000020"))
    said = warned(found)[GONE]
    assert "20 条" in said and "3 条" in said and "本期完整覆盖" in said
    assert load(tmp_path, fewer).withdrawn == 0
    assert len(levels(tmp_path)) == 20


def test_input_65_a_complete_re_export_withdraws_what_it_lacks_and_undo_brings_it_back(tmp_path: Path) -> None:
    load(tmp_path, export(month()))
    batch = load(tmp_path, export(month()[:17], "2024-01-10 09:00"), is_complete=True)
    assert batch.withdrawn == 3
    assert len(levels(tmp_path)) == 17
    assert engine.undo(tmp_path, 2, catalogue(), "real") == "rating"
    assert len(levels(tmp_path)) == 20


def test_input_65_most_rows_gone_is_never_silent(tmp_path: Path) -> None:
    load(tmp_path, export(month()))
    found = preview(tmp_path, export(month()[:5], "2024-01-10 09:00"))
    assert GONE in warned(found), "five of twenty records of a stated period are left"


def test_input_65_complete_covers_the_stated_period_only(tmp_path: Path) -> None:
    load(tmp_path, export(month(31)))
    text = csv_text(month(6), titles=titles("2024-01-10 09:00", "2023-12-01", "2023-12-07"))
    assert load(tmp_path, read(text, "第一周.csv"), is_complete=True).withdrawn == 1
    assert len(levels(tmp_path)) == 30


def test_input_66_copies_of_a_row_are_dropped_and_counted() -> None:
    rows = month(10)
    result = read(csv_text([*rows, rows[0], rows[3], rows[3]]))
    assert (result.skipped, len(result.rows), rules_of(result)) == ({IDENTICAL: 3}, 10, [])
    assert column(result, "line") == list(range(2, 12))


def test_input_66_copies_that_read_the_same_are_copies() -> None:
    rows = month(10)
    result = read(csv_text([*rows, {**rows[0], "镇街": "平山", "评价时间": "2023/12/1 10:00"}]))
    assert (result.skipped, len(result.rows)) == ({IDENTICAL: 1}, 10)


def test_input_66_of_rows_that_differ_under_one_id_all_are_refused() -> None:
    rows = month(10)
    result = read(csv_text([*rows, {**rows[0], "整体满意度": "不满意"}, {**rows[0], "整体满意度": "基本满意"}]))
    assert result.refused.select("line", "rule").rows() == [(line, rules.CONFLICT) for line in (2, 12, 13)]
    assert (len(result.rows), "P0000000001" in column(result, "rating_id")) == (9, False)


def test_input_66_two_alike_and_one_different_under_one_id_all_go() -> None:
    rows = month(10)
    result = read(csv_text([*rows, rows[0], {**rows[0], "整体满意度": "不满意"}]))
    assert "P0000000001" not in column(result, "rating_id")
    assert set(rules_of(result)) == {rules.CONFLICT}

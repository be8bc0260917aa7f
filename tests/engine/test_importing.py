"""From file to figures and back: what a preview promises, complete periods, corrections, kept files, drop folder."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import polars as pl
import pytest

from kpi import engine
from kpi.catalogue import Alias, load
from kpi.engine.naming import aliases_path, confirm_alias
from kpi.engine.report import refused_csv
from kpi.engine.watching import watch
from kpi.errors import CatalogueError, ImportRefused, StoreError
from kpi.intake import Staged, stage
from kpi.measure import effects
from kpi.store import current
from kpi.store.location import WAITING, writing
from kpi.store.raw import keep_days
from tests.intake.exports import RATING, TICKET, Row, csv_text, rows_of, table
from tests.intake.test_files import two_sheets

CATALOGUE = load()


def titled(rows: list[Row], exported: str = "2024-01-05 08:30", first: str = "2023-12-01") -> bytes:
    titles = ["惠东县好差评评价明细", f"统计期间：{first} 至 2023-12-31　导出时间：{exported}"]
    return csv_text(rows, titles=titles).encode()


def read(content: bytes, name: str = "评价.csv") -> Staged:
    return stage(content, name, CATALOGUE)


def put(root: Path, content: bytes, name: str = "评价.csv", **more: bool) -> engine.LoadedBatch:
    (batch,) = engine.load(root, [read(content, name)], CATALOGUE, **more)
    return batch


def levels(root: Path) -> dict[str, int]:
    return dict(current(root).query("select rating_id, level from rating order by 1").iter_rows())


def december(root: Path, metric: str = "rating.count") -> float:
    column = metric.split(".", maxsplit=1)[0]
    return current(root).query(f"select sum(ratings) as n from {column}_rollup")["n"][0] or 0


def test_a_preview_counts_what_the_import_then_does(tmp_path: Path) -> None:
    rows = rows_of(RATING, 30)
    put(tmp_path, titled(rows))
    changed = [{**row, "整体满意度": "不满意"} for row in rows[:10]]
    again = titled([*changed, *rows[10:25], *rows_of({**RATING, "评价流水号": "Q1"}, 2)], "2024-01-06 08:30")
    found = engine.preview(tmp_path, read(again, "更正.csv"), CATALOGUE)
    assert (found.new, found.changed, found.same, found.older, found.gone) == (2, 10, 15, 0, 5)
    assert found.gone_samples == tuple(row["评价流水号"] for row in rows[25:])
    assert [caution.rule for caution in found.cautions] == ["变更过多", "行已消失"]
    assert found.samples.row(0) == (rows[0]["评价流水号"], "整体满意度", "满意", "不满意")
    batch = put(tmp_path, again, "更正.csv")
    assert (batch.new, batch.changed, batch.same, batch.withdrawn) == (2, 10, 15, 0)
    assert december(tmp_path) == 32


def test_a_part_of_a_period_makes_nothing_gone(tmp_path: Path) -> None:
    rows = rows_of(RATING, 30)
    put(tmp_path, titled(rows))
    other = titled(rows_of({**RATING, "评价流水号": "Q1"}, 5), "2024-01-06 08:30")
    assert engine.preview(tmp_path, read(other, "另五行.csv"), CATALOGUE).gone == 0
    assert engine.preview(tmp_path, read(other, "另五行.csv"), CATALOGUE, is_complete=True).gone == 30
    part = read(csv_text(rows[:5]).encode(), "五行.csv")
    assert engine.preview(tmp_path, part, CATALOGUE).gone == 0
    assert engine.preview(tmp_path, read(titled(rows[:5], "2024-01-06 08:30")), CATALOGUE).gone == 25


def test_an_older_export_must_be_confirmed_and_overrules_nothing(tmp_path: Path) -> None:
    rows = rows_of(RATING, 10)
    put(tmp_path, titled(rows, "2024-01-05 08:30"))
    older = titled([{**row, "整体满意度": "不满意"} for row in rows], "2024-01-02 08:30")
    found = engine.preview(tmp_path, read(older, "旧.csv"), CATALOGUE)
    assert (found.older, [caution.rule for caution in found.cautions]) == (10, ["较旧的导出"])
    put(tmp_path, older, "旧.csv")
    assert set(levels(tmp_path).values()) == {4}


def test_a_complete_period_withdraws_what_it_lacks_and_undo_brings_it_back(tmp_path: Path) -> None:
    rows = rows_of(RATING, 20)
    put(tmp_path, titled(rows))
    before = levels(tmp_path)
    batch = put(tmp_path, titled(rows[:15], "2024-01-06 08:30"), "完整.csv", is_complete=True)
    assert (batch.same, batch.withdrawn) == (15, 5)
    assert (len(levels(tmp_path)), december(tmp_path)) == (15, 15)
    later = put(tmp_path, titled(rows[14:17], "2024-01-07 08:30"), "又有了.csv")
    assert (later.same, later.changed, december(tmp_path)) == (1, 2, 17)
    engine.undo(tmp_path, batch.batch or 0, CATALOGUE)
    assert (levels(tmp_path), december(tmp_path)) == (before, 20)


def test_an_old_complete_export_withdraws_nothing_newer(tmp_path: Path) -> None:
    rows = rows_of(RATING, 10)
    put(tmp_path, titled(rows, "2024-01-06 08:30"))
    batch = put(tmp_path, titled(rows[:4], "2024-01-05 08:30"), "旧.csv", is_complete=True)
    assert (batch.withdrawn, december(tmp_path)) == (0, 10)


def test_corrected_rows_settle_the_refused_ones_until_their_batch_is_undone(tmp_path: Path) -> None:
    rows = rows_of(RATING, 6)
    rows[1]["镇街"], rows[4]["评价时间"] = "淡水", "昨天"
    put(tmp_path, titled(rows))
    refused = current(tmp_path).refused()
    assert refused["resolved_by"].to_list() == [None, None]
    corrected = refused_csv(refused).decode().replace("淡水", "多祝镇")
    batch = put(tmp_path, corrected.encode(), "更正.csv")
    assert (batch.new, batch.refused) == (1, 1)
    refused = current(tmp_path).refused()
    # What is refused again waits in the new batch, not in both.
    assert refused.select("batch", "line", "resolved_by").rows() == [(2, 3, None), (1, 5, 2), (1, 8, 2)]
    engine.undo(tmp_path, batch.batch or 0, CATALOGUE)
    assert current(tmp_path).refused()["resolved_by"].to_list() == [None, None]
    put(tmp_path, titled(rows_of(RATING, 6), "2024-01-09 08:30"), "全.csv")
    assert current(tmp_path).refused()["resolved_by"].to_list() == [3, 3]


def test_a_corrected_row_overrules_nothing_exported_since(tmp_path: Path) -> None:
    rows = rows_of(RATING, 4)
    bad = [{**rows[0], "镇街": "淡水"}, *rows[1:]]
    put(tmp_path, titled(bad, "2024-01-05 08:30"))
    corrected = refused_csv(current(tmp_path).refused()).decode().replace("淡水", "多祝镇").encode()
    put(tmp_path, titled([{**rows[0], "整体满意度": "不满意"}, *rows[1:]], "2024-01-08 08:30"), "新.csv")
    assert put(tmp_path, corrected, "补正.csv").older == 1
    assert levels(tmp_path)[rows[0]["评价流水号"]] == 2


def test_a_complete_period_withdraws_no_row_it_holds_but_could_not_read(tmp_path: Path) -> None:
    rows = rows_of(RATING, 10)
    put(tmp_path, titled(rows))
    again = [{**row, "镇街": "新镇名"} if number < 3 else row for number, row in enumerate(rows[:9])]
    content = titled(again, "2024-01-06 08:30")
    found = engine.preview(tmp_path, read(content, "完整.csv"), CATALOGUE, is_complete=True)
    batch = put(tmp_path, content, "完整.csv", is_complete=True)
    assert (found.gone, batch.withdrawn, december(tmp_path)) == (1, 1, 9)


def test_an_empty_period_tells_what_it_leaves_standing(tmp_path: Path) -> None:
    put(tmp_path, titled(rows_of(RATING, 5)))
    empty = titled([RATING], "2024-01-06 08:30").rsplit(b"\n", 2)[0] + b"\n"
    found = engine.preview(tmp_path, read(empty, "空.csv"), CATALOGUE)
    assert ([caution.rule for caution in found.cautions], found.gone) == (["本期 0 件", "行已消失"], 5)
    put(tmp_path, empty, "空.csv", is_complete=True)
    assert december(tmp_path) == 0


def test_what_the_last_weeks_become_is_what_they_then_are(tmp_path: Path) -> None:
    put(tmp_path, titled(rows_of(RATING, 10)))
    more = titled(rows_of({**RATING, "评价流水号": "Z1", "评价时间": "2023-12-20 10:00:00"}, 7), "2024-01-06 08:30")
    promised = effects(tmp_path, read(more, "又.csv"), CATALOGUE)
    assert promised["metric"].n_unique() > 3
    put(tmp_path, more, "又.csv")
    kept = effects(tmp_path, read(more + b"\n", "又一次.csv"), CATALOGUE)
    key = ["metric", "period"]
    both = promised.join(kept, on=key, suffix="_then")
    assert both["after"].equals(both["before_then"].alias("after"))
    (count,) = promised.filter(metric="rating.count", period="2023-W51").rows(named=True)
    assert (count["before"], count["after"]) == (0, 7)
    assert not list(tmp_path.glob("trial-*"))


def test_files_are_kept_as_they_came_and_purged_in_the_books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = titled(rows_of(RATING, 3))
    put(tmp_path, content)
    home = tmp_path / "real" / "raw"
    (kept,) = home.iterdir()
    assert kept.read_bytes() == content
    assert kept.stat().st_mode & 0o777 == 0o600
    assert engine.purge_files(tmp_path, CATALOGUE, 30) == 0
    (home / "orphan").write_bytes(b"of an import that failed")
    long_ago = datetime.now() - timedelta(days=200)
    engine.load(tmp_path, [read(titled(rows_of(RATING, 4), "2024-01-06 08:30"), "二.csv")], CATALOGUE, None, long_ago)
    assert not (home / "orphan").exists()
    assert engine.purge_files(tmp_path, CATALOGUE, 90) == 1
    assert [path.name for path in home.iterdir()] == [kept.name]
    purged = current(tmp_path).batches().select("batch", pl.col("raw_purged_at").is_not_null()).rows()
    assert purged == [(2, True), (1, False)]
    monkeypatch.setenv("KPI_KEEP_RAW_DAYS", "0")
    put(tmp_path, titled(rows_of(RATING, 5), "2024-01-07 08:30"), "三.csv")
    assert list(home.iterdir()) == []
    monkeypatch.setenv("KPI_KEEP_RAW_DAYS", "一周")
    with pytest.raises(CatalogueError, match="不是天数"):
        keep_days()


def test_an_alias_holds_for_its_dates_only(tmp_path: Path) -> None:
    rows = rows_of(RATING, 4, 镇街="淡水街道")
    rows[0]["评价时间"], rows[3]["镇街"] = "2023-11-30 09:00:00", "平山街道"
    alias = Alias("town", "淡水街道", "平山街道", datetime(2023, 12, 1).date(), datetime(2023, 12, 31).date())
    confirm_alias(tmp_path, alias, CATALOGUE)
    catalogue = CATALOGUE.with_aliases(aliases_path(tmp_path))
    result = stage(csv_text(rows).encode(), "评价.csv", catalogue)
    assert result.rows["town"].to_list() == ["平山街道"] * 3
    assert result.refused.select("line", "rule").rows() == [(2, "镇街不认识")]
    assert result.normalised["别名按有效期改为标准名称"] == 2
    for wrong, words in (
        (Alias("town", "淡水", "火星镇"), "没有“火星镇”"),
        (Alias("town", "多祝", "平山街道"), "已经是“多祝镇”"),
        (Alias("town", " ", "平山街道"), "别名要写一行"),
        (Alias("town", "淡\r水", "平山街道"), "别名要写一行"),
        (Alias("town", "淡水街道", "多祝镇", datetime(2023, 12, 31).date()), "已登记为“平山街道”"),
    ):
        with pytest.raises(CatalogueError, match=words):
            confirm_alias(tmp_path, wrong, CATALOGUE)


def test_the_second_import_waits_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    held, release = Event(), Event()

    def first() -> None:
        with writing(tmp_path / "real"):
            held.set()
            release.wait(20)

    holder = Thread(target=first)
    holder.start()
    held.wait(20)

    def waiting(sentence: str) -> None:
        said.append(sentence)
        release.set()

    engine.load(tmp_path, [read(titled(rows_of(RATING, 3)))], CATALOGUE, waiting=waiting)
    holder.join()
    assert (said, december(tmp_path)) == ([WAITING], 3)


def test_a_drop_folder_files_what_it_took_with_a_report_beside_it(tmp_path: Path) -> None:
    folder, root = tmp_path / "in", tmp_path / "store"
    folder.mkdir()
    (folder / "好.csv").write_bytes(titled(rows_of(RATING, 3)))
    (folder / "坏.csv").write_bytes(b"a,b\n1,2\n")
    (folder / "可疑.csv").write_bytes(titled(rows_of({**RATING, "评价流水号": "Y1"}, 3)) + "合计,9\n".encode())
    (folder / "下载中.csv.part").write_bytes(b"half")
    said: list[str] = []
    assert watch(root, folder, CATALOGUE, said.append, seconds=1, once=True, accept=False) == 3
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == ["writing.lock", "下载中.csv.part"]
    assert {path.name for path in (folder / "done").iterdir()} == {"好.csv", "好.csv.报告.txt", "好.csv.report.json"}
    refused = folder / "refused"
    assert "未找到必需列" in (refused / "坏.csv.报告.txt").read_text(encoding="utf-8")
    doubtful = (refused / "可疑.csv.报告.txt").read_text(encoding="utf-8")
    assert "1 项须人工确认" in doubtful
    assert "合计与明细不一致" in doubtful
    assert json.loads((folder / "done" / "好.csv.report.json").read_text(encoding="utf-8"))["new"] == 3
    assert december(root) == 3
    (refused / "可疑.csv").rename(folder / "可疑.csv")
    (folder / "好.csv").write_bytes(titled(rows_of(RATING, 3)))
    assert watch(root, folder, CATALOGUE, said.append, seconds=1, once=True, accept=True) == 2
    assert december(root) == 6
    assert "已于" in (refused / "好.csv.报告.txt").read_text(encoding="utf-8")


def test_a_file_still_being_written_waits_and_a_long_name_stops_nobody(tmp_path: Path) -> None:
    folder, root = tmp_path / "in", tmp_path / "store"
    folder.mkdir()
    long_name = "长" * 80 + ".csv"
    (folder / long_name).write_bytes(titled(rows_of(RATING, 3)))
    content = titled(rows_of({**RATING, "评价流水号": "Y1"}, 40))
    with (folder / "慢.csv").open("wb") as writer:
        writer.write(content[: len(content) // 2])
        writer.flush()
        assert watch(root, folder, CATALOGUE, print, seconds=1, once=True, accept=False) == 1
        assert december(root) == 3
        writer.write(content[len(content) // 2 :])
    assert watch(root, folder, CATALOGUE, print, seconds=1, once=True, accept=False) == 1
    assert december(root) == 43
    filed = {path.name for path in (folder / "done").iterdir()}
    assert "慢.csv" in filed
    assert sum(name.startswith("长") for name in filed) == 3


def test_one_workbook_may_hold_two_subjects(tmp_path: Path) -> None:
    content = two_sheets(table(rows_of(RATING, 5)), table(rows_of(TICKET, 4)))
    for sheet, count in (("2023-10", 5), ("2023-11", 4)):
        (batch,) = engine.load(tmp_path, [stage(content, "两表.xlsx", CATALOGUE, sheet=sheet)], CATALOGUE)
        assert batch.new == count


def test_a_file_changed_after_it_was_read_is_not_imported(tmp_path: Path) -> None:
    path = tmp_path / "评价.csv"
    path.write_bytes(titled(rows_of(RATING, 5)))
    item = stage(path, path.name, CATALOGUE)
    path.write_bytes(titled(rows_of(RATING, 6)))
    with pytest.raises(ImportRefused, match="被改动或移走"):
        engine.load(tmp_path / "store", [item], CATALOGUE)
    assert not (tmp_path / "store" / "real" / "current").exists()
    assert list((tmp_path / "store" / "real" / "raw").iterdir()) == []


def test_rows_of_another_width_show_nothing_that_could_be_personal() -> None:
    header = "身份证号码,备注,工单编号,来电时间,诉求类型,办理类型,事发镇街,来电人姓名,来电号码"
    good = "1,无,T{:05d},2023-12-05 08:30:00,咨询,转办,多祝镇,张三,13800000000"
    lines = [header, *(good.format(n) for n in range(200)), "441323199001011234,打13912345678,T9,a,b,c,d,李四,e,f,张五"]
    (raw,) = read("\n".join(lines).encode(), "工单.csv").refused["raw"].to_list()
    for personal in ("441323199001011234", "13912345678", "李四", "张五"):
        assert personal not in raw


def test_a_folder_is_watched_by_one_process_only(tmp_path: Path) -> None:
    with writing(tmp_path), pytest.raises(StoreError):
        watch(tmp_path / "store", tmp_path, CATALOGUE, print, seconds=1, once=True, accept=False)

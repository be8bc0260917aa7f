"""By the command line: what is refused stays out whatever is confirmed, what must be confirmed, until it is."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kpi.commands import cli
from kpi.engine.preview import GONE, MANY_CHANGED, OLDER_FILE
from kpi.intake import cautions
from kpi.store import current
from tests.inputs import test_belonging, test_encodings, test_formats, test_sheets, test_structure
from tests.inputs.checks import is_sentence
from tests.inputs.test_versions import titles
from tests.intake.exports import RATING, TITLES, Row, csv_text, member, rezipped, rows_of, table, xlsx_bytes

ROWS = rows_of(RATING, 20)
FORMATS = test_formats

REFUSED: dict[str, bytes] = {
    "06 两种次序.csv": test_encodings.GOOD[:900].encode("utf-16-le") + test_encodings.GOOD[900:].encode("utf-16-be"),
    "07 坏字节.csv": csv_text(ROWS).encode().replace("平山".encode(), b"\xe5\xb9\xff", 1),
    "08 乱码.csv": csv_text(ROWS).encode("gbk").decode("latin-1").encode(),
    "12 引号.csv": csv_text(ROWS).replace(",满意", ',"满意', 1).encode(),
    "13 字段.csv": csv_text(ROWS).replace(",满意", "", 3).encode(),
    **{f"14 {name}": content for name, content in test_structure.CUT.items()},
    **{f"15 {name}": content for name, content in test_structure.EMPTY.items()},
    "16 控制.csv": csv_text(ROWS).replace("平山", "平\x00山").encode(),
    "18 炸弹.xlsx": rezipped(xlsx_bytes(table(ROWS)), {"xl/media/bomb.bin": bytes(40_000_000)}),
    "18 嵌套.zip": FORMATS.nested(),
    "19 远.xlsx": FORMATS.with_far_cell("XFD1048576"),
    "25 加密.xlsx": FORMATS.encrypted(),
    "28 两表.xlsx": test_sheets.book_of(("评价", table(ROWS), False), ("工单", table(test_sheets.OTHER), False)),
    "36 重复.csv": csv_text([{**row, "整体满意度 ": "满意"} for row in ROWS]).encode(),
    "37 缺列.csv": csv_text(ROWS).replace("整体满意度", "总体满意程度").encode(),
    "53 科学计数.csv": csv_text([{**row, "评价流水号": f"1.{n}E+17"} for n, row in enumerate(ROWS)]).encode(),
    "70 外县.csv": test_belonging.OTHERS["title"].encode(),
    "70 外县列.csv": test_belonging.OTHERS["area code column"].encode(),
    "70 期间.csv": csv_text(ROWS, titles=[TITLES[0], "统计期间：2023-11-01 至 2023-11-30"]).encode(),
    "78 登录.csv": "<html><body>请登录</body></html>".encode(),
}


def hidden_row() -> bytes:
    content = xlsx_bytes(table(ROWS))
    sheet = member(content, FORMATS.SHEET).replace(b'<row r="4"', b'<row r="4" hidden="1"')
    return rezipped(content, {FORMATS.SHEET: sheet})


def months() -> bytes:
    return test_sheets.book_of(("一月", table(ROWS[:10]), False), ("二月", table(ROWS[10:]), False))


CONFIRMED: dict[str, tuple[bytes, str]] = {
    "15 零件.csv": ("\n".join([*TITLES, ",".join(RATING)]).encode(), cautions.EMPTY_PERIOD),
    "26 宏.xlsm": (rezipped(xlsx_bytes(table(ROWS)), {"xl/vbaProject.bin": b"x"}), cautions.ACTIVE_CONTENT),
    "27 隐藏.xlsx": (test_sheets.book_of(("说明", [["x"]], False), ("明细", table(ROWS), True)), cautions.HIDDEN_SHEET),
    "28 两月.xlsx": (months(), cautions.SEVERAL_SHEETS),
    "29 筛选.xlsx": (hidden_row(), cautions.HIDDEN_ROWS),
    "32 合并.xlsx": (test_sheets.merged("C"), cautions.FILLED_DOWN),
    "34 合计.csv": (csv_text(ROWS, footers=["合计,25,,,"]).encode(), cautions.TOTAL_DIFFERS),
}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KPI_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


def kpi(*arguments: str | Path) -> tuple[int, list[dict[str, Any]]]:
    """Run an import with --json; return its exit code and what became of each file."""
    done = CliRunner().invoke(cli, ["import", *map(str, arguments), "--json"])
    assert done.stdout, done.exception
    said: list[dict[str, Any]] = json.loads(done.stdout)["files"]
    return done.exit_code, said


def written(folder: Path, files: dict[str, bytes]) -> list[Path]:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


def batches(store: Path) -> list[str]:
    return current(store, "real").batches()["file_name"].to_list() if (store / "real" / "current").exists() else []


@pytest.mark.parametrize("confirmation", [(), ("--yes",)], ids=["preview", "yes"])
def test_what_must_be_refused_is_refused_in_one_sentence_and_nothing_goes_in(
    store: Path, tmp_path: Path, confirmation: tuple[str, ...]
) -> None:
    paths = written(tmp_path, REFUSED)
    code, said = kpi(*paths, *confirmation)
    assert code == 1
    assert [item["file"] for item in said] == [*REFUSED]
    assert {item["file"]: item["outcome"] for item in said} == dict.fromkeys(REFUSED, "refused")
    for item in said:
        assert is_sentence(item["reason"]) and f"“{item['file']}”" in item["reason"] and "请" in item["reason"]
    assert batches(store) == []


def test_a_refused_file_does_not_keep_the_good_one_beside_it_out(store: Path, tmp_path: Path) -> None:
    files = {"好.csv": csv_text(ROWS).encode(), "25 加密.xlsx": FORMATS.encrypted()}
    code, said = kpi(*written(tmp_path, files), "--yes")
    assert code == 1
    assert {item["file"]: item["outcome"] for item in said} == {"好.csv": "imported", "25 加密.xlsx": "refused"}
    assert batches(store) == ["好.csv"]


def test_what_must_be_confirmed_goes_in_only_when_it_is(store: Path, tmp_path: Path) -> None:
    paths = written(tmp_path, {name: content for name, (content, _) in CONFIRMED.items()})
    code, said = kpi(*paths)
    assert code == 0
    for item in said:
        rules = {each["rule"] for each in item["warnings"]}
        assert (item["outcome"], item["needs_confirmation"], rules) == ("preview", True, {CONFIRMED[item["file"]][1]})
        assert all(is_sentence(each["text"]) for each in item["warnings"])
    assert batches(store) == []
    code, said = kpi(*paths, "--yes")
    assert (code, {item["outcome"] for item in said}) == (0, {"imported"})
    assert {item["file"]: {each["rule"] for each in item["warnings"]} for item in said} == {
        name: {rule} for name, (_, rule) in CONFIRMED.items()
    }
    assert sorted(batches(store)) == sorted(CONFIRMED)
    assert current(store, "real").query("select count(*) from rating").item() == 20


def ratings(exported: str, rows: list[Row]) -> bytes:
    return csv_text(rows, titles=titles(exported)).encode()


def test_changes_that_must_be_confirmed_go_in_only_when_they_are(store: Path, tmp_path: Path) -> None:
    first = [{**row, "评价时间": f"{date(2023, 12, 1) + timedelta(days=n)}"} for n, row in enumerate(ROWS)]
    worse = [{**row, "整体满意度": "不满意"} for row in first]
    steps = {
        "63 更正.csv": (ratings("2024-01-10 09:00", worse), MANY_CHANGED, 20),
        "64 较旧.csv": (ratings("2024-01-02 09:00", first), OLDER_FILE, 20),
        "65 消失.csv": (ratings("2024-01-12 09:00", worse[:15]), GONE, 20),
    }
    assert kpi(*written(tmp_path, {"一.csv": ratings("2024-01-05 09:00", first)}), "--yes")[0] == 0
    for name, (content, rule, left) in steps.items():
        (path,) = written(tmp_path, {name: content})
        code, (item,) = kpi(path)
        assert (code, item["needs_confirmation"], [each["rule"] for each in item["warnings"]]) == (0, True, [rule])
        assert name not in batches(store)
        assert kpi(path, "--yes")[0] == 0
        assert name in batches(store)
        assert current(store, "real").query("select count(*) from rating").item() == left
    assert set(current(store, "real").query("select level from rating")["level"]) == {2}


def test_a_complete_import_tells_how_many_rows_it_would_withdraw(store: Path, tmp_path: Path) -> None:
    first, few = ratings("2024-01-05 09:00", ROWS), ratings("2024-01-12 09:00", ROWS[:6])
    kpi(*written(tmp_path, {"一.csv": first}), "--yes")
    (path,) = written(tmp_path, {"二.csv": few})
    _, (item,) = kpi(path, "--complete")
    _, (done,) = kpi(path, "--complete", "--yes")
    assert done["withdrawn"] == 14
    assert (item["gone"], item["needs_confirmation"]) == (14, True)


def test_refused_rows_are_listed_and_the_others_go_in(store: Path, tmp_path: Path) -> None:
    bad = [{**RATING, "评价流水号": "X1", "评价时间": "2023-02-30"}, {**RATING, "评价流水号": "X2", "镇街": "某镇"}]
    code, (item,) = kpi(*written(tmp_path, {"50 拒收.csv": csv_text([*ROWS, *bad]).encode()}), "--yes")
    assert (code, item["outcome"], item["new"], item["refused"]) == (0, "imported", 20, 2)
    assert item["refused_by_rule"] == {"日期不存在": 1, "镇街不认识": 1}
    assert [name["text"] for name in item["unknown_names"]] == ["某镇"]
    assert current(store, "real").refused(1)["line"].to_list() == [22, 23]


def test_a_file_that_is_not_there_is_refused(store: Path, tmp_path: Path) -> None:
    code, (item,) = kpi(tmp_path / "没有.csv", "--yes")
    assert (code, item["outcome"]) == (1, "refused")
    assert is_sentence(item["reason"])
    assert batches(store) == []

"""Inputs 53 to 59 and 75: record numbers, names and texts, and what programs do to them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from kpi import engine
from kpi.engine.report import refused_csv
from kpi.intake import rules
from kpi.intake.cautions import PADDED
from kpi.store import current
from tests.inputs.checks import cautions_of, column, known_with, read, refusal, rules_of, sheet_of
from tests.intake.biff import xls_bytes
from tests.intake.exports import RATING, TICKET, catalogue, csv_text, rows_of, table, xlsx_bytes
from tests.intake.test_workbooks import XML, xml_cell, xml_row


def with_ids(ids: list[Any], good: int = 60) -> list[list[Any]]:
    """Return a grid of good ratings followed by some with these ids."""
    return [*table(rows_of(RATING, good or 1))[: good + 1], *([each, *list(RATING.values())[1:]] for each in ids)]


LOST = {
    "csv 1.23E+17": lambda: csv_of(["1.23E+17"]),
    "csv 1.23e+17": lambda: csv_of(["1.23e+17"]),
    "csv 2.02412E+18": lambda: csv_of(["2.02412E+18"]),
    "csv 20241014.0": lambda: csv_of(["20241014.0"]),
    "csv 2024101412345670000.00": lambda: csv_of(["2024101412345670000.00"]),
    "xlsx 2024101412345600123": lambda: xlsx_bytes(with_ids([2024101412345600123])),
    "xlsx 1234567890123456": lambda: xlsx_bytes(with_ids([1234567890123456])),
    "xls 2024101412345600123": lambda: xls_bytes(with_ids([2024101412345600123.0], good=30)),
}


def csv_of(ids: list[str], good: int = 60) -> bytes:
    return "\n".join(map(",".join, with_ids(ids, good))).encode()


@pytest.mark.parametrize("name", LOST)
def test_input_53_an_id_that_lost_digits_is_refused_alone(name: str) -> None:
    result = read(LOST[name](), f"导出.{name.split(maxsplit=1)[0]}")
    assert rules_of(result) == [rules.PRECISION]
    assert "文本" in result.refused["reason"][0]
    assert len(result.rows) >= 30


def test_input_53_lost_ids_are_never_taken_for_copies() -> None:
    result = read(csv_of(["1.23E+17", "1.23E+17"]))
    assert (rules_of(result), result.skipped) == ([rules.PRECISION] * 2, {})


def test_input_53_more_than_one_lost_id_in_twenty_refuses_the_file() -> None:
    few, many = [f"1.2{number}E+17" for number in range(5)], [f"1.2{number}E+17" for number in range(6)]
    assert rules_of(read(csv_of(few, 95))) == [rules.PRECISION] * 5
    said = refusal(csv_of(many, 94))
    assert "6 个编号" in said and "文本格式重新导出" in said


def test_input_53_numbers_rounded_by_excel_before_they_were_saved_as_text_refuse_the_file() -> None:
    ids = [f"202312051234{number:03d}0000" for number in range(20)]
    assert "20 个编号" in refusal(csv_of(ids, 0))


def test_input_53_long_ids_kept_as_text_or_written_out_in_xml_are_exact() -> None:
    ids = ["2024101412345600123", "2024101412345600124"]
    assert column(read(xlsx_bytes(with_ids(ids, 0)), "导出.xlsx"), "rating_id") == ids
    rows = xml_row(*map(xml_cell, RATING))
    rows += "".join(xml_row(xml_cell(each, "Number"), *map(xml_cell, list(RATING.values())[1:])) for each in ids)
    assert column(read(XML.format(rows=rows, dates=""), "导出.xls"), "rating_id") == ids


@pytest.mark.parametrize(
    "wrapped",
    [
        "'2024101412345600123",
        "2024101412345600123\t",
        '="2024101412345600123"',
        "=“2024101412345600123”",
        '"2024101412345600123"',
        "\t2024101412345600123",
    ],
)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_input_54_wrappers_that_keep_a_number_text_are_stripped_and_counted(wrapped: str, kind: str) -> None:
    rows = [*rows_of(RATING, 3), {**RATING, "评价流水号": wrapped}]
    content = csv_text(rows).encode() if kind == "csv" else sheet_of([*table(rows)], as_texts)
    result = read(content, f"导出.{kind}")
    assert column(result, "rating_id")[-1] == "2024101412345600123"
    assert result.normalised["编号去除空格、引号或全角"] == 1


def as_texts(sheet: Any) -> None:
    for row in sheet.iter_rows():
        for cell in row:
            cell.data_type = "s"


def test_input_54_a_wrapper_excel_would_compute_is_stripped_in_csv_without_quotes() -> None:
    lines = csv_text(rows_of(RATING, 3)).splitlines()
    lines[3] = '="2024101412345600123",' + lines[3].partition(",")[2]
    assert column(read("\n".join(lines)), "rating_id")[-1] == "2024101412345600123"


def test_input_55_ids_stay_as_they_are_without_a_width() -> None:
    result = read(csv_text([{**RATING, "评价流水号": text} for text in ("007", "7", "0")]))
    assert (column(result, "rating_id"), result.cautions) == (["007", "7", "0"], ())


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_input_55_lost_zeros_are_put_back_for_an_id_of_fixed_width_and_must_be_confirmed(kind: str) -> None:
    known = known_with("rating", "case_id", width=8)
    rows = [
        {**row, "办件编号": text}
        for row, text in zip(rows_of(RATING, 5), ["7", "1234567", "00000009", "AB12", "-"], strict=True)
    ]
    grid: list[list[Any]] = table(rows)
    grid[1][-1], grid[2][-1] = 7, 1234567
    result = read(csv_text(rows).encode() if kind == "csv" else xlsx_bytes(grid), f"导出.{kind}", known)
    assert column(result, "case_id") == ["00000007", "01234567", "00000009", "AB12", None]
    assert "2 个编号" in cautions_of(result)[PADDED]


def test_input_55_a_padded_key_meets_its_copy() -> None:
    known = known_with("rating", "rating_id", width=8)
    result = read(csv_text([{**RATING, "评价流水号": text} for text in ("7", "00000007")]), known=known)
    assert (column(result, "rating_id"), sum(result.skipped.values())) == (["00000007"], 1)


@pytest.mark.parametrize("mark", [" ", "\xa0", "\u3000", "\u200b", "\ufeff", "\u2060", "\u200c", "\t"])
def test_input_56_spaces_and_invisible_marks_in_ids_and_towns_are_removed_and_counted(mark: str) -> None:
    rows = rows_of({**RATING, "镇街": f"{mark}平山{mark}街道{mark}"}, 3)
    rows[2]["评价流水号"] = f"{mark}P0000{mark}000003{mark}"
    result = read(csv_text(rows))
    assert column(result, "rating_id") == ["P0000000001", "P0000000002", "P0000000003"]
    assert column(result, "town") == ["平山街道"] * 3
    assert result.normalised["编号去除空格、引号或全角"] == 1
    assert result.normalised["镇街别名改为标准名称"] == 3


FORMULAS = ["=cmd|' /C calc'!A0", "+86 13800000000", "-1+2", "@SUM(A1)", '=HYPERLINK("http://x")']


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_input_57_what_looks_like_a_formula_is_kept_as_text(kind: str) -> None:
    said = [FORMULAS[0], FORMULAS[2], FORMULAS[3], FORMULAS[4]]
    rows = [{**row, "事项名称": text} for row, text in zip(rows_of(RATING, 4), said, strict=True)]
    content = csv_text(rows).encode() if kind == "csv" else sheet_of([*table(rows)], as_texts)
    assert column(read(content, f"导出.{kind}"), "item") == said


def test_input_57_formulas_are_escaped_on_export() -> None:
    rows = [
        *rows_of(RATING, 3),
        *({**RATING, "评价流水号": f"X{n}", "事项名称": text, "镇街": "淡水"} for n, text in enumerate(FORMULAS)),
    ]
    result = read(csv_text(rows))
    exported = pl.read_csv(io.BytesIO(refused_csv(result.refused)), infer_schema=False)
    assert [text[:2] for text in exported["事项名称"].to_list()] == ["'=", "'+", "'-", "'@", "'="]
    assert not any(cell and cell[0] in "=+-@\t\r" for row in exported.rows() for cell in row)


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?"])
@pytest.mark.parametrize("kind", ["csv", "xlsx", "true error"])
def test_input_57_error_values_are_refused(error: str, kind: str) -> None:
    rows = [*rows_of(TICKET, 4), {**TICKET, "工单编号": "T9"}]
    grid: list[list[Any]] = table([{**row, "事发镇街": "多祝镇", "问题分类": "甲"} for row in rows])
    grid[2][5] = grid[4][4] = error
    content = "\n".join(map(",".join, grid)).encode() if kind == "csv" else xlsx_bytes(grid)
    if kind == "true error":
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate(grid):
                sheet.write_row(number, 0, row)
            sheet.write_formula(2, 5, "=1/0", None, error)
            sheet.write_formula(4, 4, "=1/0", None, error)
        content = buffer.getvalue()
    result = read(content, "导出.csv" if kind == "csv" else "导出.xlsx")
    assert result.refused.select("line", "rule").rows() == [(3, rules.ERROR_VALUE), (5, rules.ERROR_VALUE)]
    assert len(result.rows) == 3


def test_input_58_emoji_are_kept_and_writing_direction_marks_dropped() -> None:
    said = {
        "办事👍🏻快": "办事👍🏻快",
        "👨\u200d👩\u200d👧": "👨\u200d👩\u200d👧",
        "甲\u202e乙\u202c丙": "甲乙丙",
        "\u200f甲\u2067乙\u2069": "甲乙",
    }
    rows = [{**row, "事项名称": text} for row, text in zip(rows_of(RATING, 4), said, strict=True)]
    assert column(read(csv_text(rows)), "item") == [*said.values()]


def test_input_58_marks_are_dropped_from_free_text_of_many_kinds_too() -> None:
    rows = [{**row, "工单标题": f"第 {n} 件：噪音扰民\u202e，请处理😀"} for n, row in enumerate(rows_of(TICKET, 50))]
    assert column(read(csv_text(rows)), "title") == [f"第 {n} 件：噪音扰民，请处理😀" for n in range(50)]


@pytest.mark.parametrize("length", [32_767, 32_768, 40_000, 300_000])
def test_input_59_very_long_text_is_kept_whole(length: int, tmp_path: Path) -> None:
    long = "诉" * length
    result = read(csv_text(rows_of({**TICKET, "问题分类": long}, 2)))
    assert {len(text) for text in column(result, "topic")} == {length}
    if length == 40_000:
        engine.load(tmp_path, [result], catalogue())
        assert current(tmp_path, "real").query("select max(length(topic)) from ticket").item() == length


CODED = [
    {**row, "承办单位编码": code, "承办单位": name}
    for row, (code, name) in zip(
        rows_of(TICKET, 5),
        [("A1", "县公安局"), ("A1", "某某分局"), ("B2", "县水利局"), ("B2", "县水利局"), ("C3", "火星局")],
        strict=True,
    )
]


@pytest.mark.parametrize("header", ["承办单位编码", "承办单位编号", "承办单位代码", "单位编码", "部门编号"])
def test_input_75_an_unknown_name_under_the_code_of_a_known_one_is_that_one(header: str) -> None:
    rows = [{header if key == "承办单位编码" else key: text for key, text in row.items()} for row in CODED]
    result = read(csv_text(rows))
    assert column(result, "department") == ["县公安局", "县公安局", "县水利局", "县水利局"]
    assert rules_of(result) == [rules.UNKNOWN_DEPARTMENT]
    assert result.normalised["按单位编号改为标准名称"] == 1


def test_input_75_a_code_of_two_known_names_settles_nothing() -> None:
    rows = [*CODED, {**CODED[0], "工单编号": "T9", "承办单位": "县林业局"}]
    assert rules_of(read(csv_text(rows))) == [rules.UNKNOWN_DEPARTMENT] * 2


def test_input_75_a_code_says_nothing_where_it_is_blank() -> None:
    rows = [{**row, "承办单位编码": ""} for row in CODED]
    assert rules_of(read(csv_text(rows))) == [rules.UNKNOWN_DEPARTMENT] * 2

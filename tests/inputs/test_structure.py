"""Inputs 10 to 15: separators, quotes, widths, cut files, empty files."""

from __future__ import annotations

import pytest

from kpi.intake import rules
from kpi.intake.cautions import EMPTY_PERIOD
from tests.inputs.checks import cautions_of, column, read, refusal, rules_of, same_rows
from tests.intake.biff import xls_bytes
from tests.intake.exports import RATING, TITLES, csv_text, html_text, rows_of, table, xlsx_bytes
from tests.intake.test_workbooks import XML, xml_cell, xml_row

ROWS = rows_of(RATING, 30, 事项名称="居住证申领")


@pytest.mark.parametrize("mark", ["", "sep={}\n", '"sep={}"\n'], ids=["no line", "sep line", "quoted sep line"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_input_10_every_separator_is_found_and_a_sep_line_skipped(separator: str, mark: str) -> None:
    result = read(mark.format(separator) + csv_text(ROWS, separator=separator))
    assert same_rows(result, read(csv_text(ROWS)))
    assert result.header_line == (2 if mark else 1)
    assert result.rows_read == 30


def test_input_10_other_separators_in_the_cells_do_not_mislead() -> None:
    rows = rows_of(RATING, 5, 事项名称="甲,乙;丙|丁")
    assert column(read(csv_text(rows, separator="\t")), "item") == ["甲,乙;丙|丁"] * 5


def test_input_11_quoted_line_breaks_and_doubled_quotes_are_kept() -> None:
    rows = rows_of(RATING, 3)
    rows[1]["事项名称"] = '居住证\n"首次"申领,补办'
    rows[2]["事项名称"] = '""'
    result = read(csv_text(rows))
    assert column(result, "item")[:2] == [None, '居住证\n"首次"申领,补办']
    assert column(result, "line") == [2, 3, 5]


def test_input_11_quoted_line_breaks_of_windows_are_kept() -> None:
    rows = rows_of(RATING, 3, 事项名称="居住证\n申领")
    result = read(csv_text(rows).replace("\n", "\r\n"))
    assert column(result, "item") == ["居住证\n申领"] * 3


def test_input_12_a_lone_quote_that_opens_a_cell_is_refused_with_its_line() -> None:
    lines = csv_text(ROWS).splitlines()
    lines[7] = lines[7].replace(",居住证", ',"居住证')
    assert "第 8 行的引号不配对" in refusal("\n".join(lines) + "\n")


def test_input_12_an_unbalanced_quote_at_the_end_is_refused_with_its_line() -> None:
    text = csv_text(ROWS).rstrip("\n")
    assert "第 31 行的引号不配对" in refusal(text.removesuffix("居住证申领") + '"居住证申领\n')


def test_input_12_a_lone_quote_that_breaks_nothing_is_kept() -> None:
    lines = csv_text(ROWS).splitlines()
    lines[7] = lines[7].replace("居住证", '居"住证')
    result = read("\n".join(lines))
    assert len(result.rows) == 30
    assert column(result, "item")[6] == '居"住证申领'


@pytest.mark.parametrize("wrong", ["P0000099999,2023-12-05 08:30:00", "P9,2,3,4,5,6,7"], ids=["too few", "too many"])
def test_input_13_one_row_in_a_hundred_of_another_width_is_refused_alone(wrong: str) -> None:
    lines = csv_text(rows_of(RATING, 99)).splitlines()
    lines.insert(50, wrong)
    result = read("\n".join(lines))
    assert result.refused.select("line", "rule").rows() == [(51, rules.FIELD_COUNT)]
    assert (result.rows_read, len(result.rows)) == (100, 99)


def test_input_13_more_than_one_row_in_a_hundred_of_another_width_refuses_the_file() -> None:
    lines = csv_text(rows_of(RATING, 98)).splitlines()
    lines[20:20] = ["P1,2", "P2,3"]
    said = refusal("\n".join(lines))
    assert "2 行的字段数与表头不一致" in said and "第 21 行有 2 个，表头有 5 个" in said


def cut(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


XML_ROWS = "".join(xml_row(*map(xml_cell, row)) for row in table(ROWS))
CUT = {
    "导出.csv": csv_text(ROWS).encode()[:-20],
    "引号.csv": csv_text(rows_of(RATING, 300, 事项名称="居,住证")).encode()[:-6],
    "引号内.csv": csv_text(rows_of(RATING, 300, 事项名称="居,住证")).rstrip("\n").removesuffix('证"').encode(),
    "导出.xlsx": cut(xlsx_bytes(table(ROWS))),
    "无目录.xlsx": xlsx_bytes(table(ROWS))[:-60],
    "导出.xls": cut(xls_bytes(table(ROWS))),
    "网页.xls": cut(html_text(ROWS).encode()),
    "格式.xls": cut(XML.format(rows=XML_ROWS, dates="").encode()),
}


@pytest.mark.parametrize("name", CUT)
def test_input_14_a_cut_file_is_refused_as_incomplete(name: str) -> None:
    said = refusal(CUT[name], name)
    assert "不完整" in said and "请重新导出" in said


def test_input_14_a_row_cut_within_its_last_cell_is_refused() -> None:
    text = csv_text(rows_of(RATING, 300)).rstrip("\n")
    assert text.endswith(",满意")
    assert rules_of(read(text[:-1])) == [rules.UNKNOWN_LEVEL]


EMPTY = {
    "零字节.csv": b"",
    "空白.csv": b" \r\n\t\n",
    "只有标记.csv": b"\xef\xbb\xbf",
    "只有表头.csv": csv_text(ROWS[:1]).splitlines()[0].encode(),
    "只有表头.xlsx": xlsx_bytes([[*RATING]]),
    "只有表头.xls": xls_bytes([[*RATING]]),
    "只有合计.csv": csv_text(ROWS[:0]).encode() + (",".join(RATING) + "\n合计,0,,,\n").encode(),
    "只有空行.csv": (",".join(RATING) + "\n,,,,\n,,,,\n").encode(),
}


@pytest.mark.parametrize("name", EMPTY)
def test_input_15_a_file_without_rows_is_refused(name: str) -> None:
    assert "没有数据行" in refusal(EMPTY[name], name)


@pytest.mark.parametrize("footer", ["", "合计：0 条\n"])
def test_input_15_no_rows_in_a_stated_period_must_be_confirmed(footer: str) -> None:
    result = read("".join(f"{line}\n" for line in TITLES) + ",".join(RATING) + "\n" + footer)
    assert (len(result.rows), str(result.period_first), str(result.period_last)) == (0, "2023-12-01", "2023-12-31")
    assert "本期 0 件" in cautions_of(result)[EMPTY_PERIOD]
    assert [*cautions_of(result)] == [EMPTY_PERIOD]


def test_input_15_an_empty_workbook_is_refused() -> None:
    assert "没有" in refusal(xlsx_bytes([]), "空.xlsx")
    assert "没有" in refusal(xlsx_bytes([[], [""]]), "空.xlsx")

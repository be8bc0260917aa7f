"""Inputs 27 to 35: sheets, hidden rows, merged cells, titles, repeated headers, closing lines, blank rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from kpi.errors import SheetChoice
from kpi.intake import rules
from kpi.intake.cautions import FILLED_DOWN, HIDDEN_ROWS, HIDDEN_SHEET, SEVERAL_SHEETS, TOTAL_DIFFERS
from kpi.intake.noise import BLANK, CLOSING, REPEATED
from tests.inputs.checks import cautions_of, column, read, refusal, rules_of, same_rows, sheet_of, workbook
from tests.intake.exports import RATING, TICKET, TITLES, csv_text, html_text, rows_of, table, xlsx_bytes

ROWS = rows_of(RATING, 20)
PLAIN = read(csv_text(ROWS))
OTHER = rows_of({**TICKET, "工单编号": "T1"}, 5)


def book_of(*sheets: tuple[str, list[list[Any]], bool]) -> bytes:
    """Return a workbook of sheets: name, rows, hidden or not."""

    def fill(book: openpyxl.Workbook) -> None:
        for name, grid, is_hidden in sheets:
            sheet = book.create_sheet(name)
            for row in grid:
                sheet.append(row)
            sheet.sheet_state = "hidden" if is_hidden else "visible"
        del book["Sheet"]
        book.active = next(place for place, sheet in enumerate(sheets) if not sheet[2])

    return workbook(fill)


def test_input_27_hidden_sheets_are_ignored_and_listed() -> None:
    content = book_of(
        ("旧数据", table(rows_of(RATING, 5)), True), ("字典", [["代码"]], True), ("明细", table(ROWS), False)
    )
    result = read(content, "导出.xlsx")
    assert same_rows(result, PLAIN)
    assert result.hidden_sheets == ("旧数据", "字典")
    assert result.cautions == ()


def test_input_27_data_on_a_hidden_sheet_only_must_be_confirmed() -> None:
    result = read(book_of(("说明", [["见系统"]], False), ("明细", table(ROWS), True)), "导出.xlsx")
    assert same_rows(result, PLAIN)
    assert "“明细”" in cautions_of(result)[HIDDEN_SHEET]


def test_input_28_sheets_with_different_headers_are_to_be_chosen_from() -> None:
    content = book_of(("评价", table(ROWS), False), ("工单", table(OTHER), False))
    with pytest.raises(SheetChoice) as caught:
        read(content, "导出.xlsx")
    assert set(caught.value.sheets) == {"评价", "工单"}
    assert all(name in refusal(content, "导出.xlsx") for name in ("“评价”", "“工单”", "--sheet"))
    assert same_rows(read(content, "导出.xlsx", sheet="评价"), PLAIN)
    assert read(content, "导出.xlsx", sheet="工单").subject == "ticket"
    assert "“评价”" not in refusal(content, "导出.xlsx", sheet="评论") and "没有工作表“评论”" in refusal(
        content, "导出.xlsx", sheet="评论"
    )


def test_input_28_sheets_of_one_subject_with_other_columns_are_to_be_chosen_from() -> None:
    more = [[*row, "甲"] for row in table(ROWS)]
    more[0][-1] = "事项名称"
    content = book_of(("一月", table(ROWS), False), ("二月", more, False))
    with pytest.raises(SheetChoice):
        read(content, "导出.xlsx")


def test_input_28_sheets_with_the_same_header_are_offered_to_be_appended() -> None:
    months = [table(ROWS[first : first + 10]) for first in (0, 10)]
    content = book_of(("一月", months[0], False), ("二月", months[1], False))
    result = read(content, "导出.xlsx")
    assert same_rows(result, PLAIN)
    said = cautions_of(result)[SEVERAL_SHEETS]
    assert all(word in said for word in ("2 个工作表", "“一月”", "“二月”"))
    assert (read(content, "导出.xlsx", sheet="二月").rows_read, read(content, "导出.xlsx", sheet="一月").cautions) == (
        10,
        (),
    )


@pytest.mark.parametrize("rows", [(3,), (3, 4, 7)])
def test_input_29_hidden_rows_are_imported_and_their_number_must_be_confirmed(rows: tuple[int, ...]) -> None:
    def hide(sheet: Any) -> None:
        sheet.auto_filter.ref = "A1:E21"
        for row in rows:
            sheet.row_dimensions[row].hidden = True

    result = read(sheet_of(table(ROWS), hide), "导出.xlsx")
    assert same_rows(result, PLAIN)
    assert f"有 {len(rows)} 行被隐藏或筛选掉" in cautions_of(result)[HIDDEN_ROWS]


@pytest.mark.parametrize("above", [1, 2, 5, 12])
@pytest.mark.parametrize("kind", ["csv", "xlsx", "html"])
def test_input_30_the_header_is_found_below_titles_that_state_period_and_export(above: int, kind: str) -> None:
    lines = ["惠东县好差评评价明细", *[f"说明 {number}" for number in range(above - 1)], TITLES[1]][-above - 1 :]
    grid = [[line] for line in lines] + table(ROWS)
    content = {
        "csv": lambda: csv_text(ROWS, titles=lines).encode(),
        "xlsx": lambda: xlsx_bytes(grid),
        "html": lambda: (
            html_text(ROWS)
            .replace("<table>", "<table>" + "".join(f"<tr><td>{line}</td></tr>" for line in lines[:-1]))
            .encode()
        ),
    }[kind]()
    result = read(content, f"导出.{kind}")
    assert same_rows(result, PLAIN)
    assert result.header_line == len(lines) + 1
    assert (result.period_first, result.period_last) == (date(2023, 12, 1), date(2023, 12, 31))
    assert result.exported_at == datetime(2024, 1, 5, 8, 30)


@pytest.mark.parametrize(
    "stated",
    [
        "统计期间：2023-12-01 至 2023-12-31",
        "统计时间：2023年12月1日—2023年12月31日",
        "统计周期:2023/12/1~2023/12/31",
        "统计期间：2023-12-01 00:00:00 至 2023-12-31 23:59:59",
    ],
)
def test_input_30_the_period_is_read_however_it_is_written(stated: str) -> None:
    result = read(csv_text(ROWS, titles=[stated]))
    assert (result.states_period, str(result.period_first), str(result.period_last)) == (
        True,
        "2023-12-01",
        "2023-12-31",
    )


GROUPED = [
    ["工单编号", "来电时间", "来电人信息", None, "诉求类型", "办理类型"],
    [None, None, "姓名", "联系方式", None, None],
    *([f"T{number:010d}", "2023-12-05 08:30:00", "张三", "13812345678", "咨询", "转办"] for number in range(5)),
]


def test_input_31_a_two_level_merged_header_is_joined() -> None:
    def merge(sheet: Any) -> None:
        for place in ("A1:A2", "B1:B2", "C1:D1", "E1:E2", "F1:F2"):
            sheet.merge_cells(place)

    result = read(sheet_of(GROUPED, merge), "导出.xlsx")
    assert result.headers == ("工单编号", "来电时间", "来电人信息-姓名", "来电人信息-联系方式", "诉求类型", "办理类型")
    assert (len(result.rows), result.ignored_columns) == (5, ())
    assert column(result, "caller_name") == ["张*"] * 5
    assert column(result, "caller_phone") == ["138****5678"] * 5


def test_input_31_a_two_level_header_of_a_web_page_is_joined() -> None:
    head = (
        "<tr><th rowspan=2>工单编号</th><th rowspan=2>来电时间</th><th colspan=2>来电人信息</th>"
        "<th rowspan=2>诉求类型</th><th rowspan=2>办理类型</th></tr><tr><th>姓名</th><th>联系方式</th></tr>"
    )
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in GROUPED[2:])
    result = read(f"<html><body><table>{head}{body}</table></body></html>", "导出.xls")
    assert column(result, "caller_name") == ["张*"] * 5


def merged(letter: str) -> bytes:
    """Return ratings of which one column is merged over rows 2 to 6."""

    def merge(sheet: Any) -> None:
        sheet.merge_cells(f"{letter}2:{letter}6")

    return sheet_of(table(ROWS), merge)


def test_input_32_a_merged_town_is_filled_down_and_must_be_confirmed() -> None:
    result = read(merged("C"), "导出.xlsx")
    assert same_rows(result, PLAIN)
    assert "4 个单元格" in cautions_of(result)[FILLED_DOWN]


@pytest.mark.parametrize("letter", ["B", "E"])
def test_input_32_other_merged_columns_are_never_filled_down(letter: str) -> None:
    result = read(merged(letter), "导出.xlsx")
    assert rules_of(result) == [rules.MISSING] * 4
    assert (len(result.rows), FILLED_DOWN in cautions_of(result)) == (16, False)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_input_33_headers_repeated_at_page_breaks_are_skipped_and_counted(kind: str) -> None:
    grid = table(ROWS)
    for place in (15, 10, 5):
        grid.insert(place, grid[0])
    content = xlsx_bytes(grid) if kind == "xlsx" else "\n".join(map(",".join, grid)).encode()
    result = read(content, f"导出.{kind}")
    assert same_rows(result, PLAIN)
    assert (result.skipped, result.rows_read) == ({REPEATED: 3}, 23)


FOOTERS = [
    "小计,5,,,",
    "合计,20,,,",
    "总计：20 条,,,,",
    "共 20 条记录",
    "制表人：张三",
    "审核人：李四",
    "填表人,王五,,,",
]


@pytest.mark.parametrize("footer", FOOTERS)
def test_input_34_closing_lines_are_no_data(footer: str) -> None:
    result = read(csv_text(ROWS, footers=[footer]))
    assert same_rows(result, PLAIN)
    assert (result.skipped, result.cautions) == ({CLOSING: 1}, ())


def test_input_34_subtotals_between_the_rows_are_no_data() -> None:
    lines = csv_text(ROWS, footers=["合计,20,,,"]).splitlines()
    lines[11:11] = ["小计,10,,,"]
    result = read("\n".join(lines))
    assert same_rows(result, PLAIN)
    assert result.skipped == {CLOSING: 2}


@pytest.mark.parametrize(
    ("footer", "numbers"),
    [("合计,21,,,,", ("21", "20")), ("共 25 条记录", ("25", "20")), (",,合计,21,,", ("21", "20"))],
)
def test_input_34_a_number_of_rows_that_differs_must_be_confirmed_with_both_numbers(
    footer: str, numbers: tuple[str, str]
) -> None:
    result = read(csv_text(ROWS, footers=[footer.rstrip(",") + ",," if footer.startswith(",") else footer]))
    said = cautions_of(result)[TOTAL_DIFFERS]
    assert all(f" {number}" in said for number in numbers)


@pytest.mark.parametrize(("stated", "differs"), [("60", False), ("63", True)])
def test_input_34_the_sum_of_a_column_is_compared(stated: str, differs: bool) -> None:
    rows = rows_of(TICKET, 20, 延期天数="3")
    result = read(csv_text(rows, footers=[f"合计,,,,{stated}"]))
    assert [(total.column, total.stated, total.ours) for total in result.totals] == [("延期天数", float(stated), 60)]
    said = cautions_of(result).get(TOTAL_DIFFERS, "")
    assert ("63" in said and "60" in said) is differs


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_input_35_blank_rows_and_columns_are_skipped_and_counted(kind: str) -> None:
    grid = [["", *row[:2], "", *row[2:], ""] for row in table(ROWS)]
    for place in (11, 6, 1):
        grid.insert(place, [""] * len(grid[0]))
    content = xlsx_bytes(grid) if kind == "xlsx" else "\n".join(map(",".join, grid)).encode()
    result = read(content, f"导出.{kind}")
    assert same_rows(result, PLAIN)
    assert (result.skipped, result.rows_read, result.ignored_columns) == ({BLANK: 3}, 23, ())


def test_input_35_blank_rows_above_the_header_are_no_rows() -> None:
    result = read("\n\n,,,,\n" + csv_text(ROWS))
    assert same_rows(result, PLAIN)
    assert (result.rows_read, result.header_line) == (20, 4)

"""Workbooks as people save them: merged, hidden, filtered, faulty, with macros, far too long; old and new formats."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
import xlsxwriter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kpi.errors import ImportRefused
from kpi.intake.cautions import ACTIVE_CONTENT, HIDDEN_ROWS
from kpi.intake.read import Candidate, RawTable
from kpi.intake.read_spreadsheetml import spreadsheetml_candidates
from kpi.intake.read_workbook import workbook_candidates
from tests.intake import biff
from tests.intake.exports import member, rezipped, xlsx_bytes

SHEET = "xl/worksheets/sheet1.xml"
BOOK = "xl/workbook.xml"
HEAD = ["编号", "镇街", "日期"]
GRID: list[list[object]] = [HEAD, ["A1", "平山", "x"], ["A2", "大岭", "y"], ["A3", "白花", "z"]]


def read(content: bytes) -> Candidate:
    return workbook_candidates(content, "表.xlsx")[0]


def body(candidate: Candidate, header: int = 0) -> RawTable:
    (table,) = candidate.body(header, len(candidate.head[header]))
    return table


def cautions(candidate: Candidate, rule: str) -> list[str]:
    texts = [caution.text for caution in candidate.cautions if caution.rule == rule]
    assert all(text.endswith("。") and text.count("。") == 1 for text in texts)
    return texts


def refusal(content: bytes) -> str:
    with pytest.raises(ImportRefused) as caught:
        workbook_candidates(content, "表.xlsx")
    return str(caught.value)


def saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def book_of(grid: Sequence[Sequence[object]]) -> tuple[openpyxl.Workbook, openpyxl.worksheet.worksheet.Worksheet]:
    book = openpyxl.Workbook()
    for row in grid:
        book.active.append(list(row))
    return book, book.active


def with_sheet(content: bytes, old: bytes, new: bytes) -> bytes:
    sheet = member(content, SHEET)
    assert old in sheet
    return rezipped(content, {SHEET: sheet.replace(old, new)})


def xls(grid: Sequence[Sequence[object]], records: bytes = b"", book_records: bytes = b"") -> bytes:
    """Return an old workbook with more records in its sheet and in front of the list of sheets."""
    stream = biff._workbook(grid, records)
    begin = 4 + struct.unpack_from("<H", stream, 2)[0]
    offset = struct.unpack_from("<I", stream, begin + 4)[0] + len(book_records)
    listed = stream[begin : begin + 4] + struct.pack("<I", offset) + stream[begin + 8 :]
    return biff._compound(stream[:begin] + book_records + listed)


record = biff._record


# Merged cells


def test_merged_cells_of_the_head_are_spans_and_those_of_the_body_are_listed() -> None:
    grid: list[list[object]] = [
        ["台账", None, None, None],
        ["编号", "来电人信息", None, "镇街"],
        [None, "姓名", "电话", None],
        *([f"A{number}", "张", 1, None] for number in range(30)),
    ]
    book, sheet = book_of(grid)
    sheet["D4"], sheet["D10"] = "平山", "大岭"
    for place in ("A1:D1", "B2:C2", "A2:A3", "D2:D3", "D4:D9", "D10:D33"):
        sheet.merge_cells(place)
    candidate = read(saved(book))
    assert set(candidate.spans) >= {(0, 0, 1, 4), (1, 1, 1, 2), (1, 0, 2, 1), (1, 3, 2, 1)}
    table = body(candidate, 2)
    assert table.cells["3"].to_list() == ["平山", *[""] * 5, "大岭", *[""] * 23]
    assert table.merged == (
        *((row, 3, "平山") for row in range(1, 6)),
        *((row, 3, "大岭") for row in range(7, 30)),
    )


def test_a_header_merged_into_the_body_fills_nothing_there() -> None:
    book, sheet = book_of(GRID)
    sheet["B2"] = None
    sheet.merge_cells("B1:B2")
    assert body(read(saved(book))).merged == ()


def test_a_merge_sideways_says_nothing_about_the_other_columns() -> None:
    book, sheet = book_of(GRID)
    sheet.merge_cells("B2:C3")
    table = body(read(saved(book)))
    assert table.merged == ((1, 1, "平山"),)
    assert table.cells["2"].to_list() == ["", "", "z"]


def test_a_merge_of_the_whole_sheet_costs_nothing() -> None:
    content = xlsx_bytes(GRID)
    merge = b'</sheetData><mergeCells><mergeCell ref="A2:XFD1048576"/><mergeCell ref="B3:B1048576"/></mergeCells>'
    table = body(read(with_sheet(content, b"</sheetData>", merge)))
    assert table.cells.shape == (3, 3)
    assert table.merged == ()


def test_merges_over_one_another_cannot_fill_the_memory() -> None:
    content = xlsx_bytes([["镇街", "数"], *([f"镇{number}", 1] for number in range(300)), *([None, 1],) * 3_000])
    merges = b"".join(b'<mergeCell ref="A%d:A3301"/>' % row for row in range(2, 302))
    table = body(read(with_sheet(content, b"</sheetData>", b"</sheetData><mergeCells>" + merges + b"</mergeCells>")))
    assert 0 < len(table.merged) <= 3_300 * 2


def test_a_merge_beyond_the_columns_asked_for_is_left_out() -> None:
    book, sheet = book_of(GRID)
    sheet.merge_cells("C2:C4")
    (table,) = read(saved(book)).body(0, 2)
    assert table.cells.columns == ["0", "1"] and table.merged == ()


def test_merged_cells_of_an_old_workbook_are_listed() -> None:
    grid = [HEAD, ["A1", "平山", "x"], ["A2", "", "y"], ["A3", "", "z"]]
    merge = record(0x00E5, struct.pack("<H8H", 2, 1, 3, 1, 1, 0, 0, 1, 2))
    candidate = read(xls(grid, merge))
    assert (0, 1, 1, 2) in candidate.spans
    assert body(candidate).merged == ((1, 1, "平山"), (2, 1, "平山"))


# Hidden sheets and rows


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_come_after_the_visible_ones(state: str) -> None:
    book, sheet = book_of(GRID)
    sheet.title, sheet.sheet_state = "底稿", state
    book.create_sheet("明细").append(HEAD)
    book.active = 1
    found = workbook_candidates(saved(book), "表.xlsx")
    assert [(candidate.name, candidate.is_hidden) for candidate in found] == [("明细", False), ("底稿", True)]
    assert body(found[1]).cells["0"].to_list() == ["A1", "A2", "A3"]


def test_chart_sheets_are_no_candidates() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=数据!$A$2:$A$3"})
        book.add_chartsheet("图").set_chart(chart)
        book.add_worksheet("数据").write_column(0, 0, ["数", 1, 2])
    assert [candidate.name for candidate in workbook_candidates(buffer.getvalue(), "表.xlsx")] == ["数据"]


def test_rows_filtered_away_are_read_and_counted() -> None:
    book, sheet = book_of([["标题"], HEAD, *([f"A{number}", "平山", "x"] for number in range(100))])
    sheet.row_dimensions[1].hidden = True
    for row in (5, 50, 60, 300):
        sheet.row_dimensions[row].hidden = True
    sheet.auto_filter.ref = "A2:C102"
    candidate = read(saved(book))
    assert ["3 行" in text for text in cautions(candidate, HIDDEN_ROWS)] == [True]
    assert body(candidate, 1).cells["0"].to_list()[:100] == [f"A{number}" for number in range(100)]


def test_a_sheet_without_hidden_rows_has_no_caution() -> None:
    assert read(xlsx_bytes(GRID)).cautions == ()
    assert read(xls(GRID)).cautions == ()


def test_hidden_rows_of_an_old_workbook_are_counted() -> None:
    rows = b"".join(record(0x0208, struct.pack("<6HHH", row, 0, 3, 255, 0, 0, 0x20, 15)) for row in (0, 2, 3, 9))
    candidate = read(xls(GRID, rows))
    assert ["2 行" in text for text in cautions(candidate, HIDDEN_ROWS)] == [True]
    assert candidate.head[2] == ["A2", "大岭", "y"]


# Macros, links and the like


@pytest.mark.parametrize(
    ("part", "content", "word"),
    [
        ("xl/vbaProject.bin", b"\xd0\xcf", "宏"),
        ("xl/macrosheets/sheet1.xml", b"<x/>", "宏表"),
        ("xl/embeddings/oleObject1.bin", b"\xd0\xcf", "嵌入对象"),
        ("xl/connections.xml", b"<connections/>", "外部数据连接"),
        ("xl/externalLinks/externalLink1.xml", b"<externalLink><externalBook/></externalLink>", "外部链接"),
        ("xl/externalLinks/externalLink1.xml", b'<externalLink><ddeLink ddeService="cmd"/></externalLink>', "DDE"),
    ],
)
def test_active_content_is_named_and_values_are_read(part: str, content: bytes, word: str) -> None:
    candidate = read(rezipped(xlsx_bytes(GRID), {part: content}))
    assert [word in text for text in cautions(candidate, ACTIVE_CONTENT)] == [True]
    assert body(candidate).cells["0"].to_list() == ["A1", "A2", "A3"]


@pytest.mark.parametrize(
    ("link", "word"),
    [
        (struct.pack("<HH", 1, 0x0401), ""),
        (struct.pack("<HHB", 1, 9, 0) + b"\x01a.xls\x00\x00\x00", "外部链接"),
        (struct.pack("<HHB", 0, 5, 0) + b"cmd\x03x", "DDE"),
    ],
)
def test_links_of_an_old_workbook_are_named(link: bytes, word: str) -> None:
    found = cautions(read(xls(GRID, book_records=record(0x01AE, link))), ACTIVE_CONTENT)
    assert [word in text for text in found] == [True] * bool(word)


def test_macros_of_an_old_workbook_are_named() -> None:
    content = xls(GRID)
    place = content.index("Workbook".encode("utf-16-le")) + 128
    macros = biff._entry("_VBA_PROJECT_CUR", 1, biff.FREE, 0, 0)
    found = cautions(read(content[:place] + macros + content[place + 128 :]), ACTIVE_CONTENT)
    assert ["宏" in text for text in found] == [True]


def test_a_formula_is_its_stored_value() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEAD)
        sheet.write_formula(1, 0, "=1+1", None, 7)
        sheet.write_formula(1, 1, "=cmd|' /C calc'!A0", None, "文字")
    assert body(read(buffer.getvalue())).cells.row(0) == ("7", "文字", "")


# Errors


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!"])
def test_an_error_cell_is_its_text(error: str) -> None:
    content = xlsx_bytes([*GRID, ["e", "大岭", "#N/A"]])
    cell = re.compile(rb'<c r="B3"[^>]*>.*?</c>')
    sheet = cell.sub(f'<c r="B3" s="0" t="e"><f>1/0</f><v>{error}</v></c>'.encode(), member(content, SHEET))
    candidate = read(rezipped(content, {SHEET: sheet}))
    assert candidate.head[2] == ["A2", error, "y"]
    assert body(candidate).cells["1"].to_list() == ["平山", error, "白花", "大岭"]


def test_error_cells_of_an_old_workbook_are_their_texts() -> None:
    boolean = record(0x0205, struct.pack("<HHHBB", 1, 1, 0, 0x07, 1)) + record(
        0x0205, struct.pack("<HHHBB", 1, 2, 0, 1, 0)
    )
    formula = record(0x0006, struct.pack("<HHH", 5, 2, 0) + b"\x02\x00\x2a\x00\x00\x00\xff\xff" + bytes(8))
    candidate = read(xls([HEAD, ["A1"], ["A2", "大岭", "y"]], boolean + formula))
    assert candidate.head[1] == ["A1", "#DIV/0!", "是"]
    assert body(candidate).cells.rows()[1:] == [("A2", "大岭", "y"), ("", "", ""), ("", "", ""), ("", "", "#N/A")]


def test_a_formula_with_a_text_in_an_old_workbook_is_read() -> None:
    formula = record(0x0006, struct.pack("<HHH", 1, 1, 0) + bytes(6) + b"\xff\xff" + bytes(8))
    text = record(0x0207, struct.pack("<HB", 2, 1) + "平山".encode("utf-16-le"))
    assert read(xls([HEAD, ["A1"]], formula + text)).head[1] == ["A1", "平山", ""]


# Dates


def test_dates_of_a_workbook_that_counts_from_1904_are_right() -> None:
    moment = datetime(2023, 12, 5, 8, 30, 15)
    for epoch in (False, True):
        book = openpyxl.Workbook()
        if epoch:
            book.epoch = CALENDAR_MAC_1904
        book.active.append(HEAD)
        book.active.append([moment, date(2023, 12, 5), time(8, 30)])
        candidate = read(saved(book))
        assert candidate.dates_1904 is epoch
        assert candidate.head[1] == ["2023-12-05 08:30:15", "2023-12-05", "08:30:00"]


def test_an_old_workbook_says_that_it_counts_from_1904() -> None:
    assert read(xls(GRID, book_records=record(0x0022, b"\x01\x00"))).dates_1904
    assert not read(xls(GRID, book_records=record(0x0022, b"\x00\x00"))).dates_1904


def test_dates_and_texts_of_one_column_are_both_texts_of_dates() -> None:
    grid = [HEAD, ["a", "b", datetime(2023, 12, 5, 8, 30)], ["a", "b", "2023-12-06 09:00:00"], ["a", "b", 45265.5]]
    assert body(read(xlsx_bytes(grid))).cells["2"].to_list() == [
        "2023-12-05 08:30:00",
        "2023-12-06 09:00:00",
        "45265.5",
    ]


def test_a_duration_is_hours_minutes_and_seconds() -> None:
    book, _ = book_of([HEAD, [timedelta(hours=27, minutes=3), "b", "c"]])
    assert read(saved(book)).head[1][0] == "27:03:00"


# Blank rows and columns, before the data and far beyond


def test_a_table_that_begins_further_in_keeps_its_place() -> None:
    candidate = read(xlsx_bytes([[], [], *([None, None, *row] for row in GRID)]))
    assert candidate.head[1:4] == [[""] * 5, ["", "", *HEAD], ["", "", "A1", "平山", "x"]]
    table = body(candidate, 2)
    assert table.cells.row(0) == ("", "", "A1", "平山", "x")
    assert table.lines.to_list() == [4, 5, 6]


def test_blank_styled_rows_and_columns_are_read_and_counted() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        sheet, border = book.add_worksheet(), book.add_format({"border": 1})
        for number, row in enumerate(GRID):
            sheet.write_row(number, 0, row)
        for number in range(4, 60_000):
            sheet.set_row(number, 15, border)
            for column in range(6):
                sheet.write_blank(number, column, None, border)
        sheet.write_blank(60_000, 16_000, None, border)
    candidate = read(buffer.getvalue())
    assert candidate.head[0] == HEAD
    table = body(candidate)
    assert table.cells.shape == (60_000, 3)
    assert table.cells["0"].to_list()[:4] == ["A1", "A2", "A3", ""]
    assert table.lines.to_list() == list(range(2, 60_002))


def test_a_sheet_of_like_blank_rows_is_no_bomb() -> None:
    content = xlsx_bytes(GRID)
    padded = with_sheet(content, b"</sheetData>", b'<row s="1" customFormat="1"/>' * 90_000 + b"</sheetData>")
    with zipfile.ZipFile(io.BytesIO(padded)) as archive:
        sheet = archive.getinfo(SHEET)
        assert sheet.file_size > 200 * sheet.compress_size
    table = body(read(padded))
    assert table.cells.shape == (90_003, 3)


def test_a_million_blank_rows_stay_small() -> None:
    content = xlsx_bytes([[f"列{number}" for number in range(20)], ["x"] * 20])
    far = with_sheet(content, b"</sheetData>", b'<row r="1048576"><c r="A1048576" s="1"/></row></sheetData>')
    table = body(read(far))
    assert table.cells.row(0) == ("x",) * 20
    assert 8_000_000 >= table.cells.height * table.cells.width > 7_000_000


def test_an_empty_cell_of_text_is_blank() -> None:
    content = xlsx_bytes([[*HEAD, "", " "], ["A1", "平山", "x", "", ""]])
    assert read(content).head == [HEAD, ["A1", "平山", "x"]]


@pytest.mark.parametrize("prefix", [b"", b"x:"])
def test_cells_that_do_not_say_their_place_are_counted(prefix: bytes) -> None:
    def sheet(rows: int, cells: int) -> bytes:
        cell = b'<c t="str"><v>a</v></c>'
        plain = b"<worksheet><sheetData>" + (b"<row>" + cell * cells + b"</row>") * rows + b"</sheetData></worksheet>"
        named = re.sub(rb"<(/?)", rb"<\1" + prefix, plain)
        space = b'xmlns:x="' if prefix else b'xmlns="'
        space += b'http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        return named.replace(b"worksheet", b"worksheet " + space, 1)

    small = read(rezipped(xlsx_bytes(GRID), {SHEET: sheet(30_000, 5)}))
    assert body(small).cells.shape == (29_999, 5)
    assert "很远的位置" in refusal(rezipped(xlsx_bytes(GRID), {SHEET: sheet(2, 300)}))


def test_hidden_rows_are_counted_under_a_prefix() -> None:
    content = xlsx_bytes(GRID)
    sheet = member(content, SHEET).replace(b'<row r="3"', b'<row r="3" hidden="1"')
    named = re.sub(rb"<(/?)(?!\?)", rb"<\1x:", sheet).replace(b"xmlns=", b"xmlns:x=", 1)
    candidate = read(rezipped(content, {SHEET: named}))
    assert ["1 行" in text for text in cautions(candidate, HIDDEN_ROWS)] == [True]


def test_bombs_are_refused() -> None:
    for part in ("xl/media/bomb.bin", "xl/sharedStrings.xml", "xl/worksheets/other.xml", "xl/nested.zip"):
        assert "解压后过大" in refusal(rezipped(xlsx_bytes(GRID), {part: bytes(30_000_000)}))
    assert "解压后过大" in refusal(rezipped(xlsx_bytes(GRID), {f"xl/{number}.txt": b"x" for number in range(250)}))
    assert "解压后过大" in refusal(rezipped(xlsx_bytes(GRID), {BOOK: b" " * 9_000_000}))


def test_a_hidden_sheet_that_is_too_far_does_not_stop_the_visible_one() -> None:
    book, _ = book_of(GRID)
    hidden = book.create_sheet("远")
    hidden["XFD9"] = 1
    hidden.sheet_state = "hidden"
    assert [candidate.name for candidate in workbook_candidates(saved(book), "表.xlsx")] == ["Sheet"]


# Passwords


def test_an_encrypted_package_is_refused_for_its_password() -> None:
    content = xls(GRID)
    name, other = "Workbook".encode("utf-16-le"), "EncryptedPackage".encode("utf-16-le")
    place = content.index(name)
    entry = other.ljust(64, b"\x00") + struct.pack("<H", len(other) + 2) + content[place + 66 : place + 128]
    assert "去除打开密码" in refusal(content[:place] + entry + content[place + 128 :])


def test_an_old_workbook_with_a_password_is_refused_for_it() -> None:
    scrambled = record(0x0203, b"\xee" * 14)
    assert "去除打开密码" in refusal(xls(GRID, scrambled, book_records=record(0x002F, b"\x01\x00" + bytes(52))))


def test_a_zip_with_a_password_is_refused_for_it() -> None:
    content = bytearray(xlsx_bytes(GRID))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := content.find(mark, place + 1)) >= 0:
            content[place + offset] |= 1
    assert "去除打开密码" in refusal(bytes(content))


# The XML of Excel 2003

XML = """<?xml version="1.0" encoding="GB2312"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">
<ExcelWorkbook xmlns="urn:schemas-microsoft-com:office:excel">{dates}</ExcelWorkbook>
<Worksheet ss:Name="底稿"><Table><Row><Cell><Data ss:Type="String">旧</Data></Cell></Row></Table>
<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible></WorksheetOptions>
</Worksheet><Worksheet ss:Name="明细"><Table ss:ExpandedColumnCount="4">{rows}</Table></Worksheet></Workbook>"""


def xml_cell(value: str, kind: str = "String", extra: str = "") -> str:
    return f'<Cell {extra}><Data ss:Type="{kind}">{value}</Data></Cell>'


def xml_row(*cells: str, extra: str = "") -> str:
    return f"<Row {extra}>{''.join(cells)}</Row>"


def xml(*rows: str, dates: str = "") -> list[Candidate]:
    return spreadsheetml_candidates(XML.format(rows="".join(rows), dates=dates).encode(), "表.xls")


def test_xml_of_excel_2003_is_read_with_types_and_places() -> None:
    visible, hidden = xml(
        xml_row(*map(xml_cell, ("编号", "时间", "数", "备注"))),
        xml_row(
            xml_cell("2024101412345600123", "Number"),
            xml_cell("2023-12-05T08:30:15.000", "DateTime"),
            xml_cell("7.50", "Number"),
            xml_cell("甲&amp;<html:B>乙</html:B>"),
        ),
        xml_row("<Cell/>", xml_cell("2023-12-05T00:00:00.000", "DateTime"), "<Cell/>", xml_cell("1", "Boolean")),
        xml_row(xml_cell("#N/A", "Error", 'ss:Index="3"'), extra='ss:Index="6" ss:Hidden="1"'),
        xml_row(xml_cell("1899-12-31T08:30:00.000", "DateTime", 'ss:Index="2"')),
    )
    assert (visible.name, visible.is_hidden, visible.dates_1904) == ("明细", False, False)
    assert (hidden.name, hidden.is_hidden) == ("底稿", True)
    table = body(visible)
    assert table.cells.rows() == [
        ("2024101412345600123", "2023-12-05 08:30:15", "7.5", "甲&乙"),
        ("", "2023-12-05", "", "是"),
        ("", "", "", ""),
        ("", "", "", ""),
        ("", "", "#N/A", ""),
        ("", "08:30:00", "", ""),
    ]
    assert table.lines.to_list() == [2, 3, 4, 5, 6, 7]
    assert ["1 行" in text for text in cautions(visible, HIDDEN_ROWS)] == [True]


def test_xml_with_blank_lines_in_front_and_rows_said_once_is_read() -> None:
    rows = xml_row(*map(xml_cell, HEAD)), xml_row(extra='ss:Span="2"'), xml_row(xml_cell("A1"))
    text = "\n " + XML.format(rows="".join(rows), dates="")
    table = body(spreadsheetml_candidates(text.encode(), "表.xls")[0])
    assert table.cells["0"].to_list() == ["", "", "", "A1"]


def test_xml_without_any_cell_is_refused() -> None:
    empty = b"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?><Workbook/>"
    with pytest.raises(ImportRefused, match="没有表格，请在 Excel 中另存为 xlsx"):
        spreadsheetml_candidates(empty, "表.xls")


def test_merged_cells_of_xml_are_spans_and_covered_cells() -> None:
    visible = xml(
        xml_row(xml_cell("来电人", extra='ss:MergeAcross="1"'), xml_cell("镇街", extra='ss:MergeDown="1"')),
        xml_row(xml_cell("姓名"), xml_cell("电话")),
        xml_row(xml_cell("张"), xml_cell("1"), xml_cell("平山", extra='ss:MergeDown="1"')),
        xml_row(xml_cell("李"), xml_cell("2")),
        dates="<Date1904/>",
    )[0]
    assert visible.spans == ((0, 0, 1, 2), (0, 2, 2, 1), (2, 2, 2, 1))
    assert visible.dates_1904
    assert body(visible, 1).merged == ((1, 2, "平山"),)


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda text: text[: len(text) // 2], "不完整"),
        (
            lambda text: text.replace("<Workbook", "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><Workbook"),
            "定义",
        ),
        (lambda text: text.replace("<Table", "<a>" * 100_000 + "<Table"), "不完整"),
        (lambda text: text.replace("<Cell ", '<Cell ss:Index="16000" '), "很远的位置"),
        (lambda text: text.replace("<Row ", '<Row ss:Index="2000000" '), "很远的位置"),
    ],
)
def test_xml_that_is_cut_hostile_or_too_far_is_refused(damage: object, word: str) -> None:
    assert callable(damage)
    text = XML.format(rows=xml_row(*map(xml_cell, HEAD)) * 3, dates="")
    with pytest.raises(ImportRefused, match=word):
        spreadsheetml_candidates(damage(text).encode(), "表.xls")

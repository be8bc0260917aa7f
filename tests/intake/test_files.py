"""Kinds of file and encodings are told by content; what is no table is refused with a sentence."""

from __future__ import annotations

import codecs
import io
import random
import re
from datetime import date, datetime

import openpyxl
import pytest
from polars.testing import assert_frame_equal

from kpi.errors import ImportRefused, SheetChoice
from kpi.intake import stage
from tests.intake.biff import xls_bytes
from tests.intake.exports import (
    RATING,
    TITLES,
    TODAY,
    catalogue,
    csv_text,
    html_text,
    member,
    rezipped,
    rows_of,
    staged,
    table,
    xlsx_bytes,
)

RARE = rows_of(RATING, 5, 事项名称="㑇村𠮷屋住所登记")
PLAIN = csv_text(rows_of(RATING, 5, 事项名称="住所登记"), titles=TITLES)


def refusal(content: bytes | str, name: str = "好差评.csv") -> str:
    with pytest.raises(ImportRefused) as caught:
        staged(content, name)
    sentence = str(caught.value)
    assert name in sentence
    assert sentence.endswith("。")
    assert sentence.count("。") == 1
    return sentence


@pytest.mark.parametrize(
    ("encoded", "encoding"),
    [
        (PLAIN.encode(), "utf-8"),
        (PLAIN.encode("utf-8-sig"), "utf-8-sig"),
        (PLAIN.encode("gbk"), "gb18030"),
        (PLAIN.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), "utf-16"),
        (csv_text(rows_of(RATING, 50)).encode("utf-16-le"), "utf-16"),
        (csv_text(rows_of(RATING, 50)).encode("utf-16-be"), "utf-16"),
    ],
    ids=["utf-8", "utf-8 with mark", "gbk", "utf-16 little", "utf-16 big", "bare utf-16 little", "bare utf-16 big"],
)
def test_the_encoding_is_recognised_and_changes_nothing(encoded: bytes, encoding: str) -> None:
    result = staged(encoded)
    assert result.encoding == encoding
    text = PLAIN if len(result.rows) == 5 else csv_text(rows_of(RATING, 50))
    assert_frame_equal(result.rows, staged(text).rows)


def test_rare_characters_of_gb18030_survive() -> None:
    result = staged(csv_text(RARE).encode("gb18030"))
    assert result.encoding == "gb18030"
    assert result.rows["item"].unique().to_list() == ["㑇村𠮷屋住所登记"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_change_nothing(ending: str) -> None:
    assert_frame_equal(staged(PLAIN.replace("\n", ending)).rows, staged(PLAIN).rows)


def test_mixed_line_ends_change_nothing() -> None:
    lines = PLAIN.splitlines()
    mixed = "".join(line + ("\r\n", "\n", "\r")[number % 3] for number, line in enumerate(lines))
    assert_frame_equal(staged(mixed).rows, staged(PLAIN).rows)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_recognised(separator: str) -> None:
    result = staged(csv_text(rows_of(RATING, 5), titles=TITLES, separator=separator))
    assert result.rows["rating_id"].len() == 5
    assert result.header_line == 3


def test_a_separator_line_of_excel_is_obeyed_and_skipped() -> None:
    result = staged("sep=;\n" + csv_text(rows_of(RATING, 2), separator=";"))
    assert result.header_line == 2
    assert result.rows["line"].to_list() == [3, 4]


@pytest.mark.parametrize("name", ["评价.csv", "评价.xls", "评价.xlsx", "评价.txt", "评价"])
@pytest.mark.parametrize("kind", ["csv", "xlsx", "html"])
def test_the_name_of_the_file_does_not_matter(kind: str, name: str) -> None:
    rows = rows_of(RATING, 3)
    content = {"csv": csv_text(rows).encode(), "xlsx": xlsx_bytes(table(rows)), "html": html_text(rows).encode()}[kind]
    result = staged(content, name)
    assert (result.format, len(result.rows)) == (kind, 3)


def test_an_html_table_named_xls_is_read_with_its_title() -> None:
    result = staged(html_text(rows_of(RATING, 3)).encode("gbk"), "评价.xls")
    assert (result.format, result.encoding, result.header_line) == ("html", "gb18030", 2)
    assert (result.period_first, result.period_last) == (date(2023, 12, 1), date(2023, 12, 31))
    assert result.exported_at == datetime(2024, 1, 5, 8, 30)


@pytest.mark.parametrize(
    ("cells", "instead", "blank"),
    [
        ("<td>{}</td><td>平山街道</td>", "<td>{}</td>", "镇街"),
        ("<td>平山街道</td><td>粤省事</td>", '<td colspan="2">平山街道</td>', "评价渠道"),
    ],
    ids=["over rows", "over columns"],
)
def test_html_cells_over_several_rows_fill_a_town_down_and_over_columns_leave_blanks(
    cells: str, instead: str, blank: str
) -> None:
    moment = RATING["评价时间"]
    first, second = html_text(rows_of(RATING, 2)).split("<td>P0000000002")
    if blank == "镇街":
        first = first.replace("<td>平山街道</td>", '<td rowspan="2">平山街道</td>')
    page = f"{first}<td>P0000000002{second.replace(cells.format(moment), instead.format(moment))}"
    result = staged(page, "评价.xls")
    if blank == "镇街":
        assert result.rows["town"].to_list() == ["平山街道", "平山街道"]
        assert [caution.rule for caution in result.cautions] == ["合并单元格已向下填充"]
    else:
        assert result.refused["reason"].to_list() == [f"{blank}“”必填项没有内容，请补全"]


def test_html_entities_never_reach_another_file() -> None:
    attack = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + html_text(rows_of(RATING, 2, 窗口号="&x;"))
    assert staged(attack, "评价.xls").rows["window"].unique().to_list() in (["&x;"], [None])


@pytest.mark.parametrize("content", [b"", b"\n\n  \r\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert "空的" in refusal(content)


def test_a_file_with_a_header_only_is_refused_unless_it_states_its_period() -> None:
    header = ",".join(RATING)
    assert "没有数据行" in refusal(header)
    empty = staged("".join(f"{line}\n" for line in TITLES) + header)
    assert (empty.rows.height, empty.rows_read) == (0, 0)
    assert [caution.rule for caution in empty.cautions] == ["本期 0 件"]
    assert (empty.period_first, empty.period_last) == (date(2023, 12, 1), date(2023, 12, 31))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "图片"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "图片"),
        (b"Rar!\x1a\x07\x00", "压缩包"),
        (bytes(range(256)) * 20, "不是表格"),
        (b"<html><body><p>502 Bad Gateway</p></body></html>", "没有表格"),
    ],
    ids=["pdf", "png", "jpeg", "rar", "binary", "web page"],
)
def test_what_is_no_table_is_refused(content: bytes, kind: str) -> None:
    assert kind in refusal(content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_bytes_of_no_encoding_are_refused_with_their_line(encoding: str) -> None:
    lines = PLAIN.encode(encoding).split(b"\n")
    lines[5] = lines[5].replace("住所".encode("utf-8" if encoding != "gbk" else "gbk"), b"\xff\xff")
    assert "第 6 行" in refusal(b"\n".join(lines))


def test_a_file_cut_within_a_character_is_refused() -> None:
    cut = PLAIN.encode()
    cut = cut[: cut.rindex("登".encode()) + 1]
    assert "第 8 行" in refusal(cut)


def test_a_few_control_characters_are_removed_and_counted() -> None:
    result = staged(csv_text(rows_of(RATING, 200, 事项名称="社\x00保\x07卡")[:1] + rows_of(RATING, 200)[1:]))
    assert result.rows["item"][0] == "社保卡"
    assert result.normalised["去除控制字符"] == 2


def test_a_protected_workbook_is_refused() -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 1024 + "EncryptedPackage".encode("utf-16-le")
    assert "去除打开密码" in refusal(content, "评价.xlsx")


def test_a_truncated_workbook_is_refused() -> None:
    workbook = xlsx_bytes(table(rows_of(RATING, 50)))
    assert "不完整" in refusal(workbook[: len(workbook) // 2], "评价.xlsx")
    assert "不完整" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "评价.xls")


def test_a_zip_of_other_things_is_refused() -> None:
    workbook = xlsx_bytes(table(rows_of(RATING, 2)))
    renamed = member(workbook, "xl/workbook.xml")
    archive = rezipped(workbook, {}).replace(b"xl/workbook.xml", b"xl/workbooq.xml")
    assert renamed
    assert "压缩包" in refusal(archive, "评价.zip")


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    workbook = xlsx_bytes(table(rows_of(RATING, 2)))
    assert "解压后过大" in refusal(rezipped(workbook, {"xl/media/bomb.bin": b"\x00" * 30_000_000}), "评价.xlsx")
    many = {f"xl/media/{number}.txt": b"x" for number in range(250)}
    assert "解压后过大" in refusal(rezipped(workbook, many), "评价.xlsx")


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("cell", ["XFD1048576", "XFD1", "GS7"])
def test_a_workbook_with_a_far_cell_is_refused_not_loaded(cell: str) -> None:
    workbook = xlsx_bytes(table(rows_of(RATING, 2)))
    number = "".join(filter(str.isdigit, cell))
    far = f'<row r="{number}"><c r="{cell}"><v>1</v></c></row></sheetData>'.encode()
    sheet = member(workbook, SHEET).replace(b"</sheetData>", far)
    assert "很远的位置" in refusal(rezipped(workbook, {SHEET: sheet}), "评价.xlsx")


def test_a_far_cell_below_a_narrow_table_is_refused_by_area() -> None:
    workbook = xlsx_bytes(table(rows_of(RATING, 2)))
    far = b'<row r="1048576"><c r="CV1048576"><v>1</v></c></row></sheetData>'
    sheet = member(workbook, SHEET).replace(b"</sheetData>", far)
    assert "很远的位置" in refusal(rezipped(workbook, {SHEET: sheet}), "评价.xlsx")


def test_a_dimension_that_lies_is_harmless() -> None:
    workbook = xlsx_bytes(table(rows_of(RATING, 2)))
    sheet = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', member(workbook, SHEET))
    assert len(staged(rezipped(workbook, {SHEET: sheet}), "评价.xlsx").rows) == 2


def test_the_first_visible_sheet_that_fits_is_read() -> None:
    grid = table(rows_of(RATING, 2))
    assert len(staged(xlsx_bytes(grid, before=["封面", "说明页"]), "评价.xlsx").rows) == 2
    assert len(staged(xlsx_bytes(grid, hidden=["旧数据"]), "评价.xlsx").rows) == 2


def test_records_on_a_hidden_sheet_only_must_be_confirmed() -> None:
    workbook = xlsx_bytes(table(rows_of(RATING, 2)), before=["说明页"])
    book = member(workbook, "xl/workbook.xml").replace(b'sheetId="2"', b'sheetId="2" state="hidden"')
    result = staged(rezipped(workbook, {"xl/workbook.xml": book}), "评价.xlsx")
    assert (len(result.rows), [caution.rule for caution in result.cautions]) == (2, ["数据在隐藏的工作表"])


def test_typed_cells_of_a_workbook_become_values() -> None:
    grid: list[list[object]] = [
        [*RATING, "窗口号", "是否实名", "事项编码"],
        ["P1000000001", datetime(2023, 12, 5, 8, 30, 15), "平山街道", "粤省事", 5, 7.0, True, 4413230101.0],
        ["P1000000002", 45265.354166666664, "平山街道", "粤省事", "满意", "7号", False, "441323"],
    ]
    rows = staged(xlsx_bytes(grid), "评价.xlsx").rows
    assert rows["rated_at"].to_list() == [datetime(2023, 12, 5, 8, 30, 15), datetime(2023, 12, 5, 8, 30)]
    assert rows["window"].to_list() == ["7", "7号"]
    assert rows["is_real_name"].to_list() == [True, False]
    assert rows["item_code"].to_list() == ["4413230101", "441323"]
    assert rows["level"].to_list() == [5, 4]


def test_long_numbers_in_a_workbook_are_not_silently_rounded() -> None:
    rows = rows_of(RATING, 40)
    grid: list[list[object]] = [list(row) for row in table(rows)]
    grid[1][0] = 2024101412345600123
    result = staged(xlsx_bytes(grid), "评价.xlsx")
    assert result.refused.select("line", "rule").rows() == [(2, "编号精度已丢失")]
    assert len(result.rows) == 39


def test_an_old_excel_workbook_is_read_under_any_name() -> None:
    rows = rows_of(RATING, 20, 事项名称="社保卡申领")
    for name in ("评价.xls", "评价.xlsx", "评价.csv"):
        result = staged(xls_bytes(table(rows)), name)
        assert result.format == "xls"
        assert_frame_equal(result.rows, staged(csv_text(rows)).rows)


def test_long_numbers_in_an_old_workbook_are_not_silently_rounded() -> None:
    grid: list[list[object]] = [list(row) for row in table(rows_of(RATING, 30))]
    grid[1][0], grid[2][0] = 2024101412345600123, 20241014
    result = staged(xls_bytes(grid), "评价.xls")
    assert result.refused.select("line", "rule").rows() == [(2, "编号精度已丢失")]
    assert result.rows["rating_id"][0] == "20241014"


def test_an_old_workbook_with_a_cell_beyond_the_last_column_is_refused_not_loaded() -> None:
    grid: list[list[object]] = [list(row) for row in table(rows_of(RATING, 2))]
    assert "已损坏" in refusal(xls_bytes(grid, far=(65535, 65535)), "评价.xls")
    assert len(staged(xls_bytes(grid, far=(40, 255)), "评价.xls").rows) == 2


@pytest.mark.parametrize("cell", ["GS7", "A1048576", "cv1048576", "A2000000"])
def test_a_far_cell_is_found_even_when_its_row_does_not_say_so(cell: str) -> None:
    workbook = xlsx_bytes(table(rows_of(RATING, 2)))
    wide = '<c r="CV1"><v>1</v></c>' if cell == "A1048576" else ""
    far = f'<row r="9">{wide}<c r="{cell}"><v>1</v></c></row></sheetData>'.encode()
    sheet = member(workbook, SHEET).replace(b"</sheetData>", far)
    assert "很远的位置" in refusal(rezipped(workbook, {SHEET: sheet}), "评价.xlsx")


def test_a_workbook_with_bytes_missing_inside_is_refused() -> None:
    workbook = xlsx_bytes(table(rows_of(RATING, 50)))
    assert "已损坏" in refusal(workbook[:100] + workbook[120:], "评价.xlsx")


def test_an_old_workbook_that_points_beyond_its_end_is_refused() -> None:
    workbook = xls_bytes(table(rows_of(RATING, 2)))
    place = workbook.index(b"\x85\x00") + 4
    assert "已损坏" in refusal(workbook[:place] + b"\xff\xff\xff\x90" + workbook[place + 4 :], "评价.xls")


DAMAGE = (b",", b'"', b"\n", b"\r", b"\t", b"\x00", b"<table>", b"</tr>", b"\xff\xff\xff\xff", "合计".encode())


@pytest.mark.parametrize("kind", ["csv", "gbk", "utf-16", "xlsx", "xls", "html"])
def test_a_damaged_file_is_read_or_refused_but_never_breaks_the_reader(kind: str) -> None:
    rows = rows_of(RATING, 12, 事项名称="社保")
    whole = {
        "csv": csv_text(rows, titles=TITLES, footers=["合计,12"]).encode(),
        "gbk": csv_text(rows).encode("gb18030"),
        "utf-16": csv_text(rows).encode("utf-16"),
        "xlsx": xlsx_bytes(table(rows)),
        "xls": xls_bytes(table(rows)),
        "html": html_text(rows).encode(),
    }[kind]
    chance = random.Random(kind)
    for _ in range(40):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 3, 9))):
            place = chance.randrange(len(content))
            content[place : place + chance.randrange(20)] = chance.choice((*DAMAGE, chance.randbytes(3), b""))
        try:
            result = staged(bytes(content))
        except ImportRefused:
            continue
        assert result.rows_read == len(result.rows) + len(result.refused) + sum(result.skipped.values())
        assert result.rows["rating_id"].is_unique().all()


def two_sheets(*grids: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    for number, grid in enumerate(grids):
        sheet = book.create_sheet(f"2023-1{number}")
        for row in grid:
            sheet.append(row)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def test_sheets_with_the_same_header_go_in_together_once_confirmed() -> None:
    rows = rows_of(RATING, 25)
    result = staged(two_sheets(table(rows[:5]), table(rows[5:])))
    assert result.rows["rating_id"].to_list() == [row["评价流水号"] for row in rows]
    assert result.rows["line"].to_list() == [*range(2, 7), *range(8, 28)]
    assert [caution.rule for caution in result.cautions] == ["多个工作表都是数据"]


def test_sheets_that_differ_in_their_headers_must_be_chosen() -> None:
    content = two_sheets(table(rows_of(RATING, 5)), table(rows_of(RATING, 20, 事项名称="社保")))
    with pytest.raises(SheetChoice, match="表头不同不能合并") as caught:
        staged(content)
    assert set(caught.value.sheets) == {"2023-10", "2023-11"}
    assert stage(content, "好差评.xlsx", catalogue(), today=TODAY, sheet="2023-11").rows.height == 20
    with pytest.raises(ImportRefused, match=r"没有工作表“2023-12”，可选的有2023-10、2023-11"):
        stage(content, "好差评.xlsx", catalogue(), today=TODAY, sheet="2023-12")

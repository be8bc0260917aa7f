"""Inputs 17 to 26, 71, 74 and 78: what a file is, whatever its name says, and what must never be opened."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from kpi.errors import ImportRefused
from kpi.intake import stage_apart
from kpi.intake.cautions import ACTIVE_CONTENT
from kpi.intake.noise import BLANK
from tests.inputs.checks import cautions_of, column, read, refusal, same_rows
from tests.intake.biff import xls_bytes
from tests.intake.exports import RATING, TODAY, csv_text, html_text, member, rezipped, rows_of, table, xlsx_bytes
from tests.intake.test_workbooks import SHEET, XML, record, xls, xml_cell, xml_row

ROWS = rows_of(RATING, 20, 事项名称="居住证申领")
PLAIN = read(csv_text(ROWS))


def test_input_17_a_file_beyond_two_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "两年.csv"
    with path.open("wb") as file:
        file.truncate(2 * 1024**3 + 1)
    for ask in (lambda: read(path, path.name), lambda: stage_apart(path, path.name)):
        began = time.monotonic()
        with pytest.raises(ImportRefused, match=r"“两年.csv”有 2.0 GB，超过 2 GB 的上限，请分月导出"):
            ask()
        assert time.monotonic() - began < 1


def test_input_17_a_workbook_too_large_to_read_whole_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "大.xlsx"
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(600 * 1024**2)
    assert "请改为导出 CSV 或分月导出" in refusal(path, "大.xlsx")


def nested() -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("导出.xlsx", xlsx_bytes(table(ROWS)))
    return inner.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        rezipped(xlsx_bytes(table(ROWS)), {"xl/media/bomb.bin": bytes(40_000_000)}),
        rezipped(xlsx_bytes(table(ROWS)), {f"xl/{number}.xml": b"<x/>" for number in range(250)}),
        nested(),
    ],
    ids=["bomb", "many members", "zip in a zip"],
)
def test_input_18_zip_bombs_many_members_and_zips_in_zips_are_refused(content: bytes) -> None:
    assert "请" in refusal(content, "导出.xlsx")


def with_far_cell(place: str) -> bytes:
    content = xlsx_bytes(table(ROWS))
    row = "".join(filter(str.isdigit, place))
    cell = f'<row r="{row}"><c r="{place}"><v>1</v></c></row></sheetData>'.encode()
    return rezipped(content, {SHEET: member(content, SHEET).replace(b"</sheetData>", cell)})


@pytest.mark.parametrize("place", ["XFD1048576", "XFD30"])
def test_input_19_a_cell_far_out_is_refused_and_the_reader_lives(place: str) -> None:
    with pytest.raises(ImportRefused, match="很远的位置有单元格"):
        stage_apart(with_far_cell(place), "远.xlsx", today=TODAY)
    assert same_rows(stage_apart(csv_text(ROWS).encode(), "好.csv", today=TODAY), PLAIN)


def test_input_19_a_million_styled_rows_are_cropped_and_counted() -> None:
    content = xlsx_bytes(table(ROWS))
    styled = b'<row s="1" customFormat="1"/>' * 1_000_000 + b"</sheetData>"
    padded = rezipped(content, {SHEET: member(content, SHEET).replace(b"</sheetData>", styled)})
    result = stage_apart(padded, "百万.xlsx", today=TODAY)
    assert same_rows(result, PLAIN)
    assert result.skipped == {BLANK: result.rows_read - 20}
    assert result.skipped[BLANK] > 900_000


@pytest.mark.parametrize("name", ["导出.xls", "导出.xlsx", "导出.csv"])
def test_input_20_an_old_workbook_is_read_under_any_name(name: str) -> None:
    result = read(xls_bytes(table(ROWS)), name)
    assert result.format == "xls"
    assert same_rows(result, PLAIN)


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-8-sig", "utf-16"])
def test_input_21_a_web_page_named_xls_is_read(codec: str) -> None:
    declared = {"gb18030": "gb2312"}.get(codec, "utf-8")
    meta = f'<head><meta http-equiv="Content-Type" content="text/html; charset={declared}"></head><body>'
    text = html_text(ROWS).replace("<body>", meta).replace("<td>", "<td style='mso-number-format:\"\\@\"'>")
    result = read(text.encode(codec), "导出.xls")
    assert result.format == "html"
    assert same_rows(result, PLAIN)


def test_input_21_external_entities_of_a_web_page_are_not_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("机密")
    text = html_text(ROWS).replace("居住证申领", "甲&x;乙", 1)
    result = read(f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}">]>' + text, "导出.xls")
    assert column(result, "item")[0] == "甲&x;乙"


@pytest.mark.parametrize("name", ["导出.xls", "导出.xlsx", "导出", "导出.txt"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_input_22_a_text_under_a_workbook_name_is_read(name: str, separator: str) -> None:
    result = read(csv_text(ROWS, separator=separator).encode("gb18030"), name)
    assert result.format == "csv"
    assert same_rows(result, PLAIN)


def test_input_23_xml_of_excel_2003_named_xls_is_read() -> None:
    rows = "".join(xml_row(*map(xml_cell, row)) for row in table(ROWS))
    result = read(XML.format(rows=rows, dates="").replace("旧", ""), "导出.xls")
    assert result.format == "xml"
    assert same_rows(result, PLAIN)


def test_input_23_xml_with_external_definitions_is_refused() -> None:
    hostile = XML.replace("<Workbook", "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><Workbook")
    assert "另存为 xlsx" in refusal(hostile.format(rows="", dates=""), "导出.xls")


@pytest.mark.parametrize("name", ["导出.xls", "导出.csv", "导出.html", "导出"])
def test_input_24_a_workbook_under_another_name_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(xlsx_bytes(table(ROWS)))
    for content in (path, path.read_bytes()):
        result = read(content, name)
        assert result.format == "xlsx"
        assert same_rows(result, PLAIN)


def encrypted() -> bytes:
    """Return a workbook with a password as Excel saves it: a compound file with an encrypted package."""
    content, name, other = xls_bytes(table(ROWS[:3])), "Workbook", "EncryptedPackage"
    place = content.index(name.encode("utf-16-le"))
    entry = other.encode("utf-16-le").ljust(64, b"\x00") + (2 * len(other) + 2).to_bytes(2, "little")
    return content[:place] + entry + content[place + 66 :]


@pytest.mark.parametrize("name", ["加密.xlsx", "加密.xls"])
def test_input_25_a_workbook_with_a_password_is_refused_for_it(name: str) -> None:
    said = refusal(encrypted(), name)
    assert "已加密" in said and "去除打开密码" in said


def with_formulas() -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(table(ROWS)):
            sheet.write_row(number, 0, row)
        sheet.write_formula(1, 5, "=cmd|' /C calc'!A0", None, "存的值")
        sheet.write_formula(2, 5, '=HYPERLINK("http://x","y")', None, "链接的字")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("part", "content", "word"),
    [
        ("xl/vbaProject.bin", b"\xd0\xcf", "宏"),
        ("xl/externalLinks/externalLink1.xml", b"<externalLink><externalBook/></externalLink>", "外部链接"),
        ("xl/externalLinks/externalLink1.xml", b'<externalLink><ddeLink ddeService="cmd"/></externalLink>', "DDE"),
        ("xl/embeddings/oleObject1.bin", b"\xd0\xcf", "嵌入对象"),
    ],
)
def test_input_26_of_macros_links_and_objects_only_the_values_are_read_and_must_be_confirmed(
    part: str, content: bytes, word: str
) -> None:
    result = read(rezipped(with_formulas(), {part: content}), "导出.xlsm")
    assert word in cautions_of(result)[ACTIVE_CONTENT]
    assert column(result, "item")[:3] == ["存的值", "链接的字", "居住证申领"]
    assert len(result.rows) == 20


def test_input_26_an_old_workbook_with_links_must_be_confirmed() -> None:
    link = record(0x01AE, b"\x01\x00\x09\x00\x00\x01a.xls\x00\x00\x00")
    result = read(xls(table(ROWS), book_records=link), "导出.xls")
    assert "外部链接" in cautions_of(result)[ACTIVE_CONTENT]


def test_input_71_blank_rows_far_below_the_data_are_counted_and_cost_nothing() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        sheet, border = book.add_worksheet(), book.add_format({"border": 1})
        for number, row in enumerate(table(ROWS)):
            sheet.write_row(number, 0, row)
        for number in range(21, 50_000):
            sheet.write_blank(number, 0, None, border)
        sheet.write_string(60_000, 0, " ")
    result = read(buffer.getvalue(), "导出.xlsx")
    assert same_rows(result, PLAIN)
    assert (result.rows_read, result.skipped) == (60_000, {BLANK: 59_980})


@pytest.mark.parametrize("kind", ["html", "csv"])
def test_input_74_web_entities_become_characters_and_are_counted(kind: str) -> None:
    said = ["A&amp;B", "甲&nbsp;乙", "&lt;证&gt;", "&#20013;&#x6587;", "&quot;证&quot;", "无实体"]
    rows = [{**row, "事项名称": text} for row, text in zip(rows_of(RATING, 6), said, strict=True)]
    rows[0] |= {"镇街": "平山街道&nbsp;", "评价流水号": "&nbsp;P0000000001"}
    result = read((html_text if kind == "html" else csv_text)(rows), f"导出.{kind}")
    assert column(result, "item") == ["A&B", "甲\xa0乙", "<证>", "中文", "证", "无实体"]
    assert column(result, "town") == ["平山街道"] * 6
    assert column(result, "rating_id")[0] == "P0000000001"


def test_input_74_web_entities_are_undone_once_only() -> None:
    rows = rows_of(RATING, 1, 事项名称="甲&amp;lt;乙")
    assert column(read(csv_text(rows)), "item") == ["甲&lt;乙"]


def test_input_78_a_web_page_named_csv_is_read() -> None:
    result = read(html_text(ROWS).encode("gb18030"), "导出.csv")
    assert result.format == "html"
    assert same_rows(result, PLAIN)


def test_input_78_the_sign_in_page_in_place_of_an_export_is_refused() -> None:
    page = "<!DOCTYPE html><html><body><form>用户名 <input name=u></form></body></html>"
    assert "里面没有表格" in refusal(page, "导出.csv")

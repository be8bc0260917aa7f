"""Inputs 1 to 9 and 16: characters, line ends, control characters."""

from __future__ import annotations

import codecs

import pytest

from kpi.intake.staging import CONTROLS
from tests.inputs.checks import column, read, refusal, same_rows
from tests.intake.exports import RATING, csv_text, rows_of, xlsx_bytes

GOOD = csv_text(rows_of(RATING, 40, 事项名称="居住证申领"))


@pytest.mark.parametrize(
    ("number", "codec", "said"),
    [
        ("01", "utf-8", "utf-8"),
        ("02", "utf-8-sig", "utf-8-sig"),
        ("03", "gbk", "gb18030"),
        ("03", "gb2312", "gb18030"),
        ("03", "gb18030", "gb18030"),
    ],
)
def test_input_01_to_03_every_usual_encoding_gives_the_same_rows(number: str, codec: str, said: str) -> None:
    result = read(GOOD.encode(codec))
    assert (result.encoding, len(result.rows)) == (said, 40)
    assert result.headers[0] == "评价流水号"
    assert same_rows(result, read(GOOD))


@pytest.mark.parametrize("codec", ["gb18030", "utf-8", "utf-16"])
def test_input_04_rare_characters_in_names_and_places_are_kept(codec: str) -> None:
    rows = rows_of(RATING, 2, 事项名称="㑇𠮷䶮村", 服务大厅="䶮大厅", 评价人="𠮷㑇䶮")
    result = read(csv_text(rows).encode(codec))
    assert column(result, "item") == ["㑇𠮷䶮村"] * 2
    assert column(result, "hall") == ["䶮大厅"] * 2
    assert column(result, "rater_name") == ["𠮷**"] * 2


@pytest.mark.parametrize(("mark", "codec"), [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")])
def test_input_05_unicode_text_of_excel_is_read(mark: bytes, codec: str) -> None:
    text = csv_text(rows_of(RATING, 40, 事项名称="居住证申领"), separator="\t").replace("\n", "\r\n")
    result = read(mark + text.encode(codec), "Unicode 文本.txt")
    assert (result.encoding, result.headers[0]) == ("utf-16", "评价流水号")
    assert same_rows(result, read(GOOD))


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_input_06_utf_16_without_a_mark_is_read_by_its_nul_bytes(codec: str) -> None:
    result = read(GOOD.encode(codec))
    assert result.encoding == "utf-16"
    assert same_rows(result, read(GOOD))


@pytest.mark.parametrize(
    "content",
    [
        GOOD[:900].encode("utf-16-le") + GOOD[900:].encode("utf-16-be"),
        "评价流水号\t评价时间\n流水甲\t昨日\n".encode("utf-16-le"),
    ],
    ids=["two lanes", "too few NUL bytes"],
)
def test_input_06_utf_16_without_a_consistent_lane_is_refused(content: bytes) -> None:
    refusal(content)


@pytest.mark.parametrize("line", [2, 3, 25, 41])
def test_input_07_an_invalid_byte_in_utf_8_is_refused_with_its_line(line: int) -> None:
    lines = GOOD.encode().split(b"\n")
    lines[line - 1] = lines[line - 1].replace("平山".encode(), "平山".encode()[:-1] + b"\xff")
    assert f"第 {line} 行有无法识别的字符" in refusal(b"\n".join(lines))


def test_input_07_an_invalid_byte_behind_the_first_blocks_is_refused_with_its_line() -> None:
    content = csv_text(rows_of(RATING, 3_000)).encode() + b"P9,\xe5\xb9,x,x,x\n"
    assert "第 3002 行有无法识别的字符" in refusal(content)


BIG5 = ["評價流水號,評價時間,鎮街,評價渠道,整體滿意度", "工單編號,來電時間,訴求類型,辦理類型"]


@pytest.mark.parametrize(
    "content",
    [
        *(f"{header}\nP1,2023-12-05,平山,粵省事\n".encode("big5") for header in BIG5),
        GOOD.encode().decode("latin-1").encode(),
        GOOD.encode("gbk").decode("latin-1").encode(),
        GOOD.encode("gbk").decode("utf-8", "replace").encode(),
    ],
    ids=["big5", "big5 tickets", "utf-8 as latin", "gbk as latin", "gbk as utf-8"],
)
def test_input_08_foreign_or_garbled_headers_are_refused_showing_the_first_line(content: bytes) -> None:
    said = refusal(content)
    first = next(read_as for read_as in ("utf-8", "gb18030") if readable(content, read_as))
    assert "未找到必需列" in said
    assert content.decode(first).split(",")[0][:2] in said


def readable(content: bytes, codec: str) -> bool:
    try:
        content.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_input_09_every_line_end_is_read(end: str) -> None:
    assert same_rows(read(GOOD.replace("\n", end)), read(GOOD))


def test_input_09_mixed_line_ends_are_read() -> None:
    ends = ["\r\n", "\n", "\r"]
    text = "".join(line + ends[number % 3] for number, line in enumerate(GOOD.splitlines()))
    result = read(text)
    assert same_rows(result, read(GOOD))
    assert column(result, "line") == list(range(2, 42))


@pytest.mark.parametrize("mark", ["\x00", "\x01", "\x0b", "\x1f"])
def test_input_16_control_characters_are_removed_and_counted(mark: str) -> None:
    text = csv_text(rows_of(RATING, 2_000)).replace("P0000000007", f"P00000{mark}00007{mark}")
    result = read(text)
    assert result.normalised[CONTROLS] == 2
    assert len(result.rows) == 2_000 and "P0000000007" in column(result, "rating_id")


@pytest.mark.parametrize("rows", [2_000, 5_000])
def test_input_16_control_characters_in_more_than_one_row_of_a_thousand_refuse_the_file(rows: int) -> None:
    most = rows // 1_000
    lines = csv_text(rows_of(RATING, rows)).splitlines()
    for number in range(5, 5 + most):
        lines[number] += "\x02"
    assert len(read("\n".join(lines)).rows) == rows
    lines[100] += "\x02"
    assert f"{most + 1} 行含有不可见的控制字符" in refusal("\n".join(lines))


def test_input_16_control_characters_in_a_workbook_are_removed_and_counted() -> None:
    head = [*RATING, "事项名称"]
    grid = [head, *([*row.values(), "居住证"] for row in rows_of(RATING, 2_000))]
    grid[8][-1] = "居\x01住\x02证"
    result = read(xlsx_bytes(grid), "导出.xlsx")
    assert column(result, "item") == ["居住证"] * 2_000
    assert result.normalised.get(CONTROLS) == 2

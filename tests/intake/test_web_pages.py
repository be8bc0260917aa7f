"""Web pages under an Excel name, as report servers and Excel itself write them."""

from __future__ import annotations

import time

import pytest

from kpi.errors import ImportRefused
from kpi.intake.cautions import HIDDEN_ROWS
from kpi.intake.read import Candidate, RawTable
from kpi.intake.read_html import html_candidates

HEAD = "<tr><th>编号</th><th>镇街</th><th>备注</th></tr>"


def page(*rows: str, head: str = HEAD) -> bytes:
    return f"<html><head><meta charset=gbk></head><body><table>{head}{''.join(rows)}</table></body></html>".encode()


def row(*cells: str, attributes: str = "") -> str:
    return f"<tr {attributes}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def read(content: bytes) -> Candidate:
    return html_candidates(content, "表.xls")[0]


def body(candidate: Candidate, header: int = 0) -> RawTable:
    (table,) = candidate.body(header, len(candidate.head[header]))
    return table


def test_entities_and_breaks_become_characters() -> None:
    cells = body(
        read(page(row("&nbsp;A&amp;B&#8203;", "平山<br>大岭<br/>白花", "<p>一</p><p>二</p> 三\r\n   四")))
    ).cells
    assert cells.row(0) == ("A&B\u200b", "平山\n大岭\n白花", "一\n二\n三 四")


def test_styles_and_scripts_are_not_text() -> None:
    style = "<style>td{mso-number-format:'\\@'}</style>"
    cell = "<td style=\"mso-number-format:'yyyy-mm-dd'\">A1<script>alert(1)</script></td><td></td><td>x</td>"
    assert body(read(page(style, f"<tr>{cell}</tr>"))).cells.row(0) == ("A1", "", "x")


def test_the_number_excel_stored_counts_and_not_its_display() -> None:
    cells = '<td x:num="45265.5">12月5日</td><td x:num>12</td><td x:num="0.9535">95.35%</td>'
    assert body(read(page(f"<tr>{cells}</tr>"))).cells.row(0) == ("45265.5", "12", "0.9535")
    odd = '<td x:num="nan">a</td><td x:num="x">b</td><td x:num="1e999">c</td>'
    assert body(read(page(f"<tr>{odd}</tr>"))).cells.row(0) == ("a", "b", "c")


def test_cells_over_rows_and_columns_are_spans_and_covered_cells() -> None:
    head = (
        "<tr><td colspan=4>台账</td></tr>"
        "<tr><td rowspan=2>编号</td><td colspan=2>来电人信息</td><td rowspan=2>镇街</td></tr>"
        "<tr><td>姓名</td><td>电话</td></tr>"
    )
    first = "<tr><td>A1</td><td>张</td><td>1</td><td rowspan=3>平山</td></tr>"
    last = '<tr><td>A4</td><td rowspan="2" colspan="2">李</td><td>大岭</td></tr><tr><td>A5</td><td>白花</td></tr>'
    candidate = read(page(first, row("A2", "王", "2"), row("A3", "赵", "3"), last, head=head))
    assert set(candidate.spans) >= {(0, 0, 1, 4), (1, 0, 2, 1), (1, 1, 1, 2), (1, 3, 2, 1)}
    assert candidate.head[2] == ["", "姓名", "电话", ""]
    table = body(candidate, 2)
    assert table.merged == ((1, 3, "平山"), (2, 3, "平山"), (4, 1, "李"))
    assert table.cells.row(4) == ("A5", "", "", "白花")
    assert table.lines.to_list() == [4, 5, 6, 7, 8]


def test_hidden_rows_are_read_and_counted() -> None:
    hidden = ["style='height:0;DISPLAY : none'", "hidden", "style='mso-hide:all'"]
    rows = [row(f"A{number}", "平山", "x", attributes=attributes) for number, attributes in enumerate(["", *hidden])]
    candidate = read(page(*rows))
    assert [(caution.rule, "3 行" in caution.text) for caution in candidate.cautions] == [(HIDDEN_ROWS, True)]
    assert body(candidate).cells["0"].to_list() == ["A0", "A1", "A2", "A3"]
    assert read(page(row("A1", "b", "c"))).cautions == ()


def test_a_table_within_a_table_is_a_table_of_its_own() -> None:
    inner = page(row("A1", "平山", "x")).decode().split("<body>")[1].split("</body>")[0]
    outer = f"<html><table><tr><td>菜单</td><td>{inner}</td></tr></table></html>".encode()
    found = html_candidates(outer, "表.xls")
    assert [candidate.head[0] for candidate in found] == [["菜单"], ["编号", "镇街", "备注"]]
    assert body(found[1]).cells.rows() == [("A1", "平山", "x")]


@pytest.mark.parametrize("end", ["</table>", "</tr>", "山", "<td>x"])
def test_a_page_cut_within_its_table_is_refused(end: str) -> None:
    whole = page(*(row(f"A{number}", "平山", "x") for number in range(9))).decode()
    cut = whole[: whole.index(end, whole.index("A5"))]
    for content in (cut, page(row("A1", "b", "c")).decode().replace("</html>", "") + cut):
        with pytest.raises(ImportRefused, match=r"不完整.*重新导出。"):
            html_candidates(content.encode(), "表.xls")


def test_a_page_cut_after_an_inner_table_is_refused() -> None:
    with pytest.raises(ImportRefused, match="不完整"):
        html_candidates(b"<html><table><tr><td>1<table><tr><td>2</td></tr></table>", "表.xls")


def test_a_page_that_ends_but_never_ends_its_table_is_refused() -> None:
    with pytest.raises(ImportRefused, match="不完整"):
        html_candidates(f"<html><table>{HEAD}{row('A1', 'b', 'c')}<h1>500</h1></html>".encode(), "表.xls")


@pytest.mark.parametrize(
    "content",
    [
        f"<table>{HEAD}{row('A1', 'b', 'c')}</table>",
        f"<html><body><!-- <table><tr> --><table>{HEAD}{row('A1', 'b', 'c')}</table><!-- <tr> --></body>",
        f"<html><table><table>{HEAD}{row('A1', 'b', 'c')}</table></body></html>",
        f"<table>{HEAD}<tr><td>A1<td>b<td>c</table>",
        f"<table><form>{HEAD}{row('A1', 'b', 'c')}</form></table>",
    ],
    ids=["no end of page", "comments", "opened twice", "unclosed cells", "a form between"],
)
def test_careless_pages_are_read(content: str) -> None:
    candidate = html_candidates(content.encode(), "表.xls")[-1]
    assert candidate.head[0] == ["编号", "镇街", "备注"]
    assert body(candidate).cells.rows() == [("A1", "b", "c")]


@pytest.mark.parametrize("tag", ["div", "table", "table><tr><td", "tr", "span", "font"])
def test_no_depth_of_nesting_breaks_the_reader(tag: str) -> None:
    name = tag.split(">", maxsplit=1)[0]
    deep = f"<{tag}>" * 50_000 + "x" + f"</{name}>" * 50_000
    candidate = read(page(row("A1", "b", "c"), f"<tr><td>{deep}</td></tr>"))
    assert candidate.head[0] == ["编号", "镇街", "备注"]
    assert candidate.head[1] == ["A1", "b", "c"]


def test_spans_and_rows_beyond_all_reason_are_refused() -> None:
    tall = '<tr><td rowspan="65534" colspan="200">x</td></tr>' + "<tr></tr>" * 60_000
    for content in (page(tall), page("<tr>" + "<td>x</td>" * 1_000 + "</tr>")):
        with pytest.raises(ImportRefused, match="很远的位置"):
            html_candidates(content, "表.xls")


def test_a_page_of_twenty_thousand_rows_is_read_within_seconds() -> None:
    rows = [row(*(f"&nbsp;{number} 文字" for _ in range(20))) for number in range(20_000)]
    content = page(*rows, head=row(*(f"列{number}" for number in range(20))))
    begin = time.process_time()
    table = body(read(content))
    assert table.cells.shape == (20_000, 20)
    assert time.process_time() - begin < 6

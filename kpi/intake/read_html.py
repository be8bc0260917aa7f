"""Web pages saved under an Excel name → raw tables, read without network or entities."""

from __future__ import annotations

from functools import partial

from lxml import etree, html

from kpi.errors import ImportRefused
from kpi.intake.read import HEAD_ROWS, Candidate, RawTable, table_of

WIDEST_SPAN = 200


def html_candidates(data: bytes, file_name: str) -> list[Candidate]:
    """Return one candidate per table of the page; raise ImportRefused when there is none."""
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True)
    try:
        page = html.document_fromstring(data, parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise ImportRefused(f"文件“{file_name}”的网页内容无法读取，请重新导出为 CSV 或 Excel（xlsx）。") from error
    tables = [_grid(table) for table in page.iter("table")]
    candidates = [_candidate(f"表格 {number}", rows) for number, rows in enumerate(tables, 1) if rows]
    if not candidates:
        raise ImportRefused(f"文件“{file_name}”是网页，里面没有表格，请重新导出为 CSV 或 Excel（xlsx）。")
    return candidates


def _grid(table: html.HtmlElement) -> list[list[str]]:
    """Return the rows of one table; cells spanning columns or rows leave blanks where they spread."""
    rows: list[list[str]] = []
    hanging: dict[int, int] = {}
    for row in table.iterfind(".//tr"):
        if next(row.iterancestors("table")) is not table:
            continue
        cells: list[str] = []
        for cell in row.iterchildren("td", "th"):
            _skip_hanging(cells, hanging)
            span, rowspan = _span(cell, "colspan"), _span(cell, "rowspan")
            if rowspan > 1:
                hanging.update({len(cells) + offset: rowspan - 1 for offset in range(span)})
            cells += [cell.text_content().strip(), *[""] * (span - 1)]
        _skip_hanging(cells, hanging)
        rows.append(cells)
    return rows


def _skip_hanging(cells: list[str], hanging: dict[int, int]) -> None:
    while hanging.get(len(cells), 0) > 0:
        hanging[len(cells)] -= 1
        cells.append("")


def _span(cell: html.HtmlElement, name: str) -> int:
    text = cell.get(name) or "1"
    return min(int(text), WIDEST_SPAN) if text.isdigit() and int(text) else 1


def _candidate(name: str, rows: list[list[str]]) -> Candidate:
    head = rows[:HEAD_ROWS]
    return Candidate(name, head, list(range(1, len(head) + 1)), partial(_body, rows))


def _body(rows: list[list[str]], header: int, width: int) -> RawTable:
    below = [(row + [""] * width)[:width] for row in rows[header + 1 :]]
    columns = [list(column) for column in zip(*below, strict=True)] if below else [[] for _ in range(width)]
    return table_of(columns, list(range(header + 2, len(rows) + 1)))

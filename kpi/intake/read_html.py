"""Web pages saved under an Excel name → raw tables, read as a stream of tags: no tree, no network, no entities."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from kpi.errors import ImportRefused
from kpi.intake.grid import MOST_CELLS, MOST_COLUMNS, Merge, cell_text, grid_candidate, head_width, too_far
from kpi.intake.read import HEAD_ROWS, Candidate

WIDEST_SPAN = 200
TALLEST_SPAN = 65_534
COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
OPENING = re.compile(rb"<table[\s>]", re.IGNORECASE)
CLOSING = re.compile(rb"</table", re.IGNORECASE)
INVISIBLE = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
SPACES = re.compile(r"[ \t\r\n\f]+")
BREAK = "\x00"
BREAKS = re.compile(rf"[ ]*{BREAK}[ {BREAK}]*")
BLOCKS = frozenset({"br", "p", "div", "li"})
UNREAD = frozenset({"script", "style", "head", "title"})


def html_candidates(data: bytes, file_name: str) -> list[Candidate]:
    """Return one candidate per table of the page; raise ImportRefused when there is none or the page is cut off."""
    if _is_cut(data):
        raise ImportRefused(f"文件“{file_name}”的网页不完整，表格没有结束，请重新导出。")
    reader = _Reader()
    parser = etree.HTMLParser(
        target=reader, encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        parser.feed(data)
        tables: list[_Table] = parser.close()
    except _TooFarError as error:
        raise too_far(file_name, "网页表格") from error
    except (etree.LxmlError, ValueError) as error:
        raise ImportRefused(f"文件“{file_name}”的网页内容无法读取，请重新导出为 CSV 或 Excel（xlsx）。") from error
    found = []
    for number, table in enumerate(tables, 1):
        if head_width(table.rows[:HEAD_ROWS]):
            found.append(grid_candidate(f"表格 {number}", table.rows, table.merges, table.hidden))
    if not found:
        raise ImportRefused(f"文件“{file_name}”是网页，里面没有表格，请重新导出为 CSV 或 Excel（xlsx）。")
    return found


def _is_cut(data: bytes) -> bool:
    """Say whether the page ends within a table: a parser would close it without a word."""
    bare = COMMENT.sub(b"", data)
    opened, closed = len(OPENING.findall(bare)), len(CLOSING.findall(bare))
    has_end = bare.rstrip().lower().endswith((b"</html>", b"</body>"))
    return opened > closed and not (closed and has_end)


class _TooFarError(Exception):
    """More cells than any table has."""


@dataclass
class _Table:
    """One table while it is read; a cell over several rows or columns leaves blanks where it spreads."""

    rows: list[list[str]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    hanging: dict[int, int] = field(default_factory=dict)
    row: list[str] | None = None
    text: list[str] | None = None
    cell: Mapping[str, str] = field(default_factory=dict)

    def begin_row(self, attributes: Mapping[str, str]) -> None:
        self.end_row()
        self.row = []
        if "hidden" in attributes or INVISIBLE.search(attributes.get("style", "")):
            self.hidden.append(len(self.rows))

    def begin_cell(self, attributes: Mapping[str, str]) -> None:
        self.end_cell()
        if self.row is None:
            self.begin_row({})
        self.text, self.cell = [], attributes

    def end_cell(self) -> None:
        if self.text is None or self.row is None:
            return
        self._skip_hanging(self.row)
        across, down = _span(self.cell, "colspan", WIDEST_SPAN), _span(self.cell, "rowspan", TALLEST_SPAN)
        place = len(self.row)
        if across > 1 or down > 1:
            self.merges.append(Merge(len(self.rows), place, down, across))
        if down > 1:
            self.hanging.update({place + offset: down - 1 for offset in range(across)})
        self.row += [_value(self.cell, "".join(self.text)), *[""] * (across - 1)]
        self.text = None

    def end_row(self) -> None:
        self.end_cell()
        if self.row is not None:
            self._skip_hanging(self.row)
            self.rows.append(self.row)
            self.row = None

    def _skip_hanging(self, row: list[str]) -> None:
        while self.hanging.get(len(row), 0) > 0:
            self.hanging[len(row)] -= 1
            row.append("")


class _Reader:
    """Takes the tags of a page one by one, so that no depth of nesting matters."""

    def __init__(self) -> None:
        self.tables: list[_Table] = []
        self.open: list[_Table] = []
        self.unread = 0
        self.cells = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in UNREAD:
            self.unread += 1
        elif tag == "table":
            self.open.append(_Table())
            self.tables.append(self.open[-1])
        elif not self.open:
            return
        elif tag == "tr":
            self.open[-1].begin_row(attributes)
        elif tag in ("td", "th"):
            self.open[-1].begin_cell(attributes)
            self.cells += 1
        elif tag in BLOCKS:
            self.data(BREAK)

    def end(self, tag: str) -> None:
        if tag in UNREAD:
            self.unread -= 1
        elif not self.open:
            return
        elif tag == "table":
            self.open.pop().end_row()
        elif tag == "tr":
            table = self.open[-1]
            table.end_row()
            self.cells += len(table.rows[-1]) if table.rows else 0
            if self.cells > MOST_CELLS or (table.rows and len(table.rows[-1]) > MOST_COLUMNS + WIDEST_SPAN):
                raise _TooFarError
        elif tag in ("td", "th"):
            self.open[-1].end_cell()
        elif tag in BLOCKS and tag != "br":
            self.data(BREAK)

    def data(self, text: str) -> None:
        if self.open and not self.unread and self.open[-1].text is not None:
            self.open[-1].text.append(text)

    def close(self) -> list[_Table]:
        while self.open:
            self.open.pop().end_row()
        return self.tables


def _span(cell: Mapping[str, str], name: str, most: int) -> int:
    text = cell.get(name) or "1"
    return min(int(text), most) if text.isdecimal() and len(text) < 9 and int(text) else 1


def _value(cell: Mapping[str, str], text: str) -> str:
    """Return what Excel stored where it says so, else the text as a browser shows it."""
    if number := cell.get("x:num"):
        try:
            stored = float(number)
        except ValueError:
            stored = math.nan
        if math.isfinite(stored):
            return cell_text(stored)
    shown = SPACES.sub(" ", text).strip()
    return BREAKS.sub("\n", shown).strip() if BREAK in shown else shown

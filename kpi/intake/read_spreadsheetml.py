"""Workbooks in the XML of Excel 2003 → raw tables, read row by row: no entities, no network, no document type."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from kpi.errors import ImportRefused
from kpi.intake.grid import (
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    Merge,
    cell_text,
    grid_candidate,
    head_width,
    too_far,
)
from kpi.intake.read import HEAD_ROWS, Candidate

SPREADSHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"
EXCEL = "{urn:schemas-microsoft-com:office:excel}"
SHEET, TABLE, ROW, CELL, DATA = (f"{SPREADSHEET}{name}" for name in ("Worksheet", "Table", "Row", "Cell", "Data"))
VISIBLE, DATES_1904 = f"{EXCEL}Visible", f"{EXCEL}Date1904"
NAME, INDEX, TYPE, HIDDEN = (f"{SPREADSHEET}{name}" for name in ("Name", "Index", "Type", "Hidden"))
ACROSS, DOWN, SPAN = (f"{SPREADSHEET}{name}" for name in ("MergeAcross", "MergeDown", "Span"))
DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>")
DOCUMENT_TYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
DIGITS = re.compile(r"[+-]?\d+")
EARLIEST = 1900


@dataclass
class _Sheet:
    name: str
    rows: list[list[str]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    is_hidden: bool = False


def spreadsheetml_candidates(data: bytes, file_name: str) -> list[Candidate]:
    """Return one candidate per sheet with cells, the visible ones first; ``data`` is UTF-8 whatever it declares.

    Raises ImportRefused when the file is cut off or empty, declares entities, or has cells too far out.
    """
    if DOCUMENT_TYPE.search(data):
        raise ImportRefused(f"文件“{file_name}”含有外部定义，不是正常的表格，请在 Excel 中另存为 xlsx 后再导入。")
    try:
        sheets, dates_1904 = _read(DECLARATION.sub(b"", data), file_name)
    except (etree.LxmlError, ValueError) as error:
        raise ImportRefused(f"文件“{file_name}”不完整或已损坏，无法作为 XML 表格打开，请重新导出。") from error
    filled = [sheet for sheet in sheets if head_width(sheet.rows[:HEAD_ROWS])]
    if not filled:
        raise ImportRefused(
            f"文件“{file_name}”是 XML 格式的电子表格，里面没有表格，请在 Excel 中另存为 xlsx 后再导入。"
        )
    return [
        grid_candidate(
            sheet.name, sheet.rows, sheet.merges, sheet.hidden, is_hidden=sheet.is_hidden, dates_1904=dates_1904
        )
        for sheet in sorted(filled, key=lambda sheet: sheet.is_hidden)
    ]


def _read(data: bytes, file_name: str) -> tuple[list[_Sheet], bool]:
    sheets: list[_Sheet] = []
    dates_1904 = False
    cells = 0
    events = etree.iterparse(
        io.BytesIO(data),
        events=("start", "end"),
        tag=(SHEET, ROW, VISIBLE, DATES_1904),
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for event, element in events:
        if event == "start":
            if element.tag == SHEET:
                sheets.append(_Sheet(element.get(NAME) or f"表 {len(sheets) + 1}"))
        elif element.tag == DATES_1904:
            dates_1904 = True
        elif element.tag == VISIBLE and sheets:
            sheets[-1].is_hidden = (element.text or "").strip() in ("SheetHidden", "SheetVeryHidden")
        elif element.tag == ROW and sheets:
            cells += _add(sheets[-1], element)
            if cells > MOST_CELLS or len(sheets[-1].rows) > MOST_ROWS:
                raise too_far(file_name, sheets[-1].name)
            if len(sheets[-1].rows[-1]) > MOST_COLUMNS:
                raise too_far(file_name, sheets[-1].name)
            _forget(element)
    return sheets, dates_1904


def _forget(row: etree._Element) -> None:
    """Free the rows that are done with, so that a long sheet never stands in memory as a tree."""
    row.clear()
    while (before := row.getprevious()) is not None:
        row.getparent().remove(before)


def _add(sheet: _Sheet, row: etree._Element) -> int:
    """Append a row to its sheet and return how many cells it has."""
    place = min(max(_number(row, INDEX) - 1, len(sheet.rows)), MOST_ROWS)
    sheet.rows += [[] for _ in range(place - len(sheet.rows))]
    cells: list[str] = []
    following = 0
    for cell in row.iterchildren(CELL):
        column = max(_number(cell, INDEX) - 1, following)
        across, down = _number(cell, ACROSS), _number(cell, DOWN)
        following = column + across + 1
        if across or down:
            sheet.merges.append(Merge(place, column, down + 1, across + 1))
        data = cell.find(DATA)
        if data is not None and (text := _text(data)):
            # One cell beyond the last column allowed is enough to be refused.
            cells += [""] * (min(column, MOST_COLUMNS) - len(cells))
            cells.append(text)
    sheet.rows.append(cells)
    if row.get(HIDDEN) in ("1", "true") and any(cells):
        sheet.hidden.append(place)
    sheet.rows += [[] for _ in range(min(_number(row, SPAN), MOST_ROWS))]
    return len(cells)


def _number(element: etree._Element, name: str) -> int:
    text = element.get(name) or "0"
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _text(data: etree._Element) -> str:
    """Return a value as it would be written in a text file; a number keeps the digits it was written with."""
    text = "".join(data.itertext()).strip()
    kind = data.get(TYPE)
    if kind == "Boolean":
        return cell_text(text == "1")
    if kind == "Number" and not DIGITS.fullmatch(text):
        return cell_text(float(text)) if text else ""
    if kind == "DateTime" and text:
        return _moment(datetime.fromisoformat(text))
    return text


def _moment(moment: datetime) -> str:
    """Return a day, a time of day or both, whichever the cell shows."""
    if moment.year < EARLIEST:
        return cell_text(moment.time())
    has_time = moment.hour or moment.minute or moment.second or moment.microsecond
    return cell_text(moment if has_time else moment.date())

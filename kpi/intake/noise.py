"""Rows of an export that are not records: blank rows, repeated headers, closing lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from kpi.intake.read import RawTable
from kpi.intake.spelling import tidy

BLANK, REPEATED, CLOSING = "空行", "重复表头", "合计或制表行"
FOOTER = re.compile(
    r"(?:(?:本页)?(?:合\s*计|小\s*计|总\s*计|共\s*计)数?\s*(?:[:：（(\d].*)?"
    r"|(?:制表|填表|审核|复核|负责|单位负责)(?:人|单位|日期|时间)?\s*(?:[:：（(].*)?"
    r"|(?:打印|导出|制表|填报)(?:时间|日期)\s*(?:[:：（(\d].*)?"
    r"|(?:备注|说明|注)\s*[:：].*|平均(?:值|数)?\s*(?:[:：（(\d].*)?"
    r"|第\s*\d+\s*页.*|(?:以上)?共\s*\d[\d,]*\s*(?:条|件|宗|行|笔|个)(?:记录|数据)?)$"
)
KEY_LOOKS_BLANK = r"^[\s\-—/]*$"


def is_footer(record: list[str]) -> bool:
    """Say whether a record is a closing line of the export rather than data: 合计, 小计, 总计, 制表人 and the like."""
    first = next((tidy(cell) for cell in record if cell.strip()), "")
    return FOOTER.match(first) is not None


@dataclass(frozen=True)
class Records:
    """The records of a table: ``rows`` gives each one's index in the table; ``closing`` the cells of 合计 lines."""

    cells: pl.DataFrame
    lines: pl.Series
    rows: pl.Series
    skipped: dict[str, int]
    closing: tuple[tuple[str, ...], ...]


def without_noise(table: RawTable, headers: tuple[str, ...], key: int) -> Records:
    """Return the records of a table, and how many rows of each kind were left out.

    Only rows whose key cell is blank, repeats the header or reads like a closing line are looked at
    closely, so a long file costs one pass over one column.
    """
    cells = table.cells
    rows = pl.int_range(len(cells), dtype=pl.Int64(), eager=True)
    keys = cells[str(key)]
    closing = keys.str.contains(f"^\\s*{FOOTER.pattern}")
    suspects = (keys.str.contains(KEY_LOOKS_BLANK) | (keys == headers[key]) | closing).arg_true()
    blank = _blank(cells[suspects]) if len(suspects) else pl.Series([], dtype=pl.Boolean)
    looked_at = cells[suspects].filter(~blank).rows()
    others = iter([_kind(row, headers) for row in looked_at])
    kinds = [BLANK if is_blank else next(others) for is_blank in blank]
    skipped = {kind: kinds.count(kind) for kind in (BLANK, REPEATED, CLOSING) if kind in kinds}
    if not skipped:
        return Records(cells, table.lines, rows, {}, ())
    dropped = suspects.filter(pl.Series([bool(kind) for kind in kinds]))
    keep = pl.repeat(True, len(cells), eager=True).scatter(dropped, False)
    footers = tuple(row for row in looked_at if _kind(row, headers) == CLOSING)
    return Records(cells.filter(keep), table.lines.filter(keep), rows.filter(keep), skipped, footers)


def _blank(cells: pl.DataFrame) -> pl.Series:
    """Say of each row whether nothing stands in it; a file may hold millions of such rows."""
    return cells.select(pl.all_horizontal(pl.all().str.strip_chars() == "")).to_series()


def _kind(row: tuple[str, ...], headers: tuple[str, ...]) -> str:
    filled = [tidy(cell) for cell in row]
    if not any(filled):
        return BLANK
    if is_footer(filled):
        return CLOSING
    matching = sum(cell == tidy(header) for cell, header in zip(filled, headers, strict=True) if cell)
    return REPEATED if matching > 1 or matching == sum(map(bool, filled)) else ""

"""Rows of an export that are not records: blank rows, repeated headers, closing lines."""

from __future__ import annotations

import re

import polars as pl

from kpi.intake.spelling import tidy

BLANK, REPEATED, CLOSING = "空行", "重复表头", "合计或制表行"
FOOTER = re.compile(
    r"(?:合\s*计|小\s*计|总\s*计|共\s*计|制表人?|填表人?|审核人?|打印时间|导出时间)\s*(?:[:：（(\d].*)?$"
)
KEY_LOOKS_BLANK = r"^[\s\-—/]*$"


def is_footer(record: list[str]) -> bool:
    """Say whether a record is a closing line of the export rather than data: 合计, 小计, 总计, 制表人 and the like."""
    first = next((tidy(cell) for cell in record if cell.strip()), "")
    return FOOTER.match(first) is not None


def without_noise(
    cells: pl.DataFrame, lines: pl.Series, headers: tuple[str, ...], key: int
) -> tuple[pl.DataFrame, pl.Series, dict[str, int]]:
    """Return the records, their lines, and how many rows of each kind were left out.

    Only rows whose key cell is blank, repeats the header or reads like a closing line are looked at
    closely, so a long file costs one pass over one column.
    """
    keys = cells[str(key)]
    suspect = keys.str.contains(KEY_LOOKS_BLANK) | (keys == headers[key]) | keys.str.contains(f"^\\s*{FOOTER.pattern}")
    suspects = suspect.arg_true()
    kinds = [_kind(row, headers) for row in cells[suspects].rows()] if len(suspects) else []
    skipped = {kind: kinds.count(kind) for kind in (BLANK, REPEATED, CLOSING) if kind in kinds}
    if not skipped:
        return cells, lines, {}
    dropped = suspects.filter(pl.Series([bool(kind) for kind in kinds]))
    keep = pl.repeat(True, len(cells), eager=True).scatter(dropped, False)
    return cells.filter(keep), lines.filter(keep), skipped


def _kind(row: tuple[str, ...], headers: tuple[str, ...]) -> str:
    filled = [tidy(cell) for cell in row]
    if not any(filled):
        return BLANK
    if is_footer(filled):
        return CLOSING
    matching = sum(cell == tidy(header) for cell, header in zip(filled, headers, strict=True) if cell)
    return REPEATED if matching > 1 or matching == sum(map(bool, filled)) else ""

"""Rows of cells, however a file stores them → a candidate: its head, its merged cells and its hidden rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import NamedTuple

import polars as pl

from kpi.errors import ImportRefused
from kpi.intake.cautions import ACTIVE_CONTENT, HIDDEN_ROWS, Caution
from kpi.intake.read import HEAD_ROWS, Candidate, RawTable, table_of

MOST_ROWS, MOST_COLUMNS = 1_048_576, 200
# Of all sheets together: a quarter of a million rows of the widest subject.
MOST_CELLS = 8_000_000
LONGEST_EXACT = 1e15
SECONDS = timedelta(microseconds=500_000)


class Merge(NamedTuple):
    """Cells merged into one: where the first is, from 0, and how far they reach."""

    row: int
    column: int
    rows: int
    columns: int


def cell_text(cell: object) -> str:
    """Return a cell as it would be written in a text file.

    Whole numbers lose their ".0"; beyond 15 digits Excel has dropped digits already, so they keep the
    exponent that lets the loss be seen.
    """
    match cell:
        case None | "":
            text = ""
        case bool():
            text = "是" if cell else "否"
        case float():
            text = str(int(cell)) if cell.is_integer() and abs(cell) < LONGEST_EXACT else repr(cell)
        case datetime():
            text = (cell + SECONDS).isoformat(" ", "seconds") if cell.microsecond else cell.isoformat(" ", "seconds")
        case date():
            text = cell.isoformat()
        case time():
            text = cell.isoformat("seconds")
        case timedelta():
            seconds = round(cell.total_seconds())
            text = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        case _:
            text = str(cell)
    return text


def too_far(file_name: str, sheet: str) -> ImportRefused:
    """Return the refusal of a sheet whose cells reach too far to be a table."""
    return ImportRefused(
        f"文件“{file_name}”的工作表“{sheet}”在很远的位置有单元格（超过 {MOST_COLUMNS} 列或范围过大），"
        "请删除表格右侧和下方多余的行列后重新保存。"
    )


def head_width(head: Sequence[Sequence[str]]) -> int:
    """Return the number of columns up to the last one with a text in the head: no header stands beyond it."""
    return max((column + 1 for row in head for column, cell in enumerate(row) if cell.strip()), default=0)


def head_spans(merges: Iterable[Merge], width: int) -> tuple[tuple[int, int, int, int], ...]:
    """Return the merged cells that begin in the head, cut at its width."""
    return tuple(
        (row, column, rows, min(columns, width - column))
        for row, column, rows, columns in merges
        if row < HEAD_ROWS and column < width
    )


def covered(cells: pl.DataFrame, merges: Iterable[Merge], first: int) -> tuple[tuple[int, int, str], ...]:
    """Return the blank cells that merged cells cover downwards; ``first`` is the row ``cells`` begins with.

    Only the column of the first cell counts: what was merged sideways says nothing about the other columns.
    """
    found: list[tuple[int, int, str]] = []
    columns: dict[int, list[str]] = {}
    # Merged cells never overlap in a sound file; in any other their sum could exceed all memory.
    left = cells.height * max(1, cells.width)
    for merge in merges:
        at = merge.row - first
        if at < 0 or at >= cells.height or merge.rows < 2 or merge.column >= cells.width:
            continue
        if merge.column not in columns:
            columns[merge.column] = cells[str(merge.column)].to_list()
        texts = columns[merge.column]
        below = range(at + 1, min(at + merge.rows, cells.height))
        left -= len(below)
        if left < 0:
            break
        if texts[at]:
            found += [(index, merge.column, texts[at]) for index in below if not texts[index]]
    return tuple(found)


def hidden_rows(sheet: str, head: Sequence[Sequence[str]], hidden: Iterable[int]) -> tuple[Caution, ...]:
    """Return the caution about rows with contents that the sender cannot see, of those below the fullest head row."""
    filled = [sum(map(bool, row)) for row in head]
    header = filled.index(max(filled)) if filled else 0
    count = sum(row > header for row in hidden)
    if not count:
        return ()
    text = f"“{sheet}”有 {count} 行被隐藏或筛选掉，这些行也会一并导入，请确认它们属于本次的数据。"
    return (Caution(HIDDEN_ROWS, text),)


def active_content(found: Iterable[str]) -> tuple[Caution, ...]:
    """Return the caution about what a workbook carries besides values."""
    names = "、".join(dict.fromkeys(found))
    if not names:
        return ()
    text = f"文件含有{names}，只读取保存时的数值，不会运行或更新其中任何内容，请确认文件来源可靠。"
    return (Caution(ACTIVE_CONTENT, text),)


def grid_candidate(
    name: str,
    rows: list[list[str]],
    merges: Sequence[Merge] = (),
    hidden: Iterable[int] = (),
    *,
    is_hidden: bool = False,
    dates_1904: bool = False,
) -> Candidate:
    """Return the candidate of rows already read as texts; rows may differ in length."""
    width = head_width(rows[:HEAD_ROWS])
    head = [(row + [""] * width)[:width] for row in rows[:HEAD_ROWS]]
    return Candidate(
        name,
        head,
        list(range(1, len(head) + 1)),
        partial(_body, rows, merges),
        spans=head_spans(merges, width),
        is_hidden=is_hidden,
        dates_1904=dates_1904,
        cautions=hidden_rows(name, head, hidden),
    )


def _body(rows: list[list[str]], merges: Sequence[Merge], header: int, width: int) -> Iterator[RawTable]:
    below = [row if len(row) == width else (row + [""] * width)[:width] for row in rows[header + 1 :]]
    columns = [list(column) for column in zip(*below, strict=True)] if below else [[] for _ in range(width)]
    table = table_of(columns, list(range(header + 2, len(rows) + 1)))
    yield RawTable(table.cells, table.lines, merged=covered(table.cells, merges, header + 1))

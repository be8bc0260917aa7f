"""Excel workbooks → raw tables: checked for bombs and far cells first, then read from memory by calamine."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

import polars as pl
import python_calamine as calamine

from kpi.intake.cautions import Caution
from kpi.intake.compound import Biff, damaged, protected, read_biff
from kpi.intake.grid import (
    MOST_CELLS,
    Merge,
    active_content,
    cell_text,
    covered,
    head_spans,
    head_width,
    hidden_rows,
    too_far,
)
from kpi.intake.package import Package, check_package
from kpi.intake.read import HEAD_ROWS, Candidate, RawTable

BLOCK = 20_000


@dataclass(frozen=True)
class _Facts:
    """What the values of a workbook do not say; sheets by name, rows and columns from 0.

    ``rows`` is how many rows a sheet has, blank ones below included; ``errors`` the texts of error
    cells the reader of values leaves blank.
    """

    far: frozenset[str] = frozenset()
    rows: Mapping[str, int] = field(default_factory=dict)
    hidden: Mapping[str, Sequence[int]] = field(default_factory=dict)
    errors: Mapping[str, Mapping[tuple[int, int], str]] = field(default_factory=dict)
    dates_1904: bool = False
    active: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Sheet:
    cells: calamine.CalamineSheet
    rows: int
    merges: list[Merge]
    errors: Mapping[tuple[int, int], str]


def workbook_candidates(content: bytes, file_name: str) -> list[Candidate]:
    """Return one candidate per sheet with cells, the visible ones first.

    Raises ImportRefused when the workbook is damaged, protected, unreasonably large once unpacked, or
    a visible sheet has cells so far out that reading it would exhaust the memory.
    """
    package = check_package(content, file_name) if content.startswith(b"PK") else None
    biff = None if package else read_biff(content, file_name)
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(package.content if package else content))
        sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
        facts = _package_facts(package) if package else _biff_facts(biff, workbook.sheet_names)
        visible = [sheet.name for sheet in sheets if sheet.visible == calamine.SheetVisibleEnum.Visible]
        if far := [name for name in visible if name in facts.far]:
            raise too_far(file_name, far[0])
        others = [sheet.name for sheet in sheets if sheet.name not in visible and sheet.name not in facts.far]
        cautions = active_content(facts.active)
        found = [
            _candidate(workbook.get_sheet_by_name(name), facts, name not in visible, cautions)
            for name in (*visible, *others)
        ]
    except calamine.PasswordError as error:
        raise protected(file_name) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise damaged(file_name) from error
    except BaseException as error:
        # A panic inside calamine derives from BaseException and has no importable name.
        if type(error).__name__ != "PanicException":
            raise
        raise damaged(file_name) from error
    return [candidate for candidate in found if candidate.head]


def _package_facts(package: Package) -> _Facts:
    return _Facts(
        far=package.far,
        rows={name: marks.last_row for name, marks in package.marks.items()},
        hidden={name: [row - 1 for row in marks.hidden] for name, marks in package.marks.items()},
        dates_1904=package.dates_1904,
        active=package.active,
    )


def _biff_facts(biff: Biff | None, names: Sequence[str]) -> _Facts:
    if biff is None or len(biff.sheets) != len(names):
        raise ValueError("sheets")
    sheets = dict(zip(names, biff.sheets, strict=True))
    return _Facts(
        rows={name: sheet.last_row for name, sheet in sheets.items()},
        hidden={name: sorted(sheet.hidden & sheet.filled) for name, sheet in sheets.items()},
        errors={name: sheet.errors for name, sheet in sheets.items()},
        dates_1904=biff.dates_1904,
        active=biff.active,
    )


def _candidate(
    cells: calamine.CalamineSheet, facts: _Facts, is_hidden: bool, cautions: tuple[Caution, ...]
) -> Candidate:
    name = cells.name
    errors = facts.errors.get(name, {})
    filled = cells.end[0] + 1 if cells.end else 0
    merges = [
        Merge(top, left, bottom - top + 1, right - left + 1)
        for (top, left), (bottom, right) in cells.merged_cell_ranges or ()
    ]
    sheet = _Sheet(cells, max(filled, facts.rows.get(name, 0)) if filled else 0, merges, errors)
    head = [[cell_text(cell) for cell in row] for row in islice(_rows(sheet), HEAD_ROWS)]
    width = head_width(head)
    head = [(row + [""] * width)[:width] for row in head]
    return Candidate(
        name,
        head,
        list(range(1, len(head) + 1)),
        partial(_body, sheet),
        spans=head_spans(merges, width),
        is_hidden=is_hidden,
        dates_1904=facts.dates_1904,
        cautions=(*hidden_rows(name, head, facts.hidden.get(name, ())), *cautions),
    )


def _rows(sheet: _Sheet) -> Iterator[list[object]]:
    """Yield the rows up to the last filled one; all begin in the first column."""
    pad = [""] * (sheet.cells.start[1] if sheet.cells.start else 0)
    by_row: dict[int, list[tuple[int, str]]] = {}
    for (at, column), text in sheet.errors.items():
        by_row.setdefault(at, []).append((column, text))
    for number, values in enumerate(sheet.cells.iter_rows()):
        cells: list[object] = [*pad, *values]
        for column, text in by_row.get(number, ()):
            cells[column] = text
        yield cells


def _body(sheet: _Sheet, header: int, width: int) -> Iterator[RawTable]:
    """Yield everything below the header as one piece.

    Blank rows below the last filled one are part of it, so that they are counted, as far as memory allows.
    """
    rows = islice(_rows(sheet), header + 1, None)
    frames = [_frame([], width)]
    while block := list(islice(rows, BLOCK)):
        frames.append(_frame(block, width))
    height = sum(map(len, frames))
    blank = min(sheet.rows - header - 1, MOST_CELLS // max(1, width)) - height
    if blank > 0:
        frames.append(pl.DataFrame({str(i): pl.repeat("", blank, eager=True) for i in range(width)}))
    cells = pl.concat(frames)
    lines = pl.Series("line", range(header + 2, header + 2 + len(cells)), dtype=pl.Int32())
    yield RawTable(cells, lines, merged=covered(cells, sheet.merges, header + 1))


def _frame(rows: list[list[object]], width: int) -> pl.DataFrame:
    even = [row if len(row) == width else (row + [""] * width)[:width] for row in rows]
    columns = zip(*even, strict=True) if even else [()] * width
    return pl.DataFrame(
        {str(i): pl.Series(list(map(_text, column)), dtype=pl.String()) for i, column in enumerate(columns)}
    )


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else cell_text(cell)

"""One raw table out of a file: texts, with the physical line each row came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

HEAD_ROWS = 15


@dataclass(frozen=True)
class Ragged:
    """A row whose number of fields is not the header's."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class RawTable:
    """The rows below a header as texts.

    ``cells`` has one String column per header cell, named "0", "1", …, without nulls (a missing cell
    is ""); ``lines`` gives each row's line in the file, from 1. ``ragged`` rows are in neither.
    """

    cells: pl.DataFrame
    lines: pl.Series
    ragged: tuple[Ragged, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """One way to read a file: a separator of a text, a sheet of a workbook, a table of a page.

    ``head`` holds the first rows as texts; ``body`` returns what is below the head row of that index
    for that many columns.
    """

    name: str
    head: list[list[str]]
    head_lines: list[int]
    body: Callable[[int, int], RawTable] = field(repr=False)


def table_of(columns: list[list[str]], lines: list[int]) -> RawTable:
    """Return a RawTable of the given columns of texts, all as long as ``lines``."""
    cells = pl.DataFrame({str(i): pl.Series(column, dtype=pl.String()) for i, column in enumerate(columns)})
    return RawTable(cells, pl.Series("line", lines, dtype=pl.Int32()))

"""One raw table out of a file: texts, with the physical line each row came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import polars as pl

from kpi.intake.cautions import Caution

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
    ``merged`` lists cells a merged cell covers, without its first: (index in ``cells``, column, text of the first).
    """

    cells: pl.DataFrame
    lines: pl.Series
    ragged: tuple[Ragged, ...] = ()
    merged: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True)
class Candidate:
    """One way to read a file: a separator of a text, a sheet of a workbook, a table of a page.

    ``head`` holds the first rows as texts; ``body`` returns what is below the head row of that index
    for that many columns, in pieces whose lines follow one another. ``spans`` are the merged cells that begin
    in the head: (row, column, rows, columns), from 0. ``order`` counts the sheets of a workbook and the tables of a
    page from 0; readings of one text have none. ``is_hidden`` marks a sheet the sender cannot see;
    ``dates_1904`` a workbook that counts its days from 1904. ``cautions`` are found while reading.
    """

    name: str
    head: list[list[str]]
    head_lines: list[int]
    body: Callable[[int, int], Iterator[RawTable]] = field(repr=False)
    spans: tuple[tuple[int, int, int, int], ...] = ()
    order: int = -1
    is_hidden: bool = False
    dates_1904: bool = False
    cautions: tuple[Caution, ...] = ()


def table_of(columns: list[list[str]], lines: list[int]) -> RawTable:
    """Return a RawTable of the given columns of texts, all as long as ``lines``."""
    cells = pl.DataFrame({str(i): pl.Series(column, dtype=pl.String()) for i, column in enumerate(columns)})
    return RawTable(cells, pl.Series("line", lines, dtype=pl.Int32()))

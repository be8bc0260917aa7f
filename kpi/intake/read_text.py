"""Separated text → pieces of a raw table: a strict check of quotes and field counts, then one pass by Polars."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import partial
from itertools import chain

import polars as pl

from kpi.errors import ImportRefused
from kpi.intake.noise import is_footer
from kpi.intake.read import HEAD_ROWS, Candidate, Ragged, RawTable
from kpi.intake.records import last_boundary, regular_records
from kpi.intake.text import Text

SEPARATORS = (",", "\t", ";", "|")
HEAD_BYTES = 1 << 16
TOLERATED_RAGGED = 0.01
CLOSING_LINES = 5
LONGEST_RECORD = 1 << 26
EXACT_ROWS = 50_000


def text_candidates(text: Text) -> list[Candidate]:
    """Return one candidate per separator; a ``sep=`` line above the header passes for a title row."""
    sample = text.head(HEAD_BYTES).decode(errors="ignore")
    found = []
    for separator in SEPARATORS:
        head, ends = _head(sample, separator)
        lines = [1, *(end + 1 for end in ends)][: len(head)]
        found.append(Candidate(separator, head, lines, partial(_body, text, separator, ends)))
    return found


def _head(sample: str, separator: str) -> tuple[list[list[str]], list[int]]:
    """Return the first records and the line on which each ends."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    records, ends = [], []
    try:
        for record in reader:
            records.append(record)
            ends.append(reader.line_num)
            if len(records) == HEAD_ROWS:
                break
    except csv.Error:
        return records, ends
    return records, ends


def _body(text: Text, separator: str, ends: list[int], header: int, width: int) -> Iterator[RawTable]:
    """Return the records below the header in pieces: quickly while all is regular, exactly from there on."""
    table = _Body(text, separator, width, ends[header])
    blocks = text.blocks()
    waiting = b""
    for block in blocks:
        waiting += block
        if waiting.count(b"\n") >= ends[header]:
            break
    waiting = _without_lines(waiting, ends[header])
    for block in blocks:
        data = waiting + block
        cut = last_boundary(data)
        if not cut and len(data) > LONGEST_RECORD:
            yield from table.exact(chain([data], blocks))
            return
        if cut and (piece := table.quick(data[:cut])) is None:
            yield from table.exact(chain([data], blocks))
            return
        if cut and piece is not None:
            yield piece
        waiting = data[cut:]
    yield from table.last(waiting)


class _Body:
    """The records below a header, read piece by piece; keeps count of lines and of rows with another width."""

    def __init__(self, text: Text, separator: str, width: int, line: int) -> None:
        self._text, self._separator, self._width = text, separator, width
        self._line = line + 1
        self._rows = self._ragged = 0
        self._first_ragged: Ragged | None = None

    def quick(self, data: bytes) -> RawTable | None:
        """Return whole records read at once; None when anything about them is irregular."""
        regular = regular_records(data, self._separator, self._width)
        if regular is None:
            return None
        starts, count = regular
        try:
            cells = pl.read_csv(
                data,
                has_header=False,
                schema={str(i): pl.String() for i in range(self._width)},
                separator=self._separator,
                quote_char='"',
                empty_string_is_null=False,
                extra_columns="raise",
            )
        except pl.exceptions.PolarsError:
            return None
        if len(cells) != len(starts):
            return None
        lines = pl.Series("line", starts + self._line, dtype=pl.Int32())
        self._line += count
        self._rows += len(cells)
        return RawTable(cells, lines)

    def last(self, data: bytes) -> Iterator[RawTable]:
        """Return the records of the last block: closing lines may be short, the last line may lack its end."""
        data = data if data.endswith(b"\n") or not data else data + b"\n"
        body, closing = self._without_closing_lines(data)
        piece = self.quick(body) if body else None
        if piece is None:
            yield from self.exact(iter([data]))
            return
        if closing:
            rows = pl.DataFrame(closing, schema=piece.cells.schema, orient="row")
            numbers = pl.Series("line", range(self._line, self._line + len(closing)), dtype=pl.Int32())
            piece = RawTable(piece.cells.vstack(rows), piece.lines.append(numbers))
        yield piece

    def exact(self, blocks: Iterator[bytes]) -> Iterator[RawTable]:
        """Return the rest as the exact reader sees it, rows of another width set apart.

        Raises ImportRefused when a quote is never closed, the last row is cut off, or more than one row in a
        hundred has another width.
        """
        streams = (io.StringIO(block.decode(), newline="") for block in blocks)
        reader = csv.reader(chain.from_iterable(streams), delimiter=self._separator, strict=True)
        start = line = self._line
        rows: list[list[str]] = []
        lines: list[int] = []
        ragged: list[Ragged] = []
        try:
            for record in reader:
                fitted = self._fitted(record)
                if fitted is None:
                    ragged.append(Ragged(line, tuple(record)))
                else:
                    rows.append(fitted)
                    lines.append(line)
                line = start + reader.line_num
                if len(rows) + len(ragged) >= EXACT_ROWS:
                    yield self._piece(rows, lines, ragged)
                    rows, lines, ragged = [], [], []
        except csv.Error as error:
            raise ImportRefused(
                f"文件“{self._name}”第 {line} 行的引号不配对，后面的行无法分开"
                f"{'，文件可能不完整' if self._text.is_cut else ''}，请重新导出，或更正该行的引号。"
            ) from error
        if ragged and self._text.is_cut and ragged[-1].line > max(lines, default=0):
            self._check_end(ragged[-1])
        yield self._piece(rows, lines, ragged)
        self._check_widths()

    @property
    def _name(self) -> str:
        return self._text.source.file_name

    def _piece(self, rows: list[list[str]], lines: list[int], ragged: list[Ragged]) -> RawTable:
        self._rows += len(rows)
        self._ragged += len(ragged)
        self._first_ragged = self._first_ragged or next(iter(ragged), None)
        cells = pl.DataFrame(rows, schema={str(i): pl.String() for i in range(self._width)}, orient="row")
        return RawTable(cells, pl.Series("line", lines, dtype=pl.Int32()), tuple(ragged))

    def _check_end(self, last: Ragged) -> None:
        if len(last.cells) < self._width:
            raise ImportRefused(
                f"文件“{self._name}”不完整，最后一行（第 {last.line} 行）在第 {len(last.cells)} 列中断，请重新导出。"
            )

    def _check_widths(self) -> None:
        first = self._first_ragged
        if first is not None and self._ragged > TOLERATED_RAGGED * (self._rows + self._ragged):
            raise ImportRefused(
                f"文件“{self._name}”有 {self._ragged} 行的字段数与表头不一致（第 {first.line} 行有 "
                f"{len(first.cells)} 个，表头有 {self._width} 个），文件可能不完整，请重新导出。"
            )

    def _without_closing_lines(self, body: bytes) -> tuple[bytes, list[list[str]]]:
        """Return the body up to its last data line, and the blank or 合计 lines after it, which may be short."""
        closing: list[list[str]] = []
        while body and len(closing) < CLOSING_LINES:
            start = body.rfind(b"\n", 0, len(body) - 1) + 1
            record = body[start:-1].decode().split(self._separator)
            plain = b'"' not in body[start:] and not len(record) >= self._width > 1
            fitted = self._fitted(record) if plain else None
            if fitted is None:
                break
            closing.insert(0, fitted)
            body = body[:start]
        return body, closing

    def _fitted(self, record: list[str]) -> list[str] | None:
        """Return the record at full width; blank lines and footers may be short, blank surplus cells may go."""
        surplus = record[self._width :]
        if len(record) >= self._width and not any(map(str.strip, surplus)):
            return record[: self._width]
        if not any(map(str.strip, record)) or is_footer(record):
            return (record + [""] * self._width)[: self._width]
        return None


def _without_lines(data: bytes, count: int) -> bytes:
    """Return ``data`` without its first ``count`` lines."""
    offset = 0
    for _ in range(count):
        position = data.find(b"\n", offset)
        if position < 0:
            return b""
        offset = position + 1
    return data[offset:]

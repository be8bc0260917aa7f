"""Separated text → raw table: a strict check of quotes and field counts, then one pass by Polars."""

from __future__ import annotations

import csv
import io
from functools import partial

import numpy as np
import polars as pl

from kpi.errors import ImportRefused
from kpi.intake.noise import is_footer
from kpi.intake.read import HEAD_ROWS, Candidate, Ragged, RawTable

SEPARATORS = (",", "\t", ";", "|")
HEAD_BYTES = 1 << 16
CHUNK = 1 << 22
TOLERATED_RAGGED = 0.01
CLOSING_LINES = 5
NEWLINE, QUOTE = 0x0A, 0x22


def text_candidates(data: bytes, file_name: str) -> list[Candidate]:
    """Return one candidate per separator; a ``sep=`` line above the header passes for a title row."""
    found = []
    for separator in SEPARATORS:
        head, ends = _head(data, separator)
        lines = [1, *(end + 1 for end in ends)][: len(head)]
        body = partial(_body, data, separator, ends, file_name)
        found.append(Candidate(separator, head, lines, body))
    return found


def _head(data: bytes, separator: str) -> tuple[list[list[str]], list[int]]:
    """Return the first records and the line on which each ends."""
    text = data[:HEAD_BYTES].decode(errors="ignore")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
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


def _body(data: bytes, separator: str, ends: list[int], file_name: str, header: int, width: int) -> RawTable:
    line = ends[header]
    start = _offset_after(data, line)
    body, closing = _without_closing_lines(data[start:], separator, width)
    if not body:
        return _read_loosely(data[start:], separator, width, line, file_name)
    starts = _regular_records(body, separator, width)
    if starts is None:
        return _read_loosely(data[start:], separator, width, line, file_name)
    last = line + body.count(b"\n")
    cells = _read_fast(body, separator, width)
    if closing:
        cells = cells.vstack(pl.DataFrame(closing, schema=cells.schema, orient="row"))
    numbers = np.concatenate((starts + (line + 1), np.arange(last + 1, last + 1 + len(closing))))
    return RawTable(cells, pl.Series("line", numbers, dtype=pl.Int32()))


def _without_closing_lines(body: bytes, separator: str, width: int) -> tuple[bytes, list[list[str]]]:
    """Return the body up to its last data line, and the blank or 合计 lines after it, which may be short."""
    body = body if body.endswith(b"\n") or not body else body + b"\n"
    closing: list[list[str]] = []
    while body and len(closing) < CLOSING_LINES:
        start = body.rfind(b"\n", 0, len(body) - 1) + 1
        record = body[start:-1].decode().split(separator)
        fitted = None if b'"' in body[start:] or len(record) >= width > 1 else _fitted(record, width)
        if fitted is None:
            break
        closing.insert(0, fitted)
        body = body[:start]
    return body, closing


def _offset_after(data: bytes, line: int) -> int:
    offset = 0
    for _ in range(line):
        position = data.find(b"\n", offset)
        if position < 0:
            return len(data)
        offset = position + 1
    return offset


def _regular_records(body: bytes, separator: str, width: int) -> np.ndarray | None:
    """Return each record's first line (from 0) when quotes are well formed and every record is ``width`` wide.

    None when anything is irregular, so that the exact reader has to look.
    """
    whole = np.frombuffer(body, np.uint8)
    newlines, quotes = _positions(whole, NEWLINE), _positions(whole, QUOTE)
    if not len(quotes):
        return np.arange(len(newlines)) if _each_has(whole, newlines, separator, width) else None
    if not _quotes_well_formed(whole, quotes, separator):
        return None
    ending = np.searchsorted(quotes, newlines) % 2 == 0
    if not _each_has(whole, newlines[ending], separator, width, quotes):
        return None
    return np.concatenate(([0], np.flatnonzero(ending)[:-1] + 1))


def _positions(whole: np.ndarray, byte: int) -> np.ndarray:
    """Return where ``byte`` stands, looking at pieces small enough for the processor's cache."""
    pieces = range(0, len(whole), CHUNK)
    return np.concatenate([np.flatnonzero(whole[start : start + CHUNK] == byte) + start for start in pieces])


def _quotes_well_formed(whole: np.ndarray, quotes: np.ndarray, separator: str) -> bool:
    """Say whether every quote opens after a separator, closes before one, or is doubled in between."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    before = whole[opening - 1]
    after = whole[closing + 1]
    edge = (NEWLINE, ord(separator))
    opens = (before == edge[0]) | (before == edge[1]) | (opening == 0)
    opens[1:] |= closing[:-1] + 1 == opening[1:]
    closes = (after == edge[0]) | (after == edge[1])
    closes[:-1] |= closing[:-1] + 1 == opening[1:]
    return bool(opens.all() and closes.all())


def _each_has(
    whole: np.ndarray, ends: np.ndarray, separator: str, width: int, quotes: np.ndarray | None = None
) -> bool:
    """Say whether every record has ``width`` fields; separators inside quotes do not count, nor do blank lines.

    ``ends`` are the newlines that end records. As many separators as expected, the first and last of
    each group within its record, leave no room for a record of another width.
    """
    begins = np.concatenate(([0], ends[:-1] + 1))
    filled = begins < ends
    begins, ends = begins[filled], ends[filled]
    separators = _positions(whole, ord(separator))
    if quotes is not None:
        separators = separators[np.searchsorted(quotes, separators) % 2 == 0]
    if len(separators) != (width - 1) * len(ends):
        return False
    if width == 1:
        return True
    per_record = separators.reshape(len(ends), width - 1)
    return bool((per_record[:, 0] >= begins).all() and (per_record[:, -1] < ends).all())


def _read_fast(body: bytes, separator: str, width: int) -> pl.DataFrame:
    return pl.read_csv(
        body,
        has_header=False,
        schema={str(i): pl.String() for i in range(width)},
        separator=separator,
        quote_char='"',
        empty_string_is_null=False,
        extra_columns="raise",
    )


def _read_loosely(body: bytes, separator: str, width: int, header_line: int, file_name: str) -> RawTable:
    """Return the table as the exact reader sees it, rows of another width set apart.

    Raises ImportRefused when a quote is never closed, or more than one row in a hundred has another width.
    """
    rows: list[list[str]] = []
    lines: list[int] = []
    ragged: list[Ragged] = []
    reader = csv.reader(io.StringIO(body.decode(), newline=""), delimiter=separator, strict=True)
    line = header_line + 1
    try:
        for record in reader:
            fitted = _fitted(record, width)
            if fitted is None:
                ragged.append(Ragged(line, tuple(record)))
            else:
                rows.append(fitted)
                lines.append(line)
            line = header_line + 1 + reader.line_num
    except csv.Error as error:
        raise ImportRefused(
            f"文件“{file_name}”第 {line} 行的引号不配对，后面的行无法分开，请更正该行的引号或重新导出。"
        ) from error
    if len(ragged) > max(1, TOLERATED_RAGGED * len(rows)):
        first = ragged[0]
        raise ImportRefused(
            f"文件“{file_name}”有 {len(ragged)} 行的字段数与表头不一致（第 {first.line} 行有 {len(first.cells)} 个，"
            f"表头有 {width} 个），文件可能不完整，请重新导出。"
        )
    cells = pl.DataFrame(rows, schema={str(i): pl.String() for i in range(width)}, orient="row")
    return RawTable(cells, pl.Series("line", lines, dtype=pl.Int32()), tuple(ragged))


def _fitted(record: list[str], width: int) -> list[str] | None:
    """Return the record at full width; blank lines and footers may be short, blank surplus cells may go."""
    surplus = record[width:]
    if len(record) >= width and not any(map(str.strip, surplus)):
        return record[:width]
    if not any(map(str.strip, record)) or is_footer(record):
        return (record + [""] * width)[:width]
    return None

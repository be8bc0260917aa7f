"""What a sheet's XML says beside its values: how far it reaches, hidden rows, errors. One streamed pass, no tree.

The reader of values allocates every cell up to the farthest one, drops error cells and forgets what is hidden.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import IO, NamedTuple

CHUNK = 1 << 22
LONGEST_ROW = 16 * CHUNK
LETTERS, DIGITS = string.ascii_letters.encode(), string.digits.encode()
PREFIX = re.compile(rb"<(\w+:)?worksheet[\s>]")
ERROR_TYPE = re.compile(rb"(<(?:\w+:)?c\s[^>]*?\bt\s*=\s*)(?:\"e\"|'e')")
NUMBER = re.compile(rb"\sr\s*=\s*[\"'](\d+)")
VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)[\s>]")
ROW = re.compile(rb"<(?:\w+:)?row[\s>]")


@dataclass
class SheetMarks:
    """How far a sheet reaches, by its rows (``last_row``) and by its filled cells; all count from 1.

    ``placed`` is the farthest column a cell names, ``unplaced`` the most cells of a row that name none.
    """

    last_row: int = 0
    last_filled: int = 0
    placed: int = 0
    unplaced: int = 0
    hidden: list[int] = field(default_factory=list)
    has_errors: bool = False

    @property
    def width(self) -> int:
        """The farthest column a filled cell can stand in."""
        return self.placed + self.unplaced


class _Patterns(NamedTuple):
    row_start: bytes
    row: re.Pattern[bytes]
    filled: re.Pattern[bytes]
    hidden: re.Pattern[bytes]


@cache
def _patterns(prefix: bytes) -> _Patterns:
    start = re.escape(prefix)
    return _Patterns(
        row_start=b"<" + prefix + b"row",
        row=re.compile(rb"<" + start + rb"row(?:\s([^>]*))?>"),
        filled=re.compile(rb"<" + start + rb"c\s[^>]*?\br\s*=\s*[\"']([A-Za-z]+\d+)[\"'][^>/]*>"),
        hidden=re.compile(
            rb"<" + start + rb"row(\s[^>]*?\bhidden\s*=\s*[\"'](?:1|true)[\"'][^>]*(?<!/))>(.*?)</" + start + rb"row>",
            re.DOTALL,
        ),
    )


def sheet_marks(stream: IO[bytes]) -> SheetMarks:
    """Return what one sheet's XML says; the stream is read once, a few megabytes at a time."""
    marks = SheetMarks()
    first = stream.read(CHUNK)
    found = PREFIX.search(first)
    patterns = _patterns((found[1] or b"") if found else b"")
    for piece in _whole_rows(first, stream, patterns.row_start):
        _rows(piece, patterns, marks)
        _cells(piece, patterns, marks)
        if b"hidden" in piece:
            for row in patterns.hidden.finditer(piece):
                if VALUE.search(row[2]):
                    number = NUMBER.search(row[1])
                    marks.hidden.append(int(number[1]) if number else marks.last_row)
        marks.has_errors = marks.has_errors or b'"e"' in piece or b"'e'" in piece
    return marks


def errors_as_texts(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the sheet's XML with every error cell made a text cell, so that its value is #DIV/0! and not nothing."""
    first = stream.read(CHUNK)
    for piece in _whole_rows(first, stream, b"<"):
        yield ERROR_TYPE.sub(rb'\1"str"', piece)


def _whole_rows(first: bytes, stream: IO[bytes], start: bytes) -> Iterator[bytes]:
    """Yield pieces cut before a ``start``, so that no row or tag is cut in two."""
    rest, chunk = b"", first
    while chunk:
        rest += chunk
        cut = rest.rfind(start)
        if cut > 0 or len(rest) > LONGEST_ROW:
            cut = cut if cut > 0 else len(rest)
            yield rest[:cut]
            rest = rest[cut:]
        chunk = stream.read(CHUNK)
    if rest:
        yield rest


def _rows(piece: bytes, patterns: _Patterns, marks: SheetMarks) -> None:
    attributes = patterns.row.findall(piece)
    numbers = [int(found[1]) for found in map(NUMBER.search, (b" " + each for each in attributes)) if found]
    without = len(attributes) - len(numbers)
    marks.last_row = max([marks.last_row, *numbers]) + without


def _cells(piece: bytes, patterns: _Patterns, marks: SheetMarks) -> None:
    """Take in the places of filled cells: those that are not closed at once."""
    places = patterns.filled.findall(piece)
    if places:
        joined = b" ".join(places)
        marks.last_filled = max(marks.last_filled, *map(int, set(joined.translate(None, LETTERS).split())))
        marks.placed = max(marks.placed, *map(_column, set(joined.translate(None, DIGITS).split())))
    if _closed(piece) > len(places):
        # Cells that do not say their place follow the one before them.
        marks.unplaced = max(marks.unplaced, *map(_closed, ROW.split(piece)))
        marks.last_filled = max(marks.last_filled, marks.last_row)


def _closed(piece: bytes) -> int:
    return piece.count(b"</c>") + piece.count(b":c>")


def _column(letters: bytes) -> int:
    return reduce(lambda total, letter: total * 26 + letter - 64, letters.upper(), 0)

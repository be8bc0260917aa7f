"""Where records begin and end in separated text, told from the quotes without reading a single cell."""

from __future__ import annotations

import numpy as np

CHUNK = 1 << 22
NEWLINE, QUOTE = 0x0A, 0x22


def last_boundary(data: bytes) -> int:
    """Return the offset behind the last line end outside quotes; 0 when there is none."""
    if data.count(b'"') % 2 == 0:
        return data.rfind(b"\n") + 1
    return data.rfind(b"\n", 0, data.rfind(b'"')) + 1


def regular_records(body: bytes, separator: str, width: int) -> tuple[np.ndarray, int] | None:
    """Return each record's first line (from 0), and the number of lines, of well formed records ``width`` wide.

    None when anything is irregular, so that the exact reader has to look.
    """
    whole = np.frombuffer(body, np.uint8)
    newlines, quotes = _positions(whole, NEWLINE), _positions(whole, QUOTE)
    if not len(quotes):
        is_regular = _each_has(whole, newlines, separator, width)
        return (np.arange(len(newlines)), len(newlines)) if is_regular else None
    if not _quotes_well_formed(whole, quotes, separator):
        return None
    ending = np.searchsorted(quotes, newlines) % 2 == 0
    if not _each_has(whole, newlines[ending], separator, width, quotes):
        return None
    return np.concatenate(([0], np.flatnonzero(ending)[:-1] + 1)), len(newlines)


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

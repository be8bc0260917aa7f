"""Old Excel workbooks (xls): the compound file around them, and a check that no cell lies beyond Excel's columns.

The reader allocates every cell up to the farthest one; a damaged column number would take the process down.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from kpi.errors import ImportRefused

SECTOR_CHAINS_IN_HEADER = 109
LAST_SECTOR = 0xFFFFFFFA
ENTRY = 128
STREAMS = ("Workbook", "Book")
MOST_COLUMNS = 256
ONE_CELL = frozenset({0x0006, 0x0201, 0x0203, 0x0204, 0x0205, 0x0207, 0x00D6, 0x00FD, 0x027E})
SEVERAL_CELLS = frozenset({0x00BD, 0x00BE})


def damaged(file_name: str) -> ImportRefused:
    """Return the refusal of a workbook that cannot be opened."""
    return ImportRefused(f"文件“{file_name}”不完整或已损坏，无法作为 Excel 打开，请重新导出。")


def check_columns(content: bytes, file_name: str) -> None:
    """Raise ImportRefused when the compound file or a cell's column cannot be those of a sound workbook."""
    try:
        widest = max(_columns(_workbook_stream(content)), default=0)
    except (struct.error, IndexError, ValueError) as error:
        raise damaged(file_name) from error
    if widest >= MOST_COLUMNS:
        raise damaged(file_name)


def _workbook_stream(content: bytes) -> bytes:
    """Return the bytes of the workbook inside a compound file; ValueError when there is none."""
    power, mini_power = struct.unpack_from("<HH", content, 30)
    directory_start, _, smallest, mini_start = struct.unpack_from("<IIII", content, 48)
    if power not in (9, 12) or mini_power != 6:
        raise ValueError("sector size")
    size = 1 << power
    table = _allocation_table(content, size)
    directory = _chain(content, table, directory_start, size, size)
    entries = [directory[at : at + ENTRY] for at in range(0, len(directory) - ENTRY + 1, ENTRY)]
    named = {_name(entry): entry for entry in entries}
    stream = next((named[name] for name in STREAMS if name in named), None)
    if stream is None:
        raise ValueError("no workbook")
    start, length = struct.unpack_from("<II", stream, 116)
    if length >= smallest:
        return _chain(content, table, start, size, size)[:length]
    root = _chain(content, table, struct.unpack_from("<I", entries[0], 116)[0], size, size)
    mini_table = _numbers(_chain(content, table, mini_start, size, size))
    return _chain(root, mini_table, start, 1 << mini_power, 0)[:length]


def _name(entry: bytes) -> str:
    length = struct.unpack_from("<H", entry, 64)[0]
    return entry[: max(0, length - 2)].decode("utf-16-le", "replace")


def _allocation_table(content: bytes, size: int) -> tuple[int, ...]:
    following, further = struct.unpack_from("<II", content, 68)
    sectors = list(struct.unpack_from(f"<{SECTOR_CHAINS_IN_HEADER}I", content, 76))
    while following < LAST_SECTOR and further:
        *more, following = _numbers(content[(following + 1) * size : (following + 2) * size])
        sectors += more
        further -= 1
    used = (sector for sector in sectors if sector < LAST_SECTOR)
    return _numbers(b"".join(content[(sector + 1) * size : (sector + 2) * size] for sector in used))


def _numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])


def _chain(data: bytes, table: tuple[int, ...], sector: int, size: int, offset: int) -> bytes:
    """Join the sectors that follow one another from ``sector``; a chain that never ends is a ValueError."""
    pieces: list[bytes] = []
    while sector < LAST_SECTOR:
        if len(pieces) > len(table):
            raise ValueError("endless chain")
        pieces.append(data[sector * size + offset : (sector + 1) * size + offset])
        sector = table[sector]
    return b"".join(pieces)


def _columns(stream: bytes) -> Iterator[int]:
    """Return the column number of every cell record."""
    position = 0
    while position + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, position)
        if kind in ONE_CELL:
            yield struct.unpack_from("<H", stream, position + 6)[0]
        elif kind in SEVERAL_CELLS:
            first, last = (struct.unpack_from("<H", stream, at)[0] for at in (position + 6, position + 2 + length))
            yield max(first, last)
        position += 4 + length

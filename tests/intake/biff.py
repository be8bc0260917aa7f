"""The smallest Excel 97 workbook: one sheet of texts and numbers in a compound file."""

from __future__ import annotations

import struct
from collections.abc import Sequence

SECTOR = 512
SMALLEST_STREAM = 4096
END, FAT_SECTOR, FREE = 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


def xls_bytes(grid: Sequence[Sequence[object]], far: tuple[int, int] | None = None) -> bytes:
    """Return a BIFF8 workbook whose only sheet holds ``grid`` and, at row and column ``far``, one more cell."""
    extra = _cell(*far, "远") if far else b""
    return _compound(_workbook(grid, extra))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _workbook(grid: Sequence[Sequence[object]], extra: bytes) -> bytes:
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)
    name = "明细".encode("utf-16-le")
    head = _record(0x0809, begin)
    length = len(head) + 4 + 6 + 2 + len(name) + 4
    bound = struct.pack("<IBBBB", length, 0, 0, 2, 1) + name
    cells = b"".join(
        _cell(row, column, value) for row, values in enumerate(grid) for column, value in enumerate(values)
    )
    sheet = _record(0x0809, begin.replace(b"\x05\x00", b"\x10\x00", 1)) + cells + extra + _record(0x0A, b"")
    return head + _record(0x85, bound) + _record(0x0A, b"") + sheet


def _cell(row: int, column: int, value: object) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, str):
        return _record(0x0204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
    assert isinstance(value, int | float)
    return _record(0x0203, place + struct.pack("<d", value))


def _compound(stream: bytes) -> bytes:
    """Wrap the workbook stream in a compound file: header, one allocation sector, one directory sector, the stream."""
    padded = stream.ljust(max(SMALLEST_STREAM, -(-len(stream) // SECTOR) * SECTOR), b"\x00")
    sectors = len(padded) // SECTOR
    assert sectors <= SECTOR // 4 - 2, "more rows than one allocation sector can hold"
    chain = [*range(3, 2 + sectors), END]
    table = struct.pack("<II", FAT_SECTOR, END) + struct.pack(f"<{sectors}I", *chain)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, SMALLEST_STREAM, END, 0, END, 0) + struct.pack("<I", 0)
    directory = _entry("Root Entry", 5, 1, END, 0) + _entry("Workbook", 2, FREE, 2, len(padded))
    return header.ljust(SECTOR, b"\xff") + table.ljust(SECTOR, b"\xff") + directory.ljust(SECTOR, b"\x00") + padded


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\x00\x00"
    fixed = encoded.ljust(64, b"\x00") + struct.pack("<HBBIII", len(encoded), kind, 1, FREE, FREE, child)
    return fixed + bytes(16 + 4 + 16) + struct.pack("<IQ", start, size)

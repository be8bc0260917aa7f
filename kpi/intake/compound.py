"""Old Excel workbooks (xls): the compound file around them, and what their records say beside the values.

The reader allocates every cell up to the farthest one; a damaged column number would take the process down.
It also leaves error cells blank and forgets what is hidden.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from kpi.errors import ImportRefused

SECTOR_CHAINS_IN_HEADER = 109
LAST_SECTOR = 0xFFFFFFFA
ENTRY = 128
STREAMS = ("Workbook", "Book")
ENCRYPTED = "EncryptedPackage"
MACROS = frozenset({"_VBA_PROJECT_CUR", "_VBA_PROJECT", "VBA"})
EMBEDDED = "MBD"
MOST_COLUMNS = 256
FORMULA, FORMULA_3, FORMULA_4, BOOLERR = 0x0006, 0x0206, 0x0406, 0x0205
BLANK, MULBLANK, MULRK = 0x0201, 0x00BE, 0x00BD
ONE_CELL = frozenset({FORMULA, FORMULA_3, FORMULA_4, BLANK, 0x0203, 0x0204, BOOLERR, 0x00D6, 0x00FD, 0x027E})
SEVERAL_CELLS = frozenset({MULRK, MULBLANK})
BEGIN, END, SHEET, ROW = 0x0809, 0x000A, 0x0085, 0x0208
DATES, PASSWORD, LINK, CONNECTION = 0x0022, 0x002F, 0x01AE, 0x0876
HIDDEN_ROW = 0x20
MACRO_SHEET = 1
OWN_LINKS = (0x0401, 0x3A01)
ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


@dataclass
class BiffSheet:
    """One sheet: the texts of its error cells, its hidden rows and those with contents, from 0, and its last row."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    filled: set[int] = field(default_factory=set)
    last_row: int = 0


@dataclass
class Biff:
    """What an old workbook says beside its values; ``sheets`` are in the workbook's order."""

    sheets: list[BiffSheet] = field(default_factory=list)
    dates_1904: bool = False
    active: tuple[str, ...] = ()


def damaged(file_name: str) -> ImportRefused:
    """Return the refusal of a workbook that cannot be opened."""
    return ImportRefused(f"文件“{file_name}”不完整或已损坏，无法作为 Excel 打开，请重新导出。")


def protected(file_name: str) -> ImportRefused:
    """Return the refusal of a workbook that only its password opens."""
    return ImportRefused(f"文件“{file_name}”已加密，请在 Excel 中去除打开密码后重新导入。")


def read_biff(content: bytes, file_name: str) -> Biff:
    """Return what the records say; raise ImportRefused when the workbook is protected or cannot be sound."""
    try:
        stream, names = _workbook_stream(content)
        if ENCRYPTED in names or any(kind == PASSWORD for kind, _, _ in _records(stream)):
            raise protected(file_name)
        if not stream:
            raise damaged(file_name)
        return _biff(stream, names)
    except (struct.error, IndexError, ValueError) as error:
        raise damaged(file_name) from error


def _workbook_stream(content: bytes) -> tuple[bytes, frozenset[str]]:
    """Return the bytes of the workbook inside a compound file, none when it has none, and the names of all streams."""
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
        return b"", frozenset(named)
    start, length = struct.unpack_from("<II", stream, 116)
    if length >= smallest:
        return _chain(content, table, start, size, size)[:length], frozenset(named)
    root = _chain(content, table, struct.unpack_from("<I", entries[0], 116)[0], size, size)
    mini_table = _numbers(_chain(content, table, mini_start, size, size))
    return _chain(root, mini_table, start, 1 << mini_power, 0)[:length], frozenset(named)


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


def _records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the kind, the place of the data and the length of every record."""
    position = 0
    while position + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, position)
        yield kind, position + 4, length
        position += 4 + length


def _biff(stream: bytes, names: frozenset[str]) -> Biff:
    biff = Biff()
    begins: dict[int, BiffSheet] = {}
    open_parts: list[BiffSheet | None] = []
    active = ["宏"] * bool(MACROS & names) + ["嵌入对象"] * any(name.startswith(EMBEDDED) for name in names)
    for kind, at, length in _records(stream):
        if kind == BEGIN:
            open_parts.append(begins.get(at - 4))
        elif kind == END and open_parts:
            open_parts.pop()
        elif kind == SHEET:
            biff.sheets.append(begins.setdefault(struct.unpack_from("<I", stream, at)[0], BiffSheet()))
            active += ["宏表"] * (stream[at + 5] == MACRO_SHEET)
        elif kind == DATES:
            biff.dates_1904 = bool(struct.unpack_from("<H", stream, at)[0])
        elif kind == LINK:
            active += _link(stream[at : at + length])
        elif kind == CONNECTION:
            active.append("外部数据连接")
        elif sheet := open_parts[-1] if open_parts else None:
            _take(sheet, stream, kind, at, length)
        elif kind in ONE_CELL or kind in SEVERAL_CELLS:
            _check_column(stream, kind, at, length)
    biff.active = tuple(active)
    return biff


def _link(data: bytes) -> list[str]:
    """Return what a SUPBOOK record refers to, nothing for the workbook itself and for add-ins."""
    if len(data) == 4 and struct.unpack_from("<H", data, 2)[0] in OWN_LINKS:
        return []
    return ["动态数据交换（DDE）"] if b"\x03" in data[4:] and data[:2] == b"\x00\x00" else ["外部链接"]


def _take(sheet: BiffSheet, stream: bytes, kind: int, at: int, length: int) -> None:
    """Take in one record of a sheet."""
    if kind in ONE_CELL:
        row, column = struct.unpack_from("<HH", stream, at)
        if kind in (BOOLERR, FORMULA, FORMULA_3, FORMULA_4) and (code := _error(stream, kind, at)) is not None:
            sheet.errors[row, column] = ERRORS.get(code, "#N/A")
    elif kind in SEVERAL_CELLS or kind == ROW:
        row = struct.unpack_from("<H", stream, at)[0]
        if kind == ROW and stream[at + 12] & HIDDEN_ROW:
            sheet.hidden.add(row)
    else:
        return
    _check_column(stream, kind, at, length)
    sheet.last_row = max(sheet.last_row, row + 1)
    if kind not in (BLANK, MULBLANK, ROW):
        sheet.filled.add(row)


def _error(stream: bytes, kind: int, at: int) -> int | None:
    """Return the error a cell holds, None when it holds a value."""
    if kind == BOOLERR:
        return stream[at + 6] if stream[at + 7] else None
    is_error = stream[at + 6] == 2 and stream[at + 12 : at + 14] == b"\xff\xff"
    return stream[at + 8] if is_error else None


def _check_column(stream: bytes, kind: int, at: int, length: int) -> None:
    """Raise ValueError for a column Excel has not."""
    if kind in SEVERAL_CELLS:
        first, last = (struct.unpack_from("<H", stream, place)[0] for place in (at + 2, at + length - 2))
    elif kind in ONE_CELL:
        first = last = struct.unpack_from("<H", stream, at + 2)[0]
    else:
        return
    if max(first, last) >= MOST_COLUMNS:
        raise ValueError("column")

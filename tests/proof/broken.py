"""Exports of every kind, and ways to break them: their cells, their table, their text, their archive, their bytes."""

from __future__ import annotations

import csv
import html
import io
import random
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime

from tests.intake.biff import xls_bytes
from tests.intake.exports import table, xlsx_bytes
from tests.proof.exports import rating, ticket, titles

Grid = list[list[str]]
NASTY = [
    *("", " ", "　", "0", "-1", "1e400", "-0.0", "NaN", "inf", "1,2,3", "１２３", "1.2万", "95.35%", "7" * 400),
    *("2023-02-30", "2023-12-05 24:00:00", "0000-00-00", "9999-12-31", "10000-01-01", "01/05/2023"),
    *("45265.354", "-45265", "上午12:61", "2023年13月40日", "1900-02-29", "20231205", "2023-12-05T08:30:00+99:00"),
    *("二〇二三年十二月五日", "=1+1", '="007"', "=cmd|' /C calc'!A0", "@SUM(A1)", "+86", "-", "'", "#REF!", "TRUE"),
    *("\u202e倒过来\u202c", "\u200b", "\ufeff", "\u00a0", "\U0001f469\u200d\U0001f467", "𠮷㑇䶮", "é\u0301\u0301"),
    *("\x00", "a\x00b", "\x01\x02\x1f", "\r", "\n", "a\nb\r\nc", "\t", "\u2028", "\x85", "\x7f", "\ufffe", "null"),
    *('"', '""', '"未完', "a,b;c|d\te", "<b>&amp;</b>", "]]>", "&#0;", "&#x10FFFF;", "<!--", "_x0000_", "{", "%s"),
    *("第一句。第二句。", "“引号”", "DEMO-1", "合计", "小计：3", "制表人：张三", "评价流水号", "工单编号", "演示数据"),
    *("统计期间：2023-12-31 至 2023-12-01", "导出时间：2099-01-01 00:00", "导出时间：2023-13-45", "长" * 40_000),
]  # fmt: skip


def healthy(subject: str) -> Grid:
    """Return a table as a system exports it: two title lines, headers, rows, a blank line and a total."""
    first, last = date(2023, 12, 1), date(2023, 12, 31)
    days = [date(2023, 12, 1 + n) for n in range(8)]
    if subject == "rating":
        rows = table([rating(n, day, n % 5 + 1) for n, day in enumerate(days)])
    else:
        moments = [datetime(day.year, day.month, day.day, 9) for day in days]
        rows = table([ticket(n, moment, moment.replace(hour=17)) for n, moment in enumerate(moments)])
    return [
        *([line] for line in titles(first, last, datetime(2024, 1, 5, 8, 30))),
        *rows,
        [""],
        ["合计", str(len(days))],
    ]


def nasty_cell(grid: Grid, chance: random.Random) -> None:
    row = chance.choice(grid)
    if row:
        row[chance.randrange(len(row))] = chance.choice(NASTY)


def nasty_column(grid: Grid, chance: random.Random) -> None:
    position, text = chance.randrange(5), chance.choice(NASTY)
    for row in grid[3:]:
        if position < len(row):
            row[position] = text


def header_changed(grid: Grid, chance: random.Random) -> None:
    """Swap, double, join, split or blank header words."""
    header = max(grid, key=len)
    if len(header) < 2:
        return
    one, other = chance.randrange(len(header)), chance.randrange(len(header))
    header[one], header[other] = chance.choice(
        [
            (header[other], header[one]),
            (header[other], header[other]),
            (header[one] + header[other], ""),
            (header[one][:2], header[one][2:]),
            ("", header[other]),
            (f" {header[one]}\n（万元）", header[other]),
        ]
    )


def row_doubled(grid: Grid, chance: random.Random) -> None:
    grid.insert(chance.randrange(len(grid) + 1), list(chance.choice(grid)) if grid else [])


def rows_shuffled(grid: Grid, chance: random.Random) -> None:
    start = chance.randrange(len(grid) + 1)
    tail = grid[start:]
    chance.shuffle(tail)
    grid[start:] = tail


def rows_cut(grid: Grid, chance: random.Random) -> None:
    start = chance.randrange(len(grid) + 1)
    del grid[start : start + chance.randint(1, 6)]


def row_cut(grid: Grid, chance: random.Random) -> None:
    if grid:
        row = chance.choice(grid)
        del row[chance.randrange(len(row) + 1) :]


def row_widened(grid: Grid, chance: random.Random) -> None:
    if grid:
        text = chance.choice(NASTY)
        chance.choice(grid).extend([text] * chance.choice([1, 2, 300 if len(text) < 100 else 3]))


def column_doubled(grid: Grid, chance: random.Random) -> None:
    position = chance.randrange(6)
    for row in grid:
        row[position:position] = row[position : position + 1]


def column_cut(grid: Grid, chance: random.Random) -> None:
    position = chance.randrange(6)
    for row in grid:
        del row[position : position + 1]


GRID_CHANGES = [nasty_cell, nasty_column, header_changed, row_doubled, rows_shuffled, rows_cut, row_cut, row_widened]
GRID_CHANGES += [column_doubled, column_cut]


def _text(grid: Grid, separator: str = ",") -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator="\r\n").writerows(grid)
    return buffer.getvalue()


def _encoded(encoding: str, separator: str = ",") -> Callable[[Grid], bytes]:
    return lambda grid: _text(grid, separator).encode(encoding, "replace")


def _html(grid: Grid) -> bytes:
    rows = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in grid)
    return f'<html><head><meta charset="utf-8"></head><body><table border="1">{rows}</table></body></html>'.encode()


def _spreadsheet_ml(grid: Grid) -> bytes:
    cells = ["".join(f'<Cell><Data ss:Type="String">{html.escape(c)}</Data></Cell>' for c in row) for row in grid]
    rows = "".join(f"<Row>{row}</Row>" for row in cells)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="明细"><Table>{rows}</Table></Worksheet></Workbook>'
    ).encode()


def _xls(grid: Grid) -> bytes:
    return xls_bytes([[cell[:100].encode("utf-16-le", "replace").decode("utf-16-le") for cell in row] for row in grid])


def _xlsx(grid: Grid) -> bytes:
    return xlsx_bytes([[cell[:32_000] for cell in row] for row in grid])


KINDS: dict[str, Callable[[Grid], bytes]] = {
    "utf-8.csv": _encoded("utf-8"),
    "utf-8-sig.csv": _encoded("utf-8-sig", ";"),
    "gb18030.csv": _encoded("gb18030"),
    "utf-16.txt": _encoded("utf-16", "\t"),
    "工作簿.xlsx": _xlsx,
    "旧工作簿.xls": _xls,
    "网页.xls": _html,
    "表格.xml.xls": _spreadsheet_ml,
}


def byte_flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 4, 50])):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def slice_cut(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + data[start + chance.choice([1, 7, 100, len(data)]) :]


def slice_doubled(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + data[start : start + chance.choice([1, 40, 2000])] * 2 + data[start:]


def junk_inserted(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    junk = [bytes(50), b"\xff\xfe", b"\xef\xbb\xbf", b"\x1a", b"PK\x03\x04", b"<table>", b'"', b"\xb0\xa1" * 9, b"\r"]
    return data[:start] + chance.choice([*junk, chance.randbytes(30)]) + data[start:]


def encodings_mixed(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    lines[place] = (
        lines[place]
        .decode("utf-8", "replace")
        .encode(chance.choice(["gb18030", "utf-16-le", "big5", "cp1252"]), "replace")
    )
    return b"\n".join(lines)


def attribute_changed(data: bytes, chance: random.Random) -> bytes:
    """Give one attribute of the markup another value, or add a span to a cell."""
    found = list(re.finditer(rb'([\w:]+)="([^"]*)"', data))
    if not found or chance.random() < 0.3:
        span = rb' colspan="%d" rowspan="%d" ss:Index="%d" ss:MergeAcross="%d"' % tuple(
            chance.choices([0, 2, 9, 10**9], k=4)
        )
        return re.sub(rb"<(td|Cell)>", rb"<\1" + span + b">", data, count=chance.choice([1, 1, 0]))
    place = chance.choice(found)
    values = [
        b"",
        b"0",
        b"-1",
        b"1048577",
        b"XFD1048576",
        b"A1:XFD1048576",
        b"99999999999999",
        b"n",
        b"s",
        b"d",
        b"&#0;",
    ]
    return data[: place.start(2)] + chance.choice(values) + data[place.end(2) :]


def member_changed(data: bytes, chance: random.Random) -> bytes:
    """Unpack a workbook, break or drop one of its parts, and pack it again; other files stay as they are."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # noqa: BLE001 - broken by an earlier change: there is no archive to unpack
        return data
    likely = [name for name in parts if "sheet" in name or "workbook" in name or "Strings" in name] or list(parts)
    name = chance.choice([*likely, *parts])
    way = chance.choice([attribute_changed, byte_flipped, slice_cut, slice_doubled, junk_inserted, None])
    if way is None:
        parts[chance.choice([name, f"x/{name}", name.upper()])] = parts.pop(name)
    else:
        parts[name] = way(parts[name], chance)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return buffer.getvalue()


BYTE_CHANGES = [byte_flipped, slice_cut, slice_doubled, junk_inserted, encodings_mixed, attribute_changed]
BYTE_CHANGES += [member_changed]

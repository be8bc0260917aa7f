"""Excel workbooks → raw tables: checked for bombs and far cells first, then read from memory by calamine."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial, reduce
from itertools import chain

import python_calamine as calamine
from lxml import etree

from kpi.errors import ImportRefused
from kpi.intake.compound import check_columns, damaged
from kpi.intake.read import HEAD_ROWS, Candidate, RawTable, table_of
from kpi.intake.sniff import ACCEPTED

MOST_MEMBERS = 200
MOST_BYTES = 300 * 1024**2
MOST_RATIO = 200
MOST_ROWS, MOST_COLUMNS = 1_048_576, 200
# Of all sheets together: a quarter of a million rows of the widest subject.
MOST_CELLS = 8_000_000
LONGEST_STRING_XML = 400_000
CHUNK = 1 << 22
OVERLAP = 64
LONGEST_EXACT = 1e15
FAR_CELL = re.compile(rb"\br\s*=\s*[\"'][A-Z]{1,3}(\d{5,})[\"']", re.IGNORECASE)
ROW = re.compile(rb"<row[^>]*?\br\s*=\s*[\"'](\d+)[\"']", re.IGNORECASE)
FAR_COLUMN = re.compile(rb"\br\s*=\s*[\"'](?:[H-Z][A-Z]|G[S-Z]|[A-Z]{3,})\d+[\"']", re.IGNORECASE)
COLUMN = re.compile(rb"\br\s*=\s*[\"']([A-Z]{1,3})\d+[\"']", re.IGNORECASE)
PLAIN_XML = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def workbook_candidates(content: bytes, file_name: str) -> list[Candidate]:
    """Return one candidate per visible sheet with cells.

    Raises ImportRefused when the workbook is damaged, protected, unreasonably large once unpacked, or
    every sheet has cells so far out that reading it would exhaust the memory.
    """
    if content.startswith(b"PK"):
        too_far = _check_zip(content, file_name)
    else:
        too_far = set()
        check_columns(content, file_name)
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        visible = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        readable = [name for name in visible if name not in too_far]
        sheets = [(name, workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in readable]
    except calamine.PasswordError as error:
        raise ImportRefused(f"文件“{file_name}”已加密，请在 Excel 中去除打开密码后重新导入。") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise damaged(file_name) from error
    except BaseException as error:
        # A panic inside calamine derives from BaseException and has no importable name.
        if type(error).__name__ != "PanicException":
            raise
        raise damaged(file_name) from error
    if far := [name for name in visible if name in too_far]:
        raise ImportRefused(
            f"文件“{file_name}”的工作表“{far[0]}”在很远的位置有单元格（超过 {MOST_COLUMNS} 列或范围过大），"
            "请删除表格右侧和下方多余的行列后重新保存。"
        )
    return [_candidate(name, rows) for name, rows in sheets if rows]


def _check_zip(content: bytes, file_name: str) -> set[str]:
    """Return the names of sheets that must not be opened; raise ImportRefused for anything but a sound workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if "xl/workbook.xml" not in names:
                raise ImportRefused(f"文件“{file_name}”是压缩包，不是 xlsx 表格，{ACCEPTED}。")
            unpacked = sum(member.file_size for member in members)
            packed = max(1, sum(member.compress_size for member in members))
            if len(members) > MOST_MEMBERS or unpacked > MOST_BYTES or unpacked / packed > MOST_RATIO:
                raise ImportRefused(f"文件“{file_name}”解压后过大，可能不是正常的表格，请改为导出 CSV 后再导入。")
            sheets = _sheet_parts(archive)
            far, cells = set(), 0
            for name in sorted(filter(_is_sheet, names)):
                spanned = _span(archive, name)
                cells += spanned
                if spanned > MOST_CELLS or cells > MOST_CELLS:
                    far.add(name)
            for name in names:
                if not _is_sheet(name) and _longest_string(archive.read(name)) > LONGEST_STRING_XML:
                    raise ImportRefused(
                        f"文件“{file_name}”有异常长的单元格，可能不是正常的表格，请改为导出 CSV 后再导入。"
                    )
            if far - set(sheets.values()):
                return set(sheets)
            return {name for name, part in sheets.items() if part in far}
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
        etree.LxmlError,
    ) as error:
        raise damaged(file_name) from error


def _is_sheet(member: str) -> bool:
    return member.lower().startswith("xl/worksheets/") and member.lower().endswith(".xml")


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet name → member of the archive that holds its cells."""
    parser = etree.XMLParser(**PLAIN_XML)
    relations = etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"), parser)
    targets = {relation.get("Id"): relation.get("Target") or "" for relation in relations}
    workbook = etree.fromstring(archive.read("xl/workbook.xml"), etree.XMLParser(**PLAIN_XML))
    parts = {}
    for sheet in workbook.iter("{*}sheet"):
        target = targets.get(sheet.get(RELATION) or "", "")
        parts[sheet.get("name") or ""] = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
    return parts


def _longest_string(part: bytes) -> int:
    """Return the length of the longest shared string: calamine copies it into every cell that names it."""
    return max(map(len, part.split(b"</si>"))) if b"</si>" in part else 0


def _span(archive: zipfile.ZipFile, part: str) -> int:
    """Return how many cells a sheet spans, more than any table may have when one lies beyond the widest of them."""
    last_row, rest = 0, b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            piece = rest + chunk
            if FAR_COLUMN.search(piece):
                return MOST_CELLS + 1
            rows = chain(ROW.findall(piece), FAR_CELL.findall(piece))
            last_row = max(last_row, max(map(int, rows), default=0))
            rest = piece[-OVERLAP:]
    return MOST_CELLS + 1 if last_row > MOST_ROWS else last_row * _width(archive, part)


def _width(archive: zipfile.ZipFile, part: str) -> int:
    """Return the number of the rightmost column with a cell."""
    letters: set[bytes] = set()
    rest = b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            letters.update(name.upper() for name in set(COLUMN.findall(rest + chunk)))
            rest = chunk[-OVERLAP:]
    return max((reduce(lambda total, letter: total * 26 + letter - 64, name, 0) for name in letters), default=0)


def _candidate(name: str, rows: Sequence[Sequence[object]]) -> Candidate:
    head = [[_text(cell) for cell in row] for row in rows[:HEAD_ROWS]]
    return Candidate(name, head, list(range(1, len(head) + 1)), partial(_body, rows))


def _body(rows: Sequence[Sequence[object]], header: int, width: int) -> RawTable:
    below = rows[header + 1 :]
    columns = [_texts(column) for column in zip(*below, strict=True)] if below else [[] for _ in range(width)]
    return table_of(columns, list(range(header + 2, len(rows) + 1)))


def _texts(cells: Sequence[object]) -> list[str]:
    """Return a column as texts."""
    return [cell if isinstance(cell, str) else _text(cell) for cell in cells]


def _text(cell: object) -> str:
    """Return a cell as it would be written in a text file.

    Whole numbers lose their ".0"; beyond 15 digits Excel has dropped digits already, so they keep the
    exponent that lets the loss be seen.
    """
    match cell:
        case None | "":
            text = ""
        case bool():
            text = "是" if cell else "否"
        case float():
            text = str(int(cell)) if cell.is_integer() and abs(cell) < LONGEST_EXACT else repr(cell)
        case datetime():
            text = f"{cell + timedelta(microseconds=500_000):%Y-%m-%d %H:%M:%S}"
        case date() | time():
            text = cell.isoformat()
        case _:
            text = str(cell)
    return text

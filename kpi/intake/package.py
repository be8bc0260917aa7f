"""The zip package of an xlsx workbook: refused when it is a bomb, and looked through for what is no value."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from kpi.errors import ImportRefused
from kpi.intake.compound import damaged, protected
from kpi.intake.grid import MOST_CELLS, MOST_COLUMNS, MOST_ROWS
from kpi.intake.sheet_marks import SheetMarks, errors_as_texts, sheet_marks
from kpi.intake.sniff import ACCEPTED

MOST_MEMBERS = 200
MOST_BYTES = 300 * 1024**2
# Sheets may shrink as far as they like: blank rows do, and they are read as a stream. Anything else of size may not.
MOST_RATIO = 200
SMALL = 1 << 20
MOST_INDEX = 8 << 20
LONGEST_STRING_XML = 400_000
ENCRYPTED_MEMBER = 0x1
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
ACTIVE = (
    ("xl/vbaproject.bin", "宏"),
    ("xl/macrosheets/", "宏表"),
    ("xl/externallinks/", "外部链接"),
    ("xl/embeddings/", "嵌入对象"),
    ("xl/activex/", "控件"),
    ("xl/connections.xml", "外部数据连接"),
)
EXTERNAL = "xl/externallinks/"
PLAIN_XML = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


@dataclass(frozen=True)
class Package:
    """A sound package: its bytes with error cells made texts, and what its sheets say beside their values.

    ``far`` names the sheets that must not be opened; ``active`` what the package carries besides values.
    """

    content: bytes
    marks: dict[str, SheetMarks]
    far: frozenset[str]
    dates_1904: bool
    active: tuple[str, ...]


class _Index(NamedTuple):
    """The sheets in the order of trust: name and part, the visible ones first."""

    sheets: list[tuple[str, str]]
    dates_1904: bool


def check_package(content: bytes, file_name: str) -> Package:
    """Return what the package says; raise ImportRefused for anything but a sound workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if any(member.flag_bits & ENCRYPTED_MEMBER for member in members):
                raise protected(file_name)
            if WORKBOOK not in archive.namelist():
                raise ImportRefused(f"文件“{file_name}”是压缩包，不是 xlsx 表格，{ACCEPTED}。")
            if _too_large(members):
                raise _bomb(file_name)
            index = _index(archive, file_name)
            parts = {part for _, part in index.sheets}
            if _bulges(member for member in members if member.filename not in parts):
                raise _bomb(file_name)
            _check_strings(archive, parts, file_name)
            marks, far = _marks(archive, index)
            faulty = {part for name, part in index.sheets if name in marks and marks[name].has_errors}
            return Package(
                _with_error_texts(archive, faulty) if faulty else content,
                marks,
                far,
                index.dates_1904,
                _active(archive),
            )
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


def _bomb(file_name: str) -> ImportRefused:
    return ImportRefused(f"文件“{file_name}”解压后过大，可能不是正常的表格，请改为导出 CSV 后再导入。")


def _too_large(members: list[zipfile.ZipInfo]) -> bool:
    return len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_BYTES


def _bulges(members: Iterable[zipfile.ZipInfo]) -> bool:
    return any(
        member.file_size > SMALL and member.file_size > MOST_RATIO * max(1, member.compress_size) for member in members
    )


def _index(archive: zipfile.ZipFile, file_name: str) -> _Index:
    """Return the sheets and the part of the archive that holds the cells of each."""
    if any(archive.getinfo(name).file_size > MOST_INDEX for name in (WORKBOOK, RELATIONS)):
        raise _bomb(file_name)
    relations = etree.fromstring(archive.read(RELATIONS), etree.XMLParser(**PLAIN_XML))
    targets = {relation.get("Id"): relation.get("Target") or "" for relation in relations}
    workbook = etree.fromstring(archive.read(WORKBOOK), etree.XMLParser(**PLAIN_XML))
    sheets = sorted(workbook.iter("{*}sheet"), key=lambda sheet: sheet.get("state", "visible") != "visible")
    settings = next(workbook.iter("{*}workbookPr"), None)
    return _Index(
        [(sheet.get("name") or "", _part(targets.get(sheet.get(RELATION) or "", ""))) for sheet in sheets],
        settings is not None and settings.get("date1904") in ("1", "true"),
    )


def _part(target: str) -> str:
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _check_strings(archive: zipfile.ZipFile, parts: set[str], file_name: str) -> None:
    """Refuse shared strings of absurd length: calamine copies one into every cell that names it."""
    for name in archive.namelist():
        if name in parts or not name.lower().endswith("strings.xml"):
            continue
        if max(map(len, archive.read(name).split(b"si>"))) > LONGEST_STRING_XML:
            raise ImportRefused(f"文件“{file_name}”有异常长的单元格，可能不是正常的表格，请改为导出 CSV 后再导入。")


def _marks(archive: zipfile.ZipFile, index: _Index) -> tuple[dict[str, SheetMarks], frozenset[str]]:
    """Return the marks of every sheet, and the names of those that are too far, alone or with those before them."""
    found: dict[str, SheetMarks] = {}
    far = set()
    members = set(archive.namelist())
    cells = 0
    for name, part in index.sheets:
        if part not in members or not part.lower().endswith(".xml"):
            continue
        with archive.open(part) as stream:
            found[name] = sheet = sheet_marks(stream)
        spanned = sheet.last_filled * sheet.width
        if sheet.width > MOST_COLUMNS or sheet.last_filled > MOST_ROWS or cells + spanned > MOST_CELLS:
            far.add(name)
        else:
            cells += spanned
    return found, frozenset(far)


def _with_error_texts(archive: zipfile.ZipFile, parts: set[str]) -> bytes:
    """Return the package with the error cells of those sheets made texts: calamine reads an error as nothing."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for name in archive.namelist():
            with archive.open(name) as stream, copy.open(name, "w", force_zip64=True) as target:
                for piece in errors_as_texts(stream) if name in parts else iter(lambda: stream.read(1 << 20), b""):
                    target.write(piece)
    return buffer.getvalue()


def _active(archive: zipfile.ZipFile) -> tuple[str, ...]:
    names = [name.lower() for name in archive.namelist()]
    found = [word for start, word in ACTIVE if any(name.startswith(start) for name in names)]
    links = [name for name in archive.namelist() if name.lower().startswith(EXTERNAL) and name.endswith(".xml")]
    if any(b"ddeLink" in archive.read(name) for name in links):
        found.append("动态数据交换（DDE）")
    return tuple(found)

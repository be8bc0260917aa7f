"""What kind of file the bytes are, and in which characters: told from the content, never from the name."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import numpy as np
import polars as pl

from kpi.errors import ImportRefused

ACCEPTED = "请导出为 CSV 或 Excel（xlsx）后再导入"
FOREIGN: dict[bytes, str] = {
    b"%PDF": "PDF 文档",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"BM": "图片",
    b"Rar!": "压缩包",
    b"7z\xbc\xaf": "压缩包",
    b"\x1f\x8b": "压缩包",
    b"MZ": "程序文件",
    b"SQLite format 3": "数据库文件",
    b"PAR1": "Parquet 文件",
}
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
CHUNK = 1 << 22
HEAD = 4096
BLANK = b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"
CONTROL = bytes(sorted(set(range(32)) - set(b"\t\n\r")))
TOLERATED_CONTROLS = 0.001
JUNK_CONTROLS = 0.02
CONVINCING = 4


@dataclass(frozen=True)
class Sniffed:
    """A file whose kind is known.

    ``format`` is csv, html, xlsx or xls. For csv and html ``data`` is the text as UTF-8 with line ends
    made uniform, and ``encoding`` what it was written in; for workbooks ``data`` is the file itself.
    ``controls`` counts the control characters taken out.
    """

    format: str
    encoding: str
    data: bytes
    controls: int = 0


def sniff(content: bytes, file_name: str) -> Sniffed:
    """Return the kind, encoding and readable bytes of a file.

    Raises ImportRefused when it is empty, protected by a password, not a table, or holds bytes that
    belong to no Chinese encoding.
    """
    if not content[:HEAD].strip(BLANK) and not content.strip(BLANK):
        raise ImportRefused(f"文件“{file_name}”是空的，没有数据行，请重新导出后再导入。")
    if content.startswith(b"PK\x03\x04"):
        return Sniffed("xlsx", "", content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        if ENCRYPTED_STREAM in content:
            raise ImportRefused(f"文件“{file_name}”已加密，请在 Excel 中去除打开密码后重新导入。")
        return Sniffed("xls", "", content)
    for signature, kind in FOREIGN.items():
        if content.startswith(signature) and not _reads_as_text(content):
            raise ImportRefused(f"文件“{file_name}”是{kind}，不是表格，{ACCEPTED}。")
    if not _utf16_lane(content) and _control_share(content[:HEAD]) > JUNK_CONTROLS:
        raise ImportRefused(f"文件“{file_name}”不是表格文件，{ACCEPTED}。")
    data, encoding = _as_utf8(content, file_name)
    data, controls = _without_controls(data, file_name)
    return Sniffed(_markup(data, file_name), encoding, _uniform_lines(data), controls)


def _reads_as_text(content: bytes) -> bool:
    return content[:2] in (b"BM", b"MZ") and not _control_share(content[:HEAD])


def _control_share(head: bytes) -> float:
    return 1 - len(head.translate(None, CONTROL)) / len(head)


def _markup(data: bytes, file_name: str) -> str:
    head = data[:HEAD].lstrip().lower()
    if head.startswith(b"<?xml") and (
        b"mso-application" in head or b"urn:schemas-microsoft-com:office:spreadsheet" in head
    ):
        raise ImportRefused(f"文件“{file_name}”是 XML 格式的电子表格，请在 Excel 中另存为 xlsx 后再导入。")
    if head.startswith(
        (b"<html", b"<!doctype html", b"<table", b"<head", b"<meta", b"<body", b"<?xml", b"<div", b"<style")
    ):
        return "html"
    return "csv"


def _as_utf8(content: bytes, file_name: str) -> tuple[bytes, str]:
    """Return the text as UTF-8 and the name of its encoding: byte-order mark, then UTF-8, then GB18030."""
    if content.startswith(codecs.BOM_UTF8):
        content = content[len(codecs.BOM_UTF8) :]
        if not _is_utf8(content):
            raise _broken(content, "utf-8", file_name)
        return content, "utf-8-sig"
    if lane := _utf16_lane(content):
        try:
            return content.decode(lane).lstrip("\ufeff").encode(), "utf-16"
        except UnicodeError as error:
            raise ImportRefused(f"文件“{file_name}”的 UTF-16 字符不完整，请重新导出为 UTF-8 的 CSV。") from error
    if _is_utf8(content):
        return content, "utf-8"
    if _mostly_utf8(content):
        raise _broken(content, "utf-8", file_name)
    try:
        return content.decode("gb18030").encode(), "gb18030"
    except UnicodeDecodeError as error:
        raise _broken(content, "gb18030", file_name) from error


def _is_utf8(content: bytes) -> bool:
    """Say whether all bytes are UTF-8; Polars checks a hundred megabytes without building the text."""
    try:
        pl.Series([content], dtype=pl.Binary()).cast(pl.String())
    except pl.exceptions.PolarsError:
        return False
    return True


def _mostly_utf8(content: bytes) -> bool:
    """Say whether the text is UTF-8 up to its first bad byte: GBK text fails within a character or two."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return sum(char > "\x7f" for char in content[: min(error.start, 1 << 16)].decode(errors="ignore")) >= CONVINCING
    return True


def _broken(content: bytes, encoding: str, file_name: str) -> ImportRefused:
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return ImportRefused(
            f"文件“{file_name}”第 {line} 行有无法识别的字符，文件可能不完整，请重新导出为 UTF-8 或 GBK 的 CSV。"
        )
    return ImportRefused(f"文件“{file_name}”有无法识别的字符，请重新导出为 UTF-8 或 GBK 的 CSV。")


def _utf16_lane(content: bytes) -> str:
    """Return the UTF-16 codec the byte-order mark or a consistent lane of NUL bytes shows, else nothing."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = np.frombuffer(content[:HEAD], np.uint8)
    even, odd = np.count_nonzero(head[::2] == 0), np.count_nonzero(head[1::2] == 0)
    if len(content) % 2 or even + odd <= len(head) // 20:
        return ""
    if odd > 20 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 20 * odd else ""


def _without_controls(data: bytes, file_name: str) -> tuple[bytes, int]:
    """Return the text without control characters and how many there were; too many mean it is no text."""
    allowed = data.count(b"\n") + data.count(b"\t") + data.count(b"\r")
    whole = np.frombuffer(data, np.uint8)
    below = sum(int(np.count_nonzero(whole[start : start + CHUNK] < 32)) for start in range(0, len(data), CHUNK))
    if below == allowed:
        return data, 0
    controls = below - allowed
    if controls > max(3, TOLERATED_CONTROLS * len(data)):
        raise ImportRefused(f"文件“{file_name}”不是表格文件，{ACCEPTED}。")
    return data.translate(None, CONTROL), controls


def _uniform_lines(data: bytes) -> bytes:
    if b"\r" not in data:
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

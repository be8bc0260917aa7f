"""What kind of file the bytes are, and in which characters: told from the content, never from the name."""

from __future__ import annotations

from dataclasses import dataclass

from kpi.errors import ImportRefused
from kpi.intake.source import Source
from kpi.intake.text import CONTROL, Text, encoding_of, utf16_lane

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
ENCRYPTED_SEARCHED = 1 << 24
HEAD = 4096
BLANK = b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"
JUNK_CONTROLS = 0.02
MARKUP = (b"<html", b"<!doctype html", b"<table", b"<head", b"<meta", b"<body", b"<?xml", b"<div", b"<style")


@dataclass(frozen=True)
class Sniffed:
    """A file whose kind is known: csv, html, xml (SpreadsheetML), xlsx or xls.

    ``text`` is set for the first three, which are written in characters of some encoding.
    """

    format: str
    source: Source
    text: Text | None = None

    @property
    def encoding(self) -> str:
        """What a text is written in; empty for workbooks."""
        return self.text.encoding if self.text else ""


def sniff(source: Source) -> Sniffed:
    """Return the kind and encoding of a file.

    Raises ImportRefused when it is empty, protected by a password, not a table, or holds bytes that
    belong to no Chinese encoding.
    """
    head, file_name = source.head(HEAD), source.file_name
    if not head.strip(BLANK) and all(not block.strip(BLANK) for block in source.blocks()):
        raise ImportRefused(f"文件“{file_name}”是空的，没有数据行，请重新导出后再导入。")
    if head.startswith(b"PK\x03\x04"):
        return Sniffed("xlsx", source)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        if ENCRYPTED_STREAM in source.head(ENCRYPTED_SEARCHED):
            raise ImportRefused(f"文件“{file_name}”已加密，请在 Excel 中去除打开密码后重新导入。")
        return Sniffed("xls", source)
    for signature, kind in FOREIGN.items():
        if head.startswith(signature) and not _reads_as_text(head):
            raise ImportRefused(f"文件“{file_name}”是{kind}，不是表格，{ACCEPTED}。")
    if not utf16_lane(head, source.size) and _control_share(head) > JUNK_CONTROLS:
        raise ImportRefused(f"文件“{file_name}”不是表格文件，{ACCEPTED}。")
    text = Text(source, encoding_of(source))
    return Sniffed(_markup(text.head(HEAD)), source, text)


def _reads_as_text(head: bytes) -> bool:
    return head[:2] in (b"BM", b"MZ") and not _control_share(head)


def _control_share(head: bytes) -> float:
    return 1 - len(head.translate(None, CONTROL)) / len(head)


def _markup(data: bytes) -> str:
    head = data[:HEAD].lstrip().lower()
    if head.startswith(b"<?xml") and (
        b"mso-application" in head or b"urn:schemas-microsoft-com:office:spreadsheet" in head
    ):
        return "xml"
    return "html" if head.startswith(MARKUP) else "csv"

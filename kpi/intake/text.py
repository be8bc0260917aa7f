"""Text files of any size: UTF-8 blocks with uniform line ends and no control characters, cut between lines."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from kpi.errors import ImportRefused
from kpi.intake.source import BLOCK, Source

CONTROL = bytes(sorted(set(range(32)) - set(b"\t\n\r")))
MOST_CONTROL_ROWS = 0.001
CONVINCING = 4
NEWLINE = 0x0A


@dataclass
class Text:
    """A text file in a known encoding.

    ``controls`` (characters taken out) and ``is_cut`` (the last line has no line end) are known once ``blocks``
    was read to its end.
    """

    source: Source
    encoding: str
    controls: int = 0
    is_cut: bool = False
    _control_rows: int = field(default=0, repr=False)
    _lines: int = field(default=0, repr=False)

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """Return the text as UTF-8 in blocks of whole lines.

        Raises ImportRefused, naming the line, at bytes that belong to no character; and, having returned
        everything, when more than one row in a thousand held control characters.
        """
        self.controls = self._control_rows = self._lines = 0
        tail = b""
        for decoded in self._decoded(size):
            lines = decoded.count(b"\n")
            block = self._without_controls(decoded, lines)
            tail = block[-1:]
            self._lines += lines
            yield block
        self.is_cut = tail not in (b"\n", b"")
        check_control_rows(self._control_rows, self._lines, self.source.file_name)

    def head(self, size: int) -> bytes:
        """Return about the first ``size`` bytes of the text as UTF-8."""
        read = b""
        for block in self.blocks(size):
            read += block
            if len(read) >= size // 2:
                break
        return read

    def _decoded(self, size: int) -> Iterator[bytes]:
        """Return UTF-8 blocks of whole lines with line ends made uniform."""
        codec = {"utf-8-sig": "utf-8", "utf-16": ""}.get(self.encoding, self.encoding)
        for block in self._utf16_lines(size) if not codec else _whole_lines(self.source.blocks(size), self.encoding):
            if codec == "utf-8":
                if not is_utf8(block):
                    raise broken(block, codec, self.source.file_name, self._lines + 1)
                text = block
            elif codec:
                try:
                    text = block.decode(codec).encode()
                except UnicodeDecodeError as error:
                    raise broken(block, codec, self.source.file_name, self._lines + 1) from error
            else:
                text = block
            yield text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text

    def _utf16_lines(self, size: int) -> Iterator[bytes]:
        """Return the blocks of a UTF-16 file as UTF-8."""
        head = self.source.head(4096)
        codec = utf16_lane(head, self.source.size)
        decoder = codecs.getincrementaldecoder(codec)()
        carried = ""
        try:
            for block in self.source.blocks(size):
                carried += decoder.decode(block)
                cut = carried.rfind("\n") + 1 or len(carried) - carried.endswith("\r")
                if cut:
                    yield carried[:cut].lstrip("\ufeff").encode()
                carried = carried[cut:]
            carried += decoder.decode(b"", final=True)
            if carried:
                yield carried.lstrip("\ufeff").encode()
        except UnicodeError as error:
            raise ImportRefused(
                f"文件“{self.source.file_name}”的 UTF-16 字符不完整，请重新导出为 UTF-8 的 CSV。"
            ) from error

    def _without_controls(self, block: bytes, lines: int) -> bytes:
        whole = np.frombuffer(block, np.uint8)
        pieces = range(0, len(whole), 1 << 22)
        below = sum(int(np.count_nonzero(whole[start : start + (1 << 22)] < 32)) for start in pieces)
        if below == lines or below == lines + block.count(b"\t"):
            return block
        marks = np.flatnonzero(np.isin(whole, np.frombuffer(CONTROL, np.uint8)))
        self.controls += len(marks)
        self._control_rows += len(np.unique(np.searchsorted(np.flatnonzero(whole == NEWLINE), marks)))
        return block.translate(None, CONTROL)


def check_control_rows(concerned: int, rows: int, file_name: str) -> None:
    """Raise ImportRefused when more than one row, and more than one in a thousand, held control characters."""
    if concerned > max(1, MOST_CONTROL_ROWS * rows):
        raise ImportRefused(
            f"文件“{file_name}”有 {concerned} 行含有不可见的控制字符，可能不是表格或已损坏，"
            "请重新导出为 CSV 或 Excel（xlsx）。"
        )


def _whole_lines(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Return the blocks cut behind a line end; no byte of a GB18030 or UTF-8 character looks like one."""
    carried: list[bytes] = []
    mark = len(codecs.BOM_UTF8) if encoding == "utf-8-sig" else 0
    for read in blocks:
        block, mark = read[mark:], 0
        cut = block.rfind(b"\n") + 1
        if not cut and b"\r" in block[:-1]:
            cut = block.rfind(b"\r", 0, len(block) - 1) + 1
        if cut:
            yield b"".join([*carried, block[:cut]])
            carried = []
        carried.append(block[cut:])
    if rest := b"".join(carried):
        yield rest


def is_utf8(content: bytes) -> bool:
    """Say whether all bytes are UTF-8; Polars checks a hundred megabytes without building the text."""
    try:
        pl.Series([content], dtype=pl.Binary()).cast(pl.String())
    except pl.exceptions.PolarsError:
        return False
    return True


def encoding_of(source: Source) -> str:
    """Return utf-8-sig, utf-16, utf-8 or gb18030: byte-order mark, NUL bytes, then the first blocks that are not ASCII.

    Raises ImportRefused when a text that begins as UTF-8 breaks off being it.
    """
    head = source.head(4096)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if utf16_lane(head, source.size):
        return "utf-16"
    line = 1
    for block in _whole_lines(source.blocks(), ""):
        if not block.isascii():
            if is_utf8(block):
                return "utf-8"
            if _mostly_utf8(block):
                raise broken(block, "utf-8", source.file_name, line)
            return "gb18030"
        line += block.count(b"\n")
    return "utf-8"


def utf16_lane(head: bytes, size: int) -> str:
    """Return the UTF-16 codec the byte-order mark or a consistent lane of NUL bytes shows, else nothing."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    whole = np.frombuffer(head, np.uint8)
    even, odd = np.count_nonzero(whole[::2] == 0), np.count_nonzero(whole[1::2] == 0)
    if size % 2 or even + odd <= len(whole) // 20:
        return ""
    if odd > 20 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 20 * odd else ""


def _mostly_utf8(content: bytes) -> bool:
    """Say whether the text is UTF-8 up to its first bad byte: GBK text fails within a character or two."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return sum(char > "\x7f" for char in content[: min(error.start, 1 << 16)].decode(errors="ignore")) >= CONVINCING
    return True


def broken(content: bytes, encoding: str, file_name: str, line: int) -> ImportRefused:
    """Return the refusal of a text with a byte no character of ``encoding`` has; ``content`` begins at ``line``."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        line += content.count(b"\n", 0, error.start)
    return ImportRefused(
        f"文件“{file_name}”第 {line} 行有无法识别的字符，文件可能不完整，请重新导出为 UTF-8 或 GBK 的 CSV。"
    )

"""The bytes of a file, in memory or on disk, read in blocks so that a large file never stands in memory whole."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from kpi.errors import ImportRefused

BLOCK = 24 * 1024**2
WHOLE_LIMIT = 512 * 1024**2


@dataclass(frozen=True)
class Source:
    """Where the bytes of one file are."""

    content: bytes | Path
    file_name: str

    @property
    def size(self) -> int:
        """The number of bytes; ImportRefused when the file cannot be read."""
        if isinstance(self.content, bytes):
            return len(self.content)
        try:
            known = self.content.stat()
        except OSError as error:
            raise self._unreadable() from error
        if not S_ISREG(known.st_mode):
            raise ImportRefused(f"“{self.file_name}”不是普通文件，请选择导出的表格文件。")
        return known.st_size

    def open(self) -> BinaryIO:
        """Return the bytes from their beginning; ImportRefused when the file cannot be read."""
        if isinstance(self.content, bytes):
            return io.BytesIO(self.content)
        try:
            return self.content.open("rb")
        except OSError as error:
            raise self._unreadable() from error

    def head(self, size: int) -> bytes:
        """Return the first ``size`` bytes, or all where there are fewer."""
        with self.open() as stream:
            return stream.read(size)

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """Return the bytes in pieces of ``size``."""
        with self.open() as stream:
            while block := stream.read(size):
                yield block

    def whole(self) -> bytes:
        """Return all bytes at once, for formats that cannot be read in pieces; ImportRefused beyond half a gigabyte."""
        if self.size > WHOLE_LIMIT:
            raise ImportRefused(
                f"文件“{self.file_name}”有 {self.size / 1024**2:.0f} MB，这种格式最多读取 "
                f"{WHOLE_LIMIT // 1024**2} MB，请改为导出 CSV 或分月导出。"
            )
        return self.content if isinstance(self.content, bytes) else self.head(self.size)

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes, as hexadecimal digits."""
        known = hashlib.sha256()
        for block in self.blocks():
            known.update(block)
        return known.hexdigest()

    def _unreadable(self) -> ImportRefused:
        return ImportRefused(f"文件“{self.file_name}”读不出来，请检查路径和权限。")

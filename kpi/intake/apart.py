"""Reading a file in a process of its own, so that no file can take the server down or make it wait for ever."""

from __future__ import annotations

import atexit
import json
import logging
import os
import subprocess
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from threading import Lock, Timer
from typing import Any
from uuid import uuid4

from kpi.catalogue import ROOT
from kpi.errors import ImportRefused
from kpi.intake.mapping import Mapping
from kpi.intake.source import Source
from kpi.intake.spelling import LONGEST_NAME, quotable
from kpi.intake.staged import Scratch, Staged, sweep
from kpi.intake.staging import check_size
from kpi.intake.transfer import raised, unpacked

SECONDS = 120.0
SECONDS_PER_MEGABYTE = 1.0
IDLE_SECONDS = 300.0
LARGE = 8 * 1024**2
log = logging.getLogger(__name__)


class _Died(Exception):
    """The reading process ended without an answer."""


class Reader:
    """One reading process, started when needed, ended when idle; takes one file at a time."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """Let a file take ``seconds``, and one second more for every megabyte of it."""
        self._seconds = seconds
        self._lock = Lock()
        self._process: subprocess.Popen[str] | None = None
        self._retirement: Timer | None = None

    def read(self, request: dict[str, Any], size: int) -> dict[str, Any]:
        """Return the answer to one request about a file of ``size`` bytes; ImportRefused when it kills the process."""
        with self._lock:
            if self._retirement:
                self._retirement.cancel()
            seconds = self._seconds + size / 1024**2 * SECONDS_PER_MEGABYTE
            process = self._running()
            is_late = False

            def too_late() -> None:
                nonlocal is_late
                is_late = True
                process.kill()

            alarm = Timer(seconds, too_late)
            alarm.start()
            try:
                said = self._asked(process, request)
                if size > LARGE:
                    # What a large file left in memory belongs to the import now; a new process gets ready.
                    self._end()
                    self._running()
                return said
            except _Died as death:
                raise self._refused(request["file_name"], seconds if is_late else None) from death
            finally:
                alarm.cancel()
                self._retirement = Timer(IDLE_SECONDS, self.stop)
                self._retirement.daemon = True
                self._retirement.start()

    def stop(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _asked(self, process: subprocess.Popen[str], request: dict[str, Any]) -> dict[str, Any]:
        assert process.stdin and process.stdout
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except (BrokenPipeError, OSError) as error:
            raise _Died from error
        if not answer.endswith("\n"):
            raise _Died
        said: dict[str, Any] = json.loads(answer)
        return said

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            sweep()
            paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
            self._process = subprocess.Popen(
                (sys.executable, "-m", "kpi.intake.child"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"},
            )
        return self._process

    def _refused(self, file_name: str, seconds: float | None) -> ImportRefused:
        self._end()
        if seconds is not None:
            return ImportRefused(
                f"文件“{file_name}”读了 {seconds:.0f} 秒还没有读完，可能不是正常的表格，请改为导出 CSV 或分月导出。"
            )
        return ImportRefused(
            f"文件“{file_name}”使读取程序中途退出（内存超限或内容损坏），没有导入任何内容，请改为导出 CSV 或分月导出。"
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream:
                    stream.close()


_reader = Reader()
atexit.register(_reader.stop)


def stage_apart(
    content: bytes | Path,
    file_name: str,
    settings: Path | None = None,
    *,
    today: date | None = None,
    mapping: Mapping | None = None,
    sheet: str | None = None,
    reader: Reader = _reader,
) -> Staged:
    """Return what ``stage`` returns, read in another process that has little memory and little time.

    ``settings`` is the folder with the aliases and mappings people confirmed. Raises ImportRefused also when the
    file exhausts the memory or the time, or makes the reading process die; only that process is harmed.
    """
    file_name = quotable(file_name, LONGEST_NAME)
    source = Source(content, file_name)
    check_size(source)
    folder = Scratch()
    path = content if isinstance(content, Path) else folder.path / "input"
    if isinstance(content, bytes):
        path.write_bytes(content)
    request = {
        "path": str(path.absolute()),
        "file_name": file_name,
        "settings": str(settings.absolute()) if settings else "",
        "today": today.isoformat() if today else "",
        "mapping": _plain(mapping) if mapping else None,
        "sheet": sheet,
        "out": str(folder.path),
    }
    said = reader.read(request, source.size)
    if "refused" in said:
        raise raised(said["refused"])
    if "broken" in said:
        raise _broken(file_name, str(said["broken"]))
    return unpacked(said["staged"], folder, path)


def _plain(mapping: Mapping) -> dict[str, Any]:
    return {name: value for name, value in asdict(mapping).items() if name not in ("saved_by", "saved_at")}


def _broken(file_name: str, why: str) -> ImportRefused:
    if why == "memory":
        return ImportRefused(f"文件“{file_name}”读取时内存不足，没有导入任何内容，请改为导出 CSV 或分月导出。")
    number = uuid4().hex[:8]
    log.error("reading a file failed, id %s\n%s", number, why)
    return ImportRefused(
        f"文件“{file_name}”读取时发生内部错误（编号 {number}），没有导入任何内容，请把文件和编号交给管理员。"
    )

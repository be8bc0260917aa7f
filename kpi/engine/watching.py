"""A folder into which files are dropped: each is imported, then filed under done or refused with a report beside it."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from time import sleep
from typing import Any

from kpi import intake
from kpi.catalogue import Catalogue
from kpi.engine import report
from kpi.engine.loading import load
from kpi.engine.preview import preview
from kpi.errors import ImportRefused, KpiError
from kpi.store import settings_folder
from kpi.store.location import writing

DONE, REFUSED = "done", "refused"
REPORT = ".报告.txt"
FACTS = ".report.json"
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".download", ".swp", "~")
STILL_SECONDS = 3.0
LONGEST_NAME_BYTES = 200
# O_WRONLY and O_RDWR, as /proc shows them.
WRITING = 0o3
_log = logging.getLogger(__name__)

Said = Callable[[str], None]


def watch(
    root: Path, folder: Path, catalogue: Catalogue, say: Said, *, seconds: float, once: bool, accept: bool
) -> int:
    """Import what is dropped into ``folder`` until stopped, or, with ``once``, what lies there now; return how many.

    A file is taken when its size has not changed for two seconds. Whatever must be confirmed by a person is refused,
    unless ``accept``. Raises StoreError when another process watches the folder, ImportRefused when it is no folder.
    """
    if not folder.is_dir():
        raise ImportRefused(f"文件夹“{folder}”不存在，请先建立它或检查路径。")
    taken = 0
    failed: dict[Path, tuple[int, int]] = {}
    with writing(folder, seconds=0):
        for name in (DONE, REFUSED):
            (folder / name).mkdir(exist_ok=True)
        while True:
            for path in list(_settled(folder, failed)):
                try:
                    said = take(root, path, catalogue, accept=accept, waiting=say)
                except Changed:
                    continue
                except Exception:  # noqa: BLE001 one file must never keep the others from coming in
                    with suppress(OSError):
                        failed[path] = _state(path)
                    _log.exception("taking %s failed", _printable(path.name))
                    said = f"✕ 文件“{_printable(path.name)}”处理时发生内部错误，留在原处，改名或更正后会再试。"
                say(said)
                taken += 1
            if once:
                return taken
            sleep(seconds)


class Changed(Exception):
    """A file was still being written while it was read: it is taken another time."""


def take(root: Path, path: Path, catalogue: Catalogue, *, accept: bool, waiting: Said | None = None) -> str:
    """Import one file, file it with its report, and return the report's first line.

    Raises Changed when the file is still being written.
    """
    folder, name = path.parent, _printable(path.name)
    try:
        result = _imported(root, path, catalogue, accept=accept, waiting=waiting)
        outcome = DONE if result["outcome"] == "imported" else REFUSED
    except (KpiError, OSError) as error:
        reason = str(error) if isinstance(error, KpiError) else f"文件“{name}”读写失败，请检查权限后重新放入。"
        result, outcome = {"file": name, "outcome": "refused", "reason": reason}, REFUSED
    target = _free(folder / outcome / _fitting(name))
    # The report first: were the power to go in between, the file would be taken again and refused as known.
    lines = report.lines(result)
    said = f"{datetime.now():%Y-%m-%d %H:%M:%S}  {lines[0]}"
    target.with_name(target.name + REPORT).write_text("\n".join([said, *lines[1:], ""]), encoding="utf-8")
    plain = json.dumps(result, ensure_ascii=False, indent=1, default=_plain)
    target.with_name(target.name + FACTS).write_text(plain, encoding="utf-8")
    path.replace(target)
    return said


def _imported(root: Path, path: Path, catalogue: Catalogue, *, accept: bool, waiting: Said | None) -> dict[str, Any]:
    before = _state(path)
    staged = intake.stage_apart(path, _printable(path.name), settings_folder(root))
    if _state(path) != before or _is_being_written(path):
        raise Changed
    found = preview(root, staged, catalogue)
    if found.cautions and not accept:
        facts = report.previewed(staged, found)
        reason = f"文件“{staged.file_name}”有 {len(found.cautions)} 项须人工确认，请在“数据导入”页或用命令行导入。"
        return {**facts, "outcome": "refused", "reason": reason}
    (batch,) = load(root, [staged], catalogue, waiting=waiting)
    return report.imported(staged, batch)


def _settled(folder: Path, failed: dict[Path, tuple[int, int]]) -> Iterator[Path]:
    """Return the files that are whole: not of a browser or an editor at work, and of the same size for a while."""
    waiting = {}
    for path in sorted(folder.iterdir()):
        with suppress(OSError):
            if _is_export(path) and failed.get(path) != _state(path):
                waiting[path] = _state(path)
    if waiting:
        sleep(STILL_SECONDS)
    for path, before in waiting.items():
        with suppress(OSError):
            if _state(path) == before and not _is_being_written(path):
                yield path


def _is_export(path: Path) -> bool:
    name = path.name
    is_hidden = name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED) or name == "writing.lock"
    return path.is_file() and not path.is_symlink() and not is_hidden


def _is_being_written(path: Path) -> bool:
    """Say whether a process has the file open for writing, as far as the system tells: Linux does of one's own."""
    known = path.stat()
    for handle in Path("/proc").glob("[0-9]*/fd/*") if sys.platform == "linux" else ():
        with suppress(OSError, ValueError):
            opened = handle.stat()
            if (opened.st_ino, opened.st_dev) == (known.st_ino, known.st_dev):
                info = (handle.parents[1] / "fdinfo" / handle.name).read_text()
                flags = next(line.split()[1] for line in info.splitlines() if line.startswith("flags"))
                if int(flags, 8) & WRITING:
                    return True
    return False


def _state(path: Path) -> tuple[int, int]:
    known = path.stat()
    return known.st_size, known.st_mtime_ns


def _printable(name: str) -> str:
    """Return the name as text, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "replace")


def _fitting(name: str) -> str:
    """Return the name short enough for the endings of reports and a number."""
    stem, dot, ending = name.rpartition(".")
    while len(os.fsencode(name)) > LONGEST_NAME_BYTES:
        stem = (stem or name)[:-1]
        name = f"{stem}{dot}{ending}" if dot else stem
    return name


def _free(path: Path) -> Path:
    """Return the path, or one with a number where a file of that name was filed before."""
    number, free = 2, path
    while free.exists():
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return free


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)

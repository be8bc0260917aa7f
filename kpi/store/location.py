"""Where the store lives on disk, and which of its two datasets is shown: 演示数据 or 正式数据."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from kpi.errors import StoreError

DEMO = "demo"
REAL = "real"
NAMES = {DEMO: "演示数据", REAL: "正式数据"}
LOCK_SECONDS = 900.0
WAITING = "另一个导入正在进行，等它结束后自动继续，请稍候……"


def store_root() -> Path:
    """Return the folder of the store: ``KPI_STORE`` when set, else ``data/store`` of the project."""
    named = os.environ.get("KPI_STORE")
    return Path(named) if named else Path(__file__).resolve().parents[2] / "data" / "store"


def dataset_folder(root: Path, dataset: str) -> Path:
    """Return the folder that holds the generations of ``dataset``."""
    return root / dataset


def settings_folder(root: Path) -> Path:
    """Return the folder of what people confirmed while importing: aliases and the mappings of foreign senders."""
    return root / "settings"


def active_dataset(root: Path) -> str:
    """Return the dataset that is shown; StoreError when neither holds any data."""
    pointer = root / "active"
    if pointer.exists():
        named = pointer.read_bytes().decode("utf-8", "replace").strip()
        if named not in NAMES:
            raise StoreError("记录显示哪套数据的文件 active 已损坏，请用 python -m kpi use real 或 use demo 重新指定。")
        return named
    raise StoreError("还没有任何数据，请先导入文件（python -m kpi import 文件），或运行 python3 run.py 建立演示数据。")


def activate(root: Path, dataset: str) -> None:
    """Show ``dataset`` from now on; StoreError when it has no data yet."""
    if not (dataset_folder(root, dataset) / "current").exists():
        raise StoreError(f"{NAMES[dataset]}还没有内容，不能切换；请先导入文件。")
    with writing(root):
        replace_text(root / "active", dataset)


def replace_text(path: Path, text: str) -> None:
    """Write ``text`` so that a reader sees either the old content or the new, even after a power cut.

    The caller holds the only right to write there; a killed one leaves a draft that the next overwrites.
    """
    draft = path.with_name(f"{path.name}.new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename inside ``folder`` durable, where the system knows how to."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def writing(
    folder: Path, seconds: float = LOCK_SECONDS, waiting: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the only right to write in ``folder``; StoreError when another import keeps it too long.

    Where the right is not free at once, ``waiting`` is told so, once.

    The operating system gives the right back when a process is killed.
    """
    deadline = monotonic() + seconds
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = (folder / "writing.lock").open("a+b")
    except OSError as error:
        raise StoreError(f"数据文件夹 {folder} 不能写入，请检查该文件夹的位置和权限：{error.strerror}。") from error
    with opened as file:
        while not _try_lock(file):
            if waiting:
                waiting(WAITING)
                waiting = None
            if monotonic() > deadline:
                raise StoreError("另一个导入正在进行，等待超时；请等它结束后再试一次。")
            sleep(0.1)
        try:
            yield
        finally:
            _unlock(file)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)

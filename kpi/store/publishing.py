"""Opening the next generation for writing, and putting it in force when it is complete on disk."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from kpi.catalogue import Catalogue
from kpi.errors import StoreError
from kpi.store.draft import Draft
from kpi.store.location import NAMES, activate, dataset_folder, replace_text, sync_folder, writing
from kpi.store.narrow import record_all_days
from kpi.store.schema import bring_up_to_date, fingerprint, made_under

_log = logging.getLogger(__name__)
STORAGE_VERSION = "v1.5.0"
KEPT_GENERATIONS = 5
WRITING_MEMORY = "512MB"
# Generations after which the small pieces of tables that imports leave are merged; each time costs the same again.
MERGED_EVERY = 8


@contextmanager
def drafting(
    root: Path, dataset: str, catalogue: Catalogue, waiting: Callable[[str], None] | None = None
) -> Iterator[Draft]:
    """Open the next generation of ``dataset``, and publish it when the block ends without an error.

    Whatever happens inside, readers keep the generation in force until the new one is complete on
    disk and the one-line pointer names it. Waits for another writer, telling ``waiting`` so in a sentence; raises
    StoreError when that takes too long or the disk refuses.
    """
    folder = dataset_folder(root, dataset)
    with writing(folder, waiting=waiting):
        pointer = folder / "current"
        before = pointer.read_text(encoding="utf-8").strip() if pointer.exists() else None
        path = folder / "draft.duckdb"
        path.unlink(missing_ok=True)
        path.with_name("draft.duckdb.wal").unlink(missing_ok=True)
        try:
            if before:
                shutil.copyfile(folder / before, path)
            with opened(path) as connection:
                if _number_after(before) % MERGED_EVERY:
                    connection.execute("set max_vacuum_tasks = 0")
                is_outdated = made_under(connection) != fingerprint()
                if is_outdated:
                    bring_up_to_date(connection, catalogue)
                    record_all_days(connection, catalogue)
                connection.execute("begin")
                yield Draft(connection, catalogue, is_outdated)
                connection.execute("commit")
                connection.execute("checkpoint draft")
            _publish(folder, path, before)
        except (OSError, duckdb.OperationalError) as error:
            _log.warning("writing %s failed: %s", path, error)
            raise StoreError(f"写入{NAMES[dataset]}失败，原有数据未变，请检查磁盘空间和文件夹权限后重试。") from error
        finally:
            path.unlink(missing_ok=True)
            path.with_name("draft.duckdb.wal").unlink(missing_ok=True)
    if not (root / "active").exists():
        activate(root, dataset)


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the file of a draft for writing, in the storage format every release since 1.5 reads."""
    connection = duckdb.connect()
    try:
        quoted_path = str(path).replace("'", "''")
        spill = str(path.with_name("spill")).replace("'", "''")
        connection.execute(f"set memory_limit = '{WRITING_MEMORY}'")
        connection.execute(f"set temp_directory = '{spill}'")
        connection.execute(f"attach '{quoted_path}' as draft (storage_version '{STORAGE_VERSION}')")
        connection.execute("use draft")
        yield connection
    finally:
        connection.close()


def _number_after(before: str | None) -> int:
    return int(before.removesuffix(".duckdb").rsplit("-", 1)[1]) + 1 if before else 1


def _publish(folder: Path, path: Path, before: str | None) -> None:
    sealed = folder / f"kpi-{_number_after(before):06d}.duckdb"
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.replace(sealed)
    sync_folder(folder)
    replace_text(folder / "current", sealed.name)
    for old in sorted(folder.glob("kpi-*.duckdb"))[:-KEPT_GENERATIONS]:
        try:
            old.unlink()
        except PermissionError:
            # Windows keeps a file that a reader still has open; the next import tries again.
            continue

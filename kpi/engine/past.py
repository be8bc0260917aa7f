"""What the dashboard said on a past day: the batches in force then, their newest rows, and their rollups."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path

import duckdb

from kpi.catalogue import Catalogue
from kpi.engine import rollups
from kpi.errors import StoreError
from kpi.store import Draft, Generation, current, opened

KEPT = 8


def on_day(day: date, catalogue: Catalogue, root: Path | None = None, dataset: str | None = None) -> Generation:
    """Return the data as they were known at the end of ``day``.

    Where nothing was imported or undone since, that is the generation in force; else a file of its own is
    made beside it once and kept for the next time. Rows are read under the SQL files of today; definitions
    and targets of the day are the business of ``Catalogue.known_on``. Raises StoreError when nothing had been
    imported by then.
    """
    now = current(root, dataset)
    moment = datetime.combine(day, time()) + timedelta(days=1)
    known, later = now.query(
        "select coalesce(string_agg(batch, ',' order by batch) filter (where imported_at < $1 "
        "and (undone_at is null or undone_at >= $1)), '') as known, "
        "(select count(*) from batch where imported_at >= $1 or undone_at >= $1) "
        "+ (select count(*) from target_entry where recorded_at >= $1) as later from batch",
        {"1": moment},
    ).row(0)
    if not known:
        raise StoreError(f"{day:%Y-%m-%d} 那天看板还没有任何有效数据，请选择更晚的日期。")
    if not later:
        return replace(now, as_of_day=day)
    # The targets and restatements known differ by day even where the batches in force do not.
    digest = sha256(f"{known}|{day}".encode()).hexdigest()[:12]
    path = now.path.parent / "past" / f"kpi-{now.number:06d}-{digest}.duckdb"
    if not path.exists():
        _make(now, path, moment, catalogue)
    return Generation(path, now.dataset, day)


def _make(now: Generation, path: Path, moment: datetime, catalogue: Catalogue) -> None:
    path.parent.mkdir(exist_ok=True)
    with _scratch(path) as scratch:
        try:
            shutil.copyfile(now.path, scratch)
            with opened(scratch) as connection:
                _turn_back(Draft(connection, catalogue, is_outdated=False), moment)
                connection.execute("checkpoint draft")
            scratch.replace(path)
        except (OSError, duckdb.OperationalError) as error:
            raise StoreError(f"回看 {moment:%Y-%m-%d} 之前的数据失败，请检查磁盘空间后重试。") from error
    for old in sorted(path.parent.glob("kpi-*.duckdb"), key=lambda file: file.stat().st_mtime)[:-KEPT]:
        with suppress(PermissionError):  # Windows keeps a file that a reader still has open
            old.unlink()


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    scratch = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        yield scratch
    finally:
        scratch.unlink(missing_ok=True)


def _turn_back(draft: Draft, moment: datetime) -> None:
    """Make the draft what it was just before ``moment``: batches, the rows they put in force, sums, targets."""
    connection = draft.connection
    is_in_force = "imported_at < $1 and (undone_at is null or undone_at >= $1)"
    changed = connection.execute(
        f"select distinct subject from batch where in_force is distinct from ({is_in_force})", {"1": moment}
    ).fetchall()
    connection.execute(f"update batch set in_force = ({is_in_force})", {"1": moment})
    connection.execute("update batch set undone_at = null where undone_at >= $1", {"1": moment})
    subjects = draft.catalogue.subjects
    for (key,) in changed:
        draft.choose_current(subjects[key], f"select {subjects[key].record} as record from {key}_version")
    gone = "select batch from batch where imported_at >= $1"
    connection.execute(f"delete from refused_row where batch in ({gone})", {"1": moment})
    connection.execute("delete from batch where imported_at >= $1", {"1": moment})
    for table in ("restatement", "bucket_restatement"):
        connection.execute(f"delete from {table} where restated_at >= $1", {"1": moment})
    connection.execute("delete from target_entry where recorded_at >= $1", {"1": moment})
    draft.touched_subjects = {key for (key,) in changed}
    rollups.sum_again(draft)

"""A generation being written: batches are appended or taken out of force, then it is sealed and published."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from kpi.catalogue import Catalogue, Subject, Target
from kpi.errors import StoreError, UnknownName
from kpi.store.coverage import COVERED_SQL, covered_stretches
from kpi.store.location import NAMES, activate, dataset_folder, replace_text, sync_folder, writing
from kpi.store.schema import bring_up_to_date, column_list, fingerprint, made_under, quoted
from kpi.store.statement import Statement, Verdicts, period_sql, refuse_repeated, verdict_sql

_log = logging.getLogger(__name__)
STORAGE_VERSION = "v1.5.0"
KEPT_GENERATIONS = 5
WRITING_MEMORY = "512MB"


@dataclass(frozen=True)
class Cause:
    """What changed the rows of a draft last: a batch that went in, or one that was taken out of force, and when."""

    batch: int
    at: datetime
    is_undo: bool


class Draft:
    """The next generation while it is open for writing. Made by ``drafting`` only."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, is_outdated: bool) -> None:
        """Wrap the open, writable connection of a draft; ``is_outdated`` says that its rollups are empty."""
        self.is_outdated = is_outdated
        self.connection = connection
        self.catalogue = catalogue
        self.touched_subjects: set[str] = set()
        self.covered_before = covered_stretches(connection.execute(COVERED_SQL).fetchall())
        self.last_cause = Cause(0, datetime(1900, 1, 1), is_undo=False)
        connection.execute("create temp table touched_day (subject varchar, day date, batch integer)")

    def append(self, statement: Statement, imported_at: datetime) -> tuple[int, Verdicts]:
        """Append one file as one batch and put its newest rows in force; return its number and counts.

        Raises AlreadyImported when the same bytes are in force already.
        """
        known = self.connection.execute(
            "select batch, imported_at from batch where digest = ? and in_force", [statement.digest]
        ).fetchall()
        refuse_repeated(known, statement.facts["file_name"])
        subject, connection = statement.subject, self.connection
        batch = connection.execute("select coalesce(max(batch), 0) + 1 from batch").fetchall()[0][0]
        self.last_cause = Cause(batch, imported_at, is_undo=False)
        is_first = not connection.execute(f"select 1 from {subject.key}_version limit 1").fetchall()
        counts: Counter[str] = Counter()
        for piece in statement.pieces:
            counts.update(self._append_piece(statement, batch, piece, is_first))
        if statement.is_complete:
            counts["withdrawn"] = self._withdraw(statement, batch)
        verdicts = Verdicts(*(counts[name] for name in ("new", "changed", "same", "older", "withdrawn")))
        self._record_batch(batch, statement, verdicts, imported_at)
        if verdicts.new or verdicts.changed:
            self._touch(subject, f"select {quoted(subject.record)} from {subject.key}_version where batch = {batch}")
        return batch, verdicts

    def _append_piece(self, statement: Statement, batch: int, piece: pl.DataFrame, is_first: bool) -> Counter[str]:
        """Append some rows of a statement, put the newest in force, and return how many had each verdict."""
        subject, connection = statement.subject, self.connection
        connection.register("staged", piece)
        try:
            counts, in_force = (Counter(new=len(piece)), "true") if is_first else self._supersede(statement, len(piece))
            connection.execute(
                f"insert into {subject.key}_version ({column_list(subject)}, batch, line, is_current, is_withdrawn) "
                f"select {column_list(subject, 'staged.')}, "
                f"{batch}, staged.line, {in_force}, false from staged"
                + (f" join verdict on verdict.record = staged.{quoted(subject.record)}" if in_force != "true" else "")
            )
        finally:
            with suppress(duckdb.Error):  # after a failure the transaction takes no more commands, and goes anyway
                connection.unregister("staged")
        connection.execute("drop table if exists verdict")
        return counts

    def _withdraw(self, statement: Statement, batch: int) -> int:
        """Withdraw the records in force of the statement's period that it does not repeat; return how many."""
        subject, connection = statement.subject, self.connection
        table, record = f"{subject.key}_version", quoted(subject.record)
        connection.execute(f"""
            create temp table gone as
            select known.{record} as record from {table} as known
            join batch on batch.batch = known.batch
            where known.is_current and not known.is_withdrawn and known.batch <> {batch}
                and {period_sql(subject, statement.period_first, statement.period_last)}
                and batch.stated_at <= timestamp '{statement.stated_at:%Y-%m-%d %H:%M:%S.%f}'
                and known.{record} not in (select {record} from {table} where batch = {batch})
            """)
        count: int = connection.execute("select count(*) from gone").fetchall()[0][0]
        self._touch(subject, "select record from gone")
        connection.execute(
            f"update {table} set is_current = false where is_current and {record} in (select record from gone)"
        )
        connection.execute(
            f"insert into {table} ({record}, batch, is_current, is_withdrawn) "
            f"select record, {batch}, true, true from gone"
        )
        connection.execute("drop table gone")
        return count

    def undo(self, batch: int, undone_at: datetime) -> str:
        """Take a batch out of force, restore what it replaced, and return its subject's key.

        Raises UnknownName when there is no such batch in force.
        """
        found = self.connection.execute("select subject from batch where batch = ? and in_force", [batch]).fetchall()
        if not found:
            raise UnknownName(f"没有有效的批次 {batch}，可用的批次见 python -m kpi batches。")
        subject = self.catalogue.subjects[found[0][0]]
        self.last_cause = Cause(batch, undone_at, is_undo=True)
        table, record = f"{subject.key}_version", quoted(subject.record)
        self.connection.execute(
            f"create temp table undone as select {record} as record from {table} where batch = {batch}"
        )
        self._touch(subject, "select record from undone")
        self.connection.execute("update batch set in_force = false, undone_at = ? where batch = ?", [undone_at, batch])
        self.choose_current(subject, "select record from undone")
        self._touch(subject, "select record from undone")
        self.connection.execute("drop table undone")
        return subject.key

    def choose_current(self, subject: Subject, records: str) -> None:
        """Put the newest statement of each of ``records`` in force, among the batches in force; the rest are out."""
        table, record = f"{subject.key}_version", quoted(subject.record)
        self.connection.execute(f"update {table} set is_current = false where is_current and {record} in ({records})")
        self.connection.execute(f"""
            update {table} set is_current = true
            where (batch, {record}) in (
                select (version.batch, version.{record})
                from {table} as version
                join batch on batch.batch = version.batch and batch.in_force
                where version.{record} in ({records})
                qualify row_number() over (
                    partition by version.{record} order by batch.stated_at desc, batch.batch desc
                ) = 1
            )
            """)

    def add_target(self, target: Target) -> None:
        """Append one target to the register; what was entered before stays as it is."""
        known = {field.name: getattr(target, field.name) for field in fields(target) if field.name != "demo"}
        known["trajectory"] = json.dumps(target.trajectory)
        places = ", ".join("?" * len(known))
        self.connection.execute(
            f"insert into target_entry ({', '.join(known)}) values ({places})", list(known.values())
        )

    def _supersede(self, statement: Statement, rows: int) -> tuple[Counter[str], str]:
        """Compare with what is known, take replaced rows out of force; return counts and the in-force SQL."""
        subject, connection = statement.subject, self.connection
        table = f"{subject.key}_version"
        connection.execute(f"create temp table verdict as {verdict_sql(subject, statement.stated_at)}")
        counts = Counter(dict(connection.execute("select verdict, count(*) from verdict group by verdict").fetchall()))
        if counts["changed"] or counts["same"]:
            self._touch(subject, "select record from verdict where verdict = 'changed'")
            connection.execute(
                f"update {table} set is_current = false where is_current "
                f"and {quoted(subject.record)} in (select record from verdict where wins and verdict <> 'new')"
            )
        return counts, "true" if counts["new"] == rows else "verdict.wins"

    def _record_batch(self, batch: int, statement: Statement, verdicts: Verdicts, imported_at: datetime) -> None:
        known = {
            "batch": batch,
            "subject": statement.subject.key,
            "is_register": statement.subject.register,
            **{name: _plain(value) for name, value in statement.facts.items()},
            "digest": statement.digest,
            **asdict(verdicts),
            "refused": statement.refused.height,
            "period_first": statement.period_first,
            "period_last": statement.period_last,
            "imported_at": imported_at,
            "stated_at": statement.stated_at,
            "is_complete": statement.is_complete,
            "in_force": True,
        }
        places = ", ".join("?" * len(known))
        self.connection.execute(f"insert into batch ({', '.join(known)}) values ({places})", list(known.values()))
        for name, frame, sql in (
            (
                "refused",
                statement.refused,
                "refused_row select $b, $s, line, rule, reason, raw from refused",
            ),
            (
                "corrects",
                statement.corrects,
                "resubmission select $b, line, batch, origin_line from corrects",
            ),
        ):
            if frame is not None and frame.height:
                self.connection.register(name, frame)
                given = {"b": batch, "s": statement.subject.key}
                used = {key: value for key, value in given.items() if f"${key}" in sql}
                self.connection.execute(f"insert into {sql}", used)
                self.connection.unregister(name)

    def _touch(self, subject: Subject, records: str) -> None:
        """Remember that the days of these records' events must be summed again."""
        self.touched_subjects.add(subject.key)
        self.connection.execute(
            f"insert into touched_day select distinct '{subject.key}', day, {self.last_cause.batch} "
            f"from {subject.key}_event where record in ({records})"
        )


def _plain(value: object) -> object:
    """Return a fact as a database column holds it: lists and dicts as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | tuple) else value


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
                is_outdated = made_under(connection) != fingerprint()
                if is_outdated:
                    bring_up_to_date(connection, catalogue)
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


def _publish(folder: Path, path: Path, before: str | None) -> None:
    number = int(before.removesuffix(".duckdb").rsplit("-", 1)[1]) + 1 if before else 1
    sealed = folder / f"kpi-{number:06d}.duckdb"
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

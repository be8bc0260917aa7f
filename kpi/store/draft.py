"""A generation being written: batches are appended or taken out of force, then it is sealed and published."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from kpi.catalogue import Catalogue, Subject
from kpi.errors import AlreadyImported, StoreError, UnknownName
from kpi.store.location import NAMES, dataset_folder, replace_text, sync_folder, writing
from kpi.store.schema import bring_up_to_date, column_list, fingerprint, made_under, quoted

STORAGE_VERSION = "v1.5.0"
KEPT_GENERATIONS = 5


@dataclass(frozen=True)
class Statement:
    """What one file says: typed rows of one subject and everything worth knowing about the file.

    ``rows`` holds the subject's columns and ``line``, with distinct record keys; ``refused`` holds line,
    rule, reason and raw. ``stated_at`` decides which of two statements about a record is the newer.
    """

    subject: Subject
    rows: pl.DataFrame
    refused: pl.DataFrame
    facts: dict[str, Any]
    period_first: date
    period_last: date
    stated_at: datetime
    digest: str


@dataclass(frozen=True)
class Verdicts:
    """How a statement's rows compare with what is known, each row counted once."""

    new: int
    changed: int
    same: int
    older: int


def verdict_sql(subject: Subject, stated_at: datetime, staged: str = "staged") -> str:
    """Return SQL that gives one row per staged row: its record, new, changed, same or older, and if it wins.

    ``older`` is a row whose known statement is newer and differs. Whatever it says, a row comes into
    force (``wins``) only when no newer statement about its record is known.
    """
    record = quoted(subject.record)
    equal = " and ".join(
        f"{staged}.{quoted(c.name)} is not distinct from known.{quoted(c.name)}" for c in subject.columns
    )
    moment = f"timestamp '{stated_at:%Y-%m-%d %H:%M:%S.%f}'"
    return f"""
        select {staged}.{record} as record,
            case
                when known.{record} is null then 'new'
                when {equal} then 'same'
                when batch.stated_at > {moment} then 'older'
                else 'changed'
            end as verdict,
            known.{record} is null or batch.stated_at <= {moment} as wins
        from {staged}
        left join {subject.key}_version as known on known.{record} = {staged}.{record} and known.is_current
        left join batch on batch.batch = known.batch
    """


def refuse_repeated(known: Sequence[tuple[int, datetime]], file_name: str) -> None:
    """Raise AlreadyImported when ``known`` names a batch in force with the same bytes."""
    for batch, when in known:
        raise AlreadyImported(
            f"文件“{file_name}”已于 {when:%Y-%m-%d %H:%M} 导入（批次 {batch}），内容完全相同，未作任何改动。"
        )


class Draft:
    """The next generation while it is open for writing. Made by ``drafting`` only."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, is_outdated: bool) -> None:
        """Wrap the open, writable connection of a draft; ``is_outdated`` says that its rollups are empty."""
        self.is_outdated = is_outdated
        self.connection = connection
        self.catalogue = catalogue
        self.touched_subjects: set[str] = set()
        connection.execute("create temp table touched_day (subject varchar, day date)")

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
        connection.register("staged", statement.rows)
        try:
            verdicts, in_force = self._supersede(statement)
            connection.execute(
                f"insert into {subject.key}_version ({column_list(subject)}, batch, line, is_current) "
                f"select {column_list(subject, 'staged.')}, "
                f"{batch}, staged.line, {in_force} from staged"
                + (f" join verdict on verdict.record = staged.{quoted(subject.record)}" if in_force != "true" else "")
            )
        finally:
            connection.unregister("staged")
        connection.execute("drop table if exists verdict")
        self._record_batch(batch, statement, verdicts, imported_at)
        self._touch(subject, f"select {quoted(subject.record)} from {subject.key}_version where batch = {batch}")
        return batch, verdicts

    def undo(self, batch: int, undone_at: datetime) -> str:
        """Take a batch out of force, restore what it replaced, and return its subject's key.

        Raises UnknownName when there is no such batch in force.
        """
        found = self.connection.execute("select subject from batch where batch = ? and in_force", [batch]).fetchall()
        if not found:
            raise UnknownName(f"没有有效的批次 {batch}，可用的批次见 python -m kpi batches。")
        subject = self.catalogue.subjects[found[0][0]]
        table, record = f"{subject.key}_version", quoted(subject.record)
        self.connection.execute(
            f"create temp table undone as select {record} as record from {table} where batch = {batch}"
        )
        self._touch(subject, "select record from undone")
        self.connection.execute("update batch set in_force = false, undone_at = ? where batch = ?", [undone_at, batch])
        self.connection.execute(f"update {table} set is_current = false where batch = {batch}")
        self.connection.execute(f"""
            update {table} set is_current = true
            where (batch, {record}) in (
                select (version.batch, version.{record})
                from {table} as version
                join batch on batch.batch = version.batch and batch.in_force
                where version.{record} in (select record from undone)
                qualify row_number() over (
                    partition by version.{record} order by batch.stated_at desc, batch.batch desc
                ) = 1
            )
            """)
        self._touch(subject, "select record from undone")
        self.connection.execute("drop table undone")
        return subject.key

    def _supersede(self, statement: Statement) -> tuple[Verdicts, str]:
        """Compare with what is known, take replaced rows out of force; return counts and the in-force SQL."""
        subject, connection = statement.subject, self.connection
        table = f"{subject.key}_version"
        if not connection.execute(f"select 1 from {table} limit 1").fetchall():
            return Verdicts(statement.rows.height, 0, 0, 0), "true"
        connection.execute(f"create temp table verdict as {verdict_sql(subject, statement.stated_at)}")
        counts = dict(connection.execute("select verdict, count(*) from verdict group by verdict").fetchall())
        verdicts = Verdicts(*(counts.get(name, 0) for name in ("new", "changed", "same", "older")))
        if verdicts.changed or verdicts.same:
            self._touch(subject, "select record from verdict where verdict = 'changed'")
            connection.execute(
                f"update {table} set is_current = false where is_current "
                f"and {quoted(subject.record)} in (select record from verdict where wins and verdict <> 'new')"
            )
        all_new = verdicts.new == statement.rows.height
        return verdicts, "true" if all_new else "verdict.wins"

    def _record_batch(self, batch: int, statement: Statement, verdicts: Verdicts, imported_at: datetime) -> None:
        facts = statement.facts
        known = {
            "batch": batch,
            "subject": statement.subject.key,
            "is_register": statement.subject.register,
            **{
                name: facts[name]
                for name in ("file_name", "format", "encoding", "header_line", "rows_read", "exported_at")
            },
            "digest": statement.digest,
            **asdict(verdicts),
            "refused": statement.refused.height,
            **{name: json.dumps(facts[name], ensure_ascii=False) for name in ("skipped", "normalised")},
            "period_first": statement.period_first,
            "period_last": statement.period_last,
            "imported_at": imported_at,
            "stated_at": statement.stated_at,
            "in_force": True,
        }
        places = ", ".join("?" * len(known))
        self.connection.execute(f"insert into batch ({', '.join(known)}) values ({places})", list(known.values()))
        if statement.refused.height:
            self.connection.register("refused", statement.refused)
            self.connection.execute(
                "insert into refused_row select ?, ?, line, rule, reason, raw from refused",
                [batch, statement.subject.key],
            )
            self.connection.unregister("refused")

    def _touch(self, subject: Subject, records: str) -> None:
        """Remember that the days of these records' events must be summed again."""
        self.touched_subjects.add(subject.key)
        if subject.rollup:
            self.connection.execute(
                f"insert into touched_day select distinct '{subject.key}', day from {subject.key}_event "
                f"where record in ({records})"
            )


@contextmanager
def drafting(root: Path, dataset: str, catalogue: Catalogue) -> Iterator[Draft]:
    """Open the next generation of ``dataset``, and publish it when the block ends without an error.

    Whatever happens inside, readers keep the generation in force until the new one is complete on
    disk and the one-line pointer names it. Waits for another writer; raises StoreError when that
    takes too long or the disk refuses.
    """
    folder = dataset_folder(root, dataset)
    with writing(folder):
        pointer = folder / "current"
        before = pointer.read_text(encoding="utf-8").strip() if pointer.exists() else None
        path = folder / "draft.duckdb"
        path.unlink(missing_ok=True)
        path.with_name("draft.duckdb.wal").unlink(missing_ok=True)
        try:
            if before:
                shutil.copyfile(folder / before, path)
            connection = _open(path)
            try:
                is_outdated = made_under(connection) != fingerprint()
                if is_outdated:
                    bring_up_to_date(connection, catalogue)
                connection.execute("begin")
                yield Draft(connection, catalogue, is_outdated)
                connection.execute("commit")
                connection.execute("checkpoint draft")
            finally:
                connection.close()
            _publish(folder, path, before)
        except (OSError, duckdb.IOException) as error:
            raise StoreError(f"写入{NAMES[dataset]}失败，原有数据未变，请检查磁盘空间后重试：{error}") from error
        finally:
            path.unlink(missing_ok=True)
    if not (root / "active").exists():
        replace_text(root / "active", dataset)


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    quoted_path = str(path).replace("'", "''")
    connection.execute(f"attach '{quoted_path}' as draft (storage_version '{STORAGE_VERSION}')")
    connection.execute("use draft")
    return connection


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

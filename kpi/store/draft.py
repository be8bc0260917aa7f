"""A generation being written: batches are appended or taken out of force, and the days they touch remembered."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime

import duckdb
import polars as pl

from kpi.catalogue import Catalogue, Subject, Target
from kpi.errors import UnknownName
from kpi.store.coverage import COVERED_SQL, covered_stretches
from kpi.store.narrow import events_of, events_of_batch, record_days, sought
from kpi.store.schema import column_list, quoted
from kpi.store.statement import Statement, Verdicts, period_sql, refuse_repeated, verdict_sql


@dataclass(frozen=True)
class Cause:
    """What changed the rows of a draft last: a batch that went in, or one that was taken out of force, and when."""

    batch: int
    at: datetime
    is_undo: bool


class Draft:
    """The next generation while it is open for writing. Made by ``publishing.drafting`` only."""

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
            "select batch, imported_at from batch where digest = ? and subject = ? and in_force",
            [statement.digest, statement.subject.key],
        ).fetchall()
        refuse_repeated(known, statement.facts["file_name"])
        subject, connection = statement.subject, self.connection
        batch = connection.execute("select coalesce(max(batch), 0) + 1 from batch").fetchall()[0][0]
        self.last_cause = Cause(batch, imported_at, is_undo=False)
        is_first = not connection.execute(f"select 1 from {subject.key}_version limit 1").fetchall()
        counts: Counter[str] = Counter()
        for piece in filter(len, statement.pieces):
            counts.update(self._append_piece(statement, batch, piece, is_first))
        if statement.is_complete:
            counts["withdrawn"] = self._withdraw(statement, batch)
        self._settle_refused(subject, batch)
        verdicts = Verdicts(*(counts[name] for name in ("new", "changed", "same", "older", "withdrawn")))
        self._record_batch(batch, statement, verdicts, imported_at)
        record_days(connection, subject, batch)
        if verdicts.new or verdicts.changed:
            self._touch(subject, events_of_batch(connection, subject, batch))
        return batch, verdicts

    def _append_piece(self, statement: Statement, batch: int, piece: pl.DataFrame, is_first: bool) -> Counter[str]:
        """Append some rows of a statement, put the newest in force, and return how many had each verdict."""
        subject, connection = statement.subject, self.connection
        connection.register("staged", piece)
        try:
            counts = Counter(new=len(piece)) if is_first else self._supersede(statement, batch, piece)
            record = quoted(subject.record)
            verdict = (
                "true as wins from staged"
                if is_first
                else (
                    f"verdict.wins from staged join verdict on verdict.record = staged.{record} and verdict <> 'same'"
                )
            )
            connection.execute(
                f"insert into {subject.key}_version ({column_list(subject)}, batch, line, is_withdrawn, is_current) "
                f"select {column_list(subject, 'staged.')}, {batch}, staged.line, false, {verdict}"
            )
        finally:
            with suppress(duckdb.Error):  # after a failure the transaction takes no more commands, and goes anyway
                connection.unregister("staged")
        connection.execute("drop table if exists verdict")
        return counts

    def _settle_refused(self, subject: Subject, batch: int) -> None:
        """Note which refused rows of earlier batches a batch brings again, by their key."""
        record = quoted(subject.record)
        self.connection.execute(f"""
            insert into resubmission
            select {batch}, null, refused_row.batch, refused_row.line from refused_row
            where subject = '{subject.key}' and refused_row.batch < {batch} and record in (
                select {record} from {subject.key}_version where batch = {batch} and not is_withdrawn
                union all select {record} from {subject.key}_repeat where batch = {batch}
            )
            """)

    def _withdraw(self, statement: Statement, batch: int) -> int:
        """Withdraw the records in force of the statement's period that it does not repeat; return how many."""
        subject, connection = statement.subject, self.connection
        table, record = f"{subject.key}_version", quoted(subject.record)
        connection.execute(
            f"""
            create temp table gone as
            select known.{record} as record from {table} as known
            join batch on batch.batch = coalesce(known.restated_by, known.batch)
            where known.is_current and not known.is_withdrawn and batch.batch <> {batch}
                and {period_sql(subject, statement.period_first, statement.period_last)}
                and batch.stated_at <= timestamp '{statement.stated_at:%Y-%m-%d %H:%M:%S.%f}'
                and known.{record} not in (
                    select {record} from {table} where batch = {batch}
                    union all select {record} from {subject.key}_repeat where batch = {batch}
                    union all select record from unnest(?) as refused(record)
                )
            """,
            [statement.refused["record"].drop_nulls().to_list()],
        )
        count: int = connection.execute("select count(*) from gone").fetchall()[0][0]
        self._touch(subject, events_of(connection, subject, "select record from gone"))
        replaced = sought(connection, subject, "select record from gone")
        connection.execute(f"update {table} set is_current = false where is_current and {replaced}")
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
            f"create temp table undone as select {record} as record from {table} where batch = {batch} "
            f"union all select {record} from {subject.key}_repeat where batch = {batch}"
        )
        self._touch(subject, events_of(self.connection, subject, "select record from undone"))
        self.connection.execute("update batch set in_force = false, undone_at = ? where batch = ?", [undone_at, batch])
        self.choose_current(subject, "select record from undone")
        self._touch(subject, events_of(self.connection, subject, "select record from undone"))
        self.connection.execute("drop table undone")
        return subject.key

    def choose_current(self, subject: Subject, records: str) -> None:
        """Put the newest statement of each of ``records`` in force, among the batches in force; the rest are out.

        Where the newest repeats an earlier row, that row is in force, restated by the newest batch.
        """
        table, record = f"{subject.key}_version", quoted(subject.record)
        wanted = sought(self.connection, subject, records)
        self.connection.execute(
            f"update {table} set is_current = false, restated_by = null where is_current and {wanted}"
        )
        self.connection.execute(f"""
            update {table} set is_current = true, restated_by = nullif(newest.batch, newest.source)
            from (
                select {record} as record, source, batch.batch from (
                    select {record}, batch as source, batch from {table} where {wanted}
                    union all select {record}, source, batch from {subject.key}_repeat where {wanted}
                ) as said
                join batch on batch.batch = said.batch and batch.in_force
                qualify row_number() over (partition by {record} order by batch.stated_at desc, batch.batch desc) = 1
            ) as newest
            where {table}.batch = newest.source and {table}.{record} = newest.record
            """)

    def add_target(self, target: Target) -> None:
        """Append one target to the register; what was entered before stays as it is."""
        known = {field.name: getattr(target, field.name) for field in fields(target) if field.name != "demo"}
        known["trajectory"] = json.dumps(target.trajectory)
        places = ", ".join("?" * len(known))
        self.connection.execute(
            f"insert into target_entry ({', '.join(known)}) values ({places})", list(known.values())
        )

    def _supersede(self, statement: Statement, batch: int, piece: pl.DataFrame) -> Counter[str]:
        """Compare with what is known, take replaced rows out of force, note the repeated ones; return the counts."""
        subject, connection = statement.subject, self.connection
        table, record = f"{subject.key}_version", quoted(subject.record)
        verdicts = verdict_sql(subject, statement.stated_at, piece[subject.record])
        connection.execute(f"create temp table verdict as {verdicts}")
        counts = Counter(dict(connection.execute("select verdict, count(*) from verdict group by verdict").fetchall()))
        if counts["changed"]:
            self._touch(subject, events_of(connection, subject, "select record from verdict where verdict = 'changed'"))
            replaced = sought(connection, subject, "select record from verdict where verdict = 'changed'")
            connection.execute(f"update {table} set is_current = false where is_current and {replaced}")
        if counts["same"]:
            connection.execute(
                f"insert into {subject.key}_repeat select record, {batch}, staged.line, source "
                f"from staged join verdict on verdict.record = staged.{record} where verdict = 'same'"
            )
            restated = sought(connection, subject, "select record from verdict where wins and verdict = 'same'")
            connection.execute(f"update {table} set restated_by = {batch} where is_current and {restated}")
        return counts

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
                "refused_row select $b, $s, line, rule, reason, raw, record from refused",
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

    def _touch(self, subject: Subject, events: str) -> None:
        """Remember that the days of these events must be summed again."""
        self.touched_subjects.add(subject.key)
        self.connection.execute(
            f"insert into touched_day select distinct '{subject.key}', day, {self.last_cause.batch} from {events}"
        )


def _plain(value: object) -> object:
    """Return a fact as a database column holds it: lists and dicts as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | tuple) else value

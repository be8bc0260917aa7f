"""Events of few records, found without reading the rest, so that an import costs the same however much is known.

The SQL file of a subject is evaluated over part of its rows, under the same name. That is sound because a record's
days follow from the record itself, and what it counts on a day from itself and the records with events on that day.
Registers and subjects that read others are never narrowed: in them one record bears on the days of another.
"""

from __future__ import annotations

import duckdb

from kpi.catalogue import Catalogue, Subject
from kpi.store.schema import IN_FORCE, column_list, event_sql, key_range, quoted


def is_narrow(subject: Subject) -> bool:
    """Say whether the events of some records may be worked out without the others."""
    return not (subject.register or subject.reads)


def events_among(subject: Subject, rows: str) -> str:
    """Return SQL, in brackets, for the events of the versions for which the condition ``rows`` holds."""
    return (
        f"(with {subject.key} as (select {column_list(subject)} from {subject.key}_version where {rows}) "
        f"select * from ({event_sql(subject)}))"
    )


def sought(connection: duckdb.DuckDBPyConnection, subject: Subject, records: str) -> str:
    """Return the SQL condition that a version's record is one of those a query gives as ``record``."""
    ((lowest, highest),) = connection.execute(f"select min(record), max(record) from ({records})").fetchall()
    if lowest is None:
        return "false"
    record = quoted(subject.record)
    return f"({key_range(record, lowest, highest)} and {record} in ({records}))"


def events_of(connection: duckdb.DuckDBPyConnection, subject: Subject, records: str) -> str:
    """Return SQL, in brackets, for the events in force of the records a query gives as ``record``."""
    if not is_narrow(subject):
        return f"(select * from {subject.key}_event where record in ({records}))"
    return events_among(subject, f"{IN_FORCE} and {sought(connection, subject, records)}")


def events_of_batch(connection: duckdb.DuckDBPyConnection, subject: Subject, batch: int) -> str:
    """Return SQL, in brackets, for the events in force of the records whose newest statement is in one batch."""
    if not is_narrow(subject):
        records = f"select {quoted(subject.record)} as record from {subject.key}_version where batch = {batch}"
        return events_of(connection, subject, records)
    return events_among(subject, f"{IN_FORCE} and batch = {batch}")


def events_on(connection: duckdb.DuckDBPyConnection, subject: Subject, days: str) -> str:
    """Return SQL, in brackets or by name, for events in force that hold all those on the days a query gives.

    Only batches that have events on one of these days are read; they lie together in the file.
    """
    if not is_narrow(subject):
        return f"{subject.key}_event"
    found = connection.execute(
        f"select distinct batch from batch_day join batch using (batch) "
        f"where subject = '{subject.key}' and day in ({days}) order by batch"
    ).fetchall()
    batches = ", ".join(str(row[0]) for row in found) or "null"
    return events_among(subject, f"{IN_FORCE} and batch in ({batches})")


def record_days(connection: duckdb.DuckDBPyConnection, subject: Subject, batch: int) -> None:
    """Remember on which days the rows of a batch just appended have events."""
    if is_narrow(subject):
        events = events_among(subject, f"batch = {batch}")
        connection.execute(f"insert into batch_day select distinct {batch}, day from {events}")


def record_all_days(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    """Find the days of every batch anew, as the SQL files, the columns and the calendar now are."""
    connection.execute("delete from batch_day")
    for subject in catalogue.subjects.values():
        if is_narrow(subject):
            # Where a record has several versions their days count for each of its batches: too many, never too few.
            connection.execute(
                f"insert into batch_day select distinct version.batch, event.day "
                f"from {events_among(subject, 'true')} as event "
                f"join {subject.key}_version as version on version.{quoted(subject.record)} = event.record"
            )

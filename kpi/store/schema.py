"""The tables and views of a generation, made from the catalogue and ``queries``."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from importlib.metadata import version

import duckdb
import polars as pl

from kpi.calendar import DEADLINES, OVERRIDES, deadline_rules, is_working_day
from kpi.catalogue import ROOT, Catalogue, Subject, load
from kpi.errors import CatalogueError

QUERIES = ROOT / "queries"
CATALOGUE = ROOT / "data" / "catalogue"
SQL_TYPES = {
    "id": "varchar",
    "text": "varchar",
    "code": "varchar",
    "town": "varchar",
    "department": "varchar",
    "level": "tinyint",
    "flag": "boolean",
    "integer": "integer",
    "number": "double",
    "date": "date",
    "datetime": "timestamp",
}
FIRST_CALENDAR_DAY = date(2015, 1, 1)
LAST_CALENDAR_DAY = date(2035, 12, 31)
BUCKET_WIDTH = 1.01
LOWEST_BUCKET = -100_000
IN_FORCE = "is_current and not is_withdrawn"
"""The condition under which a version counts."""


def quoted(name: str) -> str:
    """Return an identifier of the catalogue as SQL."""
    return '"' + name.replace('"', '""') + '"'


def column_list(subject: Subject, prefix: str = "") -> str:
    """Return the subject's columns as a SQL list, each behind ``prefix``."""
    return ", ".join(f"{prefix}{quoted(column.name)}" for column in subject.columns)


def key_range(record: str, lowest: str, highest: str) -> str:
    """Return the SQL condition that a key, written as ``record``, lies between two keys, both included.

    Said in so many words, it spares the database the parts of a table where no such key can be, which a list of
    keys to look for does not.
    """
    low, high = (key.replace("'", "''") for key in (lowest, highest))
    return f"{record} between '{low}' and '{high}'"


def fingerprint() -> str:
    """Return a text that changes when the SQL files, the subjects' columns, the calendar or deadlines do.

    A generation made under another fingerprint must be brought up to date before it can answer.
    """
    digest = hashlib.sha256(version("chinesecalendar").encode())
    for path in sorted([*QUERIES.rglob("*.sql"), *(CATALOGUE / "subjects").glob("*.toml"), OVERRIDES, DEADLINES]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    catalogue = load()
    digest.update(repr([bucket_measures(catalogue, subject) for subject in catalogue.subjects.values()]).encode())
    return digest.hexdigest()


def bucket_measures(catalogue: Catalogue, subject: Subject) -> list[str]:
    """Return the measures of ``subject`` that medians and percentiles are taken of."""
    percentiles = [metric for metric in catalogue.metrics.values() if metric.kind == "percentile"]
    parts = {part for metric in percentiles for part in metric.parts}
    return sorted(part.split(".")[1] for part in parts if part.split(".")[0] == subject.key)


def town_sql(subject: Subject) -> str:
    """Return the town of an event as SQL; null where the subject's records have none."""
    return "town" if "town" in subject.dimensions else "cast(null as varchar)"


def made_under(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Return the fingerprint a draft was last brought up to date under, or None for an empty file."""
    if not connection.execute("select 1 from duckdb_tables() where table_name = 'meta'").fetchall():
        return None
    known = connection.execute("select value from meta where name = 'fingerprint'").fetchall()
    return str(known[0][0]) if known else None


def bring_up_to_date(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    """Make or mend every table and view, so that the file matches the SQL files, the catalogue and the calendar.

    Rows stay as they are; a column new to a subject is null in its old rows. Rollups come out empty and
    must be summed again. Raises CatalogueError when a metric names a measure that does not exist.
    """
    connection.execute("create table if not exists meta (name varchar, value varchar)")
    applied = {row[0] for row in connection.execute("select value from meta where name = 'schema'").fetchall()}
    for path in sorted((QUERIES / "schema").glob("*.sql")):
        if path.name not in applied:
            connection.execute(path.read_text(encoding="utf-8"))
            connection.execute("insert into meta values ('schema', ?)", [path.name])
    _fill_calendar(connection)
    _fill_deadlines(connection)
    for subject in catalogue.subjects.values():
        table = f"{subject.key}_version"
        connection.execute(f"create table if not exists {table} (batch integer, line integer, is_current boolean)")
        connection.execute(f"alter table {table} add column if not exists is_withdrawn boolean default false")
        connection.execute(f"alter table {table} add column if not exists restated_by integer")
        connection.execute(
            f"create table if not exists {subject.key}_repeat "
            f"({quoted(subject.record)} varchar, batch integer, line integer, source integer)"
        )
        for column in subject.columns:
            connection.execute(
                f"alter table {table} add column if not exists {quoted(column.name)} {SQL_TYPES[column.type]}"
            )
    _create_views(connection, catalogue)
    check_measures(connection, catalogue)
    for subject in catalogue.subjects.values():
        connection.execute(
            f"create or replace table {subject.key}_rollup as {rollup_sql(connection, subject, 'false')}"
        )
        connection.execute(
            f"create or replace table {subject.key}_bucket "
            "(day date, town varchar, measure varchar, bucket integer, records double, total double)"
        )
    connection.execute("delete from meta where name = 'fingerprint'")
    connection.execute("insert into meta values ('fingerprint', ?)", [fingerprint()])


def _create_views(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    """Make the views of current rows, of all statements and of events of every subject, as the SQL files now say.

    A statement that repeats what was in force keeps no row of its own but points to the one it repeats.
    """
    for subject in catalogue.subjects.values():
        connection.execute(
            f"create or replace view {subject.key} as "
            f"select {column_list(subject)} from {subject.key}_version where {IN_FORCE}"
        )
        record, columns = quoted(subject.record), column_list(subject, "version.")
        connection.execute(
            f"create or replace view {subject.key}_statement as "
            f"select {columns}, version.batch, version.line, version.is_withdrawn "
            f"from {subject.key}_version as version "
            f"union all select {columns}, repeated.batch, repeated.line, false from {subject.key}_repeat as repeated "
            f"join {subject.key}_version as version "
            f"on version.batch = repeated.source and version.{record} = repeated.{record}"
        )
    for subject in catalogue.subjects.values():
        connection.execute(f"create or replace view {subject.key}_event as {event_sql(subject)}")


def event_sql(subject: Subject) -> str:
    """Return the SQL of the subject's events over its rows in force."""
    return (QUERIES / "measures" / f"{subject.key}.sql").read_text(encoding="utf-8")


def measures(connection: duckdb.DuckDBPyConnection, subject: Subject) -> list[str]:
    """Return the measure columns of the subject's events, in the order of its SQL file."""
    described = connection.execute(f"describe {subject.key}_event").fetchall()
    return [row[0] for row in described if row[0] not in {"record", "day"} and row[0] not in subject.dimensions]


def rollup_sql(connection: duckdb.DuckDBPyConnection, subject: Subject, days: str, events: str | None = None) -> str:
    """Return SQL for the subject's sums by day and town over the days for which the condition ``days`` holds.

    ``events`` is where to read them from: all, unless told which hold those of the days.
    """
    sums = ", ".join(f"sum({quoted(m)})::double as {quoted(m)}" for m in measures(connection, subject))
    events = events or f"{subject.key}_event"
    return f"select day, {town_sql(subject)} as town, {sums} from {events} where {days} group by 1, 2"


def bucket_sql(subject: Subject, measure: str, days: str, events: str | None = None) -> str:
    """Return SQL for one measure's values by day, town and bucket: how many records, and their total.

    Buckets are powers of ``BUCKET_WIDTH``, values of zero and below share one. The mean of a bucket is
    within 1 % of every positive value in it, and exact where only one value can fall into it: for whole
    numbers up to 100. Counts and totals may be added over any days and towns (Masson, Rim & Lee 2019, DDSketch).
    """
    value = quoted(measure)
    bucket = f"ceil(ln({value}) / ln({BUCKET_WIDTH}))::integer"
    return f"""
        select day, {town_sql(subject)} as town, '{measure}' as measure,
            case when {value} > 0 then {bucket} else {LOWEST_BUCKET} end as bucket,
            count(*)::double as records, sum({value})::double as total
        from {events or f"{subject.key}_event"}
        where {value} is not null and ({days})
        group by 1, 2, 4
    """


def check_measures(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    """Raise CatalogueError when a metric names a measure its subject's SQL file does not give."""
    known = {
        f"{subject.key}.{measure}"
        for subject in catalogue.subjects.values()
        for measure in measures(connection, subject)
    }
    for metric in catalogue.metrics.values():
        for part in metric.parts:
            if part not in known:
                raise CatalogueError(f"指标“{metric.key}”引用的度量“{part}”在 queries/measures 中不存在。")


def _fill_calendar(connection: duckdb.DuckDBPyConnection) -> None:
    count = (LAST_CALENDAR_DAY - FIRST_CALENDAR_DAY).days + 1
    days = [FIRST_CALENDAR_DAY + timedelta(days=n) for n in range(count)]
    calendar = pl.DataFrame({"day": days, "is_working": [is_working_day(day) for day in days]}).with_columns(
        ordinal=pl.col("is_working").cum_sum().cast(pl.Int32)
    )
    connection.execute("delete from calendar_day")
    connection.register("calendar_frame", calendar)
    connection.execute("insert into calendar_day select day, is_working, ordinal from calendar_frame")
    connection.unregister("calendar_frame")


def _fill_deadlines(connection: duckdb.DuckDBPyConnection) -> None:
    """Make a rule hold for the tickets received before the next rule of its category begins."""
    rules = pl.DataFrame(
        [(rule.category, rule.working_days, rule.valid_from) for rule in deadline_rules()],
        schema={"category": pl.String, "working_days": pl.Int32, "valid_from": pl.Date},
        orient="row",
    )
    connection.execute("delete from ticket_deadline")
    connection.register("deadline_frame", rules)
    connection.execute(
        "insert into ticket_deadline select category, working_days, valid_from, "
        "lead(valid_from, 1, date '9999-12-31') over (partition by category order by valid_from) from deadline_frame"
    )
    connection.unregister("deadline_frame")

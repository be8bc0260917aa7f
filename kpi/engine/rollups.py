"""Rollups: sums of a subject's measures by day and town, kept ready and refreshed for touched days only.

Where a refresh changes the sum of a day that had been reported before, the difference is kept as a restatement.
"""

from __future__ import annotations

from kpi.catalogue import Subject
from kpi.store import Draft
from kpi.store.narrow import events_on
from kpi.store.schema import bucket_measures, bucket_sql, measures, quoted, rollup_sql

ALL_DAYS = "true"


def refresh(draft: Draft) -> None:
    """Bring the horizon and every rollup of the draft in line with the batches now in force.

    A draft made under other definitions gets all its rollups anew, without restatements: the rows did not change.
    """
    _set_horizon(draft)
    for subject in draft.catalogue.subjects.values():
        if draft.is_outdated:
            _sum_days(draft, subject, ALL_DAYS)
        elif subject.reads and _is_touched(draft, subject):
            # What another subject's records mean for this one is not bound to their days.
            _restate(draft, subject, ALL_DAYS)
        elif _is_touched(draft, subject):
            touched = f"select day from touched_day where subject = '{subject.key}'"
            _restate(draft, subject, f"day in ({touched})", events_on(draft.connection, subject, touched))


def sum_again(draft: Draft) -> None:
    """Sum every day of the touched subjects anew, keeping no restatements."""
    _set_horizon(draft)
    for subject in draft.catalogue.subjects.values():
        if _is_touched(draft, subject):
            _sum_days(draft, subject, ALL_DAYS)


def _is_touched(draft: Draft, subject: Subject) -> bool:
    return bool(draft.touched_subjects & {subject.key, *subject.reads})


def _set_horizon(draft: Draft) -> None:
    draft.connection.execute("delete from horizon")
    draft.connection.execute(
        "insert into horizon select subject, min(period_first), max(period_last) "
        "from batch where in_force group by subject"
    )


def _sum_days(draft: Draft, subject: Subject, days: str, events: str | None = None) -> None:
    """Sum the subject's events, or those of ``events``, anew for the days the SQL condition ``days`` holds for."""
    connection, key = draft.connection, subject.key
    connection.execute(f"delete from {key}_rollup where {days}")
    connection.execute(f"insert into {key}_rollup {rollup_sql(connection, subject, days, events)}")
    connection.execute(f"delete from {key}_bucket where {days}")
    for measure in bucket_measures(draft.catalogue, subject):
        connection.execute(f"insert into {key}_bucket {bucket_sql(subject, measure, days, events)}")


def _restate(draft: Draft, subject: Subject, days: str, events: str | None = None) -> None:
    """Sum the touched days anew and keep what changed on days already reported."""
    stretches = draft.covered_before.get(subject.key, [])
    reported = " or ".join(f"day between date '{first}' and date '{last}'" for first, last in stretches)
    if not reported:
        _sum_days(draft, subject, days, events)
        return
    connection, key = draft.connection, subject.key
    for table in ("rollup", "bucket"):
        connection.execute(f"create temp table {table}_before as select * from {key}_{table} where {days}")
    _sum_days(draft, subject, days, events)
    names = ", ".join(quoted(name) for name in measures(connection, subject))
    differences = ", ".join(
        f"sum(sign * coalesce({quoted(n)}, 0)) as {quoted(n)}" for n in measures(connection, subject)
    )
    connection.execute(f"""
        insert into restatement
        select {_cause(draft, subject)}, day, town, measure, delta from (
            unpivot (
                select day, town, {differences} from (
                    select 1 as sign, * from {key}_rollup where {days}
                    union all select -1, * from rollup_before
                ) where {reported} group by day, town
            ) on {names} into name measure value delta
        ) as changed where abs(delta) > 1e-9
        """)
    connection.execute(f"""
        insert into bucket_restatement
        select {_cause(draft, subject)}, day, town, measure, bucket, records, total from (
            select day, town, measure, bucket, sum(sign * records) as records, sum(sign * total) as total from (
                select 1 as sign, * from {key}_bucket where {days}
                union all select -1, * from bucket_before
            ) where {reported} group by day, town, measure, bucket
        ) as changed where abs(records) + abs(total) > 1e-9
        """)
    connection.execute("drop table rollup_before")
    connection.execute("drop table bucket_before")


def _cause(draft: Draft, subject: Subject) -> str:
    """Return SQL for batch, is_undo, restated_at and subject of a changed day: the last batch that touched it."""
    last = f"(select max(batch) from touched_day where subject = '{subject.key}' and touched_day.day = changed.day)"
    batch = f"coalesce({last}, {draft.last_cause.batch})"
    moment = f"timestamp '{draft.last_cause.at:%Y-%m-%d %H:%M:%S}'"
    return f"{batch}, {str(draft.last_cause.is_undo).lower()}, {moment}, '{subject.key}'"

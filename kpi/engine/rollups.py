"""Rollups: sums of a subject's measures by day and town, kept ready and refreshed for touched days only."""

from __future__ import annotations

from kpi.catalogue import Subject
from kpi.store import Draft
from kpi.store.schema import measures, quoted


def refresh(draft: Draft) -> None:
    """Bring the horizon and every rollup of the draft in line with the batches now in force."""
    connection = draft.connection
    connection.execute("delete from horizon")
    connection.execute(
        "insert into horizon select subject, min(period_first), max(period_last) "
        "from batch where in_force group by subject"
    )
    for subject in draft.catalogue.subjects.values():
        if not subject.rollup:
            continue
        if draft.is_outdated:
            _sum_days(draft, subject, "true")
        elif subject.reads and draft.touched_subjects & {subject.key, *subject.reads}:
            # What another subject's records mean for this one is not bound to their days.
            _sum_days(draft, subject, "true")
        elif subject.key in draft.touched_subjects:
            _sum_days(draft, subject, f"day in (select day from touched_day where subject = '{subject.key}')")


def _sum_days(draft: Draft, subject: Subject, days: str) -> None:
    names = measures(draft.connection, subject)
    sums = ", ".join(f"sum({quoted(name)})::double" for name in names)
    draft.connection.execute(f"delete from {subject.key}_rollup where {days}")
    draft.connection.execute(
        f"insert into {subject.key}_rollup "
        f"select day, town, {sums} from {subject.key}_event where {days} group by day, town"
    )

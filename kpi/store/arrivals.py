"""What arrived of every subject, and whether the next file is late by the rhythm its source is expected to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from kpi.catalogue import Catalogue

if TYPE_CHECKING:
    from kpi.store.generation import Generation

ARRIVED_SQL = """
    select subject, max(imported_at) as last_arrival, max(period_last) as period_last, count(*) as files,
        sum(refused)::bigint as refused
    from batch
    where in_force
    group by subject
"""
SCHEMA: dict[str, Any] = {
    "subject": pl.String,
    "last_arrival": pl.Datetime("us"),
    "period_last": pl.Date,
    "files": pl.Int64,
    "refused": pl.Int64,
    "due_on": pl.Date,
    "state": pl.String,
}


def arrivals(generation: Generation, catalogue: Catalogue) -> pl.DataFrame:
    """Return one row per subject: when it last arrived, what it covers, when the next file is due, its state.

    ``due_on`` is the last day on which the next file is in time. ``state`` is fresh, late (that day has passed),
    broken (late by more than a whole rhythm) or never (nothing arrived yet).
    """
    arrived = {row["subject"]: row for row in generation.query(ARRIVED_SQL).iter_rows(named=True)}
    rows: list[dict[str, Any]] = []
    for subject in catalogue.subjects.values():
        known = arrived.get(subject.key)
        if known is None:
            rows.append({"subject": subject.key, "state": "never"})
            continue
        last = known["period_last"]
        state = subject.rhythm.state(last, generation.today)
        rows.append({**known, "due_on": subject.rhythm.due_after(last), "state": state})
    return pl.DataFrame(rows, schema=SCHEMA)

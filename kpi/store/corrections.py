"""What later batches and undos changed of sums already stated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from kpi.store.generation import Generation


def corrections(generation: Generation, windows: Sequence[tuple[date, date]], town: str | None = None) -> pl.DataFrame:
    """Return the corrections inside each window of days, for the county or one town.

    One row per window, subject, measure and cause: window (position in ``windows``), subject, measure, batch,
    file_name, is_undo, restated_at, delta (new sum minus old).
    """
    values = ", ".join(f"({i}, date '{first}', date '{last}')" for i, (first, last) in enumerate(windows))
    place = "" if town is None else "where restatement.town = ?"
    return generation.query(
        f"""
        with period(id, first, last) as (values {values})
        select period.id as "window", restatement.subject, measure, restatement.batch,
            any_value(file_name) as file_name, is_undo, restated_at, sum(delta) as delta
        from restatement
        join period on restatement.day between period.first and period.last
        left join batch on batch.batch = restatement.batch
        {place}
        group by 1, 2, 3, 4, 6, 7
        having abs(sum(delta)) > 1e-9
        """,
        [] if town is None else [town],
    )


def corrected_buckets(
    generation: Generation, subject: str, measure: str, first: date, last: date, town: str | None = None
) -> pl.DataFrame:
    """Return the buckets of one measure as they are now (batch 0) and what every correction added to them.

    Columns bucket, records, total, batch, file_name, is_undo, restated_at; no rows at all while nothing was corrected.
    """
    place = "" if town is None else " and town = $town"
    days = f"day between $first and $last and measure = $measure{place}"
    parameters: dict[str, object] = {"first": first, "last": last, "measure": measure}
    if town is not None:
        parameters["town"] = town
    return generation.query(
        f"""
        with correction as (
            select bucket, sum(records) as records, sum(total) as total, batch, is_undo, restated_at
            from bucket_restatement where subject = '{subject}' and {days} group by all
        )
        select bucket, sum(records) as records, sum(total) as total, 0 as batch, '' as file_name, false as is_undo,
            timestamp '1900-01-01' as restated_at
        from {subject}_bucket where {days} and exists (select 1 from correction) group by bucket
        union all by name
        select correction.*, file_name from correction left join batch using (batch)
        """,
        parameters,
    )

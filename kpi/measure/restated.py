"""The list of published weekly figures that a later batch or an undo changed."""

from __future__ import annotations

import polars as pl

from kpi.calendar import period_of
from kpi.measure.columns import CHANGE
from kpi.measure.figures import WholeFigures
from kpi.measure.restatements import Restatements
from kpi.measure.source import Source

MOST_WEEKS = 12
SCHEMA = {
    **CHANGE,
    "batch": pl.Int64(),
    "file_name": pl.String(),
    "at": pl.Datetime("us"),
    "is_undo": pl.Boolean(),
}


def restated(source: Source, batch: int | None = None) -> pl.DataFrame:
    """Return one row per correction of a weekly figure, the newest first; columns as in ``SCHEMA``.

    Looks at the twelve newest weeks with corrections, of all batches or of one. ``before`` and ``after`` are in the
    metric's unit. Stocks, which carry every earlier correction with them, are told once, in the newest week.
    """
    condition = "" if batch is None else "where batch = ?"
    days = source.generation.query(
        f"select distinct subject, date_trunc('week', day)::date as monday from restatement {condition}",
        [] if batch is None else [batch],
    )
    mondays = days["monday"].unique().sort(descending=True).head(MOST_WEEKS)
    weeks = [period_of("week", monday) for monday in mondays]
    subjects = set(days["subject"])
    metrics = [metric for metric in source.catalogue.metrics.values() if subjects & set(metric.subjects)]
    if not weeks or not metrics:
        return pl.DataFrame(schema=SCHEMA)
    figures = WholeFigures(source, metrics, {})
    found = Restatements(source, [(week.first, week.last) for week in weeks])
    rows = [
        (
            metric.key,
            metric.name,
            metric.unit,
            metric.decimals,
            week.key,
            week.label,
            each.before,
            each.after,
            each.batch,
            each.file_name,
            each.at,
            each.is_undo,
        )
        for metric in metrics
        for week in (weeks[:1] if metric.kind == "gauge" else weeks)
        for each in found.all(figures, metric, (week.first, week.last))
        if batch in (None, each.batch)
    ]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return frame.sort("at", "period", descending=True, maintain_order=True)

"""What the last weeks of every metric would become if a file went in."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl

from kpi.calendar import Period, period_of
from kpi.catalogue import Catalogue, Metric
from kpi.engine import dataset_of
from kpi.engine.trial import on_trial
from kpi.intake import Staged
from kpi.measure.columns import CHANGE
from kpi.measure.series import series
from kpi.measure.source import Source
from kpi.store import current, dataset_folder

WEEKS = 4
SCHEMA = {
    **CHANGE,
    "n_before": pl.Float64(),
    "n_after": pl.Float64(),
}


def effects(root: Path, staged: Staged, catalogue: Catalogue, *, is_complete: bool = False) -> pl.DataFrame:
    """Return one row per metric the file's subject feeds and each of the last four weeks up to the file's last day.

    Columns as in ``SCHEMA``: ``before`` and ``after`` in the metric's unit, null where the week has no data; ``n``
    the number of records behind them. Nothing is put in force. Raises StoreError when the disk has no room for
    a copy of the data.
    """
    concerned = [metric for metric in catalogue.metrics.values() if staged.subject in _feeding(metric, catalogue)]
    weeks = _weeks(staged)
    dataset = dataset_of(staged)
    is_new = not (dataset_folder(root, dataset) / "current").exists()
    before = pl.DataFrame() if is_new else _values(Source(current(root, dataset), catalogue), concerned, weeks)
    with on_trial(root, staged, catalogue, is_complete=is_complete) as generation:
        after = _values(Source(generation, catalogue), concerned, weeks)
    if is_new:
        before = after.with_columns(pl.lit(None, pl.Float64).alias("value"), pl.lit(None, pl.Float64).alias("n"))
    both = after.join(before, on=["metric", "period"], suffix="_before", maintain_order="left")
    rows = [
        (
            row["metric"],
            catalogue.metrics[row["metric"]].name,
            catalogue.metrics[row["metric"]].unit,
            catalogue.metrics[row["metric"]].decimals,
            row["period"],
            row["label"],
            row["value_before"],
            row["value"],
            row["n_before"],
            row["n"],
        )
        for row in both.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _feeding(metric: Metric, catalogue: Catalogue) -> set[str]:
    subjects = set(metric.subjects)
    return subjects | {name for subject in subjects for name in catalogue.subjects[subject].reads}


def _weeks(staged: Staged) -> list[Period]:
    last = period_of("week", staged.period_last)
    if last.last > staged.period_last + timedelta(days=1):
        last = last.previous()
    return list(last.trailing(WEEKS))


def _values(source: Source, metrics: list[Metric], weeks: list[Period]) -> pl.DataFrame:
    return series(source, [metric.key for metric in metrics], weeks).select("metric", "period", "label", "value", "n")

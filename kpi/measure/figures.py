"""Sums become figures: numerators over denominators, divided once, last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from kpi.catalogue import Metric
from kpi.measure.source import Source
from kpi.store import BEGINNING, Window, window_quantiles, window_sums

SCHEMA: dict[str, Any] = {
    "metric": pl.String,
    "window": pl.Int64,
    "member": pl.String,
    "value": pl.Float64,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "n": pl.Float64,
}


def figures(
    source: Source,
    metrics: Sequence[Metric],
    windows: Callable[[date], list[Window]],
    by: str | None = None,
    where: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Return one row per metric, window and member: value in the metric's unit, numerator, denominator, n.

    ``windows`` gives the stretches of days for metrics that reach up to a given day. A metric without
    any reported day has no row; neither has a window in which none of the measures had an event. ``n``
    is the number of records behind a rate or percentile, and null for totals and gauges. Raises
    UnknownName for a dimension a subject lacks.
    """
    groups: dict[date, list[Metric]] = defaultdict(list)
    for metric in metrics:
        if (as_of := source.as_of(metric)) is not None:
            groups[as_of].append(metric)
    frames = []
    for as_of, group in groups.items():
        asked = windows(as_of)
        if not asked:
            continue
        quotients = [m for m in group if m.kind != "percentile"]
        frames.append(_quotients(source, quotients, asked, by, where))
        frames += [_percentile(source, m, asked, by, where) for m in group if m.kind == "percentile"]
    return (
        pl.concat([frame.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()) for frame in frames])
        if frames
        else pl.DataFrame(schema=SCHEMA)
    )


def _quotients(
    source: Source, metrics: Sequence[Metric], windows: list[Window], by: str | None, where: Mapping[str, str] | None
) -> pl.DataFrame:
    sums = _measure_sums(source, metrics, windows, by, where)
    asked = pl.DataFrame(
        [
            {
                "metric": m.key,
                "top": _slot(m, m.numerator),
                "bottom": _slot(m, m.denominator),
                "scale": m.scale,
                "kind": m.kind,
            }
            for m in metrics
        ],
        schema={"metric": pl.String, "top": pl.String, "bottom": pl.String, "scale": pl.Float64, "kind": pl.String},
    )
    top = sums.rename({"slot": "top", "sum": "numerator"})
    bottom = sums.rename({"slot": "bottom", "sum": "denominator"})
    keys = ["window", "member"]
    with_top = asked.join(top, on="top")
    with_bottom = asked.filter(pl.col("bottom").is_not_null()).join(bottom, on="bottom")
    # A denominator without any numerator event is an honest 0 / n; so both sides are kept.
    joined = with_top.join(
        with_bottom.select("metric", *keys, "denominator"),
        on=["metric", *keys],
        how="full",
        coalesce=True,
        nulls_equal=True,
    )
    return (
        joined.drop("top", "bottom", "scale", "kind")
        .join(asked, on="metric")
        .with_columns(pl.col("numerator").fill_null(0.0), pl.col("denominator").fill_null(0.0))
        .with_columns(
            value=pl.when(pl.col("bottom").is_null())
            .then(pl.col("numerator") * pl.col("scale"))
            .when(pl.col("denominator") > 0)
            .then(pl.col("numerator") / pl.col("denominator") * pl.col("scale")),
            denominator=pl.when(pl.col("bottom").is_not_null()).then(pl.col("denominator")),
            n=pl.when(pl.col("bottom").is_not_null() & (pl.col("kind") == "ratio")).then(pl.col("denominator")),
        )
    )


def _slot(metric: Metric, part: str | None) -> str | None:
    """Name a sum: the same measure summed over a period and from the beginning on are two things."""
    return f"{'stock' if metric.kind == 'gauge' else 'flow'}:{part}" if part else None


def _measure_sums(
    source: Source, metrics: Sequence[Metric], windows: list[Window], by: str | None, where: Mapping[str, str] | None
) -> pl.DataFrame:
    """Return slot, window, member, sum for every measure the metrics name; one query per subject and kind."""
    needed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for metric in metrics:
        for part in (metric.numerator, metric.denominator):
            if part:
                key, measure = part.split(".")
                needed["stock" if metric.kind == "gauge" else "flow", key].add(measure)
    frames = []
    for (kind, key), names in needed.items():
        asked = windows if kind == "flow" else [Window(w.id, BEGINNING, w.last) for w in windows]
        subject = source.catalogue.subjects[key]
        wide = window_sums(source.generation, subject, sorted(names), asked, by, where)
        long = wide.with_columns(pl.col("window").cast(pl.Int64)).unpivot(
            index=["window", "member"], variable_name="measure", value_name="sum"
        )
        frames.append(
            long.select((pl.lit(f"{kind}:{key}.") + pl.col("measure")).alias("slot"), "window", "member", "sum")
        )
    schema: dict[str, Any] = {"slot": pl.String, "window": pl.Int64, "member": pl.String, "sum": pl.Float64}
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _percentile(
    source: Source, metric: Metric, windows: list[Window], by: str | None, where: Mapping[str, str] | None
) -> pl.DataFrame:
    key, measure = metric.numerator.split(".")
    assert metric.quantile is not None
    subject = source.catalogue.subjects[key]
    found = window_quantiles(source.generation, subject, measure, metric.quantile, windows, by, where)
    none = pl.lit(None, dtype=pl.Float64)
    return found.with_columns(
        metric=pl.lit(metric.key), value=pl.col("value") * metric.scale, numerator=none, denominator=none
    )

"""Figures over consecutive periods, with last year, the normal range and the points that stand out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from kpi.calendar import Period
from kpi.catalogue import Metric
from kpi.measure.figures import figures
from kpi.measure.goals import judges_a_part
from kpi.measure.source import Source
from kpi.measure.variation import MINIMUM_POINTS, Limits, limits, meaning, signals
from kpi.store import Window, towns_reporting

BASELINE = {"week": 26, "month": 24}
LAST_YEAR = 1000
SCHEMA: dict[str, Any] = {
    "metric": pl.String,
    "period": pl.String,
    "first": pl.Date,
    "last": pl.Date,
    "label": pl.String,
    "value": pl.Float64,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "n": pl.Float64,
    "last_year": pl.Float64,
    "is_complete": pl.Boolean,
    "lower": pl.Float64,
    "mean": pl.Float64,
    "upper": pl.Float64,
    "signal": pl.String,
    "signal_kind": pl.String,
    "target": pl.Float64,
}


def series(
    source: Source, metrics: Sequence[str], periods: Sequence[Period], where: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Return one row per metric and period, in time order; columns are ``SCHEMA``, values in the metric's unit.

    A period without any reported day has a null value: a gap, never a zero. Limits and signals come
    from the complete periods among those given, without a gap, and only for metrics an XmR chart suits.
    Raises UnknownName for an unknown metric or dimension.
    """
    chosen = source.metrics(metrics, list(where or {}))
    points = _points(source, chosen, periods, source.canonical(chosen, where or {}), with_last_year=True)
    rows = []
    for metric in chosen:
        special = _variation(metric, points[metric.key])
        for position, point in enumerate(points[metric.key]):
            period = periods[position]
            target = source.catalogue.target(metric.key, period.kind, period.last)
            if target and where and not judges_a_part(metric, target):
                target = None
            resolved = target.value if target else None
            if target and target.relative_to_last_year:
                resolved = target.value * point["last_year"] if point["last_year"] is not None else None
            rows.append(
                {
                    "metric": metric.key,
                    "period": period.key,
                    "first": period.first,
                    "last": period.last,
                    "label": period.label,
                    "target": resolved,
                    **point,
                    **special[position],
                }
            )
    return pl.DataFrame(rows, schema=SCHEMA)


def latest_signals(
    source: Source, metrics: Sequence[Metric], period: Period, where: Mapping[str, str] | None = None
) -> dict[str, dict[str, Any]]:
    """Return metric → lower, mean, upper, signal, signal_kind of ``period``, judged among the periods before it.

    Only weeks and months are charted; other periods give nothing.
    """
    if period.kind not in BASELINE:
        return {}
    periods = period.trailing(BASELINE[period.kind])
    charted = [m for m in metrics if m.chart == "xmr"]
    points = _points(source, charted, periods, where, with_last_year=False)
    return {metric.key: _variation(metric, points[metric.key])[-1] for metric in charted}


def _points(
    source: Source,
    metrics: Sequence[Metric],
    periods: Sequence[Period],
    where: Mapping[str, str] | None,
    with_last_year: bool,
) -> dict[str, list[dict[str, Any]]]:
    def windows(as_of: date) -> list[Window]:
        asked = [Window(i, p.first, min(p.last, as_of)) for i, p in enumerate(periods) if p.first <= as_of]
        if with_last_year:
            before = [(i, p.last_year()) for i, p in enumerate(periods)]
            asked += [Window(LAST_YEAR + i, p.first, p.last) for i, p in before if p.last <= as_of]
        return asked

    found = {
        (row["metric"], row["window"]): row
        for row in figures(source, metrics, windows, None, where).iter_rows(named=True)
    }
    silent = _silent(source, metrics, periods, where)

    def figure(metric: Metric, period: Period, window: int) -> dict[str, Any]:
        if window in silent.get(metric.subject, ()) or not source.is_covered(metric, period):
            return {"value": None, "numerator": None, "denominator": None, "n": None}
        return _figure(metric, found.get((metric.key, window)))

    return {
        metric.key: [
            {
                **figure(metric, period, position),
                "last_year": figure(metric, period.last_year(), LAST_YEAR + position)["value"]
                if with_last_year
                else None,
                "is_complete": source.is_complete(metric, period),
            }
            for position, period in enumerate(periods)
        ]
        for metric in metrics
    }


def _silent(
    source: Source, metrics: Sequence[Metric], periods: Sequence[Period], where: Mapping[str, str] | None
) -> dict[str, set[int]]:
    """Return subject → the windows in which the one town looked at should have reported and did not."""
    town = (where or {}).get("town")
    if town is None or any(period.kind == "day" for period in periods):
        return {}
    windows = [Window(i, p.first, p.last) for i, p in enumerate(periods)]
    windows += [
        Window(LAST_YEAR + w.id, p.first, p.last) for w, p in zip(windows, map(Period.last_year, periods), strict=True)
    ]
    silent = {}
    for key in {metric.subject for metric in metrics}:
        subject = source.catalogue.subjects[key]
        if subject.covers_towns:
            reported = towns_reporting(source.generation, subject, windows).filter(pl.col("member") == town)
            silent[key] = {window.id for window in windows} - set(reported["window"])
    return silent


def _figure(metric: Metric, row: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None:
        zero = 0.0 if metric.denominator is None and metric.kind != "percentile" else None
        return {"value": zero, "numerator": zero, "denominator": None, "n": None}
    return {name: row[name] for name in ("value", "numerator", "denominator", "n")}


def _variation(metric: Metric, points: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return limits and signal per point, from the last unbroken run of complete points."""
    nothing = {"lower": None, "mean": None, "upper": None, "signal": "", "signal_kind": "none"}
    result: list[dict[str, Any]] = [dict(nothing) for _ in points]
    end = len(points)
    while end and not _usable(points[end - 1]):
        end -= 1
    start = end
    while start and _usable(points[start - 1]):
        start -= 1
    values = [points[i]["value"] for i in range(start, end)]
    if metric.chart != "xmr" or len(values) < MINIMUM_POINTS:
        return result
    known = limits(values)
    for offset, signal in enumerate(signals(values, known)):
        result[start + offset] = {
            **_clipped(metric, known),
            "signal": signal.words if signal else "",
            "signal_kind": meaning(signal, metric.direction),
        }
    return result


def _usable(point: Mapping[str, Any]) -> bool:
    return point["value"] is not None and bool(point["is_complete"])


def _clipped(metric: Metric, known: Limits) -> dict[str, float]:
    """Return the limits as drawn: a count or share cannot be below 0, a share not above 100 %."""
    upper = min(known.upper, 100.0) if metric.is_rate else known.upper
    return {"lower": max(known.lower, 0.0), "mean": known.mean, "upper": upper}

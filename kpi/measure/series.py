"""Figures over consecutive periods, with last year, the normal range, the points that stand out, and events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from kpi.calendar import Period, short_day
from kpi.catalogue import Metric
from kpi.measure.columns import SERIES
from kpi.measure.figures import WholeFigures
from kpi.measure.goals import Place, find_target, is_cumulative
from kpi.measure.history import Point, points, silent_periods, variation
from kpi.measure.source import Source


def series(
    source: Source, metrics: Sequence[str], periods: Sequence[Period], where: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Return one row per metric and period, in time order; columns are ``SERIES``, values in the metric's unit.

    A period without any reported day has a null value: a gap, never a zero. Limits and signals come from the
    complete periods among those given. ``event`` names a change of definition or a recorded baseline that
    begins in the period. Raises UnknownName for an unknown metric or dimension.
    """
    chosen = source.metrics(metrics, list(where or {}))
    where = source.canonical(chosen, where or {})
    figures = WholeFigures(source, chosen, where)
    silent = silent_periods(source, chosen, [*periods, *(period.last_year() for period in periods)], where)
    rows = [
        row
        for metric in chosen
        for row in _rows(source, figures, metric, periods, where, silent.get(metric.subject, ()))
    ]
    return pl.DataFrame(rows, schema=SERIES)


def _rows(
    source: Source,
    figures: WholeFigures,
    metric: Metric,
    periods: Sequence[Period],
    where: Mapping[str, str],
    silent: Collection[Period],
) -> list[dict[str, Any]]:
    seen = points(source, figures, metric, periods, silent)
    before = points(source, figures, metric, [period.last_year() for period in periods], silent)
    special = variation(source, figures, metric, periods, silent)
    place = Place.of(where)
    rows = []
    for point, past, found in zip(seen, before, special, strict=True):
        figure, period = point.figure, point.period
        rows.append(
            {
                "metric": metric.key,
                "period": period.key,
                "first": period.first,
                "last": period.last,
                "label": period.label,
                "value": figure.value,
                "numerator": figure.numerator,
                "denominator": figure.denominator,
                "n": figure.n,
                "last_year": past.figure.value,
                "is_complete": point.is_complete,
                "target": _target(source, metric, period, place, past),
                "event": _event(source, metric, period),
                **{name: found[name] for name in ("lower", "mean", "upper", "is_trial", "signal", "signal_kind")},
            }
        )
    return rows


def _target(source: Source, metric: Metric, period: Period, place: Place, last_year: Point) -> float | None:
    """Return the target line at a period: none where what is asked for is the amount of a longer time."""
    target = find_target(source, metric, period, place)
    if target is None or (is_cumulative(metric, target) and target.period != period.kind):
        return None
    if not target.relative_to_last_year or target.value is None:
        return target.value
    return target.value * last_year.figure.value if last_year.figure.value is not None else None


def _event(source: Source, metric: Metric, period: Period) -> str:
    words = [f"{short_day(c.on)}口径变更" for c in metric.changes if period.first <= c.on <= period.last]
    words += [
        f"{short_day(b.first)}起新基线"
        for b in source.catalogue.baselines
        if (b.metric, b.grain) == (metric.key, period.kind) and period.first <= b.first <= period.last
    ]
    return "；".join(words)

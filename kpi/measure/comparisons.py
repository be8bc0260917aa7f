"""What a figure is held against: the period before, the same last year, and the same days from 春节."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kpi.calendar import Period
from kpi.catalogue import Metric
from kpi.measure.figures import Figures
from kpi.measure.source import Source

Stretch = tuple[date, date]


@dataclass(frozen=True)
class Moments:
    """The stretches of days one figure is made of and compared with.

    ``compared`` maps previous, last_year and festival to (the whole period, the days of it that count). A period
    under way is compared with as many days as have passed of it.
    """

    period: Period
    current: Stretch
    compared: dict[str, tuple[Period, Stretch]]

    def stretches(self) -> list[Stretch]:
        """Return every stretch of days."""
        return [self.current, *(days for _, days in self.compared.values())]


def moments(source: Source, metric: Metric, period: Period) -> Moments | None:
    """Return the moments of ``metric`` in ``period``; None where nothing reaches into it."""
    as_of = source.as_of(metric)
    if as_of is None or as_of < period.first:
        return None
    last = min(period.last, as_of)
    others = {
        "previous": period.previous(),
        "last_year": period.last_year(),
        "festival": period.festival_last_year(),
    }
    elapsed = timedelta(days=(last - period.first).days)
    compared = {
        name: (other, (other.first, other.last if last == period.last else min(other.last, other.first + elapsed)))
        for name, other in others.items()
        if other is not None
    }
    return Moments(period, (period.first, last), compared)


def comparisons(
    source: Source, figures: Figures, metric: Metric, found: Moments | None, value: float | None, member: str
) -> dict[str, Any]:
    """Return previous, last_year and festival with their changes.

    Changes are per cent for totals and means, 个百分点 for rates, the metric's own unit for gauges and
    percentiles (``change_unit``). A period that was not fully reported has no figure; one counted under
    another definition has a figure, but no change: the two cannot be compared.
    """
    result: dict[str, Any] = {"change_unit": change_unit(metric), "festival_label": None}
    for name in ("previous", "last_year", "festival"):
        result[name] = result[f"{name}_change"] = None
        if found is None or name not in found.compared:
            continue
        whole, days = found.compared[name]
        if not source.is_complete(metric, whole):
            continue
        result[name] = figures.figure(metric, *days, member).value
        if is_comparable(metric, days, found.current):
            result[f"{name}_change"] = _change(metric, value, result[name])
        if name == "festival":
            result["festival_label"] = whole.label
    return result


def is_comparable(metric: Metric, one: Stretch, other: Stretch) -> bool:
    """Say whether two stretches of days are counted under one definition from their first day to their last."""
    since = {metric.defined_since(day) for day in (*one, *other)}
    return len(since) == 1


def change_unit(metric: Metric) -> str:
    """Return the unit in which differences of the metric are said."""
    if metric.is_rate:
        return "个百分点"
    return "%" if metric.kind in ("total", "ratio") else metric.unit


def _change(metric: Metric, value: float | None, past: float | None) -> float | None:
    if value is None or past is None:
        return None
    if metric.is_rate or metric.kind in ("gauge", "percentile"):
        return value - past
    return (value / past - 1) * 100 if past else None

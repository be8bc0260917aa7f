"""Which target judges a figure, and where a yearly amount should be by now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kpi.calendar import Period, period_of
from kpi.catalogue import SIGNS, Metric, Target
from kpi.measure.source import Source
from kpi.measure.wording import target_text

TO_DATE, TO_DATE_LAST_YEAR, FULL_LAST_YEAR = 3, 4, 5


@dataclass(frozen=True)
class Pace:
    """A yearly amount so far, what it should be by calendar days, and where it will end by last year's shape."""

    to_date: float
    expected: float
    projection: float
    year_over: bool


@dataclass(frozen=True)
class Goal:
    """The target in force for one figure, the value it comes to, and the pace when it is a yearly amount."""

    target: Target | None
    value: float | None
    pace: Pace | None

    def columns(self, metric: Metric) -> dict[str, Any]:
        """Return the scorecard's columns about the target."""
        target, pace = self.target, self.pace
        return {
            "target": self.value,
            "target_sign": SIGNS[target.direction] if target else None,
            "target_text": target_text(metric, target, self.value),
            "target_document": target.document if target else None,
            "target_clause": target.clause if target else None,
            "target_is_demo": target.demo if target else None,
            "to_date": pace.to_date if pace else None,
            "expected_to_date": pace.expected if pace else None,
            "projection": pace.projection if pace else None,
        }


def goal(
    source: Source,
    metric: Metric,
    period: Period,
    is_part: bool,
    last_year: float | None,
    known: Mapping[int, Mapping[str, Any]],
) -> Goal:
    """Return the goal of one figure; ``known`` holds its figures of the year so far and of last year.

    ``is_part`` says that the figure is about one member or what a filter leaves, not about the whole county.
    """
    target = _target(source, metric, period, is_part)
    return Goal(target, _resolved(target, last_year), _pace(source, metric, period, target, known))


def _target(source: Source, metric: Metric, period: Period, is_part: bool) -> Target | None:
    target = source.catalogue.target(metric.key, period.kind, period.last)
    if target is None:
        target = source.catalogue.annual_target(metric.key, period.last)
    return target if target is None or not is_part or judges_a_part(metric, target) else None


def judges_a_part(metric: Metric, target: Target) -> bool:
    """Say whether a county target also judges a single town or department: rates do, amounts only where none is due."""
    shareable = metric.kind in ("ratio", "percentile") or (target.direction == "at_most" and target.value == 0)
    return shareable and target.period == "any"


def _resolved(target: Target | None, last_year: float | None) -> float | None:
    if target is None:
        return None
    if not target.relative_to_last_year:
        return target.value
    return target.value * last_year if last_year is not None else None


def _pace(
    source: Source, metric: Metric, period: Period, target: Target | None, known: Mapping[int, Mapping[str, Any]]
) -> Pace | None:
    """Return the pace of the year, or None unless a yearly amount is in force and the year is reported so far."""
    as_of = source.as_of(metric)
    if target is None or target.period != "year" or as_of is None or as_of < period.first:
        return None
    last = min(period.last, as_of)
    year = period_of("year", last)
    to_date = Period(year.first, last, "day")
    if not source.is_complete(metric, to_date):
        return None
    amount = known.get(TO_DATE, {}).get("value") or 0.0
    share = to_date.days / year.days
    before = known.get(FULL_LAST_YEAR, {}).get("value")
    shape = known.get(TO_DATE_LAST_YEAR, {}).get("value")
    if source.is_complete(metric, year.last_year()) and before and shape:
        projection = amount * before / shape
    else:
        projection = amount / share
    year_over = last == year.last
    return Pace(amount, target.value * share, amount if year_over else projection, year_over)

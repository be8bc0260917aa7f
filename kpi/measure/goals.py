"""Which target judges a figure, what it comes to, and the pace of a cumulative one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kpi.calendar import Period
from kpi.catalogue import COUNTY, EACH_TOWN, SIGNS, Metric, Target
from kpi.catalogue.targets import CUMULATIVE
from kpi.measure.comparisons import is_comparable
from kpi.measure.figures import Figures
from kpi.measure.pace import Course, Pace, course, pace
from kpi.measure.source import Source
from kpi.measure.wording import target_text


@dataclass(frozen=True)
class Place:
    """What a figure is about: the whole county, one town (and nothing narrower), or some other part of it."""

    is_part: bool = False
    town: str | None = None

    @classmethod
    def of(cls, where: Mapping[str, str], by: str | None = None, member: str | None = None) -> Place:
        """Return the place a filter and a member of a split leave."""
        narrowed = {**where, **({by: member or ""} if by else {})}
        return cls(bool(narrowed), narrowed["town"] if narrowed.keys() == {"town"} else None)


@dataclass(frozen=True)
class Goal:
    """The target in force for one figure, the bounds it comes to, and the pace when it is cumulative."""

    target: Target | None
    value: float | None
    value_high: float | None
    pace: Pace | None

    def columns(self, metric: Metric) -> dict[str, Any]:
        """Return the scorecard's columns about the target."""
        target, found = self.target, self.pace
        return {
            "target": self.value,
            "target_high": self.value_high,
            "target_sign": SIGNS[target.direction] if target else None,
            "target_text": target_text(metric, target, self.value, self.value_high),
            "target_document": target.document if target else None,
            "target_clause": target.clause if target else None,
            "target_scope": target.scope if target else None,
            "target_is_demo": target.demo if target else None,
            "to_date": found.to_date if found else None,
            "expected_to_date": found.expected if found else None,
            "expected_by": found.expected_by if found else None,
            "projection": found.projection if found else None,
            "projection_low": found.low if found else None,
            "projection_high": found.high if found else None,
        }


NO_GOAL = Goal(None, None, None, None)


def find_target(source: Source, metric: Metric, period: Period, place: Place) -> Target | None:
    """Return the target that judges ``metric`` in ``period`` at ``place``, in force on the period's last day.

    A town's own target comes before one for every town, and that before the county's where it may judge a
    part. A target for exactly this kind of period comes before one for any; a total without either is judged
    by what a longer period asks of it so far.
    """
    scopes = [place.town, EACH_TOWN] if place.town else []
    longer = [kind for kind in CUMULATIVE if kind != period.kind] if metric.kind == "total" else []
    for scope in (*scopes, COUNTY):
        for kind in (period.kind, "any", *longer):
            found = source.targets.find(metric.key, kind, scope or "", period.last)
            if found and _may_judge(metric, found, place) and _is_longer(found, period):
                return found
    return None


def _may_judge(metric: Metric, target: Target, place: Place) -> bool:
    return not place.is_part or target.scope != COUNTY or judges_a_part(metric, target)


def _is_longer(target: Target, period: Period) -> bool:
    """Say whether the target's own period is the one looked at, any, or one that holds it."""
    order = ("day", *CUMULATIVE[::-1])
    return target.period == "any" or order.index(target.period) >= order.index(period.kind)


def judges_a_part(metric: Metric, target: Target) -> bool:
    """Say whether a county target also judges a single town or department: rates do, amounts only where none is due."""
    shareable = metric.kind in ("ratio", "percentile") or (target.direction == "at_most" and target.value == 0)
    return shareable and target.period == "any"


def is_cumulative(metric: Metric, target: Target) -> bool:
    """Say whether the target is an amount that grows towards it; a rate has no amount due to date."""
    return metric.kind == "total" and target.period in CUMULATIVE


def course_of(source: Source, metric: Metric, period: Period, place: Place) -> Course | None:
    """Return the time the target's pace is reckoned over, or None where there is no cumulative target."""
    target = find_target(source, metric, period, place)
    return course(source, metric, target, period) if target and is_cumulative(metric, target) else None


def goal(
    source: Source,
    figures: Figures,
    metric: Metric,
    period: Period,
    place: Place,
    last_year: float | None,
    member: str = "",
) -> Goal:
    """Return the goal of one figure; ``last_year`` is the comparable figure a relative target refers to."""
    target = find_target(source, metric, period, place)
    if target is None:
        return NO_GOAL
    found = course(source, metric, target, period) if is_cumulative(metric, target) else None
    if found is not None and target.relative_to_last_year:
        is_known = source.is_complete(metric, found.before) and is_comparable(
            metric, (found.before.first, found.before.last), (found.span.first, found.last)
        )
        whole_before = figures.total_value(metric, found.before.first, found.before.last, member)
        last_year = whole_before if is_known else None
    factor = last_year if target.relative_to_last_year else 1.0
    low, high = (None if factor is None or bound is None else bound * factor for bound in target.bounds)
    on_the_way = pace(source, figures, metric, target, found, low, member) if found and low is not None else None
    return Goal(target, low, high, on_the_way)

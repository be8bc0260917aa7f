"""Where a cumulative amount should be by now, and where it will end.

Four ways to spread a target over its time: calendar days, working days, the shape of the year before, or a
trajectory that a document sets. The projection carries on by the shape of the year before where that is
known, else evenly; its 95 % interval comes from how far the weeks so far lay from that course.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import sqrt

from kpi.calendar import Period, period_of, working_days
from kpi.catalogue import PACES, Metric, Target
from kpi.measure.figures import Figures
from kpi.measure.source import Source

FEWEST_WEEKS = 6
NORMAL_95 = 1.959964
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Pace:
    """An amount so far, what it should be, by which way, and where it will end (95 % interval), in the metric's unit.

    ``is_over`` says that the target's own time has passed, ``has_gap`` that days before now were not reported.
    """

    to_date: float
    expected: float
    expected_by: str
    projection: float | None
    low: float | None
    high: float | None
    is_over: bool
    has_gap: bool


@dataclass(frozen=True)
class Course:
    """The time of a cumulative target up to a day: its span, the days so far, the same of the year before."""

    span: Period
    last: date

    @property
    def so_far(self) -> Period:
        """The days from the beginning up to now."""
        return Period(self.span.first, self.last, "day")

    @property
    def before(self) -> Period:
        """The whole span of the year before."""
        return self.span.last_year() if self.span.kind != "week" else Period(*self.shifted(*self._ends), "week")

    @property
    def _ends(self) -> tuple[date, date]:
        return self.span.first, self.span.last

    def shifted(self, first: date, last: date) -> tuple[date, date]:
        """Return days of this span as days equally far into that of the year before."""
        if self.span.kind == "week":
            return first - 52 * WEEK, last - 52 * WEEK
        begun, ended = self.span.last_year().first, self.span.last_year().last
        move = begun - self.span.first
        end = ended if last == self.span.last else min(last + move, ended)
        return min(first + move, ended), end

    def stretches(self) -> list[tuple[date, date]]:
        """Return the stretches of days the pace reads, for figures that must be named in advance."""
        return [
            (self.span.first, self.last),
            self.shifted(self.span.first, self.last),
            (self.before.first, self.before.last),
        ]


def course(source: Source, metric: Metric, target: Target, period: Period) -> Course | None:
    """Return the time of a cumulative target as of the end of ``period``; None before anything of it was reported."""
    as_of = source.as_of(metric)
    if as_of is None or as_of < period.first:
        return None
    last = min(period.last, as_of)
    return Course(period_of(target.period, last), last)


def pace(
    source: Source, figures: Figures, metric: Metric, target: Target, found: Course, due: float, member: str = ""
) -> Pace:
    """Return where the amount stands on its way to ``due``, the target as an amount.

    The interval needs the weeks so far, which a split into members does not have.
    """
    amount = figures.total_value(metric, found.span.first, found.last, member)
    shape = _last_year_share(source, figures, metric, found, member)
    share, how = _share(target, found, due, shape)
    has_gap = not source.is_complete(metric, found.so_far)
    is_over = found.last == found.span.last
    if is_over:
        return Pace(amount, due * share, how, amount, amount, amount, True, has_gap)
    projection = None if has_gap or not (shape or share) else amount / (shape or share)
    low, high = (None, None)
    if projection is not None and not member:
        low, high = _interval(figures, metric, found, amount, projection, uses_shape=bool(shape))
    return Pace(amount, due * share, how, projection, low, high, False, has_gap)


def _last_year_share(source: Source, figures: Figures, metric: Metric, found: Course, member: str) -> float | None:
    """Return which share of the year before had come in by the same day; None where that year is not fully known."""
    if not source.is_complete(metric, found.before) or not _is_one_definition(metric, found):
        return None
    whole = figures.total_value(metric, found.before.first, found.before.last, member)
    part = figures.total_value(metric, *found.shifted(found.span.first, found.last), member)
    return part / whole if whole > 0 and part > 0 else None


def _is_one_definition(metric: Metric, found: Course) -> bool:
    """Say whether this time and the one before are counted alike: a shape of another definition is no guide."""
    days = (found.before.first, found.before.last, found.span.first, found.last)
    return len({metric.defined_since(day) for day in days}) == 1


def _share(target: Target, found: Course, due: float, shape: float | None) -> tuple[float, str]:
    """Return the share of the target due by now and the way it was found, in words."""
    if target.pace == "working_days":
        whole = working_days(found.span.first, found.span.last)
        return working_days(found.span.first, found.last) / whole, PACES["working_days"]
    if target.pace == "last_year" and shape is not None:
        return shape, PACES["last_year"]
    if target.pace == "trajectory":
        return _on_trajectory(target, found, due) / due if due else 0.0, PACES["trajectory"]
    how = PACES["calendar_days"]
    if target.pace == "last_year":
        how += "（上年数据不全，无法按上年进度）"
    return found.so_far.days / found.span.days, how


def _on_trajectory(target: Target, found: Course, due: float) -> float:
    """Return the amount due at the end of a day: straight lines from zero through the set points to the target."""
    year = found.span.first.year
    points = [(found.span.first - timedelta(days=1), 0.0)]
    points += [(date.fromisoformat(f"{year}-{day}"), amount) for day, amount in target.trajectory]
    if points[-1][0] < found.span.last:
        points.append((found.span.last, due))
    for (begun, low), (ended, high) in pairwise(points):
        if begun <= found.last <= ended:
            return low + (high - low) * (found.last - begun).days / (ended - begun).days
    return points[-1][1]


def _interval(
    figures: Figures, metric: Metric, found: Course, amount: float, projection: float, uses_shape: bool
) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a projection, by the scatter of the full weeks so far around its course.

    What remains is the course carried on: its own scatter, and that of the level it is carried on from.
    """
    weeks = []
    start = found.span.first
    while start + WEEK - timedelta(days=1) <= found.last:
        weeks.append((start, start + WEEK - timedelta(days=1)))
        start += WEEK
    if len(weeks) < FEWEST_WEEKS or amount <= 0:
        return None, None
    actual = [figures.total_value(metric, *week) for week in weeks]
    if uses_shape:
        course_before = [figures.total_value(metric, *found.shifted(*week)) for week in weeks]
        whole_before = figures.total_value(metric, *found.shifted(found.span.first, found.last))
        fitted = [amount * part / whole_before for part in course_before]
    else:
        fitted = [amount * 7 / found.so_far.days] * len(weeks)
    scatter = sum((a - f) ** 2 for a, f in zip(actual, fitted, strict=True)) / (len(weeks) - 1)
    remaining = projection - amount
    weeks_left = (found.span.last - found.last).days / 7
    spread = sqrt(scatter * (weeks_left + len(weeks) * (remaining / amount) ** 2))
    return max(amount, projection - NORMAL_95 * spread), projection + NORMAL_95 * spread

"""What drove the change of one figure between two stretches of time, along one dimension or the most telling one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kpi.calendar import Period, parse_period
from kpi.catalogue import Metric
from kpi.errors import NotComparable, UnknownName
from kpi.measure.comparisons import Stretch, is_comparable, moments
from kpi.measure.drivers import (
    NOT_ADDITIVE,
    Amount,
    Driver,
    Leading,
    Movement,
    best_dimension,
    decompose,
    driver_sentence,
    leading,
)
from kpi.measure.figures import SplitFigures, WholeFigures
from kpi.measure.source import Source

WORDS = {
    "previous": {"day": "前一日", "week": "上周", "month": "上月", "quarter": "上季", "year": "上年"},
    "last_year": dict.fromkeys(("day", "week", "month", "quarter", "year"), "去年同期"),
    "festival": dict.fromkeys(("day", "week", "month"), "去年春节同期"),
}


@dataclass(frozen=True)
class Explanation:
    """A change and its parts. ``change`` and every contribution are in ``unit_of_change``; the parts sum to it exactly.

    ``drivers`` holds every member of ``by``, the largest part first; ``leading`` the few worth naming;
    ``searched`` the dimensions that were tried, with their Chinese labels. ``keys`` are the figures behind
    ``sentence``. ``note`` says what limits the comparison, "" when nothing does.
    """

    metric: Metric
    period: Period
    versus: Period
    before: float
    after: float
    change: float
    unit_of_change: str
    by: str
    label: str
    drivers: Sequence[Driver]
    leading: Leading
    sentence: str
    keys: tuple[str, ...]
    searched: Mapping[str, str]
    note: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        members = [driver.member for driver in self.leading.members]
        return {
            "metric": self.metric.key,
            "name": self.metric.name,
            "unit": self.metric.unit,
            "kind": self.metric.kind,
            "period": self.period.key,
            "period_label": self.period.label,
            "vs": self.versus.key,
            "vs_label": self.versus.label,
            "before": self.before,
            "after": self.after,
            "change": self.change,
            "change_unit": self.unit_of_change,
            "by": self.by,
            "dimension": self.label,
            "drivers": [_plain(driver) for driver in self.drivers],
            "leading": {"members": members, "share": self.leading.share, "base": self.leading.base},
            "sentence": self.sentence,
            "keys": list(self.keys),
            "searched": dict(self.searched),
            "note": self.note,
        }


def _plain(driver: Driver) -> dict[str, Any]:
    plain = asdict(driver)
    for side in ("before_parts", "after_parts"):
        parts = plain[side]
        plain[side] = None if parts is None else {"numerator": parts[0], "denominator": parts[1]}
    return plain


def explain(
    source: Source,
    metric: str,
    period: Period,
    versus: str = "previous",
    by: str | None = None,
    where: Mapping[str, str] | None = None,
) -> Explanation:
    """Return what drove the change of ``metric`` from ``versus`` to ``period``, by the members of ``by``.

    ``versus`` is previous, last_year, festival (the same days from 春节) or a period as it is typed. Without ``by``
    every dimension is tried and the most telling kept. Raises UnknownName for an unknown metric, dimension or
    period; NotComparable for percentiles, which do not add up, for periods without reports, and across a change
    of definition.
    """
    (chosen,) = source.metrics([metric], [*([by] if by else []), *(where or {})])
    where = source.canonical([chosen], where or {})
    if chosen.kind == "percentile":
        raise NotComparable(f"指标“{chosen.name}”：{NOT_ADDITIVE}")
    other, now, then = _stretches(source, chosen, period, versus)
    dimensions = source.dimensions(chosen)
    wanted = (
        [by] if by else [name for name in dimensions if name not in where and not _is_outcome(source, chosen, name)]
    )
    if not wanted:
        raise UnknownName(f"指标“{chosen.name}”没有可以拆分的维度。")
    whole = WholeFigures(source, [chosen], where)
    before, after = (whole.figure(chosen, *stretch).value for stretch in (then, now))
    if before is None or after is None:
        missing = other.label if before is None else period.label
        raise NotComparable(f"{missing}“{chosen.name}”没有可计的件数，不能归因。")
    change = after - before
    tried = {name: _drivers(source, chosen, now, then, name, where) for name in wanted}
    telling = by or best_dimension(tried, change)
    best = telling or wanted[0]
    found = leading(tried[best], change)
    moved = Movement(
        metric=chosen.key,
        period=period.key,
        name=chosen.name,
        unit=chosen.unit,
        decimals=chosen.decimals,
        is_total=chosen.kind == "total",
        before=before,
        after=after,
        vs_label=WORDS.get(versus, {}).get(period.kind, other.label),
        column=versus if versus in WORDS else f"vs:{other.key}",
    )
    sentence, keys = driver_sentence(moved, dimensions[best], found if telling else None)
    note = "" if source.is_complete(chosen, other) else f"{other.label}没有完整报送，比较仅供参考。"
    unit = "个百分点" if chosen.is_rate else chosen.unit
    return Explanation(
        chosen, period, other, before, after, change, unit, best, dimensions[best], tried[best], found, sentence, keys,
        {name: dimensions[name] for name in tried}, note,
    )  # fmt: skip


def _is_outcome(source: Source, metric: Metric, name: str) -> bool:
    """Say whether a dimension is a level of satisfaction: that the dissatisfied lowered satisfaction says nothing."""
    return source.catalogue.subjects[metric.subject].column(name).type == "level"


def _stretches(source: Source, metric: Metric, period: Period, versus: str) -> tuple[Period, Stretch, Stretch]:
    """Return the period compared with, the days of ``period`` that count, and those of the other."""
    when = moments(source, metric, period)
    if when is None or not source.is_covered(metric, period):
        raise NotComparable(f"{period.label}没有报送“{metric.name}”的任何数据，不能归因。")
    if versus in WORDS:
        if versus not in when.compared:
            raise NotComparable(f"{period.label}没有春节同期可比，只有一、二月按春节对齐，请改用上期或去年同期。")
        other, then = when.compared[versus]
    else:
        other = parse_period(versus)
        as_of = source.as_of(metric)
        assert as_of is not None
        then = other.first, min(other.last, as_of)
    if not source.is_covered(metric, other):
        raise NotComparable(f"{other.label}没有报送“{metric.name}”的任何数据，不能归因。")
    if not is_comparable(metric, then, when.current):
        raise NotComparable(f"“{metric.name}”在{other.label}与{period.label}之间改过口径，两期不可比，不能归因。")
    return other, when.current, then


def _drivers(
    source: Source, metric: Metric, now: Stretch, then: Stretch, by: str, where: Mapping[str, str]
) -> list[Driver]:
    figures = SplitFigures(source, {metric.key: [now, then]}, by, where)
    members = figures.members_of(metric)

    def amounts(stretch: Stretch) -> dict[str, Amount]:
        return {member: Amount(*figures.sums(metric, *stretch, member)) for member in members}

    return decompose(amounts(then), amounts(now), metric.scale)

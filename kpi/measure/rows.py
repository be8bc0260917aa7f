"""One row of the scorecard: a figure with everything that has to stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kpi.calendar import Period, estimated_note, period_of
from kpi.catalogue import AREAS, Metric
from kpi.measure.assurance import assurance, outlook
from kpi.measure.certainty import IMPROBABLE, improbable, wilson
from kpi.measure.comparisons import Moments, comparisons, is_comparable
from kpi.measure.figures import NO_FIGURE, Figure, Figures
from kpi.measure.goals import Goal, Place, goal
from kpi.measure.judge import Case, judge
from kpi.measure.source import Source
from kpi.measure.wording import digits

NOTHING_RESTATED: dict[str, Any] = {
    "restated_from": None,
    "restated_batch": None,
    "restated_at": None,
    "previous_restated_from": None,
    "previous_restated_batch": None,
    "previous_restated_at": None,
    "restatement": "",
}
NOT_COMPARED: dict[str, Any] = {
    "rank": None,
    "rank_of": None,
    "rank_tied": None,
    "funnel": None,
    "funnel_low": None,
    "funnel_high": None,
}


@dataclass(frozen=True)
class Scope:
    """What the rows of one scorecard share.

    ``reporting`` holds, for subjects every town is expected to report, the towns that did in the period.
    """

    source: Source
    period: Period
    where: Mapping[str, str]
    reporting: Mapping[str, frozenset[str]]

    def has_reported(self, metric: Metric, town: str | None) -> bool:
        """Say whether anything was reported for the period: by the source at all, and by the town in question."""
        if not self.source.is_covered(metric, self.period):
            return False
        return town is None or town in self.reporting.get(metric.subject, {town})

    def coverage(self, metric: Metric) -> tuple[float | None, str | None]:
        """Return the share of towns that reported, and the same in words; None where they are not counted."""
        if metric.subject not in self.reporting:
            return None, None
        reported, expected = len(self.reporting[metric.subject]), len(self.source.catalogue.towns)
        return reported / expected, f"{expected} 镇街中 {reported} 个已报"


def row(
    scope: Scope,
    figures: Figures,
    metric: Metric,
    when: Moments | None,
    place: Place,
    special: Mapping[str, Any],
    member: str | None = None,
) -> dict[str, Any]:
    """Return the scorecard row of one metric at one place; ``special`` holds its limits and signal."""
    source, period = scope.source, scope.period
    town = place.town or scope.where.get("town")
    has_reported = when is not None and scope.has_reported(metric, town)
    figure = figures.figure(metric, *when.current, member or "") if when and has_reported else NO_FIGURE
    compared = comparisons(source, figures, metric, when, figure.value, member or "")
    baseline = _baseline(metric, when, compared["last_year"])
    aim = goal(source, figures, metric, period, place, baseline, member or "")
    coverage, coverage_text = scope.coverage(metric)
    facts = {
        "is_covered": has_reported,
        "is_redefined": _is_redefined(metric, period, aim, baseline, compared["last_year"]),
        "coverage": coverage,
        "has_concern": special.get("signal_kind") == "concern",
    }
    verdict = judge(_case(scope, metric, figure, aim, facts))
    return {
        **_identity(metric, period, member),
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "n": figure.n,
        **_interval(metric, figure),
        **aim.columns(metric),
        "status": verdict.status,
        "status_rule": verdict.rule,
        "status_reason": verdict.reason,
        **special,
        "assurance": _assurance(metric, aim, special),
        **compared,
        **NOT_COMPARED,
        **NOTHING_RESTATED,
        "definition_changed_on": _changed_on(metric, when),
        "improbable": _improbable(metric, figure),
        "calendar_note": estimated_note(period.first, period.last),
        "is_complete": source.is_complete(metric, period),
        "has_gap": source.has_gap(metric, period),
        "coverage": coverage,
        "coverage_text": coverage_text,
        "as_of": source.as_of(metric),
    }


def _case(scope: Scope, metric: Metric, figure: Figure, aim: Goal, facts: Mapping[str, Any]) -> Case:
    source, period = scope.source, scope.period
    return Case(
        value=figure.value,
        n=figure.n,
        minimum_n=metric.minimum_n,
        is_complete=source.is_complete(metric, period),
        has_target=aim.target is not None,
        target=aim.value,
        target_high=aim.value_high,
        direction=aim.target.direction if aim.target else None,
        is_relative=aim.target.relative_to_last_year if aim.target else False,
        cumulative=aim.pace.to_date if aim.pace else None,
        expected=aim.pace.expected if aim.pace else None,
        year_over=aim.pace.is_over if aim.pace else False,
        has_gap=aim.pace.has_gap if aim.pace else source.has_gap(metric, period),
        is_late=source.is_late(metric),
        **facts,
    )


def _baseline(metric: Metric, when: Moments | None, last_year: float | None) -> float | None:
    """Return the figure a relative target refers to; None where it was counted under another definition."""
    if when is None or last_year is None or not metric.changes:
        return last_year
    return last_year if is_comparable(metric, when.compared["last_year"][1], when.current) else None


def _is_redefined(metric: Metric, period: Period, aim: Goal, baseline: float | None, last_year: float | None) -> bool:
    """Say whether the definition changed inside what is judged, or since the baseline it is judged against."""
    first = period.first
    if aim.pace is not None and aim.target is not None:
        first = period_of(aim.target.period, period.last).first
    if metric.changed_within(first, period.last) is not None:
        return True
    is_relative = aim.target is not None and aim.target.relative_to_last_year
    return is_relative and baseline is None and last_year is not None


def _identity(metric: Metric, period: Period, member: str | None) -> dict[str, Any]:
    return {
        "metric": metric.key,
        "code": metric.code,
        "name": metric.name,
        "area": AREAS[metric.area],
        "unit": metric.unit,
        "decimals": metric.decimals,
        "direction": metric.direction,
        "kind": metric.kind,
        "owner": metric.owner,
        "chart": metric.chart,
        "period": period.key,
        "period_label": period.label,
        "dimension": None,
        "member": member,
    }


def _interval(metric: Metric, figure: Figure) -> dict[str, float | None]:
    """Return between which values a share may truly lie when so few records make it up (Wilson 1927, 95 %)."""
    if not metric.is_share or not figure.denominator or figure.numerator is None:
        return {"low": None, "high": None}
    if not 0 <= figure.numerator <= figure.denominator:
        return {"low": None, "high": None}
    low, high = wilson(figure.numerator, figure.denominator)
    return {"low": low * metric.scale, "high": high * metric.scale}


def _assurance(metric: Metric, aim: Goal, special: Mapping[str, Any]) -> str:
    """Return whether this process can meet the target: by its normal range, an amount by its projection."""
    if aim.target is None or aim.value is None:
        return ""
    if aim.pace is not None:
        return outlook(aim.pace.low, aim.pace.high, aim.value, aim.target.direction, aim.value_high)
    return assurance(
        special["lower"], special["upper"], aim.value, aim.value_high, aim.target.direction, metric.direction
    )


def _changed_on(metric: Metric, when: Moments | None) -> Any:
    """Return the day of the last change of definition inside the figure or between it and what it is held against."""
    if when is None or not metric.changes:
        return None
    compared = [days for name, (_, days) in when.compared.items() if name != "festival"]
    return metric.changed_within(min(first for first, _ in compared), when.current[1])


def _improbable(metric: Metric, figure: Figure) -> str:
    """Return a sentence where a figure is too good to be believed unseen beside its benchmark; "" otherwise."""
    mark = metric.benchmark
    if mark is None or not figure.denominator or figure.numerator is None:
        return ""
    expected, chance = improbable(round(figure.numerator), figure.denominator, mark.value / mark.per)
    if chance >= IMPROBABLE or figure.numerator >= expected:
        return ""
    return (
        f"{digits(figure.denominator)} 条中只有 {digits(figure.numerator)} 条；按{mark.source}的水平应有约 "
        f"{digits(expected, 1)} 条，如此之少的机会不到万分之{digits(max(chance * 10_000, 0.1), 1)}，请核查是否漏收。"
    )

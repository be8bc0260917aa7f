"""The scorecard: one row per metric, period and member, that every page, document and alert reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from kpi.calendar import Period, period_of
from kpi.catalogue import AREAS, Metric
from kpi.measure.figures import figures
from kpi.measure.goals import FULL_LAST_YEAR, TO_DATE, TO_DATE_LAST_YEAR, goal
from kpi.measure.judge import Case, judge
from kpi.measure.series import latest_signals
from kpi.measure.source import Source
from kpi.store import Window, towns_reporting

CURRENT, PREVIOUS, LAST_YEAR = range(3)
FIGURE = ("value", "numerator", "denominator", "n")
NO_SIGNAL = {"signal": "", "signal_kind": "none", "lower": None, "mean": None, "upper": None}
SCHEMA: dict[str, Any] = {
    "metric": pl.String,
    "name": pl.String,
    "area": pl.String,
    "unit": pl.String,
    "decimals": pl.Int64,
    "direction": pl.String,
    "kind": pl.String,
    "owner": pl.String,
    "period": pl.String,
    "period_label": pl.String,
    "dimension": pl.String,
    "member": pl.String,
    "value": pl.Float64,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "n": pl.Float64,
    "target": pl.Float64,
    "target_sign": pl.String,
    "target_text": pl.String,
    "target_document": pl.String,
    "target_clause": pl.String,
    "target_is_demo": pl.Boolean,
    "to_date": pl.Float64,
    "expected_to_date": pl.Float64,
    "projection": pl.Float64,
    "status": pl.String,
    "status_reason": pl.String,
    "signal": pl.String,
    "signal_kind": pl.String,
    "lower": pl.Float64,
    "mean": pl.Float64,
    "upper": pl.Float64,
    "previous": pl.Float64,
    "previous_change": pl.Float64,
    "last_year": pl.Float64,
    "last_year_change": pl.Float64,
    "change_unit": pl.String,
    "is_complete": pl.Boolean,
    "coverage": pl.Float64,
    "coverage_text": pl.String,
    "as_of": pl.Date,
}


def scorecard(
    source: Source,
    period: Period,
    metrics: Sequence[str] | None = None,
    by: str | None = None,
    where: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Return the scorecard of ``period``: one row per metric, or per metric and member of dimension ``by``.

    Columns and types are ``SCHEMA``; ``value``, ``target``, ``previous`` … are in the metric's unit.
    ``to_date``, ``expected_to_date`` and ``projection`` belong to the calendar year and exist only
    under a yearly target. Changes are per cent for totals, 个百分点 for rates, and in the metric's
    own unit for gauges (``change_unit`` says which). A period under way is compared with the same
    number of elapsed days. Without ``metrics`` every metric that knows the dimensions is given.
    Raises UnknownName for an unknown metric or dimension.
    """
    chosen = source.metrics(metrics, [*([by] if by else []), *(where or {})])
    where = source.canonical(chosen, where or {})
    found = figures(source, chosen, _windows(period), by, where)
    by_window: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
    for row in found.iter_rows(named=True):
        by_window.setdefault((row["metric"], row["member"]), {})[row["window"]] = row
    special = {} if by else latest_signals(source, chosen, period, where)
    scope = _Scope(source, period, bool(by or where), where.get("town"), _reporting(source, chosen, period))
    rows = []
    for metric in chosen:
        for member in _members(source, metric, by, by_window):
            known = by_window.get((metric.key, member or ""), {})
            town = member if by == "town" else scope.town
            row = _row(replace(scope, town=town), metric, member, known, special.get(metric.key, {}))
            rows.append({**row, "dimension": by})
    return pl.DataFrame(rows, schema=SCHEMA)


def _windows(period: Period) -> Callable[[date], list[Window]]:
    """Return the windows one scorecard needs, for metrics that reach up to a given day."""

    def up_to(as_of: date) -> list[Window]:
        if as_of < period.first:
            return []
        last = min(period.last, as_of)
        elapsed = last - period.first
        year = period_of("year", last)
        year_before = year.last_year()
        same_day = min(last - timedelta(days=365), year_before.last)
        windows = [Window(CURRENT, period.first, last)]
        for window, other in ((PREVIOUS, period.previous()), (LAST_YEAR, period.last_year())):
            end = other.last if last == period.last else min(other.last, other.first + elapsed)
            windows.append(Window(window, other.first, end))
        return [
            *windows,
            Window(TO_DATE, year.first, last),
            Window(TO_DATE_LAST_YEAR, year_before.first, same_day),
            Window(FULL_LAST_YEAR, year_before.first, year_before.last),
        ]

    return up_to


def _members(
    source: Source, metric: Metric, by: str | None, known: Mapping[tuple[str, str], Mapping[int, Any]]
) -> list[str | None]:
    if by is None:
        return [None]
    shown = {m for (key, m), windows in known.items() if key == metric.key and windows.keys() & {0, 1, 2}}
    if by == "town":
        towns = [town.name for town in source.catalogue.towns]
        return [*towns, *sorted(shown - set(towns))]
    return sorted(shown)  # type: ignore[return-value]


@dataclass(frozen=True)
class _Scope:
    """What the rows of one scorecard share.

    ``is_part`` where they are not about the whole county, ``town`` where they are about one town;
    ``reporting`` holds, for subjects every town is expected to report, the towns that did in the period.
    """

    source: Source
    period: Period
    is_part: bool
    town: str | None
    reporting: Mapping[str, frozenset[str]]

    def has_reported(self, metric: Metric) -> bool:
        """Say whether anything was reported for the period: by the source at all, and by the town in question."""
        if not self.source.is_covered(metric, self.period):
            return False
        return self.town is None or self.town in self.reporting.get(metric.subject, {self.town})


def _row(
    scope: _Scope,
    metric: Metric,
    member: str | None,
    known: Mapping[int, Mapping[str, Any]],
    special: Mapping[str, Any],
) -> dict[str, Any]:
    source, period = scope.source, scope.period
    has_reported = scope.has_reported(metric)
    current = _current(metric, known.get(CURRENT)) if has_reported else dict.fromkeys(FIGURE)
    previous = _past(source, metric, period.previous(), known.get(PREVIOUS))
    last_year = _past(source, metric, period.last_year(), known.get(LAST_YEAR))
    aim = goal(source, metric, period, scope.is_part, last_year, known)
    is_counted = metric.subject in scope.reporting
    reporting, expected = len(scope.reporting.get(metric.subject, ())), len(source.catalogue.towns)
    case = Case(
        value=current["value"],
        n=current["n"],
        minimum_n=metric.minimum_n,
        is_covered=has_reported,
        is_complete=source.is_complete(metric, period),
        has_target=aim.target is not None,
        target=aim.value,
        direction=aim.target.direction if aim.target else None,
        cumulative=aim.pace.to_date if aim.pace else None,
        expected=aim.pace.expected if aim.pace else None,
        year_over=aim.pace.year_over if aim.pace else False,
        coverage=reporting / expected if is_counted else None,
        is_late=source.is_late(metric),
        has_concern=special.get("signal_kind") == "concern",
    )
    status, reason = judge(case)
    return {
        **_identity(metric, period, member),
        **current,
        **aim.columns(metric),
        "status": status,
        "status_reason": reason,
        **{**NO_SIGNAL, **special},
        "previous": previous,
        "previous_change": _change(metric, current["value"], previous),
        "last_year": last_year,
        "last_year_change": _change(metric, current["value"], last_year),
        "change_unit": "个百分点" if metric.is_rate else "%" if metric.kind in ("total", "ratio") else metric.unit,
        "is_complete": case.is_complete,
        "coverage": case.coverage,
        "coverage_text": f"{expected} 镇街中 {reporting} 个已报" if is_counted else None,
        "as_of": source.as_of(metric),
    }


def _identity(metric: Metric, period: Period, member: str | None) -> dict[str, Any]:
    return {
        "metric": metric.key,
        "name": metric.name,
        "area": AREAS[metric.area],
        "unit": metric.unit,
        "decimals": metric.decimals,
        "direction": metric.direction,
        "kind": metric.kind,
        "owner": metric.owner,
        "period": period.key,
        "period_label": period.label,
        "member": member,
    }


def _current(metric: Metric, known: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return value, numerator, denominator, n of a reported period: an honest zero when all was quiet."""
    is_quotient = metric.kind in ("ratio", "percentile")
    if known is not None:
        return {name: known[name] for name in FIGURE}
    zero = None if metric.denominator or is_quotient else 0.0
    return {"value": zero, "numerator": zero, "denominator": None, "n": 0.0 if is_quotient else None}


def _past(source: Source, metric: Metric, period: Period, known: Mapping[str, Any] | None) -> float | None:
    """Return the figure of a past period; a period that was never fully reported has none."""
    if not source.is_complete(metric, period):
        return None
    if known is None:
        return 0.0 if metric.denominator is None and metric.kind != "percentile" else None
    value: float | None = known["value"]
    return value


def _change(metric: Metric, value: float | None, past: float | None) -> float | None:
    if value is None or past is None:
        return None
    if metric.is_rate or metric.kind in ("gauge", "percentile"):
        return value - past
    return (value / past - 1) * 100 if past else None


def _reporting(source: Source, metrics: Sequence[Metric], period: Period) -> dict[str, frozenset[str]]:
    """Return subject → the towns that sent records in the period, where every town is expected to.

    Not for single days: a counter may be quiet for one.
    """
    if period.kind == "day":
        return {}
    known = {town.name for town in source.catalogue.towns}
    window = [Window(CURRENT, period.first, period.last)]
    reporting = {}
    for key in {metric.subject for metric in metrics}:
        subject = source.catalogue.subjects[key]
        if subject.covers_towns and key in source.generation.covered:
            reporting[key] = frozenset(known & set(towns_reporting(source.generation, subject, window)["member"]))
    return reporting

"""The scorecard: one row per metric, period and member, that every page, document and alert reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from kpi.calendar import Period
from kpi.catalogue import Metric
from kpi.measure import restatements
from kpi.measure.columns import NO_VARIATION, SCORECARD
from kpi.measure.comparisons import Moments, moments
from kpi.measure.figures import SplitFigures, Stretch, WholeFigures
from kpi.measure.goals import Place, course_of
from kpi.measure.history import BASELINE, silent_periods, trailing, variation
from kpi.measure.members import compare_members
from kpi.measure.rows import Scope, row
from kpi.measure.source import Source
from kpi.store import Window, towns_reporting


def scorecard(
    source: Source,
    period: Period,
    metrics: Sequence[str] | None = None,
    by: str | None = None,
    where: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Return the scorecard of ``period``: one row per metric, or per metric and member of dimension ``by``.

    Columns and types are ``columns.SCORECARD``; ``value``, ``target``, ``previous`` … are in the metric's unit.
    ``to_date``, ``expected_to_date`` and ``projection`` belong to the time of a cumulative target and exist only
    under one. Changes are per cent for totals and means, 个百分点 for rates, and in the metric's own unit for
    gauges and percentiles (``change_unit`` says which). A period under way is compared with the same number of
    elapsed days. Signals, limits and corrections are of whole scopes; ranks and funnels of members. Without
    ``metrics`` every metric that knows the dimensions is given. Raises UnknownName for an unknown metric,
    dimension or member.
    """
    chosen = source.metrics(metrics, [*([by] if by else []), *(where or {})])
    where = source.canonical(chosen, where or {})
    found = {metric.key: moments(source, metric, period) for metric in chosen}
    scope = Scope(source, period, where, _reporting(source, chosen, period))
    if by is None:
        return pl.DataFrame(_whole(scope, chosen, found), schema=SCORECARD)
    return pl.DataFrame(_split(scope, chosen, found, by), schema=SCORECARD)


def _whole(scope: Scope, chosen: Sequence[Metric], found: Mapping[str, Moments | None]) -> list[dict[str, Any]]:
    source, period, place = scope.source, scope.period, Place.of(scope.where)
    figures = WholeFigures(source, chosen, scope.where)
    looked_back = period.trailing(BASELINE[period.kind]) if period.kind in BASELINE else [period]
    silent = silent_periods(source, chosen, looked_back, scope.where)
    known = restatements.Restatements(source, _stated(found), place.town) if not place.is_part or place.town else None
    rows = []
    for metric in chosen:
        periods = trailing(metric, period)
        special = variation(source, figures, metric, periods, silent.get(metric.subject, ()))[-1:] or [NO_VARIATION]
        made = row(scope, figures, metric, found[metric.key], place, special[0])
        when = found[metric.key]
        if known is not None and when is not None:
            made |= restatements.columns(known, figures, metric, when)
        rows.append(made)
    return rows


def _stated(found: Mapping[str, Moments | None]) -> list[Stretch]:
    """Return the stretches whose corrections are told: those of the figures and of the ones before them."""
    stretches: dict[Stretch, None] = {}
    for when in found.values():
        if when is not None:
            stretches |= dict.fromkeys([when.current, when.compared["previous"][1]])
    return list(stretches)


def _split(
    scope: Scope, chosen: Sequence[Metric], found: Mapping[str, Moments | None], by: str
) -> list[dict[str, Any]]:
    source = scope.source
    asked = {metric.key: _asked(scope, metric, found[metric.key], by) for metric in chosen}
    figures = SplitFigures(source, asked, by, scope.where)
    rows = []
    for metric in chosen:
        shown = figures.members_of(metric)
        towns = [town.name for town in source.catalogue.towns] if by == "town" else []
        made = []
        for member in [*towns, *sorted(shown - set(towns))]:
            place = Place.of(scope.where, by, member)
            each = row(scope, figures, metric, found[metric.key], place, NO_VARIATION, member)
            made.append({**each, "dimension": by})
        rows += compare_members(metric, made)
    return rows


def _asked(scope: Scope, metric: Metric, when: Moments | None, by: str) -> list[Stretch]:
    """Return the stretches of days the rows of a split need: those of the figure, and of its towns' pace."""
    if when is None:
        return []
    stretches = when.stretches()
    if by == "town":
        for town in scope.source.catalogue.towns:
            course = course_of(scope.source, metric, scope.period, Place.of(scope.where, by, town.name))
            if course is not None:
                stretches += course.stretches()
    return list(dict.fromkeys(stretches))


def _reporting(source: Source, metrics: Sequence[Metric], period: Period) -> dict[str, frozenset[str]]:
    """Return subject → the towns that sent records in the period, where every town is expected to.

    Not for single days: a counter may be quiet for one.
    """
    if period.kind == "day":
        return {}
    known = {town.name for town in source.catalogue.towns}
    window = [Window(0, period.first, period.last)]
    reporting = {}
    for key in {metric.subject for metric in metrics}:
        subject = source.catalogue.subjects[key]
        if subject.covers_towns and key in source.generation.covered:
            reporting[key] = frozenset(known & set(towns_reporting(source.generation, subject, window)["member"]))
    return reporting

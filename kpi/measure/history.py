"""Is it changing? One metric over consecutive periods, each with its normal range and what stands out.

A series breaks where a period was not fully reported, where the definition changed, and where a new baseline
was recorded; every unbroken run has limits of its own, so that none is drawn across a break.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from kpi.calendar import Period, period_of, working_days
from kpi.catalogue import Baseline, Metric
from kpi.measure.assurance import variation_word
from kpi.measure.columns import NO_VARIATION
from kpi.measure.control import Charted, Observed, chart
from kpi.measure.figures import NO_FIGURE, Figure, WholeFigures
from kpi.measure.rare_charts import gaps, rare
from kpi.measure.source import Source
from kpi.measure.variation import meaning
from kpi.measure.wording import digits
from kpi.store import Window, towns_reporting

BASELINE = {"day": 26, "week": 26, "month": 24}
ORDINARY_WORKING_DAYS = {"day": 1.0, "week": 5.0, "month": 21.0}
ORDINARY_DAYS = {"day": 1.0, "week": 7.0, "month": 30.4}


@dataclass(frozen=True)
class Point:
    """One period of a series: its figure, whether every day of it was reported, and whether it may be charted."""

    period: Period
    figure: Figure
    is_complete: bool
    is_usable: bool


def trailing(metric: Metric, period: Period) -> list[Period]:
    """Return the periods a figure is judged among, oldest first; none for quarters and years.

    Single days of a metric that follows the week are held against the same weekday of the weeks before.
    """
    if period.kind not in BASELINE:
        return []
    count = BASELINE[period.kind]
    if period.kind == "day" and metric.season:
        return [period_of("day", period.first - timedelta(days=7 * back)) for back in range(count - 1, -1, -1)]
    return period.trailing(count)


def points(
    source: Source, figures: WholeFigures, metric: Metric, periods: Sequence[Period], silent: Collection[Period] = ()
) -> list[Point]:
    """Return one point per period; a period nobody reported, or the one town looked at did not, has no figure."""
    as_of = source.as_of(metric)
    found = []
    for period in periods:
        if as_of is None or period in silent or not source.is_covered(metric, period):
            found.append(Point(period, NO_FIGURE, False, False))
            continue
        is_complete = source.is_complete(metric, period)
        is_mixed = metric.changed_within(period.first, period.last) is not None
        figure = figures.figure(metric, period.first, min(period.last, as_of))
        found.append(Point(period, figure, is_complete, is_complete and not is_mixed))
    return found


def variation(
    source: Source, figures: WholeFigures, metric: Metric, periods: Sequence[Period], silent: Collection[Period] = ()
) -> list[dict[str, Any]]:
    """Return lower, mean, upper, signal, signal_kind, variation, is_trial and since_last of every period.

    Limits are in the metric's unit, as drawn: a count or share not below 0, a share not above 100 %. A chart of
    rare events has a point per event, not per period; it is read once, at the end of the last period.
    """
    if not periods or metric.chart == "none" or periods[0].kind not in BASELINE:
        return [dict(NO_VARIATION) for _ in periods]
    if metric.chart in ("g", "t"):
        nothing = [dict(NO_VARIATION) for _ in periods[1:]]
        return [*nothing, _between_events(source, figures, metric, periods[-1])]
    baselines = [b for b in source.catalogue.baselines if (b.metric, b.grain) == (metric.key, periods[0].kind)]
    earlier = _earlier(periods[0], baselines)
    seen = points(source, figures, metric, [*earlier, *periods], silent)
    result = [dict(NO_VARIATION) for _ in seen]
    for run in _runs(metric, seen, baselines):
        observed = [_observed(metric, seen[i]) for i in run]
        locked = _locked([seen[i].period for i in run], baselines)
        charted = chart(metric.chart, observed, metric.scale, locked, metric.screened)
        for i, each in zip(run, charted, strict=True):
            result[i] = _columns(metric, each)
    return result[len(earlier) :]


def _earlier(first: Period, baselines: Sequence[Baseline]) -> list[Period]:
    """Return the periods before ``first`` that a locked baseline still in force rests on."""
    begun = [b for b in baselines if b.first <= first.last]
    if not begun or begun[-1].locked_to is None:
        return []
    needed = []
    period = first.previous()
    while period.first >= begun[-1].first:
        needed.append(period)
        period = period.previous()
    return needed[::-1]


def _runs(metric: Metric, seen: Sequence[Point], baselines: Sequence[Baseline]) -> list[list[int]]:
    """Return the positions of every unbroken run of periods under one definition and one baseline."""
    runs: list[list[int]] = []
    last: object = None
    for i, point in enumerate(seen):
        regime = (
            metric.defined_since(point.period.last),
            max((b.first for b in baselines if b.first <= point.period.first), default=None),
        )
        if point.is_usable:
            if runs and runs[-1] and runs[-1][-1] == i - 1 and regime == last:
                runs[-1].append(i)
            else:
                runs.append([i])
            last = regime
    return runs


def _observed(metric: Metric, point: Point) -> Observed:
    figure, period = point.figure, point.period
    if figure.value is None:
        return Observed(0.0, 0.0, effort=0.0)
    return Observed(figure.value, figure.denominator, _effort(metric, period))


def _effort(metric: Metric, period: Period) -> float:
    """Return how much of an ordinary period's opportunity a total had: its working days, else its days."""
    if metric.kind != "total":
        return 1.0
    if metric.season == "working_days":
        return working_days(period.first, period.last) / ORDINARY_WORKING_DAYS[period.kind]
    return period.days / ORDINARY_DAYS[period.kind]


def _locked(periods: Sequence[Period], baselines: Sequence[Baseline]) -> range | None:
    """Return the positions a locked baseline takes its limits from; None where all periods set them."""
    begun = [b for b in baselines if b.first <= periods[-1].first]
    if not begun or begun[-1].locked_to is None:
        return None
    inside = [i for i, period in enumerate(periods) if begun[-1].first <= period.first <= begun[-1].locked_to]
    return range(inside[0], inside[-1] + 1) if inside else range(0)


def _columns(metric: Metric, each: Charted) -> dict[str, Any]:
    if each.mean is None or each.lower is None or each.upper is None:
        return {**NO_VARIATION, "variation": variation_word("none", False)}
    kind = meaning(each.signal, metric.direction)
    return {
        **NO_VARIATION,
        "lower": max(each.lower, 0.0),
        "mean": each.mean,
        "upper": min(each.upper, 100.0) if metric.is_rate else each.upper,
        "signal": each.signal.words if each.signal else "",
        "signal_kind": kind,
        "variation": variation_word(kind, True),
        "is_trial": each.is_trial,
    }


def _between_events(source: Source, figures: WholeFigures, metric: Metric, period: Period) -> dict[str, Any]:
    """Return how long the metric's rare event has not happened by the end of ``period``, against its normal range."""
    as_of = source.as_of(metric)
    if as_of is None or not source.is_covered(metric, period):
        return dict(NO_VARIATION)
    last = min(period.last, as_of)
    first = max(begun for begun, _ in source.stretches(metric) if begun <= last)
    first = max(first, metric.defined_since(last) or first)
    events, chances = _daily_events(figures, metric.on(last), first, last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    found = gaps(list(zip(days, events, chances, strict=True)))
    by_days = metric.chart == "t"
    between, still_open = (found.days, found.open_days) if by_days else (found.opportunities, found.open_opportunities)
    known = rare(metric.chart, between, still_open, "天" if by_days else "条")
    # A long time without the event is good where the event is bad; of a rate to be raised the event is its failure.
    kind = meaning(known.signal, "neutral" if metric.direction == "neutral" else "up")
    since = "" if found.open_days is None else f"距上次 {digits(found.open_days)} 天"
    if since and not by_days and found.open_opportunities is not None:
        since += f"、{digits(found.open_opportunities)} 条"
    return {
        **NO_VARIATION,
        "signal": known.signal.words if known.signal else "",
        "signal_kind": kind,
        "variation": variation_word(kind, known.mean is not None),
        "is_trial": known.is_trial,
        "since_last": since,
    }


def _daily_events(figures: WholeFigures, metric: Metric, first: date, last: date) -> tuple[list[float], list[float]]:
    """Return per day how often the rare event happened and could have; of a rate to be raised it is its failure."""
    counted = figures.daily(metric.numerator, first, last)
    if not metric.denominator:
        return counted, [1.0] * len(counted)
    chances = figures.daily(metric.denominator, first, last)
    if metric.direction == "up":
        counted = [whole - part for whole, part in zip(chances, counted, strict=True)]
    return counted, chances


def silent_periods(
    source: Source, metrics: Sequence[Metric], periods: Sequence[Period], where: Mapping[str, str] | None
) -> dict[str, set[Period]]:
    """Return subject → the periods in which the one town looked at should have reported and did not."""
    town = (where or {}).get("town")
    if town is None or not periods or periods[0].kind == "day":
        return {}
    windows = [Window(number, period.first, period.last) for number, period in enumerate(periods)]
    silent = {}
    for key in {metric.subject for metric in metrics}:
        subject = source.catalogue.subjects[key]
        if subject.covers_towns:
            reported = towns_reporting(source.generation, subject, windows).filter(pl.col("member") == town)
            there = set(reported["window"])
            silent[key] = {period for number, period in enumerate(periods) if number not in there}
    return silent

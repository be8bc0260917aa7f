"""Sums become figures: numerators over denominators, divided once, last.

``WholeFigures`` answers for any stretch of days about one scope, from running sums by day; ``SplitFigures``
for the members of a dimension and stretches named in advance. Where the definition of a metric changed
inside a stretch, every day counts under the definition of that day.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import polars as pl

from kpi.catalogue import Metric
from kpi.measure.percentiles import Histogram, quantile
from kpi.measure.source import Source
from kpi.store import Window, daily_sums, daily_values, window_sums, window_values

BEGINNING = date(1900, 1, 1)
# Running sums of decimals differ from the sum itself far behind the point; six digits are exact for all measures.
DIGITS = 6
Stretch = tuple[date, date]


@dataclass(frozen=True)
class Figure:
    """One figure in the metric's unit, the sums it was divided from, and n: the records behind a rate or percentile."""

    value: float | None
    numerator: float | None
    denominator: float | None
    n: float | None


NO_FIGURE = Figure(None, None, None, None)


class Figures(ABC):
    """Figures of many metrics over stretches of days."""

    @abstractmethod
    def total(self, part: str, first: date, last: date, member: str = "") -> float:
        """Return the sum of ``subject.measure`` over a stretch of days."""

    @abstractmethod
    def histogram(self, part: str, first: date, last: date, member: str = "") -> Histogram:
        """Return value → records of ``subject.measure`` over a stretch of days."""

    def figure(self, metric: Metric, first: date, last: date, member: str = "") -> Figure:
        """Return the figure of ``metric`` from ``first`` to ``last``: zero for a quiet total, no value for 0 of 0."""
        if metric.kind == "percentile":
            return self._percentile(metric, first, last, member)
        numerator, denominator = self.sums(metric, first, last, member)
        if denominator is None:
            return Figure(numerator * metric.scale, numerator, None, None)
        value = numerator / denominator * metric.scale if denominator > 0 else None
        return Figure(value, numerator, denominator, denominator if metric.kind == "ratio" else None)

    def total_value(self, metric: Metric, first: date, last: date, member: str = "") -> float:
        """Return the value of a total, which always has one."""
        return self.sums(metric, first, last, member)[0] * metric.scale

    def sums(self, metric: Metric, first: date, last: date, member: str = "") -> tuple[float, float | None]:
        """Return numerator and denominator of ``metric``, each summed before any division."""
        if metric.kind == "gauge":
            defined = metric.on(last)
            return (
                self.total(defined.numerator, BEGINNING, last, member),
                self.total(defined.denominator, BEGINNING, last, member) if defined.denominator else None,
            )
        top, bottom = 0.0, 0.0
        # Most metrics have one definition for ever, and a scorecard asks for thousands of figures.
        once: Iterable[tuple[Metric, date, date]] = ((metric, first, last),)
        pieces = metric.pieces(first, last) if metric.changes else once
        for defined, start, end in pieces:
            top += self.total(defined.numerator, start, end, member)
            if defined.denominator and not metric.denominator_stock:
                bottom += self.total(defined.denominator, start, end, member)
        if metric.denominator_stock and metric.denominator:
            bottom = self.total(metric.on(last).denominator or "", BEGINNING, last, member)
        return top, bottom if metric.denominator else None

    def _percentile(self, metric: Metric, first: date, last: date, member: str) -> Figure:
        counts: Histogram = defaultdict(float)
        for defined, start, end in metric.pieces(first, last):
            for value, records in self.histogram(defined.numerator, start, end, member).items():
                counts[value] += records
        assert metric.quantile is not None
        found = quantile(counts, metric.quantile)
        return Figure(None if found is None else found * metric.scale, None, None, sum(counts.values()))


class WholeFigures(Figures):
    """Figures of one scope: the whole county, or what a filter leaves. Any stretch of days may be asked for."""

    def __init__(self, source: Source, metrics: Sequence[Metric], where: Mapping[str, str] | None = None) -> None:
        """Read the sums by day of every measure ``metrics`` need: one query per subject."""
        self._running: dict[str, list[float]] = {}
        self._first: dict[str, date] = {}
        self._values: dict[str, tuple[list[date], list[tuple[float, float]]]] = {}
        for subject, names in _measures(metrics, percentile=False).items():
            frame = daily_sums(source.generation, source.catalogue.subjects[subject], names, where)
            self._keep(subject, names, frame)
        for subject, names in _measures(metrics, percentile=True).items():
            for name in names:
                frame = daily_values(source.generation, source.catalogue.subjects[subject], name, where)
                counted = list(zip(frame["value"].to_list(), frame["records"].to_list(), strict=True))
                self._values[f"{subject}.{name}"] = frame["day"].to_list(), counted

    def _keep(self, subject: str, names: Sequence[str], frame: pl.DataFrame) -> None:
        """Turn sums by day into running sums over every calendar day."""
        if frame.is_empty():
            return
        first, last = frame["day"][0], frame["day"][-1]
        if frame.height <= (last - first).days:
            days = pl.DataFrame({"day": pl.date_range(first, last, eager=True)})
            frame = days.join(frame, on="day", how="left", maintain_order="left")
        running = frame.select(pl.col(name).fill_null(0.0).cum_sum() for name in names)
        for name in names:
            self._running[f"{subject}.{name}"] = running[name].to_list()
            self._first[f"{subject}.{name}"] = first

    def total(self, part: str, first: date, last: date, member: str = "") -> float:
        """Return the sum over a stretch of days."""
        running = self._running.get(part)
        if running is None:
            return 0.0
        begun = self._first[part]
        end = min((last - begun).days, len(running) - 1)
        before = (first - begun).days - 1
        if end < 0 or before >= end:
            return 0.0
        return round(running[end] - (running[before] if before >= 0 else 0.0), DIGITS)

    def daily(self, part: str, first: date, last: date) -> list[float]:
        """Return the sum of every single day from ``first`` to ``last``."""
        count = (last - first).days + 1
        running = self._running.get(part)
        if running is None:
            return [0.0] * count
        begun = (first - self._first[part]).days - 1
        ends = [running[min(n, len(running) - 1)] if n >= 0 else 0.0 for n in range(begun, begun + count + 1)]
        return [round(after - before, DIGITS) for before, after in pairwise(ends)]

    def histogram(self, part: str, first: date, last: date, member: str = "") -> Histogram:
        """Return value → records over a stretch of days."""
        days, counted = self._values.get(part, ([], []))
        counts: Histogram = defaultdict(float)
        for value, records in counted[bisect_left(days, first) : bisect_right(days, last)]:
            counts[value] += records
        return counts


class SplitFigures(Figures):
    """Figures of every member of a dimension, for stretches of days named in advance."""

    def __init__(
        self,
        source: Source,
        asked: Mapping[str, Sequence[Stretch]],
        by: str,
        where: Mapping[str, str] | None = None,
    ) -> None:
        """Read the sums of every metric of ``asked`` (metric key → stretches): one query per subject."""
        self._sums: dict[tuple[str, str, Stretch], float] = {}
        self._histograms: dict[tuple[str, str, Stretch], Histogram] = {}
        self.members: set[tuple[str, str]] = set()
        metrics = [source.catalogue.metrics[key] for key in asked]
        for subject, names in _measures(metrics, percentile=False).items():
            stretches = _needed(subject, metrics, asked)
            windows = [Window(number, *stretch) for number, stretch in enumerate(stretches)]
            if windows:
                frame = window_sums(source.generation, source.catalogue.subjects[subject], names, windows, by, where)
                self._keep_sums(subject, names, stretches, frame)
        for metric in metrics:
            if metric.kind == "percentile":
                self._keep_values(source, metric, asked[metric.key], by, where)

    def _keep_sums(self, subject: str, names: Sequence[str], stretches: list[Stretch], frame: pl.DataFrame) -> None:
        for number, member, *sums in frame.iter_rows():
            for name, amount in zip(names, sums, strict=True):
                part = f"{subject}.{name}"
                self._sums[part, member, stretches[number]] = amount or 0.0
                self.members.add((part, member))

    def _keep_values(
        self,
        source: Source,
        metric: Metric,
        asked: Sequence[Stretch],
        by: str,
        where: Mapping[str, str] | None,
    ) -> None:
        for part in metric.parts:
            subject, name = part.split(".")
            stretches = _cut(metric, asked)
            windows = [Window(number, *stretch) for number, stretch in enumerate(stretches)]
            if not windows:
                continue
            frame = window_values(source.generation, source.catalogue.subjects[subject], name, windows, by, where)
            for number, member, value, records in frame.iter_rows():
                self._histograms.setdefault((part, member, stretches[number]), {})[value] = records
                self.members.add((part, member))

    def total(self, part: str, first: date, last: date, member: str = "") -> float:
        """Return the sum over a stretch named in advance."""
        return self._sums.get((part, member, (first, last)), 0.0)

    def histogram(self, part: str, first: date, last: date, member: str = "") -> Histogram:
        """Return value → records over a stretch named in advance."""
        return self._histograms.get((part, member, (first, last)), {})

    def members_of(self, metric: Metric) -> set[str]:
        """Return the members with any event of the metric in any of the stretches."""
        return {member for part, member in self.members if part in metric.parts}


def _measures(metrics: Iterable[Metric], percentile: bool) -> dict[str, list[str]]:
    """Return subject → the measures of it that metrics of that sort need."""
    needed: dict[str, set[str]] = defaultdict(set)
    for metric in metrics:
        if (metric.kind == "percentile") is percentile:
            for part in metric.parts:
                subject, name = part.split(".")
                needed[subject].add(name)
    return {subject: sorted(names) for subject, names in needed.items()}


def _cut(metric: Metric, stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return the stretches cut where the metric's definition changed; a running sum begins at the beginning."""
    cut: dict[Stretch, None] = {}
    for first, last in stretches:
        if metric.kind == "gauge" or metric.denominator_stock:
            cut[BEGINNING, last] = None
        if metric.kind != "gauge":
            cut.update(((start, end), None) for _, start, end in metric.pieces(first, last))
    return list(cut)


def _needed(subject: str, metrics: Iterable[Metric], asked: Mapping[str, Sequence[Stretch]]) -> list[Stretch]:
    found: dict[Stretch, None] = {}
    for metric in metrics:
        if metric.kind != "percentile" and subject in metric.subjects:
            found.update(dict.fromkeys(_cut(metric, asked[metric.key])))
    return list(found)

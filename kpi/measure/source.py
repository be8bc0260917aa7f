"""What figures are computed from: one generation, read with one catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Protocol

from kpi import engine
from kpi.catalogue import Catalogue, Metric, TargetRegister, load
from kpi.errors import UnknownName
from kpi.store import Generation, current

Stretch = tuple[date, date]


class Days(Protocol):
    """Anything with a first and a last day."""

    @property
    def first(self) -> date:
        """The first day."""

    @property
    def last(self) -> date:
        """The last day."""


def open_source(as_of: date | None = None, root: Path | None = None) -> Source:
    """Return the data shown now, or what the dashboard knew at the end of a past day.

    For a past day data, targets, definitions and baselines are those recorded by then. Raises StoreError
    when there are none.
    """
    now = current(root)
    catalogue = load(demo=now.is_demo)
    if as_of is None:
        return Source(now, catalogue)
    return Source(engine.on_day(as_of, catalogue, root, now.dataset), catalogue.known_on(as_of))


@dataclass(frozen=True)
class Source:
    """A generation and the catalogue that gives its records meaning."""

    generation: Generation
    catalogue: Catalogue
    _stretches: dict[str, list[Stretch]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def targets(self) -> TargetRegister:
        """Every target of the catalogue's files and every one entered since."""
        return TargetRegister((*self.catalogue.targets, *self.generation.targets))

    def stretches(self, metric: Metric) -> list[Stretch]:
        """Return the stretches of days every subject the metric needs has reported, in order.

        Days outside the metric's validity do not count. A subject that a register merely reads narrows the
        stretches only once it has reported at all.
        """
        if metric.key not in self._stretches:
            self._stretches[metric.key] = self._reported(metric)
        return self._stretches[metric.key]

    def _reported(self, metric: Metric) -> list[Stretch]:
        covered = self.generation.covered
        needed = [self._register_or_periods(name) for name in metric.subjects]
        needed += [
            covered[name]
            for subject in metric.subjects
            for name in self.catalogue.subjects[subject].reads
            if name in covered
        ]
        result = needed[0]
        for other in needed[1:]:
            result = _intersection(result, other)
        return _intersection(result, [(metric.valid_from or date.min, metric.valid_to or date.max)])

    def as_of(self, metric: Metric) -> date | None:
        """Return the last day the metric can speak of, or None when nothing was reported."""
        stretches = self.stretches(metric)
        return stretches[-1][1] if stretches else None

    def is_complete(self, metric: Metric, period: Days) -> bool:
        """Say whether every day of ``period`` has been reported."""
        return any(first <= period.first and period.last <= last for first, last in self.stretches(metric))

    def is_covered(self, metric: Metric, period: Days) -> bool:
        """Say whether any day of ``period`` has been reported."""
        return any(first <= period.last and period.first <= last for first, last in self.stretches(metric))

    def has_gap(self, metric: Metric, period: Days) -> bool:
        """Say whether the reports reach beyond ``period`` and yet leave out some of its days."""
        as_of = self.as_of(metric)
        return as_of is not None and period.last <= as_of and not self.is_complete(metric, period)

    def is_late(self, metric: Metric) -> bool:
        """Say whether a source of the metric has missed the day it was due by its expected rhythm."""
        for name in metric.subjects:
            subject, stretches = self.catalogue.subjects[name], self.generation.covered.get(name)
            if stretches is None or subject.rhythm.state(stretches[-1][1], self.generation.today) != "fresh":
                return True
        return False

    def metrics(self, keys: Iterable[str] | None, dimensions: Mapping[str, str] | Iterable[str]) -> list[Metric]:
        """Return the metrics asked for that know every one of ``dimensions``.

        With no keys, all metrics that can be split so. Raises UnknownName for an unknown metric, or
        for a named metric without the dimension.
        """
        wanted = list(dimensions)
        if keys is None:
            able = [m for m in self.catalogue.metrics.values() if not self._lacking(m, wanted)]
            if not able:
                every = sorted({name for m in self.catalogue.metrics.values() for name in self.dimensions(m)})
                raise UnknownName(f"没有指标能按“{'、'.join(wanted)}”拆分或筛选，可用的维度：{'、'.join(every)}。")
            return able
        chosen = [self.catalogue.metric(key) for key in keys]
        for metric in chosen:
            for name in self._lacking(metric, wanted):
                known = "、".join(self.dimensions(metric)) or "无"
                raise UnknownName(f"指标“{metric.name}”不能按“{name}”拆分，可用的维度：{known}。")
        return chosen

    def canonical(self, metrics: Iterable[Metric], where: Mapping[str, str]) -> dict[str, str]:
        """Return ``where`` with every member spelled as the records have it; UnknownName when there is none such."""
        members = dict(where)
        for metric in metrics:
            subject = self.catalogue.subjects[metric.subject]
            for name in where:
                members[name] = self.catalogue.member(subject.column(name), members[name])
        return members

    def dimensions(self, metric: Metric) -> dict[str, str]:
        """Return column name → Chinese label of the dimensions the metric can be split by."""
        return dimensions(self.catalogue, metric)

    def _lacking(self, metric: Metric, names: Iterable[str]) -> list[str]:
        known = self.dimensions(metric)
        return [name for name in names if name not in known]

    def _register_or_periods(self, name: str) -> list[Stretch]:
        stretches = self.generation.covered.get(name, [])
        if stretches and self.catalogue.subjects[name].register:
            return [(stretches[0][0], stretches[-1][1])]
        return stretches


def dimensions(catalogue: Catalogue, metric: Metric) -> dict[str, str]:
    """Return column name → Chinese label of the dimensions that all subjects of ``metric`` share."""
    first, *rest = (catalogue.subjects[name].dimensions for name in metric.subjects)
    return {name: label for name, label in first.items() if all(name in other for other in rest)}


def _intersection(one: list[Stretch], other: list[Stretch]) -> list[Stretch]:
    common = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return sorted((first, last) for first, last in common if first <= last)

"""Metrics (指标): quotients of measures, declared in ``data/catalogue/metrics``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from kpi.errors import CatalogueError

KINDS = {"ratio", "total", "gauge", "percentile"}
DIRECTIONS = {"up", "down", "neutral"}
CHARTS = {"xmr", "p_prime", "u_prime", "g", "t", "none"}
SEASONS = {"", "working_days", "weekday"}


@dataclass(frozen=True)
class Change:
    """A dated change of definition: from ``on`` the metric counts as said here, by ``document``.

    ``recorded_on`` is the day it became known here; the dashboard of an earlier day does not know it.
    """

    on: date
    definition: str
    document: str
    numerator: str
    denominator: str | None
    recorded_on: date


@dataclass(frozen=True)
class Benchmark:
    """What others reach: ``value`` events ``per`` records, published by ``source``."""

    value: float
    per: float
    source: str


@dataclass(frozen=True)
class Metric:
    """One metric: what it counts, in words and as measures.

    ``numerator`` and ``denominator`` are ``subject.measure``. The value shown is
    ``scale × Σnumerator / Σdenominator`` (ratio), Σnumerator (total), the running Σnumerator at the
    period's end (gauge; divided by the running Σdenominator when one is given), or the
    ``quantile`` of the numerator's per-record values (percentile). With ``denominator_stock`` a
    ratio's denominator is the running sum at the period's end too (inhabitants).

    ``chart`` says which control chart suits the metric: ``xmr``; ``p_prime`` (shares of a known n);
    ``u_prime`` (events over a known opportunity); ``g`` and ``t`` (rare events: records or days
    between them); ``none`` (a list that only grows, a share the newest periods have not had time to
    reach). ``screened`` leaves moving ranges out of the limits that are outliers themselves. ``season``
    says what a period's amount follows besides its length: ``working_days``, or the ``weekday``.
    ``benchmark`` is a published rate a figure may be too good beside.
    ``changes`` are later definitions, oldest first; the fields say the first one.
    """

    key: str
    code: str
    name: str
    short: str
    area: str
    kind: str
    numerator: str
    unit: str
    direction: str
    owner: str
    source: str
    definition: str
    denominator: str | None = None
    denominator_stock: bool = False
    scale: float = 1.0
    decimals: int = 0
    minimum_n: int = 0
    quantile: float | None = None
    chart: str = "xmr"
    season: str = ""
    screened: bool = True
    headline: bool = False
    limitation: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    benchmark: Benchmark | None = None
    changes: tuple[Change, ...] = ()

    @property
    def subject(self) -> str:
        """The subject whose records the metric counts: that of its numerator."""
        return self.numerator.split(".")[0]

    @property
    def parts(self) -> tuple[str, ...]:
        """Every measure any of its definitions needs, as ``subject.measure``."""
        stated = [self.numerator, self.denominator]
        stated += [part for change in self.changes for part in (change.numerator, change.denominator)]
        return tuple(dict.fromkeys(part for part in stated if part))

    @property
    def subjects(self) -> tuple[str, ...]:
        """Every subject the metric depends on."""
        return tuple(dict.fromkeys(part.split(".")[0] for part in self.parts))

    @property
    def is_rate(self) -> bool:
        """True when differences are in 个百分点 rather than per cent."""
        return self.unit == "%"

    @property
    def is_share(self) -> bool:
        """True when the numerator's records are among the denominator's, so that k of n may be said."""
        return self.is_rate and self.denominator is not None

    def on(self, day: date) -> Metric:
        """Return the metric as defined on ``day``."""
        known = [change for change in self.changes if change.on <= day]
        if not known:
            return self
        last = known[-1]
        return replace(self, definition=last.definition, numerator=last.numerator, denominator=last.denominator)

    def changed_within(self, first: date, last: date) -> date | None:
        """Return the day the definition last changed inside a stretch of days, its first day excepted."""
        found = [change.on for change in self.changes if first < change.on <= last]
        return found[-1] if found else None

    def defined_since(self, day: date) -> date | None:
        """Return the day from which the definition of ``day`` holds; None for the first one."""
        found = [change.on for change in self.changes if change.on <= day]
        return found[-1] if found else None

    def pieces(self, first: date, last: date) -> Iterator[tuple[Metric, date, date]]:
        """Yield (metric as defined, first day, last day) for every definition in force between two days."""
        starts = [first, *(change.on for change in self.changes if first < change.on <= last)]
        ends = [*(start - timedelta(days=1) for start in starts[1:]), last]
        for start, end in zip(starts, ends, strict=True):
            yield self.on(start), start, end

    def known_on(self, day: date) -> Metric:
        """Return the metric without the changes recorded after ``day``."""
        return replace(self, changes=tuple(change for change in self.changes if change.recorded_on <= day))


def load_metrics(folder: Path, subjects: Mapping[str, object]) -> dict[str, Metric]:
    """Return every declared metric by key, in the order of the files.

    Raises CatalogueError when a metric is incomplete, repeats a key, names an unknown subject, or asks
    for a chart that does not suit it.
    """
    metrics: dict[str, Metric] = {}
    for path in sorted(folder.glob("*.toml")):
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
        for spec in declared["metric"]:
            metric = _metric(path.name, declared["area"], spec)
            if metric.key in metrics:
                raise CatalogueError(f"{path.name}：指标“{metric.key}”重复。")
            _check(path.name, metric, subjects)
            metrics[metric.key] = metric
    return metrics


def with_changes(metrics: Mapping[str, Metric], path: Path, subjects: Mapping[str, object]) -> dict[str, Metric]:
    """Return ``metrics`` with the changes of definition of one more file added: a list ``change`` with ``metric``.

    Raises CatalogueError like ``load_metrics``.
    """
    changed = dict(metrics)
    for spec in tomllib.loads(path.read_text(encoding="utf-8")).get("change", ()):
        key = spec.pop("metric")
        if key not in changed:
            raise CatalogueError(f"{path.name}：口径变更引用了未知指标“{key}”。")
        metric = changed[key]
        changed[key] = replace(metric, changes=(*metric.changes, _change(path.name, metric.numerator, spec)))
        _check(path.name, changed[key], subjects)
    return changed


def _metric(file_name: str, area: str, spec: dict[str, Any]) -> Metric:
    try:
        benchmark = Benchmark(**spec.pop("benchmark")) if "benchmark" in spec else None
        changes = tuple(_change(file_name, spec["numerator"], change) for change in spec.pop("change", ()))
        return Metric(**{"area": area, **spec}, benchmark=benchmark, changes=changes)
    except (TypeError, KeyError) as error:
        raise CatalogueError(f"{file_name}：指标“{spec.get('key', '?')}”声明不完整：{error}。") from error


def _change(file_name: str, numerator: str, spec: dict[str, Any]) -> Change:
    try:
        return Change(**{"recorded_on": spec["on"], "numerator": numerator, "denominator": None, **spec})
    except (TypeError, KeyError) as error:
        raise CatalogueError(f"{file_name}：指标“{numerator}”的口径变更声明不完整：{error}。") from error


def _check(file_name: str, metric: Metric, subjects: Mapping[str, object]) -> None:
    place = f"{file_name}：指标“{metric.key}”"
    if metric.kind not in KINDS or metric.direction not in DIRECTIONS or metric.chart not in CHARTS:
        raise CatalogueError(f"{place}的类型、方向或控制图不存在。")
    if metric.season not in SEASONS:
        raise CatalogueError(f"{place}的季节性“{metric.season}”不存在，可用：working_days、weekday。")
    if metric.kind == "ratio" and not all(metric.on(day).denominator for day in (date.min, *_days(metric))):
        raise CatalogueError(f"{file_name}：比率指标“{metric.key}”没有分母。")
    if metric.kind == "percentile" and metric.quantile is None:
        raise CatalogueError(f"{file_name}：分位数指标“{metric.key}”没有说明分位。")
    if metric.chart == "xmr" and metric.is_share and metric.kind == "ratio":
        raise CatalogueError(
            f"{place}是已知件数的占比，接近 100% 或 0% 时单值图（xmr）会误报，"
            "请改用 p_prime，件数极少时用 g、t 或 none。"
        )
    if metric.chart in ("p_prime", "u_prime", "g") and metric.kind != "ratio":
        raise CatalogueError(f"{place}不是比率，不能用 {metric.chart} 控制图。")
    if list(_days(metric)) != sorted(set(_days(metric))):
        raise CatalogueError(f"{place}的口径变更没有按日期先后排列，或同一天有两次。")
    for subject in metric.subjects:
        if subject not in subjects:
            raise CatalogueError(f"{file_name}：指标“{metric.key}”引用了未知业务“{subject}”。")


def _days(metric: Metric) -> Iterator[date]:
    return (change.on for change in metric.changes)

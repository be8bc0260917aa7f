"""Metrics (指标): quotients of measures, declared in ``data/catalogue/metrics``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kpi.errors import CatalogueError

KINDS = {"ratio", "total", "gauge", "percentile"}
DIRECTIONS = {"up", "down", "neutral"}
CHARTS = {"xmr", "saturated", "rare", "none"}


@dataclass(frozen=True)
class Metric:
    """One metric: what it counts, in words and as measures.

    ``numerator`` and ``denominator`` are ``subject.measure``. The value shown is
    ``scale × Σnumerator / Σdenominator`` (ratio), Σnumerator (total), the running Σnumerator at the
    period's end (gauge; divided by the running Σdenominator when one is given), or the
    ``quantile`` of the numerator's per-record values (percentile).

    ``chart`` says which control chart suits the metric: ``xmr``; ``saturated`` (a rate so near 100 %
    that XmR misleads); ``rare`` (counts near zero); ``none`` (a list that only grows, a share that
    the newest periods have not had time to reach).
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
    scale: float = 1.0
    decimals: int = 0
    minimum_n: int = 0
    quantile: float | None = None
    chart: str = "xmr"
    headline: bool = False
    valid_from: str = "2022-01-01"

    @property
    def subject(self) -> str:
        """The subject whose records the metric counts: that of its numerator."""
        return self.numerator.split(".")[0]

    @property
    def subjects(self) -> tuple[str, ...]:
        """Every subject the metric depends on."""
        names = [part.split(".")[0] for part in (self.numerator, self.denominator) if part]
        return tuple(dict.fromkeys(names))

    @property
    def is_rate(self) -> bool:
        """True when differences are in 个百分点 rather than per cent."""
        return self.unit == "%"


def load_metrics(folder: Path, subjects: Mapping[str, object]) -> dict[str, Metric]:
    """Return every declared metric by key, in the order of the files.

    Raises CatalogueError when a metric is incomplete, repeats a key, or names an unknown subject.
    """
    metrics: dict[str, Metric] = {}
    for path in sorted(folder.glob("*.toml")):
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
        for spec in declared["metric"]:
            try:
                metric = Metric(**{"area": declared["area"], **spec})
            except TypeError as error:
                raise CatalogueError(f"{path.name}：指标“{spec.get('key', '?')}”声明不完整：{error}。") from error
            if metric.key in metrics:
                raise CatalogueError(f"{path.name}：指标“{metric.key}”重复。")
            _check(path.name, metric, subjects)
            metrics[metric.key] = metric
    return metrics


def _check(file_name: str, metric: Metric, subjects: Mapping[str, object]) -> None:
    if metric.kind not in KINDS or metric.direction not in DIRECTIONS or metric.chart not in CHARTS:
        raise CatalogueError(f"{file_name}：指标“{metric.key}”的类型、方向或控制图不存在。")
    if metric.kind == "ratio" and not metric.denominator:
        raise CatalogueError(f"{file_name}：比率指标“{metric.key}”没有分母。")
    if metric.kind == "percentile" and metric.quantile is None:
        raise CatalogueError(f"{file_name}：分位数指标“{metric.key}”没有说明分位。")
    for subject in metric.subjects:
        if subject not in subjects:
            raise CatalogueError(f"{file_name}：指标“{metric.key}”引用了未知业务“{subject}”。")

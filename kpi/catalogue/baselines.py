"""Baselines (控制图基线): from when, and over which periods, a metric's normal range is taken."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kpi.errors import CatalogueError

GRAINS = {"week", "month"}


@dataclass(frozen=True)
class Baseline:
    """One recorded decision: the normal range of a metric begins anew on ``first``.

    With ``locked_to`` only the periods up to that day set the limits, and later ones are judged against
    them; without it the limits move on with the newest periods. Source: NHS England "Making Data Count":
    lock after at least twelve points, rebase only at a known and dated change of process.
    """

    metric: str
    grain: str
    first: date
    reason: str
    document: str
    recorded_on: date
    recorded_by: str
    locked_to: date | None = None
    demo: bool = False


def load_baselines(path: Path, metrics: Mapping[str, object], demo: bool = False) -> tuple[Baseline, ...]:
    """Return the recorded baselines of ``path``, in the order of their first day.

    Raises CatalogueError when one names an unknown metric or grain, or gives no reason or document.
    """
    declared = tomllib.loads(path.read_text(encoding="utf-8"))
    found = []
    for spec in declared.get("baseline", ()):
        try:
            baseline = Baseline(demo=demo, **spec)
        except TypeError as error:
            raise CatalogueError(f"{path.name}：指标“{spec.get('metric', '?')}”的基线声明不完整：{error}。") from error
        if baseline.metric not in metrics or baseline.grain not in GRAINS:
            raise CatalogueError(f"{path.name}：基线引用了未知指标“{baseline.metric}”或粒度“{baseline.grain}”。")
        if not (baseline.reason and baseline.document):
            raise CatalogueError(f"{path.name}：指标“{baseline.metric}”的基线没有写明原因和依据。")
        if baseline.locked_to is not None and baseline.locked_to <= baseline.first:
            raise CatalogueError(f"{path.name}：指标“{baseline.metric}”的基线锁定日早于起始日。")
        found.append(baseline)
    return tuple(sorted(found, key=lambda baseline: baseline.first))

"""Targets (目标): what a metric should reach, by when, and which document says so."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kpi.errors import CatalogueError

PERIODS = {"any", "year"}
DIRECTIONS = {"at_least", "at_most", "exactly"}
SIGNS = {"at_least": "≥", "at_most": "≤", "exactly": "＝"}


@dataclass(frozen=True)
class Target:
    """One dated target.

    ``value`` is in the metric's unit. ``period`` is ``any`` (holds for every period) or ``year``
    (a cumulative amount for the calendar year). With ``relative_to_last_year`` the value is a factor
    applied to the same period of last year, which must exist.
    """

    metric: str
    value: float
    direction: str
    period: str
    document: str
    clause: str
    valid_from: date
    valid_to: date | None = None
    relative_to_last_year: bool = False
    demo: bool = False

    def in_force(self, day: date) -> bool:
        """Say whether the target applied on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def load_targets(path: Path, metrics: Mapping[str, object], demo: bool = False) -> tuple[Target, ...]:
    """Return the targets declared in ``path``; ``demo`` marks them as invented for the demonstration.

    Raises CatalogueError when a target names an unknown metric, has no document, or two targets of
    one metric and period are in force on the same day.
    """
    declared = tomllib.loads(path.read_text(encoding="utf-8"))
    targets = tuple(Target(demo=demo, **spec) for spec in declared["target"])
    for target in targets:
        if target.metric not in metrics:
            raise CatalogueError(f"{path.name}：目标引用了未知指标“{target.metric}”。")
        if target.period not in PERIODS or target.direction not in DIRECTIONS:
            raise CatalogueError(f"{path.name}：指标“{target.metric}”的目标周期或方向不存在。")
        if not target.document:
            raise CatalogueError(f"{path.name}：指标“{target.metric}”的目标没有写明依据文件。")
    check_overlap(targets)
    return targets


def check_overlap(targets: tuple[Target, ...]) -> None:
    """Raise CatalogueError when two targets of one metric and period kind are in force on one day."""
    for position, one in enumerate(targets):
        for other in targets[position + 1 :]:
            if (one.metric, one.period) == (other.metric, other.period) and (
                one.in_force(other.valid_from) or other.in_force(one.valid_from)
            ):
                raise CatalogueError(f"指标“{one.metric}”在同一天有两个目标同时有效，请给旧目标写上失效日期。")

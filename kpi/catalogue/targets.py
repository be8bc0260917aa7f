"""Targets (目标): what a metric should reach, by when, where, and which document says so."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from kpi.errors import CatalogueError

PERIODS = {"any": "每个时段", "week": "每周", "month": "每月", "quarter": "每季", "year": "全年"}
CUMULATIVE = ("year", "quarter", "month", "week")
DIRECTIONS = {"at_least", "at_most", "exactly", "between"}
SIGNS = {"at_least": "≥", "at_most": "≤", "exactly": "＝", "between": "介于"}
PACES = {
    "calendar_days": "按日历天数",
    "working_days": "按工作日",
    "last_year": "按上年进度",
    "trajectory": "按既定进度线",
}
COUNTY, EACH_TOWN = "county", "each_town"


@dataclass(frozen=True)
class Target:
    """One dated target.

    ``value`` is in the metric's unit (the lower bound of ``between``, whose upper is ``value_high``);
    None withdraws the target from ``valid_from`` on. ``period`` is ``any`` (holds for every period) or
    the kind of period it is set for; a total's is then cumulative and has a ``pace``. ``scope`` is
    ``county``, ``each_town``, or one town's name. With ``relative_to_last_year`` the value is a factor
    applied to the same period of last year, which must exist. ``trajectory`` holds (month-day, amount
    due by then), for the pace of that name.

    ``recorded_at`` and ``recorded_by`` say when and by whom it was entered here; a target of the
    catalogue's files has no time unless stated. Of two targets for the same thing in force on one day
    the one entered later counts.
    """

    metric: str
    value: float | None
    direction: str
    period: str
    document: str
    clause: str
    valid_from: date
    valid_to: date | None = None
    value_high: float | None = None
    scope: str = COUNTY
    pace: str = "calendar_days"
    trajectory: tuple[tuple[str, float], ...] = ()
    relative_to_last_year: bool = False
    demo: bool = False
    recorded_at: datetime | None = None
    recorded_by: str = ""

    @property
    def slot(self) -> tuple[str, str, str]:
        """What it is a target for: metric, period, scope. Only one can count at a time."""
        return self.metric, self.period, self.scope

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The value, and the upper one of ``between``."""
        return self.value, self.value_high

    def in_force(self, day: date) -> bool:
        """Say whether the target applied on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class TargetRegister:
    """Every target ever entered, oldest entry first; nothing is overwritten."""

    targets: tuple[Target, ...]

    @cached_property
    def _slots(self) -> dict[tuple[str, str, str], list[Target]]:
        slots: dict[tuple[str, str, str], list[Target]] = {}
        for target in self.targets:
            slots.setdefault(target.slot, []).append(target)
        return slots

    def find(self, metric: str, period: str, scope: str, day: date) -> Target | None:
        """Return the target for exactly this period and scope that counts on ``day``; None also when withdrawn."""
        in_force = [target for target in self._slots.get((metric, period, scope), ()) if target.in_force(day)]
        return in_force[-1] if in_force and in_force[-1].value is not None else None

    def superseded_by(self, target: Target) -> Target | None:
        """Return the entry that replaced ``target`` for at least part of its time, or None while none did."""
        entries = self._slots[target.slot]
        later = entries[entries.index(target) + 1 :]
        return next((other for other in later if _overlap(other, target)), None)

    def of(self, metric: str) -> list[Target]:
        """Return every entry about one metric, the newest first."""
        return [target for target in self.targets if target.metric == metric][::-1]


def _overlap(one: Target, other: Target) -> bool:
    return one.in_force(other.valid_from) or other.in_force(one.valid_from)


def load_targets(
    path: Path, metrics: Mapping[str, Any], towns: Collection[str] = (), demo: bool = False
) -> tuple[Target, ...]:
    """Return the targets declared in ``path``; ``demo`` marks them as invented for the demonstration.

    Raises CatalogueError when a target names an unknown metric or town, has no document, contradicts
    itself, or two targets of one metric, period and scope are in force on the same day.
    """
    declared = tomllib.loads(path.read_text(encoding="utf-8"))
    targets = tuple(_target(path.name, spec, demo) for spec in declared["target"])
    for target in targets:
        try:
            check_target(target, metrics, towns)
        except CatalogueError as error:
            raise CatalogueError(f"{path.name}：{error}") from error
    check_overlap(targets)
    return targets


def _target(file_name: str, spec: dict[str, Any], demo: bool) -> Target:
    steps = tuple((str(day), float(amount)) for day, amount in spec.pop("trajectory", ()))
    try:
        return Target(demo=demo, trajectory=steps, **spec)
    except TypeError as error:
        raise CatalogueError(f"{file_name}：指标“{spec.get('metric', '?')}”的目标声明不完整：{error}。") from error


def check_target(target: Target, metrics: Mapping[str, Any], towns: Collection[str]) -> None:
    """Raise CatalogueError when one target cannot be meant as written."""
    if target.metric not in metrics:
        raise CatalogueError(f"目标引用了未知指标“{target.metric}”。")
    metric = metrics[target.metric]
    name = f"指标“{metric.name}”"
    if target.period not in PERIODS or target.direction not in DIRECTIONS or target.pace not in PACES:
        raise CatalogueError(f"{name}的目标周期或方向不存在，或序时方式不存在。")
    if not target.document:
        raise CatalogueError(f"{name}的目标没有写明依据文件。")
    if target.scope not in {COUNTY, EACH_TOWN, *towns}:
        raise CatalogueError(f"{name}的目标范围“{target.scope}”不是全县、各镇街或某个镇街。")
    if target.valid_to is not None and target.valid_to < target.valid_from:
        raise CatalogueError(f"{name}的目标失效日期早于生效日期。")
    _check_amounts(target, metric.kind, name)


def _check_amounts(target: Target, kind: str, name: str) -> None:
    if (target.direction == "between") != (target.value_high is not None) and target.value is not None:
        raise CatalogueError(f"{name}的区间目标要写明上下两个值，其他目标只写一个值。")
    if target.value is not None and target.value_high is not None and target.value_high < target.value:
        raise CatalogueError(f"{name}的区间目标上限小于下限。")
    if target.pace != "calendar_days" and (kind != "total" or target.period not in CUMULATIVE):
        raise CatalogueError(f"{name}不是累计目标，没有序时进度。")
    if (target.pace == "trajectory") != bool(target.trajectory):
        raise CatalogueError(f"{name}的既定进度线缺少各时点应达数，或写了进度线却未选用。")
    if [day for day, _ in target.trajectory] != sorted({day for day, _ in target.trajectory}):
        raise CatalogueError(f"{name}的既定进度线没有按日期先后排列。")


def check_overlap(targets: Iterable[Target]) -> None:
    """Raise CatalogueError when two declared targets for the same thing are in force on one day."""
    slots: dict[tuple[str, str, str], list[Target]] = {}
    for target in targets:
        known = slots.setdefault(target.slot, [])
        if any(_overlap(target, other) for other in known):
            raise CatalogueError(f"指标“{target.metric}”在同一天有两个目标同时有效，请给旧目标写上失效日期。")
        known.append(target)

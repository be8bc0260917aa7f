"""What each subject, metric and target means: loaded from ``data/catalogue``, checked, refused if incomplete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path

from kpi.catalogue.metrics import Metric, load_metrics
from kpi.catalogue.places import Department, Town, alias_map, load_departments, load_towns
from kpi.catalogue.subjects import FLAGS, LEVELS, UNSTATED, Column, Subject, load_subjects
from kpi.catalogue.targets import SIGNS, Target, check_overlap, load_targets
from kpi.errors import UnknownName

__all__ = [
    "FLAGS",
    "LEVELS",
    "SIGNS",
    "UNSTATED",
    "Catalogue",
    "Column",
    "Department",
    "Metric",
    "Subject",
    "Target",
    "Town",
    "load",
]

ROOT = Path(__file__).resolve().parents[2]
AREAS = {
    "ratings": "好差评",
    "hotline": "12345 热线",
    "kiosks": "自助机",
    "counters": "跨域与一窗",
}


@dataclass(frozen=True)
class Catalogue:
    """Subjects, metrics, targets and reference lists, consistent with one another."""

    subjects: dict[str, Subject]
    metrics: dict[str, Metric]
    targets: tuple[Target, ...]
    towns: tuple[Town, ...]
    departments: tuple[Department, ...]

    @cached_property
    def town_names(self) -> dict[str, str]:
        """Every known spelling of a town → its canonical name."""
        return alias_map(self.towns)

    @cached_property
    def department_names(self) -> dict[str, str]:
        """Every known spelling of a department → its canonical name."""
        return alias_map(self.departments)

    def member(self, column: Column, text: str) -> str:
        """Return the canonical member of a dimension for what a person wrote: 多祝 → 多祝镇.

        Raises UnknownName, with what exists, when the column's members are listed and ``text`` is not one.
        """
        listed = {
            "town": self.town_names,
            "department": self.department_names,
            "code": {alias: name for name, aliases in column.values.items() for alias in (name, *aliases)},
            "level": {name: name for name in LEVELS.values()},
            "flag": {**{name: name for name in FLAGS.values()}, "true": FLAGS[True], "false": FLAGS[False]},
        }.get(column.type)
        if listed is None or text == UNSTATED:
            return text
        if text not in listed:
            known = "、".join(dict.fromkeys(listed.values()))
            raise UnknownName(f"“{column.dimension or column.header}”中没有“{text}”，可用：{known}。")
        return listed[text]

    def metric(self, key: str) -> Metric:
        """Return one metric; UnknownName says what exists when ``key`` does not."""
        if key not in self.metrics:
            raise UnknownName(f"没有指标“{key}”，可用的指标见“指标与目标”页或 python -m kpi metrics。")
        return self.metrics[key]

    def target(self, metric: str, period_kind: str, day: date) -> Target | None:
        """Return the target of ``metric`` for a period of that kind in force on ``day``, if one is set.

        A yearly amount applies to years only; a year without one of its own falls back to ``any``.
        """
        in_force = [t for t in self.targets if t.metric == metric and t.in_force(day)]
        wanted = ("year", "any") if period_kind == "year" else ("any",)
        return next((t for period in wanted for t in in_force if t.period == period), None)

    def annual_target(self, metric: str, day: date) -> Target | None:
        """Return the yearly amount of ``metric`` in force on ``day``, whatever period is looked at."""
        return next((t for t in self.targets if (t.metric, t.period) == (metric, "year") and t.in_force(day)), None)


@cache
def load(demo: bool = False, root: Path = ROOT) -> Catalogue:
    """Return the checked catalogue; with ``demo`` also the invented targets of the demonstration.

    Raises CatalogueError when any declaration is incomplete or contradicts another.
    """
    folder = root / "data" / "catalogue"
    subjects = load_subjects(folder / "subjects")
    metrics = load_metrics(folder / "metrics", subjects)
    targets = load_targets(folder / "targets.toml", metrics)
    if demo:
        targets += load_targets(root / "data" / "samples" / "demo_targets.toml", metrics, demo=True)
        check_overlap(targets)
    return Catalogue(
        subjects, metrics, targets, load_towns(folder / "towns.csv"), load_departments(folder / "departments.csv")
    )

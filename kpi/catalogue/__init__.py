"""What each subject, metric and target means: loaded from ``data/catalogue``, checked, refused if incomplete."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from pathlib import Path

from kpi.catalogue.baselines import Baseline, load_baselines
from kpi.catalogue.metrics import Benchmark, Change, Metric, load_metrics, with_changes
from kpi.catalogue.places import (
    Alias,
    Area,
    Department,
    Town,
    alias_map,
    load_aliases,
    load_areas,
    load_departments,
    load_towns,
)
from kpi.catalogue.subjects import FLAGS, LEVELS, UNSTATED, Column, Quality, Subject, load_subjects
from kpi.catalogue.targets import (
    COUNTY,
    EACH_TOWN,
    PACES,
    PERIODS,
    SIGNS,
    Target,
    TargetRegister,
    check_overlap,
    check_target,
    load_targets,
)
from kpi.errors import UnknownName

__all__ = [
    "AREAS",
    "COUNTY",
    "EACH_TOWN",
    "FLAGS",
    "LEVELS",
    "PACES",
    "PERIODS",
    "SIGNS",
    "UNSTATED",
    "Alias",
    "Area",
    "Baseline",
    "Benchmark",
    "Catalogue",
    "Change",
    "Column",
    "Department",
    "Metric",
    "Quality",
    "Subject",
    "Target",
    "TargetRegister",
    "Town",
    "check_target",
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
    """Subjects, metrics, targets, baselines and reference lists, consistent with one another."""

    subjects: dict[str, Subject]
    metrics: dict[str, Metric]
    targets: tuple[Target, ...]
    baselines: tuple[Baseline, ...]
    towns: tuple[Town, ...]
    departments: tuple[Department, ...]
    aliases: tuple[Alias, ...] = ()
    areas: tuple[Area, ...] = ()

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

    def with_aliases(self, path: Path) -> Catalogue:
        """Return the catalogue with the names of ``path`` added, those a person confirmed while importing.

        Raises CatalogueError when the file names a town or department that does not exist.
        """
        added = load_aliases(path, self.towns, self.departments)
        return replace(self, aliases=(*self.aliases, *added)) if added else self

    def known_on(self, day: date) -> Catalogue:
        """Return the catalogue without what was recorded after ``day``: targets, changes of definition, baselines."""
        return replace(
            self,
            metrics={key: metric.known_on(day) for key, metric in self.metrics.items()},
            targets=tuple(t for t in self.targets if t.recorded_at is None or t.recorded_at.date() <= day),
            baselines=tuple(baseline for baseline in self.baselines if baseline.recorded_on <= day),
        )


@cache
def load(demo: bool = False, root: Path = ROOT) -> Catalogue:
    """Return the checked catalogue; with ``demo`` also what was invented for the demonstration.

    Raises CatalogueError when any declaration is incomplete or contradicts another.
    """
    folder, samples = root / "data" / "catalogue", root / "data" / "samples"
    subjects, towns = load_subjects(folder / "subjects"), load_towns(folder / "towns.csv")
    metrics = load_metrics(folder / "metrics", subjects)
    names = [town.name for town in towns]
    targets = load_targets(folder / "targets.toml", metrics, names)
    baselines = load_baselines(folder / "baselines.toml", metrics)
    if demo:
        metrics = with_changes(metrics, samples / "demo_changes.toml", subjects)
        targets += load_targets(samples / "demo_targets.toml", metrics, names, demo=True)
        baselines += load_baselines(samples / "demo_baselines.toml", metrics, demo=True)
        check_overlap(targets)
    departments = load_departments(folder / "departments.csv")
    aliases = load_aliases(folder / "aliases.csv", towns, departments)
    areas = load_areas(folder / "areas.csv")
    return Catalogue(subjects, metrics, targets, baselines, towns, departments, aliases, areas)

"""What the wall shows, as declared in ``data/catalogue/wall.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kpi.catalogue import ROOT, Catalogue
from kpi.errors import CatalogueError

PLAN = ROOT / "data" / "catalogue" / "wall.toml"
KINDS = ("metric", "exceptions", "towns")
PERIODS = ("week", "month", "year")
TILES = 6


@dataclass(frozen=True)
class TilePlan:
    """One tile: its kind, its title, and the metric and kind of period it is about."""

    kind: str
    title: str
    metric: str = ""
    period: str = "week"


@dataclass(frozen=True)
class ScenePlan:
    """One screenful of tiles; ``key`` is how the address names it."""

    key: str
    title: str
    tiles: tuple[TilePlan, ...]


@dataclass(frozen=True)
class Plan:
    """The whole wall: seconds per scene, weeks per sparkline, and the scenes."""

    title: str
    seconds: int
    weeks: int
    scenes: tuple[ScenePlan, ...]

    def tiles(self, kind: str) -> list[TilePlan]:
        """Return the tiles of ``kind`` of all scenes."""
        return [tile for scene in self.scenes for tile in scene.tiles if tile.kind == kind]

    def metrics(self, period: str | None = None) -> list[str]:
        """Return the metrics of all headline tiles (or of those of one kind of period), each once."""
        return list(dict.fromkeys(tile.metric for tile in self.tiles("metric") if period in (None, tile.period)))


def load_plan(catalogue: Catalogue, path: Path = PLAN) -> Plan:
    """Return the declared wall.

    CatalogueError when a tile names an unknown metric, kind or period, a scene has not six tiles, or a key repeats.
    """
    declared = tomllib.loads(path.read_text(encoding="utf-8"))
    scenes = tuple(_scene(path.name, spec) for spec in declared.pop("scene"))
    keys = [scene.key for scene in scenes]
    if len(set(keys)) < len(keys):
        raise CatalogueError(f"{path.name}：有两个场景同名，请给每个场景不同的 key。")
    for tile in (tile for scene in scenes for tile in scene.tiles):
        _check(path.name, tile, catalogue)
    return Plan(scenes=scenes, **declared)


def _scene(file_name: str, spec: dict[str, Any]) -> ScenePlan:
    if len(spec["tiles"]) != TILES:
        raise CatalogueError(f"{file_name}：场景“{spec['title']}”有 {len(spec['tiles'])} 块，应为 {TILES} 块。")
    return ScenePlan(spec["key"], spec["title"], tuple(TilePlan(**tile) for tile in spec["tiles"]))


def _check(file_name: str, tile: TilePlan, catalogue: Catalogue) -> None:
    if tile.kind not in KINDS or tile.period not in PERIODS:
        raise CatalogueError(f"{file_name}：“{tile.title}”的类型“{tile.kind}”或时段“{tile.period}”不存在。")
    if tile.kind != "exceptions" and tile.metric not in catalogue.metrics:
        raise CatalogueError(f"{file_name}：“{tile.title}”引用了未知指标“{tile.metric}”。")

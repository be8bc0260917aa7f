"""Reference lists: the county's towns and resorts, and the departments that handle cases."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Town:
    """One of the 17 towns, subdistricts and resorts, with its cell on the tile grid (no geography)."""

    name: str
    code: str
    kind: str
    row: int
    column: int
    aliases: tuple[str, ...]

    @property
    def short(self) -> str:
        """The name as it fits a tile: 多祝镇 → 多祝."""
        return self.aliases[0]


@dataclass(frozen=True)
class Department:
    """A department that handles cases, with the names senders use for it."""

    name: str
    aliases: tuple[str, ...]


def load_towns(path: Path) -> tuple[Town, ...]:
    """Return the towns in their official order, one per line of ``path``."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Town(
                name=row["name"],
                code=row["code"],
                kind=row["kind"],
                row=int(row["grid_row"]),
                column=int(row["grid_column"]),
                aliases=tuple(row["aliases"].split("|")),
            )
            for row in csv.DictReader(file)
        )


def load_departments(path: Path) -> tuple[Department, ...]:
    """Return the departments in their listed order, one per line of ``path``."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(Department(row["name"], tuple(row["aliases"].split("|"))) for row in csv.DictReader(file))


def alias_map(places: tuple[Town, ...] | tuple[Department, ...]) -> dict[str, str]:
    """Return every known spelling → canonical name."""
    return {spelling: place.name for place in places for spelling in (place.name, *place.aliases) if spelling}

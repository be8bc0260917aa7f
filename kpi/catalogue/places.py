"""Reference lists: the county's towns and resorts, and the departments that handle cases."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kpi.errors import CatalogueError


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


ALIAS_FIELDS = {"kind", "alias", "name", "valid_from", "valid_to", "document"}


@dataclass(frozen=True)
class Alias:
    """A name a town or department bore for some time: organisations are renamed, abolished and merged.

    ``kind`` is town or department; without ``valid_from`` or ``valid_to`` the name held since ever or still holds.
    """

    kind: str
    alias: str
    name: str
    valid_from: date | None = None
    valid_to: date | None = None
    document: str = ""

    def holds_on(self, day: date | None) -> bool:
        """Say whether the name was borne on ``day``; on an unknown day only a name without dates is."""
        if day is None:
            return self.valid_from is None and self.valid_to is None
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Area:
    """Another county or city, with the words and the area code that give away a file of theirs."""

    code: str
    name: str
    words: tuple[str, ...]


def load_areas(path: Path) -> tuple[Area, ...]:
    """Return the other counties and cities, one per line of ``path``."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(Area(row["code"], row["name"], tuple(row["words"].split("|"))) for row in csv.DictReader(file))


def load_aliases(path: Path, towns: tuple[Town, ...], departments: tuple[Department, ...]) -> tuple[Alias, ...]:
    """Return the dated names of ``path``, none where there is no such file.

    Raises CatalogueError when a name it stands for does not exist or a date is none.
    """
    if not path.exists():
        return ()
    known = {"town": {town.name for town in towns}, "department": {each.name for each in departments}}
    aliases = []
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CatalogueError(f"{path.name} 不是可读的文本，请恢复或删除 {path}。") from error
    for number, row in enumerate(rows, 2):
        if set(row) != ALIAS_FIELDS or None in row.values():
            raise CatalogueError(f"{path.name} 第 {number} 行：列数不对，应有 {'、'.join(sorted(ALIAS_FIELDS))}。")
        if row["name"] not in known.get(row["kind"], ()):
            raise CatalogueError(
                f"{path.name} 第 {number} 行：“{row['kind']}”中没有“{row['name']}”，请改为名录中的标准名称。"
            )
        try:
            dates = [date.fromisoformat(row[end]) if row[end] else None for end in ("valid_from", "valid_to")]
        except ValueError as error:
            raise CatalogueError(f"{path.name} 第 {number} 行：有效期应写成 2024-01-31。") from error
        aliases.append(Alias(row["kind"], row["alias"], row["name"], dates[0], dates[1], row["document"]))
    return tuple(aliases)


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

"""Names of towns and departments the lists do not know: dated aliases, unit codes, and what they may stand for."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from dataclasses import dataclass, replace

import polars as pl

from kpi.catalogue import Alias, Catalogue, Column
from kpi.intake import rules
from kpi.intake.cells import listed_key
from kpi.intake.clean import CleanColumn

RULES = {"town": rules.UNKNOWN_TOWN, "department": rules.UNKNOWN_DEPARTMENT}
CODE_HEADER = re.compile(r"(?:单位|部门|机构|镇街|乡镇|街道|区域)(?:编码|编号|代码|ID)$", re.IGNORECASE)
TOWN_WORDS = re.compile(r"镇街|乡镇|街道|区域")
DATED = "别名按有效期改为标准名称"
BY_CODE = "按单位编号改为标准名称"
MOST_SUGGESTIONS = 3


@dataclass(frozen=True)
class UnknownName:
    """A name no list knows: where it stands, in how many rows, and which known names come near, the nearest first."""

    kind: str
    column: str
    text: str
    rows: int
    suggestions: tuple[str, ...]


def resolve(
    column: Column,
    texts: pl.Series,
    cleaned: CleanColumn,
    days: pl.Series,
    codes: pl.Series | None,
    catalogue: Catalogue,
) -> CleanColumn:
    """Return the column with unknown names read by the aliases in force on the row's day, then by the unit's code.

    ``days`` are the rows' days; ``codes`` the texts of the column that holds the units' codes, if there is one.
    A code helps only where all known names beside it are one.
    """
    rule = RULES[column.type]
    if cleaned.problems is None:
        return cleaned
    unknown = (cleaned.problems == rule).fill_null(False).arg_true()
    by_code = _names_by_code(cleaned.values, codes) if codes is not None else {}
    found: dict[int, str] = {}
    notes: Counter[str] = Counter()
    known: dict[str, list[Alias]] = {}
    for alias in catalogue.aliases:
        if alias.kind == column.type:
            known.setdefault(listed_key(alias.alias), []).append(alias)
    for row in unknown if known or by_code else ():
        names = [a.name for a in known.get(listed_key(texts[row]), ()) if a.holds_on(days[row])]
        code = codes[row].strip() if codes is not None else ""
        if names:
            found[row] = names[-1]
            notes[DATED] += 1
        elif code in by_code:
            found[row] = by_code[code]
            notes[BY_CODE] += 1
    if not found:
        return cleaned
    places = pl.Series(list(found))
    problems = cleaned.problems.scatter(places, pl.Series([None] * len(found), dtype=pl.String))
    values = cleaned.values.scatter(places, pl.Series(list(found.values())))
    return replace(cleaned, values=values, problems=problems, normalised=cleaned.normalised + notes)


def _names_by_code(names: pl.Series, codes: pl.Series) -> dict[str, str]:
    pairs = pl.DataFrame({"code": codes.str.strip_chars(), "name": names}).drop_nulls().unique()
    single = pairs.filter((pl.col("code") != "") & pl.col("code").is_unique())
    return dict(single.iter_rows())


def code_places(headers: tuple[str, ...], columns: dict[str, int]) -> dict[str, int]:
    """Return town or department → the position of the unused column that holds its codes, where there is one."""
    used = set(columns.values())
    places: dict[str, int] = {}
    for place, header in enumerate(headers):
        if place not in used and CODE_HEADER.search(header):
            places.setdefault("town" if TOWN_WORDS.search(header) else "department", place)
    return places


def unknown_names(column: Column, counts: Counter[str], catalogue: Catalogue) -> list[UnknownName]:
    """Return the unknown names of one column with the known ones that come near, the most frequent first."""
    spellings = catalogue.town_names if column.type == "town" else catalogue.department_names
    keys = {listed_key(spelling): name for spelling, name in spellings.items()}
    return [
        UnknownName(column.type, column.header, text, rows, _near(listed_key(text), keys))
        for text, rows in counts.most_common()
    ]


def _near(key: str, keys: dict[str, str]) -> tuple[str, ...]:
    inside = [name for known, name in keys.items() if len(known) > 1 and (known in key or key in known)]
    alike = [keys[match] for match in difflib.get_close_matches(key, keys, n=5, cutoff=0.5)]
    return tuple(dict.fromkeys([*inside, *alike]))[:MOST_SUGGESTIONS]

"""The first day of the lunar year (正月初一), by which the weeks around it are compared."""

from __future__ import annotations

from datetime import date
from functools import cache

from kpi.calendar.listing import CATALOGUE, day_of, listed
from kpi.errors import CatalogueError

SPRING_FESTIVAL = CATALOGUE / "spring_festival.csv"


@cache
def _festivals() -> dict[int, date]:
    found: dict[int, date] = {}
    for where, row in listed(SPRING_FESTIVAL, ("year", "day")):
        day = day_of(row["day"], where)
        if row["year"] != str(day.year) or day.year in found:
            raise CatalogueError(f"{where}：年份“{row['year']}”与日期 {day} 不符或重复，请更正。")
        found[day.year] = day
    return found


def spring_festival(year: int) -> date | None:
    """Return 正月初一 of ``year``, or None when it is not listed.

    Source: GB/T 33661-2017, listed for 2010–2040 in ``spring_festival.csv``. Raises CatalogueError when
    that file has a bad line.
    """
    return _festivals().get(year)


def days_since_last_festival(year: int) -> int | None:
    """Return the days from 正月初一 of the year before to that of ``year``; None when one is not listed."""
    this, before = spring_festival(year), spring_festival(year - 1)
    return (this - before).days if this and before else None

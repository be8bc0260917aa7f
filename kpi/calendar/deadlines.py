"""Legal deadlines of hotline tickets in working days, worked out day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from kpi.calendar.listing import CATALOGUE, day_of, listed
from kpi.calendar.working import add_working_days, is_working_day
from kpi.errors import CatalogueError

DEADLINES = CATALOGUE / "deadlines.csv"


@dataclass(frozen=True)
class DeadlineRule:
    """How many working days a ticket of ``category`` may take when received on ``valid_from`` or later."""

    category: str
    working_days: int
    valid_from: date
    document: str


def deadline_rules(path: Path = DEADLINES) -> tuple[DeadlineRule, ...]:
    """Return every listed rule, by category and first day of validity.

    Raises CatalogueError, naming the line, when a date or a number of days cannot be read, no document
    is given, or two rules of a category begin on the same day.
    """
    found: dict[tuple[str, date], DeadlineRule] = {}
    for where, row in listed(path, ("category", "working_days", "valid_from", "document")):
        key = row["category"], day_of(row["valid_from"], where)
        if not row["working_days"].isdecimal() or int(row["working_days"]) == 0:
            raise CatalogueError(f"{where}：working_days 写的是“{row['working_days']}”，请写大于 0 的工作日数。")
        if not row["document"]:
            raise CatalogueError(f"{where}：没有写明依据，请在 document 列填写文件名称。")
        if key in found:
            raise CatalogueError(f"{where}：“{key[0]}”自 {key[1]} 起的时限写了两次，请只保留正确的一行。")
        found[key] = DeadlineRule(row["category"], int(row["working_days"]), key[1], row["document"])
    return tuple(found[key] for key in sorted(found))


@cache
def _rules() -> tuple[DeadlineRule, ...]:
    return deadline_rules()


def allowed_days(category: str, received: date) -> int | None:
    """Return the working days a ticket of ``category`` received on that day may take; None when no rule is listed.

    Raises CatalogueError when ``deadlines.csv`` has a bad line.
    """
    in_force = [rule for rule in _rules() if rule.category == category and rule.valid_from <= received]
    return in_force[-1].working_days if in_force else None


def deadline(received: date, allowed: int, extension: int = 0, pauses: Sequence[tuple[date, date]] = ()) -> date:
    """Return the last day on which a ticket is still in time.

    ``allowed`` and ``extension`` are working days; the day of receipt is not counted. Each pause runs
    from the day a department returned the ticket to the day it was dispatched again: the working days
    after the first, up to and including the second, are added once. Source of the days: 广东省12345热线
    办法; that a pause is added is a rule of this project, since nobody can work on a ticket nobody holds.
    """
    days = allowed + extension + len(_paused(pauses))
    return add_working_days(received, days)


def _paused(pauses: Sequence[tuple[date, date]]) -> set[date]:
    paused = set()
    for returned, redispatched in pauses:
        day = returned
        while day < redispatched:
            day += timedelta(days=1)
            if is_working_day(day):
                paused.add(day)
    return paused

"""How often a source is expected to report (报送周期): in words, the next day it is due, and how it stands."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Any

from kpi.calendar import add_working_days, is_working_day, period_of
from kpi.errors import CatalogueError

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
MONTH_DAY = re.compile(r"\d\d-\d\d")
# Which field says when, for each kind, and what a good value looks like.
SPELLING = {
    "day": ("by_time", '{ every = "day", by_time = "10:00" }'),
    "week": ("by", '{ every = "week", by = "周二" }'),
    "month": ("by_day", '{ every = "month", by_day = 5 }'),
    "year": ("by_date", '{ every = "year", by_date = "01-31" }'),
    "decade": ("by_date", '{ every = "decade", by_date = "12-31" }'),
}
LEAP_YEAR = 2024
YEARS_OF_A_DECADE = 10


@dataclass(frozen=True)
class Rhythm:
    """One report per ``every`` (day, week, month, year, decade), here by ``by`` of the one that follows.

    ``by`` is, in the order of the kinds, a clock time, a weekday from 0 for Monday, a day of the month, or
    (month, day). Any due day that is no working day moves to the next working day.
    """

    every: str
    by: str | int | tuple[int, int]

    @property
    def words(self) -> str:
        """The rhythm as people say it: 每周，周二前到上一周."""
        if self.every == "day":
            return f"每天，{self.by} 前到前一日"
        if self.every == "week":
            return f"每周，{WEEKDAYS[self._number]}前到上一周"
        if self.every == "month":
            return f"每月，{self.by} 日前到上一月"
        month, day = self._month_day
        if self.every == "year":
            return f"每年，{month} 月 {day} 日前到上一年"
        return f"每十年，逢 0 年份的次年 {month} 月 {day} 日前"

    def due_after(self, last: date) -> date:
        """Return the last day on which the report that follows ``last``, the last day covered, is still in time.

        That report is the one of the next working day: a file that states no period is known only by its last
        record, and a week whose last record is a Friday's has nothing more to come.
        """
        return self._due(self._next_missing(last))

    def broken_after(self, last: date) -> date:
        """Return the day after which silence since ``last`` is no longer late but broken: the next later due day.

        Two weeks' reports fall due on one day when a holiday fills the week between; being late must not be skipped.
        """
        missing = self._next_missing(last)
        due = broken = self._due(missing)
        while broken <= due:
            missing = self._following(missing)
            broken = self._due(missing)
        return broken

    def state(self, last: date, today: date) -> str:
        """Return how a source stands on ``today`` whose files reach to ``last``: fresh, late or broken."""
        if today <= self.due_after(last):
            return "fresh"
        return "late" if today <= self.broken_after(last) else "broken"

    def _next_missing(self, last: date) -> date:
        """Return the last day of the period whose report is the next to come."""
        if self.every == "decade":  # a count is taken in the years that end in 0, on some day of them
            return date((last.year // YEARS_OF_A_DECADE + 1) * YEARS_OF_A_DECADE, 12, 31)
        return period_of(self.every, add_working_days(last, 1)).last

    def _following(self, missing: date) -> date:
        if self.every == "decade":
            return date(missing.year + YEARS_OF_A_DECADE, 12, 31)
        return self._next_missing(missing)

    def _due(self, missing: date) -> date:
        """Return by when the report of the period that ends with ``missing`` is due."""
        first = date.fromordinal(missing.toordinal() + 1)
        if self.every == "week":
            due = date.fromordinal(first.toordinal() + self._number)
        elif self.every == "month":
            due = _within(first.year, first.month, self._number)
        elif self.every == "day":
            due = first
        else:
            due = _within(first.year, *self._month_day)
        return due if is_working_day(due) else add_working_days(due, 1)

    @property
    def _number(self) -> int:
        assert isinstance(self.by, int)
        return self.by

    @property
    def _month_day(self) -> tuple[int, int]:
        assert isinstance(self.by, tuple)
        return self.by


def _within(year: int, month: int, day: int) -> date:
    """Return a day of a month; the last one where the month is shorter."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def read_rhythm(file_name: str, declared: Any) -> Rhythm:
    """Return the rhythm a subject declares; CatalogueError, with an example, when it cannot be understood."""
    if not isinstance(declared, dict) or declared.get("every") not in SPELLING:
        examples = "、".join(example for _, example in SPELLING.values())
        raise CatalogueError(f"{file_name}：没有写明报送周期 rhythm，或 every 不认识，请照样写成其中一种：{examples}。")
    every = declared["every"]
    field, example = SPELLING[every]
    by = _by(every, declared.get(field))
    if by is None or set(declared) != {"every", field}:
        raise CatalogueError(f"{file_name}：报送周期 rhythm 写的是 {declared}，看不懂，请照样写成 {example}。")
    return Rhythm(every, by)


def _by(every: str, said: Any) -> str | int | tuple[int, int] | None:
    """Return when, as ``Rhythm.by`` keeps it; None when ``said`` is no such thing."""
    if every == "month":
        is_day = isinstance(said, int) and not isinstance(said, bool) and 1 <= said <= 31
        return said if is_day else None
    if not isinstance(said, str):
        return None
    if every == "day":
        return said if CLOCK.fullmatch(said) else None
    if every == "week":
        return WEEKDAYS.index(said) if said in WEEKDAYS else None
    try:
        day = date.fromisoformat(f"{LEAP_YEAR}-{said}") if MONTH_DAY.fullmatch(said) else None
    except ValueError:
        return None
    return (day.month, day.day) if day else None

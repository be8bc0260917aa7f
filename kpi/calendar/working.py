"""Working days with 调休: the State Council's holiday notices, and what the administrator adds to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path

import chinese_calendar

from kpi.calendar.listing import CATALOGUE, day_of, listed
from kpi.errors import CatalogueError

OVERRIDES = CATALOGUE / "calendar_overrides.csv"
ONE_DAY = timedelta(days=1)
MORE_HOLIDAYS_FROM = 2025


@dataclass(frozen=True)
class Override:
    """What the administrator's file says about one day: worked or not, by which notice (empty when not stated)."""

    is_working: bool
    document: str


def read_overrides(path: Path) -> dict[date, Override]:
    """Return the administrator's days; none when the file is missing.

    Raises CatalogueError, naming the line, when a date cannot be read, ``working`` is neither 0 nor 1,
    or one day is given two answers.
    """
    found: dict[date, Override] = {}
    if not path.exists():
        return found
    for where, row in listed(path, ("day", "working", "document")):
        day = day_of(row["day"], where)
        if row["working"] not in ("0", "1"):
            raise CatalogueError(f"{where}：working 写的是“{row['working']}”，请写 1（上班）或 0（放假）。")
        is_working = row["working"] == "1"
        if day in found and found[day].is_working != is_working:
            raise CatalogueError(f"{where}：{day} 在前面已写成相反的安排，请只保留正确的一行。")
        document = row["document"] or (found[day].document if day in found else "")
        found[day] = Override(is_working, document)
    return found


class WorkingCalendar:
    """Which days are worked, given the administrator's days; counts are kept per year."""

    def __init__(self, overrides: Mapping[date, Override]) -> None:
        """Correct the notices kept by ``chinesecalendar`` with ``overrides``."""
        self._overrides = overrides
        self._counts: dict[int, tuple[int, ...]] = {}

    def is_working_day(self, day: date) -> bool:
        """Say whether ``day`` is worked."""
        if day in self._overrides:
            return self._overrides[day].is_working
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return day.weekday() < 5

    def is_official(self, year: int) -> bool:
        """Say whether the whole holiday notice of ``year`` is known."""
        try:
            chinese_calendar.is_workday(date(year, 1, 1))
        except NotImplementedError:
            days_off = [
                day
                for day, override in self._overrides.items()
                if day.year == year and not override.is_working and override.document
            ]
            return len(days_off) >= statutory_holidays(year)
        return True

    def estimated_note(self, first: date, last: date) -> str:
        """Return the remark for days whose year has no notice yet; empty when every year has one."""
        years = [str(year) for year in range(first.year, last.year + 1) if not self.is_official(year)]
        if not years:
            return ""
        named = "、".join(years) if len(years) <= 2 else f"{years[0]}－{years[-1]}"
        return f"{named} 年节假日安排尚未公布，工作日暂按推算"

    def working_days(self, first: date, last: date) -> int:
        """Return how many days from ``first`` to ``last``, both counted, are worked; 0 when they are reversed."""
        if last < first:
            return 0
        whole_years = sum(self._year(year)[-1] for year in range(first.year, last.year))
        return whole_years + self._year(last.year)[_of_year(last)] - self._year(first.year)[_of_year(first) - 1]

    def _year(self, year: int) -> tuple[int, ...]:
        """Return, at n, how many of the year's first n days are worked."""
        if year not in self._counts:
            worked = (self.is_working_day(day) for day in _days(date(year, 1, 1), date(year, 12, 31)))
            self._counts[year] = tuple(accumulate(worked, initial=0))
        return self._counts[year]

    def add_working_days(self, day: date, count: int) -> date:
        """Return the ``count``-th working day after ``day`` (before it when negative); ``day`` itself for 0."""
        step = ONE_DAY if count > 0 else -ONE_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_working_day(day):
                day += step
        return day


def statutory_holidays(year: int) -> int:
    """Return the days off every resident has in ``year``: 11, from 2025 on 13 (国令第644号, 国令第795号)."""
    return 13 if year >= MORE_HOLIDAYS_FROM else 11


def _of_year(day: date) -> int:
    return day.timetuple().tm_yday


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


@cache
def _calendar() -> WorkingCalendar:
    return WorkingCalendar(read_overrides(OVERRIDES))


def is_working_day(day: date) -> bool:
    """Say whether ``day`` is worked, make-up Saturdays and Sundays (调休) included.

    Source: State Council holiday notices as kept by ``chinesecalendar``, corrected by the
    administrator's ``calendar_overrides.csv``; a year without a notice counts Monday to Friday.
    Raises CatalogueError when that file has a bad line, as do all functions below.
    """
    return _calendar().is_working_day(day)


def is_official(year: int) -> bool:
    """Say whether the State Council's holiday notice for ``year`` is known; otherwise days are 暂按推算.

    A year the library lacks is known when the administrator's file lists, with the notice's number, at
    least as many days off as the law gives (``statutory_holidays``): one stray line is not a notice.
    """
    return _calendar().is_official(year)


def estimated_note(first: date, last: date) -> str:
    """Return 2027 年节假日安排尚未公布，工作日暂按推算, or nothing when every year touched has its notice."""
    return _calendar().estimated_note(first, last)


def working_days(first: date, last: date) -> int:
    """Return the working days from ``first`` to ``last``, both included; 0 when ``last`` is the earlier."""
    return _calendar().working_days(first, last)


def add_working_days(day: date, count: int) -> date:
    """Return the ``count``-th working day after ``day``, which is not counted itself; negative counts go back."""
    return _calendar().add_working_days(day, count)

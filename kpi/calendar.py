"""Days, weeks and periods as the bureau speaks of them."""

from __future__ import annotations

import csv
import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import chinese_calendar

from kpi.errors import UnknownName

# The day on which the demonstration year is looked at.
DEMO_TODAY = date(2024, 1, 6)
OVERRIDES = Path(__file__).resolve().parents[1] / "data" / "catalogue" / "calendar_overrides.csv"
YEAR = re.compile(r"((?:19|20|21)\d{2})")
QUARTER = re.compile(r"((?:19|20|21)\d{2})-Q([1-4])")
MONTH = re.compile(r"((?:19|20|21)\d{2})-(\d{2})")
WEEK = re.compile(r"((?:19|20|21)\d{2})-W(\d{2})")
DAY = re.compile(r"((?:19|20|21)\d{2})-(\d{2})-(\d{2})")


@dataclass(frozen=True, order=True)
class Period:
    """A day, week (Monday–Sunday), month, quarter or year, by its first and last day."""

    first: date
    last: date
    kind: str

    @property
    def key(self) -> str:
        """The period as it is typed and stands in an address: 2023, 2023-Q4, 2023-12, 2023-W48, 2023-12-03."""
        year, week, _ = self.first.isocalendar()
        return {
            "year": f"{self.first.year}",
            "quarter": f"{self.first.year}-Q{(self.first.month + 2) // 3}",
            "month": f"{self.first:%Y-%m}",
            "week": f"{year}-W{week:02d}",
            "day": f"{self.first:%Y-%m-%d}",
        }[self.kind]

    @property
    def label(self) -> str:
        """The period as it is read: 2023 年第 48 周（11月27日－12月3日）."""
        year, week, _ = self.first.isocalendar()
        return {
            "year": f"{self.first.year} 年",
            "quarter": f"{self.first.year} 年第 {(self.first.month + 2) // 3} 季度",
            "month": f"{self.first.year} 年 {self.first.month} 月",
            "week": f"{year} 年第 {week} 周（{short_day(self.first)}－{short_day(self.last)}）",
            "day": f"{self.first.year} 年 {short_day(self.first)}",
        }[self.kind]

    @property
    def days(self) -> int:
        """Length in calendar days."""
        return (self.last - self.first).days + 1

    def previous(self) -> Period:
        """The period of the same kind just before."""
        return period_of(self.kind, self.first - timedelta(days=1))

    def following(self) -> Period:
        """The period of the same kind just after."""
        return period_of(self.kind, self.last + timedelta(days=1))

    def last_year(self) -> Period:
        """The same period last year; days and weeks go back 364 days, so weekdays stay aligned."""
        if self.kind in ("week", "day"):
            return period_of(self.kind, self.first - timedelta(days=364))
        return period_of(self.kind, self.first.replace(year=self.first.year - 1))

    def trailing(self, count: int) -> list[Period]:
        """The ``count`` periods that end with this one, oldest first."""
        periods = [self]
        while len(periods) < count:
            periods.append(periods[-1].previous())
        return periods[::-1]


def short_day(day: date) -> str:
    """A day as 12月3日."""
    return f"{day.month}月{day.day}日"


def period_of(kind: str, day: date) -> Period:
    """Return the period of ``kind`` that contains ``day``."""
    if kind == "day":
        return Period(day, day, kind)
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=6), kind)
    if kind == "year":
        return Period(date(day.year, 1, 1), date(day.year, 12, 31), kind)
    months = 1 if kind == "month" else 3
    first_month = (day.month - 1) // months * months + 1
    last_month = first_month + months - 1
    last = date(day.year, last_month, monthrange(day.year, last_month)[1])
    return Period(date(day.year, first_month, 1), last, kind)


def parse_period(text: str) -> Period:
    """Read 2023, 2023-Q4, 2023-12, 2023-W48 or 2023-12-03; UnknownName when it is none of these."""
    try:
        if match := DAY.fullmatch(text):
            return period_of("day", date(*map(int, match.groups())))
        if match := WEEK.fullmatch(text):
            return period_of("week", date.fromisocalendar(int(match[1]), int(match[2]), 1))
        if match := MONTH.fullmatch(text):
            return period_of("month", date(int(match[1]), int(match[2]), 1))
        if match := QUARTER.fullmatch(text):
            return period_of("quarter", date(int(match[1]), int(match[2]) * 3, 1))
        if match := YEAR.fullmatch(text):
            return period_of("year", date(int(match[1]), 1, 1))
    except ValueError:
        pass
    raise UnknownName(f"不认识的时段“{text}”，请写成 2023、2023-Q4、2023-12、2023-W48 或 2023-12-03。")


@cache
def _overrides(path: Path = OVERRIDES) -> dict[date, bool]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {date.fromisoformat(row["day"]): row["working"] == "1" for row in csv.DictReader(file)}


@cache
def is_official(year: int) -> bool:
    """Say whether the State Council's holiday notice for ``year`` is known; otherwise days are 暂按推算."""
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return any(day.year == year for day in _overrides())
    return True


@cache
def is_working_day(day: date) -> bool:
    """Say whether ``day`` is worked, make-up Saturdays and Sundays (调休) included.

    Source: State Council holiday notices as kept by ``chinesecalendar``, corrected by the
    administrator's ``calendar_overrides.csv``; a year without a notice counts Monday to Friday.
    """
    if day in _overrides():
        return _overrides()[day]
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5

"""Days, weeks, months, quarters and years, and which earlier one each is compared with."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from kpi.calendar.festival import days_since_last_festival
from kpi.errors import UnknownName

YEAR = re.compile(r"((?:19|20|21)\d{2})")
QUARTER = re.compile(r"((?:19|20|21)\d{2})-Q([1-4])")
MONTH = re.compile(r"((?:19|20|21)\d{2})-(\d{2})")
WEEK = re.compile(r"((?:19|20|21)\d{2})-W(\d{2})")
DAY = re.compile(r"((?:19|20|21)\d{2})-(\d{2})-(\d{2})")


@dataclass(frozen=True, order=True)
class Period:
    """A day, week (Monday–Sunday), month, quarter or year, by its first and last day.

    ``kind`` ``span`` is any other stretch of days: what a month is compared with in the lunar calendar.
    """

    first: date
    last: date
    kind: str

    @property
    def key(self) -> str:
        """The period as it is typed and stands in an address: 2023, 2023-Q4, 2023-12, 2023-W48, 2023-12-03.

        A span, which nobody types, is 2022-01-11..2022-02-10.
        """
        year, week, _ = self.first.isocalendar()
        return {
            "year": f"{self.first.year}",
            "quarter": f"{self.first.year}-Q{(self.first.month + 2) // 3}",
            "month": f"{self.first:%Y-%m}",
            "week": f"{year}-W{week:02d}",
            "day": f"{self.first:%Y-%m-%d}",
            "span": f"{self.first:%Y-%m-%d}..{self.last:%Y-%m-%d}",
        }[self.kind]

    @property
    def label(self) -> str:
        """The period as it is read: 2023 年第 48 周（11月27日－12月3日）, 2022年1月11日－2月10日."""
        year, week, _ = self.first.isocalendar()
        same_year = self.first.year == self.last.year
        return {
            "year": f"{self.first.year} 年",
            "quarter": f"{self.first.year} 年第 {(self.first.month + 2) // 3} 季度",
            "month": f"{self.first.year} 年 {self.first.month} 月",
            "week": f"{year} 年第 {week} 周（{short_day(self.first)}－{short_day(self.last)}）",
            "day": f"{self.first.year} 年 {short_day(self.first)}",
            "span": f"{_long_day(self.first)}－{short_day(self.last) if same_year else _long_day(self.last)}",
        }[self.kind]

    @property
    def days(self) -> int:
        """Length in calendar days."""
        return (self.last - self.first).days + 1

    def previous(self) -> Period:
        """The period of the same kind just before."""
        if self.kind == "span":
            return self._moved(self.days)
        return period_of(self.kind, self.first - timedelta(days=1))

    def following(self) -> Period:
        """The period of the same kind just after."""
        if self.kind == "span":
            return self._moved(-self.days)
        return period_of(self.kind, self.last + timedelta(days=1))

    def last_year(self) -> Period:
        """The same period last year; days, weeks and spans go back 364 days, so weekdays stay aligned."""
        if self.kind in ("week", "day", "span"):
            return self._moved(364)
        return period_of(self.kind, self.first.replace(year=self.first.year - 1))

    def festival_last_year(self) -> Period | None:
        """Return the period at the same distance from 正月初一 of the year before, equally long.

        Weeks move by whole weeks, so the distance may differ by up to three days; days and months move by
        it exactly, a month becoming a span. None for quarters and years, for periods outside January and
        February, and where the festival's day is not listed; raises CatalogueError when its file is bad.
        Source: GB/T 33661-2017.
        """
        if self.kind in ("quarter", "year") or min(self.first.month, self.last.month) > 2:
            return None
        distance = days_since_last_festival(self.last.year)
        if distance is None:
            return None
        return self._moved(round(distance / 7) * 7 if self.kind == "week" else distance)

    def _moved(self, days_back: int) -> Period:
        """Return as many days, ``days_back`` earlier; what is no longer a month, quarter or year is a span."""
        back = timedelta(days=days_back)
        return Period(self.first - back, self.last - back, self.kind if self.kind in ("week", "day") else "span")

    def trailing(self, count: int) -> list[Period]:
        """The ``count`` periods that end with this one, oldest first."""
        periods = [self]
        while len(periods) < count:
            periods.append(periods[-1].previous())
        return periods[::-1]


def short_day(day: date) -> str:
    """A day as 12月3日."""
    return f"{day.month}月{day.day}日"


def _long_day(day: date) -> str:
    return f"{day.year}年{short_day(day)}"


def period_of(kind: str, day: date) -> Period:
    """Return the period of ``kind`` (day, week, month, quarter or year) that contains ``day``.

    A day belongs to many spans and to none in particular: KeyError for that and any other kind.
    """
    if kind == "day":
        return Period(day, day, kind)
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=6), kind)
    if kind == "year":
        return Period(date(day.year, 1, 1), date(day.year, 12, 31), kind)
    months = {"month": 1, "quarter": 3}[kind]
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

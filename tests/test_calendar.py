"""Periods and working days against known dates."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.calendar import is_official, is_working_day, parse_period, period_of
from kpi.errors import UnknownName

DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
KINDS = st.sampled_from(["day", "week", "month", "quarter", "year"])


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2023, 1, 23), False),
        (date(2023, 1, 28), True),
        (date(2023, 1, 29), True),
        (date(2023, 10, 6), False),
        (date(2023, 10, 7), True),
        (date(2023, 10, 9), True),
        (date(2023, 12, 3), False),
        (date(2023, 12, 4), True),
    ],
)
def test_working_days_follow_the_holiday_notice(day: date, works: bool) -> None:
    assert is_working_day(day) is works


def test_a_year_without_a_notice_is_known_to_be_a_guess() -> None:
    assert is_official(2023)
    assert not is_official(2035)
    assert is_working_day(date(2035, 1, 3)) is True
    assert is_working_day(date(2035, 1, 6)) is False


@pytest.mark.parametrize(
    ("text", "label", "days"),
    [
        ("2023", "2023 年", 365),
        ("2023-Q4", "2023 年第 4 季度", 92),
        ("2023-12", "2023 年 12 月", 31),
        ("2023-W48", "2023 年第 48 周（11月27日－12月3日）", 7),
        ("2023-12-03", "2023 年 12月3日", 1),
    ],
)
def test_periods_are_read_and_named(text: str, label: str, days: int) -> None:
    period = parse_period(text)
    assert (period.key, period.label, period.days) == (text, label, days)


@pytest.mark.parametrize("text", ["", "23", "0001", "9999-W52", "2023-13", "2023-W54", "2023-02-30", "2023/12", "本周"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UnknownName, match="不认识的时段"):
        parse_period(text)


def test_last_years_week_has_the_same_weekdays() -> None:
    week = parse_period("2023-W48").last_year()
    assert (week.first, week.last) == (date(2022, 11, 28), date(2022, 12, 4))
    assert parse_period("2024-02").last_year().key == "2023-02"


@given(day=DAYS, kind=KINDS)
def test_periods_tile_the_calendar(day: date, kind: str) -> None:
    period = period_of(kind, day)
    assert period.first <= day <= period.last
    assert (period.first - period.previous().last).days == 1
    assert period.following().previous() == period
    assert parse_period(period.key) == period
    trailing = period.trailing(5)
    assert trailing[-1] == period
    assert trailing == sorted(trailing)

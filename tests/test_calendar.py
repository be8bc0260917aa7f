"""Periods and working days against known dates."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.calendar import (
    Period,
    add_working_days,
    allowed_days,
    deadline,
    deadline_rules,
    estimated_note,
    is_official,
    is_working_day,
    parse_period,
    period_of,
    spring_festival,
    working_days,
)
from kpi.calendar.working import Override, WorkingCalendar, read_overrides
from kpi.errors import CatalogueError, UnknownName

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


def notice(year: int, days_off: int, document: str = "国办发明电〔2026〕1号") -> WorkingCalendar:
    """Return a calendar whose administrator listed the first ``days_off`` days of ``year`` as holidays."""
    first = date(year, 1, 1)
    return WorkingCalendar({first + timedelta(days=n): Override(False, document) for n in range(days_off)})


@pytest.mark.parametrize(
    ("calendar", "official"),
    [
        (notice(2027, 0), False),
        (notice(2027, 1), False),
        (notice(2027, 12), False),
        (notice(2027, 13), True),
        (notice(2027, 13, document=""), False),
        (WorkingCalendar({date(2027, 1, n): Override(True, "国办发明电〔2026〕1号") for n in range(1, 20)}), False),
    ],
)
def test_a_year_needs_its_whole_notice_to_be_official(calendar: WorkingCalendar, official: bool) -> None:
    assert calendar.is_official(2027) is official


def test_a_year_before_2025_had_eleven_days_off() -> None:
    assert not notice(2003, 10).is_official(2003)
    assert notice(2003, 11).is_official(2003)


@pytest.mark.parametrize(
    ("first", "last", "note"),
    [
        (date(2023, 1, 1), date(2024, 12, 31), ""),
        (date(2033, 2, 1), date(2033, 2, 1), "2033 年节假日安排尚未公布，工作日暂按推算"),
        (date(2033, 12, 31), date(2034, 1, 1), "2033、2034 年节假日安排尚未公布，工作日暂按推算"),
        (date(2033, 12, 31), date(2036, 1, 1), "2033－2036 年节假日安排尚未公布，工作日暂按推算"),
    ],
)
def test_estimated_working_days_say_so(first: date, last: date, note: str) -> None:
    assert estimated_note(first, last) == note


def test_an_administrators_day_overrules_the_notice(tmp_path: Path) -> None:
    """Excel saves a byte order mark and its own way of writing dates."""
    path = tmp_path / "calendar_overrides.csv"
    path.write_text("day,working,document\n2023/12/4,0,惠东府办〔2023〕1号\n2023-12-09,1,\n2023-12-09,1,", "utf-8-sig")
    calendar = WorkingCalendar(read_overrides(path))
    assert not calendar.is_working_day(date(2023, 12, 4))
    assert calendar.is_working_day(date(2023, 12, 9))
    assert calendar.working_days(date(2023, 12, 4), date(2023, 12, 10)) == 5
    assert read_overrides(tmp_path / "none.csv") == {}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("day,working,document\n2027-02-30,0,文", "第 2 行：日期“2027-02-30”无法识别，请写成"),
        ("day,working,document\n2027-02-05,0,文\n春节,0,文", "第 3 行：日期“春节”无法识别"),
        ("day,working,document\n2027-02-05,休,文", "第 2 行：working 写的是“休”，请写 1（上班）或 0（放假）"),
        ("day,working,document\n2027-02-05", "第 2 行：working 写的是“”"),
        ("day,working,document\n2027-02-05,0,\n2027-2-5,1,", "第 3 行：2027-02-05 在前面已写成相反的安排，请只保留"),
        ("day,working\n2027-02-05,0", "缺少列 document，请把第一行写成 day,working,document"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "calendar_overrides.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(CatalogueError, match=f"calendar_overrides.csv {re.escape(sentence)}"):
        read_overrides(path)


def test_a_file_in_another_encoding_is_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "calendar_overrides.csv"
    path.write_text("day,working,document\n2027-02-05,0,国办发明电", "gb18030")
    with pytest.raises(CatalogueError, match="不是 UTF-8 编码"):
        read_overrides(path)


@given(first=DAYS, length=st.integers(-3, 900))
def test_working_days_are_counted_one_by_one(first: date, length: int) -> None:
    days = [first + timedelta(days=n) for n in range(length)]
    assert working_days(first, first + timedelta(days=length - 1)) == sum(map(is_working_day, days))


@given(day=DAYS, count=st.integers(1, 60))
def test_adding_working_days_and_counting_them_agree(day: date, count: int) -> None:
    later, earlier = add_working_days(day, count), add_working_days(day, -count)
    assert is_working_day(later)
    assert is_working_day(earlier)
    assert working_days(day + timedelta(days=1), later) == count
    assert working_days(earlier, day - timedelta(days=1)) == count
    assert add_working_days(day, 0) == day


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


def test_every_listed_spring_festival_is_plausible() -> None:
    """正月初一 falls between 21 January and 21 February, and a lunar year has 353 to 355 or 383 to 385 days."""
    festivals = [spring_festival(year) for year in range(2010, 2041)]
    assert all(day and date(day.year, 1, 21) <= day <= date(day.year, 2, 21) for day in festivals)
    lengths = {(later - earlier).days for earlier, later in pairwise(festivals)}
    assert lengths <= {353, 354, 355, 383, 384, 385}
    assert (spring_festival(2027), spring_festival(2030)) == (date(2027, 2, 6), date(2030, 2, 3))
    assert spring_festival(2041) is None


@pytest.mark.parametrize(
    ("text", "key", "label"),
    [
        ("2023-W04", "2022-W05", "2022 年第 5 周（1月31日－2月6日）"),
        ("2023-01-22", "2022-02-01", "2022 年 2月1日"),
        ("2023-01", "2022-01-11..2022-02-10", "2022年1月11日－2月10日"),
        ("2024-01", "2022-12-13..2023-01-12", "2022年12月13日－2023年1月12日"),
    ],
)
def test_the_spring_festival_is_compared_with_the_last_one(text: str, key: str, label: str) -> None:
    aligned = parse_period(text).festival_last_year()
    assert aligned is not None
    assert (aligned.key, aligned.label) == (key, label)


@pytest.mark.parametrize("text", ["2023", "2023-Q1", "2023-03", "2023-12", "2023-W10", "2010-01", "2041-02-01"])
def test_other_periods_have_no_festival_to_go_by(text: str) -> None:
    assert parse_period(text).festival_last_year() is None


def from_festival(period: Period, year: int) -> int:
    festival = spring_festival(year)
    assert festival is not None
    return (period.first - festival).days


@given(year=st.integers(2011, 2040), offset=st.integers(0, 58), kind=st.sampled_from(["day", "week", "month"]))
def test_the_distance_to_the_festival_is_kept(year: int, offset: int, kind: str) -> None:
    period = period_of(kind, date(year, 1, 1) + timedelta(days=offset))
    festival_year = period.last.year
    aligned = period.festival_last_year()
    if festival_year > 2040:
        assert aligned is None
        return
    assert aligned is not None
    assert aligned.days == period.days
    moved = abs(from_festival(aligned, festival_year - 1) - from_festival(period, festival_year))
    assert moved <= (3 if kind == "week" else 0)
    if kind == "week":
        assert aligned == period_of("week", aligned.first)


def test_a_span_moves_by_its_own_length() -> None:
    span = parse_period("2023-01").festival_last_year()
    assert span is not None
    assert span.previous().key == "2021-12-11..2022-01-10"
    assert span.following().previous() == span
    assert span.last_year().key == "2021-01-12..2021-02-11"
    with pytest.raises(KeyError):
        period_of("span", date(2023, 1, 1))


@pytest.mark.parametrize(
    ("received", "allowed", "extension", "pauses", "expected"),
    [
        (date(2023, 12, 4), 2, 0, (), date(2023, 12, 6)),
        (date(2023, 12, 1), 2, 0, (), date(2023, 12, 5)),
        (date(2023, 12, 2), 2, 0, (), date(2023, 12, 5)),
        (date(2023, 9, 29), 15, 0, (), date(2023, 10, 25)),
        (date(2023, 12, 4), 10, 5, (), date(2023, 12, 25)),
        (date(2023, 12, 4), 10, 0, ((date(2023, 12, 5), date(2023, 12, 5)),), date(2023, 12, 18)),
        (date(2023, 12, 4), 10, 0, ((date(2023, 12, 5), date(2023, 12, 7)),), date(2023, 12, 20)),
        (date(2023, 12, 4), 10, 0, ((date(2023, 12, 8), date(2023, 12, 11)),), date(2023, 12, 19)),
        (date(2023, 12, 4), 10, 0, ((date(2023, 12, 8), date(2023, 12, 10)),), date(2023, 12, 18)),
        (
            date(2023, 12, 4),
            10,
            0,
            ((date(2023, 12, 5), date(2023, 12, 7)), (date(2023, 12, 6), date(2023, 12, 8))),
            date(2023, 12, 21),
        ),
    ],
)
def test_deadlines_worked_by_hand(
    received: date, allowed: int, extension: int, pauses: tuple[tuple[date, date], ...], expected: date
) -> None:
    assert deadline(received, allowed, extension, pauses) == expected


@pytest.mark.parametrize(("category", "days"), [("咨询", 2), ("求助", 10), ("建议", 10), ("投诉", 15), ("举报", 15)])
@pytest.mark.parametrize("received", [date(2015, 1, 1), date(2022, 8, 31), date(2022, 9, 1), date(2030, 1, 1)])
def test_what_a_ticket_may_take(category: str, days: int, received: date) -> None:
    assert allowed_days(category, received) == days
    assert allowed_days(category, date(2014, 12, 31)) is None
    assert allowed_days("表扬", received) is None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("咨询,二,2022-09-01,办法", "第 3 行：working_days 写的是“二”，请写大于 0 的工作日数"),
        ("咨询,0,2022-09-01,办法", "第 3 行：working_days 写的是“0”"),
        ("咨询,2,九月,办法", "第 3 行：日期“九月”无法识别"),
        ("咨询,2,2022-09-01,", "第 3 行：没有写明依据"),
        ("投诉,10,2022-09-01,办法", "第 3 行：“投诉”自 2022-09-01 起的时限写了两次"),
    ],
)
def test_a_bad_deadline_is_named(tmp_path: Path, line: str, sentence: str) -> None:
    path = tmp_path / "deadlines.csv"
    path.write_text(f"category,working_days,valid_from,document\n投诉,15,2022-09-01,办法\n{line}", "utf-8")
    with pytest.raises(CatalogueError, match=sentence):
        deadline_rules(path)
    with pytest.raises(CatalogueError, match=r"目录文件 none\.csv 不存在"):
        deadline_rules(tmp_path / "none.csv")

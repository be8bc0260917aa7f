"""When a source is expected to report, by worked example and on every day of two years."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from kpi.calendar import is_working_day
from kpi.catalogue import ROOT, load
from kpi.catalogue.rhythm import Rhythm, read_rhythm
from kpi.catalogue.subjects import load_subjects
from kpi.errors import CatalogueError

DAILY = read_rhythm("x.toml", {"every": "day", "by_time": "10:00"})
WEEKLY = read_rhythm("x.toml", {"every": "week", "by": "周二"})
SUNDAYS = read_rhythm("x.toml", {"every": "week", "by": "周日"})
MONTHLY = read_rhythm("x.toml", {"every": "month", "by_day": 5})
MONTH_END = read_rhythm("x.toml", {"every": "month", "by_day": 31})
YEARLY = read_rhythm("x.toml", {"every": "year", "by_date": "01-31"})
CENSUS = read_rhythm("x.toml", {"every": "decade", "by_date": "12-31"})
ALL = (DAILY, WEEKLY, SUNDAYS, MONTHLY, MONTH_END, YEARLY, CENSUS)
TWO_YEARS = [date(2023, 1, 1) + timedelta(days=n) for n in range(730)]


@pytest.mark.parametrize(
    ("rhythm", "words"),
    [
        (DAILY, "每天，10:00 前到前一日"),
        (WEEKLY, "每周，周二前到上一周"),
        (MONTHLY, "每月，5 日前到上一月"),
        (YEARLY, "每年，1 月 31 日前到上一年"),
        (CENSUS, "每十年，逢 0 年份的次年 12 月 31 日前"),
    ],
)
def test_a_rhythm_is_said_in_words(rhythm: Rhythm, words: str) -> None:
    assert rhythm.words == words


@pytest.mark.parametrize(
    ("rhythm", "last", "due"),
    [
        (WEEKLY, date(2023, 12, 3), date(2023, 12, 12)),  # week 48 is here; week 49 is due the Tuesday after it
        (WEEKLY, date(2023, 12, 6), date(2023, 12, 12)),  # half of week 49 is not week 49
        (WEEKLY, date(2023, 12, 1), date(2023, 12, 12)),  # a Friday's record is the last a week of counters has
        (WEEKLY, date(2024, 2, 4), date(2024, 2, 18)),  # Tuesday in 春节; the Sunday after it is worked
        (SUNDAYS, date(2024, 1, 21), date(2024, 2, 4)),  # a Sunday worked to make up for a holiday is a due day
        (MONTHLY, date(2023, 11, 30), date(2024, 1, 5)),
        (MONTHLY, date(2023, 9, 30), date(2023, 11, 6)),  # 5 November is a Sunday
        (MONTHLY, date(2024, 1, 7), date(2024, 2, 5)),
        (MONTH_END, date(2023, 12, 31), date(2024, 2, 29)),
        (YEARLY, date(2022, 12, 31), date(2024, 1, 31)),
        (YEARLY, date(2024, 1, 5), date(2025, 2, 5)),  # 31 January lies in 春节 2025
        (CENSUS, date(2020, 11, 1), date(2031, 12, 31)),
        (CENSUS, date(2024, 1, 5), date(2031, 12, 31)),
        (DAILY, date(2023, 12, 6), date(2023, 12, 8)),
        (DAILY, date(2023, 12, 7), date(2023, 12, 11)),  # Friday's data, due on a Saturday
    ],
)
def test_the_next_report_is_due(rhythm: Rhythm, last: date, due: date) -> None:
    assert rhythm.due_after(last) == due


@pytest.mark.parametrize(
    ("rhythm", "last", "broken"),
    [
        (DAILY, date(2023, 12, 5), date(2023, 12, 8)),
        (WEEKLY, date(2023, 12, 3), date(2023, 12, 19)),
        (WEEKLY, date(2024, 9, 22), date(2024, 10, 15)),  # weeks 39 and 40 both fall due on 8 October
        (MONTHLY, date(2023, 11, 30), date(2024, 2, 5)),
        (YEARLY, date(2022, 12, 31), date(2025, 2, 5)),
        (CENSUS, date(2020, 11, 1), date(2041, 12, 31)),
    ],
)
def test_a_source_is_late_for_one_whole_rhythm_and_then_broken(rhythm: Rhythm, last: date, broken: date) -> None:
    due, day = rhythm.due_after(last), timedelta(days=1)
    assert [rhythm.state(last, on) for on in (last, due)] == ["fresh", "fresh"]
    assert [rhythm.state(last, on) for on in (due + day, broken)] == ["late", "late"]
    assert rhythm.state(last, broken + day) == "broken"


@pytest.mark.parametrize("rhythm", ALL, ids=lambda rhythm: f"{rhythm.every}-{rhythm.by}")
def test_a_due_day_is_worked_lies_ahead_and_never_moves_back(rhythm: Rhythm) -> None:
    dues = [rhythm.due_after(last) for last in TWO_YEARS]
    assert all(is_working_day(due) for due in dues)
    assert all(last < due < rhythm.broken_after(last) for last, due in zip(TWO_YEARS, dues, strict=True))
    assert dues == sorted(dues)


def test_every_subject_declares_its_rhythm() -> None:
    assert {subject.rhythm.every for subject in load().subjects.values()} == {"week", "month", "year", "decade"}


@pytest.mark.parametrize(
    ("declared", "example"),
    [
        (None, "by_day"),
        ("monthly", "by_day"),
        ({"every": "quarter", "by_day": 5}, "by_day"),
        ({"every": "month"}, "by_day = 5"),
        ({"every": "month", "by_day": 0}, "by_day = 5"),
        ({"every": "month", "by_day": 32}, "by_day = 5"),
        ({"every": "month", "by_day": True}, "by_day = 5"),
        ({"every": "month", "by_day": 5, "by": "周二"}, "by_day = 5"),
        ({"every": "week", "by": "星期二"}, "周二"),
        ({"every": "day", "by_time": "10点"}, "10:00"),
        ({"every": "day", "by_time": "24:00"}, "10:00"),
        ({"every": "year", "by_date": "02-30"}, "01-31"),
        ({"every": "year", "by_date": "W05-1"}, "01-31"),
        ({"every": "decade", "by_date": 1231}, "12-31"),
    ],
)
def test_a_rhythm_that_cannot_be_understood_is_refused_with_an_example(declared: object, example: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        read_rhythm("ticket.toml", declared)
    said = str(refused.value)
    assert said.startswith("ticket.toml：") and said.endswith("。") and said.count("。") == 1
    assert example in said


def test_a_subject_without_a_rhythm_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "data" / "catalogue" / "subjects", tmp_path / "subjects"))
    path = folder / "ticket.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("rhythm")), encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"ticket\.toml：没有写明报送周期"):
        load_subjects(folder)

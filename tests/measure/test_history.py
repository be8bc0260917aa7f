"""Normal ranges over consecutive periods: baselines, gaps, few points, holidays, weekdays and rare events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kpi.calendar import parse_period, period_of
from kpi.catalogue import Baseline, Catalogue
from kpi.measure import Source, scorecard, series
from kpi.measure.history import trailing
from kpi.store import current
from tests.measure.small import Ratings, catalogue_with, row
from tests.store.statements import CATALOGUE, statement
from tests.store.test_generations import append

FIRST = date(2023, 1, 2)  # the Monday of 2023-W01
EVERY_DAY = replace(CATALOGUE.metrics["rating.count"], season="weekday")


def week_number(day: date) -> int:
    return (day - FIRST).days // 7 + 1


def weekly(root: Path, per_day: Callable[[int], int], weeks: int) -> Path:
    """Write a store in which every day of week n has ``per_day(n)`` ratings."""
    last = FIRST + timedelta(days=7 * weeks - 1)
    return Ratings().add(FIRST, last, lambda day: per_day(week_number(day))).store(root, FIRST, last)


def drawn(root: Path, last: str, catalogue: Catalogue, metric: str = "rating.count") -> dict[str, dict[str, Any]]:
    frame = series(Source(current(root), catalogue), [metric], parse_period(last).trailing(26))
    return {each["period"]: each for each in frame.iter_rows(named=True)}


def baseline(first: date, locked_to: date | None = None) -> Baseline:
    return Baseline("rating.count", "week", first, "某事", "某文件", date(2023, 12, 1), "张三", locked_to)


def step(week: int) -> int:
    """Two or four a day in turn, from week 17 on six or eight."""
    return (2 if week % 2 else 4) + (4 if week > 16 else 0)


@pytest.fixture(scope="module")
def stepped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return weekly(tmp_path_factory.mktemp("stepped"), step, 32)


def test_without_a_baseline_all_weeks_set_the_limits(stepped: Path) -> None:
    """Weeks 7 to 32: ten of 14 and 28 in turn, sixteen of 42 and 56."""
    found = drawn(stepped, "2023-W32", catalogue_with(metric=EVERY_DAY, baselines=()))
    assert all(each["mean"] == pytest.approx((10 * 21 + 16 * 49) / 26) for each in found.values())


def test_a_recorded_baseline_begins_the_limits_anew(stepped: Path) -> None:
    begun = baseline(date(2023, 4, 24))  # 2023-W17
    found = drawn(stepped, "2023-W32", catalogue_with(metric=EVERY_DAY, baselines=(begun,)))
    assert (found["2023-W16"]["mean"], found["2023-W17"]["mean"]) == (21, 49)
    # mR̄ is 14 on either side: natural limits 2.66 × 14 away
    assert found["2023-W32"]["upper"] == pytest.approx(49 + 2.66 * 14, abs=0.01)
    assert found["2023-W32"]["lower"] == pytest.approx(49 - 2.66 * 14, abs=0.01)
    assert (found["2023-W17"]["event"], found["2023-W18"]["event"]) == ("4月24日起新基线", "")
    assert not found["2023-W32"]["signal"]
    card = row(stepped, "2023-W32", catalogue=catalogue_with(metric=EVERY_DAY, baselines=(begun,)))
    assert (card["mean"], card["is_trial"]) == (49, False)


def test_a_locked_baseline_judges_later_weeks_by_its_own(stepped: Path) -> None:
    """Locked from week 1 to week 16; drawn from week 7 on, the six weeks before still count."""
    locked = baseline(FIRST, date(2023, 4, 23))
    found = drawn(stepped, "2023-W32", catalogue_with(metric=EVERY_DAY, baselines=(locked,)))
    assert {each["mean"] for each in found.values()} == {21}
    assert found["2023-W07"]["upper"] == pytest.approx(21 + 2.66 * 14, abs=0.01)
    # 58.24 is above 56: no week of the new level is outside, but near the limit and on one side of the mean
    assert found["2023-W15"]["signal"] == ""
    assert found["2023-W32"]["signal"] != ""
    assert found["2023-W32"]["is_trial"] is False


def test_a_baseline_of_months_does_not_touch_weeks(stepped: Path) -> None:
    other = replace(baseline(date(2023, 4, 24)), grain="month")
    found = drawn(stepped, "2023-W32", catalogue_with(metric=EVERY_DAY, baselines=(other,)))
    assert len({each["mean"] for each in found.values()}) == 1


@pytest.mark.parametrize(
    ("weeks", "mean", "is_trial"), [(5, None, False), (6, 21, True), (11, None, True), (12, 21, False)]
)
def test_few_points_give_no_limits_or_trial_limits(
    tmp_path: Path, weeks: int, mean: float | None, is_trial: bool
) -> None:
    """Fewer than six weeks have no limits; fewer than twelve have limits on trial."""
    weekly(tmp_path, lambda n: 2 if n % 2 else 4, weeks)
    found = row(tmp_path, f"2023-W{weeks:02d}", catalogue=catalogue_with(metric=EVERY_DAY, baselines=()))
    assert found["is_trial"] is is_trial
    if weeks < 6:
        assert (found["lower"], found["mean"], found["upper"]) == (None, None, None)
    else:
        assert found["mean"] == pytest.approx((14 * ((weeks + 1) // 2) + 28 * (weeks // 2)) / weeks)
        assert mean is None or found["mean"] == mean


def test_a_gap_breaks_the_series(tmp_path: Path) -> None:
    """Ten weeks of 14 and 28, two weeks of which nothing is known, ten of 42 and 56."""
    known = Ratings().add(FIRST, FIRST + timedelta(days=69), lambda day: step(week_number(day)))
    later = FIRST + timedelta(days=84)
    after = Ratings().add(later, later + timedelta(days=69), lambda day: step(week_number(day) + 17))
    for each in after.rows:
        each["rating_id"] += "-b"
    append(
        tmp_path,
        statement("rating", known.rows, first=FIRST, last=FIRST + timedelta(days=69)),
        statement("rating", after.rows, name="b.csv", first=later, last=later + timedelta(days=69)),
    )
    found = drawn(tmp_path, "2023-W22", catalogue_with(metric=EVERY_DAY, baselines=()))
    assert (found["2023-W10"]["mean"], found["2023-W13"]["mean"]) == (21, 49)
    for gap in ("2023-W11", "2023-W12"):
        assert (found[gap]["value"], found[gap]["mean"]) == (None, None)
    assert (found["2023-W10"]["is_trial"], found["2023-W22"]["is_trial"]) == (True, True)


def test_a_week_under_way_has_no_limits_and_sets_none(tmp_path: Path) -> None:
    last = FIRST + timedelta(days=14 * 7 + 2)
    Ratings().add(FIRST, last, lambda day: 2 if week_number(day) % 2 else 4).store(tmp_path, FIRST, last)
    found = drawn(tmp_path, "2023-W15", catalogue_with(metric=EVERY_DAY, baselines=()))
    assert found["2023-W14"]["mean"] == 21
    assert (found["2023-W15"]["value"], found["2023-W15"]["mean"]) == (6, None)
    assert found["2023-W15"]["is_complete"] is False


def test_a_short_week_is_held_against_its_working_days(tmp_path: Path) -> None:
    """Ten ratings a working day: a week of the holiday is no signal, and its limits are those of its days."""
    from chinese_calendar import is_workday

    last = FIRST + timedelta(days=26 * 7 - 1)
    Ratings().add(FIRST, last, lambda day: 10 + (day.toordinal() % 3) if is_workday(day) else 0).store(
        tmp_path, FIRST, last
    )
    found = drawn(tmp_path, "2023-W26", catalogue_with(baselines=()))
    # 29 and 30 April and 1 to 3 May 2023 were free, 6 May was worked: three days of 2023-W18
    ordinary, short = found["2023-W20"], found["2023-W18"]
    assert short["mean"] == pytest.approx(ordinary["mean"] * 3 / 5)
    assert short["upper"] == pytest.approx(ordinary["upper"] * 3 / 5)
    assert short["lower"] <= short["value"] <= short["upper"]
    assert short["signal"] == ""
    # 23 to 27 January 2023 were free, 28 and 29 January were worked: two days of 2023-W04
    assert found["2023-W04"]["mean"] == pytest.approx(ordinary["mean"] * 2 / 5)


def test_a_single_day_is_held_against_the_same_weekday() -> None:
    sunday = period_of("day", date(2023, 11, 26))
    for key in ("rating.count", "ticket.count"):
        days = trailing(CATALOGUE.metrics[key], sunday)
        assert len(days) == 26
        assert {day.first.weekday() for day in days} == {6}
        assert (days[0].first, days[-1]) == (date(2023, 11, 26) - timedelta(days=175), sunday)
    plain = trailing(CATALOGUE.metrics["ticket.satisfaction"], sunday)
    assert [day.first for day in plain[-2:]] == [date(2023, 11, 25), date(2023, 11, 26)]
    assert [len(trailing(EVERY_DAY, parse_period(text))) for text in ("2023-W40", "2023-11", "2023-Q3", "2023")] == [
        26, 24, 0, 0,
    ]  # fmt: skip


def test_sundays_have_the_limits_of_sundays(tmp_path: Path) -> None:
    last = FIRST + timedelta(days=26 * 7 - 1)
    Ratings().add(FIRST, last, lambda day: 2 if day.weekday() == 6 else 9).store(tmp_path, FIRST, last)
    known = catalogue_with(metric=EVERY_DAY, baselines=())
    assert row(tmp_path, str(last), catalogue=known)["mean"] == 2
    assert row(tmp_path, str(last - timedelta(days=1)), catalogue=known)["mean"] == 9


def rare(root: Path, every: int, count: int, open_days: int) -> tuple[Path, date]:
    """Write ``count`` events ``every`` days apart among two good ratings a day, and then days without one."""
    last = FIRST + timedelta(days=every * count + open_days - 1)
    ratings = Ratings().add(FIRST, last, 2)
    for n in range(1, count + 1):
        day = FIRST + timedelta(days=every * n - 1)
        ratings.add(day, day, 1, level=1, verification="有效差评")
    ratings.store(root, FIRST, last)
    return root, last


def test_rare_events_are_charted_by_the_days_and_records_between(tmp_path: Path) -> None:
    """An event every ten days, the last one five days ago: five days and ten good ratings since."""
    root, last = rare(tmp_path, 10, 14, 5)
    week = period_of("day", last).key
    t = row(root, week, metric="rating.negative")
    assert (t["chart"], t["since_last"]) == ("t", "距上次 5 天")
    assert (t["signal"], t["signal_kind"], t["is_trial"]) == ("", "none", False)
    g = row(root, week, metric="rating.satisfaction")
    assert (g["chart"], g["since_last"]) == ("g", "距上次 5 天、10 条")
    assert g["signal_kind"] == "none"
    assert (t["lower"], t["mean"], t["upper"]) == (g["lower"], g["mean"], g["upper"]) == (None, None, None)


def test_a_long_time_without_a_bad_event_is_good(tmp_path: Path) -> None:
    """After fourteen events ten days apart none for a hundred days, or for a rate three hundred ratings and more."""
    root, last = rare(tmp_path, 10, 14, 100)
    found = row(root, str(last), metric="rating.negative")
    assert found["since_last"] == "距上次 100 天"
    assert (found["signal"], found["signal_kind"]) == ("距上次已 100 天，长于正常范围上限", "improvement")
    rate = row(root, str(last), metric="rating.satisfaction")
    assert rate["since_last"] == "距上次 100 天、200 条"
    assert rate["signal_kind"] == "improvement"


def test_few_rare_events_give_no_range_and_none_no_words(tmp_path: Path) -> None:
    root, last = rare(tmp_path / "few", 10, 5, 5)
    found = row(root, str(last), metric="rating.negative")
    assert (found["since_last"], found["signal_kind"], found["is_trial"]) == ("距上次 5 天", "none", False)
    root, last = rare(tmp_path / "trial", 10, 8, 5)
    assert row(root, str(last), metric="rating.negative")["is_trial"] is True
    root, last = rare(tmp_path / "none", 10, 0, 30)
    assert row(root, str(last), metric="rating.negative")["since_last"] == ""


def test_quarters_and_splits_have_no_limits(stepped: Path) -> None:
    source = Source(current(stepped), catalogue_with(metric=EVERY_DAY, baselines=()))
    quarter = scorecard(source, parse_period("2023-Q2"), ["rating.count"]).row(0, named=True)
    assert (quarter["mean"], quarter["signal"]) == (None, "")
    towns = scorecard(source, parse_period("2023-W32"), ["rating.count"], by="town")
    assert towns["mean"].null_count() == towns.height

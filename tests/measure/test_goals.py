"""Targets, paces and projections worked by hand on small stores.

The store: in 2022 多祝镇 has one rating a day until June and two from July (181 + 368 = 549); in 2023, until
30 June, 多祝镇 has two a day and 平海镇 one (362 + 181 = 543).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from kpi.catalogue import Change
from tests.measure.small import Ratings, by_town, catalogue_with, row, target
from tests.store.statements import CATALOGUE

HALF_YEAR = 181 / 365
LAST_YEAR = 181 / 549


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ratings = Ratings()
    ratings.add(date(2022, 1, 1), date(2022, 6, 30), 1).add(date(2022, 7, 1), date(2022, 12, 31), 2)
    ratings.add(date(2023, 1, 1), date(2023, 6, 30), 2).add(date(2023, 1, 1), date(2023, 6, 30), 1, "平海镇")
    return ratings.store(tmp_path_factory.mktemp("goals"), date(2022, 1, 1), date(2023, 6, 30))


@pytest.fixture(scope="module")
def short_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight weeks from 1 January 2023, of 14 and 28 ratings in turn; nothing before."""
    first = date(2023, 1, 1)
    ratings = Ratings().add(first, date(2023, 2, 25), lambda day: 2 if (day - first).days // 7 % 2 == 0 else 4)
    return ratings.store(tmp_path_factory.mktemp("short"), first, date(2023, 2, 25))


@pytest.mark.parametrize(
    ("direction", "value", "high", "status"),
    [
        ("between", 90.0, 95.0, {"2023-05": "达标", "2023-06": "达标", "2023-02": "未达标"}),
        ("exactly", 93.0, None, {"2023-05": "达标", "2023-06": "未达标"}),
        ("at_most", 90.0, None, {"2023-06": "达标", "2023-05": "未达标"}),
        ("at_least", 93.0, None, {"2023-05": "达标", "2023-06": "未达标"}),
    ],
)
def test_every_direction_judges_each_month(
    store: Path, direction: str, value: float, high: float | None, status: dict[str, str]
) -> None:
    """May has 93 ratings, June 90, February 84."""
    set_by = target(value, direction=direction, value_high=high)
    found = {period: row(store, period, set_by) for period in status}
    assert {period: each["status"] for period, each in found.items()} == status
    assert all(each["expected_to_date"] is None and each["to_date"] is None for each in found.values())


def test_a_range_is_said_with_both_ends(store: Path) -> None:
    found = row(store, "2023-05", target(90.0, direction="between", value_high=95.0))
    assert (found["target"], found["target_high"]) == (90.0, 95.0)
    assert found["target_text"] == "介于 90 条－95 条"


def test_a_towns_own_target_comes_first_then_that_of_every_town_then_the_countys(store: Path) -> None:
    metric = "rating.satisfaction"
    county, each, own = (
        target(value, metric, scope=scope) for value, scope in ((95.0, "county"), (90.0, "each_town"), (80.0, "多祝镇"))
    )
    all_three = by_town(store, "2023-05", county, each, own, metric=metric)
    assert {t: all_three[t]["target"] for t in ("多祝镇", "平海镇", "高潭镇")} == {
        "多祝镇": 80.0, "平海镇": 90.0, "高潭镇": 90.0,
    }  # fmt: skip
    assert (all_three["多祝镇"]["target_scope"], all_three["平海镇"]["target_scope"]) == ("多祝镇", "each_town")
    assert row(store, "2023-05", county, each, own, metric=metric)["target"] == 95.0
    assert row(store, "2023-05", county, each, own, metric=metric, town="多祝镇")["target"] == 80.0
    assert by_town(store, "2023-05", county, metric=metric)["平海镇"]["target"] == 95.0
    assert row(store, "2023-05", each, own, metric=metric)["status"] == "未设目标"


def test_a_county_amount_is_not_a_towns(store: Path) -> None:
    year = target(1000.0, period="year")
    assert by_town(store, "2023-06", year)["多祝镇"]["status"] == "未设目标"
    assert by_town(store, "2023-06", target(100.0))["多祝镇"]["target"] is None
    assert by_town(store, "2023-06", target(0.0, direction="at_most"))["多祝镇"]["status"] == "未达标"


def test_towns_have_paces_of_their_own(store: Path) -> None:
    found = by_town(store, "2023-06", target(300.0, period="year", scope="each_town"))
    assert found["平海镇"]["to_date"] == 181
    assert found["平海镇"]["expected_to_date"] == pytest.approx(300 * HALF_YEAR)
    assert found["平海镇"]["projection"] == pytest.approx(365)  # nothing last year: evenly
    assert found["多祝镇"]["projection"] == pytest.approx(362 / LAST_YEAR)
    assert found["多祝镇"]["projection_low"] is None
    own = row(store, "2023-06", target(500.0, period="year", scope="多祝镇"), town="多祝镇")
    assert (own["to_date"], own["target"]) == (362, 500.0)
    assert own["projection"] == pytest.approx(1098)
    assert own["projection_low"] == pytest.approx(1098)  # every week lay on its course
    assert own["status"] == "超前"
    assert own["target_text"] == "年目标 多祝镇 ≥ 500 条"


@pytest.mark.parametrize(
    ("more", "expected", "by"),
    [
        ({}, 1000 * HALF_YEAR, "按日历天数"),
        ({"pace": "working_days"}, 1000 * 123 / 249, "按工作日"),
        ({"pace": "last_year"}, 1000 * LAST_YEAR, "按上年进度"),
        (
            {"pace": "trajectory", "trajectory": (("03-31", 400.0), ("09-30", 700.0))},
            400 + 300 * 91 / 183,
            "按既定进度线",
        ),
        (
            {"pace": "trajectory", "trajectory": (("03-31", 400.0), ("05-31", 700.0))},
            700 + 300 * 30 / 214,
            "按既定进度线",
        ),
        ({"pace": "trajectory", "trajectory": (("09-30", 700.0),)}, 700 * 181 / 273, "按既定进度线"),
    ],
)
def test_the_four_paces_of_a_year(store: Path, more: dict[str, object], expected: float, by: str) -> None:
    found = row(store, "2023-06", target(1000.0, period="year", **more))
    assert (found["to_date"], found["expected_by"]) == (543, by)
    assert found["expected_to_date"] == pytest.approx(expected)
    assert found["projection"] == pytest.approx(1647)  # 543 ÷ (181 ÷ 549), whatever the pace


def test_without_last_year_its_pace_falls_back_and_says_so(short_store: Path) -> None:
    found = row(short_store, "2023-01", target(1000.0, period="year", pace="last_year"))
    assert found["expected_by"] == "按日历天数（上年数据不全，无法按上年进度）"
    assert found["expected_to_date"] == pytest.approx(1000 * 31 / 365)


@pytest.mark.parametrize(
    ("period", "span", "value", "to_date", "expected", "projection", "status"),
    [
        ("2023-W20", "week", 20.0, 21, 20.0, 21.0, "达标"),
        ("2023-W20", "week", 22.0, 21, 22.0, 21.0, "未达标"),
        # 52 weeks before, four days of one and three of two: 6 of 10 had come by Friday
        ("2023-W26", "week", 20.0, 15, 20 * 5 / 7, 25.0, None),
        ("2023-W20", "month", 90.0, 63, 90 * 21 / 31, 93.0, "超前"),
        ("2023-05", "quarter", 300.0, 183, 300 * 61 / 91, 273.0, "落后"),
        ("2023-05", "quarter", 280.0, 183, 280 * 61 / 91, 273.0, "关注"),
        ("2023-Q2", "quarter", 270.0, 273, 270.0, 273.0, "达标"),
        ("2022", "year", 549.0, 549, 549.0, 549.0, "达标"),
        ("2022", "year", 550.0, 549, 550.0, 549.0, "未达标"),
        ("2023-Q1", "year", 1000.0, 270, 1000 * 90 / 365, 270 / (90 / 549), "超前"),
    ],
)
def test_cumulative_targets_of_every_length(
    store: Path,
    period: str,
    span: str,
    value: float,
    to_date: float,
    expected: float,
    projection: float,
    status: str | None,
) -> None:
    found = row(store, period, target(value, period=span))
    assert found["to_date"] == to_date
    assert found["expected_to_date"] == pytest.approx(expected)
    assert found["projection"] == pytest.approx(projection)
    assert status is None or found["status"] == status


def test_a_target_for_exactly_this_period_comes_before_any_and_before_a_longer_one(store: Path) -> None:
    year, month, any_period = target(1000.0, period="year"), target(80.0, period="month"), target(10.0)
    assert row(store, "2023-06", year, any_period, month)["target"] == 80.0
    assert row(store, "2023-06", year, any_period)["target"] == 10.0
    assert row(store, "2023-06", year)["target"] == 1000.0
    assert row(store, "2023-06", target(20.0, period="week"))["target"] is None


@pytest.mark.parametrize(("value", "status"), [(1200.0, "本期未完"), (1000.0, "关注"), (500.0, "未达标")])
def test_an_amount_not_to_exceed(store: Path, value: float, status: str) -> None:
    """543 by the end of June: within 595 due of 1200, faster than 496 of 1000, and past 500."""
    assert row(store, "2023-06", target(value, period="year", direction="at_most"))["status"] == status


@pytest.mark.parametrize(
    ("low", "high", "status"),
    [(500.0, 600.0, "本期未完"), (400.0, 500.0, "未达标"), (1000.0, 1200.0, "超前"), (1200.0, 1300.0, "落后")],
)
def test_an_amount_to_land_between(store: Path, low: float, high: float, status: str) -> None:
    found = row(store, "2023-06", target(low, period="year", direction="between", value_high=high))
    assert found["expected_to_date"] == pytest.approx(low * HALF_YEAR)
    assert found["status"] == status


def test_the_interval_of_a_projection_by_hand(short_store: Path) -> None:
    """Eight weeks of 14 and 28 around a course of 21: scatter 8 × 49 ÷ 7 = 56, 168 so far, 309 days to go."""
    found = row(short_store, "2023-02", target(1000.0, period="year"))
    assert (found["to_date"], found["projection"]) == (168, pytest.approx(1095))
    half = 1.959964 * (56 * (309 / 7 + 8 * ((1095 - 168) / 168) ** 2)) ** 0.5
    assert half == pytest.approx(248.79, abs=0.01)
    assert found["projection_low"] == pytest.approx(1095 - half)
    assert found["projection_high"] == pytest.approx(1095 + half)


def test_five_weeks_are_too_few_for_an_interval(short_store: Path) -> None:
    early = row(short_store, "2023-01", target(1000.0, period="year"))
    assert (early["to_date"], early["projection"]) == (90, pytest.approx(90 * 365 / 31))  # 14 + 28 + 14 + 28 + 3 × 2
    assert (early["projection_low"], early["projection_high"]) == (None, None)


@pytest.mark.parametrize("month", range(1, 13))
def test_an_interval_holds_its_projection_and_never_less_than_there_is(demo_store: Path, month: int) -> None:
    found = row(demo_store, f"2023-{month:02d}", target(150_000.0, "kiosk.transactions", period="year"),
                metric="kiosk.transactions")  # fmt: skip
    low, middle, high = found["projection_low"], found["projection"], found["projection_high"]
    if month == 12:
        assert (
            low
            == middle
            == high
            == found["to_date"]
            == found["value"]
            + row(
                demo_store,
                "2023-11",
                target(150_000.0, "kiosk.transactions", period="year"),
                metric="kiosk.transactions",
            )["to_date"]
        )
    elif low is None:
        assert month == 1
    else:
        assert found["to_date"] <= low <= middle <= high


def test_a_relative_target_is_a_share_of_last_year(store: Path) -> None:
    less = target(0.9, relative_to_last_year=True)
    june = row(store, "2023-06", less)
    assert (june["last_year"], june["target"], june["value"], june["status"]) == (30, pytest.approx(27), 90, "达标")
    assert june["target_text"] == "≥ 27 条（较上年同期下降 10%）"
    without = row(store, "2022-06", less)
    assert (without["target"], without["status"]) == (None, "缺基线")
    assert without["target_text"] == "较上年同期下降 10%（缺基线）"


def test_a_relative_yearly_target_is_a_share_of_the_whole_year_before(store: Path) -> None:
    found = row(store, "2023-06", target(1.1, period="year", relative_to_last_year=True))
    assert found["target"] == pytest.approx(603.9)
    assert found["expected_to_date"] == pytest.approx(603.9 * HALF_YEAR)
    missing = row(store, "2022-06", target(1.1, period="year", relative_to_last_year=True))
    assert (missing["target"], missing["expected_to_date"], missing["status"]) == (None, None, "缺基线")


def changed(on: date) -> Change:
    return Change(on, "非默认评价", "某文件", "rating.volunteered", None, on)


@pytest.mark.parametrize("span", ["any", "year"])
def test_a_baseline_under_another_definition_is_none(store: Path, span: str) -> None:
    metric = replace(CATALOGUE.metrics["rating.count"], changes=(changed(date(2023, 1, 1)),))
    known = catalogue_with(target(0.9, period=span, relative_to_last_year=True), metric=metric)
    found = row(store, "2023-06", catalogue=known)
    assert (found["status"], found["status_rule"]) == ("口径变更", 3)
    before = row(store, "2022-06", catalogue=known)
    assert before["status"] == "缺基线"


def test_a_rate_has_no_amount_due(store: Path) -> None:
    rate = "rating.satisfaction"
    found = row(store, "2023", target(95.0, rate, period="year"), metric=rate)
    assert (found["target"], found["value"]) == (95.0, 100.0)
    for column in ("to_date", "expected_to_date", "expected_by", "projection", "projection_low", "projection_high"):
        assert found[column] is None, column
    assert row(store, "2023-06", target(95.0, rate, period="year"), metric=rate)["status"] == "未设目标"


def test_a_withdrawn_target_judges_no_longer(store: Path) -> None:
    targets = (target(80.0), target(None, valid_from=date(2023, 5, 1)))
    before, after = row(store, "2023-04", *targets), row(store, "2023-05", *targets)
    assert (before["target"], before["status"]) == (80.0, "达标")
    assert (after["target"], after["target_text"], after["status"]) == (None, "未设目标", "未设目标")


def test_a_target_entered_later_counts_from_its_first_day(store: Path) -> None:
    old, new = target(80.0), target(100.0, valid_from=date(2023, 5, 15), document="新文件")
    for period, document, status in (
        ("2023-04", "某文件", "达标"),
        ("2023-W19", "某文件", "未达标"),
        ("2023-05", "新文件", "未达标"),
    ):
        found = row(store, period, old, new)
        assert (found["target_document"], found["status"]) == (document, status)
    ended = replace(new, valid_to=date(2023, 5, 31))
    assert row(store, "2023-06", old, ended)["target_document"] == "某文件"


def test_working_days_of_2023_are_counted_rightly() -> None:
    """The two numbers the pace by working days rests on, from the calendar people use."""
    from chinese_calendar import is_workday

    days = [date(2023, 1, 1) + timedelta(days=n) for n in range(365)]
    assert sum(is_workday(day) for day in days[:181]) == 123
    assert sum(is_workday(day) for day in days) == 249

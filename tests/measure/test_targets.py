"""Targets, pace and projection on a small store, with final numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kpi.calendar import parse_period, working_days
from kpi.catalogue import Catalogue, Target
from kpi.errors import CatalogueError
from kpi.measure import Source, scorecard
from kpi.store import current
from tests.store.statements import CATALOGUE, rating, statement
from tests.store.test_generations import append

COUNT, RATE = "rating.count", "rating.satisfaction"


def target(metric: str, value: float | None, **more: Any) -> Target:
    facts: dict[str, Any] = {
        "direction": "at_least",
        "period": "any",
        "document": "某文件",
        "clause": "第 1 条",
        "valid_from": date(2022, 1, 1),
    }
    return Target(metric=metric, value=value, **{**facts, **more})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two ratings a day in 2022, three a day in 2023 up to 2 July; every tenth of 多祝镇 is dissatisfied."""
    root = tmp_path_factory.mktemp("targets")
    rows, number = [], 0
    for year, last, each in ((2022, date(2022, 12, 31), 2), (2023, date(2023, 7, 2), 3)):
        day = date(year, 1, 1)
        while day <= last:
            for _ in range(each):
                number += 1
                town = "多祝镇" if number % 2 else "平山街道"
                rows.append(rating(number, day, town, level=2 if number % 10 == 1 else 5))
            day += timedelta(days=1)
    append(root, statement("rating", rows, first=date(2022, 1, 1), last=date(2023, 7, 2)))
    return root


def judged(store: Path, period: str, metric: str, *targets: Target, by: str | None = None, **where: str) -> Any:
    catalogue: Catalogue = replace(CATALOGUE, targets=targets)
    frame = scorecard(Source(current(store), catalogue), parse_period(period), [metric], by, where or None)
    return frame.to_dicts() if by else frame.row(0, named=True)


@pytest.mark.parametrize(
    ("aim", "status", "words"),
    [
        (target(RATE, 85.0), "达标", "≥ 85%"),
        (target(RATE, 95.0), "未达标", "≥ 95%"),
        (target(RATE, 95.0, direction="at_most"), "达标", "≤ 95%"),
        (target(RATE, 85.0, direction="between", value_high=95.0), "达标", "介于 85%－95%"),
        (target(RATE, 95.0, direction="between", value_high=99.0), "未达标", "介于 95%－99%"),
        (target(RATE, 90.0, direction="exactly"), "达标", "＝ 90%"),
        (target(RATE, None), "未设目标", "未设目标"),
        (target(RATE, 1.2, relative_to_last_year=True), "未达标", "≥ 108%（较上年同期上升 20%）"),
    ],
)
def test_every_direction(store: Path, aim: Target, status: str, words: str) -> None:
    row = judged(store, "2023-04", RATE, aim)
    assert (row["value"], row["numerator"], row["denominator"]) == (90, 81, 90)
    assert (row["target_text"], row["status"]) == (words, status)
    assert row["expected_to_date"] is None


def test_a_relative_target_without_last_year_is_said(store: Path) -> None:
    row = judged(store, "2022-05", RATE, target(RATE, 1.0, relative_to_last_year=True))
    assert (row["status"], row["target"], row["target_text"]) == ("缺基线", None, "较上年同期上升 0%（缺基线）")


@pytest.mark.parametrize(
    ("pace", "due"),
    [
        ({}, 1000 * 183 / 365),
        (
            {"pace": "working_days"},
            1000
            * working_days(date(2023, 1, 1), date(2023, 7, 2))
            / working_days(date(2023, 1, 1), date(2023, 12, 31)),
        ),
        ({"pace": "last_year"}, 1000 * 366 / 730),
        ({"pace": "trajectory", "trajectory": (("03-31", 100.0), ("06-30", 300.0))}, 300 + 700 * 2 / 184),
    ],
)
def test_four_ways_to_spread_a_yearly_amount(store: Path, pace: dict[str, Any], due: float) -> None:
    row = judged(store, "2023-W26", COUNT, target(COUNT, 1000.0, period="year", **pace))
    assert row["to_date"] == 549
    assert row["expected_to_date"] == pytest.approx(due)
    assert row["status"] == "超前"
    assert row["projection"] == pytest.approx(549 * 730 / 366)
    assert row["to_date"] <= row["projection_low"] <= row["projection"] <= row["projection_high"]


def test_without_last_year_its_shape_gives_way_to_days(store: Path) -> None:
    row = judged(store, "2022-W26", COUNT, target(COUNT, 730.0, period="year", pace="last_year"))
    assert "上年数据不全" in row["expected_by"]
    assert row["expected_to_date"] == pytest.approx(730 * 184 / 365)
    assert row["projection"] == pytest.approx(730)


def test_a_year_that_is_over_ends_where_it_ended(store: Path) -> None:
    row = judged(store, "2022", COUNT, target(COUNT, 700.0, period="year"))
    assert (row["to_date"], row["projection"], row["projection_low"], row["projection_high"]) == (730, 730, 730, 730)
    assert (row["status"], row["assurance"]) == ("达标", "预计可达")


@pytest.mark.parametrize(
    ("period", "kind", "value", "status", "expected"),
    [
        ("2023-W20", "week", 21.0, "达标", 21.0),
        ("2023-05", "month", 94.0, "未达标", 94.0),
        ("2023-Q1", "quarter", 270.0, "达标", 270.0),
        ("2023-W20", "quarter", 273.0, "超前", 273 * 51 / 91),
        ("2023-07", "month", 93.0, "数据过期", 93 * 2 / 31),
    ],
)
def test_amounts_for_other_periods(
    store: Path, period: str, kind: str, value: float, status: str, expected: float
) -> None:
    row = judged(store, period, COUNT, target(COUNT, value, period=kind))
    assert (row["status"], row["expected_to_date"]) == (status, pytest.approx(expected))


def test_a_week_is_not_judged_by_another_weeks_amount_of_days(store: Path) -> None:
    assert judged(store, "2023", COUNT, target(COUNT, 21.0, period="week"))["status"] == "未设目标"
    assert judged(store, "2023-W20", RATE, target(RATE, 85.0, period="year"))["status"] == "未设目标"


def test_a_towns_own_target_comes_before_every_towns_before_the_countys(store: Path) -> None:
    county, each = target(RATE, 50.0), target(RATE, 85.0, scope="each_town")
    own = target(RATE, 70.0, scope="多祝镇")

    def by_town(*targets: Target) -> dict[str, float]:
        return {row["member"]: row["target"] for row in judged(store, "2023-05", RATE, *targets, by="town")}

    assert by_town(county)["多祝镇"] == 50
    assert by_town(county, each)["多祝镇"] == 85
    assert by_town(county, each, own)["多祝镇"] == 70
    assert by_town(county, each, own)["平山街道"] == 85
    assert judged(store, "2023-05", RATE, county, each, own)["target"] == 50
    assert judged(store, "2023-05", RATE, county, own, town="多祝镇")["status"] == "达标"
    amount = judged(store, "2023-W26", COUNT, target(COUNT, 400.0, period="year", scope="多祝镇"), by="town")
    mine = next(row for row in amount if row["member"] == "多祝镇")
    assert (mine["to_date"], mine["expected_to_date"]) == (275, pytest.approx(400 * 183 / 365))
    assert next(row for row in amount if row["member"] == "平山街道")["status"] == "未设目标"


def test_the_target_in_force_on_the_day_judges_and_a_later_entry_supersedes(store: Path) -> None:
    old = target(RATE, 95.0)
    new = target(RATE, 85.0, valid_from=date(2023, 3, 1), recorded_at=datetime(2023, 2, 1), recorded_by="张三")
    assert judged(store, "2023-02", RATE, old, new)["status"] == "未达标"
    assert judged(store, "2023-03", RATE, old, new)["target"] == 85
    withdrawn = target(RATE, None, valid_from=date(2023, 5, 1), recorded_at=datetime(2023, 4, 1), recorded_by="张三")
    assert judged(store, "2023-05", RATE, old, new, withdrawn)["status"] == "未设目标"
    source = Source(current(store), replace(CATALOGUE, targets=(old, new, withdrawn)))
    assert source.targets.superseded_by(old) == new
    assert source.targets.superseded_by(withdrawn) is None
    known = replace(CATALOGUE, targets=(old, new)).known_on(date(2023, 1, 31))
    assert known.targets == (old,)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (target(RATE, 90.0, scope="火星镇"), "不是全县、各镇街或某个镇街"),
        (target(RATE, 90.0, direction="between"), "区间目标要写明上下两个值"),
        (target(RATE, 90.0, direction="between", value_high=80.0), "上限小于下限"),
        (target(RATE, 90.0, pace="working_days"), "没有序时进度"),
        (target(COUNT, 90.0, period="year", pace="trajectory"), "缺少各时点应达数"),
        (target(RATE, 90.0, valid_to=date(2021, 1, 1)), "失效日期早于生效日期"),
        (target(RATE, 90.0, document=""), "没有写明依据文件"),
    ],
)
def test_a_target_that_cannot_be_meant_is_refused(wrong: Target, sentence: str) -> None:
    from kpi.catalogue import check_target

    with pytest.raises(CatalogueError, match=sentence):
        check_target(wrong, CATALOGUE.metrics, [town.name for town in CATALOGUE.towns])

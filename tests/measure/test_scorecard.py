"""Worked examples on the demonstration year: final values, statuses, and the laws sums obey."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from kpi.calendar import parse_period
from kpi.errors import UnknownName
from kpi.measure import Source, scorecard, series

REPORT = {
    "rating.count": 136_639,
    "rating.valid_negative": 1,
    "rating.rectified": 100,
    "ticket.count": 49_494,
    "ticket.satisfaction": 95.35,
    "kiosk.machines": 269,
    "kiosk.transactions": 147_014,
    "cross.count": 1_876,
    "one_window.count": 12_113,
    "assisted.count": 3_002,
    "item.citywide": 384,
    "item.cross_province": 65,
    "item.shenzhen_huizhou": 206,
    "item.one_thing": 107,
}


def one(source: Source, period: str, metric: str, **where: str) -> dict:
    return scorecard(source, parse_period(period), [metric], where=where).row(0, named=True)


def test_calendar_2023_is_the_report(demo_source: Source) -> None:
    frame = scorecard(demo_source, parse_period("2023"))
    values = dict(frame.select("metric", "value").iter_rows())
    assert {metric: values[metric] for metric in REPORT} == REPORT
    assert frame.height >= 40


@pytest.mark.parametrize(
    ("period", "metric", "status"),
    [
        ("2023", "ticket.satisfaction", "达标"),
        ("2023", "rating.rectified", "达标"),
        ("2023", "kiosk.transactions", "达标"),
        ("2023", "cross.count", "未达标"),
        ("2023", "ticket.count", "未设目标"),
        ("2023", "item.stationed", "未达标"),
        ("2023-W48", "cross.count", "关注"),
        ("2023-W48", "rating.rectified", "样本不足"),
        ("2022", "ticket.dispatch_hours", "未设目标"),
        ("2024-01", "ticket.satisfaction", "缺实绩"),
        ("2023-W45", "one_window.on_time", "覆盖不全"),
        ("2023-W46", "one_window.on_time", "达标"),
    ],
)
def test_statuses(demo_source: Source, period: str, metric: str, status: str) -> None:
    row = one(demo_source, period, metric)
    assert row["status"] == status, row["status_reason"]


def test_planted_stories_are_visible(demo_source: Source) -> None:
    late = one(demo_source, "2023-11", "ticket.on_time", town="多祝镇")
    assert late["value"] < 90 and late["status"] == "未达标"
    decline = series(demo_source, ["cross.count"], parse_period("2023-W48").trailing(7))["value"].to_list()
    assert (decline == sorted(decline, reverse=True) and len(set(decline)) == 7) or decline[1:] == sorted(
        decline[1:], reverse=True
    )
    assert one(demo_source, "2023-W48", "cross.count")["signal_kind"] == "concern"
    assert one(demo_source, "2023-12", "kiosk.idle")["value"] == 14
    assert one(demo_source, "2023-W45", "one_window.count")["coverage_text"] == "17 镇街中 16 个已报"


@pytest.mark.parametrize("by", ["town", "department", "handling", "category"])
def test_parts_sum_to_the_whole(demo_source: Source, by: str) -> None:
    metrics = ["ticket.count", "ticket.satisfaction", "ticket.on_time", "ticket.overdue_open"]
    for period in ("2023", "2023-W48"):
        whole = scorecard(demo_source, parse_period(period), metrics)
        parts = (
            scorecard(demo_source, parse_period(period), metrics, by=by)
            .group_by("metric")
            .agg(pl.col("numerator", "denominator").sum())
        )
        for metric, numerator, denominator in parts.iter_rows():
            row = whole.filter(pl.col("metric") == metric).row(0, named=True)
            assert row["numerator"] == numerator and (row["denominator"] or 0) == (denominator or 0), (metric, by)


def test_days_weeks_and_months_sum_alike(demo_source: Source) -> None:
    year = one(demo_source, "2023", "kiosk.transactions")["value"]
    months = [parse_period(f"2023-{m:02d}") for m in range(1, 13)]
    assert series(demo_source, ["kiosk.transactions"], months)["value"].sum() == year
    november = [parse_period(f"2023-11-{d:02d}") for d in range(1, 31)]
    assert (
        series(demo_source, ["kiosk.transactions"], november)["value"].sum()
        == one(demo_source, "2023-11", "kiosk.transactions")["value"]
    )


def test_comparisons_use_whole_past_periods(demo_source: Source) -> None:
    row = one(demo_source, "2023-W48", "ticket.count")
    assert row["previous"] == one(demo_source, "2023-W47", "ticket.count")["value"]
    assert row["last_year"] == one(demo_source, "2022-W48", "ticket.count")["value"]
    assert row["previous_change"] == pytest.approx((row["value"] / row["previous"] - 1) * 100)
    assert row["change_unit"] == "%"
    rate = one(demo_source, "2023-12", "ticket.satisfaction")
    assert rate["change_unit"] == "个百分点"
    assert rate["previous_change"] == pytest.approx(rate["value"] - rate["previous"])
    assert one(demo_source, "2022", "ticket.count")["last_year"] is None


def test_a_yearly_target_is_paced_by_calendar_days(demo_source: Source) -> None:
    row = one(demo_source, "2023-06", "cross.count")
    assert row["expected_to_date"] == pytest.approx(2000 * 181 / 365)
    halves = [one(demo_source, q, "cross.count")["value"] for q in ("2023-Q1", "2023-Q2")]
    assert row["to_date"] == sum(halves)
    assert row["target_text"] == "年目标 ≥ 2,000 宗"
    assert row["target_is_demo"] is True


def test_a_county_amount_never_judges_one_town(demo_source: Source) -> None:
    town = one(demo_source, "2023-W45", "cross.count", town="平海镇")
    assert (town["target"], town["projection"], town["status"]) == (None, None, "未设目标")
    assert one(demo_source, "2023", "ticket.satisfaction", town="平海镇")["target"] == 95
    weeks = [parse_period("2023-W44"), parse_period("2023-W45")]
    drawn = series(demo_source, ["kiosk.idle", "kiosk.per_machine_day"], weeks, {"town": "平海镇"})
    assert drawn.filter(metric="kiosk.idle")["target"].null_count() == 2
    assert drawn.filter(metric="kiosk.per_machine_day")["target"].to_list() == [1.5, 1.5]


def test_as_of_and_completeness(demo_source: Source) -> None:
    week = one(demo_source, "2024-W01", "ticket.count")
    assert (week["value"], week["is_complete"], week["as_of"]) == (None, False, date(2023, 12, 31))
    assert one(demo_source, "2023-W52", "ticket.count")["is_complete"] is True


def test_unknown_names_say_what_exists(demo_source: Source) -> None:
    with pytest.raises(UnknownName, match="没有指标"):
        scorecard(demo_source, parse_period("2023"), ["no.such"])
    with pytest.raises(UnknownName, match="可用的维度"):
        scorecard(demo_source, parse_period("2023"), ["rating.count"], by="kiosk_id")
    with pytest.raises(UnknownName, match="不认识的时段"):
        parse_period("2023-13")


def test_members_are_words_people_use(demo_source: Source) -> None:
    year = parse_period("2023")
    by_level = scorecard(demo_source, year, ["rating.count"], by="level")
    assert by_level["member"].to_list() == sorted(["非常满意", "满意", "基本满意", "不满意", "非常不满意"])
    by_marriage = dict(
        scorecard(demo_source, year, ["cross.count"], by="is_marriage").select("member", "value").iter_rows()
    )
    assert by_marriage == {"是": 640, "否": 1236}
    assert one(demo_source, "2023", "cross.count", is_marriage="是")["value"] == 640
    unstated = scorecard(demo_source, year, ["rating.count"], by="verification").filter(pl.col("member") == "未填写")
    assert one(demo_source, "2023", "rating.count", verification="未填写")["value"] == unstated["value"][0]


def test_a_short_name_is_understood_and_an_unknown_one_refused(demo_source: Source) -> None:
    assert one(demo_source, "2023", "ticket.count", town="多祝") == one(
        demo_source, "2023", "ticket.count", town="多祝镇"
    )
    with pytest.raises(UnknownName, match="“镇街”中没有“多竹镇”，可用：平山街道"):
        one(demo_source, "2023", "ticket.count", town="多竹镇")


def test_a_town_that_did_not_report_has_no_figure(demo_source: Source) -> None:
    week = parse_period("2023-W45")
    by_town = scorecard(demo_source, week, ["one_window.count", "ticket.count"], by="town")
    silent = by_town.filter(pl.col("member") == "白花镇")
    assert dict(silent.select("metric", "status").iter_rows())["one_window.count"] == "缺实绩"
    assert silent.filter(pl.col("metric") == "one_window.count")["value"][0] is None
    assert silent.filter(pl.col("metric") == "ticket.count")["value"][0] > 0
    assert one(demo_source, "2023-W45", "one_window.count", town="白花镇")["value"] is None
    trend = series(demo_source, ["one_window.count"], week.trailing(3), {"town": "白花镇"})
    assert [value is None for value in trend["value"]] == [False, False, True]


def test_ranks_leave_out_small_samples_and_unstated_members(demo_source: Source) -> None:
    frame = scorecard(demo_source, parse_period("2023-W48"), ["ticket.on_time"], by="town")
    assert frame.filter(pl.col("n") < 30)["rank"].null_count() == frame.filter(pl.col("n") < 30).height
    ranked = frame.drop_nulls("rank").sort("rank")
    assert ranked["value"].to_list() == sorted(ranked["value"].to_list(), reverse=True)
    assert ranked["rank_of"].unique().to_list() == [ranked.height]
    neutral = scorecard(demo_source, parse_period("2023-W48"), ["ticket.count"], by="town")
    assert neutral["rank"].null_count() == neutral.height

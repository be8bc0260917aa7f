"""The laws figures obey: parts sum to the whole, days to months, contributions to changes, buckets to percentiles."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date, datetime, timedelta
from math import ceil, log
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from kpi.calendar import parse_period
from kpi.measure import Source, dimensions, explain, scorecard, series
from kpi.measure.percentiles import quantile
from kpi.store import Statement, current
from tests.store.statements import CATALOGUE, rating, statement
from tests.store.test_generations import append

WEEK, MONTH = "2023-W48", "2023-11"
SPLITS = sorted({name for metric in CATALOGUE.metrics.values() for name in dimensions(CATALOGUE, metric)})
ADDITIVE = [key for key, metric in CATALOGUE.metrics.items() if metric.kind != "percentile"]
TOTALS = [key for key, metric in CATALOGUE.metrics.items() if metric.kind == "total"]
SHARES = (0.0, 0.1, 0.5, 0.9, 0.99, 1.0)


@pytest.mark.parametrize("by", SPLITS)
def test_parts_sum_to_the_whole(demo_source: Source, by: str) -> None:
    """Of numerators, denominators and records, over every dimension of every metric."""
    able = [key for key, metric in CATALOGUE.metrics.items() if by in dimensions(CATALOGUE, metric)]
    for text in (WEEK, MONTH):
        period = parse_period(text)
        whole = scorecard(demo_source, period, able)
        parts = (
            scorecard(demo_source, period, able, by=by)
            .group_by("metric")
            .agg(pl.col("numerator", "denominator", "n").sum())
        )
        both = whole.join(parts, on="metric", suffix="_parts")
        assert both.height == len(able)
        for row in both.iter_rows(named=True):
            for column in ("numerator", "denominator", "n"):
                expected = pytest.approx(row[column] or 0.0, rel=1e-12)
                assert row[f"{column}_parts"] == expected, (row["metric"], by, text, column)


@pytest.mark.parametrize("text", [WEEK, MONTH, "2023-02"])
def test_days_sum_to_the_week_and_the_month(demo_source: Source, text: str) -> None:
    period = parse_period(text)
    days = [parse_period(str(period.first + timedelta(days=n))) for n in range(period.days)]
    summed = dict(series(demo_source, TOTALS, days).group_by("metric").agg(pl.col("value").sum()).iter_rows())
    assert summed == dict(scorecard(demo_source, period, TOTALS).select("metric", "value").iter_rows())


def test_months_and_quarters_sum_to_the_year(demo_source: Source) -> None:
    year = dict(scorecard(demo_source, parse_period("2023"), TOTALS).select("metric", "value").iter_rows())
    for parts in ([f"2023-{m:02d}" for m in range(1, 13)], [f"2023-Q{q}" for q in range(1, 5)]):
        found = series(demo_source, TOTALS, [parse_period(part) for part in parts])
        assert dict(found.group_by("metric").agg(pl.col("value").sum()).iter_rows()) == year


def test_the_rollups_say_what_the_events_say(demo_source: Source) -> None:
    """A town's figures come from the rollups; with a second filter that leaves everything in, from the events."""
    for metric, other, members in (
        ("ticket.satisfaction", "handling", ["转办", "督办"]),
        ("ticket.on_time", "handling", ["转办", "督办"]),
        ("kiosk.per_session", "result", ["成功", "失败", "中断"]),
        ("cross.count", "is_marriage", ["是", "否"]),
    ):
        for text in (WEEK, MONTH):
            rolled = scorecard(demo_source, parse_period(text), [metric], where={"town": "多祝镇"})
            parts = [
                scorecard(demo_source, parse_period(text), [metric], where={"town": "多祝镇", other: member})
                for member in members
            ]
            for column in ("numerator", "denominator"):
                assert pl.concat(parts)[column].sum() == (rolled[column][0] or 0.0), (metric, text)


@pytest.mark.parametrize("metric", ["ticket.handling_median", "ticket.handling_p90"])
def test_a_percentile_is_the_same_from_buckets_and_from_events(demo_source: Source, metric: str) -> None:
    by_town = scorecard(demo_source, parse_period(MONTH), [metric], by="town")
    for town, value, n in by_town.select("member", "value", "n").iter_rows():
        if town == "未填写":
            continue
        rolled = scorecard(demo_source, parse_period(MONTH), [metric], where={"town": town}).row(0, named=True)
        assert (rolled["value"], rolled["n"]) == (pytest.approx(value, rel=1e-12), n)


def contributions_sum(source: Source, metric: str, period: str, versus: str, by: str) -> None:
    found = explain(source, metric, parse_period(period), versus, by)
    total = sum(driver.contribution for driver in found.drivers)
    slack = 1e-9 * max(abs(found.before), abs(found.after), abs(found.change))
    assert total == pytest.approx(found.change, rel=1e-9, abs=slack), (metric, by)
    for driver in found.drivers:
        if driver.mix is not None and driver.rate is not None:
            assert driver.mix + driver.rate == pytest.approx(driver.contribution, rel=1e-9, abs=slack)


def comparable(source: Source, period: str, versus: str) -> list[str]:
    """Return the additive metrics with a figure in both periods."""
    found = [
        dict(scorecard(source, parse_period(text), ADDITIVE).select("metric", "value").iter_rows())
        for text in (period, versus)
    ]
    return [key for key in ADDITIVE if all(values[key] is not None for values in found)]


@pytest.mark.parametrize("by", SPLITS)
def test_contributions_sum_to_the_change_of_a_week(demo_source: Source, by: str) -> None:
    able = [
        key for key in comparable(demo_source, WEEK, "2023-W47") if by in dimensions(CATALOGUE, CATALOGUE.metric(key))
    ]
    assert able
    for metric in able:
        contributions_sum(demo_source, metric, WEEK, "previous", by)


def test_contributions_of_towns_sum_to_the_change_of_a_month(demo_source: Source) -> None:
    able = comparable(demo_source, MONTH, "2023-10")
    assert len(able) > 50
    for metric in able:
        if "town" in dimensions(CATALOGUE, CATALOGUE.metric(metric)):
            contributions_sum(demo_source, metric, MONTH, "previous", "town")


def exact(values: list[float], share: float) -> float:
    """Return DuckDB's own percentile."""
    with duckdb.connect() as connection:
        connection.execute("create table record (value double)")
        connection.executemany("insert into record values (?)", [[value] for value in values])
        (found,) = connection.execute(f"select quantile_cont(value, {share}) from record").fetchall()
    return float(found[0])


def bucketed(values: list[float]) -> dict[float, float]:
    """Return mean → records of buckets a hundredth wide, as the store keeps them; zero has one of its own."""
    buckets: dict[int | None, list[float]] = {}
    for value in values:
        buckets.setdefault(ceil(log(value) / log(1.01)) if value > 0 else None, []).append(value)
    counts: Counter[float] = Counter()
    for members in buckets.values():
        counts[sum(members) / len(members)] += len(members)
    return dict(counts)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.01, 1e6, allow_nan=False, allow_infinity=False), min_size=1, max_size=60),
    st.sampled_from(SHARES),
)
def test_a_percentile_of_buckets_is_within_one_per_cent(values: list[float], share: float) -> None:
    found = quantile(bucketed(values), share)
    assert found == pytest.approx(exact(values, share), rel=0.01 + 1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 100), min_size=1, max_size=60), st.sampled_from(SHARES))
def test_a_percentile_of_whole_numbers_is_exact(values: list[int], share: float) -> None:
    found = quantile(bucketed([float(value) for value in values]), share)
    assert found == pytest.approx(exact([float(value) for value in values], share), rel=1e-12, abs=1e-12)


def test_no_records_have_no_percentile() -> None:
    assert quantile({}, 0.5) is None
    assert quantile({3.0: 0.0}, 0.5) is None


@st.composite
def statements_of_two_weeks(draw: st.DrawFn) -> list[Statement]:
    """Return files that overlap, each stated later than the one before."""
    made = []
    for n in range(3):
        numbers = draw(st.lists(st.integers(0, 9), min_size=1, max_size=8, unique=True))
        rows = [
            rating(number, date(2023, 6, 5) + timedelta(days=number), level=draw(st.integers(1, 5)))
            for number in numbers
        ]
        made.append(statement("rating", rows, name=f"{n}.csv", stated_at=datetime(2024, 1, 5 + n)))
    return made


@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(made=statements_of_two_weeks())
def test_the_order_of_imports_does_not_change_the_figures(
    tmp_path_factory: pytest.TempPathFactory, made: list[Statement]
) -> None:
    keys = [key for key in CATALOGUE.metrics if key.startswith("rating.") and key != "rating.window_coverage"]
    found = []
    for order in itertools.islice(itertools.permutations(made), 0, 6, 2):
        root: Path = tmp_path_factory.mktemp("order")
        for n, item in enumerate(order):
            append(root, item, at=datetime(2024, 1, 10 + n))
        frames = [
            scorecard(Source(current(root), CATALOGUE), parse_period(text), keys)
            for text in ("2023-W23", "2023-W24", "2023-06")
        ]
        found.append(pl.concat(frames).select("metric", "period", "value", "numerator", "denominator", "previous"))
    for other in found[1:]:
        assert_frame_equal(other, found[0])

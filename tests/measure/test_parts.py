"""Laws that hold for every metric: parts sum to the whole, days to the month, contributions to the change."""

from __future__ import annotations

from math import ceil, floor, log

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.calendar import parse_period, period_of
from kpi.catalogue import Metric, load
from kpi.measure import Source, explain, scorecard
from kpi.measure.figures import WholeFigures
from kpi.measure.percentiles import quantile
from kpi.store.schema import BUCKET_WIDTH

METRICS = load(demo=True).metrics
DIMENSIONS = sorted({name for subject in load().subjects.values() for name in subject.dimensions})


@pytest.mark.parametrize("period", ["2023-W48", "2023-09"])
@pytest.mark.parametrize("by", DIMENSIONS)
def test_the_members_of_a_dimension_sum_to_the_whole(demo_source: Source, by: str, period: str) -> None:
    able = [m for m in METRICS.values() if by in demo_source.dimensions(m)]
    keys = [m.key for m in able]
    whole = {row["metric"]: row for row in scorecard(demo_source, parse_period(period), keys).to_dicts()}
    parts = scorecard(demo_source, parse_period(period), keys, by=by)
    for metric in able:
        mine, row = parts.filter(metric=metric.key), whole[metric.key]
        for column in ("n",) if metric.kind == "percentile" else ("numerator", "denominator"):
            if row[column] is not None:
                assert mine[column].sum() == pytest.approx(row[column]), (metric.key, column)


def test_the_days_of_a_month_sum_to_it(demo_source: Source) -> None:
    flows = [m for m in METRICS.values() if m.kind in ("total", "ratio") and not m.denominator_stock]
    figures = WholeFigures(demo_source, flows)
    month = parse_period("2023-11")
    days = [period_of("day", month.first.replace(day=n + 1)) for n in range(month.days)]
    for metric in flows:
        top, bottom = figures.sums(metric, month.first, month.last)
        summed = [figures.sums(metric, day.first, day.last) for day in days]
        assert sum(each[0] for each in summed) == pytest.approx(top), metric.key
        if bottom is not None:
            assert sum(each[1] or 0 for each in summed) == pytest.approx(bottom), metric.key


@pytest.mark.parametrize("metric", [m for m in METRICS.values() if m.kind != "percentile"], ids=lambda m: m.key)
def test_contributions_sum_to_the_change_along_every_dimension(demo_source: Source, metric: Metric) -> None:
    period = parse_period("2023-12" if metric.key.startswith("rating.") else "2023-W48")
    values = scorecard(demo_source, period, [metric.key]).row(0, named=True)
    if values["value"] is None or values["previous"] is None:
        assert values["n"] in (None, 0.0) or values["previous"] is None
        return
    for by in demo_source.dimensions(metric):
        found = explain(demo_source, metric.key, period, "previous", by)
        assert sum(d.contribution for d in found.drivers) == pytest.approx(found.change, abs=1e-7)
        assert found.change == pytest.approx(values["value"] - values["previous"], abs=1e-7)


def in_buckets(values: list[float]) -> dict[float, float]:
    """Return representative → records as the bucket rollup keeps them."""
    kept: dict[int, list[float]] = {}
    for value in values:
        kept.setdefault(ceil(log(value) / log(BUCKET_WIDTH)) if value > 0 else -100_000, []).append(value)
    counts: dict[float, float] = {}
    for bucket in kept.values():
        mean = sum(bucket) / len(bucket)
        counts[mean] = counts.get(mean, 0.0) + len(bucket)
    return counts


def exact(values: list[float], share: float) -> float:
    """Hyndman & Fan type 7, from the values themselves."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = ordered[floor(place)]
    return low + (place - floor(place)) * (ordered[min(floor(place) + 1, len(ordered) - 1)] - low)


@given(st.lists(st.floats(0.001, 100_000), min_size=1, max_size=80), st.sampled_from([0.1, 0.5, 0.9, 0.99]))
def test_a_percentile_from_buckets_is_within_one_per_cent(values: list[float], share: float) -> None:
    assert quantile(in_buckets(values), share) == pytest.approx(exact(values, share), rel=0.01)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=200), st.sampled_from([0.5, 0.9]))
def test_a_percentile_of_whole_numbers_to_a_hundred_is_exact(values: list[int], share: float) -> None:
    assert quantile(in_buckets([float(v) for v in values]), share) == pytest.approx(
        exact([float(v) for v in values], share), abs=1e-9
    )


def test_the_bucket_rollup_gives_what_the_rows_give(demo_source: Source) -> None:
    for metric in METRICS.values():
        if metric.kind == "percentile":
            for key in ("2023-W48", "2023-11", "2023"):
                period = parse_period(key)
                subject, measure = metric.numerator.split(".")
                known = demo_source.generation.query(
                    f"select quantile_cont({measure}, {metric.quantile})::double as value from {subject}_event "
                    f"where day between '{period.first}' and '{period.last}'"
                )
                shown = scorecard(demo_source, period, [metric.key])["value"][0]
                assert shown == pytest.approx(known.item(), rel=0.01), (metric.key, key)


def test_ranks_leave_out_small_samples_and_unstated_members(demo_source: Source) -> None:
    frame = scorecard(demo_source, parse_period("2023-W48"), ["ticket.on_time"], by="town")
    assert frame.filter(pl.col("n") < 30)["rank"].null_count() == frame.filter(pl.col("n") < 30).height
    ranked = frame.drop_nulls("rank").sort("rank")
    assert ranked["value"].to_list() == sorted(ranked["value"].to_list(), reverse=True)
    assert ranked["rank_of"].unique().to_list() == [ranked.height]
    neutral = scorecard(demo_source, parse_period("2023-W48"), ["ticket.count"], by="town")
    assert neutral["rank"].null_count() == neutral.height

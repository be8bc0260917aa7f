"""g and t charts against examples worked by hand (and checked with scipy), and the gaps they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.measure.rare_charts import Gaps, Rare, gaps, rare

BETWEEN = [12.0, 30, 7, 45, 22, 18, 60, 9, 33, 14]


def week(*rows: tuple[float, float]) -> list[tuple[date, float, float]]:
    return [(date(2024, 2, 27) + timedelta(days=i), *row) for i, row in enumerate(rows)]


def words(chart: Rare) -> str:
    return chart.signal.words if chart.signal else ""


def test_a_g_chart_worked_by_hand() -> None:
    # ḡ = 250 / 10; 25 + 3·√(25·26); p = 1/26 > 0.00135, so even a gap of 0 is no rarity.
    chart = rare("g", BETWEEN, 20.0, "条")
    assert (chart.mean, round(chart.upper or 0, 3), chart.lower) == (25.0, 101.485, 0.0)
    assert chart.centre == pytest.approx(17.325)
    assert (chart.latest_gap, chart.open_gap, chart.events, chart.is_trial, chart.signal) == (14, 20, 11, True, None)


@pytest.mark.parametrize(("mean", "lower", "upper"), [(1000.0, 1, 4001.4996), (20000.0, 27, 80001.5)])
def test_the_lower_limit_of_a_g_chart_is_the_geometric_quantile(mean: float, lower: float, upper: float) -> None:
    chart = rare("g", [mean] * 12, None, "条")
    assert chart.lower == lower
    assert chart.upper == pytest.approx(upper, abs=1e-3)
    assert not chart.is_trial


def test_a_t_chart_worked_by_hand() -> None:
    # y = gap^(1/3.6): ȳ = 2.3442, mR̄ = 0.75178, so limits 0.34449 and 4.34391 and back to days.
    chart = rare("t", BETWEEN, 20.0, "天")
    assert chart.mean == pytest.approx(21.45857, abs=1e-4)
    assert chart.lower == pytest.approx(0.021437, abs=1e-5)
    assert chart.upper == pytest.approx(197.7755, abs=1e-3)
    assert chart.centre == chart.mean


def test_a_lower_limit_below_zero_days_is_zero() -> None:
    assert rare("t", [1.0, 90] * 6, 3.0, "天").lower == 0.0


@pytest.mark.parametrize("kind", ["g", "t"])
def test_too_few_gaps_have_no_limits_but_still_an_open_gap(kind: str) -> None:
    chart = rare(kind, BETWEEN[:5], 999.0, "天")
    assert chart == Rare(kind, None, None, None, 22.0, 999.0, None, False, 6)
    assert chart.centre is None
    assert rare(kind, BETWEEN[:6], 9.0, "天").upper is not None
    assert rare(kind, [], None, "天").events == 0
    assert rare(kind, [], 12.0, "天").events == 1


@pytest.mark.parametrize(
    ("kind", "between", "open_gap", "unit", "said", "side"),
    [
        ("t", BETWEEN, 198.0, "天", "距上次已 198 天，长于正常范围上限", 1),
        ("t", BETWEEN, 197.0, "天", "", 0),
        ("g", [20000.0] * 12, 136638.0, "条", "距上次已 136,638 条，长于正常范围上限", 1),
        ("g", [20.0] * 11 + [300.0], 5.0, "条", "最近一次间隔 300 条，长于正常范围上限", 1),
        ("g", [20.0] * 11 + [300.0], 400.0, "条", "距上次已 400 条，长于正常范围上限", 1),
        ("g", [20000.0] * 11 + [3.5], 5.0, "条", "最近一次间隔 3.5 条，短于正常范围下限", -1),
        ("t", [30.0, 34, 29, 31, 33, 28, 32, 30, 31, 33, 29, 2], 1.0, "天", "最近一次间隔 2 天，短于正常范围下限", -1),
        ("g", [90.0] * 6 + [9.0] * 7, 5.0, "条", "连续 7 次间隔短于中位水平", -1),
        ("g", [90.0] * 6 + [9.0] * 7, None, "条", "连续 7 次间隔短于中位水平", -1),
        ("g", [90.0] * 6 + [9.0] * 7, 80.0, "条", "", 0),
        ("g", [90.0] * 7 + [9.0] * 6, 5.0, "条", "", 0),
        ("t", [99.0, 50, 110, 60, 95, 55, 40, 25, 45, 26, 42, 30, 38], 5.0, "天", "连续 7 次间隔短于中位水平", -1),
    ],
)
def test_long_gaps_are_good_news_and_short_ones_bad(
    kind: str, between: Sequence[float], open_gap: float | None, unit: str, said: str, side: int
) -> None:
    chart = rare(kind, between, open_gap, unit)
    assert words(chart) == said
    assert (chart.signal.side if chart.signal else 0) == side


@pytest.mark.parametrize("kind", ["g", "t"])
def test_gaps_that_never_vary_never_signal(kind: str) -> None:
    assert rare(kind, [0.1 + 0.2] * 20, 0.3, "天").signal is None
    assert rare(kind, [1.0] * 20, 1.0, "天").signal is None


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown chart 'c'"):
        rare("c", BETWEEN, 1.0, "天")


def test_gaps_of_single_events_over_a_leap_day() -> None:
    found = gaps(week((0, 50), (1, 100), (0, 30), (0, 0), (1, 21), (0, 40), (0, 2)))
    # From 28 February to 2 March are three days; 30 + 0 + 20 records without event came in between.
    assert found == Gaps([3.0], [50.0], 2.0, 42.0)


def test_several_events_of_a_day_are_spread_evenly_over_it() -> None:
    found = gaps(week((1, 10), (2, 102), (0, 7)))
    assert found == Gaps([0.5, 0.5], [50.0, 50.0], 1.0, 7.0)


def test_without_events_nothing_is_known() -> None:
    assert gaps(week((0, 10), (0, 20))) == Gaps([], [], None, None)
    assert gaps([]) == Gaps([], [], None, None)


def test_one_event_has_only_an_open_gap() -> None:
    assert gaps(week((0, 10), (1, 20), (0, 5))) == Gaps([], [], 1.0, 5.0)


def test_a_missing_day_is_refused() -> None:
    days = week((0, 10), (1, 20), (0, 5))
    with pytest.raises(ValueError, match="every day"):
        gaps([days[0], days[2]])
    with pytest.raises(ValueError, match="every day"):
        gaps(days[::-1])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), min_size=1, max_size=40))
def test_gaps_add_up_to_everything_since_the_first_event(rows: list[tuple[int, int]]) -> None:
    found = gaps(week(*rows))
    events = sum(count for count, _ in rows)
    assert len(found.days) == len(found.opportunities) == max(events - 1, 0)
    assert all(gap > 0 for gap in found.days)
    assert all(gap >= 0 for gap in found.opportunities)
    if found.open_days is None or found.open_opportunities is None:
        assert events == 0
        return
    first = next(i for i, (count, _) in enumerate(rows) if count)
    uneventful = [max(n - count, 0) for count, n in rows]
    assert sum(found.days) + found.open_days == pytest.approx(len(rows) - first - 1 / rows[first][0])
    assert sum(found.opportunities) + found.open_opportunities == pytest.approx(
        sum(uneventful[first:]) - uneventful[first] / rows[first][0]
    )


@given(st.lists(st.integers(1, 400), min_size=6, max_size=30), st.sampled_from([0.25, 7.0, 24.0]))
def test_a_t_chart_in_hours_is_one_in_days_scaled(between: list[int], factor: float) -> None:
    one, other = rare("t", between, None, "天"), rare("t", [factor * gap for gap in between], None, "小时")
    for plain, scaled in ((one.lower, other.lower), (one.mean, other.mean), (one.upper, other.upper)):
        assert scaled == pytest.approx(factor * (plain or 0.0), rel=1e-6, abs=1e-9)


@given(st.lists(st.integers(0, 5000), min_size=6, max_size=30), st.sampled_from(["g", "t"]))
def test_the_centre_lies_between_the_limits(between: list[int], kind: str) -> None:
    chart = rare(kind, between, None, "条")
    assert chart.lower is not None and chart.centre is not None and chart.upper is not None
    assert 0 <= chart.lower <= chart.centre * (1 + 1e-9) + 1e-9
    assert chart.centre <= chart.upper * (1 + 1e-9)

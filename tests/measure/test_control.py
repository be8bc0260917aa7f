"""Charts over consecutive periods: limits per point in the metric's unit, effort, baselines, gaps in opportunity."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.measure.control import Charted, Observed, chart
from kpi.measure.variation import limits

WEEKS = [100.0, 104, 98, 103, 99, 101, 105, 97, 102, 100, 98, 104]
SATISFIED = [95, 180, 141, 98, 286, 190, 92, 147]
RATED = [100, 200, 150, 100, 300, 200, 100, 150]


def totals(values: Sequence[float], effort: Sequence[float] | None = None) -> list[Observed]:
    return [Observed(x, None, each) for x, each in zip(values, effort or [1.0] * len(values), strict=True)]


def shares(events: Sequence[float], sizes: Sequence[float]) -> list[Observed]:
    return [Observed(100 * k / n if n else 0.0, n) for k, n in zip(events, sizes, strict=True)]


def words(charted: Sequence[Charted]) -> list[str]:
    return [each.signal.words if each.signal else "" for each in charted]


def test_an_xmr_chart_is_that_of_its_values() -> None:
    known, charted = limits(WEEKS), chart("xmr", totals(WEEKS))
    assert {(each.lower, each.mean, each.upper) for each in charted} == {(known.lower, known.mean, known.upper)}
    assert words(charted) == [""] * 12


def test_a_short_week_is_held_against_what_its_days_can_give() -> None:
    effort = [1.0] * 6 + [0.4] + [1.0] * 5
    values = [*WEEKS[:6], 42.0, *WEEKS[7:]]
    charted, plain = chart("xmr", totals(values, effort)), chart("xmr", totals(values))
    assert words(charted) == [""] * 12
    assert words(plain)[6] == "低于正常范围下限"
    assert charted[6].mean == pytest.approx(0.4 * (charted[0].mean or 0.0))
    assert charted[6].upper == pytest.approx(0.4 * (charted[0].upper or 0.0))
    assert charted[0].mean == pytest.approx(1211 / 12)


def test_a_week_without_opportunity_has_no_limits_sets_none_and_breaks_no_run() -> None:
    values, effort = [*WEEKS, 90, 91, 90], [1.0] * 15
    values, effort = [*values, 0.0, 91, 90, 92, 91], [*effort, 0.0, *[1.0] * 4]
    known, charted = (
        limits(WEEKS),
        chart("xmr", totals(values, effort), baseline=range(12)),
    )
    assert charted[15] == Charted(None, None, None, None, False)
    assert charted[0].mean == pytest.approx(known.mean)
    said = words(charted)
    assert said[12:15] == said[16:19]
    assert all("低于" in each or "下限" in each for each in (*said[12:15], *said[16:]))


def test_a_run_goes_on_over_a_holiday() -> None:
    values = [10.0, 12, 9, 13, 8, 12, 10, 9, 9.5, 9, 9.5, 0, 9, 9.5, 9]
    effort = [1.0] * 11 + [0.0] + [1.0] * 3
    charted = chart("xmr", totals(values, effort), baseline=range(6))
    assert words(charted)[7:] == ["连续 7 点低于均值"] * 4 + [""] + ["连续 7 点低于均值"] * 3


def test_a_p_prime_chart_has_limits_per_point_in_per_cent() -> None:
    charted = chart("p_prime", shares(SATISFIED, RATED), scale=100.0)
    assert [round(each.mean or 0, 4) for each in charted] == [94.5385] * 8
    assert [round(each.lower or 0, 4) for each in charted[:3]] == [83.3159, 86.6029, 85.3753]
    assert [round(each.upper or 0, 4) for each in charted[:3]] == [105.7610, 102.4740, 103.7016]
    assert {each.is_trial for each in charted} == {True}


def test_a_u_prime_chart_is_in_events_per_opportunity() -> None:
    days, used = [10, 16, 8, 20, 14, 10, 20, 8], [12, 20, 9, 30, 16, 14, 25, 11]
    charted = chart("u_prime", [Observed(k / n, n) for k, n in zip(used, days, strict=True)])
    assert round(charted[0].mean or 0, 5) == 1.29245
    assert (round(charted[1].lower or 0, 5), round(charted[1].upper or 0, 5)) == (0.80146, 1.78345)


def test_the_same_share_is_a_signal_of_many_and_none_of_few() -> None:
    events, cases = [499, 998, 496, 999, 498, 997, 499, 998, 497, 998, 499, 997], [500, 1000] * 6
    few = chart("p_prime", shares([*events, 49], [*cases, 50]), 100.0, range(12))
    many = chart("p_prime", shares([*events, 4900], [*cases, 5000]), 100.0, range(12))
    assert (words(few)[-1], words(many)[-1]) == ("", "低于正常范围下限")


def test_near_is_two_thirds_of_the_way_to_each_points_own_limit() -> None:
    sizes = [400.0, 900] * 6
    plain = shares([200, 459, 196, 450, 204, 445, 200, 455, 203, 441, 199, 450], sizes)
    known = chart("p_prime", plain, 100.0)
    upper, mean = known[0].upper or 0.0, known[0].mean or 0.0
    at = [Observed(mean + part * (upper - mean), 400.0) for part in (0.72, 0.1, 0.72)]
    below = [Observed(mean + part * (upper - mean), 400.0) for part in (0.62, 0.1, 0.62)]
    assert words(chart("p_prime", plain + at, 100.0, range(12)))[12:] == [
        "3 点中有 2 点接近正常范围上限",
        "",
        "3 点中有 2 点接近正常范围上限",
    ]
    assert words(chart("p_prime", plain + below, 100.0, range(12)))[12:] == ["", "", ""]


def test_a_period_without_cases_is_left_out() -> None:
    points = shares(SATISFIED, RATED)
    charted = chart("p_prime", [*points[:3], Observed(0.0, 0.0), *points[3:]], 100.0)
    assert charted[3] == Charted(None, None, None, None, False)
    assert [*charted[:3], *charted[4:]] == chart("p_prime", points, 100.0)


@pytest.mark.parametrize("kind", ["xmr", "p_prime", "u_prime"])
def test_figures_that_never_vary_never_signal(kind: str) -> None:
    points = [Observed(100 * (n / n), n) for n in (3.0, 70, 900, 41, 5, 600, 77, 8, 1000, 12, 13, 14)]
    charted = chart(kind, points, 100.0)
    assert words(charted) == [""] * 12
    assert {each.mean for each in charted} == {100.0}


@pytest.mark.parametrize(("points", "has_limits", "is_trial"), [(5, False, False), (6, True, True), (11, True, True)])
def test_few_points_give_trial_limits_and_fewer_none(points: int, has_limits: bool, is_trial: bool) -> None:
    charted = chart("xmr", totals(WEEKS[:points]))
    assert [each.upper is not None for each in charted] == [has_limits] * points
    assert {each.is_trial for each in charted} == {is_trial}
    assert {each.is_trial for each in chart("xmr", totals(WEEKS))} == {False}


def test_points_without_opportunity_do_not_count_towards_the_least() -> None:
    charted = chart("xmr", totals(WEEKS[:6], [1.0] * 5 + [0.0]))
    assert charted == [Charted(None, None, None, None, False)] * 6


def test_a_locked_baseline_is_not_moved_by_later_points() -> None:
    later = [130.0, 131, 129, 133]
    locked = chart("xmr", totals(WEEKS + later), baseline=range(12))
    assert locked[-1].upper == limits(WEEKS).upper
    assert words(locked)[12:] == ["高于正常范围上限"] * 4
    assert not locked[-1].is_trial
    assert chart("xmr", totals(WEEKS + later), baseline=range(8))[-1].is_trial
    assert chart("xmr", totals(WEEKS + later), baseline=range(5))[-1].upper is None


def test_a_baseline_counts_positions_of_the_series_those_left_out_too() -> None:
    values = [100.0, 104, 0, 103, 99, 101, 105, 160, 170]
    charted = chart("xmr", totals(values, [1.0, 1.0, 0.0, *[1.0] * 6]), baseline=range(7))
    assert charted[0].mean == pytest.approx(102.0)
    assert charted[7].upper == pytest.approx(limits([100.0, 104, 103, 99, 101, 105]).upper)


def test_figures_that_are_no_shares_get_no_p_prime_chart() -> None:
    charted = chart("p_prime", [Observed(150.0, 20.0)] * 8, 100.0)
    assert charted == [Charted(None, None, None, None, False)] * 8


def test_unknown_kinds_and_missing_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown chart 'c'"):
        chart("c", totals(WEEKS))
    with pytest.raises(ValueError, match="needs the size"):
        chart("u_prime", totals(WEEKS))


counts = st.lists(st.integers(0, 1000), min_size=6, max_size=30)


@given(counts, st.sampled_from([0.5, 2.0, 4.0]))
def test_twice_the_effort_for_twice_the_amount_has_twice_the_limits(values: list[int], factor: float) -> None:
    plain = chart("xmr", totals(values))
    longer = chart("xmr", totals([factor * x for x in values], [factor] * len(values)))
    for one, other in zip(plain, longer, strict=True):
        assert other.upper == pytest.approx(factor * (one.upper or 0.0))
        assert other.lower == pytest.approx(factor * (one.lower or 0.0))
        assert other.signal == one.signal


@given(counts, st.integers(-500, 500))
def test_shifting_a_series_shifts_its_limits(values: list[int], by: int) -> None:
    for one, other in zip(chart("xmr", totals(values)), chart("xmr", totals([x + by for x in values])), strict=True):
        assert other.upper == pytest.approx((one.upper or 0.0) + by, abs=1e-6)
        assert other.mean == pytest.approx((one.mean or 0.0) + by, abs=1e-6)


@given(st.lists(st.tuples(st.integers(1, 400), st.floats(0, 1)), min_size=6, max_size=25))
def test_a_point_is_outside_exactly_when_it_is_drawn_outside(cases: list[tuple[int, float]]) -> None:
    points = shares([round(n * part) for n, part in cases], [n for n, _ in cases])
    for point, each in zip(points, chart("p_prime", points, 100.0), strict=True):
        assert each.upper is not None and each.lower is not None
        is_drawn_outside = point.value > each.upper + 1e-6 or point.value < each.lower - 1e-6
        is_said_outside = each.signal is not None and each.signal.words in ("高于正常范围上限", "低于正常范围下限")
        assert is_said_outside == is_drawn_outside

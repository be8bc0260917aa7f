"""XmR charts against the published rules and the golden fixture."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.measure.variation import FIRM_POINTS, LEAST_POINTS, Limits, average_range, limits, meaning, signals

GOLDEN = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
KNOWN = Limits(mean=10.0, lower=4.0, upper=16.0)
UPPER_TWO, UPPER_THREE = "3 点中有 2 点接近正常范围上限", "3 点中有 3 点接近正常范围上限"
LOWER_TWO = "3 点中有 2 点接近正常范围下限"
ABOVE, BELOW = "高于正常范围上限", "低于正常范围下限"
counts = st.lists(st.integers(0, 1000), min_size=2, max_size=40)
levels = st.lists(st.integers(0, 20), min_size=8, max_size=20)
# A series whose level moves, so that rules have something to say.
moving = st.builds(lambda before, by, after: [*before, *(x + by for x in after)], levels, st.integers(0, 60), levels)


def words(points: Sequence[float], known: Limits) -> list[str]:
    return [signal.words if signal else "" for signal in signals(points, known)]


def test_golden_fixture_limits() -> None:
    screened, unscreened = limits(GOLDEN), limits(GOLDEN, screened=False)
    assert round(screened.mean, 3) == 1.944
    assert (round(screened.upper, 3), round(screened.lower, 3)) == (4.604, -0.716)
    assert (round(unscreened.upper, 3), round(unscreened.lower, 3)) == (6.952, -3.063)


def test_limits_are_useful_from_six_points_and_firm_from_twelve() -> None:
    assert (LEAST_POINTS, FIRM_POINTS) == (6, 12)


def test_only_ranges_from_the_screen_on_are_dropped() -> None:
    # Ranges nine of 1 and one of 5: mR̄ 1.4, so 4.57 and more are dropped; four of 1 and one of 3: 4.57 is not reached.
    assert average_range([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 6]) == 1.0
    assert average_range([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 6], screened=False) == 1.4
    assert average_range([0, 1, 0, 1, 0, 3]) == 1.4


def test_one_jump_in_a_series_that_stands_still_does_not_make_every_point_special() -> None:
    points = [0.1] * 20 + [5.1] + [0.1] * 5
    known = limits(points)
    assert known == limits(points, screened=False)
    assert [i for i, said in enumerate(words(points, known)) if said == ABOVE] == [20]
    assert BELOW not in words(points, known)


def test_one_point_has_no_limits() -> None:
    with pytest.raises(ValueError, match="two points"):
        limits([3.0])


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([10, 17, 10], ["", ABOVE, ""]),
        ([10, 16, 10], ["", "", ""]),
        ([10, 3, 10], ["", BELOW, ""]),
        ([7, 8, 9, 10, 11, 12, 13], ["连续 7 点上升"] * 7),
        ([7, 8, 9, 10, 11, 12], [""] * 6),
        ([7, 8, 9, 10, 11, 11, 12, 13], [""] * 8),
        ([13, 12, 11, 10, 9, 8, 7], ["连续 7 点下降"] * 7),
        ([9, 7, 8, 9, 10, 11, 12, 13, 12], ["", *["连续 7 点上升"] * 7, ""]),
        ([7, 8, 9, 10, 11, 12, 13, 12, 11, 10, 9, 8, 7], ["连续 7 点上升"] * 7 + ["连续 7 点下降"] * 6),
        ([15, 11, 15], [UPPER_TWO, "", UPPER_TWO]),
        ([15, 15, 15], [UPPER_THREE] * 3),
        ([5, 9, 5], [LOWER_TWO, "", LOWER_TWO]),
        ([14, 14, 14], ["", "", ""]),
        ([15, 9, 15], ["", "", ""]),
        ([15, 10, 15], ["", "", ""]),
        ([15, 5, 15], ["", "", ""]),
        ([15, 11, 11, 15], ["", "", "", ""]),
        ([17, 11, 15], [ABOVE, "", ""]),
        ([15, 17, 15], [UPPER_TWO, ABOVE, UPPER_TWO]),
        ([11, 12, 11, 12, 11, 12, 11], ["连续 7 点高于均值"] * 7),
        ([11, 12, 11, 12, 11, 12], [""] * 6),
        ([11, 12, 11, 10, 11, 12, 11, 12], [""] * 8),
    ],
)
def test_each_rule(points: list[float], expected: list[str]) -> None:
    assert words(points, KNOWN) == expected


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([9, 8, 9, 8, 9, 8, 3], ["连续 7 点低于均值"] * 6 + [BELOW]),
        ([11, 12, 13, 14, 15, 15.5, 17], ["连续 7 点上升"] * 6 + [ABOVE]),
        ([10, 11, 12, 13, 14.5, 15, 15.5], ["连续 7 点上升"] * 7),
        ([11, 12, 11, 12, 15, 11, 15], ["连续 7 点高于均值"] * 4 + [UPPER_TWO, "连续 7 点高于均值", UPPER_TWO]),
        ([11, 11.5, 12, 12.5, 13, 13.5, 13.8], ["连续 7 点上升"] * 7),
    ],
    ids=["outside before run", "outside before trend", "trend before near", "near before run", "trend before run"],
)
def test_the_rule_of_higher_precedence_is_named(points: list[float], expected: list[str]) -> None:
    assert words(points, KNOWN) == expected


def test_rising_is_said_of_what_is_seen() -> None:
    standardised, flat = [-1.0, -0.8, -0.6, -0.4, 0.2, 0.4, 0.6], [96.0] * 7
    assert signals(standardised, Limits(0.0, -3.0, 3.0), shown=flat) == [None] * 7
    assert signals(standardised, Limits(0.0, -3.0, 3.0))[0] is not None


@pytest.mark.parametrize("value", [336 / 140, 1e-12, 0.1 + 0.2, 1e12 / 7, 0.0])
def test_a_constant_series_never_signals(value: float) -> None:
    points = [value * 3 / 3 if i % 2 else value for i in range(26)]
    assert words(points, limits(points)) == [""] * 26


def test_figures_that_differ_by_rounding_alone_are_equal() -> None:
    points = [0.3] * 8 + [0.1 + 0.2] * 8
    assert words(points, limits(points)) == [""] * 16


def test_small_figures_signal_like_large_ones() -> None:
    small = [1e-10, 2e-10] * 8 + [9e-10]
    assert words(small, limits(small)) == words([x * 1e10 for x in small], limits([x * 1e10 for x in small]))
    assert words(small, limits(small))[-1] == ABOVE


@given(counts, st.integers(-1000, 1000), st.sampled_from([0.001, 0.5, 3.0, 1e6]))
def test_shifting_and_scaling_a_series_shifts_and_scales_its_limits(points: list[int], by: int, factor: float) -> None:
    plain, moved = limits(points), limits([factor * (x + by) for x in points])
    size = factor * 3000
    for before, after in zip(
        (plain.lower, plain.mean, plain.upper), (moved.lower, moved.mean, moved.upper), strict=True
    ):
        assert after == pytest.approx(factor * (before + by), abs=size * 1e-9)


@given(moving, st.sampled_from([2.0**-20, 0.25, 8.0, 2.0**30]))
def test_the_unit_of_a_series_does_not_change_its_signals(points: list[int], factor: float) -> None:
    scaled = [factor * x for x in points]
    assert words(scaled, limits(scaled)) == words(points, limits(points))


@given(moving)
def test_a_series_upside_down_signals_on_the_other_side(points: list[int]) -> None:
    there, back = signals(points, limits(points)), signals([-x for x in points], limits([-x for x in points]))
    assert [each and each.side for each in there] == [each and -each.side for each in back]


@given(counts)
def test_screening_never_widens(points: list[int]) -> None:
    assert average_range(points) <= average_range(points, screened=False)


@pytest.mark.parametrize(
    ("direction", "expected"), [("up", "improvement"), ("down", "concern"), ("neutral", "neutral")]
)
def test_direction_decides_what_a_high_point_means(direction: str, expected: str) -> None:
    high = signals([10, 17], KNOWN)[1]
    assert meaning(high, direction) == expected
    assert meaning(None, direction) == "none"


def test_a_low_point_of_a_metric_that_should_fall_is_an_improvement() -> None:
    low = signals([10, 3], KNOWN)[1]
    assert (meaning(low, "down"), meaning(low, "up")) == ("improvement", "concern")

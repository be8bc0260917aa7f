"""XmR charts against the published rules and the golden fixture."""

from __future__ import annotations

import pytest

from kpi.measure.variation import Limits, limits, meaning, signals

GOLDEN = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]


def test_golden_fixture_limits() -> None:
    screened, unscreened = limits(GOLDEN), limits(GOLDEN, screened=False)
    assert round(screened.mean, 3) == 1.944
    assert (round(screened.upper, 3), round(screened.lower, 3)) == (4.604, -0.716)
    assert (round(unscreened.upper, 3), round(unscreened.lower, 3)) == (6.952, -3.063)


def words(points: list[float], known: Limits) -> list[str]:
    return [signal.words if signal else "" for signal in signals(points, known)]


KNOWN = Limits(mean=10.0, lower=4.0, upper=16.0)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([10, 17, 10], ["", "高于正常范围上限", ""]),
        ([10, 3, 10], ["", "低于正常范围下限", ""]),
        ([7, 8, 9, 10, 11, 12, 13], ["连续 7 点上升"] * 7),
        ([7, 8, 9, 10, 11, 12], [""] * 6),
        ([13, 12, 11, 10, 9, 8, 7], ["连续 7 点下降"] * 7),
        ([15, 11, 15], ["3 点中有 2 点接近正常范围上限", "", "3 点中有 2 点接近正常范围上限"]),
        ([15, 9, 15], ["", "", ""]),
        ([17, 11, 15], ["高于正常范围上限", "", ""]),
        ([11, 12, 11, 12, 11, 12, 11], ["连续 7 点高于均值"] * 7),
        ([11, 12, 11, 10, 11, 12, 11, 12], [""] * 8),
        ([9, 8, 9, 8, 9, 8, 3], ["连续 7 点低于均值"] * 6 + ["低于正常范围下限"]),
    ],
)
def test_rules_and_their_precedence(points: list[float], expected: list[str]) -> None:
    assert words(points, KNOWN) == expected


def test_a_constant_series_never_signals() -> None:
    points = [336 / 140] * 26
    assert words(points, limits(points)) == [""] * 26


@pytest.mark.parametrize(
    ("direction", "expected"), [("up", "improvement"), ("down", "concern"), ("neutral", "neutral")]
)
def test_direction_decides_what_a_high_point_means(direction: str, expected: str) -> None:
    high = signals([10, 17], KNOWN)[1]
    assert meaning(high, direction) == expected
    assert meaning(None, direction) == "none"

"""Intervals, funnels, ranks and improbably good figures against published formulas (numbers checked with scipy)."""

from __future__ import annotations

from itertools import pairwise
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.measure.certainty import IMPROBABLE, Funnel, Rank, funnel, funnel_word, improbable, ranks, wilson

shares = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(101, 158, 0.561877, 0.709994), (1, 1, 0.206549, 1.0), (0, 10, 0.0, 0.277533), (0, 0, 0.0, 1.0)],
)
def test_wilson_intervals(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == pytest.approx((low, high), abs=1e-6)


def test_none_and_all_end_exactly() -> None:
    assert all(wilson(0, n)[0] == 0.0 and wilson(n, n)[1] == 1.0 for n in range(1, 400))


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5), (1, 0)])
def test_what_is_no_share_has_no_interval(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(k, n)


@given(shares)
def test_an_interval_lies_in_0_to_1_and_contains_its_share(of: tuple[int, int]) -> None:
    k, n = of
    low, high = wilson(k, n)
    assert 0 <= low <= k / n <= high <= 1


@given(shares)
def test_more_cases_of_the_same_share_are_surer(of: tuple[int, int]) -> None:
    widths = [high - low for low, high in (wilson(of[0] * times, of[1] * times) for times in (1, 2, 10))]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 3


@given(shares)
def test_the_interval_of_the_others_is_the_same_upside_down(of: tuple[int, int]) -> None:
    low, high = wilson(*of)
    assert wilson(of[1] - of[0], of[1]) == pytest.approx((1 - high, 1 - low))


def test_a_funnel_around_the_county() -> None:
    assert funnel(0.9535, 400) == pytest.approx((0.932865, 0.974135, 0.920965, 0.986035), abs=1e-6)
    assert funnel(0.9535, 30) == pytest.approx((0.878152, 1.0, 0.834700, 1.0), abs=1e-6)
    assert funnel(0.0, 30) == Funnel(0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(("p", "n"), [(-0.1, 5), (1.1, 5), (0.5, 0)])
def test_a_funnel_needs_a_share_and_cases(p: float, n: int) -> None:
    with pytest.raises(ValueError, match="no funnel"):
        funnel(p, n)


@given(st.floats(0.001, 0.999), st.integers(1, 5000), st.integers(1, 5000))
def test_a_funnel_narrows_with_n_and_its_outer_limits_lie_outside(p: float, one: int, other: int) -> None:
    few, many = sorted((one, other))
    wide, narrow = funnel(p, few), funnel(p, many)
    assert wide.lower_998 <= narrow.lower_998 <= narrow.lower_95 <= p <= narrow.upper_95 <= narrow.upper_998
    assert narrow.upper_998 <= wide.upper_998
    assert wide.lower_998 <= wide.lower_95 and wide.upper_95 <= wide.upper_998


@pytest.mark.parametrize(
    ("k", "n", "p", "word"),
    [
        (369, 400, 0.9535, "范围内"),
        (368, 400, 0.9535, "低于"),
        (395, 400, 0.9535, "高于"),
        (394, 400, 0.9535, "范围内"),
        # 0.93 cases expected not to be satisfied: P(≤ 15 of 20) = 0.0019, P(≤ 14 of 20) = 0.0002.
        (15, 20, 0.9535, "范围内"),
        (14, 20, 0.9535, "低于"),
        (20, 20, 0.9535, "范围内"),
        # Two expected: P(≥ 8 of 200) = 0.00101, P(≥ 9 of 200) = 0.0002; the normal limit would be 6.3.
        (8, 200, 0.01, "范围内"),
        (9, 200, 0.01, "高于"),
        (0, 200, 0.01, "范围内"),
        (1, 5, 0.0, "高于"),
        (0, 5, 0.0, "范围内"),
        (4, 5, 1.0, "低于"),
        (5, 5, 1.0, "范围内"),
        (200, 200, 0.01, "高于"),
        (0, 0, 0.9, "范围内"),
    ],
)
def test_where_a_member_lies_to_the_whole(k: int, n: int, p: float, word: str) -> None:
    assert funnel_word(k, n, p) == word


def test_one_dissatisfied_person_in_a_small_town_is_no_outlier() -> None:
    assert funnel(0.9978, 12).lower_998 > 11 / 12
    assert funnel_word(11, 12, 0.9978) == "范围内"


@pytest.mark.parametrize(("k", "n", "p"), [(-1, 5, 0.5), (6, 5, 0.5), (1, 5, 1.5)])
def test_what_is_no_share_lies_nowhere(k: int, n: int, p: float) -> None:
    with pytest.raises(ValueError, match="no share"):
        funnel_word(k, n, p)


@given(shares, st.floats(0, 1))
def test_many_of_one_are_few_of_the_other(of: tuple[int, int], p: float) -> None:
    opposite = {"高于": "低于", "低于": "高于", "范围内": "范围内"}
    q = 1 - p
    assert funnel_word(of[1] - of[0], of[1], q) == opposite[funnel_word(*of, 1 - q)]


@given(st.integers(1, 300), st.floats(0, 1))
def test_more_of_the_same_n_never_lies_lower(n: int, p: float) -> None:
    order = ["低于", "范围内", "高于"]
    places = [order.index(funnel_word(k, n, p)) for k in range(n + 1)]
    assert all(before <= after for before, after in pairwise(places))


def test_ties_share_a_place_and_the_next_is_skipped() -> None:
    assert ranks([95.2, 98.1, 95.2, None, 90.0], "high", 1) == [
        Rank(2, True),
        Rank(1, False),
        Rank(2, True),
        None,
        Rank(4, False),
    ]
    assert ranks([3, 1, 3, 2], "low", 0) == [Rank(3, True), Rank(1, False), Rank(3, True), Rank(2, False)]


def test_values_that_read_the_same_are_ranked_the_same() -> None:
    assert ranks([95.24, 95.16], "high", 1) == [Rank(1, True), Rank(1, True)]
    assert ranks([95.24, 95.16], "high", 2) == [Rank(1, False), Rank(2, False)]
    # 99.996 % is never shown as 100.00 %, so it does not tie with all satisfied.
    assert ranks([100.0, 99.996], "high", 2, "%") == [Rank(1, False), Rank(2, False)]


def test_zero_ties_with_what_rounds_to_it_from_below() -> None:
    assert ranks([0.0, -0.04, 0.04, -0.06], "high", 1) == [Rank(1, True), Rank(1, True), Rank(1, True), Rank(4, False)]


def test_nothing_to_rank() -> None:
    assert ranks([], "high", 0) == []
    assert ranks([None, None], "low", 0) == [None, None]


def test_best_is_high_or_low() -> None:
    with pytest.raises(ValueError, match="not 'up'"):
        ranks([1.0], "up", 0)


@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=30), st.integers(0, 3), st.sampled_from(["high", "low"]))
def test_a_place_counts_those_that_read_better(values: list[float | None], digits: int, best: str) -> None:
    sign = -1 if best == "high" else 1
    for value, rank in zip(values, ranks(values, best, digits), strict=True):
        if value is None or rank is None:
            assert value is None and rank is None
            continue
        better = sum(1 for other in values if other is not None and sign * other < sign * value)
        assert rank.place <= better + 1
        sharing = [each for each in ranks(values, best, digits) if each and each.place == rank.place]
        assert rank.is_tied == (len(sharing) > 1)


def test_one_valid_complaint_among_136_639_is_too_good_to_go_unquestioned() -> None:
    expected, probability = improbable(1, 136_639, 92.8 / 1_000_000)
    assert expected == pytest.approx(12.68, abs=1e-3)
    assert probability == pytest.approx(4.2579e-5, rel=1e-4)
    assert probability < IMPROBABLE


@pytest.mark.parametrize(
    ("k", "n", "rate", "probability"),
    [
        (5, 12.0, 1.0, 0.020341029),
        (12, 12.0, 1.0, 0.575965),
        (20, 12.0, 1.0, 0.988402263),
        (999_900, 1e6, 1.0, 0.460436153),
        (1_000_100, 1e6, 1.0, 0.540091794),
        (0, 1e6, 1.0, 0.0),
        (1000, 1.0, 1.0, 1.0),
        (0, 5.0, 0.0, 1.0),
        (3, 0.0, 0.5, 1.0),
        (0, 2.0, 1.0, exp(-2)),
    ],
)
def test_poisson_probabilities_small_and_large(k: int, n: float, rate: float, probability: float) -> None:
    assert improbable(k, n, rate)[1] == pytest.approx(probability, rel=1e-6, abs=1e-300)


@pytest.mark.parametrize(("k", "n", "rate"), [(-1, 1.0, 1.0), (1, -1.0, 1.0), (1, 1.0, -1.0)])
def test_counts_below_zero_are_refused(k: int, n: float, rate: float) -> None:
    with pytest.raises(ValueError, match="below zero"):
        improbable(k, n, rate)


@given(st.integers(0, 200), st.floats(0.01, 200))
def test_probabilities_grow_with_k_and_stay_in_0_to_1(k: int, mean: float) -> None:
    one, next_one = improbable(k, 1.0, mean)[1], improbable(k + 1, 1.0, mean)[1]
    assert 0 <= one <= next_one + 1e-12 <= 1 + 1e-12

"""Laney's p′ and u′ charts against examples worked by hand (and checked with numpy) and their laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.measure.rate_charts import p_prime, u_prime
from kpi.measure.variation import limits

SATISFIED = [95, 180, 141, 98, 286, 190, 92, 147]
RATED = [100, 200, 150, 100, 300, 200, 100, 150]
USED = [12, 20, 9, 30, 16, 14, 25, 11]
MACHINE_DAYS = [10, 16, 8, 20, 14, 10, 20, 8]
EVERY = range(8)
sizes = st.lists(st.integers(1, 10_000), min_size=6, max_size=30)


def test_a_p_prime_chart_worked_by_hand() -> None:
    # p̄ = 1229 / 1300; z = 0.2031 −2.8246 −0.2902 1.5234 0.6059 0.2873 −1.1171 1.8657; σ_z = 1.8570 / 1.128.
    drawn = p_prime(SATISFIED, RATED, EVERY, screened=True)
    assert drawn is not None
    assert drawn.centre == pytest.approx(0.945385, abs=1e-6)
    assert [round(half, 6) for half in drawn.half_widths[:3]] == [0.112225, 0.079355, 0.091632]
    assert drawn.standardised[1] == pytest.approx(-2.8246 / 1.646298, abs=1e-4)


def test_a_u_prime_chart_worked_by_hand() -> None:
    # ū = 137 / 106; σ_z = 0.6496 / 1.128: the machines differ less than chance alone would make them.
    drawn = u_prime(USED, MACHINE_DAYS, EVERY, screened=True)
    assert drawn is not None
    assert drawn.centre == pytest.approx(1.292453, abs=1e-6)
    assert [round(drawn.centre - half, 5) for half in drawn.half_widths[:3]] == [0.67139, 0.80146, 0.59808]
    assert [round(drawn.centre + half, 5) for half in drawn.half_widths[:3]] == [1.91352, 1.78345, 1.98683]


def test_only_the_baseline_sets_centre_and_spread() -> None:
    locked = p_prime([*SATISFIED, 10], [*RATED, 100], EVERY, screened=True)
    drawn = p_prime(SATISFIED, RATED, EVERY, screened=True)
    assert locked is not None and drawn is not None
    assert (locked.centre, locked.half_widths[:8]) == (drawn.centre, drawn.half_widths)
    assert locked.standardised[8] < -20


def test_screening_leaves_a_single_jump_out_of_the_spread() -> None:
    events, cases = [50, 52, 49, 51, 50, 10, 51, 49, 50, 52, 51, 49, 50, 51], [100] * 14
    kept, raw = (p_prime(events, cases, range(14), screened) for screened in (True, False))
    assert kept is not None and raw is not None
    assert kept.half_widths[0] < raw.half_widths[0] / 2
    assert kept.standardised[5] < -3


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.9978, 1.0])
def test_equal_rates_are_all_on_the_centre(rate: float) -> None:
    cases = [300.0, 7.0, 1e6, 41.0, 993.0, 12.0]
    drawn = p_prime([rate * n for n in cases], cases, range(6), screened=True)
    assert drawn is not None
    assert set(drawn.half_widths) == {0.0}
    assert set(drawn.standardised) == {0.0}


def test_another_rate_after_a_baseline_without_any_spread_lies_outside() -> None:
    drawn = p_prime([100] * 6 + [99], [100] * 7, range(6), screened=True)
    assert drawn is not None
    assert drawn.standardised[6] < -3


def test_events_that_are_no_part_of_their_n_get_no_chart() -> None:
    assert p_prime([3] * 6, [2] * 6, range(6), screened=True) is None
    assert u_prime([-3] * 6, [2] * 6, range(6), screened=True) is None
    assert u_prime([3] * 6, [2] * 6, range(6), screened=True) is not None


@given(st.lists(st.integers(0, 500), min_size=6, max_size=30))
def test_of_a_constant_n_both_charts_are_as_wide_as_an_xmr_chart(events: list[int]) -> None:
    cases = [500.0] * len(events)
    known = limits([k / 500 for k in events])
    for drawn in (p_prime(events, cases, range(len(events)), True), u_prime(events, cases, range(len(events)), True)):
        assert drawn is not None
        assert drawn.centre == pytest.approx(known.mean)
        assert drawn.half_widths[0] == pytest.approx(known.upper - known.mean, rel=1e-3, abs=1e-12)


@given(sizes, st.randoms(use_true_random=False))
def test_more_cases_have_narrower_limits(cases: list[int], random: object) -> None:
    events = [n // 3 + (n > 2 and i % 2) for i, n in enumerate(cases)]
    drawn = p_prime(events, cases, range(len(cases)), True)
    assert drawn is not None
    ordered = [half for _, half in sorted(zip(cases, drawn.half_widths, strict=True), key=lambda pair: pair[0])]
    assert ordered == sorted(ordered, reverse=True)


@given(sizes)
def test_a_share_and_the_share_of_the_others_have_the_same_limits_upside_down(cases: list[int]) -> None:
    events = [n * (i % 3) // 3 for i, n in enumerate(cases)]
    one = p_prime(events, cases, range(len(cases)), True)
    other = p_prime([n - k for n, k in zip(cases, events, strict=True)], cases, range(len(cases)), True)
    assert one is not None and other is not None
    assert one.centre == pytest.approx(1 - other.centre)
    assert one.half_widths == pytest.approx(other.half_widths, abs=1e-9)

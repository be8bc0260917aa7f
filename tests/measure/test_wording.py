"""Figures in words: full digits rounded by hand, and never a clean hundred that is not one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.measure import decimals_of, digits, figure, rounded, with_unit
from kpi.measure.wording import MOST_DECIMALS


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (0.125, 2, "0.13"),
        (2.675, 2, "2.68"),
        (2.5, 0, "3"),
        (-0.125, 2, "−0.13"),
        (1234567, 0, "1,234,567"),
        (-0.04, 1, "0.0"),
    ],
)
def test_digits_are_rounded_half_up_as_by_hand(value: float, decimals: int, shown: str) -> None:
    assert digits(value, decimals) == shown


def test_a_rate_never_claims_a_clean_hundred_or_zero_that_is_not_one() -> None:
    assert with_unit(100 * 136_095 / 136_100, "%", 2) == "99.996%"
    assert with_unit(100 / 136_100, "%", 2) == "0.001%"
    assert with_unit(100.0, "%", 2) == "100.00%"
    assert with_unit(0.0, "%", 2) == "0.00%"


@given(st.integers(1, 10_000_000), st.integers(1, 10_000_000))
def test_a_share_short_of_all_never_reads_as_all(some: int, rest: int) -> None:
    shown = figure(100 * some / (some + rest), "%", 1)
    assert shown not in {"0.0", "100.0"} or rounded(100 * some / (some + rest), MOST_DECIMALS) in (0, 100)


@pytest.mark.parametrize(("target", "shown"), [(95.0, "95%"), (99.5, "99.50%")])
def test_a_whole_target_is_written_without_decimals(target: float, shown: str) -> None:
    assert with_unit(target, "%", decimals_of(target, 2)) == shown


def test_a_missing_figure_is_a_dash_without_a_unit() -> None:
    assert (digits(None), figure(None, "%", 2), with_unit(None, "宗")) == ("—", "—", "—")

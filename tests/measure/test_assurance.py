"""Will it go on meeting its target? The normal range, or a projection, against the target."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.measure.assurance import ICONS, assurance, outlook, variation_word

PASSES, FAILS, INCONSISTENT = "稳定达标", "稳定不达", "时好时坏"
edges = st.integers(-50, 50)


@pytest.mark.parametrize(
    ("lower", "upper", "low", "high", "direction", "expected"),
    [
        (95.2, 98.0, 95.0, None, "at_least", PASSES),
        (91.0, 94.9, 95.0, None, "at_least", FAILS),
        (93.0, 97.0, 95.0, None, "at_least", INCONSISTENT),
        (2.0, 4.0, None, 5.0, "at_most", PASSES),
        (6.0, 9.0, None, 5.0, "at_most", FAILS),
        (4.0, 9.0, None, 5.0, "at_most", INCONSISTENT),
        (2.0, 4.0, 5.0, None, "at_most", PASSES),
        (6.0, 9.0, None, 5.0, "at_least", PASSES),
        (2.0, 4.0, 1.0, 5.0, "at_most", PASSES),
        (2.0, 4.0, 1.0, 5.0, "at_least", PASSES),
        (384.0, 384.0, 384.0, None, "exactly", PASSES),
        (380.0, 383.0, 384.0, None, "exactly", FAILS),
        (385.0, 390.0, 384.0, None, "exactly", FAILS),
        (380.0, 390.0, 384.0, None, "exactly", INCONSISTENT),
        (41.0, 59.0, 40.0, 60.0, "between", PASSES),
        (61.0, 75.0, 40.0, 60.0, "between", FAILS),
        (20.0, 39.0, 40.0, 60.0, "between", FAILS),
        (39.0, 59.0, 40.0, 60.0, "between", INCONSISTENT),
        (41.0, 61.0, 40.0, 60.0, "between", INCONSISTENT),
        (30.0, 70.0, 40.0, 60.0, "between", INCONSISTENT),
    ],
)
def test_the_normal_range_decides(
    lower: float, upper: float, low: float | None, high: float | None, direction: str, expected: str
) -> None:
    assert assurance(lower, upper, low, high, direction, "up") == expected


def test_a_limit_on_the_target_meets_it_so_that_none_overdue_ever_passes() -> None:
    assert assurance(0.0, 0.0, 0.0, None, "at_most", "down") == PASSES
    assert assurance(100.0, 100.0, 100.0, None, "at_least", "up") == PASSES
    assert assurance(0.1 + 0.2, 1.0, 0.3, None, "at_least", "up") == PASSES
    assert assurance(0.3, 1.0, 0.1 + 0.2, None, "at_least", "up") == PASSES


def test_nothing_is_said_of_neutral_metrics_or_without_target_or_limits() -> None:
    assert assurance(95.2, 98.0, 95.0, None, "at_least", "neutral") == ""
    assert assurance(95.2, 98.0, None, None, "at_least", "up") == ""
    assert assurance(None, 98.0, 95.0, None, "at_least", "up") == ""
    assert assurance(95.2, None, 95.0, None, "at_least", "up") == ""


def test_an_unknown_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown direction 'above'"):
        assurance(1.0, 2.0, 1.0, None, "above", "up")
    with pytest.raises(ValueError, match="unknown direction 'above'"):
        outlook(1.0, 2.0, 1.0, "above")


@given(edges, edges, edges)
def test_at_most_is_at_least_upside_down(one: int, other: int, target: int) -> None:
    lower, upper = sorted((one, other))
    assert assurance(lower, upper, target, None, "at_least", "up") == assurance(
        -upper, -lower, -target, None, "at_most", "down"
    )


@given(edges, edges, edges, edges)
def test_passing_means_that_every_point_of_the_range_meets_the_target(a: int, b: int, c: int, d: int) -> None:
    (lower, upper), (low, high) = sorted((a, b)), sorted((c, d))
    meets = [low <= x <= high for x in range(lower, upper + 1)]
    said = assurance(lower, upper, low, high, "between", "up")
    assert said == (PASSES if all(meets) else INCONSISTENT if any(meets) else FAILS)


@pytest.mark.parametrize(
    ("low", "high", "target", "direction", "expected"),
    [
        (2010.0, 2200.0, 2000.0, "at_least", "预计可达"),
        (1800.0, 1990.0, 2000.0, "at_least", "预计不达"),
        (1900.0, 2100.0, 2000.0, "at_least", "尚难判断"),
        (1900.0, 1999.0, 2000.0, "at_most", "预计可达"),
        (2001.0, 2100.0, 2000.0, "at_most", "预计不达"),
        (1900.0, 2100.0, 2000.0, "exactly", "尚难判断"),
        (None, 2100.0, 2000.0, "at_least", ""),
        (1900.0, None, 2000.0, "at_least", ""),
        (1900.0, 2100.0, None, "at_least", ""),
    ],
)
def test_a_projection_decides_of_a_yearly_amount(
    low: float | None, high: float | None, target: float | None, direction: str, expected: str
) -> None:
    assert outlook(low, high, target, direction) == expected


def test_a_projection_is_held_against_both_ends_of_a_range() -> None:
    assert outlook(45.0, 55.0, 40.0, "between", 60.0) == "预计可达"
    assert outlook(45.0, 65.0, 40.0, "between", 60.0) == "尚难判断"
    assert outlook(65.0, 75.0, 40.0, "between", 60.0) == "预计不达"


@pytest.mark.parametrize(
    ("kind", "word"), [("improvement", "变好"), ("concern", "变差"), ("neutral", "有变化"), ("none", "正常波动")]
)
def test_words_of_variation(kind: str, word: str) -> None:
    assert variation_word(kind, has_limits=True) == word
    assert variation_word(kind, has_limits=False) == "点数不足"


def test_an_unknown_kind_of_signal_stays_without_word() -> None:
    with pytest.raises(KeyError):
        variation_word("good", has_limits=True)


def test_every_word_has_one_shape_of_its_own_that_every_chinese_font_has() -> None:
    assert set(ICONS) == {
        *("变好", "变差", "有变化", "正常波动", "点数不足"),
        *("稳定达标", "稳定不达", "时好时坏"),
        *("预计可达", "预计不达", "尚难判断"),
    }
    assert len(set(ICONS.values())) == len(ICONS)
    assert all(len(glyph) == 1 and len(glyph.encode("gb2312")) == 2 for glyph in ICONS.values())
    assert not set(ICONS.values()) & set("✓!✕–▲▼")

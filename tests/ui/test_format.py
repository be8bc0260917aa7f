"""Numbers, changes and days as people in the bureau read them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from kpi.ui import format as fmt


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "shown"),
    [
        (147_014, "宗", 0, ("14.7", "万宗")),
        (136_639, "条", 0, ("13.7", "万条")),
        (10_480, "宗", 0, ("10,480", "宗")),
        (1_876, "宗", 0, ("1,876", "宗")),
        (123_456_789, "元", 0, ("1.23", "亿元")),
        (95.35, "%", 2, ("95.35", "%")),
        (0, "台", 0, ("0", "台")),
        (None, "%", 2, ("—", "%")),
        (-3.5, "小时", 1, ("−3.5", "小时")),
    ],
)
def test_a_headline_figure_goes_by_magnitude(
    value: float | None, unit: str, decimals: int, shown: tuple[str, str]
) -> None:
    assert fmt.headline(value, unit, decimals) == shown


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "shown"),
    [
        (3.6, "%", 1, "▲ 3.6%"),
        (-29.04, "%", 1, "▼ 29.0%"),
        (-4.2, "个百分点", 2, "▼ 4.20 个百分点"),
        (3, "台", 0, "▲ 3 台"),
        (0.0, "%", 1, "持平"),
        (0.04, "%", 1, "持平"),
        (None, "%", 1, "—"),
    ],
)
def test_a_change_shows_its_direction_and_its_own_unit(
    value: float | None, unit: str, decimals: int, shown: str
) -> None:
    assert fmt.change(value, unit, decimals) == shown


def test_parts_are_shown_for_shares_only() -> None:
    assert fmt.parts(40_047, 42_000, True) == "40,047 / 42,000"
    assert fmt.parts(40_047, 42_000, False) == ""
    assert fmt.parts(None, 42_000, True) == ""


def test_days_and_moments_are_read_in_chinese() -> None:
    assert fmt.day(date(2023, 12, 3)) == "2023年12月3日"
    assert fmt.day(None) == "—"
    assert fmt.minute(datetime(2023, 12, 5, 8, 30)) == "2023-12-05 08:30"
    assert fmt.span(date(2023, 12, 1), date(2023, 12, 31)) == "2023年12月1日－12月31日"
    assert fmt.span(date(2022, 12, 1), date(2023, 1, 31)) == "2022年12月1日－2023年1月31日"
    assert fmt.span(date(2023, 12, 1), date(2023, 12, 1)) == "2023年12月1日"

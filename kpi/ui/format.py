"""Headline figures, differences and days as people in the bureau read them on a screen."""

from __future__ import annotations

from datetime import date, datetime

from kpi.calendar import Period, short_day
from kpi.measure import digits, figure, rounded

WAN = 10_000
YI = 100_000_000
# A count below 1.1 万 is still read faster digit by digit: 8,352 件, 10,480 宗.
HEADLINE_FROM = 11_000


def headline(value: float | None, unit: str, decimals: int = 0) -> tuple[str, str]:
    """Return a headline figure and its unit by magnitude: ("14.7", "万宗"); null is ("—", unit)."""
    if value is None:
        return "—", unit
    size = abs(value)
    if unit == "%":
        return figure(value, unit, decimals), unit
    if size >= YI:
        return digits(value / YI, 2), f"亿{unit}"
    if size >= HEADLINE_FROM:
        return digits(value / WAN, 1), f"万{unit}"
    return digits(value, decimals), unit


def change(value: float | None, unit: str, decimals: int = 1) -> str:
    """Return a change with its direction: ▲ 0.4 个百分点, ▼ 3.6%, ▲ 3 台, 持平; null (not comparable) is —."""
    if value is None:
        return "—"
    amount = rounded(abs(value), decimals)
    if amount == 0:
        return "持平"
    return f"{'▲' if value > 0 else '▼'} {amount:,}{'' if unit == '%' else ' '}{unit}"


def parts(numerator: float | None, denominator: float | None, is_rate: bool) -> str:
    """Return what a rate was made of, 40,047 / 42,000; a number that is no share has no parts and gives ""."""
    if not is_rate or numerator is None or denominator is None:
        return ""
    return f"{digits(numerator)} / {digits(denominator)}"


def day(value: date | None) -> str:
    """Return a day as 2023年12月3日; null is —."""
    return "—" if value is None else f"{value.year}年{short_day(value)}"


def brief(period: Period) -> str:
    """Return a period in as few words as a card has room for: 第 52 周 · 12月 · 2023 年 · 第 4 季度 · 12月3日."""
    if period.kind == "week":
        return f"第 {period.first.isocalendar().week} 周"
    if period.kind == "quarter":
        return f"第 {(period.first.month + 2) // 3} 季度"
    if period.kind == "day":
        return short_day(period.first)
    return f"{period.first.month}月" if period.kind == "month" else f"{period.first.year} 年"


def minute(value: datetime | None) -> str:
    """Return a moment as 2023-12-05 08:30; null is —."""
    return "—" if value is None else f"{value:%Y-%m-%d %H:%M}"


def span(first: date | None, last: date | None) -> str:
    """Return a stretch of days as 2023年12月1日－12月31日, naming the second year only when it differs."""
    if first is None or last is None:
        return "—"
    if first == last:
        return day(first)
    return f"{day(first)}－{short_day(last) if first.year == last.year else day(last)}"

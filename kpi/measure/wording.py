"""How figures and targets are put into words, the same on every page and in every document."""

from __future__ import annotations

from kpi.catalogue import SIGNS, Metric, Target

MOST_DECIMALS = 6


def number(value: float, decimals: int) -> str:
    """Return full digits with separators and a true minus sign: 147,014 · −3.25."""
    return f"{value:,.{decimals}f}".replace("-", "−")


def figure(value: float, unit: str, decimals: int) -> str:
    """Return a value in full digits; a rate below 100 % is never rounded up to 100, nor one above 0 down to 0."""
    if unit == "%" and 0 < value < 100:
        while decimals < MOST_DECIMALS and round(value, decimals) in (0.0, 100.0):
            decimals += 1
    return number(value, decimals)


def with_unit(value: float, unit: str, decimals: int) -> str:
    """Return a value with its unit: 95.35% · 147,014 宗."""
    return f"{figure(value, unit, decimals)}{'' if unit == '%' else ' '}{unit}"


def target_text(metric: Metric, target: Target | None, resolved: float | None) -> str:
    """Return a target as it stands beside its figure: ≥ 95% · 年目标 ≥ 2,000 宗 · 未设目标."""
    if target is None:
        return "未设目标"
    if resolved is None:
        return f"较上年同期{_relative(target)}（缺基线）"
    decimals = metric.decimals if resolved != round(resolved) else 0
    amount = f"{SIGNS[target.direction]} {with_unit(resolved, metric.unit, decimals)}"
    if target.relative_to_last_year:
        return f"{amount}（较上年同期{_relative(target)}）"
    return f"年目标 {amount}" if target.period == "year" else amount


def _relative(target: Target) -> str:
    change = (target.value - 1) * 100
    return f"{'下降' if change < 0 else '上升'} {abs(change):.0f}%"

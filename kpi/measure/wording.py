"""How figures and targets are put into words, the same on every page and in every document."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from kpi.catalogue import SIGNS, Metric, Target

MOST_DECIMALS = 6
NOTHING = "—"
SPANS = {"year": "年目标 ", "quarter": "季目标 ", "month": "月目标 ", "week": "周目标 "}


def rounded(value: float, decimals: int) -> Decimal:
    """Return ``value`` rounded half up at ``decimals`` digits, the way it is done by hand (never to even)."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def digits(value: float | None, decimals: int = 0) -> str:
    """Return full digits with separators and a true minus sign: 147,014 · −3.25; null is —."""
    if value is None:
        return NOTHING
    amount = rounded(value, decimals)
    return f"{amount if amount else abs(amount):,}".replace("-", "−")


def figure(value: float | None, unit: str, decimals: int = 0) -> str:
    """Return a value in full digits; a rate below 100 % is never rounded up to 100, nor one above 0 down to 0."""
    if unit == "%" and value is not None and 0 < value < 100:
        while decimals < MOST_DECIMALS and rounded(value, decimals) in (0, 100):
            decimals += 1
    return digits(value, decimals)


def with_unit(value: float | None, unit: str, decimals: int = 0) -> str:
    """Return a value with its unit: 95.35% · 147,014 宗; null is — without one."""
    if value is None:
        return NOTHING
    return f"{figure(value, unit, decimals)}{'' if unit in ('%', '') else ' '}{unit}"


def decimals_of(target: float, decimals: int) -> int:
    """Return the decimals a target is written with: none when it is a whole number, as documents state it."""
    return 0 if target == round(target) else decimals


def target_text(metric: Metric, target: Target | None, low: float | None, high: float | None = None) -> str:
    """Return a target as it stands beside its figure: ≥ 95% · 年目标 ≥ 2,000 宗 · 介于 5%－8% · 未设目标."""
    if target is None:
        return "未设目标"
    if low is None:
        return f"较上年同期{_relative(target)}（缺基线）"
    if high is not None:
        amount = f"介于 {_amount(metric, low)}－{_amount(metric, high)}"
    else:
        amount = f"{SIGNS[target.direction]} {_amount(metric, low)}"
    if target.relative_to_last_year:
        return f"{amount}（较上年同期{_relative(target)}）"
    whose = "" if target.scope in ("county", "each_town") else f"{target.scope} "
    return f"{SPANS.get(target.period, '')}{whose}{amount}"


def _amount(metric: Metric, value: float) -> str:
    return with_unit(value, metric.unit, decimals_of(value, metric.decimals))


def _relative(target: Target) -> str:
    change = ((target.value or 0.0) - 1) * 100
    return f"{'下降' if change < 0 else '上升'} {digits(abs(change))}%"

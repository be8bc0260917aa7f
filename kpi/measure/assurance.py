"""Two words beside a figure: is it changing, and will it go on meeting its target?

NHS England "Making Data Count" (NHSRplotthedots 050b07d, ptd_calculate_assurance_type): the normal range,
not the last point, is held against the target. Yearly amounts are judged by their projection instead.
"""

from __future__ import annotations

VARIATION = {"improvement": "变好", "concern": "变差", "neutral": "有变化", "none": "正常波动"}
TOO_FEW = "点数不足"
PASSES, FAILS, INCONSISTENT = "稳定达标", "稳定不达", "时好时坏"
LIKELY, UNLIKELY, OPEN = "预计可达", "预计不达", "尚难判断"
# One shape per word, all of GB 2312: every Chinese font has them and they differ without colour. They are
# none of the shapes that mark a status (✓ ! ✕ –) or the way a number went (▲ ▼).
ICONS = {
    "变好": "☆",
    "变差": "※",
    "有变化": "◆",
    "正常波动": "～",
    TOO_FEW: "…",
    PASSES: "●",
    FAILS: "○",
    INCONSISTENT: "◎",
    LIKELY: "■",
    UNLIKELY: "□",
    OPEN: "？",
}
DIRECTIONS = ("at_least", "at_most", "exactly", "between")
EPSILON = 1e-9


def assurance(
    lower: float | None,
    upper: float | None,
    target_low: float | None,
    target_high: float | None,
    direction: str,
    metric_direction: str,
) -> str:
    """Return 稳定达标, 稳定不达, 时好时坏, or "" for a neutral metric, no target or no limits.

    ``lower`` and ``upper`` are the normal range in the metric's unit, unclipped. A target of one number may
    stand in either place; ``between`` has both. The range lies wholly where the target wants it, wholly
    outside, or across its edge (Making Data Count). A limit right on the target meets it, as "not below"
    says: the NHS compares strictly, which differs only for a series that never varies, such as none overdue.
    Raises ValueError for an unknown direction.
    """
    if metric_direction == "neutral":
        return ""
    return _placed(lower, upper, target_low, target_high, direction, (PASSES, FAILS, INCONSISTENT))


def outlook(
    projection_low: float | None,
    projection_high: float | None,
    target: float | None,
    direction: str,
    target_high: float | None = None,
) -> str:
    """Return 预计可达, 预计不达 or 尚难判断 for an amount whose year end is projected between two bounds.

    Bounds and target are in the metric's unit; "" when one is missing; ``target_high`` is the upper end of a
    ``between``. Raises ValueError for an unknown direction.
    """
    return _placed(projection_low, projection_high, target, target_high, direction, (LIKELY, UNLIKELY, OPEN))


def _placed(
    lower: float | None,
    upper: float | None,
    target_low: float | None,
    target_high: float | None,
    direction: str,
    words: tuple[str, str, str],
) -> str:
    if direction not in DIRECTIONS:
        raise ValueError(f"unknown direction {direction!r}")
    low, high = _wanted(target_low, target_high, direction)
    if lower is None or upper is None or (low is None and high is None):
        return ""
    inside, outside, across = words
    slack = EPSILON * max(abs(edge) for edge in (lower, upper, low, high) if edge is not None)
    if (low is not None and upper < low - slack) or (high is not None and lower > high + slack):
        return outside
    if (low is None or lower >= low - slack) and (high is None or upper <= high + slack):
        return inside
    return across


def _wanted(target_low: float | None, target_high: float | None, direction: str) -> tuple[float | None, float | None]:
    """Return the lowest and the highest value that meet the target; None where it sets no such bound."""
    if direction == "between":
        return target_low, target_high
    first, second = (target_high, target_low) if direction == "at_most" else (target_low, target_high)
    value = second if first is None else first
    return (None if direction == "at_most" else value), (None if direction == "at_least" else value)


def variation_word(signal_kind: str, has_limits: bool) -> str:
    """Return 变好, 变差, 有变化 or 正常波动 for what ``variation.meaning`` said of a point; 点数不足 without limits.

    Raises KeyError for any other kind of signal.
    """
    return VARIATION[signal_kind] if has_limits else TOO_FEW

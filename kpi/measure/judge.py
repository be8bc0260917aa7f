"""Is it on target? The rules that turn a figure into one of the statuses, in one place.

| order | holds when | status |
| --- | --- | --- |
| 1 | no file in force covers any day of the period | 缺实绩 |
| 2 | no target is in force for the metric | 未设目标 |
| 3 | the target is relative and last year has no figure | 缺基线 |
| 4 | fewer records than the metric's minimum n | 样本不足 |
| 5 | a yearly amount, year over: reached / not reached | 达标 / 未达标 |
| 6 | a yearly amount under way: at or ahead of pace / within 5 % behind / further behind | 超前 / 关注 / 落后 |
| 7 | a yearly ceiling under way: broken / ahead of pace / within | 未达标 / 关注 / 本期未完 |
| 8 | target missed in a finished period / so far | 未达标 / 落后 |
| 9 | target met, but the source is late | 数据过期 |
| 10 | target met, but some towns have not reported | 覆盖不全 |
| 11 | target met, but the period is not over | 本期未完 |
| 12 | target met, but the latest point is a signal of concern | 关注 |
| 13 | target met | 达标 |

Incomplete coverage or a late source also blocks the green 达标 and 超前 of rows 5 and 6.
"""

from __future__ import annotations

from dataclasses import dataclass

STATUSES = (
    "达标",
    "超前",
    "关注",
    "落后",
    "未达标",
    "未设目标",
    "缺实绩",
    "缺基线",
    "样本不足",
    "口径变更",
    "覆盖不全",
    "数据过期",
    "本期未完",
)
GREENS = ("达标", "超前")
PACE_TOLERANCE = 0.05
# Sums of decimal fractions may miss a target by rounding alone.
EPSILON = 1e-9


@dataclass(frozen=True)
class Case:
    """Everything the verdict on one figure depends on. Values are in the metric's unit.

    ``target`` is the value to reach (already resolved for relative targets); ``cumulative`` is the
    year-to-date amount when the target is a yearly one, ``expected`` what it should be today.
    """

    value: float | None
    n: float | None
    minimum_n: int
    is_covered: bool
    is_complete: bool
    has_target: bool
    target: float | None
    direction: str | None
    cumulative: float | None
    expected: float | None
    year_over: bool
    coverage: float | None
    is_late: bool
    has_concern: bool


def judge(case: Case) -> tuple[str, str]:
    """Return the status and, in one Chinese sentence, the rule that applied."""
    if not case.is_covered:
        return "缺实绩", "本期没有报送任何有效数据。"
    if not case.has_target:
        return "未设目标", "没有文件为该指标设定目标，只展示实绩。"
    if case.target is None or case.direction is None:
        return "缺基线", "目标相对上年同期设定，而上年同期没有可比实绩。"
    if case.value is None or (case.n is not None and case.n < case.minimum_n):
        n = 0 if case.n is None else round(case.n)
        return "样本不足", f"本期可计件数为 {n}，少于最低 {max(case.minimum_n, 1)} 件，不作判断。"
    status, reason = _annual(case) if case.cumulative is not None else _periodic(case)
    if status in GREENS:
        return _blocked(case) or (status, reason)
    return status, reason


def _annual(case: Case) -> tuple[str, str]:
    assert case.cumulative is not None
    assert case.target is not None
    reached = reaches(case.cumulative, case.target, case.direction)
    if case.year_over:
        return ("达标", "全年累计已达到年度目标。") if reached else ("未达标", "全年累计未达到年度目标。")
    expected = case.expected if case.expected is not None else case.target
    if case.direction == "at_most":
        return _ceiling(reached, case.cumulative > expected + EPSILON)
    if case.cumulative >= expected - EPSILON:
        return "超前", "年内累计不低于序时进度。"
    if case.cumulative >= expected * (1 - PACE_TOLERANCE):
        return "关注", "年内累计略低于序时进度（5% 以内）。"
    return "落后", "年内累计低于序时进度 5% 以上。"


def _ceiling(is_kept: bool, is_fast: bool) -> tuple[str, str]:
    if not is_kept:
        return "未达标", "年内累计已超出年度上限。"
    if is_fast:
        return "关注", "年内累计未超年度上限，但快于序时进度。"
    return "本期未完", "年内累计未超年度上限，年度尚未结束。"


def _periodic(case: Case) -> tuple[str, str]:
    assert case.value is not None
    assert case.target is not None
    if not reaches(case.value, case.target, case.direction):
        if case.is_complete:
            return "未达标", "本期实绩未达到目标。"
        return "落后", "本期未结束，目前实绩未达到目标。"
    if not case.is_complete:
        return _blocked(case) or ("本期未完", "目前达到目标，但本期尚未结束。")
    return "达标", "本期实绩达到目标。"


def _blocked(case: Case) -> tuple[str, str] | None:
    """Return the honest status that stands in the way of green, if there is one."""
    if case.is_late and not case.is_complete:
        return "数据过期", "来源未按时报送，现有数据不足以判断本期。"
    if case.coverage is not None and case.coverage < 1:
        return "覆盖不全", "有镇街本期没有报送，暂不判定达标。"
    if case.has_concern:
        return "关注", "目前达到目标，但出现不利的异常信号。"
    return None


def reaches(value: float, target: float, direction: str | None) -> bool:
    """Say whether ``value`` meets ``target`` in the target's direction."""
    if direction == "at_least":
        return value >= target - EPSILON
    if direction == "at_most":
        return value <= target + EPSILON
    return abs(value - target) <= EPSILON

"""Is it on target? The rules that turn a figure into one of the statuses, as data: the first that holds decides.

``docs/statuses.md`` is written from ``RULES`` by ``as_markdown``; no other place states the rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import floor
from typing import NamedTuple

STATUSES = (
    "达标", "超前", "关注", "落后", "未达标",
    "未设目标", "缺实绩", "缺基线", "样本不足", "口径变更", "覆盖不全", "数据过期", "本期未完",
)  # fmt: skip
GREENS = ("达标", "超前")
PACE_TOLERANCE = 0.05
# Sums of decimal fractions may miss a target by rounding alone.
EPSILON = 1e-9


@dataclass(frozen=True)
class Case:
    """Everything the verdict on one figure depends on. Values are in the metric's unit.

    ``target`` is the value to reach (already resolved for relative targets), ``target_high`` the upper
    value when ``direction`` is "between". ``cumulative`` is the amount so far when the target is a
    yearly one (or one for a quarter, month or week), ``expected`` what it should be by now, ``year_over``
    says that the target's own period has ended. ``has_gap``: days that are over were never reported.
    ``is_redefined``: a change of definition took effect inside the period, or the baseline of a relative
    target is under another definition.
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
    target_high: float | None = None
    has_gap: bool = False
    is_redefined: bool = False
    is_relative: bool = False


class Verdict(NamedTuple):
    """A status, one Chinese sentence saying why, and the number of the rule that applied."""

    status: str
    reason: str
    rule: int


class Rule(NamedTuple):
    """One row of the table: a condition in words and as code, and what follows from it.

    ``sentence`` may name {n} and {minimum}, the number of records and the fewest that are judged.
    """

    number: int
    condition: str
    holds: Callable[[Case], bool]
    status: str
    sentence: str


def reaches(value: float, target: float, direction: str | None, high: float | None = None) -> bool:
    """Say whether ``value`` meets ``target`` in the target's direction; ``high`` is the upper end of "between"."""
    if direction == "at_least":
        return value >= target - EPSILON
    if direction == "at_most":
        return value <= target + EPSILON
    if direction == "between":
        return target - EPSILON <= value <= (target if high is None else high) + EPSILON
    return abs(value - target) <= EPSILON


def _lacks_baseline(case: Case) -> bool:
    is_open = case.direction == "between" and case.target_high is None
    return case.target is None or case.direction is None or is_open


def _is_met(case: Case, amount: float | None) -> bool:
    # Rules that ask this stand below those for a missing value and a missing target.
    assert amount is not None
    assert case.target is not None
    return reaches(amount, case.target, case.direction, case.target_high)


def _is_running(case: Case) -> bool:
    return case.cumulative is not None and not case.year_over


def _is_broken(case: Case) -> bool:
    """Say whether a running amount has passed the value it must not exceed: such an amount never shrinks again."""
    if case.cumulative is None or case.year_over or case.direction == "at_least" or case.target is None:
        return False
    most = case.target_high if case.direction == "between" else case.target
    return most is not None and case.cumulative > most + EPSILON


def _falls_short(case: Case, tolerance: float) -> bool:
    """Say whether an amount to be reached is further behind its pace than ``tolerance`` (a share)."""
    if case.cumulative is None or case.year_over or case.direction == "at_most":
        return False
    expected = case.target if case.expected is None else case.expected
    return expected is not None and case.cumulative < expected * (1 - tolerance) - EPSILON


def _lacks_days(case: Case) -> bool:
    """Say whether an amount still short of its target might have reached it on days that were never reported."""
    if not case.has_gap or case.cumulative is None or case.target is None or case.direction == "at_most":
        return False
    return case.cumulative < case.target - EPSILON


def _is_fast(case: Case) -> bool:
    if case.cumulative is None or case.year_over or case.direction != "at_most":
        return False
    expected = case.target if case.expected is None else case.expected
    return expected is not None and case.cumulative > expected + EPSILON


def _is_undecided(case: Case) -> bool:
    """Say whether time alone may still undo what is kept now; an amount to be reached only grows towards its target."""
    if not _is_running(case):
        return not case.is_complete
    if case.direction == "at_least":
        return False
    return case.direction == "at_most" or _is_met(case, case.cumulative)


RULES: tuple[Rule, ...] = (
    Rule(1, "没有任何有效文件覆盖本期的任何一天", lambda c: not c.is_covered, "缺实绩", "本期没有报送任何有效数据。"),
    Rule(
        2,
        "没有文件为该指标设定目标",
        lambda c: not c.has_target,
        "未设目标",
        "没有文件为该指标设定目标，只展示实绩。",
    ),
    Rule(
        3,
        "目标须以基线折算，而本期内口径变更，或基线属于另一口径",
        lambda c: c.is_redefined and c.is_relative,
        "口径变更",
        "目标以基线折算，而本期与基线的口径不一致，不作判断。",
    ),
    Rule(4, "本期内口径变更", lambda c: c.is_redefined, "口径变更", "本期内口径有变更，前后不可比，不作判断。"),
    Rule(
        5,
        "目标值算不出来：目标须以基线折算而基线没有可比实绩，或区间目标缺上限",
        _lacks_baseline,
        "缺基线",
        "目标须以基线折算，而基线没有可比实绩。",
    ),
    Rule(6, "实绩算不出来（没有可计的件）", lambda c: c.value is None, "样本不足", "本期没有可计的件，不作判断。"),
    Rule(
        7,
        "可计件数少于该指标的最低件数",
        lambda c: c.n is not None and c.n < c.minimum_n,
        "样本不足",
        "本期可计件数为 {n}，少于最低 {minimum} 件，不作判断。",
    ),
    Rule(
        8,
        "累计目标，目标期已结束，累计不合目标（累计不足而有日期缺报的，见第 17 条）",
        lambda c: c.cumulative is not None and c.year_over and not _is_met(c, c.cumulative) and not _lacks_days(c),
        "未达标",
        "目标期已结束，累计不合目标。",
    ),
    Rule(
        9,
        "累计目标，目标期未结束，累计已超过上限（“不高于”“等于”的目标值，区间的上限）",
        _is_broken,
        "未达标",
        "目标期尚未结束，累计已超出上限。",
    ),
    Rule(
        10,
        "累计目标（不高于），目标期未结束，累计快于序时进度",
        _is_fast,
        "关注",
        "累计未超上限，但快于序时进度。",
    ),
    Rule(
        11,
        "累计目标（不低于、等于、区间），目标期未结束，没有日期缺报，累计低于序时进度 5% 以上",
        lambda c: _falls_short(c, PACE_TOLERANCE) and not _lacks_days(c),
        "落后",
        "累计低于序时进度 5% 以上。",
    ),
    Rule(
        12,
        "累计目标（不低于、等于、区间），目标期未结束，没有日期缺报，累计低于序时进度，不超过 5%",
        lambda c: _falls_short(c, 0) and not _lacks_days(c),
        "关注",
        "累计略低于序时进度（5% 以内）。",
    ),
    Rule(
        13,
        "逐期目标，实绩不合目标，本期已结束（数据齐全，或虽已结束但有日期缺报）",
        lambda c: c.cumulative is None and not _is_met(c, c.value) and (c.is_complete or c.has_gap),
        "未达标",
        "本期实绩未达到目标。",
    ),
    Rule(
        14,
        "逐期目标，实绩不合目标，本期未结束",
        lambda c: c.cumulative is None and not _is_met(c, c.value),
        "落后",
        "本期未结束，目前实绩未达到目标。",
    ),
    Rule(
        15,
        "目前合目标或不低于序时进度，但来源未按时报送，且本期数据不齐",
        lambda c: c.is_late and not c.is_complete,
        "数据过期",
        "来源未按时报送，现有数据不足以判断本期。",
    ),
    Rule(
        16,
        "目前合目标或不低于序时进度，但有镇街没有报送",
        lambda c: c.coverage is not None and c.coverage < 1,
        "覆盖不全",
        "有镇街本期没有报送，暂不判定达标。",
    ),
    Rule(
        17,
        "目前合目标或不低于序时进度，或累计不足，而已过去的日期中有缺报",
        lambda c: c.has_gap,
        "覆盖不全",
        "已过去的日期中有缺报，现有累计不足以判断。",
    ),
    Rule(
        18,
        "目前合目标，但结果还会变：逐期目标（或目标期已结束的累计目标）本期数据不齐；"
        "累计目标（不高于，或已达到的等于、区间）目标期未结束",
        _is_undecided,
        "本期未完",
        "目前合乎目标，但本期或目标期尚未结束。",
    ),
    Rule(
        19,
        "目前合目标或不低于序时进度，但最新一点是不利的异常信号",
        lambda c: c.has_concern,
        "关注",
        "目前没有落后，但出现不利的异常信号。",
    ),
    Rule(20, "累计目标，目标期未结束，累计不低于序时进度", _is_running, "超前", "累计不低于序时进度。"),
    Rule(21, "以上都不成立：合目标", lambda _: True, "达标", "实绩合乎目标。"),
)


def judge(case: Case) -> Verdict:
    """Return status, one Chinese sentence and the number of the first rule of ``RULES`` that holds."""
    rule = next(rule for rule in RULES if rule.holds(case))
    facts = {"n": floor(case.n or 0), "minimum": case.minimum_n}
    return Verdict(rule.status, rule.sentence.format(**facts), rule.number)


def as_markdown() -> str:
    """Return the table of statuses as ``docs/statuses.md`` holds it."""
    head = """# 状态判定表

自上而下，第一条成立的规则决定状态；每个数字只有一个状态、一句理由。
本文件由 `kpi/measure/judge.py` 的 `RULES` 生成（`as_markdown()`），请改规则，不要改本文件。

| 序 | 条件 | 状态 | 理由 |
| --- | --- | --- | --- |
"""
    notes = f"""
- **累计目标**：按年（或季、月、周）累计的总量目标；**逐期目标**：每个时段单独判断的目标。
- **序时进度**：到数据截至日应完成的量；没有时以目标值代替。落后不超过 {PACE_TOLERANCE:.0%} 为关注。
- **合目标**：不低于、不高于、等于目标值，或落在区间内（含两端）；相差不足十亿分之一视为相等。
- **等于、区间的累计目标**：达到目标值（区间为下限）之前按序时进度判断，可以超前；\
达到后到目标期结束前为本期未完，超过即未达标。
- **镇街没有报送、日期缺报、来源迟报、信号不利、本期未完**只挡绿色，不掩盖未达标和落后；\
但有日期缺报而累计不足的，缺的可能正在那些日子里，判覆盖不全。
"""
    rows = [
        f"| {rule.number} | {rule.condition} | {rule.status} | {rule.sentence.format(n='n', minimum='m')} |\n"
        for rule in RULES
    ]
    return head + "".join(rows) + notes

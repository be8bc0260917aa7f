"""Every rule by worked example, all of them against a second reading of their words, and the laws that hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from kpi.measure.judge import GREENS, RULES, STATUSES, Case, as_markdown, judge, reaches
from tests.conftest import ROOT

MET = Case(
    value=96.0,
    n=200,
    minimum_n=30,
    is_covered=True,
    is_complete=True,
    has_target=True,
    target=95.0,
    direction="at_least",
    cumulative=None,
    expected=None,
    year_over=False,
    coverage=None,
    is_late=False,
    has_concern=False,
)
YEARLY = replace(MET, value=30.0, n=None, minimum_n=0, target=2000.0, cumulative=1000.0, expected=1000.0)
CEILING = replace(YEARLY, direction="at_most", target=5.0, cumulative=1.0, expected=2.5)
EXACT = replace(YEARLY, direction="exactly")
RANGE = replace(YEARLY, direction="between", target_high=2200.0)

EXAMPLES = [
    (MET, "达标", 21),
    (replace(MET, is_covered=False, value=None), "缺实绩", 1),
    (replace(MET, is_covered=False, has_target=False, is_redefined=True), "缺实绩", 1),
    (replace(MET, has_target=False, target=None, direction=None), "未设目标", 2),
    (replace(MET, has_target=False, is_redefined=True), "未设目标", 2),
    (replace(MET, is_redefined=True, is_relative=True), "口径变更", 3),
    (replace(MET, is_redefined=True, is_relative=True, target=None), "口径变更", 3),
    (replace(MET, is_redefined=True, value=94.0), "口径变更", 4),
    (replace(MET, target=None), "缺基线", 5),
    (replace(MET, target=None, is_relative=True, value=None), "缺基线", 5),
    (replace(MET, direction=None), "缺基线", 5),
    (replace(MET, direction="between"), "缺基线", 5),
    (replace(MET, n=0.0, value=None, minimum_n=0), "样本不足", 6),
    (replace(MET, n=29), "样本不足", 7),
    (replace(MET, n=29.5), "样本不足", 7),
    (replace(MET, n=30), "达标", 21),
    (replace(YEARLY, cumulative=1999.0, year_over=True), "未达标", 8),
    (replace(YEARLY, cumulative=2000.0, year_over=True), "达标", 21),
    (replace(YEARLY, cumulative=2000.0, year_over=True, has_gap=True), "覆盖不全", 17),
    (replace(YEARLY, cumulative=2000.0, year_over=True, is_complete=False), "本期未完", 18),
    (replace(CEILING, cumulative=5.0, year_over=True), "达标", 21),
    (replace(CEILING, cumulative=6.0, year_over=True), "未达标", 8),
    (replace(EXACT, cumulative=2000.0, year_over=True), "达标", 21),
    (replace(EXACT, cumulative=2001.0, year_over=True), "未达标", 8),
    (replace(RANGE, cumulative=2200.0, year_over=True), "达标", 21),
    (replace(RANGE, cumulative=2201.0, year_over=True), "未达标", 8),
    (replace(CEILING, cumulative=6.0), "未达标", 9),
    (replace(EXACT, cumulative=2001.0), "未达标", 9),
    (replace(RANGE, cumulative=2201.0), "未达标", 9),
    (replace(CEILING, cumulative=3.0), "关注", 10),
    (replace(CEILING, cumulative=0.1 + 0.2, expected=0.3), "本期未完", 18),
    (replace(CEILING, cumulative=3.0, expected=None), "本期未完", 18),
    (replace(YEARLY, cumulative=949.0), "落后", 11),
    (replace(RANGE, cumulative=949.0), "落后", 11),
    (replace(YEARLY, cumulative=1000.0, expected=None), "落后", 11),
    (replace(YEARLY, cumulative=950.0), "关注", 12),
    (replace(YEARLY, cumulative=999.0), "关注", 12),
    (replace(EXACT, cumulative=999.0), "关注", 12),
    (replace(MET, value=94.99), "未达标", 13),
    (replace(MET, value=94.0, is_complete=False, has_gap=True), "未达标", 13),
    (replace(MET, value=94.0, coverage=0.5, is_late=True, has_concern=True), "未达标", 13),
    (replace(MET, direction="at_most"), "未达标", 13),
    (replace(MET, direction="exactly"), "未达标", 13),
    (replace(MET, direction="between", target_high=95.5), "未达标", 13),
    (replace(MET, value=94.0, is_complete=False), "落后", 14),
    (replace(MET, value=94.0, is_complete=False, is_late=True), "落后", 14),
    (replace(MET, is_complete=False, is_late=True), "数据过期", 15),
    (replace(MET, is_complete=False, is_late=True, coverage=0.5), "数据过期", 15),
    (replace(YEARLY, is_complete=False, is_late=True), "数据过期", 15),
    (replace(CEILING, is_complete=False, is_late=True), "数据过期", 15),
    (replace(MET, is_late=True), "达标", 21),
    (replace(MET, coverage=16 / 17), "覆盖不全", 16),
    (replace(MET, coverage=16 / 17, is_complete=False), "覆盖不全", 16),
    (replace(YEARLY, coverage=16 / 17), "覆盖不全", 16),
    (replace(MET, coverage=1.0), "达标", 21),
    (replace(MET, has_gap=True, is_complete=False), "覆盖不全", 17),
    (replace(YEARLY, has_gap=True), "覆盖不全", 17),
    (replace(YEARLY, cumulative=900.0, has_gap=True), "覆盖不全", 17),
    (replace(YEARLY, cumulative=990.0, has_gap=True), "覆盖不全", 17),
    (replace(YEARLY, cumulative=1999.0, year_over=True, has_gap=True), "覆盖不全", 17),
    (replace(CEILING, cumulative=6.0, year_over=True, has_gap=True), "未达标", 8),
    (replace(MET, is_complete=False), "本期未完", 18),
    (replace(MET, is_complete=False, has_concern=True), "本期未完", 18),
    (CEILING, "本期未完", 18),
    (replace(EXACT, cumulative=2000.0), "本期未完", 18),
    (replace(RANGE, cumulative=2100.0), "本期未完", 18),
    (replace(MET, has_concern=True), "关注", 19),
    (replace(YEARLY, has_concern=True), "关注", 19),
    (YEARLY, "超前", 20),
    (replace(YEARLY, cumulative=2100.0), "超前", 20),
    (replace(YEARLY, is_complete=False), "超前", 20),
    (EXACT, "超前", 20),
    (RANGE, "超前", 20),
    (replace(MET, value=95.0), "达标", 21),
    (replace(MET, value=0.1 + 0.2, target=0.3, direction="exactly"), "达标", 21),
    (replace(MET, value=0.1 + 0.2, target=0.3, direction="at_most"), "达标", 21),
    (replace(MET, direction="between", target_high=96.0), "达标", 21),
]


@pytest.mark.parametrize(("case", "status", "rule"), EXAMPLES)
def test_worked_examples(case: Case, status: str, rule: int) -> None:
    verdict = judge(case)
    assert (verdict.status, verdict.rule) == (status, rule)


def test_every_rule_has_an_example() -> None:
    assert {rule for _, _, rule in EXAMPLES} == {rule.number for rule in RULES}


def test_a_small_sample_is_told_how_small() -> None:
    assert judge(replace(MET, n=29.5)).reason == "本期可计件数为 29，少于最低 30 件，不作判断。"


def test_a_verdict_unpacks() -> None:
    status, reason, rule = judge(MET)
    assert (status, reason, rule) == ("达标", "实绩合乎目标。", 21)


@pytest.mark.parametrize(
    ("value", "target", "direction", "high", "expected"),
    [
        (5.0, 5.0, "between", 7.0, True),
        (7.0, 5.0, "between", 7.0, True),
        (7.1, 5.0, "between", 7.0, False),
        (4.9, 5.0, "between", 7.0, False),
        (0.1 + 0.2, 0.0, "between", 0.3, True),
        (5.0, 5.0, "between", None, True),
        (5.1, 5.0, "between", None, False),
        (0.3, 0.1 + 0.2, "at_least", None, True),
    ],
)
def test_a_range_includes_both_ends(
    value: float, target: float, direction: str, high: float | None, expected: bool
) -> None:
    assert reaches(value, target, direction, high) is expected


def test_rules_are_numbered_in_order_and_name_only_known_statuses() -> None:
    assert [rule.number for rule in RULES] == list(range(1, len(RULES) + 1))
    assert {rule.status for rule in RULES} == set(STATUSES)


def test_the_document_is_written_from_the_rules() -> None:
    assert (ROOT / "docs" / "statuses.md").read_text(encoding="utf-8") == as_markdown()


def reread(c: Case) -> tuple[str, int]:  # noqa: C901, PLR0911, PLR0912 - as naive as the table it was written from
    """Judge by nested ifs, written from the words of docs/statuses.md and from nothing else."""
    if not c.is_covered:
        return "缺实绩", 1
    if not c.has_target:
        return "未设目标", 2
    if c.is_redefined:
        return "口径变更", 3 if c.is_relative else 4
    if c.target is None or c.direction is None or (c.direction == "between" and c.target_high is None):
        return "缺基线", 5
    if c.value is None:
        return "样本不足", 6
    if c.n is not None and c.n < c.minimum_n:
        return "样本不足", 7
    most = {"at_least": 1e18, "at_most": c.target, "exactly": c.target, "between": c.target_high}[c.direction]
    least = -1e18 if c.direction == "at_most" else c.target
    assert most is not None
    judged = c.value if c.cumulative is None else c.cumulative
    is_inside = least <= judged <= most
    if c.cumulative is not None:
        if c.year_over:
            if not is_inside and not (c.has_gap and judged < least):
                return "未达标", 8
        else:
            pace = c.target if c.expected is None else c.expected
            if judged > most:
                return "未达标", 9
            if c.direction == "at_most":
                if judged > pace:
                    return "关注", 10
            elif judged < pace and not (c.has_gap and judged < least):
                return ("落后", 11) if judged < pace * 0.95 else ("关注", 12)
    elif not is_inside:
        if c.is_complete or c.has_gap:
            return "未达标", 13
        return "落后", 14
    if c.is_late and not c.is_complete:
        return "数据过期", 15
    if c.coverage is not None and c.coverage < 1:
        return "覆盖不全", 16
    if c.has_gap:
        return "覆盖不全", 17
    if c.cumulative is not None and not c.year_over:
        if c.direction == "at_most" or (c.direction != "at_least" and is_inside):
            return "本期未完", 18
        return ("关注", 19) if c.has_concern else ("超前", 20)
    if not c.is_complete:
        return "本期未完", 18
    return ("关注", 19) if c.has_concern else ("达标", 21)


SWITCHES = (
    "is_covered",
    "has_target",
    "is_complete",
    "year_over",
    "is_late",
    "has_concern",
    "has_gap",
    "is_redefined",
    "is_relative",
)
PERIODIC: list[dict[str, Any]] = [
    {"value": value, "cumulative": None, "expected": None} for value in (None, 1900.0, 2000.0, 2100.0, 2300.0)
]
RUNNING: list[dict[str, Any]] = [
    {"value": value, "cumulative": cumulative, "expected": expected}
    for value, expected in ((30.0, 1000.0), (None, 1000.0), (30.0, None))
    for cumulative in (0.0, 949.0, 950.0, 990.0, 1000.0, 1100.0, 2000.0, 2100.0, 2300.0)
]


def every_case() -> Iterator[Case]:
    """Yield the product of all abstract conditions."""
    for flags in product((True, False), repeat=len(SWITCHES)):
        switches = dict(zip(SWITCHES, flags, strict=True))
        for amounts, direction, coverage, n in product(
            PERIODIC + RUNNING, ("at_least", "at_most", "exactly", "between"), (None, 0.9, 1.0), (None, 29)
        ):
            known = {**amounts, **switches, "direction": direction, "coverage": coverage, "n": n}
            yield Case(minimum_n=30, target=2000.0, target_high=2200.0, **known)


def test_the_rules_mean_what_their_words_say_and_never_give_a_false_green() -> None:
    reached: Counter[int] = Counter()
    sentences = {}
    for case in every_case():
        status, reason, rule = judge(case)
        assert (status, rule) == reread(case), case
        reached[rule] += 1
        sentences[reason] = status
        if status in GREENS:
            assert case.coverage != 0.9 and not case.has_gap and not case.has_concern, case
            assert not (case.is_late and not case.is_complete) and not case.is_redefined, case
            assert case.is_complete or status == "超前", case
            assert status == "达标" or (case.cumulative is not None and not case.year_over), case
    assert set(reached) | {5} == {rule.number for rule in RULES}
    assert all(reason.endswith("。") and reason.count("。") == 1 for reason in sentences)
    assert set(sentences.values()) | {"缺基线"} == set(STATUSES)


@pytest.mark.parametrize("missing", [{"target": None}, {"direction": None}, {"direction": "between"}])
def test_without_a_target_value_nothing_else_matters(missing: dict[str, Any]) -> None:
    names = ("is_complete", "is_late", "has_concern", "has_gap", "year_over")
    for case in (MET, YEARLY, CEILING):
        for flags in product((True, False), repeat=5):
            broken = replace(case, **missing, **dict(zip(names, flags, strict=True)))
            assert judge(broken)[::2] == reread(broken) == ("缺基线", 5)

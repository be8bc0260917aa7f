"""Every row of the table of statuses, by worked example; then the laws that hold for all of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from kpi.measure.judge import GREENS, STATUSES, Case, judge

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


@pytest.mark.parametrize(
    ("case", "status"),
    [
        (MET, "达标"),
        (replace(MET, is_covered=False, value=None), "缺实绩"),
        (replace(MET, has_target=False, target=None, direction=None), "未设目标"),
        (replace(MET, target=None), "缺基线"),
        (replace(MET, n=29), "样本不足"),
        (replace(MET, n=0.0, value=None, minimum_n=0), "样本不足"),
        (replace(MET, value=94.99), "未达标"),
        (replace(MET, value=95.0), "达标"),
        (replace(MET, value=94.0, is_complete=False), "落后"),
        (replace(MET, is_complete=False), "本期未完"),
        (replace(MET, is_complete=False, is_late=True), "数据过期"),
        (replace(MET, is_late=True), "达标"),
        (replace(MET, coverage=16 / 17), "覆盖不全"),
        (replace(MET, coverage=1.0), "达标"),
        (replace(MET, has_concern=True), "关注"),
        (replace(MET, direction="at_most", target=97.0), "达标"),
        (replace(MET, direction="at_most", target=95.0), "未达标"),
        (replace(MET, direction="exactly", target=96.0), "达标"),
        (YEARLY, "超前"),
        (replace(YEARLY, cumulative=951.0), "关注"),
        (replace(YEARLY, cumulative=949.0), "落后"),
        (replace(YEARLY, cumulative=2000.0, year_over=True), "达标"),
        (replace(YEARLY, cumulative=1999.0, year_over=True), "未达标"),
        (replace(YEARLY, coverage=16 / 17), "覆盖不全"),
        (CEILING, "本期未完"),
        (replace(CEILING, cumulative=3.0), "关注"),
        (replace(CEILING, cumulative=6.0), "未达标"),
        (replace(CEILING, cumulative=5.0, year_over=True), "达标"),
    ],
)
def test_worked_examples(case: Case, status: str) -> None:
    assert judge(case)[0] == status


def test_every_combination_has_one_status_one_sentence_and_no_false_green() -> None:
    switches = [True, False]
    for covered, complete, late, concern, over in product(switches, repeat=5):
        for value, coverage, cumulative in product((90.0, 96.0), (None, 0.9, 1.0), (None, 900.0, 990.0, 1100.0)):
            case = replace(
                MET,
                is_covered=covered,
                is_complete=complete,
                is_late=late,
                has_concern=concern,
                year_over=over,
                value=value,
                coverage=coverage,
                cumulative=cumulative,
                expected=None if cumulative is None else 1000.0,
                target=95.0 if cumulative is None else 2000.0,
            )
            status, reason = judge(case)
            assert status in STATUSES and reason.endswith("。") and reason.count("。") == 1
            if status in GREENS:
                assert covered and coverage != 0.9 and not concern
                assert complete or cumulative is not None
                assert complete or not late

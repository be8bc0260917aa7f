"""What a row says, sentence by sentence; and that no sentence holds a number its keys do not give."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi.calendar import parse_period
from kpi.errors import UnknownName
from kpi.measure.judge import STATUSES
from kpi.measure.narrative import Sentence, overview, sentences
from kpi.measure.wording import digits, rounded

RATE: dict[str, Any] = {
    "metric": "ticket.satisfaction",
    "name": "12345 群众满意率",
    "unit": "%",
    "decimals": 2,
    "kind": "ratio",
    "period": "2023-W48",
    "member": None,
    "value": 95.35,
    "numerator": 1907.0,
    "denominator": 2000.0,
    "n": 2000.0,
    "target": 95.0,
    "target_sign": "≥",
    "target_text": "≥ 95%",
    "status": "达标",
    "status_reason": "实绩合乎目标。",
    "signal": "",
    "signal_kind": "none",
    "variation": "",
    "previous": 94.95,
    "previous_change": 0.4,
    "last_year": 94.25,
    "last_year_change": 1.1,
    "change_unit": "个百分点",
    "is_complete": True,
    "as_of": date(2023, 12, 3),
}
COUNT: dict[str, Any] = {
    **RATE,
    "metric": "kiosk.count",
    "name": "粤智助业务量",
    "unit": "宗",
    "decimals": 0,
    "kind": "total",
    "value": 3200.0,
    "numerator": 3200.0,
    "denominator": None,
    "n": None,
    "target": None,
    "target_sign": None,
    "target_text": "未设目标",
    "status": "未设目标",
    "previous": 3000.0,
    "previous_change": 100 / 15,
    "last_year": 3300.0,
    "last_year_change": -100 / 33,
    "change_unit": "%",
}
GAUGE: dict[str, Any] = {
    **COUNT,
    "name": "闲置自助机",
    "unit": "台",
    "kind": "gauge",
    "value": 13.0,
    "target": 0.0,
    "target_sign": "≤",
    "target_text": "≤ 0 台",
    "status": "未达标",
    "previous": 10.0,
    "previous_change": 3.0,
    "last_year": None,
    "last_year_change": None,
    "change_unit": "台",
}
YEARLY: dict[str, Any] = {
    **COUNT,
    "name": "跨域通办办件量",
    "target": 2000.0,
    "target_sign": "≥",
    "target_text": "年目标 ≥ 2,000 宗",
    "to_date": 1876.0,
    "expected_to_date": 1846.6,
    "expected_by": "按日历天数",
    "projection": 2032.4,
    "projection_low": 1990.0,
    "projection_high": 2075.0,
    "status": "超前",
}


def texts(row: Mapping[str, Any], **changed: Any) -> list[str]:
    """Return the sentences of ``row`` with some columns changed, after checking that their numbers are theirs."""
    told = sentences({**row, **changed})
    for sentence in told:
        check(sentence, {**row, **changed})
    return [sentence.text for sentence in told]


# The columns whose difference or quotient a sentence may tell.
PAIRS = """
    value-target value-target_high value-previous value-last_year value-festival
    to_date-target to_date-expected_to_date
"""
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def check(sentence: Sentence, row: Mapping[str, Any]) -> None:
    """Assert that every number of a sentence can be had from the columns of its keys, and that each has a value."""
    root = f"{row['metric']}@{row['period']}" + (f":{row['member']}" if row.get("member") else "")
    columns = [key.removeprefix(f"{root}#") for key in sentence.keys]
    assert all(row[column] is not None for column in columns) and len(set(columns)) == len(columns)
    known = {column: row[column] for column in columns}
    allowed = set(had_from(known, row.get("decimals") or 0))
    allowed |= set(NUMBER.findall(f"{row.get('name')} {row.get('member')}"))
    assert set(NUMBER.findall(sentence.text)) <= allowed, (sentence, allowed)
    assert sentence.text.endswith("。") and sentence.text.count("。") == 1
    assert not re.search(r"—|None|nan|  |，，|（）|。。|，。", sentence.text), sentence.text


def had_from(known: Mapping[str, Any], decimals: int) -> Iterator[str]:
    """Yield every number that may be written with these columns at hand."""
    for column, value in known.items():
        if column == "period":
            yield from parts(parse_period(value).first)
            yield from parts(parse_period(value).last)
        elif isinstance(value, str):
            yield from NUMBER.findall(value)
        elif isinstance(value, date):
            yield from parts(value)
        elif isinstance(value, int | float):
            yield from spelled(value)
    for one, other in (pair.split("-") for pair in PAIRS.split()):
        if known.get(one) is not None and known.get(other) is not None:
            yield from spelled(known[one] - known[other])
            yield from spelled(float(rounded(known[one], decimals) - rounded(known[other], decimals)))
            yield from spelled(known[one] / (known[other] or 1) * 100)
    yield from spelled(known.get("coverage", 0) * 100)


def parts(day: date) -> Iterator[str]:
    yield from map(str, (day.year, day.month, day.day, day.isocalendar().week, (day.month + 2) // 3))


def spelled(value: float) -> Iterator[str]:
    yield from (digits(abs(value), decimals) for decimals in range(7))


def test_a_rate_says_what_it_is_and_how_it_moved() -> None:
    assert texts(RATE) == [
        "12345 群众满意率第 48 周为 95.35%（1,907 / 2,000），目标 ≥ 95%，已达到。",
        "较上周上升 0.40 个百分点，较去年同期也上升 1.10 个百分点。",
    ]


@pytest.mark.parametrize(
    ("row", "changed", "expected"),
    [
        (RATE, {"value": 94.2, "status": "未达标"}, "为 94.20%（1,907 / 2,000），目标 ≥ 95%，差 0.80 个百分点。"),
        (RATE, {"value": 94.2, "status": "落后"}, "为 94.20%（1,907 / 2,000），目标 ≥ 95%，目前差 0.80 个百分点。"),
        (RATE, {"value": 94.996, "status": "未达标"}, "目标 ≥ 95%，差 0.004 个百分点。"),
        (RATE, {"status": "关注"}, "目标 ≥ 95%，已达到，但走势需要关注。"),
        (RATE, {"status": "覆盖不全"}, "目标 ≥ 95%，目前达到，尚不能判定达标。"),
        (RATE, {"status": "口径变更"}, "为 95.35%（1,907 / 2,000），口径有变更，不作判断。"),
        (RATE, {"status": "缺基线", "target": None}, "（1,907 / 2,000），目标缺基线，不作判断。"),
        (RATE, {"status": "未设目标", "target": None}, "（1,907 / 2,000），未设目标。"),
        (RATE, {"target_text": None}, "目标 95.00%，已达到。"),
        (
            RATE,
            {"value": 0.0, "numerator": 0.0, "status": "未达标"},
            "为 0.00%（0 / 2,000），目标 ≥ 95%，差 95.00 个百分点。",
        ),
        (GAUGE, {}, "闲置自助机第 48 周为 13 台，目标 ≤ 0 台，超出 13 台。"),
        (
            RATE,
            {"target_high": 95.2, "target_text": "介于 95%－95.2%", "status": "未达标"},
            "目标介于 95%－95.2%，超出 0.15 个百分点。",
        ),
        (COUNT, {}, "粤智助业务量第 48 周为 3,200 宗，未设目标。"),
        (COUNT, {"unit": ""}, "为 3,200，未设目标。"),
        (COUNT, {"unit": None, "decimals": None, "name": None}, "kiosk.count 第 48 周为 3,200，未设目标。"),
        (COUNT, {"unit": "宗/台·日", "decimals": 2, "value": 1.5, "kind": "ratio"}, "为 1.50 宗/台·日，未设目标。"),
        (COUNT, {"member": "多祝镇"}, "多祝镇粤智助业务量第 48 周为"),
        (RATE, {"member": "多祝镇"}, "多祝镇 12345 群众满意率第 48 周为"),
        (RATE, {"name": "办理时长 P90"}, "办理时长 P90 第 48 周为"),
        (RATE, {"name": "很长" * 60}, f"{'很长' * 60}第 48 周为 95.35%"),
        (COUNT, {"period": "2023"}, "粤智助业务量 2023 年为"),
        (COUNT, {"period": "2023-Q4"}, "粤智助业务量第 4 季度为"),
        (COUNT, {"period": "2023-12"}, "粤智助业务量 12 月为"),
        (COUNT, {"period": "2023-12-03"}, "粤智助业务量 12月3日为"),
        (COUNT, {"value": -5.0}, "为 −5 宗，"),
        (COUNT, {"value": None, "status": "缺实绩"}, "粤智助业务量第 48 周没有报送有效数据。"),
        (RATE, {"value": None, "n": 0.0, "status": "样本不足"}, "第 48 周没有可计的件，样本不足，不作判断。"),
        (RATE, {"value": None, "n": 0.0, "status": "未设目标"}, "第 48 周没有可计的件，未设目标。"),
        (RATE, {"n": 12.0, "status": "样本不足"}, "（1,907 / 2,000），样本不足，不作判断。"),
        (YEARLY, {}, "跨域通办办件量第 48 周为 3,200 宗。"),
    ],
)
def test_the_figure_against_its_target(row: Mapping[str, Any], changed: dict[str, Any], expected: str) -> None:
    assert expected in texts(row, **changed)[0]


@pytest.mark.parametrize(
    ("row", "changed", "expected"),
    [
        (RATE, {"previous_change": -0.4}, "较上周下降 0.40 个百分点，但较去年同期上升 1.10 个百分点。"),
        (RATE, {"previous_change": 0.004}, "与上周持平，但较去年同期上升 1.10 个百分点。"),
        (RATE, {"last_year_change": -0.0}, "较上周上升 0.40 个百分点，与去年同期持平。"),
        (RATE, {"previous_change": 0.0, "last_year_change": 0.0}, "与上周、去年同期均持平。"),
        (RATE, {"previous": None, "previous_change": None}, "较去年同期上升 1.10 个百分点；上周没有可比数据。"),
        (RATE, {"previous": None, "last_year": None}, "上周、去年同期没有可比数据。"),
        (
            RATE,
            {"previous": 0.0, "previous_change": 95.35, "last_year": None},
            "较上周上升 95.35 个百分点；去年同期没有",
        ),
        (RATE, {"decimals": 0}, "较上周上升 0.4 个百分点"),
        (RATE, {"previous_change": None}, "较上周上升 0.40 个百分点"),
        (COUNT, {}, "较上周增长 6.7%，但较去年同期下降 3.0%。"),
        (COUNT, {"previous": 0.0, "previous_change": None, "value": 5.0}, "较上周由 0 宗增至 5 宗，"),
        (COUNT, {"previous": 0.0, "previous_change": None, "value": 0.0}, "与上周持平，"),
        (COUNT, {"previous": 5.0, "previous_change": -100.0, "value": 0.0}, "较上周由 5 宗降至 0 宗，"),
        (COUNT, {"previous": 2.0, "previous_change": 50.0, "value": 3.0}, "较上周由 2 宗增至 3 宗，"),
        (COUNT, {"previous": 9.0, "previous_change": 0.0, "value": 9.0}, "与上周持平，"),
        (COUNT, {"previous": 10.0, "previous_change": 10.0, "value": 11.0}, "较上周增长 10.0%，"),
        (COUNT, {"previous": 20.0, "previous_change": 250.0, "value": 70.0}, "较上周由 20 宗增至 70 宗，"),
        (COUNT, {"previous": 2.0, "kind": "ratio", "previous_change": 50.0, "value": 3.0}, "较上周增长 50.0%，"),
        (GAUGE, {}, "较上周增加 3 台；去年同期没有可比数据。"),
        (GAUGE, {"previous_change": -3.0}, "较上周减少 3 台；"),
        (GAUGE, {"change_unit": None}, "较上周增加 3 台；"),
        (GAUGE, {"unit": "", "change_unit": ""}, "较上周增加 3；"),
        (COUNT, {"is_complete": False}, "较上周同样天数增长 6.7%，"),
        (COUNT, {"period": "2023-12"}, "较上月增长 6.7%，"),
        (COUNT, {"period": "2023"}, "较上年增长 6.7%。"),
        (
            COUNT,
            {"festival": 3100.0, "festival_change": 3.2, "festival_label": "2023 年第 5 周（1月30日－2月5日）"},
            "但较去年同期下降 3.0%，而较农历同期增长 3.2%；农历同期指 2023 年第 5 周（1月30日－2月5日）。",
        ),
        (COUNT, {"festival": 3300.0, "festival_change": -3.03, "festival_label": "2023 年第 5 周"}, "下降 3.0%。"),
    ],
)
def test_changes(row: Mapping[str, Any], changed: dict[str, Any], expected: str) -> None:
    said = texts(row, **changed)[1]
    assert said.startswith(expected) or said.endswith(expected), said


def test_no_figure_no_change() -> None:
    assert len(texts(RATE, value=None, status="缺实绩")) == 1


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, None),
        ({"variation": "正常波动"}, "波动属正常范围。"),
        ({"variation": "点数不足"}, None),
        ({"variation": "正常波动", "assurance": "稳定不达"}, "波动属正常范围，但照现有过程难以达标。"),
        ({"variation": "正常波动", "assurance": "时好时坏"}, "波动属正常范围，但照现有过程时而达标、时而不达标。"),
        ({"variation": "正常波动", "assurance": "稳定达标"}, "波动属正常范围，照现有过程能够稳定达标。"),
        (
            {"variation": "变好", "signal": "连续 7 点上升", "assurance": "稳定达标"},
            "走势向好，超出正常波动（连续 7 点上升），且照现有过程能够稳定达标。",
        ),
        (
            {"variation": "变差", "signal": "低于正常范围下限", "assurance": "稳定达标"},
            "走势不利，超出正常波动（低于正常范围下限），但照现有过程能够稳定达标。",
        ),
        (
            {"signal_kind": "concern", "signal": "连续 7 点下降", "assurance": "稳定不达"},
            "走势不利，超出正常波动（连续 7 点下降），且照现有过程难以达标。",
        ),
        ({"signal_kind": "neutral", "signal": "高于正常范围上限"}, "变动超出正常波动（高于正常范围上限）。"),
        ({"assurance": "稳定达标"}, "照现有过程能够稳定达标。"),
        ({"variation": "变好", "signal": ""}, "走势向好，超出正常波动。"),
        ({"variation": "正常波动", "signal": "高于正常范围上限"}, "波动属正常范围。"),
        ({"variation": "变差", "status": "样本不足"}, None),
    ],
)
def test_signal_and_process_are_two_questions(changed: dict[str, Any], expected: str | None) -> None:
    said = texts({**RATE, "status_reason": None}, **changed)[2:]
    assert said == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {},
            "2023 年累计 1,876 宗，完成年目标 ≥ 2,000 宗的 93.8%，按日历天数应为 1,847 宗，超前 29 宗；"
            "照此推算到期末约 2,032 宗（1,990－2,075 宗），能否完成尚无把握。",
        ),
        ({"projection_low": 2000.0}, "（2,000－2,075 宗），预计可以完成。"),
        ({"projection_high": 1999.0, "projection": 1995.0}, "（1,990－1,999 宗），预计难以完成。"),
        ({"projection_high": 2000.0, "projection": 1995.0}, "（1,990－2,000 宗），能否完成尚无把握。"),
        ({"target": 0.0, "target_text": "年目标 ≥ 0 宗", "projection": None}, "累计 1,876 宗，按日历天数应为 1,847 宗"),
        ({"target_sign": "≤", "projection_low": 2000.0}, "（2,000－2,075 宗），是否超出尚难断定。"),
        ({"projection_low": None}, "；照此推算到期末约 2,032 宗，预计可以完成。"),
        ({"projection": None}, "按日历天数应为 1,847 宗，超前 29 宗。"),
        ({"expected_to_date": 1900.0, "projection": None}, "应为 1,900 宗，落后 24 宗。"),
        ({"expected_to_date": 1876.2, "projection": None}, "应为 1,876 宗，与之持平。"),
        ({"expected_to_date": None}, "2023 年累计 1,876 宗，完成年目标 ≥ 2,000 宗的 93.8%。"),
        ({"expected_by": None, "projection": None}, "，序时应为 1,847 宗，超前 29 宗。"),
        ({"period": "2023", "as_of": date(2023, 12, 31)}, "2023 年累计 1,876 宗，完成年目标 ≥ 2,000 宗的 93.8%。"),
        ({"target_text": "季目标 ≥ 2,000 宗", "projection": None}, "第 4 季度累计 1,876 宗，完成季目标"),
        ({"target_text": "月目标 ≥ 2,000 宗", "as_of": None, "projection": None}, "12 月累计 1,876 宗，完成月目标"),
        ({"target_text": None, "projection": None}, "完成目标 2,000 宗的 93.8%"),
        (
            {"target_sign": "≤", "target_text": "年目标 ≤ 2,000 宗", "projection_high": 2000.0, "projection": 1999.0},
            "2023 年累计 1,876 宗，年目标 ≤ 2,000 宗，尚余 124 宗，按日历天数应为 1,847 宗，快 29 宗；"
            "照此推算到期末约 1,999 宗（1,990－2,000 宗），预计不会超出。",
        ),
        (
            {"target_sign": "≤", "target": 1800.0, "target_text": "年目标 ≤ 1,800 宗"},
            "2023 年累计 1,876 宗，年目标 ≤ 1,800 宗，已超出 76 宗，按日历天数应为 1,847 宗，快 29 宗；"
            "照此推算到期末约 2,032 宗（1,990－2,075 宗），预计会超出。",
        ),
        ({"target_sign": "≤", "target_text": "年目标 ≤ 2,000 宗"}, "（1,990－2,075 宗），是否超出尚难断定。"),
        ({"target_sign": "介于", "target_text": "年目标 介于 2,000 宗－2,200 宗"}, "约 2,032 宗（1,990－2,075 宗）。"),
        ({"target_sign": "≤", "target": 0.0, "to_date": 0.0, "expected_to_date": 0.0}, "尚余 0 宗，按日历天数应为"),
    ],
)
def test_a_cumulative_amount(changed: dict[str, Any], expected: str) -> None:
    assert expected in texts(YEARLY, **changed)[2]


@pytest.mark.parametrize(
    ("row", "changed", "expected"),
    [
        (RATE, {"rank": 3, "rank_of": 17, "rank_tied": True}, "在 17 个可比成员中列第 3 位（并列）。"),
        (RATE, {"rank": 3, "rank_of": 17, "dimension": "town"}, "在 17 个镇街中列第 3 位。"),
        (
            RATE,
            {"rank": 17, "rank_of": 17, "dimension": "town", "funnel": "范围内", "member": "多祝镇"},
            "在 17 个镇街中列第 17 位，但与总体的差别在正常范围内。",
        ),
        (RATE, {"funnel": "低于"}, "低于同等件数的正常范围。"),
        (RATE, {"funnel": "范围内"}, "与总体的差别在正常范围内。"),
        (RATE, {"n": 29.0}, "样本仅 29 件，一件之差就会有大的变化。"),
        (RATE, {"n": 29.0, "low": 90.0}, "样本仅 29 件，一件之差就会有大的变化。"),
        (
            RATE,
            {"value": 100.0, "numerator": 1.0, "denominator": 1.0, "n": 1.0, "low": 20.654, "high": 100.0},
            "样本仅 1 件，实际水平约在 20.65%－100.00% 之间。",
        ),
        (
            RATE,
            {"status": "样本不足", "n": 12.0, "status_reason": "本期可计件数为 12，少于最低 30 件，不作判断。"},
            "本期可计件数为 12，少于最低 30 件，不作判断。",
        ),
        (RATE, {"is_complete": False, "status": "本期未完"}, "本期未完，数据截至 12月3日。"),
        (RATE, {"is_complete": False, "as_of": None}, "本期未完。"),
        (RATE, {"is_complete": False, "has_gap": True}, "本期有日期缺报，结果还可能变动。"),
        (COUNT, {"has_gap": True}, "本期有日期缺报，数量偏低。"),
        (COUNT, {"coverage": 16 / 17, "coverage_text": "17 镇街中 16 个已报"}, "17 镇街中 16 个已报，数量偏低。"),
        (RATE, {"coverage": 16 / 17}, "已报送的镇街只占 94%，结果还可能变动。"),
        (
            COUNT,
            {"restated_from": 3100.0, "restated_batch": 41, "restated_at": datetime(2024, 1, 5, 9, 30)},
            "更正：本期数由 3,100 宗改为 3,200 宗（批次 41，1月5日）。",
        ),
        (
            COUNT,
            {"previous_restated_from": 2990.0, "previous_restated_batch": 41, "previous_restated_at": date(2024, 1, 5)},
            "更正：上周数由 2,990 宗改为 3,000 宗（批次 41，1月5日）。",
        ),
        (COUNT, {"restated_from": 3100.0}, "更正：本期数由 3,100 宗改为 3,200 宗。"),
        (RATE, {"definition_changed_on": date(2023, 12, 1)}, "口径自 2023 年 12月1日起变更，此前的数不可直接比较。"),
        (RATE, {"calendar_note": "2025 年节假日暂按推算"}, "2025 年节假日暂按推算。"),
        (RATE, {"calendar_note": True}, "节假日安排尚未公布，有关期限暂按推算。"),
        (RATE, {"improbable": "同率应有 12.7 条，仅 1 条。"}, "同率应有 12.7 条，仅 1 条。"),
        (RATE, {"improbable": True}, "这个数异常偏低，建议核对来源。"),
    ],
)
def test_rank_and_caveats_come_last(row: Mapping[str, Any], changed: dict[str, Any], expected: str) -> None:
    assert texts(row, **changed)[2:] == [expected]


@pytest.mark.parametrize(
    "changed",
    [
        {"coverage": 1.0, "coverage_text": "17 镇街中 17 个已报"},
        {"n": 30.0},
        {"restated_from": 95.352},
        {"restated_batch": 41},
        {"rank": 3},
        {"calendar_note": "", "improbable": ""},
    ],
)
def test_nothing_to_add_adds_nothing(changed: dict[str, Any]) -> None:
    assert len(texts(RATE, **changed)) == 2


def test_keys_name_metric_period_member_and_column() -> None:
    told = sentences({**RATE, "member": "多祝镇"})[0]
    columns = ("period", "value", "numerator", "denominator", "target", "target_text")
    assert told.keys == tuple(f"ticket.satisfaction@2023-W48:多祝镇#{column}" for column in columns)


def test_a_row_of_metric_and_period_alone_still_speaks() -> None:
    assert sentences({"metric": "m", "period": "2023"}) == [Sentence("m 2023 年没有可计的件。", ("m@2023#period",))]
    with pytest.raises(UnknownName):
        sentences({"metric": "m", "period": "去年"})


AMOUNTS = """
    value numerator denominator n low high
    target target_high to_date expected_to_date projection projection_low
    projection_high previous previous_change last_year last_year_change festival
    festival_change restated_from previous_restated_from
"""
amounts = (
    st.none() | st.sampled_from([0.0, 1.0, 5.0, 94.9951, 100.0, 1e6]) | st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
)
flags = st.sampled_from([None, True, False])
rows = st.fixed_dictionaries(
    {
        "metric": st.just("a.b"),
        "name": st.sampled_from(["12345 满意率", "业务量", None]),
        "unit": st.sampled_from(["%", "宗", "宗/台·日", "", None]),
        "decimals": st.sampled_from([0, 1, 2, None]),
        "kind": st.sampled_from(["ratio", "total", "gauge", "percentile", None]),
        "period": st.sampled_from(["2023", "2023-Q4", "2023-12", "2023-W52", "2023-12-03"]),
        "member": st.sampled_from([None, "多祝镇"]),
        "status": st.sampled_from([*STATUSES, None]),
        "status_reason": st.sampled_from([None, "少于最低 30 件。"]),
        "target_sign": st.sampled_from(["≥", "≤", "＝", "介于", None]),
        "target_text": st.sampled_from(["≥ 95%", "年目标 ≥ 2,000 宗", "季目标 ≤ 5 宗", None]),
        "signal": st.sampled_from(["", "连续 7 点上升", None]),
        "signal_kind": st.sampled_from(["none", "concern", "improvement", "neutral", None]),
        "variation": st.sampled_from(["", "正常波动", "变差", None]),
        "assurance": st.sampled_from(["", "稳定达标", "稳定不达", "预计可达", None]),
        "expected_by": st.sampled_from([None, "按工作日"]),
        "change_unit": st.sampled_from(["%", "个百分点", "宗", "", None]),
        "festival_label": st.sampled_from([None, "2023 年第 5 周"]),
        "coverage": st.sampled_from([None, 0.5, 1.0]),
        "coverage_text": st.sampled_from([None, "17 镇街中 16 个已报"]),
        "as_of": st.sampled_from([None, date(2023, 12, 3), date(2024, 1, 6)]),
        "restated_batch": st.sampled_from([None, 41]),
        "restated_at": st.sampled_from([None, datetime(2024, 1, 5)]),
        "previous_restated_batch": st.sampled_from([None, 7]),
        "previous_restated_at": st.sampled_from([None, datetime(2024, 1, 5)]),
        "definition_changed_on": st.sampled_from([None, date(2023, 12, 1)]),
        "rank": st.sampled_from([None, 3]),
        "rank_of": st.sampled_from([None, 17]),
        "funnel": st.sampled_from([None, "", "范围内", "高于"]),
        **dict.fromkeys(("is_complete", "has_gap", "rank_tied", "calendar_note", "improbable"), flags),
        **dict.fromkeys(AMOUNTS.split(), amounts),
    }
)


@settings(max_examples=1000)
@given(rows)
def test_every_number_of_every_row_can_be_traced(row: dict[str, Any]) -> None:
    told = sentences(row)
    assert told == sentences(row)
    for sentence in told:
        check(sentence, row)


STANDING = [
    {**RATE, "metric": "a"},
    {**RATE, "metric": "b", "name": "按时办结率", "status": "未达标", "value": 90.0},
    {**RATE, "metric": "c", "name": "解决率", "status": "未达标", "value": 60.0},
    {**YEARLY, "metric": "d", "status": "落后", "to_date": 1500.0},
    {**RATE, "metric": "e", "name": "回访率", "status": "关注"},
    {**COUNT, "metric": "f", "signal_kind": "concern"},
    {**YEARLY, "metric": "g"},
    {**RATE, "metric": "h", "status": "样本不足"},
]


def test_an_overview_counts_every_row_once_and_names_the_worst() -> None:
    told = overview(STANDING)
    assert [sentence.text for sentence in told] == [
        "8 项指标：2 达标 · 2 关注 · 2 未达标 · 1 未设目标 · 1 样本不足。",
        "最需关注：解决率 60.00%，目标 ≥ 95%（未达标）；按时办结率 90.00%，目标 ≥ 95%（未达标）；"
        "跨域通办办件量累计 1,500 宗，年目标 ≥ 2,000 宗（落后）；共 4 项指标。",
        "另有 1 项出现不利的异常变动（粤智助业务量）。",
    ]
    assert told[0].keys == tuple(f"{key}@2023-W48#status" for key in "abcdefgh")
    assert {"c@2023-W48#value", "c@2023-W48#target_text", "d@2023-W48#to_date"} <= set(told[1].keys)


def test_an_overview_says_what_joined_and_what_left() -> None:
    before = [{**row, "period": "2023-W47", "status": "达标"} for row in STANDING[1:]]
    before[0] = {**before[0], "status": "落后"}
    told = overview(STANDING, [{**STANDING[0], "period": "2023-W47", "status": "未达标"}, *before], "项")
    assert (
        told[-1].text
        == "与上期相比新增例外 3 项（解决率、跨域通办办件量、回访率），恢复达标 1 项（12345 群众满意率）。"
    )
    assert {"c@2023-W48#status", "c@2023-W47#status", "a@2023-W47#status"} <= set(told[-1].keys)
    assert told[0].text.startswith("8 项：")


def test_what_is_new_did_not_join() -> None:
    assert not overview([STANDING[1]], [])[-1].text.startswith("与上期相比")


def test_members_are_counted_by_name() -> None:
    towns = [{**RATE, "member": f"镇{i}", "status": "未达标", "value": 90.0 - i} for i in range(5)]
    told = overview(towns, [{**row, "status": "达标", "period": "2023-W47"} for row in towns], "个镇街")
    assert told[0].text == "5 个镇街：0 达标 · 5 未达标。"
    assert told[1].text.startswith("12345 群众满意率最需关注：镇4 86.00%，目标 ≥ 95%（未达标）；镇3 ")
    assert told[1].text.endswith("；共 5 个镇街。")
    assert "新增例外 5 项（镇0、镇1、镇2等）" in told[2].text


def test_an_empty_page_has_an_overview() -> None:
    assert overview([]) == [Sentence("0 项指标：0 达标 · 0 未达标。", ())]


@given(st.lists(rows.filter(lambda row: row["status"] is not None), max_size=8))
def test_the_counts_of_an_overview_sum_to_the_rows(several: list[dict[str, Any]]) -> None:
    first = overview(several)[0].text
    total, *counts = map(int, re.findall(r"\d+", first))
    assert total == len(several) == sum(counts)


def test_figures_of_two_definitions_are_not_compared() -> None:
    row = {
        "metric": "m.rate",
        "period": "2023",
        "name": "响应率",
        "unit": "%",
        "decimals": 2,
        "value": 97.15,
        "previous": 96.81,
        "previous_change": None,
        "change_unit": "个百分点",
        "definition_changed_on": date(2023, 7, 1),
    }
    text = "".join(said.text for said in sentences(row))
    assert "没有可比数据" in text and "上升" not in text

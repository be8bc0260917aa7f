"""Inputs 42 to 44, 68 and 73: numbers, percentages, levels, and the words that mean nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from kpi.catalogue import Catalogue
from kpi.intake import rules
from tests.inputs.checks import column, known_with, read, refusal, rules_of, sheet_of
from tests.intake.exports import RATING, TICKET, csv_text, rows_of, table

NUMBER: Catalogue = known_with("ticket", "return_count", type="number", unit="元", minimum=None, maximum=None)
SHARE: Catalogue = known_with("ticket", "return_count", type="number", unit="%", minimum=None, maximum=None)
SENTINELS = ["-", "--", "—", "——", "–", "/", "\\", "无", "N/A", "null", "", "－", "／", " - "]


def numbers(texts: list[str], known: Catalogue = NUMBER) -> tuple[list[Any], dict[str, int], list[str]]:
    """Return the values of a number column, what was tidied, and the rules its cells break."""
    rows = [{**row, "退回次数": text} for row, text in zip(rows_of(TICKET, len(texts)), texts, strict=True)]
    result = read(csv_text(rows), known=known)
    return column(result, "return_count"), result.normalised, rules_of(result)


def test_input_42_full_width_digits_letters_and_commas_are_read() -> None:
    row = {**TICKET, "工单编号": "Ｔ０００１", "来电时间": "２０２３－１２－０５　０８：３０：００", "延期天数": "１２"}
    result = read(csv_text([row]))
    assert result.rows.select("ticket_id", "received_at", "extension_days").row(0) == (
        "T0001",
        datetime(2023, 12, 5, 8, 30),
        12,
    )
    assert sum(result.normalised.values()) == 3
    assert numbers(["１，２３４", "－５", "３．５"])[0] == [1234, -5, 3.5]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234", 1234),
        ("1 234", 1234),
        ("1,234,567.89", 1234567.89),
        ("1\xa0234", 1234),
        ("1\u3000234", 1234),
        ("1.2万", 12000),
        ("1.2 万", 12000),
        ("1.2万元", 12000),
        ("0.5亿", 50_000_000),
        ("12元", 12),
        ("1.20", 1.2),
        ("1E3", 1000),
    ],
)
def test_input_43_numbers_written_as_text_are_read(text: str, value: float) -> None:
    assert numbers([text, text, "7"])[0] == [value, value, 7]


def test_input_43_what_was_tidied_is_counted() -> None:
    assert numbers(["1,234", "1 234", "1.2万", "7"])[1] == {"数字去除千分位、单位或全角": 3}


@pytest.mark.parametrize("text", ["95.35%", "95.35％", "95.35 %", "95.35"])
def test_input_43_a_percentage_is_read_with_or_without_its_sign(text: str) -> None:
    assert numbers([text] * 3, SHARE)[0] == [95.35] * 3


@pytest.mark.parametrize("text", ["约10", "10左右", "十", "1-2", "12abc", "1.2.3", "待定", "见附件", "￥"])
def test_input_43_other_text_in_a_number_column_is_refused(text: str) -> None:
    values, _, broken = numbers(["1", text, "3"])
    assert (values, broken) == ([1, 3], [rules.BAD_NUMBER])


def test_input_43_a_percentage_in_a_column_of_another_unit_is_refused() -> None:
    assert numbers(["1", "95.35%", "3"])[2] == [rules.BAD_NUMBER]


def test_input_44_shares_of_one_become_percent_and_are_counted() -> None:
    values, normalised, _ = numbers(["0.9535", "0", "0.5", "1"], SHARE)
    assert values == [95.35, 0, 50, 100]
    assert normalised["小数改为百分数"] == 3


@pytest.mark.parametrize("texts", [["0.9535", "95.35"], ["95.35"] * 30 + ["0.9535"], ["0.9535", "96%"]])
def test_input_44_shares_of_one_and_of_a_hundred_in_one_column_refuse_the_file(texts: list[str]) -> None:
    rows = [{**row, "退回次数": text} for row, text in zip(rows_of(TICKET, len(texts)), texts, strict=True)]
    said = refusal(csv_text(rows), known=SHARE)
    assert "比例单位不一致" in said and "“退回次数”" in said


LEVELS = {
    "非常满意": 5,
    "满意": 4,
    "基本满意": 3,
    "不满意": 2,
    "非常不满意": 1,
    "未评价": None,
    "默认好评": None,
    "5": 5,
    "1": 1,
    "5 非常满意": 5,
    "非常满意（5）": 5,
    "４": 4,
    " 满意 ": 4,
    "五星": 5,
}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(("text", "level"), LEVELS.items())
def test_input_68_words_of_satisfaction_are_levels(text: str, level: int | None, kind: str) -> None:
    rows = rows_of({**RATING, "整体满意度": text}, 3)
    content = csv_text(rows).encode() if kind == "csv" else sheet_of([*table(rows)])
    result = read(content, f"导出.{kind}")
    assert column(result, "level") == [level] * 3


@pytest.mark.parametrize("text", ["6", "-1", "10", "3.5", "还行", "满意满意", "优秀"])
def test_input_68_unknown_words_and_digits_out_of_range_are_refused(text: str) -> None:
    rows = rows_of(RATING, 30)
    result = read(csv_text([*rows, {**RATING, "评价流水号": "X1", "整体满意度": text}]))
    assert rules_of(result) == [rules.UNKNOWN_LEVEL]
    assert len(result.rows) == 30


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_input_73_dashes_everywhere_mean_nothing(sentinel: str) -> None:
    optional = [
        column.header
        for column in NUMBER.subjects["ticket"].columns
        if not column.required and column.name not in ("caller_name", "caller_phone")
    ]
    rows = rows_of({**TICKET, **dict.fromkeys(optional, sentinel)}, 4)
    result = read(csv_text(rows))
    assert rules_of(result) == []
    # 无 beside 有 is an answer.
    said = ("flag",) if sentinel == "无" else ()
    empty = [c.name for c in NUMBER.subjects["ticket"].columns if c.header in optional and c.type not in said]
    assert {name for name in empty if result.rows[name].null_count() < 4} == set()


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_input_73_a_dash_in_a_required_column_is_a_missing_value(sentinel: str) -> None:
    rows = rows_of(TICKET, 4)
    result = read(csv_text([*rows, {**TICKET, "工单编号": "T9", "诉求类型": sentinel}]))
    assert rules_of(result) == [rules.MISSING]


def test_input_73_a_dash_for_a_name_or_a_telephone_is_nothing_too() -> None:
    result = read(csv_text(rows_of({**TICKET, "来电人姓名": "-", "来电号码": "——"}, 2)))
    assert column(result, "caller_name") == column(result, "caller_phone") == [None, None]

"""Inputs 36 to 41 and 77: what columns are called and where they stand."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

import pytest

from kpi import engine
from kpi.errors import ImportRefused, UnknownLayout
from kpi.intake import Mapping, stage_apart
from kpi.intake.mapping_files import remembered, save_mapping
from tests.inputs.checks import column, known_with, read, refusal, same_rows, sheet_of
from tests.intake.exports import RATING, TICKET, TODAY, catalogue, csv_text, rows_of

ROWS = rows_of(RATING, 20)
PLAIN = read(csv_text(ROWS))
CLOSED = rows_of(TICKET, 5, 办结时间="2023-12-06 10:00:00")


def renamed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize("header", ["评价时间", "镇街", "评价流水号"])
def test_input_36_a_header_that_stands_twice_is_refused_by_name(header: str) -> None:
    lines = csv_text(ROWS).splitlines()
    doubled = [f"{line},{header if number == 0 else 'x'}" for number, line in enumerate(lines)]
    said = refusal("\n".join(doubled))
    assert f"“{header}”" in said


def test_input_36_an_optional_header_that_stands_twice_is_refused_too() -> None:
    lines = csv_text(CLOSED).splitlines()
    assert "“办结时间”" in refusal("\n".join(f"{line},{line.split(',')[-1]}" for line in lines))


def test_input_36_of_two_known_names_of_one_column_the_first_counts() -> None:
    rows = [{**row, "办结日期": "2023-12-09"} for row in CLOSED]
    result = read(csv_text(rows))
    assert {str(moment) for moment in column(result, "closed_at")} == {"2023-12-06 10:00:00"}
    assert result.ignored_columns == ("办结日期",)


def test_input_36_unused_headers_may_stand_twice() -> None:
    lines = csv_text(ROWS).splitlines()
    result = read("\n".join(f"{line},{tail},{tail}" for line, tail in zip(lines, ["备注", *["x"] * 20], strict=True)))
    assert same_rows(result, PLAIN)
    assert result.ignored_columns == ("备注", "备注")


@pytest.mark.parametrize(("header", "near"), [("评价时间", "评价的时间"), ("整体满意度", "总体满意程度")])
def test_input_37_a_missing_column_is_named_with_the_nearest_header(header: str, near: str) -> None:
    said = refusal(renamed(csv_text(ROWS), header, near))
    assert f"缺少必需列“{header}”（最接近的表头是“{near}”）" in said


def test_input_37_every_missing_column_is_named() -> None:
    rows = [{key: row[key] for key in ("评价流水号", "评价渠道", "整体满意度")} for row in ROWS]
    said = refusal(csv_text(rows))
    assert "“评价时间”" in said and "“镇街”" in said


def test_input_38_unknown_columns_are_ignored_and_listed_and_new_ones_told(tmp_path: Path) -> None:
    first = read(csv_text(rows_of(RATING, 5, 备注="x")))
    assert first.ignored_columns == ("备注",)
    engine.load(tmp_path, [first], catalogue())
    second = read(csv_text(rows_of(RATING, 6, 备注="x", 设备型号="A1")))
    assert second.ignored_columns == ("备注", "设备型号")
    found = engine.preview(tmp_path, second, catalogue())
    assert (found.new_columns, found.cautions, found.new, found.same) == (("设备型号",), (), 1, 5)


@pytest.mark.parametrize("other", ["办结日期", "完成时间"])
def test_input_39_a_column_under_a_known_other_name_is_read(other: str) -> None:
    assert same_rows(read(renamed(csv_text(CLOSED), "办结时间", other)), read(csv_text(CLOSED)))


def test_input_39_an_unknown_name_is_asked_for_once_and_remembered_per_source(tmp_path: Path) -> None:
    foreign = renamed(csv_text(ROWS), "评价时间", "何时评的").encode()
    with pytest.raises(UnknownLayout) as caught:
        read(foreign)
    assert caught.value.subject == "rating"
    assert caught.value.tables[0]["headers"][1] == "何时评的"
    headers = {
        "rating_id": "评价流水号",
        "rated_at": "何时评的",
        "town": "镇街",
        "channel": "评价渠道",
        "level": "整体满意度",
    }
    mapping = Mapping("rating", "大厅系统", 1, headers)
    assert same_rows(read(foreign, mapping=mapping), PLAIN)
    save_mapping(tmp_path / "mappings", mapping, "张三", datetime(2024, 1, 5, 8, 30))
    assert len(remembered(tmp_path / "mappings", catalogue())) == 1
    again = stage_apart(foreign, "导出.csv", tmp_path, today=TODAY)
    assert same_rows(again, PLAIN)
    assert again.mapping is not None and "大厅系统" in again.mapping
    with pytest.raises(ImportRefused, match="缺少必需列“评价时间”"):
        stage_apart(foreign, "导出.csv", today=TODAY)


def test_input_40_and_77_the_order_of_columns_does_not_matter() -> None:
    chance = random.Random(40)
    rows = rows_of({**TICKET, "延期天数": "2", "办结时间": "2023-12-06 10:00:00", "镇街": "多祝镇"}, 10)
    plain = read(csv_text(rows))
    for _ in range(5):
        order = list(rows[0])
        chance.shuffle(order)
        turned = read(csv_text([{key: row[key] for key in order} for row in rows]))
        assert same_rows(turned, plain)


def test_input_77_columns_of_like_content_swapped_between_files_are_told_by_their_headers() -> None:
    rows = rows_of({**TICKET, "首次转办时间": "2023-12-05 09:00:00", "办结时间": "2023-12-06 10:00:00"}, 5)
    swapped = [{**row} for row in rows]
    order = ["工单编号", "办结时间", "首次转办时间", "来电时间", "办理类型", "诉求类型"]
    result = read(csv_text([{key: row[key] for key in order} for row in swapped]))
    assert same_rows(result, read(csv_text(rows)))


@pytest.mark.parametrize(
    "spelled",
    [
        " 评价时间 ",
        "评价\n时间",
        "评 价 时 间",
        "评价时间：",
        "*评价时间",
        "评价时间（年月日）",
        "评价时间(必填)",
        "评价\u3000时间",
        "评价\u200b时间",
    ],
)
def test_input_41_spellings_of_a_header_are_one(spelled: str) -> None:
    grid: list[list[object]] = [[spelled if header == "评价时间" else header for header in RATING]]
    grid += [[*row.values()] for row in ROWS]
    assert same_rows(read(sheet_of(grid), "导出.xlsx"), PLAIN)


@pytest.mark.parametrize(
    ("header", "text", "value"),
    [
        ("金额（元）", "12345.5", 12345.5),
        ("金额（万元）", "1.23455", 12345.5),
        ("金额(万元)", "1.23455", 12345.5),
        ("金额 ［ 单位：万元 ］", "1.23455", 12345.5),
        ("金额（千元）", "12.3455", 12345.5),
        ("金额（亿元）", "0.000123455", 12345.5),
        ("金额", "12345.5", 12345.5),
    ],
)
def test_input_41_the_unit_in_a_header_is_parsed(header: str, text: str, value: float) -> None:
    known = known_with(
        "ticket", "return_count", header="金额", aliases=(), type="number", unit="元", minimum=None, maximum=None
    )
    result = read(csv_text(rows_of({**TICKET, header: text}, 3)), known=known)
    assert column(result, "return_count") == [value] * 3


@pytest.mark.parametrize(
    ("header", "value"), [("等待时长（分钟）", 2.5), ("等待时长（小时）", 150.0), ("等待时长（秒）", 0.041667)]
)
def test_input_41_the_unit_of_a_duration_is_parsed(header: str, value: float) -> None:
    case = {
        "受理编号": "Y1",
        "受理时间": "2023-12-05 08:30:00",
        "镇街": "多祝镇",
        "受理大厅": "多祝大厅",
        "窗口号": "1",
        header: "2.5",
    }
    assert column(read(csv_text([case])), "wait_minutes") == [value]

"""The subject, the header row and the title rows are found, or the file is refused with what was found."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from polars.testing import assert_frame_equal

from kpi.errors import ImportRefused
from tests.intake.exports import RATING, TICKET, TITLES, Row, catalogue, csv_text, rows_of, staged, table, xlsx_bytes


def refusal(text: str, name: str = "导出.csv") -> str:
    with pytest.raises(ImportRefused) as caught:
        staged(text, name)
    assert name in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("key", list(catalogue().subjects))
def test_every_subject_is_recognised_by_its_required_headers(key: str) -> None:
    samples = {
        "id": "A0001234",
        "datetime": "2023-12-05 08:30:00",
        "date": "2023-12-05",
        "town": "多祝镇",
        "flag": "是",
        "integer": "3",
        "number": "2.5",
        "text": "甲乙丙",
        "level": "满意",
        "department": "县公安局",
    }
    subject = catalogue().subjects[key]
    row = {c.header: next(iter(c.values), "") or samples[c.type] for c in subject.required}
    result = staged(csv_text([row]))
    assert result.subject == key
    assert [*result.rows.columns] == [*(c.name for c in subject.columns), "line"]
    assert result.refused.is_empty()


@pytest.mark.parametrize("before", range(15))
def test_the_header_is_found_among_the_first_fifteen_rows(before: int) -> None:
    result = staged(csv_text(rows_of(RATING, 3), titles=[f"说明 {number}" for number in range(before)]))
    assert result.header_line == before + 1
    assert result.rows["line"].to_list() == [before + 2, before + 3, before + 4]


def test_a_header_further_down_is_not_looked_for() -> None:
    assert "认不出" in refusal(csv_text(rows_of(RATING, 3), titles=["说明"] * 15))


def test_title_rows_state_the_period_and_the_export() -> None:
    result = staged(csv_text(rows_of(RATING, 3), titles=TITLES))
    assert (result.period_first, result.period_last) == (date(2023, 12, 1), date(2023, 12, 31))
    assert result.exported_at == datetime(2024, 1, 5, 8, 30)


@pytest.mark.parametrize(
    "title",
    [
        "统计期间：2023年12月1日至2023年12月31日 导出时间：2024年1月5日 8时30分",
        "统计周期:2023/12/1~2023/12/31,导出日期:2024/1/5 8:30",
        "统计时间　２０２３－１２－０１　到　２０２３－１２－３１　生成时间：2024-01-05 08:30:00",
    ],
)
def test_title_rows_are_read_in_several_spellings(title: str) -> None:
    result = staged(csv_text(rows_of(RATING, 3), titles=[title]))
    assert (result.period_first, result.period_last) == (date(2023, 12, 1), date(2023, 12, 31))
    assert result.exported_at == datetime(2024, 1, 5, 8, 30)


def test_without_title_rows_the_period_is_that_of_the_records() -> None:
    rows = rows_of(RATING, 3)
    rows[1]["评价时间"], rows[2]["评价时间"] = "2023-11-02 09:00:00", "2023-12-30 23:59:59"
    result = staged(csv_text(rows))
    assert (result.period_first, result.period_last) == (date(2023, 11, 2), date(2023, 12, 30))
    assert result.exported_at is None


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    title = "统计期间：2023-12-31 至 2023-12-01"
    assert "开始晚于结束" in refusal(csv_text(rows_of(RATING, 3), titles=[title]))


@pytest.mark.parametrize(
    "header",
    [
        "整体满意度",
        " 整体 满意度 ",
        "整体满意度*",
        "整体\u3000满意度：",
        "\ufeff整体满意度",
        '"整体\n满意度"',
        "满意度",
        "评价等级",
    ],
)
def test_headers_match_whatever_their_spelling(header: str) -> None:
    text = csv_text(rows_of(RATING, 2)).replace("整体满意度", header)
    assert staged(text).rows["level"].to_list() == [4, 4]


@pytest.mark.parametrize(
    "header", ["等待时长（分钟）", "等待时长(分钟)", "等待时长 ( 分 钟 )", "等待时长", "等待时长（min）"]
)
def test_brackets_and_units_in_headers_do_not_matter(header: str) -> None:
    row = {
        "受理编号": "A0001234",
        "受理时间": "2023-12-05 08:30",
        "镇街": "多祝",
        "受理大厅": "县中心",
        "窗口号": "8",
        header: "12",
    }
    assert staged(csv_text([row])).rows["wait_minutes"].to_list() == [12.0]


def test_unknown_columns_are_left_out_and_listed() -> None:
    result = staged(csv_text(rows_of(RATING, 2, 备注="x", 流程节点="y")))
    assert result.ignored_columns == ("备注", "流程节点")


def test_of_two_aliases_the_first_declared_counts_and_the_other_is_listed() -> None:
    rows = [{**row, "登记时间": "2020-01-01 00:00:00"} for row in rows_of(TICKET, 2)]
    result = staged(csv_text(rows))
    assert result.rows["received_at"].to_list() == [datetime(2023, 12, 5, 8, 30)] * 2
    assert result.ignored_columns == ("登记时间",)


def test_a_header_that_stands_twice_is_refused() -> None:
    lines = csv_text(rows_of(RATING, 2)).splitlines()
    text = "\n".join(f"{line},{line.split(',')[4]}" for line in lines)
    assert "重复出现“整体满意度”" in refusal(text)


def test_an_exact_header_wins_over_one_with_a_remark() -> None:
    result = staged(csv_text([{"整体满意度（线上）": "不满意", **row} for row in rows_of(RATING, 2)]))
    assert result.rows["level"].to_list() == [4, 4]
    assert result.ignored_columns == ("整体满意度（线上）",)


def test_a_missing_required_column_is_named_with_the_nearest_header() -> None:
    text = csv_text(rows_of(RATING, 2)).replace("评价渠道", "评价的渠道名")
    sentence = refusal(text)
    assert "缺少必需列“评价渠道”" in sentence
    assert "“评价的渠道名”" in sentence
    assert "好差评评价" in sentence


def test_an_unknown_kind_of_file_is_refused_with_its_headers_and_the_subjects() -> None:
    rows: list[Row] = [{"姓名": "张三", "部门": "办公室", "工龄": "3"}]
    sentence = refusal(csv_text(rows))
    assert "姓名、部门、工龄" in sentence
    assert all(subject.name in sentence for subject in catalogue().subjects.values())


def test_a_file_in_big5_is_refused_not_misread() -> None:
    text = "評價流水號,評價時間,鎮街\nP1,2023-12-05,平山街道\n"
    with pytest.raises(ImportRefused, match="认不出"):
        staged(text.encode("big5"))


def test_columns_may_stand_in_any_order_and_rows_in_either_format() -> None:
    rows = rows_of(RATING, 5, 事项名称="社保卡申领", 联系电话="13812345678")
    backwards = [dict(reversed(row.items())) for row in rows]
    expected = staged(csv_text(rows)).rows
    assert_frame_equal(staged(csv_text(backwards)).rows, expected)
    assert_frame_equal(staged(xlsx_bytes(table(rows))).rows, expected)
    assert_frame_equal(staged(xlsx_bytes(table(backwards))).rows, expected)


def test_demo_keys_make_a_demo_file() -> None:
    rows = [{**row, "评价流水号": f"DEMO{row['评价流水号']}"} for row in rows_of(RATING, 3)]
    assert staged(csv_text(rows)).is_demo
    assert not staged(csv_text(rows_of(RATING, 3))).is_demo


def test_demo_and_real_keys_in_one_file_are_refused() -> None:
    rows = rows_of(RATING, 3)
    rows[2]["评价流水号"] = "DEMO0000001"
    assert "演示数据" in refusal(csv_text(rows))

"""Rows are refused one by one under a named rule, or dropped and counted; nothing vanishes."""

from __future__ import annotations

import json

import pytest

from kpi.errors import ImportRefused
from kpi.intake import rules
from tests.intake.exports import (
    RATING,
    TICKET,
    TITLES,
    Row,
    among_good,
    csv_text,
    html_text,
    rows_of,
    staged,
    table,
    xlsx_bytes,
)

TICKET_RULES: list[tuple[Row, str]] = [
    ({"诉求类型": ""}, rules.MISSING),
    ({"诉求类型": "—"}, rules.MISSING),
    ({"工单编号": " "}, rules.MISSING),
    ({"工单编号": "1.23E+17"}, rules.PRECISION),
    ({"工单编号": "20231205.0"}, rules.PRECISION),
    ({"来电时间": "12/05/2023 8:30"}, rules.BAD_DATE),
    ({"来电时间": "23-12-05 08:30:00"}, rules.BAD_DATE),
    ({"来电时间": "昨天"}, rules.BAD_DATE),
    ({"来电时间": "2023-02-30 08:30:00"}, rules.NO_SUCH_DATE),
    ({"来电时间": "2023-12-05 25:00:00"}, rules.NO_SUCH_DATE),
    ({"办结时间": "待定"}, rules.BAD_DATE),
    ({"来电时间": "2024-02-01 00:00:00"}, rules.FUTURE),
    ({"办结时间": "2023-12-05 08:29:59"}, rules.CLOSED_BEFORE),
    ({"办结时间": "2023-12-04"}, rules.CLOSED_BEFORE),
    ({"延期天数": "三天"}, rules.BAD_NUMBER),
    ({"延期天数": "1.5"}, rules.BAD_NUMBER),
    ({"延期天数": "99999999999"}, rules.OUT_OF_RANGE),
    ({"延期天数": "-5"}, rules.OUT_OF_RANGE),
    ({"首次转办时间": "2023-12-01 08:00:00"}, rules.DISORDER),
    ({"办结时间": "2024-03-01 08:00:00"}, rules.FUTURE),
    ({"回访时间": "2023-12-05 08:29:00"}, rules.DISORDER),
    ({"诉求类型": "唱歌"}, rules.NOT_LISTED),
    ({"事发镇街": "淡水街道"}, rules.UNKNOWN_TOWN),
    ({"承办单位": "火星局"}, rules.UNKNOWN_DEPARTMENT),
    ({"最终满意度": "还行"}, rules.UNKNOWN_LEVEL),
    ({"最终满意度": "6"}, rules.UNKNOWN_LEVEL),
    ({"是否重复诉求": "也许"}, rules.UNKNOWN_FLAG),
    ({"延期天数": "#DIV/0!"}, rules.ERROR_VALUE),
    ({"工单标题": "#N/A"}, rules.ERROR_VALUE),
    ({"来电时间": "2020-12-01 08:30:00", "办结时间": "2023-12-05 08:30:00"}, rules.TOO_LONG),
    ({"来电时间": "2020-11-30 08:30:00"}, rules.TOO_LONG),
]


@pytest.mark.parametrize(
    ("bad", "rule"), TICKET_RULES, ids=[f"{rule} {next(iter(bad.values()))}" for bad, rule in TICKET_RULES]
)
def test_a_bad_row_is_refused_under_its_rule_and_the_others_stay(bad: Row, rule: str) -> None:
    result = staged(csv_text(among_good(bad, TICKET, 30)))
    assert result.refused.select("line", "rule").rows() == [(32, rule)]
    assert result.rows["line"].to_list() == list(range(2, 32))
    assert result.rows_read == 31


def test_every_rule_of_the_table_is_exercised_here() -> None:
    elsewhere = {rules.FIELD_COUNT, rules.CONFLICT, rules.OUTSIDE}
    assert {rule for _, rule in TICKET_RULES} | elsewhere == set(rules.EXPLANATIONS)


def test_the_reason_names_the_column_the_text_and_what_to_do() -> None:
    result = staged(csv_text(among_good({"事发镇街": "淡水街道"}, TICKET)))
    assert result.refused["reason"][0] == "事发镇街“淡水街道”不在镇街名录之内，请更正或补充别名"


def test_several_faults_make_one_refused_row_with_all_reasons() -> None:
    bad = {"诉求类型": "", "来电时间": "昨天", "事发镇街": "淡水"}
    result = staged(csv_text(among_good(bad, TICKET)))
    assert len(result.refused) == 1
    assert result.refused["rule"][0] == rules.MISSING
    assert [header in result.refused["reason"][0] for header in bad] == [True] * 3


def test_an_unreadable_required_cell_is_not_called_missing_as_well() -> None:
    result = staged(csv_text(among_good({"来电时间": "昨天"}, TICKET)))
    assert "必填" not in result.refused["reason"][0]


def test_a_refused_row_is_kept_as_it_was_with_personal_columns_masked() -> None:
    bad = {
        "事发镇街": "淡水",
        "来电人姓名": "张三丰",
        "来电号码": "13812345678",
        "工单标题": "回电 13987654321 王五",
        "问题分类": "找13711112222",
    }
    raw = json.loads(staged(csv_text(among_good(bad, TICKET))).refused["raw"][0])
    assert raw["事发镇街"] == "淡水"
    assert raw["来电人姓名"] == "张**"
    assert raw["来电号码"] == "138****5678"
    assert raw["工单标题"] == "回电 *** 王五"
    assert raw["问题分类"] == "找***"


def test_an_empty_optional_column_is_no_failure() -> None:
    empty = {
        "办结时间": "",
        "延期天数": "-",
        "承办单位": "无",
        "最终满意度": "",
        "是否重复诉求": "/",
        "事发镇街": "null",
    }
    result = staged(csv_text(among_good(empty, TICKET)))
    assert result.refused.is_empty()
    assert result.rows.row(3, named=True)["department"] is None


def test_a_missing_optional_column_is_null_and_no_failure() -> None:
    result = staged(csv_text(rows_of(TICKET, 3)))
    assert result.refused.is_empty()
    assert result.rows["closed_at"].null_count() == 3


def test_closing_on_the_same_day_without_a_time_is_accepted() -> None:
    result = staged(csv_text(among_good({"办结时间": "2023-12-05"}, TICKET)))
    assert result.refused.is_empty()


def test_the_export_time_decides_what_is_future() -> None:
    rows = among_good({"评价时间": "2024-01-05 09:00:00"}) + rows_of(
        {**RATING, "评价流水号": "Q"}, 1, 评价时间="2024-01-06 00:00"
    )
    exported = [TITLES[0], "导出时间：2024-01-05 08:30"]
    assert staged(csv_text(rows, titles=exported)).refused.select("line", "rule").rows() == [(8, rules.FUTURE)]
    assert staged(csv_text(rows)).refused.is_empty()


def test_a_record_outside_the_stated_period_is_refused_and_kept() -> None:
    rows = among_good({"评价时间": "2023-11-30 23:59:59"})
    refused = staged(csv_text(rows, titles=TITLES)).refused
    assert refused["rule"].to_list() == [rules.OUTSIDE]
    assert staged(csv_text(rows)).refused.is_empty()


def test_an_export_from_tomorrow_is_refused() -> None:
    titles = [TITLES[0], "统计期间：2023-12-01 至 2023-12-31　导出时间：2099-01-05 08:30"]
    with pytest.raises(ImportRefused, match="导出时间 2099-01-05 08:30 晚于今天"):
        staged(csv_text(among_good({}), titles=titles))


def test_rows_without_a_key_are_never_taken_for_copies_of_one_another() -> None:
    rows = rows_of(RATING, 3) + [{**RATING, "评价流水号": ""} for _ in range(3)]
    result = staged(csv_text(rows))
    assert result.refused["rule"].to_list() == [rules.MISSING] * 3


def test_unrated_is_an_answer_but_blank_is_missing() -> None:
    result = staged(
        csv_text([*among_good({"整体满意度": "未评价"}), {**RATING, "整体满意度": "", "评价流水号": "Y0000000001"}])
    )
    assert result.rows["level"].to_list() == [4, 4, 4, None]
    assert result.refused["rule"].to_list() == [rules.MISSING]


def test_identical_copies_are_dropped_and_counted() -> None:
    rows = rows_of(RATING, 3)
    result = staged(csv_text([*rows, rows[1], rows[1]]))
    assert (len(result.rows), result.skipped, result.rows_read) == (3, {"内容相同的重复行": 2}, 5)
    assert result.rows["line"].to_list() == [2, 3, 4]


def test_copies_spelled_differently_are_still_identical() -> None:
    rows = rows_of(RATING, 2)
    again = {**rows[0], "镇街": "平山", "评价时间": "2023/12/5 8:30"}
    assert staged(csv_text([*rows, again])).skipped == {"内容相同的重复行": 1}


def test_one_key_with_two_contents_refuses_every_copy() -> None:
    rows = rows_of(RATING, 3)
    result = staged(csv_text([*rows, {**rows[1], "整体满意度": "不满意"}]))
    assert result.rows["line"].to_list() == [2, 4]
    assert result.refused.select("line", "rule").rows() == [(3, rules.CONFLICT), (5, rules.CONFLICT)]


def test_a_readable_copy_beside_an_unreadable_one_is_refused_too() -> None:
    rows = rows_of(RATING, 3)
    result = staged(csv_text([*rows, {**rows[1], "镇街": "淡水"}]))
    assert dict(result.refused.select("line", "rule").rows()) == {3: rules.CONFLICT, 5: rules.UNKNOWN_TOWN}


def test_rows_read_are_rows_refused_rows_and_whatever_was_skipped() -> None:
    rows = rows_of(RATING, 6)
    rows[1]["镇街"] = "淡水"
    text = csv_text([*rows, rows[0]], footers=["合计,7"])
    result = staged(text)
    assert result.rows_read == 8
    assert (len(result.rows), len(result.refused)) == (5, 1)
    assert result.skipped == {"合计或制表行": 1, "内容相同的重复行": 1}
    assert [(total.stated, total.ours) for total in result.totals] == [(7, 7)]


@pytest.mark.parametrize(
    "footer",
    [
        "合计,1234",
        "小计,,,5,",
        "总计：12 件",
        "合  计,3",
        "制表人：张三",
        "制表人,张三,审核人,李四",
        "合计（件）,5",
        "打印时间：2024-01-05",
    ],
)
@pytest.mark.parametrize("kind", ["csv", "xlsx", "html"])
def test_closing_rows_are_dropped_and_counted(kind: str, footer: str) -> None:
    rows = rows_of(RATING, 3)
    width = len(RATING)
    cells = (footer.split(",") + [""] * width)[:width]
    whole = [*rows, dict(zip(RATING, cells, strict=True))]
    content = {
        "csv": csv_text(rows, footers=[footer]).encode(),
        "xlsx": xlsx_bytes(table(whole)),
        "html": html_text(whole).encode(),
    }[kind]
    result = staged(content)
    assert (len(result.rows), result.rows_read, result.refused.is_empty()) == (3, 4, True)
    assert result.skipped == {"合计或制表行": 1}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_blank_rows_and_repeated_headers_are_dropped_and_counted(kind: str) -> None:
    grid = table(rows_of(RATING, 4))
    grid.insert(3, grid[0])
    grid.insert(3, [""] * len(RATING))
    grid.insert(5, [" "] * len(RATING))
    text = "\n".join(",".join(row) for row in grid)
    result = staged(text) if kind == "csv" else staged(xlsx_bytes(grid))
    assert result.skipped == {"空行": 2, "重复表头": 1}
    assert result.rows["line"].to_list() == [2, 3, 7, 8]


def test_line_numbers_are_physical_lines_even_with_breaks_inside_cells() -> None:
    rows = rows_of(RATING, 4)
    rows[1]["事项名称"] = '第一行\n第二行 "引"'
    result = staged(csv_text(rows, titles=TITLES))
    assert result.rows["line"].to_list() == [4, 5, 7, 8]
    assert result.rows["item"][1] == '第一行\n第二行 "引"'


def test_a_quote_inside_unquoted_text_is_kept() -> None:
    rows = csv_text(rows_of(RATING, 3, 事项名称="甲")).replace(",甲", ',他说"好"的', 1)
    assert staged(rows).rows["item"].to_list() == ['他说"好"的', "甲", "甲"]


@pytest.mark.parametrize("broken", ['"没有结束', '"甲"乙"', '"甲\n乙'])
def test_an_unbalanced_quote_is_refused_with_its_line(broken: str) -> None:
    text = csv_text(rows_of(RATING, 30, 事项名称="甲")).splitlines()
    text[10] = text[10].replace(",甲", f",{broken}")
    with pytest.raises(ImportRefused, match="第 11 行的引号不配对"):
        staged("\n".join(text))


def test_a_lone_opening_quote_does_not_swallow_rows_up_to_another_quoted_cell() -> None:
    lines = csv_text(rows_of(RATING, 30, 事项名称="甲")).splitlines()
    lines[5] = lines[5].replace(",甲", ',"甲')
    lines[9] = lines[9].replace(",甲", ',"乙,丙"')
    with pytest.raises(ImportRefused, match="第 6 行的引号不配对"):
        staged("\n".join(lines))


def test_two_lone_quotes_do_not_make_one_cell_of_the_rows_between() -> None:
    lines = csv_text(rows_of(RATING, 30, 事项名称="甲")).splitlines()
    for number in (5, 9):
        lines[number] = lines[number].replace(",甲", ',"甲')
    with pytest.raises(ImportRefused, match="第 6 行的引号不配对"):
        staged("\n".join(lines))


@pytest.mark.parametrize(
    ("line", "raw"),
    [
        ("P0000009999,2023-12-05 08:30:00", {"评价流水号": "P0000009999", "评价时间": "2023-12-05 08:30:00"}),
        (
            "P1,2,3,4,5,6,7",
            {
                "评价流水号": "P1",
                "评价时间": "2",
                "镇街": "3",
                "评价渠道": "4",
                "整体满意度": "5",
                "第 6 个字段": "***",
                "第 7 个字段": "***",
            },
        ),
    ],
)
def test_a_row_of_another_width_is_refused_alone(line: str, raw: Row) -> None:
    lines = csv_text(rows_of(RATING, 200)).splitlines()
    lines.insert(100, line)
    result = staged("\n".join(lines))
    assert result.refused.select("line", "rule").rows() == [(101, rules.FIELD_COUNT)]
    assert json.loads(result.refused["raw"][0]) == raw
    assert (len(result.rows), result.rows_read) == (200, 201)
    assert result.rows["line"].to_list()[98:101] == [100, 102, 103]


def test_rows_too_long_and_too_short_do_not_cancel_out() -> None:
    lines = csv_text(rows_of(RATING, 300)).splitlines()
    lines[50] += ",多余"
    lines[51] = lines[51].rpartition(",")[0]
    assert staged("\n".join(lines)).refused["line"].to_list() == [51, 52]


def test_many_rows_of_another_width_refuse_the_file_naming_the_line() -> None:
    lines = csv_text(rows_of(RATING, 100)).splitlines()
    lines[20:30] = [line.rpartition(",")[0] for line in lines[20:30]]
    with pytest.raises(ImportRefused, match="第 21 行有 4 个，表头有 5 个"):
        staged("\n".join(lines))


def test_a_file_cut_in_its_last_row_is_refused_as_incomplete() -> None:
    text = csv_text(rows_of(RATING, 200)).rstrip("\n")
    with pytest.raises(ImportRefused, match=r"不完整，最后一行（第 201 行）在第 3 列中断，请重新导出"):
        staged(text[: text.rindex(",粤省事")])


def test_blank_cells_beyond_the_header_are_harmless() -> None:
    text = csv_text(rows_of(RATING, 5)).replace("满意\n", "满意,,\n")
    assert len(staged(text).rows) == 5


def test_all_rows_refused_refuse_the_file_with_the_commonest_reason() -> None:
    with pytest.raises(ImportRefused, match=r"3 行数据全部不合格.*镇街不认识（3 行"):
        staged(csv_text(rows_of(RATING, 3, 镇街="淡水")))


def test_more_than_one_lost_id_in_twenty_refuses_the_file() -> None:
    rows = rows_of(RATING, 40)
    for number, row in enumerate(rows[:2]):
        row["评价流水号"] = f"1.23E+1{number}"
    assert staged(csv_text(rows)).refused["rule"].to_list() == [rules.PRECISION] * 2
    rows[2]["评价流水号"] = "2.02312E+17"
    with pytest.raises(ImportRefused, match="3 个编号"):
        staged(csv_text(rows))


def test_ids_rounded_by_excel_refuse_the_file() -> None:
    rows = [{**row, "评价流水号": f"20231205{number:07d}000"} for number, row in enumerate(rows_of(RATING, 20))]
    with pytest.raises(ImportRefused, match="20 个编号"):
        staged(csv_text(rows))


def test_long_ids_that_seldom_end_in_zeros_are_accepted() -> None:
    endings = ["000"] * 12 + [f"{number:03d}" for number in range(101, 129)]
    rows = rows_of(RATING, 40)
    for number, (row, ending) in enumerate(zip(rows, endings, strict=True)):
        row["评价流水号"] = f"20231205{number:07d}{ending}"
    assert len(staged(csv_text(rows)).rows) == 40


def test_copies_that_differ_only_in_unreadable_cells_are_all_refused() -> None:
    rows = rows_of(RATING, 3)
    again = [{**rows[1], "镇街": "淡水"}, {**rows[1], "镇街": "沙田"}]
    result = staged(csv_text([rows[0], rows[2], *again]))
    assert result.refused.select("line", "rule").rows() == [(4, rules.UNKNOWN_TOWN), (5, rules.UNKNOWN_TOWN)]
    assert result.skipped == {}

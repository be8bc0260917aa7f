"""Inputs 67, 69, 70 and 76: impossible records, names of places and units, files of others, deadlines as flags."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kpi import engine
from kpi.catalogue import Alias, Catalogue
from kpi.intake import rules
from kpi.store import current
from tests.inputs.checks import column, read, refusal, rules_of
from tests.intake.exports import RATING, TICKET, TITLES, Row, catalogue, csv_text, html_text, rows_of, table, xlsx_bytes

IMPOSSIBLE: list[tuple[Row, str]] = [
    ({"来电时间": "2024-02-01 00:00:00"}, rules.FUTURE),
    ({"来电时间": "2024-01-31 23:59:59", "办结时间": "2024-02-01 08:00:00"}, rules.FUTURE),
    ({"办结时间": "2023-12-05 08:29:59"}, rules.CLOSED_BEFORE),
    ({"办结时间": "2023-12-04"}, rules.CLOSED_BEFORE),
    ({"首次转办时间": "2023-12-05 08:00:00"}, rules.DISORDER),
    ({"延期天数": "-1"}, rules.OUT_OF_RANGE),
    ({"来电时间": "2020-12-04 08:30:00"}, rules.TOO_LONG),
    ({"来电时间": "2020-12-01 08:30:00", "办结时间": "2023-12-05 08:30:00"}, rules.TOO_LONG),
]


@pytest.mark.parametrize(("bad", "rule"), IMPOSSIBLE, ids=[f"{rule} {bad}" for bad, rule in IMPOSSIBLE])
def test_input_67_an_impossible_record_is_refused_under_its_rule(bad: Row, rule: str) -> None:
    result = read(csv_text([*rows_of(TICKET, 10), {**TICKET, "工单编号": "X1", **bad}]))
    assert result.refused.select("line", "rule").rows() == [(12, rule)]
    assert len(result.rows) == 10


def test_input_67_a_negative_duration_is_refused() -> None:
    case = {"受理编号": "Y1", "受理时间": "2023-12-05 08:30:00", "镇街": "多祝镇", "受理大厅": "甲", "窗口号": "1"}
    rows = [{**case, "等待时长": "3"}, {**case, "受理编号": "Y2", "等待时长": "-3"}]
    assert rules_of(read(csv_text(rows))) == [rules.OUT_OF_RANGE]


def test_input_67_three_years_are_still_possible() -> None:
    assert (
        rules_of(read(csv_text([{**TICKET, "来电时间": "2020-12-05 08:30:00", "办结时间": "2023-12-05 08:30:00"}])))
        == []
    )


def with_aliases(*aliases: Alias) -> Catalogue:
    return replace(catalogue(), aliases=aliases)


def test_input_69_unknown_names_are_refused_and_wait_to_be_named_with_suggestions() -> None:
    rows = [*rows_of(TICKET, 5), *rows_of({**TICKET, "工单编号": "X", "镇街": "多祝县", "承办单位": "县水务局"}, 2)]
    result = read(csv_text(rows))
    assert set(rules_of(result)) <= {rules.UNKNOWN_TOWN, rules.UNKNOWN_DEPARTMENT}
    assert result.refused.height == 2
    waiting = {(name.kind, name.text): name for name in result.unknown_names}
    assert waiting["town", "多祝县"].rows == 2
    assert waiting["town", "多祝县"].suggestions[0] == "多祝镇"
    assert "县水利局" in waiting["department", "县水务局"].suggestions


@pytest.mark.parametrize("name", ["平山", "平山街道办事处", "惠东县平山街道", "广东省惠州市惠东县平山街道"])
def test_input_69_aliases_of_towns_are_known(name: str) -> None:
    result = read(csv_text(rows_of({**RATING, "镇街": name}, 3)))
    assert column(result, "town") == ["平山街道"] * 3
    assert result.normalised["镇街别名改为标准名称"] == 3


@pytest.mark.parametrize("name", ["政务服务数据管理局", "政务服务和数据管理局", "县政务服务和数据管理局"])
def test_input_69_a_renamed_organ_is_one_organ(name: str) -> None:
    assert (
        column(read(csv_text(rows_of({**TICKET, "承办单位": name}, 2))), "department") == ["县政务服务数据管理局"] * 2
    )


def on(day: str, name: str, known: Catalogue) -> list[str | None]:
    """Return the department of a ticket of ``day`` handled by ``name``, among tickets without one."""
    rows = [*rows_of(TICKET, 3), {**TICKET, "工单编号": "X1", "来电时间": f"{day} 08:30:00", "承办单位": name}]
    result = read(csv_text(rows), known=known)
    assert rules_of(result) in ([], [rules.UNKNOWN_DEPARTMENT])
    return column(result, "department")[3:]


def test_input_69_a_name_valid_until_a_day_is_known_until_then_only() -> None:
    known = with_aliases(Alias("department", "县水务局", "县水利局", None, date(2023, 12, 10), "惠东机编〔2023〕1号"))
    assert on("2023-12-10", "县水务局", known) == ["县水利局"]
    assert on("2023-12-11", "县水务局", known) == []


def test_input_69_a_name_that_passed_to_another_organ_is_read_by_the_day() -> None:
    known = with_aliases(
        Alias("department", "综合局", "县水利局", None, date(2023, 12, 10)),
        Alias("department", "综合局", "县林业局", date(2023, 12, 11), None),
    )
    assert on("2023-12-10", "综合局", known) == ["县水利局"]
    assert on("2023-12-11", " 综合局　", known) == ["县林业局"]


def test_input_69_an_alias_of_a_department_names_no_town() -> None:
    known = with_aliases(Alias("department", "东山", "县水利局"))
    rows = [*rows_of(RATING, 3), {**RATING, "评价流水号": "X1", "镇街": "东山"}]
    assert rules_of(read(csv_text(rows), known=known)) == [rules.UNKNOWN_TOWN]


def test_input_69_like_names_of_villages_and_persons_are_never_a_key() -> None:
    said = {"评价人": "张三", "服务大厅": "新村便民服务站"}
    rows = [{**row, **said, "镇街": town} for row, town in zip(rows_of(RATING, 4), ["多祝", "白花"] * 2, strict=True)]
    result = read(csv_text(rows))
    assert (len(result.rows), result.skipped) == (4, {})
    assert sorted(column(result, "town")) == ["多祝镇"] * 2 + ["白花镇"] * 2


OTHERS = {
    "title": csv_text(rows_of(RATING, 5), titles=["惠阳区好差评评价明细", TITLES[1]]),
    "title of a city": csv_text(rows_of(RATING, 5), titles=["深圳市政务服务评价", TITLES[1]]),
    "title with an area code": csv_text(rows_of(RATING, 5), titles=["441303 好差评", TITLES[1]]),
    "town column": csv_text(rows_of({**RATING, "镇街": "惠阳区淡水街道"}, 5)),
    "town column mostly": csv_text(
        [*rows_of({**RATING, "镇街": "惠州市惠阳区秋长街道"}, 6), *rows_of({**RATING, "评价流水号": "Q1"}, 4)]
    ),
    "area code column": csv_text(rows_of({**RATING, "行政区划代码": "441303"}, 5)),
    "long area code column": csv_text(rows_of({**RATING, "区划编码": "441303001000"}, 5)),
    "area name column": csv_text(rows_of({**RATING, "所属区县": "惠阳区"}, 5)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_input_70_a_file_of_another_county_is_refused_saying_whose_it_is(name: str) -> None:
    said = refusal(OTHERS[name])
    assert f"属于{'深圳市' if 'city' in name else '惠阳区'}，不是惠东县的数据" in said


@pytest.mark.parametrize("kind", ["xlsx", "html"])
def test_input_70_titles_of_workbooks_and_pages_are_looked_at_too(kind: str) -> None:
    rows, title = rows_of(RATING, 5), "博罗县好差评明细"
    content = (
        xlsx_bytes([[title], *table(rows)]) if kind == "xlsx" else html_text(rows).replace(TITLES[1], title).encode()
    )
    assert "属于博罗县" in refusal(content, f"导出.{kind}")


@pytest.mark.parametrize(
    "changes",
    [
        {"行政区划代码": "441323"},
        {"行政区划代码": "441323001000"},
        {"所属区县": "惠东县"},
        {"行政区划": "惠州市惠东县"},
    ],
)
def test_input_70_this_county_is_at_home_everywhere(changes: Row) -> None:
    assert len(read(csv_text(rows_of({**RATING, **changes}, 5), titles=["惠州市惠东县好差评"])).rows) == 5


@pytest.mark.parametrize("title", ["惠东县、惠阳区好差评明细", "深圳市、惠东县跨域通办", "441323（深圳市对口）"])
def test_input_70_a_title_that_names_this_county_among_others_is_at_home(title: str) -> None:
    assert len(read(csv_text(rows_of(RATING, 5), titles=[title])).rows) == 5


def test_input_70_a_file_of_another_period_than_its_title_is_refused() -> None:
    title = [TITLES[0], "统计期间：2023-11-01 至 2023-11-30　导出时间：2024-01-05 08:30"]
    said = refusal(csv_text(rows_of(RATING, 5), titles=title))
    assert "属于其他时段" in said and "2023-11-01 至 2023-11-30" in said


def test_input_70_single_rows_outside_the_stated_period_are_refused_alone() -> None:
    rows = [*rows_of(RATING, 5), {**RATING, "评价流水号": "X1", "评价时间": "2023-11-30 23:59:59"}]
    assert rules_of(read(csv_text(rows, titles=TITLES))) == [rules.OUTSIDE]


def test_input_70_a_file_of_another_source_is_refused_saying_what_can_come_in() -> None:
    rows = [{"身份证号": "441323199001011234", "婚姻状况": "已婚", "登记日期": "2023-12-05"}] * 3
    said = refusal(csv_text(rows))
    assert "认不出是哪一类业务" in said and "12345 热线工单" in said


CASE = {
    "办件编号": "K1",
    "受理时间": "2023-12-05 08:30:00",
    "通办类型": "跨省通办",
    "是否婚姻登记": "否",
    "受理镇街": "多祝镇",
    "承诺办结时间": "2023-12-11",
}
WINDOW = {
    "受理编号": "Y1",
    "受理时间": "2023-12-05 08:30:00",
    "镇街": "多祝镇",
    "受理大厅": "多祝大厅",
    "窗口号": "1",
    "承诺办结时间": "2023-12-11",
}
DUE = {**TICKET, "办理截止时间": "2023-12-11 18:00:00"}
SAID = {
    "是否按时办结": ("是", "否"),
    "是否按期办结": ("是", "否"),
    "是否超期": ("否", "是"),
    "是否逾期": ("否", "是"),
    "办结时效": ("按时办结", "超期办结"),
    "时效状态": ("未超期", "逾期"),
}


SUBJECTS = [("ticket", DUE), ("cross_region_case", CASE), ("one_window_case", WINDOW)]


@pytest.mark.parametrize(("subject", "template"), SUBJECTS)
def test_input_76_flags_of_deadlines_are_read_under_every_name(subject: str, template: Row) -> None:
    for header, words in SAID.items():
        result = read(csv_text([{**row, header: word} for row, word in zip(rows_of(template, 2), words, strict=True)]))
        assert (result.subject, rules_of(result), result.ignored_columns) == (subject, [], ())
        (said,) = (name for name in ("is_on_time", "is_overdue", "timeliness") if result.rows[name].null_count() == 0)
        assert column(result, said) in ([True, False], [False, True], ["按时", "超时"])


@pytest.mark.parametrize(("subject", "template"), SUBJECTS)
def test_input_76_a_flag_counts_for_a_deadline_without_a_time_of_closing(
    subject: str, template: Row, tmp_path: Path
) -> None:
    flags = {"是否按时办结": "是是否", "是否超期": "否是是", "办结时效": ["按时", "超期", "逾期办结"]}
    said = [{header: word} for header, words in flags.items() for word in words]
    rows = [{**row, **dict.fromkeys(flags, ""), **flag} for row, flag in zip(rows_of(template, 9), said, strict=True)]
    engine.load(tmp_path, [read(csv_text(rows))], catalogue())
    sums = f"select sum(due)::int, sum(closed_on_time)::int from {subject}_rollup"
    assert current(tmp_path, "real").query(sums).row(0) == (9, 4)


def test_input_76_a_time_of_closing_counts_more_than_the_flag(tmp_path: Path) -> None:
    rows = rows_of({**DUE, "办结时间": "2023-12-12 08:00:00", "是否按时办结": "是"}, 3)
    engine.load(tmp_path, [read(csv_text(rows))], catalogue())
    assert current(tmp_path, "real").query("select sum(closed_on_time)::int from ticket_rollup").item() == 0


@pytest.mark.parametrize("word", ["大概", "2023-12-05"])
def test_input_76_other_words_in_a_flag_column_are_refused(word: str) -> None:
    rows = [*rows_of({**DUE, "是否超期": "否"}, 3), {**DUE, "工单编号": "X1", "是否超期": word}]
    assert rules_of(read(csv_text(rows))) == [rules.UNKNOWN_FLAG]

"""What single cells mean: spellings, wrappers, dates, numbers, answers, marks, and masks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi.catalogue import Column
from kpi.intake import rules
from kpi.intake.cells import interpreter
from kpi.intake.clean import clean_column
from kpi.intake.dates import FORMATS, NoSuchDate, NotADate, parse_common, parse_moment
from kpi.intake.masks import MASKS, mask_free_text, mask_id_number, mask_name, mask_phone
from tests.intake.exports import RATING, TICKET, Row, catalogue, csv_text, rows_of, staged

MOMENT = datetime(2023, 12, 5, 8, 30)


def ticket(**cells: str) -> Row:
    """Return the typed row of one ticket with these cells."""
    result = staged(csv_text([{**TICKET, **cells}]))
    return result.rows.row(0, named=True)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-12-05 08:30:00", MOMENT),
        ("2023-12-05 08:30", MOMENT),
        ("2023-12-5 8:30", MOMENT),
        ("2023/12/5 8:30", MOMENT),
        ("2023/12/05 08:30:00", MOMENT),
        ("2023年12月5日 8时30分", MOMENT),
        ("2023年12月5日8时30分0秒", MOMENT),
        ("2023年12月05日 08:30", MOMENT),
        ("2023.12.5 8:30", MOMENT),
        ("2023-12-05T08:30:00", MOMENT),
        ("2023-12-05T00:30:00Z", MOMENT),
        ("2023-12-05T08:30:00+08:00", MOMENT),
        ("2023-12-05 08:30:00.000", MOMENT),
        ("2023/12/5 上午8:30", MOMENT),
        ("2023-12-05 下午8:30", MOMENT.replace(hour=20)),
        ("2023-12-05 上午12:05", datetime(2023, 12, 5, 0, 5)),
        ("2023-12-05 下午12:05", datetime(2023, 12, 5, 12, 5)),
        ("2023/12/5 8:30 PM", MOMENT.replace(hour=20)),
        ("2023年12月5日 星期二 8:30", MOMENT),
        ("20231205083000", MOMENT),
        ("20231205 08:30:00", MOMENT),
        ("20231205", datetime(2023, 12, 5)),
        ("2023.12.5", datetime(2023, 12, 5)),
        ("2023-12-05 24:00:00", datetime(2023, 12, 6)),
        ("45265.354166667", MOMENT),
        ("45265", datetime(2023, 12, 5)),
        ("２０２３－１２－０５　０８：３０", MOMENT),
        ("\u00a02023-12-05 08:30\u200b", MOMENT),
        ('="2023-12-05 08:30"', MOMENT),
        ("'2023-12-05 08:30", MOMENT),
    ],
)
def test_a_moment_is_read_in_every_usual_spelling(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text", ["12/05/2023", "23-12-05", "二月三日", "19999", "60001", "2023-12", "0023-12-05", "2023-12-05 8"]
)
def test_an_ambiguous_or_foreign_date_is_not_guessed(text: str) -> None:
    with pytest.raises(NotADate):
        parse_moment(text)


@pytest.mark.parametrize("text", ["2023-02-30", "2023-13-01", "2023-12-05 24:01", "2023-12-05 08:60", "20230230"])
def test_a_date_no_calendar_shows_is_called_that(text: str) -> None:
    with pytest.raises(NoSuchDate):
        parse_moment(text)


@pytest.mark.parametrize("fmt", FORMATS)
def test_whole_columns_and_single_cells_agree_in_every_common_format(fmt: str) -> None:
    moments = [datetime(2023, 1, 1 + n % 28, n % 24, n % 60, n % 60) for n in range(500)]
    texts = pl.Series([moment.strftime(fmt.replace("%.f", ".%f")) for moment in moments])
    assert parse_common(texts).to_list() == [parse_moment(text) for text in texts]


def test_a_column_of_mixed_formats_is_read_completely() -> None:
    texts = [
        "2023-12-05 08:30:00",
        "2023/12/5 8:30",
        "2023年12月5日 8时30分",
        "20231205083000",
        "45265.354166667",
    ] * 300
    cleaned = clean_column(catalogue().subjects["rating"].column("rated_at"), "评价时间", pl.Series(texts), catalogue())
    assert cleaned.values.unique().to_list() == [MOMENT]
    assert cleaned.problems is None


def test_a_two_digit_year_is_not_slipped_in_by_the_column_reader() -> None:
    assert parse_common(pl.Series(["23-12-05 08:30:00"] * 3 + ["2023-12-05 08:30:00"])).null_count() == 3


def test_a_date_column_takes_dates_moments_and_serials() -> None:
    rows = [
        {**row, "整改期限": text}
        for row, text in zip(rows_of(RATING, 3), ["2023.12.5", "2023-12-05 08:30", "45265"], strict=True)
    ]
    assert staged(csv_text(rows)).rows["rectify_due_on"].to_list() == [date(2023, 12, 5)] * 3


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.5", 1234.5),
        ("1,234", 1234.0),
        ("１，２３４", 1234.0),
        ("1 234", 1234.0),
        ("1.2万", 12000.0),
        ("3亿", 3e8),
        ("12分钟", 12.0),
        ("-3", -3.0),
        ("'7", 7.0),
        ("—", None),
        ("/", None),
        ("无", None),
        ("N/A", None),
        ("NULL", None),
        ("", None),
    ],
)
def test_a_number_is_read_in_every_usual_spelling(text: str, number: float | None) -> None:
    column = replace(catalogue().subjects["one_window_case"].column("wait_minutes"), minimum=None, maximum=None)
    reading = interpreter(column, column.header, [text], catalogue())(text)
    assert (reading.value, reading.rule) == (number, "")


def test_a_percent_sign_belongs_to_percentages_only() -> None:
    minutes = catalogue().subjects["one_window_case"].column("wait_minutes")
    share = replace(minutes, unit="%")
    assert interpreter(share, "办结率", [], catalogue())("95.35%").value == 95.35
    assert interpreter(minutes, minutes.header, [], catalogue())("95.35%").rule == rules.BAD_NUMBER


@pytest.mark.parametrize("text", ["nan%", "inf", "1,2.3.4", "#DIV/0!", "12小时", "一百"])
def test_what_is_no_number_is_refused(text: str) -> None:
    column = catalogue().subjects["one_window_case"].column("wait_minutes")
    assert interpreter(column, column.header, [text], catalogue())(text).rule == "数字无法识别"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        *((text, True) for text in ("是", "1", "Y", "true", "TRUE", "有", "√")),
        *((text, False) for text in ("否", "0", "n", "False", "无", "０")),
        *((text, None) for text in ("-", "", "/")),
    ],
)
def test_an_answer_is_read_in_every_usual_spelling(text: str, answer: bool | None) -> None:
    assert ticket(是否重复诉求=text)["is_repeat"] is answer


@pytest.mark.parametrize(
    ("text", "level"),
    [
        *zip(("非常不满意", "不满意", "基本满意", "满意", "非常满意"), range(1, 6), strict=True),
        *((text, int(text[0])) for text in ("5", "1", "４", "5.0", "5星", "5-非常满意")),
        *(("三星", 3), ("★★", 2), ("★★☆☆☆", 2), ("满意(4)", 4), (" 满意 ", 4)),
        *((text, None) for text in ("未评价", "默认", "默认好评", "", "—")),
    ],
)
def test_a_mark_is_read_in_words_digits_and_stars(text: str, level: int | None) -> None:
    assert ticket(最终满意度=text)["final_level"] == level


@pytest.mark.parametrize(
    "header", ["满意度（1非常满意，5非常不满意）", "整体满意度(5=非常不满意)", "满意度（1：非常满意）"]
)
def test_bare_digits_are_refused_when_the_header_runs_the_other_way(header: str) -> None:
    rows = [{**row, "整体满意度": level} for row, level in zip(rows_of(RATING, 3), ["满意", "1", "5"], strict=True)]
    result = staged(csv_text(rows).replace("整体满意度", header.replace(",", "，")))
    assert result.refused["rule"].to_list() == ["满意度不认识"] * 2
    assert result.rows["level"].to_list() == [4]


def test_bare_digits_are_refused_when_another_cell_runs_the_other_way() -> None:
    rows = [
        {**row, "整体满意度": level} for row, level in zip(rows_of(RATING, 3), ["1-非常满意", "1", "满意"], strict=True)
    ]
    result = staged(csv_text(rows))
    assert result.rows["level"].to_list() == [5, 4]
    assert result.refused["line"].to_list() == [3]


def test_bare_digits_are_read_when_the_header_confirms_the_usual_direction() -> None:
    rows = rows_of(RATING, 2, 整体满意度="1")
    result = staged(csv_text(rows).replace("整体满意度", "满意度（5非常满意，1非常不满意）"))
    assert result.rows["level"].to_list() == [1, 1]


@pytest.mark.parametrize(
    "text", ["平山街道", "平山", "平山街道办事处", " 平山 街道", "惠东县平山街道", "广东省惠州市惠东县平山街道办"]
)
def test_a_town_gets_its_canonical_name(text: str) -> None:
    assert ticket(事发镇街=text)["town"] == "平山街道"


@pytest.mark.parametrize("text", ["县公安局", "公安局", "惠东县公安局", "交警大队", "惠东县交警大队"])
def test_a_department_gets_its_canonical_name(text: str) -> None:
    assert ticket(承办单位=text)["department"] == "县公安局"


@pytest.mark.parametrize(("text", "value"), [("投诉", "投诉"), ("消费维权", "投诉"), (" 举报 ", "举报")])
def test_a_listed_value_gets_its_canonical_name(text: str, value: str) -> None:
    assert ticket(诉求类型=text)["category"] == value


@pytest.mark.parametrize(
    "text",
    [
        "GD202312050001",
        " GD202312050001\t",
        "'GD202312050001",
        '="GD202312050001"',
        "ＧＤ202312050001",
        "GD2023 1205 0001",
        "GD202312050001\u200b",
    ],
)
def test_an_id_loses_space_wrappers_and_full_width(text: str) -> None:
    assert ticket(工单编号=text)["ticket_id"] == "GD202312050001"


@pytest.mark.parametrize("text", ["007", "000123456", "A-1_2", "12345678901234567890"])
def test_an_id_keeps_its_zeros_and_length(text: str) -> None:
    assert ticket(工单编号=text)["ticket_id"] == text


def test_text_keeps_emoji_and_full_width_marks_but_not_direction_marks() -> None:
    assert ticket(问题分类="\u202e路灯，不亮👨‍👩‍👧！ ")["topic"] == "路灯，不亮👨‍👩‍👧！"


def test_what_was_tidied_is_counted() -> None:
    rows = [*rows_of(RATING, 3, 镇街="平山"), *rows_of({**RATING, "评价流水号": "Q"}, 1, 评价时间="45265.5")]
    normalised = staged(csv_text(rows)).normalised
    assert normalised == {"镇街别名改为标准名称": 3, "Excel 日期序号改为日期": 1}


@pytest.mark.parametrize(
    ("name", "masked"),
    [("张三", "张*"), ("欧阳明日", "欧阳**"), ("欧阳", "欧*"), ("张", "张"), ("张三丰", "张**"), ("张*", "张*")],
)
def test_a_name_keeps_its_surname(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [("13812345678", "138****5678"), ("138****5678", "138****5678"), ("0752-8812345", "********2345"), ("匿名", "**")],
)
def test_a_phone_keeps_three_and_four_digits(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("441323199001011234", "441323********1234"),
        ("44132319900101123X", "441323********123X"),
        ("G12345678", "*********"),
    ],
)
def test_an_identity_number_keeps_area_and_end(number: str, masked: str) -> None:
    assert mask_id_number(number) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("请回电13812345678谢谢", "请回电***谢谢"),
        ("138 1234 5678 或 0752-8812345", "*** 或 0752-***"),
        ("证号44132319900101123X", "证号***"),
        ("全角１３８１２３４５６７８", "全角***"),
        ("3号楼202房", "3号楼202房"),
    ],
)
def test_long_digit_runs_in_text_are_hidden(text: str, masked: str) -> None:
    assert mask_free_text(text) == masked


@settings(deadline=None)
@given(st.sampled_from(sorted(MASKS)), st.text(st.sampled_from("张欧阳三12345678901*X -·a，"), max_size=24))
def test_masking_twice_changes_nothing(kind: str, text: str) -> None:
    once = MASKS[kind](text)
    assert MASKS[kind](once) == once


def test_no_personal_data_is_left_in_the_rows() -> None:
    row = ticket(来电人姓名=" 欧阳 锋", 来电号码="'13812345678", 工单标题="找 13987654321")
    assert (row["caller_phone"], row["title"]) == ("138****5678", "找 ***")
    assert str(row["caller_name"]).startswith("欧阳*")
    assert "锋" not in str(row["caller_name"])


CELLS = st.text(st.sampled_from(list("GD20231205E+.-=_'\"／０N/A无 \u3000\u200b张三1387")), max_size=20)


@pytest.mark.parametrize("name", ["ticket_id", "title", "caller_phone", "topic", "caller_name"])
@settings(deadline=None, max_examples=40)
@given(cells=st.lists(CELLS, min_size=1, max_size=30))
def test_the_bulk_reader_never_differs_from_the_exact_one(name: str, cells: list[str]) -> None:
    column: Column = catalogue().subjects["ticket"].column(name)
    cells = [*cells, "GD202312050001", "13812345678", "市民反映路灯不亮要求核实处理"]
    cleaned = clean_column(column, column.header, pl.Series(cells, dtype=pl.String), catalogue())
    read = interpreter(column, column.header, cells, catalogue())
    assert cleaned.values.to_list() == [read(cell).value for cell in cells]
    broken = cleaned.problems.to_list() if cleaned.problems is not None else [None] * len(cells)
    assert broken == [read(cell).rule or None for cell in cells]

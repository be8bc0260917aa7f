"""Inputs 45 to 52 and 72: dates and times, however they are written."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kpi import engine
from kpi.intake import rules
from kpi.intake.clean import DAY_ONLY
from kpi.store import current
from tests.inputs.checks import column, read, rules_of, sheet_of, workbook
from tests.intake.exports import RATING, TICKET, catalogue, csv_text, html_text, rows_of, table, xlsx_bytes
from tests.intake.test_workbooks import record, xls

SERIAL = "45265.354166666664"
MORNING = datetime(2023, 12, 5, 8, 30)
NUMBERED = "Excel 日期序号改为日期"


def one(text: str) -> str:
    """Return a file of good rows and, last, one whose moment is written as ``text``."""
    rows = rows_of(RATING, 30)
    return csv_text([*rows, {**RATING, "评价流水号": "X1", "评价时间": text}])


def moment(text: str) -> datetime:
    result = read(one(text))
    assert rules_of(result) == [], text
    return column(result, "rated_at")[-1]  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "html"])
def test_input_45_a_day_number_in_a_date_column_is_a_moment_and_counted(kind: str) -> None:
    rows = rows_of({**RATING, "评价时间": SERIAL}, 5)
    grid: list[list[Any]] = table(rows)
    for row in grid[1:]:
        row[1] = float(SERIAL)
    content = {"csv": csv_text(rows).encode(), "xlsx": xlsx_bytes(grid), "html": html_text(rows).encode()}[kind]
    result = read(content, f"导出.{kind}")
    assert column(result, "rated_at") == [MORNING] * 5
    assert result.normalised[NUMBERED] == 5


def test_input_45_the_day_number_of_the_table_is_what_excel_shows() -> None:
    result = read(csv_text(rows_of({**RATING, "评价时间": "45579.3333"}, 2)), today=date(2024, 12, 31))
    assert column(result, "rated_at")[0].replace(second=0) in (datetime(2024, 10, 14, 7, 59), datetime(2024, 10, 14, 8))


@pytest.mark.parametrize("text", ["19999", "60001", "61234.5", "12", "1701765000"])
def test_input_45_a_number_that_is_no_likely_day_is_refused(text: str) -> None:
    assert rules_of(read(one(text))) == [rules.BAD_DATE]


def test_input_45_like_numbers_in_other_columns_stay_what_they_are() -> None:
    rows = rows_of({**RATING, "办件编号": "45265", "事项名称": "45265"}, 3)
    result = read(csv_text(rows))
    assert column(result, "case_id") == column(result, "item") == ["45265"] * 3


def test_input_46_a_workbook_that_counts_from_1904_is_read_by_its_flag() -> None:
    days_1904 = float(SERIAL) - 1462

    def fill(book: openpyxl.Workbook) -> None:
        book.epoch = CALENDAR_MAC_1904
        for row in table(rows_of(RATING, 3)):
            book.active.append(row)
        book.active["B2"] = MORNING
        book.active["B3"] = days_1904
        book.active["B4"] = str(days_1904)
        book.active["F1"], book.active["F2"] = "办件编号", 43803

    result = read(workbook(fill), "导出.xlsx")
    assert column(result, "rated_at") == [MORNING] * 3
    assert column(result, "case_id")[0] == "43803"


def test_input_46_an_old_workbook_that_counts_from_1904_is_read_by_its_flag() -> None:
    grid: list[list[object]] = [*table(rows_of(RATING, 3))]  # type: ignore[list-item]
    for row in grid[1:]:
        row[1] = float(SERIAL) - 1462
    result = read(xls(grid, book_records=record(0x0022, b"\x01\x00")), "导出.xls")
    assert column(result, "rated_at") == [MORNING] * 3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2023年1月5日", datetime(2023, 1, 5)),
        ("2023年01月05日", datetime(2023, 1, 5)),
        ("2023年1月5日 9时3分", datetime(2023, 1, 5, 9, 3)),
        ("2023年1月5日9时3分7秒", datetime(2023, 1, 5, 9, 3, 7)),
        ("2023/1/5 上午9:03", datetime(2023, 1, 5, 9, 3)),
        ("2023/1/5 上午 9:03:07", datetime(2023, 1, 5, 9, 3, 7)),
        ("2023/1/5 下午1:03", datetime(2023, 1, 5, 13, 3)),
        ("2023/1/5 上午12:03", datetime(2023, 1, 5, 0, 3)),
        ("2023/1/5 下午12:03", datetime(2023, 1, 5, 12, 3)),
        ("2023-01-05 9:03 AM", datetime(2023, 1, 5, 9, 3)),
        ("2023-01-05 12:03 AM", datetime(2023, 1, 5, 0, 3)),
        ("2023.1.5", datetime(2023, 1, 5)),
        ("2023.1.5 9:03", datetime(2023, 1, 5, 9, 3)),
        ("20230105", datetime(2023, 1, 5)),
        ("20230105 09:03:07", datetime(2023, 1, 5, 9, 3, 7)),
        ("20230105090307", datetime(2023, 1, 5, 9, 3, 7)),
        ("2023-01-05T09:03:07", datetime(2023, 1, 5, 9, 3, 7)),
        ("2023-01-05T01:03:07Z", datetime(2023, 1, 5, 9, 3, 7)),
        ("2023-01-05T01:03:07.123Z", datetime(2023, 1, 5, 9, 3, 7)),
        ("2023-01-04T23:30:00Z", datetime(2023, 1, 5, 7, 30)),
    ],
)
def test_input_47_every_listed_form_is_read(text: str, value: datetime) -> None:
    assert moment(text) == value
    result = read(csv_text(rows_of({**RATING, "评价时间": text}, 300)))
    assert column(result, "rated_at") == [value] * 300, "also when the whole column is written so"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("二〇二四年一月五日", datetime(2024, 1, 5)),
        ("二○二三年十二月三十一日", datetime(2023, 12, 31)),
        ("二零二三年十月二十日", datetime(2023, 10, 20)),
        ("二〇二三年十一月十一日 9时3分", datetime(2023, 11, 11, 9, 3)),
    ],
)
def test_input_48_dates_in_chinese_digits_are_read(text: str, value: datetime) -> None:
    assert moment(text) == value


@pytest.mark.parametrize(
    "text", ["01/05/2023", "5/1/2023 9:03", "13/05/2023", "23-01-05", "23/1/5", "05-01-23", "23年1月5日", "1月5日"]
)
def test_input_49_ambiguous_dates_are_refused(text: str) -> None:
    assert rules_of(read(one(text))) == [rules.BAD_DATE]


@pytest.mark.parametrize(
    "text", ["2023-02-30", "2023-02-29", "2023-13-01", "2023-04-31 08:00:00", "2023-12-05 25:00", "2023-12-05 08:60"]
)
def test_input_50_impossible_dates_are_refused(text: str) -> None:
    assert rules_of(read(one(text))) == [rules.NO_SUCH_DATE]


@pytest.mark.parametrize("text", ["2023-12-05 24:00:00", "2023/12/5 24:00", "2023年12月5日24时"])
def test_input_50_twenty_four_o_clock_is_the_next_midnight(text: str) -> None:
    assert moment(text) == datetime(2023, 12, 6)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2023-12-05 08:30:00+08:00", MORNING),
        ("2023-12-05T08:30:00+0800", MORNING),
        ("2023-12-05T00:30:00+00:00", MORNING),
        ("2023-12-04T19:30:00-05:00", MORNING),
        ("2023-12-05T00:30Z", MORNING),
        ("2023-12-05 08:30", MORNING),
        ("2023/12/5 8:30", MORNING),
        ("2023-12-05T08:30", MORNING),
    ],
)
def test_input_51_time_zones_and_missing_seconds_become_shanghai_time(text: str, value: datetime) -> None:
    assert moment(text) == value


def test_input_52_a_closing_by_day_only_is_flagged_and_counted_by_day() -> None:
    timed = {**TICKET, "工单编号": "T9", "办结时间": "2023-12-05 10:00:00"}
    rows = [*rows_of({**TICKET, "办结时间": "2023-12-05"}, 3), timed]
    result = read(csv_text(rows))
    assert rules_of(result) == []
    assert result.normalised[DAY_ONLY] == 3


def test_input_52_hours_are_never_counted_from_a_day(tmp_path: Path) -> None:
    timed = {**TICKET, "首次转办时间": "2023-12-05 09:30:00"}
    by_day = {"工单编号": "T9", "来电时间": "2023-12-05"}, {"工单编号": "T8", "首次转办时间": "2023-12-06"}
    rows = [*rows_of(timed, 4), *({**timed, **day} for day in by_day)]
    engine.load(tmp_path, [read(csv_text(rows))], catalogue())
    sums = current(tmp_path, "real").query(
        "select sum(dispatch_timed)::int, sum(dispatch_seconds)::int from ticket_rollup"
    )
    assert sums.row(0) == (4, 4 * 3600)


@pytest.mark.parametrize("due", ["2023-12-11 24:00:00", "2023-12-11", "2023-12-11 23:59:59"])
def test_input_50_and_52_a_deadline_at_twenty_four_o_clock_or_by_day_ends_with_that_day(
    due: str, tmp_path: Path
) -> None:
    closed = ["2023-12-11 17:00:00", "2023-12-11 23:00:00", "2023-12-12 09:00:00"]
    rows = [{**row, "办理截止时间": due, "办结时间": c} for row, c in zip(rows_of(TICKET, 3), closed, strict=True)]
    engine.load(tmp_path, [read(csv_text(rows))], catalogue())
    assert current(tmp_path, "real").query("select sum(closed_on_time)::int from ticket_rollup").item() == 2


def test_input_72_true_dates_texts_and_day_numbers_of_one_column_are_all_read() -> None:
    grid: list[list[Any]] = table(rows_of(RATING, 6))
    written = [MORNING, "2023-12-05 08:30:00", float(SERIAL), "2023/12/5 8:30", "2023年12月5日 8时30分", SERIAL]
    for row, cell in zip(grid[1:], written, strict=True):
        row[1] = cell
    result = read(sheet_of(grid), "导出.xlsx")
    assert column(result, "rated_at") == [MORNING] * 6
    assert result.normalised[NUMBERED] == 2


def test_input_72_texts_of_many_forms_in_one_long_column_are_all_read() -> None:
    forms = ["2023-12-05 08:30:00", "2023/12/05 08:30", "2023.12.5 8:30", "20231205 08:30:00", "2023年12月5日8时30分"]
    rows = [{**row, "评价时间": forms[number % 5]} for number, row in enumerate(rows_of(RATING, 2_000))]
    assert set(column(read(csv_text(rows)), "rated_at")) == {MORNING}

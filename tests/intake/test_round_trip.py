"""What a system exports comes back as it was, whatever the form it was written in."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from kpi.intake.cells import interpreter
from tests.intake.exports import RATING, TICKET, TITLES, Row, catalogue, csv_text, rows_of, staged, table, xlsx_bytes

WORDS = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意", None: "未评价"}
TOWNS = [town.name for town in catalogue().towns]
CHANNELS = list(catalogue().subjects["rating"].column("channel").values)
ITEMS = st.text(st.sampled_from("社保卡申领变更登记，,;|\t\"'\n（） AB12"), max_size=12)
RATINGS = st.lists(
    st.fixed_dictionaries(
        {
            "rated_at": st.datetimes(datetime(2022, 1, 1), datetime(2023, 12, 31)).map(
                lambda d: d.replace(microsecond=0)
            ),
            "town": st.sampled_from(TOWNS),
            "channel": st.sampled_from(CHANNELS),
            "level": st.sampled_from(list(WORDS)),
            "is_real_name": st.sampled_from([True, False, None]),
            "item": ITEMS,
        }
    ),
    min_size=1,
    max_size=25,
)


def exported(ratings: list[dict[str, object]]) -> list[list[str]]:
    answers = {True: "是", False: "否", None: ""}
    header = ["评价流水号", "评价时间", "镇街", "评价渠道", "整体满意度", "是否实名", "事项名称"]
    rows = [
        [
            *(f"HP{number:08d}", str(r["rated_at"]), str(r["town"]), str(r["channel"])),
            *(WORDS[r["level"]], answers[r["is_real_name"]], str(r["item"])),  # type: ignore[index]
        ]
        for number, r in enumerate(ratings)
    ]
    return [header, *rows]


def kept(item: str) -> str | None:
    """Return what is left of an item's name: no surrounding space, no wrapper, dash words empty."""
    column = catalogue().subjects["rating"].column("item")
    value = interpreter(column, column.header, [item], catalogue())(item).value
    return None if value is None else str(value)


@settings(max_examples=30, deadline=None)
@given(RATINGS, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
def test_a_table_of_ratings_survives_any_separator_and_encoding(
    ratings: list[dict[str, object]], separator: str, encoding: str
) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator="\n").writerows(exported(ratings))
    result = staged(buffer.getvalue().encode(encoding))
    assert result.refused.is_empty()
    for name in ("rated_at", "town", "channel", "level", "is_real_name"):
        assert result.rows[name].to_list() == [rating[name] for rating in ratings]
    assert result.rows["rating_id"].to_list() == [f"HP{number:08d}" for number in range(len(ratings))]
    assert result.rows["item"].to_list() == [kept(str(rating["item"])) for rating in ratings]


@settings(max_examples=12, deadline=None)
@given(RATINGS)
def test_csv_and_workbook_give_the_same_rows(ratings: list[dict[str, object]]) -> None:
    for rating in ratings:
        rating["item"] = str(rating["item"]).replace("\n", "").replace("\t", "")
    grid = exported(ratings)
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(grid)
    assert_frame_equal(staged(buffer.getvalue()).rows, staged(xlsx_bytes(grid)).rows)


def test_typed_workbook_cells_equal_the_texts_of_a_csv() -> None:
    rows = rows_of(TICKET, 6, 延期天数="3", 派单次数="2", 办结时间="2023-12-06 09:15:00")
    grid: list[list[object]] = [list(row) for row in table(rows)]
    for row in grid[1:]:
        row[1], row[4], row[5], row[6] = datetime(2023, 12, 5, 8, 30), 3, 2.0, datetime(2023, 12, 6, 9, 15)
    assert_frame_equal(staged(xlsx_bytes(grid)).rows, staged(csv_text(rows)).rows)


def test_good_rows_do_not_depend_on_the_order_of_the_file() -> None:
    rows: list[Row] = rows_of(RATING, 50)
    rows[7]["镇街"], rows[11]["评价时间"] = "淡水", "昨天"
    rows.append({**rows[3], "整体满意度": "不满意"})
    one, other = staged(csv_text(rows)), staged(csv_text(rows[::-1]))
    assert_frame_equal(one.rows.drop("line").sort("rating_id"), other.rows.drop("line").sort("rating_id"))
    assert sorted(one.refused["rule"]) == sorted(other.refused["rule"])


def test_the_quick_and_the_exact_csv_reader_agree() -> None:
    rows = rows_of(RATING, 300, 事项名称='甲,"乙"\n丙')
    regular = csv_text(rows, titles=TITLES)
    blank_line = regular.replace("\nP0000000200", "\n\nP0000000200")
    quick, exact = staged(regular), staged(blank_line)
    assert exact.skipped == {"空行": 1}
    assert_frame_equal(quick.rows.drop("line"), exact.rows.drop("line"))


def test_the_digest_is_that_of_the_bytes() -> None:
    content = csv_text(rows_of(RATING, 2)).encode()
    assert staged(content).digest == hashlib.sha256(content).hexdigest()

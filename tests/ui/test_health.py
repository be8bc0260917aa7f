"""The page 数据健康: ages and rhythms in words, gaps of towns, refused rows by rule, and the rows to correct."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from kpi import engine, intake
from kpi.calendar import period_of
from kpi.catalogue import load
from kpi.store import Generation, current, drafting
from kpi.ui import health, importing
from kpi.ui.health import coverage, quarantine, refusals, sources
from tests.store.statements import CATALOGUE, rating, statement

ROOT = Path(__file__).resolve().parents[2]
HEADER = "办件编号,受理时间,通办类型,婚姻登记,受理镇街,承诺时限,办结时间,办件状态\n"
TODAY = date(2024, 1, 6)
Show = Callable[..., AppTest]


def text(app: AppTest) -> str:
    """Return everything the page drew as HTML, without the markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(block.proto.body for block in app.get("html"))))


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Show:
    """Return a function (store, **address) that runs the page to its end."""

    def run(store: Path, **address: str) -> AppTest:
        monkeypatch.setenv("KPI_STORE", str(store))
        app = AppTest.from_file(str(ROOT / "kpi" / "ui" / "main.py"), default_timeout=60)
        app.run()
        app.switch_page("../../pages/health.py")
        for field, value in address.items():
            app.query_params[field] = value
        app.run()
        assert not app.exception and not app.error
        return app

    return run


def case(number: int, town: str = "平山街道", closed: str = "2024-01-05 10:00") -> str:
    """Return one line of a cross-region export as a real system would write it."""
    return f"HD2024010{number:03d},2024-01-02 09:00,跨省通办,否,{town},2024-01-20 18:00,{closed},已办结\n"


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of real files with 71 refused rows: 60 of an unknown town, 11 closed before they came in."""
    root = tmp_path_factory.mktemp("refusing")
    good = "".join(case(number) for number in range(100, 400))
    unknown = "".join(case(number, town="月球镇") for number in range(400, 460))
    reversed_ = "".join(case(number, closed="2023-12-20 10:00") for number in range(500, 511))
    content = (HEADER + good + unknown + reversed_).encode()
    engine.load(root, [intake.stage(content, "跨域.csv", load(), today=TODAY)], load())
    return root


@pytest.fixture(scope="module")
def partly(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """Return ratings of February, half of March, and May to July 2023, as looked at on 8 October 2023."""
    root = tmp_path_factory.mktemp("partly")
    spans = [((2023, 2, 1), (2023, 3, 15)), ((2023, 5, 1), (2023, 7, 31))]
    with drafting(root, "demo", CATALOGUE) as draft:
        for number, (first, last) in enumerate(spans):
            item = statement("rating", [rating(number)], name=f"{number}.csv", first=date(*first), last=date(*last))
            draft.append(item, datetime(2023, 8, 4, 9))
    return replace(current(root), as_of_day=date(2023, 10, 8))


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (-3, "今天"),
        (0, "今天"),
        (1, "昨天"),
        (3, "3 天前"),
        (13, "13 天前"),
        (14, "2 周前"),
        (35, "5 周前"),
        (62, "8 周前"),
        (63, "2 个月前"),
        (400, "13 个月前"),
        (730, "2 年前"),
    ],
)
def test_an_age_is_said_in_words(days: int, said: str) -> None:
    assert sources.age(TODAY - timedelta(days=days), TODAY) == said


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "今天到期"), (1, "还有 1 天"), (3, "还有 3 天"), (30, "还有 4 周"), (-1, "已过 1 天"), (-20, "已过 2 周")],
)
def test_how_far_off_a_due_day_is_is_said_in_words(days: int, said: str) -> None:
    assert sources.left(TODAY + timedelta(days=days), TODAY) == said


def test_the_months_of_a_source_show_its_gaps(partly: Generation) -> None:
    marks = {one.period.key: one.mark for one in sources.month_marks(partly, "rating", date(2023, 9, 5))}
    before = {f"2022-{month}": "before" for month in (10, 11, 12)} | {"2023-01": "before"}
    since = {"2023-02": "full", "2023-03": "part", "2023-04": "gap", "2023-05": "full", "2023-06": "full"}
    assert marks == before | since | {"2023-07": "full", "2023-08": "gap", "2023-09": "gap"}
    fresh = sources.month_marks(partly, "rating", date(2023, 10, 8))
    assert [one.mark for one in fresh][-2:] == ["due", "due"]
    assert sources.month_marks(partly, "ticket", None) == []
    drawn = str(sources.months(partly, CATALOGUE.subjects["rating"], date(2023, 9, 5)))
    assert "近 12 个月缺：2023 年 3 月、2023 年 4 月、2023 年 8 月、2023 年 9 月" in drawn
    assert drawn.count("✕") == 3


def test_a_late_source_is_named_and_stands_first(partly: Generation) -> None:
    assert health.standing(partly) == (
        "2023年10月8日，10 个数据来源中 0 个按期，1 个中断、9 个从未报送（好差评评价应于 9月5日前到）"
    )
    assert "（好差评评价应于 2023年9月5日前到）" in health.standing(replace(partly, as_of_day=TODAY))
    first = sources.rows(partly)[0]
    assert "好差评评价" in first["subject"]
    assert "✕" in first["state"] and "中断" in first["state"]
    assert first["rhythm"] == "每月，5 日前到上一月"
    assert "2 个月前" in first["last_arrival"]
    assert "2023年9月5日" in first["due_on"] and "已过 4 周" in first["due_on"]


def grid(counts: dict[str, list[int]], arrived: list[bool] | None = None) -> coverage.Grid:
    """Return the coverage of a few towns over as many weeks as are given."""
    length = len(next(iter(counts.values())))
    weeks = tuple(period_of("week", date(2023, 12, 31)).trailing(length))
    known = {(n, town): count for town, sent in counts.items() for n, count in enumerate(sent) if count}
    usual = {town: float(sorted(sent)[length // 2]) for town, sent in counts.items() if any(sent)}
    county = [sum(sent[n] for sent in counts.values()) for n in range(length)]
    level = tuple(total / sorted(county)[length // 2] for total in county)
    return coverage.Grid(weeks, tuple(arrived or [True] * length), known, usual, level)


def test_a_week_is_shaded_by_what_is_usual_for_the_town() -> None:
    shown = grid({"a": [100, 100, 100, 49, 79, 80, 126]})
    assert [shown.cell(n, "a") for n in range(7)] == ["3", "3", "3", "1", "2", "3", "4"]


def test_a_town_without_records_is_a_gap_only_once_its_source_arrived() -> None:
    shown = grid({"a": [10, 0, 10], "b": [10, 10, 0], "c": [0, 0, 0]}, [True, True, False])
    assert [shown.cell(n, "a") for n in range(3)] == ["3", "gap", "3"]
    assert shown.cell(2, "b") == "pending"
    assert [shown.cell(n, "c") for n in range(3)] == ["gap", "gap", "pending"]


def test_a_holiday_of_the_whole_county_and_a_small_town_are_not_low() -> None:
    shown = grid({"big": [100, 100, 100, 30, 40], "other": [900, 900, 900, 900, 300], "small": [10, 10, 10, 2, 2]})
    assert shown.is_low(3, "big")
    assert not shown.is_low(4, "big")  # the county sent a third of its usual
    assert not shown.is_low(3, "small")


def test_every_mark_is_explained_in_the_legend() -> None:
    assert {shade for shade, _, _ in coverage.LEGEND} == {"1", "2", "3", "4", "gap", "pending"}
    assert {mark for _, mark, _ in coverage.LEGEND} == {"", "↓", "✕", "·"}


def test_the_strip_says_the_count_and_the_usual_of_every_cell(demo_source: Any) -> None:
    now, subject = demo_source.generation, demo_source.catalogue.subjects["one_window_case"]
    shown = coverage.grid(now, subject)
    drawn = str(coverage.strip(shown, subject))
    towns = demo_source.catalogue.towns
    assert drawn.count("<td class=") == (len(towns) + 1) * coverage.WEEKS
    number = next(n for n, week in enumerate(shown.weeks) if week.key == "2023-W44")
    counted = now.query(
        "select count(*) as n from one_window_case where town = '白花镇' and accepted_at::date between ? and ?",
        [shown.weeks[number].first, shown.weeks[number].last],
    )["n"][0]
    assert f"白花镇，{shown.weeks[number].label}：{counted} 条，平常约" in drawn
    assert "白花镇，2023 年第 45 周（11月6日－11月12日）：缺报，平常约" in drawn
    assert health.gaps_sentence(now) == "近 26 周镇街缺报 1 处（一窗通办办件 · 白花第 45 周）"


def refused_frame(*rows: tuple[int, str, int], **more: Any) -> pl.DataFrame:
    """Return refused rows as the store gives them, from (batch, rule, how many)."""
    listed = [(batch, rule) for batch, rule, count in rows for _ in range(count)]
    frame = pl.DataFrame(listed, schema={"batch": pl.Int32, "rule": pl.String}, orient="row")
    return frame.with_columns(subject=pl.lit("ticket"), **more)


def batch_frame(*rows: tuple[int, date, int, bool]) -> pl.DataFrame:
    """Return batches as the store gives them, from (batch, day of import, rows read, in force)."""
    schema = {"batch": pl.Int32, "day": pl.Date, "rows_read": pl.Int32, "in_force": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(imported_at=pl.col("day").cast(pl.Datetime))


def test_files_that_come_monthly_are_counted_by_month_and_the_newest_is_compared() -> None:
    batches = batch_frame(
        (1, date(2022, 6, 5), 100, True),
        (2, date(2023, 11, 5), 200, True),
        (3, date(2024, 1, 5), 400, True),
        (4, date(2024, 1, 5), 999, False),
    )
    refused = refused_frame((1, "甲", 9), (2, "甲", 2), (2, "乙", 5), (3, "甲", 4), (3, "丙", 1))
    found = refusals.trend(batches, refused)
    assert [one.key for one in found.periods] == [f"2023-{month:02d}" for month in range(2, 13)] + ["2024-01"]
    nothing = [0] * 9
    assert found.counts == {
        "甲": [*nothing, 2, 0, 4],
        "乙": [*nothing, 5, 0, 0],
        "丙": [*nothing, 0, 0, 1],
    }
    assert found.read == [*nothing, 200, 0, 400]
    table = re.sub(r"<[^>]+>", " ", refusals.heat(found))
    said = re.sub(r"\s+", " ", table)
    assert re.search(r"甲 (· ){9}2 · 4 6 ▲ 2 行", said)
    assert re.search(r"乙 (· ){9}5 · · 5 ▼ 5 行", said)
    assert re.search(r"丙 (· ){9}· · 1 1 ▲ 新出现", said)
    assert re.search(r"拒收合计 (· ){9}7 · 5 12 ▼ 2 行", said)
    assert re.search(r"拒收率 (· ){9}3\.50% · 1\.25% 2\.00% ▼ 2\.25 个百分点", said)


def test_files_that_come_weekly_are_counted_by_week() -> None:
    days = [date(2023, 12, 5) + timedelta(weeks=n) for n in range(5)]
    batches = batch_frame(*((n, day, 50, True) for n, day in enumerate(days)))
    found = refusals.trend(batches, refused_frame((0, "甲", 3), (4, "甲", 3)))
    assert [one.key for one in found.periods[-5:]] == ["2023-W49", "2023-W50", "2023-W51", "2023-W52", "2024-W01"]
    assert found.counts["甲"][-5:] == [3, 0, 0, 0, 3]
    assert "持平" not in refusals.heat(found)


def test_a_first_import_is_compared_with_nothing() -> None:
    found = refusals.trend(batch_frame((1, TODAY, 10, True)), refused_frame((1, "甲", 2)))
    assert refusals.heat(found).count("首次") == 3


def test_only_rows_no_batch_has_corrected_wait() -> None:
    plain = refused_frame((1, "甲", 2), (1, "乙", 1))
    assert refusals.awaiting(plain).height == 3
    resolved = plain.with_columns(resolved_by=pl.Series([7, None, None], dtype=pl.Int32))
    assert refusals.awaiting(resolved)["rule"].to_list() == ["甲", "乙"]
    assert quarantine.choose(resolved, "", "甲", "waiting").height == 1
    assert quarantine.choose(resolved, "ticket", "", "resolved")["resolved_by"].to_list() == [7]
    assert quarantine.choose(resolved, "", "", "all").height == 3
    assert quarantine.choose(resolved, "rating", "", "all").is_empty()


def test_a_refused_row_is_shown_by_its_filled_cells() -> None:
    assert quarantine.shortened('{"编号": "1", "备注": "", "镇街": "月球镇", "电话": null}') == "编号：1 · 镇街：月球镇"
    assert len(quarantine.shortened(json.dumps({"备注": "长" * 40_000}))) == quarantine.LONGEST_RAW + 1


def rows_drawn(app: AppTest) -> int:
    """Return how many refused rows the page drew."""
    return sum(block.proto.body.count('class="kpi-raw"') for block in app.get("html"))


def test_refused_rows_are_listed_by_the_page_and_never_all_at_once(show: Show, refusing: Path) -> None:
    app = show(refusing)
    said = text(app)
    assert "71 行拒收待更正，最多的是“镇街不认识”60 行" in said
    assert "待更正 71 行 · 已更正 0 行" in said
    assert "所选共 71 行，这里是第 1－25 行" in said
    assert rows_drawn(app) == 25
    assert "月球镇" in said and "第 302 行" in said
    assert 'href="/imports"' in " ".join(block.proto.body for block in app.get("html"))


def test_refused_rows_are_chosen_by_rule_and_state(show: Show, refusing: Path) -> None:
    rule = next(rule for rule in data_rules(refusing) if rule != "镇街不认识")
    app = show(refusing, refused_rule=rule)
    assert rows_drawn(app) == 11
    app.selectbox(key="choice-refused_state").select("resolved").run()
    assert "没有符合所选条件的行" in text(app)
    assert rows_drawn(app) == 0


def data_rules(root: Path) -> list[str]:
    """Return the rules broken in a store."""
    return current(root).refused()["rule"].unique().sort().to_list()


def test_rows_are_saved_for_one_subject_at_a_time(show: Show, refusing: Path, tmp_path: Path) -> None:
    assert len(show(refusing).get("download_button")) == 1
    cases = (HEADER + "".join(case(n) for n in range(100, 200)) + case(1, town="月球镇")).encode()
    ratings = "评价流水号,评价时间,渠道,镇街,评价等级,是否默认评价\n" + "".join(
        f"PJ{n:04d},2023-12-0{1 + n % 9} 10:00,窗口评价器,{'月球镇' if n == 5 else '多祝镇'},满意,否\n"
        for n in range(100)
    )
    staged = [
        intake.stage(content, name, load(), today=TODAY)
        for content, name in ((cases, "跨域.csv"), (ratings.encode(), "评价.csv"))
    ]
    engine.load(tmp_path, staged, load())
    app = show(tmp_path)
    assert "先选一种业务再下载" in text(app)
    assert not app.get("download_button")
    app.selectbox(key="choice-refused_subject").select("rating").run()
    assert "先选一种业务再下载" not in text(app)
    assert len(app.get("download_button")) == 1
    assert rows_drawn(app) == 1


def test_without_refused_rows_or_any_batch_in_force_the_page_says_so(show: Show, tmp_path: Path) -> None:
    content = (HEADER + "".join(case(n) for n in range(100, 140))).encode()
    engine.load(tmp_path, [intake.stage(content, "跨域.csv", load(), today=TODAY)], load())
    said = text(show(tmp_path))
    assert "没有被拒收的行；一旦有，可在这里下载" in said
    assert "演示数据" not in said
    engine.undo(tmp_path, 1, load())
    said = text(show(tmp_path))
    assert "0 个按期，10 个从未报送；没有被拒收的行。" in said
    assert "应由各镇街报送的业务还没有有效数据" in said


def test_rows_corrected_and_imported_again_are_told_from_those_that_wait(show: Show, tmp_path: Path) -> None:
    good, unknown = range(100, 300), range(300, 303)
    content = HEADER + "".join(case(n) for n in good) + "".join(case(n, town="月球镇") for n in unknown)
    engine.load(tmp_path, [intake.stage(content.encode(), "跨域.csv", load(), today=TODAY)], load())
    saved = importing.refused_csv(current(tmp_path).refused().head(2)).decode("utf-8-sig")
    corrected = saved.replace(",月球镇,", ",多祝镇,").encode()
    engine.load(tmp_path, [intake.stage(corrected, "拒收_跨域.csv", load(), today=TODAY)], load())
    app = show(tmp_path)
    assert "1 行拒收待更正，都是“镇街不认识”" in text(app)
    assert "待更正 1 行 · 已更正 2 行" in text(app)
    assert rows_drawn(app) == 1
    app.selectbox(key="choice-refused_state").select("resolved").run()
    assert rows_drawn(app) == 2
    assert text(app).count("✓ 第 2 批已更正") == 2

"""The demonstration's files are complete and exact, and every planted story can be seen in them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from kpi.calendar import deadline, is_working_day
from kpi.catalogue import ROOT
from kpi.catalogue.metrics import load_metrics
from kpi.catalogue.places import load_towns
from kpi.catalogue.subjects import load_subjects
from kpi.demo import DEMO_TODAY, write_exports
from kpi.demo.exports import DAY_COLUMNS, frames
from kpi.demo.files import STEMS, TITLES, Export, Form, write
from kpi.demo.kiosks import IDLE_FROM, register
from kpi.demo.places import COAST, TOWNS
from kpi.demo.registers import service_halls, service_items, town_populations
from kpi.demo.scale import LAST_EXPORT, TOTALS
from kpi.demo.stories import STORIES, as_markdown
from kpi.demo.ticket_handling import LIMITS

SUBJECTS = load_subjects(ROOT / "data" / "catalogue" / "subjects")
NEXT_YEAR = date(2024, 1, 1)
DUE = pl.col("due_at")
ON_TIME = (pl.col("closed_at") <= DUE).fill_null(value=False)


@pytest.fixture(scope="module")
def told() -> list[tuple[int, int, str]]:
    return []


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory, told: list) -> list[Path]:
    return write_exports(tmp_path_factory.mktemp("demo"), lambda *step: told.append(step))


@pytest.fixture(scope="module")
def records() -> dict[str, pl.DataFrame]:
    return frames()


def read(path: Path) -> list[list]:
    """Return the rows of an export, title rows and total included, as a plain reader sees them."""
    if path.suffix == ".xlsx":
        return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    content = path.read_bytes()
    encoding = "gb18030" if path.stem.endswith("好差评评价-2022-08") else "utf-8-sig"
    return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))


def subject_of(path: Path) -> str:
    return next(key for key, stem in STEMS.items() if path.stem.startswith(f"演示-{stem}-"))


def data_rows(path: Path) -> Iterator[dict[str, object]]:
    """Yield the key and the day of each record of a monthly export."""
    key = subject_of(path)
    subject = SUBJECTS[key]
    rows = read(path)
    headers = rows[2]
    record, day = (
        next(headers.index(name) for name in subject.column(column).headers if name in headers)
        for column in (subject.record, DAY_COLUMNS[key])
    )
    for row in rows[3:]:
        if row[0] != "合计":
            moment = row[day] if isinstance(row[day], datetime) else datetime.fromisoformat(row[day])
            yield {"key": row[record], "at": moment}


def monthly(paths: list[Path]) -> list[Path]:
    """Return the exports that are no registers."""
    return [path for path in paths if subject_of(path) in DAY_COLUMNS]


def of_2023(frame: pl.DataFrame, day: str) -> pl.DataFrame:
    return frame.filter(pl.col(day).dt.year() == 2023)


def per_week(frame: pl.DataFrame, day: str) -> dict[str, int]:
    weeks = Counter(moment.isocalendar()[:2] for moment in frame[day].to_list())
    return {f"{year}-W{week:02d}": count for (year, week), count in weeks.items()}


def test_files_come_in_the_order_of_their_export(paths: list[Path], told: list) -> None:
    assert len(paths) == 4 + 24 * 6 + 1
    exported = [str(read(path)[1][0]).rpartition("导出时间：")[2] for path in paths]
    assert exported == sorted(exported)
    registers = [subject_of(path) for path in paths if subject_of(path) not in DAY_COLUMNS]
    assert registers == ["kiosk", "service_item", "service_hall", "town_population"]
    assert told[-1] == (149, 149, paths[-1].name)


def test_the_files_hold_the_exact_totals(paths: list[Path]) -> None:
    keys: dict[str, dict[str, int]] = {subject: {} for subject in TOTALS}
    for path in monthly(paths):
        for row in data_rows(path):
            assert row["key"].startswith("DEMO")
            keys[subject_of(path)][row["key"]] = row["at"].year
    for subject, years in TOTALS.items():
        assert Counter(keys[subject].values()) == years


def test_title_rows_say_demo_period_and_export(paths: list[Path]) -> None:
    for path in monthly(paths)[::17]:
        title, period = (row[0] for row in read(path)[:2])
        assert title == f"{TITLES[subject_of(path)]}（演示数据）"
        assert period.startswith("统计期间：202")
        assert "　导出时间：202" in period
    assert "导出时间：2023-12-05 08:30" in read(_named(paths, "演示-一窗通办办件-2023-11"))[1][0]
    assert "导出时间：2023-12-08 09:00" in read(_named(paths, "演示-一窗通办办件-2023-W46更正"))[1][0]


def _named(paths: list[Path], stem: str) -> Path:
    return next(path for path in paths if path.stem == stem)


# The demonstration's systems state the moment of closing, so they do not say in words whether it was in time.
FLAGS_ONLY = {"is_on_time", "is_overdue", "timeliness"}


def test_headers_are_the_catalogues(paths: list[Path]) -> None:
    for subject in SUBJECTS.values():
        known = {header: column.name for column in subject.columns for header in column.headers}
        for path in [path for path in paths if subject_of(path) == subject.key][::7]:
            headers = [header for header in read(path)[2] if header]
            shown = sorted(column.name for column in subject.columns if column.name not in FLAGS_ONLY)
            assert sorted(known[header] for header in headers) == shown


def test_every_value_is_one_the_catalogue_knows(records: dict[str, pl.DataFrame]) -> None:
    registers = {"kiosk": register(), "service_item": service_items(), "service_hall": service_halls()}
    tables = {**records, **registers, "town_population": town_populations()}
    for key, table in tables.items():
        for column in SUBJECTS[key].columns:
            if column.name in FLAGS_ONLY:
                continue
            if column.type == "code":
                assert set(table[column.name].drop_nulls()) <= set(column.values), (key, column.name)
            if column.required:
                assert table[column.name].null_count() == 0, (key, column.name)
    towns = load_towns(ROOT / "data" / "catalogue" / "towns.csv")
    assert [town.name for town in towns] == list(TOWNS)


def test_the_same_at_every_run(records: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    again = frames()
    assert all(again[key].equals(table) for key, table in records.items())
    for form in (Form("csv", "gb18030"), Form(has_total=True)):
        rows = records["assisted_case"].head(50)
        export = Export("assisted_case", rows, "2022-01", date(2022, 1, 1), date(2022, 1, 31), LAST_EXPORT, form)
        assert write(export, tmp_path).read_bytes() == write(export, tmp_path).read_bytes()


def test_one_valid_bad_rating_in_2023(records: dict[str, pl.DataFrame]) -> None:
    bad = records["rating"].filter(pl.col("level") <= 2)
    valid = bad.filter(pl.col("verification") == "有效差评")
    assert bad.group_by(pl.col("rated_at").dt.year()).len().sort("rated_at")["len"].to_list() == [7, 5]
    assert valid.group_by(pl.col("rated_at").dt.year()).len().sort("rated_at")["len"].to_list() == [3, 1]
    late = pl.col("rectified_at").dt.date() > pl.col("rectify_due_on")
    assert valid.filter(late)["rated_at"].dt.year().to_list() == [2022]
    assert valid["is_real_name"].all()
    assert valid["called_back_at"].null_count() == 0
    assert of_2023(records["rating"], "rated_at").filter(pl.col("level") == 5).height / 136_639 > 0.985


def test_callbacks_of_2023_are_exact(records: dict[str, pl.DataFrame]) -> None:
    rated = of_2023(records["ticket"], "called_back_at").filter(
        pl.col("is_reached") & pl.col("final_level").is_not_null()
    )
    assert rated.height == 42_000
    assert (rated["final_level"] >= 3).sum() == 40_047
    assert (rated["called_back_at"] > rated["closed_at"]).all()


def test_tickets_obey_time_and_deadlines(records: dict[str, pl.DataFrame]) -> None:
    tickets = records["ticket"]
    stages = ["received_at", "first_dispatched_at", "signed_at", "contacted_at", "closed_at", "called_back_at"]
    returns = ["first_dispatched_at", "returned_at", "redispatched_at", "signed_at"]
    assert (tickets["returned_at"].is_not_null() == (tickets["return_count"] > 0)).all()
    assert all(tickets.filter(pl.col(after) < pl.col(before)).is_empty() for before, after in pairwise(returns))
    for before, after in pairwise(stages):
        assert tickets.filter(pl.col(after) < pl.col(before)).is_empty()
        assert tickets.filter(pl.col(after).is_not_null() & pl.col(before).is_null()).is_empty()
        assert tickets[after].max() <= LAST_EXPORT
    returned = tickets.filter(pl.col("returned_at").is_not_null())
    for row in [*tickets.gather_every(501).iter_rows(named=True), *returned.gather_every(501).iter_rows(named=True)]:
        pauses = [(row["returned_at"].date(), row["redispatched_at"].date())] if row["returned_at"] else []
        due = deadline(row["received_at"].date(), LIMITS[row["category"]], row["extension_days"], pauses)
        assert row["due_at"].date() == due
    assert (
        tickets.filter((pl.col("received_at") >= datetime(2023, 12, 18)) & pl.col("closed_at").is_null()).height > 300
    )


def test_dispatch_gets_a_fifth_faster(records: dict[str, pl.DataFrame]) -> None:
    took = (pl.col("first_dispatched_at") - pl.col("received_at")).dt.total_seconds().mean() / 3600
    hours = records["ticket"].group_by(pl.col("received_at").dt.year()).agg(took).sort("received_at").to_series(1)
    assert hours.to_list() == pytest.approx([5.1, 4.0], abs=0.05)
    due = of_2023(records["ticket"], "due_at")
    assert due.select(ON_TIME.mean()).item() == pytest.approx(0.975, abs=0.004)
    assert records["ticket"].select((pl.col("handling") == "督办").mean()).item() == pytest.approx(0.02, abs=0.002)


def test_slipping_town(records: dict[str, pl.DataFrame]) -> None:
    due = records["ticket"].filter(pl.col("due_at") <= LAST_EXPORT)
    weekly = due.group_by(pl.col("due_at").dt.truncate("1w").dt.date().alias("week"), "town").agg(
        ON_TIME.mean().alias("rate")
    )
    mine = weekly.filter(
        (pl.col("town") == "多祝镇") & pl.col("week").is_between(date(2023, 10, 16), date(2023, 12, 3))
    )
    assert mine.height == 7
    assert mine["rate"].is_between(0.80, 0.88).all()
    overdue = due.filter(pl.col("closed_at").is_null())["town"].value_counts(sort=True)
    assert overdue["town"][0] == "多祝镇"
    assert overdue["count"][0] > overdue["count"].sum() / 2


def test_cross_region_declines_for_six_weeks(records: dict[str, pl.DataFrame]) -> None:
    cases = of_2023(records["cross_region_case"], "accepted_at")
    weeks = per_week(cases, "accepted_at")
    counts = [weeks[f"2023-W{week:02d}"] for week in range(1, 53)]
    assert counts[41:48] == [40, 38, 35, 32, 29, 25, 22]
    assert counts[40] < counts[41]
    assert 22 < counts[48] <= counts[49] <= counts[50] <= counts[51] < 34
    assert all(34 <= count <= 42 for week, count in enumerate(counts[:41], start=1) if week not in (4, 18, 40))
    assert cases["is_marriage"].sum() == 640
    assert set(cases["accepted_at"].dt.date().map_elements(is_working_day, pl.Boolean)) == {True}


def test_fourteen_village_kiosks_fall_idle(records: dict[str, pl.DataFrame]) -> None:
    in_use = register().filter(pl.col("retired_on").is_null())
    assert in_use.height == (register()["state"] == "在用").sum() == 269
    started = pl.col("started_at").dt.date()
    transactions = records["kiosk_transaction"]
    for first in (IDLE_FROM, date(2023, 12, 2)):
        used = transactions.filter(started >= first)["kiosk_id"].unique()
        idle = in_use.filter(~pl.col("kiosk_id").is_in(used.to_list()))
        assert idle.height == 14
        assert set(idle["tier"]) == {"村级"}
    before = transactions.filter(started.is_between(date(2023, 10, 21), date(2023, 11, 19)))["kiosk_id"].n_unique()
    assert before == 269
    served = transactions.join(register(), on="kiosk_id").filter(
        (started < pl.col("in_service_on")) | (started >= pl.col("retired_on"))
    )
    assert served.is_empty()
    assert "大岭产业园企业服务中心" in in_use["site"].to_list()


def test_only_the_planted_town_is_silent(records: dict[str, pl.DataFrame]) -> None:
    week = pl.col("accepted_at").dt.truncate("1w").dt.date().alias("week")
    cells = records["one_window_case"].select(week, "town").unique()
    towns = dict(cells.group_by("week").len().iter_rows())
    assert {first: count for first, count in towns.items() if count < 17} == {date(2023, 11, 6): 16}
    assert "白花镇" not in cells.filter(pl.col("week") == date(2023, 11, 6))["town"].to_list()
    assert len([first for first in towns if first.year == 2023]) == 52


def test_a_week_is_restated(paths: list[Path], records: dict[str, pl.DataFrame]) -> None:
    monthly, weekly = (read(_named(paths, f"演示-一窗通办办件-2023-{part}")) for part in ("11", "W46更正"))
    key, closed, status = (weekly[2].index(header) for header in ("受理编号", "办结时间", "办件状态"))
    first = {row[key]: row for row in monthly[3:-1]}
    later = {row[key]: row for row in weekly[3:-1]}
    both = later.keys() & first.keys()
    assert len(later.keys() - first.keys()) == 3
    assert sum(first[each][status] != later[each][status] for each in both) == 12
    assert sum(first[each][closed] != later[each][closed] for each in both) == 18
    accepted = records["one_window_case"]["accepted_at"].dt.date()
    assert len(later) == accepted.is_between(date(2023, 11, 13), date(2023, 11, 19)).sum()


def test_surges_and_trough(records: dict[str, pl.DataFrame]) -> None:
    tickets = records["ticket"].with_columns(day=pl.col("received_at").dt.date())
    per_day = tickets.group_by("day").len().sort("day")
    usual = per_day.filter(pl.col("day").dt.year() == 2023)["len"].median()
    typhoon = per_day.filter(pl.col("day").is_between(date(2023, 9, 1), date(2023, 9, 3)))["len"]
    assert typhoon.min() > 2 * usual
    coast = tickets.filter(pl.col("town").is_in(COAST)).group_by("day").len()
    quiet = coast.filter(pl.col("day").dt.year() == 2023)["len"].median()
    for first, last in ((date(2023, 4, 29), date(2023, 5, 3)), (date(2023, 9, 29), date(2023, 10, 6))):
        assert coast.filter(pl.col("day").is_between(first, last))["len"].min() > 4 * quiet
    ratings = records["rating"].filter(pl.col("rated_at").dt.date().is_between(date(2023, 1, 21), date(2023, 1, 27)))
    assert ratings.height < 136_639 / 365 * 7 / 4


def test_registers_meet_the_lists() -> None:
    items, halls = service_items(), service_halls()
    flags = ("is_citywide", "is_cross_province", "is_shenzhen_huizhou", "is_one_thing")
    assert [items[flag].sum() for flag in flags] == [384, 65, 206, 107]
    ends = [items.filter(pl.col(flag))["listed_on"].max().strftime("%Y-%m") for flag in flags]
    assert ends == ["2023-06", "2023-06", "2023-09", "2023-11"]
    assert items["is_stationed"].sum() / items["should_be_stationed"].sum() == pytest.approx(0.96, abs=0.01)
    assert items["item"].n_unique() == items.height == 620
    assert Counter(halls["tier"]) == {"县级": 3, "镇级": 17}
    assert halls["is_model_site"].sum() == 10


def test_the_inhabitants_are_the_invented_weights() -> None:
    table = town_populations()
    assert dict(table.select("town", "residents").iter_rows())["多祝镇"] == 65_000
    assert table["residents"].sum() == 1_018_000
    assert table["population_id"].str.starts_with("DEMO").all()
    assert set(table["counted_on"]) == {date(2020, 11, 1)}
    assert set(table["basis"]) == {"演示数据（虚构权重）"}


def test_the_page_tells_the_stories() -> None:
    assert (ROOT / "docs" / "demo.md").read_text(encoding="utf-8") == as_markdown()
    assert len({story.key for story in STORIES}) == len(STORIES)
    assert all(story.subject in SUBJECTS and story.last < NEXT_YEAR <= DEMO_TODAY for story in STORIES)
    metrics = load_metrics(ROOT / "data" / "catalogue" / "metrics", SUBJECTS)
    for story in STORIES:
        assert set(story.metrics) <= set(metrics)
        assert set(story.where) <= {column.name for column in SUBJECTS[story.subject].columns}

"""Corrections, changes of definition, baselines and normal ranges, on small stores with final numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kpi.calendar import parse_period, working_days
from kpi.catalogue import Baseline, Catalogue, Change
from kpi.measure import Source, open_source, scorecard, series
from kpi.store import Statement, current
from tests.store.statements import CATALOGUE, rating, statement
from tests.store.test_generations import append, undo

MONDAY = date(2023, 5, 1)
AT = datetime(2024, 1, 1, 9)


def row(root: Path, period: str, metric: str, catalogue: Catalogue = CATALOGUE, **where: str) -> dict[str, Any]:
    frame = scorecard(Source(current(root), catalogue), parse_period(period), [metric], where=where or None)
    return frame.row(0, named=True)


def weeks(count: int, per_day: int = 4, first: date = MONDAY, **more: Any) -> Statement:
    """Return ``count`` whole weeks of ratings."""
    days = [first + timedelta(days=n) for n in range(7 * count)]
    rows = [rating(day.toordinal() * 100 + k, day, **more) for day in days for k in range(per_day)]
    return statement("rating", rows, first=days[0], last=days[-1], name=f"{first}-{count}.csv")


def test_a_later_file_that_changes_last_week_is_told(tmp_path: Path) -> None:
    append(tmp_path, weeks(3), at=AT)
    first = row(tmp_path, "2023-W20", "rating.count")
    assert (first["restatement"], first["restated_from"]) == ("", None)
    added = [rating(9000 + k, date(2023, 5, 8), town="平山街道") for k in range(3)]
    corrected = statement("rating", added, name="更正.csv", first=date(2023, 5, 8), last=date(2023, 5, 14),
                          stated_at=datetime(2024, 1, 3))  # fmt: skip
    (batch,) = append(tmp_path, corrected, at=datetime(2024, 1, 3, 10, 30))
    told = row(tmp_path, "2023-W20", "rating.count")
    assert (told["value"], told["previous"], told["previous_restated_from"]) == (28, 31, 28)
    assert told["previous_restated_batch"] == batch == 2
    assert told["restatement"] == "上周数由 28 条改为 31 条（批次 2“更正.csv”，2024年1月3日 10:30 导入）"
    own = row(tmp_path, "2023-W19", "rating.count")
    assert (own["restated_from"], own["value"]) == (28, 31)
    assert row(tmp_path, "2023-W19", "rating.count", town="多祝镇")["restatement"] == ""
    assert row(tmp_path, "2023-W19", "rating.count", town="平山街道")["restated_from"] == 0
    undo(tmp_path, batch, at=datetime(2024, 1, 4, 8))
    back = row(tmp_path, "2023-W19", "rating.count")
    assert (back["value"], back["restated_from"]) == (28, 31)
    assert back["restatement"].endswith("（批次 2“更正.csv”，2024年1月4日 08:00 撤销）")


def test_new_days_correct_nothing(tmp_path: Path) -> None:
    append(tmp_path, weeks(2), at=AT)
    append(tmp_path, weeks(1, first=MONDAY + timedelta(days=14)), at=AT + timedelta(days=7))
    for week in ("2023-W18", "2023-W19", "2023-W20"):
        assert row(tmp_path, week, "rating.count")["restatement"] == ""


def tickets(count: int, days: int) -> list[dict[str, Any]]:
    opened = datetime(2023, 5, 2, 10)
    return [
        {
            "ticket_id": f"DEMO-T{n}",
            "received_at": opened,
            "category": "投诉",
            "handling": "转办",
            "town": "多祝镇",
            "first_dispatched_at": opened,
            "closed_at": opened + timedelta(days=days + n % 2),
        }
        for n in range(count)
    ]


def test_a_percentile_and_a_stock_are_corrected_too(tmp_path: Path) -> None:
    facts = {"first": date(2023, 5, 1), "last": date(2023, 5, 31)}
    append(tmp_path, statement("ticket", tickets(40, 1), **facts), at=AT)
    later = statement("ticket", tickets(40, 6), name="b.csv", stated_at=datetime(2024, 1, 6), **facts)
    append(tmp_path, later, at=AT + timedelta(days=1))
    found = row(tmp_path, "2023-05", "ticket.handling_p90")
    assert (found["restated_from"], found["value"]) == (1, 5)  # 2 May was a holiday, 6 May worked (调休)
    stock = row(tmp_path, "2023-W18", "ticket.backlog")
    assert (stock["value"], stock["restated_from"]) == (40, 0)


def changed(on: date, recorded_on: date | None = None) -> Catalogue:
    """Return a catalogue in which satisfaction counts only 非常满意 from ``on``."""
    change = Change(on, "新口径。", "某文件", "rating.very_satisfied", "rating.valid", recorded_on or on)
    metric = replace(CATALOGUE.metrics["rating.satisfaction"], changes=(change,), chart="p_prime")
    return replace(CATALOGUE, metrics={**CATALOGUE.metrics, metric.key: metric})


def test_every_day_counts_under_its_own_definition(tmp_path: Path) -> None:
    append(tmp_path, weeks(30, level=4), at=AT)
    known = changed(date(2023, 5, 18))
    assert row(tmp_path, "2023-W19", "rating.satisfaction", known)["value"] == 100
    straddling = row(tmp_path, "2023-W20", "rating.satisfaction", known)
    assert (straddling["numerator"], straddling["denominator"]) == (12, 28)
    assert (straddling["status"], straddling["definition_changed_on"]) == ("口径变更", date(2023, 5, 18))
    after = row(tmp_path, "2023-W21", "rating.satisfaction", known)
    assert (after["value"], after["previous_change"], after["previous"]) == (0, None, pytest.approx(1200 / 28))
    assert row(tmp_path, "2023-W22", "rating.satisfaction", known)["previous_change"] == 0
    drawn = series(Source(current(tmp_path), known), ["rating.satisfaction"], parse_period("2023-W40").trailing(23))
    assert drawn.filter(drawn["event"] != "")["period"].to_list() == ["2023-W20"]
    assert drawn.filter(period="2023-W20")["mean"][0] is None
    assert drawn.filter(period="2023-W19")["mean"][0] is None  # two weeks before the change are too few for limits
    assert drawn.filter(period="2023-W40")["mean"][0] == 0
    assert (
        changed(date(2023, 5, 18), date(2023, 6, 1)).known_on(date(2023, 5, 31)).metrics["rating.satisfaction"].changes
        == ()
    )


def counts(*per_week: int) -> Statement:
    """Return weeks of ratings with a given number on every Wednesday."""
    rows = [
        rating(week * 1000 + k, MONDAY + timedelta(days=7 * week + 2))
        for week, count in enumerate(per_week)
        for k in range(count)
    ]
    return statement("rating", rows, first=MONDAY, last=MONDAY + timedelta(days=7 * len(per_week) - 1))


def plain(**more: Any) -> Catalogue:
    """Return a catalogue in which the count of ratings does not follow working days."""
    metric = replace(CATALOGUE.metrics["rating.count"], season="", **more)
    return replace(CATALOGUE, metrics={**CATALOGUE.metrics, metric.key: metric}, baselines=())


def drawn(root: Path, catalogue: Catalogue, last: str, count: int) -> Any:
    return series(Source(current(root), catalogue), ["rating.count"], parse_period(last).trailing(count))


GOLDEN = (1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)


def test_the_golden_series_reaches_the_scorecard(tmp_path: Path) -> None:
    append(tmp_path, counts(*GOLDEN), at=AT)
    frame = drawn(tmp_path, plain(), "2023-W35", 18)
    assert round(frame["upper"][-1], 3) == 4.604
    assert frame["lower"][-1] == 0  # −0.716, drawn no lower than a count can be
    assert frame.filter(frame["signal"] != "")["period"].to_list() == ["2023-W22"]
    assert not frame["is_trial"].any()
    assert drawn(tmp_path, plain(), "2023-W25", 8)["is_trial"].all()
    assert drawn(tmp_path, plain(), "2023-W22", 5)["mean"].null_count() == 5


def baseline(first: date, locked_to: date | None = None) -> Baseline:
    return Baseline("rating.count", "week", first, "流程改变", "某文件", first, "张三", locked_to)


def test_a_locked_baseline_judges_what_comes_after(tmp_path: Path) -> None:
    append(tmp_path, counts(*[10, 12] * 7, *[30, 32] * 6), at=AT)
    moving = drawn(tmp_path, plain(), "2023-W43", 26)
    locked_to = MONDAY + timedelta(days=14 * 7 - 1)
    known = replace(plain(), baselines=(baseline(MONDAY, locked_to),))
    locked = drawn(tmp_path, known, "2023-W43", 26)
    assert locked["mean"].unique().to_list() == [11]
    assert locked["mean"][0] != moving["mean"][0]
    assert locked["signal"].to_list()[-12:] == ["高于正常范围上限"] * 12
    short = drawn(tmp_path, known, "2023-W43", 4)
    assert short["mean"].to_list() == [11] * 4


def test_a_recorded_rebase_begins_a_new_range(tmp_path: Path) -> None:
    append(tmp_path, counts(*[10, 12] * 7, *[30, 32] * 6), at=AT)
    known = replace(plain(), baselines=(baseline(MONDAY + timedelta(days=14 * 7)),))
    frame = drawn(tmp_path, known, "2023-W43", 26)
    assert frame["mean"].to_list() == [11] * 14 + [31] * 12
    assert frame["signal"].to_list() == [""] * 26
    assert frame.filter(frame["event"] != "")["event"].to_list() == ["8月7日起新基线"]


def test_a_short_week_is_held_against_its_working_days(tmp_path: Path) -> None:
    """The weeks of 1 May (three working days) and of 端午 (four) are low by nature, not by change."""
    mondays = [MONDAY + timedelta(days=7 * n) for n in range(14)]
    worked = [working_days(monday, monday + timedelta(days=6)) for monday in mondays]
    assert (worked[0], worked[7]) == (3, 4)
    append(tmp_path, counts(*(2 * days for days in worked)), at=AT)
    seasonal = replace(plain(), metrics=CATALOGUE.metrics)
    frame = drawn(tmp_path, seasonal, "2023-W31", 14)
    assert frame["signal"].to_list() == [""] * 14
    assert frame["mean"].to_list() == pytest.approx([2 * days for days in worked])
    assert drawn(tmp_path, plain(), "2023-W31", 14)["signal"][0] == "低于正常范围下限"


def test_days_are_held_against_the_same_weekday(tmp_path: Path) -> None:
    days = [MONDAY + timedelta(days=n) for n in range(26 * 7)]
    rows = [rating(n * 100 + k, day) for n, day in enumerate(days) for k in range(2 if day.weekday() > 4 else 20)]
    append(tmp_path, statement("rating", rows, first=days[0], last=days[-1]), at=AT)
    metric = replace(CATALOGUE.metrics["rating.count"], season="weekday")
    known = replace(CATALOGUE, metrics={**CATALOGUE.metrics, metric.key: metric})
    sunday = row(tmp_path, f"{days[-1]}", "rating.count", known)
    assert (sunday["value"], sunday["mean"], sunday["signal"]) == (2, 2, "")


def test_days_since_the_last_rare_event(tmp_path: Path) -> None:
    rows = [rating(n, MONDAY + timedelta(days=n), level=1 if n == 20 else 5) for n in range(70)]
    append(tmp_path, statement("rating", rows, first=MONDAY, last=MONDAY + timedelta(days=69)), at=AT)
    found = row(tmp_path, "2023-W27", "rating.negative")
    assert found["since_last"] == "距上次 49 天"
    assert (found["lower"], found["variation"]) == (None, "点数不足")


def test_a_past_day_knows_no_later_correction(tmp_path: Path) -> None:
    append(tmp_path, weeks(2), at=AT)
    corrected = statement("rating", [rating(9000, MONDAY)], name="b.csv", stated_at=datetime(2024, 1, 3),
                          first=MONDAY, last=MONDAY)  # fmt: skip
    append(tmp_path, corrected, at=AT + timedelta(days=5))
    before = scorecard(open_source(date(2024, 1, 5), tmp_path), parse_period("2023-W18"), ["rating.count"])
    assert before.select("value", "restatement").row(0) == (28, "")
    now = scorecard(open_source(None, tmp_path), parse_period("2023-W18"), ["rating.count"])
    assert now.select("value", "restated_from").row(0) == (29, 28)

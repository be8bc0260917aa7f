"""Figures already stated that a later batch, or an undo, changed: what they were, by which batch, and in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.measure.small import Ratings, on, row
from tests.store.statements import rating, statement
from tests.store.test_generations import append, undo

FIRST, LAST = date(2023, 5, 1), date(2023, 5, 28)
WEEK, LAST_WEEK = "2023-W21", "2023-W20"
RESTATED = ("restated_from", "restated_batch", "restated_at")
PREVIOUS = tuple(f"previous_{name}" for name in RESTATED)
NONE = (None, None, None)


def told(found: dict[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(found[name] for name in names)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Four weeks of five ratings a day, four in 多祝镇 (one of level 1) and one in 平海镇."""
    ratings = Ratings().add(FIRST, LAST, 3).add(FIRST, LAST, 1, level=1).add(FIRST, LAST, 1, "平海镇")
    append(tmp_path, statement("rating", ratings.rows, name="五月.csv", first=FIRST, last=LAST), at=on(5))
    return tmp_path


def correct(root: Path, rows: list[dict[str, Any]], day: int = 8, name: str = "更正.csv") -> None:
    """Import a later file about days reported before."""
    days = [row["rated_at"].date() for row in rows]
    append(
        root,
        statement("rating", rows, name=name, first=min(days), last=max(days), stated_at=datetime(2024, 1, day)),
        at=on(day, 9) + timedelta(minutes=30),
    )


def late(count: int, day: date = date(2023, 5, 16), town: str = "多祝镇", start: int = 900) -> list[dict[str, Any]]:
    return [rating(start + n, day, town) for n in range(count)]


def test_a_first_import_restates_nothing(store: Path) -> None:
    found = row(store, WEEK)
    assert (found["value"], found["previous"]) == (35, 35)
    assert told(found, RESTATED) == told(found, PREVIOUS) == NONE
    assert found["restatement"] == ""


def test_late_rows_restate_last_week(store: Path) -> None:
    correct(store, late(4))
    found = row(store, WEEK)
    assert (found["value"], found["previous"]) == (35, 39)
    assert told(found, RESTATED) == NONE
    assert told(found, PREVIOUS) == (35, 2, on(8, 9) + timedelta(minutes=30))
    assert found["restatement"] == "上周数由 35 条改为 39 条（批次 2“更正.csv”，2024年1月8日 09:30 导入）"


def test_the_week_itself_says_so_of_itself(store: Path) -> None:
    correct(store, late(4))
    found = row(store, LAST_WEEK)
    assert told(found, RESTATED) == (35, 2, on(8, 9) + timedelta(minutes=30))
    assert told(found, PREVIOUS) == NONE
    assert found["restatement"] == "本周数由 35 条改为 39 条（批次 2“更正.csv”，2024年1月8日 09:30 导入）"
    month = row(store, "2023-06")
    assert month["restatement"] == ""  # nothing reaches into June
    assert row(store, "2023-05")["restatement"].startswith("本月数由 140 条改为 144 条（批次 2")


def test_both_weeks_are_told_the_own_one_first(store: Path) -> None:
    correct(store, [*late(4), *late(2, date(2023, 5, 23), start=950)])
    found = row(store, WEEK)
    assert found["restatement"] == (
        "本周数由 35 条改为 37 条（批次 2“更正.csv”，2024年1月8日 09:30 导入）；"
        "上周数由 35 条改为 39 条（批次 2“更正.csv”，2024年1月8日 09:30 导入）"
    )


def test_an_undo_changes_it_back_and_says_so(store: Path) -> None:
    correct(store, late(4))
    undo(store, 2, at=on(9, 15))
    found = row(store, WEEK)
    assert found["previous"] == 35
    assert told(found, PREVIOUS) == (39, 2, on(9, 15))
    assert found["restatement"] == "上周数由 39 条改为 35 条（批次 2“更正.csv”，2024年1月9日 15:00 撤销）"


def test_the_latest_of_two_corrections_is_told(store: Path) -> None:
    correct(store, late(4))
    correct(store, late(1, start=950), day=10, name="再更正.csv")
    found = row(store, WEEK)
    assert told(found, PREVIOUS)[:2] == (39, 3)
    assert found["restatement"].startswith("上周数由 39 条改为 40 条（批次 3“再更正.csv”")


def test_a_new_days_file_restates_nothing(store: Path) -> None:
    correct(store, late(5, date(2023, 5, 29)), name="新一天.csv")
    for period in (WEEK, "2023-W22", "2023-05"):
        found = row(store, period)
        assert told(found, RESTATED) == told(found, PREVIOUS) == NONE, period
    assert row(store, "2023-W22")["value"] == 5


def test_the_same_rows_again_restate_nothing(store: Path) -> None:
    same = Ratings().add(FIRST, LAST, 3).rows
    correct(store, same)
    assert row(store, WEEK)["restatement"] == ""


def test_a_rate_is_restated_by_numerator_and_denominator(store: Path) -> None:
    """28 of 35 satisfied; one of level 1 becomes a 5: 29 of 35. Then five more: 34 of 40."""
    metric = "rating.satisfaction"
    wrong = Ratings().add(FIRST, LAST, 3).add(FIRST, LAST, 1, level=1).rows
    (one,) = [each for each in wrong if each["level"] == 1 and each["rated_at"].date() == date(2023, 5, 16)]
    correct(store, [{**one, "level": 5}])
    found = row(store, WEEK, metric=metric)
    assert found["previous_restated_from"] == pytest.approx(80)
    assert found["previous"] == pytest.approx(100 * 29 / 35)
    assert found["restatement"].startswith("上周数由 80.00% 改为 82.86%（批次 2")
    correct(store, late(5), day=10)
    found = row(store, WEEK, metric=metric)
    assert found["previous_restated_from"] == pytest.approx(100 * 29 / 35)
    assert found["previous"] == pytest.approx(85)
    assert row(store, WEEK)["previous_restated_from"] == 35  # the first correction changed no count


def test_a_change_too_small_to_show_is_not_told(tmp_path: Path) -> None:
    """20,000 of 20,000 very satisfied and then 20,001: 100.00 % as before."""
    append(tmp_path, statement("rating", [rating(n, date(2023, 5, 16)) for n in range(2000)]), at=on(5))
    correct(tmp_path, late(1, start=5000))
    found = row(tmp_path, WEEK, metric="rating.satisfaction")
    assert (found["previous"], told(found, PREVIOUS), found["restatement"]) == (100.0, NONE, "")
    assert row(tmp_path, WEEK)["previous_restated_from"] == 2000


def test_a_week_before_that_is_not_shown_is_not_told(tmp_path: Path) -> None:
    """Reports begin on Wednesday 17 May: last week has no figure, so a correction of it has no place either."""
    begun = date(2023, 5, 17)
    append(tmp_path, statement("rating", Ratings().add(begun, LAST, 5).rows, first=begun, last=LAST), at=on(5))
    correct(tmp_path, late(4, date(2023, 5, 18)))
    found = row(tmp_path, WEEK)
    assert (found["previous"], told(found, PREVIOUS), found["restatement"]) == (None, NONE, "")
    assert row(tmp_path, LAST_WEEK)["restatement"].startswith("本周数由 25 条改为 29 条")


def test_only_the_town_concerned_says_so(store: Path) -> None:
    correct(store, late(4, town="平海镇"))
    there, elsewhere = row(store, WEEK, town="平海镇"), row(store, WEEK, town="多祝镇")
    assert told(there, PREVIOUS)[:2] == (7, 2)
    assert there["restatement"].startswith("上周数由 7 条改为 11 条")
    assert (told(elsewhere, PREVIOUS), elsewhere["restatement"]) == (NONE, "")
    moved = [{**each, "town": "多祝镇"} for each in late(4)]
    correct(store, moved, day=10, name="改镇街.csv")
    assert row(store, WEEK, town="平海镇")["restatement"].startswith("上周数由 11 条改为 7 条（批次 3“改镇街.csv”")
    assert row(store, WEEK, town="多祝镇")["restatement"].startswith("上周数由 28 条改为 32 条（批次 3")
    assert row(store, WEEK)["restatement"].startswith("上周数由 35 条改为 39 条（批次 2")


def ticket(number: int, received: date, closed: datetime | None, town: str = "多祝镇") -> dict[str, Any]:
    return {
        "ticket_id": f"DEMO-T{number}",
        "received_at": datetime.combine(received, datetime.min.time()) + timedelta(hours=9),
        "category": "投诉",
        "handling": "转办",
        "town": town,
        "due_at": datetime.combine(received, datetime.min.time()) + timedelta(days=2),
        "closed_at": closed,
    }


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """Of ten tickets received on Monday 8 May five are closed a day later; the other five are never closed."""
    monday = date(2023, 5, 8)
    rows = [ticket(n, monday, datetime(2023, 5, 9, 12) if n < 5 else None) for n in range(10)]
    append(tmp_path, statement("ticket", rows, name="五月.csv", first=FIRST, last=LAST), at=on(5))
    return tmp_path


def close(root: Path, numbers: range, moment: datetime) -> None:
    rows = [ticket(n, date(2023, 5, 8), moment) for n in numbers]
    append(
        root,
        statement("ticket", rows, name="更正.csv", first=FIRST, last=LAST, stated_at=datetime(2024, 1, 8)),
        at=on(8),
    )


def test_a_stock_is_restated_at_every_later_end(tickets: Path) -> None:
    """Two of five overdue tickets turn out to have been closed on Wednesday 17 May."""
    metric = "ticket.overdue_open"
    assert row(tickets, WEEK, metric=metric)["value"] == 5
    close(tickets, range(5, 7), datetime(2023, 5, 17, 12))
    for period, own, previous in (("2023-W19", None, None), (LAST_WEEK, 5, None), (WEEK, 5, 5)):
        found = row(tickets, period, metric=metric)
        assert found["value"] == (5 if own is None else 3)
        assert (found["restated_from"], found["previous_restated_from"]) == (own, previous), period
    assert row(tickets, WEEK, metric=metric)["restatement"].startswith("本周数由 5 件改为 3 件（批次 2“更正.csv”")


def test_a_percentile_is_restated(tickets: Path) -> None:
    """Five closed after one working day; three more after seven make the week of 15 May, which had none."""
    close(tickets, range(5, 8), datetime(2023, 5, 9, 15))
    assert row(tickets, "2023-W19", metric="ticket.handling_median")["restatement"] == ""  # still one day
    fresh = [ticket(n, date(2023, 5, 8), datetime(2023, 5, 17, 9)) for n in range(5)]
    append(
        tickets,
        statement("ticket", fresh, name="再更正.csv", first=FIRST, last=LAST, stated_at=datetime(2024, 1, 9)),
        at=on(9),
    )
    # 8 May is a Monday and all days from 9 to 17 May but the weekend are worked: seven.
    median = "ticket.handling_median"
    later = row(tickets, LAST_WEEK, metric=median)
    assert (later["value"], later["restated_from"], later["restated_batch"]) == (7, None, 3)
    assert later["restatement"].startswith("本周数由 — 改为 7.0 工作日（批次 3“再更正.csv”")
    month = row(tickets, "2023-05", metric=median)
    assert (month["value"], month["restated_from"]) == (7, 1)
    p90 = row(tickets, "2023-05", metric="ticket.handling_p90", town="多祝镇")
    assert (p90["value"], p90["restated_from"]) == (7, 1)
    assert row(tickets, "2023-05", metric=median, town="平海镇")["restatement"] == ""
    undo(tickets, 3, at=on(10))
    again = row(tickets, "2023-05", metric=median)
    assert (again["value"], again["restated_from"], again["restated_batch"]) == (1, 7, 3)
    assert "撤销" in again["restatement"]

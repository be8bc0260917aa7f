"""Deadlines the sender states only as a flag: in time or late, without the moment of closing."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from kpi.calendar import parse_period
from kpi.measure import Source, scorecard
from kpi.store import current
from tests.measure.small import append, catalogue_with
from tests.store.statements import statement


def ticket(number: int, **more: Any) -> dict[str, Any]:
    return {
        "ticket_id": f"DEMO-T{number}",
        "received_at": datetime(2023, 12, 5, 9),
        "category": "投诉",
        "handling": "转办",
        "due_at": datetime(2023, 12, 8),
        **more,
    }


def figures(root: Path, *rows: dict[str, Any]) -> dict[str, tuple[float | None, float | None]]:
    append(root, statement("ticket", list(rows), first=date(2023, 12, 1), last=date(2023, 12, 31)))
    keys = ["ticket.on_time", "ticket.overdue_open", "ticket.backlog", "ticket.closed_rate"]
    source = Source(current(root, "demo"), catalogue_with())
    card = scorecard(source, parse_period("2023-12"), keys)
    return {row["metric"]: (row["numerator"], row["denominator"]) for row in card.iter_rows(named=True)}


@pytest.mark.parametrize(
    ("in_time", "late"),
    [
        ({"is_on_time": True}, {"is_on_time": False}),
        ({"is_overdue": False}, {"is_overdue": True}),
        ({"timeliness": "按时"}, {"timeliness": "超时"}),
    ],
    ids=["是否按时办结", "是否超期", "办结时效"],
)
def test_a_flag_counts_for_the_share_in_time_and_never_as_open(
    tmp_path: Path, in_time: dict[str, Any], late: dict[str, Any]
) -> None:
    found = figures(tmp_path, ticket(1, **in_time), ticket(2, **in_time), ticket(3, **late), ticket(4))
    assert found["ticket.on_time"] == (2, 4)
    assert found["ticket.closed_rate"] == (3, 4)
    assert found["ticket.backlog"][0] == 1
    assert found["ticket.overdue_open"][0] == 1


def test_the_moment_of_closing_outweighs_the_flag(tmp_path: Path) -> None:
    closed = ticket(1, closed_at=datetime(2023, 12, 20), is_on_time=True)
    assert figures(tmp_path, closed)["ticket.on_time"] == (0, 1)


def test_a_deadline_without_a_time_of_day_ends_at_night(tmp_path: Path) -> None:
    closed = [ticket(1, closed_at=datetime(2023, 12, 8, 17)), ticket(2, closed_at=datetime(2023, 12, 9, 0, 0, 1))]
    assert figures(tmp_path, *closed)["ticket.on_time"] == (1, 2)

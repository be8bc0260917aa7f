"""The slow and obvious way to ten metrics: plain Python over plain rows, no SQL sums, no Polars, no shared code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

Row = dict[str, Any]
Figure = tuple[float, float | None]


def _within(moment: datetime | date | None, first: date, last: date) -> bool:
    if moment is None:
        return False
    day = moment.date() if isinstance(moment, datetime) else moment
    return first <= day <= last


def _share(rows: Iterable[tuple[bool, bool]]) -> Figure:
    """Count (belongs to the numerator, belongs to the denominator) pairs."""
    top = bottom = 0
    for in_numerator, in_denominator in rows:
        bottom += in_denominator
        top += in_numerator and in_denominator
    return top, bottom


def ticket_count(tickets: list[Row], first: date, last: date) -> Figure:
    """Tickets received."""
    return sum(_within(t["received_at"], first, last) for t in tickets), None


def ticket_satisfaction(tickets: list[Row], first: date, last: date) -> Figure:
    """Satisfied among those reached, who gave a final level, by day of the call."""
    called = [t for t in tickets if _within(t["called_back_at"], first, last)]
    return _share(
        ((t["final_level"] or 0) >= 3, bool(t["is_reached"]) and t["final_level"] is not None) for t in called
    )


def ticket_on_time(tickets: list[Row], first: date, last: date) -> Figure:
    """Closed by the deadline among those whose deadline lies in the period; the files state every deadline."""
    due = [t for t in tickets if _within(t["due_at"], first, last)]
    return _share((t["closed_at"] is not None and t["closed_at"] <= t["due_at"], True) for t in due)


def ticket_overdue_open(tickets: list[Row], _first: date, last: date) -> Figure:
    """Past the deadline at the end of the last day and not yet closed by then."""
    return sum(
        t["due_at"].date() <= last
        and (t["closed_at"] is None or t["closed_at"].date() > last)
        and (t["closed_at"] is None or t["closed_at"] > t["due_at"])
        for t in tickets
    ), None


def ticket_dispatch_hours(tickets: list[Row], first: date, last: date) -> Figure:
    """Seconds from receipt to first dispatch, over dispatched tickets."""
    waits = [
        (t["first_dispatched_at"] - t["received_at"]).total_seconds()
        for t in tickets
        if _within(t["received_at"], first, last) and t["first_dispatched_at"] is not None
    ]
    return sum(waits), len(waits)


def rating_satisfaction(ratings: list[Row], first: date, last: date) -> Figure:
    """Levels 3 to 5 among ratings with a level that were not given by default."""
    made = [r for r in ratings if _within(r["rated_at"], first, last)]
    return _share(
        (r["level"] is not None and r["level"] >= 3, r["level"] is not None and not r["is_default"]) for r in made
    )


def rating_rectified(ratings: list[Row], first: date, last: date) -> Figure:
    """Rectified among valid negative ratings."""
    made = [r for r in ratings if _within(r["rated_at"], first, last)]
    return _share((r["rectified_at"] is not None, r["verification"] == "有效差评") for r in made)


def kiosk_sessions(transactions: list[Row], first: date, last: date) -> Figure:
    """Different sessions, counted once a day."""
    made = [t for t in transactions if _within(t["started_at"], first, last)]
    return len({(t["session_id"], t["started_at"].date()) for t in made}), None


def kiosk_idle(transactions: list[Row], kiosks: list[Row], last: date) -> Figure:
    """Machines in service for 30 days without a transaction on the last day or the 29 before it."""
    used: dict[str, set[date]] = {}
    for transaction in transactions:
        used.setdefault(transaction["kiosk_id"], set()).add(transaction["started_at"].date())
    idle = 0
    for kiosk in _in_service(kiosks, last):
        days = used.get(kiosk["kiosk_id"], set())
        quiet = not any(last - timedelta(days=back) in days for back in range(30))
        idle += quiet and kiosk["in_service_on"] + timedelta(days=30) <= last
    return idle, None


def kiosk_per_machine_day(transactions: list[Row], kiosks: list[Row], first: date, last: date) -> Figure:
    """Transactions over machine-days in service."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    made = sum(_within(t["started_at"], first, last) for t in transactions)
    return made, sum(1 for day in days for _ in _in_service(kiosks, day))


def one_window_wait(cases: list[Row], first: date, last: date) -> Figure:
    """Minutes waited over cases with a record of waiting."""
    waits = [
        c["wait_minutes"] for c in cases if _within(c["accepted_at"], first, last) and c["wait_minutes"] is not None
    ]
    return sum(waits), len(waits)


def _in_service(kiosks: list[Row], day: date) -> Iterator[Row]:
    for kiosk in kiosks:
        if kiosk["in_service_on"] <= day and (kiosk["retired_on"] is None or day < kiosk["retired_on"]):
            yield kiosk

"""Deadlines of tickets as the SQL works them out, beside the day-by-day reference of ``kpi.calendar``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi.calendar import allowed_days, deadline
from kpi.engine import rollups
from kpi.store import current, drafting, schema
from tests.store.statements import CATALOGUE, statement, typed

DUE = "select record, day from ticket_event where due = 1"
CATEGORIES = ("咨询", "求助", "建议", "投诉", "举报")


def ticket(number: int, category: str, received: datetime, **more: Any) -> dict[str, Any]:
    return {
        "ticket_id": f"DEMO-T{number}",
        "received_at": received,
        "category": category,
        "handling": "转办",
        **more,
    }


BY_HAND = [
    (ticket(1, "咨询", datetime(2023, 12, 1, 23, 59)), date(2023, 12, 5)),
    (ticket(2, "投诉", datetime(2023, 9, 29, 10)), date(2023, 10, 25)),
    (ticket(3, "求助", datetime(2023, 12, 4, 9), extension_days=5), date(2023, 12, 25)),
    (
        ticket(
            4,
            "建议",
            datetime(2023, 12, 4, 9),
            returned_at=datetime(2023, 12, 8, 17),
            redispatched_at=datetime(2023, 12, 11, 8),
        ),
        date(2023, 12, 19),
    ),
    (ticket(5, "举报", datetime(2022, 8, 31, 9), returned_at=datetime(2022, 9, 1, 9)), date(2022, 9, 22)),
    (ticket(6, "投诉", datetime(2023, 12, 4, 9), due_at=datetime(2023, 12, 6, 18)), date(2023, 12, 6)),
]


def test_tickets_worked_by_hand_fall_due_on_their_day(tmp_path: Path) -> None:
    """Deadlines by category, over a holiday, with an extension, a pause, a return still open, and a stated one."""
    with drafting(tmp_path, "demo", CATALOGUE) as draft:
        draft.append(statement("ticket", [row for row, _ in BY_HAND]), datetime(2024, 1, 6, 9))
        rollups.refresh(draft)
    found = dict(current(tmp_path).query(DUE).iter_rows())
    assert found == {row["ticket_id"]: day for row, day in BY_HAND}
    for row, day in BY_HAND[:-1]:
        assert reference(row) == day


def test_the_last_minute_of_the_day_is_in_time(tmp_path: Path) -> None:
    received = datetime(2023, 12, 4, 9)
    rows = [
        ticket(1, "咨询", received, closed_at=datetime(2023, 12, 6, 23, 59)),
        ticket(2, "咨询", received, closed_at=datetime(2023, 12, 7)),
    ]
    with drafting(tmp_path, "demo", CATALOGUE) as draft:
        draft.append(statement("ticket", rows), datetime(2024, 1, 6, 9))
    found = current(tmp_path).query("select record, closed_on_time from ticket_event where due = 1 order by record")
    assert found["closed_on_time"].to_list() == [1, 0]


def test_a_changed_rule_holds_from_its_day(store: duckdb.DuckDBPyConnection) -> None:
    store.execute("delete from ticket_deadline")
    store.execute("insert into ticket_deadline values ('咨询', 2, date '2015-01-01', date '2023-12-05')")
    store.execute("insert into ticket_deadline values ('咨询', 1, date '2023-12-05', date '9999-12-31')")
    received = datetime(2023, 12, 4, 9)
    try:
        assert due_days(store, [ticket(n, "咨询", received + timedelta(days=n)) for n in (0, 1)]) == {
            "DEMO-T0": date(2023, 12, 6),
            "DEMO-T1": date(2023, 12, 6),
        }
    finally:
        schema.bring_up_to_date(store, CATALOGUE)


def test_rules_are_filled_from_the_list(store: duckdb.DuckDBPyConnection) -> None:
    rows = store.execute("select * from ticket_deadline where category = '咨询' order by valid_from").fetchall()
    assert rows == [
        ("咨询", 2, date(2015, 1, 1), date(2022, 9, 1)),
        ("咨询", 2, date(2022, 9, 1), date(9999, 12, 31)),
    ]


def test_data_made_under_other_deadlines_are_outdated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = schema.fingerprint()
    other = tmp_path / "deadlines.csv"
    other.write_bytes(schema.DEADLINES.read_bytes().replace(b",15,", b",20,"))
    monkeypatch.setattr(schema, "DEADLINES", other)
    assert schema.fingerprint() != before


@pytest.fixture(scope="module")
def store() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        schema.bring_up_to_date(connection, CATALOGUE)
        yield connection


def due_days(store: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> dict[str, date]:
    store.execute("delete from ticket_version")
    store.register("given", typed("ticket", rows))
    names = schema.column_list(CATALOGUE.subjects["ticket"])
    store.execute(
        f"insert into ticket_version ({names}, batch, line, is_current) select {names}, 1, line, true from given"
    )
    store.unregister("given")
    return dict(store.execute(DUE).fetchall())


def reference(row: dict[str, Any]) -> date:
    received = row["received_at"].date()
    allowed = allowed_days(row["category"], received)
    assert allowed is not None
    returned, redispatched = row.get("returned_at"), row.get("redispatched_at")
    pauses = [(returned.date(), redispatched.date())] if returned and redispatched else []
    return deadline(received, allowed, row.get("extension_days") or 0, pauses)


@st.composite
def tickets(draw: st.DrawFn, number: int) -> dict[str, Any]:
    day = draw(st.dates(date(2015, 1, 1), date(2026, 10, 1)))
    received = datetime.combine(day, draw(st.times()).replace(tzinfo=None))
    hours = st.integers(0, 24 * 40)
    returned = draw(st.none() | hours.map(lambda n: received + timedelta(hours=n)))
    redispatched = draw(st.none() | hours.map(lambda n: (returned or received) + timedelta(hours=n)))
    return ticket(
        number,
        draw(st.sampled_from(CATEGORIES)),
        received,
        returned_at=returned,
        redispatched_at=redispatched,
        extension_days=draw(st.none() | st.integers(0, 30)),
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data(), count=st.integers(1, 12))
def test_the_sql_and_the_reference_agree(store: duckdb.DuckDBPyConnection, data: st.DataObject, count: int) -> None:
    rows = [data.draw(tickets(number)) for number in range(count)]
    assert due_days(store, rows) == {row["ticket_id"]: reference(row) for row in rows}

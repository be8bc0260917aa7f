"""The scorecard against the oracle, on the demonstration year."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from kpi.calendar import parse_period
from kpi.measure import Source, scorecard
from tests.measure import oracle

PERIODS = ["2023", "2023-11", "2023-W48", "2023-12-04", "2023-Q3"]
TOWNS = ["多祝镇", "巽寮滨海旅游度假区"]
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def rows(demo_source: Source) -> Callable[[str], Rows]:
    kept: dict[str, Rows] = {}

    def of(subject: str) -> Rows:
        if subject not in kept:
            kept[subject] = demo_source.generation.query(f"select * from {subject}").to_dicts()
        return kept[subject]

    return of


def judge_by_hand(rows: Callable[[str], Rows], town: str | None) -> dict[str, Callable[..., oracle.Figure]]:
    def of(subject: str) -> Rows:
        return [row for row in rows(subject) if town is None or row["town"] == town]

    return {
        "ticket.count": partial(oracle.ticket_count, of("ticket")),
        "ticket.satisfaction": partial(oracle.ticket_satisfaction, of("ticket")),
        "ticket.on_time": partial(oracle.ticket_on_time, of("ticket")),
        "ticket.overdue_open": partial(oracle.ticket_overdue_open, of("ticket")),
        "ticket.dispatch_hours": partial(oracle.ticket_dispatch_hours, of("ticket")),
        "rating.satisfaction": partial(oracle.rating_satisfaction, of("rating")),
        "rating.rectified": partial(oracle.rating_rectified, of("rating")),
        "kiosk.sessions": partial(oracle.kiosk_sessions, of("kiosk_transaction")),
        "kiosk.idle": lambda first, last: oracle.kiosk_idle(of("kiosk_transaction"), of("kiosk"), last),
        "kiosk.per_machine_day": partial(oracle.kiosk_per_machine_day, of("kiosk_transaction"), of("kiosk")),
        "one_window.wait_minutes": partial(oracle.one_window_wait, of("one_window_case")),
    }


@pytest.mark.parametrize("town", [None, *TOWNS])
def test_every_figure_agrees(demo_source: Source, rows: Callable[[str], Rows], town: str | None) -> None:
    by_hand = judge_by_hand(rows, town)
    for text in PERIODS:
        period = parse_period(text)
        frame = scorecard(demo_source, period, list(by_hand), where={"town": town} if town else None)
        for row in frame.iter_rows(named=True):
            top, bottom = by_hand[row["metric"]](period.first, period.last)
            known = (row["metric"], text, town)
            assert (row["numerator"] or 0) == pytest.approx(top), known
            assert (row["denominator"] or 0) == pytest.approx(bottom or 0), known
            scale = demo_source.catalogue.metrics[row["metric"]].scale
            expected = top if bottom is None else scale * top / bottom if bottom else None
            assert row["value"] == (pytest.approx(expected) if expected is not None else None), known


def test_percentiles_are_exact(demo_source: Source) -> None:
    found = demo_source.generation.query(
        "select handling_days from ticket_event "
        "where handling_days is not null and day between '2023-11-01' and '2023-11-30'"
    )["handling_days"].to_list()
    frame = scorecard(demo_source, parse_period("2023-11"), ["ticket.handling_median", "ticket.handling_p90"])
    for row, share in zip(frame.iter_rows(named=True), (0.5, 0.9), strict=True):
        ordered = sorted(found)
        place = share * (len(ordered) - 1)
        low = int(place)
        exact = ordered[low] + (place - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])
        assert row["value"] == pytest.approx(exact)
        assert row["n"] == len(found)

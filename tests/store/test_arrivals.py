"""What arrived, when the next file is due, and how a source stands on any day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from kpi.store import current, drafting
from kpi.store.arrivals import arrivals
from tests.store.statements import CATALOGUE, rating, statement

OCTOBER = statement("rating", [rating(1)], name="10.csv", last=date(2023, 10, 31))
NOVEMBER = statement("rating", [rating(2)], name="11.csv", first=date(2023, 11, 1), last=date(2023, 11, 30))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store whose ratings reach to the end of October, November having been imported and undone."""
    for item, day in ((OCTOBER, 5), (NOVEMBER, 6)):
        with drafting(tmp_path, "demo", CATALOGUE) as draft:
            batch, *_ = draft.append(item, datetime(2023, 12, day, 9))
    with drafting(tmp_path, "demo", CATALOGUE) as draft:
        draft.undo(batch, datetime(2023, 12, 7))
    return tmp_path


def row(store: Path, subject: str, today: date) -> dict[str, Any]:
    """Return how one source stands on a day."""
    return arrivals(replace(current(store), as_of_day=today), CATALOGUE).filter(subject=subject).row(0, named=True)


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2023, 12, 5), "fresh"),
        (date(2023, 12, 6), "late"),
        (date(2024, 1, 5), "late"),
        (date(2024, 1, 6), "broken"),
    ],
)
def test_a_source_stands_by_its_rhythm_and_what_is_in_force(store: Path, today: date, state: str) -> None:
    assert row(store, "rating", today) == {
        "subject": "rating",
        "last_arrival": datetime(2023, 12, 5, 9),
        "period_last": date(2023, 10, 31),
        "files": 1,
        "refused": 0,
        "due_on": date(2023, 12, 5),
        "state": state,
    }


def test_a_source_that_never_came_has_nothing_but_its_name(store: Path) -> None:
    known = row(store, "ticket", date(2024, 1, 6))
    assert (known.pop("subject"), known.pop("state")) == ("ticket", "never")
    assert set(known.values()) == {None}


def test_every_subject_has_one_row(store: Path) -> None:
    assert arrivals(current(store), CATALOGUE)["subject"].to_list() == list(CATALOGUE.subjects)

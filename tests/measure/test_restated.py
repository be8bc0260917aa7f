"""The list of published weekly figures that were corrected later."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from kpi.measure import Source, restated
from kpi.store import current
from tests.store.statements import CATALOGUE, rating, statement
from tests.store.test_generations import append, undo


def test_a_correction_and_its_undo_are_listed_with_both_numbers(tmp_path: Path) -> None:
    days = {"first": date(2023, 6, 1), "last": date(2023, 6, 30)}
    rows = [rating(n, date(2023, 6, 5 + n % 14)) for n in range(28)]
    append(tmp_path, statement("rating", rows, **days))
    more = [rating(100 + n, date(2023, 6, 6)) for n in range(3)]
    append(tmp_path, statement("rating", more, name="b.csv", stated_at=datetime(2024, 1, 6), **days))
    source = Source(current(tmp_path), CATALOGUE)
    counts = restated(source).filter(metric="rating.count")
    assert counts.select("period", "before", "after", "batch", "is_undo").rows() == [("2023-W23", 14, 17, 2, False)]
    assert restated(source, 1).is_empty()
    undo(tmp_path, 2)
    counts = restated(Source(current(tmp_path), CATALOGUE)).filter(metric="rating.count")
    assert counts.select("before", "after", "is_undo").rows() == [(17, 14, True), (14, 17, False)]


def test_nothing_corrected_is_an_empty_list(tmp_path: Path) -> None:
    append(tmp_path, statement("rating", [rating(1)]))
    assert restated(Source(current(tmp_path), CATALOGUE)).is_empty()

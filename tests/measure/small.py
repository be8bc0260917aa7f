"""Small hand-made stores of ratings for worked examples: so many a day, in this town, over these days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from kpi.calendar import parse_period
from kpi.catalogue import Catalogue, Metric, Target
from kpi.measure import Source, scorecard
from kpi.store import current
from tests.store.statements import CATALOGUE, rating, statement
from tests.store.test_generations import append

Rows = list[dict[str, Any]]


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


class Ratings:
    """Rows of ratings under running numbers."""

    def __init__(self) -> None:
        self.rows: Rows = []
        self._numbers = count(1)

    def add(
        self,
        first: date,
        last: date,
        a_day: int | Callable[[date], int],
        town: str = "多祝镇",
        level: int = 5,
        **more: Any,
    ) -> Ratings:
        """Add ``a_day`` ratings for every day."""
        for day in days_between(first, last):
            amount = a_day if isinstance(a_day, int) else a_day(day)
            self.rows += [rating(next(self._numbers), day, town, level, **more) for _ in range(amount)]
        return self

    def store(self, root: Path, first: date, last: date, **more: Any) -> Path:
        """Write them as one file that covers the days from ``first`` to ``last``."""
        append(root, statement("rating", self.rows, first=first, last=last, **more))
        return root


def catalogue_with(*targets: Target, metric: Metric | None = None, **more: Any) -> Catalogue:
    """Return the catalogue with these targets only, and one metric declared otherwise."""
    metrics = CATALOGUE.metrics if metric is None else {**CATALOGUE.metrics, metric.key: metric}
    return replace(CATALOGUE, targets=targets, metrics=metrics, **more)


def target(value: float | None, metric: str = "rating.count", **more: Any) -> Target:
    """Return a target of some document, in force since 2022."""
    facts = {
        "direction": "at_least",
        "period": "any",
        "document": "某文件",
        "clause": "第 1 条",
        "valid_from": date(2022, 1, 1),
        **more,
    }
    return Target(metric=metric, value=value, **facts)


def row(
    root: Path,
    period: str,
    *targets: Target,
    metric: str = "rating.count",
    catalogue: Catalogue | None = None,
    **where: str,
) -> dict[str, Any]:
    """Return the scorecard row of one metric."""
    source = Source(current(root), catalogue or catalogue_with(*targets))
    return scorecard(source, parse_period(period), [metric], where=where).row(0, named=True)


def by_town(root: Path, period: str, *targets: Target, metric: str = "rating.count") -> dict[str, dict[str, Any]]:
    """Return town → its scorecard row."""
    source = Source(current(root), catalogue_with(*targets))
    frame = scorecard(source, parse_period(period), [metric], by="town")
    return {row["member"]: row for row in frame.iter_rows(named=True)}


def on(day: int, hour: int = 9) -> datetime:
    """Return a moment of import in January 2024."""
    return datetime(2024, 1, day, hour)

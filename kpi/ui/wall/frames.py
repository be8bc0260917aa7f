"""The frames the wall is made of, read once for all scenes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Self

import polars as pl

from kpi.calendar import Period, period_of
from kpi.catalogue import Catalogue
from kpi.store import Generation
from kpi.ui import data
from kpi.ui.wall.plan import Plan


def last_complete(kind: str, as_of: date) -> Period:
    """Return the last period of ``kind`` that ended on or before ``as_of``."""
    period = period_of(kind, as_of)
    return period if period.last <= as_of else period.previous()


@dataclass(frozen=True)
class Frames:
    """``cards``: kind of period → scorecard (one row per metric; ``week`` has every metric of the catalogue).

    ``trends``: the weekly `series` of every metric shown. ``towns``: (metric, kind of period) → its scorecard by town.
    ``spans``: kind of period → how the period is called.
    """

    cards: dict[str, pl.DataFrame]
    trends: pl.DataFrame
    towns: dict[tuple[str, str], pl.DataFrame]
    spans: dict[str, str]

    @classmethod
    def read(cls, now: Generation, catalogue: Catalogue, plan: Plan, week: Period) -> Self:
        """Return the frames of ``plan`` for ``week`` and the year it ends in."""
        year, month = period_of("year", week.last), last_complete("month", week.last)
        periods = {"week": week, "month": month, "year": year}
        grids = {(tile.metric, tile.period) for tile in plan.tiles("towns")}
        return cls(
            cards={
                "week": data.scorecard(now, week, list(catalogue.metrics)),
                **{kind: data.scorecard(now, periods[kind], plan.metrics(kind)) for kind in ("month", "year")},
            },
            trends=data.series(now, plan.metrics(), week, plan.weeks),
            towns={(key, kind): data.scorecard(now, periods[kind], [key], by="town") for key, kind in grids},
            spans={"week": "本周", "month": f"{month.first.month}月", "year": "本年"},
        )

"""What the overview is made of: read by its page, and once by the server before the first visit."""

from __future__ import annotations

import polars as pl

from kpi.calendar import period_of
from kpi.catalogue import AREAS
from kpi.ui import area, data
from kpi.ui.page import View

TOWN_METRIC = "ticket.on_time"


def read(view: View) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the scorecard of every metric of all areas, and that of `TOWN_METRIC` by town."""
    metrics = [metric for key in AREAS for metric in data.metrics_of(key)]
    return area.judged(view, metrics), data.scorecard(view.now, view.period, [TOWN_METRIC], by="town")


def compute_ahead() -> None:
    """Compute into the cache what a visit without an address shows. StoreError when there are no data."""
    now = data.with_data()
    view = View(now, period_of("year", now.as_of))
    scorecard, _ = read(view)
    area.before(view, scorecard)
    for key in AREAS:
        area.recent(view, data.metrics_of(key, headline=True))

"""The peer of the page measurements: a plain Streamlit app whose pages are empty but for ``?charts=`` charts.

It has as many pages as the dashboard, at the same addresses and in Streamlit's own menu: what a visit
to any page of such an app costs before anything is shown.
"""

from datetime import date, timedelta

import polars as pl
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from kpi.ui.chart import chart
from kpi.ui.figures import trend
from kpi.ui.main import PAGES

POINTS = 13


def show() -> None:
    """Show the charts and nothing else."""
    weeks = [date(2023, 10, 2) + timedelta(weeks=n) for n in range(POINTS)]
    frame = pl.DataFrame(
        {
            "metric": "peer",
            "period": [f"2023-W{40 + n}" for n in range(POINTS)],
            "first": weeks,
            "last": [week + timedelta(days=6) for week in weeks],
            "label": [f"第 {40 + n} 周" for n in range(POINTS)],
            "value": [90.0 + n % 4 for n in range(POINTS)],
            "numerator": [90.0] * POINTS,
            "denominator": [100.0] * POINTS,
            "n": [100.0] * POINTS,
            "last_year": [89.0 + n % 3 for n in range(POINTS)],
            "is_complete": [True] * POINTS,
            "lower": [85.0] * POINTS,
            "mean": [91.0] * POINTS,
            "upper": [97.0] * POINTS,
            "signal": [""] * POINTS,
            "signal_kind": ["none"] * POINTS,
            "target": [95.0] * POINTS,
        }
    )
    figure = trend(frame, "%", 2)
    for n in range(int(st.query_params.get("charts", "0"))):
        chart(figure, key=f"peer-{n}")


def page(address: str) -> StreamlitPage:
    """Return an empty page at ``address``; the one without an address is the default."""

    def run() -> None:
        show()

    run.__name__ = address or "empty"
    return st.Page(run, title=address or "empty", url_path=address, default=not address)


st.navigation([page(address) for _, _, address, _ in PAGES]).run()

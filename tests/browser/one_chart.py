"""A page with charts whose data follow a slider, and that says what was clicked."""

import polars as pl
import streamlit as st

from kpi.catalogue import load
from kpi.ui import figures
from kpi.ui.chart import chart

TOWNS = load().towns

shift = st.slider("shift", 0, 9, 0)
frame = pl.DataFrame(
    {
        "member": [town.name for town in TOWNS],
        "value": [80.0 + place + shift / 10 for place, _ in enumerate(TOWNS)],
        "status": ["达标"] * len(TOWNS),
        "n": [100.0] * len(TOWNS),
        "target": [95.0] * len(TOWNS),
    }
)


def remember(name: str) -> None:
    """Keep what was clicked for this visitor."""
    st.session_state["called"] = name


bar = chart(figures.bars(frame, "member", "value", "%", 1), "bars", on_click=remember)
tile = chart(figures.tile_grid(frame, TOWNS, "%", 1), "tiles", label="各镇街", on_click=remember)
st.text(f"returned {bar or tile} called {st.session_state.get('called')} shift {shift}")

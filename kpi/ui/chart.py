"""Show one Plotly figure: a component that updates the drawn plot in place and never mounts it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from kpi.ui.server import plotly_address

ASSETS = Path(__file__).with_name("assets")
HEIGHT = 260

# Without isolation, because Plotly writes its style rules into the document and a shadow root would not see them.
_component = st.components.v2.component(
    "kpi_chart",
    html='<div class="kpi-chart"></div>\n<!-- one plot -->\n',
    css=(ASSETS / "chart.css").read_text(encoding="utf-8"),
    js=(ASSETS / "chart.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def chart(
    figure: go.Figure | str,
    key: str,
    height: int | None = None,
    on_click: Callable[[str], None] | None = None,
    label: str | None = None,
) -> str | None:
    """Show ``figure`` (a Figure, or its JSON kept in a cache) at the full width and a fixed height in pixels.

    ``on_click`` is called, before the page runs again, with the name the clicked mark stands for (its customdata,
    else its label). The same name is returned in that one run; otherwise None. ``label`` is what a screen reader
    says; without it the figure's own summary is used.
    """
    data = {
        "figure": figure if isinstance(figure, str) else figure.to_json(),
        "height": height or (figure.layout.height if isinstance(figure, go.Figure) else None) or HEIGHT,
        "label": label or "",
        "clickable": on_click is not None,
        "plotly": plotly_address(),
    }

    def clicked() -> None:
        name = st.session_state[key].clicked
        if on_click is not None and name is not None:
            on_click(str(name))

    result: Any = _component(key=key, data=data, on_clicked_change=clicked)
    return None if result.clicked is None else str(result.clicked)

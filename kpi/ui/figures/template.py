"""What every figure has in common: fonts, grid, margins and hover labels, made from the palette."""

from __future__ import annotations

from functools import cache
from html import escape

import plotly.graph_objects as go

from kpi.ui.palette import FONT, Theme, palette

SIZE = 13
SMALL = 12


@cache
def template(theme: Theme) -> go.layout.Template:
    """Return the Plotly template of a theme."""
    colours = palette(theme)
    axis = {
        "gridcolor": colours.line,
        "linecolor": colours.line,
        "zerolinecolor": colours.line,
        "tickfont": {"size": SMALL, "color": colours.ink_secondary},
        "ticks": "",
        "automargin": True,
        "fixedrange": True,
        "zeroline": False,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": SIZE, "color": colours.ink},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 8, "r": 8, "t": 26, "b": 8},
            "dragmode": False,
            "hovermode": "closest",
            "showlegend": False,
            "colorway": [colours.this_period],
            "hoverlabel": {
                "bgcolor": colours.card,
                "bordercolor": colours.line,
                "font": {"family": FONT, "size": SIZE, "color": colours.ink},
                "align": "left",
            },
            "xaxis": axis,
            "yaxis": axis,
        }
    )


def figure(theme: Theme, height: int, summary: str) -> go.Figure:
    """Return an empty figure in the house style; ``summary`` is the sentence a screen reader says."""
    return go.Figure(layout={"template": template(theme), "height": height, "meta": {"summary": summary}})


def nothing(theme: Theme, height: int, sentence: str = "本期没有数据") -> go.Figure:
    """Return a figure that says in words why it is empty."""
    empty = figure(theme, height, sentence)
    empty.update_xaxes(visible=False).update_yaxes(visible=False)
    return empty.add_annotation(
        text=sentence, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False,
        font={"size": 15, "color": palette(theme).ink_secondary},
    )  # fmt: skip


def plain(text: object) -> str:
    """Return text that Plotly shows as it is: it would otherwise take a name such as <b> for markup."""
    return escape(str(text), quote=False)

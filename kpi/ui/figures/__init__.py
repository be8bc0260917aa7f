"""Figures of the house: pure Plotly in, no Streamlit; colours by meaning, honest axes, gaps for what is missing."""

from kpi.ui.figures.bars import bars, contributions, stacked_share
from kpi.ui.figures.spark import sparkline_svg
from kpi.ui.figures.tiles import tile_grid
from kpi.ui.figures.trend import trend

__all__ = ["bars", "contributions", "sparkline_svg", "stacked_share", "tile_grid", "trend"]

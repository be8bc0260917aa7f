"""The look of pages: one style sheet, its colours filled in from the palette."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

from kpi.ui.palette import FONT, LIGHT

SHEET = Path(__file__).with_name("assets") / "pages.css"


@cache
def sheet() -> str:
    """Return the style sheet with the light palette as custom properties."""
    properties = f":root {{ {LIGHT.css()} --kpi-font: {FONT}; }}"
    return f"<style>\n{properties}\n{SHEET.read_text(encoding='utf-8')}</style>"


def apply() -> None:
    """Put the style sheet on the page."""
    st.html(sheet())

"""The wall's stage: one component of 1920 × 1080 that fills any screen and is only ever updated, never drawn anew."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import streamlit as st

from kpi.ui.palette import DARK, FONT

# Seconds between two looks for newer figures.
REFRESH = 10
ASSETS = Path(__file__).with_name("assets")

# Without isolation, because the style sheet also hides the header, menu and dialogs around the stage.
_component = st.components.v2.component(
    "kpi_stage",
    html='<div class="kpi-wall" lang="zh-CN">\n<div class="kpi-stage"></div>\n</div>',
    css=f".kpi-wall {{ {DARK.css()} font-family: {FONT}; }}\n{(ASSETS / 'stage.css').read_text(encoding='utf-8')}",
    # A component is one script: the two files are one module.
    js="\n".join((ASSETS / name).read_text(encoding="utf-8") for name in ("tiles.js", "stage.js")),
    isolate_styles=False,
)


def stage(wall: dict[str, Any], key: str = "wall") -> None:
    """Show ``wall`` (what `kpi.ui.wall.build` returns, or a dictionary with only a ``problem`` sentence).

    Each call is also a sign of life: the screen says 连接中断 when none arrives for a while.
    """
    _component(key=key, data={**wall, "refresh": REFRESH, "sent": time.time()})

"""大屏：会议室的一块屏，自动轮换、自动更新。"""

import streamlit as st

from kpi.ui import wall
from kpi.ui.stage import REFRESH, stage


@st.fragment(run_every=REFRESH)
def show() -> None:
    """Send the newest figures to the screen, or the sentence that says why there are none."""
    stage(wall.latest())


show()

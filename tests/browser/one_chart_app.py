"""The front door for ``one_chart.py``: a page of its own needs the route Plotly comes from."""

import streamlit as st

from kpi.ui.server import ROUTES

app = st.App("one_chart.py", routes=ROUTES)

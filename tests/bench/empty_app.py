"""The server of the empty page: the same front door as the dashboard's, another main script."""

from pathlib import Path

import streamlit as st

from kpi.ui import server

app = st.App(
    Path(__file__).with_name("empty_page.py"), lifespan=server.warm, routes=server.ROUTES, middleware=server.MIDDLEWARE
)

"""The front door: ``streamlit run app.py``, ``python app.py`` and ``uvicorn app:app`` serve this one application."""

import streamlit as st

from kpi.ui import server

# Streamlit recognises the application by this very assignment, so it cannot move into kpi.ui.server.
app = st.App(
    server.MAIN,
    lifespan=server.warm,
    routes=server.ROUTES,
    middleware=server.MIDDLEWARE,
    on_script_error=server.show_error,
)

if __name__ == "__main__":
    server.serve(app)
else:
    server.refuse_open_address()

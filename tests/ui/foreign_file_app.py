"""The mapping screen alone, on a foreign file of service requests; what it saves is kept in the session."""

import csv
import io
from datetime import date

import streamlit as st

from kpi.catalogue import load
from kpi.intake import Mapping, Staged, stage
from kpi.ui import style
from kpi.ui.mapping import mapping_screen

HEADERS = ["Unique Key", "Created Date", "Closed Date", "Complaint Type", "Agency", "Borough", "Status", "Rating"]
KINDS, TOWNS, STATES = ["Noise", "Heat", "Heat"], ["多祝", "平山街道", "Unspecified"], ["Closed", "Open"]


def rows() -> list[list[str]]:
    """Return 60 requests; only the last, beyond the samples, has the type “Rare”."""
    made = []
    for n in range(60):
        opened, closed = f"03/{n % 9 + 1:02}/2023 02:15:00 PM", f"03/{n % 9 + 14:02}/2023 09:00:00 AM"
        made.append(
            [f"{56_000_000 + n}", opened, closed, KINDS[n % 3], "DEP", TOWNS[n % 3], STATES[n % 2], f"{n % 5 + 1}"]
        )
    made[-1][3] = "Rare"
    return made


def preview(mapping: Mapping) -> Staged:
    """Read the whole file under a mapping, as the import page does."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADERS, *rows()])
    return stage(text.getvalue().encode(), "311.csv", load(), today=date(2024, 1, 31), mapping=mapping)


def save(mapping: Mapping) -> None:
    """Keep what was saved where the test can see it."""
    st.session_state["saved"] = mapping


style.apply()
mapping_screen("311.csv", "f1", HEADERS, rows()[:50], load(), preview, save)

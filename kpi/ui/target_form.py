"""Entering a target on the card: appended with document, who and when; earlier entries stay."""

from __future__ import annotations

from datetime import date, datetime

import streamlit as st

from kpi import engine
from kpi.catalogue import COUNTY, EACH_TOWN, PACES, PERIODS, Metric, Target
from kpi.errors import KpiError
from kpi.store import store_root
from kpi.ui import data
from kpi.ui.page import View

DIRECTIONS = {"at_least": "不低于", "at_most": "不高于", "exactly": "等于", "between": "介于"}
OUTCOME = "target-outcome"


def show(view: View, metric: Metric) -> None:
    """Draw the folded form, and above it what became of the last entry."""
    if outcome := st.session_state.pop(OUTCOME, None):
        is_done, sentence = outcome
        (st.success if is_done else st.error)(sentence)
    with st.expander("录入新目标（追加，不覆盖）"), st.form(f"target-{metric.key}", border=False):
        _fields(view, metric)
        with st.container(horizontal=True):
            st.form_submit_button("录入目标", type="primary", on_click=_enter, args=(view, metric, False))
            st.form_submit_button("停用目标", on_click=_enter, args=(view, metric, True), help="自生效日起不再有目标")


def _fields(view: View, metric: Metric) -> None:
    places = {COUNTY: "全县", EACH_TOWN: "各镇街"} | {town.name: town.name for town in data.catalogue().towns}
    one, two, three, four = st.columns(4)
    one.selectbox("方向", list(DIRECTIONS), format_func=DIRECTIONS.__getitem__, key="target-direction")
    two.number_input(f"目标值（{metric.unit}）", value=None, key="target-value", format="%.4g")
    three.number_input(f"上限（{metric.unit}，只用于介于）", value=None, key="target-high", format="%.4g")
    four.selectbox("时段", list(PERIODS), format_func=PERIODS.__getitem__, key="target-period")
    one.selectbox("范围", list(places), format_func=places.__getitem__, key="target-scope")
    known = [name for name in PACES if name != "trajectory"]
    two.selectbox("序时进度（只用于累计目标）", known, format_func=PACES.__getitem__, key="target-pace")
    three.date_input("生效日", value=min(view.now.today, date.today()), key="target-from")
    four.date_input("失效日（可空）", value=None, key="target-to")
    left, middle, right = st.columns([2, 2, 1])
    left.text_input("依据文件", key="target-document", placeholder="文件名称和文号")
    middle.text_input("条款或页码", key="target-clause")
    right.text_input("录入人", key="target-who")


def _enter(view: View, metric: Metric, is_withdrawn: bool) -> None:
    """Append what the form says; keep the outcome for the run that follows."""
    state = st.session_state
    if state["target-value"] is None and not is_withdrawn:
        state[OUTCOME] = (False, "还没有填写目标值；要取消目标请用“停用目标”。")
        return
    is_between = state["target-direction"] == "between" and not is_withdrawn
    entered = Target(
        metric=metric.key,
        value=None if is_withdrawn else state["target-value"],
        value_high=state["target-high"] if is_between else None,
        direction=state["target-direction"],
        period=state["target-period"],
        scope=state["target-scope"],
        pace=state["target-pace"],
        document=state["target-document"].strip(),
        clause=state["target-clause"].strip(),
        valid_from=state["target-from"],
        valid_to=state["target-to"],
        demo=view.now.is_demo,
        recorded_at=datetime.now().replace(microsecond=0),
        recorded_by=state["target-who"].strip(),
    )
    try:
        engine.enter_target(store_root(), entered, data.catalogue(view.now))
    except KpiError as error:
        state[OUTCOME] = (False, str(error))
        return
    done = "已停用目标" if is_withdrawn else "已录入目标"
    state[OUTCOME] = (True, f"{done}，自 {entered.valid_from:%Y-%m-%d} 起生效；原来的目标保留在沿革中。")

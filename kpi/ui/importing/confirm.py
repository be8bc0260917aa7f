"""The one button that puts files in force."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from kpi import engine
from kpi.engine import LoadedBatch
from kpi.errors import KpiError
from kpi.intake import Staged
from kpi.store import store_root
from kpi.ui import data
from kpi.ui.importing.drafts import Draft, forget_uploads
from kpi.ui.importing.preview import is_complete, is_confirmed


def confirm_control(drafts: list[Draft]) -> None:
    """Draw the button that puts the readable files in force, and say beforehand what else that changes."""
    ready = [one for one in drafts if one.staged]
    if not ready:
        return
    if len({one.staged.is_demo for one in ready if one.staged}) > 1:
        st.error("所选文件既有演示数据又有正式数据，两者不能一起导入，请移除其中一类。")
        return
    if any(one.preview.switches_to_real for one in ready if one.preview):
        st.warning("看板现在显示的是演示数据。确认后将切换为正式数据，演示数据不再显示，也不会与正式数据混合。")
    doubtful = sum(not is_confirmed(one) for one in ready)
    if doubtful:
        st.html(f'<p class="kpi-refusal">还有 {doubtful} 个文件的提示没有勾选核对，勾选后才能导入。</p>')
    if st.button(f"确认导入 {len(ready)} 个文件", type="primary", key="import-confirm", disabled=bool(doubtful)):
        try:
            st.session_state["import-result"] = _load(ready)
        except KpiError as error:
            st.error(f"没有导入任何数据：{error}")
            return
        forget_uploads()
        st.rerun()


def _load(ready: list[Draft]) -> list[LoadedBatch]:
    """Put the files in force: those that only add first, then those that replace their whole period."""
    bar = st.progress(0.0, "正在导入…")
    whole = len(ready)
    loaded: list[LoadedBatch] = []

    def progress(done: int, _total: int, name: str) -> None:
        count = len(loaded) + done
        bar.progress(count / whole, f"正在导入 {count}/{whole}：{name}")

    def waiting(sentence: str) -> None:
        bar.progress(0.0, sentence)

    try:
        for completes in (False, True):
            group = list(_of(ready, completes))
            if group:
                loaded += engine.load(
                    store_root(), group, data.catalogue(), progress, is_complete=completes, waiting=waiting
                )
    finally:
        bar.empty()
    return loaded


def _of(ready: Iterable[Draft], completes: bool) -> Iterable[Staged]:
    for one in ready:
        if one.staged and is_complete(one) == completes:
            yield one.staged

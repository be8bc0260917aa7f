"""The refused rows themselves: chosen by subject and rule, saved to be corrected, and come back by the import page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

import polars as pl
import streamlit as st

from kpi.measure import digits
from kpi.store import Generation
from kpi.ui import data, filters, importing, page, tables
from kpi.ui.health.refusals import with_state
from kpi.ui.tables import Column, Html

PAGE_ROWS = 25
LONGEST_RAW = 400
PAGE_KEY = "quarantine-page"
PAGER_WIDTH = 340
STATES = {"waiting": "待更正", "resolved": "已更正", "all": "待更正和已更正"}
COLUMNS = (
    Column("subject", "业务"),
    Column("reason", "规则与原因", wide=True),
    Column("raw", "原行内容（个人信息已打码）", wide=True, width="44%"),
    Column("place", "行与文件"),
    Column("state", "状态"),
)
HOW_TO = (
    "更正办法：下载所选的行 → 在表格里改正出错的单元格，“原批次”“原行号”两列和表头不动 → 到"
    '<a class="kpi-link" href="/imports" target="_self">数据导入</a>页上传这个文件；只补入这些行，其余数据不受影响。'
)
ONE_SUBJECT = "先选一种业务再下载：一个文件只能装一种业务的行。"


def show_quarantine(now: Generation) -> None:
    """Draw the refused rows in force with their choice, their download, and how to bring them back corrected."""
    refused = with_state(data.refused(now))
    resolved = refused.filter(pl.col("resolved_by").is_not_null()).height
    counts = f"待更正 {digits(refused.height - resolved)} 行 · 已更正 {digits(resolved)} 行" if refused.height else ""
    with st.container(horizontal=True, vertical_alignment="bottom", key="quarantine-head"):
        page.section("拒收的行", counts)
        chosen = _chosen(refused) if refused.height else refused
    if refused.is_empty():
        page.nothing("没有被拒收的行；一旦有，可在这里下载、改正后重新导入，不必重传整个文件。")
        return
    with st.container(horizontal=True, vertical_alignment="center", key="quarantine-how"):
        st.html(f'<p class="kpi-hint">{HOW_TO}</p>', width="stretch")
        _download(chosen)
    if chosen.is_empty():
        page.nothing("没有符合所选条件的行，请换一种业务、规则或状态。")
        return
    tables.show(COLUMNS, [_row(row) for row in _page(chosen).iter_rows(named=True)], "拒收的行")


def _chosen(refused: pl.DataFrame) -> pl.DataFrame:
    """Draw the choices of subject, rule and state, and return the rows they leave."""
    subjects = data.catalogue().subjects
    names = {key: subjects[key].name for key in subjects if key in set(refused["subject"])}
    subject = filters.choice("refused_subject", "业务", {"": "全部业务"} | names, width=200)
    rules = refused["rule"].unique().sort().to_list()
    rule = filters.choice("refused_rule", "规则", {"": "全部规则"} | {rule: rule for rule in rules}, width=240)
    state = filters.choice("refused_state", "状态", STATES, width=170)
    return choose(refused, subject, rule, state)


def choose(refused: pl.DataFrame, subject: str, rule: str, state: str) -> pl.DataFrame:
    """Return the rows of one subject and rule ("" for all) that wait, are resolved, or both."""
    kept = with_state(refused)
    if subject:
        kept = kept.filter(subject=subject)
    if rule:
        kept = kept.filter(rule=rule)
    if state == "all":
        return kept
    is_waiting = pl.col("resolved_by").is_null()
    return kept.filter(is_waiting if state == "waiting" else ~is_waiting)


def _download(chosen: pl.DataFrame) -> None:
    if chosen.is_empty():
        return
    subjects = chosen["subject"].unique().to_list()
    if len(subjects) > 1:
        st.html(f'<p class="kpi-hint">{ONE_SUBJECT}</p>', width="content")
        return
    name = f"{data.catalogue().subjects[subjects[0]].name}_{chosen.height}行.csv"
    importing.refused_download(chosen, name, "quarantine-download")


def _page(chosen: pl.DataFrame) -> pl.DataFrame:
    """Draw the page turner where there are more rows than fit, and return the rows of the page shown."""
    pages = -(-chosen.height // PAGE_ROWS)
    if pages == 1:
        return chosen
    if st.session_state.get(PAGE_KEY, 1) > pages:  # a narrower choice has fewer pages
        st.session_state[PAGE_KEY] = 1
    with st.container(horizontal=True, vertical_alignment="center"):
        saying = st.container()
        number = st.pagination(pages, key=PAGE_KEY, width=PAGER_WIDTH)
        first = (number - 1) * PAGE_ROWS
        last = min(first + PAGE_ROWS, chosen.height)
        said = f"所选共 {digits(chosen.height)} 行，这里是第 {digits(first + 1)}－{digits(last)} 行"
        saying.html(f'<p class="kpi-hint">{said}</p>')
    return chosen.slice(first, PAGE_ROWS)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    resolved = row["resolved_by"]
    tone, state = ("met", f"✓ 第 {resolved} 批已更正") if resolved else ("watch", "! 待更正")
    return {
        "subject": data.catalogue().subjects[row["subject"]].name,
        "reason": _noted(row["rule"], row["reason"]),
        "raw": _raw(row["raw"]),
        "place": _noted(f"第 {digits(row['line'])} 行", f"第 {row['batch']} 批 {row['file_name']}"),
        "state": Html(f'<span class="kpi-{tone} kpi-once">{state}</span>'),
    }


def _noted(text: str, note: str) -> Html:
    return Html(f'{escape(text)}<small class="kpi-note">{escape(note)}</small>')


def _raw(raw: str) -> Html:
    """Return what a refused row held in two lines at most; hovering shows the rest."""
    said = escape(shortened(raw))
    return Html(f'<small class="kpi-raw" title="{said}">{said}</small>')


def shortened(raw: str) -> str:
    """Return the filled cells of a refused row as 表头：值, cut where the line would grow too long."""
    cells = json.loads(raw)
    said = " · ".join(f"{header}：{text}" for header, text in cells.items() if text not in (None, ""))
    return said if len(said) <= LONGEST_RAW else f"{said[:LONGEST_RAW]}…"

"""Filters that live in the address: what is shown survives a reload and can be sent to a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Literal

import streamlit as st

from kpi.calendar import Period, parse_period, period_of
from kpi.errors import UnknownName
from kpi.store import Generation
from kpi.ui import data

KINDS = {"week": "周", "month": "月", "year": "年"}


def chosen_period(now: Generation) -> Period:
    """Return the period the address asks for, else the one last looked at, else the newest year with data.

    Raises UnknownName when the address names no week, month or year that has begun.
    """
    asked = st.query_params.get("period") or st.session_state.get("chosen_period")
    if asked is None:
        return period_of("year", now.as_of)
    unknown = f"时段“{asked}”不是年、月或周，请写成 2023、2023-12 或 2023-W48。"
    try:
        period = parse_period(asked)
    except UnknownName as error:
        raise UnknownName(unknown) from error
    if period.kind not in KINDS:
        raise UnknownName(unknown)
    if period.first > now.as_of:
        raise UnknownName(f"时段“{asked}”还没有数据（数据截至 {now.as_of:%Y-%m-%d}），请选择更早的时段。")
    return period


def period_looked_at(now: Generation | None) -> str:
    """Return the period a link to a card carries: the one last looked at, else the newest year; "" without data."""
    if now is None or not now.covered:
        return ""
    try:
        return chosen_period(now).key
    except UnknownName:
        return period_of("year", now.as_of).key


def pick_period(period: Period, now: Generation, keep_address: bool = False) -> None:
    """Draw ‹ label › and the choice of week, month or year; each click changes the address.

    ``keep_address`` leaves an address that could not be read as it is, so that its refusal survives a reload.
    """
    if not keep_address:
        _go(period.key)
    st.button("‹", key="period-back", help="上一时段", on_click=_go, args=(period.previous().key,))
    st.html(f'<p class="kpi-period">{period.label}</p>', width="content")
    following = period.following()
    beyond = following.first > now.as_of
    st.button("›", key="period-on", help="下一时段", on_click=_go, args=(following.key,), disabled=beyond)
    for kind, word in KINDS.items():
        other = period if kind == period.kind else period_of(kind, min(period.last, now.as_of))
        look: Literal["primary", "secondary"] = "primary" if kind == period.kind else "secondary"
        st.button(word, key=f"period-{kind}", type=look, on_click=_go, args=(other.key,))


def _go(key: str) -> None:
    st.session_state["chosen_period"] = key
    if st.query_params.get("period") != key:
        st.query_params["period"] = key


def pick_town() -> str:
    """Draw the choice of one town; return its name, empty for the whole county."""
    return choice("town", "镇街", {"": "全县"} | {town.name: town.name for town in data.catalogue().towns}, width=215)


def choose_town(name: str) -> None:
    """Narrow the page to one town, as if it had been picked in the list."""
    st.query_params["town"] = name


def choice(name: str, label: str, options: Mapping[str, str], width: int = 240) -> str:
    """Draw a select box bound to the address parameter ``name`` and return the chosen key of ``options``.

    The first option is the default and leaves the address clean. An unknown value in the address is said in a
    sentence, and the default is shown.
    """
    keys = list(options)
    asked = st.query_params.get(name, keys[0])
    if asked not in options:
        refusal(f"地址中的{label}“{asked}”不存在，已按“{options[keys[0]]}”显示，请在下拉框中重新选择。")
        asked = keys[0]
    widget = f"choice-{name}"
    if st.session_state.get(widget) != asked:
        st.session_state[widget] = asked
    chosen: str = st.selectbox(
        label,
        keys,
        format_func=lambda key: options[key],
        key=widget,
        on_change=_choose,
        args=(name, widget, keys[0]),
        label_visibility="collapsed",
        width=width,
    )
    return chosen


def refusal(sentence: str) -> None:
    """Say in one sentence what of the address could not be used."""
    st.html(f'<p class="kpi-refusal" role="alert">{escape(sentence)}</p>')


def _choose(name: str, widget: str, default: str) -> None:
    chosen = st.session_state[widget]
    if chosen != default:
        st.query_params[name] = chosen
    elif name in st.query_params:
        del st.query_params[name]

"""What every page begins with: its style, title, period, the age of its data, and the 演示数据 mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import streamlit as st

from kpi.calendar import Period, period_of
from kpi.errors import StoreError, UnknownName
from kpi.store import Generation
from kpi.ui import data, filters, style
from kpi.ui import format as fmt


@dataclass(frozen=True)
class View:
    """What a page shows: one generation of the data, one period, and the place it is narrowed to (none: the county)."""

    now: Generation
    period: Period
    where: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The place in words."""
        return self.where.get("town", "全县")


def begin(title: str, with_town: bool = False) -> View:
    """Draw the head of a page about a period, and with ``with_town`` about a town; return what it shows.

    Every page calls this or `begin_plain` first: it is the one place where a page may be withheld. There is no
    sign-in, the server answers this machine only, so whoever gets here may see every page.

    With ``as_of`` in the address the page shows what was known at the end of that day. Without any data it says so
    and ends the run.
    """
    style.apply()
    try:
        asked = st.query_params.get("as_of")
        now = data.on_day(asked) if asked else data.with_data()
    except (StoreError, UnknownName) as error:
        st.html(f'<h1 class="kpi-title">{escape(title)}</h1>')
        nothing(str(error))
        st.stop()
    try:
        period, complaint = filters.chosen_period(now), ""
    except UnknownName as error:
        period, complaint = period_of("year", now.as_of), str(error)
    with st.container(horizontal=True, vertical_alignment="center", key="title-row", gap="small"):
        st.html(f'<h1 class="kpi-title">{escape(title)}</h1>', width="content")
        st.html(_standing(now), width="stretch")
        town = filters.pick_town() if with_town else ""
        filters.pick_period(period, now, keep_address=bool(complaint))
    if complaint:
        filters.refusal(f"{complaint[:-1]}；以下显示 {period.label}。")
    return View(now, period, {"town": town} if town else {})


def begin_plain(title: str, note: str = "") -> Generation | None:
    """Draw the head of a page without a period; return the generation in force, None before the first import."""
    style.apply()
    now = data.current() if data.has_batches() else None
    with st.container(horizontal=True, vertical_alignment="center", key="title-row", gap="small"):
        st.html(f'<h1 class="kpi-title">{escape(title)}</h1>', width="content")
        standing = _standing(now) if data.has_data() and now else '<p class="kpi-standing">没有有效的数据</p>'
        st.html(standing, width="stretch")
        if note:
            st.html(f'<p class="kpi-hint">{escape(note)}</p>', width="content")
    return now


def section(title: str, note: str = "") -> None:
    """Draw the heading of a part of the page."""
    st.html(f'<h2 class="kpi-section">{escape(title)}<small>{escape(note)}</small></h2>')


def say(sentence: str) -> None:
    """Draw one computed sentence in a card."""
    st.html(f'<p class="kpi-card kpi-sentence">{escape(sentence)}</p>')


def nothing(sentence: str) -> None:
    """Draw the empty state of a part: what is missing and what to do."""
    st.html(f'<p class="kpi-card kpi-empty">{escape(sentence)}</p>')


def _standing(now: Generation) -> str:
    badge = '<span class="kpi-demo">演示数据</span>' if now.is_demo else ""
    if now.as_of_day is not None:
        badge += (
            f'<span class="kpi-past" title="数据、目标与口径均为当天所知">回看 {fmt.day(now.as_of_day)}'
            ' · <a href="?" target="_self">回到现在</a></span>'
        )
    return (
        f'<p class="kpi-standing">{badge}<span>数据截至 {fmt.day(now.as_of)}</span>'
        f'<span title="每次导入或撤销产生新的一版，数字可据此复查">第 {now.number} 版数据</span></p>'
    )

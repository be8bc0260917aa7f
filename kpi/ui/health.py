"""What arrived, what is late, who did not report, what was refused."""

from __future__ import annotations

from datetime import date
from html import escape
from typing import Any

import polars as pl
import streamlit as st

from kpi.calendar import Period, period_of
from kpi.measure import digits
from kpi.store import Generation, Window, towns_reporting
from kpi.ui import data
from kpi.ui import format as fmt
from kpi.ui.tables import Column, Html

# What an arrival's state looks like: shape, word, tone.
STATES = {
    "fresh": ("✓", "按期", "met"),
    "late": ("!", "迟报", "watch"),
    "broken": ("✕", "中断", "missed"),
    "never": ("–", "从未报送", "grey"),
}
ARRIVAL_COLUMNS = (
    Column("subject", "业务"),
    Column("state", "状态"),
    Column("period_last", "数据到"),
    Column("due_on", "下次应报不晚于"),
    Column("last_arrival", "最近导入"),
    Column("files", "有效批次", figures=True),
    Column("refused", "拒收行", figures=True),
    Column("owner", "责任单位"),
    Column("source", "来源系统", wide=True),
)
REFUSAL_COLUMNS = (
    Column("subject", "业务"),
    Column("rule", "规则"),
    Column("rows", "行数", figures=True),
    Column("files", "涉及文件", figures=True),
    Column("example", "例子", wide=True),
)
STRIP_WEEKS = 12


def sentence(arrivals: pl.DataFrame, today: date) -> str:
    """Return how the sources stand on ``today``, in one sentence."""
    counts = {state: arrivals.filter(state=state).height for state in STATES}
    said = " · ".join(f"{count} {STATES[state][1]}" for state, count in counts.items() if count)
    return f"{fmt.day(today)}，{arrivals.height} 个数据来源：{said}。"


def arrival_rows(arrivals: pl.DataFrame) -> list[dict[str, Any]]:
    """Return one display row per subject, the most troubled first."""
    order = list(STATES)[::-1]
    subjects = data.catalogue().subjects
    rows = sorted(arrivals.iter_rows(named=True), key=lambda row: order.index(row["state"]))
    return [
        {
            "subject": subjects[row["subject"]].name,
            "state": _state(row["state"]),
            "period_last": fmt.day(row["period_last"]),
            "due_on": fmt.day(row["due_on"]),
            "last_arrival": fmt.minute(row["last_arrival"]),
            "files": digits(row["files"]),
            "refused": digits(row["refused"]),
            "owner": subjects[row["subject"]].owner,
            "source": subjects[row["subject"]].source,
        }
        for row in rows
    ]


def _state(state: str) -> Html:
    shape, word, tone = STATES[state]
    return Html(f'<span class="kpi-pill kpi-{tone}"><b>{shape}</b>{word}</span>')


@st.cache_data(max_entries=32, show_spinner=False)
def _reported(key: str, _now: Generation, subject: str, weeks: tuple[Period, ...]) -> set[tuple[int, str]]:
    windows = [Window(number, week.first, week.last) for number, week in enumerate(weeks)]
    found = towns_reporting(_now, data.catalogue().subjects[subject], windows)
    return set(found.select("window", "member").iter_rows())


def strip(now: Generation, subject: str) -> Html:
    """Return the towns × weeks strip of one subject: which town sent records in which of the last full weeks."""
    week = period_of("week", now.as_of)
    last = week if week.last <= now.as_of else week.previous()
    weeks = tuple(last.trailing(STRIP_WEEKS))
    reported = _reported(now.key, now, subject, weeks)
    towns = data.catalogue().towns
    head = "".join(f'<th scope="col" title="{escape(week.label)}">{week.key[-2:]}</th>' for week in weeks)
    body = "".join(
        f'<tr><th scope="row">{escape(town.short)}</th>'
        + "".join(_reported_cell((number, town.name) in reported) for number in range(len(weeks)))
        + "</tr>"
        for town in towns
    )
    counts = [sum((number, town.name) in reported for town in towns) for number in range(len(weeks))]
    foot = "".join(f'<td class="{"" if count == len(towns) else "kpi-watch"}">{count}</td>' for count in counts)
    return Html(
        f'<table class="kpi-strip"><caption>各镇街每周是否有数据</caption><thead><tr><th>周</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody><tfoot><tr><th>已报</th>{foot}</tr></tfoot></table>"
    )


def _reported_cell(is_there: bool) -> str:
    return '<td class="kpi-there" title="有数据">✓</td>' if is_there else '<td class="kpi-gap" title="没有数据">✕</td>'


def coverage_sentence(now: Generation, subject: str) -> str:
    """Return how many towns reported in the newest full week, and who did not: 17 镇街中 15 个已报，缺 …."""
    week = period_of("week", now.as_of)
    last = week if week.last <= now.as_of else week.previous()
    weeks = tuple(last.trailing(STRIP_WEEKS))
    reported = _reported(now.key, now, subject, weeks)
    towns = data.catalogue().towns
    absent = [town.short for town in towns if (len(weeks) - 1, town.name) not in reported]
    missing = f"，缺 {'、'.join(absent)}" if absent else ""
    return f"第 {last.key[-2:]} 周 {len(towns)} 镇街中 {len(towns) - len(absent)} 个已报{missing}"


def refusal_rows(refused: pl.DataFrame) -> list[dict[str, Any]]:
    """Return one display row per subject and rule, the most frequent first."""
    subjects = data.catalogue().subjects
    grouped = (
        refused.group_by("subject", "rule", maintain_order=True)
        .agg(rows=pl.len(), files=pl.col("file_name").n_unique(), example=pl.col("reason").first())
        .sort("rows", descending=True)
    )
    return [
        {
            **row,
            "subject": subjects[row["subject"]].name,
            "rows": digits(row["rows"]),
            "files": digits(row["files"]),
        }
        for row in grouped.iter_rows(named=True)
    ]

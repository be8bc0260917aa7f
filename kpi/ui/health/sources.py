"""Every source by its expected rhythm: when it last came, how far it reaches, when it is due, how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

import polars as pl

from kpi.calendar import Period, period_of, short_day
from kpi.catalogue import Subject
from kpi.measure import digits
from kpi.store import Generation
from kpi.ui import data, tables
from kpi.ui import format as fmt
from kpi.ui.health.refusals import awaiting
from kpi.ui.palette import ARRIVALS
from kpi.ui.tables import Column, Html

COLUMNS = (
    Column("subject", "业务与来源"),
    Column("state", "状态"),
    Column("rhythm", "应报周期"),
    Column("last_arrival", "最近导入"),
    Column("period_last", "数据到"),
    Column("due_on", "下次应报不晚于"),
    Column("months", "近 12 个月"),
    Column("files", "有效批次", figures=True),
    Column("awaiting", "待更正行", figures=True),
    Column("owner", "责任单位"),
)
MONTHS = 12
NAMED_LATE = 3
# How a month of a source is drawn: shape and word.
MONTH_MARKS = {
    "full": ("", "全月有数据"),
    "part": ("", "部分日期有数据"),
    "gap": ("✕", "没有数据"),
    "due": ("", "还没到应报的日子"),
    "before": ("·", "首批数据之前"),
}


def standing(now: Generation) -> str:
    """Return how the sources stand today, in words without a full stop: 10 个数据来源全部按期."""
    arrivals = data.arrivals(now)
    troubled = arrivals.filter(pl.col("state") != "fresh")
    if troubled.is_empty():
        return f"{fmt.day(now.today)}，{arrivals.height} 个数据来源全部按期"
    counts = {state: arrivals.filter(state=state).height for state in ARRIVALS}
    in_time = counts.pop("fresh")
    said = "、".join(f"{count} 个{ARRIVALS[state][1]}" for state, count in counts.items() if count)
    late = troubled.filter(pl.col("state") != "never").sort("due_on")
    subjects = data.catalogue().subjects
    named = "、".join(
        f"{subjects[row['subject']].name}应于 {_near(row['due_on'], now.today)}前到"
        for row in late.head(NAMED_LATE).iter_rows(named=True)
    )
    rest = "等" if late.height > NAMED_LATE else ""
    stand = f"{fmt.day(now.today)}，{arrivals.height} 个数据来源中 {in_time} 个按期，{said}"
    return f"{stand}（{named}{rest}）" if named else stand


def _near(day: date, today: date) -> str:
    """Return a day without its year where that is this year's."""
    return short_day(day) if day.year == today.year else fmt.day(day)


def show_sources(now: Generation) -> None:
    """Draw one row per source, the most troubled first, then those due soonest."""
    tables.show(COLUMNS, rows(now), "各来源到报情况")


def rows(now: Generation) -> list[dict[str, Any]]:
    """Return one display row per source, the most troubled first, then those due soonest."""
    order = list(ARRIVALS)
    waiting = awaiting(data.refused(now))
    counts = dict(waiting.group_by("subject").len().iter_rows())
    found = sorted(
        data.arrivals(now).iter_rows(named=True),
        key=lambda row: (order.index(row["state"]), row["due_on"] or date.max, row["subject"]),
    )
    return [_row(now, row, counts.get(row["subject"], 0)) for row in found]


def _row(now: Generation, row: Mapping[str, Any], waiting: int) -> dict[str, Any]:
    subject = data.catalogue().subjects[row["subject"]]
    shape, word, tone = ARRIVALS[row["state"]]
    arrived = row["last_arrival"]
    return {
        "subject": _noted(subject.name, subject.source, may_wrap=True),
        "state": Html(f'<span class="kpi-pill kpi-{tone}"><b>{shape}</b>{word}</span>'),
        "rhythm": subject.rhythm.words,
        "last_arrival": _noted(age(arrived.date(), now.today), fmt.minute(arrived)) if arrived else "",
        "period_last": _noted(fmt.day(row["period_last"]), age(row["period_last"], now.today)) if arrived else "",
        "due_on": _noted(fmt.day(row["due_on"]), left(row["due_on"], now.today)) if arrived else "",
        "months": "" if subject.register else months(now, subject, row["due_on"]),
        "files": digits(row["files"]),
        "awaiting": Html(f'<b class="kpi-watch">{digits(waiting)}</b>') if waiting else "0",
        "owner": subject.owner,
    }


def _noted(text: str, note: str, may_wrap: bool = False) -> Html:
    whole = "" if may_wrap else " kpi-once"
    return Html(f'<span class="kpi-once">{escape(text)}</span><small class="kpi-note{whole}">{escape(note)}</small>')


def age(day: date, today: date) -> str:
    """Return how long ago a day was, as people say it: 今天, 昨天, 3 天前, 5 周前, 4 个月前, 2 年前."""
    days = (today - day).days
    if days <= 0:
        return "今天"
    if days == 1:
        return "昨天"
    for unit, length, until in (("天", 1, 14), ("周", 7, 63), ("个月", 30, 730)):
        if days < until:
            return f"{days // length} {unit}前"
    return f"{days // 365} 年前"


def left(due: date, today: date) -> str:
    """Return how far off a day is on which something is due: 还有 3 天, 今天到期, 已过 2 周."""
    days = (due - today).days
    if days == 0:
        return "今天到期"
    if days < 0:
        return f"已过 {age(due, today).removesuffix('前') if days < -1 else '1 天'}"
    return f"还有 {age(today, due).removesuffix('前') if days > 1 else '1 天'}"


@dataclass(frozen=True)
class Month:
    """One month of a source: whether its days are in the data."""

    period: Period
    mark: str


def month_marks(now: Generation, subject: str, due: date | None) -> list[Month]:
    """Return the last full months of a source, oldest first; nothing for a source that never came."""
    stretches = now.covered.get(subject)
    if not stretches:
        return []
    periods = period_of("month", now.today).previous().trailing(MONTHS)
    return [Month(period, _mark(period, stretches, due is not None and now.today <= due)) for period in periods]


def _mark(month: Period, stretches: list[tuple[date, date]], is_fresh: bool) -> str:
    touching = [one for one in stretches if one[0] <= month.last and month.first <= one[1]]
    if any(first <= month.first and month.last <= last for first, last in touching):
        return "full"
    if month.last < stretches[0][0]:
        return "before"
    if touching:
        return "part"
    return "due" if is_fresh and month.first > stretches[-1][1] else "gap"


def months(now: Generation, subject: Subject, due: date | None) -> Html | str:
    """Return the last months of a source as a row of small cells, gaps as crosses; "" when it never came."""
    found = month_marks(now, subject.key, due)
    if not found:
        return ""
    cells = "".join(
        f'<i data-mark="{one.mark}" title="{escape(one.period.label)}：{MONTH_MARKS[one.mark][1]}">'
        f"{MONTH_MARKS[one.mark][0]}</i>"
        for one in found
    )
    missing = [one.period.label for one in found if one.mark in {"gap", "part"}]
    said = f"近 {MONTHS} 个月缺：{'、'.join(missing)}" if missing else f"近 {MONTHS} 个月没有缺口"
    return Html(f'<span class="kpi-months" role="img" aria-label="{escape(said)}">{cells}</span>')

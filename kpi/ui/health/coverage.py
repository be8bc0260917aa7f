"""Which town sent records in which week, shaded by what is usual for the town; a gap is a cross, not only a colour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import groupby
from statistics import median

import streamlit as st

from kpi.calendar import Period, period_of
from kpi.catalogue import Subject, Town
from kpi.measure import digits
from kpi.store import Generation, Window, towns_reporting
from kpi.ui import area, data, page
from kpi.ui.tables import Html

WEEKS = 26
NAMED_GAPS = 3
# A week counts against the median of the town's weeks; of fewer than 16 records a half is within chance.
LOW, BELOW, ABOVE = 0.5, 0.8, 1.25
ENOUGH_TO_BE_LOW = 16
LEGEND = (
    ("1", "", "不到平常一半"),
    ("2", "", "平常的五至八成"),
    ("3", "", "与平常相当"),
    ("4", "", "多于平常四分之一以上"),
    ("1", "↓", "偏少：扣除全县同周的涨落，仍不到平常一半"),
    ("gap", "✕", "缺报：来源已到，唯独该镇街没有记录"),
    ("pending", "·", "来源还没到"),
)


@dataclass(frozen=True)
class Grid:
    """The last full weeks of one subject: how many records each town sent, and which weeks its files cover."""

    weeks: tuple[Period, ...]
    arrived: tuple[bool, ...]
    counts: dict[tuple[int, str], int]
    usual: dict[str, float]
    level: tuple[float, ...]

    def cell(self, number: int, town: str) -> str:
        """Return what one cell is: gap, pending, or a shade from 1 (far below the usual) to 4 (above it)."""
        count = self.counts.get((number, town), 0)
        if not count:
            return "gap" if self.arrived[number] else "pending"
        share = count / self.usual[town]
        return "1" if share < LOW else "2" if share < BELOW else "3" if share <= ABOVE else "4"

    def is_low(self, number: int, town: str) -> bool:
        """Say whether a town sent far fewer records than usual, more so than chance or a holiday would explain.

        ``level`` tells how the whole county stood beside its usual week: in a holiday every town sends less.
        """
        expected = self.usual.get(town, 0) * min(1, self.level[number])
        return expected >= ENOUGH_TO_BE_LOW and 0 < self.counts.get((number, town), 0) < LOW * expected

    def gaps(self, towns: tuple[Town, ...]) -> list[tuple[Period, Town]]:
        """Return the weeks and towns without a record although the source arrived, the newest week first."""
        numbers = range(len(self.weeks))
        found = [(n, town) for n in reversed(numbers) for town in towns if self.cell(n, town.name) == "gap"]
        return [(self.weeks[number], town) for number, town in found]


def grid(now: Generation, subject: Subject) -> Grid:
    """Return the coverage of one subject in the last full weeks of the data."""
    week = period_of("week", now.as_of)
    last = week if week.last <= now.as_of else week.previous()
    return _grid(now.key, now, subject.key, last.first)


@st.cache_data(max_entries=32, show_spinner=False)
def _grid(key: str, _now: Generation, subject: str, last: date) -> Grid:
    weeks = tuple(period_of("week", last).trailing(WEEKS))
    windows = [Window(number, week.first, week.last) for number, week in enumerate(weeks)]
    known = data.catalogue().subjects[subject]
    found = towns_reporting(_now, known, windows).select("window", "member", known.volume)
    counts = {(number, town): int(count) for number, town, count in found.iter_rows()}
    stretches = _now.covered.get(subject, [])
    arrived = tuple(any(a <= week.first and week.last <= b for a, b in stretches) for week in weeks)
    by_town: dict[str, list[int]] = {}
    county = [0] * len(weeks)
    for (number, town), count in counts.items():
        by_town.setdefault(town, []).append(count)
        county[number] += count
    usual = median([count for count in county if count] or [1])
    level = tuple(count / usual for count in county)
    return Grid(weeks, arrived, counts, {town: median(sent) for town, sent in by_town.items()}, level)


def covering(now: Generation) -> list[Subject]:
    """Return the subjects every town is expected to report and that have data."""
    return [one for one in data.catalogue().subjects.values() if one.covers_towns and one.key in now.covered]


def gaps_sentence(now: Generation) -> str:
    """Return how often a town sent nothing in the weeks shown, the newest named; "" where nothing is expected."""
    towns = data.catalogue().towns
    found = [(one, *gap) for one in covering(now) for gap in grid(now, one).gaps(towns)]
    if not covering(now):
        return ""
    if not found:
        return f"近 {WEEKS} 周各镇街没有缺报"
    found.sort(key=lambda gap: gap[1], reverse=True)
    named = "、".join(f"{one.name} · {town.short}第 {week.key[-2:]} 周" for one, week, town in found[:NAMED_GAPS])
    return f"近 {WEEKS} 周镇街缺报 {len(found)} 处（{named}{'等' if len(found) > NAMED_GAPS else ''}）"


def show_coverage(now: Generation) -> None:
    """Draw one strip per subject that towns report, two beside each other, under one legend."""
    subjects = covering(now)
    page.section("镇街覆盖", f"近 {WEEKS} 个完整周，深浅与该镇街自己的平常（每周中位数）相比；缺报的周不参与达标判断")
    if not subjects:
        page.nothing("应由各镇街报送的业务还没有有效数据。")
        return
    st.html(legend())
    for first in range(0, len(subjects), 2):
        for column, subject in zip(st.columns(2), subjects[first : first + 2], strict=False):
            with column, st.container(key=f"card-strip-{subject.key}"):
                shown = grid(now, subject)
                area.head(subject.name, sentence(shown))
                st.html(strip(shown, subject))


def sentence(shown: Grid) -> str:
    """Return how many towns reported in the newest week, and who did not: 第 52 周 17 镇街中 15 个已报，缺 …."""
    towns = data.catalogue().towns
    newest = len(shown.weeks) - 1
    week = shown.weeks[newest].key[-2:]
    if not shown.arrived[newest]:
        return f"第 {week} 周来源还没到"
    absent = [town.short for town in towns if shown.cell(newest, town.name) == "gap"]
    missing = f"，缺 {'、'.join(absent)}" if absent else ""
    low = sum(shown.is_low(number, town.name) for number in range(len(shown.weeks)) for town in towns)
    gaps = len(shown.gaps(towns))
    return (
        f"第 {week} 周 {len(towns)} 镇街中 {len(towns) - len(absent)} 个已报{missing} · 缺报 {gaps} 处 · 偏少 {low} 处"
    )


def legend() -> Html:
    """Return what the shades and marks mean, as one line."""
    items = "".join(f'<span><i data-shade="{shade}">{mark}</i>{escape(text)}</span>' for shade, mark, text in LEGEND)
    return Html(f'<p class="kpi-legend">{items}</p>')


def strip(shown: Grid, subject: Subject) -> Html:
    """Return the towns × weeks table of one subject; every cell says its count to a screen reader and on hover."""
    towns, numbers = data.catalogue().towns, range(len(shown.weeks))
    months = "".join(
        f'<th scope="colgroup" colspan="{len(list(weeks))}">{month}月</th>'
        for month, weeks in groupby(shown.weeks, key=lambda week: week.last.month)
    )
    head = "".join(f'<th scope="col" title="{escape(week.label)}">{week.key[-2:]}</th>' for week in shown.weeks)
    body = "".join(
        f'<tr><th scope="row">{escape(town.short)}</th>'
        + "".join(_cell(shown, number, town) for number in numbers)
        + "</tr>"
        for town in towns
    )
    counts = [sum((number, town.name) in shown.counts for town in towns) for number in numbers]
    foot = "".join(f'<td class="{"" if count == len(towns) else "kpi-watch"}">{count}</td>' for count in counts)
    return Html(
        f'<table class="kpi-strip"><caption>{escape(subject.name)}：各镇街每周的记录数</caption>'
        f'<thead><tr class="kpi-months-of"><th></th>{months}</tr><tr><th>周</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody><tfoot><tr><th>已报</th>{foot}</tr></tfoot></table>"
    )


def _cell(shown: Grid, number: int, town: Town) -> str:
    cell, count = shown.cell(number, town.name), shown.counts.get((number, town.name), 0)
    usual = f"平常约 {digits(shown.usual[town.name])} 条" if town.name in shown.usual else "这些周都没有记录"
    kind, mark, text = {
        "gap": ("kpi-gap", "✕", f"缺报，{usual}"),
        "pending": ("kpi-pending", "·", "来源还没到"),
    }.get(cell, ("kpi-there", "↓" if shown.is_low(number, town.name) else "", f"{digits(count)} 条，{usual}"))
    title = f"{town.name}，{shown.weeks[number].label}：{text}"
    return f'<td class="{kind}" data-shade="{cell}" title="{escape(title)}">{mark}<span>{digits(count)}</span></td>'

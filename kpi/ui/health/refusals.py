"""Refused rows over time: how many of which rule came with each import, and what part of the rows read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape
from math import ceil, sqrt

import polars as pl
import streamlit as st

from kpi.calendar import Period, period_of
from kpi.measure import digits, with_unit
from kpi.store import Generation
from kpi.ui import data, page
from kpi.ui import format as fmt
from kpi.ui.tables import Html

PERIODS = 12
# Below so many weeks with an import among the newest twelve, files come by the month and so do the columns.
WEEKS_TO_GO_BY_WEEK = 4
SHADES = 4
KIND_WORDS = {"week": "周", "month": "月"}


def with_state(refused: pl.DataFrame) -> pl.DataFrame:
    """Return refused rows with ``resolved_by``: the batch that brought the corrected row, null while none did."""
    if "resolved_by" in refused.columns:
        return refused
    return refused.with_columns(resolved_by=pl.lit(None, pl.Int32))


def awaiting(refused: pl.DataFrame) -> pl.DataFrame:
    """Return the refused rows no later batch has corrected yet."""
    return with_state(refused).filter(pl.col("resolved_by").is_null())


def counts_sentence(now: Generation) -> str:
    """Return how many refused rows wait to be corrected, and which rule most of them broke."""
    refused = data.refused(now)
    if refused.is_empty():
        return "没有被拒收的行"
    waiting = awaiting(refused)
    if waiting.is_empty():
        return f"拒收的 {digits(refused.height)} 行都已更正"
    rule, count = waiting.group_by("rule").len().sort("len", "rule", descending=[True, False]).row(0)
    most = f"，最多的是“{rule}”{digits(count)} 行" if waiting["rule"].n_unique() > 1 else f"，都是“{rule}”"
    return f"{digits(waiting.height)} 行拒收待更正{most}"


@dataclass(frozen=True)
class Trend:
    """Refused rows by rule and period of import: ``counts`` has rule → one count per period, the largest rule first."""

    periods: tuple[Period, ...]
    counts: dict[str, list[int]]
    read: list[int]

    @property
    def refused(self) -> list[int]:
        """The refused rows of all rules, one count per period."""
        return [sum(counts[number] for counts in self.counts.values()) for number in range(len(self.periods))]

    @property
    def newest(self) -> int:
        """The number of the newest period in which anything was imported."""
        return max((number for number, count in enumerate(self.read) if count), default=len(self.periods) - 1)

    @property
    def before(self) -> int | None:
        """The number of the period with an import before the newest, or None."""
        return max((number for number in range(self.newest) if self.read[number]), default=None)


def trend(batches: pl.DataFrame, refused: pl.DataFrame) -> Trend:
    """Return the refused rows of the batches in force, by rule and week of import, or month where files come monthly.

    The columns end with the newest import; a rule without rows in them is left out.
    """
    in_force = batches.filter("in_force").select("batch", "rows_read", day=pl.col("imported_at").dt.date())
    periods = _periods(in_force["day"].unique().to_list())
    read, rows = [0] * len(periods), {batch: day for batch, _, day in in_force.iter_rows()}
    number_of = {day: number for number, one in enumerate(periods) for day in set(rows.values()) if _holds(one, day)}
    for _, count, day in in_force.iter_rows():
        if day in number_of:
            read[number_of[day]] += count
    counts: dict[str, list[int]] = {}
    for batch, rule, count in refused.group_by("batch", "rule").len().iter_rows():
        if (number := number_of.get(rows[batch])) is not None:
            counts.setdefault(rule, [0] * len(periods))[number] += count
    ordered = dict(sorted(counts.items(), key=lambda known: (-sum(known[1]), known[0])))
    return Trend(periods, ordered, read)


def _periods(days: list[date]) -> tuple[Period, ...]:
    newest = max(days)
    weeks = period_of("week", newest).trailing(PERIODS)
    if sum(any(_holds(week, day) for day in days) for week in weeks) >= WEEKS_TO_GO_BY_WEEK:
        return tuple(weeks)
    return tuple(period_of("month", newest).trailing(PERIODS))


def _holds(period: Period, day: date) -> bool:
    return period.first <= day <= period.last


def show_trend(now: Generation) -> None:
    """Draw the refused rows by rule and period of import; a sentence where there is nothing to draw."""
    refused = data.refused(now)
    if refused.is_empty():
        page.section("拒收走势", "按规则和导入时间")
        page.nothing("有效批次中没有被拒收的行；一旦有，这里按规则列出每次导入拒收了多少。")
        return
    found = trend(data.batches(now), refused)
    word = KIND_WORDS[found.periods[0].kind]
    page.section("拒收走势", f"按规则和导入{word}，含已更正的行，仅计有效批次；颜色越深行数越多")
    st.html(heat(found))


def heat(found: Trend) -> Html:
    """Return the rule × period table with totals, the part of the rows read, and the newest period's change."""
    word = KIND_WORDS[found.periods[0].kind]
    most = max((max(counts) for counts in found.counts.values()), default=0)
    head = "".join(
        f'<th scope="col" title="{escape(one.label)}">{_short(one, is_first=not number)}</th>'
        for number, one in enumerate(found.periods)
    )
    body = "".join(
        f'<tr><th scope="row">{escape(rule)}</th>'
        + "".join(_count(count, most) for count in counts)
        + f"<td><b>{digits(sum(counts))}</b></td><td>{_change(counts, found)}</td></tr>"
        for rule, counts in found.counts.items()
    )
    totals = "".join(f"<td>{_or_dash(count)}</td>" for count in found.refused)
    reads = "".join(f"<td>{_or_dash(count)}</td>" for count in found.read)
    shares = "".join(f"<td>{_share(*pair)}</td>" for pair in zip(found.refused, found.read, strict=True))
    all_refused, all_read = sum(found.refused), sum(found.read)
    return Html(
        '<div class="kpi-card kpi-scroll"><table class="kpi-heat"><caption>拒收行数，按规则和导入时间</caption>'
        f'<thead><tr><th scope="col">规则</th>{head}<th scope="col">合计</th>'
        f'<th scope="col">最近一{word}变化</th></tr></thead><tbody>{body}</tbody><tfoot>'
        f'<tr><th scope="row">拒收合计</th>{totals}<td><b>{digits(all_refused)}</b></td>'
        f"<td>{_change(found.refused, found)}</td></tr>"
        f'<tr><th scope="row">读入行</th>{reads}<td>{digits(all_read)}</td><td></td></tr>'
        f'<tr><th scope="row">拒收率</th>{shares}<td>{_share(all_refused, all_read)}</td>'
        f"<td>{_rate_change(found)}</td></tr>"
        "</tfoot></table></div>"
    )


def _short(period: Period, is_first: bool) -> str:
    """Return a period as a heading, with the year where it begins to count."""
    year, number, _ = period.first.isocalendar()
    if period.kind == "week":
        return f"{year} 年<br>{number} 周" if is_first or number == 1 else f"{number} 周"
    year, number = period.first.year, period.first.month
    return f"{year}年<br>{number}月" if is_first or number == 1 else f"{number}月"


def _count(count: int, most: int) -> str:
    shade = ceil(SHADES * sqrt(count / most)) if most else 0  # by the root, or one bad month would pale all others
    return f'<td data-heat="{shade}">{_or_dash(count)}</td>'


def _or_dash(count: int) -> str:
    return digits(count) if count else '<span class="kpi-grey">·</span>'


def _share(refused: int, read: int) -> str:
    return with_unit(100 * refused / read, "%", 2) if read else '<span class="kpi-grey">·</span>'


def _change(counts: list[int], found: Trend) -> str:
    """Return how the newest period with an import compares with the one before it; more refused rows are no good."""
    if found.before is None:
        return '<span class="kpi-grey">首次</span>'
    change = counts[found.newest] - counts[found.before]
    if change and not any(counts[: found.newest]):
        return '<span class="kpi-watch">▲ 新出现</span>'
    return _toned(change, fmt.change(change, "行", 0))


def _rate_change(found: Trend) -> str:
    """Return how the part refused compares with that of the import before: counts alone grow with the rows read."""
    if found.before is None:
        return '<span class="kpi-grey">首次</span>'
    newest, before = (100 * found.refused[number] / found.read[number] for number in (found.newest, found.before))
    change = newest - before
    return _toned(change, fmt.change(change, "个百分点", 2))


def _toned(change: float, text: str) -> str:
    tone = "kpi-watch" if change > 0 else "kpi-met" if change < 0 else "kpi-grey"
    return f'<span class="{tone}">{text}</span>'

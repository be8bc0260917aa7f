"""Tables as HTML: status pills, tabular figures, no grid widget. Everything from data is escaped."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from kpi.calendar import short_day
from kpi.measure import digits, with_unit
from kpi.measure.assurance import ICONS
from kpi.ui import format as fmt
from kpi.ui.palette import mark


class Html(str):
    """Markup this room made itself; any other text is escaped before it reaches the page."""


@dataclass(frozen=True)
class Column:
    """One table column: the row's field, its heading, whether it holds figures (right-aligned) or running text (wide).

    ``width`` is CSS, given where several tables below one another have to line up.
    """

    field: str
    heading: str
    figures: bool = False
    wide: bool = False
    width: str = ""


def card_link(text: str, metric: str, period: str, town: str = "") -> Html:
    """Return a name that opens the metric's card, for the same period, place and day looked back on."""
    past = st.query_params.get("as_of", "")
    wanted = {"metric": metric, "period": period, "town": town, "as_of": past}
    asked = {name: value for name, value in wanted.items() if value}
    return Html(f'<a class="kpi-link" href="/card?{escape(urlencode(asked))}" target="_self">{escape(text)}</a>')


def pill(status: str, title: str = "") -> Html:
    """Return a status as shape, word and colour; ``title`` appears on hover."""
    shape, tone = mark(status).shape, mark(status).tone
    return Html(f'<span class="kpi-pill kpi-{tone}" title="{escape(title)}"><b>{shape}</b>{escape(status)}</span>')


def markup(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], caption: str) -> Html:
    """Return one table; ``caption`` is read out by screen readers and not drawn."""
    head = "".join(
        f'<th scope="col" class="{_kind(c)}" style="width:{c.width or "auto"}">{escape(c.heading)}</th>'
        for c in columns
    )
    body = "".join(
        "<tr>" + "".join(f'<td class="{_kind(c)}">{_cell(row.get(c.field))}</td>' for c in columns) + "</tr>"
        for row in rows
    )
    return Html(
        f'<div class="kpi-card kpi-scroll"><table class="kpi-table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def show(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], caption: str, folded: str = "") -> None:
    """Draw one table; with ``folded`` behind that line of text, to be opened by a click."""
    table = markup(columns, rows, caption)
    if folded:
        table = Html(f'<details class="kpi-folded"><summary>{escape(folded)}</summary>{table}</details>')
    st.html(table)


def _kind(column: Column) -> str:
    return "kpi-num" if column.figures else ("kpi-wide" if column.wide else "")


def _cell(value: Any) -> str:
    if isinstance(value, Html):
        return value
    return "—" if value is None or value == "" else escape(str(value))


METRIC_COLUMNS = (
    Column("name", "指标"),
    Column("value", "本期", figures=True),
    Column("parts", "分子 / 分母（n）", figures=True),
    Column("previous_change", "环比", figures=True),
    Column("last_year_change", "同比", figures=True),
    Column("target", "目标"),
    Column("status", "状态"),
    Column("signal", "是否在变"),
    Column("assurance", "能否达标"),
    Column("owner", "责任单位"),
    Column("as_of", "截至"),
)


def metric_columns(period_kind: str, leave_out: Collection[str] = ()) -> list[Column]:
    """Return the columns of a scorecard table; in a year the period before is last year, so it stands once."""
    shown = [column for column in METRIC_COLUMNS if column.field not in leave_out]
    if period_kind != "year":
        return shown
    renamed = {"last_year_change": "较上年"}
    return [
        replace(column, heading=renamed.get(column.field, column.heading))
        for column in shown
        if column.field != "previous_change"
    ]


def member_columns(heading: str, period_kind: str, has_n: bool) -> list[Column]:
    """Return the columns of a table with one row per member; a plain count has no n worth a column."""
    leave_out = {"name", "target", "signal", "assurance", "owner", "as_of", *(() if has_n else ("parts",))}
    beside = [Column("rank", "名次"), Column("beside_whole", "与总体")] if has_n else []
    return [Column("member", heading), *metric_columns(period_kind, leave_out), *beside]


def metric_rows(scorecard: pl.DataFrame) -> list[dict[str, Any]]:
    """Return one display row per scorecard row; a row about a member (a town) names it as responsible."""
    rows = []
    for row in scorecard.iter_rows(named=True):
        member = row["member"]
        rows.append(
            {
                "name": _named(row),
                "member": _member(row),
                "rank": _rank(row),
                "beside_whole": _beside_whole(row),
                "value": with_unit(row["value"], row["unit"], row["decimals"]),
                "parts": _parts(row),
                "previous_change": moved(row, "previous_change"),
                "last_year_change": moved(row, "last_year_change"),
                "target": target_text(row),
                "status": pill(row["status"], row["status_reason"] or ""),
                "signal": signal(row),
                "assurance": f"{ICONS[row['assurance']]} {row['assurance']}" if row["assurance"] else "",
                "owner": member or row["owner"],
                "as_of": short_day(row["as_of"]) if row["as_of"] else "—",
            }
        )
    return rows


def made_of(row: Mapping[str, Any]) -> str:
    """Return what a rate was made of, or the n behind a mean or median; a count has neither."""
    if parts := fmt.parts(row["numerator"], row["denominator"], row["unit"] == "%"):
        return parts
    counted = row["kind"] in {"ratio", "percentile"} and row["n"] is not None
    return f"n = {digits(row['n'])}" if counted else ""


def signal(row: Mapping[str, Any]) -> Html | str:
    """Return whether the metric is changing as icon and word, in the colour of what it means, with the signal below."""
    word = row["variation"]
    if not word and not row["signal"]:
        return ""
    tone = {"concern": "kpi-watch", "improvement": "kpi-met"}.get(row["signal_kind"], "kpi-grey")
    said = f"{ICONS[word]} {word}" if word else ""
    notes = [note for note in (row["signal"], row["since_last"]) if note]
    tail = "".join(f'<small class="kpi-note">{escape(note)}</small>' for note in notes)
    return Html(f'<span class="kpi-signal {tone}">{escape(said)}</span>{tail}')


def _parts(row: Mapping[str, Any]) -> Html | str:
    """Return what a rate was made of; hovering tells between which values so few records leave it."""
    made = made_of(row)
    if not made or row["low"] is None:
        return made
    ends = "－".join(with_unit(row[end], row["unit"], row["decimals"]) for end in ("low", "high"))
    return Html(f'<span title="95% 区间（Wilson）{escape(ends)}">{escape(made)}</span>')


def gap_in(row: Mapping[str, Any]) -> str:
    """Return who has not reported, 17 镇街中 15 个已报, where somebody has not; else ""."""
    return row["coverage_text"] if row["coverage"] is not None and row["coverage"] < 1 else ""


def moved(row: Mapping[str, Any], field: str) -> str:
    """Return a change of a scorecard row in the unit the measure room gave it."""
    own = row["change_unit"] not in {"%", "个百分点"}
    return fmt.change(row[field], row["change_unit"], row["decimals"] if own else 1 + (row["change_unit"] != "%"))


def target_text(row: Mapping[str, Any]) -> str:
    """Return the target as written, saying so when it belongs to the demonstration only: ≥ 95%（演示）."""
    return f"{row['target_text']}（演示）" if row["target_is_demo"] else str(row["target_text"])


def _named(row: Mapping[str, Any]) -> Html:
    """Return the name as the link to its card, with what to know before trusting the figure below it."""
    member = row["member"]
    name = row["name"] if member is None else f"{row['name']} · {member}"
    town = member if row["dimension"] == "town" and member else ""
    notes = [gap_in(row), row["restatement"], row["calendar_note"]]
    if row["definition_changed_on"] is not None:
        notes.append(f"口径自 {short_day(row['definition_changed_on'])}起变更")
    tail = "".join(f'<small class="kpi-note">{escape(note)}</small>' for note in notes if note)
    if row["improbable"]:
        tail += f'<small class="kpi-note kpi-watch" title="{escape(row["improbable"])}">好得可疑，请核查</small>'
    return Html(f"{card_link(name, row['metric'], row['period'], town)}{tail}")


def _member(row: Mapping[str, Any]) -> Html | str:
    member = row["member"]
    if row["dimension"] != "town" or not member:
        return member or "未填写"
    return card_link(member, row["metric"], row["period"], member)


def _rank(row: Mapping[str, Any]) -> str:
    """Return the rank, ties said; "" where the member is not ranked."""
    return "" if row["rank"] is None else f"{'并列' if row['rank_tied'] else ''}第 {row['rank']}"


def _beside_whole(row: Mapping[str, Any]) -> Html | str:
    """Return whether more than chance sets the member apart from the whole.

    Coloured only then, and by whether it is good; most differences between places of a few cases mean nothing.
    """
    word = row["funnel"]
    if not word or row["status"] == "样本不足":
        return ""
    if row["rank"] is None and row["direction"] != "neutral":
        return Html('<span class="kpi-grey">样本不足</span>')
    ends = "－".join(with_unit(row[end], row["unit"], row["decimals"]) for end in ("funnel_low", "funnel_high"))
    title = f"件数相当时单凭偶然会有的范围（99.8%）：{ends}"
    tone = "kpi-grey"
    if word in ("高于", "低于") and row["direction"] != "neutral":
        tone = "kpi-signal kpi-met" if (word == "高于") == (row["direction"] == "up") else "kpi-signal kpi-watch"
    return Html(f'<span class="{tone}" title="{escape(title)}">{escape(word)}</span>')

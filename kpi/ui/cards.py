"""Metric tiles: a figure with its unit, target, status, trend, n and age, as HTML in one grid."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import polars as pl
import streamlit as st

from kpi.calendar import parse_period, short_day
from kpi.measure import digits
from kpi.ui import format as fmt
from kpi.ui.figures import sparkline_svg
from kpi.ui.palette import mark
from kpi.ui.tables import Html, card_link, gap_in, made_of, moved, pill, target_text

SPARK_HEIGHT = 44
BOTH_CHANGES = (("环比", "previous_change"), ("同比", "last_year_change"))
# In a year the period before is last year: it stands once.
CHANGES = {"year": (("较上年", "last_year_change"),)}
# The picture keeps its proportions, so it is drawn about as wide as a tile of the office screen leaves room for.
PAGE_WIDTH, AROUND_SPARK, FEWEST, MOST_IN_NARROW_ROW = 1600, 120, 3, 4


def grid(scorecard: pl.DataFrame, trends: pl.DataFrame, caption: str, town: str = "") -> None:
    """Draw one row of tiles, one per scorecard row; ``trends`` is the `series` frame their sparklines come from."""
    across = max(FEWEST, scorecard.height)
    width = PAGE_WIDTH // across - AROUND_SPARK
    # On a narrow screen five or six tiles stand in two rows that are filled as evenly as can be.
    narrow = across if across <= MOST_IN_NARROW_ROW else 3
    tiles = "".join(
        tile(row, trends.filter(metric=row["metric"]), width, town) for row in scorecard.iter_rows(named=True)
    )
    style = f"--tiles:{across};--narrow:{narrow}"
    st.html(f'<section class="kpi-tiles" style="{style}" aria-label="{escape(caption)}">{tiles}</section>')


def tile(row: Mapping[str, Any], trend: pl.DataFrame, width: int = 200, town: str = "") -> Html:
    """Return one tile; its name opens the card of the metric, for ``town`` where the page is narrowed to one."""
    value, unit = fmt.headline(row["value"], row["unit"], row["decimals"])
    unit = "" if row["value"] is None else unit
    changes = "".join(
        f"<span>{word} {moved(row, field)}</span>" for word, field in changes_in(parse_period(row["period"]).kind)
    )
    made = made_of(row)
    age = f"截至 {short_day(row['as_of'])}" if row["as_of"] else "尚无数据"
    return Html(
        f'<article class="kpi-tile" title="{escape(row["status_reason"] or "")}">'
        f'<h3 title="{escape(row["name"])}">{card_link(row["name"], row["metric"], row["period"], town)}</h3>'
        f'<p class="kpi-value"><b>{value}</b><span>{escape(unit)}</span>{pill(row["status"])}</p>'
        f"{_bar(row)}"
        f'<p class="kpi-target">{"".join(f"<span>{escape(part)}</span>" for part in aim_parts(row))}</p>'
        f"{_spark(row['name'], trend, width)}"
        f'<p class="kpi-moved">{changes}</p>'
        f"<footer><span>{escape(made or gap_in(row))}</span><span>{age}</span></footer>"
        "</article>"
    )


def changes_in(period_kind: str) -> tuple[tuple[str, str], ...]:
    """Return which changes a period of that kind shows: (word, scorecard column)."""
    return CHANGES.get(period_kind, BOTH_CHANGES)


def aim(row: Mapping[str, Any]) -> str:
    """Return the target in words, with the share of a yearly amount reached so far."""
    return " · ".join(aim_parts(row))


def aim_parts(row: Mapping[str, Any]) -> list[str]:
    """Return the target in words and, under a yearly amount, the share reached so far: pieces that never break."""
    if row["target"] is None:
        return [str(row["target_text"])]
    # A yearly amount already begins with 年目标.
    text = target_text(row) if row["target_text"].startswith("年目标") else f"目标 {target_text(row)}"
    if row["to_date"] is not None and row["target"]:
        return [text, f"年内进度 {digits(100 * row['to_date'] / row['target'])}%"]
    return [text]


def _bar(row: Mapping[str, Any]) -> str:
    """The value from zero against a tick at what is due by now; an empty rail keeps tiles without a target aligned."""
    value = row["value"] if row["to_date"] is None else row["to_date"]
    target = row["target"]
    if value is None or target is None:
        return '<div class="kpi-bar kpi-none"></div>'
    due = row["expected_to_date"] if row["expected_to_date"] is not None else target
    full = 100.0 if row["unit"] == "%" else max(value, target, due) * 1.05 or 1.0
    filled, tick = (min(100.0, max(0.0, 100 * part / full)) for part in (value, due))
    return (
        f'<div class="kpi-bar kpi-{mark(row["status"]).tone}"><i style="width:{filled:.1f}%"></i>'
        f'<u style="left:{tick:.1f}%"></u></div>'
    )


def _spark(name: str, trend: pl.DataFrame, width: int) -> str:
    if trend["value"].drop_nulls().len() < 2:
        return '<div class="kpi-spark"><em>历史数据不足</em></div>'
    picture = sparkline_svg(
        trend["value"].to_list(),
        trend["lower"].to_list(),
        trend["upper"].to_list(),
        trend["signal_kind"].to_list(),
        "light",
        size=(width, SPARK_HEIGHT),
    )
    return (
        f'<div class="kpi-spark"><img alt="{escape(name)}近 {trend.height} 周走势" src="{escape(picture)}">'
        f"<em>近 {trend.height} 周</em></div>"
    )

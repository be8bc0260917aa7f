"""The meeting-room screen: all its scenes as one piece of plain data, built from the scorecard."""

from __future__ import annotations

import logging
import secrets
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from kpi.calendar import short_day
from kpi.catalogue import Catalogue
from kpi.errors import KpiError
from kpi.store import Generation
from kpi.ui import data
from kpi.ui.wall import tiles
from kpi.ui.wall.frames import Frames, last_complete
from kpi.ui.wall.plan import Plan, ScenePlan, TilePlan, load_plan

__all__ = ["build", "latest", "load_plan", "scenes"]

logger = logging.getLogger(__name__)

# Data older than this make the whole screen look old, whatever each source's own rhythm is.
STALE_DAYS = 14
LEGEND = [
    {"mark": "▬", "tone": "range", "text": "正常波动"},
    {"mark": "┃", "tone": "ink", "text": "应达进度"},
    {"mark": "◆", "tone": "watch", "text": "异常变差"},
    {"mark": "●", "tone": "met", "text": "异常变好"},
]


def latest() -> dict[str, Any]:
    """Return the wall of the data in force, or only a ``problem``: the sentence that says why there is none.

    Never raises: nobody stands by to reload a meeting-room screen, so any failure is logged and tried again.
    """
    try:
        return build(data.current())
    except KpiError as error:
        return {"problem": str(error)}
    except Exception:
        number = secrets.token_hex(4)
        logger.exception("内部错误 %s", number)
        return {"problem": f"内部错误 {number}：大屏没有算出来，正在自动重试，请把编号告诉管理员。"}


def build(now: Generation) -> dict[str, Any]:
    """Return the wall for the last complete week and the year it ends in: header, stamps and all scenes.

    Plain JSON data, kept by generation and day. Raises CatalogueError when the composition is wrong.
    """
    return _build(now.key, now.today, now)


@st.cache_data(max_entries=4, show_spinner=False)
def _build(key: str, today: date, _now: Generation) -> dict[str, Any]:
    known = data.catalogue(_now)
    plan = load_plan(known)
    week = last_complete("week", _now.as_of)
    frames = Frames.read(_now, known, plan, week)
    arrivals = data.arrivals(_now)
    arrived = int((arrivals["state"] == "fresh").sum())
    return {
        "title": plan.title,
        "seconds": plan.seconds,
        "period": f"{week.first.isocalendar().year} 年第 {week.first.isocalendar().week} 周",
        "age": f"数据截至 {short_day(_now.as_of)} 24:00",
        "sources": _sources(arrived, arrivals.height),
        "all_arrived": arrived == arrivals.height,
        "demo": _now.is_demo,
        "stale": _stale(_now.as_of, today),
        "legend": LEGEND,
        "scenes": scenes(plan, frames, known),
    }


def _sources(arrived: int, expected: int) -> str:
    return f"{expected} 源全部到齐" if arrived == expected else f"{expected} 源中 {expected - arrived} 源未到"


def _stale(as_of: date, today: date) -> str:
    days = (today - as_of).days
    return f"数据已 {days} 天未更新" if days > STALE_DAYS else ""


def scenes(plan: Plan, frames: Frames, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return every scene of the plan with its tiles, as plain data."""
    return [
        {
            "key": scene.key,
            "title": scene.title,
            "tiles": [_tile(tile, scene, frames, catalogue) for tile in scene.tiles],
        }
        for scene in plan.scenes
    ]


def _tile(tile: TilePlan, scene: ScenePlan, frames: Frames, catalogue: Catalogue) -> dict[str, Any]:
    if tile.kind == "towns":
        rows = frames.towns[tile.metric, tile.period]
        return tiles.towns_tile(tile, rows, catalogue.towns, frames.spans[tile.period])
    if tile.kind == "exceptions":
        headline = [key for key, metric in catalogue.metrics.items() if metric.headline]
        return tiles.exceptions_tile(tile, frames.cards["week"], headline, _town_exceptions(scene, frames, catalogue))
    row = frames.cards[tile.period].filter(pl.col("metric") == tile.metric).row(0, named=True)
    return tiles.metric_tile(tile, row, frames.trends.filter(pl.col("metric") == tile.metric))


def _town_exceptions(scene: ScenePlan, frames: Frames, catalogue: Catalogue) -> list[dict[str, Any]]:
    """The towns behind their target in the grids of the same scene."""
    return [
        item
        for tile in scene.tiles
        if tile.kind == "towns"
        for item in tiles.town_exceptions(
            frames.towns[tile.metric, tile.period], catalogue.towns, catalogue.metrics[tile.metric].short
        )
    ]

"""The towns as a grid of tiles: no verified coordinates exist, so this is an arrangement and not a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from kpi.catalogue import Town
from kpi.measure import with_unit
from kpi.ui.figures.template import figure, plain
from kpi.ui.palette import Palette, Theme, mark, palette

GAP = 0.04
TEXT = 15
MISSING = {"value": None, "status": "缺实绩", "n": None, "target": None}


def tile_grid(
    frame: pl.DataFrame,
    towns: Sequence[Town],
    unit: str,
    decimals: int,
    theme: Theme = "light",
    height: int = 320,
) -> go.Figure:
    """Return one tile per town with its value and the shape of its status; ``member`` holds the town names.

    Tiles that need a decision are filled, good ones stay quiet, those without a judgement are outlined in grey. A town
    that is not in the frame is shown as 缺实绩. Clicking a tile gives the town's name.
    """
    colours = palette(theme)
    rows = {row["member"]: row for row in frame.iter_rows(named=True)}
    drawn = figure(theme, height, _summary(frame, towns))
    placed = [(town, rows.get(town.name, MISSING)) for town in towns]
    for town, row in placed:
        drawn.add_shape(**_tile(town, row, colours))
    drawn.add_trace(
        go.Scatter(
            x=[town.column for town in towns], y=[town.row for town in towns], mode="text",
            text=[_words(town, row, unit, decimals) for town, row in placed],
            textfont={"size": TEXT, "color": [_ink(row, colours) for _, row in placed]},
            hoverinfo="text", hovertext=[_hover(town, row, unit, decimals) for town, row in placed],
            customdata=[town.name for town in towns],
        )
    )  # fmt: skip
    columns, lines = ([getattr(town, name) for town in towns] for name in ("column", "row"))
    drawn.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0}, hoverdistance=45)
    drawn.update_xaxes(visible=False, range=[min(columns) - 0.5, max(columns) + 0.5])
    drawn.update_yaxes(visible=False, range=[max(lines) + 0.5, min(lines) - 0.5])
    return drawn


def _summary(frame: pl.DataFrame, towns: Sequence[Town]) -> str:
    missed = frame.filter(pl.col("status") == "未达标")["member"].to_list()
    return f"{len(towns)} 个镇街度假区的方格图，未达标：{'、'.join(missed) or '无'}。"


def _is_loud(row: dict[str, Any]) -> bool:
    return mark(row["status"]).tone in ("missed", "watch")


def _ink(row: dict[str, Any], colours: Palette) -> str:
    if _is_loud(row):
        return colours.on_tone
    return colours.ink_secondary if row["value"] is None else colours.ink


def _tile(town: Town, row: dict[str, Any], colours: Palette) -> dict[str, Any]:
    tone = mark(row["status"]).tone
    fills = {"missed": colours.missed, "watch": colours.watch, "met": colours.normal_range, "grey": "rgba(0,0,0,0)"}
    border = {"width": 1, "color": colours.last_year, "dash": "dot"} if tone == "grey" else {"width": 0}
    return {
        "type": "rect", "layer": "below", "fillcolor": fills[tone], "line": border,
        "x0": town.column - 0.5 + GAP, "x1": town.column + 0.5 - GAP,
        "y0": town.row - 0.5 + GAP, "y1": town.row + 0.5 - GAP,
    }  # fmt: skip


def _words(town: Town, row: dict[str, Any], unit: str, decimals: int) -> str:
    shape = mark(row["status"]).shape
    if row["value"] is None:
        return f"{plain(town.short)}<br>{shape} {row['status']}"
    amount = with_unit(row["value"], unit if unit == "%" else "", decimals)
    # The dash of the honest greys would read as a minus sign before a figure; the dotted outline stands for it.
    said = amount if mark(row["status"]).tone == "grey" else f"{shape} {amount}"
    return f"<b>{plain(town.short)}</b><br>{said}"


def _hover(town: Town, row: dict[str, Any], unit: str, decimals: int) -> str:
    lines = [f"<b>{plain(town.name)}</b>", with_unit(row["value"], unit, decimals)]
    lines.append(f"{mark(row['status']).shape} {row['status']}")
    if row["target"] is not None:
        lines.append(f"目标 {with_unit(row['target'], unit, decimals)}")
    if row["n"] is not None:
        lines.append(f"样本 n = {with_unit(row['n'], '', 0)}")
    return "<br>".join(lines)

"""Amounts side by side: ranked bars, signed contributions, composition over months."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import polars as pl

from kpi.measure import decimals_of, with_unit
from kpi.ui.figures.template import SMALL, figure, nothing, plain
from kpi.ui.palette import PARTS, Palette, Theme, mark, palette

ROW = 30
MOST_PARTS = 5
# Fewer bars leave the rest of the height empty instead of growing thick.
FEWEST = 3
# The width of the words beside a bar, as a share of the longest bar.
WORDS = 0.2


def bars(
    frame: pl.DataFrame,
    label: str,
    value: str,
    unit: str,
    decimals: int,
    status: str | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Return horizontal bars from zero, one per row in the frame's order, the first on top; they set its height.

    The order is the caller's: what is largest is not always what needs attention.

    ``label``, ``value`` and ``status`` name columns. A null value is no bar but says why (its status, else 缺实绩).
    With ``status`` bars take the tone of their status and name it unless it is met. A column `target` that is the
    same for all rows draws a line; a column `n` shows in the hover label.
    """
    if frame.is_empty():
        return nothing(theme, 160)
    colours = palette(theme)
    # A category axis counts from below.
    rows = frame.reverse().to_dicts()
    names = [plain(row[label]) for row in rows]
    drawn = figure(theme, len(rows) * ROW + 40, _summary(rows, label, value, unit, decimals))
    amounts = [row[value] or 0 for row in rows]
    drawn.add_trace(
        go.Bar(
            x=amounts, y=names, orientation="h", width=0.62, hoverinfo="text",
            marker={"color": [_colour(row, status, colours) for row in rows], "cornerradius": 3},
            hovertext=[_hover(row, label, value, unit, decimals, status) for row in rows],
            customdata=[str(row[label]) for row in rows],
        )
    )  # fmt: skip
    aim = _only_target(frame)
    drawn.add_trace(
        go.Scatter(
            x=_label_places(amounts, aim), y=names, mode="text", hoverinfo="skip", cliponaxis=False,
            text=[f" {_said(row, value, unit, decimals, status)}" for row in rows],
            textposition=["middle left" if amount < 0 else "middle right" for amount in amounts],
            textfont={"color": colours.ink, "size": SMALL + 1},
        )
    )  # fmt: skip
    _value_axis(drawn, amounts, aim, len(rows))
    drawn.update_yaxes(type="category", showgrid=False, ticksuffix="  ", tickfont={"size": 13, "color": colours.ink})
    if aim is not None:
        _target_line(drawn, aim, unit, decimals, colours)
    return drawn


def _label_places(values: list[float], aim: float | None) -> list[float]:
    """Where each bar's words begin: at its end, or past the target line where that would run through them."""
    span = max(0.0, *values, aim or 0.0)
    return [aim if aim is not None and 0 <= aim - value < WORDS * span else value for value in values]


def _value_axis(drawn: go.Figure, values: list[float], aim: float | None, rows: int) -> None:
    """From zero, with room for the words at the end of the longest bar; a few bars are as thin as many."""
    low, high = min(0.0, *values), max(0.0, *values, aim or 0.0)
    span = (high - low) or 1.0
    ends = [low - (0.16 * span if low < 0 else 0), high + 0.3 * span]
    drawn.update_xaxes(range=ends, showticklabels=False, showgrid=False, zeroline=True, zerolinewidth=1)
    if rows < FEWEST:
        drawn.update_yaxes(range=[rows - 0.5 - FEWEST, rows - 0.5])


def _colour(row: dict[str, Any], status: str | None, colours: Palette) -> str:
    if status is None or row[status] is None:
        return colours.this_period
    tone = mark(row[status]).tone
    return colours.this_period if tone in ("met", "grey") else colours.tone(tone)


def _said(row: dict[str, Any], value: str, unit: str, decimals: int, status: str | None) -> str:
    word = row[status] if status else None
    if row[value] is None:
        return f"– {word or '缺实绩'}"
    text = with_unit(row[value], unit, decimals)
    if word is None or mark(word).tone == "met" or word == "未设目标":
        return text
    return f"{text}  {mark(word).shape} {word}"


def _hover(row: dict[str, Any], label: str, value: str, unit: str, decimals: int, status: str | None) -> str:
    lines = [f"<b>{plain(row[label])}</b>", with_unit(row[value], unit, decimals)]
    if row.get("denominator"):
        lines.append(f"{with_unit(row['numerator'], '', 0)} / {with_unit(row['denominator'], '', 0)}")
    if row.get("n") is not None:
        lines.append(f"样本 n = {with_unit(row['n'], '', 0)}")
    if row.get("target") is not None:
        lines.append(f"目标 {with_unit(row['target'], unit, decimals)}")
    if status and row[status]:
        lines.append(f"{mark(row[status]).shape} {row[status]}")
    return "<br>".join(lines)


def _summary(rows: list[dict[str, Any]], label: str, value: str, unit: str, decimals: int) -> str:
    known = sorted((row for row in rows if row[value] is not None), key=lambda row: row[value])
    if not known:
        return f"条形图，{len(rows)} 项，均无数据。"
    first, last = known[-1], known[0]
    return (
        f"条形图，{len(rows)} 项，最高 {first[label]} {with_unit(first[value], unit, decimals)}，"
        f"最低 {last[label]} {with_unit(last[value], unit, decimals)}。"
    )


def _only_target(frame: pl.DataFrame) -> float | None:
    """The target all rows share; none when they have different ones or no target at all."""
    targets: list[float] = frame["target"].drop_nulls().unique().to_list() if "target" in frame.columns else []
    return targets[0] if len(targets) == 1 else None


def _target_line(drawn: go.Figure, aim: float, unit: str, decimals: int, colours: Palette) -> None:
    drawn.add_vline(x=aim, line={"width": 1.5, "dash": "dot", "color": colours.ink_secondary}, layer="below")
    drawn.add_annotation(
        x=aim, y=1, yref="paper", yanchor="bottom", showarrow=False,
        text=f"目标 {with_unit(aim, unit, decimals_of(aim, decimals))}",
        font={"size": SMALL, "color": colours.ink_secondary},
    )  # fmt: skip


def contributions(
    frame: pl.DataFrame, label: str, value: str, unit: str, decimals: int, good: str, theme: Theme = "light"
) -> go.Figure:
    """Return what drove a change: one signed bar per row, the largest fall on top.

    ``good`` is the direction of the metric (up, down, neutral); it decides which sign is green.
    """
    if frame.is_empty():
        return nothing(theme, 160, "没有可分解的变化")
    colours = palette(theme)
    rows = frame.drop_nulls(value).sort(value, descending=True).to_dicts()
    values = [row[value] for row in rows]
    tones = {"up": (colours.met, colours.missed), "down": (colours.missed, colours.met)}
    rise, fall = tones.get(good, (colours.this_period, colours.this_period))
    drawn = figure(theme, len(rows) * ROW + 24, _summary(rows, label, value, unit, decimals))
    drawn.add_trace(
        go.Bar(
            x=values, y=[plain(row[label]) for row in rows], orientation="h", width=0.62,
            marker={"color": [rise if amount > 0 else fall for amount in values], "cornerradius": 3},
            text=[("+" if amount > 0 else "") + with_unit(amount, unit, decimals) for amount in values],
            textposition="outside", cliponaxis=False, hoverinfo="skip", customdata=[str(row[label]) for row in rows],
        )
    )  # fmt: skip
    span = (max(0.0, *values) - min(0.0, *values)) or 1.0
    ends = [min(0.0, *values) - 0.25 * span, max(0.0, *values) + 0.25 * span]
    drawn.update_xaxes(range=ends, showticklabels=False, showgrid=False, zeroline=True, zerolinewidth=1)
    drawn.update_yaxes(type="category", showgrid=False, ticksuffix="  ", tickfont={"size": 13, "color": colours.ink})
    return drawn


def stacked_share(
    frame: pl.DataFrame, unit: str, decimals: int = 0, height: int = 260, theme: Theme = "light"
) -> go.Figure:
    """Return the composition over time as bars of 100 %: one bar per period, one layer per part, first part lowest.

    ``frame`` has one row per period × part in time order: label (of the period), part, value. A period without any
    amount is a gap. ValueError when there are more than five parts, which nobody can tell apart.
    """
    if frame.is_empty():
        return nothing(theme, height)
    parts, periods = (frame[name].unique(maintain_order=True).to_list() for name in ("part", "label"))
    if len(parts) > MOST_PARTS:
        raise ValueError(f"{len(parts)} parts in one bar; at most {MOST_PARTS} can be told apart")
    amounts = {(row["label"], row["part"]): row["value"] or 0 for row in frame.iter_rows(named=True)}
    totals = {when: sum(amounts.get((when, name), 0) for name in parts) for when in periods}
    drawn = figure(theme, height, f"构成图，{len(periods)} 期，{'、'.join(map(str, parts))}各占多少。")
    for name, colour in zip(parts, PARTS[theme], strict=False):
        mine = [amounts.get((when, name), 0) for when in periods]
        shares = [
            100 * amount / totals[when] if totals[when] else None for amount, when in zip(mine, periods, strict=True)
        ]
        drawn.add_trace(
            go.Bar(
                x=periods, y=shares, name=plain(name), width=0.72, hoverinfo="text",
                customdata=[str(name)] * len(periods),
                marker={"color": colour, "line": {"width": 1, "color": palette(theme).card}},
                hovertext=[
                    f"<b>{plain(when)}</b><br>{plain(name)} {with_unit(amount, unit, decimals)}"
                    f"<br>占 {with_unit(share, '%', 1)}"
                    for when, amount, share in zip(periods, mine, shares, strict=True)
                ],
            )
        )  # fmt: skip
    drawn.update_layout(
        barmode="stack", showlegend=True, margin={"t": 34},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal", "itemclick": False,
                "itemdoubleclick": False},
    )  # fmt: skip
    drawn.update_xaxes(type="category", showgrid=False)
    drawn.update_yaxes(range=[0, 100], ticksuffix="%", nticks=5)
    return drawn

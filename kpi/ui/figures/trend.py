"""One metric over time: this year, last year, target, normal range, signals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from kpi.measure import decimals_of, with_unit
from kpi.ui.figures.template import SMALL, figure, nothing, plain
from kpi.ui.palette import Palette, Theme, palette

Values = Sequence[float | None]
MARGIN = {"l": 8, "r": 108, "t": 28, "b": 30}
SYMBOLS = {"concern": "diamond", "improvement": "square", "neutral": "circle"}
# A longer unit does not fit beside the lines; it stands above the axis anyway.
LONGEST_UNIT = 2
# Closer than this, in pixels, two labels at the right edge would touch.
APART = 17
# With more points than this their markers shrink, so that the line stays visible.
FEW = 26


def trend(frame: pl.DataFrame, unit: str, decimals: int, height: int = 260, theme: Theme = "light") -> go.Figure:
    """Return the line chart of one metric's `series` frame, oldest period first.

    A null is a gap. The last period, while it runs, hangs on a dashed line with a hollow point. Where last year, a
    target or a normal range is null nothing is drawn for it. A frame without any value gives a figure that says so.
    """
    values = frame["value"].to_list()
    if all(value is None for value in values):
        return nothing(theme, height, "这段时间没有数据")
    colours = palette(theme)
    low, high = _range(frame, unit)
    drawn = figure(theme, height, _summary(frame, unit, decimals))
    _events(drawn, frame, colours)
    _trial(drawn, frame, colours)
    for part in (*_band(frame, colours), *_lines(frame, colours, unit, decimals), *_signals(frame, colours)):
        drawn.add_trace(part)
    places, words = _ticks(frame["period"].to_list())
    drawn.update_layout(margin=MARGIN, hovermode="x")
    drawn.update_xaxes(tickvals=places, ticktext=words, showgrid=False, range=[-0.5, len(values) - 0.5])
    drawn.update_yaxes(range=[low, high], nticks=6, tickformat=",~r", automargin=True)
    drawn.add_annotation(
        text=f"单位：{unit}", x=0, y=1, xref="paper", yref="paper", xanchor="left", yanchor="bottom", yshift=6,
        showarrow=False, font={"size": SMALL, "color": colours.ink_secondary},
    )  # fmt: skip
    pixels = height - MARGIN["t"] - MARGIN["b"]
    for label in _end_labels(frame, colours, unit, decimals, pixels / (high - low)):
        drawn.add_annotation(**label)
    return drawn


def _events(drawn: go.Figure, frame: pl.DataFrame, colours: Palette) -> None:
    """Draw a thin line with its words where a definition changed or a new baseline begins."""
    for place, words in enumerate(frame["event"].to_list()):
        if words:
            drawn.add_vline(x=place - 0.5, line={"width": 1, "dash": "dash", "color": colours.ink_secondary})
            drawn.add_annotation(
                text=plain(words), x=place - 0.5, y=1, yref="paper", yanchor="bottom", showarrow=False,
                font={"size": SMALL, "color": colours.ink_secondary}, bgcolor=colours.card,
            )  # fmt: skip


def _trial(drawn: go.Figure, frame: pl.DataFrame, colours: Palette) -> None:
    """Name the newest normal range 暂定 where it rests on too few points to be more than a first guess."""
    trial = frame.with_row_index("place").filter("is_trial").drop_nulls("upper")
    if trial.height:
        place, top = trial["place"][-1], trial["upper"][-1]
        drawn.add_annotation(
            text="暂定", x=place, y=top, xanchor="right", yanchor="top", showarrow=False,
            font={"size": SMALL, "color": colours.ink_secondary},
        )  # fmt: skip


def _broken(frame: pl.DataFrame, values: list[Any]) -> tuple[list[float], list[Any]]:
    """Return places and values with a gap where the definition changed: no line may lead across it."""
    places: list[float] = []
    result: list[Any] = []
    for place, (value, words) in enumerate(zip(values, frame["event"], strict=True)):
        if "口径变更" in (words or ""):
            places.append(place - 0.5)
            result.append(None)
        places.append(place)
        result.append(value)
    return places, result


def _summary(frame: pl.DataFrame, unit: str, decimals: int) -> str:
    known = frame.drop_nulls("value")
    last, least, most = known.row(-1, named=True), known["value"].min(), known["value"].max()
    return (
        f"走势图，{frame['label'][0]}至{frame['label'][-1]}，最近一期 {with_unit(last['value'], unit, decimals)}，"
        f"最低 {with_unit(least, unit, decimals)}，最高 {with_unit(most, unit, decimals)}。"  # type: ignore[arg-type]
    )


def _range(frame: pl.DataFrame, unit: str) -> tuple[float, float]:
    """The span of the value axis: all that is drawn plus air; down to zero where the fall is steep anyway."""
    names = ("value", "last_year", "lower", "upper", "target")
    known = [number for name in names for number in frame[name].drop_nulls().to_list()]
    low, high = min(known), max(known)
    air = (high - low) * 0.12 or abs(high) * 0.02 or 1.0
    ceiling = high + air
    # A little below zero, so that a point on the axis does not cover the words under it.
    below_zero = -0.06 * ceiling
    floor = below_zero if 0 <= low <= 0.4 * high else low - air
    if unit == "%" and high <= 100:
        ceiling = min(ceiling, 100 + 0.06 * (100 - floor))
    return (max(floor, below_zero) if low >= 0 else floor), ceiling


def _runs(values: Sequence[object]) -> Iterator[range]:
    """Yield the stretches of positions without a null."""
    start = None
    for place, value in enumerate([*values, None]):
        if value is not None and start is None:
            start = place
        elif value is None and start is not None:
            yield range(start, place)
            start = None


def _band(frame: pl.DataFrame, colours: Palette) -> Iterator[go.Scatter]:
    lower, upper, mean = (frame[name].to_list() for name in ("lower", "upper", "mean"))
    both = [None if low is None or high is None else 1 for low, high in zip(lower, upper, strict=True)]
    for run in _runs(both):
        there = [run[0] - 0.5, *run, run[-1] + 0.5]
        tops, bottoms = ([edge[run[0]], *(edge[i] for i in run), edge[run[-1]]] for edge in (upper, lower))
        yield go.Scatter(
            x=there + there[::-1], y=tops + bottoms[::-1], fill="toself", mode="lines", line={"width": 0},
            fillcolor=colours.normal_range, hoverinfo="skip", name="正常波动范围",
        )  # fmt: skip
        yield go.Scatter(
            x=list(run), y=[mean[i] for i in run], mode="lines", hoverinfo="skip", name="均值",
            line={"width": 1, "color": colours.last_year},
        )  # fmt: skip


def _lines(frame: pl.DataFrame, colours: Palette, unit: str, decimals: int) -> Iterator[go.Scatter]:
    values = frame["value"].to_list()
    complete = [value if done else None for value, done in zip(values, frame["is_complete"], strict=True)]
    places = list(range(len(values)))
    if frame["target"].drop_nulls().len():
        yield go.Scatter(
            x=places, y=frame["target"].to_list(), mode="lines", hoverinfo="skip", name="目标",
            line={"width": 1.5, "dash": "dot", "color": colours.ink_secondary, "shape": "hvh"},
        )  # fmt: skip
    if frame["last_year"].drop_nulls().len():
        yield go.Scatter(
            x=places, y=frame["last_year"].to_list(), mode="lines", hoverinfo="skip", name="去年同期",
            connectgaps=False, line={"width": 2, "dash": "dash", "color": colours.last_year},
        )  # fmt: skip
    if len(values) > 1 and values[-1] is not None and complete[-1] is None:
        yield go.Scatter(
            x=places[-2:], y=values[-2:], mode="lines", hoverinfo="skip",
            line={"width": 2, "dash": "dot", "color": colours.this_period},
        )  # fmt: skip
    where, unbroken = _broken(frame, complete)
    yield go.Scatter(
        x=where, y=unbroken, mode="lines", hoverinfo="skip", connectgaps=False,
        line={"width": 2.5, "color": colours.this_period},
    )  # fmt: skip
    fills = [colours.this_period if done else colours.card for done in frame["is_complete"]]
    yield go.Scatter(
        x=places, y=values, mode="markers", name="本期", hoverinfo="text", cliponaxis=False,
        hovertext=[_hover(row, unit, decimals) for row in frame.iter_rows(named=True)],
        customdata=frame["period"].to_list(),
        marker={"size": 7 if len(values) <= FEW else 4, "color": fills,
                "line": {"width": 2, "color": colours.this_period}},
    )  # fmt: skip


def _signals(frame: pl.DataFrame, colours: Palette) -> Iterator[go.Scatter]:
    for kind, symbol in SYMBOLS.items():
        rows = frame.with_row_index("place").filter(pl.col("signal_kind") == kind)
        if rows.height:
            yield go.Scatter(
                x=rows["place"].to_list(), y=rows["value"].to_list(), mode="markers", hoverinfo="skip", name="异常信号",
                cliponaxis=False,
                marker={"size": 11, "symbol": symbol, "color": colours.signal_colour(kind),
                        "line": {"width": 1.5, "color": colours.card}},
            )  # fmt: skip


def _hover(row: dict[str, Any], unit: str, decimals: int) -> str:
    lines = [f"<b>{plain(row['label'])}</b>", f"本期 {with_unit(row['value'], unit, decimals)}"]
    if row["denominator"]:
        lines.append(f"分子 / 分母 {with_unit(row['numerator'], '', 0)} / {with_unit(row['denominator'], '', 0)}")
        lines.append(f"样本 n = {with_unit(row['n'], '', 0)}" if row["n"] is not None else "")
    if row["last_year"] is not None:
        lines.append(f"去年同期 {with_unit(row['last_year'], unit, decimals)}")
    if row["target"] is not None:
        lines.append(f"目标 {with_unit(row['target'], unit, decimals)}")
    if row["lower"] is not None and row["upper"] is not None:
        lines.append(f"正常波动 {with_unit(row['lower'], '', decimals)}－{with_unit(row['upper'], unit, decimals)}")
    if row["is_trial"]:
        lines.append("界限为暂定（点数不足 12）")
    if row["event"]:
        lines.append(plain(row["event"]))
    if row["signal"]:
        lines.append(f"信号 {plain(row['signal'])}")
    if not row["is_complete"]:
        lines.append("本期未完")
    return "<br>".join(line for line in lines if line)


def _ticks(periods: list[str]) -> tuple[list[int], list[str]]:
    """Positions and words of the period axis: at most twelve, counted back from the newest."""
    step = -(-len(periods) // 12)
    places = list(range(len(periods) - 1, -1, -step))[::-1]
    words, year = [], ""
    for place in places:
        here, _, rest = periods[place].partition("-")
        short = f"{int(rest[1:])}周" if rest.startswith("W") else _month_or_day(rest)
        words.append(f"{short}<br>{here}年" if here != year and rest else short or f"{here}年")
        year = here
    return places, words


def _month_or_day(rest: str) -> str:
    month, _, day = rest.partition("-")
    if not month or month.startswith("Q"):
        return month
    return f"{int(month)}/{int(day)}" if day else f"{int(month)}月"


def _end_labels(
    frame: pl.DataFrame, colours: Palette, unit: str, decimals: int, pixels_per_unit: float
) -> list[dict[str, Any]]:
    """The words at the right edge that name each line, moved apart where they would touch."""
    unit = unit if len(unit) <= LONGEST_UNIT else ""
    known = frame.with_row_index("place").drop_nulls("value").row(-1, named=True)
    wanted = [(known["value"], f"<b>{with_unit(known['value'], unit, decimals)}</b>", colours.this_period)]
    newest = frame.row(-1, named=True)
    if newest["last_year"] is not None:
        wanted.append((newest["last_year"], "去年同期", colours.ink_secondary))
    if newest["target"] is not None:
        wanted.append(
            (
                newest["target"],
                f"目标 {with_unit(newest['target'], unit, decimals_of(newest['target'], decimals))}",
                colours.ink_secondary,
            )
        )
    wanted.sort(key=lambda label: label[0])
    labels, shift, floor = [], 0.0, float("-inf")
    for value, text, colour in wanted:
        place = max(value * pixels_per_unit, floor)
        shift = place - value * pixels_per_unit
        floor = place + APART
        labels.append(
            {
                "x": 1, "xref": "paper", "xanchor": "left", "xshift": 6, "y": value, "yanchor": "middle",
                "yshift": shift, "text": text, "showarrow": False, "font": {"size": SMALL, "color": colour},
            }
        )  # fmt: skip
    return labels

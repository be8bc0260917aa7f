"""Figures say what the frame says: gaps stay gaps, bars start at zero, colour always means something."""

from __future__ import annotations

import json
from datetime import date
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import plotly.graph_objects as go
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi.calendar import period_of
from kpi.catalogue import load
from kpi.ui import figures
from kpi.ui.palette import DARK, LIGHT, STATUS, Palette

WEEKS = period_of("week", date(2023, 12, 3)).trailing(4)


def series(**columns: list[Any]) -> pl.DataFrame:
    """Four weeks of one rate; any column can be replaced."""
    whole: dict[str, list[Any]] = {
        "period": [week.key for week in WEEKS],
        "label": [week.label for week in WEEKS],
        "value": [95.0, 96.0, 95.5, 97.0],
        "numerator": [950.0, 960.0, 955.0, 970.0],
        "denominator": [1000.0] * 4,
        "n": [1000.0] * 4,
        "last_year": [94.0, 94.5, 94.0, 95.0],
        "is_complete": [True] * 4,
        "event": [""] * 4,
        "is_trial": [False] * 4,
        "lower": [94.0] * 4,
        "mean": [95.5] * 4,
        "upper": [97.0] * 4,
        "signal": [""] * 4,
        "signal_kind": ["none"] * 4,
        "target": [95.0] * 4,
    }
    return pl.DataFrame({**whole, **columns})


def traces(figure: go.Figure, name: str) -> list[Any]:
    return [trace for trace in figure.data if trace.name == name]


def test_a_missing_week_is_a_gap_and_not_bridged() -> None:
    figure = figures.trend(series(value=[95.0, None, 95.5, 97.0]), "%", 2)
    (points,) = traces(figure, "本期")
    assert points.y == (95.0, None, 95.5, 97.0)
    lines = [trace for trace in figure.data if trace.mode == "lines" and trace.y and None in trace.y]
    assert lines
    assert all(trace.connectgaps is not True for trace in lines)


def test_a_week_under_way_hangs_on_a_dotted_line_with_a_hollow_point() -> None:
    figure = figures.trend(series(is_complete=[True, True, True, False]), "%", 2)
    (points,) = traces(figure, "本期")
    assert points.marker.color[-1] == LIGHT.card
    assert points.marker.color[0] == LIGHT.this_period
    assert any(trace.line.dash == "dot" and trace.x == (2, 3) for trace in figure.data)
    assert "本期未完" in points.hovertext[-1]


def test_the_hover_label_gives_unit_parts_target_and_signal() -> None:
    frame = series(signal=["", "", "", "高于上限"], signal_kind=["none", "none", "none", "concern"])
    (points,) = traces(figures.trend(frame, "%", 2), "本期")
    for words in ("97.00%", "970 / 1,000", "n = 1,000", "去年同期 95.00%", "目标 95.00%", "高于上限"):
        assert words in points.hovertext[-1]


def test_without_history_no_band_no_target_and_no_last_year_are_invented() -> None:
    nothing = [None] * 4
    frame = series(last_year=nothing, lower=nothing, mean=nothing, upper=nothing, target=nothing)
    figure = figures.trend(frame.with_columns(pl.col(pl.Null).cast(pl.Float64)), "%", 2)
    for name in ("正常波动范围", "均值", "目标", "去年同期", "异常信号"):
        assert traces(figure, name) == []


def test_the_words_of_an_event_stand_at_its_line() -> None:
    figure = figures.trend(series(event=["", "", "12月1日口径变更", ""]), "%", 2)
    assert [note.x for note in figure.layout.annotations if note.text == "12月1日口径变更"] == [1.5]
    assert figure.layout.shapes[0].x0 == 1.5


def test_a_range_of_too_few_points_is_named_as_such() -> None:
    said = [note.text for note in figures.trend(series(is_trial=[True] * 4), "%", 2).layout.annotations]
    assert "暂定" in said
    assert "暂定" not in [note.text for note in figures.trend(series(), "%", 2).layout.annotations]


def test_a_series_without_values_says_so() -> None:
    figure = figures.trend(series(value=[None] * 4).with_columns(pl.col("value").cast(pl.Float64)), "%", 2)
    assert figure.layout.annotations[0].text == "这段时间没有数据"


def test_signal_points_differ_in_shape_and_colour() -> None:
    frame = series(signal_kind=["concern", "improvement", "neutral", "none"])
    marks = {(trace.marker.symbol, trace.marker.color) for trace in traces(figures.trend(frame, "%", 2), "异常信号")}
    assert marks == {("diamond", LIGHT.signal), ("square", LIGHT.improvement), ("circle", LIGHT.ink_secondary)}


def test_words_at_the_edge_never_touch() -> None:
    frame = series(value=[95.0] * 4, last_year=[95.0] * 4, target=[95.0] * 4)
    figure = figures.trend(frame, "%", 2)
    words = [label for label in figure.layout.annotations if label.xanchor == "left" and label.x == 1]
    heights = sorted(label.yshift for label in words)
    assert len(words) == 3
    assert all(b - a >= 16 for a, b in pairwise(heights))


values = st.floats(-1e6, 1e6, allow_nan=False) | st.none()


@settings(deadline=None, max_examples=50)
@given(st.lists(values, min_size=1, max_size=20))
def test_bars_start_at_zero_and_a_null_is_no_bar(amounts: list[float | None]) -> None:
    frame = pl.DataFrame(
        {"name": [f"镇{place}" for place in range(len(amounts))], "value": amounts},
        schema_overrides={"value": pl.Float64},
    )
    figure = figures.bars(frame, "name", "value", "宗", 0)
    low, high = figure.layout.xaxis.range
    known = [amount for amount in amounts if amount is not None]
    assert low <= 0 <= high
    assert all(low <= amount <= high for amount in known)
    _, words = figure.data
    assert sum(text == " – 缺实绩" for text in words.text) == len(amounts) - len(known)


def test_bars_name_the_status_that_needs_a_decision() -> None:
    frame = pl.DataFrame(
        {
            "member": ["甲", "乙", "丙"],
            "value": [97.0, 88.1, None],
            "status": ["达标", "未达标", "样本不足"],
            "target": 95.0,
        }
    )
    figure = figures.bars(frame, "member", "value", "%", 1, "status")
    bars, words = figure.data
    said = {name: text.strip() for name, text in zip(words.y, words.text, strict=True)}
    assert said == {"甲": "97.0%", "乙": "88.1%  ✕ 未达标", "丙": "– 样本不足"}
    assert dict(zip(bars.y, bars.marker.color, strict=True))["乙"] == LIGHT.missed
    assert figure.layout.annotations[0].text == "目标 95%"


def test_the_target_line_never_runs_through_the_words_of_a_bar() -> None:
    frame = pl.DataFrame({"member": ["甲", "乙", "丙"], "value": [96.0, 93.8, 40.0], "target": 95.0})
    _, words = figures.bars(frame, "member", "value", "%", 1).data
    assert dict(zip(words.y, words.x, strict=True)) == {"甲": 96.0, "乙": 95.0, "丙": 40.0}


def test_what_needs_attention_stays_on_top_of_the_bars() -> None:
    frame = pl.DataFrame({"member": ["低", "高", "中"], "value": [88.0, 97.0, 92.0]})
    bars, _ = figures.bars(frame, "member", "value", "%", 1).data
    assert bars.y[::-1] == ("低", "高", "中")
    assert "最高 高 97.0%，最低 低 88.0%" in figures.bars(frame, "member", "value", "%", 1).layout.meta["summary"]


def test_a_lone_bar_is_as_thin_as_one_of_many() -> None:
    figure = figures.bars(pl.DataFrame({"member": ["甲"], "value": [1.0]}), "member", "value", "件", 0)
    bottom, top = figure.layout.yaxis.range
    assert top - bottom == 3


def test_names_are_shown_as_they_are() -> None:
    frame = pl.DataFrame({"member": ["<b>甲</b>"], "value": [1.0]})
    bars, _ = figures.bars(frame, "member", "value", "件", 0).data
    assert bars.y == ("&lt;b&gt;甲&lt;/b&gt;",)
    assert bars.customdata == ("<b>甲</b>",)


def test_the_direction_of_a_metric_decides_which_contribution_is_green() -> None:
    frame = pl.DataFrame({"member": ["甲", "乙"], "value": [2.0, -3.0]})
    for good, rise in (("up", LIGHT.met), ("down", LIGHT.missed)):
        (bars,) = figures.contributions(frame, "member", "value", "宗", 0, good).data
        assert dict(zip(bars.y, bars.marker.color, strict=True))["甲"] == rise
    assert set(figures.contributions(frame, "member", "value", "宗", 0, "neutral").data[0].marker.color) == {
        LIGHT.this_period
    }


def test_every_town_has_a_tile_and_a_missing_one_is_honest() -> None:
    towns = load().towns
    frame = pl.DataFrame(
        {"member": ["多祝镇"], "value": [88.1], "status": ["未达标"], "n": [59.0], "target": [95.0]},
    )
    figure = figures.tile_grid(frame, towns, "%", 1)
    (words,) = figure.data
    said = dict(zip(words.customdata, words.text, strict=True))
    assert len(figure.layout.shapes) == len(said) == len(towns) == 17
    assert said["多祝镇"] == "<b>多祝</b><br>✕ 88.1%"
    assert said["平山街道"] == "平山<br>– 缺实绩"


def test_no_two_towns_share_a_tile() -> None:
    places = [(town.row, town.column) for town in load().towns]
    assert len(set(places)) == len(places)


def test_composition_adds_up_and_refuses_what_nobody_can_tell_apart() -> None:
    frame = pl.DataFrame([{"label": "1月", "part": part, "value": 1.0} for part in "甲乙丙丁"])
    figure = figures.stacked_share(frame, "宗")
    assert sum(bar.y[0] for bar in figure.data) == pytest.approx(100)
    many = pl.DataFrame([{"label": "1月", "part": part, "value": 1.0} for part in "甲乙丙丁戊己"])
    with pytest.raises(ValueError, match="6 parts"):
        figures.stacked_share(many, "宗")


@settings(deadline=None, max_examples=50)
@given(st.lists(values, min_size=1, max_size=24))
def test_a_sparkline_draws_every_value_inside_its_picture(amounts: list[float | None]) -> None:
    nothing: list[float | None] = [None] * len(amounts)
    picture = figures.sparkline_svg(amounts, nothing, nothing, ["concern"] * len(amounts), "dark", (100, 40))
    svg = unquote(picture.removeprefix("data:image/svg+xml,"))
    assert svg.count("<rect") == sum(amount is not None for amount in amounts)
    places = [float(part.split('"')[0]) for part in svg.split(' y="')[1:]]
    assert all(-10 <= place <= 50 for place in places)


def test_figures_are_small_enough_to_send() -> None:
    months = period_of("month", date(2023, 12, 31)).trailing(24)
    frame = pl.concat([series()] * 6).with_columns(
        period=pl.Series([month.key for month in months]), label=pl.Series([month.label for month in months])
    )
    sent = figures.trend(frame, "%", 2).to_json()
    assert json.loads(sent)["layout"]["meta"]["summary"].startswith("走势图")
    assert len(sent) < 20_000


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_words_reach_wcag_aa_on_every_ground(theme: Palette) -> None:
    words = (theme.ink, theme.ink_secondary, theme.met, theme.watch, theme.missed, theme.grey, theme.this_period)
    for ground in (theme.background, theme.card):
        assert min(contrast(word, ground) for word in words) >= 4.5
    assert min(contrast(theme.on_tone, tone) for tone in (theme.watch, theme.missed)) >= 4.5


def test_statuses_of_different_tone_have_different_shapes() -> None:
    shapes = {mark.tone: mark.shape for mark in STATUS.values()}
    assert len(set(shapes.values())) == len(shapes) == 4
    assert all(shapes[mark.tone] == mark.shape for mark in STATUS.values())


def test_no_line_leads_across_a_change_of_definition() -> None:
    drawn = figures.trend(series(event=["", "", "7月1日口径变更", ""]), "%", 2)
    line = next(trace for trace in drawn.data if trace.mode == "lines" and trace.line.width == 2.5)
    assert list(line.y)[2] is None and list(line.x)[2] == 1.5
    assert any("7月1日口径变更" in (note.text or "") for note in drawn.layout.annotations)

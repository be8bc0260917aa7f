"""The parts the pages of one area are made of: attention, tiles, trends, towns, splits, the full table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TypeVar

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from kpi.calendar import short_day
from kpi.catalogue import Metric
from kpi.measure import with_unit
from kpi.ui import attention, cards, data, figures, filters, page, tables
from kpi.ui import format as fmt
from kpi.ui.chart import chart
from kpi.ui.page import View

WEEKS, MONTHS = 13, 24
T = TypeVar("T")
LONGEST, MOST_MEMBERS = 12, 5
FIGURES = 2_000
TREND_HEIGHT, TOWNS_HEIGHT, ROW_HEIGHT = 240, 600, 30

NOTHING_ARRIVED = "这个时段没有任何有效的数据文件，请换一个时段，或到“数据导入”页导入。"


def within(metrics: Sequence[Metric], where: Mapping[str, str]) -> list[Metric]:
    """Return the metrics that can be told apart by every dimension of the filter."""
    return [metric for metric in metrics if all(name in data.splits(metric) for name in where)]


def keys(metrics: Sequence[Metric]) -> list[str]:
    """Return the metrics' keys."""
    return [metric.key for metric in metrics]


def pairs(items: Sequence[T]) -> list[Sequence[T]]:
    """Return the items two by two; an odd last one stands alone and gets the whole width."""
    return [items[start : start + 2] for start in range(0, len(items), 2)]


def judged(view: View, metrics: Sequence[Metric]) -> pl.DataFrame:
    """Return the scorecard of ``metrics``; a year is too long for signals and shows those of its newest full week."""
    frame = data.scorecard(view.now, view.period, keys(metrics), where=view.where)
    if view.period.kind != "year":
        return frame
    week = data.last_full(view.now, "week", view.period)
    return attention.with_recent_signals(frame, data.scorecard(view.now, week, keys(metrics), where=view.where))


def before(view: View, scorecard: pl.DataFrame) -> pl.DataFrame:
    """Return the scorecard of the same metrics in the period before."""
    return data.scorecard(view.now, view.period.previous(), scorecard["metric"].to_list(), where=view.where)


def recent(view: View, metrics: Sequence[Metric]) -> pl.DataFrame:
    """Return the series of the last full weeks that the tiles draw."""
    week = data.last_full(view.now, "week", view.period)
    return data.series(view.now, keys(metrics), week, WEEKS, view.where)


def summary(view: View, scorecard: pl.DataFrame, members: pl.DataFrame | None = None) -> None:
    """Draw how the metrics stand, what changed since the period before, and which towns miss the target."""
    page.say(attention.sentence(scorecard, before(view, scorecard), members))


def attention_table(view: View, scorecard: pl.DataFrame, members: pl.DataFrame | None = None) -> None:
    """Draw what needs a decision, metrics before the worst towns; what only moves alarmingly stands folded below."""
    found = attention.missed(scorecard)
    if members is not None:
        worst = worst_first(attention.missed(members), data.catalogue().metric(members["metric"][0]))
        found = pl.concat([found, worst.head(MOST_MEMBERS)])
    columns = tables.metric_columns(view.period.kind, {"as_of"})
    if found.is_empty():
        page.nothing("有目标、有数据的指标中，没有未达标、落后或需要关注的。")
    else:
        tables.show(columns, tables.metric_rows(found), "需要关注的指标")
    moving = attention.moving(scorecard)
    if not moving.is_empty():
        folded = f"另有 {moving.height} 项指标出现不利的异常变动"
        tables.show(columns, tables.metric_rows(moving), "出现异常变动的指标", folded)


def nothing_arrived(scorecard: pl.DataFrame) -> bool:
    """Say whether no file in force covers any day of the period, for any of the rows."""
    return bool((scorecard["status"] == "缺实绩").all())


def tiles(view: View, metrics: Sequence[Metric], scorecard: pl.DataFrame) -> None:
    """Draw one tile per metric with the trend of its last weeks; an area nothing arrived for says so instead."""
    if nothing_arrived(scorecard.filter(pl.col("metric").is_in(keys(metrics)))):
        page.nothing(NOTHING_ARRIVED)
        return
    cards.grid(
        scorecard.filter(pl.col("metric").is_in(keys(metrics))),
        recent(view, metrics),
        "主要指标",
        view.where.get("town", ""),
    )


def trends(view: View, metrics: Sequence[Metric], scorecard: pl.DataFrame) -> None:
    """Draw one chart per metric, this year and last, by week or month as the address says."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        page.section("走势", "实线本期 · 虚线去年同期 · 浅蓝为正常波动范围 · 绿方块向好 · 橙菱形不利")
        step = filters.choice("trend", "步长", {"week": f"近 {WEEKS} 周", "month": f"近 {MONTHS} 个月"}, width=150)
    last = data.last_begun(view.now, step, view.period)
    series = data.series(view.now, keys(metrics), last, WEEKS if step == "week" else MONTHS, view.where)
    for pair in pairs(metrics):
        for column, metric in zip(st.columns(len(pair)), pair, strict=True):
            with column, st.container(key=f"card-trend-{metric.key}".replace(".", "-")):
                _trend(metric, series.filter(metric=metric.key), scorecard.filter(metric=metric.key), view)


def _trend(metric: Metric, series: pl.DataFrame, standing: pl.DataFrame, view: View) -> None:
    row = standing.row(0, named=True)
    age = f"截至 {short_day(row['as_of'])}" if row["as_of"] else "尚无数据"
    title = tables.card_link(metric.name, metric.key, view.period.key, view.where.get("town", ""))
    head(title, age, tables.pill(row["status"], row["status_reason"] or ""))
    span = f"trend-{metric.key}-{series['period'][0]}"
    figure = drawn(view, span, lambda: figures.trend(series, metric.unit, metric.decimals, TREND_HEIGHT))
    chart(figure, key=f"trend-{metric.key}", height=TREND_HEIGHT)
    changes = "　".join(f"{word} {tables.moved(row, field)}" for word, field in cards.changes_in(view.period.kind))
    value = f"{fmt.brief(view.period)} {with_unit(row['value'], metric.unit, metric.decimals)}"
    said = [part for part in (value, tables.made_of(row), changes, cards.aim(row)) if part]
    signal = f"<span>{tables.signal(row) or '无异常信号'}</span>"
    st.html('<p class="kpi-cardfoot">' + "".join(f"<span>{escape(part)}</span>" for part in said) + signal + "</p>")


@st.cache_data(max_entries=FIGURES, show_spinner=False)
def _drawn(identity: tuple[str, ...], _draw: Callable[[], go.Figure]) -> str:
    return str(_draw().to_json())


def drawn(view: View, name: str, draw: Callable[[], go.Figure]) -> str:
    """Return a figure's JSON; ``name`` tells it from every other figure of the same data, period and place."""
    return _drawn((view.now.key, view.period.key, *view.where.values(), name), draw)


def head(title: str, note: str, end: str = "") -> None:
    """Draw the heading line of a card; ``end`` is markup for its right end, ``title`` text or a link."""
    name = title if isinstance(title, tables.Html) else escape(title)
    st.html(f'<header class="kpi-cardhead"><h3>{name}</h3><small>{escape(note)}</small>{end}</header>')


def towns(view: View, metrics: Sequence[Metric], first: str) -> None:
    """Draw one chosen metric of every town: tile grid beside its table. ``first`` is the default metric."""
    choices = sorted((m for m in metrics if "town" in data.splits(m)), key=lambda m: m.key != first)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        page.section("各镇街", "格子按方位示意排列，不代表地理位置；虚线框不作评判；点一个镇街只看它")
        key = filters.choice("town_metric", "指标", {m.key: m.name for m in choices})
    frame = data.scorecard(view.now, view.period, [key], by="town")
    town_overview(view, key, frame, on_click=filters.choose_town)


def town_overview(view: View, key: str, frame: pl.DataFrame, on_click: Callable[[str], None] | None = None) -> None:
    """Draw one metric of every town. ``frame`` is its scorecard by town; a click on a tile names the town."""
    if nothing_arrived(frame):
        page.nothing(NOTHING_ARRIVED)
        return
    metric, places = data.catalogue().metric(key), data.catalogue().towns
    left, right = st.columns(2)
    with left, st.container(key="card-towns"):
        head(f"{metric.name}", _aim(frame))
        figure = drawn(
            view,
            f"towns-{key}",
            lambda: figures.tile_grid(frame, places, metric.unit, metric.decimals, height=TOWNS_HEIGHT),
        )
        chart(figure, key=f"towns-{key}", height=TOWNS_HEIGHT, on_click=on_click)
    with right:
        member_table(view, frame, "镇街", metric)


def _aim(frame: pl.DataFrame) -> str:
    rows = frame.filter(pl.col("target").is_not_null()).head(1).to_dicts()
    return f"目标 {tables.target_text(rows[0])}" if rows else "未设目标"


def member_table(view: View, frame: pl.DataFrame, heading: str, metric: Metric) -> None:
    """Draw one row per member of a split, those that need attention on top."""
    columns = tables.member_columns(heading, view.period.kind, metric.is_rate or metric.kind in {"ratio", "percentile"})
    tables.show(columns, tables.metric_rows(worst_first(frame, metric)), f"{metric.name}，按{heading}")


def worst_first(frame: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    """Return the members with those that need attention on top: worst rate, or largest amount; small samples last."""
    ascending = metric.direction == "up" and metric.kind not in {"total", "gauge"}
    return frame.sort(~enough(metric), "value", descending=[False, not ascending], nulls_last=True, maintain_order=True)


def enough(metric: Metric) -> pl.Expr:
    """Return whether a row rests on as many records as the metric asks for; without a target nothing else checks it."""
    return pl.col("value").is_not_null() & (pl.col("n").fill_null(metric.minimum_n) >= metric.minimum_n)


def bars(view: View, metric: Metric, by: str, key: str) -> None:
    """Draw one metric split by ``by``; members below its smallest sample are counted, not drawn."""
    frame = data.scorecard(view.now, view.period, [metric.key], by=by, where=view.where)
    title = f"{metric.name} · 按{data.splits(metric)[by]}"
    known = frame.filter(enough(metric))
    if known.is_empty():
        head(title, "")
        why = (
            f"每一项都样本不足（n＜{metric.minimum_n}），不作比较。" if frame["value"].count() else "这个时段没有数据。"
        )
        st.html(f'<p class="kpi-none-shown">{escape(why)}</p>')
        return
    shown = worst_first(known, metric).head(LONGEST).with_columns(pl.col("member").fill_null("未填写"))
    notes = [_aim(frame)] if metric.is_rate or frame["target"].count() else []
    if known.height > shown.height:
        is_amount = metric.kind in {"total", "gauge"} and not metric.is_rate
        order = "最多" if is_amount else "最高" if metric.direction == "neutral" else "最需关注"
        notes.append(f"共 {known.height} 个，列{order}的 {shown.height} 个")
    if few := frame.height - known.height:
        notes.append(f"{few} 个样本不足（n＜{metric.minimum_n}）未列")
    head(title, " · ".join(notes))
    figure = drawn(
        view,
        f"bars-{metric.key}-{by}",
        lambda: figures.bars(shown, "member", "value", metric.unit, metric.decimals, "status"),
    )
    chart(figure, key=key, height=60 + ROW_HEIGHT * max(3, shown.height))


def panels(view: View, wanted: Sequence[tuple[str, str]]) -> None:
    """Draw fixed splits in pairs: (metric, dimension)."""
    page.section("构成与差异", "需要关注的在最上，没有好坏之分的从高到低；条形从零起")
    for pair in pairs(wanted):
        for column, (key, by) in zip(st.columns(len(pair)), pair, strict=True):
            name = f"bars-{key}-{by}".replace(".", "-")
            with column, st.container(key=f"card-{name}"):
                bars(view, data.catalogue().metric(key), by, name)


def explorer(view: View, metrics: Sequence[Metric], wanted: Sequence[tuple[str, str]]) -> None:
    """Draw any metric of the area by any dimension it can be split by, both kept in the address.

    It opens with a split that is not among ``wanted``, those already on the page.
    """
    choices = {m.key: m.name for m in metrics if set(data.splits(m)) - set(view.where)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        page.section("自选拆分", "选一个指标和一个维度")
        metric = data.catalogue().metric(filters.choice("metric", "指标", choices))
        open_ones = [name for name in data.splits(metric) if name not in view.where]
        open_ones.sort(key=lambda name: (metric.key, name) in wanted)
        dimensions = {name: data.splits(metric)[name] for name in open_ones}
        by = filters.choice("by", "维度", dimensions, width=160)
    left, right = st.columns(2)
    with left, st.container(key="card-explorer"):
        bars(view, metric, by, "explorer")
    with right:
        frame = data.scorecard(view.now, view.period, [metric.key], by=by, where=view.where)
        member_table(view, worst_first(frame, metric).head(LONGEST), dimensions[by], metric)


def show(view: View, area: str, town_metric: str, wanted: Sequence[tuple[str, str]]) -> None:
    """Draw the page of one area.

    ``town_metric`` is the metric the town grid opens with, ``wanted`` the fixed (metric, dimension) bars.
    """
    metrics = within(data.metrics_of(area), view.where)
    headline = [metric for metric in metrics if metric.headline]
    scorecard = judged(view, metrics)
    members = None if view.where else data.scorecard(view.now, view.period, [town_metric], by="town")
    if nothing_arrived(scorecard):
        page.nothing(NOTHING_ARRIVED)
        return
    summary(view, scorecard, members)
    page.section("先看例外")
    attention_table(view, scorecard, members)
    page.section("主要指标", view.place)
    tiles(view, headline, scorecard)
    trends(view, headline, scorecard)
    if not view.where:
        towns(view, metrics, town_metric)
    panels(view, [pair for pair in wanted if pair[0] in keys(metrics)])
    explorer(view, metrics, wanted)
    page.section("全部指标", "率类指标列出分子与分母")
    tables.show(tables.metric_columns(view.period.kind), tables.metric_rows(scorecard), "全部指标")

"""What pages read: frames of the measure room, cached by the generation they were computed from.

A generation never changes, so nothing here expires by time. A page asks for the generation in force once and
hands it to every call, so that no two figures of one page come from different data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from kpi import catalogue as catalogues
from kpi import engine, measure, store
from kpi.calendar import Period, parse_period, period_of
from kpi.catalogue import Catalogue, Metric, TargetRegister
from kpi.errors import NotComparable, StoreError, UnknownName
from kpi.measure.history import BASELINE
from kpi.store import Generation
from kpi.store.arrivals import arrivals as arrived

Where = tuple[tuple[str, str], ...]
ENTRIES = 2_000


def current() -> Generation:
    """Return the generation in force; StoreError when nothing was ever imported."""
    return store.current()


def with_data() -> Generation:
    """Return the generation in force; StoreError also when every one of its batches was undone."""
    now = store.current()
    if not now.covered:
        raise StoreError("全部批次都已撤销，当前没有有效数据，请到“数据导入”页导入文件。")
    return now


def on_day(text: str) -> Generation:
    """Return what was known at the end of the day an address names, as 2023-12-09.

    Raises UnknownName when it is no day, StoreError when nothing had been imported by then.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UnknownName(f"看不懂日期“{text}”，请写成 2023-12-09。") from error
    return engine.on_day(day, catalogues.load(demo=store.current().is_demo))


def has_batches() -> bool:
    """Say whether anything was ever imported."""
    try:
        store.current()
    except StoreError:
        return False
    return True


def has_data() -> bool:
    """Say whether any batch is in force."""
    return has_batches() and bool(store.current().covered)


def catalogue(now: Generation | None = None) -> Catalogue:
    """Return the catalogue, with what was invented only for the demonstration; for a past day as known then."""
    known = catalogues.load(demo=now is not None and now.is_demo)
    return known if now is None or now.as_of_day is None else known.known_on(now.as_of_day)


def targets(now: Generation | None) -> TargetRegister:
    """Return every target of the catalogue's files, and those entered since where there are data."""
    return source(now).targets if now is not None else TargetRegister(catalogue().targets)


def metrics_of(area: str, headline: bool = False) -> list[Metric]:
    """Return the metrics of one area in the order of the catalogue, or only its headline ones."""
    return [m for m in catalogue().metrics.values() if m.area == area and (m.headline or not headline)]


def splits(metric: Metric) -> dict[str, str]:
    """Return the dimensions all subjects of ``metric`` share: column name → Chinese label."""
    return measure.dimensions(catalogue(), metric)


def scorecard(
    now: Generation,
    period: Period,
    metrics: Sequence[str],
    by: str | None = None,
    where: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Return the scorecard frame of ``metrics`` in ``period``: one row per metric, or per metric × member of ``by``."""
    return _scorecard(now.key, now, period.key, tuple(metrics), by, tuple(sorted((where or {}).items())))


@st.cache_data(max_entries=ENTRIES, show_spinner="正在计算…")
def _scorecard(
    key: str, _now: Generation, period: str, metrics: tuple[str, ...], by: str | None, where: Where
) -> pl.DataFrame:
    source = measure.Source(_now, catalogue(_now))
    return measure.scorecard(source, parse_period(period), list(metrics), by, dict(where) or None)


def series(
    now: Generation, metrics: Sequence[str], last: Period, count: int, where: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Return the series frame of ``metrics`` over the ``count`` periods that end with ``last``.

    Limits and signals come from as many periods as the scorecard looks back on, so that chart and table agree.
    """
    return _series(now.key, now, tuple(metrics), last.key, count, tuple(sorted((where or {}).items())))


@st.cache_data(max_entries=ENTRIES, show_spinner="正在计算…")
def _series(key: str, _now: Generation, metrics: tuple[str, ...], last: str, count: int, where: Where) -> pl.DataFrame:
    period = parse_period(last)
    periods = period.trailing(max(count, BASELINE.get(period.kind, count)))
    frame = measure.series(measure.Source(_now, catalogue(_now)), list(metrics), periods, dict(where) or None)
    return frame.filter(pl.col("first") >= periods[-count].first)


def source(now: Generation) -> measure.Source:
    """Return the generation with its catalogue and the targets entered since."""
    return measure.Source(now, catalogue(now))


def card(now: Generation, metric: str, period: Period, where: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return everything known of one metric in ``period``; see ``measure.card``."""
    return _card(now.key, now, metric, period.key, tuple(sorted((where or {}).items())))


@st.cache_data(max_entries=ENTRIES, show_spinner="正在整理指标卡…")
def _card(key: str, _now: Generation, metric: str, period: str, where: Where) -> dict[str, Any]:
    return measure.card(source(_now), metric, parse_period(period), dict(where))


def explain(
    now: Generation, metric: str, period: Period, versus: str, by: str | None, where: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what drove a change as plain values, or only ``problem``: the sentence that says why it cannot be told."""
    return _explain(now.key, now, metric, period.key, versus, by, tuple(sorted((where or {}).items())))


@st.cache_data(max_entries=ENTRIES, show_spinner="正在寻找变化的来源…")
def _explain(
    key: str, _now: Generation, metric: str, period: str, versus: str, by: str | None, where: Where
) -> dict[str, Any]:
    try:
        return measure.explain(source(_now), metric, parse_period(period), versus, by, dict(where)).as_dict()
    except (NotComparable, UnknownName) as error:
        return {"problem": str(error)}


def last_begun(now: Generation, kind: str, period: Period) -> Period:
    """Return the last week (or month) inside ``period`` with any day in the data; it may be under way."""
    return period_of(kind, min(period.last, now.as_of))


def last_full(now: Generation, kind: str, period: Period) -> Period:
    """Return the last week (or month) inside ``period`` whose days are all in the data, to show its trend up to."""
    found = last_begun(now, kind, period)
    return found if found.last <= min(period.last, now.as_of) else found.previous()


@st.cache_data(max_entries=8, show_spinner=False)
def _batches(key: str, _now: Generation) -> pl.DataFrame:
    return _now.batches()


def batches(now: Generation) -> pl.DataFrame:
    """Return every imported file, one row per batch, the newest first."""
    return _batches(now.key, now)


@st.cache_data(max_entries=32, show_spinner=False)
def _refused(key: str, _now: Generation, batch: int | None) -> pl.DataFrame:
    return _now.refused(batch)


def refused(now: Generation, batch: int | None = None) -> pl.DataFrame:
    """Return refused rows, one per row of a file, of one batch or of all in force."""
    return _refused(now.key, now, batch)


@st.cache_data(max_entries=8, show_spinner=False)
def _arrivals(key: str, _now: Generation) -> pl.DataFrame:
    return arrived(_now, catalogue(_now))


@st.cache_data(max_entries=8, show_spinner=False)
def _restated(key: str, _now: Generation) -> pl.DataFrame:
    return measure.restated(measure.Source(_now, catalogue(_now)))


def restated(now: Generation) -> pl.DataFrame:
    """Return the published weekly figures that were corrected later; see ``kpi.measure.restated``."""
    return _restated(now.key, now)


def arrivals(now: Generation) -> pl.DataFrame:
    """Return one row per subject: when it last arrived, when the next file is due, and whether it is late."""
    return _arrivals(now.key, now)

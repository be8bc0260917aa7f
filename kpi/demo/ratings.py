"""Ratings of the 好差评 system: many, nearly all 非常满意, and a handful of bad ones set by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

import numpy as np
import polars as pl

from kpi.demo.days import OFFICE, ROUND_THE_CLOCK, Floats, Shape, clock, sample
from kpi.demo.people import draw, moments, names, numbered, only_where, phones, pick
from kpi.demo.places import HALL_NAMES, HALL_WINDOWS, TOWNS, halls_of, town_shares
from kpi.demo.registers import service_items
from kpi.demo.scale import SEED, TOTALS, YEARS

AT_WINDOW = 0.84
WINDOW_CHANNELS = {"窗口评价器": 0.74, "窗口二维码": 0.26}
OTHER_CHANNELS = {"粤省事": 0.44, "广东政务服务网": 0.31, "短信": 0.1, "自助机": 0.15}
MONTHS = (0.92, 0.95, 1.08, 1.0, 1.0, 1.02, 1.06, 1.05, 1.03, 0.96, 1.02, 0.98)
BUSY = {
    "县公安局": 3.0,
    "市社会保险基金管理局惠东分局": 2.6,
    "县医疗保障局": 2.4,
    "县市场监督管理局": 2.0,
    "县自然资源局": 1.8,
}


@dataclass(frozen=True)
class Bad:
    """One planted bad rating: its day, level, what verification found and, when valid, its rectification."""

    day: date
    level: int
    verification: str
    due: date | None = None
    rectified: datetime | None = None
    called_back: datetime | None = None


PLANTED = (
    Bad(
        date(2022, 3, 10), 2, "有效差评", date(2022, 3, 17), datetime(2022, 3, 15, 10, 20), datetime(2022, 3, 16, 9, 40)
    ),
    Bad(date(2022, 5, 19), 1, "误评"),
    Bad(
        date(2022, 7, 6), 2, "有效差评", date(2022, 7, 13), datetime(2022, 7, 11, 16, 5), datetime(2022, 7, 12, 10, 10)
    ),
    Bad(date(2022, 8, 23), 2, "与事项无关"),
    Bad(
        date(2022, 10, 11),
        1,
        "有效差评",
        date(2022, 10, 18),
        datetime(2022, 10, 27, 15, 30),
        datetime(2022, 10, 28, 9, 15),
    ),
    Bad(date(2022, 11, 16), 1, "误评"),
    Bad(date(2022, 12, 8), 2, "误评"),
    Bad(date(2023, 2, 15), 1, "误评"),
    Bad(date(2023, 4, 12), 2, "与事项无关"),
    Bad(
        date(2023, 6, 8), 2, "有效差评", date(2023, 6, 15), datetime(2023, 6, 13, 11, 10), datetime(2023, 6, 14, 9, 30)
    ),
    Bad(date(2023, 8, 17), 1, "误评"),
    Bad(date(2023, 11, 21), 2, "误评"),
)


@cache
def item_weights() -> Floats:
    """Return the share of each service item among cases at windows: few items make up most of them."""
    rng = np.random.default_rng([SEED, 8])
    items = service_items()
    weight = np.minimum(rng.pareto(1.3, items.height), 12) + 0.02
    busy = [BUSY.get(department, 1.0) for department in items["department"].to_list()]
    is_everyday = (items["kind"] == "公共服务") & ~items["is_one_thing"]
    shares: Floats = weight * np.array(busy) * np.where(is_everyday, 1.0, 0.12)
    return shares


def build() -> pl.DataFrame:
    """Return all ratings of 2022 and 2023, one per row in order of time, with the catalogue's columns of ``rating``."""
    rng = np.random.default_rng([SEED, 1])
    return pl.concat([_with_planted(_year(rng, year), year) for year in YEARS])


def _year(rng: np.random.Generator, year: int) -> pl.DataFrame:
    total = TOTALS["rating"][year]
    at_window = round(total * AT_WINDOW)
    window_days = sample(rng, at_window, year, Shape(rest=0.015, months=MONTHS, festival=0.2))
    other_days = sample(rng, total - at_window, year, Shape(rest=0.55, months=MONTHS, festival=0.4))
    times = np.concatenate([clock(rng, window_days, OFFICE), clock(rng, other_days, ROUND_THE_CLOCK)])
    is_window = np.arange(total) < at_window
    order = np.argsort(times, kind="stable")
    times, is_window = times[order], is_window[order]
    towns = draw(rng, town_shares(0.85), total)
    halls = halls_of(rng, towns)
    items = draw(rng, item_weights(), total)
    windows = (rng.random(total) * HALL_WINDOWS[halls]).astype(int) + 1
    columns = {
        "rating_id": numbered(f"DEMO-PJ-{year}-", total),
        "rated_at": moments(times),
        "case_id": numbered(f"DEMO-BJ-{year}-", total),
        "item_code": service_items()["item_code"].gather(items),
        "item": service_items()["item"].gather(items),
        "department": service_items()["department"].gather(items),
        "town": pick(TOWNS, towns),
        "hall": only_where(pick(HALL_NAMES, halls), is_window),
        "window": only_where(pl.Series(windows).cast(pl.String).str.zfill(2), is_window),
        "channel": _channels(rng, is_window),
        **_opinions(rng, total),
    }
    return pl.DataFrame(columns)


def _channels(rng: np.random.Generator, is_window: np.ndarray) -> pl.Series:
    at_window = draw(rng, list(WINDOW_CHANNELS.values()), len(is_window))
    elsewhere = draw(rng, list(OTHER_CHANNELS.values()), len(is_window)) + len(WINDOW_CHANNELS)
    return pick((*WINDOW_CHANNELS, *OTHER_CHANNELS), np.where(is_window, at_window, elsewhere))


def _opinions(rng: np.random.Generator, total: int) -> dict[str, pl.Series]:
    is_default = rng.random(total) < 0.004
    level = np.where(is_default, 3, np.array([5, 4, 3])[draw(rng, (0.9928, 0.0058, 0.0014), total)])
    is_real_name = (rng.random(total) < 0.35) & ~is_default
    return {
        "level": pl.Series(level, dtype=pl.Int8),
        "is_default": pl.Series(is_default),
        "is_real_name": pl.Series(is_real_name),
        "rater_name": only_where(names(rng, total), is_real_name),
        "rater_phone": only_where(phones(rng, total), is_real_name),
    }


def _with_planted(frame: pl.DataFrame, year: int) -> pl.DataFrame:
    days = frame["rated_at"].dt.date()
    usable = frame["channel"].is_in(list(WINDOW_CHANNELS)) & ~frame["is_default"] & frame["is_real_name"]
    rows = []
    for bad in (bad for bad in PLANTED if bad.day.year == year):
        position = int(((days == bad.day) & usable).arg_true()[40])
        rows.append((position, bad.level, bad.verification, bad.due, bad.rectified, bad.called_back))
    columns = ["position", "bad_level", "verification", "rectify_due_on", "rectified_at", "called_back_at"]
    planted = pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        pl.col("position").cast(pl.UInt32),
        pl.col("bad_level").cast(pl.Int8),
        pl.col("rectify_due_on").cast(pl.Date),
        pl.col("rectified_at", "called_back_at").cast(pl.Datetime("us")),
    )
    joined = frame.with_row_index("position").join(planted, on="position", how="left", maintain_order="left")
    return joined.with_columns(level=pl.coalesce("bad_level", "level")).drop("position", "bad_level")

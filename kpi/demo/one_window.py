"""Cases at the one-window counters, with one town silent for a week and one week restated later."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from kpi.demo.closings import STATES, closings
from kpi.demo.days import (
    Days,
    Floats,
    Ints,
    Shape,
    Times,
    after_working_days,
    between,
    clock,
    hours_after,
    weights,
    working,
    year_days,
)
from kpi.demo.people import draw, moments, names, numbered, only_where, pick
from kpi.demo.places import HALL_NAMES, HALL_TOWNS, HALL_WINDOWS, TOWNS, halls_of, town_index, town_shares
from kpi.demo.ratings import item_weights
from kpi.demo.registers import service_items
from kpi.demo.scale import LAST_EXPORT, SEED, TOTALS, YEARS

GAP_TOWN, GAP_WEEK = "白花镇", (date(2023, 11, 6), date(2023, 11, 12))
RESTATED_WEEK = (date(2023, 11, 13), date(2023, 11, 19))
CORRECTED_EXPORT = datetime(2023, 12, 8, 9, 0)
LATE_ENTRIES, MOVED_CLOSINGS, MISSED_CASES = 12, 6, 3


def one_window() -> pl.DataFrame:
    """Return all one-window cases of both years in their final state, with the columns of ``one_window_case``."""
    rng = np.random.default_rng([SEED, 6])
    return pl.concat([_one_window_year(rng, year) for year in YEARS])


def _town_days(rng: np.random.Generator, year: int) -> tuple[Days, Ints]:
    """Return day and town of each case: one in every town and open week at least, save the planted gap."""
    days, weight = year_days(year), weights(year, Shape(drift=0.15, months=(1.0, 0.95, 1.08, *(1.0,) * 9)))
    week = (np.arange(len(days)) + date(year, 1, 1).weekday()) // 7
    is_worked = working(date(year, 1, 1), date(year, 12, 31))
    open_weeks = np.unique(week[is_worked])
    share: Floats = weight[:, None] * town_shares(0.6)[None, :]
    share[between(days, *GAP_WEEK), town_index(GAP_TOWN)] = 0.0
    counts = np.zeros(share.shape, np.int64)
    for each in open_weeks:
        here = np.flatnonzero((week == each) & is_worked)
        for town in range(len(TOWNS)):
            if share[here, town].any():
                counts[rng.choice(here), town] += 1
    rest = TOTALS["one_window_case"][year] - int(counts.sum())
    counts += rng.multinomial(rest, (share / share.sum()).ravel()).reshape(share.shape)
    day_of_cell, town_of_cell = (index.ravel() for index in np.indices(counts.shape))
    return np.repeat(days[day_of_cell], counts.ravel()), np.repeat(town_of_cell, counts.ravel())


def _one_window_year(rng: np.random.Generator, year: int) -> pl.DataFrame:
    days, town = _town_days(rng, year)
    accepted = clock(rng, days)
    order = np.argsort(accepted, kind="stable")
    accepted, town, total = accepted[order], town[order], len(order)
    hall = halls_of(rng, town)
    item = draw(rng, item_weights(), total)
    promised = rng.choice((1, 2, 3, 5), total, p=(0.62, 0.2, 0.12, 0.06))
    due, closed, state = closings(rng, accepted, promised, 0.009, LAST_EXPORT)
    closed = _settled(accepted, closed)
    window = np.minimum((rng.beta(1.1, 2.2, total) * HALL_WINDOWS[hall] * 0.6).astype(np.int64) + 1, HALL_WINDOWS[hall])
    signed_on = rng.random(total) < np.where(np.arange(total) < total / 2, 0.78, 0.86) - (0.16 if year == 2022 else 0)
    wait = np.minimum(rng.gamma(2.0, 4.6 if year == 2023 else 5.4, total), 75).round(1)
    return pl.DataFrame(
        {
            "case_id": numbered(f"DEMO-YC-{year}-", total, 5),
            "accepted_at": moments(accepted),
            "item_code": service_items()["item_code"].gather(item),
            "item": service_items()["item"].gather(item),
            "department": service_items()["department"].gather(item),
            "town": pick(TOWNS, HALL_TOWNS[hall]),
            "hall": pick(HALL_NAMES, hall),
            "window": pl.Series(window).cast(pl.String).str.zfill(2),
            "applicant_name": names(rng, total),
            "wait_minutes": only_where(pl.Series(wait), rng.random(total) > 0.02),
            "is_single_sign_on": signed_on,
            "due_at": moments(due),
            "closed_at": moments(closed),
            "status": pick(STATES, state),
        }
    )


def _settled(accepted: Times, closed: Times) -> Times:
    """Return ``closed`` brought before the month's export on the 5th of the next month, when it would fall after it."""
    months = accepted.astype("datetime64[M]") + 1
    exported = hours_after(months.astype("datetime64[s]"), np.full(len(closed), 4 * 24 + 8.5))
    late = (closed > exported) & (months < np.datetime64("2024-01"))
    last_day = after_working_days(months.astype("datetime64[D]") + 3, np.zeros(len(closed), np.int64))
    brought = last_day + (closed - closed.astype("datetime64[D]"))
    return np.where(late, np.maximum(brought, accepted + np.timedelta64(600, "s")), closed)


def restated(final: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the November 2023 file as first exported, and the later file of RESTATED_WEEK that corrects it.

    The first lacks MISSED_CASES cases, shows LATE_ENTRIES as still open and MOVED_CLOSINGS closed a few hours late.
    """
    day = pl.col("accepted_at").dt.date()
    corrected = final.filter(day.is_between(*RESTATED_WEEK))
    done = corrected.filter(pl.col("status") == "已办结")["case_id"].gather_every(7)
    missed = done[:MISSED_CASES]
    unentered = done[MISSED_CASES : MISSED_CASES + LATE_ENTRIES]
    moved = done[MISSED_CASES + LATE_ENTRIES :][:MOVED_CLOSINGS]
    key = pl.col("case_id")
    november = final.filter(day.is_between(date(2023, 11, 1), date(2023, 11, 30)) & ~key.is_in(missed.to_list()))
    closed = pl.col("closed_at")
    first = november.with_columns(
        closed_at=pl.when(key.is_in(moved.to_list())).then(closed + timedelta(hours=3, minutes=25)).otherwise(closed)
    ).with_columns(
        closed_at=pl.when(~key.is_in(unentered.to_list())).then(closed),
        status=pl.when(key.is_in(unentered.to_list())).then(pl.lit("办理中")).otherwise(pl.col("status")),
    )
    return first, corrected

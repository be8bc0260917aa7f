"""Sampling of days and clock times that follow the working calendar, shared by all builders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from kpi.calendar import is_working_day

Days = NDArray[np.datetime64]
Times = NDArray[np.datetime64]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Hours = tuple[tuple[float, float, float], ...]

FESTIVALS = ((date(2022, 1, 31), date(2022, 2, 6)), (date(2023, 1, 21), date(2023, 1, 27)))
EVEN_MONTHS = (1.0,) * 12
OFFICE: Hours = (
    (9, 10, 2.2),
    (10, 11, 2.6),
    (11, 12, 1.8),
    (14.5, 15, 1.0),
    (15, 16, 2.2),
    (16, 17, 1.9),
    (17, 17.5, 0.5),
)
ROUND_THE_CLOCK: Hours = (
    *((hour, hour + 1, 0.25) for hour in range(0, 6)),
    *((hour, hour + 1, weight) for hour, weight in enumerate((0.6, 1.3, 3.2, 5.6, 6.0, 4.6, 2.2), start=6)),
    *((hour, hour + 1, weight) for hour, weight in enumerate((2.4, 4.4, 5.4, 5.0, 4.0, 2.6, 2.3), start=13)),
    *((hour, hour + 1, weight) for hour, weight in enumerate((2.6, 2.2, 1.4), start=20)),
    (23, 23.5, 0.4),
)


@dataclass(frozen=True)
class Shape:
    """How a year's cases spread over its days.

    ``rest`` is a rest day's weight against a working day's 1; ``drift`` the growth from the year's
    first to its last day; ``festival`` the factor inside the Spring Festival holiday.
    """

    rest: float = 0.0
    months: tuple[float, ...] = EVEN_MONTHS
    festival: float = 0.3
    drift: float = 0.15


def span(first: date, last: date) -> Days:
    """Return every day from ``first`` to ``last`` inclusive."""
    return np.arange(np.datetime64(first), np.datetime64(last) + 1)


def year_days(year: int) -> Days:
    """Return every day of ``year``."""
    return span(date(year, 1, 1), date(year, 12, 31))


@cache
def working(first: date, last: date) -> Flags:
    """Return for every day from ``first`` to ``last`` whether it is worked."""
    return np.array([is_working_day(day) for day in span(first, last).tolist()])


def weights(year: int, shape: Shape) -> Floats:
    """Return the weight of each day of ``year``, one per day, summing to 1."""
    days = year_days(year)
    is_worked = working(date(year, 1, 1), date(year, 12, 31))
    weight: Floats = np.where(is_worked, 1.0, shape.rest)
    weight *= np.array(shape.months)[month_of(days) - 1]
    weight *= 1 + shape.drift * (np.arange(len(days)) / len(days) - 0.5)
    for first, last in FESTIVALS:
        near = between(days, first - timedelta(days=5), last + timedelta(days=5))
        inside = between(days, first, last)
        weight *= np.where(inside, shape.festival, np.where(near, 0.75, 1.0))
    weight /= weight.sum()
    return weight


def sample(rng: np.random.Generator, total: int, year: int, shape: Shape) -> Days:
    """Return exactly ``total`` days of ``year``, ascending, drawn by the weights of ``shape``."""
    return np.repeat(year_days(year), rng.multinomial(total, weights(year, shape)))


def in_week(rng: np.random.Generator, counts: Mapping[date, int], year: int) -> Days:
    """Return the planned number of days for each Monday of ``counts``, on worked days of that week and ``year``.

    Raises ValueError when a week that should have cases has no worked day.
    """
    chosen = []
    for monday, count in counts.items():
        week = [monday + timedelta(days=offset) for offset in range(7)]
        open_days = [day for day in week if day.year == year and is_working_day(day)]
        if count and not open_days:
            raise ValueError(f"no worked day in the week of {monday}")
        chosen.append(
            rng.choice(np.array(open_days, "datetime64[D]"), count) if count else np.array([], "datetime64[D]")
        )
    return np.sort(np.concatenate(chosen))


def mondays(year: int) -> list[date]:
    """Return the Monday of every week that has a worked day in ``year``, ascending."""
    days = year_days(year)[working(date(year, 1, 1), date(year, 12, 31))].tolist()
    return sorted({day - timedelta(days=day.weekday()) for day in days})


def clock(rng: np.random.Generator, days: Days, hours: Hours = OFFICE) -> Times:
    """Return ``days`` with a time of day to the second, drawn from ``hours`` (from, to, weight)."""
    start, end, weight = (np.array(part) for part in zip(*hours, strict=True))
    slot = rng.choice(len(hours), size=len(days), p=weight / weight.sum())
    seconds = (start[slot] + rng.random(len(days)) * (end - start)[slot]) * 3600
    times: Times = days.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    return times


@cache
def _worked_days() -> Days:
    first, last = date(2021, 11, 1), date(2024, 6, 30)
    return span(first, last)[working(first, last)]


def after_working_days(days: Days, count: Ints) -> Days:
    """Return the day ``count`` worked days after each of ``days``; a rest day counts from the worked day before it."""
    worked = _worked_days()
    reached: Days = worked[np.searchsorted(worked, days, side="right") - 1 + count]
    return reached


def hours_after(times: Times, hours: Floats) -> Times:
    """Return ``times`` moved on by ``hours``, to the second."""
    moved: Times = times + (hours * 3600).astype("timedelta64[s]")
    return moved


def end_of(days: Days) -> Times:
    """Return the last second of each of ``days``."""
    last: Times = days.astype("datetime64[s]") + np.full(len(days), 86_399).astype("timedelta64[s]")
    return last


def between(days: Days, first: date, last: date) -> Flags:
    """Say for each day (or time) whether it lies from ``first`` to ``last`` inclusive."""
    return (days >= np.datetime64(first)) & (days < np.datetime64(last) + 1)


def month_of(days: Days) -> Ints:
    """Return the month 1–12 of each day."""
    return days.astype("datetime64[M]").astype(np.int64) % 12 + 1


def year_of(days: Days) -> Ints:
    """Return the calendar year of each day."""
    return days.astype("datetime64[Y]").astype(np.int64) + 1970

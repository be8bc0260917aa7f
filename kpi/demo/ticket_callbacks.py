"""Call-backs after closing: who was reached and how satisfied they were, exact for calls made in 2023."""

from __future__ import annotations

import numpy as np
import polars as pl

from kpi.demo.days import Flags, Ints, Times, after_working_days, clock, year_of
from kpi.demo.people import draw, moments, only_where
from kpi.demo.scale import CALLBACKS_RATED, CALLBACKS_SATISFIED
from kpi.demo.ticket_handling import CUT_OFF, Handled

CALLED = 0.955
RATED_SHARE = {2022: 0.885, 2024: 0.89}
SATISFIED_SHARE = {2022: 0.941, 2024: 0.952}
STATES = ("待签收", "办理中", "已办结", "已回访")


def call_back(rng: np.random.Generator, handled: Handled) -> dict[str, pl.Series]:
    """Return the columns of ``ticket`` that follow from the call-back: state, call-back, answers and levels."""
    total = len(handled.closed)
    called = _times(rng, handled.closed)
    is_called = ~np.isnat(called)
    rated, content = _answers(rng, called, handled.is_late)
    reached = rated | (is_called & (rng.random(total) < 0.25))
    resolved = np.where(content, rng.random(total) < 0.965, rng.random(total) < 0.15)
    contact = np.where(content, rng.random(total) < 0.985, rng.random(total) < 0.8)
    final, first, rehandled = _levels(rng, content)
    state = np.where(is_called, 3, np.where(~np.isnat(handled.closed), 2, np.where(~np.isnat(handled.signed), 1, 0)))
    return {
        "status": pl.Series(STATES).gather(pl.Series(state)),
        "rehandle_count": pl.Series(np.where(rated, rehandled, 0), dtype=pl.Int32),
        "is_repeat": pl.Series(rng.random(total) < 0.06),
        "is_unreasonable": pl.Series(rng.random(total) < 0.008),
        "called_back_at": moments(called),
        "is_reached": only_where(pl.Series(reached), is_called),
        "is_contacted": only_where(pl.Series(contact), reached),
        "is_resolved": only_where(pl.Series(resolved), reached),
        "first_level": only_where(pl.Series(first, dtype=pl.Int8), rated),
        "final_level": only_where(pl.Series(final, dtype=pl.Int8), rated),
    }


def _times(rng: np.random.Generator, closed: Times) -> Times:
    """Return when each closed ticket was called back, NaT for the few never called or not yet at the last export."""
    called = np.full(len(closed), np.datetime64("NaT"), "datetime64[s]")
    chosen = np.flatnonzero(~np.isnat(closed) & (rng.random(len(closed)) < CALLED))
    wait = np.minimum(rng.geometric(0.4, len(chosen)), 9)
    called[chosen] = clock(rng, after_working_days(closed[chosen].astype("datetime64[D]"), wait))
    called[called > CUT_OFF] = np.datetime64("NaT")
    return called


def _answers(rng: np.random.Generator, called: Times, is_late: Flags) -> tuple[Flags, Flags]:
    """Return who gave a final level and who of them was satisfied; 2023 meets its totals exactly."""
    rated, content = np.zeros(len(called), bool), np.zeros(len(called), bool)
    year = np.where(np.isnat(called), 0, year_of(np.where(np.isnat(called), np.datetime64(0, "s"), called)))
    for each in (2022, 2023, 2024):
        pool = np.flatnonzero(year == each)
        count = CALLBACKS_RATED if each == 2023 else round(RATED_SHARE[each] * len(pool))
        answering = rng.choice(pool, count, replace=False)
        satisfied = CALLBACKS_SATISFIED if each == 2023 else round(SATISFIED_SHARE[each] * count)
        urge = rng.gumbel(size=count) + np.where(is_late[answering], np.log(4.0), 0.0)
        rated[answering] = True
        content[answering[np.argsort(urge)[:satisfied]]] = True
    return rated, content


def _levels(rng: np.random.Generator, content: Flags) -> tuple[Ints, Ints, Ints]:
    """Return final level, first level and times handled again; a few were dissatisfied at first and won over."""
    total = len(content)
    good = 5 - draw(rng, (0.56, 0.33, 0.11), total)
    bad = 2 - draw(rng, (0.72, 0.28), total)
    final = np.where(content, good, bad)
    won_over = content & (rng.random(total) < 0.026)
    first = np.where(won_over, 2, final)
    return final, first, (won_over | (~content & (rng.random(total) < 0.3))).astype(np.int64)

"""What happens to a ticket between the call and its closing, and how 多祝镇 falls behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from kpi.demo.days import (
    Days,
    Flags,
    Floats,
    Ints,
    Times,
    after_working_days,
    between,
    clock,
    end_of,
    hours_after,
    year_of,
)
from kpi.demo.people import moments, only_where
from kpi.demo.places import town_index
from kpi.demo.scale import LAST_EXPORT

LIMITS = {"咨询": 2, "求助": 10, "建议": 10, "投诉": 15, "举报": 15}
"""Working days to close a ticket of each kind (Guangdong's hotline rules, in force since 2022-09-01)."""
DISPATCH_HOURS = {2022: (5.5, 4.7), 2023: (4.45, 3.55)}
"""Mean hours to the first dispatch at the start and the end of each year."""
LATE_SHARE = {2022: 0.026, 2023: 0.0215}
SLIPPING_TOWN = "多祝镇"
SLIPPING = (date(2023, 10, 16), date(2023, 12, 3))
SLIPPING_SHARE = (0.13, 0.15, 0.17, 0.19, 0.18, 0.17, 0.14)
"""Share of late tickets among those falling due in each of the seven weeks of SLIPPING."""
STILL_OPEN = 0.3
CUT_OFF = np.datetime64(LAST_EXPORT)


@dataclass(frozen=True)
class Handled:
    """Aligned arrays, one entry per ticket: its stages as the last export shows them, NaT where not reached."""

    town: Ints
    dispatched: Times
    signed: Times
    contacted: Times
    due: Times
    extension: Ints
    closed: Times
    returned: Ints
    returned_at: Times
    redispatched_at: Times

    @property
    def is_late(self) -> Flags:
        """True for tickets closed after the deadline."""
        return self.closed > self.due

    def columns(self) -> dict[str, pl.Series]:
        """Return the stages as columns of ``ticket``."""
        return {
            "first_dispatched_at": moments(self.dispatched),
            "signed_at": moments(self.signed),
            "contacted_at": moments(self.contacted),
            "due_at": moments(self.due),
            "extension_days": pl.Series(self.extension, dtype=pl.Int32),
            "closed_at": moments(self.closed),
            "return_count": pl.Series(self.returned, dtype=pl.Int32),
            "returned_at": moments(self.returned_at),
            "redispatched_at": moments(self.redispatched_at),
            "dispatch_count": only_where(pl.Series(self.returned + 1, dtype=pl.Int32), ~np.isnat(self.dispatched)),
        }


def handle(rng: np.random.Generator, received: Times, category: np.ndarray, town: Ints) -> Handled:
    """Return the stages of tickets ``received`` (ascending), with nothing later than the last export."""
    total = len(received)
    dispatched = hours_after(received, _dispatch_hours(rng, received))
    signed = hours_after(dispatched, _lognormal(rng, 4.6, 0.85, total))
    contacted = hours_after(signed, _lognormal(rng, 6.5, 0.85, total))
    limit = np.array([LIMITS[each] for each in category])
    may_extend = (limit > 2) & (rng.random(total) < 0.03)
    extension = np.where(may_extend, rng.choice((5, 10), total, p=(0.7, 0.3)), 0)
    allowed = limit + extension
    arrival = received.astype("datetime64[D]")
    due_day = after_working_days(arrival, allowed)
    late = rng.random(total) < np.array([LATE_SHARE[year] for year in (2022, 2023)])[year_of(received) - 2022]
    late, stays_open = _slipping(rng, late, due_day, town)
    spent = np.minimum((rng.beta(1.8, 2.4, total) * (allowed + 1)).astype(np.int64), allowed)
    overrun = np.minimum(rng.geometric(0.3, total), 12)
    closing_day = after_working_days(arrival, np.where(late, allowed + overrun, spent))
    closed = np.maximum(clock(rng, closing_day), hours_after(contacted, 0.3 + rng.random(total)))
    closed[stays_open] = np.datetime64("NaT")
    returned = (rng.random(total) < 0.038).astype(np.int64)
    returned_at, redispatched_at = _returns(returned > 0, dispatched, signed)
    return Handled(
        town=town,
        dispatched=_seen(dispatched),
        signed=_seen(signed),
        contacted=_seen(contacted),
        due=end_of(due_day),
        extension=extension,
        closed=_seen(closed),
        returned=returned,
        returned_at=_seen(returned_at),
        redispatched_at=_seen(redispatched_at),
    )


def _returns(returned: Flags, dispatched: Times, signed: Times) -> tuple[Times, Times]:
    """Return when tickets were returned and dispatched again, between dispatch and signing, NaT where never.

    Both fall on one day, so that no deadline moves.
    """
    third = (signed - dispatched) // 3
    returned_at = dispatched + third
    redispatched_at = np.minimum(returned_at + third, end_of(returned_at.astype("datetime64[D]")))
    never = np.datetime64("NaT")
    return np.where(returned, returned_at, never), np.where(returned, redispatched_at, never)


def _seen(times: Times) -> Times:
    return np.where(times > CUT_OFF, np.datetime64("NaT"), times)


def _lognormal(rng: np.random.Generator, mean: Floats | float, sigma: float, total: int) -> Floats:
    hours: Floats = np.minimum(rng.lognormal(0, sigma, total) * mean / np.exp(sigma**2 / 2), 60.0)
    return hours


def _dispatch_hours(rng: np.random.Generator, received: Times) -> Floats:
    start, end = np.array([DISPATCH_HOURS[year] for year in (2022, 2023)])[year_of(received) - 2022].T
    into_year = (received.astype("datetime64[D]") - received.astype("datetime64[Y]")).astype(np.int64) / 365
    return _lognormal(rng, start + (end - start) * into_year, 0.75, len(received))


def _slipping(rng: np.random.Generator, late: Flags, due_day: Days, town: Ints) -> tuple[Flags, Flags]:
    """Return who is late and who stays open once the planned share of SLIPPING_TOWN's due tickets is late."""
    late, stays_open = late.copy(), np.zeros(len(late), bool)
    mine = (town == town_index(SLIPPING_TOWN)) & between(due_day, *SLIPPING)
    week = (due_day - np.datetime64(SLIPPING[0])).astype(np.int64) // 7
    for number, share in enumerate(SLIPPING_SHARE):
        here = np.flatnonzero(mine & (week == number))
        late[here] = False
        chosen = rng.choice(here, round(share * len(here)), replace=False)
        late[chosen] = True
        stays_open[chosen[: round(STILL_OPEN * len(chosen))]] = True
    return late, stays_open

"""How counter cases close: promised time, actual time and state, shared by the counters' builders."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from kpi.demo.days import Ints, Times, after_working_days, clock, end_of

STATES = ("办理中", "已办结", "已退件")


def closings(
    rng: np.random.Generator, accepted: Times, promised: Ints, late_share: float, last_seen: datetime
) -> tuple[Times, Times, Ints]:
    """Return promised and actual closing times and the state (position in STATES) as seen at ``last_seen``."""
    total, days = len(accepted), accepted.astype("datetime64[D]")
    due = end_of(after_working_days(days, promised))
    spent = np.minimum((rng.beta(1.2, 3.0, total) * (promised + 1)).astype(np.int64), promised)
    overrun = promised + rng.integers(1, 4, total)
    spent = np.where(rng.random(total) < late_share, overrun, spent)
    closed = np.maximum(clock(rng, after_working_days(days, spent)), accepted + np.timedelta64(600, "s"))
    closed[closed > np.datetime64(last_seen)] = np.datetime64("NaT")
    returned = rng.random(total) < 0.012
    return due, closed, np.where(np.isnat(closed), 0, np.where(returned, 2, 1))

"""Normal ranges of rare events by the gaps between them: g charts (opportunities) and t charts (days).

Counts near zero tell nothing as counts: most periods read 0 and every other one is "outside". The gap since
the last event says more (Benneyan 2001, Health Care Management Science 4; Nelson 1994, JQT 26).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import ceil, log1p, sqrt
from statistics import fmean
from typing import NamedTuple

from kpi.measure.variation import FIRM_POINTS, LEAST_POINTS, ROUNDING, RUN, Signal, limits
from kpi.measure.wording import digits

# Nelson 1994: days between events of a steady rate, raised to this power, are nearly normal.
POWER = 1 / 3.6
# Half of all gaps of a steady rate are shorter than this part of their mean: ln 2 (Benneyan 2001; Provost & Murray).
MEDIAN = 0.693
# The share of a normal variable below −3σ, so that the lower limit is as seldom broken as any other chart's.
LOWER_TAIL = 0.00135


@dataclass(frozen=True)
class Rare:
    """A chart of gaps, in days (t) or opportunities without event (g).

    ``mean`` is ḡ, or the t chart's centre line; ``latest_gap`` the last finished one, ``open_gap`` the time
    or work since the last event, None when there was none. ``events`` counts the events seen.
    ``signal.side`` is +1 for long gaps, which is fewer events, −1 for short ones.
    """

    kind: str
    mean: float | None
    lower: float | None
    upper: float | None
    latest_gap: float | None
    open_gap: float | None
    signal: Signal | None
    is_trial: bool
    events: int

    @property
    def centre(self) -> float | None:
        """The gap half of all gaps are shorter than: 0.693·ḡ of a g chart, the centre line of a t chart."""
        return MEDIAN * self.mean if self.kind == "g" and self.mean is not None else self.mean


class Gaps(NamedTuple):
    """Gaps between successive events, oldest first, and the ones still open; open is None before any event."""

    days: list[float]
    opportunities: list[float]
    open_days: float | None
    open_opportunities: float | None


def rare(kind: str, gaps: Sequence[float], open_gap: float | None, unit: str, screened: bool = True) -> Rare:
    """Return the chart of ``gaps`` between successive events, oldest first, and of the gap still open.

    ``kind`` is ``g`` (Benneyan 2001: upper ḡ + 3√(ḡ(ḡ+1)), which about 1.8 % of the gaps of a steady rate
    exceed; lower the 0.135 % quantile of the geometric distribution, as the 3σ one is always below zero) or
    ``t`` (Nelson 1994: XmR limits of gap^(1/3.6), screened when asked, raised back). ``unit`` names a gap's
    unit in the signal's words: 天, 条. Fewer than ``LEAST_POINTS`` gaps give neither limits nor signal.

    Raises ValueError for an unknown kind.
    """
    if kind not in ("g", "t"):
        raise ValueError(f"unknown chart {kind!r}")
    latest, events = (gaps[-1] if gaps else None), (0 if open_gap is None else len(gaps) + 1)
    if len(gaps) < LEAST_POINTS:
        return Rare(kind, None, None, None, latest, open_gap, None, False, events)
    mean, lower, upper = _geometric(gaps) if kind == "g" else _transformed(gaps, screened)
    is_trial = len(gaps) < FIRM_POINTS
    plain = Rare(kind, mean, lower, upper, latest, open_gap, None, is_trial, events)
    signal = _signal(gaps, open_gap, plain, unit)
    return Rare(kind, mean, lower, upper, latest, open_gap, signal, is_trial, events)


def _geometric(gaps: Sequence[float]) -> tuple[float, float, float]:
    mean = fmean(gaps)
    upper = mean + 3 * sqrt(mean * (mean + 1))
    # P(G ≤ g) = 1 − (1−p)^(g+1) with p = 1 / (ḡ+1): the smallest g that reaches the tail.
    lower = ceil(log1p(-LOWER_TAIL) / log1p(-1 / (mean + 1))) - 1 if mean else 0
    return mean, float(max(lower, 0)), upper


def _transformed(gaps: Sequence[float], screened: bool) -> tuple[float, float, float]:
    known = limits([gap**POWER for gap in gaps], screened)
    mean, lower, upper = (float(max(y, 0.0) ** (1 / POWER)) for y in (known.mean, known.lower, known.upper))
    return mean, lower, upper


def _signal(gaps: Sequence[float], open_gap: float | None, chart: Rare, unit: str) -> Signal | None:
    assert chart.lower is not None and chart.upper is not None and chart.centre is not None
    last, longest = gaps[-1], chart.upper * (1 + ROUNDING)
    if open_gap is not None and open_gap > longest:
        return Signal(f"距上次已 {_amount(open_gap)} {unit}，长于正常范围上限", 1)
    if last > longest:
        return Signal(f"最近一次间隔 {_amount(last)} {unit}，长于正常范围上限", 1)
    if last < chart.lower * (1 - ROUNDING):
        return Signal(f"最近一次间隔 {_amount(last)} {unit}，短于正常范围下限", -1)
    shorter = chart.centre * (1 - ROUNDING)
    # A gap still open but past the centre will end the run whenever it closes.
    if all(gap < shorter for gap in gaps[-RUN:]) and len(gaps) >= RUN and (open_gap or 0.0) < shorter:
        return Signal(f"连续 {RUN} 次间隔短于中位水平", -1)
    return None


def _amount(gap: float) -> str:
    return digits(gap, 0 if gap >= 10 or gap == round(gap) else 1)


def gaps(days: Sequence[tuple[date, float, float]]) -> Gaps:
    """Return the gaps between the events of consecutive days: (day, events, opportunities), oldest first.

    A day gap is the difference of dates; an opportunity gap the opportunities without event in between
    (Benneyan's g counts those). Several events on a day are spread evenly over it, the j-th of k at j/k of its
    time and of its opportunities, so the last one ends the day and what is open begins the day after.
    Raises ValueError when a day is missing or out of order.
    """
    if any(after[0] - before[0] != timedelta(days=1) for before, after in pairwise(days)):
        raise ValueError("gaps need every day, those without events too")
    moments: list[tuple[float, float]] = []
    passed = 0.0
    for elapsed, (_day, count, opportunities) in enumerate(days):
        events = round(count)
        uneventful = max(opportunities - events, 0.0)
        moments += [(elapsed + j / events, passed + uneventful * j / events) for j in range(1, events + 1)]
        passed += uneventful
    between = list(pairwise(moments))
    open_days, open_opportunities = (len(days) - moments[-1][0], passed - moments[-1][1]) if moments else (None, None)
    return Gaps(
        [after[0] - before[0] for before, after in between],
        [after[1] - before[1] for before, after in between],
        open_days,
        open_opportunities,
    )

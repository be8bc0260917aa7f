"""Normal ranges of rates with a known n: Laney's p′ and u′ charts.

Laney 2002, "Improved Control Charts for Attributes", Quality Engineering 14(4): each rate is put in units
of its own sampling error, z = (rate − centre) / σ, and the spread the z really have, σ_z, widens or
narrows the limits. So 99.8 % of 3,000 and of 300 are judged differently, and neither chance beyond the
binomial (days that differ) nor a huge n makes every point special.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import copysign, sqrt

from kpi.measure.variation import ROUNDING, Limits, average_range

# Mean moving range of a normal variable, in standard deviations (d₂ of two points; Montgomery, table VI).
RANGE_PER_SIGMA = 1.128
SIGMAS = 3.0
# Where limits of no width are left, any other rate is outside them, however far.
FAR = 2 * SIGMAS
STANDARD = Limits(0.0, -SIGMAS, SIGMAS)


@dataclass(frozen=True)
class RateChart:
    """A chart of rates: ``centre`` and, per point, half the ``widths`` of the normal range, as shares or per unit.

    ``standardised`` are the points with the centre at 0 and the limits at ±3 (``STANDARD``).
    """

    centre: float
    half_widths: tuple[float, ...]
    standardised: tuple[float, ...]


def p_prime(
    events: Sequence[float], sizes: Sequence[float], baseline: Sequence[int], screened: bool
) -> RateChart | None:
    """Return the p′ chart of shares ``events / sizes``: centre p̄ = Σevents/Σsizes, limits p̄ ± 3·σ_pi·σ_z.

    σ_pi = √(p̄(1−p̄)/n). ``sizes`` are above zero; ``baseline`` are the positions, at least two, that set
    p̄ and σ_z; ``screened`` drops their large moving ranges as an XmR chart does (Laney 2002).
    None when the centre is no share between 0 and 1: then the events are no part of their n.
    """
    centre = _centre(events, sizes, baseline)
    if not 0 <= centre <= 1:
        return None
    return _laney(events, sizes, centre, sqrt(centre * (1 - centre)), baseline, screened)


def u_prime(
    events: Sequence[float], sizes: Sequence[float], baseline: Sequence[int], screened: bool
) -> RateChart | None:
    """Return the u′ chart of ``events`` over an opportunity ``sizes``: as ``p_prime`` with σ_ui = √(ū/n).

    None when the centre is below zero, which no count of events is (Laney 2002).
    """
    centre = _centre(events, sizes, baseline)
    if centre < 0:
        return None
    return _laney(events, sizes, centre, sqrt(centre), baseline, screened)


def _centre(events: Sequence[float], sizes: Sequence[float], baseline: Sequence[int]) -> float:
    return sum(events[i] for i in baseline) / sum(sizes[i] for i in baseline)


def _laney(
    events: Sequence[float],
    sizes: Sequence[float],
    centre: float,
    sigma_of_one: float,
    baseline: Sequence[int],
    screened: bool,
) -> RateChart:
    rates = [x / n for x, n in zip(events, sizes, strict=True)]
    equal = ROUNDING * max(centre, *map(abs, rates))
    # Rates equal to the centre but for rounding are on it: their z must not become the spread of the chart.
    away = [0.0 if abs(rate - centre) <= equal else rate - centre for rate in rates]
    sigmas = [sigma_of_one / sqrt(n) for n in sizes]
    z = [gap / sigma if sigma else 0.0 for gap, sigma in zip(away, sigmas, strict=True)]
    spread = average_range([z[i] for i in baseline], screened) / RANGE_PER_SIGMA
    wide = [SIGMAS * sigma * spread for sigma in sigmas]
    standard = [_standard(gap, half) for gap, half in zip(away, wide, strict=True)]
    return RateChart(centre, tuple(wide), tuple(standard))


def _standard(away: float, half_width: float) -> float:
    if not away:
        return 0.0
    return SIGMAS * away / half_width if half_width else copysign(FAR, away)

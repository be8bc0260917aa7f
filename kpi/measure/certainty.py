"""How sure can a share of so many be? Intervals, funnels, ranks with ties, and figures too good beside others'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, log1p, sqrt
from typing import NamedTuple

from kpi.measure.wording import figure

Z95 = 1.959964
# Spiegelhalter 2005 draws a funnel at two and at three standard errors: 95 % and 99.8 %.
Z998 = 3.090232
TAIL998 = 0.001
# Below five expected cases the normal approximation to the binomial is not to be trusted (Cochran 1954).
FEW = 5
# A figure its benchmark would give less often than this deserves the question how it came about.
IMPROBABLE = 0.001
NEGLIGIBLE = 1e-17


class Funnel(NamedTuple):
    """Limits around the whole's share, as shares between 0 and 1."""

    lower_95: float
    upper_95: float
    lower_998: float
    upper_998: float


@dataclass(frozen=True)
class Rank:
    """A place in a list (1 is best) and whether others share it."""

    place: int
    is_tied: bool


def wilson(k: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Return the interval, as shares, in which the true share behind ``k`` of ``n`` lies (Wilson 1927).

    95 % by default. None of n begins at exactly 0, all of n ends at exactly 1, and n = 0 says nothing: 0 to 1.
    Raises ValueError unless 0 ≤ k ≤ n.
    """
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is no share")
    if n == 0:
        return 0.0, 1.0
    share, weight = k / n, z * z / n
    centre = (share + weight / 2) / (1 + weight)
    half = z * sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    return (0.0 if k == 0 else max(centre - half, 0.0)), (1.0 if k == n else min(centre + half, 1.0))


def funnel(p: float, n: float) -> Funnel:
    """Return the 95 % and 99.8 % limits for ``n`` cases around the whole's share ``p``, clipped to 0…1.

    p ± z·√(p(1−p)/n) (Spiegelhalter 2005, Statistics in Medicine 24). Raises ValueError unless 0 ≤ p ≤ 1 and n > 0.
    """
    if not 0 <= p <= 1 or n <= 0:
        raise ValueError(f"no funnel around {p} for {n} cases")
    sigma = sqrt(p * (1 - p) / n)
    return Funnel(*(min(max(p + z * sigma, 0.0), 1.0) for z in (-Z95, Z95, -Z998, Z998)))


def funnel_word(k: int, n: int, p: float) -> str:
    """Return 高于, 低于 or 范围内: where ``k`` of ``n`` lies to the 99.8 % limits around the whole's share ``p``.

    Beyond the funnel's limits (Spiegelhalter 2005); with fewer than five cases, or five others, expected the
    binomial's own tail of 0.1 % decides, as the normal limits then miss or invent outliers. No cases: 范围内.
    Raises ValueError unless 0 ≤ k ≤ n and 0 ≤ p ≤ 1.
    """
    if not 0 <= k <= n or not 0 <= p <= 1:
        raise ValueError(f"{k} of {n} around {p} is no share")
    if n == 0:
        return "范围内"
    if min(n * p, n * (1 - p)) >= FEW:
        known = funnel(p, n)
        is_high, is_low = k / n > known.upper_998, k / n < known.lower_998
    else:
        is_high = k > n * p and _at_least(k, n, p) < TAIL998
        is_low = k < n * p and _at_least(n - k, n, 1 - p) < TAIL998
    return "高于" if is_high else "低于" if is_low else "范围内"


def _at_least(k: int, n: int, p: float) -> float:
    """Return the binomial P(X ≥ k) for a ``k`` above the mean n·p, summed until terms no longer count."""
    if p <= 0:
        return 0.0
    term = exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + ((n - k) * log1p(-p) if k < n else 0.0))
    total = term
    for i in range(k, n):
        term *= (n - i) / (i + 1) * p / (1 - p)
        total += term
        if term < NEGLIGIBLE * total:
            break
    return total


def ranks(values: Sequence[float | None], best: str, digits: int, unit: str = "") -> list[Rank | None]:
    """Return the place of each value, the best first, ties sharing the better place (1, 2, 2, 4); None keeps None.

    ``best`` is ``high`` or ``low``. Values that read the same when shown with ``digits`` decimals and ``unit``
    share a place: a list must not rank what its own figures call equal. Raises ValueError for any other ``best``.
    """
    if best not in ("high", "low"):
        raise ValueError(f"best is high or low, not {best!r}")
    known = sorted((value for value in values if value is not None), reverse=best == "high")
    shown = [_as_read(value, digits, unit) for value in known]
    found: list[Rank | None] = []
    for value in values:
        text = "" if value is None else _as_read(value, digits, unit)
        found.append(None if value is None else Rank(shown.index(text) + 1, shown.count(text) > 1))
    return found


def _as_read(value: float, digits: int, unit: str) -> str:
    text = figure(value, unit, digits)
    # A rounded −0.0 is no other figure than 0.0.
    return text if any(digit in text for digit in "123456789") else text.removeprefix("−")


def improbable(k: int, n: float, benchmark_rate: float) -> tuple[float, float]:
    """Return (events expected, P(X ≤ k)) had ``n`` cases met events at a published rate per case.

    The count is Poisson around n·rate; a probability below ``IMPROBABLE`` makes the figure too good to go
    unquestioned: 1 of 136,639 where 92.8 per million are usual is 12.68 expected, P ≈ 4×10⁻⁵.
    Raises ValueError when a count or rate is below zero.
    """
    if k < 0 or n < 0 or benchmark_rate < 0:
        raise ValueError("counts and rates are never below zero")
    expected = n * benchmark_rate
    return expected, _poisson_at_most(k, expected)


def _poisson_at_most(k: int, mean: float) -> float:
    """Return P(X ≤ k), summing the tail away from the mean so that nothing overflows or cancels."""
    if mean == 0:
        return 1.0
    is_lower = k < mean
    i = k if is_lower else k + 1
    total = term = exp(i * log(mean) - mean - lgamma(i + 1))
    while term > NEGLIGIBLE * total and (i > 0 or not is_lower):
        term *= i / mean if is_lower else mean / (i + 1)
        i += -1 if is_lower else 1
        total += term
    return min(total if is_lower else 1 - total, 1.0)

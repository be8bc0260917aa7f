"""Is it changing, or is it noise? XmR charts (individuals and moving range).

Rules and constants: NHS England "Making Data Count" as implemented by NHSRplotthedots (050b07d);
limits x̄ ± 2.66·mR̄, near band beyond two thirds of that, moving ranges of 3.267·mR̄ and more screened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

NATURAL = 2.66
SCREEN = 3.267
RUN = 7
MINIMUM_POINTS = 12
ROUNDING = 1e-9


@dataclass(frozen=True)
class Limits:
    """Mean and natural process limits of a series, in the unit of its points."""

    mean: float
    lower: float
    upper: float

    @property
    def near_lower(self) -> float:
        """Two thirds of the way from the mean to the lower limit."""
        return self.mean - (self.mean - self.lower) * 2 / 3

    @property
    def near_upper(self) -> float:
        """Two thirds of the way from the mean to the upper limit."""
        return self.mean + (self.upper - self.mean) * 2 / 3


def limits(points: Sequence[float], screened: bool = True) -> Limits:
    """Return the limits of a gapless series of at least two points."""
    mean = sum(points) / len(points)
    ranges = [abs(b - a) for a, b in pairwise(points)]
    average = sum(ranges) / len(ranges)
    if screened:
        kept = [r for r in ranges if r < SCREEN * average]
        average = sum(kept) / len(kept) if kept else average
    return Limits(mean, mean - NATURAL * average, mean + NATURAL * average)


@dataclass(frozen=True)
class Signal:
    """Why a point is special: the rule in words and the side it lies on (+1 high or rising, −1 low or falling)."""

    words: str
    side: int


def signals(points: Sequence[float], known: Limits) -> list[Signal | None]:
    """Return, per point, the first rule that holds in order of precedence, or None for common cause.

    ① outside a limit ② seven rising or falling ③ two of three near a limit, all on one side
    ④ seven on one side of the mean.
    """
    found: list[Signal | None] = [None] * len(points)
    for rule in (_one_side, _near, _trend, _outside):
        for index, signal in rule(points, known).items():
            found[index] = signal
    return found


def _outside(points: Sequence[float], known: Limits) -> dict[int, Signal]:
    # A constant series must not leave its own limits by the rounding of a division.
    slack = ROUNDING * max(1.0, abs(known.mean))
    return {
        i: Signal("高于正常范围上限", 1) if x > known.upper else Signal("低于正常范围下限", -1)
        for i, x in enumerate(points)
        if x > known.upper + slack or x < known.lower - slack
    }


def _trend(points: Sequence[float], _known: Limits) -> dict[int, Signal]:
    found: dict[int, Signal] = {}
    steps = [_sign(b - a) for a, b in pairwise(points)]
    for end in range(RUN - 2, len(steps)):
        run = steps[end - RUN + 2 : end + 1]
        if abs(sum(run)) == RUN - 1:
            words = f"连续 {RUN} 点{'上升' if run[0] > 0 else '下降'}"
            found.update({i: Signal(words, run[0]) for i in range(end - RUN + 2, end + 2)})
    return found


def _near(points: Sequence[float], known: Limits) -> dict[int, Signal]:
    found: dict[int, Signal] = {}
    for end in range(2, len(points)):
        trio = range(end - 2, end + 1)
        for side in (1, -1):
            if any(_sign(points[i] - known.mean) != side for i in trio):
                continue
            near = [i for i in trio if _is_near(points[i], known, side)]
            if len(near) >= 2:
                words = f"3 点中有 {len(near)} 点接近正常范围{'上限' if side > 0 else '下限'}"
                found.update({i: Signal(words, side) for i in near})
    return found


def _is_near(x: float, known: Limits, side: int) -> bool:
    return known.near_upper < x <= known.upper if side > 0 else known.lower <= x < known.near_lower


def _one_side(points: Sequence[float], known: Limits) -> dict[int, Signal]:
    found: dict[int, Signal] = {}
    sides = [_sign(x - known.mean) for x in points]
    for end in range(RUN - 1, len(points)):
        run = sides[end - RUN + 1 : end + 1]
        if abs(sum(run)) == RUN:
            words = f"连续 {RUN} 点{'高' if run[0] > 0 else '低'}于均值"
            found.update({i: Signal(words, run[0]) for i in range(end - RUN + 1, end + 1)})
    return found


def _sign(x: float) -> int:
    return (x > ROUNDING) - (x < -ROUNDING)


def meaning(signal: Signal | None, direction: str) -> str:
    """Return improvement, concern, neutral (the metric has no good direction) or none."""
    if signal is None:
        return "none"
    if direction == "neutral":
        return "neutral"
    return "improvement" if (signal.side > 0) == (direction == "up") else "concern"

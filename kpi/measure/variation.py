"""Is it changing, or is it noise? XmR charts (individuals and moving range).

Rules and constants: NHS England "Making Data Count" as implemented by NHSRplotthedots (050b07d);
limits x̄ ± 2.66·mR̄, near band beyond two thirds of that, moving ranges of 3.267·mR̄ and more screened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

NATURAL = 2.66
SCREEN = 3.267
RUN = 7
# Wheeler, Understanding Variation: limits begin to be useful at five or six points.
LEAST_POINTS = 6
# Making Data Count: limits of fewer than twelve points are trial limits.
FIRM_POINTS = 12
# Differences below this part of a series' size come from dividing and adding, not from the work counted.
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
    """Return x̄ ± 2.66·mR̄ of a gapless series, in the unit of its points (Wheeler; Making Data Count).

    Raises ValueError for fewer than two points, which have no moving range.
    """
    width = NATURAL * average_range(points, screened)
    mean = fmean(points)
    return Limits(mean, mean - width, mean + width)


def average_range(points: Sequence[float], screened: bool = True) -> float:
    """Return mR̄, the mean distance between neighbouring points, in their unit.

    Screened, ranges of 3.267·mR̄ and more are dropped and the rest averaged once more (Nelson 1982).
    Raises ValueError for fewer than two points.
    """
    if len(points) < 2:
        raise ValueError("a moving range needs two points")
    ranges = [abs(after - before) for before, after in pairwise(points)]
    average = fmean(ranges)
    if not screened:
        return average
    kept = [each for each in ranges if each < SCREEN * average]
    rest = fmean(kept) if kept else 0.0
    # A series that stands still but for one jump would keep only its zeros: limits of no width call
    # every point special, so the jump stays in.
    return rest if rest > slack(points) else average


def slack(points: Sequence[float]) -> float:
    """Return the difference, in the points' unit, below which two of them count as equal."""
    return ROUNDING * max((abs(x) for x in points), default=0.0)


@dataclass(frozen=True)
class Signal:
    """Why a point is special: the rule in words and the side it lies on (+1 high or rising, −1 low or falling)."""

    words: str
    side: int


def signals(points: Sequence[float], known: Limits, shown: Sequence[float] | None = None) -> list[Signal | None]:
    """Return, per point, the first rule that holds in order of precedence, or None for common cause.

    ① outside a limit ② seven rising or falling ③ two of three near a limit, all on one side
    ④ seven on one side of the mean (Making Data Count; a point on the mean ends a run).

    ``shown`` are the points as people see them, where ``points`` are standardised: rising and falling is
    said of what is seen, since a steady rate over growing numbers has a rising standardised value.
    """
    found: list[Signal | None] = [None] * len(points)
    near_zero = slack([*points, known.mean])
    special = _one_side(points, known, near_zero) | _near(points, known, near_zero)
    special |= _trend(points if shown is None else shown) | _outside(points, known, near_zero)
    for index, signal in special.items():
        found[index] = signal
    return found


def _outside(points: Sequence[float], known: Limits, near_zero: float) -> dict[int, Signal]:
    beyond = {i: _beyond(x, known, near_zero) for i, x in enumerate(points)}
    words = {1: "高于正常范围上限", -1: "低于正常范围下限"}
    return {i: Signal(words[side], side) for i, side in beyond.items() if side}


def _beyond(x: float, known: Limits, near_zero: float) -> int:
    # A constant series must not leave its own limits by the rounding of a division.
    return (x > known.upper + near_zero) - (x < known.lower - near_zero)


def _trend(points: Sequence[float]) -> dict[int, Signal]:
    found: dict[int, Signal] = {}
    near_zero = slack(points)
    steps = [_sign(after - before, near_zero) for before, after in pairwise(points)]
    for end in range(RUN - 2, len(steps)):
        run = steps[end - RUN + 2 : end + 1]
        if abs(sum(run)) == RUN - 1:
            words = f"连续 {RUN} 点{'上升' if run[0] > 0 else '下降'}"
            for i in range(end - RUN + 2, end + 2):
                # The peak between a rise and a fall keeps what was said of it first.
                found.setdefault(i, Signal(words, run[0]))
    return found


def _near(points: Sequence[float], known: Limits, near_zero: float) -> dict[int, Signal]:
    found: dict[int, Signal] = {}
    for end in range(2, len(points)):
        trio = range(end - 2, end + 1)
        for side in (1, -1):
            if any(_sign(points[i] - known.mean, near_zero) != side for i in trio):
                continue
            near = [i for i in trio if _is_near(points[i], known, side, near_zero)]
            if len(near) >= 2:
                words = f"3 点中有 {len(near)} 点接近正常范围{'上限' if side > 0 else '下限'}"
                found.update({i: Signal(words, side) for i in near})
    return found


def _is_near(x: float, known: Limits, side: int, near_zero: float) -> bool:
    if _beyond(x, known, near_zero):
        return False
    return x > known.near_upper + near_zero if side > 0 else x < known.near_lower - near_zero


def _one_side(points: Sequence[float], known: Limits, near_zero: float) -> dict[int, Signal]:
    found: dict[int, Signal] = {}
    sides = [_sign(x - known.mean, near_zero) for x in points]
    for end in range(RUN - 1, len(points)):
        run = sides[end - RUN + 1 : end + 1]
        if abs(sum(run)) == RUN:
            words = f"连续 {RUN} 点{'高' if run[0] > 0 else '低'}于均值"
            found.update({i: Signal(words, run[0]) for i in range(end - RUN + 1, end + 1)})
    return found


def _sign(x: float, near_zero: float) -> int:
    return (x > near_zero) - (x < -near_zero)


def meaning(signal: Signal | None, direction: str) -> str:
    """Return improvement, concern, neutral (the metric has no good direction) or none (Making Data Count).

    A trend is judged by where it goes, not by the side of the mean its points still lie on.
    """
    if signal is None:
        return "none"
    if direction == "neutral":
        return "neutral"
    return "improvement" if (signal.side > 0) == (direction == "up") else "concern"

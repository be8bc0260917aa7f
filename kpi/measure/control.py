"""One way into every control chart over consecutive periods: observed figures in, normal range and signals out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kpi.measure.rate_charts import STANDARD, RateChart, p_prime, u_prime
from kpi.measure.variation import FIRM_POINTS, LEAST_POINTS, Signal, limits, signals

KINDS = ("xmr", "p_prime", "u_prime")


@dataclass(frozen=True)
class Observed:
    """One period's figure: ``value`` in the metric's unit, ``size`` its denominator (p′ and u′ need it).

    ``effort`` is how much opportunity the period had beside an ordinary one: working days ÷ 5 of a week.
    """

    value: float
    size: float | None
    effort: float = 1.0


@dataclass(frozen=True)
class Charted:
    """One period's normal range, in the metric's unit and not clipped to what is possible, and its signal.

    ``is_trial``: the limits rest on fewer than ``FIRM_POINTS`` points. Without limits all is empty.
    """

    lower: float | None
    mean: float | None
    upper: float | None
    signal: Signal | None
    is_trial: bool


NOTHING = Charted(None, None, None, None, False)


def chart(
    kind: str,
    points: Sequence[Observed],
    scale: float = 1.0,
    baseline: range | None = None,
    screened: bool = True,
) -> list[Charted]:
    """Return limits and signal of every period of a gapless series of one definition, in the metric's unit.

    ``kind`` is ``xmr`` (Making Data Count), ``p_prime`` or ``u_prime`` (Laney 2002). ``scale`` turns a plain
    quotient into the metric's unit: 100 for %. ``baseline`` are the positions that set the limits
    (locked limits), all by default; fewer than ``LEAST_POINTS`` of them give no limits, nor does a p′ chart
    of figures that are no shares.

    An XmR chart is drawn on value ÷ effort and its limits are scaled back, so that a week of two working
    days is held against two days' worth. A period without any opportunity (effort 0, size 0) says nothing
    about the work: it has no limits, sets none, and neither lengthens nor breaks a run; a week's holiday
    would otherwise hide six low weeks. A p′ or u′ chart knows its opportunity by the size.

    Raises ValueError for an unknown kind, or a p′ or u′ point without size.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown chart {kind!r}")
    usable = [i for i, point in enumerate(points) if _has_opportunity(kind, point)]
    chosen = range(len(points)) if baseline is None else baseline
    setting = [place for place, i in enumerate(usable) if i in chosen]
    charted = [NOTHING] * len(points)
    if len(setting) < LEAST_POINTS:
        return charted
    seen = [points[i] for i in usable]
    found = _individuals(seen, setting, screened) if kind == "xmr" else _rates(kind, seen, scale, setting, screened)
    for i, each in zip(usable, found, strict=True):
        charted[i] = each
    return charted


def _has_opportunity(kind: str, point: Observed) -> bool:
    if kind != "xmr" and point.size is None:
        raise ValueError(f"a {kind} chart needs the size of every point")
    return point.effort > 0 and (kind == "xmr" or bool(point.size and point.size > 0))


def _individuals(points: Sequence[Observed], setting: Sequence[int], screened: bool) -> list[Charted]:
    rates = [point.value / point.effort for point in points]
    known = limits([rates[place] for place in setting], screened)
    is_trial = len(setting) < FIRM_POINTS
    return [
        Charted(known.lower * point.effort, known.mean * point.effort, known.upper * point.effort, signal, is_trial)
        for point, signal in zip(points, signals(rates, known), strict=True)
    ]


def _rates(
    kind: str, points: Sequence[Observed], scale: float, setting: Sequence[int], screened: bool
) -> list[Charted]:
    sizes = [point.size or 0.0 for point in points]
    events = [point.value / scale * size for point, size in zip(points, sizes, strict=True)]
    drawn = (p_prime if kind == "p_prime" else u_prime)(events, sizes, setting, screened)
    if drawn is None:
        return [NOTHING] * len(points)
    found = signals(drawn.standardised, STANDARD, shown=[point.value for point in points])
    return _charted(drawn, found, scale, len(setting) < FIRM_POINTS)


def _charted(drawn: RateChart, found: Sequence[Signal | None], scale: float, is_trial: bool) -> list[Charted]:
    mean = drawn.centre * scale
    return [
        Charted(mean - half * scale, mean, mean + half * scale, signal, is_trial)
        for half, signal in zip(drawn.half_widths, found, strict=True)
    ]

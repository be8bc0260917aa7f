"""A sparkline as an SVG picture: the last periods inside their normal range, with signal points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

from kpi.ui.palette import Theme, palette

Values = Sequence[float | None]
At = Callable[[int, float], tuple[float, float]]


def sparkline_svg(
    values: Values,
    lower: Values,
    upper: Values,
    signals: Sequence[str],
    theme: Theme,
    size: tuple[int, int] = (240, 44),
    stroke: float = 2.0,
) -> str:
    """Return a data URI of ``size`` (width, height); the four sequences hold one entry per period, oldest first.

    ``signals`` are signal kinds (none, improvement, concern, neutral). Nulls are gaps; without limits no band is drawn.
    """
    colours, air = palette(theme), stroke * 2.5
    width, height = size
    known = [number for row in (values, lower, upper) for number in row if number is not None] or [0.0]
    low, span = min(known), (max(known) - min(known)) or 1.0
    step = (width - 2 * air) / max(1, len(values) - 1)
    middle = len(set(known)) == 1

    def at(place: int, value: float) -> tuple[float, float]:
        share = 0.5 if middle else (value - low) / span
        return round(air + place * step, 1), round(height - air - share * (height - 2 * air), 1)

    parts = [_band(lower, upper, at, width, colours.normal_range), _mean(lower, upper, at, width, colours.last_year)]
    points = [None if value is None else at(place, value) for place, value in enumerate(values)]
    parts.append(
        f'<path d="{_path(points)}" fill="none" stroke="{colours.this_period}" stroke-width="{stroke}" '
        f'stroke-linejoin="round" stroke-linecap="round"/>'
    )
    for place, point in enumerate(points):
        kind = signals[place] or "none"
        if point and (kind != "none" or place == len(points) - 1):
            colour = colours.ink if kind == "none" else colours.signal_colour(kind)
            parts.append(_point(point, stroke * 1.9, kind, f'fill="{colour}" stroke="{colours.card}"'))
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    return "data:image/svg+xml," + quote(svg + "".join(parts) + "</svg>")


def _point(at: tuple[float, float], radius: float, kind: str, paint: str) -> str:
    """A signal of concern is a diamond, every other point a disc, so that they differ without colour too."""
    if kind != "concern":
        return f'<circle cx="{at[0]}" cy="{at[1]}" r="{radius:.1f}" {paint}/>'
    side = radius * 1.7
    return (
        f'<rect x="{at[0] - side / 2:.1f}" y="{at[1] - side / 2:.1f}" width="{side:.1f}" height="{side:.1f}" '
        f'transform="rotate(45 {at[0]} {at[1]})" {paint}/>'
    )


def _limits(lower: Values, upper: Values) -> list[tuple[int, float, float]]:
    pairs = enumerate(zip(lower, upper, strict=True))
    return [(place, low, high) for place, (low, high) in pairs if low is not None and high is not None]


def _band(lower: Values, upper: Values, at: At, width: int, colour: str) -> str:
    """The normal range, reaching to both edges of the picture."""
    known = _limits(lower, upper)
    if not known:
        return ""
    tops = [at(place, high) for place, _, high in known]
    bottoms = [at(place, low) for place, low, _ in known][::-1]
    edges = [(0, tops[0][1]), *tops, (width, tops[-1][1]), (width, bottoms[0][1]), *bottoms, (0, bottoms[-1][1])]
    return f'<polygon points="{" ".join(f"{x},{y}" for x, y in edges)}" fill="{colour}"/>'


def _mean(lower: Values, upper: Values, at: At, width: int, colour: str) -> str:
    known = _limits(lower, upper)
    if not known:
        return ""
    place, low, high = known[-1]
    height = at(place, (low + high) / 2)[1]
    return f'<path d="M0 {height}H{width}" stroke="{colour}" stroke-width="1.5" stroke-dasharray="5 5"/>'


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    """The line through the points; it is lifted over a gap, and a point between two gaps becomes a dot."""
    steps, drawing = [], False
    for point in points:
        if point is None:
            drawing = False
            continue
        steps.append(f"{'L' if drawing else 'M'}{point[0]} {point[1]}" + ("" if drawing else "h0"))
        drawing = True
    return "".join(steps)

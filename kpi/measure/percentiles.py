"""Medians and percentiles from how often each value occurs."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from math import floor

Histogram = MutableMapping[float, float]


def quantile(counts: Mapping[float, float], share: float) -> float | None:
    """Return the value below which ``share`` of the records lie, between neighbours by distance; None for none.

    Exact where ``counts`` holds every record's own value. From buckets whose representatives are within
    1 % of their values, it is within 1 % too: order is kept, and interpolation lies between its ends.
    Source: Hyndman & Fan 1996, type 7.
    """
    kept = sorted((value, records) for value, records in counts.items() if records > 0)
    size = round(sum(records for _, records in kept))
    if not size:
        return None
    place = share * (size - 1)
    below = _ranked(kept, floor(place))
    return below + (place - floor(place)) * (_ranked(kept, min(floor(place) + 1, size - 1)) - below)


def _ranked(kept: list[tuple[float, float]], rank: int) -> float:
    """Return the value at a zero-based rank."""
    passed = 0.0
    for value, records in kept:
        passed += records
        if rank < passed:
            return value
    return kept[-1][0]

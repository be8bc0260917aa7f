"""Members beside one another, fairly: ranks with ties, small samples left out, and the range chance allows."""

from __future__ import annotations

from typing import Any

from kpi.catalogue import UNSTATED, Metric
from kpi.measure.certainty import funnel, funnel_word, ranks


def compare_members(metric: Metric, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of one metric's members with rank, rank_of, rank_tied and, for shares, their funnel.

    Only members with a figure of at least the metric's smallest n are ranked; equal figures, as shown, share a
    rank; a neutral metric ranks nobody. The funnel is the range around the whole's rate that chance alone would
    keep a member of its size in (99.8 %, Spiegelhalter 2005).
    """
    able = [i for i, row in enumerate(rows) if _may_be_ranked(metric, row)]
    if metric.direction != "neutral":
        best = "high" if metric.direction == "up" else "low"
        places = ranks([rows[i]["value"] for i in able], best, metric.decimals, metric.unit)
        for i, place in zip(able, places, strict=True):
            if place is not None:
                rows[i] |= {"rank": place.place, "rank_of": len(able), "rank_tied": place.is_tied}
    if metric.is_share and metric.kind == "ratio":
        _add_funnel(metric, rows)
    return rows


def _may_be_ranked(metric: Metric, row: dict[str, Any]) -> bool:
    if row["value"] is None or row["member"] == UNSTATED:
        return False
    return row["n"] is None or row["n"] >= metric.minimum_n


def _add_funnel(metric: Metric, rows: list[dict[str, Any]]) -> None:
    counted = [row for row in rows if row["denominator"] and 0 <= row["numerator"] <= row["denominator"]]
    size = sum(row["denominator"] for row in counted)
    if not size:
        return
    whole = sum(row["numerator"] for row in counted) / size
    for row in counted:
        limits = funnel(whole, row["denominator"])
        row["funnel_low"], row["funnel_high"] = limits.lower_998 * metric.scale, limits.upper_998 * metric.scale
        row["funnel"] = funnel_word(round(row["numerator"]), round(row["denominator"]), whole)

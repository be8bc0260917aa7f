"""What needs a decision: the computed sentence and the exceptions of a scorecard. Pure, no widgets."""

from __future__ import annotations

import polars as pl

from kpi.measure import overview
from kpi.measure.overview import URGENCY

OF_A_WEEK = ("signal", "signal_kind", "variation", "since_last")


def sentence(scorecard: pl.DataFrame, before: pl.DataFrame, members: pl.DataFrame | None = None) -> str:
    """Return how the metrics stand, which need attention most, what changed since ``before``, and the worst towns."""
    said = overview(scorecard.to_dicts(), before.to_dicts())
    if members is not None and not missed(members).is_empty():
        # The first sentence would count the towns by status; the second names those that need attention.
        said.append(overview(members.to_dicts(), what="个镇街")[1])
    return "".join(each.text for each in said)


def missed(scorecard: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that missed their target or slip behind it, the most urgent first."""
    urgency = pl.col("status").replace_strict(URGENCY, default=None, return_dtype=pl.Int8)
    return (
        scorecard.with_columns(urgency=urgency)
        .filter(pl.col("urgency").is_not_null())
        .sort("urgency", maintain_order=True)
        .drop("urgency")
    )


def moving(scorecard: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are not behind any target and yet move the wrong way more than chance would explain."""
    return scorecard.filter(pl.col("signal_kind") == "concern", ~pl.col("status").is_in(list(URGENCY)))


def with_recent_signals(scorecard: pl.DataFrame, recent: pl.DataFrame) -> pl.DataFrame:
    """Return ``scorecard`` with the signals of the newest week where its own period is too long to have any."""
    names = [name for name in OF_A_WEEK if name in scorecard.columns]
    signals = recent.select("metric", *(pl.col(name).alias(f"recent_{name}") for name in names))
    is_quiet = pl.col("signal").fill_null("") == ""
    chosen = {name: pl.when(is_quiet).then(f"recent_{name}").otherwise(name) for name in names}
    joined = scorecard.join(signals, on="metric", how="left", maintain_order="left").with_columns(**chosen)
    return joined.with_columns(pl.col("signal").fill_null(""), pl.col("signal_kind").fill_null("none")).drop(
        [f"recent_{name}" for name in names]
    )

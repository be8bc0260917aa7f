"""What needs a decision: the computed sentence and the exceptions of a scorecard. Pure, no widgets."""

from __future__ import annotations

import polars as pl

from kpi.ui.palette import STATUS

# Order of urgency: a missed target before a slipping one, a slipping one before an alarming movement.
URGENCY = {"未达标": 0, "落后": 1, "关注": 2}
TONES = (("met", "达标"), ("watch", "关注"), ("missed", "未达标"))
NAMED = 3
UNJUDGED = ("未设目标", "本期未完", "样本不足", "缺实绩", "缺基线", "覆盖不全", "口径变更", "数据过期")


def sentence(scorecard: pl.DataFrame, what: str = "项指标") -> str:
    """Return how the rows of one scorecard stand, counted by status: 61 项指标：12 达标 · 1 未达标 · 48 未设目标。"""
    statuses = scorecard["status"].to_list()
    tones: list[str] = [STATUS[status].tone for status in statuses]
    counts = [(tones.count(tone), word) for tone, word in TONES if tone != "watch" or tones.count(tone)]
    counts += [(statuses.count(status), status) for status in UNJUDGED if status in statuses]
    said = " · ".join(f"{count} {word}" for count, word in counts)
    return f"{scorecard.height} {what}：{said}。"


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


def compared(scorecard: pl.DataFrame, before: pl.DataFrame) -> str:
    """Return which metrics joined or left the exceptions since the period before; "" when none did."""
    now, then = missed(scorecard), missed(before)
    joined = now.filter(~pl.col("metric").is_in(then["metric"].implode()))["name"].to_list()
    left = scorecard.filter(pl.col("metric").is_in(then["metric"].implode()), pl.col("status").is_in(["达标", "超前"]))[
        "name"
    ].to_list()
    said = [
        f"{word} {len(names)} 项（{'、'.join(names[:NAMED])}{'等' if len(names) > NAMED else ''}）"
        for word, names in (("新增例外", joined), ("恢复达标", left))
        if names
    ]
    return f"与上期相比{'，'.join(said)}。" if said else ""


def named_members(members: pl.DataFrame) -> str:
    """Return which members (towns) miss the target of one metric; "" when none does or nobody is judged."""
    found = missed(members)
    if found.is_empty():
        return ""
    names = found["member"].to_list()
    more = f"等 {len(names)} 个镇街" if len(names) > NAMED else ""
    return f"{'、'.join(names[:NAMED])}{more}{found['name'][0]}未达目标。"


OF_A_WEEK = ("signal", "signal_kind", "variation", "since_last")


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

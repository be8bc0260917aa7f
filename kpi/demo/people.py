"""Columns every builder needs: register numbers, invented names and telephones, and picks by position."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from kpi.demo.days import Floats, Ints, Times

SURNAMES = (
    "张",
    "李",
    "王",
    "陈",
    "黄",
    "林",
    "刘",
    "吴",
    "曾",
    "温",
    "叶",
    "罗",
    "谢",
    "何",
    "钟",
    "郑",
    "欧阳",
    "朱",
)


def pick(values: Sequence[str | None], index: Ints) -> pl.Series:
    """Return ``values`` at each position of ``index`` as text."""
    return pl.Series(values, dtype=pl.String).gather(pl.Series(index))


def draw(rng: np.random.Generator, weights: Sequence[float] | Floats, count: int) -> Ints:
    """Return ``count`` positions drawn by ``weights``."""
    share = np.asarray(weights, float)
    return rng.choice(len(share), size=count, p=share / share.sum())


def numbered(prefix: str, count: int, width: int = 6, first: int = 1) -> pl.Series:
    """Return ``count`` register numbers in sequence, e.g. DEMO-RX-2023-000001; every prefix begins with DEMO."""
    sequence = pl.Series(np.arange(first, first + count)).cast(pl.String).str.zfill(width)
    return prefix + sequence


def names(rng: np.random.Generator, count: int) -> pl.Series:
    """Return ``count`` invented names, plainly so: 张某."""
    return pick([f"{surname}某" for surname in SURNAMES], rng.integers(len(SURNAMES), size=count))


def phones(rng: np.random.Generator, count: int) -> pl.Series:
    """Return ``count`` invented mobile numbers, all 1380000xxxx."""
    return "1380000" + pl.Series(rng.integers(10_000, size=count)).cast(pl.String).str.zfill(4)


def moments(times: Times) -> pl.Series:
    """Return ``times`` as a column of moments, null where there is none."""
    return pl.Series(times.astype("datetime64[us]"))


def only_where(series: pl.Series, keep: np.ndarray) -> pl.Series:
    """Return ``series`` with null where ``keep`` is false."""
    return series.zip_with(pl.Series(keep), pl.Series([None], dtype=series.dtype).new_from_index(0, len(series)))

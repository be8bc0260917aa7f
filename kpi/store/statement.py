"""What one file says, and how it compares with what is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from kpi.catalogue import Subject
from kpi.errors import AlreadyImported
from kpi.store.schema import key_range, quoted


@dataclass(frozen=True)
class Statement:
    """What one file says: typed rows of one subject and everything worth knowing about the file.

    ``pieces`` are frames of the subject's columns and ``line``, with record keys distinct over all of them; they
    can be gone through more than once. ``refused`` holds line, rule, reason and raw; ``corrects`` batch,
    origin_line and line of rows that replace a refused one. ``facts`` are further columns of the batch.
    ``stated_at`` decides which of two statements about a record is the newer. A statement that ``is_complete``
    withdraws what it does not repeat of its period.
    """

    subject: Subject
    pieces: Iterable[pl.DataFrame]
    refused: pl.DataFrame
    facts: dict[str, Any]
    period_first: date
    period_last: date
    stated_at: datetime
    digest: str
    corrects: pl.DataFrame | None = None
    is_complete: bool = False


@dataclass(frozen=True)
class Verdicts:
    """How a statement's rows compare with what is known, each row counted once."""

    new: int
    changed: int
    same: int
    older: int
    withdrawn: int = 0


def period_sql(subject: Subject, first: date, last: date) -> str:
    """Return the SQL condition for the records a file of these days speaks of: a register speaks of all."""
    day = quoted(subject.day)
    return "true" if subject.register else f"cast({day} as date) between date '{first}' and date '{last}'"


def verdict_sql(subject: Subject, stated_at: datetime, keys: pl.Series, staged: str = "staged") -> str:
    """Return SQL that gives one row per staged row: record, verdict, whether it wins, and the batch of the row known.

    ``verdict`` is new, changed, same or older.

    ``older`` is a row whose known statement is newer and differs. Whatever it says, a row comes into
    force (``wins``) only when no newer statement about its record is known. ``keys`` are those of
    the staged rows.
    """
    record = quoted(subject.record)
    equal = " and ".join(
        f"{staged}.{quoted(c.name)} is not distinct from known.{quoted(c.name)}" for c in subject.columns
    )
    sought = key_range(f"known.{record}", str(keys.min()), str(keys.max()))
    moment = f"timestamp '{stated_at:%Y-%m-%d %H:%M:%S.%f}'"
    return f"""
        select {staged}.{record} as record,
            case
                when known.{record} is null then 'new'
                when {equal} then 'same'
                when batch.stated_at > {moment} then 'older'
                else 'changed'
            end as verdict,
            known.{record} is null or batch.stated_at <= {moment} as wins,
            known.batch as source
        from {staged}
        left join {subject.key}_version as known
            on known.{record} = {staged}.{record} and known.is_current and {sought}
        left join batch on batch.batch = coalesce(known.restated_by, known.batch)
    """


def refuse_repeated(known: Sequence[tuple[int, datetime]], file_name: str) -> None:
    """Raise AlreadyImported when ``known`` names a batch in force with the same bytes."""
    for batch, when in known:
        raise AlreadyImported(
            f"文件“{file_name}”已于 {when:%Y-%m-%d %H:%M} 导入（批次 {batch}），内容完全相同，未作任何改动。"
        )

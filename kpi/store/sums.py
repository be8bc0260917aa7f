"""The one question asked of a generation: sums of measures over windows of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from kpi.catalogue import FLAGS, LEVELS, UNSTATED, Subject
from kpi.errors import UnknownName
from kpi.store.generation import Generation
from kpi.store.schema import quoted

BEGINNING = date(1900, 1, 1)


@dataclass(frozen=True)
class Window:
    """A stretch of days with the number the caller knows it by."""

    id: int
    first: date
    last: date


def check_dimension(subject: Subject, name: str) -> None:
    """Raise UnknownName when ``subject`` has no dimension of that name."""
    if name not in subject.dimensions:
        known = "、".join(f"{key}（{label}）" for key, label in subject.dimensions.items())
        raise UnknownName(f"“{subject.name}”没有维度“{name}”，可用：{known}。")


def member_sql(subject: Subject, name: str) -> str:
    """Return SQL for a dimension's member as people read it: 是 and 否, 非常满意, 未填写 where nothing is stated."""
    column, text = subject.column(name), quoted(name)
    if column.type in ("flag", "level"):
        words: dict[bool, str] | dict[int, str] = FLAGS if column.type == "flag" else LEVELS
        cases = " ".join(f"when {value} then '{word}'" for value, word in words.items())
        return f"case {text} {cases} else '{UNSTATED}' end"
    return f"coalesce(cast({text} as varchar), '{UNSTATED}')"


def window_sums(
    generation: Generation,
    subject: Subject,
    measures: Sequence[str],
    windows: Sequence[Window],
    by: str | None = None,
    where: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Return one row per window and member: window Int32, member String, one Float64 column per measure.

    Only windows and members with at least one event appear. Sums come from the rollup when it holds
    the split asked for, else from the events. Raises UnknownName for a dimension the subject lacks.
    """
    where = dict(where or {})
    for name in (*([by] if by else []), *where):
        check_dimension(subject, name)
    relation = "rollup" if subject.rollup and {*where, by or "town"} <= {"town"} else "event"
    member = member_sql(subject, by) if by else "''"
    daily = ", ".join(f"sum({quoted(m)}) as {quoted(m)}" for m in measures)
    # Sums stay whole numbers or decimals to the end, so that they do not depend on the order of rows.
    sums = ", ".join(f"sum({quoted(m)})::double as {quoted(m)}" for m in measures)
    filters = "".join(f" and {member_sql(subject, name)} = ?" for name in where)
    sql = f"""
        with daily as (
            select day, {member} as member, {daily}
            from {subject.key}_{relation}
            where day between ? and ?{filters}
            group by 1, 2
        ),
        period(id, first, last) as (values {_values(windows)})
        select period.id as "window", member, {sums}
        from daily
        join period on daily.day between period.first and period.last
        group by 1, 2
    """
    first, last = min(w.first for w in windows), max(w.last for w in windows)
    return generation.query(sql, [first, last, *where.values()])


def window_quantiles(
    generation: Generation,
    subject: Subject,
    measure: str,
    quantile: float,
    windows: Sequence[Window],
    by: str | None = None,
    where: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Return one row per window and member: window, member, value (exact, interpolated), n (records counted).

    Source of the interpolation: Hyndman & Fan 1996, type 7, as DuckDB's ``quantile_cont``.
    """
    where = dict(where or {})
    for name in (*([by] if by else []), *where):
        check_dimension(subject, name)
    member = member_sql(subject, by) if by else "''"
    filters = "".join(f" and {member_sql(subject, name)} = ?" for name in where)
    sql = f"""
        with period(id, first, last) as (values {_values(windows)})
        select period.id as "window", {member} as member,
            quantile_cont({quoted(measure)}, {float(quantile)})::double as value,
            count({quoted(measure)})::double as n
        from {subject.key}_event
        join period on day between period.first and period.last
        where {quoted(measure)} is not null{filters}
        group by 1, 2
    """
    return generation.query(sql, list(where.values()))


def towns_reporting(generation: Generation, subject: Subject, windows: Sequence[Window]) -> pl.DataFrame:
    """Return one row per window and town that sent records: window, member (town), volume."""
    return window_sums(generation, subject, [subject.volume], windows, by="town").filter(pl.col(subject.volume) > 0)


def _values(windows: Sequence[Window]) -> str:
    return ", ".join(f"({w.id}, date '{w.first}', date '{w.last}')" for w in windows)

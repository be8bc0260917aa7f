"""What is asked of a generation: sums of measures by day or over windows of days, and how often each value occurs.

Answers come from the rollups where they hold the split asked for, else from the events; both give the same sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from kpi.catalogue import FLAGS, LEVELS, UNSTATED, Subject
from kpi.errors import UnknownName
from kpi.store.generation import Generation
from kpi.store.schema import quoted


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


def daily_sums(
    generation: Generation, subject: Subject, measures: Sequence[str], where: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Return one row per day with at least one event: day Date, one Float64 column per measure, in order of days.

    Raises UnknownName for a dimension the subject lacks.
    """
    sums = ", ".join(f"sum({quoted(m)})::double as {quoted(m)}" for m in measures)
    scope = _Scope(subject, None, where)
    sql = f"select day, {sums} from {scope.relation} where true{scope.filters} group by day order by day"
    return generation.query(sql, scope.parameters)


def window_sums(
    generation: Generation,
    subject: Subject,
    measures: Sequence[str],
    windows: Sequence[Window],
    by: str,
    where: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Return one row per window and member of ``by``: window Int32, member String, one Float64 column per measure.

    Only windows and members with at least one event appear. Raises UnknownName for a dimension the subject lacks.
    """
    scope = _Scope(subject, by, where)
    # Sums stay whole numbers or decimals to the end, so that they do not depend on the order of rows.
    daily = ", ".join(f"sum({quoted(m)}) as {quoted(m)}" for m in measures)
    sums = ", ".join(f"sum({quoted(m)})::double as {quoted(m)}" for m in measures)
    sql = f"""
        with daily as (
            select day, {scope.member} as member, {daily}
            from {scope.relation}
            where day between ? and ?{scope.filters}
            group by 1, 2
        ),
        period(id, first, last) as (values {_values(windows)})
        select period.id as "window", member, {sums}
        from daily
        join period on daily.day between period.first and period.last
        group by 1, 2
    """
    first, last = min(w.first for w in windows), max(w.last for w in windows)
    return generation.query(sql, [first, last, *scope.parameters])


def daily_values(
    generation: Generation, subject: Subject, measure: str, where: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Return how often each value of a measure occurs: day Date, value Float64, records Float64, by day and value.

    From the bucket rollup, where a value is the mean of its bucket (see ``schema.bucket_sql`` for the error
    bound), when ``where`` names at most a town; else exact, from the events.
    """
    scope = _Scope(subject, None, where)
    if scope.is_coarse:
        sql = (
            f"select day, sum(total) / sum(records) as value, sum(records) as records from {subject.key}_bucket "
            f"where measure = '{measure}'{scope.filters} group by day, bucket order by day, bucket"
        )
    else:
        sql = (
            f"select day, {quoted(measure)}::double as value, count(*)::double as records from {scope.relation} "
            f"where {quoted(measure)} is not null{scope.filters} group by 1, 2 order by 1, 2"
        )
    return generation.query(sql, scope.parameters)


def window_values(
    generation: Generation,
    subject: Subject,
    measure: str,
    windows: Sequence[Window],
    by: str,
    where: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Return how often each value occurs in each window and member: window, member, value, records. Exact."""
    scope = _Scope(subject, by, where)
    sql = f"""
        with period(id, first, last) as (values {_values(windows)})
        select period.id as "window", {scope.member} as member, {quoted(measure)}::double as value,
            count(*)::double as records
        from {subject.key}_event
        join period on day between period.first and period.last
        where {quoted(measure)} is not null{scope.filters}
        group by 1, 2, 3
    """
    return generation.query(sql, scope.parameters)


def sum_query(
    subject: Subject,
    measure: str,
    first: date,
    last: date,
    where: Mapping[str, str] | None = None,
    quantile: float | None = None,
) -> str:
    """Return SQL, ready to run as it stands, that gives one measure over a stretch of days: its sum or its quantile."""
    scope = _Scope(subject, None, where)
    before, *after = scope.filters.split("?")
    members = ("'" + member.replace("'", "''") + "'" for member in scope.parameters)
    filters = before + "".join(member + rest for member, rest in zip(members, after, strict=True))
    if quantile is None:
        wanted, relation = f"sum({quoted(measure)})", scope.relation
    else:
        wanted, relation = f"quantile_cont({quoted(measure)}, {quantile})", f"{subject.key}_event"
    return (
        f"select {wanted}::double as {quoted(measure)}\n"
        f"from {relation}\n"
        f"where day between date '{first}' and date '{last}'{filters}"
    )


def towns_reporting(generation: Generation, subject: Subject, windows: Sequence[Window]) -> pl.DataFrame:
    """Return one row per window and town that sent records: window, member (town), volume."""
    return window_sums(generation, subject, [subject.volume], windows, by="town").filter(pl.col(subject.volume) > 0)


class _Scope:
    """How a split and a filter read as SQL, and whether the rollups hold them."""

    def __init__(self, subject: Subject, by: str | None, where: Mapping[str, str] | None) -> None:
        where = dict(where or {})
        for name in (*([by] if by else []), *where):
            check_dimension(subject, name)
        self.is_coarse = {*where, by or "town"} <= {"town"}
        self.relation = f"{subject.key}_{'rollup' if self.is_coarse else 'event'}"
        self.member = member_sql(subject, by) if by else "''"
        self.filters = "".join(f" and {member_sql(subject, name)} = ?" for name in where)
        self.parameters = list(where.values())


def _values(windows: Sequence[Window]) -> str:
    return ", ".join(f"({w.id}, date '{w.first}', date '{w.last}')" for w in windows)

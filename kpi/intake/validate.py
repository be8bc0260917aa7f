"""Rows that may be counted, and rows that may not, each with the rule it breaks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import dataframely as dy
import polars as pl

from kpi.catalogue import Column, Subject
from kpi.intake import rules

Period = tuple[date, date]
NULLABILITY = "|nullability"
CLOSING = "closed_at"
MOST_YEARS = 3
CLOSINGS = ("closed_at", "ended_at", "retired_on")
# Moments that are known before they come.
FORESEEN = ("due_at", "rectify_due_on", "retired_on")
DY_TYPES: dict[str, type[dy.Column]] = {
    **dict.fromkeys(("id", "text", "code", "town", "department"), dy.String),
    "level": dy.Int8,
    "flag": dy.Bool,
    "integer": dy.Int32,
    "number": dy.Float64,
    "date": dy.Date,
    "datetime": dy.Datetime,
}


@dataclass(frozen=True)
class Verdict:
    """What may be counted and what not.

    ``good``: the records that break no rule; the same key may stand there more than once. ``failures``: one row
    per broken rule and column with line, rule, column (name).
    """

    good: pl.DataFrame
    failures: pl.DataFrame


def validate(
    subject: Subject, records: pl.DataFrame, problems: dict[str, pl.Series], latest: date, period: Period | None
) -> Verdict:
    """Judge typed ``records`` (all columns of the subject and line).

    ``problems`` names, per column, the rule each unreadable cell broke; ``latest`` is the last day a
    record can have happened on; ``period`` is what the file says it covers, if it says so. A register's
    records may be older than the period it was exported for.
    """
    cell_failures = _cell_failures(records, problems)
    judged = [subject.record, *(c.name for c in subject.required), subject.day, *_later(subject)]
    checked = records.select("line", *dict.fromkeys(judged))
    stated = None if subject.register else period
    _, failed = _schema(subject, latest, stated).filter(checked)
    failures = pl.concat([cell_failures, _row_failures(subject, failed.details(), cell_failures)])
    if failures.is_empty():
        return Verdict(records, failures)
    return Verdict(records.filter(~pl.col("line").is_in(failures["line"].implode())), failures)


def _cell_failures(records: pl.DataFrame, problems: dict[str, pl.Series]) -> pl.DataFrame:
    frames = [pl.DataFrame(schema={"line": pl.Int32(), "rule": pl.String(), "column": pl.String()})]
    for name, broken in problems.items():
        frame = pl.DataFrame({"line": records["line"], "rule": broken}).drop_nulls("rule")
        frames.append(frame.with_columns(pl.lit(name).alias("column")))
    return pl.concat(frames)


def settle_copies(subject: Subject, copies: pl.DataFrame, broken: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
    """Judge records that share their key with another row of the file.

    ``copies`` holds all columns of the subject and line; ``broken`` are the keys of rows refused for another
    reason, whose copies cannot be trusted either. Returns the lines of later copies that agree in everything, which may
    be left out, and the failures (line, rule, column) of those that do not.
    """
    firsts = copies.unique(subset=pl.exclude("line"), keep="first", maintain_order=True)
    identical = copies.join(firsts, on="line", how="anti")["line"]
    disputed = firsts.filter(pl.col(subject.record).is_duplicated() | pl.col(subject.record).is_in(broken.implode()))
    failures = disputed.select("line", pl.lit(rules.CONFLICT).alias("rule"), pl.lit(subject.record).alias("column"))
    return identical, failures


def _later(subject: Subject) -> dict[str, str]:
    """Return column name → the column whose moment must not be later; a deadline may lie in the future."""
    return {column.name: column.follows for column in subject.columns if column.follows}


def _schema(subject: Subject, latest: date, period: Period | None) -> type[dy.Schema]:
    """Return the rule set of a subject.

    A rule that evaluates to null would count as kept, so every rule says itself what null means:
    kept where the column may be empty, broken (by ``nullable=False``) where it is required.
    """
    members: dict[str, object] = {"line": dy.Int32(nullable=False)}
    for column in subject.columns:
        may_be_null = not column.required or column.type == "level"
        members[column.name] = _dy_column(column, may_be_null)
    names = {"line", subject.record, subject.day, *_later(subject), *(c.name for c in subject.required)}
    members = {name: member for name, member in members.items() if name in names}
    day = pl.col(subject.day)
    members[f"{rules.FUTURE}_{subject.day}"] = _rule((day.cast(pl.Date()) <= latest).fill_null(True))
    if period is not None:
        members[f"{rules.OUTSIDE}_{subject.day}"] = _rule(day.cast(pl.Date()).is_between(*period).fill_null(True))
    for name, earlier in _later(subject).items():
        rule = rules.CLOSED_BEFORE if name in CLOSINGS else rules.DISORDER
        members[f"{rule}_{name}"] = _rule(_in_order(pl.col(earlier), pl.col(name)).fill_null(True))
        if name == CLOSING and earlier == subject.day:
            members[f"{rules.TOO_LONG}_{name}"] = _rule(_within_years(pl.col(earlier), pl.col(name)))
        if name not in FORESEEN:
            members[f"{rules.FUTURE}_{name}"] = _rule((pl.col(name).cast(pl.Date()) <= latest).fill_null(True))
    return type(f"{subject.key}_schema", (dy.Schema,), members)


def _within_years(opened: pl.Expr, closed: pl.Expr) -> pl.Expr:
    """Closed, or still open on the youngest day of the file, at most three years after opening."""
    until = closed.fill_null(opened.max())
    return (until <= opened.dt.offset_by(f"{MOST_YEARS}y")).fill_null(True)


def _dy_column(column: Column, nullable: bool) -> dy.Column:
    if column.type == "datetime":
        return dy.Datetime(nullable=nullable, time_unit="us")
    return DY_TYPES[column.type](nullable=nullable)


def _rule(kept: pl.Expr) -> object:
    def rule(cls: type[dy.Schema]) -> pl.Expr:
        return kept

    return dy.rule()(rule)


def _in_order(opened: pl.Expr, closed: pl.Expr) -> pl.Expr:
    """Closed not before opened; a closing without time of day (midnight) is compared by its day."""
    opened, closed = opened.cast(pl.Datetime("us")), closed.cast(pl.Datetime("us"))
    date_only = closed == closed.dt.truncate("1d")
    return (closed >= opened) | (date_only & (closed.dt.date() >= opened.dt.date()))


def _row_failures(subject: Subject, details: pl.DataFrame, cell_failures: pl.DataFrame) -> pl.DataFrame:
    """Return line, rule, column of every rule dataframely found broken, minus nulls an unreadable cell explains."""
    frames = [cell_failures.clear()]
    for name in details.columns:
        rule, column = _named(subject, name)
        if not rule:
            continue
        lines = details.filter(pl.col(name).cast(pl.String()) == "invalid").select("line")
        frames.append(lines.with_columns(pl.lit(rule).alias("rule"), pl.lit(column).alias("column")))
    found = pl.concat(frames)
    explained = found.join(cell_failures, on=["line", "column"], how="semi")
    unexplained = found.join(cell_failures, on=["line", "column"], how="anti")
    return pl.concat([unexplained, explained.filter(pl.col("rule") != rules.MISSING)])


def _named(subject: Subject, name: str) -> tuple[str, str]:
    """Translate dataframely's name of a rule to (rule, column); empty for plain columns."""
    if name.endswith(NULLABILITY):
        return rules.MISSING, name.removesuffix(NULLABILITY)
    if name.startswith(f"{rules.TOO_LONG}_"):
        # The file may lack the column of the closing; the year of the opening is what to look at.
        return rules.TOO_LONG, subject.day
    for rule in (rules.FUTURE, rules.OUTSIDE, rules.CLOSED_BEFORE, rules.DISORDER):
        if name.startswith(f"{rule}_"):
            return rule, name.removeprefix(f"{rule}_")
    return "", ""

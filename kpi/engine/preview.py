"""What an import would do, told before anything is in force."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from kpi.catalogue import FLAGS, LEVELS, Catalogue, Column
from kpi.engine.statements import ORIGIN_SQL, check_dataset, dataset_of, statement_of
from kpi.intake import Caution, Staged
from kpi.store import Generation, Statement, current, dataset_folder, period_sql, refuse_repeated, verdict_sql
from kpi.store.schema import quoted

SAMPLE_ROWS = 5
MANY_CHANGED, MOST_CHANGED = "变更过多", 0.2
OLDER_FILE = "较旧的导出"
GONE, LEAST_REPEATED = "行已消失", 0.5


@dataclass(frozen=True)
class Preview:
    """What an import would do: counts of rows and, per changed row and column, the old and new text.

    ``gone`` counts the records in force of the file's period that the file no longer repeats, with some of their
    keys; ``new_columns`` are headers no earlier file of the subject had; ``cautions`` must be confirmed.
    """

    new: int
    changed: int
    same: int
    older: int
    gone: int
    gone_samples: tuple[str, ...]
    samples: pl.DataFrame
    new_columns: tuple[str, ...]
    cautions: tuple[Caution, ...]
    switches_to_real: bool


def preview(root: Path, staged: Staged, catalogue: Catalogue, *, is_complete: bool = False) -> Preview:
    """Compare a staged file with what is in force, changing nothing.

    With ``is_complete`` the file is taken for the whole of its period, and what it lacks would be withdrawn.
    Raises ImportRefused when demo data arrive while real data are shown, AlreadyImported for the same bytes.
    """
    dataset = dataset_of(staged)
    switches = check_dataset(root, staged)
    if not (dataset_folder(root, dataset) / "current").exists():
        nothing = pl.DataFrame()
        return Preview(staged.pieces.height, 0, 0, 0, 0, (), nothing, (), staged.cautions, switches)
    generation = current(root, dataset)
    corrected_at = generation.query(ORIGIN_SQL, [staged.corrects["batch"].unique().to_list()]).item()
    statement = statement_of(staged, catalogue, corrected_at=corrected_at)
    refuse_repeated(generation.in_force(staged.digest, staged.subject), staged.file_name)
    counts, samples, keys = _compared(generation, statement)
    known, gone = _gone(generation, statement, pl.concat([keys, staged.refused["record"].drop_nulls()]).unique())
    if not is_complete and not _is_reexport(known, len(gone), staged):
        gone = gone.clear()
    cautions = [*staged.cautions, *_changes(counts, staged), *_age(generation, statement, staged)]
    if len(gone):
        what = "将被撤下" if is_complete else "默认保留，若本文件是该期间的完整导出，可选“本期完整覆盖”把它们撤下"
        words = f"该期间已有 {known:,} 条记录，其中 {len(gone):,} 条（如 {gone[0]}）不在这份文件里；{what}。"
        cautions.append(Caution(GONE, words))
    return Preview(
        counts["new"],
        counts["changed"],
        counts["same"],
        counts["older"],
        len(gone),
        tuple(gone.head(SAMPLE_ROWS)),
        samples,
        _new_columns(generation, staged),
        tuple(cautions),
        switches,
    )


def _compared(generation: Generation, statement: Statement) -> tuple[Counter[str], pl.DataFrame, pl.Series]:
    """Return how many rows have each verdict, the differences of some changed ones, and the keys of all."""
    subject = statement.subject
    counts: Counter[str] = Counter()
    samples: list[pl.DataFrame] = []
    keys = [pl.Series(dtype=pl.String)]
    for piece in statement.pieces:
        if piece.is_empty():
            continue
        sql = verdict_sql(subject, statement.stated_at, piece[subject.record])
        verdicts = generation.compare(sql, piece)
        counts.update(dict(verdicts["verdict"].value_counts().iter_rows()))
        keys.append(piece[subject.record])
        changed = verdicts.filter(pl.col("verdict") == "changed")["record"].head(SAMPLE_ROWS)
        if len(changed) and len(samples) < SAMPLE_ROWS:
            samples.append(_differences(generation, statement, piece, changed))
    return counts, pl.concat(samples) if samples else pl.DataFrame(), pl.concat(keys)


def _gone(generation: Generation, statement: Statement, keys: pl.Series) -> tuple[int, pl.Series]:
    """Return how many records of the period are in force, and the keys of those the file lacks."""
    subject = statement.subject
    record = quoted(subject.record)
    sql = (
        f"select known.{record} as record, staged.record is null as is_gone from {subject.key} as known "
        f"left join staged on staged.record = known.{record} "
        f"where {period_sql(subject, statement.period_first, statement.period_last)} order by 1"
    )
    known = generation.compare(sql, keys.alias("record").to_frame())
    gone = known.filter("is_gone")["record"]
    return len(known), gone


def _is_reexport(known: int, gone: int, staged: Staged) -> bool:
    """Say whether a file states again what is known of its period rather than another part of it.

    One that says which period it covers does so when it repeats anything, one whose period is only that of its
    rows when it repeats half.
    """
    if not staged.pieces.height:
        return True
    repeated = known - gone
    return repeated > 0 if staged.states_period else repeated >= LEAST_REPEATED * known


def _changes(counts: Counter[str], staged: Staged) -> list[Caution]:
    rows = staged.pieces.height
    if counts["changed"] <= MOST_CHANGED * rows:
        return []
    share = f"{counts['changed'] / rows:.0%}"
    words = f"{rows:,} 行中有 {counts['changed']:,} 行（{share}）与已有数据不同，请核对下面的例子再确认。"
    return [Caution(MANY_CHANGED, words)]


def _age(generation: Generation, statement: Statement, staged: Staged) -> list[Caution]:
    """Warn when a newer export of the same days is in force: what it says stays."""
    newer = generation.query(
        "select file_name, stated_at from batch where in_force and subject = $subject and stated_at > $stated_at "
        "and period_first <= $last and period_last >= $first order by stated_at desc limit 1",
        {
            "subject": statement.subject.key,
            "stated_at": statement.stated_at,
            "first": statement.period_first,
            "last": statement.period_last,
        },
    )
    if staged.exported_at is None or newer.is_empty():
        return []
    name, when = newer.row(0)
    words = (
        f"这份文件导出于 {staged.exported_at:%Y-%m-%d %H:%M}，早于已导入的“{name}”（{when:%Y-%m-%d %H:%M}）；"
        "同一记录仍以较新的为准，只补入没有的。"
    )
    return [Caution(OLDER_FILE, words)]


def _new_columns(generation: Generation, staged: Staged) -> tuple[str, ...]:
    """Return the headers no earlier file of the subject had, once there is an earlier one."""
    known = generation.query(
        "select distinct headers from batch where subject = ? and headers is not null", [staged.subject]
    )["headers"]
    seen = {header for text in known for header in json.loads(text)}
    return tuple(header for header in staged.headers if header and header not in seen) if seen else ()


def _in_words(column: Column) -> pl.Expr:
    """Return a column as people write it: moments to the second, levels and flags in words."""
    value = pl.col(column.name)
    if column.type == "datetime":
        return value.dt.to_string("%Y-%m-%d %H:%M:%S")
    if column.type in ("level", "flag"):
        words = LEVELS if column.type == "level" else FLAGS
        return value.replace_strict(list(words), list(words.values()), default=None, return_dtype=pl.String)
    return value.cast(pl.String)


def _differences(generation: Generation, statement: Statement, piece: pl.DataFrame, records: pl.Series) -> pl.DataFrame:
    """Return one row per changed cell of ``records``: record, column (Chinese header), old, new."""
    subject = statement.subject
    compared = [column for column in subject.columns if column.name != subject.record]
    names = {column.name: column.header for column in compared}
    old = generation.query(
        f"select * from {subject.key} where {subject.record} in (select unnest(?))", [records.to_list()]
    )

    def long(frame: pl.DataFrame, side: str) -> pl.DataFrame:
        return frame.select(pl.col(subject.record).alias("record"), *map(_in_words, compared)).unpivot(
            index="record", variable_name="column", value_name=side
        )

    new = piece.filter(pl.col(subject.record).is_in(records.implode()))
    both = long(old, "old").join(long(new, "new"), on=["record", "column"])
    return both.filter(pl.col("old").ne_missing(pl.col("new"))).with_columns(pl.col("column").replace(names))

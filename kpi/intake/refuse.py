"""The list of refused rows a person reads: line, rule, reason, and the row as it was, masked."""

from __future__ import annotations

import json

import polars as pl

from kpi.catalogue import Subject
from kpi.intake import rules
from kpi.intake.clean import shown_text
from kpi.intake.masks import HIDDEN, mask_numbers
from kpi.intake.read import Ragged
from kpi.intake.recognise import Recognised
from kpi.intake.spelling import tidy

PRECEDENCE = {rule: rank for rank, rule in enumerate(rules.EXPLANATIONS)}
LONGEST_SHOWN = 40
SCHEMA = {"line": pl.Int32(), "rule": pl.String(), "reason": pl.String(), "raw": pl.String()}


def refused_rows(
    found: Recognised,
    texts: dict[str, pl.Series],
    lines: pl.Series,
    failures: pl.DataFrame,
    ragged: tuple[Ragged, ...],
) -> pl.DataFrame:
    """Return one row per refused line with line, rule (the first broken), reason (all of them) and raw.

    ``failures`` has line, rule, column. Raw is a JSON object header → text of the recognised columns,
    personal ones masked. A row with too many or too few fields is shown as it stands in the file; since
    its cells may stand under the wrong header, those that could be personal are hidden.
    """
    frames = [_ragged_rows(found, ragged)]
    if not failures.is_empty():
        wanted = lines.is_in(failures["line"].unique().implode())
        shown = pl.DataFrame([lines.alias("line"), *(text.alias(name) for name, text in texts.items())]).filter(wanted)
        shown = shown.with_columns(shown_text(found.subject.column(name), pl.col(name)).alias(name) for name in texts)
        reasons = _reasons(found.subject, failures, shown)
        # Where one header feeds two columns it is shown once, hidden if either of them is personal.
        by_care = sorted(found.columns, key=lambda name: bool(found.subject.column(name).personal))
        places = {found.columns[name]: name for name in by_care}
        fields = [pl.col(name).alias(found.headers[place]) for place, name in places.items()]
        raw = shown.select("line", pl.struct(fields).struct.json_encode().alias("raw"))
        frames.append(reasons.join(raw, on="line", how="left").select(*SCHEMA))
    return pl.concat(frames).sort("line")


def _ragged_rows(found: Recognised, ragged: tuple[Ragged, ...]) -> pl.DataFrame:
    width = len(found.headers)
    rows = [
        (
            row.line,
            rules.FIELD_COUNT,
            f"该行有 {len(row.cells)} 个字段，表头有 {width} 个：{rules.EXPLANATIONS[rules.FIELD_COUNT]}",
            json.dumps(_as_it_stands(found, row), ensure_ascii=False),
        )
        for row in ragged
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _as_it_stands(found: Recognised, row: Ragged) -> dict[str, str]:
    """Return header → cell by position, hidden where a shift by the missing or surplus fields makes it personal.

    Columns the subject does not know, and fields beyond the header, may hold anything and are hidden too.
    """
    shift = abs(len(row.cells) - len(found.headers))
    personal = {place for name, place in found.columns.items() if found.subject.column(name).personal}
    known = set(found.columns.values())
    shown = {}
    for place, cell in enumerate(row.cells):
        header = found.headers[place] if place < len(found.headers) else ""
        is_hidden = place not in known or any(abs(place - other) <= shift for other in personal)
        shown[header or f"第 {place + 1} 个字段"] = HIDDEN if is_hidden and tidy(cell) else mask_numbers(cell)
    return shown


def _reasons(subject: Subject, failures: pl.DataFrame, shown: pl.DataFrame) -> pl.DataFrame:
    """Return line, rule, reason: one row per line, the broken rules in order of precedence."""
    headers = {column.name: column.header for column in subject.columns}
    concerned = failures["column"].unique().to_list()
    long = shown.unpivot(concerned, index="line", variable_name="column", value_name="text")
    text = pl.col("text").fill_null("").str.head(LONGEST_SHOWN)
    reason = pl.format(
        "{}“{}”{}",
        pl.col("column").replace_strict(headers, return_dtype=pl.String()),
        text,
        pl.col("rule").replace_strict(rules.EXPLANATIONS, return_dtype=pl.String()),
    )
    ranked = (
        failures.join(long, on=["line", "column"], how="left")
        .with_columns(reason.alias("reason"), pl.col("rule").replace_strict(PRECEDENCE).alias("rank"))
        .sort("line", "rank", "column")
    )
    return ranked.group_by("line", maintain_order=True).agg(
        pl.col("rule").first(), pl.col("reason").unique(maintain_order=True).str.join("；")
    )

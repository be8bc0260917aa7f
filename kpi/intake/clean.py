"""Columns of texts → columns of typed values, with the rule each unreadable cell breaks."""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass
from datetime import time

import polars as pl

from kpi.catalogue import Catalogue, Column
from kpi.intake import rules
from kpi.intake.cells import Interpreter, Reading, interpreter
from kpi.intake.dates import parse_common
from kpi.intake.masks import HIDDEN, MASKS, PHONE_IN_TEXT
from kpi.intake.spelling import INVISIBLE, tidy

DTYPES: dict[str, pl.DataType] = {
    **dict.fromkeys(("id", "text", "code", "town", "department"), pl.String()),
    "level": pl.Int8(),
    "flag": pl.Boolean(),
    "integer": pl.Int32(),
    "number": pl.Float64(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
}
PLAIN_ID = r"^[0-9A-Za-z][0-9A-Za-z_\-]{4,}$"
PLAIN_MOBILE = r"^1\d{10}$"
PLAIN_IDENTITY = r"^\d{17}[\dX]$"
ENTITY = re.compile(r"&(?:nbsp|amp|lt|gt|quot|apos|middot|ensp|emsp|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
ERROR_VALUE = re.compile(r"#(?:N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)", re.IGNORECASE)
NEEDS_A_LOOK = rf"""^\s|\s$|^['="“#]|[０-９]|[{INVISIBLE}]|\d{{7}}|{PHONE_IN_TEXT.pattern}|{ENTITY.pattern}"""
ENTITIES = "网页转义字符还原"
DAY_ONLY = "只有日期没有时刻，按日计"
LONGEST_WORD_BYTES = 6
SAMPLE = 20_000


@dataclass(frozen=True)
class CleanColumn:
    """One column after cleaning: typed values and, where cells could not be read, the rule they break.

    ``problems`` is null for a column without unreadable cells, else one rule name or null per row.
    """

    values: pl.Series
    problems: pl.Series | None
    normalised: Counter[str]


def clean_column(
    column: Column, header: str, texts: pl.Series, catalogue: Catalogue, backwards: bool = False
) -> CleanColumn:
    """Return the typed values of ``texts`` (String, no nulls), read under the rules of ``column``.

    ``backwards`` says that an earlier part of the file showed bare digits of a level column to mean the contrary.

    The bulk is converted by whole-column expressions where these cannot differ from the exact
    interpreter; the interpreter sees the distinct texts that remain.
    """
    values = _in_bulk(column, texts)
    if values is None:
        return _interpret(column, header, texts, catalogue, backwards)
    hidden = len(values) - values.null_count() if column.personal in ("phone", "id_number") else 0
    normalised = Counter({"个人信息脱敏": hidden} if hidden else {})
    left = (values.is_null() & (texts.str.len_bytes() > 0)).arg_true()
    if not len(left):
        return CleanColumn(values.alias(column.name), None, normalised + _without_time(column, values))
    rest = _interpret(column, header, texts.gather(left), catalogue, backwards)
    problems = None
    if rest.problems is not None:
        problems = pl.Series([None], dtype=pl.String()).new_from_index(0, len(texts)).scatter(left, rest.problems)
    values = values.scatter(left, rest.values).alias(column.name)
    return CleanColumn(values, problems, normalised + rest.normalised + _without_time(column, values))


def _without_time(column: Column, values: pl.Series) -> Counter[str]:
    """Count moments at midnight sharp: exports write so when they know the day only."""
    if column.type != "datetime":
        return Counter()
    midnights = int((values.dt.time() == time()).sum())
    return Counter({DAY_ONLY: midnights} if midnights else {})


def _in_bulk(column: Column, texts: pl.Series) -> pl.Series | None:
    """Return the values whole-column expressions are sure of, null elsewhere; None when none would pay."""
    match column.type, column.personal:
        case (("date" | "datetime"), _):
            values = parse_common(texts).cast(DTYPES[column.type])
        case "id", _ if column.width is None:
            values = _keep(texts, texts.str.contains(PLAIN_ID))
        case "text", "phone":
            values = _hide_middle(texts, texts.str.contains(PLAIN_MOBILE), 3, "****")
        case "text", "id_number":
            values = _hide_middle(texts, texts.str.contains(PLAIN_IDENTITY), 6, "*" * 8)
        case "text", personal if personal != "name" and _mostly_distinct(texts):
            plain = (texts.str.len_bytes() > LONGEST_WORD_BYTES) & ~texts.str.contains(NEEDS_A_LOOK)
            values = _keep(texts, plain)
        case _:
            return None
    return values


def _mostly_distinct(texts: pl.Series) -> bool:
    sample = texts.head(SAMPLE)
    return sample.n_unique() > len(sample) // 4


def _keep(texts: pl.Series, sure: pl.Series) -> pl.Series:
    if sure.all():
        return texts
    return texts.to_frame("t").select(pl.when(sure).then(pl.col("t"))).to_series()


def _hide_middle(texts: pl.Series, sure: pl.Series, first: int, stars: str) -> pl.Series:
    text = pl.col("t")
    hidden = pl.concat_str(text.str.head(first), pl.lit(stars), text.str.tail(4))
    return texts.to_frame("t").select(pl.when(sure).then(hidden)).to_series()


def _interpret(column: Column, header: str, texts: pl.Series, catalogue: Catalogue, backwards: bool) -> CleanColumn:
    counted = texts.alias("text").value_counts(name="count")
    distinct = counted["text"].to_list()
    read = interpreter(column, header, distinct, catalogue, backwards)
    readings = [_read(text, read) for text in distinct]
    dtype = DTYPES[column.type]
    values = pl.Series([reading.value for reading in readings], dtype=dtype)
    normalised: Counter[str] = Counter()
    for reading, count in zip(readings, counted["count"].to_list(), strict=True):
        if reading.note:
            normalised[reading.note] += count
    problems = None
    if any(reading.rule for reading in readings):
        broken = pl.Series([reading.rule or None for reading in readings], dtype=pl.String())
        problems = texts.replace_strict(counted["text"], broken, return_dtype=pl.String())
    typed = texts.replace_strict(counted["text"], values, return_dtype=dtype)
    return CleanColumn(typed.alias(column.name), problems, normalised)


def _read(text: str, read: Interpreter) -> Reading:
    """Read one cell, web entities turned into what they stand for and error values of a spreadsheet refused."""
    if text.startswith("#") and ERROR_VALUE.fullmatch(text.strip()):
        return Reading(None, rules.ERROR_VALUE)
    if "&" in text and ENTITY.search(text):
        reading = read(html.unescape(text))
        return reading if reading.rule else reading._replace(note=ENTITIES)
    return read(text)


def shown_text(column: Column, texts: pl.Expr) -> pl.Expr:
    """Return ``texts`` as a refused row may show them: personal columns masked, telephone numbers hidden."""
    if column.personal:
        mask = MASKS[column.personal]
        return texts.map_elements(lambda text: mask(tidy(text)), return_dtype=pl.String())
    if column.type == "id":
        return texts
    return texts.str.normalize("NFKC").str.replace_all(rf"\d{{17}}[\dXx]|{PHONE_IN_TEXT.pattern}", HIDDEN)

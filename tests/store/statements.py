"""Small hand-made statements for tests of the store: a subject's rows, and the file they would have come in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl

from kpi.catalogue import load
from kpi.store import Statement

CATALOGUE = load(demo=True)
POLARS_TYPES: dict[str, Any] = {
    "level": pl.Int8,
    "flag": pl.Boolean,
    "integer": pl.Int32,
    "number": pl.Float64,
    "date": pl.Date,
    "datetime": pl.Datetime("us"),
}
NO_REFUSED = pl.DataFrame(
    schema={"line": pl.Int32, "rule": pl.String, "reason": pl.String, "raw": pl.String, "record": pl.String}
)


def typed(subject: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return rows as intake would stage them: every column of the subject, typed, and the line."""
    schema = {c.name: POLARS_TYPES.get(c.type, pl.String) for c in CATALOGUE.subjects[subject].columns}
    return pl.DataFrame([{**row, "line": n} for n, row in enumerate(rows, 2)], schema={**schema, "line": pl.Int32})


def statement(
    subject: str,
    rows: list[dict[str, Any]],
    *,
    name: str = "a.csv",
    stated_at: datetime = datetime(2024, 1, 5),
    first: date = date(2023, 1, 1),
    last: date = date(2023, 12, 31),
) -> Statement:
    """Return a statement of ``rows``; its digest depends on name, rows and time, as a file's would."""
    facts = {
        "file_name": name,
        "format": "csv",
        "encoding": "utf-8",
        "header_line": 1,
        "rows_read": len(rows),
        "skipped": {},
        "normalised": {},
        "exported_at": stated_at,
    }
    digest = f"{name}|{stated_at}|{rows}"
    return Statement(
        CATALOGUE.subjects[subject], [typed(subject, rows)], NO_REFUSED, facts, first, last, stated_at, digest
    )


def rating(
    number: int, day: date = date(2023, 6, 1), town: str = "多祝镇", level: int | None = 5, **more: Any
) -> dict[str, Any]:
    """Return one rating."""
    return {
        "rating_id": f"DEMO-R{number}",
        "rated_at": datetime.combine(day, datetime.min.time().replace(hour=10)),
        "town": town,
        "channel": "窗口评价器",
        "level": level,
        "is_default": False,
        **more,
    }

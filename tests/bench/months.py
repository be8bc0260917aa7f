"""How long one more month takes to go in on top of one year of records, and on top of ten.

Run by ``python3 run.py bench``; prints ratios, asserts nothing about time.
"""

from __future__ import annotations

import shutil
import tempfile
from calendar import monthrange
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from statistics import mean, median
from time import perf_counter
from typing import Any
from unittest.mock import patch

import duckdb
import polars as pl

from kpi import engine, intake
from kpi.catalogue import Catalogue, load
from kpi.demo import exports, kiosks, registers
from kpi.engine import rollups
from kpi.intake.clean import DTYPES
from kpi.store import Draft, Statement, current, drafting, publishing

LAST_YEAR = 2024
NEXT_YEAR = LAST_YEAR + 1
HISTORIES = (1, 10)
TODAY = date(2026, 2, 1)
REPETITIONS = 3
REFUSED = pl.DataFrame(
    schema={"line": pl.Int32, "rule": pl.String, "reason": pl.String, "raw": pl.String, "record": pl.String}
)
FACTS: dict[str, Any] = {
    "file_name": "年.csv", "format": "csv", "encoding": "utf-8", "header_line": 1, "rows_read": 0, "skipped": {},
    "normalised": {}, "exported_at": None,
}  # fmt: skip


def year_of(frame: pl.DataFrame, day: str, year: int) -> pl.DataFrame:
    """Return the demonstration's records of 2023 as if they were real ones of ``year``, under keys of that year."""
    rows = frame.filter(pl.col(day).dt.year() == 2023)
    moved = [pl.col(name).dt.offset_by(f"{year - 2023}y") for name, kind in rows.schema.items() if kind.is_temporal()]
    return rows.with_columns(moved).with_columns(
        pl.col(pl.String).str.strip_prefix("DEMO-").str.replace("-2023-", f"-{year}-", literal=True)
    )


def build(root: Path, years: int, catalogue: Catalogue) -> None:
    """Make a store that holds the registers and ``years`` years of every monthly subject up to the end of 2024.

    A month is published at a time, so that the file lies as imports leave it.
    """
    frames = exports.frames()
    with drafting(root, "real", catalogue) as opened:
        for key, frame in {
            "kiosk": kiosks.register(),
            "service_item": registers.service_items(),
            "service_hall": registers.service_halls(),
            "town_population": registers.town_populations(),
        }.items():
            rows = frame.with_columns(pl.col(pl.String).str.strip_prefix("DEMO-"))
            _append(opened, catalogue, key, rows, date(2014, 1, 1), date(LAST_YEAR, 12, 31))
        rollups.refresh(opened)
    for year in range(LAST_YEAR - years + 1, LAST_YEAR + 1):
        of_year = {key: year_of(frames[key], day, year) for key, day in exports.DAY_COLUMNS.items()}
        for month in range(1, 13):
            first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
            with drafting(root, "real", catalogue) as opened:
                for key, day in exports.DAY_COLUMNS.items():
                    rows = of_year[key].filter(pl.col(day).dt.date().is_between(first, last))
                    _append(opened, catalogue, key, rows, first, last)
                rollups.refresh(opened)


def _append(opened: Draft, catalogue: Catalogue, key: str, rows: pl.DataFrame, first: date, last: date) -> None:
    stated = datetime.combine(last, time(12)) + timedelta(days=5)
    lacking = [c for c in catalogue.subjects[key].columns if c.name not in rows.columns]
    lined = rows.with_columns(
        *(pl.lit(None, DTYPES[column.type]).alias(column.name) for column in lacking),
        line=pl.int_range(2, rows.height + 2, dtype=pl.Int32),
    )
    statement = Statement(
        catalogue.subjects[key], [lined], REFUSED, FACTS, first, last, stated, digest=f"{key} {first} {last}"
    )
    opened.append(statement, stated)


def month_files(folder: Path, catalogue: Catalogue, month: int) -> list[Path]:
    """Write one file per monthly subject with the records of a month of ``NEXT_YEAR``; return their paths."""
    paths = []
    for key, day in exports.DAY_COLUMNS.items():
        rows = year_of(exports.frames()[key], day, NEXT_YEAR).filter(pl.col(day).dt.month() == month)
        shown = [
            (pl.col(c.name).dt.to_string("%Y-%m-%d %H:%M:%S") if c.type == "datetime" else
             pl.when(c.name).then(pl.lit("是")).when(~pl.col(c.name)).then(pl.lit("否")) if c.type == "flag" else
             pl.col(c.name).cast(pl.String)).alias(c.header)
            for c in catalogue.subjects[key].columns
            if c.name in rows.columns
        ]  # fmt: skip
        paths.append(folder / f"{key}-{month:02d}.csv")
        rows.select(shown).write_csv(paths[-1])
    return paths


@contextmanager
def timed(parts: dict[str, float]) -> Iterator[None]:
    """Add to ``parts`` how long each step of a publication takes while the block runs."""

    def watch(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def inner(*arguments: Any, **more: Any) -> Any:
            start = perf_counter()
            try:
                return function(*arguments, **more)
            finally:
                parts[name] = parts.get(name, 0.0) + perf_counter() - start

        return inner

    steps = (
        ("stage", intake, "stage"),
        ("copy", shutil, "copyfile"),
        ("sync and publish", publishing, "_publish"),
        ("append", Draft, "append"),
        (" compare", Draft, "_supersede"),
        (" touched days", Draft, "_touch"),
        ("rollups", rollups, "refresh"),
    )
    with ExitStack() as stack:
        for name, owner, attribute in steps:
            stack.enter_context(patch.object(owner, attribute, watch(name, getattr(owner, attribute))))
        yield


def one_more_month(root: Path, paths: list[Path], catalogue: Catalogue) -> dict[str, float]:
    """Import the files as the command line does; return the seconds of the whole and of its steps."""
    parts: dict[str, float] = {}
    with timed(parts):
        start = perf_counter()
        staged = [intake.stage(path.read_bytes(), path.name, catalogue, today=TODAY) for path in paths]
        loaded = engine.load(root, staged, catalogue)
        whole = perf_counter() - start
    assert all(item.new and not item.changed for item in loaded), loaded
    known = sum(parts.get(name, 0.0) for name in ("stage", "copy", "sync and publish", "append", "rollups"))
    return {
        "whole": whole,
        "without reading the files": whole - parts["stage"],
        **parts,
        "open, commit, checkpoint": whole - known,
    }


def a_year_of_months(built: Path, store: Path, files: list[list[Path]], catalogue: Catalogue) -> list[dict[str, float]]:
    """Import one month after another on top of a copy of a store; return the seconds of each month."""
    shutil.copytree(built, store)
    months = [one_more_month(store, paths, catalogue) for paths in files]
    shutil.rmtree(store)
    return months


def main() -> None:
    """Print the medians and their ratios, measured in turn in this process, each time on a copy of the store.

    Every few generations the database merges small pieces of tables; that shows in the mean, not in the median.
    """
    catalogue = load()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [month_files(folder, catalogue, month) for month in range(1, 13)]
        for years in HISTORIES:
            build(folder / str(years), years, catalogue)
        sizes = {years: current(folder / str(years), "real").path.stat().st_size / 1e6 for years in HISTORIES}
        times: dict[int, list[dict[str, float]]] = {years: [] for years in HISTORIES}
        for _ in range(REPETITIONS):
            for years in HISTORIES:
                times[years] += a_year_of_months(folder / str(years), folder / "copied", files, catalogue)
    print(f"one more month on DuckDB {duckdb.__version__}: seconds, median of {12 * REPETITIONS} months; ratio")
    print(f"{'':28}" + "".join(f"{f'{years} y, {sizes[years]:.0f} MB':>16}" for years in HISTORIES))
    for step in times[HISTORIES[0]][0]:
        print_row(step, median, [[month.get(step, 0.0) for month in times[years]] for years in HISTORIES])
    print_row("whole (mean)", mean, [[month["whole"] for month in times[years]] for years in HISTORIES])
    print("ratio of the whole: at most 1.3")


def print_row(name: str, average: Callable[[list[float]], float], seconds: list[list[float]]) -> None:
    """Print one step's seconds on the short and the long history, and their ratio."""
    few, many = (average(column) for column in seconds)
    print(f"{name:28}{few:16.3f}{many:16.3f}{many / max(few, 1e-9):9.2f}")


if __name__ == "__main__":
    main()

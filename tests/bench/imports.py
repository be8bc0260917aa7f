"""How long a large ticket export takes to go in, beside DuckDB reading and inserting the same rows as text.

Run by ``python3 run.py bench``; prints ratios, asserts nothing about time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import duckdb
import polars as pl

from kpi import engine, intake
from kpi.catalogue import load
from kpi.demo import exports

ROWS = 250_000
REPETITIONS = 3


def ticket_export(path: Path, rows: int = ROWS) -> Path:
    """Write a ticket export of ``rows`` real-looking rows by repeating the demonstration's under new numbers."""
    subject = load().subjects["ticket"]
    frame = exports.frames()["ticket"]
    copies = -(-rows // frame.height)
    tickets = pl.concat(
        frame.with_columns(ticket_id=pl.lit(f"HD{copy}") + pl.col("ticket_id").str.strip_prefix("DEMO"))
        for copy in range(copies)
    ).head(rows)
    shown = [
        (pl.col(c.name).dt.to_string("%Y-%m-%d %H:%M:%S") if c.type == "datetime" else
         pl.when(c.name).then(pl.lit("是")).when(~pl.col(c.name)).then(pl.lit("否")) if c.type == "flag" else
         pl.col(c.name).cast(pl.String)).alias(c.header)
        for c in subject.columns
        if c.name in tickets.columns
    ]  # fmt: skip
    tickets.select(shown).write_csv(path)
    return path


def ours(path: Path, store: Path) -> None:
    """Import the file as the command line does: read, clean, validate, compare, append, roll up, publish."""
    catalogue = load()
    staged = intake.stage(path.read_bytes(), path.name, catalogue)
    (loaded,) = engine.load(store, [staged], catalogue)
    assert loaded.new == ROWS, loaded


def raw(path: Path, store: Path) -> None:
    """Let DuckDB read the file as text and insert it into a new database file."""
    store.mkdir()
    with duckdb.connect(str(store / "raw.duckdb")) as connection:
        columns = connection.execute(f"select * from read_csv('{path}', all_varchar = true) limit 0").description
        names = ", ".join(f'"{column[0]}" varchar' for column in columns)
        connection.execute(f"create table ticket ({names})")
        connection.execute(f"insert into ticket select * from read_csv('{path}', all_varchar = true)")
        assert connection.execute("select count(*) from ticket").fetchall() == [(ROWS,)]


def seconds(action: Callable[[Path, Path], None], path: Path, store: Path) -> float:
    """Return how long one run takes."""
    start = perf_counter()
    action(path, store)
    return perf_counter() - start


def main() -> None:
    """Print the medians and their ratio, both measured in turn in this process."""
    with tempfile.TemporaryDirectory() as folder:
        path = ticket_export(Path(folder) / "tickets.csv")
        ours(path, Path(folder) / "warm")
        times: dict[str, list[float]] = {"ours": [], "raw": []}
        for turn in range(REPETITIONS):
            times["raw"].append(seconds(raw, path, Path(folder) / f"raw{turn}"))
            times["ours"].append(seconds(ours, path, Path(folder) / f"ours{turn}"))
        size = path.stat().st_size / 1e6
    own, floor = median(times["ours"]), median(times["raw"])
    print(f"import of {ROWS:,} tickets ({size:.0f} MB): {own:.2f} s; DuckDB read + insert as text: {floor:.2f} s")
    print(f"ratio {own / floor:.2f} (at most 3)")


if __name__ == "__main__":
    main()

"""How long a large ticket export takes to go in, beside DuckDB reading and inserting the same rows as text.

Run by ``python3 run.py bench``; prints ratios, asserts nothing about time.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import duckdb
import polars as pl

from kpi import engine, intake
from kpi.catalogue import load
from kpi.demo import exports
from kpi.engine import LoadedBatch

ROWS = 1_000_000
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


def ours(path: Path, store: Path) -> LoadedBatch:
    """Import the file as the command line does: read apart, clean, validate, compare, append, roll up, publish."""
    staged = intake.stage_apart(path, path.name)
    (loaded,) = engine.load(store, [staged], load())
    return loaded


def raw(path: Path, store: Path) -> None:
    """Let DuckDB read the file as text and insert it into a new database file."""
    store.mkdir()
    with duckdb.connect(str(store / "raw.duckdb")) as connection:
        columns = connection.execute(f"select * from read_csv('{path}', all_varchar = true) limit 0").description
        names = ", ".join(f'"{column[0]}" varchar' for column in columns)
        connection.execute(f"create table ticket ({names})")
        connection.execute(f"insert into ticket select * from read_csv('{path}', all_varchar = true)")
        assert connection.execute("select count(*) from ticket").fetchall() == [(ROWS,)]


def seconds(action: Callable[[], object]) -> float:
    """Return how long one run takes."""
    start = perf_counter()
    action()
    return perf_counter() - start


def main() -> None:
    """Print the medians and their ratios, all measured in turn in this process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = ticket_export(folder / "tickets.csv")
        other = folder / "again.csv"
        other.write_bytes(path.read_bytes().decode().encode("gb18030"))
        small = folder / "small.csv"
        small.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:100]))
        intake.stage_apart(small, small.name)
        times: dict[str, list[float]] = {"raw": [], "ours": [], "again": []}
        for turn in range(REPETITIONS):
            store = folder / f"ours{turn}"
            times["raw"].append(seconds(partial(raw, path, folder / f"raw{turn}")))
            times["ours"].append(seconds(partial(ours, path, store)))
            start = perf_counter()
            again = ours(other, store)
            times["again"].append(perf_counter() - start)
            assert (again.new, again.changed, again.same) == (0, 0, ROWS), again
            shutil.rmtree(store)
        size = path.stat().st_size / 1e6
    own, floor, repeated = (median(times[kind]) for kind in ("ours", "raw", "again"))
    print(f"import of {ROWS:,} tickets ({size:.0f} MB): {own:.2f} s; DuckDB read + insert as text: {floor:.2f} s")
    print(f"ratio {own / floor:.2f} (at most 3)")
    print(f"the same content again as GB18030 under another name: {repeated:.2f} s, 0 rows changed")
    print(f"ratio {repeated / floor:.2f} (at most 2)")


if __name__ == "__main__":
    main()

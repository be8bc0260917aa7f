"""How long a scorecard takes beside one hand-written SQL sum per subject over the same rows."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from click.testing import CliRunner

from kpi.calendar import parse_period
from kpi.catalogue import load
from kpi.commands import cli
from kpi.measure import Source, scorecard
from kpi.store import Generation, current

REPETITIONS = 7


def demo_source(folder: str) -> Source:
    """Return the demonstration data, built anew in ``folder``."""
    os.environ["KPI_STORE"] = folder
    assert CliRunner().invoke(cli, ["demo"]).exit_code == 0
    return Source(current(Path(folder)), load(demo=True))


def by_hand(generation: Generation, source: Source) -> None:
    """Sum every rollup and event table once over the week, the week before and the week last year."""
    for subject in source.catalogue.subjects.values():
        table = f"{subject.key}_{'rollup' if subject.rollup else 'event'}"
        generation.query(
            f"select date_trunc('week', day)::date, sum({subject.volume})::double from {table} "
            "where day between '2023-11-20' and '2023-12-03' or day between '2022-11-28' and '2022-12-04' group by 1"
        )


def main() -> None:
    """Print medians of the whole weekly scorecard and of the hand-written sums."""
    with tempfile.TemporaryDirectory() as folder:
        source = demo_source(folder)
        week = parse_period("2023-W48")
        scorecard(source, week)
        times: dict[str, list[float]] = {"scorecard": [], "by hand": []}
        for _ in range(REPETITIONS):
            start = perf_counter()
            scorecard(source, week)
            times["scorecard"].append(perf_counter() - start)
            start = perf_counter()
            by_hand(source.generation, source)
            times["by hand"].append(perf_counter() - start)
    own, floor = median(times["scorecard"]), median(times["by hand"])
    print(f"{len(source.catalogue.metrics)} metrics, week with comparisons and 26 weeks of limits: {own * 1000:.0f} ms")
    print(f"one SQL sum per subject over three weeks: {floor * 1000:.0f} ms; ratio {own / floor:.1f}")


if __name__ == "__main__":
    main()

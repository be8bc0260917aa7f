"""How long a weekly scorecard takes beside hand-written SQL for the same sums, and over ten times as many rows."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import polars as pl
from click.testing import CliRunner

from kpi.calendar import parse_period
from kpi.catalogue import load
from kpi.commands import cli
from kpi.engine import rollups
from kpi.measure import Source, scorecard
from kpi.measure.history import BASELINE
from kpi.store import current, drafting
from kpi.store.schema import column_list, quoted

REPETITIONS = 15
COPIES = 9
WEEK = parse_period("2023-W48")
LIMITS = {"ratio": 3.0, "growth": 1.3}


def demo_source(folder: str) -> Source:
    """Return the demonstration data, built anew in ``folder``."""
    os.environ["KPI_STORE"] = folder
    assert CliRunner().invoke(cli, ["demo"]).exit_code == 0
    return Source(current(Path(folder)), load(demo=True))


def grown(source: Source, folder: str) -> Source:
    """Return a copy of the data in which every record of a periodic file stands ten times, under keys of its own."""
    root = Path(folder)
    (root / "demo").mkdir()
    path = source.generation.path
    shutil.copyfile(path, root / "demo" / path.name)
    (root / "demo" / "current").write_text(path.name)
    (root / "active").write_text("demo")
    with drafting(root, "demo", source.catalogue) as draft:
        for subject in source.catalogue.subjects.values():
            if subject.register:
                continue
            table = f"{subject.key}_version"
            names = [subject.record, *(c.name for c in subject.columns if c.name == "session_id")]
            renamed = ", ".join(f"{quoted(name)} || '-' || copy as {quoted(name)}" for name in names)
            draft.connection.execute(
                f"insert into {table} ({column_list(subject)}, batch, line, is_current) "
                f"select {column_list(subject)}, batch, line, is_current "
                f"from (select * replace ({renamed}) from {table}, range(1, {COPIES + 1}) as copies(copy))"
            )
            draft.touched_subjects.add(subject.key)
        rollups.sum_again(draft)
    return Source(current(root), source.catalogue)


def needed(source: Source) -> dict[str, tuple[list[str], list[str], list[str]]]:
    """Return subject → the measures its metrics sum over a period, let run from the beginning, and rank."""
    found: dict[str, tuple[set[str], set[str], set[str]]] = {}
    for metric in source.catalogue.metrics.values():
        for part in metric.parts:
            subject, measure = part.split(".")
            is_stock = metric.kind == "gauge" or (metric.denominator_stock and part != metric.numerator)
            place = 2 if metric.kind == "percentile" else int(is_stock)
            found.setdefault(subject, (set(), set(), set()))[place].add(measure)
    return {subject: tuple(sorted(names) for names in sets) for subject, sets in found.items()}  # type: ignore[misc]


def hand_written(source: Source) -> list[str]:
    """Return the SQL a person would write for the scorecard's sums: one query per subject, one more per ranked measure.

    One pass each: sums by week and year over both years to date, which hold the weeks that set the limits and the
    week last year, and add up to the year to date; of stocks the sum of every week since the beginning; of medians
    the buckets by week. (Found faster than one query per stretch, or one with grouping sets.)
    """
    begun = WEEK.trailing(BASELINE["week"])[0].first
    before, new_year = WEEK.last_year(), WEEK.first.replace(month=1, day=1)
    last_new_year, last_year = new_year.replace(year=new_year.year - 1), WEEK.last - timedelta(days=365)
    weeks = f"(day between '{begun}' and '{WEEK.last}' or day between '{before.first}' and '{before.last}')"
    queries = []
    for subject, (summed, running, ranked) in needed(source).items():
        table = f"{subject}_rollup"
        if summed:
            sums = ", ".join(f"sum({quoted(m)}) as {quoted(m)}" for m in summed)
            queries.append(
                f"select date_trunc('week', day)::date as since, year(day) as year, {sums} from {table} "
                f"where day between '{last_new_year}' and '{last_year}' or day between '{new_year}' and '{WEEK.last}' "
                "group by 1, 2"
            )
        if running:
            sums = ", ".join(f"sum({quoted(m)}) as {quoted(m)}" for m in running)
            queries.append(f"select date_trunc('week', day)::date as since, {sums} from {table} group by 1 order by 1")
        queries += [
            f"select date_trunc('week', day)::date as since, bucket, sum(records) as records, sum(total) as total "
            f"from {subject}_bucket where measure = '{measure}' and {weeks} group by 1, 2 order by 1, 2"
            for measure in ranked
        ]
    return queries


def by_hand(source: Source, queries: list[str]) -> list[pl.DataFrame]:
    """Run the hand-written queries on the connection the scorecard reads by, into Polars."""
    return [source.generation.query(query) for query in queries]


def check(source: Source, queries: list[str]) -> None:
    """Make sure that both say the same of one metric before their times are compared."""
    (own,) = scorecard(source, WEEK, ["ticket.count"])["value"]
    frames = [frame for frame in by_hand(source, queries) if "tickets" in frame.columns]
    (hand,) = frames[0].filter(pl.col("since") == WEEK.first)["tickets"]
    assert own == hand, (own, hand)


def interleaved(actions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median milliseconds of every action, run in turn."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for action in actions.values():
        action()
    for _ in range(REPETITIONS):
        for name, action in actions.items():
            start = perf_counter()
            action()
            times[name].append((perf_counter() - start) * 1000)
    return {name: median(found) for name, found in times.items()}


def main() -> None:
    """Print the medians and their ratios, all measured in turn in this process."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as larger:
        source = demo_source(folder)
        big = grown(source, larger)
        queries = hand_written(source)
        check(source, queries)
        check(big, queries)
        found = interleaved(
            {
                "ours": lambda: scorecard(source, WEEK),
                "sql": lambda: by_hand(source, queries),
                "ours ×10": lambda: scorecard(big, WEEK),
            }
        )
        rows = [
            s.generation.query("select (select count(*) from ticket) + (select count(*) from rating) as n")["n"][0]
            for s in (source, big)
        ]
    own, floor, large = found.values()
    print(f"{len(source.catalogue.metrics)} metrics, a week with comparisons, limits, targets and status: {own:.0f} ms")
    print(f"the same sums by {len(queries)} hand-written queries: {floor:.0f} ms")
    print(f"ratio {own / floor:.2f} (at most {LIMITS['ratio']:.0f})")
    print(f"tickets and ratings {rows[0]:,} → {rows[1]:,}: scorecard {large:.0f} ms")
    print(f"ratio {large / own:.2f} (at most {LIMITS['growth']})")


if __name__ == "__main__":
    main()

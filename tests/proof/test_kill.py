"""An import killed at any moment leaves the data of before or of after, and the next import works."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from kpi import engine
from kpi.store import current
from kpi.store.publishing import KEPT_GENERATIONS
from tests.conftest import ROOT
from tests.proof import times
from tests.proof.children import import_file, started
from tests.proof.exports import CATALOGUE, export, rating, staged
from tests.store.test_generations import assert_rollup_equals_events

FIRST, LAST = date(2023, 1, 1), date(2023, 12, 31)
ROWS, STEP = 4000, 1500
IMPORTED_AT = datetime.now().replace(microsecond=0)
# What the folder shows while an import is at work, and for how many seconds after that it is killed; the last
# ones are there for a thousandth of a second only.
MOMENTS = {
    "any": ("", 0.0),
    "copying": ("draft.duckdb", 0.03),
    "writing": ("draft.duckdb.wal", 0.03),
    "sealed": ("kpi-{number:06d}.duckdb", 0.002),
    "pointing": ("current.*.new", 0.001),
}


@dataclass
class Model:
    """What must be in force: each file's ratings by batch, and the level each rating was last given."""

    files: dict[int, dict[str, int]] = field(default_factory=dict)

    @property
    def levels(self) -> dict[str, int]:
        newest: dict[str, int] = {}
        for ratings in self.files.values():
            newest.update(ratings)
        return newest


def file_number(number: int, folder: Path, rows: int = ROWS) -> tuple[Path, dict[str, int]]:
    """Write the export of that number; it repeats most ratings of the one before under other levels."""
    levels = {number * STEP + n: (number * 7 + n) % 5 + 1 for n in range(rows)}
    days = {n: FIRST + timedelta(days=n % 365) for n in levels}
    path = folder / f"{number}.csv"
    exported_at = datetime(2024, 1, 1) + timedelta(minutes=number)
    path.write_bytes(export([rating(n, days[n], level) for n, level in levels.items()], FIRST, LAST, exported_at))
    return path, {f"P{n:010d}": level for n, level in levels.items()}


def assert_whole(root: Path, model: Model) -> None:
    """Compare batches, versions, current rows and sums of the generation in force with the model."""
    generation = current(root, "real")
    kept = generation.query(
        "select batch.batch, count(version.batch), sum(level)::int, any_value(new + changed + same) from batch "
        "left join rating_statement as version on version.batch = batch.batch "
        "where in_force group by 1 order by 1"
    )
    assert kept.rows() == [(b, len(rows), sum(rows.values()), len(rows)) for b, rows in model.files.items()]
    assert dict(generation.query("select rating_id, level from rating").iter_rows()) == model.levels
    assert generation.query("select count(*) from rating").item() == len(model.levels)
    assert generation.query("select sum(ratings)::int from rating_rollup").item() == len(model.levels)
    assert_rollup_equals_events(generation)


def usual_seconds(folder: Path) -> float:
    """Return how long an import takes that nobody kills."""
    path, _ = file_number(0, folder)
    began = time.monotonic()
    process, _ = started(import_file, folder / "undisturbed", path, IMPORTED_AT)
    process.join()
    assert process.exitcode == 0
    return time.monotonic() - began


def wait_for(pattern: str, folder: Path, process: object) -> None:
    """Return when the folder holds a file of that name, or the process is gone."""
    is_over = process.is_alive if hasattr(process, "is_alive") else lambda: process.poll() is None  # type: ignore[attr-defined]
    while pattern and is_over() and not any(folder.glob(pattern)):
        pass


def reported(pipe: Connection) -> int | str | None:
    """Return what a killed process had still reported."""
    try:
        return pipe.recv() if pipe.poll() else None
    except EOFError:
        return None


def assert_nothing_is_left_over(root: Path, most: int = KEPT_GENERATIONS) -> None:
    """Allow the sealed generations and the files the batches say are kept; nothing half written."""
    folder = root / "real"
    assert {path.name for path in root.iterdir()} == {"active", "real", "writing.lock"}
    names = {path.name for path in folder.iterdir()}
    sealed = {name for name in names if name.startswith("kpi-") and name.endswith(".duckdb")}
    assert names - sealed == {"current", "writing.lock", "raw"}
    assert len(sealed) <= most
    assert {path.name for path in (folder / "raw").iterdir()} == set(current(root, "real").batches()["raw_file"])


def settled(root: Path, model: Model, path: Path, ratings: dict[str, int], said: object) -> bool:
    """Check what a killed import left, import its file again, check that; say whether it had been in force."""
    if (root / "real" / "current").exists():
        batches = current(root, "real").batches().sort("batch")["batch"].to_list()
    else:
        batches = []
    was_published = batches == [*model.files, len(model.files) + 1]
    assert was_published or batches == list(model.files)
    assert was_published or said is None, "reported as imported and lost"
    after = Model({**model.files, len(model.files) + 1: ratings})
    if was_published or model.files:
        assert_whole(root, after if was_published else model)
    [again] = engine.load(root, [staged(path.read_bytes(), path.name)], CATALOGUE, imported_at=IMPORTED_AT)
    assert (again.batch is None) == was_published
    assert_whole(root, after)
    # Killed before it took old generations away, an import leaves them to the next one that publishes.
    assert_nothing_is_left_over(root, len(after.files) if was_published else KEPT_GENERATIONS)
    model.files = after.files
    return was_published


def test_killed_at_any_moment_the_data_are_of_before_or_of_after(tmp_path: Path) -> None:
    chance, outcomes = random.Random(20240105), Counter[tuple[str, bool]]()
    root, folder = tmp_path / "store", tmp_path / "store" / "real"
    model, attempts, usual = Model(), times(10, 200), usual_seconds(tmp_path)
    for number in range(attempts):
        if number % 20 == 0:
            root, model = tmp_path / f"store-{number}", Model()
            folder = root / "real"
        moment = list(MOMENTS)[number % len(MOMENTS)]
        pattern, longest = MOMENTS[moment]
        path, ratings = file_number(number, tmp_path)
        process, pipe = started(import_file, root, path, IMPORTED_AT)
        wait_for(pattern.format(number=len(model.files) + 1), folder, process)
        time.sleep(chance.random() * (longest or usual))
        process.kill()
        process.join()
        outcomes[moment, settled(root, model, path, ratings, reported(pipe))] += 1
        pipe.close()
    print(dict(sorted(outcomes.items())))
    assert {was_published for _, was_published in outcomes} == {True, False}


@pytest.mark.skipif(os.name != "posix", reason="the same import, killed the same way, is proved above")
def test_the_command_killed_at_any_moment_leaves_the_data_of_before_or_of_after(tmp_path: Path) -> None:
    chance, model, root = random.Random(20240106), Model(), tmp_path / "store"
    environment = {**os.environ, "KPI_STORE": str(root), "PYTHONUTF8": "1"}
    for number in range(times(2, 20)):
        path, ratings = file_number(number, tmp_path)
        command = (sys.executable, "-m", "kpi", "import", str(path), "--yes")
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        wait_for("draft.duckdb" if number % 2 else "", root / "real", process)
        time.sleep(chance.random() * (0.1 if number % 2 else 1.5))
        process.kill()
        said, _ = process.communicate()
        settled(root, model, path, ratings, said or None)

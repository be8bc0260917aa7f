"""Imports and undos in any order against a model in plain dictionaries, and an undo against never having imported."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from kpi import engine
from kpi.calendar import parse_period
from kpi.measure import Source, scorecard
from kpi.store import current
from tests.intake.exports import csv_text
from tests.proof import times
from tests.proof.exports import CATALOGUE, Row, rating, staged, ticket, titles
from tests.store.test_generations import assert_rollup_equals_events

MONTH = date(2023, 6, 1), date(2023, 6, 30)
WEEKS = [(date(2023, 6, day), date(2023, 6, day + 6)) for day in (5, 12, 19)]
TOWNS = ["多祝镇", "平山街道", "吉隆镇"]
PERIODS = ["2023-06-08", "2023-W24", "2023-W25", "2023-06", "2023-07", "2023-Q2", "2023"]
# What the columns on corrections tell is not a figure but which figures had been shown before, and who changed them:
# an undo is one of those changes, so the scorecard has to name it.
HISTORY = [
    *("restated_from", "restated_batch", "restated_at", "restatement"),
    *("previous_restated_from", "previous_restated_batch", "previous_restated_at"),
]
Values = tuple[datetime, str, Any]


@dataclass
class File:
    """One export: what it says of each record, when it was exported, and what became of it."""

    subject: str
    name: str
    content: bytes
    rows: dict[str, Values]
    refused: list[int]
    exported_at: datetime | None
    stated_at: datetime = datetime(1900, 1, 1)
    batch: int = 0
    in_force: bool = True
    verdicts: dict[str, int] = field(default_factory=dict)


@dataclass
class Model:
    """Every file ever imported, in order; the newest statement in force about a record is its row."""

    files: list[File] = field(default_factory=list)

    def current(self, subject: str) -> dict[str, tuple[datetime, Values]]:
        found: dict[str, tuple[datetime, Values]] = {}
        in_force = [file for file in self.files if file.in_force and file.subject == subject]
        for file in sorted(in_force, key=lambda file: (file.stated_at, file.batch)):
            found.update({record: (file.stated_at, values) for record, values in file.rows.items()})
        return found

    def add(self, file: File, imported_at: datetime) -> bool:
        """Import a file; say whether it changed anything: the very same bytes in force already do not."""
        if any(known.content == file.content and known.in_force for known in self.files):
            return False
        file.stated_at, file.batch, known = (
            file.exported_at or imported_at,
            len(self.files) + 1,
            self.current(file.subject),
        )
        file.verdicts = dict.fromkeys(("new", "changed", "same", "older"), 0)
        for record, values in file.rows.items():
            said_at, said = known.get(record, (None, None))
            if said_at is None:
                verdict = "new"
            elif said == values:
                verdict = "same"
            else:
                verdict = "older" if said_at > file.stated_at else "changed"
            file.verdicts[verdict] += 1
        self.files.append(file)
        return True


def random_row(chance: random.Random, subject: str, number: int) -> tuple[Row, Values]:
    """Return the row of that record as written, and what it says: its moment, its town, its level or closing."""
    day, town = MONTH[0] + timedelta(days=number // 2), chance.choice(TOWNS)
    if subject == "rating":
        level = chance.randint(1, 5)
        return rating(number, day, level, town), (datetime(day.year, day.month, day.day, 10), town, level)
    received = datetime(day.year, day.month, day.day, 9)
    closed = chance.choice([None, received + timedelta(days=chance.randint(1, 40))])
    return ticket(number, received, closed, town), (received, town, closed)


def random_file(chance: random.Random, name: str) -> File:
    """Return a weekly or monthly export of either subject; a few of its rows cannot be accepted."""
    subject, (first, last) = chance.choice(["rating", "ticket"]), chance.choice([MONTH, *WEEKS])
    numbers = [n for n in range(60) if first <= MONTH[0] + timedelta(days=n // 2) <= last and chance.random() < 0.8]
    written: list[Row] = []
    rows: dict[str, Values] = {}
    refused: list[int] = []
    for number in numbers or [first.day * 2 - 2]:
        row, values = random_row(chance, subject, number)
        if rows and chance.random() < 0.1:
            row["镇街"] = "东海龙宫"
            refused.append(len(written) + 4)
        else:
            rows[row["评价流水号" if subject == "rating" else "工单编号"]] = values
        written.append(row)
    exported_at = datetime(2024, 1, 1) + timedelta(days=chance.randint(0, 9)) if chance.random() < 0.8 else None
    lines = titles(first, last, exported_at or datetime(2024, 1, 1))
    if exported_at is None:
        lines[1] = lines[1].partition("　")[0]
    content = csv_text(written, titles=lines).encode()
    return File(subject, name, content, rows, refused, exported_at)


def load(root: Path, file: File, imported_at: datetime) -> int | None:
    [loaded] = engine.load(root, [staged(file.content, file.name)], CATALOGUE, imported_at=imported_at)
    return loaded.batch


def assert_matches(root: Path, model: Model) -> None:
    """Compare rows in force, history, counts, refused rows and sums with the model."""
    generation = current(root, "real")
    for subject, record, moment, value in (
        ("rating", "rating_id", "rated_at", "level"),
        ("ticket", "ticket_id", "received_at", "closed_at"),
    ):
        rows = generation.query(f"select {record}, {moment}, town, {value} from {subject}").rows()
        assert {key: values for key, *values in rows} == {
            key: list(values) for key, (_, values) in model.current(subject).items()
        }
        assert len(rows) == len({key for key, *_ in rows})
        history = generation.query(f"select batch, {record}, {moment}, town, {value} from {subject}_statement").rows()
        kept = [(f.batch, key, *said) for f in model.files if f.subject == subject for key, said in f.rows.items()]
        assert sorted(history, key=repr) == sorted(kept, key=repr)
    batches = generation.batches().sort("batch").select("batch", "new", "changed", "same", "older", "in_force")
    assert batches.rows() == [(f.batch, *f.verdicts.values(), f.in_force) for f in model.files]
    for file in model.files:
        assert generation.refused(file.batch)["line"].to_list() == file.refused
    assert_rollup_equals_events(generation)


@pytest.mark.parametrize("seed", range(times(2, 40)))
def test_imports_and_undos_in_any_order_match_a_naive_model(tmp_path: Path, seed: int) -> None:
    chance, model = random.Random(seed), Model()
    for step in range(times(10, 25)):
        imported_at = datetime(2024, 1, 15) + timedelta(hours=step)
        in_force = [file for file in model.files if file.in_force]
        drawn = chance.random()
        if in_force and drawn < 0.3:
            undone = chance.choice(in_force)
            engine.undo(tmp_path, undone.batch, CATALOGUE, "real")
            undone.in_force = False
        else:
            is_repeated = model.files and drawn < 0.4
            known = chance.choice(model.files) if is_repeated else random_file(chance, f"{step}.csv")
            file = File(known.subject, known.name, known.content, known.rows, known.refused, known.exported_at)
            is_new = model.add(file, imported_at)
            assert load(tmp_path, file, imported_at) == (file.batch if is_new else None)
        assert_matches(tmp_path, model)


def scorecards(root: Path) -> list[pl.DataFrame]:
    """Return every column of the scorecards of both subjects, batches called by the names of their files."""
    source = Source(current(root, "real"), CATALOGUE)
    names = dict(source.generation.batches().select("batch", "file_name").iter_rows())
    metrics = [m.key for m in CATALOGUE.metrics.values() if m.subject in {"rating", "ticket"}]
    return [
        scorecard(source, parse_period(period), metrics, by=by).with_columns(
            pl.col("restated_batch", "previous_restated_batch").replace_strict(names, default=None),
            pl.col("restatement").str.replace_all(r"批次 \d+", "批次"),
        )
        for period in PERIODS
        for by in (None, "town")
    ]


def with_and_without(root: Path, chance: random.Random) -> tuple[list[pl.DataFrame], list[pl.DataFrame]]:
    """Return the scorecards after undoing one of five files, and those of a store that never saw it."""
    files = [random_file(chance, f"{step}.csv") for step in range(5)]
    undone = chance.randrange(len(files))
    for position, file in enumerate(files):
        imported_at = datetime(2024, 1, 15) + timedelta(hours=position)
        load(root / "undone", file, imported_at)
        if position != undone:
            load(root / "never", file, imported_at)
    engine.undo(root / "undone", undone + 1, CATALOGUE, "real")
    return scorecards(root / "undone"), scorecards(root / "never")


@pytest.mark.parametrize("seed", range(times(1, 20)))
def test_an_undone_batch_leaves_every_figure_as_if_it_had_never_been_imported(tmp_path: Path, seed: int) -> None:
    for found, expected in zip(*with_and_without(tmp_path, random.Random(seed)), strict=True):
        assert_frame_equal(found.drop(HISTORY), expected.drop(HISTORY))

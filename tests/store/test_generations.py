"""Batches, versions, undo and publishing, on a real store in a temporary folder."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from kpi import engine
from kpi.catalogue import Column
from kpi.engine import rollups
from kpi.errors import AlreadyImported, StoreError, UnknownName
from kpi.store import Generation, Statement, current, drafting, schema
from tests.store.statements import CATALOGUE, rating, statement

NOW = datetime(2024, 1, 6, 9)


def append(root: Path, *statements: Statement, at: datetime = NOW) -> list[int]:
    with drafting(root, "demo", CATALOGUE) as draft:
        batches = [draft.append(item, at)[0] for item in statements]
        rollups.refresh(draft)
    return batches


def undo(root: Path, batch: int, at: datetime = NOW) -> None:
    with drafting(root, "demo", CATALOGUE) as draft:
        draft.undo(batch, at)
        rollups.refresh(draft)


def rows(root: Path) -> dict[str, int | None]:
    frame = current(root).query("select rating_id, level from rating order by rating_id")
    return dict(frame.iter_rows())


def test_new_changed_and_same_rows_are_told_apart(tmp_path: Path) -> None:
    append(tmp_path, statement("rating", [rating(1), rating(2), rating(3)]))
    append(
        tmp_path,
        statement("rating", [rating(2), rating(3, level=1), rating(4)], stated_at=datetime(2024, 1, 6)),
    )
    batch = current(tmp_path).batches().row(0, named=True)
    assert (batch["new"], batch["changed"], batch["same"], batch["older"]) == (1, 1, 1, 0)
    assert rows(tmp_path) == {"DEMO-R1": 5, "DEMO-R2": 5, "DEMO-R3": 1, "DEMO-R4": 5}


def test_an_older_export_imported_later_does_not_win(tmp_path: Path) -> None:
    append(tmp_path, statement("rating", [rating(1, level=2)], stated_at=datetime(2024, 1, 9)))
    append(tmp_path, statement("rating", [rating(1, level=5), rating(2)], stated_at=datetime(2024, 1, 5)))
    assert rows(tmp_path) == {"DEMO-R1": 2, "DEMO-R2": 5}
    assert current(tmp_path).batches()["older"].to_list() == [1, 0]


def test_the_same_bytes_are_refused_and_change_nothing(tmp_path: Path) -> None:
    append(tmp_path, statement("rating", [rating(1)]))
    before = current(tmp_path)
    with pytest.raises(AlreadyImported, match="批次 1"):
        append(tmp_path, statement("rating", [rating(1)]))
    assert current(tmp_path) == before


def test_undone_bytes_may_be_imported_again(tmp_path: Path) -> None:
    append(tmp_path, statement("rating", [rating(1)]), statement("rating", [rating(2)], name="b.csv"))
    undo(tmp_path, 1)
    assert rows(tmp_path) == {"DEMO-R2": 5}
    assert append(tmp_path, statement("rating", [rating(1)])) == [3]
    assert rows(tmp_path) == {"DEMO-R1": 5, "DEMO-R2": 5}


def test_undo_restores_the_statement_it_replaced(tmp_path: Path) -> None:
    append(tmp_path, statement("rating", [rating(1, level=5)]))
    append(tmp_path, statement("rating", [rating(1, level=1)], name="b.csv", stated_at=datetime(2024, 1, 6)))
    append(tmp_path, statement("rating", [rating(1, level=2)], name="c.csv", stated_at=datetime(2024, 1, 7)))
    undo(tmp_path, 2)
    assert rows(tmp_path) == {"DEMO-R1": 2}
    undo(tmp_path, 3)
    assert rows(tmp_path) == {"DEMO-R1": 5}


def test_undoing_an_unknown_batch_says_so(tmp_path: Path) -> None:
    append(tmp_path, statement("rating", [rating(1)]))
    with pytest.raises(UnknownName, match="没有有效的批次 7"):
        undo(tmp_path, 7)


@pytest.mark.parametrize("seed", range(4))
def test_random_imports_and_undos_match_a_naive_model(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    in_force: dict[int, Statement] = {}
    for step in range(12):
        if in_force and chance.random() < 0.35:
            batch = chance.choice(list(in_force))
            undo(tmp_path, batch)
            del in_force[batch]
        else:
            picked = chance.sample(range(8), 4)
            item = statement(
                "rating",
                [rating(n, date(2023, 6, 1 + n), level=chance.randint(1, 5)) for n in picked],
                name=f"{step}.csv",
                stated_at=datetime(2024, 1, 1) + timedelta(days=chance.randint(0, 9)),
            )
            in_force[append(tmp_path, item)[0]] = item
        model: dict[str, int] = {}
        for _, item in sorted(in_force.items(), key=lambda known: (known[1].stated_at, known[0])):
            model.update(dict(pl.concat(item.pieces).select("rating_id", "level").iter_rows()))
        assert rows(tmp_path) == dict(sorted(model.items()))
        assert_rollup_equals_events(current(tmp_path))


def assert_rollup_equals_events(generation: Generation) -> None:
    for subject in CATALOGUE.subjects.values():
        town = schema.town_sql(subject)
        kept = generation.query(f"select * from {subject.key}_rollup order by day, town")
        sums = ", ".join(f"sum({name})::double as {name}" for name in kept.columns[2:])
        summed = generation.query(
            f"select day, {town} as town, {sums} from {subject.key}_event group by 1, 2 order by 1, 2"
        )
        assert_frame_equal(kept, summed)
        for measure in schema.bucket_measures(CATALOGUE, subject):
            kept = generation.query(
                f"select day, sum(records) as n, sum(total) as s from {subject.key}_bucket "
                f"where measure = '{measure}' group by day order by day"
            )
            summed = generation.query(
                f"select day, count({measure})::double as n, sum({measure})::double as s "
                f"from {subject.key}_event where {measure} is not null group by day order by day"
            )
            assert_frame_equal(kept, summed)


def test_order_of_files_does_not_matter(tmp_path: Path) -> None:
    files = [
        statement(
            "rating",
            [rating(n, level=(n + k) % 5 + 1) for n in range(6)],
            name=f"{k}.csv",
            stated_at=datetime(2024, 1, k),
        )
        for k in (1, 2, 3)
    ]
    append(tmp_path / "a", *files)
    append(tmp_path / "b", *reversed(files))
    assert rows(tmp_path / "a") == rows(tmp_path / "b")


def test_an_error_inside_a_draft_leaves_the_old_generation(tmp_path: Path) -> None:
    append(tmp_path, statement("rating", [rating(1)]))
    before = current(tmp_path)
    repeated = statement("rating", [rating(2)], name="b.csv")
    with pytest.raises(AlreadyImported):
        append(tmp_path, repeated, repeated)
    assert current(tmp_path) == before
    assert not (tmp_path / "demo" / "draft.duckdb").exists()


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="请先导入文件"):
        current(tmp_path)


def test_a_gap_between_files_is_a_gap(tmp_path: Path) -> None:
    january = statement("rating", [rating(1)], first=date(2023, 1, 1), last=date(2023, 1, 31))
    march = statement("rating", [rating(2)], name="b.csv", first=date(2023, 3, 1), last=date(2023, 3, 31))
    april = statement("rating", [rating(3)], name="c.csv", first=date(2023, 4, 3), last=date(2023, 4, 30))
    append(tmp_path, january, march, april)
    assert current(tmp_path).covered["rating"] == [
        (date(2023, 1, 1), date(2023, 1, 31)),
        (date(2023, 3, 1), date(2023, 4, 30)),
    ]


WRITER = """
import sys
from datetime import date, datetime
from pathlib import Path
from tests.store.statements import CATALOGUE, rating, statement
from tests.store.test_generations import append
root, start = Path(sys.argv[1]), int(sys.argv[2])
for step in range(start, start + 1000):
    rows = [rating(step * 100 + n) for n in range(100)]
    append(root, statement("rating", rows, name=f"{step}.csv"))
"""


def test_killed_at_any_moment_nothing_is_torn(tmp_path: Path) -> None:
    append(tmp_path, statement("rating", [rating(n) for n in range(100)], name="base.csv"))
    chance = random.Random(7)
    for attempt in range(6):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str((attempt + 1) * 1000)])
        time.sleep(1.2 + chance.random() * 0.6)
        writer.kill()
        writer.wait()
        generation = current(tmp_path)
        counts = generation.query(
            "select batch.batch, batch.new, count(rating_statement.rating_id) as kept from batch "
            "left join rating_statement on rating_statement.batch = batch.batch group by all"
        )
        assert counts.filter(pl.col("new") != pl.col("kept")).is_empty()
        assert generation.query("select count(*) as n from rating")["n"][0] == counts["kept"].sum()
    before = current(tmp_path).number
    append(tmp_path, statement("rating", [rating(999_999)], name="after.csv"))
    assert current(tmp_path).number == before + 1


def test_a_new_measure_and_a_new_column_reach_data_made_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, queries = tmp_path / "store", tmp_path / "queries"
    append(root, statement("rating", [rating(1, level=5), rating(2, level=1)]))
    assert engine.upgrade(root, CATALOGUE) == []
    shutil.copytree(schema.QUERIES, queries)
    measures = queries / "measures" / "rating.sql"
    sql = measures.read_text(encoding="utf-8")
    measures.write_text(
        sql.replace("    case when what = 'rated' then 1 else 0 end as ratings,",
                    "    case when what = 'rated' then 1 else 0 end as ratings,\n"
                    "    case when what = 'rated' and level = 1 then 1 else 0 end as furious,"),
        encoding="utf-8",
    )  # fmt: skip
    monkeypatch.setattr(schema, "QUERIES", queries)
    rated = CATALOGUE.subjects["rating"]
    noted = replace(rated, columns=(*rated.columns, Column(name="note", header="备注", type="text")))
    extended = replace(CATALOGUE, subjects={**CATALOGUE.subjects, "rating": noted})
    assert engine.upgrade(root, extended) == ["demo"]
    after = current(root)
    assert after.query("select sum(furious)::int as n from rating_rollup")["n"][0] == 1
    assert after.query("select note, level from rating order by level").rows() == [(None, 1), (None, 5)]
    assert engine.upgrade(root, extended) == []

"""Reading only what an import touches gives the same as reading everything."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from kpi import engine
from kpi.measure import Source
from kpi.store import current, drafting, publishing
from kpi.store.narrow import events_among, events_on, is_narrow
from kpi.store.schema import key_range
from tests.store.statements import CATALOGUE, rating, statement
from tests.store.test_generations import append, assert_rollup_equals_events, rows, undo

RATING = CATALOGUE.subjects["rating"]


def append_month(root: Path, number: int, *records: dict[str, object], stated: int | None = None) -> int:
    first, last = date(2023, number, 1), date(2023, number, 28)
    at = datetime(2024, 1, stated or number)
    return append(root, statement("rating", list(records), name=f"{at}.csv", stated_at=at, first=first, last=last))[0]


def batch_days(root: Path) -> list[tuple[int, date]]:
    return current(root).query("select distinct batch, day from batch_day order by all").rows()


def test_a_batch_is_known_by_the_days_of_its_events_in_force_or_not(tmp_path: Path) -> None:
    due = {"verification": "有效差评", "rectify_due_on": date(2023, 3, 9)}
    append_month(tmp_path, 1, rating(1, date(2023, 1, 5), **due))
    append_month(tmp_path, 2, rating(1, date(2023, 1, 6)), stated=20)
    append_month(tmp_path, 3, rating(1, date(2023, 1, 7)), stated=10)
    assert batch_days(tmp_path) == [
        (1, date(2023, 1, 5)), (1, date(2023, 3, 9)), (2, date(2023, 1, 6)), (3, date(2023, 1, 7)),
    ]  # fmt: skip


def test_only_batches_with_events_on_the_days_are_read(tmp_path: Path) -> None:
    due = {"verification": "有效差评", "rectify_due_on": date(2023, 3, 9)}
    append_month(tmp_path, 1, rating(1, date(2023, 1, 5), **due), rating(2, date(2023, 1, 6)))
    append_month(tmp_path, 2, rating(3, date(2023, 2, 5)))
    append_month(tmp_path, 3, rating(4, date(2023, 3, 8)))
    with drafting(tmp_path, "demo", CATALOGUE) as opened:
        found = events_on(opened.connection, RATING, "select date '2023-03-08' union all select date '2023-03-09'")
        read = opened.connection.execute(f"select distinct record from {found} order by 1").fetchall()
        nothing = events_on(opened.connection, RATING, "select date '2023-07-01'")
        assert opened.connection.execute(f"select * from {nothing}").fetchall() == []
    assert [record for (record,) in read] == ["DEMO-R1", "DEMO-R2", "DEMO-R4"]


def test_a_record_that_moves_to_another_day_and_back_is_summed_where_it_was_and_is(tmp_path: Path) -> None:
    append_month(tmp_path, 1, rating(1, date(2023, 1, 5)), rating(2, date(2023, 1, 5)))
    moved = append_month(tmp_path, 2, rating(1, date(2023, 2, 7)))
    assert_rollup_equals_events(current(tmp_path))
    undo(tmp_path, moved)
    assert_rollup_equals_events(current(tmp_path))
    assert current(tmp_path).query("select day, ratings from rating_rollup").rows() == [(date(2023, 1, 5), 2.0)]


def test_a_store_made_before_gets_the_days_of_its_batches(tmp_path: Path) -> None:
    append_month(tmp_path, 1, rating(1, date(2023, 1, 5)))
    append_month(tmp_path, 2, rating(2, date(2023, 2, 5)))
    known = batch_days(tmp_path)
    with drafting(tmp_path, "demo", CATALOGUE) as opened:
        opened.connection.execute("delete from batch_day")
        opened.connection.execute("update meta set value = 'old' where name = 'fingerprint'")
    assert batch_days(tmp_path) == []
    assert engine.upgrade(tmp_path, CATALOGUE) == ["demo"]
    assert batch_days(tmp_path) == known


def test_days_of_a_record_follow_from_the_record_alone(demo_source: Source) -> None:
    generation = demo_source.generation
    for subject in demo_source.catalogue.subjects.values():
        if not is_narrow(subject):
            continue
        some = f"hash({subject.record}) % 97 = 0"
        alone = events_among(subject, f"is_current and {some}")
        asked = "select distinct record, day from {} {} order by all"
        among_all = asked.format(f"{subject.key}_event", f"where {some.replace(subject.record, 'record')}")
        assert generation.query(asked.format(alone, "")).equals(generation.query(among_all)), subject.key


def test_every_batch_of_the_demonstration_is_found_by_the_days_of_its_records(demo_source: Source) -> None:
    for subject in demo_source.catalogue.subjects.values():
        if is_narrow(subject):
            missing = demo_source.generation.query(
                f"select distinct version.batch, event.day from {subject.key}_event as event "
                f"join {subject.key}_version as version on version.{subject.record} = event.record and is_current "
                "except select batch, day from batch_day"
            )
            assert missing.is_empty(), subject.key


def test_keys_are_looked_for_between_the_lowest_and_the_highest_whatever_they_hold(tmp_path: Path) -> None:
    odd = [{**rating(1), "rating_id": key} for key in ("DEMO-R'1", "DEMO-甲", "demo-r1", "DEMO-R1")]
    append(tmp_path, statement("rating", odd, name="a.csv"))
    again = [{**row, "level": 1} for row in odd]
    append(tmp_path, statement("rating", again, name="b.csv", stated_at=datetime(2024, 1, 6)))
    assert current(tmp_path).batches().row(0, named=True)["changed"] == 4
    assert set(rows(tmp_path).values()) == {1}
    assert key_range("id", "a'b", "c") == "id between 'a''b' and 'c'"


def test_small_pieces_are_merged_every_few_generations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "MERGED_EVERY", 3)
    pieces = []
    for number in range(1, 7):
        append_month(tmp_path, number, rating(number, date(2023, number, 5)))
        counted = current(tmp_path).query(
            "select count(distinct row_group_id) as n from pragma_storage_info('rating_version')"
        )
        pieces.append(counted["n"][0])
    assert pieces == [1, 2, 1, 2, 3, 1]

"""What the dashboard said on a past day, against a store that stopped growing on that day."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from kpi import engine
from kpi.calendar import parse_period
from kpi.errors import StoreError
from kpi.measure import Source, open_source, scorecard
from kpi.store import Statement, current
from tests.store.statements import CATALOGUE, rating, statement
from tests.store.test_generations import append, assert_rollup_equals_events, undo

FIRST = datetime(2024, 1, 1, 9)
METRICS = ["rating.count", "rating.satisfaction", "rating.negative"]


def levels(generation: object) -> dict[str, int | None]:
    return dict(generation.query("select rating_id, level from rating order by rating_id").iter_rows())  # type: ignore[attr-defined]


def test_an_import_and_an_undo_are_known_from_their_day_on(tmp_path: Path) -> None:
    append(tmp_path, statement("rating", [rating(1), rating(2)]), at=FIRST)
    corrected = statement("rating", [rating(2, level=1), rating(3)], name="b.csv", stated_at=datetime(2024, 1, 6))
    append(tmp_path, corrected, at=FIRST + timedelta(days=1))
    undo(tmp_path, 1, at=FIRST + timedelta(days=3))
    found = {day: levels(engine.on_day(date(2024, 1, day), CATALOGUE, tmp_path)) for day in (1, 2, 3, 4, 5)}
    assert found[1] == {"DEMO-R1": 5, "DEMO-R2": 5}
    assert found[2] == found[3] == {"DEMO-R1": 5, "DEMO-R2": 1, "DEMO-R3": 5}
    assert found[4] == found[5] == {"DEMO-R2": 1, "DEMO-R3": 5}
    batches = engine.on_day(date(2024, 1, 2), CATALOGUE, tmp_path).batches()
    assert batches.select("batch", "in_force", "undone_at").rows() == [(2, True, None), (1, True, None)]
    assert engine.on_day(date(2024, 1, 1), CATALOGUE, tmp_path).batches().height == 1


def test_before_the_first_import_it_says_so(tmp_path: Path) -> None:
    append(tmp_path, statement("rating", [rating(1)]), at=FIRST)
    with pytest.raises(StoreError, match="2023-12-31 那天看板还没有任何有效数据"):
        engine.on_day(date(2023, 12, 31), CATALOGUE, tmp_path)


@pytest.mark.parametrize("seed", range(3))
def test_every_past_day_says_what_was_said_then(tmp_path: Path, seed: int) -> None:
    """Random imports and undos, one a day; the scorecard of each evening is kept and asked for again at the end."""
    chance = random.Random(seed)
    in_force: list[int] = []
    said = {}
    for step in range(8):
        moment = FIRST + timedelta(days=step)
        if len(in_force) > 1 and chance.random() < 0.35:
            undo(tmp_path, in_force.pop(chance.randrange(len(in_force))), at=moment)
        else:
            in_force += append(tmp_path, random_statement(chance, step), at=moment)
        said[moment.date()] = scorecard(Source(current(tmp_path), CATALOGUE), parse_period("2023-06"), METRICS)
    for day, expected in said.items():
        again = open_source(day, tmp_path)
        assert_frame_equal(scorecard(again, parse_period("2023-06"), METRICS), expected)
        assert_rollup_equals_events(again.generation)


def random_statement(chance: random.Random, step: int) -> Statement:
    picked = chance.sample(range(12), 6)
    made = [rating(n, date(2023, 6, 1 + n), level=chance.randint(1, 5)) for n in picked]
    stated_at = datetime(2024, 1, 1) + timedelta(days=chance.randint(0, 9))
    return statement("rating", made, name=f"{step}.csv", stated_at=stated_at)


def test_a_target_entered_later_judges_no_earlier_day(tmp_path: Path) -> None:
    append(tmp_path, statement("rating", [rating(n) for n in range(40)]), at=FIRST)
    before = open_source(None, tmp_path).targets.find("rating.satisfaction", "any", "county", date(2023, 6, 30))
    assert before is not None
    entered = target("rating.satisfaction", 100.0, recorded_at=datetime(2024, 1, 5, 10))
    engine.enter_target(tmp_path, entered, CATALOGUE)
    now = open_source(None, tmp_path).targets
    assert now.find("rating.satisfaction", "any", "county", date(2023, 6, 30)) == entered
    assert now.superseded_by(before) == entered
    assert before in now.of("rating.satisfaction")
    past = open_source(date(2024, 1, 4), tmp_path).targets
    assert past.find("rating.satisfaction", "any", "county", date(2023, 6, 30)) == before
    later = open_source(date(2024, 1, 5), tmp_path).targets
    assert later.find("rating.satisfaction", "any", "county", date(2023, 6, 30)) == entered


def target(metric: str, value: float | None, recorded_at: datetime | None = FIRST, **more: object) -> object:
    from kpi.catalogue import Target

    facts = {
        "direction": "at_least",
        "period": "any",
        "document": "某文件",
        "clause": "第 1 条",
        "valid_from": date(2023, 1, 1),
        "recorded_by": "张三",
        "demo": True,
        **more,
    }
    return Target(metric=metric, value=value, recorded_at=recorded_at, **facts)  # type: ignore[arg-type]

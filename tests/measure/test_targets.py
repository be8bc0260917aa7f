"""The register of targets: what counts on which day, what replaced it, and what cannot be meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kpi.calendar import parse_period
from kpi.catalogue import Catalogue, Change, Target
from kpi.errors import CatalogueError
from kpi.measure import Source, scorecard
from kpi.store import current
from tests.store.statements import CATALOGUE, rating, statement
from tests.store.test_generations import append

COUNT, RATE = "rating.count", "rating.satisfaction"


def target(metric: str, value: float | None, **more: Any) -> Target:
    facts: dict[str, Any] = {
        "direction": "at_least",
        "period": "any",
        "document": "某文件",
        "clause": "第 1 条",
        "valid_from": date(2022, 1, 1),
    }
    return Target(metric=metric, value=value, **{**facts, **more})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two ratings a day in 2022, three a day in 2023 up to 2 July; every tenth of 多祝镇 is dissatisfied."""
    root = tmp_path_factory.mktemp("targets")
    rows, number = [], 0
    for year, last, each in ((2022, date(2022, 12, 31), 2), (2023, date(2023, 7, 2), 3)):
        day = date(year, 1, 1)
        while day <= last:
            for _ in range(each):
                number += 1
                town = "多祝镇" if number % 2 else "平山街道"
                rows.append(rating(number, day, town, level=2 if number % 10 == 1 else 5))
            day += timedelta(days=1)
    append(root, statement("rating", rows, first=date(2022, 1, 1), last=date(2023, 7, 2)))
    return root


def judged(store: Path, period: str, metric: str, *targets: Target, by: str | None = None, **where: str) -> Any:
    catalogue: Catalogue = replace(CATALOGUE, targets=targets)
    frame = scorecard(Source(current(store), catalogue), parse_period(period), [metric], by, where or None)
    return frame.to_dicts() if by else frame.row(0, named=True)


def test_the_target_in_force_on_the_day_judges_and_a_later_entry_supersedes(store: Path) -> None:
    old = target(RATE, 95.0)
    new = target(RATE, 85.0, valid_from=date(2023, 3, 1), recorded_at=datetime(2023, 2, 1), recorded_by="张三")
    assert judged(store, "2023-02", RATE, old, new)["status"] == "未达标"
    assert judged(store, "2023-03", RATE, old, new)["target"] == 85
    withdrawn = target(RATE, None, valid_from=date(2023, 5, 1), recorded_at=datetime(2023, 4, 1), recorded_by="张三")
    assert judged(store, "2023-05", RATE, old, new, withdrawn)["status"] == "未设目标"
    source = Source(current(store), replace(CATALOGUE, targets=(old, new, withdrawn)))
    assert source.targets.superseded_by(old) == new
    assert source.targets.superseded_by(withdrawn) is None
    known = replace(CATALOGUE, targets=(old, new)).known_on(date(2023, 1, 31))
    assert known.targets == (old,)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (target(RATE, 90.0, scope="火星镇"), "不是全县、各镇街或某个镇街"),
        (target(RATE, 90.0, direction="between"), "区间目标要写明上下两个值"),
        (target(RATE, 90.0, direction="between", value_high=80.0), "上限小于下限"),
        (target(RATE, 90.0, pace="working_days"), "没有序时进度"),
        (target(COUNT, 90.0, period="year", pace="trajectory"), "缺少各时点应达数"),
        (target(RATE, 90.0, valid_to=date(2021, 1, 1)), "失效日期早于生效日期"),
        (target(RATE, 90.0, document=""), "没有写明依据文件"),
    ],
)
def test_a_target_that_cannot_be_meant_is_refused(wrong: Target, sentence: str) -> None:
    from kpi.catalogue import check_target

    with pytest.raises(CatalogueError, match=sentence):
        check_target(wrong, CATALOGUE.metrics, [town.name for town in CATALOGUE.towns])


def redefined(on: date) -> Catalogue:
    """Return a catalogue in which the count of ratings leaves out defaults from ``on``."""
    metric = CATALOGUE.metrics[COUNT]
    change = Change(on, "新口径。", "某文件", "rating.volunteered", None, on)
    return replace(CATALOGUE, metrics={**CATALOGUE.metrics, COUNT: replace(metric, changes=(change,))})


def test_a_change_of_definition_inside_the_time_of_an_amount_is_not_judged(store: Path) -> None:
    aim = target(COUNT, 1000.0, period="year")
    source = Source(current(store), replace(redefined(date(2023, 3, 1)), targets=(aim,)))
    assert scorecard(source, parse_period("2023-06"), [COUNT])["status"][0] == "口径变更"
    before = Source(current(store), replace(redefined(date(2022, 3, 1)), targets=(aim,)))
    row = scorecard(before, parse_period("2023-06"), [COUNT]).row(0, named=True)
    assert row["projection"] == pytest.approx(row["to_date"] / (181 / 365))
    relative = target(COUNT, 1.0, period="year", relative_to_last_year=True)
    known = Source(current(store), replace(redefined(date(2022, 3, 1)), targets=(relative,)))
    assert scorecard(known, parse_period("2023-06"), [COUNT])["target"][0] is None

"""Every metric of the catalogue against the naive oracle, on random rows in a real store."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kpi.calendar import Period, parse_period
from kpi.measure import Source, dimensions, scorecard
from kpi.store import current
from kpi.store.generation import close_all
from tests.measure.oracle import EVERY_METRIC, Plain, World
from tests.store.statements import CATALOGUE, statement
from tests.store.test_generations import append

# Two weeks, one of them across the change of definition of 1 July; both months; the year.
PERIODS = [parse_period(text) for text in ("2023-W24", "2023-W26", "2023-06", "2023-07", "2023")]
TOWNS = ("多祝镇", "平海镇")
FIRST_DAY, DAYS = date(2023, 5, 22), 56
TIMES = (time(0, 0), time(9, 30), time(12, 0), time(23, 59))

Draw = Callable[[st.SearchStrategy[Any]], Any]
days = st.integers(0, DAYS - 1).map(lambda n: FIRST_DAY + timedelta(days=n))
moments = st.builds(datetime.combine, days, st.sampled_from(TIMES))
flags = st.booleans()
maybe_flags = st.sampled_from((None, True, False))
levels = st.sampled_from((None, 1, 2, 3, 4, 5))
towns = st.sampled_from(TOWNS)
few = st.sampled_from((None, 0, 1, 2, 3))
gaps = st.sampled_from((None, 0, 1, 6, 24, 25, 24 * 3, 24 * 15, 24 * 30)).map(
    lambda hours: None if hours is None else timedelta(hours=hours)
)


def words(subject: str, column: str, may_lack: bool = False) -> st.SearchStrategy[str | None]:
    values = tuple(CATALOGUE.subjects[subject].column(column).values)
    return st.sampled_from((None, *values) if may_lack else values)


def after(draw: Draw, moment: datetime | None) -> datetime | None:
    """Return a moment some time after ``moment``, or none."""
    gap = draw(gaps)
    return None if gap is None or moment is None else moment + gap


@st.composite
def ratings(draw: Draw) -> dict[str, Any]:
    rated_at = draw(moments)
    due = after(draw, rated_at)
    return {
        "rated_at": rated_at,
        "town": draw(towns),
        "channel": draw(words("rating", "channel")),
        "level": draw(levels),
        "is_default": draw(maybe_flags),
        "is_real_name": draw(maybe_flags),
        "verification": draw(st.sampled_from((None, "有效差评", "有效差评", "误评"))),
        "rectify_due_on": due.date() if due else None,
        "rectified_at": after(draw, rated_at),
        "called_back_at": after(draw, rated_at),
    }


@st.composite
def tickets(draw: Draw) -> dict[str, Any]:
    received_at = draw(moments)
    dispatched_at = after(draw, received_at)
    returned_at = after(draw, received_at)
    return {
        "received_at": received_at,
        "category": draw(words("ticket", "category")),
        "handling": draw(words("ticket", "handling")),
        "town": draw(st.sampled_from((None, *TOWNS))),
        "first_dispatched_at": dispatched_at,
        "signed_at": after(draw, dispatched_at),
        "contacted_at": after(draw, received_at),
        "due_at": after(draw, received_at),
        "extension_days": draw(few),
        "closed_at": after(draw, dispatched_at or received_at),
        "return_count": draw(few),
        "returned_at": returned_at,
        "redispatched_at": after(draw, returned_at),
        "dispatch_count": draw(few),
        "rehandle_count": draw(few),
        "is_repeat": draw(maybe_flags),
        "is_unreasonable": draw(maybe_flags),
        "called_back_at": after(draw, received_at),
        "is_reached": draw(st.sampled_from((None, True, True, False))),
        "is_contacted": draw(maybe_flags),
        "is_resolved": draw(maybe_flags),
        "first_level": draw(levels),
        "final_level": draw(levels),
    }


@st.composite
def promised(draw: Draw, **more: st.SearchStrategy[Any]) -> dict[str, Any]:
    accepted_at = draw(moments)
    return {
        "accepted_at": accepted_at,
        "town": draw(towns),
        "due_at": after(draw, accepted_at),
        "closed_at": after(draw, accepted_at),
        "status": draw(st.sampled_from((None, "办理中", "已办结", "已退件"))),
        **{name: draw(strategy) for name, strategy in more.items()},
    }


@st.composite
def kiosks(draw: Draw) -> dict[str, Any]:
    begun = draw(st.sampled_from((date(2022, 3, 1), date(2023, 5, 1), date(2023, 6, 1), date(2023, 6, 14))))
    gone = draw(st.sampled_from((None, None, 0, 20, 31, 60)))
    return {
        "site": "某处",
        "tier": draw(words("kiosk", "tier")),
        "town": draw(towns),
        "in_service_on": begun,
        "retired_on": None if gone is None else max(begun, date(2023, 5, 20) + timedelta(days=gone)),
    }


@st.composite
def assisted(draw: Draw) -> dict[str, Any]:
    accepted_at = draw(moments)
    return {
        "accepted_at": accepted_at,
        "kind": draw(words("assisted_case", "kind")),
        "town": draw(towns),
        "closed_at": after(draw, accepted_at),
        "level": draw(levels),
    }


def rows_of(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(columns)


ROWS: dict[str, tuple[st.SearchStrategy[dict[str, Any]], int]] = {
    "rating": (ratings(), 12),
    "ticket": (tickets(), 14),
    "kiosk": (kiosks(), 4),
    "kiosk_transaction": (
        rows_of(
            kiosk_id=st.sampled_from(("DEMO-0", "DEMO-1", "DEMO-2", "DEMO-nobody")),
            started_at=moments,
            town=towns,
            result=words("kiosk_transaction", "result"),
            session_id=st.sampled_from(("S1", "S2", "S3")),
            age_group=words("kiosk_transaction", "age_group", may_lack=True),
        ),
        12,
    ),
    "cross_region_case": (promised(scope=words("cross_region_case", "scope"), is_marriage=flags), 8),
    "one_window_case": (
        promised(
            hall=st.sampled_from(("甲", "乙")),
            window=st.sampled_from(("1", "2")),
            wait_minutes=st.sampled_from((None, 0.0, 1.25, 7.5, 60.0)),
            is_single_sign_on=maybe_flags,
        ),
        8,
    ),
    "assisted_case": (assisted(), 8),
    "service_hall": (
        rows_of(
            hall=st.just("某厅"),
            tier=words("service_hall", "tier"),
            town=towns,
            window_count=st.integers(0, 9),
            rated_window_count=st.integers(0, 9),
            opened_on=st.sampled_from((date(2022, 1, 1), date(2023, 6, 20), date(2023, 7, 1))),
        ),
        4,
    ),
    "service_item": (
        rows_of(
            item=st.just("某事"),
            is_citywide=flags,
            is_cross_province=flags,
            is_shenzhen_huizhou=flags,
            is_one_thing=flags,
            should_be_stationed=maybe_flags,
            is_stationed=maybe_flags,
            listed_on=st.sampled_from((date(2022, 1, 1), date(2023, 6, 20), date(2023, 7, 1))),
        ),
        6,
    ),
    "town_population": (
        rows_of(
            town=towns,
            residents=st.integers(1, 90_000),
            counted_on=st.sampled_from((date(2010, 11, 1), date(2020, 11, 1), date(2023, 6, 15))),
        ),
        5,
    ),
}


@st.composite
def worlds(draw: Draw) -> World:
    """Return a few rows of every subject, numbered, every column named."""
    world: World = {}
    for key, (strategy, most) in ROWS.items():
        subject = CATALOGUE.subjects[key]
        empty = dict.fromkeys(column.name for column in subject.columns)
        made = draw(st.lists(strategy, min_size=1, max_size=most))
        world[key] = [{**empty, subject.record: f"DEMO-{n}", **row} for n, row in enumerate(made)]
    return world


def test_the_oracle_knows_every_metric() -> None:
    assert EVERY_METRIC.keys() == CATALOGUE.metrics.keys()
    assert ROWS.keys() == CATALOGUE.subjects.keys()


# Every example builds a store: a failing one names metric, period and place, and is not made smaller for minutes.
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(worlds())
def test_every_metric_agrees_with_its_definition(world: World) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        append(root, *(statement(key, rows, name=f"{key}.csv") for key, rows in world.items()))
        source = Source(current(root), CATALOGUE)
        try:
            for period in PERIODS:
                for town in (None, TOWNS[0]):
                    compare(source, world, period, town)
        finally:
            close_all()


def compare(source: Source, world: World, period: Period, town: str | None) -> None:
    plain = Plain(world, town)
    able = [m.key for m in CATALOGUE.metrics.values() if town is None or "town" in dimensions(CATALOGUE, m)]
    for row in scorecard(source, period, able, where={"town": town} if town else None).iter_rows(named=True):
        metric = CATALOGUE.metrics[row["metric"]]
        known = (metric.key, period.key, town)
        top, bottom = EVERY_METRIC[metric.key](plain, period.first, period.last)
        if not reports(plain, metric.subject, period):
            assert (row["value"], row["numerator"], row["denominator"]) == (None, None, None), known
        elif metric.kind == "percentile":
            assert row["value"] == (pytest.approx(top) if bottom else None), known
        else:
            assert row["numerator"] == pytest.approx(top), known
            assert row["denominator"] == (None if bottom is None else pytest.approx(bottom)), known
            expected = top * metric.scale if bottom is None else metric.scale * top / bottom if bottom else None
            assert row["value"] == (None if expected is None else pytest.approx(expected)), known


def reports(plain: Plain, subject: str, period: Period) -> bool:
    """Say whether a town that must report did: one that did not has no figure, not a zero."""
    known = CATALOGUE.subjects[subject]
    if plain.town is None or not known.covers_towns:
        return True
    return bool(plain.dated(subject, known.day, period.first, period.last))

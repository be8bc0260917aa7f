"""A dated change of definition: every day counts as defined on it, and nothing is compared across it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kpi.calendar import parse_period
from kpi.catalogue import Catalogue, Change
from kpi.errors import NotComparable
from kpi.measure import Source, explain, scorecard, series
from kpi.store import current
from tests.measure.small import Ratings, catalogue_with, row, target
from tests.store.statements import CATALOGUE

ON = date(2023, 5, 17)  # a Wednesday, in 2023-W20
RECORDED = date(2023, 9, 1)
RATE = "rating.satisfaction"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each day of 2022 and 2023: three ratings of level 5, one of 1, and two given by default."""
    ratings = Ratings()
    first, last = date(2022, 1, 1), date(2023, 12, 31)
    ratings.add(first, last, 3).add(first, last, 1, "平海镇", 1).add(first, last, 2, "平海镇", is_default=True)
    return ratings.store(tmp_path_factory.mktemp("changes"), first, last)


def changed(*targets: object, key: str = "rating.count") -> Catalogue:
    """Return the catalogue in which ratings count without those by default, and satisfaction over all, from ``ON``."""
    parts = {"rating.count": ("rating.volunteered", None), RATE: ("rating.very_satisfied", "rating.ratings")}
    change = Change(ON, "新口径", "某文件", *parts[key], RECORDED)
    return catalogue_with(*targets, metric=replace(CATALOGUE.metrics[key], changes=(change,)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("period", "value"),
    [
        ("2023-W19", 7 * 6),
        ("2023-W20", 2 * 6 + 5 * 4),
        ("2023-W21", 7 * 4),
        ("2023-05", 16 * 6 + 15 * 4),
        ("2023-05-16", 6),
        ("2023-05-17", 4),
        ("2023", 136 * 6 + 229 * 4),
        ("2022", 365 * 6),
    ],
)
def test_every_day_of_a_total_counts_as_defined_on_it(store: Path, period: str, value: float) -> None:
    assert row(store, period, catalogue=changed())["value"] == value


def test_every_day_of_a_rate_counts_as_defined_on_it(store: Path) -> None:
    """Three of four before; from the day on three and two by default, all level 5, of six."""
    known = changed(key=RATE)
    before, across, after = (
        row(store, period, metric=RATE, catalogue=known) for period in ("2023-W19", "2023-W20", "2023-W21")
    )
    assert before["value"] == pytest.approx(75)
    assert (across["numerator"], across["denominator"]) == (2 * 3 + 5 * 3, 2 * 4 + 5 * 6)
    assert (after["numerator"], after["denominator"]) == (21, 42)
    assert after["value"] == pytest.approx(50)


def test_the_split_counts_alike(store: Path) -> None:
    source = Source(current(store), changed())
    frame = scorecard(source, parse_period("2023-W20"), ["rating.count"], by="town")
    found = dict(frame.select("member", "value").iter_rows())
    assert (found["多祝镇"], found["平海镇"]) == (7 * 3, 2 * 3 + 5 * 1)


@pytest.mark.parametrize("more", [{}, {"period": "year"}])
def test_the_period_it_falls_into_is_not_judged(store: Path, more: dict[str, str]) -> None:
    known = changed(target(1.0, **more))
    for period in ("2023-W20", "2023-05", "2023-Q2", "2023"):
        found = row(store, period, catalogue=known)
        assert (found["status"], found["status_rule"]) == ("口径变更", 4), period
        assert found["definition_changed_on"] == ON


def test_a_period_that_begins_with_it_is_judged(store: Path) -> None:
    known = changed(target(1.0))
    assert row(store, "2023-05-17", catalogue=known)["status"] == "达标"
    assert row(store, "2023-W19", catalogue=known)["status"] == "达标"
    assert row(store, "2023-W21", catalogue=known)["status"] == "达标"


@pytest.mark.parametrize("period", ["2023-W20", "2023-W21", "2023-05", "2023-06"])
def test_figures_on_both_sides_have_no_change(store: Path, period: str) -> None:
    found = row(store, period, catalogue=changed())
    assert found["previous"] is not None
    assert found["last_year"] is not None
    assert (found["previous_change"], found["last_year_change"]) == (None, None)
    with pytest.raises(NotComparable, match="改过口径"):
        explain(Source(current(store), changed()), "rating.count", parse_period(period))


def test_figures_on_one_side_have_a_change(store: Path) -> None:
    before, after = (row(store, period, catalogue=changed()) for period in ("2023-W19", "2023-W22"))
    assert (before["previous_change"], after["previous_change"]) == (0.0, 0.0)
    assert (before["last_year_change"], after["last_year_change"]) == (0.0, None)
    assert (before["definition_changed_on"], after["definition_changed_on"]) == (None, ON)


def test_limits_begin_anew_and_the_period_of_the_change_sets_none(store: Path) -> None:
    known = changed()
    every_day = replace(known.metrics["rating.count"], season="weekday")
    source = Source(current(store), replace(known, metrics={**known.metrics, "rating.count": every_day}))
    frame = series(source, ["rating.count"], parse_period("2023-W30").trailing(26))
    found = {each["period"]: each for each in frame.iter_rows(named=True)}
    assert found["2023-W19"]["mean"] == 42
    assert found["2023-W20"]["mean"] is None
    assert found["2023-W21"]["mean"] == 28
    assert (found["2023-W21"]["signal_kind"], found["2023-W30"]["signal_kind"]) == ("none", "none")
    assert (found["2023-W19"]["is_trial"], found["2023-W30"]["is_trial"]) == (False, True)
    # Five periods under the new definition are too few for limits.
    early = series(source, ["rating.count"], parse_period("2023-W25").trailing(26))
    assert early.filter(period="2023-W25")["mean"].to_list() == [None]


def test_the_series_names_it_where_it_begins(store: Path) -> None:
    source = Source(current(store), changed())
    for kind in ("week", "month"):
        periods = parse_period("2023-W22" if kind == "week" else "2023-07").trailing(5)
        events = series(source, ["rating.count"], periods).select("period", "event").rows()
        straddling = "2023-W20" if kind == "week" else "2023-05"
        assert events == [(p.key, "5月17日口径变更" if p.key == straddling else "") for p in periods]


def test_before_it_was_recorded_nobody_knew_of_it(store: Path) -> None:
    generation = current(store)
    late = changed(target(1.0))
    unknown = Source(generation, late.known_on(date(2023, 8, 31)))
    known = Source(generation, late.known_on(RECORDED))
    period = parse_period("2023-W20")
    before, after = (scorecard(source, period, ["rating.count"]).row(0, named=True) for source in (unknown, known))
    assert (before["value"], before["status"], before["definition_changed_on"]) == (42, "达标", None)
    assert before["previous_change"] == 0.0
    assert (after["value"], after["status"], after["definition_changed_on"]) == (32, "口径变更", ON)


def test_a_percentile_across_a_change_counts_every_day(demo_source: Source) -> None:
    """With a change to the very same measure the percentile over the whole month stays what it was."""
    key, month = "ticket.handling_median", parse_period("2023-11")
    metric = CATALOGUE.metrics[key]
    change = Change(date(2023, 11, 15), metric.definition, "某文件", metric.numerator, None, date(2023, 11, 15))
    redefined = replace(CATALOGUE, metrics={**CATALOGUE.metrics, key: replace(metric, changes=(change,))})
    plain, split = (
        scorecard(Source(demo_source.generation, known), month, [key]).row(0, named=True)
        for known in (CATALOGUE, redefined)
    )
    assert (split["value"], split["n"]) == (plain["value"], plain["n"])
    assert split["definition_changed_on"] == date(2023, 11, 15)

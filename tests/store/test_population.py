"""The running sum of inhabitants is every town's newest count, whatever arrives in which order."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from kpi.engine import rollups
from kpi.store import Statement, current, drafting
from tests.store.statements import CATALOGUE, statement

NOW = datetime(2024, 1, 6, 9)


def count(number: int, town: str, day: date, residents: int) -> dict[str, Any]:
    return {"population_id": f"DEMO-P{number}", "town": town, "counted_on": day, "residents": residents}


def append(root: Path, *statements: Statement) -> None:
    with drafting(root, "demo", CATALOGUE) as draft:
        for item in statements:
            draft.append(item, NOW)
        rollups.refresh(draft)


def residents(root: Path, day: date, table: str = "town_population_rollup") -> dict[str, float]:
    """Return the running sum of inhabitants of every town at the end of ``day``."""
    sql = f"select town, sum(residents) as n from {table} where day <= ? group by town order by town"
    return {town: float(n) for town, n in current(root).query(sql, [day]).iter_rows()}


FIRST = statement(
    "town_population",
    [count(1, "多祝镇", date(2010, 11, 1), 60_000), count(2, "高潭镇", date(2010, 11, 1), 7_000)],
    name="a.csv",
)
CENSUS = statement("town_population", [count(3, "多祝镇", date(2020, 11, 1), 65_000)], name="b.csv")
BETWEEN = statement("town_population", [count(4, "多祝镇", date(2015, 11, 1), 63_000)], name="c.csv")


def test_a_newer_count_replaces_the_older_one(tmp_path: Path) -> None:
    append(tmp_path, FIRST, CENSUS)
    assert residents(tmp_path, date(2020, 10, 31)) == {"多祝镇": 60_000, "高潭镇": 7_000}
    assert residents(tmp_path, date(2020, 11, 1)) == {"多祝镇": 65_000, "高潭镇": 7_000}
    counts = current(tmp_path).query("select sum(counts) as n from town_population_event")
    assert counts["n"].to_list() == [3]


def test_a_count_that_arrives_late_takes_its_place_between(tmp_path: Path) -> None:
    append(tmp_path, FIRST, CENSUS)
    append(tmp_path, BETWEEN)
    assert residents(tmp_path, date(2015, 10, 31))["多祝镇"] == 60_000
    assert residents(tmp_path, date(2015, 11, 1))["多祝镇"] == 63_000
    assert residents(tmp_path, date(2023, 12, 31)) == {"多祝镇": 65_000, "高潭镇": 7_000}
    assert residents(tmp_path, date(2023, 12, 31)) == residents(tmp_path, date(2023, 12, 31), "town_population_event")
    with drafting(tmp_path, "demo", CATALOGUE) as draft:
        draft.undo(3, NOW)
        rollups.refresh(draft)
    for day in (date(2015, 11, 1), date(2020, 11, 1)):
        assert residents(tmp_path, day) == residents(tmp_path, day, "town_population_event")
    assert residents(tmp_path, date(2015, 11, 1))["多祝镇"] == 60_000


def test_of_two_counts_on_one_day_one_stands(tmp_path: Path) -> None:
    same_day = statement("town_population", [count(9, "多祝镇", date(2020, 11, 1), 66_000)], name="d.csv")
    append(tmp_path, CENSUS, same_day)
    assert residents(tmp_path, date(2020, 11, 1)) == {"多祝镇": 66_000}

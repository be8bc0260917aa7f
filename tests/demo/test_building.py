"""The demonstration goes in as its files would have come, and is in force as a whole or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from kpi import demo
from kpi.catalogue import load
from kpi.demo import building
from kpi.demo.exports import publication_of
from kpi.demo.one_window import CORRECTED_EXPORT
from kpi.demo.scale import LAST_EXPORT
from kpi.errors import StoreError
from kpi.store import Generation, current, dataset_folder

CATALOGUE = load(demo=True)


def generations(demo_store: Path) -> list[Generation]:
    """Return every sealed generation of the demonstration, oldest first."""
    folder = dataset_folder(demo_store, "demo")
    return [Generation(path, "demo") for path in sorted(folder.glob("kpi-*.duckdb"))]


def quiet(_done: int, _total: int, _name: str) -> None:
    pass


@pytest.mark.parametrize(
    ("exported_at", "number"),
    [
        (datetime(2023, 12, 5, 8, 30), 0),
        (CORRECTED_EXPORT, 1),
        (LAST_EXPORT - timedelta(seconds=1), 1),
        (LAST_EXPORT, 2),
    ],
)
def test_which_publication_a_file_belongs_to(exported_at: datetime, number: int) -> None:
    assert publication_of(exported_at) == number


def test_files_go_in_half_an_hour_after_their_export(demo_store: Path) -> None:
    batches = current(demo_store).batches()
    assert batches.height == 149
    assert (batches["imported_at"] - batches["exported_at"] == timedelta(minutes=30)).all()
    assert batches.sort("batch")["imported_at"].is_sorted()


def test_the_week_is_corrected_by_a_publication_of_its_own(demo_store: Path) -> None:
    first, second, third = generations(demo_store)
    files = [set(one.batches()["file_name"]) for one in (first, second, third)]
    assert [len(names) for names in files] == [69, 70, 149]
    assert files[1] - files[0] == {"演示-一窗通办办件-2023-W46更正.xlsx"}
    assert first.batches()["imported_at"].max() == datetime(2023, 12, 5, 9)
    correction = second.batches().row(0, named=True)
    assert (correction["new"], correction["changed"]) == (3, 18)
    week = "select count(*) as n from one_window_case where accepted_at between '2023-11-13' and '2023-11-20'"
    assert [one.query(week)["n"][0] for one in (second, third)] == [first.query(week)["n"][0] + 3] * 2


def test_a_build_that_dies_leaves_nothing_and_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def few(folder: Path, _progress: object) -> list[Path]:
        folder.mkdir(parents=True)
        rows = pl.DataFrame({"编号": ["DEMO-1"], "镇街": ["多祝镇"], "常住人口": [65_000], "统计时点": ["2020-11-01"]})
        paths = [folder / f"{number}.csv" for number in range(2)]
        for path, moment in zip(paths, ("2023-12-05 08:30", "2024-01-05 08:30"), strict=True):
            path.write_text(f"台账　导出时间：{moment}\n{rows.write_csv()}", encoding="utf-8")
        return paths

    def dying(done: int, _total: int, _name: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(building, "write_exports", few)
    with pytest.raises(KeyboardInterrupt):
        demo.build(tmp_path, CATALOGUE, quiet, dying)
    with pytest.raises(StoreError):
        current(tmp_path, "demo")
    assert demo.build(tmp_path, CATALOGUE, quiet, quiet) is True
    assert current(tmp_path, "demo").batches()["imported_at"].to_list() == [
        datetime(2024, 1, 5, 9),
        datetime(2023, 12, 5, 9),
    ]
    assert not (tmp_path / "demo" / "building").exists()
    assert demo.build(tmp_path, CATALOGUE, quiet, quiet) is False

"""How a file is written does not change what is shown: the same rows give the same scorecard in every form."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, permutations
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from kpi import engine
from kpi.calendar import DEMO_TODAY, parse_period
from kpi.catalogue import load
from kpi.demo import exports, files
from kpi.intake import stage
from kpi.measure import Source, scorecard
from kpi.store import current
from tests.proof import IS_FULL, broken, times
from tests.proof.broken import Grid

CATALOGUE = load(demo=True)
PERIODS = ["2023-W48", "2023-12", "2023"]
SUBJECTS = list(exports.DAY_COLUMNS) if IS_FULL else ["cross_region_case"]
MONTHS = times(3, 6)
IMPORTED_AT = datetime(2024, 1, 20)
Content = tuple[str, bytes]


@dataclass(frozen=True)
class Export:
    """One export file of the demonstration as a table of texts: the lines above the headers, the headers, the rows."""

    name: str
    above: Grid
    headers: list[str]
    rows: Grid

    @property
    def grid(self) -> Grid:
        return [*self.above, self.headers, *self.rows]


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Export]]:
    """Return the demonstration's last monthly files of each subject, as the demonstration writes them."""
    folder, found = tmp_path_factory.mktemp("exports"), {subject: [] for subject in SUBJECTS}
    # A week exported again contradicts its month: what is newer is another law's business.
    planned = [
        export for export in exports._monthly(exports.frames()) if export.subject in found and "更正" not in export.part
    ]
    for subject, of_subject in groupby(sorted(planned, key=lambda e: e.subject), key=lambda e: e.subject):
        for export in sorted(of_subject, key=lambda e: (e.exported_at, e.first))[-MONTHS:]:
            path = files.write(replace(export, form=files.Form("csv")), folder)
            lines = list(csv.reader(io.StringIO(path.read_bytes().decode())))
            found[subject].append(Export(path.stem, lines[:2], lines[2], lines[3:]))
    return found


def written(grid: Grid, kind: str = "utf-8.csv") -> bytes:
    return broken.KINDS[kind](grid)


def imported(root: Path, contents: Sequence[Content], *, is_together: bool = True) -> list[int | None]:
    """Import the files in one publication, or in one each; return their batches."""
    staged = [stage(content, name, CATALOGUE, today=DEMO_TODAY) for name, content in contents]
    assert [item.refused.height for item in staged] == [0] * len(staged)
    calls = [staged] if is_together else [[item] for item in staged]
    return [each.batch for call in calls for each in engine.load(root, call, CATALOGUE, imported_at=IMPORTED_AT)]


def scorecards(root: Path, subject: str) -> pl.DataFrame:
    """Return all columns of the scorecard of every metric of the subject: weeks, months, a year; county and towns."""
    source = Source(current(root, "demo"), CATALOGUE)
    metrics = [metric.key for metric in CATALOGUE.metrics.values() if metric.subject == subject]
    return pl.concat([scorecard(source, parse_period(p), metrics, by) for p in PERIODS for by in (None, "town")])


@pytest.fixture(scope="module", params=SUBJECTS)
def known(
    request: pytest.FixtureRequest, months: dict[str, list[Export]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[Export], pl.DataFrame]:
    """Return each subject, its files, and the scorecard they give when they are imported as they are."""
    root = tmp_path_factory.mktemp("plain")
    imported(root, [(f"{export.name}.csv", written(export.grid)) for export in months[request.param]])
    return request.param, months[request.param], scorecards(root, request.param)


def shuffled_columns(export: Export, chance: random.Random) -> Export:
    order = list(range(len(export.headers)))
    chance.shuffle(order)
    return replace(
        export, headers=[export.headers[n] for n in order], rows=[[row[n] for n in order] for row in export.rows]
    )


def shuffled_rows(export: Export, chance: random.Random) -> Export:
    return replace(export, rows=chance.sample(export.rows, len(export.rows)))


def each_as(kind: str) -> Callable[[list[Export], random.Random], list[Content]]:
    return lambda files, _: [(f"{export.name}.{kind}", written(export.grid, kind)) for export in files]


def each(change: Callable[[Export, random.Random], Export]) -> Callable[[list[Export], random.Random], list[Content]]:
    return lambda files, chance: [(f"{e.name}.csv", written(change(e, chance).grid)) for e in files]


def split(files: list[Export], chance: random.Random) -> list[Content]:
    """Deal the rows of every file out to three, each under the title lines of the whole."""
    contents = []
    for export in files:
        rows = chance.sample(export.rows, len(export.rows))
        parts = [replace(export, rows=sorted(rows[n::3])) for n in range(3)]
        contents += [(f"{export.name}-{n}.csv", written(part.grid)) for n, part in enumerate(parts)]
    return contents


def joined(files: list[Export], chance: random.Random) -> list[Content]:
    """Put all rows into one file that states the whole period and the last time of export."""
    stated = sorted(export.above[1][0] for export in files)
    period = stated[0].partition(" 至 ")[0] + " 至 " + stated[-1].partition(" 至 ")[2]
    rows = [row for export in files for row in export.rows]
    whole = replace(files[0], above=[files[0].above[0], [period]], rows=rows)
    return [("全部.csv", written(whole.grid))]


LAWS: dict[str, Callable[[list[Export], random.Random], list[Content]]] = {
    **{kind: each_as(kind) for kind in broken.KINDS if kind not in ("utf-8.csv", "旧工作簿.xls")},
    "columns in any order": each(shuffled_columns),
    "rows in any order": each(shuffled_rows),
    "a file in three": split,
    "all files in one": joined,
    "files in any order": lambda files, chance: each_as("utf-8.csv")(chance.sample(files, len(files)), chance),
}


@pytest.mark.parametrize("law", LAWS)
def test_however_the_rows_are_written_the_scorecard_is_the_same(
    known: tuple[str, list[Export], pl.DataFrame], tmp_path: Path, law: str
) -> None:
    subject, files, expected = known
    batches = imported(tmp_path, LAWS[law](files, random.Random(law)))
    assert None not in batches
    assert_frame_equal(scorecards(tmp_path, subject), expected)


def test_what_the_demonstration_writes_itself_gives_the_same_scorecard(
    known: tuple[str, list[Export], pl.DataFrame], tmp_path: Path
) -> None:
    """The demonstration's own workbooks, with dates and numbers in typed cells, say what their texts say."""
    subject, files, expected = known
    names = {export.name for export in files}
    planned = [e for e in exports._monthly(exports.frames()) if Path(e.file_name).stem in names]
    paths = [demo_file(export, tmp_path) for export in planned]
    imported(tmp_path / "store", [(path.name, path.read_bytes()) for path in paths])
    assert_frame_equal(scorecards(tmp_path / "store", subject), expected)


def demo_file(export: files.Export, folder: Path) -> Path:
    return files.write(replace(export, form=files.Form(has_total=True)), folder)


def test_importing_twice_is_importing_once(known: tuple[str, list[Export], pl.DataFrame], tmp_path: Path) -> None:
    subject, exported, expected = known
    contents = each_as("utf-8.csv")(exported, random.Random(1))
    imported(tmp_path, contents)
    number = current(tmp_path, "demo").number
    assert imported(tmp_path, contents, is_together=False) == [None] * len(contents)
    assert current(tmp_path, "demo").number == number
    assert None not in imported(tmp_path, each_as("工作簿.xlsx")(exported, random.Random(1)), is_together=False)
    assert_frame_equal(scorecards(tmp_path, subject), expected)


def restated(export: Export, chance: random.Random, position: int, exported_at: datetime) -> Content:
    """Return part of a file's rows with some texts of other rows, exported later."""
    rows = [list(row) for row in chance.sample(export.rows, len(export.rows) * 2 // 3)]
    place = next(n for n, header in enumerate(export.headers) if header.endswith("镇街"))
    for row in rows:
        row[place] = chance.choice(export.rows)[place]
    stated = export.above[1][0].partition("导出时间：")[0] + f"导出时间：{exported_at:%Y-%m-%d %H:%M}"
    return f"{position}.csv", written([export.above[0], [stated], export.headers, *rows])


@pytest.mark.parametrize("is_together", [True, False], ids=["in one publication", "in one publication each"])
def test_where_export_times_are_stated_the_order_of_files_does_not_matter(
    known: tuple[str, list[Export], pl.DataFrame], tmp_path: Path, is_together: bool
) -> None:
    """Files that contradict one another, in every order; in publications of their own, but for what they restated."""
    subject, exported, _ = known
    chance = random.Random(subject)
    contents = [restated(exported[-1], chance, n, datetime(2024, 1, 6, 8 + n)) for n in range(3)]
    found = []
    for number, order in enumerate([*permutations(contents)][:: times(2, 1)]):
        imported(tmp_path / str(number), order, is_together=is_together)
        found.append(scorecards(tmp_path / str(number), subject))
        if not is_together:
            found[-1] = found[-1].drop(pl.selectors.contains("restate"))
    for other in found[1:]:
        assert_frame_equal(other, found[0])

"""From staged files to a published generation: compare, append, refresh, publish; and back by undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from kpi.calendar import DEMO_TODAY
from kpi.catalogue import Catalogue
from kpi.engine import rollups
from kpi.errors import AlreadyImported, ImportRefused
from kpi.intake import Staged
from kpi.store import (
    DEMO,
    REAL,
    Draft,
    Generation,
    Statement,
    activate,
    active_dataset,
    current,
    dataset_folder,
    drafting,
    fingerprint,
    refuse_repeated,
    verdict_sql,
)

SAMPLE_ROWS = 5


@dataclass(frozen=True)
class Preview:
    """What an import would do: counts of rows and, per changed row and column, the old and new text."""

    new: int
    changed: int
    same: int
    older: int
    samples: pl.DataFrame
    switches_to_real: bool


@dataclass(frozen=True)
class LoadedBatch:
    """One file as it went in: batch number and counts; or the reason it did not."""

    file_name: str
    subject: str
    batch: int | None
    new: int
    changed: int
    same: int
    older: int
    refused: int
    reason: str | None = None


def dataset_of(staged: Staged) -> str:
    """Return the dataset a file belongs to: demo keys never mix with real ones."""
    return DEMO if staged.is_demo else REAL


def preview(root: Path, staged: Staged, catalogue: Catalogue) -> Preview:
    """Compare a staged file with what is in force, changing nothing.

    Raises ImportRefused when demo data arrive while real data are shown, AlreadyImported for the same bytes.
    """
    dataset = dataset_of(staged)
    switches = _check_dataset(root, staged)
    if not (dataset_folder(root, dataset) / "current").exists():
        return Preview(staged.rows.height, 0, 0, 0, pl.DataFrame(), switches)
    generation = current(root, dataset)
    statement = _statement(staged, catalogue)
    refuse_repeated(generation.in_force(staged.digest), staged.file_name)
    verdicts = generation.compare(verdict_sql(statement.subject, statement.stated_at), staged.rows)
    counts = dict(verdicts["verdict"].value_counts().iter_rows())
    changed = verdicts.filter(pl.col("verdict") == "changed")["record"].head(SAMPLE_ROWS)
    samples = _differences(generation, statement, changed)
    new, changed_rows, same, older = (counts.get(name, 0) for name in ("new", "changed", "same", "older"))
    return Preview(new, changed_rows, same, older, samples, switches)


def load(
    root: Path,
    staged: Sequence[Staged],
    catalogue: Catalogue,
    progress: Callable[[int, int, str], None] | None = None,
    imported_at: datetime | None = None,
) -> list[LoadedBatch]:
    """Append every staged file as one batch and publish them together; return what became of each, in order.

    All files must belong to the same dataset. A file already in force is reported with its reason and
    changes nothing; when no file is left, nothing is published. Raises ImportRefused for demo files
    while real data are shown, StoreError when writing fails; then nothing of the call is in force.
    """
    datasets = {dataset_of(item) for item in staged}
    if len(datasets) != 1:
        raise ImportRefused("演示数据和正式数据不能一起导入，请分开选择文件。")
    for item in staged:
        _check_dataset(root, item)
    loaded: list[LoadedBatch] = []
    with publishing(root, datasets.pop(), catalogue, imported_at) as publication:
        for position, item in enumerate(staged):
            loaded.append(publication.add(item))
            if progress:
                progress(position + 1, len(staged), item.file_name)
    return loaded


class NothingToPublish(Exception):
    """Ends a draft that changed nothing, so that no generation is published for it."""


class Publication:
    """Files going in one after another, published together. Made by ``publishing`` only."""

    def __init__(self, draft: Draft, catalogue: Catalogue, now: datetime) -> None:
        """Wrap an open draft; ``now`` is the time of import of every file added."""
        self._draft = draft
        self._catalogue = catalogue
        self._now = now
        self.appended = 0

    def add(self, staged: Staged, imported_at: datetime | None = None) -> LoadedBatch:
        """Append one file, imported now or at ``imported_at``; a repeated file gives its reason and leaves no trace."""
        now = imported_at or self._now
        try:
            batch, verdicts = self._draft.append(_statement(staged, self._catalogue, now), now)
        except AlreadyImported as refusal:
            return LoadedBatch(staged.file_name, staged.subject, None, 0, 0, 0, 0, staged.refused.height, str(refusal))
        self.appended += 1
        return LoadedBatch(
            staged.file_name,
            staged.subject,
            batch,
            verdicts.new,
            verdicts.changed,
            verdicts.same,
            verdicts.older,
            staged.refused.height,
        )


@contextmanager
def publishing(
    root: Path, dataset: str, catalogue: Catalogue, imported_at: datetime | None = None
) -> Iterator[Publication]:
    """Open a publication; when the block ends without an error, refresh the rollups and publish.

    Nothing is published when no file was appended. Real data are shown from then on. Raises StoreError
    when writing fails.
    """
    try:
        with drafting(root, dataset, catalogue) as draft:
            publication = Publication(draft, catalogue, imported_at or datetime.now().replace(microsecond=0))
            yield publication
            if not publication.appended:
                raise NothingToPublish
            rollups.refresh(draft)
    except NothingToPublish:
        pass
    # Also when nothing was appended: an import killed after publishing comes back as already imported.
    if dataset == REAL and (dataset_folder(root, REAL) / "current").exists():
        activate(root, REAL)


def undo(root: Path, batch: int, catalogue: Catalogue, dataset: str | None = None) -> str:
    """Take a batch out of force and publish; return the key of its subject.

    When no real batch is left and the demonstration exists, the screens show it again, as before.

    Raises UnknownName when there is no such batch in force.
    """
    with drafting(root, dataset or active_dataset(root), catalogue) as draft:
        subject = draft.undo(batch, datetime.now().replace(microsecond=0))
        rollups.refresh(draft)
    shown = active_dataset(root)
    if shown == REAL and not current(root).covered and (dataset_folder(root, DEMO) / "current").exists():
        activate(root, DEMO)
    return subject


def upgrade(root: Path, catalogue: Catalogue) -> list[str]:
    """Bring both datasets in line with the SQL files, the subjects and the calendar; return which needed it.

    Raises CatalogueError when a metric names a measure that does not exist; the old data stay in force.
    """
    outdated = [
        dataset
        for dataset in (DEMO, REAL)
        if (dataset_folder(root, dataset) / "current").exists() and current(root, dataset).fingerprint != fingerprint()
    ]
    for dataset in outdated:
        with drafting(root, dataset, catalogue) as draft:
            rollups.refresh(draft)
    return outdated


def _check_dataset(root: Path, staged: Staged) -> bool:
    """Refuse demo data beside real data; say whether the import would switch the screens to real data."""
    shown = active_dataset(root) if (root / "active").exists() else None
    if staged.is_demo and shown == REAL:
        raise ImportRefused(
            f"文件“{staged.file_name}”是演示数据，而看板正在使用正式数据，两者不能混用；"
            "请先用 python -m kpi use demo 切回演示。"
        )
    return shown == DEMO and not staged.is_demo


def _statement(staged: Staged, catalogue: Catalogue, now: datetime | None = None) -> Statement:
    stated_at = staged.exported_at or now or datetime.now().replace(microsecond=0)
    subject = catalogue.subjects[staged.subject]
    # A register says what is so on the day it was exported, whatever the youngest date in it.
    last = max(staged.period_last, stated_at.date()) if subject.register else staged.period_last
    if subject.register and staged.is_demo:
        last = min(last, DEMO_TODAY)
    facts = {
        name: getattr(staged, name)
        for name in (
            "file_name",
            "format",
            "encoding",
            "header_line",
            "rows_read",
            "skipped",
            "normalised",
            "exported_at",
        )
    }
    return Statement(subject, staged.rows, staged.refused, facts, staged.period_first, last, stated_at, staged.digest)


def _differences(generation: Generation, statement: Statement, records: pl.Series) -> pl.DataFrame:
    """Return one row per changed cell of ``records``: record, column (Chinese header), old, new."""
    subject = statement.subject
    if records.is_empty():
        return pl.DataFrame()
    names = {column.name: column.header for column in subject.columns if column.name != subject.record}
    old = generation.query(
        f"select * from {subject.key} where {subject.record} in (select unnest(?))", [records.to_list()]
    )

    def long(frame: pl.DataFrame, side: str) -> pl.DataFrame:
        return frame.select(
            pl.col(subject.record).alias("record"), *(pl.col(name).cast(pl.String) for name in names)
        ).unpivot(index="record", variable_name="column", value_name=side)

    new = statement.rows.filter(pl.col(subject.record).is_in(records.implode()))
    both = long(old, "old").join(long(new, "new"), on=["record", "column"])
    return both.filter(pl.col("old").ne_missing(pl.col("new"))).with_columns(pl.col("column").replace(names))

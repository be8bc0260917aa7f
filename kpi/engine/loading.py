"""From staged files to a published generation: compare, append, refresh, publish; and back by undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kpi.catalogue import Catalogue
from kpi.engine import rollups
from kpi.engine.statements import ORIGIN_SQL, check_dataset, dataset_of, statement_of
from kpi.errors import AlreadyImported, ImportRefused
from kpi.intake import Staged
from kpi.store import (
    DEMO,
    REAL,
    Draft,
    activate,
    active_dataset,
    current,
    dataset_folder,
    drafting,
    fingerprint,
)
from kpi.store.raw import keep, keep_days, mark_expired, purge, sweep

Said = Callable[[str], None]


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
    withdrawn: int = 0
    reason: str | None = None


def load(
    root: Path,
    staged: Sequence[Staged],
    catalogue: Catalogue,
    progress: Callable[[int, int, str], None] | None = None,
    imported_at: datetime | None = None,
    *,
    is_complete: bool = False,
    waiting: Said | None = None,
) -> list[LoadedBatch]:
    """Append every staged file as one batch and publish them together; return what became of each, in order.

    All files must belong to the same dataset. A file already in force is reported with its reason and
    changes nothing; when no file is left, nothing is published. With ``is_complete`` what a file does not repeat
    of its period is withdrawn. While another import holds the store, ``waiting`` is told so. Raises ImportRefused
    for demo files while real data are shown, StoreError when writing fails; then nothing of the call is in force.
    """
    datasets = {dataset_of(item) for item in staged}
    if len(datasets) != 1:
        raise ImportRefused("演示数据和正式数据不能一起导入，请分开选择文件。")
    for item in staged:
        check_dataset(root, item)
    loaded: list[LoadedBatch] = []
    with publishing(root, datasets.pop(), catalogue, imported_at, waiting) as publication:
        for position, item in enumerate(staged):
            loaded.append(publication.add(item, is_complete=is_complete))
            if progress:
                progress(position + 1, len(staged), item.file_name)
    return loaded


class NothingToPublish(Exception):
    """Ends a draft that changed nothing, so that no generation is published for it."""


class Publication:
    """Files going in one after another, published together. Made by ``publishing`` only."""

    def __init__(self, draft: Draft, catalogue: Catalogue, now: datetime, raw_folder: Path | None) -> None:
        """Wrap an open draft; ``now`` is the time of import of every file added, which are kept in ``raw_folder``."""
        self._draft = draft
        self._catalogue = catalogue
        self._now = now
        self._raw_folder = raw_folder
        self.appended = 0
        self.kept: list[str] = []

    def add(self, staged: Staged, imported_at: datetime | None = None, *, is_complete: bool = False) -> LoadedBatch:
        """Append one file, imported now or at ``imported_at``; a repeated file gives its reason and leaves no trace."""
        now = imported_at or self._now
        origins = [staged.corrects["batch"].unique().to_list()]
        corrected_at = self._draft.connection.execute(ORIGIN_SQL, origins).fetchall()[0][0]
        statement = statement_of(staged, self._catalogue, now, is_complete=is_complete, corrected_at=corrected_at)
        is_kept = self._raw_folder is not None and staged.content is not None
        statement.facts["raw_file"] = staged.digest if is_kept else None
        try:
            batch, verdicts = self._draft.append(statement, now)
        except AlreadyImported as refusal:
            reason, refused = str(refusal), staged.refused.height
            return LoadedBatch(staged.file_name, staged.subject, None, 0, 0, 0, 0, refused, reason=reason)
        self.appended += 1
        if self._raw_folder and staged.content is not None and keep(self._raw_folder, staged.digest, staged.content):
            self.kept.append(staged.digest)
        return LoadedBatch(
            staged.file_name,
            staged.subject,
            batch,
            verdicts.new,
            verdicts.changed,
            verdicts.same,
            verdicts.older,
            staged.refused.height,
            verdicts.withdrawn,
        )


@contextmanager
def publishing(
    root: Path,
    dataset: str,
    catalogue: Catalogue,
    imported_at: datetime | None = None,
    waiting: Said | None = None,
) -> Iterator[Publication]:
    """Open a publication; when the block ends without an error, refresh the rollups and publish.

    Nothing is published when no file was appended. Real data are shown from then on; their files are kept as they
    came, and those whose time is up are purged. Raises StoreError when writing fails.
    """
    now, folder = imported_at or datetime.now().replace(microsecond=0), dataset_folder(root, dataset)
    days = keep_days() if dataset == REAL else 0
    expired: list[str] = []
    publication: Publication | None = None
    try:
        with drafting(root, dataset, catalogue, waiting) as draft:
            sweep(draft, folder)
            publication = Publication(draft, catalogue, now, folder if days else None)
            yield publication
            if not publication.appended:
                raise NothingToPublish
            expired = mark_expired(draft, now, days)
            rollups.refresh(draft)
    except NothingToPublish:
        pass
    except BaseException:
        purge(folder, publication.kept if publication else (), ())
        raise
    if expired:
        purge(folder, expired, kept_files(root, dataset))
    # Also when nothing was appended: an import killed after publishing comes back as already imported.
    if dataset == REAL and (dataset_folder(root, REAL) / "current").exists():
        activate(root, REAL)


def kept_files(root: Path, dataset: str) -> list[str]:
    """Return the names of the files that some batch still keeps."""
    sql = "select distinct raw_file from batch where raw_file is not null and raw_purged_at is null"
    return current(root, dataset).query(sql)["raw_file"].to_list()


def purge_files(root: Path, catalogue: Catalogue, days: int, waiting: Said | None = None) -> int:
    """Remove the kept files of real batches older than ``days``, record it, and return how many went."""
    with drafting(root, REAL, catalogue, waiting) as draft:
        expired = mark_expired(draft, datetime.now().replace(microsecond=0), days)
        rollups.refresh(draft)
    purge(dataset_folder(root, REAL), expired, kept_files(root, REAL))
    return len(expired)


def undo(root: Path, batch: int, catalogue: Catalogue, dataset: str | None = None, waiting: Said | None = None) -> str:
    """Take a batch out of force and publish; return the key of its subject.

    When no real batch is left and the demonstration exists, the screens show it again, as before.

    Raises UnknownName when there is no such batch in force.
    """
    with drafting(root, dataset or active_dataset(root), catalogue, waiting) as draft:
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

"""Putting the demonstration's files through the real import, in the order in which they would have come."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from kpi import engine, intake
from kpi.calendar import DEMO_TODAY
from kpi.catalogue import Catalogue
from kpi.demo.exports import publication_of, write_exports
from kpi.demo.scale import LAST_EXPORT
from kpi.store import DEMO, dataset_folder
from kpi.store.location import replace_text, sync_folder, writing

Progress = Callable[[int, int, str], None]
IMPORTED_AFTER = timedelta(minutes=30)


def build(root: Path, catalogue: Catalogue, generating: Progress, importing: Progress) -> bool:
    """Make the demonstration's dataset in ``root``; say whether it had to be made.

    Every file goes in half an hour after its export, in three publications; they come into force
    together, so that a killed build leaves nothing. Both callbacks are told files done, files in all and
    the name of the file. Raises StoreError when the folder cannot be written or another import holds it.
    """
    folder = dataset_folder(root, DEMO)
    with writing(folder):
        if (folder / "current").exists():
            return False
        scratch = folder / "building"
        shutil.rmtree(scratch, ignore_errors=True)
        paths = write_exports(scratch / "exports", generating)
        _import(scratch, paths, catalogue, importing)
        _put_in_force(dataset_folder(scratch, DEMO), folder)
        shutil.rmtree(scratch)
    return True


def _import(root: Path, paths: Sequence[Path], catalogue: Catalogue, progress: Progress) -> None:
    def staged() -> Iterator[tuple[datetime, intake.Staged]]:
        for done, path in enumerate(paths, start=1):
            item = intake.stage(path.read_bytes(), path.name, catalogue, today=DEMO_TODAY)
            yield item.exported_at or LAST_EXPORT, item
            progress(done, len(paths), path.name)

    for _, files in groupby(staged(), key=lambda file: publication_of(file[0])):
        with engine.publishing(root, DEMO, catalogue) as publication:
            for exported_at, item in files:
                publication.add(item, exported_at + IMPORTED_AFTER)


def _put_in_force(built: Path, folder: Path) -> None:
    """Move the sealed generations over, and only then the pointer that readers follow."""
    for sealed in sorted(built.glob("kpi-*.duckdb")):
        sealed.replace(folder / sealed.name)
    sync_folder(folder)
    replace_text(folder / "current", (built / "current").read_text(encoding="utf-8"))

"""The data as they would be after an import, in a file of their own that nobody else sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from kpi.catalogue import Catalogue
from kpi.engine.loading import load
from kpi.engine.statements import dataset_of
from kpi.intake import Staged
from kpi.store import Generation, close, current, dataset_folder


@contextmanager
def on_trial(root: Path, staged: Staged, catalogue: Catalogue, *, is_complete: bool = False) -> Iterator[Generation]:
    """Import a staged file into a copy of the generation in force and return the result; it vanishes afterwards.

    Raises StoreError when the disk has no room for the copy.
    """
    dataset = dataset_of(staged)
    pointer = dataset_folder(root, dataset) / "current"
    root.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="trial-", dir=root, ignore_cleanup_errors=True) as scratch:
        folder = dataset_folder(Path(scratch), dataset)
        folder.mkdir()
        if pointer.exists():
            sealed = (pointer.parent / pointer.read_text(encoding="utf-8").strip()).absolute()
            (folder / "current").write_text(str(sealed), encoding="utf-8")
        load(Path(scratch), [replace(staged, content=None)], catalogue, is_complete=is_complete)
        result = current(Path(scratch), dataset)
        try:
            yield result
        finally:
            close(result)

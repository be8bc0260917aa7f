"""A file understood and checked, nothing of it in force yet."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from time import time
from weakref import finalize

import polars as pl

from kpi.intake.cautions import Caution
from kpi.intake.places import UnknownName

PREFIX = "kpi-read-"
ABANDONED_SECONDS = 86_400


def sweep() -> None:
    """Remove folders of processes that are gone; where the system does not tell, those a day old."""
    for path in Path(gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError, ValueError):
            process = int(path.name.removeprefix(PREFIX).split("-")[0])
            if time() - path.stat().st_mtime > ABANDONED_SECONDS or not _is_alive(process):
                shutil.rmtree(path, ignore_errors=True)


def _is_alive(process: int) -> bool:
    return sys.platform != "linux" or Path(f"/proc/{process}").exists()


class Scratch:
    """A folder of its own that vanishes with this object, or with the process."""

    def __init__(self) -> None:
        """Make the folder, readable by its owner only."""
        self.path = Path(mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        finalize(self, shutil.rmtree, self.path, ignore_errors=True)


class Pieces:
    """The good rows of a file in pieces, in memory or, for a large file, in a folder that vanishes with this object."""

    def __init__(self, pieces: tuple[pl.DataFrame | Path, ...], height: int, folder: Scratch | None):
        """Keep the pieces, their number of rows together, and the folder that must live as long as they do."""
        self._pieces = pieces
        self._folder = folder
        self.height = height

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Return one frame after another; each has all columns of the subject and ``line``."""
        for piece in self._pieces:
            yield piece if isinstance(piece, pl.DataFrame) else pl.read_ipc(piece)

    def move(self, folder: Path) -> list[str]:
        """Put the pieces into ``folder`` as Arrow files and return their names; those on disk are only renamed."""
        names = []
        for number, piece in enumerate(self._pieces):
            names.append(f"rows-{number:05d}.arrow")
            if isinstance(piece, pl.DataFrame):
                piece.write_ipc(folder / names[-1])
            else:
                piece.replace(folder / names[-1])
        return names

    def collect(self) -> pl.DataFrame:
        """Return all rows as one frame."""
        return pl.concat(self)


@dataclass(frozen=True)
class Total:
    """A figure of the file's own 合计 line beside ours: ``column`` is its header, or 行数 for the number of rows."""

    label: str
    column: str
    stated: float
    ours: float

    @property
    def agrees(self) -> bool:
        """Say whether both are the same, but for the rounding of a decimal."""
        return abs(self.stated - self.ours) <= 0.005 * max(1.0, abs(self.ours) / 1e6)


@dataclass(frozen=True)
class Staged:
    """A file understood and checked, nothing of it in force yet.

    ``pieces``: one row per record, every column of the subject typed (missing optional ones null) and
    ``line``, its line in the file; keys are unique. ``refused``: one row per refused line with line,
    rule, reason, raw (JSON object header → text, personal columns masked) and record, its key where that could be
    read. ``corrects``: batch, origin_line and line of rows that bring a refused row of an earlier batch again.
    ``rows_read`` counts every row below the header: rows + refused + all that was ``skipped``; ``skipped`` and
    ``normalised`` count by Chinese label what was left out and what was tidied. ``cautions`` must be confirmed by
    a person; ``sample`` shows the first lines as they were understood; ``content`` is the file itself.
    """

    subject: str
    file_name: str
    digest: str
    size: int
    format: str
    encoding: str
    header_line: int
    headers: tuple[str, ...]
    sample: tuple[str, ...]
    pieces: Pieces
    refused: pl.DataFrame
    corrects: pl.DataFrame
    rows_read: int
    skipped: dict[str, int]
    normalised: dict[str, int]
    ignored_columns: tuple[str, ...]
    hidden_sheets: tuple[str, ...]
    totals: tuple[Total, ...]
    unknown_names: tuple[UnknownName, ...]
    cautions: tuple[Caution, ...]
    period_first: date
    period_last: date
    states_period: bool
    exported_at: datetime | None
    is_demo: bool
    mapping: str | None
    content: bytes | Path | None = field(default=None, repr=False, compare=False)

    @property
    def corrected(self) -> int:
        """How many refused rows of earlier batches come in now."""
        return self.corrects.filter(~pl.col("line").is_in(self.refused["line"].implode())).height

    @property
    def rows(self) -> pl.DataFrame:
        """All good rows as one frame."""
        return self.pieces.collect()

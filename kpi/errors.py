"""The one family of errors a person may see: each is a single Chinese sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class KpiError(Exception):
    """Something a user can understand and act on.

    ``str(error)`` is one Chinese sentence: what happened, where, what to do.
    """


class CatalogueError(KpiError):
    """The catalogue is incomplete or contradicts itself; nothing may be computed from it."""


class ImportRefused(KpiError):
    """A file cannot go in; nothing of it was kept in force."""


class UnknownLayout(ImportRefused):
    """No known business has these headers, but a person can say what each column means.

    ``tables`` holds one dict per table found: name, row (of the header, from 0), headers, samples (rows of texts);
    ``subject`` is the business it looks most like, or empty.
    """

    def __init__(self, text: str, tables: Sequence[Mapping[str, Any]] = (), subject: str = "") -> None:
        """Keep what the screen on which columns are named needs."""
        super().__init__(text)
        self.tables = tuple(tables)
        self.subject = subject


class SheetChoice(ImportRefused):
    """Several sheets hold data that cannot go in together; ``sheets`` names them."""

    def __init__(self, text: str, sheets: Sequence[str] = ()) -> None:
        """Keep the names to choose from."""
        super().__init__(text)
        self.sheets = tuple(sheets)


class AlreadyImported(ImportRefused):
    """The very same bytes are already in force as a batch."""


class StoreError(KpiError):
    """The store cannot be read or written: no data yet, locked, or the disk is full."""


class UnknownName(KpiError):
    """A metric, dimension, member, batch or period that does not exist was asked for."""


class NotComparable(KpiError):
    """Two figures that cannot be set against each other: one is missing, or they are counted differently."""

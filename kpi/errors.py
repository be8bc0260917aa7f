"""The one family of errors a person may see: each is a single Chinese sentence."""


class KpiError(Exception):
    """Something a user can understand and act on.

    ``str(error)`` is one Chinese sentence: what happened, where, what to do.
    """


class CatalogueError(KpiError):
    """The catalogue is incomplete or contradicts itself; nothing may be computed from it."""


class ImportRefused(KpiError):
    """A file cannot go in; nothing of it was kept in force."""


class AlreadyImported(ImportRefused):
    """The very same bytes are already in force as a batch."""


class StoreError(KpiError):
    """The store cannot be read or written: no data yet, locked, or the disk is full."""


class UnknownName(KpiError):
    """A metric, dimension, member, batch or period that does not exist was asked for."""


class NotComparable(KpiError):
    """Two figures that cannot be set against each other: one is missing, or they are counted differently."""

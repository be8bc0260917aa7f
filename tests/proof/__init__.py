"""The proof that importing loses nothing, by killing, filling, racing, undoing, fuzzing and rearranging imports.

Every proof runs a small number of cases in the ordinary test run. ``KPI_PROOF=full python -m pytest tests/proof``
runs the same code with the full number: 200 kills, 50 publications under 20 readers, 20 000 broken files and more.
"""

from __future__ import annotations

import os

IS_FULL = os.environ.get("KPI_PROOF") == "full"


def times(small: int, full: int) -> int:
    """Return how many cases to run: ``full`` of them when the full proof was asked for."""
    return full if IS_FULL else small

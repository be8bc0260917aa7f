"""Which days the files in force speak of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

BRIDGED_DAYS = 3
COVERED_SQL = "select subject, period_first, period_last from batch where in_force order by subject, period_first"


def covered_stretches(periods: Iterable[tuple[str, date, date]]) -> dict[str, list[tuple[date, date]]]:
    """Return subject → the stretches of days its files cover, in order, gaps between them real.

    ``periods`` is what ``COVERED_SQL`` gives. A gap of at most three days is bridged: a file that does not
    state its period is known only by its first and last record, and weekends and short holidays have none.
    """
    stretches: dict[str, list[tuple[date, date]]] = {}
    for subject, first, last in periods:
        known = stretches.setdefault(subject, [])
        if known and first <= known[-1][1] + timedelta(days=BRIDGED_DAYS + 1):
            known[-1] = (known[-1][0], max(known[-1][1], last))
        else:
            known.append((first, last))
    return stretches

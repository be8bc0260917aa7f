"""The list of export files of the demonstration: which rows go into which file, and when it was exported."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import polars as pl

from kpi.demo import assisted, cross_region, kiosks, one_window, ratings, registers, tickets
from kpi.demo.files import Export, Form, write
from kpi.demo.scale import LAST_EXPORT, YEARS

MONTHS = tuple((year, month) for year in YEARS for month in range(1, 13))
DAY_COLUMNS = {
    "rating": "rated_at",
    "ticket": "received_at",
    "kiosk_transaction": "started_at",
    "cross_region_case": "accepted_at",
    "one_window_case": "accepted_at",
    "assisted_case": "accepted_at",
}
CORRECTED_LATER = {"ticket", "cross_region_case", "assisted_case"}
"""Subjects whose every month was exported again in January 2024, so that late closings are seen."""
PUBLICATION_STARTS = (one_window.CORRECTED_EXPORT, LAST_EXPORT)
"""Moments of export with which a new publication begins, so that the days before can be shown as they were."""
GB18030_MONTH, OLD_HEADERS_MONTH = (2022, 8), (2022, 3)


def frames() -> dict[str, pl.DataFrame]:
    """Return the records of each monthly subject in their final state, both years, by the catalogue's subject key."""
    return {
        "rating": ratings.build(),
        "ticket": tickets.build(),
        "kiosk_transaction": kiosks.transactions(),
        "cross_region_case": cross_region.cross_region(),
        "one_window_case": one_window.one_window(),
        "assisted_case": assisted.build(),
    }


def write_exports(folder: Path, progress: Callable[[int, int, str], None] | None = None) -> list[Path]:
    """Write all demo export files into ``folder`` (made if missing); return their paths in the order of their export.

    ``progress`` is told files done, files in all, and the name of the file just written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    planned = sorted([*_registers(), *_monthly(frames())], key=lambda export: export.exported_at)
    paths = []
    for done, export in enumerate(planned, start=1):
        paths.append(write(export, folder))
        if progress:
            progress(done, len(planned), export.file_name)
    return paths


def publication_of(exported_at: datetime) -> int:
    """Return the number, from 0, of the publication a file exported at that moment went in with."""
    return bisect_right(PUBLICATION_STARTS, exported_at)


def _registers() -> Iterator[Export]:
    tables = {
        "kiosk": (kiosks.register(), "in_service_on"),
        "service_item": (registers.service_items(), "listed_on"),
        "service_hall": (registers.service_halls(), "opened_on"),
        "town_population": (registers.town_populations(), "counted_on"),
    }
    for subject, (rows, day) in tables.items():
        first = rows[day].min()
        assert isinstance(first, date)
        yield Export(subject, rows, "2023年末", first, date(2023, 12, 31), LAST_EXPORT)


def _monthly(records: dict[str, pl.DataFrame]) -> Iterator[Export]:
    november, corrected_week = one_window.restated(records["one_window_case"])
    for year, month in MONTHS:
        first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
        for subject, day in DAY_COLUMNS.items():
            rows = records[subject].filter(pl.col(day).dt.date().is_between(first, last))
            is_restated = subject == "one_window_case" and (year, month) == (2023, 11)
            exported_at = LAST_EXPORT if subject in CORRECTED_LATER else _fifth_of_next_month(year, month)
            form = _form(subject, year, month)
            yield Export(
                subject, november if is_restated else rows, f"{year}-{month:02d}", first, last, exported_at, form
            )
            if is_restated:
                week = one_window.RESTATED_WEEK
                yield Export(subject, corrected_week, "2023-W46更正", *week, one_window.CORRECTED_EXPORT, form)


def _fifth_of_next_month(year: int, month: int) -> datetime:
    return datetime(year + month // 12, month % 12 + 1, 5, 8, 30)


def _form(subject: str, year: int, month: int) -> Form:
    """Return how a month's file looks; a few months differ, as files of real systems do."""
    is_old = (year, month) == OLD_HEADERS_MONTH
    if subject == "rating":
        encoding = "gb18030" if (year, month) == GB18030_MONTH else "utf-8-sig"
        return Form("csv", encoding, has_total=month % 3 == 0, has_aliases=is_old)
    if subject == "ticket" and (year, month) < (2023, 10):
        return Form("csv", "utf-8-sig", has_aliases=is_old, is_reordered=(year, month) == (2022, 9))
    if subject == "kiosk_transaction":
        return Form("csv", "utf-8", is_reordered=(year, month) == (2023, 5))
    return Form(has_total=subject in {"ticket", "cross_region_case", "one_window_case"}, has_aliases=is_old)

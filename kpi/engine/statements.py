"""What a staged file says, as the store takes it; and whether demo and real data may meet."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from kpi.calendar import DEMO_TODAY
from kpi.catalogue import Catalogue
from kpi.errors import ImportRefused
from kpi.intake import Staged
from kpi.store import DEMO, REAL, Statement, active_dataset


def dataset_of(staged: Staged) -> str:
    """Return the dataset a file belongs to: demo keys never mix with real ones."""
    return DEMO if staged.is_demo else REAL


def check_dataset(root: Path, staged: Staged) -> bool:
    """Say whether importing the file would switch the screens to real data.

    Raises ImportRefused for demo data while real data are shown.
    """
    shown = active_dataset(root) if (root / "active").exists() else None
    if staged.is_demo and shown == REAL:
        raise ImportRefused(
            f"文件“{staged.file_name}”是演示数据，而看板正在使用正式数据，两者不能混用；"
            "请先用 python -m kpi use demo 切回演示。"
        )
    return shown == DEMO and not staged.is_demo


ORIGIN_SQL = "select max(stated_at) from batch where in_force and batch in (select unnest(?))"


def statement_of(
    staged: Staged,
    catalogue: Catalogue,
    now: datetime | None = None,
    *,
    is_complete: bool = False,
    corrected_at: datetime | None = None,
) -> Statement:
    """Return what the file says.

    A file that does not state when it was exported is as old as its import; one that corrects refused rows as old
    as the export they were refused from, ``corrected_at``, so that it overrules nothing exported since.
    """
    stated_at = staged.exported_at or corrected_at or now or datetime.now().replace(microsecond=0)
    subject = catalogue.subjects[staged.subject]
    # A register says what is so on the day it was exported, whatever the youngest date in it.
    last = max(staged.period_last, stated_at.date()) if subject.register else staged.period_last
    if subject.register and staged.is_demo:
        last = min(last, DEMO_TODAY)
    facts = {
        "file_name": staged.file_name,
        "size": staged.size,
        "format": staged.format,
        "encoding": staged.encoding,
        "header_line": staged.header_line,
        "headers": staged.headers,
        "mapping": staged.mapping,
        "rows_read": staged.rows_read,
        "skipped": staged.skipped,
        "normalised": staged.normalised,
        "totals": [asdict(total) for total in staged.totals],
        "confirmed": [caution.rule for caution in staged.cautions],
        "exported_at": staged.exported_at,
    }
    return Statement(
        subject,
        staged.pieces,
        staged.refused,
        facts,
        staged.period_first,
        last,
        stated_at,
        staged.digest,
        staged.corrects,
        is_complete,
    )

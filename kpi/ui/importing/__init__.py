"""Importing through the browser: files are read once, compared, confirmed, and can be undone."""

from kpi.engine.report import refused_csv
from kpi.ui.importing.batches import (
    BATCH_COLUMNS,
    batch_page,
    batch_rows,
    notice,
    refused_download,
    show_restated,
    show_result,
    undo_control,
)
from kpi.ui.importing.confirm import confirm_control
from kpi.ui.importing.drafts import ACCEPTED, draft, upload_key
from kpi.ui.importing.preview import show_draft

__all__ = [
    "ACCEPTED",
    "BATCH_COLUMNS",
    "batch_page",
    "batch_rows",
    "confirm_control",
    "draft",
    "notice",
    "refused_csv",
    "refused_download",
    "show_draft",
    "show_restated",
    "show_result",
    "undo_control",
    "upload_key",
]

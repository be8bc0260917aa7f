"""Where staged files become a published generation, rollups are computed, and past days are shown again."""

from kpi.engine.loading import LoadedBatch, Publication, load, publishing, purge_files, undo, upgrade
from kpi.engine.past import on_day
from kpi.engine.preview import Preview, preview
from kpi.engine.statements import dataset_of
from kpi.engine.targets import enter_target

__all__ = [
    "LoadedBatch",
    "Preview",
    "Publication",
    "dataset_of",
    "enter_target",
    "load",
    "on_day",
    "preview",
    "publishing",
    "purge_files",
    "undo",
    "upgrade",
]

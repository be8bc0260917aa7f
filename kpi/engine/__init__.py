"""Where staged files become a published generation, rollups are computed, and past days are shown again."""

from kpi.engine.loading import LoadedBatch, Preview, Publication, dataset_of, load, preview, publishing, undo, upgrade
from kpi.engine.past import on_day
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
    "undo",
    "upgrade",
]

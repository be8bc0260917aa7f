"""Where staged files become a published generation and rollups are computed."""

from kpi.engine.loading import LoadedBatch, Preview, Publication, dataset_of, load, preview, publishing, undo, upgrade

__all__ = ["LoadedBatch", "Preview", "Publication", "dataset_of", "load", "preview", "publishing", "undo", "upgrade"]

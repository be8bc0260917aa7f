"""Sealed generations, batches, undo, publish, query. Besides the engine, the only room that imports duckdb."""

from kpi.store.corrections import corrected_buckets, corrections
from kpi.store.draft import Draft
from kpi.store.generation import Generation, close, close_all, current
from kpi.store.location import (
    DEMO,
    NAMES,
    REAL,
    activate,
    active_dataset,
    dataset_folder,
    settings_folder,
    store_root,
)
from kpi.store.publishing import drafting, opened
from kpi.store.schema import fingerprint
from kpi.store.statement import Statement, Verdicts, period_sql, refuse_repeated, verdict_sql
from kpi.store.sums import (
    Window,
    check_dimension,
    daily_sums,
    daily_values,
    sum_query,
    towns_reporting,
    window_sums,
    window_values,
)

__all__ = [
    "DEMO",
    "NAMES",
    "REAL",
    "Draft",
    "Generation",
    "Statement",
    "Verdicts",
    "Window",
    "activate",
    "active_dataset",
    "check_dimension",
    "close",
    "close_all",
    "corrected_buckets",
    "corrections",
    "current",
    "daily_sums",
    "daily_values",
    "dataset_folder",
    "drafting",
    "fingerprint",
    "opened",
    "period_sql",
    "refuse_repeated",
    "settings_folder",
    "store_root",
    "sum_query",
    "towns_reporting",
    "verdict_sql",
    "window_sums",
    "window_values",
]

"""Sealed generations, batches, undo, publish, query. Besides the engine, the only room that imports duckdb."""

from kpi.store.draft import Draft, Statement, Verdicts, drafting, refuse_repeated, verdict_sql
from kpi.store.generation import Generation, close_all, current
from kpi.store.location import DEMO, NAMES, REAL, activate, active_dataset, dataset_folder, store_root
from kpi.store.schema import fingerprint
from kpi.store.sums import BEGINNING, Window, check_dimension, towns_reporting, window_quantiles, window_sums

__all__ = [
    "BEGINNING",
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
    "close_all",
    "current",
    "dataset_folder",
    "drafting",
    "fingerprint",
    "refuse_repeated",
    "store_root",
    "towns_reporting",
    "verdict_sql",
    "window_quantiles",
    "window_sums",
]

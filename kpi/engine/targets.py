"""Entering a target at run time: appended with who and when, published like an import, never overwritten."""

from __future__ import annotations

from pathlib import Path

from kpi.catalogue import Catalogue, Target, check_target
from kpi.engine import rollups
from kpi.errors import CatalogueError
from kpi.store import active_dataset, drafting


def enter_target(root: Path, target: Target, catalogue: Catalogue) -> None:
    """Append one target to the register of the data shown; earlier entries stay and say what replaced them.

    Raises CatalogueError when the target cannot be meant as written or does not say who entered it and when,
    StoreError when writing fails.
    """
    check_target(target, catalogue.metrics, [town.name for town in catalogue.towns])
    if not target.recorded_by.strip() or target.recorded_at is None:
        raise CatalogueError("录入目标要写明录入人和时间，请填写后重试。")
    if not target.clause.strip():
        raise CatalogueError("录入目标要写明依据文件的条款或页码，请填写后重试。")
    with drafting(root, active_dataset(root), catalogue) as draft:
        draft.add_target(target)
        if draft.is_outdated:
            rollups.refresh(draft)

"""A staged file, or the reason for refusing it, on its way between two processes: plain values and Arrow files only."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from kpi.errors import CatalogueError, ImportRefused, KpiError, SheetChoice, UnknownLayout
from kpi.intake.cautions import Caution
from kpi.intake.places import UnknownName
from kpi.intake.staged import Pieces, Scratch, Staged, Total

FRAMES = ("refused", "corrects")
TUPLES = {"totals": Total, "unknown_names": UnknownName, "cautions": Caution}
KINDS: dict[str, type[KpiError]] = {
    each.__name__: each for each in (ImportRefused, UnknownLayout, SheetChoice, CatalogueError)
}


def packed(staged: Staged, folder: Path) -> dict[str, Any]:
    """Write the tables of ``staged`` to ``folder`` and return the rest as plain values for JSON."""
    names = staged.pieces.move(folder)
    for name in FRAMES:
        getattr(staged, name).write_ipc(folder / f"{name}.arrow")
    plain = {f.name: getattr(staged, f.name) for f in fields(staged) if f.name not in (*FRAMES, "pieces", "content")}
    for name in TUPLES:
        plain[name] = [asdict(each) for each in plain[name]]
    for name, value in plain.items():
        plain[name] = value.isoformat() if isinstance(value, date) else value
    return {**plain, "pieces": names, "height": staged.pieces.height}


def unpacked(plain: dict[str, Any], folder: Scratch, content: bytes | Path) -> Staged:
    """Return the staged file whose tables stand in ``folder``, which lives as long as its rows do."""
    home = folder.path
    # Only names of our own making are opened, whatever the other process says.
    rows = Pieces(tuple(home / Path(name).name for name in plain.pop("pieces")), plain.pop("height"), folder)
    facts: dict[str, Any] = {name: pl.read_ipc(home / f"{name}.arrow") for name in FRAMES}
    for name, value in plain.items():
        facts[name] = _frozen(value)
    for name, kind in TUPLES.items():
        facts[name] = tuple(kind(**{k: _frozen(v) for k, v in each.items()}) for each in plain[name])
    for name in ("period_first", "period_last"):
        facts[name] = date.fromisoformat(facts[name])
    facts["exported_at"] = datetime.fromisoformat(facts["exported_at"]) if facts["exported_at"] else None
    return Staged(pieces=rows, content=content, **facts)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def refusal(error: KpiError) -> dict[str, Any]:
    """Return an error as plain values."""
    kind = type(error).__name__
    details = {name: value for name, value in vars(error).items() if not name.startswith("_")}
    return {"kind": kind if kind in KINDS else "ImportRefused", "text": str(error), **details}


def raised(plain: dict[str, Any]) -> KpiError:
    """Return the error ``refusal`` packed."""
    kind = KINDS.get(plain.pop("kind"), ImportRefused)
    return kind(plain.pop("text"), **plain)

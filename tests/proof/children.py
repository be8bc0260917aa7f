"""Processes of their own that start at once: forked from one that has the program loaded and has not worked yet."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from kpi import engine
from kpi.calendar import parse_period
from kpi.errors import KpiError
from kpi.measure import Source, scorecard
from kpi.store import Generation, close_all, current
from tests.proof.exports import CATALOGUE, staged

METRICS = ["rating.count", "rating.satisfaction", "ticket.count", "ticket.closed_rate"]
METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
CONTEXT: Any = multiprocessing.get_context(METHOD)
if METHOD == "forkserver":
    CONTEXT.set_forkserver_preload(["__main__", __name__, "kpi.measure"])


def started(work: Callable[..., None], *arguments: object) -> tuple[BaseProcess, Connection]:
    """Start ``work(connection, *arguments)`` in a process of its own; return it and our end of the connection."""
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=work, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def import_file(report: Connection, root: Path, path: Path, imported_at: datetime) -> None:
    """Import one file and report its batch, or the sentence that says why not."""
    try:
        loaded = engine.load(root, [staged(path.read_bytes(), path.name)], CATALOGUE, imported_at=imported_at)
        report.send(loaded[0].batch or loaded[0].reason)
    except KpiError as error:
        report.send(f"{type(error).__name__}: {error}")
    finally:
        close_all()


def import_under_limit(report: Connection, root: Path, path: Path, largest: int | None) -> None:
    """Import one file while no file may grow beyond ``largest`` bytes, as if the disk were full; then report."""
    import resource
    import signal

    if largest is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    try:
        import_file(report, root, path, datetime.now().replace(microsecond=0))
    except BaseException as error:  # noqa: BLE001 - whatever it is, the test must see it
        report.send(f"{type(error).__name__}: {error}")


def read_until_told(connection: Connection, root: Path) -> None:
    """Read scorecards of whatever generation is in force until anything is sent; send back what was read."""
    connection.send(answers(root, connection.poll))
    close_all()


def answer(generation: Generation) -> str:
    """Return the whole scorecard of metrics of two subjects as text."""
    return scorecard(Source(generation, CATALOGUE), parse_period("2023-06"), METRICS).write_json()


def answers(root: Path, is_over: Callable[[], bool]) -> list[tuple[int, str]]:
    """Return each distinct pair of a generation's number and what it said, an error in place of an answer."""
    found: dict[tuple[int, str], None] = {}
    while not is_over():
        number = 0
        try:
            generation = current(root, "real")
            number = generation.number
            said = answer(generation)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            said = f"{type(error).__name__}: {error}"
        found[number, said] = None
    return list(found)

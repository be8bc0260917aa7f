"""The process that reads files: it has little memory, little time, and nobody minds when it dies.

Started by ``kpi.intake.apart`` as ``python -m kpi.intake.child``. One request per line of standard input, one
answer per line of standard output, both JSON; tables go through files in the folder the request names.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import traceback
from datetime import date
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any, TextIO

MEMORY = 3 * 1024**3


def limit_memory() -> None:
    """Let this process have no more than three gigabytes of addresses, where the system knows how to."""
    if sys.platform != "win32":
        import resource

        for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
            _, hard = resource.getrlimit(kind)
            allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (allowed, allowed))


def die_with_parent(scratch: list[Path]) -> None:
    """End this process, and what it wrote for the file at hand, soon after the one that started it is gone."""
    parent = os.getppid()
    while os.getppid() == parent:
        sleep(2)
    for folder in scratch:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return what became of one file: its facts, or which refusal to raise."""
    from kpi.catalogue import load
    from kpi.errors import KpiError
    from kpi.intake.mapping import Mapping
    from kpi.intake.mapping_files import remembered
    from kpi.intake.staging import stage
    from kpi.intake.transfer import packed, refusal

    out = Path(request["out"])
    try:
        settings = Path(request["settings"]) if request["settings"] else None
        catalogue = load() if settings is None else load().with_aliases(settings / "aliases.csv")
        staged = stage(
            Path(request["path"]),
            request["file_name"],
            catalogue,
            today=date.fromisoformat(request["today"]) if request["today"] else None,
            mapping=Mapping(**request["mapping"]) if request["mapping"] else None,
            remembered=remembered(settings / "mappings", catalogue) if settings else (),
            sheet=request["sheet"],
        )
        return {"staged": packed(staged, out)}
    except KpiError as error:
        return {"refused": refusal(error)}


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer requests until there are no more."""
    from kpi.catalogue import load

    load()
    scratch: list[Path] = []
    Thread(target=die_with_parent, args=(scratch,), daemon=True).start()
    for line in requests:
        try:
            request = json.loads(line)
            scratch[:] = [Path(request["out"])]
            said = answer(request)
        except MemoryError:
            said = {"broken": "memory"}
        except Exception:  # noqa: BLE001 the parent logs it and refuses the file
            said = {"broken": traceback.format_exc()}
        answers.write(json.dumps(said, ensure_ascii=True) + "\n")
        answers.flush()


def main() -> None:
    """Keep the answers apart from whatever libraries print, then serve."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    limit_memory()
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        serve(sys.stdin, answers)


if __name__ == "__main__":
    main()

"""The command line: ``python -m kpi …``. Every command that prints a table prints JSON with ``--json``."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]


def _enter_environment() -> None:
    """Go on inside the project's own environment when started by a Python that lacks its libraries."""
    python = HOME / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if Path(sys.prefix) == HOME / ".venv" or not python.exists():
        sys.exit("缺少运行所需的库，请先运行 python3 run.py 完成安装。")
    sys.exit(subprocess.call([str(python), "-m", "kpi", *sys.argv[1:]]))


def main() -> None:
    """Run the command line; a KpiError is printed as its one sentence and ends with exit code 1."""
    if not all(find_spec(library) for library in ("click", "duckdb", "polars")):
        _enter_environment()
    from kpi.commands import cli

    cli(prog_name="python -m kpi")


if __name__ == "__main__":
    main()

"""The rules of the house that no linter knows: what pages may import, and how long things may be."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGES = sorted((ROOT / "pages").glob("*.py"))
MODULES = sorted((ROOT / "kpi").rglob("*.py"))
FORBIDDEN_ON_PAGES = ("duckdb", "polars", "kpi.store")
LONGEST_PAGE, LONGEST_MODULE, LONGEST_FUNCTION = 120, 300, 60


def imported(path: Path) -> set[str]:
    """Return every module and name that ``path`` imports, as dotted names."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def short(path: Path) -> str:
    """Return the name a failing test shows."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_pages_hold_layout_only(path: Path) -> None:
    touched = {name for name in imported(path) if f"{name}.".startswith(tuple(f"{f}." for f in FORBIDDEN_ON_PAGES))}
    assert touched == set()
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_PAGE


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_modules_and_functions_stay_readable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    too_long = [f.name for f in functions if (f.end_lineno or 0) - f.lineno + 1 > LONGEST_FUNCTION]
    assert too_long == []
    assert len(text.splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_nothing_imports_pages(path: Path) -> None:
    assert [name for name in imported(path) if name == "pages" or name.startswith("pages.")] == []


def test_only_the_screens_touch_streamlit() -> None:
    """The contract of import-linter sees packages only; this sees the launcher too."""
    assert [name for name in imported(ROOT / "run.py") if name.startswith(("streamlit", "kpi"))] == []

"""What many tests share: a store of their own, and the demonstration data built once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kpi.catalogue import load
from kpi.measure import Source
from kpi.store import current

ROOT = Path(__file__).resolve().parents[1]
KEPT_STORES = 2
# What the demonstration data depend on; the screens do not belong to it.
SOURCES = ("kpi/**/*.py", "queries/**/*.sql", "data/catalogue/**/*.*", "requirements.txt")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the README's picture be taken anew."""
    parser.addoption("--update-pictures", action="store_true", help="take the picture in the README anew")


@pytest.fixture(scope="session", autouse=True)
def no_real_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Point the program at an empty store, so that no test can read or change the data of this machine's users."""
    before = os.environ.get("KPI_STORE")
    os.environ["KPI_STORE"] = str(tmp_path_factory.mktemp("empty-store"))
    yield
    if before is None:
        del os.environ["KPI_STORE"]
    else:
        os.environ["KPI_STORE"] = before


def source_digest() -> str:
    """Return a hash of everything the demonstration data are made from."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern)):
        if ROOT / "kpi" / "ui" not in path.parents:
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def demo_store(pytestconfig: pytest.Config) -> Path:
    """Return a store root that holds the demonstration data; for reading, copy it to write.

    Built by the real command, kept until something it is made from changes.
    """
    kept = pytestconfig.rootpath / ".pytest_cache" / "demo-store"
    store = kept / source_digest()
    if not (store / "demo" / "current").exists():
        finished = sorted(kept.glob("[!d]*"), key=lambda folder: folder.stat().st_mtime)
        for old in finished[:-KEPT_STORES]:
            shutil.rmtree(old, ignore_errors=True)
        draft = kept / f"draft-{os.getpid()}"
        draft.mkdir(parents=True)
        environment = {**os.environ, "KPI_STORE": str(draft), "PYTHONUTF8": "1"}
        subprocess.run((sys.executable, "-m", "kpi", "demo"), cwd=ROOT, env=environment, check=True)
        if store.exists():
            shutil.rmtree(draft)
        else:
            draft.rename(store)
    return store


@pytest.fixture(scope="session")
def demo_source(demo_store: Path) -> Source:
    """Return the demonstration data as the scorecard reads them, with the demonstration's targets."""
    return Source(current(demo_store), load(demo=True))

"""A full disk is said in one sentence, changes nothing, and once there is room again the next import works."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.proof import times
from tests.proof.children import import_under_limit, started
from tests.proof.test_kill import Model, assert_nothing_is_left_over, assert_whole, file_number

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows can neither limit a file nor mount a small disk")
MEGABYTE = 1024 * 1024
SMALL_DISK = 40 * MEGABYTE


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Make ``folder`` a disk of its own of a few megabytes; say whether this machine allows it."""
    folder.mkdir()
    command = ("mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(folder))
    has_mount = shutil.which("mount") is not None
    is_mounted = has_mount and subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(("umount", "-l", str(folder)), check=True)


def imported(root: Path, path: Path, largest: int | None = None) -> object:
    """Return what an import in a process of its own reports: its batch or its sentence."""
    process, pipe = started(import_under_limit, root, path, largest)
    said = pipe.recv()
    process.join()
    assert process.exitcode == 0
    return said


def files_of(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def assert_one_sentence(said: object) -> None:
    kind, _, sentence = str(said).partition(": ")
    assert kind == "StoreError"
    assert "请检查磁盘空间" in sentence
    assert sentence.endswith("。")
    assert sentence.count("。") == 1
    assert "\n" not in sentence


def begun(root: Path, folder: Path) -> tuple[Model, Path, dict[str, int]]:
    """Import a first file; return the model, and the next file with its ratings."""
    first, levels = file_number(0, folder)
    assert imported(root, first) == 1
    return Model({1: levels}), *file_number(1, folder, rows=60_000)


def needed(root: Path, path: Path, copy: Path) -> int:
    """Return the size of the generation that importing ``path`` gives."""
    shutil.copytree(root, copy)
    assert imported(copy, path) == 2
    return (copy / "real" / "kpi-000002.duckdb").stat().st_size


def test_when_no_byte_more_can_be_written_nothing_changes(tmp_path: Path) -> None:
    """No file may grow beyond a limit, chosen anywhere between nothing and what the next generation needs."""
    root, chance = tmp_path / "store", random.Random(12)
    model, path, levels = begun(root, tmp_path)
    before, enough = files_of(root), needed(root, path, tmp_path / "copy")
    smallest = (root / "real" / "kpi-000001.duckdb").stat().st_size
    limits = [0, smallest // 2, smallest, smallest + 1, enough - 1]
    for limit in [*limits, *(chance.randrange(smallest, enough) for _ in range(times(3, 80)))]:
        assert_one_sentence(imported(root, path, limit))
        assert files_of(root) == before
    assert imported(root, path) == 2
    assert_whole(root, Model({**model.files, 2: levels}))
    assert_nothing_is_left_over(root)


def test_on_a_full_disk_nothing_changes(tmp_path: Path) -> None:
    """A disk of its own is filled until so many bytes are free; where none can be mounted the test above stands."""
    chance = random.Random(13)
    with small_disk(tmp_path / "disk") as is_mounted:
        if not is_mounted:
            return
        root, filler = tmp_path / "disk" / "store", tmp_path / "disk" / "filler"
        model, path, levels = begun(root, tmp_path)
        before = files_of(root)
        smallest = max(len(content) for content in before.values())
        for free in [0, 4096, smallest, *(smallest + chance.randrange(MEGABYTE) for _ in range(times(3, 60)))]:
            filler.write_bytes(bytes(max(0, shutil.disk_usage(root).free - free)))
            said = imported(root, path)
            filler.unlink()
            assert_one_sentence(said)
            assert files_of(root) == before
        assert imported(root, path) == 2
        assert_whole(root, Model({**model.files, 2: levels}))
        assert_nothing_is_left_over(root)

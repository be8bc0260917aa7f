"""Two who import at once, a browser closed too early, a full disk, a server that is killed: nothing half done."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from kpi import engine
from kpi.errors import ImportRefused, StoreError
from kpi.intake import stage_apart
from kpi.store import current, dataset_folder
from kpi.store.location import WAITING, writing
from tests.inputs.checks import read
from tests.inputs.test_versions import files, levels
from tests.intake.exports import RATING, TODAY, catalogue, csv_text, rows_of
from tests.proof.children import import_file, import_under_limit, started

posix = pytest.mark.skipif(os.name != "posix", reason="Windows can neither limit a file nor show its drafts so")


def part(first: int, count: int = 10) -> bytes:
    return csv_text(rows_of(RATING, first + count)[first:]).encode()


def test_the_second_of_two_imports_waits_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        with writing(dataset_folder(tmp_path, "real")):
            second = pool.submit(engine.load, tmp_path, [read(part(0))], catalogue(), waiting=said.append)
            deadline = time.monotonic() + 20
            while not said and time.monotonic() < deadline:
                time.sleep(0.02)
            assert (said, second.done()) == ([WAITING], False)
            assert not (tmp_path / "active").exists()
        assert second.result()[0].new == 10
    assert said == [WAITING], "said once"


def test_of_two_imports_at_once_both_go_in(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(engine.load, tmp_path, [read(part(n))], catalogue()) for n in (0, 10)]
        assert sorted(job.result()[0].batch or 0 for job in jobs) == [1, 2]
    assert len(levels(tmp_path)) == 20


def test_an_import_that_waits_too_long_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with (
        writing(tmp_path),
        pytest.raises(StoreError, match=r"^另一个导入正在进行，等待超时；请等它结束后再试一次。$"),
        writing(tmp_path, seconds=0.2),
    ):
        pass


def test_a_file_read_and_previewed_but_never_confirmed_leaves_nothing(tmp_path: Path) -> None:
    engine.load(tmp_path, [read(part(0))], catalogue())
    before = files(tmp_path)
    staged = stage_apart(part(5), "上传.csv", today=TODAY)
    assert engine.preview(tmp_path, staged, catalogue()).new == 5
    del staged
    assert files(tmp_path) == before


@pytest.mark.parametrize("missing", [10, 30, 5_000])
def test_an_upload_cut_within_a_row_is_never_taken_for_the_whole(missing: int) -> None:
    content = csv_text(rows_of(RATING, 300)).encode()[:-missing]
    assert content.rpartition(b"\n")[2].count(b",") < 4, "the cut falls within a row"
    with pytest.raises(ImportRefused, match="不完整"):
        read(content)


@posix
def test_a_full_disk_is_said_and_nothing_changes(tmp_path: Path) -> None:
    root, path = tmp_path / "store", tmp_path / "二.csv"
    engine.load(root, [read(part(0))], catalogue())
    path.write_bytes(part(10))
    before = files(root)
    process, pipe = started(import_under_limit, root, path, 64 * 1024)
    said = pipe.recv()
    process.join()
    assert said.startswith("StoreError: ") and "请检查磁盘空间" in said and said.count("。") == 1
    assert files(root) == before
    assert len(levels(root)) == 10


@posix
def test_a_killed_import_is_invisible_and_the_next_one_works(tmp_path: Path) -> None:
    root, path = tmp_path / "store", tmp_path / "二.csv"
    engine.load(root, [read(part(0))], catalogue())
    path.write_bytes(csv_text(rows_of(RATING, 20_000)).encode())
    process, _ = started(import_file, root, path, datetime(2024, 1, 31))
    while process.is_alive() and not (root / "real" / "draft.duckdb.wal").exists():
        pass
    process.kill()
    process.join()
    assert (root / "real" / "draft.duckdb").exists(), "it was killed at work"
    assert current(root, "real").batches()["batch"].to_list() == [1]
    assert len(levels(root)) == 10
    assert engine.load(root, [read(path.read_bytes())], catalogue())[0].new == 19_990
    assert not list((root / "real").glob("draft*"))

"""Files are read in a process of their own: whatever a file does to it, the caller only gets a sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest
from polars.testing import assert_frame_equal

from kpi.errors import ImportRefused, SheetChoice, UnknownLayout
from kpi.intake import Reader, stage_apart
from kpi.intake.child import MEMORY
from tests.intake.exports import RATING, TITLES, csv_text, rows_of, staged, table, xlsx_bytes


@pytest.fixture
def reader() -> Iterator[Reader]:
    own = Reader()
    yield own
    own.stop()


def running(own: Reader) -> subprocess.Popen[str]:
    """Return the reading process, which a small file has started."""
    stage_apart(csv_text(rows_of(RATING, 2)).encode(), "评价.csv", reader=own)
    process = own._process
    assert process is not None
    return process


def test_a_file_read_apart_is_what_it_is_read_here(reader: Reader, tmp_path: Path) -> None:
    rows = rows_of(RATING, 40, 事项名称="甲")
    rows[3]["镇街"], rows[4]["评价时间"] = "淡水", "昨天"
    content = csv_text([*rows, rows[0]], titles=TITLES, footers=["合计,40"]).encode("gb18030")
    path = tmp_path / "评价.csv"
    path.write_bytes(content)
    here = staged(content, "评价.csv")
    for apart in (stage_apart(content, "评价.csv", reader=reader), stage_apart(path, "评价.csv", reader=reader)):
        assert_frame_equal(apart.rows, here.rows)
        assert_frame_equal(apart.refused, here.refused)
        for name in (
            "digest",
            "encoding",
            "rows_read",
            "skipped",
            "cautions",
            "totals",
            "unknown_names",
            "exported_at",
        ):
            assert getattr(apart, name) == getattr(here, name)


def test_refusals_come_back_as_what_they_are(reader: Reader) -> None:
    with pytest.raises(UnknownLayout, match="未找到必需列") as unknown:
        stage_apart(b"Unique Key,Created Date,Borough\n1,2,3\n", "311.csv", reader=reader)
    assert unknown.value.tables[0]["headers"] == ["Unique Key", "Created Date", "Borough"]
    assert unknown.value.tables[0]["samples"] == [["1", "2", "3"]]
    with pytest.raises(ImportRefused, match="没有数据行") as refused:
        stage_apart(",".join(RATING).encode(), "空.csv", reader=reader)
    assert type(refused.value) is ImportRefused
    assert SheetChoice("", ["甲"]).sheets == ("甲",)


def test_a_file_that_kills_its_reader_is_refused_and_the_next_one_is_read(reader: Reader) -> None:
    process = running(reader)
    os.kill(process.pid, signal.SIGSTOP)
    killer = Thread(target=lambda: (sleep(0.3), os.kill(process.pid, signal.SIGKILL)))
    killer.start()
    with pytest.raises(ImportRefused, match=r"文件“炸弹.xlsx”使读取程序中途退出.*没有导入任何内容"):
        stage_apart(csv_text(rows_of(RATING, 2)).encode(), "炸弹.xlsx", reader=reader)
    killer.join()
    assert running(reader).pid != process.pid


def test_a_file_that_takes_too_long_is_refused() -> None:
    slow = Reader(seconds=0.5)
    process = running(Reader())
    process.kill()
    slow._process = subprocess.Popen(
        (sys.executable, "-c", "import sys, time; sys.stdin.readline(); time.sleep(60)"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    began = monotonic()
    with pytest.raises(ImportRefused, match="还没有读完"):
        stage_apart(csv_text(rows_of(RATING, 2)).encode(), "慢.csv", reader=slow)
    assert monotonic() - began < 20
    slow.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="the memory of a process is limited on POSIX only")
def test_the_reader_cannot_have_more_memory_than_it_is_given(reader: Reader) -> None:
    process = running(reader)
    limits = Path(f"/proc/{process.pid}/limits").read_text(encoding="utf-8")
    (line,) = [line for line in limits.splitlines() if line.startswith("Max address space")]
    assert line.split()[3:5] == [str(MEMORY), str(MEMORY)]
    hungry = "from kpi.intake.child import limit_memory; limit_memory(); bytearray(4 * 1024**3)"
    assert subprocess.run((sys.executable, "-c", hungry), capture_output=True, check=False).returncode != 0


def test_a_far_cell_and_a_bomb_never_reach_the_caller(reader: Reader) -> None:
    workbook = xlsx_bytes([*table(rows_of(RATING, 2)), *[[]] * 5])
    assert stage_apart(workbook, "评价.xlsx", reader=reader).rows.height == 2
    for damaged in (workbook[:200] + os.urandom(400) + workbook[600:], workbook[: len(workbook) // 2]):
        with pytest.raises(ImportRefused):
            stage_apart(damaged, "评价.xlsx", reader=reader)

"""A sealed generation of the data: read-only, never changed, known by its number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock

import duckdb
import polars as pl

from kpi.calendar import DEMO_TODAY
from kpi.catalogue import Target
from kpi.errors import StoreError
from kpi.store.coverage import COVERED_SQL, covered_stretches
from kpi.store.location import DEMO, active_dataset, dataset_folder, store_root

KEPT_CONNECTIONS = 4
_connections: dict[Path, duckdb.DuckDBPyConnection] = {}
_opening = Lock()


@dataclass(frozen=True)
class Generation:
    """One sealed file of the store; with ``as_of_day`` what was known at the end of that past day.

    Equal generations hold equal data, so ``key`` may stand for the data in any cache.
    """

    path: Path
    dataset: str
    as_of_day: date | None = None

    @property
    def number(self) -> int:
        """The running number of the generation within its dataset."""
        return int(self.path.stem.split("-")[1])

    @property
    def key(self) -> str:
        """A text that changes whenever the data shown change."""
        return f"{self.path}@{self.as_of_day or ''}"

    @property
    def is_demo(self) -> bool:
        """True while the figures are 演示数据."""
        return self.dataset == DEMO

    @property
    def today(self) -> date:
        """Today, or the past day looked at; for demo data no later than the day the demonstration is looked at."""
        today = self.as_of_day or date.today()
        return min(today, DEMO_TODAY) if self.is_demo else today

    def query(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> pl.DataFrame:
        """Return the rows of one SQL query. Safe to call from any thread.

        Raises StoreError when the file cannot be opened.
        """
        cursor = _connection(self.path).cursor()
        try:
            rows: pl.DataFrame = cursor.sql(sql, params=parameters or None).pl()
            return rows
        finally:
            cursor.close()

    def compare(self, sql: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of a query that may name ``frame`` as the table ``staged``."""
        cursor = _connection(self.path).cursor()
        try:
            cursor.register("staged", frame)
            rows: pl.DataFrame = cursor.sql(sql).pl()
            return rows
        finally:
            cursor.close()

    @cached_property
    def fingerprint(self) -> str:
        """What the SQL files, subjects and calendar were when the generation was made; see ``schema.fingerprint``."""
        stated = self.query("select value from meta where name = 'fingerprint'")["value"].to_list()
        return stated[0] if stated else ""

    @cached_property
    def covered(self) -> dict[str, list[tuple[date, date]]]:
        """Subject → the stretches of days its files in force cover; see ``covered_stretches``."""
        return covered_stretches(self.query(COVERED_SQL).rows())

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The targets entered on the page or the command line, oldest first."""
        entries = self.query("select * from target_entry order by recorded_at, rowid").to_dicts()
        for entry in entries:
            steps = json.loads(entry.pop("trajectory"))
            entry["trajectory"] = tuple((day, amount) for day, amount in steps)
        return tuple(Target(**entry, demo=self.is_demo) for entry in entries)

    @cached_property
    def corrected_subjects(self) -> frozenset[str]:
        """The subjects whose already stated sums a later batch or an undo changed."""
        return frozenset(self.query("select distinct subject from restatement")["subject"])

    @cached_property
    def as_of(self) -> date:
        """The last day any periodic file in force covers; StoreError when there is none.

        Registers are left out: they are stated as of the day they were exported.
        """
        last: date | None = self.query(
            "select coalesce(max(period_last) filter (where not is_register), max(period_last)) as day "
            "from batch where in_force"
        )["day"][0]
        if last is None:
            raise StoreError("当前没有任何有效批次，请先导入文件。")
        return last

    def in_force(self, digest: str, subject: str) -> list[tuple[int, datetime]]:
        """Return (batch, imported_at) of the file with these very bytes, if it is in force for the subject."""
        sql = "select batch, imported_at from batch where digest = ? and subject = ? and in_force"
        return self.query(sql, [digest, subject]).rows()

    def batches(self) -> pl.DataFrame:
        """Return one row per batch, newest first, with its counts, period, times and whether it is in force."""
        return self.query("select * from batch order by batch desc")

    def refused(self, batch: int | None = None) -> pl.DataFrame:
        """Return refused rows of one batch or of all in force.

        Columns batch, file_name, subject, imported_at, line, rule, reason, raw, and resolved_by: the batch in force
        that brought the row again, corrected, or null.
        """
        sql = (
            "select refused_row.batch, file_name, refused_row.subject, imported_at, refused_row.line, rule, reason, "
            "raw, resolved.batch as resolved_by from refused_row join batch on batch.batch = refused_row.batch "
            "left join (select origin_batch, origin_line, max(resubmission.batch) as batch from resubmission "
            "join batch on batch.batch = resubmission.batch and batch.in_force group by 1, 2) as resolved "
            "on resolved.origin_batch = refused_row.batch and resolved.origin_line = refused_row.line "
        )
        if batch is None:
            return self.query(sql + "where in_force order by refused_row.batch desc, refused_row.line")
        return self.query(sql + "where refused_row.batch = ? order by refused_row.line", [batch])


def current(root: Path | None = None, dataset: str | None = None) -> Generation:
    """Return the generation in force; StoreError when there is no data yet."""
    root = root or store_root()
    dataset = dataset or active_dataset(root)
    folder = dataset_folder(root, dataset)
    pointer = folder / "current"
    if not pointer.exists():
        raise StoreError(
            "还没有任何数据，请先导入文件（python -m kpi import 文件），或运行 python3 run.py 建立演示数据。"
        )
    return _sealed(folder / pointer.read_text(encoding="utf-8").strip(), dataset)


_known: dict[Path, Generation] = {}


def _sealed(path: Path, dataset: str) -> Generation:
    """Return one object per sealed file, so that what it worked out once is kept."""
    if path not in _known:
        _known[path] = Generation(path, dataset)
    return _known[path]


def _connection(path: Path) -> duckdb.DuckDBPyConnection:
    """Return the process's one read-only connection to ``path``; every query takes a cursor of its own."""
    with _opening:
        if path not in _connections:
            try:
                opened = duckdb.connect(str(path), read_only=True)
            except duckdb.Error as error:
                raise StoreError(f"数据文件 {path.name} 打不开，请联系管理员：{error}") from error
            opened.execute("set enable_external_access = false")
            opened.execute("set lock_configuration = true")
            _connections[path] = opened
            # Cursors at work keep their file open; a new one is only ever asked of the newest generations.
            while len(_connections) > KEPT_CONNECTIONS:
                _connections.pop(next(iter(_connections))).close()
        return _connections[path]


def close(generation: Generation) -> None:
    """Close this process's connection to a generation whose file is about to vanish."""
    with _opening:
        if opened := _connections.pop(generation.path, None):
            opened.close()
    _known.pop(generation.path, None)


def close_all() -> None:
    """Close every read-only connection of this process."""
    with _opening:
        while _connections:
            _connections.popitem()[1].close()
    _known.clear()

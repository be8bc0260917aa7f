"""What reading all pieces of a file gave, and what only the whole of it can tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from kpi.errors import ImportRefused
from kpi.intake import rules
from kpi.intake.spelling import quotable

DEMO = "DEMO"
IDENTICAL = "内容相同的重复行"
MOST_LOST_IDS = 0.05
MOST_OUTSIDE = 0.5
LONG_NUMBER = r"^\d{17,}$"
ROUNDED_BY_EXCEL = r"^\d{15}0{2,}$"
SUSPICIOUS_ENDINGS = 10


@dataclass
class Gathered:
    """What reading all pieces gave: the good rows, the refused ones, and counts over the whole file."""

    pieces: list[pl.DataFrame | Path] = field(default_factory=list)
    heights: list[int] = field(default_factory=list)
    refused: list[pl.DataFrame] = field(default_factory=list)
    corrects: list[pl.DataFrame] = field(default_factory=list)
    keys: list[pl.DataFrame] = field(default_factory=list)
    ragged_keys: list[tuple[str | None, int]] = field(default_factory=list)
    rows_read: int = 0
    records: int = 0
    ragged: int = 0
    controls: int = 0
    demo_keys: int = 0
    known_keys: int = 0
    filled_down: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    normalised: Counter[str] = field(default_factory=Counter)
    sums: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    lost_ids: Counter[str] = field(default_factory=Counter)
    closing: list[tuple[str, ...]] = field(default_factory=list)
    unknown: dict[str, Counter[str]] = field(default_factory=dict)
    first_day: date | None = None
    last_day: date | None = None

    def frames(self) -> Iterator[pl.DataFrame]:
        """Return the good rows piece by piece."""
        for piece in self.pieces:
            yield piece if isinstance(piece, pl.DataFrame) else pl.read_ipc(piece)

    def without(self, lines: pl.Series, day: str) -> None:
        """Take the rows of these lines out of the good ones; ``day`` names the column of their days."""
        days: list[pl.Series] = []
        for number, frame in enumerate(self.frames()):
            kept = frame.filter(~pl.col("line").is_in(lines.implode()))
            days.append(kept[day].cast(pl.Date))
            if len(kept) == len(frame):
                continue
            piece = self.pieces[number]
            self.heights[number] = len(kept)
            if isinstance(piece, Path):
                # The rows left may still lie in the old file, which must stay as it is until they are written.
                draft = piece.with_suffix(".new")
                kept.write_ipc(draft)
                draft.replace(piece)
            else:
                self.pieces[number] = kept
        every = pl.concat(days) if days else pl.Series([], dtype=pl.Date)
        first, last = every.min(), every.max()
        self.first_day = first if isinstance(first, date) else None
        self.last_day = last if isinstance(last, date) else None

    def count_keys(self, keys: pl.Series, problems: dict[str, pl.Series]) -> None:
        """Count the keys of the demonstration and those that Excel made unreadable or may have rounded."""
        self.demo_keys += int(keys.str.starts_with(DEMO).sum())
        self.known_keys += len(keys) - keys.null_count()
        self.lost_ids["lost"] += sum(int((broken == rules.PRECISION).sum()) for broken in problems.values())
        self.lost_ids["rounded"] += int(keys.str.contains(ROUNDED_BY_EXCEL).sum())
        self.lost_ids["long"] += int(keys.str.contains(LONG_NUMBER).sum())

    def check_keys(self, file_name: str) -> None:
        """Raise ImportRefused when demo and real keys are mixed, or too many ids betray that Excel rounded them."""
        if 0 < self.demo_keys < self.known_keys:
            raise ImportRefused(
                f"文件“{file_name}”把演示数据（编号以 {DEMO} 开头）和真实数据混在一起，请分成两个文件后分别导入。"
            )
        lost, rounded = self.lost_ids["lost"], self.lost_ids["rounded"]
        if rounded >= SUSPICIOUS_ENDINGS and rounded > self.lost_ids["long"] / 2:
            lost = max(lost, rounded)
        if lost > MOST_LOST_IDS * self.records:
            raise ImportRefused(
                f"文件“{file_name}”有 {lost} 个编号已变成科学计数、小数或被四舍五入，丢失了后面的数字，"
                "请把编号列以文本格式重新导出。"
            )

    def check_refused(self, file_name: str, period: tuple[date, date] | None) -> None:
        """Raise ImportRefused when no row is good, or most lie outside the period the title states."""
        refused = pl.concat(self.refused)
        outside = int((refused["rule"] == rules.OUTSIDE).sum())
        if period and outside > MOST_OUTSIDE * max(1, self.records):
            raise ImportRefused(
                f"文件“{file_name}”标题写的统计期间是 {period[0]} 至 {period[1]}，"
                f"{self.records} 行中却有 {outside} 行不在其内，文件属于其他时段，请核对后重新导出。"
            )
        if not sum(self.heights) and len(refused):
            rule, count = refused["rule"].value_counts(sort=True).row(0)
            example = refused.filter(pl.col("rule") == rule).row(0, named=True)
            reason = quotable(example["reason"], 80)
            raise ImportRefused(
                f"文件“{file_name}”的 {len(refused)} 行数据全部不合格，最多的原因是{rule}"
                f"（{count} 行，如第 {example['line']} 行：{reason}），请更正后重新导入。"
            )

"""Bytes of an export in; good rows, refused rows and reasons out. Pure: nothing is stored or changed here."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from kpi.catalogue import Catalogue, Subject
from kpi.errors import ImportRefused
from kpi.intake import rules
from kpi.intake.clean import DTYPES, CleanColumn, clean_column
from kpi.intake.noise import without_noise
from kpi.intake.read import Candidate
from kpi.intake.read_html import html_candidates
from kpi.intake.read_text import text_candidates
from kpi.intake.read_workbook import workbook_candidates
from kpi.intake.recognise import Recognised, recognise
from kpi.intake.refuse import refused_rows
from kpi.intake.sniff import Sniffed, sniff
from kpi.intake.validate import validate

__all__ = ["Staged", "stage"]

DEMO = "DEMO"
IDENTICAL = "内容相同的重复行"
MOST_LOST_IDS = 0.05
LONG_NUMBER = r"^\d{17,}$"
ROUNDED_BY_EXCEL = r"^\d{15}0{2,}$"
SUSPICIOUS_ENDINGS = 10


@dataclass(frozen=True)
class Staged:
    """A file understood and checked, nothing of it in force yet.

    ``rows``: one row per record, every column of the subject typed (missing optional ones null) and
    ``line``, its line in the file; keys are unique. ``refused``: one row per refused line with line,
    rule, reason and raw (JSON object header → text, personal columns masked).
    ``rows_read`` = rows + refused + identical duplicates. ``skipped`` and ``normalised`` count by
    Chinese label what was left out and what was tidied.
    """

    subject: str
    file_name: str
    digest: str
    format: str
    encoding: str
    header_line: int
    rows: pl.DataFrame
    refused: pl.DataFrame
    rows_read: int
    skipped: dict[str, int]
    normalised: dict[str, int]
    ignored_columns: tuple[str, ...]
    period_first: date
    period_last: date
    exported_at: datetime | None
    is_demo: bool


def stage(content: bytes, file_name: str, catalogue: Catalogue, *, today: date | None = None) -> Staged:
    """Return the records of an export, checked row by row.

    ``today`` stands in for the export time when the file does not state one (default: the current day);
    records of later days are refused. Raises ImportRefused, one Chinese sentence, when the file as a
    whole cannot be trusted.
    """
    sniffed = sniff(content, file_name)
    found = recognise(_candidates(sniffed, file_name), catalogue, file_name, has_sheets=sniffed.format != "csv")
    table = found.candidate.body(found.row, len(found.headers))
    cells, lines, skipped = without_noise(table.cells, table.lines, found.headers, found.columns[found.subject.record])
    rows_read = len(cells) + len(table.ragged)
    if not rows_read:
        raise ImportRefused(f"文件“{file_name}”没有数据行，请确认导出的时段内有记录后重新导出。")
    texts = {name: cells[str(position)] for name, position in found.columns.items()}
    cleaned = _cleaned(found, texts, catalogue)
    is_demo = _is_demo(cleaned[found.subject.record].values, file_name)
    problems = {name: column.problems for name, column in cleaned.items() if column.problems is not None}
    _check_precision(cleaned[found.subject.record].values, problems, file_name)
    latest = today or date.today()
    if found.exported_at:
        if found.exported_at.date() > latest:
            raise ImportRefused(
                f"文件“{file_name}”的导出时间 {found.exported_at:%Y-%m-%d %H:%M} 晚于今天，请核对后重新导出。"
            )
        latest = found.exported_at.date()
    verdict = validate(found.subject, _typed(found.subject, cleaned, lines), problems, latest, found.period)
    refused = refused_rows(found, texts, lines, verdict.failures, table.ragged)
    if verdict.good.is_empty():
        raise _all_refused(refused, file_name)
    if verdict.repeated:
        skipped = {**skipped, IDENTICAL: verdict.repeated}
    first, last = found.period or _span(verdict.good[found.subject.day])
    return Staged(
        subject=found.subject.key,
        file_name=file_name,
        digest=hashlib.sha256(content).hexdigest(),
        format=sniffed.format,
        encoding=sniffed.encoding,
        header_line=found.header_line,
        rows=verdict.good,
        refused=refused,
        rows_read=rows_read,
        skipped=skipped,
        normalised=_normalised(cleaned, sniffed),
        ignored_columns=found.ignored,
        period_first=first,
        period_last=last,
        exported_at=found.exported_at,
        is_demo=is_demo,
    )


def _cleaned(found: Recognised, texts: dict[str, pl.Series], catalogue: Catalogue) -> dict[str, CleanColumn]:
    return {
        name: clean_column(found.subject.column(name), found.headers[position], texts[name], catalogue)
        for name, position in found.columns.items()
    }


def _candidates(sniffed: Sniffed, file_name: str) -> list[Candidate]:
    if sniffed.format == "html":
        return html_candidates(sniffed.data, file_name)
    if sniffed.format == "csv":
        return text_candidates(sniffed.data, file_name)
    return workbook_candidates(sniffed.data, file_name)


def _typed(subject: Subject, cleaned: dict[str, CleanColumn], lines: pl.Series) -> pl.DataFrame:
    """Return all columns of the subject in their declared order and ``line``; columns the file lacks are null."""
    columns = [
        cleaned[column.name].values
        if column.name in cleaned
        else pl.Series(column.name, [None], dtype=DTYPES[column.type]).new_from_index(0, len(lines))
        for column in subject.columns
    ]
    return pl.DataFrame([*columns, lines.alias("line")])


def _is_demo(keys: pl.Series, file_name: str) -> bool:
    marked = int(keys.str.starts_with(DEMO).sum())
    if 0 < marked < len(keys) - keys.null_count():
        raise ImportRefused(
            f"文件“{file_name}”把演示数据（编号以 {DEMO} 开头）和真实数据混在一起，请分成两个文件后分别导入。"
        )
    return marked > 0


def _check_precision(keys: pl.Series, problems: dict[str, pl.Series], file_name: str) -> None:
    """Raise ImportRefused when too many ids show, or their endings betray, that Excel rounded them."""
    lost = sum(int((broken == rules.PRECISION).sum()) for broken in problems.values())
    rounded = int(keys.str.contains(ROUNDED_BY_EXCEL).sum())
    if rounded >= SUSPICIOUS_ENDINGS and rounded > keys.str.contains(LONG_NUMBER).sum() / 2:
        lost = max(lost, rounded)
    if lost > MOST_LOST_IDS * len(keys):
        raise ImportRefused(
            f"文件“{file_name}”有 {lost} 个编号已变成科学计数、小数或被四舍五入，丢失了后面的数字，"
            "请把编号列以文本格式重新导出。"
        )


def _all_refused(refused: pl.DataFrame, file_name: str) -> ImportRefused:
    rule, count = refused["rule"].value_counts(sort=True).row(0)
    example = refused.filter(pl.col("rule") == rule).row(0, named=True)
    return ImportRefused(
        f"文件“{file_name}”的 {len(refused)} 行数据全部不合格，最多的原因是{rule}"
        f"（{count} 行，如第 {example['line']} 行：{example['reason']}），请更正后重新导入。"
    )


def _span(days: pl.Series) -> tuple[date, date]:
    dates = days.cast(pl.Date()).sort()
    return dates[0], dates[-1]


def _normalised(cleaned: dict[str, CleanColumn], sniffed: Sniffed) -> dict[str, int]:
    total: Counter[str] = Counter()
    for column in cleaned.values():
        total += column.normalised
    if sniffed.controls:
        total["去除控制字符"] += sniffed.controls
    return dict(total)

"""From bytes to a staged file: every step in order, piece by piece, so that memory does not grow with the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from kpi.catalogue import Catalogue
from kpi.errors import ImportRefused
from kpi.intake import cautions
from kpi.intake.belonging import check_title
from kpi.intake.cautions import Caution
from kpi.intake.cells import PADDED
from kpi.intake.gather import CORRECTS, Gatherer
from kpi.intake.gathered import Gathered
from kpi.intake.mapping import Mapping
from kpi.intake.masks import MASKS, mask_numbers
from kpi.intake.places import UnknownName, unknown_names
from kpi.intake.read import Candidate
from kpi.intake.read_html import html_candidates
from kpi.intake.read_spreadsheetml import spreadsheetml_candidates
from kpi.intake.read_text import text_candidates
from kpi.intake.read_workbook import workbook_candidates
from kpi.intake.recognise import Recognised, recognise
from kpi.intake.sniff import Sniffed, sniff
from kpi.intake.source import BLOCK, Source
from kpi.intake.spelling import LONGEST_NAME, quotable
from kpi.intake.staged import Pieces, Scratch, Staged
from kpi.intake.totals import compared, differing, stated_totals

MOST_BYTES = 2 * 1024**3
SAMPLE_LINES = 3
LONGEST_SAMPLE = 200
CONTROLS = "去除控制字符"


def stage(
    content: bytes | Path,
    file_name: str,
    catalogue: Catalogue,
    *,
    today: date | None = None,
    mapping: Mapping | None = None,
    remembered: Sequence[Mapping] = (),
    sheet: str | None = None,
) -> Staged:
    """Return the records of an export, checked row by row.

    ``today`` stands in for the export time when the file does not state one (default: the current day);
    records of later days are refused. ``mapping`` says what the columns of a foreign sender mean, else those
    ``remembered`` are tried where no header is known; ``sheet`` chooses one of several.
    Raises ImportRefused, one Chinese sentence, when the file as a whole cannot be trusted.
    """
    file_name = quotable(file_name, LONGEST_NAME)
    source = Source(content, file_name)
    check_size(source)
    sniffed = sniff(source)
    found = recognise(_candidates(sniffed), catalogue, file_name, mapping=mapping, remembered=remembered, sheet=sheet)
    check_title(found.title, file_name, catalogue)
    folder = Scratch() if source.size > BLOCK else None
    latest = _latest(found, today or date.today(), file_name)
    gatherer = Gatherer(found, catalogue, file_name, latest, folder.path if folder else None)
    with ThreadPoolExecutor(1) as aside:
        digest = aside.submit(lambda: source.digest)
        gathered = gatherer.run()
    return replace(_staged(sniffed, found, gatherer, gathered, catalogue, folder), digest=digest.result())


def _staged(
    sniffed: Sniffed,
    found: Recognised,
    gatherer: Gatherer,
    gathered: Gathered,
    catalogue: Catalogue,
    folder: Scratch | None,
) -> Staged:
    """Return everything known about a file that was read to its end."""
    source = sniffed.source
    first, last, empty = _period(found, gathered, source.file_name)
    stated, rows = stated_totals(gathered.closing), gathered.records + gathered.ragged
    totals = compared(stated, found, dict(gathered.sums), rows, gatherer.sum_at)
    candidate, row = found.tables[0]
    return Staged(
        subject=found.subject.key,
        file_name=source.file_name,
        digest="",
        size=source.size,
        format=sniffed.format,
        encoding=sniffed.encoding,
        header_line=found.header_line,
        headers=found.headers,
        sample=_sample(found, candidate.head[row : row + SAMPLE_LINES]),
        pieces=Pieces(tuple(gathered.pieces) or (gatherer.nothing(),), sum(gathered.heights), folder),
        refused=gatherer.refused(),
        corrects=pl.concat([pl.DataFrame(schema=CORRECTS), *gathered.corrects]),
        rows_read=gathered.rows_read,
        skipped=dict(gathered.skipped),
        normalised=dict(gathered.normalised + _controls(sniffed, gathered)),
        ignored_columns=found.ignored,
        hidden_sheets=found.hidden_sheets,
        totals=totals,
        unknown_names=_unknown_names(found, gathered, catalogue),
        cautions=(*found.cautions, *empty, *differing(totals), *_tidied(gathered)),
        period_first=first,
        period_last=last,
        states_period=found.period is not None,
        exported_at=found.exported_at,
        is_demo=gathered.demo_keys > 0,
        mapping=f"{found.mapping.source} 第 {found.mapping.version} 版" if found.mapping else None,
        content=source.content,
    )


def check_size(source: Source) -> None:
    """Raise ImportRefused, before anything is read, when the file is larger than any export may be."""
    if source.size > MOST_BYTES:
        raise ImportRefused(
            f"文件“{source.file_name}”有 {source.size / 1024**3:.1f} GB，超过 {MOST_BYTES // 1024**3} GB 的上限，"
            "请分月导出后分别导入。"
        )


def _candidates(sniffed: Sniffed) -> list[Candidate]:
    """Return every way to read the file; sheets and tables are numbered, separators of one text are not."""
    source, text = sniffed.source, sniffed.text
    if sniffed.format == "csv" and text:
        return text_candidates(text)
    if text:
        data = b"".join(text.blocks())
        read = html_candidates if sniffed.format == "html" else spreadsheetml_candidates
        found = read(data, source.file_name)
    else:
        found = workbook_candidates(source.whole(), source.file_name)
    return [replace(candidate, order=number) for number, candidate in enumerate(found)]


def _latest(found: Recognised, today: date, file_name: str) -> date:
    if found.exported_at is None:
        return today
    if found.exported_at.date() > today:
        raise ImportRefused(
            f"文件“{file_name}”的导出时间 {found.exported_at:%Y-%m-%d %H:%M} 晚于今天，请核对后重新导出。"
        )
    return found.exported_at.date()


def _period(found: Recognised, gathered: Gathered, file_name: str) -> tuple[date, date, list[Caution]]:
    """Return the first and last day the file covers; a file without any row must at least say which they are."""
    if not gathered.records and not gathered.ragged:
        if found.period is None:
            raise ImportRefused(f"文件“{file_name}”没有数据行，请确认导出的时段内有记录后重新导出。")
        words = f"文件没有数据行，将记为 {found.period[0]} 至 {found.period[1]} 本期 0 件，请确认确实没有业务发生。"
        return *found.period, [Caution(cautions.EMPTY_PERIOD, words)]
    gathered.check_refused(file_name, found.period)
    if found.period:
        return *found.period, []
    assert gathered.first_day and gathered.last_day
    return gathered.first_day, gathered.last_day, []


def _sample(found: Recognised, rows: list[list[str]]) -> tuple[str, ...]:
    """Return the header and the first rows as they were understood: the columns used only, personal ones masked."""
    lines = ["　".join(found.headers[place] for place in found.columns.values())]
    for row in rows[1:]:
        cells = []
        for name, place in found.columns.items():
            text = row[place].strip() if place < len(row) else ""
            mask = MASKS.get(found.subject.column(name).personal or "", mask_numbers)
            cells.append(mask(text) if text else "–")
        lines.append("　".join(cells))
    return tuple(line if len(line) <= LONGEST_SAMPLE else line[:LONGEST_SAMPLE] + "…" for line in lines)


def _controls(sniffed: Sniffed, gathered: Gathered) -> Counter[str]:
    controls = gathered.controls + (sniffed.text.controls if sniffed.text else 0)
    return Counter({CONTROLS: controls} if controls else {})


def _unknown_names(found: Recognised, gathered: Gathered, catalogue: Catalogue) -> tuple[UnknownName, ...]:
    return tuple(
        unknown
        for name, counts in gathered.unknown.items()
        for unknown in unknown_names(found.subject.column(name), counts, catalogue)
    )


def _tidied(gathered: Gathered) -> list[Caution]:
    """Return what was filled in rather than read, for a person to confirm."""
    found = []
    if gathered.filled_down:
        words = f"{gathered.filled_down} 个单元格被上方的合并单元格覆盖，已按合并的内容填充，请核对。"
        found.append(Caution(cautions.FILLED_DOWN, words))
    if padded := gathered.normalised[PADDED]:
        found.append(Caution(cautions.PADDED, f"{padded} 个编号少了前面的零，已补足位数，请核对。"))
    return found

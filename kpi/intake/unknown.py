"""Refusals of files whose headers are not known, with what a person needs to say what the columns mean."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from itertools import islice

from kpi.catalogue import Catalogue, Column, Subject
from kpi.errors import ImportRefused, UnknownLayout
from kpi.intake import mapping as mappings
from kpi.intake.headers import HeaderRow
from kpi.intake.masks import mask_numbers
from kpi.intake.read import Candidate
from kpi.intake.spelling import quotable

SAMPLE_ROWS = 300
LEAST_CELLS = 2


def widest(rows: Iterable[tuple[Candidate, HeaderRow]]) -> tuple[Candidate, HeaderRow] | None:
    """Return the row of the head with the most filled cells: what looks most like a header nobody knows."""
    return max(rows, key=lambda row: sum(map(bool, row[1].cells)), default=None)


def foreign(table: tuple[Candidate, HeaderRow] | None, catalogue: Catalogue, file_name: str) -> UnknownLayout:
    """Return the refusal of a file that is of no known business."""
    subjects = "、".join(subject.name for subject in catalogue.subjects.values())
    return UnknownLayout(
        f"文件“{file_name}”里未找到必需列，认不出是哪一类业务：找到的表头是“{_shown(table)}”，可导入的业务有{subjects}，"
        "请核对导出的报表，新的来源请在“数据导入”页建立列的对应关系（命令行用 --map 指定）。",
        _layouts(table),
    )


def not_as_mapped(
    table: tuple[Candidate, HeaderRow] | None, mapping: mappings.Mapping, file_name: str
) -> UnknownLayout:
    """Return the refusal of a file that lacks headers its sender's mapping names."""
    return UnknownLayout(
        f"文件“{file_name}”的表头与对应关系“{mapping.source}”不符，找到的表头是“{_shown(table)}”，"
        f"对应关系需要“{'”“'.join(map(_short, mapping.columns.values()))}”，请核对文件或对应关系。",
        _layouts(table),
        mapping.subject,
    )


def incomplete(
    table: tuple[Candidate, HeaderRow],
    subject: Subject,
    columns: Mapping[str, int],
    missing: Iterable[Column],
    file_name: str,
) -> UnknownLayout:
    """Return the refusal of a file of ``subject`` that lacks required columns, naming the headers that come near."""
    cells, used = table[1].cells, set(columns.values())
    free = [header for place, header in enumerate(cells) if header and place not in used]
    parts = []
    for column in missing:
        near = difflib.get_close_matches(column.header, free, n=1, cutoff=0.3)
        hint = f"（最接近的表头是“{_short(near[0])}”）" if near else ""
        parts.append(f"“{column.header}”{hint}")
    return UnknownLayout(
        f"文件“{file_name}”看来是{subject.name}，但缺少必需列{'、'.join(parts)}，"
        "请在导出时加上该列，或在“数据导入”页建立列的对应关系（命令行用 --map 指定）。",
        _layouts(table),
        subject.key,
    )


def _shown(table: tuple[Candidate, HeaderRow] | None) -> str:
    return "、".join(_short(cell) for cell in (table[1].cells if table else ()) if cell)[:120] or "没有表头"


def _layouts(table: tuple[Candidate, HeaderRow] | None) -> list[dict[str, object]]:
    """Return the table's header and first rows as plain values; nothing where it is no table."""
    if table is None or sum(map(bool, table[1].cells)) < LEAST_CELLS:
        return []
    candidate, header = table
    samples: list[list[str]] = []
    try:
        for piece in candidate.body(header.row, len(header.cells)):
            rows = islice(piece.cells.iter_rows(), SAMPLE_ROWS - len(samples))
            samples += [[mask_numbers(cell) for cell in row] for row in rows]
            if len(samples) >= SAMPLE_ROWS:
                break
    except ImportRefused:
        rows_seen = candidate.head[header.row + 1 :]
        samples = samples or [[mask_numbers(cell) for cell in row] for row in rows_seen]
    return [{"name": candidate.name, "row": header.row, "headers": list(header.cells), "samples": samples}]


def _short(text: str) -> str:
    return quotable(mask_numbers(text))

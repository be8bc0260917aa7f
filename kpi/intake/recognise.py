"""Which subject a file belongs to, where its header is, and what its title rows say."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import date, datetime

from kpi.catalogue import Catalogue, Column, Subject
from kpi.errors import ImportRefused
from kpi.intake.dates import NoSuchDate, NotADate, parse_moment
from kpi.intake.read import Candidate
from kpi.intake.spelling import fold, header_key, header_key_without_unit, tidy

LEAST_MATCHES = 2
DAY = r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?"
PERIOD = re.compile(rf"统计(?:期间|周期|时间|日期|区间|期)\s*[:：]?\s*({DAY})\s*(?:至|到|~|—|－|-|–)+\s*({DAY})")
EXPORTED = re.compile(
    rf"(?:导出|生成|打印|制表)(?:时间|日期)\s*[:：]?\s*({DAY}(?:\s*T?\s*\d{{1,2}}[:时]\d{{1,2}}(?:[:分]\d{{1,2}})?)?)"
)


@dataclass(frozen=True)
class Recognised:
    """A file understood: its subject, where its columns are, and what its title rows state.

    ``columns`` maps column names to positions in the file; ``row`` is the header's index in the
    candidate's head.
    """

    subject: Subject
    candidate: Candidate
    row: int
    headers: tuple[str, ...]
    columns: dict[str, int]
    ignored: tuple[str, ...]
    period: tuple[date, date] | None
    exported_at: datetime | None

    @property
    def header_line(self) -> int:
        """The header's line in the file, from 1."""
        return self.candidate.head_lines[self.row]


@dataclass(frozen=True)
class _Match:
    subject: Subject
    candidate: Candidate
    row: int
    columns: dict[str, int]
    duplicates: tuple[str, ...]

    @property
    def missing(self) -> list[Column]:
        return [column for column in self.subject.required if column.name not in self.columns]

    @property
    def score(self) -> tuple[bool, int, int]:
        matched = len(self.columns)
        return (not self.missing, matched - 2 * len(self.missing), -self.row)


def recognise(
    candidates: list[Candidate], catalogue: Catalogue, file_name: str, has_sheets: bool = False
) -> Recognised:
    """Return the best reading of a file over all its sheets or separators and all subjects.

    Raises ImportRefused when no subject fits, a required column is missing, a header is repeated, or,
    where candidates are sheets (``has_sheets``), more than one of them holds records.
    """
    vocabulary = {subject.key: _spellings(subject) for subject in catalogue.subjects.values()}
    matches = []
    for candidate in candidates:
        for row, cells in enumerate(candidate.head):
            positions = _positions(cells)
            for subject in catalogue.subjects.values():
                columns, duplicates = _columns(positions, vocabulary[subject.key])
                if len(columns) >= LEAST_MATCHES:
                    repeated = tuple(tidy(cells[position]) for position in duplicates)
                    matches.append(_Match(subject, candidate, row, columns, repeated))
    best = max(matches, key=lambda match: match.score, default=None)
    if best is None or not _convincing(best):
        raise ImportRefused(_unknown(candidates, catalogue, file_name))
    headers = tuple(tidy(cell) for cell in best.candidate.head[best.row])
    if best.missing:
        raise ImportRefused(_missing(best, headers, file_name))
    if best.duplicates:
        raise ImportRefused(
            f"文件“{file_name}”的表头重复出现“{'”“'.join(best.duplicates)}”，请只保留其中一列后再导入。"
        )
    if has_sheets:
        _check_other_sheets(best, matches, file_name)
    used = set(best.columns.values())
    title = " ".join(cell for row in best.candidate.head[: best.row] for cell in row)
    return Recognised(
        subject=best.subject,
        candidate=best.candidate,
        row=best.row,
        headers=headers,
        columns=best.columns,
        ignored=tuple(header for position, header in enumerate(headers) if header and position not in used),
        period=_period(title, file_name),
        exported_at=_exported_at(title),
    )


def _check_other_sheets(best: _Match, matches: list[_Match], file_name: str) -> None:
    """Refuse rather than read one sheet and leave the rest unsaid."""
    sheets = dict.fromkeys(
        match.candidate.name
        for match in matches
        if _convincing(match) and not match.missing and len(match.candidate.head) > match.row + 1
    )
    sheets.pop(best.candidate.name, None)
    if sheets:
        names = "”“".join([best.candidate.name, *sheets])
        raise ImportRefused(
            f"文件“{file_name}”有多个工作表都是数据（“{names}”），请每个工作表另存为一个文件后分别导入。"
        )


def _spellings(subject: Subject) -> dict[str, list[str]]:
    """Return column name → the forms of its headers, the canonical one first."""
    return {column.name: [header_key(header) for header in column.headers] for column in subject.columns}


def _positions(cells: list[str]) -> dict[str, list[int]]:
    """Return every form of the cells' texts → the positions it stands at; an exact header wins over one with a unit."""
    exact: dict[str, list[int]] = {}
    without_unit: dict[str, list[int]] = {}
    for position, cell in enumerate(cells):
        exact.setdefault(header_key(cell), []).append(position)
        without_unit.setdefault(header_key_without_unit(cell), []).append(position)
    positions = {**without_unit, **exact}
    positions.pop("", None)
    return positions


def _columns(positions: dict[str, list[int]], spellings: dict[str, list[str]]) -> tuple[dict[str, int], list[int]]:
    """Return column name → position, and the positions of headers that stand there twice.

    When several aliases of one column are present, the first declared one counts and the others are
    left to be listed as ignored.
    """
    columns: dict[str, int] = {}
    duplicates = []
    for name, keys in spellings.items():
        places = next((positions[key] for key in keys if key in positions), [])
        if places:
            columns[name] = places[0]
            duplicates += places[:1] * (len(places) > 1)
    return columns, duplicates


def _convincing(match: _Match) -> bool:
    """A file belongs to a subject when its key is there, or at least half of what the subject requires."""
    required = len(match.subject.required)
    return match.subject.record in match.columns or required - len(match.missing) >= max(2, required / 2)


def _unknown(candidates: list[Candidate], catalogue: Catalogue, file_name: str) -> str:
    rows = [row for candidate in candidates for row in candidate.head]
    widest = max(rows, key=lambda row: sum(bool(tidy(cell)) for cell in row), default=[])
    found = "、".join(_short(cell) for cell in widest if tidy(cell))[:120] or "没有表头"
    subjects = "、".join(subject.name for subject in catalogue.subjects.values())
    return f"认不出文件“{file_name}”是哪一类业务：找到的表头是“{found}”，可导入的业务有{subjects}，请核对导出的报表。"


def _missing(match: _Match, headers: tuple[str, ...], file_name: str) -> str:
    parts = []
    used = set(match.columns.values())
    free = [header for position, header in enumerate(headers) if header and position not in used]
    for column in match.missing:
        near = difflib.get_close_matches(column.header, free, n=1, cutoff=0.3)
        hint = f"（最接近的表头是“{_short(near[0])}”）" if near else ""
        parts.append(f"“{column.header}”{hint}")
    return (
        f"文件“{file_name}”看来是{match.subject.name}，但缺少必需列{'、'.join(parts)}，"
        "请在导出时加上该列，或把表头改成上述名称。"
    )


def _short(text: str) -> str:
    bare = tidy(text)
    return bare if len(bare) <= 20 else bare[:20] + "…"


def _period(title: str, file_name: str) -> tuple[date, date] | None:
    match = PERIOD.search(fold(title))
    if match is None:
        return None
    try:
        first, last = (parse_moment(day).date() for day in match.groups())
    except (NotADate, NoSuchDate) as error:
        raise ImportRefused(f"文件“{file_name}”标题里的统计期间“{match[0]}”不是有效日期，请更正后再导入。") from error
    if first > last:
        raise ImportRefused(f"文件“{file_name}”标题里的统计期间“{match[0]}”开始晚于结束，请更正后再导入。")
    return first, last


def _exported_at(title: str) -> datetime | None:
    match = EXPORTED.search(fold(title))
    if match is None:
        return None
    try:
        return parse_moment(match[1])
    except (NotADate, NoSuchDate):
        return None

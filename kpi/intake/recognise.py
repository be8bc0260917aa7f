"""Which subject a file belongs to, where its header is, and what its title rows say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from kpi.catalogue import Catalogue, Column, Subject
from kpi.errors import ImportRefused, SheetChoice
from kpi.intake import cautions, unknown
from kpi.intake.cautions import Caution
from kpi.intake.headers import HeaderRow, header_rows
from kpi.intake.mapping import Mapping
from kpi.intake.read import Candidate
from kpi.intake.spelling import header_key, quotable
from kpi.intake.titles import stated_export, stated_period

LEAST_MATCHES = 2
ABOVE = 0.7
MOST_COLUMNS = 2_000
# Columns the list of refused rows adds, so that a corrected row can be set against the one it corrects.
ORIGIN = ("原批次", "原行号")


@dataclass(frozen=True)
class Recognised:
    """A file understood: its subject, where its columns are, and what its title rows state.

    ``tables`` are the candidates to read, each with the row of its header in its head; ``columns`` maps column
    names to positions in the file. ``mapping`` is the correspondence used, if the headers are a foreign sender's.
    """

    subject: Subject
    tables: tuple[tuple[Candidate, int], ...]
    headers: tuple[str, ...]
    columns: dict[str, int]
    period: tuple[date, date] | None
    exported_at: datetime | None
    title: str = ""
    cautions: tuple[Caution, ...] = ()
    mapping: Mapping | None = None
    hidden_sheets: tuple[str, ...] = ()

    @property
    def header_line(self) -> int:
        """The header's line in the file, from 1."""
        candidate, row = self.tables[0]
        return candidate.head_lines[row]

    @property
    def ignored(self) -> tuple[str, ...]:
        """The headers of columns that are not used."""
        used = {*self.columns.values(), *(self.origin or ())}
        return tuple(header for place, header in enumerate(self.headers) if header and place not in used)

    @property
    def origin(self) -> tuple[int, int] | None:
        """Where the batch and line of the refused row stand that a corrected row replaces."""
        if not all(name in self.headers for name in ORIGIN):
            return None
        batch, line = (self.headers.index(name) for name in ORIGIN)
        return batch, line


@dataclass(frozen=True)
class _Match:
    subject: Subject
    candidate: Candidate
    header: HeaderRow
    columns: dict[str, int]
    duplicates: tuple[str, ...]
    given: frozenset[str] = field(default=frozenset())
    mapping: Mapping | None = None

    @property
    def missing(self) -> list[Column]:
        return [c for c in self.subject.required if c.name not in self.columns and c.name not in self.given]

    @property
    def is_convincing(self) -> bool:
        """A file belongs to a subject when its key is there, or at least half of what the subject requires."""
        required = len(self.subject.required)
        return self.subject.record in self.columns or required - len(self.missing) >= max(2, required / 2)

    @property
    def has_rows(self) -> bool:
        return len(self.candidate.head) > self.header.row + 1

    @property
    def score(self) -> tuple[bool, bool, int, int]:
        matched = len(self.columns)
        return (not self.missing, not self.candidate.is_hidden, matched - 2 * len(self.missing), -self.header.row)


def recognise(
    candidates: list[Candidate],
    catalogue: Catalogue,
    file_name: str,
    *,
    mapping: Mapping | None = None,
    remembered: Sequence[Mapping] = (),
    sheet: str | None = None,
) -> Recognised:
    """Return the best reading of a file over all its sheets or separators and all subjects.

    ``mapping`` says what the columns of a foreign sender mean; else the catalogue's headers are looked for, then
    the ``remembered`` mappings. Raises UnknownLayout when no subject fits or a required column is missing,
    SheetChoice when several sheets hold records that differ in their headers, ImportRefused when a header is
    repeated, or there is no sheet called ``sheet``.
    """
    candidates = _wanted(candidates, sheet, file_name)
    widest = max((len(row) for candidate in candidates for row in candidate.head), default=0)
    if widest > MOST_COLUMNS:
        raise ImportRefused(f"文件“{file_name}”的一行有 {widest:,} 列，不是正常的表格，请重新导出。")
    rows = [(candidate, header) for candidate in candidates for header in header_rows(candidate)]
    matches = _mapped(rows, [mapping], catalogue) if mapping else _known(rows, catalogue)
    best = max(matches, key=lambda match: match.score, default=None)
    if mapping is None and (best is None or not best.is_convincing or best.missing):
        matches = _mapped(rows, remembered, catalogue) or matches
        best = max(matches, key=lambda match: match.score, default=best)
    if best is None or not best.is_convincing or best.missing:
        if mapping is not None:
            raise unknown.not_as_mapped(unknown.widest(rows), mapping, file_name)
        if best is None or not best.is_convincing:
            raise unknown.foreign(unknown.widest(rows), catalogue, file_name)
        table = (best.candidate, best.header)
        raise unknown.incomplete(table, best.subject, best.columns, best.missing, file_name)
    if best.duplicates:
        raise ImportRefused(
            f"文件“{file_name}”的表头重复出现“{'”“'.join(map(quotable, best.duplicates))}”，请只保留其中一列后再导入。"
        )
    tables = _tables(best, matches, file_name)
    _check_above(tables, file_name)
    titles = [" ".join(cell for row in c.head[: h.row] for cell in row) for c, h in tables]
    periods = [period for title in titles if (period := stated_period(title, file_name))]
    exports = [moment for title in titles if (moment := stated_export(title))]
    return Recognised(
        subject=best.subject,
        tables=tuple((candidate, header.row) for candidate, header in tables),
        headers=best.header.cells,
        columns=best.columns,
        period=(min(p[0] for p in periods), max(p[1] for p in periods)) if len(periods) == len(tables) else None,
        exported_at=max(exports, default=None),
        title=" ".join(titles),
        cautions=_cautions(tables),
        mapping=best.mapping,
        hidden_sheets=tuple(c.name for c in candidates if c.is_hidden and c is not best.candidate),
    )


def _wanted(candidates: list[Candidate], sheet: str | None, file_name: str) -> list[Candidate]:
    if sheet is None:
        return candidates
    named = [candidate for candidate in candidates if candidate.name == sheet]
    if not any(map(_is_sheet, candidates)):
        raise ImportRefused(f"文件“{file_name}”是文本，没有工作表，请不要指定工作表。")
    if not named:
        names = "、".join(quotable(candidate.name) for candidate in candidates)
        raise ImportRefused(f"文件“{file_name}”里没有工作表“{quotable(sheet)}”，可选的有{names}，请重新选择。")
    return named


def _known(rows: list[tuple[Candidate, HeaderRow]], catalogue: Catalogue) -> list[_Match]:
    """Return how the rows match the headers of the catalogue's subjects."""
    spellings = {
        subject.key: {column.name: [header_key(header) for header in column.headers] for column in subject.columns}
        for subject in catalogue.subjects.values()
    }
    matches = []
    for candidate, header in rows:
        positions = header.positions()
        for subject in catalogue.subjects.values():
            columns, duplicates = _columns(positions, spellings[subject.key])
            if len(columns) >= LEAST_MATCHES:
                repeated = tuple(header.cells[place] for place in duplicates)
                matches.append(_Match(subject, candidate, header, columns, repeated))
    return matches


def _mapped(
    rows: list[tuple[Candidate, HeaderRow]], mappings: Sequence[Mapping | None], catalogue: Catalogue
) -> list[_Match]:
    """Return the rows in which every header of a mapping stands, for the first mapping that fits any."""
    newest = sorted(filter(None, mappings), key=lambda one: (str(one.saved_at or ""), one.version), reverse=True)
    for mapping in sorted(newest, key=lambda one: -len(one.columns)):
        found = []
        for candidate, header in rows:
            if mapping.header_row not in (None, candidate.head_lines[header.row]):
                continue
            positions = header.positions()
            places = {name: positions.get(header_key(text), []) for name, text in mapping.columns.items()}
            if all(places.values()):
                subject = catalogue.subjects[mapping.subject]
                doubled = tuple(header.cells[p[0]] for p in places.values() if len(p) > 1)
                columns = {name: place[0] for name, place in places.items()}
                given = frozenset(mapping.constants)
                found.append(_Match(subject, candidate, header, columns, doubled, given, mapping))
        if found:
            return found
    return []


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


def _tables(best: _Match, matches: list[_Match], file_name: str) -> list[tuple[Candidate, HeaderRow]]:
    """Return the sheets to read: the best one, and those beside it with the very same header."""
    others: dict[str, _Match] = {}
    for match in matches:
        beside = match.candidate is not best.candidate and match.candidate.is_hidden == best.candidate.is_hidden
        if beside and match.is_convincing and not match.missing and match.has_rows and _is_sheet(match.candidate):
            known = others.get(match.candidate.name)
            others[match.candidate.name] = match if known is None or match.score > known.score else known
    keys = [header_key(cell) for cell in best.header.cells]
    alike = [m for m in others.values() if m.subject is best.subject and [*map(header_key, m.header.cells)] == keys]
    if len(alike) < len(others):
        names = [best.candidate.name, *others]
        raise SheetChoice(
            f"文件“{file_name}”有多个工作表都是数据（“{'”“'.join(map(quotable, names))}”），表头不同不能合并，"
            "请选择其中一个（命令行用 --sheet 指定）或分别另存后导入。",
            names,
        )
    tables = [(best.candidate, best.header), *((m.candidate, m.header) for m in alike)]
    return sorted(tables, key=lambda table: table[0].order)


def _check_above(tables: list[tuple[Candidate, HeaderRow]], file_name: str) -> None:
    """Raise ImportRefused when rows above the header are as full as it is: they would be lost as titles."""
    for candidate, header in tables:
        filled = sum(map(bool, header.cells))
        heading = {top for top, _, _, _ in candidate.spans}
        above = [
            candidate.head_lines[row]
            for row in range(header.row)
            if row not in heading and sum(bool(cell.strip()) for cell in candidate.head[row]) > ABOVE * max(2, filled)
        ]
        if above:
            line = candidate.head_lines[header.row]
            raise ImportRefused(
                f"文件“{file_name}”的表头在第 {line} 行，但它上方的第 {above[0]} 行像是数据，"
                "请把表头移到数据上方后重新导入。"
            )


def _is_sheet(candidate: Candidate) -> bool:
    """Separators of one text are readings of the same rows, sheets are not."""
    return candidate.order >= 0


def _cautions(tables: list[tuple[Candidate, HeaderRow]]) -> tuple[Caution, ...]:
    found = [caution for candidate, _ in tables for caution in candidate.cautions]
    names = "”“".join(quotable(candidate.name) for candidate, _ in tables)
    if tables[0][0].is_hidden:
        found.append(Caution(cautions.HIDDEN_SHEET, f"数据在隐藏的工作表“{names}”里，请确认它不是作废的旧数据。"))
    if len(tables) > 1:
        words = f"{len(tables)} 个工作表（“{names}”）表头相同，将合并为一批导入，后一个的行号接着前一个的数。"
        found.append(Caution(cautions.SEVERAL_SHEETS, words))
    return tuple(dict.fromkeys(found))

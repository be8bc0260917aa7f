"""The pieces of a file cleaned and checked one after another, and what only the whole file can tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import polars as pl

from kpi.catalogue import Catalogue
from kpi.intake.ahead import ahead
from kpi.intake.belonging import check_cells
from kpi.intake.cells import digits_run_backwards
from kpi.intake.clean import DTYPES, CleanColumn, clean_column
from kpi.intake.dates import since_1904
from kpi.intake.gathered import IDENTICAL, Gathered
from kpi.intake.mapping import apply_texts
from kpi.intake.noise import Records, without_noise
from kpi.intake.places import RULES, code_places, resolve
from kpi.intake.read import Candidate, Ragged, RawTable
from kpi.intake.recognise import Recognised
from kpi.intake.refuse import refused_rows
from kpi.intake.shares import Shares
from kpi.intake.spelling import tidy
from kpi.intake.text import check_control_rows
from kpi.intake.validate import settle_copies, validate

CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"
CORRECTS = {"batch": pl.Int32(), "origin_line": pl.Int32(), "line": pl.Int32()}


class _RunsBackwards(Exception):
    """A later piece shows that the digits of a level column mean the contrary of what was read before."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


class Gatherer:
    """Reads the pieces of one recognised file; ``run`` returns what they hold together."""

    def __init__(
        self, found: Recognised, catalogue: Catalogue, file_name: str, latest: date, folder: Path | None
    ) -> None:
        """Prepare for a file with no records later than ``latest``; good rows go to ``folder`` if there is one."""
        self._found, self._catalogue, self._file_name = found, catalogue, file_name
        self._latest, self._folder = latest, folder
        self._codes = code_places(found.headers, found.columns)
        self._backwards: set[str] = set()
        self.all = Gathered()
        self._shares = Shares(found.subject, file_name)

    def run(self) -> Gathered:
        """Return everything read. Raises ImportRefused when the file as a whole cannot be trusted."""
        while True:
            self.all, self._shares = Gathered(), Shares(self._found.subject, self._file_name)
            try:
                # A large file is read by one core while another cleans what was read before.
                tables = ahead(self._tables()) if self._folder else self._tables()
                with closing(tables):
                    for candidate, table in tables:
                        self._add(candidate, table)
            except _RunsBackwards as discovery:
                self._backwards.add(discovery.column)
                continue
            self.all.check_keys(self._file_name)
            self._settle_copies()
            return self.all

    def nothing(self) -> pl.DataFrame:
        """Return a frame of good rows without any."""
        return self._typed({}, pl.Series("line", [], dtype=pl.Int32()))

    def sum_at(self, place: int) -> float | None:
        """Return the sum of the texts at one position over all records; None when most are no numbers."""
        total, numbers, filled = 0.0, 0, 0
        for _, table in self._tables():
            texts = self._records(table).cells[str(place)].str.replace_all("[,，\\s]", "")
            values = texts.cast(pl.Float64, strict=False)
            total += float(values.sum())
            numbers += len(values) - values.null_count()
            filled += int((texts != "").sum())
        return total if numbers and numbers > filled / 2 else None

    def _tables(self) -> Generator[tuple[Candidate, RawTable]]:
        """Return every piece of every sheet; the lines of a later sheet go on from those of the one before."""
        offset = 0
        for candidate, row in self._found.tables:
            last = offset
            for table in candidate.body(row, len(self._found.headers)):
                lines = (table.lines + offset).alias("line")
                ragged = tuple(Ragged(each.line + offset, each.cells) for each in table.ragged)
                last = max([last, *lines.tail(1).to_list(), *(each.line for each in ragged)])
                cells = self._without_controls(table.cells) if candidate.order >= 0 else table.cells
                yield candidate, RawTable(cells, lines.cast(pl.Int32), ragged, table.merged)
            offset = last

    def _without_controls(self, cells: pl.DataFrame) -> pl.DataFrame:
        """Return the cells of a workbook or page without control characters; those of a text are gone already."""
        found = cells.select(pl.all().str.count_matches(CONTROLS).cast(pl.Int64))
        rows = int((found.sum_horizontal() > 0).sum()) if found.width else 0
        if not rows:
            return cells
        self.all.controls += int(found.sum_horizontal().sum())
        check_control_rows(rows, len(cells), self._file_name)
        return cells.select(pl.all().str.replace_all(CONTROLS, ""))

    def _records(self, table: RawTable) -> Records:
        return without_noise(table, self._found.headers, self._found.columns[self._found.subject.record])

    def _texts(self, candidate: Candidate, table: RawTable, records: Records) -> dict[str, pl.Series]:
        """Return the texts of every column of the subject the file gives, as the sender writes them."""
        subject = self._found.subject
        texts = {}
        for name, place in self._found.columns.items():
            column, cells = subject.column(name), records.cells[str(place)]
            covered = {row: text for row, at, text in table.merged if at == place} if column.fill_down else {}
            if covered:
                whole = table.cells[str(place)].scatter(list(covered), list(covered.values()))
                self.all.filled_down += int(records.rows.is_in(list(covered)).sum())
                cells = whole.gather(records.rows)
            if candidate.dates_1904 and column.type in ("date", "datetime"):
                cells = since_1904(cells)
            texts[name] = cells
        return texts

    def _translated(self, texts: dict[str, pl.Series], rows: int) -> tuple[dict[str, pl.Series], dict[str, pl.Series]]:
        """Return the texts in our own words where a mapping says how, and per column the rule a text breaks by it."""
        mapping = self._found.mapping
        if mapping is None:
            return texts, {}
        said, problems = {}, {}
        for name, cells in texts.items():
            said[name], broken = apply_texts(mapping, self._found.subject.column(name), cells)
            if broken is not None:
                problems[name] = broken
        for name, constant in mapping.constants.items():
            said[name] = pl.Series([constant], dtype=pl.String()).new_from_index(0, rows)
        return said, problems

    def _add(self, candidate: Candidate, table: RawTable) -> None:
        found, subject, whole = self._found, self._found.subject, self.all
        records = self._records(table)
        whole.rows_read += len(table.cells) + len(table.ragged)
        whole.ragged += len(table.ragged)
        ragged_keys = self._ragged_keys(table)
        whole.skipped += Counter(records.skipped)
        whole.closing += records.closing
        if records.cells.is_empty():
            whole.ragged_keys += ragged_keys
            whole.refused.append(refused_rows(found, {}, records.lines, pl.DataFrame(), table.ragged))
            return
        shown = self._texts(candidate, table, records)
        texts, given = self._translated(shown, len(records.cells))
        if not whole.records:
            towns = [text for name, text in texts.items() if subject.column(name).type == "town"]
            check_cells(towns, found.headers, records.cells, self._file_name, self._catalogue)
        whole.records += len(records.cells)
        cleaned = self._cleaned(texts, records)
        rows = self._typed(cleaned, records.lines)
        problems = {name: column.problems for name, column in cleaned.items() if column.problems is not None}
        for name, broken in given.items():
            problems[name] = broken.zip_with(broken.is_not_null(), problems.get(name, broken))
        self._count(cleaned, problems, texts)
        verdict = validate(subject, rows, problems, self._latest, found.period)
        words = {**texts, **shown}
        whole.refused.append(refused_rows(found, words, records.lines, verdict.failures, table.ragged))
        whole.keys.append(rows.select(pl.col(subject.record).alias("key"), "line"))
        whole.ragged_keys += ragged_keys
        self._keep(verdict.good)
        if found.origin:
            whole.corrects.append(_corrects(records, found.origin))

    def _cleaned(self, texts: dict[str, pl.Series], records: Records) -> dict[str, CleanColumn]:
        subject, found = self._found.subject, self._found
        cleaned = {}
        for name, cells in texts.items():
            column = subject.column(name)
            header = found.headers[found.columns[name]] if name in found.columns else column.header
            is_later = self.all.records > len(records.cells)
            if column.type == "level" and is_later and name not in self._backwards:
                self._check_direction(name, header, cells)
            read = clean_column(column, header, cells, self._catalogue, name in self._backwards)
            cleaned[name] = self._shares.settled(column, cells, read)
        days = cleaned[subject.day].values.cast(pl.Date)
        for name, read in cleaned.items():
            kind = subject.column(name).type
            if kind in RULES:
                codes = records.cells[str(self._codes[kind])] if kind in self._codes else None
                cleaned[name] = resolve(subject.column(name), texts[name], read, days, codes, self._catalogue)
        return cleaned

    def _check_direction(self, name: str, header: str, cells: pl.Series) -> None:
        if digits_run_backwards(header, cells.unique().to_list()):
            raise _RunsBackwards(name)

    def _typed(self, cleaned: dict[str, CleanColumn], lines: pl.Series) -> pl.DataFrame:
        """Return all columns of the subject in their declared order and ``line``; columns the file lacks are null."""
        columns = [
            cleaned[column.name].values
            if column.name in cleaned
            else pl.Series(column.name, [None], dtype=DTYPES[column.type]).new_from_index(0, len(lines))
            for column in self._found.subject.columns
        ]
        return pl.DataFrame([*columns, lines.alias("line")])

    def _count(
        self, cleaned: dict[str, CleanColumn], problems: dict[str, pl.Series], texts: dict[str, pl.Series]
    ) -> None:
        subject, whole = self._found.subject, self.all
        for name, column in cleaned.items():
            whole.normalised += column.normalised
            kind = subject.column(name).type
            if kind in ("integer", "number"):
                whole.sums[name] += float(column.values.sum())
            if kind in RULES and name in problems:
                unknown = texts[name].filter((problems[name] == RULES[kind]).fill_null(False))
                whole.unknown.setdefault(name, Counter()).update(unknown.str.strip_chars().to_list())
        whole.count_keys(cleaned[subject.record].values, problems)

    def _keep(self, good: pl.DataFrame) -> None:
        whole, days = self.all, good[self._found.subject.day].cast(pl.Date)
        if good.is_empty():
            return
        first, last = days.min(), days.max()
        assert isinstance(first, date) and isinstance(last, date)
        whole.first_day = min(filter(None, (whole.first_day, first)))
        whole.last_day = max(filter(None, (whole.last_day, last)))
        whole.heights.append(len(good))
        if self._folder is None:
            whole.pieces.append(good)
            return
        path = self._folder / f"part-{len(whole.pieces):05d}.arrow"
        good.write_ipc(path)
        whole.pieces.append(path)

    def _settle_copies(self) -> None:
        """Leave out identical copies, and refuse every row whose key stands there again with another content."""
        whole, subject = self.all, self._found.subject
        keys = pl.concat(whole.keys) if whole.keys else None
        if keys is None or keys["key"].n_unique() == len(keys):
            return
        doubled = keys.filter(pl.col("key").is_not_null() & pl.col("key").is_duplicated())
        wanted = pl.col(subject.record).is_in(doubled["key"].unique().implode())
        copies = pl.concat([self.nothing(), *(piece.filter(wanted) for piece in whole.frames())])
        broken = doubled.filter(~pl.col("line").is_in(copies["line"].implode()))["key"]
        identical, failures = settle_copies(subject, copies, broken)
        if len(identical):
            whole.skipped[IDENTICAL] += len(identical)
        if len(failures):
            whole.refused += self._refused(failures)
        whole.without(pl.concat([identical, failures["line"]]), subject.day)

    def refused(self) -> pl.DataFrame:
        """Return the refused rows in order of their lines, each with its record: the key, where it could be read."""
        schema = {"key": pl.String(), "line": pl.Int32()}
        keys = pl.concat([pl.DataFrame(self.all.ragged_keys, schema=schema, orient="row"), *self.all.keys])
        refused = pl.concat(self.all.refused).sort("line")
        known = keys.filter(pl.col("line").is_in(refused["line"].implode())).rename({"key": "record"})
        return refused.join(known, on="line", how="left", maintain_order="left")

    def _ragged_keys(self, table: RawTable) -> list[tuple[str | None, int]]:
        """Return what stands in the place of the key of rows with another width, and their lines."""
        place = self._found.columns[self._found.subject.record]
        return [(tidy(row.cells[place]) if place < len(row.cells) else None, row.line) for row in table.ragged]

    def _refused(self, failures: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Return the refused rows of lines that were read already, from a second look at the file."""
        for candidate, table in self._tables():
            records = self._records(table)
            concerned = failures.filter(pl.col("line").is_in(records.lines.implode()))
            if len(concerned):
                shown = self._texts(candidate, table, records)
                yield refused_rows(self._found, shown, records.lines, concerned, ())


def _corrects(records: Records, origin: tuple[int, int]) -> pl.DataFrame:
    """Return batch, origin_line and line of the rows that say which refused row they bring again."""
    batch, line = (records.cells[str(place)].str.strip_chars().cast(pl.Int32, strict=False) for place in origin)
    stated = pl.DataFrame([batch.alias("batch"), line.alias("origin_line"), records.lines.alias("line")])
    return stated.drop_nulls().cast(pl.Schema(CORRECTS))

"""What every test of an input looks at: the file as read, or the one sentence that refuses it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from kpi.catalogue import Catalogue, Subject
from kpi.errors import ImportRefused
from kpi.intake import Staged, stage
from tests.intake.exports import TODAY, catalogue


def read(content: bytes | str | Path, name: str = "导出.csv", known: Catalogue | None = None, **more: Any) -> Staged:
    """Return the file as read, every row of it accounted for."""
    data = content.encode() if isinstance(content, str) else content
    result = stage(data, name, known or catalogue(), **{"today": TODAY, **more})
    assert result.rows_read == len(result.rows) + result.refused.height + sum(result.skipped.values())
    assert all(is_sentence(caution.text) for caution in result.cautions)
    return result


def refusal(content: bytes | str | Path, name: str = "导出.csv", known: Catalogue | None = None, **more: Any) -> str:
    """Return the sentence that refuses the file; it names the file."""
    with pytest.raises(ImportRefused) as caught:
        read(content, name, known, **more)
    said = str(caught.value)
    assert is_sentence(said) and f"“{name}”" in said and "请" in said
    return said


def is_sentence(text: str) -> bool:
    return text.endswith("。") and text.count("。") == 1 and "\n" not in text


def rules_of(result: Staged) -> list[str]:
    """Return the rule each refused row breaks, by line."""
    return result.refused.sort("line")["rule"].to_list()


def cautions_of(result: Staged) -> dict[str, str]:
    """Return what must be confirmed: rule → sentence."""
    assert len({caution.rule for caution in result.cautions}) == len(result.cautions)
    return {caution.rule: caution.text for caution in result.cautions}


def column(result: Staged, name: str) -> list[Any]:
    return result.rows[name].to_list()


def known_with(subject: str, name: str, **changes: Any) -> Catalogue:
    """Return the catalogue with one column of one subject changed."""
    known = catalogue()
    found = known.subjects[subject]
    columns = tuple(replace(each, **changes) if each.name == name else each for each in found.columns)
    changed: Subject = replace(found, columns=columns)
    return replace(known, subjects={**known.subjects, subject: changed})


def workbook(shape: Callable[[openpyxl.Workbook], None]) -> bytes:
    """Return a workbook as ``shape`` fills it."""
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    shape(book)
    book.save(buffer)
    return buffer.getvalue()


def sheet_of(grid: list[list[Any]], shape: Callable[[Any], None] = lambda sheet: None) -> bytes:
    """Return a workbook of one sheet with ``grid`` as ``shape`` changes it."""

    def fill(book: openpyxl.Workbook) -> None:
        for row in grid:
            book.active.append(row)
        shape(book.active)

    return workbook(fill)


def same_rows(one: Staged, other: Staged) -> bool:
    """Say whether two files say the same, wherever the rows stand."""
    frames = [each.rows.drop("line").sort(pl.first()) for each in (one, other)]
    return frames[0].equals(frames[1])

"""Columns of percentages: 0.9535 and 95.35 mean the same, but never in one column."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import polars as pl

from kpi.catalogue import Column, Subject
from kpi.errors import ImportRefused
from kpi.intake.clean import CleanColumn

PERCENT = "%"
NOTE = "小数改为百分数"


class Shares:
    """Remembers over the pieces of a file how each percentage column is written."""

    def __init__(self, subject: Subject, file_name: str) -> None:
        """Begin a file of ``subject``."""
        self._file_name = file_name
        self._forms: dict[str, Counter[str]] = {
            column.name: Counter() for column in subject.columns if column.unit == PERCENT
        }

    def settled(self, column: Column, texts: pl.Series, cleaned: CleanColumn) -> CleanColumn:
        """Return the column in percent; anything but a percentage column as it is.

        Raises ImportRefused when some cells are shares of one and others of a hundred.
        """
        if column.name not in self._forms:
            return cleaned
        forms, values = self._forms[column.name], cleaned.values
        signed = texts.str.contains("[%％]")
        small = (values.abs() <= 1) & (values != 0) & ~signed
        forms["fraction"] += int(small.sum())
        forms["percent"] += int(((values.abs() > 1) | (signed & (values != 0))).sum())
        if forms["fraction"] and forms["percent"]:
            raise ImportRefused(
                f"文件“{self._file_name}”的“{column.header}”列比例单位不一致：{forms['fraction']} 行写成小数"
                f"（如 0.95），{forms['percent']} 行写成百分数（如 95），请统一后重新导入。"
            )
        if not forms["fraction"]:
            return cleaned
        notes = cleaned.normalised + Counter({NOTE: int(small.sum())})
        return replace(cleaned, values=(values * 100).round(6).alias(column.name), normalised=notes)

"""Writing frames as export files of the source systems: title rows, Chinese headers, csv or xlsx."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from kpi.catalogue import ROOT
from kpi.catalogue.subjects import Subject, load_subjects

CellWriter = Callable[[int, int, Any], object]
LEVELS = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
TITLES = {
    "rating": "广东省政务服务“好差评”评价明细",
    "ticket": "惠州市12345热线工单明细",
    "kiosk_transaction": "“粤智助”自助机业务流水",
    "cross_region_case": "跨域通办窗口办件明细",
    "one_window_case": "一窗通办办件明细",
    "assisted_case": "“惠帮办”帮办代办台账",
    "kiosk": "“粤智助”政府服务自助机台账",
    "service_item": "政务服务事项清单",
    "service_hall": "政务服务大厅台账",
    "town_population": "镇街常住人口台账",
}
STEMS = {
    "rating": "好差评评价",
    "ticket": "12345工单",
    "kiosk_transaction": "粤智助业务",
    "cross_region_case": "跨域通办办件",
    "one_window_case": "一窗通办办件",
    "assisted_case": "惠帮办事项",
    "kiosk": "自助机台账",
    "service_item": "事项清单",
    "service_hall": "大厅台账",
    "town_population": "镇街人口",
}
DATE_FORMATS = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm:ss"}


@dataclass(frozen=True)
class Form:
    """How an export looks: csv (then its encoding) or xlsx, with a 合计 row, other headers, another column order."""

    suffix: str = "xlsx"
    encoding: str = "utf-8"
    has_total: bool = False
    has_aliases: bool = False
    is_reordered: bool = False


@dataclass(frozen=True)
class Export:
    """One file to write: rows of a subject with the catalogue's column names, and what its title rows say."""

    subject: str
    rows: pl.DataFrame
    part: str
    first: date
    last: date
    exported_at: datetime
    form: Form = Form()

    @property
    def file_name(self) -> str:
        """The file's name, e.g. 演示-12345工单-2023-12.xlsx."""
        return f"演示-{STEMS[self.subject]}-{self.part}.{self.form.suffix}"

    @property
    def title_rows(self) -> tuple[str, str]:
        """The two lines above the headers: what it is (演示数据), and its period and time of export."""
        period = f"统计期间：{self.first} 至 {self.last}　导出时间：{self.exported_at:%Y-%m-%d %H:%M}"
        return f"{TITLES[self.subject]}（演示数据）", period


@cache
def _subjects() -> dict[str, Subject]:
    return load_subjects(ROOT / "data" / "catalogue" / "subjects")


def write(export: Export, folder: Path) -> Path:
    """Write one export into ``folder`` and return its path; an existing file of that name is replaced."""
    path = folder / export.file_name
    table = _as_shown(export)
    if export.form.suffix == "csv":
        path.write_bytes(_csv(export, table))
    else:
        _write_workbook(export, table, path)
    return path


def _as_shown(export: Export) -> pl.DataFrame:
    """Return the rows under the headers the file will have, flags as 是/否 and levels in words."""
    columns = [column for column in _subjects()[export.subject].columns if column.name in export.rows.columns]
    if export.form.is_reordered:
        columns = columns[1::2] + columns[::2]
    shown = []
    for column in columns:
        value = pl.col(column.name)
        if column.type == "flag":
            value = pl.when(value).then(pl.lit("是")).when(~value).then(pl.lit("否"))
        elif column.type == "level":
            value = value.replace_strict(LEVELS, return_dtype=pl.String)
        header = column.aliases[0] if export.form.has_aliases and column.aliases else column.header
        shown.append(value.alias(header))
    return export.rows.select(shown)


def _csv(export: Export, table: pl.DataFrame) -> bytes:
    body = table.write_csv(quote_style="necessary", datetime_format="%Y-%m-%d %H:%M:%S", line_terminator="\r\n")
    total = f"合计,{table.height}\r\n" if export.form.has_total else ""
    return ("".join(f"{line}\r\n" for line in export.title_rows) + body + total).encode(export.form.encoding)


def _write_workbook(export: Export, table: pl.DataFrame, path: Path) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_urls": False}) as book:
        # A fixed creation time keeps the bytes the same at every run.
        book.set_properties({"title": export.title_rows[0], "created": export.exported_at})
        sheet = book.add_worksheet("明细")
        formats = {kind: book.add_format({"num_format": text}) for kind, text in DATE_FORMATS.items()}
        for row, line in enumerate(export.title_rows):
            sheet.write_string(row, 0, line)
        for position, header in enumerate(table.columns):
            sheet.write_string(2, position, header)
        writers = [_cell_writer(sheet, dtype, formats) for dtype in table.dtypes]
        for row, values in enumerate(table.iter_rows(), start=3):
            for position, (put, value) in enumerate(zip(writers, values, strict=True)):
                if value is not None:
                    put(row, position, value)
        if export.form.has_total:
            sheet.write_string(3 + table.height, 0, "合计")
            sheet.write_number(3 + table.height, 1, table.height)


def _cell_writer(sheet: Worksheet, dtype: pl.DataType, formats: dict[str, Format]) -> CellWriter:
    plain: dict[bool, CellWriter] = {True: sheet.write_string, False: sheet.write_number}
    if dtype == pl.String or dtype.is_numeric():
        return plain[dtype == pl.String]
    style = formats["date" if dtype == pl.Date else "datetime"]
    return lambda row, position, value: sheet.write_datetime(row, position, value, style)

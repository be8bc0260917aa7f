"""Export files as the source systems write them, built in memory."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date
from functools import cache

import xlsxwriter

from kpi.catalogue import ROOT, Catalogue
from kpi.catalogue.places import load_areas, load_departments, load_towns
from kpi.catalogue.subjects import load_subjects
from kpi.intake import Staged, stage

TODAY = date(2024, 1, 31)
RATING = {
    "评价流水号": "P0000000001",
    "评价时间": "2023-12-05 08:30:00",
    "镇街": "平山街道",
    "评价渠道": "粤省事",
    "整体满意度": "满意",
}
TICKET = {
    "工单编号": "T0000000001",
    "来电时间": "2023-12-05 08:30:00",
    "诉求类型": "咨询",
    "办理类型": "转办",
}
TITLES = ["惠东县好差评评价明细", "统计期间：2023-12-01 至 2023-12-31　导出时间：2024-01-05 08:30"]

Row = dict[str, str]


@cache
def catalogue() -> Catalogue:
    folder = ROOT / "data" / "catalogue"
    places = load_towns(folder / "towns.csv"), load_departments(folder / "departments.csv")
    return Catalogue(load_subjects(folder / "subjects"), {}, (), (), *places, (), load_areas(folder / "areas.csv"))


def staged(content: bytes | str, name: str = "好差评.csv") -> Staged:
    data = content.encode() if isinstance(content, str) else content
    return stage(data, name, catalogue(), today=TODAY)


def rows_of(template: Row, count: int, **changes: str) -> list[Row]:
    """Return ``count`` rows like ``template`` with keys of their own; ``changes`` apply to every row."""
    key = next(iter(template))
    return [{**template, key: f"{template[key][0]}{number:010d}", **changes} for number in range(1, count + 1)]


def among_good(bad: Row, template: Row = RATING, good: int = 3) -> list[Row]:
    """Return good rows and, last, one row like ``template`` changed by ``bad``."""
    key = next(iter(template))
    return [*rows_of(template, good), {**template, key: "X9999999999", **bad}]


def table(rows: Sequence[Row]) -> list[list[str]]:
    headers = list(dict.fromkeys(header for row in rows for header in row))
    return [headers, *([row.get(header, "") for header in headers] for row in rows)]


def csv_text(
    rows: Sequence[Row], *, titles: Sequence[str] = (), footers: Sequence[str] = (), separator: str = ","
) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator="\n").writerows(table(rows))
    return "".join(f"{line}\n" for line in titles) + buffer.getvalue() + "".join(f"{line}\n" for line in footers)


def xlsx_bytes(grid: Sequence[Sequence[object]], *, before: Sequence[str] = (), hidden: Sequence[str] = ()) -> bytes:
    """Return a workbook whose last sheet holds ``grid``; ``before`` and ``hidden`` name sheets put in front."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "remove_timezone": True}) as book:
        for name in (*before, *hidden):
            sheet = book.add_worksheet(name)
            sheet.write(0, 0, "说明")
            if name in hidden:
                sheet.hide()
        sheet = book.add_worksheet("明细")
        sheet.activate()
        sheet.set_first_sheet()
        stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for number, row in enumerate(grid):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, stamp)
                elif isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                else:
                    sheet.write(number, column, cell)
    return buffer.getvalue()


def html_text(rows: Sequence[Row]) -> str:
    grid = table(rows)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in grid)
    title = f'<tr><td colspan="{len(grid[0])}">{TITLES[1]}</td></tr>'
    return f'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><body><table>{title}{lines}</table></body></html>'


def rezipped(workbook: bytes, changes: dict[str, bytes]) -> bytes:
    """Return the workbook with members replaced or added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, data in changes.items():
            new.writestr(name, data)
    return buffer.getvalue()


def member(workbook: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return archive.read(name)

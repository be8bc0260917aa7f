"""Whether a file is of this county at all: its title, the names of its places, and area codes give it away."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from kpi.catalogue import Area, Catalogue
from kpi.errors import ImportRefused
from kpi.intake.spelling import fold, quotable

HOME, HOME_CODE = "惠东", "441323"
AREA_HEADER = re.compile(r"区划|^(?:所属)?(?:区县|县区|县市区)")
HOME_CODES = "^\\s*4413(?:23|00)"
MOSTLY = 0.5


def check_title(title: str, file_name: str, catalogue: Catalogue) -> None:
    """Raise ImportRefused when the rows above the header name another county or city and not this one."""
    said = fold(title)
    if HOME in said or HOME_CODE in said:
        return
    for area in catalogue.areas:
        if any(word in said for word in area.words) or (area.code[4:] != "00" and area.code in said):
            raise _of(area, file_name, f"标题写的是“{quotable(title, 30)}”")


def check_cells(
    places: Sequence[pl.Series], headers: Sequence[str], cells: pl.DataFrame, file_name: str, catalogue: Catalogue
) -> None:
    """Raise ImportRefused when most names of places, or most codes of an area column, are another county's.

    ``places`` are the texts of the town columns; ``cells`` are all texts of the file under ``headers``.
    """
    every = [word for area in catalogue.areas for word in area.words]
    for texts in places if every else ():
        if _share(texts, pl.col("t").str.contains_any(every)) <= MOSTLY:
            continue
        for area in catalogue.areas:
            share = _share(texts, pl.col("t").str.contains_any(list(area.words)) & ~pl.col("t").str.contains(HOME))
            if share > MOSTLY:
                raise _of(area, file_name, f"镇街列里 {share:.0%} 的行写着{area.name}")
    for place, header in enumerate(headers):
        if AREA_HEADER.search(header):
            for area in catalogue.areas:
                code = area.code.rstrip("0") if area.code.endswith("00") else area.code
                is_named = pl.col("t").str.contains_any(list(area.words)) & ~pl.col("t").str.contains(HOME)
                share = _share(cells[str(place)], pl.col("t").str.starts_with(code) | is_named)
                if share > MOSTLY:
                    raise _of(area, file_name, f"“{quotable(header)}”列里 {share:.0%} 的行是{area.name}（{area.code}）")
            _check_codes(cells[str(place)], header, file_name)


def _check_codes(texts: pl.Series, header: str, file_name: str) -> None:
    """Codes of a county we have no name for are a foreign file all the same."""
    is_foreign = pl.col("t").str.contains(r"^\s*\d{6}(\d{3}|\d{6})?\s*$") & ~pl.col("t").str.contains(HOME_CODES)
    share = _share(texts, is_foreign)
    if share > MOSTLY:
        code = texts.str.strip_chars().str.head(6).mode()[0]
        raise ImportRefused(
            f"文件“{file_name}”属于区划代码 {code} 的地区，不是惠东县的数据"
            f"（“{quotable(header)}”列里 {share:.0%} 的行），请选择本县的导出文件。"
        )


def _share(texts: pl.Series, condition: pl.Expr) -> float:
    filled = texts.to_frame("t").filter(pl.col("t").str.strip_chars() != "")
    return filled.filter(condition).height / filled.height if filled.height else 0.0


def _of(area: Area, file_name: str, why: str) -> ImportRefused:
    return ImportRefused(f"文件“{file_name}”属于{area.name}，不是惠东县的数据（{why}），请选择本县的导出文件。")

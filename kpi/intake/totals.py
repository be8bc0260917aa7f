"""The file's own 合计 line set against the rows above it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kpi.intake import cautions
from kpi.intake.cautions import Caution
from kpi.intake.cells import unit_factor
from kpi.intake.recognise import Recognised
from kpi.intake.spelling import fold, tidy
from kpi.intake.staged import Total

WHOLE = re.compile(r"(?:以上)?(总\s*计|合\s*计|共\s*计|共)数?(?=$|[\s:：（(\d])")
COUNTED = re.compile(r"[:：（(\s]*(\d[\d,]*)\s*(?:条|件|宗|行|笔|个|次|人次)?(?:记录|数据)?[)）]?$")
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
ROWS = "行数"


@dataclass(frozen=True)
class Stated:
    """A figure of a closing line: what the line calls itself, the position it stands at (None: in its own words)."""

    label: str
    place: int | None
    value: float


def stated_totals(closing: Iterable[tuple[str, ...]]) -> list[Stated]:
    """Return the figures of the last 合计 line; 小计 and 制表 lines state nothing about the whole file."""
    found: list[Stated] = []
    for row in closing:
        filled = [(place, tidy(cell)) for place, cell in enumerate(row) if tidy(cell)]
        match = WHOLE.match(fold(filled[0][1])) if filled else None
        if match is None:
            continue
        label = match[1].replace(" ", "")
        found = []
        if counted := COUNTED.fullmatch(fold(filled[0][1])[match.end() :]):
            found.append(Stated(label, None, _number(counted[1])))
        found += [
            Stated(label, place, _number(fold(text))) for place, text in filled[1:] if NUMBER.fullmatch(fold(text))
        ]
    return found


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def compared(
    stated: Iterable[Stated],
    found: Recognised,
    sums: dict[str, float],
    rows: int,
    sum_of: Callable[[int], float | None],
) -> tuple[Total, ...]:
    """Return each stated figure beside ours.

    ``sums`` are the sums of the number columns as read, ``rows`` the number of records, ``sum_of`` gives the sum of
    the texts at a position, None where they are no numbers. A whole number under a column of words counts the rows.
    """
    headers = found.headers
    names = {place: name for name, place in found.columns.items()}
    totals = []
    for figure in stated:
        place = figure.place
        name = names.get(place, "") if place is not None else ""
        if place is None:
            totals.append(Total(figure.label, ROWS, figure.value, rows))
        elif name in sums:
            column = found.subject.column(name)
            if column.unit != "%":
                value = figure.value * unit_factor(headers[place], column.unit)
                totals.append(Total(figure.label, headers[place], value, round(sums[name], 6)))
        elif not name and (ours := sum_of(place)) is not None:
            totals.append(Total(figure.label, headers[place] or f"第 {place + 1} 列", figure.value, round(ours, 6)))
        elif figure.value.is_integer():
            totals.append(Total(figure.label, ROWS, figure.value, rows))
    return tuple(dict.fromkeys(totals))


def differing(totals: Iterable[Total]) -> list[Caution]:
    """Return one caution per figure that differs from ours, with both numbers."""
    return [
        Caution(
            cautions.TOTAL_DIFFERS,
            f"文件的{total.label}行写“{total.column}”为 {total.stated:,.6g}，按明细为 {total.ours:,.6g}，"
            "请核对是否漏导；确认导入则以明细为准。",
        )
        for total in totals
        if not total.agrees
    ]

"""Small export files as the hotline and the rating platform write them, with real record numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from kpi import intake
from kpi.catalogue import Catalogue, load
from kpi.intake import Staged
from tests.intake.exports import RATING, TICKET, csv_text

CATALOGUE: Catalogue = load()
TODAY = date(2024, 1, 31)
LEVELS = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意", None: "未评价"}
Row = dict[str, str]


def titles(first: date, last: date, exported_at: datetime) -> list[str]:
    """Return the two lines above the headers: what it is, its period and its time of export."""
    return ["惠东县业务明细", f"统计期间：{first} 至 {last}　导出时间：{exported_at:%Y-%m-%d %H:%M}"]


def export(rows: Sequence[Row], first: date, last: date, exported_at: datetime) -> bytes:
    """Return a csv of ``rows`` that states its period and its time of export."""
    return csv_text(rows, titles=titles(first, last, exported_at)).encode()


def rating(number: int, day: date, level: int | None = 5, town: str = "多祝镇") -> Row:
    """Return one rating as the platform writes it."""
    return {
        **RATING,
        "评价流水号": f"P{number:010d}",
        "评价时间": f"{day} 10:00:00",
        "镇街": town,
        "整体满意度": LEVELS[level],
    }


def ticket(number: int, received: datetime, closed: datetime | None = None, town: str = "多祝镇") -> Row:
    """Return one ticket as the hotline writes it."""
    return {
        **TICKET,
        "工单编号": f"T{number:010d}",
        "来电时间": str(received),
        "镇街": town,
        "办结时间": str(closed or ""),
    }


def staged(content: bytes, name: str, **more: Any) -> Staged:
    """Return a file as the import understands it."""
    return intake.stage(content, name, CATALOGUE, **{"today": TODAY, **more})

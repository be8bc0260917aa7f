"""What the rows above a header say: the period a file covers, when it was exported, and which county it is of."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime

from kpi.errors import ImportRefused
from kpi.intake.dates import NoSuchDate, NotADate, parse_moment
from kpi.intake.spelling import fold

DAY = r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?"
TIME = r"(?:\s*T?\s*\d{1,2}:\d{1,2}(?::\d{1,2})?)?"
LABEL = r"(?:(?:统计|数据|查询)(?:期间|周期|时间段?|时段|日期|区间|期|范围)|时间范围|起止(?:时间|日期))"
PERIOD = re.compile(rf"{LABEL}\s*[:：]?\s*({DAY}){TIME}\s*(?:至|到|~|—|－|-|–)+\s*({DAY}){TIME}")
MONTH = re.compile(
    rf"(?:统计月[份度]|数据月份|{LABEL})\s*[:：]?\s*(\d{{4}})\s*[-/.年]\s*(\d{{1,2}})\s*月?(?![\d\s]*[-/.月日\d])"
)
EXPORTED = re.compile(
    rf"(?:导出|生成|打印|制表)(?:时间|日期)\s*[:：]?\s*({DAY}(?:\s*T?\s*\d{{1,2}}[:时]\d{{1,2}}(?:[:分]\d{{1,2}})?)?)"
)


def stated_period(title: str, file_name: str) -> tuple[date, date] | None:
    """Return the first and last day a title states; ImportRefused when they are no days or the wrong way round."""
    match = PERIOD.search(fold(title))
    if match is None:
        return _stated_month(fold(title))
    try:
        first, last = (parse_moment(day).date() for day in match.groups())
    except (NotADate, NoSuchDate) as error:
        raise ImportRefused(f"文件“{file_name}”标题里的统计期间“{match[0]}”不是有效日期，请更正后再导入。") from error
    if first > last:
        raise ImportRefused(f"文件“{file_name}”标题里的统计期间“{match[0]}”开始晚于结束，请更正后再导入。")
    return first, last


def _stated_month(title: str) -> tuple[date, date] | None:
    match = MONTH.search(title)
    if match is None or not 1 <= int(match[2]) <= 12:
        return None
    year, month = int(match[1]), int(match[2])
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def stated_export(title: str) -> datetime | None:
    """Return the moment of export a title states, if it states one that exists."""
    match = EXPORTED.search(fold(title))
    if match is None:
        return None
    try:
        return parse_moment(match[1])
    except (NotADate, NoSuchDate):
        return None

"""Reading dates and times as the source systems write them; all become naive Asia/Shanghai time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import polars as pl

from kpi.intake.spelling import fold

FIRST_YEAR, LAST_YEAR = 1950, 2100
EXCEL_DAY_ZERO = datetime(1899, 12, 30)
EXCEL_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
SHANGHAI = timezone(timedelta(hours=8))
MOMENT = re.compile(
    r"(?P<year>\d{4})(?:\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    r"|(?P<month2>\d{2})(?P<day2>\d{2}))"
    r"(?:\s*[T ]?\s*(?:\(?(?:星期|周)[一二三四五六日天]\)?)?\s*"
    r"(?:(?P<half>上午|下午|凌晨|早上|中午|晚上|AM|PM)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?:(?P<minute>\d{1,2})\s*分?)?"
    r"(?:\s*:?\s*(?P<second>\d{1,2})(?:\.\d+)?\s*秒?)?\s*(?P<half2>AM|PM)?"
    r"|(?P<hour2>\d{2})(?P<minute2>\d{2})(?P<second2>\d{2})?)"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?\s*",
    re.IGNORECASE,
)
FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y年%m月%d日 %H时%M分",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d",
)
CHINESE_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
CHINESE_DAY = re.compile(
    r"([〇○零一二三四五六七八九]{4})\s*年\s*([一二三四五六七八九十]{1,3})\s*月\s*([一二三四五六七八九十]{1,3})\s*日?"
)
# Days between the first days of Excel's two calendars, 1900 and 1904.
DAYS_TO_1904 = 1462
WORTH_A_PASS = 200
SAMPLE = 40


class NotADate(ValueError):
    """The text has no form of a date this importer knows."""


class NoSuchDate(ValueError):
    """The text has the form of a date, but no calendar or clock shows it."""


def parse_moment(text: str) -> datetime:
    """Return the moment ``text`` states, to the second; a date alone is its midnight.

    Raises NotADate for an unknown form (two-digit years and 01/05/2023 among them), NoSuchDate for
    30 February or 25 o'clock. 24:00 is the next midnight.
    """
    bare = CHINESE_DAY.sub(_in_digits, fold(text))
    if EXCEL_SERIAL.fullmatch(bare) and 20_000 <= float(bare) <= 60_000:
        return EXCEL_DAY_ZERO + timedelta(seconds=round(float(bare) * 86_400))
    match = MOMENT.fullmatch(bare)
    if match is None or not FIRST_YEAR <= int(match["year"]) <= LAST_YEAR:
        raise NotADate(text)
    try:
        day = datetime(int(match["year"]), int(match["month"] or match["month2"]), int(match["day"] or match["day2"]))
    except ValueError as error:
        raise NoSuchDate(text) from error
    moment = day + _time_of_day(match)
    zone = (match["zone"] or "").upper()
    if not zone:
        return moment
    offset = "+0000" if zone == "Z" else zone.replace(":", "")
    try:
        aware = datetime.strptime(f"{moment:%Y-%m-%d %H:%M:%S}{offset}", "%Y-%m-%d %H:%M:%S%z")
    except ValueError as error:
        raise NoSuchDate(text) from error
    return aware.astimezone(SHANGHAI).replace(tzinfo=None)


def _in_digits(day: re.Match[str]) -> str:
    """Return 二〇二四年一月五日 as 2024-1-5."""
    year, month, number = day.groups()
    return f"{year.translate(CHINESE_DIGITS)}-{_below_hundred(month)}-{_below_hundred(number)} "


def _below_hundred(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return int(text.translate(CHINESE_DIGITS))
    return int(tens.translate(CHINESE_DIGITS) or 1) * 10 + int(ones.translate(CHINESE_DIGITS) or 0)


def since_1904(texts: pl.Series) -> pl.Series:
    """Return the texts of a date column with day numbers counted from 1904 turned into those counted from 1900."""
    number = pl.when(pl.col("t").str.contains(r"^\d{5}(\.\d+)?$")).then(pl.col("t").cast(pl.Float64, strict=False))
    return (
        texts.to_frame("t")
        .select(pl.coalesce((number + DAYS_TO_1904).cast(pl.String).str.strip_suffix(".0"), pl.col("t")))
        .to_series()
    )


def _time_of_day(match: re.Match[str]) -> timedelta:
    hour = int(match["hour"] or match["hour2"] or 0)
    minute = int(match["minute"] or match["minute2"] or 0)
    second = int(match["second"] or match["second2"] or 0)
    half = (match["half"] or match["half2"] or "").upper()
    if half in ("下午", "晚上", "PM") and hour < 12:
        hour += 12
    elif half in ("上午", "凌晨", "AM") and hour == 12:
        hour = 0
    if minute > 59 or second > 60 or hour > 24 or (hour == 24 and (minute or second)):
        raise NoSuchDate(match[0])
    return timedelta(hours=hour, minutes=minute, seconds=second)


def parse_common(texts: pl.Series) -> pl.Series:
    """Return the moments of a whole column as Datetime(us); null where no common format fits.

    A sample of what is left chooses the next format to try, so a uniform column costs one pass
    whatever its format.
    """
    filled = texts.str.len_bytes() > 0
    moments = pl.Series([None], dtype=pl.Datetime("us")).new_from_index(0, len(texts))
    untried = list(FORMATS)
    while untried:
        left = (filled & moments.is_null()).arg_true()
        if not len(left) or (len(left) < WORTH_A_PASS and len(untried) < len(FORMATS)):
            break
        sample = texts.gather(left.gather_every(max(1, len(left) // SAMPLE)))
        hits = {fmt: int(_attempt(sample, fmt).is_not_null().sum()) for fmt in untried}
        best = max(untried, key=lambda fmt: hits[fmt])
        if not hits[best]:
            break
        untried.remove(best)
        if len(untried) == len(FORMATS) - 1:
            moments = _attempt(texts, best)
        else:
            moments = moments.scatter(left, _attempt(texts.gather(left), best))
    return moments


def _attempt(texts: pl.Series, fmt: str) -> pl.Series:
    moments = texts.str.to_datetime(fmt, time_unit="us", strict=False)
    if fmt.endswith("%.f"):
        moments = moments.dt.truncate("1s")
    lowest, highest = moments.min(), moments.max()
    if isinstance(lowest, datetime) and isinstance(highest, datetime):
        if lowest.year >= FIRST_YEAR and highest.year <= LAST_YEAR:
            return moments
        plausible = moments.dt.year().is_between(FIRST_YEAR, LAST_YEAR)
        return moments.zip_with(plausible, pl.Series([None], dtype=moments.dtype).new_from_index(0, len(moments)))
    return moments

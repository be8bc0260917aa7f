"""What one cell means: an interpreter per column type, exact and slow, used on distinct texts only."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from kpi.catalogue import Catalogue, Column
from kpi.intake import rules
from kpi.intake.dates import EXCEL_SERIAL, NoSuchDate, NotADate, parse_moment
from kpi.intake.masks import MASKS, mask_numbers
from kpi.intake.spelling import SPACE, fold, is_empty, tidy

Value = str | int | float | bool | date | datetime | None

LOST_PRECISION = re.compile(r"\d(?:\.\d+)?[eE]\+\d+|\d\.\d+[eE]\d+|\d+\.0+")
NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[+-]?\.\d+)(万|亿)?(%)?")
LEVEL_WITH_DIGIT = re.compile(r"\(?([1-5])\)?[-.、:=\s]*(\D+)|(\D+?)[-.、:=\s(]*([1-5])\)?")
COUNTY = re.compile(r"^(?:广东省)?(?:惠州市)?(?:惠东县)")
BRACKET = re.compile(r"[(\[【]\s*(?:单位\s*[:：]?\s*)?([^()\[\]【】]+?)\s*[)\]】]")
INT32 = 2**31
END_OF_DAY = re.compile(r"(?<!\d)24\s*[:时点]\s*0{0,2}")
PERCENT = "%"
PADDED = "编号补足前面的零"
# Units a header may state in brackets, each family with its size in the smallest of them.
UNITS: tuple[dict[str, float], ...] = (
    {"元": 1, "千元": 1e3, "万元": 1e4, "百万元": 1e6, "亿元": 1e8},
    {"秒": 1, "s": 1, "分": 60, "分钟": 60, "min": 60, "小时": 3600, "h": 3600, "天": 86400, "日": 86400},
    {"个": 1, "件": 1, "次": 1, "宗": 1, "笔": 1, "条": 1, "台": 1, "人": 1, "人次": 1}
    | {"万个": 1e4, "万件": 1e4, "万次": 1e4, "万宗": 1e4, "万笔": 1e4, "万条": 1e4, "万人": 1e4, "万人次": 1e4},
)
LEVELS = {
    "非常满意": 5,
    "很满意": 5,
    "满意": 4,
    "比较满意": 4,
    "基本满意": 3,
    "一般": 3,
    "不满意": 2,
    "非常不满意": 1,
    "很不满意": 1,
}
UNRATED = frozenset({"未评价", "未评", "未作评价", "默认", "默认评价", "默认好评", "系统默认"})
FLAGS = {
    **dict.fromkeys(("是", "1", "y", "yes", "true", "t", "有", "√", "✓", "对"), True),
    **dict.fromkeys(("否", "0", "n", "no", "false", "f", "无", "没有", "×", "✗"), False),
}


class Reading(NamedTuple):
    """The value of one cell; the rule it breaks, if any; what had to be tidied to read it, if anything."""

    value: Value
    rule: str = ""
    note: str = ""


Interpreter = Callable[[str], Reading]
NOTHING = Reading(None)


def interpreter(
    column: Column, header: str, texts: list[str], catalogue: Catalogue, backwards: bool = False
) -> Interpreter:
    """Return the function that reads the cells of ``column``.

    ``header`` and ``texts`` (the distinct cells) settle the direction of bare digits in level columns, unless
    another part of the file showed them to be ``backwards``; ``header`` also states the unit of numbers.
    """
    read: Interpreter
    match column.type:
        case "datetime" if column.deadline:
            read = _read_deadline
        case "date" | "datetime" | "flag":
            read = {"date": _read_date, "datetime": _read_datetime, "flag": _read_flag}[column.type]
        case "id":
            read = _id_reader(column)
        case "integer" | "number":
            read = _number_reader(column, unit_factor(header, column.unit))
        case "level":
            read = _level_reader(column, backwards or digits_run_backwards(header, texts))
        case "code":
            spelled = {alias: name for name, aliases in column.values.items() for alias in (name, *aliases)}
            read = _listed_reader(spelled, rules.NOT_LISTED, "取值改为标准写法")
        case "town":
            read = _listed_reader(catalogue.town_names, rules.UNKNOWN_TOWN, "镇街别名改为标准名称")
        case "department":
            read = _listed_reader(catalogue.department_names, rules.UNKNOWN_DEPARTMENT, "部门别名改为标准名称")
        case _:
            read = _text_reader(column)
    return read


def digits_run_backwards(header: str, texts: list[str]) -> bool:
    """Say whether the header or a cell shows that 1 is the best mark (1=非常满意), against the usual 5."""
    stated = [header, *texts]
    pairs = [
        pair
        for text in stated
        for pair in re.findall(r"([15])\s*[-.、:=代表为是]*\s*(非常满意|非常不满意)", fold(text))
    ]
    pairs += [
        pair[::-1] for text in texts for pair in re.findall(r"(非常满意|非常不满意)\s*[-:=(]*\s*([15])", fold(text))
    ]
    return any((digit == "1") == (word == "非常满意") for digit, word in pairs)


def _id_reader(column: Column) -> Interpreter:
    width = column.width
    if width is None:
        return _read_id

    def read(text: str) -> Reading:
        reading = _read_id(text)
        if isinstance(reading.value, str) and reading.value.isdigit() and len(reading.value) < width:
            return Reading(reading.value.zfill(width), note=PADDED)
        return reading

    return read


def _read_id(text: str) -> Reading:
    bare = SPACE.sub("", fold(text))
    if is_empty(bare):
        return NOTHING
    if LOST_PRECISION.fullmatch(bare):
        return Reading(None, rules.PRECISION)
    return Reading(bare, note="" if bare == text else "编号去除空格、引号或全角")


def _read_deadline(text: str) -> Reading:
    """24:00 is the end of its day, not the beginning of the next: a deadline at midnight sharp means a whole day."""
    reading = _read_datetime(text)
    if isinstance(reading.value, datetime) and END_OF_DAY.search(fold(text)):
        return reading._replace(value=reading.value - timedelta(seconds=1))
    return reading


def _read_datetime(text: str) -> Reading:
    bare = fold(text)
    if is_empty(bare):
        return NOTHING
    try:
        moment = parse_moment(bare)
    except NotADate:
        return Reading(None, rules.BAD_DATE)
    except NoSuchDate:
        return Reading(None, rules.NO_SUCH_DATE)
    if EXCEL_SERIAL.fullmatch(bare):
        return Reading(moment, note="Excel 日期序号改为日期")
    return Reading(moment, note="" if bare == text else "日期去除空格、引号或全角")


def _read_date(text: str) -> Reading:
    reading = _read_datetime(text)
    if isinstance(reading.value, datetime):
        return reading._replace(value=reading.value.date())
    return reading


def unit_factor(header: str, unit: str | None) -> float:
    """Return what a number under ``header`` must be multiplied by to be in ``unit``: 金额（万元） in 元 is 10,000."""
    stated = BRACKET.findall(fold(header))
    for family in UNITS:
        for word in stated:
            if unit in family and word.casefold() in family:
                return family[word.casefold()] / family[unit]
    return 1.0


def _number_reader(column: Column, factor: float) -> Interpreter:
    whole = column.type == "integer"
    low = -math.inf if column.minimum is None else column.minimum
    high = math.inf if column.maximum is None else column.maximum

    def read(text: str) -> Reading:
        bare = SPACE.sub("", fold(text)).replace(",", "")
        if is_empty(bare):
            return NOTHING
        match = NUMBER.fullmatch(bare if column.unit == PERCENT else bare.removesuffix(column.unit or ""))
        if match is None or (match[3] and column.unit != PERCENT):
            return Reading(None, rules.BAD_NUMBER)
        number = float(match[1])
        if match[2]:
            number = round(number * {"万": 1e4, "亿": 1e8}[match[2]], 6)
        note = "" if bare == text and not match[2] and not match[3] else "数字去除千分位、单位或全角"
        if factor != 1:
            number, note = round(number * factor, 6), "按表头的单位换算"
        if not (low <= number <= high):
            return Reading(None, rules.OUT_OF_RANGE)
        if not whole:
            return Reading(number, note=note) if abs(number) < 1e300 else Reading(None, rules.BAD_NUMBER)
        fits = number.is_integer() and abs(number) < INT32
        return Reading(int(number), note=note) if fits else Reading(None, rules.BAD_NUMBER)

    return read


def _read_flag(text: str) -> Reading:
    bare = fold(text).casefold()
    if bare in FLAGS:
        return Reading(FLAGS[bare])
    return NOTHING if is_empty(bare) else Reading(None, rules.UNKNOWN_FLAG)


def _level_reader(column: Column, backwards: bool) -> Interpreter:
    """Words and stars are always read; bare digits only while nothing says that 1 is the best mark."""
    known = {word: Reading(level) for word, level in LEVELS.items()}
    known |= {word: Reading(None, note="未评价或默认评价不计等级") for word in UNRATED}
    for digit, word in enumerate("一二三四五", 1):
        star = Reading(digit, note="满意度星级改为等级")
        known |= dict.fromkeys((f"{digit}星", f"{word}星", f"{digit}星好评", "★" * digit), star)
        known["★" * digit + "☆" * (5 - digit)] = star
        bare = Reading(None, rules.UNKNOWN_LEVEL) if backwards else Reading(digit, note="满意度数字改为等级")
        known |= dict.fromkeys((f"{digit}", f"{digit}.0"), bare)

    def read(text: str) -> Reading:
        bare = fold(text)
        if bare in known:
            return known[bare]
        if is_empty(bare):
            return Reading(None, rules.MISSING if column.required else "")
        match = LEVEL_WITH_DIGIT.fullmatch(bare)
        word = (match[2] or match[3]).strip(" ()") if match else ""
        if word in LEVELS:
            return Reading(LEVELS[word], note="满意度以文字为准")
        return Reading(None, rules.UNKNOWN_LEVEL)

    return read


def _listed_reader(spellings: dict[str, str], rule: str, note: str) -> Interpreter:
    known = {listed_key(spelling): name for spelling, name in spellings.items()}

    def read(text: str) -> Reading:
        if text in known and known[text] == text:
            return Reading(text)
        bare = listed_key(text)
        name = known.get(bare) or known.get(COUNTY.sub("", bare))
        if name:
            return Reading(name, note="" if name == text else note)
        return NOTHING if is_empty(bare) else Reading(None, rule)

    return read


def listed_key(text: str) -> str:
    """Return the form two spellings of one listed word share: NFKC, no space, lower case."""
    return SPACE.sub("", fold(text)).casefold()


def _text_reader(column: Column) -> Interpreter:
    mask = MASKS.get(column.personal or "", mask_numbers)

    def read(text: str) -> Reading:
        bare = fold(text) if column.personal in ("phone", "id_number") else tidy(text)
        if is_empty(fold(bare)):
            return NOTHING
        note = "" if bare == text else "文字去除首尾空格或引号"
        masked = mask(bare)
        return Reading(masked, note="个人信息脱敏" if masked != bare else note)

    return read

"""Which header of an unknown file may be which column: proposed by name and by content, for a person to confirm."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from kpi.catalogue import FLAGS, ROOT, Catalogue, Column, Subject
from kpi.catalogue import LEVELS as LEVEL_WORDS
from kpi.intake.cells import LEVELS, interpreter
from kpi.intake.dates import NoSuchDate, NotADate, parse_moment
from kpi.intake.mapping import BARE_DIGITS, LISTED, MOMENTS, parse_as
from kpi.intake.spelling import fold, header_key, header_key_without_unit, is_empty, tidy

LEAST = 0.45
NEAR, NEAR_IN_LETTERS = 0.65, 0.85
MOST_SAMPLES = 200
MOSTLY = 0.8
DIGITS_NOTE = "内容是数字，每个数字代表哪一级须由人选定"
LOOKS_DATED = re.compile(
    r"\d{1,4}[-/. ]\s*(?:\d{1,2}|[A-Za-z]{3,9})[-/., ]+\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{8}"
)
DAYS = tuple(
    part.replace("-", sign)
    for part in ("%Y-%m-%d", "%m-%d-%Y", "%d-%m-%Y", "%m-%d-%y", "%d-%m-%y", "%y-%m-%d")
    for sign in "-/."
)
DAYS += ("%Y%m%d", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y")
TIMES = (
    "",
    " %H:%M:%S",
    " %H:%M",
    " %I:%M:%S %p",
    " %I:%M %p",
    " %I:%M%p",
    " %H:%M:%S.%f",
    "T%H:%M:%S",
    ", %I:%M:%S %p",
)
PHONE = re.compile(r"1[3-9]\d[\d*]{4}\d{4}|0\d{2,3}-?\d{7,8}|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}")


@dataclass(frozen=True)
class Suggestion:
    """A header proposed for a column, how sure that is (0 to 1), and why, in Chinese."""

    header: str
    score: float
    why: str


def suggest(
    headers: list[str], samples: list[list[str]], subject: Subject, catalogue: Catalogue
) -> dict[str, Suggestion]:
    """Return column name → the header proposed for it; each header is proposed once, poor guesses not at all.

    ``samples`` are rows of the file as texts. Names count most; content that contradicts a name weakens it.
    """
    cells: dict[str, list[str]] = {}
    for place, header in enumerate(headers):
        if tidy(header):
            cells.setdefault(header, _cells(samples, place))
    first_day = _earliest(cells)
    found = []
    for order, column in enumerate(subject.columns):
        for header, texts in cells.items():
            one = _judge(column, header, texts, catalogue, subject)
            if column.name == subject.day and header == first_day and one.score < LEAST:
                one = Suggestion(header, 0.5, "内容是日期，且是各日期列中最早的")
            if one.score >= LEAST:
                found.append((one.score, column.required, -order, column.name, one))
    chosen: dict[str, Suggestion] = {}
    taken: set[str] = set()
    for _, _, _, name, one in sorted(found, key=lambda entry: entry[:3], reverse=True):
        if name not in chosen and one.header not in taken:
            chosen[name] = one
            taken.add(one.header)
    return chosen


def likely_subject(headers: list[str], samples: list[list[str]], catalogue: Catalogue) -> str:
    """Return the key of the subject whose required columns, and then most others, find a header best."""

    def fit(subject: Subject) -> tuple[float, float]:
        found = suggest(headers, samples, subject, catalogue)
        required = [found[column.name].score if column.name in found else 0.0 for column in subject.required]
        return (sum(required) / len(required) + sum(one.score for one in found.values()) / len(headers), len(found))

    return max(catalogue.subjects.values(), key=fit).key


def suggest_values(column: Column, texts: Iterable[str], catalogue: Catalogue) -> dict[str, str]:
    """Return the texts whose meaning their words leave no doubt of → canonical value; bare digits never have one."""
    if column.type not in LISTED:
        return {}
    words = {_letters(word): value for key in (column.type, column.name) for word, value in _values(column, key)}
    read = interpreter(column, "", [], catalogue)
    found = {}
    for text in texts:
        if is_empty(fold(text)) or BARE_DIGITS.fullmatch(fold(text)):
            continue
        value = words.get(_letters(text)) or read(text).value
        if value is not None:
            found[text] = _said(value)
    return found


def _said(value: object) -> str:
    if isinstance(value, bool):
        return FLAGS[value]
    return LEVEL_WORDS[value] if isinstance(value, int) else str(value)


def _values(column: Column, key: str) -> list[tuple[str, str]]:
    """Return the words of senders listed under ``key`` that name a value this column has."""
    allowed = LEVELS if column.type == "level" else column.values
    return [(word, value) for word, value in _words()["words"].get(key, {}).items() if value in allowed]


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((ROOT / "data" / "catalogue" / "sender_words.toml").read_text(encoding="utf-8"))


def _cells(samples: list[list[str]], place: int) -> list[str]:
    texts = (row[place] for row in samples[:MOST_SAMPLES] if place < len(row))
    return [text for text in texts if not is_empty(fold(text))]


def _judge(column: Column, header: str, texts: list[str], catalogue: Catalogue, subject: Subject) -> Suggestion:
    """Return how well ``header`` with its ``texts`` fits ``column``; a score of 0 is no fit at all."""
    name, why = _by_name(column, header)
    if not texts:
        return Suggestion(header, round(name * 0.9, 3), why)
    share, said, alone = _by_content(column, texts, catalogue, column.name == subject.record)
    if name and share < 0.5 and column.type not in LISTED:
        return Suggestion(header, round(name * 0.35, 3), f"{why}，但内容不像")
    score = min(1.0, max(name * 0.9 + 0.1 * share if name else 0.0, alone * share))
    return Suggestion(header, round(score, 3), "；".join(part for part in (why, said) if part))


def _by_name(column: Column, header: str) -> tuple[float, str]:
    """Return how like the header is to what the column is called, and why."""
    keys = {header_key(header), header_key_without_unit(header)}
    bare = _letters(header)
    if keys & {header_key(known) for known in column.headers}:
        return 1.0, "表头相同"
    others = _words()["headers"].get(column.name, ())
    if bare in {_letters(word) for word in (*others, column.name)}:
        # A word further down the list is the less usual one.
        return 0.95 - 0.01 * next((i for i, word in enumerate(others) if _letters(word) == bare), 0), "常见的同义表头"
    known = [*(header_key(one) for one in column.headers), *(_letters(word) for word in others)]
    like = max(difflib.SequenceMatcher(None, bare, one).ratio() for one in known)
    # 延期次数 is not 延期天数: a number's name says what was counted, so near is not near enough.
    near = 1.0 if column.type in ("integer", "number") else NEAR_IN_LETTERS if bare.isascii() else NEAR
    return (like * 0.85, f"表头相近（{like:.0%}）") if like >= near else (0.0, "")


def _letters(text: str) -> str:
    return re.sub(r"[^\w]|_", "", header_key(text))


def _by_content(column: Column, texts: list[str], catalogue: Catalogue, is_record: bool) -> tuple[float, str, float]:
    """Return the share of cells that read as the column, what to say of it, and the score content alone may reach."""
    distinct = list(dict.fromkeys(texts))
    if column.type == "id":
        unique = len(distinct) / len(texts)
        looks = sum(bool(re.fullmatch(r"[0-9A-Za-z_\-]{4,}", fold(text))) for text in texts) / len(texts)
        share = unique * looks if is_record else looks
        others = max(_share_of_dates(distinct), _share_of_phones(texts))
        return share * (1 - others), f"内容 {unique:.0%} 不重复", 0.6 if is_record and len(texts) > 1 else 0.0
    if column.type in MOMENTS:
        share = max(_share_of_dates(distinct), sum(map(_reads, distinct)) / len(distinct))
        return share, f"内容 {share:.0%} 是日期" if share else "", 0.0
    if column.personal == "phone":
        share = _share_of_phones(texts)
        return share, f"内容 {share:.0%} 像电话号码" if share else "", 0.6
    if column.type == "text":
        return (0.6, "", 0.0) if _share_of_dates(distinct) < MOSTLY else (0.0, "", 0.0)
    if column.type == "level" and all(BARE_DIGITS.fullmatch(fold(text)) for text in distinct):
        return 1.0, DIGITS_NOTE, 0.0
    read = interpreter(column, "", [], catalogue)
    known = {text for text in distinct if not (reading := read(text)).rule and reading.value is not None}
    share = sum(text in known for text in texts) / len(texts)
    said = f"内容 {share:.0%} 是{KINDS.get(column.type, '数字')}" if share else "取值须逐个对应"
    # Digits and yes/no stand in many columns; words of a list hardly ever do.
    words = 0.0 if column.type in ("integer", "number", "flag") else 0.8
    return share, said, words if any(not BARE_DIGITS.fullmatch(fold(text)) for text in known) else 0.0


KINDS = {"code": "可用取值", "level": "满意度等级", "flag": "是否值", "town": "镇街名称", "department": "部门名称"}


def _share_of_dates(texts: list[str]) -> float:
    if not any(LOOKS_DATED.search(fold(text)) or "年" in text for text in texts[:20]):
        return 0.0
    if date_formats(texts):
        return 1.0
    return sum(map(_reads, texts)) / len(texts)


def _share_of_phones(texts: list[str]) -> float:
    return sum(bool(PHONE.fullmatch(fold(text))) for text in texts) / len(texts)


def _reads(text: str) -> bool:
    try:
        parse_moment(text)
    except (NotADate, NoSuchDate):
        return False
    return True


def _earliest(cells: dict[str, list[str]]) -> str:
    """Return the header of the dates that come first on the whole, "" when no column holds dates."""
    firsts = {}
    for header, texts in cells.items():
        if _share_of_dates(list(dict.fromkeys(texts))) >= MOSTLY:
            formats = date_formats(texts)
            moments = [_moment(text, formats[0][0] if formats else "") for text in texts]
            known = sorted(moment for moment in moments if moment)
            if known:
                firsts[header] = known[len(known) // 2]
    return min(firsts, key=lambda header: firsts[header], default="")


def _moment(text: str, pattern: str) -> datetime | None:
    if pattern:
        return parse_as(text, pattern)
    return parse_moment(text) if _reads(text) else None


def date_formats(samples: Iterable[str]) -> list[tuple[str, str]]:
    """Return the formats the dates of a column may be written in, each with an example of how it then reads.

    Only formats under which every date reads are returned; where more than one remains, the order of day and month
    is open and a person must choose. The format "" says that the dates read without any. Texts that no format
    reads are left to be refused, as long as they are the exception; when they are not, the list is empty.
    """
    return list(_date_formats(tuple(dict.fromkeys(text for text in samples if not is_empty(fold(text))))))


@lru_cache(maxsize=256)
def _date_formats(texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    if not texts:
        return ()
    if sum(map(_reads, texts)) >= MOSTLY * len(texts):
        example = next(text for text in texts if _reads(text))
        return (("", _reading(example, parse_moment(example))),)
    probes = [text for text in texts if LOOKS_DATED.search(fold(text))][:5]
    tried = [day + time for day in DAYS for time in TIMES if probes]
    read = {pattern: {t for t in texts if parse_as(t, pattern)} for pattern in tried if _fits_any(probes, pattern)}
    dates = {text for those in read.values() for text in those}
    if len(dates) < MOSTLY * len(texts):
        return ()
    whole = [pattern for pattern, those in read.items() if those == dates]
    return tuple((pattern, _example(texts, pattern, whole)) for pattern in whole)


def _fits_any(texts: list[str], pattern: str) -> bool:
    return any(parse_as(text, pattern) for text in texts)


def _example(texts: tuple[str, ...], pattern: str, patterns: list[str]) -> str:
    """Return how one text reads, one that the other ``patterns`` read otherwise where there is such a text."""
    read = [text for text in texts if parse_as(text, pattern)]
    telling = [text for text in read if len({parse_as(text, one) for one in patterns}) > 1]
    text = next(iter(telling or read))
    moment = parse_as(text, pattern)
    return _reading(text, moment) if moment else ""


def _reading(text: str, moment: datetime) -> str:
    return f"“{tidy(text)}”读作 {moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M}"

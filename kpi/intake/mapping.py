"""How a sender's own headers, codes and dates become a subject's columns, checked before it is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from kpi.catalogue import FLAGS, Catalogue, Column, Subject
from kpi.catalogue import LEVELS as LEVEL_WORDS
from kpi.errors import ImportRefused
from kpi.intake import rules
from kpi.intake.cells import LEVELS, UNRATED, interpreter
from kpi.intake.dates import FIRST_YEAR, LAST_YEAR
from kpi.intake.spelling import SPACE, fold, header_key, is_empty

EVERY_OTHER = "*"
LISTED = ("code", "level", "flag", "town", "department")
MOMENTS = ("date", "datetime")
DIRECTIVES = frozenset("YymdbBaAHIMSfp%")
DIRECTIVE = re.compile(r"%(.)")
BARE_DIGITS = re.compile(r"\d+(?:\.0+)?")
Words = Callable[[str], str]


@dataclass(frozen=True)
class Mapping:
    """Where the columns of ``subject`` stand in the files of one sender (``source``), by column name.

    ``columns``: header in the file. ``values``: text in the file → canonical value, "" for "means nothing", with
    the key "*" for every other text. ``constants``: one canonical text for every row, where the file lacks the
    column. ``formats``: how a date is written, as for strptime. ``header_row``: the header's line, from 1.
    """

    subject: str
    source: str
    version: int
    columns: dict[str, str]
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    header_row: int | None = None
    saved_by: str = ""
    saved_at: datetime | None = None


def checked(mapping: Mapping, catalogue: Catalogue, where: str = "对应关系") -> Mapping:
    """Return ``mapping`` with every value in its canonical spelling; ImportRefused when it cannot be used."""
    subject = catalogue.subjects[mapping.subject]
    if not mapping.source.strip():
        raise ImportRefused(f"{where}没有写来源名称（source），请填写报送单位或系统的名称。")
    if mapping.version < 1 or (mapping.header_row is not None and mapping.header_row < 1):
        raise ImportRefused(f"{where}的 version 和 header_row 都从 1 数起，请改正。")
    _check_columns(mapping, subject, where)
    for name, pattern in mapping.formats.items():
        _check_format(subject.column(name), pattern, f"{where}的 [formats] ")
    constants = {}
    for name, text in mapping.constants.items():
        place = f"{where}的 [constants] “{subject.column(name).header}”"
        constants[name] = _canonical(subject.column(name), catalogue, place)(text)
        if not constants[name]:
            raise ImportRefused(f"{place}没有写固定值，请写一个值，或删去这一行。")
    values = {}
    for name, meanings in mapping.values.items():
        column, place = subject.column(name), f"{where}的 [values.{name}] "
        canonical = _canonical(column, catalogue, place)
        values[name] = {text: canonical(meaning) for text, meaning in meanings.items()}
        _check_spellings(values[name], place)
    return replace(mapping, values=values, constants=constants)


def _check_columns(mapping: Mapping, subject: Subject, where: str) -> None:
    given = {**mapping.columns, **mapping.constants}
    missing = [f"“{column.header}”（{column.name}）" for column in subject.required if column.name not in given]
    if missing:
        raise ImportRefused(f"{where}缺少必需列{'、'.join(missing)}，请在 [columns] 写出对应的表头，或给固定值。")
    for name in mapping.constants:
        if name in mapping.columns or name == subject.record:
            why = "既对应了表头又给了固定值" if name in mapping.columns else "是编号，逐件不同，不能用固定值"
            raise ImportRefused(f"{where}的“{subject.column(name).header}”{why}，请改正。")
    for table, named in (("values", mapping.values), ("formats", mapping.formats)):
        for name in named:
            if name not in mapping.columns:
                header = subject.column(name).header
                raise ImportRefused(f"{where}的 [{table}] 写了“{header}”，但 [columns] 没有给它对应的表头，请补上。")
    _check_headers(mapping, subject, where)


def _check_headers(mapping: Mapping, subject: Subject, where: str) -> None:
    """One header may feed several columns, but an id is only an id, and one moment cannot be two events."""
    users: dict[str, list[Column]] = {}
    for name, header in mapping.columns.items():
        if not header_key(header):
            raise ImportRefused(f"{where}的 [columns] “{subject.column(name).header}”没有写表头，请补上或删去这一行。")
        users.setdefault(header_key(header), []).append(subject.column(name))
    for columns in users.values():
        moments = [column for column in columns if column.type in MOMENTS]
        alone = [column for column in columns if column.name == subject.record]
        if len(moments) > 1 or (alone and len(columns) > 1):
            names = "”和“".join(column.header for column in (moments if len(moments) > 1 else columns))
            header = mapping.columns[moments[0].name if len(moments) > 1 else columns[0].name]
            raise ImportRefused(f"{where}让“{names}”都取自表头“{header}”，编号和时间要各有各的列，请只保留一个。")


def _check_format(column: Column, pattern: str, where: str) -> None:
    if column.type not in MOMENTS:
        raise ImportRefused(f"{where}写了“{column.header}”，它不是日期列，请删去。")
    used = DIRECTIVE.findall(pattern)
    whole = (
        sum(used.count(letter) for letter in "Yy") == 1
        and sum(used.count(letter) for letter in "mbB") == 1
        and used.count("d") == 1
        and ("I" in used) == ("p" in used)
        and len(set(used)) == len(used)
        and not ("I" in used and "H" in used)
    )
    if not whole or set(used) - DIRECTIVES or pattern.replace("%%", "").count("%") != len(used) - used.count("%"):
        raise ImportRefused(
            f"{where}“{column.header}”的格式“{pattern}”不对，年 %Y 或 %y、月 %m、日 %d 各写一次，"
            "时分秒用 %H:%M:%S，十二小时制用 %I:%M:%S %p。"
        )


def _canonical(column: Column, catalogue: Catalogue, where: str) -> Words:
    """Return the function that gives a stated value its canonical spelling, or raises ImportRefused."""
    read = interpreter(column, "", [], catalogue)
    allowed = {
        "code": tuple(column.values),
        "level": (*LEVEL_WORDS.values(), "未评价"),
        "flag": tuple(FLAGS.values()),
        "town": tuple(town.name for town in catalogue.towns),
        "department": tuple(department.name for department in catalogue.departments),
    }.get(column.type)

    def canonical(text: str) -> str:
        if not text.strip():
            return ""
        if column.type == "level":
            if text in LEVELS or text in allowed_levels:
                return LEVEL_WORDS[LEVELS[text]] if text in LEVELS else ""
        elif column.type == "flag":
            if text in FLAGS.values():
                return text
        elif column.type != "id" and not column.personal:
            reading = read(text)
            if not reading.rule and reading.value is not None:
                return str(reading.value) if allowed else text.strip()
        if allowed:
            raise ImportRefused(f"{where}的取值“{text}”不可用，“{column.header}”可用：{'、'.join(allowed)}。")
        hint = "编号和个人信息只能对应为空" if column.type == "id" or column.personal else "它读不成该列的内容"
        raise ImportRefused(f"{where}的取值“{text}”不可用，{hint}，请改正。")

    allowed_levels = UNRATED - {"0"}
    return canonical


def text_key(text: str) -> str:
    """Return the form two spellings of one text in a file share: NFKC, single spaces, lower case."""
    return SPACE.sub(" ", fold(text)).casefold()


def _check_spellings(meanings: dict[str, str], where: str) -> None:
    seen: dict[str, tuple[str, str]] = {}
    for text, meaning in meanings.items():
        other, said = seen.setdefault(text_key(text), (text, meaning))
        if said != meaning:
            raise ImportRefused(f"{where}的“{other}”和“{text}”写法相同却对应不同的取值，请只保留一个。")


def matching(mappings: Iterable[Mapping], headers: Iterable[str]) -> Mapping | None:
    """Return the mapping all of whose headers stand in ``headers``: the most columns first, then the newest saved."""
    there = {header_key(header) for header in headers}
    fitting = [one for one in mappings if {header_key(header) for header in one.columns.values()} <= there]
    return max(fitting, key=lambda one: (len(one.columns), str(one.saved_at or ""), one.version), default=None)


def apply_texts(mapping: Mapping, column: Column, texts: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """Return ``texts`` (String, no nulls) of ``column`` as the usual reading understands them, and what it must not.

    Mapped texts become their canonical value, dates in the stated format 2023-03-14 14:15:00; every other text
    stays, for the usual rules to read or refuse. The second series is None, or names per row the rule broken by a
    bare digit of a level or flag column that nobody mapped: which digit of a sender means what is never assumed.
    """
    meanings = mapping.values.get(column.name, {})
    pattern = mapping.formats.get(column.name, "")
    digit_rule = {"level": rules.UNKNOWN_LEVEL, "flag": rules.UNKNOWN_FLAG}.get(column.type)
    if not meanings and not pattern and digit_rule is None:
        return texts, None
    distinct = texts.unique()
    known = {text_key(text): meaning for text, meaning in meanings.items() if text != EVERY_OTHER}
    said = {text: _meaning(text, known, meanings.get(EVERY_OTHER)) for text in distinct.to_list()}
    unmapped = [text for text, meaning in said.items() if meaning is None]
    changed = {text: meaning for text, meaning in said.items() if meaning is not None and meaning != text}
    if pattern:
        changed |= _moments(unmapped, pattern)
    problems = None
    digits = [text for text in unmapped if BARE_DIGITS.fullmatch(fold(text))] if digit_rule else []
    if digits:
        rows = len(texts)
        broken = pl.Series([digit_rule], dtype=pl.String()).new_from_index(0, rows)
        problems = broken.zip_with(texts.is_in(digits), broken.clear(rows))
    return (texts.replace(list(changed), list(changed.values())) if changed else texts), problems


def _meaning(text: str, known: dict[str, str], default: str | None) -> str | None:
    """Return what was stated for ``text``, None when nothing was; the default is not for cells that say nothing."""
    key = text_key(text)
    if key in known:
        return known[key]
    return None if is_empty(key) else default


def _moments(texts: list[str], pattern: str) -> dict[str, str]:
    """Return the texts that fit ``pattern`` → year-first text; whole columns at once, the odd ones one by one."""
    found: dict[str, str] = {}
    left = texts
    if "%f" not in pattern:
        series = pl.Series(texts, dtype=pl.String())
        moments = series.str.to_datetime(pattern, time_unit="us", strict=False)
        plain = moments.dt.strftime("%Y-%m-%d %H:%M:%S").to_list()
        years = moments.dt.year().to_list()
        sure = [year is not None and FIRST_YEAR <= year <= LAST_YEAR for year in years]
        found = {text: moment for text, moment, is_sure in zip(texts, plain, sure, strict=True) if is_sure}
        left = [text for text in texts if text not in found]
    for text in left:
        moment = parse_as(text, pattern)
        if moment is not None:
            found[text] = f"{moment:%Y-%m-%d %H:%M:%S}"
    return found


def parse_as(text: str, pattern: str) -> datetime | None:
    """Return the moment ``text`` states in the format ``pattern``, None when it does not fit or is no likely year."""
    try:
        moment = datetime.strptime(fold(text).replace("上午", "AM").replace("下午", "PM"), pattern)
    except ValueError:
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None

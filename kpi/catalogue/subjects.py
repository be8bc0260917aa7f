"""Subjects (业务): the kinds of record the dashboard knows, declared in ``data/catalogue/subjects``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kpi.catalogue.rhythm import Rhythm, read_rhythm
from kpi.errors import CatalogueError

TYPES = {
    "id",
    "text",
    "code",
    "level",
    "flag",
    "integer",
    "number",
    "date",
    "datetime",
    "town",
    "department",
}
LEVELS = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
FLAGS = {True: "是", False: "否"}
UNSTATED = "未填写"
PERSONAL = {"name", "phone", "id_number", "free_text"}


@dataclass(frozen=True)
class Column:
    """One column of a subject: its English name, Chinese headers, type and meaning.

    ``values`` maps each canonical Chinese value of a ``code`` column to the aliases senders use.
    ``dimension`` is the Chinese label when figures may be split by the column.
    ``personal`` is the class of personal data, masked before anything is stored. ``minimum`` and
    ``maximum`` bound a number; ``follows`` names the column whose moment must not be later. ``width`` is the number
    of digits of an id that lost its leading zeros; ``fill_down`` says that one merged cell may stand for many rows,
    ``deadline`` that a moment is one to be kept.
    """

    name: str
    header: str
    type: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    dimension: str | None = None
    personal: str | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    follows: str | None = None
    width: int | None = None
    fill_down: bool = False
    deadline: bool = False
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header text that means this column, the canonical one first."""
        return (self.header, *self.aliases)


@dataclass(frozen=True)
class Quality:
    """What is known of a source's data quality, in the five points GAO-15-788 asks for, each in words."""

    verification: str
    sources: str
    accuracy: str
    limitations: str
    compensation: str


@dataclass(frozen=True)
class Subject:
    """One kind of record: its columns, its key, and how often its source is expected to report.

    ``volume`` is the measure that counts its records. ``reads`` names other subjects whose records its
    measures need. ``covers_towns`` says that every town is expected to report.
    """

    key: str
    name: str
    source: str
    owner: str
    record: str
    day: str
    volume: str
    rhythm: Rhythm
    covers_towns: bool
    quality: Quality
    columns: tuple[Column, ...]
    register: bool = False
    reads: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Return the column called ``name``; KeyError when the subject has none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def dimensions(self) -> dict[str, str]:
        """Column name → Chinese label of every dimension figures may be split by."""
        return {c.name: c.dimension for c in self.columns if c.dimension}

    @cached_property
    def required(self) -> tuple[Column, ...]:
        """The columns a file must have to be accepted."""
        return tuple(c for c in self.columns if c.required)


def load_subjects(folder: Path) -> dict[str, Subject]:
    """Return every declared subject by key.

    Raises CatalogueError when a declaration names an unknown type, repeats a column or header,
    or lacks its key or day column.
    """
    subjects = {}
    for path in sorted(folder.glob("*.toml")):
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
        columns = tuple(_column(path.name, spec) for spec in declared.pop("columns"))
        declared["reads"] = tuple(declared.get("reads", ()))
        quality = _quality(path.name, declared.pop("quality", {}))
        rhythm = read_rhythm(path.name, declared.pop("rhythm", None))
        subject = Subject(columns=columns, quality=quality, rhythm=rhythm, **declared)
        _check(path.name, subject)
        subjects[subject.key] = subject
    return subjects


def _quality(file_name: str, declared: dict[str, str]) -> Quality:
    try:
        return Quality(**declared)
    except TypeError as error:
        raise CatalogueError(f"{file_name}：数据质量说明要写全核验、来源、精度、局限、弥补五点：{error}。") from error


def _column(file_name: str, spec: dict[str, Any]) -> Column:
    values = {name: tuple(aliases) for name, aliases in spec.pop("values", {}).items()}
    column = Column(aliases=tuple(spec.pop("aliases", ())), values=values, **spec)
    if column.type not in TYPES:
        raise CatalogueError(
            f"{file_name}：列“{column.name}”的类型“{column.type}”不存在，可用：{'、'.join(sorted(TYPES))}。"
        )
    if column.personal and column.personal not in PERSONAL:
        raise CatalogueError(f"{file_name}：列“{column.name}”的个人信息类别“{column.personal}”不存在。")
    if column.type == "code" and not column.values:
        raise CatalogueError(f"{file_name}：代码列“{column.name}”没有列出可用值。")
    return column


def _check(file_name: str, subject: Subject) -> None:
    names = [c.name for c in subject.columns]
    headers = [h for c in subject.columns for h in c.headers]
    for kind, items in (("列名", names), ("表头", headers)):
        repeated = {item for item in items if items.count(item) > 1}
        if repeated:
            raise CatalogueError(f"{file_name}：{kind}重复：{'、'.join(sorted(repeated))}。")
    for column in subject.columns:
        if column.follows and column.follows not in names:
            raise CatalogueError(f"{file_name}：列“{column.name}”应晚于的列“{column.follows}”不存在。")
    for needed in (subject.record, subject.day):
        if needed not in names or not subject.column(needed).required:
            raise CatalogueError(f"{file_name}：主键或日期列“{needed}”未声明为必需列。")

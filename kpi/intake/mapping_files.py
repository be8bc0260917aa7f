"""Mappings as TOML files: read, written, and remembered per source in versions that are never overwritten."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from kpi.catalogue import Catalogue, Subject
from kpi.errors import ImportRefused
from kpi.intake.mapping import Mapping, checked
from kpi.intake.spelling import fold, header_key

SAFE_NAME = re.compile(r"[^\w]+")
LINE = re.compile(r"at line (\d+)")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
SCALARS = {"subject": str, "source": str, "version": int, "header_row": int, "saved_by": str, "saved_at": datetime}
TABLES = ("columns", "constants", "formats")


def load_mapping(path: Path, catalogue: Catalogue, shown: str = "") -> Mapping:
    """Return the mapping a TOML file states; ImportRefused names the file, the place in it and what is allowed.

    ``shown`` is the name messages use, the file's own when empty.
    """
    where = f"对应关系文件“{shown or path.name}”"
    try:
        declared = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ImportRefused(f"{where}读不出来，请确认文件存在并以 UTF-8 编码保存。") from error
    except tomllib.TOMLDecodeError as error:
        line = LINE.search(str(error))
        place = f"第 {line[1]} 行" if line else "末尾"
        hint = "含中文、空格或符号的名称和所有文字都要加英文双引号，同一名称只写一次"
        raise ImportRefused(f"{where}{place}不合 TOML 写法，{hint}，请改正。") from error
    _check_shape(declared, where)
    subject = catalogue.subjects.get(declared.get("subject", ""))
    if subject is None:
        known = "、".join(f"{one.key}（{one.name}）" for one in catalogue.subjects.values())
        raise ImportRefused(f"{where}的 subject 是“{declared.get('subject', '')}”，没有这类业务，可用：{known}。")
    tables = {table: _by_column(declared.get(table, {}), subject, f"{where}的 [{table}] ") for table in TABLES}
    values = _by_column(declared.get("values", {}), subject, f"{where}的 [values] ")
    scalars = {name: declared[name] for name in SCALARS if name in declared}
    return checked(Mapping(**{"source": "", "version": 1, **scalars, **tables, "values": values}), catalogue, where)


def _check_shape(declared: dict[str, Any], where: str) -> None:
    """Raise ImportRefused at the first key that does not belong here or holds the wrong kind of value."""
    for name, stated in declared.items():
        if name in SCALARS:
            if type(stated) is not SCALARS[name]:
                kind = {str: "加引号的文字", int: "整数", datetime: "日期时间"}[SCALARS[name]]
                raise ImportRefused(f"{where}的 {name} 应当是{kind}，请改正。")
            continue
        if name not in (*TABLES, "values"):
            allowed = "、".join((*SCALARS, *(f"[{table}]" for table in TABLES), "[values.列名]"))
            raise ImportRefused(f"{where}有不认识的项“{name}”，可用：{allowed}。")
        for key, entry in stated.items() if isinstance(stated, dict) else [("", stated)]:
            entries = entry.values() if name == "values" and isinstance(entry, dict) else [entry]
            if not isinstance(stated, dict) or not all(isinstance(one, str) for one in entries):
                shape = "[values.列名] 下的“原文” = “取值”" if name == "values" else f"[{name}] 下的列名 = “文字”"
                raise ImportRefused(f"{where}的 [{name}]{key and f' {key}'} 写法不对，应写成 {shape}，文字都加引号。")
            if name == "values" and not isinstance(entry, dict):
                raise ImportRefused(f"{where}的 [values] {key} 写法不对，应写成 [values.{key}] 下的“原文” = “取值”。")


def _by_column(declared: dict[str, Any], subject: Subject, where: str) -> dict[str, Any]:
    """Return the entries by column name; a person may write the English name, the Chinese header or an alias."""
    spelled = {header_key(header): c.name for c in subject.columns for header in (*reversed(c.headers), c.name)}
    found: dict[str, Any] = {}
    for key, entry in declared.items():
        name = spelled.get(header_key(key))
        if name is None:
            known = "、".join(f"{column.name}（{column.header}）" for column in subject.columns)
            raise ImportRefused(f"{where}写了“{key}”，{subject.name}没有这一列，可用：{known}。")
        if name in found:
            raise ImportRefused(f"{where}把“{subject.column(name).header}”写了两次（含“{key}”），请只保留一处。")
        found[name] = entry
    return found


def mapping_toml(mapping: Mapping) -> str:
    """Return the TOML text that `load_mapping` reads back as an equal mapping."""
    lines = [f"subject = {_quoted(mapping.subject)}", f"source = {_quoted(mapping.source)}"]
    lines.append(f"version = {mapping.version}")
    if mapping.header_row is not None:
        lines.append(f"header_row = {mapping.header_row}")
    if mapping.saved_by:
        lines.append(f"saved_by = {_quoted(mapping.saved_by)}")
    if mapping.saved_at:
        lines.append(f"saved_at = {mapping.saved_at.isoformat(sep=' ')}")
    tables: dict[str, dict[str, str]] = {
        "columns": mapping.columns,
        "constants": mapping.constants,
        "formats": mapping.formats,
        **{f"values.{name}": meanings for name, meanings in mapping.values.items()},
    }
    for title, entries in tables.items():
        if entries:
            lines += ["", f"[{title}]", *(f"{_quoted(key)} = {_quoted(text)}" for key, text in entries.items())]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)
    return CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", escaped)


def save_mapping(folder: Path, mapping: Mapping, who: str, when: datetime) -> Mapping:
    """Remember ``mapping`` as the next version of its source and return it as saved; earlier versions stay.

    Raises ImportRefused when the folder cannot be written.
    """
    source = mapping.source.strip()
    digest = hashlib.sha256(source.encode()).hexdigest()[:8]
    home = folder / mapping.subject / f"{SAFE_NAME.sub('-', fold(source)).strip('-')[:40]}-{digest}"
    try:
        path = _next_version(home)
        saved = replace(
            mapping, source=source, version=_number(path), saved_by=who, saved_at=when.replace(microsecond=0)
        )
        draft = path.with_suffix(f".{os.getpid()}.new")
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.write(mapping_toml(saved))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise ImportRefused(f"“{source}”的对应关系没有保存，{folder} 写不进去，请检查磁盘空间和权限后重试。") from error
    return saved


def _next_version(home: Path) -> Path:
    """Create and return the empty file of the next version; its text then appears as a whole or not at all.

    Whoever creates the file owns the number, so two savers at once get two versions.
    """
    home.mkdir(parents=True, exist_ok=True)
    number = max((_number(path) for path in home.glob("v*.toml")), default=0)
    while True:
        number += 1
        path = home / f"v{number:04d}.toml"
        with suppress(FileExistsError), path.open("x"):
            return path


def remembered(folder: Path, catalogue: Catalogue) -> list[Mapping]:
    """Return the newest version of every remembered source; those that cannot be read are in `broken_mappings`."""
    return [one for one in _newest(folder, catalogue) if isinstance(one, Mapping)]


def broken_mappings(folder: Path, catalogue: Catalogue) -> list[str]:
    """Return one sentence for every source whose newest version cannot be used, naming the file and the mistake."""
    return [str(one) for one in _newest(folder, catalogue) if isinstance(one, ImportRefused)]


def _newest(folder: Path, catalogue: Catalogue) -> Iterator[Mapping | ImportRefused]:
    """Yield the newest version of each source; an older one must not stand in for a newest that is broken."""
    for home in sorted(path for path in folder.glob("*/*") if path.is_dir()):
        # An empty file is a save under way, or one that never ended.
        written = [path for path in home.glob("v*.toml") if path.stat().st_size]
        if not written:
            continue
        path = max(written, key=_number)
        try:
            yield load_mapping(path, catalogue, f"{home.parent.name}/{home.name}/{path.name}")
        except ImportRefused as error:
            yield error


def _number(path: Path) -> int:
    return int(path.stem[1:]) if path.stem[1:].isdecimal() else 0

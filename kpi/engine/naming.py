"""Names of towns and departments confirmed at run time: appended with their dates, read by every later import."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import asdict
from datetime import date
from pathlib import Path

from kpi.catalogue import Alias, Catalogue
from kpi.errors import CatalogueError, StoreError
from kpi.store import settings_folder
from kpi.store.location import replace_text, writing

FIELDS = ("kind", "alias", "name", "valid_from", "valid_to", "document")
LONGEST_ALIAS = 60
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
KINDS = {"town": "镇街", "department": "部门"}


def aliases_path(root: Path) -> Path:
    """Return the file that holds the names confirmed at run time."""
    return settings_folder(root) / "aliases.csv"


def _overlap(one: Alias, other: Alias) -> bool:
    return (one.valid_from or date.min) <= (other.valid_to or date.max) and (
        (other.valid_from or date.min) <= (one.valid_to or date.max)
    )


def confirm_alias(root: Path, alias: Alias, catalogue: Catalogue) -> None:
    """Remember that a town or department bore a name for some time.

    Raises CatalogueError when it stands for nobody, is a known name already, or ends before it begins; StoreError
    when the disk refuses.
    """
    known = catalogue.town_names if alias.kind == "town" else catalogue.department_names
    if alias.kind not in KINDS or alias.name not in known.values():
        raise CatalogueError(f"{KINDS.get(alias.kind, '名录')}名录中没有“{alias.name}”，请从名录中选择标准名称。")
    said = alias.alias.strip()
    if not said or len(said) > LONGEST_ALIAS or CONTROL.search(said):
        raise CatalogueError(f"别名要写一行、不超过 {LONGEST_ALIAS} 个字，请填写文件里出现的名称。")
    if known.get(said, alias.name) != alias.name:
        raise CatalogueError(f"“{said}”已经是“{known[said]}”的名称，不能再指给“{alias.name}”。")
    for other in catalogue.with_aliases(aliases_path(root)).aliases:
        if (other.kind, other.alias) == (alias.kind, said) and other.name != alias.name and _overlap(other, alias):
            raise CatalogueError(f"“{said}”在这段时间已登记为“{other.name}”，不能再指给“{alias.name}”，请分开有效期。")
    if alias.valid_from and alias.valid_to and alias.valid_to < alias.valid_from:
        raise CatalogueError(f"别名“{alias.alias}”的有效期结束早于开始，请更正。")
    path = aliases_path(root)
    try:
        with writing(path.parent):
            text = path.read_text(encoding="utf-8") if path.exists() else ",".join(FIELDS) + "\n"
            row = {**asdict(alias), "alias": said, "document": CONTROL.sub(" ", alias.document)}
            line = io.StringIO()
            csv.writer(line, lineterminator="\n").writerow([row[name] or "" for name in FIELDS])
            replace_text(path, text + line.getvalue())
    except OSError as error:
        raise StoreError(f"别名“{alias.alias}”没有保存，{path.parent} 写不进去：{error.strerror}。") from error

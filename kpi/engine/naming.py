"""Names of towns and departments confirmed at run time: appended with their dates, read by every later import."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from pathlib import Path

from kpi.catalogue import Alias, Catalogue
from kpi.errors import CatalogueError, StoreError
from kpi.store import settings_folder
from kpi.store.location import replace_text, writing

FIELDS = ("kind", "alias", "name", "valid_from", "valid_to", "document")
KINDS = {"town": "镇街", "department": "部门"}


def aliases_path(root: Path) -> Path:
    """Return the file that holds the names confirmed at run time."""
    return settings_folder(root) / "aliases.csv"


def confirm_alias(root: Path, alias: Alias, catalogue: Catalogue) -> None:
    """Remember that a town or department bore a name for some time.

    Raises CatalogueError when it stands for nobody, is a known name already, or ends before it begins; StoreError
    when the disk refuses.
    """
    known = catalogue.town_names if alias.kind == "town" else catalogue.department_names
    if alias.kind not in KINDS or alias.name not in known.values():
        raise CatalogueError(f"{KINDS.get(alias.kind, '名录')}名录中没有“{alias.name}”，请从名录中选择标准名称。")
    if not alias.alias.strip():
        raise CatalogueError("别名没有写，请填写文件里出现的名称。")
    if known.get(alias.alias.strip(), alias.name) != alias.name:
        raise CatalogueError(f"“{alias.alias}”已经是“{known[alias.alias.strip()]}”的名称，不能再指给“{alias.name}”。")
    if alias.valid_from and alias.valid_to and alias.valid_to < alias.valid_from:
        raise CatalogueError(f"别名“{alias.alias}”的有效期结束早于开始，请更正。")
    path = aliases_path(root)
    try:
        with writing(path.parent):
            text = path.read_text(encoding="utf-8") if path.exists() else ",".join(FIELDS) + "\n"
            row = {**asdict(alias), "alias": alias.alias.strip()}
            line = io.StringIO()
            csv.writer(line, lineterminator="\n").writerow([row[name] or "" for name in FIELDS])
            replace_text(path, text + line.getvalue())
    except OSError as error:
        raise StoreError(f"别名“{alias.alias}”没有保存，{path.parent} 写不进去：{error.strerror}。") from error

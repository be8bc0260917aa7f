"""Reading the calendar's csv files, which an administrator edits by hand, line by line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from kpi.errors import CatalogueError

CATALOGUE = Path(__file__).resolve().parents[2] / "data" / "catalogue"
# Excel rewrites 2027-02-06 as 2027/2/6 when it saves a csv file.
WRITTEN_DAY = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")


def listed(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each line of a csv file: where it stands (for messages) and its ``columns``, trimmed.

    Raises CatalogueError when the file is missing, is not UTF-8, or lacks one of ``columns``.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise CatalogueError(f"目录文件 {path.name} 不存在，请从安装包恢复。") from error
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path.name} 不是 UTF-8 编码，请另存为“CSV UTF-8”后再试。") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        raise CatalogueError(f"{path.name} 缺少列 {'、'.join(missing)}，请把第一行写成 {','.join(columns)}。")
    for row in reader:
        yield f"{path.name} 第 {reader.line_num} 行", {name: (row[name] or "").strip() for name in columns}


def day_of(text: str, where: str) -> date:
    """Return the day written as 2027-02-06 or 2027/2/6; CatalogueError names ``where`` when it is neither."""
    match = WRITTEN_DAY.fullmatch(text)
    try:
        if match:
            return date(*map(int, match.groups()))
    except ValueError:
        pass
    raise CatalogueError(f"{where}：日期“{text}”无法识别，请写成 2027-02-06 的样子。")

"""The files themselves, kept for a while as they came, readable by the server's owner only, then purged.

What was kept and what was purged, and when, stands in the batches.
"""

from __future__ import annotations

import hashlib
import io
import os
import tomllib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from kpi.catalogue import ROOT
from kpi.errors import CatalogueError, ImportRefused, StoreError
from kpi.store.draft import Draft

RETENTION = ROOT / "data" / "catalogue" / "retention.toml"
OVERRIDE = "KPI_KEEP_RAW_DAYS"
PIECE = 1 << 22


def keep_days(path: Path = RETENTION) -> int:
    """Return for how many days files are kept: the environment's KPI_KEEP_RAW_DAYS, else the catalogue's, 0 for never.

    Raises CatalogueError when it is no number of days.
    """
    stated = os.environ.get(OVERRIDE) or tomllib.loads(path.read_text(encoding="utf-8")).get("keep_days")
    if not str(stated).isdigit():
        raise CatalogueError(f"原始文件保留天数“{stated}”不是天数，请在 {path.name} 或 {OVERRIDE} 中写 0 或正整数。")
    return int(str(stated))


def keep(folder: Path, digest: str, content: bytes | Path) -> bool:
    """Keep a file under its digest in ``folder``/raw; say whether it was not there yet.

    Raises StoreError when the disk refuses, ImportRefused when the file is no longer the one that was read; then
    nothing of it is left there.
    """
    home = folder / "raw"
    path, draft = home / digest, home / f"{digest}.new"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            return False
        draft.touch(mode=0o600)
        if _copied(content, draft) != digest:
            raise _no_longer_the_same()
        draft.replace(path)
    except ImportRefused:
        draft.unlink(missing_ok=True)
        raise
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreError("原始文件存不下，没有导入任何数据，请检查磁盘空间和文件夹权限后重试。") from error
    return True


def _copied(content: bytes | Path, draft: Path) -> str:
    """Copy a file and return the digest of what was copied."""
    known = hashlib.sha256()
    with draft.open("wb") as copy, _opened(content) as source:
        while piece := source.read(PIECE):
            known.update(piece)
            copy.write(piece)
    return known.hexdigest()


def _opened(content: bytes | Path) -> BinaryIO:
    if isinstance(content, bytes):
        return io.BytesIO(content)
    try:
        return content.open("rb")
    except FileNotFoundError as error:
        raise _no_longer_the_same() from error


def _no_longer_the_same() -> ImportRefused:
    return ImportRefused("文件在读取之后被改动或移走，没有导入任何数据，请确认文件不再变化后重新导入。")


def mark_expired(draft: Draft, now: datetime, days: int) -> list[str]:
    """Record as purged every kept file older than ``days`` and return their names; ``purge`` then removes them."""
    expired = draft.connection.execute(
        "update batch set raw_purged_at = $now where raw_file is not null and raw_purged_at is null "
        "and imported_at <= $before returning raw_file",
        {"now": now, "before": now - timedelta(days=days)},
    ).fetchall()
    return sorted({name for (name,) in expired})


def sweep(draft: Draft, folder: Path) -> None:
    """Remove files no batch keeps: of an import that failed, or purged in the books just before the power went."""
    kept = draft.connection.execute(
        "select distinct raw_file from batch where raw_file is not null and raw_purged_at is null"
    ).fetchall()
    known = {name for (name,) in kept}
    home = folder / "raw"
    for path in home.iterdir() if home.exists() else ():
        if path.name not in known:
            path.unlink(missing_ok=True)


def purge(folder: Path, names: Iterable[str], still_kept: Iterable[str]) -> None:
    """Remove the files called ``names``, but for those another batch still keeps."""
    for name in set(names) - set(still_kept):
        (folder / "raw" / name).unlink(missing_ok=True)

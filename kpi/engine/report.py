"""What became of an imported file, as plain values and as a sentence."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from kpi.engine.loading import LoadedBatch, Preview
from kpi.intake import Staged
from kpi.store import DEMO, REAL


def facts(item: Staged) -> dict[str, Any]:
    """Return what a staged file is and holds, as plain values for JSON."""
    reasons = item.refused.group_by("rule").len().sort("len", descending=True)
    return {
        "file": item.file_name,
        "subject": item.subject,
        "format": item.format,
        "encoding": item.encoding,
        "header_line": item.header_line,
        "period_first": item.period_first,
        "period_last": item.period_last,
        "exported_at": item.exported_at,
        "rows_read": item.rows_read,
        "refused": item.refused.height,
        "refused_by_rule": dict(reasons.iter_rows()),
        "refused_samples": item.refused.head(5).to_dicts(),
        "skipped": item.skipped,
        "normalised": item.normalised,
        "ignored_columns": list(item.ignored_columns),
        "dataset": DEMO if item.is_demo else REAL,
    }


def previewed(item: Staged, found: Preview) -> dict[str, Any]:
    """Return what importing the file would do."""
    return {
        **facts(item),
        "outcome": "preview",
        "new": found.new,
        "changed": found.changed,
        "same": found.same,
        "older": found.older,
        "changes": found.samples.to_dicts(),
        "switches_to_real": found.switches_to_real,
    }


def imported(item: Staged, batch: LoadedBatch) -> dict[str, Any]:
    """Return what importing the file did, or why nothing was done."""
    if batch.reason is not None:
        return {**facts(item), "outcome": "refused", "reason": batch.reason, "new": 0, "changed": 0, "same": 0}
    counts = {name: getattr(batch, name) for name in ("batch", "new", "changed", "same", "older")}
    return {**facts(item), "outcome": "imported", **counts}


def sentence(result: dict[str, Any]) -> str:
    """Return the result of one file as one line of Chinese."""
    if result["outcome"] == "refused":
        return f"✕ {result['reason']}"
    counts = (
        f"读取 {result['rows_read']} 行 · 新增 {result['new']} · 变更 {result['changed']} · 相同 {result['same']}"
        f" · 较旧 {result['older']} · 拒收 {result['refused']}"
    )
    head = f"✓ 批次 {result['batch']}" if result["outcome"] == "imported" else "预览"
    rules = "；".join(f"{rule} {count} 行" for rule, count in result["refused_by_rule"].items())
    switch = "；导入后看板改用正式数据，演示数据不再显示" if result.get("switches_to_real") else ""
    return f"{head}  {result['file']}：{counts}" + (f"（{rules}）" if rules else "") + switch


def refused_csv(refused: pl.DataFrame) -> bytes:
    """Return refused rows as CSV that Excel opens: BOM, and no cell that it would run as a formula."""
    raws = [json.loads(raw) for raw in refused["raw"].to_list()]
    headers = list(dict.fromkeys(header for raw in raws for header in raw))
    columns: dict[str, list[Any]] = {
        "行": refused["line"].cast(pl.String).to_list(),
        "规则": refused["rule"].to_list(),
        "原因": refused["reason"].to_list(),
    }
    columns |= {header: [_harmless(raw.get(header)) for raw in raws] for header in headers}
    return b"\xef\xbb\xbf" + pl.DataFrame(columns).write_csv().encode()


def _harmless(text: object) -> str:
    said = "" if text is None else str(text)
    return f"'{said}" if said[:1] in {"=", "+", "-", "@", "\t", "\r"} else said

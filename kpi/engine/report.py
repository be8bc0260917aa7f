"""What became of an imported file, as plain values and as a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import polars as pl

from kpi.engine.loading import LoadedBatch
from kpi.engine.preview import Preview
from kpi.intake import Staged
from kpi.store import DEMO, REAL

COUNTED = {
    "new": "新增",
    "changed": "变更",
    "same": "相同",
    "older": "较旧",
    "refused": "拒收",
    "corrected": "更正",
    "withdrawn": "撤下",
    "gone": "消失",
}


def facts(item: Staged) -> dict[str, Any]:
    """Return what a staged file is and holds, as plain values for JSON.

    ``rows_read`` = new + changed + same + older + refused + all that was ``skipped``.
    """
    reasons = item.refused.group_by("rule").len().sort("len", descending=True)
    return {
        "file": item.file_name,
        "subject": item.subject,
        "mapping": item.mapping,
        "format": item.format,
        "encoding": item.encoding,
        "sample": list(item.sample),
        "header_line": item.header_line,
        "hidden_sheets": list(item.hidden_sheets),
        "period_first": item.period_first,
        "period_last": item.period_last,
        "exported_at": item.exported_at,
        "rows_read": item.rows_read,
        "refused": item.refused.height,
        "refused_by_rule": dict(reasons.iter_rows()),
        "refused_samples": item.refused.head(5).to_dicts(),
        "corrected": item.corrected,
        "skipped": item.skipped,
        "normalised": item.normalised,
        "ignored_columns": list(item.ignored_columns),
        "totals": [{**asdict(total), "agrees": total.agrees} for total in item.totals],
        "unknown_names": [asdict(name) for name in item.unknown_names],
        "dataset": DEMO if item.is_demo else REAL,
    }


def previewed(item: Staged, found: Preview, effect: pl.DataFrame | None = None) -> dict[str, Any]:
    """Return what importing the file would do; ``effect`` is what the last weeks of each metric become."""
    return {
        **facts(item),
        "outcome": "preview",
        "new": found.new,
        "changed": found.changed,
        "same": found.same,
        "older": found.older,
        "gone": found.gone,
        "gone_samples": list(found.gone_samples),
        "changes": found.samples.to_dicts(),
        "new_columns": list(found.new_columns),
        "effect": [] if effect is None else effect.to_dicts(),
        "warnings": [asdict(caution) for caution in found.cautions],
        "needs_confirmation": bool(found.cautions),
        "switches_to_real": found.switches_to_real,
    }


def imported(item: Staged, batch: LoadedBatch) -> dict[str, Any]:
    """Return what importing the file did, or why nothing was done."""
    warnings = [asdict(caution) for caution in item.cautions]
    if batch.reason is not None:
        nothing = {"new": 0, "changed": 0, "same": 0, "older": 0}
        return {**facts(item), "outcome": "refused", "reason": batch.reason, **nothing, "warnings": warnings}
    counts = {name: getattr(batch, name) for name in ("batch", "new", "changed", "same", "older", "withdrawn")}
    return {**facts(item), "outcome": "imported", **counts, "warnings": warnings}


def lines(result: dict[str, Any]) -> list[str]:
    """Return the result of one file as Chinese lines: what became of it, then whatever needs a look."""
    cautions = [f"  ⚠ {each['rule']}：{each['text']}" for each in result.get("warnings", ())]
    if result["outcome"] == "refused":
        return [f"✕ {result['reason']}", *cautions]
    counts = [f"读取 {result['rows_read']} 行"]
    for name, word in COUNTED.items():
        if name in ("new", "changed", "same", "refused") or result.get(name):
            counts.append(f"{word} {result[name]}")
    if skipped := sum(result["skipped"].values()):
        counts.append(f"略过 {skipped}")
    head = f"✓ 批次 {result['batch']}" if result["outcome"] == "imported" else "预览"
    rules = "；".join(f"{rule} {count} 行" for rule, count in result["refused_by_rule"].items())
    switch = "；导入后看板改用正式数据，演示数据不再显示" if result.get("switches_to_real") else ""
    first = f"{head}  {result['file']}：{' · '.join(counts)}" + (f"（{rules}）" if rules else "") + switch
    if result["outcome"] != "preview":
        return [first, *cautions]
    return [first, *_understood(result), *cautions, *_examples(result), *_effects(result["effect"])]


def _understood(result: dict[str, Any]) -> list[str]:
    """Return how the file was read: its kind, encoding, header, period, totals and first rows."""
    encoding = f"，编码 {result['encoding']}" if result["encoding"] else ""
    when = f"，导出于 {result['exported_at']:%Y-%m-%d %H:%M}" if result["exported_at"] else ""
    said = [
        f"  {result['format']}{encoding}，表头在第 {result['header_line']} 行，"
        f"{result['period_first']} 至 {result['period_last']}{when}"
    ]
    said += [f"  | {line}" for line in result["sample"]]
    said += [
        f"  {'✓' if total['agrees'] else '✕'} {total['label']}“{total['column']}”{total['stated']:,.6g}，"
        f"明细 {total['ours']:,.6g}"
        for total in result["totals"]
    ]
    return said


def _examples(result: dict[str, Any]) -> list[str]:
    """Return some changed cells as old → new, and what unknown names may stand for."""
    said = [
        f"  · {each['record']} {each['column']}：{each['old'] or '空'} → {each['new'] or '空'}"
        for each in result["changes"]
    ]
    for name in result["unknown_names"]:
        near = f"，可能是 {'、'.join(name['suggestions'])}" if name["suggestions"] else ""
        said.append(f"  · {name['column']}“{name['text']}”（{name['rows']} 行）不认识{near}")
    return said


def _effects(effect: Iterable[dict[str, Any]]) -> list[str]:
    """Return one line per metric whose last weeks would change."""
    changed: dict[str, list[str]] = {}
    for row in effect:
        if row["before"] != row["after"]:
            before, after = ("无" if v is None else f"{v:,.{row['decimals']}f}" for v in (row["before"], row["after"]))
            changed.setdefault(f"{row['name']}（{row['unit']}）", []).append(f"{row['label']} {before} → {after}")
    return [f"  · {name}：{'，'.join(weeks)}" for name, weeks in changed.items()]


def refused_csv(refused: pl.DataFrame) -> bytes:
    """Return refused rows as CSV that Excel opens, to be corrected and imported again.

    A BOM in front, no cell that Excel would run as a formula; 原批次 and 原行号, where the rows belong to a batch,
    let the import know which refused row a corrected one replaces.
    """
    raws = [json.loads(raw) for raw in refused["raw"].to_list()]
    headers = list(dict.fromkeys(header for raw in raws for header in raw))
    columns: dict[str, list[Any]] = {
        "行": refused["line"].cast(pl.String).to_list(),
        "规则": refused["rule"].to_list(),
        "原因": refused["reason"].to_list(),
    }
    if "batch" in refused.columns:
        columns["原批次"] = refused["batch"].cast(pl.String).to_list()
        columns["原行号"] = columns.pop("行")
    columns |= {header: [_harmless(raw.get(header)) for raw in raws] for header in headers}
    return b"\xef\xbb\xbf" + pl.DataFrame(columns).write_csv().encode()


def _harmless(text: object) -> str:
    said = "" if text is None else str(text)
    return f"'{said}" if said[:1] in {"=", "+", "-", "@", "\t", "\r"} else said

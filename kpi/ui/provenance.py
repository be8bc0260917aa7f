"""Where a figure comes from: targets and documents, corrections, systems, files, SQL. Parts of the card."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from kpi.calendar import Period, parse_period
from kpi.catalogue import COUNTY, EACH_TOWN, PACES, PERIODS
from kpi.measure import digits
from kpi.ui import format as fmt
from kpi.ui import page, tables
from kpi.ui.palette import ARRIVALS
from kpi.ui.tables import Column, Html

SHOWN_BATCHES = 8
QUALITY = {
    "verification": "如何核验",
    "sources": "数据来源",
    "accuracy": "精度要求",
    "limitations": "局限",
    "compensation": "如何弥补",
}


TARGETS = (
    Column("text", "目标"),
    Column("place", "范围与时段"),
    Column("document", "依据", wide=True),
    Column("span", "有效期"),
    Column("recorded", "录入"),
    Column("state", "现状"),
)


def targets(found: Mapping[str, Any]) -> None:
    """Draw every target ever set, the newest first."""
    if not found["targets"]:
        page.nothing("没有文件为这个指标设定过目标，只展示实绩。")
        return
    tables.show(TARGETS, [_target(each, found["period"]) for each in found["targets"]], "目标沿革")


def _target(each: Mapping[str, Any], period: str) -> dict[str, Any]:
    place = {COUNTY: "全县", EACH_TOWN: "各镇街"}.get(each["scope"], each["scope"])
    pace = "" if each["period"] == "any" or each["pace"] == "calendar_days" else f" · {PACES[each['pace']]}"
    badge = ' <span class="kpi-demo">演示目标</span>' if each["demo"] else ""
    recorded = f"{each['recorded_by']} {fmt.minute(each['recorded_at'])}" if each["recorded_by"] else "随目录文件"
    return {
        "text": Html(f"<b>{escape(each['text'])}</b>{badge}"),
        "place": f"{place} · {PERIODS[each['period']]}{pace}",
        "document": f"{each['document']}；{each['clause']}",
        "span": f"{fmt.day(each['valid_from'])}起" + (f"至 {fmt.day(each['valid_to'])}" if each["valid_to"] else ""),
        "recorded": recorded,
        "state": _state(each, parse_period(period)),
    }


def _state(each: Mapping[str, Any], period: Period) -> str:
    """Return whether a target counts in the period looked at, and what replaced it."""
    state = "现行" if each["is_in_force"] else ""
    if each["valid_from"] > period.last:
        state = "未生效"
    elif each["valid_to"] is not None and each["valid_to"] < period.last:
        state = "已失效"
    replaced = f"自 {fmt.day(each['superseded_on'])}起由后录入的目标取代" if each["superseded_on"] else ""
    return "；".join(part for part in (state, replaced) if part) or "停用"


def corrections(found: Mapping[str, Any]) -> None:
    """Draw every correction of the figure, the newest first."""
    items = "".join(f"<li>{escape(each['sentence'])}。</li>" for each in found["corrections"])
    st.html(f'<ol class="kpi-card kpi-versions">{items}</ol>')


SOURCES = (
    Column("name", "业务与系统", wide=True),
    Column("arrival", "到报"),
    *(Column(name, word, wide=True) for name, word in QUALITY.items() if name != "sources"),
)


def sources(found: Mapping[str, Any]) -> None:
    """Draw the systems behind the figure: how fresh, and the five points on their quality."""
    rows = []
    for each in found["sources"]:
        arrival = each["arrival"]
        _, state, _ = ARRIVALS[arrival["state"]]
        last = "" if arrival["period_last"] is None else f"，数据到 {fmt.day(arrival['period_last'])}"
        rows.append(
            {
                "name": f"{each['name']}：{each['quality']['sources']}责任单位 {each['owner']}，{each['rhythm']}",
                "arrival": f"{state}{last}",
                **each["quality"],
            }
        )
    tables.show(SOURCES, rows, "数据来源与质量")


BATCHES = (
    Column("batch", "批次", figures=True),
    Column("file_name", "文件"),
    Column("span", "统计期间"),
    Column("rows_read", "读取行数", figures=True),
    Column("refused", "拒收", figures=True),
    Column("imported", "导入时间"),
)


def batches(found: Mapping[str, Any]) -> None:
    """Draw the files in force behind the figure; a long list is folded."""
    rows = [
        {
            "batch": each["batch"],
            "file_name": each["file_name"],
            "span": fmt.span(each["period_first"], each["period_last"]),
            "rows_read": digits(each["rows_read"]),
            "refused": digits(each["refused"]),
            "imported": fmt.minute(each["imported_at"]),
        }
        for each in found["batches"]
    ]
    folded = f"本期的数来自 {len(rows)} 个有效批次" if len(rows) > SHOWN_BATCHES else ""
    if rows:
        tables.show(BATCHES, rows, "本期的批次", folded)


def queries(found: Mapping[str, Any]) -> None:
    """Draw the SQL that gives the numbers, ready to run, and the files that turn rows into events, folded."""
    if not found["queries"]:
        return
    sql = "\n\n".join(f"-- {each['part']}\n{each['sql']};" for each in found["queries"])
    folded = {f"SQL（{len(found['queries'])} 条，可直接运行）": sql}
    folded |= {f"记录怎样变成事件：queries/measures/{each['file']}": each["events"] for each in found["queries"]}
    for summary, text in folded.items():
        st.html(
            f'<details class="kpi-folded"><summary>{escape(summary)}</summary>'
            f'<pre class="kpi-card kpi-sql">{escape(text)}</pre></details>'
        )

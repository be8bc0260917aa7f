"""What was imported: results, the list of batches, and taking one back."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import polars as pl
import streamlit as st

from kpi import engine
from kpi.engine import LoadedBatch
from kpi.engine.report import refused_csv
from kpi.errors import KpiError
from kpi.measure import digits, with_unit
from kpi.store import Generation, store_root
from kpi.ui import data, page, tables
from kpi.ui import format as fmt
from kpi.ui.tables import Column, Html


def refused_download(refused: pl.DataFrame, file_name: str, key: str) -> None:
    """Draw the button that saves refused rows as CSV: line, rule, reason and the row's own columns."""
    st.download_button(
        "下载拒收行 CSV",
        refused_csv(refused),
        file_name=f"拒收_{file_name.rsplit('.', 1)[0]}.csv",
        mime="text/csv",
        key=key,
        on_click="ignore",
    )


VERDICTS = (
    Column("new", "新增", figures=True),
    Column("changed", "变更", figures=True),
    Column("same", "不变", figures=True),
    Column("older", "较旧", figures=True),
    Column("withdrawn", "撤下", figures=True),
    Column("refused", "拒收", figures=True),
)
COUNTED = tuple(column.field for column in VERDICTS)
RESULT_COLUMNS = (
    Column("batch", "批次"),
    Column("file_name", "文件"),
    Column("subject", "业务"),
    *VERDICTS,
    Column("outcome", "结果", wide=True),
)


def show_result(loaded: list[LoadedBatch]) -> None:
    """Draw what became of each file."""
    subjects = data.catalogue().subjects
    rows = [
        {
            "batch": one.batch,
            "file_name": one.file_name,
            "subject": subjects[one.subject].name,
            **{name: digits(getattr(one, name)) for name in COUNTED},
            "outcome": one.reason or "已生效，各页即时更新",
        }
        for one in loaded
    ]
    tables.show(RESULT_COLUMNS, rows, "导入结果")


BATCH_COLUMNS = (
    Column("batch", "批次"),
    Column("subject", "业务"),
    Column("file_name", "文件"),
    Column("period", "统计期间"),
    Column("rows_read", "读入", figures=True),
    *VERDICTS,
    Column("skipped", "略过", figures=True),
    Column("imported_at", "导入时间"),
    Column("state", "状态"),
)


def batch_rows(batches: pl.DataFrame) -> list[dict[str, Any]]:
    """Return one display row per batch."""
    subjects = data.catalogue().subjects
    return [
        {
            **{name: digits(row[name]) for name in ("rows_read", *COUNTED)},
            "skipped": digits(sum(json.loads(row["skipped"]).values())),
            "batch": row["batch"],
            "subject": subjects[row["subject"]].name,
            "file_name": row["file_name"],
            "period": fmt.span(row["period_first"], row["period_last"]),
            "imported_at": fmt.minute(row["imported_at"]),
            "state": Html('<span class="kpi-met">✓ 有效</span>')
            if row["in_force"]
            else Html(f'<span class="kpi-grey">– 已撤销 {fmt.minute(row["undone_at"])}</span>'),
        }
        for row in batches.iter_rows(named=True)
    ]


RESTATED_COLUMNS = (
    Column("name", "指标"),
    Column("label", "周"),
    Column("before", "原来", figures=True),
    Column("after", "改为", figures=True),
    Column("batch", "批次"),
    Column("cause", "缘由", wide=True),
)
RESTATED_SHOWN = 15


def show_restated(now: Generation) -> None:
    """Draw which published weekly figures a later batch or an undo changed, the newest first."""
    found = data.restated(now)
    note = f"近 {found['period'].n_unique()} 周 {found.height} 处" if found.height else ""
    if found.height > RESTATED_SHOWN:
        note += f"，这里列出最新的 {RESTATED_SHOWN} 处，全部见命令 python -m kpi restatements"
    page.section("已发布数字的更正", note)
    if found.is_empty():
        page.nothing("没有已发布的周数被后来的文件或撤销更正过。")
        return
    rows = [
        {
            "name": row["name"],
            "label": row["label"],
            "before": with_unit(row["before"], row["unit"], row["decimals"]),
            "after": with_unit(row["after"], row["unit"], row["decimals"]),
            "batch": row["batch"],
            "cause": f"{fmt.minute(row['at'])} {'撤销' if row['is_undo'] else '导入'} {row['file_name']}",
        }
        for row in found.head(RESTATED_SHOWN).iter_rows(named=True)
    ]
    tables.show(RESTATED_COLUMNS, rows, "已发布数字的更正")


def undo_control(now: Generation) -> None:
    """Draw the choice of a batch to take out of force, with a confirmation that says what it means."""
    in_force = data.batches(now).filter(pl.col("in_force"))
    if in_force.is_empty():
        return
    labels = {row["batch"]: f"第 {row['batch']} 批 · {row['file_name']}" for row in in_force.iter_rows(named=True)}
    # What was chosen before a newer batch came must not stay chosen beside it.
    key = f"undo-batch-{max(labels)}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        batch = st.selectbox("撤销哪一批", list(labels), format_func=lambda b: labels[b], key=key, width=520)
        if st.button("撤销…", key="undo-ask"):
            _ask_undo(batch, labels[batch])


@st.dialog("撤销一批数据")
def _ask_undo(batch: int, label: str) -> None:
    st.html(
        f"<p>将撤销<b>{escape(label)}</b>。该批的行不再计入任何数字，同一编号恢复为此前批次的内容；"
        "文件记录保留，需要时可重新导入。</p>"
    )
    if st.button("确认撤销", type="primary", key="undo-confirm"):
        before = data.current().is_demo
        try:
            with st.spinner("正在撤销…"):
                engine.undo(store_root(), batch, data.catalogue(), waiting=_waits)
        except KpiError as error:
            st.error(str(error))
            return
        st.session_state["import-notice"] = f"{label} 已撤销，各页已按撤销后的数据更新。"
        if data.current().is_demo and not before:
            st.session_state["import-notice"] = f"{label} 已撤销；正式数据已没有有效批次，各页恢复显示演示数据。"
        st.rerun()


def _waits(sentence: str) -> None:
    st.toast(sentence)


def notice() -> None:
    """Say once what the last action did."""
    if said := st.session_state.pop("import-notice", None):
        page.say(said)


def batch_page(batches: pl.DataFrame, rows: int = 20) -> pl.DataFrame:
    """Draw the page turner where there are more batches than fit, and return the batches of the page shown."""
    pages = -(-batches.height // rows)
    number = 1
    if pages > 1:
        number = st.pagination(pages, key="batch-page", bind="query-params")
    return batches.slice((number - 1) * rows, rows)

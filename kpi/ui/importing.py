"""Importing through the browser: files are staged once, compared, confirmed, and can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import polars as pl
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from kpi import engine, intake
from kpi.engine import LoadedBatch, Preview
from kpi.engine.report import refused_csv
from kpi.errors import KpiError
from kpi.intake import Staged
from kpi.measure import digits
from kpi.store import Generation, store_root
from kpi.ui import data, page, tables
from kpi.ui import format as fmt
from kpi.ui.tables import Column, Html

ACCEPTED = ["csv", "xlsx", "xls", "html", "htm", "txt"]
REFUSED_SHOWN = 8
FORMATS = {"csv": "文本（CSV）", "xlsx": "Excel 工作簿", "xls": "Excel 97–2003", "html": "网页表格"}


@dataclass(frozen=True)
class Draft:
    """One uploaded file on its way in: staged and compared, or the sentence why it cannot go in."""

    file_name: str
    staged: Staged | None
    preview: Preview | None
    reason: str = ""


@st.cache_resource(max_entries=24, show_spinner=False)
def _staged(file_id: str, file_name: str, _content: bytes) -> Staged:
    return intake.stage(_content, file_name, data.catalogue())


def draft(upload: UploadedFile) -> Draft:
    """Return what would happen to one uploaded file; nothing is in force yet."""
    file_name = upload.name
    try:
        with st.spinner(f"正在读取 {file_name} …"):
            staged = _staged(upload.file_id, file_name, upload.getvalue())
        return Draft(file_name, staged, engine.preview(store_root(), staged, data.catalogue()))
    except KpiError as error:
        return Draft(file_name, None, None, str(error))


def show_draft(one: Draft) -> None:
    """Draw the preview of one file."""
    if one.staged is None or one.preview is None:
        st.error(one.reason)
        return
    staged, preview = one.staged, one.preview
    subject = data.catalogue().subjects[staged.subject]
    badge = '<span class="kpi-demo">演示数据</span>' if staged.is_demo else ""
    period, counts = fmt.span(staged.period_first, staged.period_last), _counts(staged, preview)
    st.html(
        f'<header class="kpi-cardhead"><h3>{escape(subject.name)}</h3>'
        f"<small>{escape(one.file_name)} · {period}</small>{badge}</header>"
    )
    st.html(f'<dl class="kpi-counts">{"".join(_fact(COUNTS[name], text) for name, text in counts.items())}</dl>')
    st.html(f'<dl class="kpi-facts">{"".join(_fact(*fact) for fact in _facts(staged))}</dl>')
    _show_changes(preview)
    _show_refused(staged)


COUNTS = {
    "read": "读入行",
    "new": "新增",
    "changed": "更正",
    "same": "不变",
    "older": "较旧，不采用",
    "refused": "拒收",
    "skipped": "略过",
}


def _counts(staged: Staged, preview: Preview) -> dict[str, str]:
    counts = {
        "read": staged.rows_read,
        "new": preview.new,
        "changed": preview.changed,
        "same": preview.same,
        "older": preview.older,
        "refused": staged.refused.height,
        "skipped": sum(staged.skipped.values()),
    }
    return {name: digits(count) for name, count in counts.items()}


def _facts(staged: Staged) -> list[tuple[str, str]]:
    encoding = f"，编码 {staged.encoding}" if staged.encoding else ""
    listed = {
        "文件": f"{FORMATS.get(staged.format, staged.format)}{encoding}，表头在第 {staged.header_line} 行",
        "导出时间": fmt.minute(staged.exported_at) if staged.exported_at else "文件未注明",
        "略过": "、".join(f"{name} {count} 行" for name, count in staged.skipped.items() if count),
        "已规范": "、".join(f"{name} {digits(count)} 处" for name, count in staged.normalised.items() if count),
        "未使用的列": "、".join(staged.ignored_columns),
    }
    return [(name, text) for name, text in listed.items() if text]


def _fact(name: str, text: str) -> str:
    return f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>"


def _show_changes(preview: Preview) -> None:
    if preview.samples.is_empty():
        return
    st.html('<p class="kpi-hint">更正的例子</p>')
    columns = [Column("record", "编号"), Column("column", "列"), Column("old", "原来"), Column("new", "现在")]
    tables.show(columns, preview.samples.head(REFUSED_SHOWN).iter_rows(named=True), "更正的例子")


def _show_refused(staged: Staged) -> None:
    if staged.refused.is_empty():
        return
    rules = staged.refused.group_by("rule").agg(count=pl.len()).sort("count", "rule", descending=[True, False])
    said = "、".join(f"{rule} {count} 行" for rule, count in rules.iter_rows())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(f'<p class="kpi-hint">拒收 {staged.refused.height} 行：{escape(said)}</p>')
        refused_download(staged.refused, staged.file_name, f"refused-{staged.digest[:12]}")
    columns = [Column("line", "行", figures=True), Column("rule", "规则"), Column("reason", "原因", wide=True)]
    tables.show(columns, staged.refused.head(REFUSED_SHOWN).iter_rows(named=True), "拒收的行")


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


def confirm_control(drafts: list[Draft]) -> None:
    """Draw the button that puts the readable files in force, and say beforehand what else that changes."""
    ready = [one for one in drafts if one.staged]
    if not ready:
        return
    if len({one.staged.is_demo for one in ready if one.staged}) > 1:
        st.error("所选文件既有演示数据又有正式数据，两者不能一起导入，请移除其中一类。")
        return
    if any(one.preview.switches_to_real for one in ready if one.preview):
        st.warning("看板现在显示的是演示数据。确认后将切换为正式数据，演示数据不再显示，也不会与正式数据混合。")
    if st.button(f"确认导入 {len(ready)} 个文件", type="primary", key="import-confirm"):
        try:
            st.session_state["import-result"] = _load([one.staged for one in ready if one.staged])
        except KpiError as error:
            st.error(f"没有导入任何数据：{error}")
            return
        st.rerun()


def _load(staged: list[Staged]) -> list[LoadedBatch]:
    bar = st.progress(0.0, "正在导入…")

    def progress(done: int, total: int, name: str) -> None:
        bar.progress(done / total, f"正在导入 {done}/{total}：{name}")

    try:
        return engine.load(store_root(), staged, data.catalogue(), progress)
    finally:
        bar.empty()


RESULT_COLUMNS = (
    Column("batch", "批次"),
    Column("file_name", "文件"),
    Column("subject", "业务"),
    Column("new", "新增", figures=True),
    Column("changed", "更正", figures=True),
    Column("same", "不变", figures=True),
    Column("older", "较旧", figures=True),
    Column("refused", "拒收", figures=True),
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
            **{name: digits(getattr(one, name)) for name in ("new", "changed", "same", "older", "refused")},
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
    Column("new", "新增", figures=True),
    Column("changed", "更正", figures=True),
    Column("same", "不变", figures=True),
    Column("older", "较旧", figures=True),
    Column("refused", "拒收", figures=True),
    Column("imported_at", "导入时间"),
    Column("state", "状态"),
)


def batch_rows(batches: pl.DataFrame) -> list[dict[str, Any]]:
    """Return one display row per batch."""
    subjects = data.catalogue().subjects
    return [
        {
            **{name: digits(row[name]) for name in ("rows_read", "new", "changed", "same", "older", "refused")},
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


def undo_control(now: Generation) -> None:
    """Draw the choice of a batch to take out of force, with a confirmation that says what it means."""
    in_force = data.batches(now).filter(pl.col("in_force"))
    if in_force.is_empty():
        return
    labels = {row["batch"]: f"第 {row['batch']} 批 · {row['file_name']}" for row in in_force.iter_rows(named=True)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        batch = st.selectbox("撤销哪一批", list(labels), format_func=lambda b: labels[b], key="undo-batch", width=520)
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
            engine.undo(store_root(), batch, data.catalogue())
        except KpiError as error:
            st.error(str(error))
            return
        st.session_state["import-notice"] = f"{label} 已撤销，各页已按撤销后的数据更新。"
        if data.current().is_demo and not before:
            st.session_state["import-notice"] = f"{label} 已撤销；正式数据已没有有效批次，各页恢复显示演示数据。"
        st.rerun()


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

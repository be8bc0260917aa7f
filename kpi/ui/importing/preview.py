"""The preview of one file: how it was understood, what it would change, what a person has to confirm."""

from __future__ import annotations

from html import escape

import polars as pl
import streamlit as st

from kpi.catalogue import Alias
from kpi.engine import Preview
from kpi.engine.naming import confirm_alias
from kpi.errors import KpiError
from kpi.intake import Staged
from kpi.intake.places import UnknownName
from kpi.measure import digits
from kpi.store import store_root
from kpi.ui import data, tables
from kpi.ui import format as fmt
from kpi.ui.importing.batches import refused_download
from kpi.ui.importing.drafts import Draft, ask_more, effect_of, in_force
from kpi.ui.tables import Column, Html

ROWS_SHOWN = 8
NAMES_ASKED = 6
FORMATS = {
    "csv": "文本（CSV）",
    "xlsx": "Excel 工作簿",
    "xls": "Excel 97–2003",
    "html": "网页表格",
    "xml": "XML 电子表格",
}
COUNTS = {
    "new": "新增",
    "changed": "变更",
    "same": "不变",
    "older": "较旧，不采用",
    "refused": "拒收",
    "skipped": "略过",
}


def show_draft(one: Draft) -> None:
    """Draw the preview of one file, or its refusal with what can still be done."""
    if one.staged is None or one.preview is None:
        st.error(str(one.refusal))
        ask_more(one)
        return
    staged, preview = one.staged, one.preview
    subject = data.catalogue().subjects[staged.subject]
    badge = '<span class="kpi-demo">演示数据</span>' if staged.is_demo else ""
    period = fmt.span(staged.period_first, staged.period_last)
    st.html(
        f'<header class="kpi-cardhead"><h3>{escape(subject.name)}</h3>'
        f"<small>{escape(staged.file_name)} · {period}</small>{badge}</header>"
    )
    st.html(_equation(staged, preview))
    st.html(f'<dl class="kpi-facts">{"".join(_fact(*fact) for fact in _facts(staged, preview))}</dl>')
    st.html("".join(f'<p class="kpi-sample">{escape(line)}</p>' for line in staged.sample))
    _ask_cautions(one, preview)
    _show_changes(preview)
    _ask_names(one, staged)
    _show_refused(staged)
    _show_effect(one, staged)


def is_confirmed(one: Draft) -> bool:
    """Say whether a file may go in: nothing is doubtful about it, or a person has confirmed what is."""
    return one.preview is not None and (not one.preview.cautions or bool(st.session_state.get(f"confirm-{one.key}")))


def is_complete(one: Draft) -> bool:
    """Say whether the person declared the file to be the whole of its period."""
    return bool(st.session_state.get(f"complete-{one.key}"))


def _equation(staged: Staged, preview: Preview) -> str:
    """Return the rows of the file and where each of them goes: the parts sum to the whole."""
    counts = {
        "new": preview.new,
        "changed": preview.changed,
        "same": preview.same,
        "older": preview.older,
        "refused": staged.refused.height,
        "skipped": sum(staged.skipped.values()),
    }
    parts = [_fact(COUNTS[name], digits(count)) for name, count in counts.items() if count or name != "older"]
    whole = _fact("读入行", digits(staged.rows_read))
    return f'<dl class="kpi-counts kpi-equation">{whole}<i>=</i>{"<i>+</i>".join(parts)}</dl>'


def _facts(staged: Staged, preview: Preview) -> list[tuple[str, str]]:
    encoding = f"，编码 {staged.encoding}" if staged.encoding else ""
    listed = {
        "文件": f"{FORMATS.get(staged.format, staged.format)}{encoding}，表头在第 {staged.header_line} 行",
        "导出时间": fmt.minute(staged.exported_at) if staged.exported_at else "文件未注明，按导入时间算",
        "对应关系": staged.mapping or "",
        "合计核对": "；".join(
            f"{'✓' if total.agrees else '✕'} {total.label}“{total.column}”{total.stated:,.6g}，明细 {total.ours:,.6g}"
            for total in staged.totals
        ),
        "略过": "、".join(f"{name} {count} 行" for name, count in staged.skipped.items() if count),
        "已规范": "、".join(f"{name} {digits(count)} 处" for name, count in staged.normalised.items() if count),
        "更正": f"{staged.corrected} 行此前被拒收，现在收下" if staged.corrected else "",
        "未使用的列": "、".join(staged.ignored_columns),
        "新出现的列": "、".join(preview.new_columns),
        "未读的隐藏表": "、".join(staged.hidden_sheets),
    }
    return [(name, text) for name, text in listed.items() if text]


def _fact(name: str, text: str) -> str:
    return f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>"


def _ask_cautions(one: Draft, preview: Preview) -> None:
    """Draw what is doubtful, and the box by which a person confirms it."""
    if not preview.cautions:
        return
    items = "".join(f"<li><b>{escape(each.rule)}</b>{escape(each.text)}</li>" for each in preview.cautions)
    st.html(f'<ul class="kpi-cautions">{items}</ul>')
    if preview.gone:
        st.toggle(f"本期完整覆盖：撤下文件里没有的 {preview.gone:,} 条记录", key=f"complete-{one.key}")
    st.checkbox(f"我已核对以上 {len(preview.cautions)} 项，可以导入", key=f"confirm-{one.key}")


def _show_changes(preview: Preview) -> None:
    if preview.samples.is_empty():
        return
    st.html('<p class="kpi-hint">变更的例子</p>')
    columns = [Column("record", "编号"), Column("column", "列"), Column("old", "原来"), Column("new", "现在")]
    tables.show(columns, preview.samples.head(ROWS_SHOWN).iter_rows(named=True), "变更的例子")


def _ask_names(one: Draft, staged: Staged) -> None:
    """Draw the unknown towns and departments, each with the names it may stand for."""
    if not staged.unknown_names:
        return
    rows = sum(unknown.rows for unknown in staged.unknown_names)
    words = f"不认识的名称 {len(staged.unknown_names)} 个，涉及 {rows:,} 行；登记为别名后自动重新识别"
    with st.expander(words, expanded=True):
        for number, unknown in enumerate(staged.unknown_names[:NAMES_ASKED]):
            _ask_name(f"{one.key}-{number}", unknown)
        if len(staged.unknown_names) > NAMES_ASKED:
            st.html(f'<p class="kpi-hint">另有 {len(staged.unknown_names) - NAMES_ASKED} 个，登记以上之后再列出。</p>')


def _ask_name(key: str, unknown: UnknownName) -> None:
    catalogue = data.catalogue()
    known = [place.name for place in (catalogue.towns if unknown.kind == "town" else catalogue.departments)]
    options = [*unknown.suggestions, *(name for name in known if name not in unknown.suggestions)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            f"“{unknown.text}”（{unknown.column}，{unknown.rows:,} 行）是",
            options,
            index=None,
            placeholder=f"可能是 {'、'.join(unknown.suggestions)}" if unknown.suggestions else "请选择",
            key=f"alias-{key}",
            width=420,
        )
        first = st.date_input("自（可空）", None, key=f"alias-from-{key}", width=150)
        last = st.date_input("至（可空）", None, key=f"alias-to-{key}", width=150)
        if st.button("登记别名", key=f"alias-save-{key}", disabled=name is None):
            try:
                confirm_alias(store_root(), Alias(unknown.kind, unknown.text, str(name), first, last), catalogue)
            except KpiError as error:
                st.error(str(error))
                return
            st.session_state["import-notice"] = f"已登记：“{unknown.text}”即“{name}”。"
            st.rerun()


def _show_refused(staged: Staged) -> None:
    if staged.refused.is_empty():
        return
    rules = staged.refused.group_by("rule").agg(count=pl.len()).sort("count", "rule", descending=[True, False])
    said = "、".join(f"{rule} {count} 行" for rule, count in rules.iter_rows())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(f'<p class="kpi-hint">拒收 {staged.refused.height} 行：{escape(said)}</p>')
        refused_download(staged.refused, staged.file_name, f"refused-{staged.digest[:12]}")
    columns = [Column("line", "行", figures=True), Column("rule", "规则"), Column("reason", "原因", wide=True)]
    tables.show(columns, staged.refused.head(ROWS_SHOWN).iter_rows(named=True), "拒收的行")


def _show_effect(one: Draft, staged: Staged) -> None:
    """Draw what each metric's last weeks become, those that change only."""
    try:
        with st.spinner("正在计算对指标的影响…"):
            effect = effect_of(one.key + staged.digest, in_force(staged), is_complete(one), staged)
    except KpiError as error:
        st.warning(str(error))
        return
    weeks = effect["label"].unique(maintain_order=True).to_list()
    changed = effect.filter(pl.col("before").ne_missing(pl.col("after")))["metric"].unique(maintain_order=True)
    if changed.is_empty():
        st.html(f'<p class="kpi-hint">近 {len(weeks)} 周的 {effect["metric"].n_unique()} 项指标都不变。</p>')
        return
    st.html(f'<p class="kpi-hint">对指标的影响：{len(changed)} 项在近 {len(weeks)} 周有变化（原来 → 导入后）</p>')
    columns = [Column("name", "指标", wide=True), *(Column(label, label, figures=True) for label in weeks)]
    rows = []
    for metric in changed:
        cells = effect.filter(pl.col("metric") == metric)
        first = cells.row(0, named=True)
        row: dict[str, object] = {"name": f"{first['name']}（{first['unit']}）"}
        for cell in cells.iter_rows(named=True):
            row[cell["label"]] = _step(cell["before"], cell["after"], cell["decimals"])
        rows.append(row)
    tables.show(columns, rows, "对指标的影响")


def _step(before: float | None, after: float | None, decimals: int) -> Html:
    old, new = ("—" if value is None else f"{value:,.{decimals}f}" for value in (before, after))
    return Html(escape(new)) if before == after else Html(f"{escape(old)} → <b>{escape(new)}</b>")

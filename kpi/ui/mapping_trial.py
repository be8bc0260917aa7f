"""The trial reading on the mapping screen: what the file would give under the mapping, and the button that keeps it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from html import escape
from typing import Any

import polars as pl
import streamlit as st

from kpi.catalogue import FLAGS, LEVELS, Catalogue, Subject
from kpi.catalogue import Column as SubjectColumn
from kpi.errors import KpiError
from kpi.intake import Staged, rules
from kpi.intake.mapping import LISTED, Mapping, checked
from kpi.intake.spelling import fold, is_empty, tidy
from kpi.measure import digits
from kpi.ui import format as fmt
from kpi.ui import tables

Preview = Callable[[Mapping], Staged]
Save = Callable[[Mapping], None]
UNNAMED = "未命名"
ROWS_SHOWN, REFUSED_SHOWN = 5, 8
UNKNOWN = (
    rules.NOT_LISTED,
    rules.UNKNOWN_LEVEL,
    rules.UNKNOWN_FLAG,
    rules.UNKNOWN_TOWN,
    rules.UNKNOWN_DEPARTMENT,
)


def show_trial(mapping: Mapping, key: str, catalogue: Catalogue, preview: Preview, save: Save) -> None:
    """Draw what the file gives under ``mapping``, and the button that saves it.

    Texts the samples did not show and nobody mapped are remembered for the screen, which then asks about them.
    """
    is_named = bool(mapping.source and mapping.saved_by)
    try:
        usable = checked(replace(mapping, source=mapping.source or UNNAMED), catalogue)
        staged = _staged(usable, key, preview)
    except KpiError as error:
        st.error(str(error))
        return
    subject = catalogue.subjects[mapping.subject]
    if _remember_unknown(staged, usable, subject, key):
        st.rerun()
    _show(staged, usable, subject)
    if not is_named:
        st.html('<p class="kpi-refusal">保存前请在上面填写来源名称和建立人。</p>')
    if st.button("保存对应关系并继续", type="primary", key=f"map-{key}-save", disabled=not is_named):
        try:
            save(usable)
        except KpiError as error:
            st.error(str(error))


def found_texts(key: str, column: str, known: Counter[str]) -> Counter[str]:
    """Return the texts of a column that earlier trial readings refused and that are not in ``known``."""
    found: dict[str, Counter[str]] = st.session_state.get(f"map-{key}-found", {})
    return Counter({text: count for text, count in found.get(column, Counter()).items() if text not in known})


def _staged(mapping: Mapping, key: str, preview: Preview) -> Staged:
    """Return the trial reading, done anew only when what is mapped changed."""
    kept, asked = f"map-{key}-trial", replace(mapping, source=UNNAMED, saved_by="")
    if kept not in st.session_state or st.session_state[kept][0] != asked:
        with st.spinner("正在试读 …"):
            st.session_state[kept] = (asked, preview(mapping))
    staged: Staged = st.session_state[kept][1]
    return staged


def _remember_unknown(staged: Staged, mapping: Mapping, subject: Subject, key: str) -> bool:
    """Keep the texts of listed columns that were refused as unknown; say whether any is new."""
    listed = [c for c in subject.columns if c.type in LISTED and c.name in mapping.columns]
    found: dict[str, Counter[str]] = st.session_state.setdefault(f"map-{key}-found", {})
    is_new = False
    for raw, reason in staged.refused.filter(pl.col("rule").is_in(UNKNOWN)).select("raw", "reason").iter_rows():
        row = json.loads(raw)
        for column in listed:
            text = tidy(row.get(mapping.columns[column.name]) or "")
            if f"{column.header}“" in reason and not is_empty(fold(text)):
                texts = found.setdefault(column.name, Counter())
                is_new = is_new or text not in texts
                texts[text] = max(texts[text], 1)
    return is_new


def _show(staged: Staged, mapping: Mapping, subject: Subject) -> None:
    counts = {
        "读入行": staged.rows_read,
        "合格": staged.rows.height,
        "拒收": staged.refused.height,
        "略过": sum(staged.skipped.values()),
    }
    facts = "".join(f"<div><dt>{name}</dt><dd>{digits(count)}</dd></div>" for name, count in counts.items())
    st.html(f'<dl class="kpi-counts">{facts}</dl>')
    given = [c for c in subject.columns if c.name in mapping.columns or c.name in mapping.constants]
    rows = [
        {column.name: _text(column, row[column.name]) for column in given}
        for row in staged.rows.head(ROWS_SHOWN).iter_rows(named=True)
    ]
    st.html('<p class="kpi-hint">前几行读成这样（个人信息已打码）</p>')
    tables.show([tables.Column(c.name, c.header) for c in given], rows, "试读的前几行")
    if staged.refused.is_empty():
        return
    by_rule = staged.refused.group_by("rule").agg(count=pl.len()).sort("count", "rule", descending=[True, False])
    said = "、".join(f"{rule} {digits(count)} 行" for rule, count in by_rule.iter_rows())
    st.html(f'<p class="kpi-hint">拒收 {digits(staged.refused.height)} 行：{escape(said)}</p>')
    shown = [
        tables.Column("line", "行", figures=True),
        tables.Column("rule", "规则"),
        tables.Column("reason", "原因", wide=True),
    ]
    tables.show(shown, staged.refused.head(REFUSED_SHOWN).iter_rows(named=True), "试读拒收的行")


def _text(column: SubjectColumn, value: Any) -> str:
    """Return one typed value as people read it."""
    if value is None:
        return ""
    if column.type == "level":
        return LEVELS[value]
    if isinstance(value, bool):
        return FLAGS[value]
    if isinstance(value, datetime):
        return fmt.minute(value)
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value)

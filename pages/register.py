"""指标与目标：每个指标怎么算、归谁管、目标是什么、依据哪份文件。"""

import streamlit as st

from kpi.catalogue import AREAS
from kpi.ui import data, filters, page, register, tables

now = page.begin_plain("指标与目标")
catalogue = data.catalogue(now)
targets = data.targets(now)
sought = st.text_input(
    "搜索",
    key="q",
    bind="query-params",
    placeholder="搜索名称、口径、责任单位、来源…",
    label_visibility="collapsed",
    width=420,
)

found = {
    name: [metric for metric in catalogue.metrics.values() if metric.area == area and register.matches(metric, sought)]
    for area, name in AREAS.items()
}
shown = [metric for metrics in found.values() for metric in metrics]
if shown:
    page.say(register.sentence(shown, targets))
else:
    page.nothing(f"没有与“{sought}”相符的指标，请换一个词。")
for name, metrics in found.items():
    if metrics:
        page.section(name, f"{len(metrics)} 项")
        tables.show(
            register.COLUMNS, register.rows(metrics, targets, filters.period_looked_at(now)), f"{name}指标与目标"
        )

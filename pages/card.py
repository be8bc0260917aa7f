"""指标卡：一个数到底是什么、达没达标、变没变、从哪里来、能不能信。"""

import streamlit as st

from kpi.ui import card, data, drivers, filters, page, provenance, target_form

view = page.begin("指标卡", with_town=True)
metrics = {metric.key: f"{metric.name}（{metric.code}）" for metric in data.catalogue(view.now).metrics.values()}
key = filters.choice("metric", "指标", metrics, width=460)
metric = data.catalogue(view.now).metric(key)
found = card.read(view, key)
if "problem" in found:
    page.nothing(found["problem"])
    st.stop()

page.say("".join(said["text"] for said in found["sentences"]))
left, right = st.columns([2, 3])
with left, st.container(key="card-figure"):
    card.figure(found)
with right, st.container(key="card-trend"):
    card.trend(view, metric, found)

with st.container(horizontal=True, vertical_alignment="bottom"):
    page.section("是什么带来了变化", "各成员贡献之和恰等于变化；比率分水平与结构")
    versus = filters.choice("vs", "与谁比", card.VERSUS, width=170)
    by = filters.choice("by", "维度", {"": "自动选择维度"} | data.splits(metric), width=190)
drivers.show(data.explain(view.now, key, view.period, versus, by or None, view.where))

page.section("口径与公式")
left, right = st.columns(2)
with left, st.container(key="card-definition"):
    card.definition(found)
with right, st.container(key="card-rule"):
    card.rule(found)

page.section("目标沿革", "只追加，不覆盖；同一天有两条时以后录入的为准")
provenance.targets(found)
target_form.show(view, metric)

if found["corrections"]:
    page.section("更正记录", "已报过的数被后来的批次或撤销改变")
    provenance.corrections(found)

page.section("数据来源与质量", "核验、来源、精度、局限、弥补五点")
provenance.sources(found)
provenance.batches(found)
provenance.queries(found)

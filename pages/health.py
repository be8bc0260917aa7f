"""数据健康：数据到没到、齐不齐、拒了什么。"""

import streamlit as st

from kpi.ui import data, health, importing, page, tables

now = page.begin_plain("数据健康")
if now is None:
    page.nothing("还没有任何数据。请在“数据导入”页选择文件，或运行 python3 run.py 建立演示数据。")
    st.stop()

said = [health.standing(now), health.gaps_sentence(now), health.counts_sentence(now)]
page.say("；".join(part for part in said if part) + "。")
page.section("到报情况", "迟报：应报日已过；中断：又过了一整个周期；应报日遇休息日顺延。近 12 个月：实格有数据，✕ 缺报")
health.show_sources(now)
health.show_coverage(now)
health.show_trend(now)
health.show_quarantine(now)

page.section("最近的批次", "全部批次见“数据导入”页")
tables.show(importing.BATCH_COLUMNS, importing.batch_rows(data.batches(now).head(8)), "最近的批次")

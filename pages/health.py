"""数据健康：数据到没到、齐不齐、拒了什么。"""

import streamlit as st

from kpi.ui import area, data, health, importing, page, tables

now = page.begin_plain("数据健康")
if now is None:
    page.nothing("还没有任何数据。请在“数据导入”页选择文件，或运行 python3 run.py 建立演示数据。")
    st.stop()

arrivals = data.arrivals(now)
page.say(health.sentence(arrivals, now.today))
page.section("到报情况", "下次应报 = 数据到的日期 + 报送周期 + 宽限期")
tables.show(health.ARRIVAL_COLUMNS, health.arrival_rows(arrivals), "各来源到报情况")

page.section("镇街覆盖", f"近 {health.STRIP_WEEKS} 个完整周；缺报的周不参与达标判断")
covering = [
    subject for subject in data.catalogue().subjects.values() if subject.covers_towns and subject.key in now.covered
]
if not covering:
    page.nothing("应由各镇街报送的业务还没有有效数据。")
for column, subject in zip(st.columns(2), covering, strict=False):
    with column, st.container(key=f"card-strip-{subject.key}"):
        area.head(subject.name, health.coverage_sentence(now, subject.key))
        st.html(health.strip(now, subject.key))

page.section("拒收的行", "按规则合计，仅计有效批次")
refused = data.refused(now)
if refused.is_empty():
    page.nothing("有效批次中没有被拒收的行。")
else:
    tables.show(health.REFUSAL_COLUMNS, health.refusal_rows(refused), "拒收的行")
    importing.refused_download(refused, "全部有效批次", "refused-all")

page.section("最近的批次", "全部批次见“数据导入”页")
tables.show(importing.BATCH_COLUMNS, importing.batch_rows(data.batches(now).head(8)), "最近的批次")

"""总览：所有业务一眼看完，例外在前。"""

from kpi.catalogue import AREAS
from kpi.ui import area, data, overview, page

view = page.begin("总览")
scorecard, towns = overview.read(view)

area.summary(view, scorecard, towns)
page.section("先看例外", "按紧急程度排列")
area.attention_table(view, scorecard, towns)
for key, name in AREAS.items():
    page.section(name)
    area.tiles(view, data.metrics_of(key, headline=True), scorecard)
page.section("各镇街", "格子按方位示意排列，不代表地理位置；虚线框不作评判")
area.town_overview(view, overview.TOWN_METRIC, towns)

"""跨域与一窗：跨域通办、一窗通办、事项清单、惠帮办。"""

from kpi.ui import area, page

view = page.begin("跨域与一窗", with_town=True)
area.show(
    view,
    "counters",
    town_metric="one_window.count",
    wanted=[
        ("cross.count", "scope"),
        ("cross.count", "item"),
        ("one_window.wait_minutes", "hall"),
        ("one_window.count", "department"),
    ],
)

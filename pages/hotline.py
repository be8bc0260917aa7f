"""12345 热线：工单、办结、回访与满意。"""

from kpi.ui import area, page

view = page.begin("12345 热线", with_town=True)
area.show(
    view,
    "hotline",
    town_metric="ticket.on_time",
    wanted=[
        ("ticket.on_time", "department"),
        ("ticket.count", "topic"),
        ("ticket.satisfaction", "department"),
        ("ticket.count", "channel"),
    ],
)

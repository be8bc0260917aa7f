"""自助机：业务量、人次、使用强度与闲置。"""

from kpi.ui import area, page

view = page.begin("自助机", with_town=True)
area.show(
    view,
    "kiosks",
    town_metric="kiosk.per_machine_day",
    wanted=[
        ("kiosk.transactions", "item"),
        ("kiosk.failed", "item"),
        ("kiosk.transactions", "handling"),
        ("kiosk.idle", "tier"),
    ],
)

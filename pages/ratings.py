"""好差评：评价量、满意度、差评与整改。"""

from kpi.ui import area, page

view = page.begin("好差评", with_town=True)
area.show(
    view,
    "ratings",
    town_metric="rating.satisfaction",
    wanted=[("rating.satisfaction", "department"), ("rating.count", "channel")],
)

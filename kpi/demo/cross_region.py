"""Cases handled across regions, with six weeks of decline late in 2023."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from kpi.demo.closings import STATES, closings
from kpi.demo.days import Flags, Ints, Times, clock, in_week, mondays
from kpi.demo.people import draw, moments, names, numbered, pick
from kpi.demo.places import HALL_NAMES, TOWNS, halls_of, town_index, town_shares
from kpi.demo.ratings import item_weights
from kpi.demo.registers import service_items
from kpi.demo.scale import LAST_EXPORT, MARRIAGES, SEED, TOTALS, YEARS

SCOPES = {
    "跨省通办": "is_cross_province",
    "省内通办": None,
    "全市通办": "is_citywide",
    "深惠通办": "is_shenzhen_huizhou",
}
MODES = ("代收材料·属地办理", "异地受理·属地办理", "异地受理·异地办理", "全程网办")
MARRIAGE_HALL = HALL_NAMES.index("惠东县婚姻登记大厅")
SHORT_WEEKS = {date(2023, 1, 23): 20, date(2023, 5, 1): 30, date(2023, 10, 2): 24}
SHORT_WEEKS_2022 = {
    date(2022, 5, 2): 13,
    date(2022, 10, 3): 14,
}
DECLINE = {
    date.fromisocalendar(2023, week, 1): count
    for week, count in enumerate((37, 40, 38, 35, 32, 29, 25, 22, 26, 29, 30, 31), start=41)
}
"""Cases per week from 2023-W41: six weeks in a row, W43 to W48, each lower than the one before."""


def _weekly_plan(rng: np.random.Generator, year: int) -> dict[date, int]:
    """Return cases per week: in 2023 34 to 42 apart from short weeks and the decline, in 2022 a little fewer."""
    fixed = {**SHORT_WEEKS, **DECLINE} if year == 2023 else SHORT_WEEKS_2022
    usual = [monday for monday in mondays(year) if monday not in fixed]
    wanted = TOTALS["cross_region_case"][year] - sum(fixed.values())
    mean = wanted / len(usual)
    counts = np.clip(rng.normal(mean, 1.7, len(usual)).round(), round(mean) - 4, round(mean) + 3).astype(int)
    while excess := int(counts.sum()) - wanted:
        counts[rng.integers(len(usual))] -= np.sign(excess)
    return fixed | {monday: int(count) for monday, count in zip(usual, counts, strict=True)}


def cross_region() -> pl.DataFrame:
    """Return all cross-region cases of both years, one per row, with the columns of ``cross_region_case``."""
    rng = np.random.default_rng([SEED, 5])
    planned = {year: in_week(rng, _weekly_plan(rng, year), year) for year in YEARS}
    return pl.concat([_cross_region_year(rng, year, np.sort(clock(rng, days))) for year, days in planned.items()])


def _cross_region_year(rng: np.random.Generator, year: int, accepted: Times) -> pl.DataFrame:
    total = len(accepted)
    is_marriage = np.zeros(total, bool)
    is_marriage[rng.choice(total, MARRIAGES[year], replace=False)] = True
    scope = np.where(is_marriage, draw(rng, (0.55, 0.45, 0, 0), total), draw(rng, (0.2, 0.12, 0.4, 0.28), total))
    town = np.where(is_marriage, town_index("平山街道"), draw(rng, town_shares(0.9), total))
    hall = np.where(is_marriage, MARRIAGE_HALL, halls_of(rng, town))
    item = _cross_region_items(rng, scope, is_marriage)
    promised = np.where(is_marriage, 1, rng.choice((3, 5, 8, 10), total, p=(0.3, 0.4, 0.2, 0.1)))
    due, closed, state = closings(rng, accepted, promised, 0.012, LAST_EXPORT)
    mode = draw(rng, (0.3, 0.35, 0.2, 0.15), total)
    return pl.DataFrame(
        {
            "case_id": numbered(f"DEMO-KY-{year}-", total, 5),
            "accepted_at": moments(accepted),
            "scope": pick(tuple(SCOPES), scope),
            "is_marriage": is_marriage,
            "item_code": service_items()["item_code"].gather(item),
            "item": service_items()["item"].gather(item),
            "department": service_items()["department"].gather(item),
            "town": pick(TOWNS, town),
            "hall": pick(HALL_NAMES, hall),
            "mode": pick(MODES, np.where(is_marriage, 2, mode)),
            "applicant_name": names(rng, total),
            "due_at": moments(due),
            "closed_at": moments(closed),
            "status": pick(STATES, state),
        }
    )


def _cross_region_items(rng: np.random.Generator, scope: Ints, is_marriage: Flags) -> Ints:
    items, usual = service_items(), item_weights()
    chosen = np.empty(len(scope), np.int64)
    for position, flag in enumerate(SCOPES.values()):
        here = scope == position
        listed = items[flag].to_numpy() if flag else np.ones(items.height, bool)
        chosen[here] = draw(rng, usual * (listed & ~items["is_one_thing"].to_numpy()), int(here.sum()))
    chosen[is_marriage] = items["item"].to_list().index("婚姻登记（申请）")
    return chosen

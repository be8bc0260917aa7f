"""Assisted cases (惠帮办): people and projects that staff help along."""

from __future__ import annotations

import numpy as np
import polars as pl

from kpi.demo.closings import STATES, closings
from kpi.demo.days import Shape, clock, sample
from kpi.demo.people import draw, moments, names, numbered, only_where, pick
from kpi.demo.places import TOWNS, town_shares
from kpi.demo.scale import LAST_EXPORT, SEED, TOTALS, YEARS

KINDS = {"急难愁盼": 44, "帮办代办": 36, "重点项目": 5, "特殊群体": 15}
MATTERS = {
    "急难愁盼": ("证件遗失急办", "医疗费用报销协调", "跨部门材料核对", "历史遗留登记问题"),
    "帮办代办": ("企业开办代办", "营业执照变更代办", "社保业务代办", "不动产登记代办"),
    "重点项目": ("项目立项协调", "施工许可协调", "水电报装协调", "竣工验收协调"),
    "特殊群体": ("高龄老人上门办理", "残疾人上门办理", "行动不便人员资格认证", "孤寡老人津贴申领"),
}
DEPARTMENTS = {
    "县政务服务数据管理局": 34,
    "市社会保险基金管理局惠东分局": 16,
    "县市场监督管理局": 14,
    "县医疗保障局": 12,
    "县民政局": 9,
    "县自然资源局": 9,
    "县住房和城乡建设局": 6,
}
PROMISED = 10


def build() -> pl.DataFrame:
    """Return all assisted cases of both years, one per row, with the columns of ``assisted_case``."""
    rng = np.random.default_rng([SEED, 9])
    return pl.concat([_year(rng, year) for year in YEARS])


def _year(rng: np.random.Generator, year: int) -> pl.DataFrame:
    total = TOTALS["assisted_case"][year]
    accepted = np.sort(clock(rng, sample(rng, total, year, Shape())))
    kind = draw(rng, list(KINDS.values()), total)
    matters = [matter for kind_matters in MATTERS.values() for matter in kind_matters]
    _, closed, state = closings(rng, accepted, np.full(total, PROMISED), 0.02, LAST_EXPORT)
    is_closed = ~np.isnat(closed)
    level = np.array([5, 4, 3, 2])[draw(rng, (0.85, 0.11, 0.028, 0.012), total)]
    return pl.DataFrame(
        {
            "case_id": numbered(f"DEMO-HB-{year}-", total, 5),
            "accepted_at": moments(accepted),
            "kind": pick(tuple(KINDS), kind),
            "subject_matter": pick(matters, kind * 4 + rng.integers(4, size=total)),
            "town": pick(TOWNS, draw(rng, town_shares(0.9), total)),
            "department": pick(tuple(DEPARTMENTS), draw(rng, list(DEPARTMENTS.values()), total)),
            "client_name": names(rng, total),
            "closed_at": moments(closed),
            "status": pick(STATES, np.minimum(state, 1)),
            "level": only_where(pl.Series(level, dtype=pl.Int8), is_closed & (rng.random(total) < 0.9)),
        }
    )

"""Hotline tickets: who called when about what; an everyday layer, holiday surges on the coast, and a typhoon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from kpi.demo import ticket_callbacks, ticket_handling
from kpi.demo.days import (
    ROUND_THE_CLOCK,
    Floats,
    Ints,
    Shape,
    Times,
    clock,
    month_of,
    span,
    weights,
    year_days,
    year_of,
)
from kpi.demo.people import draw, moments, names, numbered, phones, pick
from kpi.demo.places import COAST, SHORT, TOWNS, town_shares
from kpi.demo.scale import SEED, TOTALS, YEARS

CATEGORIES = ("咨询", "求助", "建议", "投诉", "举报")
CHANNELS = {"语音": 87, "粤省心": 7, "多媒体": 2, "微信": 1.5, "粤省事": 1.2, "网站": 1, "来函": 0.3}
URGENCIES = {"一般": 93, "紧急": 6, "特急": 1}
MIX = {
    "complaint": (0.045, 0.075, 0.022, 0.805, 0.053),
    "consult": (0.66, 0.13, 0.01, 0.19, 0.01),
    "help": (0.09, 0.56, 0.02, 0.32, 0.01),
}
MONTHS = (0.95, 0.92, 1.0, 0.98, 1.02, 1.04, 1.08, 1.06, 1.0, 0.95, 0.98, 1.02)
SUMMER = dict.fromkeys((6, 7, 8, 9), 1.6)


@dataclass(frozen=True)
class Topic:
    """One kind of appeal: who handles it, how people put it, its weight and its busy months."""

    name: str
    department: str
    manner: str
    weight: float
    months: dict[int, float] = field(default_factory=dict)


TOPICS = (
    Topic("交通违停", "县公安局", "complaint", 9),
    Topic("交通秩序", "县公安局", "complaint", 4),
    Topic("噪声扰民", "市生态环境局惠东分局", "complaint", 7, SUMMER),
    Topic("养殖污染", "市生态环境局惠东分局", "complaint", 3),
    Topic("餐饮油烟", "县城市管理和综合执法局", "complaint", 4),
    Topic("占道经营", "县城市管理和综合执法局", "complaint", 5),
    Topic("违法建设", "县城市管理和综合执法局", "complaint", 4),
    Topic("环境卫生", "镇街政府", "complaint", 5),
    Topic("劳动欠薪", "县人力资源和社会保障局", "complaint", 7, {12: 1.7, 1: 1.8}),
    Topic("消费纠纷", "县市场监督管理局", "complaint", 8),
    Topic("食品安全", "县市场监督管理局", "complaint", 3),
    Topic("物业管理", "县住房和城乡建设局", "complaint", 5),
    Topic("房地产纠纷", "县住房和城乡建设局", "complaint", 3),
    Topic("行政效能", "县政务服务数据管理局", "complaint", 3),
    Topic("道路运输", "县交通运输局", "complaint", 3),
    Topic("道路破损", "县公路事务中心", "complaint", 3),
    Topic("通信服务", "电信运营商", "complaint", 2),
    Topic("民宿纠纷", "县文化广电旅游体育局", "complaint", 1.5, SUMMER),
    Topic("旅游景区管理", "县文化广电旅游体育局", "complaint", 1.5, SUMMER),
    Topic("停水", "县供水公司", "help", 4, SUMMER),
    Topic("停电", "惠东供电局", "help", 4, SUMMER),
    Topic("积水内涝", "县水利局", "help", 1.5, SUMMER),
    Topic("燃气供应", "县燃气公司", "help", 1),
    Topic("困难救助", "县民政局", "help", 1.5),
    Topic("社会保险", "市社会保险基金管理局惠东分局", "consult", 4.5),
    Topic("医疗保障", "县医疗保障局", "consult", 4.5, {11: 1.5, 12: 1.5}),
    Topic("学位入学", "县教育局", "consult", 2, {5: 2.2, 6: 2.6, 7: 2.6, 8: 2.2}),
    Topic("户籍证件", "县公安局", "consult", 3),
    Topic("不动产登记", "县自然资源局", "consult", 2),
    Topic("住房公积金", "住房公积金管理部", "consult", 1),
)
HOLIDAY_TOPICS = {"交通秩序": 30, "交通违停": 28, "民宿纠纷": 18, "旅游景区管理": 14, "消费纠纷": 6, "环境卫生": 4}
TYPHOON_TOPICS = {"停电": 46, "积水内涝": 38, "停水": 10, "道路破损": 6}


@dataclass(frozen=True)
class Surge:
    """Tickets on top of the everyday: how many, on which days, in which towns, about what."""

    total: int
    days: dict[date, float]
    towns: tuple[str, ...]
    topics: Mapping[str, float]


def _even(first: date, last: date) -> dict[date, float]:
    return dict.fromkeys(span(first, last).tolist(), 1.0)


SURGES = (
    Surge(420, _even(date(2022, 4, 30), date(2022, 5, 4)), COAST, HOLIDAY_TOPICS),
    Surge(560, _even(date(2022, 10, 1), date(2022, 10, 7)), COAST, HOLIDAY_TOPICS),
    Surge(640, _even(date(2023, 4, 29), date(2023, 5, 3)), COAST, HOLIDAY_TOPICS),
    Surge(980, _even(date(2023, 9, 29), date(2023, 10, 6)), COAST, HOLIDAY_TOPICS),
    Surge(690, {date(2023, 9, 1): 0.26, date(2023, 9, 2): 0.46, date(2023, 9, 3): 0.28}, TOWNS, TYPHOON_TOPICS),
)


@dataclass(frozen=True)
class Calls:
    """Aligned arrays, one entry per ticket in order of time: when, and positions in TOWNS, TOPICS and CATEGORIES."""

    received: Times
    town: Ints
    topic: Ints
    category: Ints


def build() -> pl.DataFrame:
    """Return all tickets of 2022 and 2023 as seen at the last export, one per row, with the columns of ``ticket``."""
    rng = np.random.default_rng([SEED, 2])
    calls = _calls(rng)
    handled = ticket_handling.handle(rng, calls.received, pick(CATEGORIES, calls.category).to_numpy(), calls.town)
    asked = ticket_callbacks.call_back(rng, handled)
    described = _described(rng, calls)
    return pl.DataFrame({**described, **handled.columns(), **asked})


def _calls(rng: np.random.Generator) -> Calls:
    layers = []
    for year in YEARS:
        surges = [surge for surge in SURGES if next(iter(surge.days)).year == year]
        everyday = TOTALS["ticket"][year] - sum(surge.total for surge in surges)
        layers += [_everyday(rng, year, everyday), *(_surge(rng, surge) for surge in surges)]
    days, town, topic = (np.concatenate(part) for part in zip(*layers, strict=True))
    received = clock(rng, days, ROUND_THE_CLOCK)
    order = np.argsort(received, kind="stable")
    mixes = np.cumsum([MIX[each.manner] for each in TOPICS], axis=1)[topic]
    category = (rng.random(len(topic))[:, None] > mixes / mixes[:, -1:]).sum(axis=1)
    return Calls(received[order], town[order], topic[order], category[order])


def _everyday(rng: np.random.Generator, year: int, total: int) -> tuple[np.ndarray, Ints, Ints]:
    shape = Shape(rest=0.68, months=MONTHS, festival=0.5, drift=0.06)
    days = np.repeat(year_days(year), rng.multinomial(total, weights(year, shape)))
    month = month_of(days)
    topic = np.empty(total, np.int64)
    for each in range(1, 13):
        here = month == each
        share: Floats = np.array([one.weight * one.months.get(each, 1.0) for one in TOPICS])
        topic[here] = draw(rng, share, int(here.sum()))
    return days, draw(rng, town_shares(), total), topic


def _surge(rng: np.random.Generator, surge: Surge) -> tuple[np.ndarray, Ints, Ints]:
    days = np.array(list(surge.days), "datetime64[D]")[draw(rng, list(surge.days.values()), surge.total)]
    towns = np.array([TOWNS.index(name) for name in surge.towns])
    share = town_shares(0.5 if surge.towns == COAST else 0.9)[towns]
    subjects = [one.name for one in TOPICS]
    topics = np.array([subjects.index(name) for name in surge.topics])
    return days, towns[draw(rng, share, surge.total)], topics[draw(rng, list(surge.topics.values()), surge.total)]


def _described(rng: np.random.Generator, calls: Calls) -> dict[str, pl.Series]:
    total = len(calls.received)
    year = year_of(calls.received)
    number = pl.concat([numbered(f"DEMO-RX-{each}-", int((year == each).sum())) for each in YEARS])
    topic = pick([one.name for one in TOPICS], calls.topic)
    department = pick([one.department for one in TOPICS], calls.topic)
    to_town = pl.Series(rng.random(total) < 0.14)
    phone = phones(rng, total)
    tail = (
        pl.Series([""]).new_from_index(0, total).zip_with(pl.Series(rng.random(total) > 0.01), "（回电" + phone + "）")
    )
    return {
        "ticket_id": number,
        "received_at": moments(calls.received),
        "channel": pick(tuple(CHANNELS), draw(rng, list(CHANNELS.values()), total)),
        "category": pick(CATEGORIES, calls.category),
        "topic": topic,
        "urgency": pick(tuple(URGENCIES), draw(rng, list(URGENCIES.values()), total)),
        "handling": pick(("转办", "督办"), (rng.random(total) < 0.02).astype(int)),
        "town": pick(TOWNS, calls.town),
        "department": department.zip_with(~to_town, pl.Series(["镇街政府"]).new_from_index(0, total)),
        "title": "反映" + pick(SHORT, calls.town) + topic + "问题" + tail,
        "caller_name": names(rng, total),
        "caller_phone": phone,
    }

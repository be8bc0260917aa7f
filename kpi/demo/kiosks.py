"""Self-service machines and what people did at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import polars as pl

from kpi.demo.days import ROUND_THE_CLOCK, Days, Floats, Ints, Shape, clock, sample, span
from kpi.demo.people import draw, moments, numbered, only_where, pick
from kpi.demo.places import SHORT, TOWNS, town_index, town_shares
from kpi.demo.scale import KIOSKS_IDLE, KIOSKS_IN_USE, SEED, TOTALS, YEARS

RETIRED = 9
IDLE_FROM = date(2023, 11, 20)
LONGEST_PAUSE = 20
"""Days after which a machine in use is visited again, so that only the planted ones stand idle for 30 days."""
PARK = "大岭产业园"
MONTHS = (1.1, 1.0, 1.05, 0.98, 0.95, 0.95, 1.0, 1.0, 1.1, 0.95, 1.0, 1.1)
SIZES = (0.14, 0.18, 0.22, 0.18, 0.13, 0.08, 0.05, 0.02)
AGES = {"18岁以下": 0.02, "18-39岁": 0.26, "40-59岁": 0.42, "60岁以上": 0.3}
FAILURES = {"网络超时": 40, "身份核验未通过": 28, "业务系统维护": 18, "打印机缺纸": 14}
TIERS = ("县级", "镇级", "村级")


@dataclass(frozen=True)
class Service:
    """One thing a machine offers: its name, who answers for it, how it is handled, and its weight."""

    name: str
    department: str
    handling: str
    weight: float


SERVICES = (
    Service("社会保险参保证明打印", "市社会保险基金管理局惠东分局", "打印", 16),
    Service("养老保险缴费明细查询", "市社会保险基金管理局惠东分局", "查询", 11),
    Service("养老保险待遇资格认证", "市社会保险基金管理局惠东分局", "申办", 10),
    Service("城乡居民养老保险缴费（本人）", "市社会保险基金管理局惠东分局", "缴费", 6),
    Service("城乡居民养老保险缴费（代他人）", "市社会保险基金管理局惠东分局", "缴费", 4),
    Service("城乡居民医疗保险缴费（家庭）", "县医疗保障局", "缴费", 9),
    Service("医疗保险参保凭证打印", "县医疗保障局", "打印", 5),
    Service("异地就医备案", "县医疗保障局", "申办", 3),
    Service("不动产登记信息查询", "县自然资源局", "查询", 6),
    Service("无犯罪记录证明申请", "县公安局", "申办", 4),
    Service("居住证签注", "县公安局", "申办", 3),
    Service("机动车违法查询", "县公安局", "查询", 4),
    Service("住房公积金明细查询", "住房公积金管理部", "查询", 4),
    Service("个体工商户执照打印", "县市场监督管理局", "打印", 3),
    Service("个人所得税完税证明打印", "国家税务总局惠东县税务局", "打印", 3),
    Service("高龄津贴申领", "县民政局", "申办", 3),
    Service("婚姻登记信息查询", "县民政局", "查询", 1.5),
    Service("农机购置补贴查询", "县农业农村局", "查询", 1),
    Service("失业登记", "县人力资源和社会保障局", "申办", 2),
    Service("学籍证明打印", "县教育局", "打印", 1),
)


@dataclass(frozen=True)
class Fleet:
    """Every machine that was ever in service: aligned arrays, one entry per machine."""

    town: Ints
    tier: Ints
    started: Days
    retired: Days
    weight: Floats
    is_idle: np.ndarray
    is_park: np.ndarray


@cache
def fleet() -> Fleet:
    """Return the 278 machines: 269 in use at the end of 2023, nine retired before, 14 of the former idle."""
    rng = np.random.default_rng([SEED, 3])
    count = KIOSKS_IN_USE + RETIRED
    town = np.repeat(np.arange(len(TOWNS)), _per_town(count))
    rank = np.arange(count) - np.searchsorted(town, town)
    county = (town == town_index("平山街道")) & (rank < 10)
    tier = np.where(county, 0, np.where(rank < np.where(town == town_index("平山街道"), 16, 3), 1, 2))
    started = _started(rng, count)
    park = np.flatnonzero((town == town_index("大岭街道")) & (rank >= 3))[:2]
    started[park] = np.datetime64("2023-04-12")
    retired = np.full(count, np.datetime64("NaT"), "datetime64[D]")
    village = np.flatnonzero((tier == 2) & (started < np.datetime64("2022-01-01")))
    leaving = rng.choice(village, RETIRED, replace=False)
    retired[leaving] = rng.choice(span(date(2022, 3, 1), date(2023, 9, 28)), RETIRED)
    weight = np.array([9.0, 3.2, 1.0])[tier] * np.maximum(rng.lognormal(-0.3, 1.05, count), 0.85)
    is_idle = np.zeros(count, bool)
    idle_pool = np.setdiff1d(village[np.bincount(town)[town[village]] >= 12], leaving)
    is_idle[rng.choice(idle_pool, KIOSKS_IDLE, replace=False)] = True
    is_park = np.isin(np.arange(count), park)
    weight[is_park] = 5.0
    return Fleet(town, tier, started, retired, weight, is_idle, is_park)


def _per_town(count: int) -> Ints:
    share = town_shares(0.6) * (count - 3 * len(TOWNS))
    whole = np.floor(share).astype(int) + 3
    whole[np.argsort(share % 1)[::-1][: count - whole.sum()]] += 1
    return whole


def _started(rng: np.random.Generator, count: int) -> Days:
    started = rng.choice(span(date(2019, 9, 2), date(2021, 12, 20)), count)
    newer = rng.permutation(count)
    started[newer[:16]] = rng.choice(span(date(2022, 2, 14), date(2022, 11, 25)), 16)
    started[newer[16:36]] = rng.choice(span(date(2023, 2, 13), date(2023, 10, 20)), 20)
    return started


def kiosk_ids() -> pl.Series:
    """Return the register number of each machine of the fleet."""
    return numbered("DEMO-ZZ-", len(fleet().town), 4)


def register() -> pl.DataFrame:
    """Return the register of machines at the end of 2023, one per row, with the catalogue's columns of ``kiosk``."""
    machines = fleet()
    rows = zip(machines.town, machines.tier, machines.is_park, kiosk_ids(), strict=True)
    placed = [_place(int(town), int(tier), bool(is_park), number[-2:]) for town, tier, is_park, number in rows]
    return pl.DataFrame(
        {
            "kiosk_id": kiosk_ids(),
            "site": [site for site, _ in placed],
            "tier": pick(TIERS, machines.tier),
            "town": pick(TOWNS, machines.town),
            "village": [village for _, village in placed],
            "operator": pick(("县信息产业服务中心", "镇街便民服务中心", "村（社区）党群服务中心"), machines.tier),
            "in_service_on": pl.Series(machines.started),
            "retired_on": pl.Series(machines.retired),
            "state": pick(("在用", "停用"), (~np.isnat(machines.retired)).astype(int)),
        }
    )


def _place(town: int, tier: int, is_park: bool, number: str) -> tuple[str, str | None]:
    if is_park:
        return f"{PARK}企业服务中心", None
    if tier == 0:
        return f"惠东县行政服务中心自助区{number}", None
    if tier == 1:
        return f"{SHORT[town]}便民服务中心", None
    return f"演示村{number}党群服务中心", f"{SHORT[town]}演示村{number}"


def transactions() -> pl.DataFrame:
    """Return all transactions of 2022 and 2023, one per row, with the catalogue's columns of ``kiosk_transaction``."""
    rng = np.random.default_rng([SEED, 4])
    return pl.concat([_year(rng, year) for year in YEARS])


def _machines_on(rng: np.random.Generator, days: Days) -> Ints:
    """Return a machine for each of the ascending ``days``: in service, not idle, none in use forgotten for long."""
    machines, chosen = fleet(), []
    visited = np.maximum(machines.started, days[0] - LONGEST_PAUSE // 2)
    for day, count in zip(*np.unique(days, return_counts=True), strict=True):
        open_today = (machines.started <= day) & ~(machines.retired <= day)
        open_today &= ~(machines.is_idle & (day >= np.datetime64(IDLE_FROM)))
        weight = machines.weight * open_today
        neglected = np.flatnonzero(open_today & (day - visited >= LONGEST_PAUSE))
        today = np.concatenate([neglected, draw(rng, weight, count - len(neglected))])
        visited[today] = day
        chosen.append(rng.permutation(today))
    return np.concatenate(chosen)


def _year(rng: np.random.Generator, year: int) -> pl.DataFrame:
    total = TOTALS["kiosk_transaction"][year]
    size = draw(rng, SIZES, total) + 1
    sessions = int(np.searchsorted(np.cumsum(size), total)) + 1
    size = size[:sessions]
    size[-1] -= size.sum() - total
    days = sample(rng, sessions, year, Shape(rest=0.6, months=MONTHS, festival=0.45, drift=0.18))
    begun = clock(rng, days, ROUND_THE_CLOCK)
    order = np.argsort(begun, kind="stable")
    machine, begun = _machines_on(rng, days)[order], begun[order]
    session = np.repeat(np.arange(sessions), size)
    took = rng.integers(35, 170, total)
    elapsed = np.cumsum(took) - took
    first = np.cumsum(size) - size
    started = begun[session] + (elapsed - elapsed[first][session]).astype("timedelta64[s]")
    age = draw(rng, list(AGES.values()), sessions)
    user = rng.integers(10_000, size=sessions)
    frame = pl.DataFrame(
        {
            "transaction_id": numbered(f"DEMO-JY-{year}-", total),
            "kiosk_id": kiosk_ids().gather(machine[session]),
            "started_at": moments(started),
            "ended_at": moments(started + (took - 5).astype("timedelta64[s]")),
            "town": pick(TOWNS, fleet().town[machine[session]]),
            "session_id": numbered(f"DEMO-HH-{year}-", sessions).gather(session),
            "age_group": pick(tuple(AGES), age[session]),
            "user_id_number": "441323********" + pl.Series(user[session]).cast(pl.String).str.zfill(4),
        }
    )
    return frame.with_columns(**_done(rng, total))


def _done(rng: np.random.Generator, total: int) -> dict[str, pl.Series]:
    service = draw(rng, [service.weight for service in SERVICES], total)
    outcome = draw(rng, (0.977, 0.0155, 0.0075), total)
    reason = pick(tuple(FAILURES), draw(rng, list(FAILURES.values()), total))
    codes = numbered("DEMO-YZ-", len(SERVICES), 3)
    return {
        "item_code": codes.gather(service),
        "item": pick([each.name for each in SERVICES], service),
        "department": pick([each.department for each in SERVICES], service),
        "handling": pick([each.handling for each in SERVICES], service),
        "result": pick(("成功", "失败", "中断"), outcome),
        "failure_reason": only_where(reason, outcome == 1),
    }

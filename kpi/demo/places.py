"""Towns with their invented weights, and the twenty service halls of the demonstration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kpi.demo.days import Floats

TOWN_WEIGHTS: dict[str, float] = {
    "平山街道": 310,
    "大岭街道": 140,
    "白花镇": 70,
    "梁化镇": 35,
    "稔山镇": 75,
    "铁涌镇": 20,
    "平海镇": 32,
    "吉隆镇": 100,
    "黄埠镇": 95,
    "多祝镇": 65,
    "安墩镇": 18,
    "高潭镇": 6,
    "宝口镇": 6,
    "白盆珠镇": 10,
    "巽寮滨海旅游度假区": 12,
    "港口滨海旅游度假区": 22.5,
    "九龙峰旅游区": 1.5,
}
TOWNS = tuple(TOWN_WEIGHTS)
SHORT = tuple(
    name.removesuffix("滨海旅游度假区").removesuffix("旅游区").removesuffix("街道").removesuffix("镇") for name in TOWNS
)
COAST = ("巽寮滨海旅游度假区", "港口滨海旅游度假区", "平海镇", "稔山镇")
MODEL_SITES = (
    "平山街道",
    "大岭街道",
    "白花镇",
    "梁化镇",
    "稔山镇",
    "平海镇",
    "吉隆镇",
    "黄埠镇",
    "多祝镇",
    "巽寮滨海旅游度假区",
)


@dataclass(frozen=True)
class Hall:
    """One service hall: where it stands, how many windows it has, and its share of the town's cases."""

    name: str
    tier: str
    town: str
    windows: int
    rated_windows: int
    share: float


def town_shares(power: float = 1.0) -> Floats:
    """Return each town's share in the order of TOWNS; a power below 1 flattens the invented weights."""
    weight: Floats = np.array(list(TOWN_WEIGHTS.values())) ** power
    weight /= weight.sum()
    return weight


def town_index(name: str) -> int:
    """Return the position of a town in TOWNS."""
    return TOWNS.index(name)


def _town_hall(town: str, short: str) -> Hall:
    windows = 3 + round(TOWN_WEIGHTS[town] ** 0.4)
    rated = windows if town in MODEL_SITES else windows - 1
    return Hall(f"{short}便民服务中心", "镇级", town, windows, rated, 0.35 if town == "平山街道" else 1.0)


HALLS = (
    Hall("惠东县行政服务中心", "县级", "平山街道", 58, 58, 0.5),
    Hall("惠东县医疗保障服务大厅", "县级", "平山街道", 12, 12, 0.15),
    Hall("惠东县婚姻登记大厅", "县级", "平山街道", 4, 4, 0.0),
    *(_town_hall(town, short) for town, short in zip(TOWNS, SHORT, strict=True)),
)
HALL_NAMES = tuple(hall.name for hall in HALLS)
HALL_TOWNS = np.array([town_index(hall.town) for hall in HALLS])
HALL_WINDOWS = np.array([hall.windows for hall in HALLS])


def halls_of(rng: np.random.Generator, towns: np.ndarray) -> np.ndarray:
    """Return for each town position a hall position in HALLS, by the halls' shares of their town."""
    chosen = np.empty(len(towns), np.int64)
    for town in range(len(TOWNS)):
        here = np.flatnonzero(town == HALL_TOWNS)
        share = np.array([HALLS[hall].share for hall in here])
        mine = towns == town
        chosen[mine] = rng.choice(here, size=int(mine.sum()), p=share / share.sum())
    return chosen

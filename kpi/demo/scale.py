"""How large the demonstration is: the exact totals every builder must meet, and its fixed dates."""

from __future__ import annotations

from datetime import datetime

SEED = 441323
YEARS = (2022, 2023)

LAST_EXPORT = datetime(2024, 1, 5, 8, 30)

TOTALS: dict[str, dict[int, int]] = {
    "rating": {2022: 118_204, 2023: 136_639},
    "ticket": {2022: 45_812, 2023: 49_494},
    "kiosk_transaction": {2022: 121_036, 2023: 147_014},
    "cross_region_case": {2022: 1_702, 2023: 1_876},
    "one_window_case": {2022: 10_480, 2023: 12_113},
    "assisted_case": {2022: 2_610, 2023: 3_002},
}
CALLBACKS_RATED = 42_000
CALLBACKS_SATISFIED = 40_047
MARRIAGES = {2022: 585, 2023: 640}
KIOSKS_IN_USE = 269
KIOSKS_IDLE = 14
ITEMS = {"全市通办": 384, "跨省通办": 65, "深惠通办": 206, "一件事": 107}
"""Items per list at the end of 2023; the lists overlap and must not be added up."""

"""A scorecard row put into words piece by piece: its title, its amounts, its differences, its comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from kpi.calendar import Period, parse_period, short_day
from kpi.measure.wording import MOST_DECIMALS, digits, rounded, with_unit

BEFORE = {"day": "前一日", "week": "上周", "month": "上月", "quarter": "上季度", "year": "上年"}
# A change of fewer than ten pieces, or to more than three times as many, says more in pieces than in per cent.
TINY_BASE, HUGE_CHANGE = 10, 200
LUNAR = "农历同期"


class Sentence(NamedTuple):
    """One sentence, and metric@period[:member]#column for each column its numbers come from."""

    text: str
    keys: tuple[str, ...]


class Row:
    """A scorecard row of which any column but metric and period may be missing or null."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        """Take the row as it is; UnknownName when its ``period`` is none."""
        self._columns = columns
        self.period = parse_period(columns["period"])
        self.unit: str = columns.get("unit") or ""
        self.decimals: int = columns.get("decimals") or 0
        member = columns.get("member")
        self.subject = (columns["metric"], member)
        self.root = f"{columns['metric']}@{columns['period']}{f':{member}' if member else ''}"
        self.name: str = columns.get("name") or columns["metric"]
        self.title = beside(member or "", self.name)

    def __getitem__(self, column: str) -> Any:
        return self._columns.get(column)

    def amount(self, column: str) -> str:
        """Return a column of the metric's unit with it: 95.35% · 1,234 宗; null is —."""
        return with_unit(self[column], self.unit, self.decimals)

    def keys(self, *columns: str) -> tuple[str, ...]:
        """Return metric@period[:member]#column per column, leaving out those that are null."""
        return tuple(f"{self.root}#{column}" for column in dict.fromkeys(columns) if self[column] is not None)

    def said(self, text: str, *columns: str) -> Sentence:
        """Return a sentence whose numbers come from ``columns``."""
        return Sentence(text, self.keys(*columns))

    def difference(self, value: float, unit: str | None = None) -> str:
        """Return the size of a difference with its unit, at as many decimals as keep it from reading 0."""
        unit = self.difference_unit if unit is None else unit
        decimals = self.difference_decimals(unit)
        while value and decimals < MOST_DECIMALS and rounded(abs(value), decimals) == 0:
            decimals += 1
        return f"{digits(abs(value), decimals)}{'' if unit == '%' else ' '}{unit}".rstrip()

    def difference_decimals(self, unit: str) -> int:
        """Return the decimals a difference in ``unit`` is written with: one at least for per cent and 个百分点."""
        return 1 if unit == "%" else max(self.decimals, 1) if unit == "个百分点" else self.decimals

    @property
    def aim(self) -> str:
        """The target as it stands in a sentence: 目标 ≥ 95% · 年目标 ≥ 2,000 宗 · 目标介于 5%－8%."""
        text = self["target_text"] or self.amount("target")
        if text[1:3] == "目标":
            return str(text)
        return f"目标{'' if text.startswith('介于') else ' '}{text}"

    @property
    def difference_unit(self) -> str:
        """What differences of the metric are in: 个百分点 for rates, else its own unit."""
        return "个百分点" if self.unit == "%" else self.unit


def beside(left: str, right: str) -> str:
    """Join two pieces, with a space where one ends or the other begins with a Latin letter, a digit or a sign."""
    if left and right and (left[-1].isascii() or right[0].isascii()):
        return f"{left} {right}"
    return left + right


def briefly(period: Period) -> str:
    """Return a period as briefly as it is said: 第 48 周 · 12 月 · 第 4 季度 · 2023 年 · 12月3日."""
    first = period.first
    return {
        "day": short_day(first),
        "week": f"第 {first.isocalendar().week} 周",
        "month": f"{first.month} 月",
        "quarter": f"第 {(first.month + 2) // 3} 季度",
        "year": f"{first.year} 年",
    }[period.kind]


class _Move(NamedTuple):
    """One comparison: with what, how much, which way (1 up, 0 level, -1 down), and the columns used."""

    label: str
    text: str
    side: int
    columns: tuple[str, ...]


def changes(row: Row) -> Sentence | None:
    """Return the change against the period before, the same period last year and the lunar one, where known.

    A period under way is compared with as many days of the period before.
    """
    if row["value"] is None:
        return None
    before = BEFORE[row.period.kind]
    asked = {"previous": before if row["is_complete"] is not False else f"{before}同样天数", "last_year": "去年同期"}
    if row.period.kind == "year":
        asked.pop("last_year")
    moves = [_move(row, column, label) for column, label in asked.items()]
    missing = "、".join(label for label, move in zip(asked.values(), moves, strict=True) if move is None)
    known = [move for move in moves if move is not None]
    end = f"；{missing}没有可比数据" if missing else ""
    feast = _move(row, "festival", LUNAR)
    if feast is not None and row["festival"] != row["last_year"]:
        known.append(feast)
        end += "；" + beside(f"{LUNAR}指", row["festival_label"]) if row["festival_label"] else ""
    if not known:
        return row.said(f"{missing}没有可比数据。")
    return row.said(f"{_joined(known)}{end}。", *(c for move in known for c in move.columns), "festival_label")


def _move(row: Row, column: str, label: str) -> _Move | None:
    past, now, change = row[column], row["value"], row[f"{column}_change"]
    # A figure counted under another definition is shown, but nothing may be said of the difference.
    if past is None or (change is None and row["definition_changed_on"] is not None):
        return None
    unit = row["change_unit"] if row["change_unit"] is not None else row.difference_unit
    if unit == "%" and past == now:
        return _Move(label, "持平", 0, (column, "value"))
    if unit == "%" and (past == 0 or now == 0 or change is None or _says_little(row, past, change)):
        way, side = ("增", 1) if now > past else ("降", -1)
        text = beside(f"由 {row.amount(column)}", f"{way}至 {row.amount('value')}")
        return _Move(label, text, side, (column, "value"))
    columns = (column, "value") if change is None else (f"{column}_change",)
    change = now - past if change is None else change
    if rounded(abs(change), row.difference_decimals(unit)) == 0:
        return _Move(label, "持平", 0, columns)
    up, down = {"%": ("增长", "下降"), "个百分点": ("上升", "下降")}.get(unit, ("增加", "减少"))
    return _Move(
        label, f"{up if change > 0 else down} {row.difference(change, unit)}", 1 if change > 0 else -1, columns
    )


def _says_little(row: Row, past: float, change: float) -> bool:
    return abs(change) > HUGE_CHANGE or (row["kind"] == "total" and abs(past) < TINY_BASE)


def _joined(moves: Sequence[_Move]) -> str:
    """Join comparisons by their meaning: 也 for the same way as before, 但 (then 而) for the other."""
    if all(move.side == 0 for move in moves):
        labels = [move.label for move in moves]
        return f"与{'、'.join(labels)}{'均' if len(labels) > 1 else ''}持平"
    clauses: list[str] = []
    last, turns = 0, iter(("但", "而"))
    for move in moves:
        if move.side == 0:
            clauses.append(f"与{move.label}持平")
            continue
        but = next(turns) if clauses and last != move.side else ""
        clauses.append(f"{but}较{move.label}{'也' if last == move.side else ''}{move.text}")
        last = move.side
    return "，".join(clauses)

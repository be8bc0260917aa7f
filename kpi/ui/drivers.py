"""What drove a change: the sentence, every member's part, and the line that sums to the change. Part of the card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from kpi.calendar import parse_period
from kpi.measure import digits, rounded, with_unit
from kpi.ui import format as fmt
from kpi.ui import page, tables
from kpi.ui.tables import Column, Html

COLUMNS = (
    Column("member", "成员", width="22%"),
    Column("before", "前", figures=True),
    Column("after", "后", figures=True),
    Column("contribution", "贡献", figures=True),
    Column("bar", "", width="20%"),
    Column("rate", "其中水平", figures=True),
    Column("mix", "其中结构", figures=True),
    Column("share", "占变化", figures=True),
)
PARTS = ("contribution", "rate", "mix")
MOST, MOST_DECIMALS = 12, 6


def show(found: Mapping[str, Any]) -> None:
    """Draw what ``measure.explain`` found, or the sentence that says why nothing can be said."""
    if "problem" in found:
        page.nothing(found["problem"])
        return
    page.say(found["sentence"] + found["note"])
    moved = [each for each in found["drivers"] if each["contribution"]]
    if not moved:
        return
    shown = moved[:MOST]
    rest = [each for each in found["drivers"] if each not in shown]
    decimals, longest = _decimals(found), max(abs(each["contribution"]) for each in shown)
    rows = [_row(each, found, decimals, longest) for each in shown]
    if rest:
        still = "" if any(each["contribution"] for each in rest) else "，没有影响"
        nothing = dict.fromkeys(("before", "after", "bar"), Html(""))
        rows.append({"member": f"其余 {len(rest)} 个{still}", **nothing, **_summed(rest, decimals)})
    total = {"member": Html("<b>合计＝变化</b>"), "bar": Html(""), **_summed(found["drivers"], decimals)}
    total |= {side: _figure(found[side], found) for side in ("before", "after")}
    tables.show(_columns(found), [*rows, total], f"变化的来源，按{found['dimension']}，单位 {found['change_unit']}")


def _columns(found: Mapping[str, Any]) -> list[Column]:
    """Return the columns under their headings; only a rate has a level and a mix that can move apart."""
    headings = {
        "member": found["dimension"],
        "before": _short(found["vs"], found["vs_label"]),
        "after": _short(found["period"], found["period_label"]),
        "contribution": f"贡献（{found['change_unit']}）",
    }
    is_split = any(each["rate"] is not None for each in found["drivers"])
    columns = [column for column in COLUMNS if is_split or column.field not in {"rate", "mix"}]
    return [replace(column, heading=headings.get(column.field, column.heading)) for column in columns]


def _short(period: str, label: str) -> str:
    """Return a period as a column is headed; a span of days, which has no short name, by its label."""
    return label if ".." in period else fmt.brief(parse_period(period))


def _decimals(found: Mapping[str, Any]) -> int:
    """Return as many decimals as let the largest contribution be told from nothing; whole pieces have none."""
    parts = [each["contribution"] for each in found["drivers"]]
    if all(part == round(part) for part in parts):
        return 0
    decimals, largest = 2, max(map(abs, parts))
    while decimals < MOST_DECIMALS and rounded(largest, decimals) == 0:
        decimals += 1
    return decimals


def _figure(value: float | None, found: Mapping[str, Any]) -> str:
    return with_unit(
        value, found["unit"], {"total": 0, "gauge": 0 if found["unit"] != "%" else 2}.get(found["kind"], 2)
    )


def _row(each: Mapping[str, Any], found: Mapping[str, Any], decimals: int, longest: float) -> dict[str, Any]:
    return {
        "member": _member(each, found),
        "before": _figure(each["before"], found),
        "after": _figure(each["after"], found),
        "bar": _bar(each["contribution"], found["change"], longest),
        **{name: _signed(each[name], decimals) for name in PARTS},
        "share": _percent(each["share"]),
    }


def _member(each: Mapping[str, Any], found: Mapping[str, Any]) -> Html:
    """Return a member's name, a town as the link to its own card, with whether it came or went."""
    name = each["member"] or "未填写"
    linked = tables.card_link(name, found["metric"], found["period"], name) if found["by"] == "town" else escape(name)
    note = "本期新出现" if each["is_new"] else "本期不再出现" if each["is_gone"] else ""
    return Html(f"{linked}<small class='kpi-note'>{note}</small>" if note else linked)


def _bar(part: float, change: float, longest: float) -> Html:
    """Return a contribution as a bar from the middle, strong where it goes the way of the whole."""
    width = 50 * abs(part) / longest
    side = "left:50%" if part > 0 else "right:50%"
    way = "与总的变化同向" if part * change > 0 else "与总的变化反向"
    kind = "kpi-with" if part * change > 0 else "kpi-against"
    return Html(f'<div class="kpi-part" title="{way}"><i class="{kind}" style="{side};width:{width:.1f}%"></i></div>')


def _summed(drivers: Sequence[Mapping[str, Any]], decimals: int) -> dict[str, Any]:
    def total(name: str) -> float | None:
        known = [each[name] for each in drivers if each[name] is not None]
        return sum(known) if known else None

    return {**{name: _signed(total(name), decimals) for name in PARTS}, "share": _percent(total("share"))}


def _percent(share: float | None) -> str:
    return "" if share is None else f"{digits(100 * share)}%"


def _signed(value: float | None, decimals: int) -> str:
    if value is None:
        return ""
    text = digits(value, decimals)
    return f"+{text}" if value > 0 and text.strip("0.") else text

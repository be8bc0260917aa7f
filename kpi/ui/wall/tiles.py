"""The tiles of the wall as plain data: every word and length ready, so that the browser only has to place them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from kpi.calendar import parse_period, short_day
from kpi.catalogue import Town
from kpi.measure import decimals_of, digits, with_unit
from kpi.ui import attention
from kpi.ui import format as fmt
from kpi.ui.figures import sparkline_svg
from kpi.ui.palette import mark
from kpi.ui.wall.plan import TilePlan

Row = Mapping[str, Any]
Part = dict[str, Any]
SPARK_SIZE = (296, 64)
# A comma hangs below the line and would touch the bar under a headline figure.
THIN_SPACE = "\u2009"
SHOWN = 3
BEFORE = {"week": "上周", "month": "上月", "year": "上年"}


def metric_tile(plan: TilePlan, row: Row, trend: pl.DataFrame) -> Part:
    """Return a headline tile; ``row`` is its scorecard row, ``trend`` the weekly `series` of the same metric."""
    value, unit = fmt.headline(row["value"], row["unit"], row["decimals"])
    return {
        "kind": "metric",
        "title": plan.title,
        "value": value.replace(",", THIN_SPACE),
        "unit": unit if row["value"] is not None else "",
        "status": status(row["status"]),
        "bar": _bar(row),
        "aim": _aim(row),
        "made": _made(row, plan.period),
        "spark": _spark(trend),
        "period": fmt.brief(parse_period(row["period"])),
        "span": f"近 {trend.height} 周",
        "age": f"截至{short_day(row['as_of'])}" if row["as_of"] else "尚无数据",
    }


def status(word: str) -> Part:
    """Return a status as the screen needs it: word, shape and tone."""
    return {"word": word, "shape": mark(word).shape, "tone": mark(word).tone}


def _share(part: float, whole: float) -> float:
    return round(min(100.0, max(0.0, 100 * part / whole)), 1)


def _judged(row: Row) -> float | None:
    """What the target is compared with: under a yearly amount the year to date, whatever period is shown."""
    amount: float | None = row["value"] if row["to_date"] is None else row["to_date"]
    return amount


def _bar(row: Row) -> Part | None:
    """The value from zero, in per cent of the rail, and the tick at what is due by now."""
    value, target = _judged(row), row["target"]
    if value is None or target is None:
        return None
    due = row["expected_to_date"] if row["expected_to_date"] is not None else target
    full = 100.0 if row["unit"] == "%" else max(value, target, due) * 1.02 or 1.0
    return {"filled": _share(value, full), "due": _share(due, full), "tone": mark(row["status"]).tone}


def _aim(row: Row) -> str:
    if row["target"] is None:
        return "未设目标" if row["status"] == "未设目标" else str(row["status_reason"])
    if row["to_date"] is None:
        return _target(row)
    amount, unit = fmt.headline(row["target"], row["unit"], row["decimals"])
    ceiling = "≤ " if row["target_sign"] == "≤" else ""
    demo = "演示" if row["target_is_demo"] else ""
    return f"{demo}年目标 {ceiling}{amount} {unit.removesuffix(row['unit'])}".rstrip()


def _target(row: Row) -> str:
    """The target without its unit: that stands beside the figure already, and a line has no room to say it twice."""
    amount = digits(row["target"], decimals_of(row["target"], row["decimals"]))
    demo = "演示" if row["target_is_demo"] else ""
    return f"{demo}目标 {row['target_sign']} {amount}{'%' if row['unit'] == '%' else ''}"


def _made(row: Row, period: str) -> str:
    """What stands behind the figure: records of a rate, progress of a yearly amount, else the week before."""
    if row["to_date"] is not None and row["target"]:
        return f"进度 {digits(100 * row['to_date'] / row['target'])}%"
    if row["unit"] == "%" and row["n"] is not None:
        return f"n = {digits(row['n'])}"
    if row["previous"] is None:
        return ""
    return f"{BEFORE[period]} {digits(row['previous'], row['decimals'])}"


def _spark(trend: pl.DataFrame) -> str:
    if trend["value"].drop_nulls().len() < 2:
        return ""
    values, lower, upper, kinds = (trend[name].to_list() for name in ("value", "lower", "upper", "signal_kind"))
    return sparkline_svg(values, lower, upper, kinds, "dark", SPARK_SIZE, stroke=3.5)


def exceptions_tile(plan: TilePlan, week: pl.DataFrame, headline: Sequence[str], by_town: Sequence[Part]) -> Part:
    """Return what needs a decision: the three most urgent metrics of the week's scorecard, then towns.

    Headline metrics come before others of the same urgency. ``k / N`` counts metrics, not towns.
    """
    lesser = ~pl.col("metric").is_in(list(headline))
    missed, moving = attention.missed(week), attention.moving(week)
    met_and_moving = moving.sort(lesser, maintain_order=True)
    urgent = missed.sort(pl.col("status") != "未达标", lesser, maintain_order=True).vstack(met_and_moving)
    items = [*(_exception(row) for row in urgent.head(SHOWN).iter_rows(named=True)), *by_town][:SHOWN]
    return {
        "kind": "exceptions",
        "title": plan.title,
        "count": f"{urgent.height} / {week.height} 项指标",
        "items": items,
        "quiet": "" if items else "本周没有需要关注的指标",
    }


def _exception(row: Row) -> Part:
    word = row["status"] if mark(row["status"]).tone in ("missed", "watch") else "关注"
    details = [row["signal"]] if row["signal_kind"] == "concern" else []
    if row["projection"] is not None:
        return {"mark": status(word), "title": " ".join([row["name"], *details]), "detail": _outlook(row)}
    value = with_unit(row["value"], row["unit"], row["decimals"])
    if row["target"] is not None:
        details.insert(0, _target(row))
    return {"mark": status(word), "title": f"{row['name']} {value}", "detail": "，".join(details)}


def _outlook(row: Row) -> str:
    """Where the year ends or has ended, and how far that is from its target."""
    is_over = row["expected_to_date"] == row["target"]
    amount, unit = fmt.headline(row["projection"], row["unit"], row["decimals"])
    gap, gap_unit = fmt.headline(abs(row["target"] - row["projection"]), row["unit"], row["decimals"])
    short = (row["projection"] > row["target"]) == (row["target_sign"] == "≤")
    return f"{'全年' if is_over else '预计年底'} {amount} {unit}，{'差' if short else '超'} {gap} {gap_unit}"


def town_exceptions(rows: pl.DataFrame, towns: Sequence[Town], short: str) -> list[Part]:
    """Return the towns that missed the target, the worst first, as items of the exceptions tile."""
    names = {town.name: town.short for town in towns}
    missed = rows.filter((pl.col("status") == "未达标") & pl.col("value").is_not_null())
    # "Worst" depends on which side of the target is good.
    is_ceiling = missed["target_sign"].eq("≤").any()
    return [
        {
            "mark": status(row["status"]),
            "title": f"{names.get(row['member'], row['member'])} {short} "
            f"{with_unit(row['value'], row['unit'], row['decimals'])}",
            "detail": _target(row) + (f"，n = {digits(row['n'])}" if row["n"] is not None else ""),
        }
        for row in missed.sort("value", descending=is_ceiling).iter_rows(named=True)
    ]


def towns_tile(plan: TilePlan, rows: pl.DataFrame, towns: Sequence[Town], span: str) -> Part:
    """Return the grid of towns for the period named ``span``; a town without a row is 缺实绩."""
    known = {row["member"]: row["status"] for row in rows.iter_rows(named=True)}
    cells = [
        {"name": town.short, "row": town.row, "column": town.column, **status(known.get(town.name, "缺实绩"))}
        for town in towns
    ]
    tones = [cell["tone"] for cell in cells]
    words = {"未达标": "未达标", "关注": "关注", "达标": "达标", "缺实绩": "未评判"}
    tallies = [(mark(word), said, tones.count(mark(word).tone)) for word, said in words.items()]
    return {
        "kind": "towns",
        "title": plan.title,
        "cells": cells,
        "span": span,
        "counts": [
            {"tone": shown.tone, "text": f"{shown.shape} {said} {count}"} for shown, said, count in tallies if count
        ],
    }

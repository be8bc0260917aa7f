"""The register of metrics and targets, as people read it."""

from __future__ import annotations

from html import escape
from typing import Any

from kpi.catalogue import COUNTY, EACH_TOWN, PERIODS, SIGNS, Metric, Target, TargetRegister
from kpi.measure import digits, with_unit
from kpi.ui import format as fmt
from kpi.ui.tables import Column, Html, card_link

COLUMNS = (
    Column("name", "指标", wide=True, width="21%"),
    Column("definition", "口径与公式", wide=True, width="27%"),
    Column("target", "目标与依据", wide=True, width="25%"),
    Column("owner", "责任单位", width="11%"),
    Column("source", "数据来源", wide=True, width="16%"),
)
DIRECTIONS = {"up": "越高越好", "down": "越低越好", "neutral": "只监测，不评高低"}
KINDS = {"ratio": "比率", "total": "期内合计", "gauge": "期末数", "percentile": "分位数"}


def matches(metric: Metric, sought: str) -> bool:
    """Say whether every word sought occurs in what the register says of ``metric``, whatever the case."""
    text = " ".join(
        (metric.key, metric.code, metric.name, metric.short, metric.definition, metric.owner, metric.source)
    )
    return all(word in text.casefold() for word in sought.casefold().split())


def rows(metrics: list[Metric], register: TargetRegister, period: str) -> list[dict[str, Any]]:
    """Return one display row per metric; its name opens the card of ``period``."""
    return [
        {
            "name": _name(metric, period),
            "definition": _definition(metric),
            "target": _targets(metric, register.of(metric.key)),
            "owner": metric.owner,
            "source": metric.source,
        }
        for metric in metrics
    ]


def sentence(metrics: list[Metric], register: TargetRegister) -> str:
    """Return how many of ``metrics`` have a target and on what ground."""
    shown = {metric.key for metric in metrics}
    by_document = {target.metric for target in register.targets if not target.demo} & shown
    by_demo = {target.metric for target in register.targets if target.demo} & shown - by_document
    demo = f" · {len(by_demo)} 项演示目标（只随演示数据出现）" if by_demo else ""
    rest = len(shown) - len(by_document) - len(by_demo)
    return f"{len(shown)} 项指标：{len(by_document)} 项有文件依据的目标{demo} · {rest} 项未设目标。"


def formula(metric: Metric) -> str:
    """Return how the figure is made, in words."""
    times = "" if metric.scale == 1 else f" × {digits(metric.scale)}"
    if metric.scale < 1:
        times = f" ÷ {digits(1 / metric.scale)}"
    if metric.kind == "ratio":
        return f"公式：分子合计 ÷ 分母合计{times}，先合计后相除"
    if metric.kind == "percentile":
        return f"公式：逐件数值的第 {digits(100 * (metric.quantile or 0))} 百分位"
    if metric.kind == "gauge":
        return f"公式：期末分子 ÷ 期末分母{times}" if metric.denominator else "公式：截至期末的累计增减"
    return "公式：期内逐件合计"


def _name(metric: Metric, period: str) -> Html:
    facts = [metric.unit, KINDS[metric.kind], DIRECTIONS[metric.direction]]
    if metric.minimum_n > 1:
        facts.append(f"n ≥ {digits(metric.minimum_n)} 才评价")
    note = escape(f"{metric.code} · {' · '.join(facts)}")
    return Html(f"{card_link(metric.name, metric.key, period)}<small class='kpi-note'>{note}</small>")


def _targets(metric: Metric, targets: list[Target]) -> Html:
    if not targets:
        return Html('<span class="kpi-grey">未设目标</span>')
    return Html("".join(_target(metric, target) for target in targets))


def _target(metric: Metric, target: Target) -> str:
    span = f"{fmt.day(target.valid_from)}起" + (f"，至 {fmt.day(target.valid_to)}" if target.valid_to else "")
    badge = ' <span class="kpi-demo">演示目标</span>' if target.demo else ""
    document = "" if target.demo and not target.recorded_by else f"{target.document}；{target.clause}；"
    return (
        f"<div><b>{escape(aim(metric, target))}</b>{badge}"
        f"<small class='kpi-note'>{escape(document + span)}</small></div>"
    )


def aim(metric: Metric, target: Target) -> str:
    """Return a target in words, with its place: ≥ 95% · 全年累计 ≥ 2,000 宗 · 各镇街 ≤ 2 件 · 停用目标."""
    if target.value is None:
        return "停用目标"
    place = {COUNTY: "", EACH_TOWN: "各镇街 "}.get(target.scope, f"{target.scope} ")
    span = "" if target.period == "any" else f"{PERIODS[target.period]}{'累计' if metric.kind == 'total' else ''} "
    if target.relative_to_last_year:
        return f"{place}{span}{SIGNS[target.direction]} 上年同期的 {digits(100 * target.value)}%"
    bounds = [_amount(metric, bound) for bound in target.bounds if bound is not None]
    return f"{place}{span}{SIGNS[target.direction]} {'－'.join(bounds)}"


def _amount(metric: Metric, value: float) -> str:
    return with_unit(value, metric.unit, 0 if value == int(value) else metric.decimals or 1)


def _definition(metric: Metric) -> Html:
    """Return the newest definition with its formula, and since when it holds where it was ever changed."""
    text, notes = metric.definition, [formula(metric)]
    if metric.changes:
        newest = metric.changes[-1]
        text, notes = newest.definition, [*notes, f"口径自 {fmt.day(newest.on)}起变更；此前各版见指标卡"]
    return Html(escape(text) + "".join(f"<small class='kpi-note'>{escape(note)}</small>" for note in notes))

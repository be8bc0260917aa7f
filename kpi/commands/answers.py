"""Commands that answer questions: the scorecard, one metric's card, what drove a change, the list of metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from kpi.calendar import Period, parse_period, period_of
from kpi.catalogue import load as load_catalogue
from kpi.commands.group import as_json_text, as_of_option, cli, conditions_of, json_option, past_day
from kpi.measure import Source, card, digits, explain, open_source, overview, scorecard, with_unit
from kpi.store import NAMES

PERIOD_WORDS = "2023、2023-Q4、2023-12、2023-W48 或 2023-12-03。"


def _head(source: Source, as_of: str | None, period: Period) -> dict[str, Any]:
    generation = source.generation
    return {
        "dataset": generation.dataset,
        "dataset_name": NAMES[generation.dataset],
        "generation": generation.number,
        "as_of_day": as_of,
        "period": period.key,
        "period_label": period.label,
        "as_of": generation.as_of,
    }


@cli.command("scorecard", help="输出某一时段的指标实绩、目标与状态。")
@click.option("--period", required=True, help=PERIOD_WORDS)
@click.option("--metric", "metrics", multiple=True, help="只要这些指标（可重复）。")
@click.option("--by", default=None, help="按维度拆分，如 town、department。")
@click.option("--where", "conditions", multiple=True, help="只看某个成员，如 town=多祝镇（可重复）。")
@as_of_option
@json_option
def scorecard_command(
    period: str,
    metrics: Sequence[str],
    by: str | None,
    conditions: Sequence[str],
    as_of: str | None,
    as_json: bool,
) -> None:
    """Print the scorecard of one period, as it is known now or was on a past day."""
    source, asked = open_source(past_day(as_of)), parse_period(period)
    frame = scorecard(source, asked, list(metrics) or None, by, conditions_of(conditions))
    said = overview(frame.to_dicts())
    if as_json:
        narrative = [{"text": each.text, "keys": list(each.keys)} for each in said]
        click.echo(as_json_text({**_head(source, as_of, asked), "narrative": narrative, "rows": frame.to_dicts()}))
        return
    generation = source.generation
    back = f" · 回看 {as_of}" if as_of else ""
    click.echo(f"{NAMES[generation.dataset]} · {asked.label} · 数据截至 {generation.as_of}{back}")
    for each in said:
        click.echo(each.text)
    for row in frame.iter_rows(named=True):
        click.echo(_scorecard_line(row))


@cli.command("explain", help="说明一个指标的变化由谁带来：各成员贡献之和等于变化。")
@click.argument("metric")
@click.option("--period", required=True, help=PERIOD_WORDS)
@click.option(
    "--vs",
    "versus",
    default="previous",
    help="与谁比：previous 上期，last_year 去年同期，festival 春节同期，或一个时段。",
)
@click.option("--by", default=None, help="按哪个维度归因；不写则逐个维度寻找最能说明问题的。")
@click.option("--where", "conditions", multiple=True, help="只看某个成员，如 town=多祝镇（可重复）。")
@as_of_option
@json_option
def explain_command(
    metric: str,
    period: str,
    versus: str,
    by: str | None,
    conditions: Sequence[str],
    as_of: str | None,
    as_json: bool,
) -> None:
    """Print what drove the change of one metric."""
    source, asked = open_source(past_day(as_of)), parse_period(period)
    found = explain(source, metric, asked, versus, by, conditions_of(conditions))
    if as_json:
        click.echo(as_json_text({**_head(source, as_of, asked), **found.as_dict()}))
        return
    click.echo(f"{NAMES[source.generation.dataset]} · {found.sentence}{found.note}")
    for driver in found.drivers:
        parts = (
            "" if driver.rate is None or driver.mix is None else f"（水平 {driver.rate:+.4g}，结构 {driver.mix:+.4g}）"
        )
        click.echo(f"{driver.contribution:+12.4g} {found.unit_of_change}  {driver.member}{parts}")
    click.echo(f"{found.change:+12.4g} {found.unit_of_change}  合计")


@cli.command("card", help="一个指标的指标卡：口径、公式、来源、批次、目标沿革、状态规则。")
@click.argument("metric")
@click.option("--period", default=None, help=f"不写为最近一个完整的周；可写 {PERIOD_WORDS}")
@click.option("--where", "conditions", multiple=True, help="只看某个成员，如 town=多祝镇（可重复）。")
@as_of_option
@json_option
def card_command(metric: str, period: str | None, conditions: Sequence[str], as_of: str | None, as_json: bool) -> None:
    """Print everything known about one metric."""
    source = open_source(past_day(as_of))
    asked = parse_period(period) if period else _last_full_week(source, metric)
    found = card(source, metric, asked, conditions_of(conditions))
    if as_json:
        click.echo(as_json_text({**_head(source, as_of, asked), **found}))
        return
    click.echo(f"{NAMES[source.generation.dataset]} · {found['name']}（{found['code']}）· {found['period_label']}")
    for each in found["sentences"]:
        click.echo(each["text"])
    rule = found["rule"]
    click.echo(f"口径：{found['definition']['in_force']}")
    click.echo(f"公式：{found['formula']['words']}。{found['formula']['numbers']}")
    click.echo(f"状态：{rule['status']}，适用规则 {rule['number']}（{rule['condition']}）：{rule['sentence']}")
    click.echo(f"责任单位：{found['owner']}；来源：{'、'.join(each['system'] for each in found['sources'])}")
    click.echo(f"批次：{'、'.join(str(batch['batch']) for batch in found['batches']) or '无'}")
    for target in found["targets"]:
        click.echo(f"目标：{target['text']}，{target['valid_from']} 起，{target['document']}（{target['clause']}）")


def _last_full_week(source: Source, metric: str) -> Period:
    week = period_of("week", source.as_of(source.catalogue.metric(metric)) or source.generation.as_of)
    return week if week.last <= source.generation.as_of else week.previous()


@cli.command(help="列出全部指标及其口径。")
@as_of_option
@json_option
def metrics(as_of: str | None, as_json: bool) -> None:
    """Print every metric of the catalogue, with the changes of definition known now or on a past day."""
    day = past_day(as_of)
    catalogue = load_catalogue() if day is None else load_catalogue().known_on(day)
    if as_json:
        click.echo(as_json_text({"metrics": [asdict(metric) for metric in catalogue.metrics.values()]}))
        return
    for metric in catalogue.metrics.values():
        click.echo(f"{metric.key:<28}{metric.name}（{metric.unit}）：{metric.definition}")


def _scorecard_line(row: dict[str, Any]) -> str:
    value = with_unit(row["value"], row["unit"], row["decimals"])
    member = f" · {row['member']}" if row["member"] else ""
    parts = "" if row["denominator"] is None else f"（{digits(row['numerator'])}/{digits(row['denominator'])}）"
    return f"{row['status']:<5}{row['name']}{member}  {value}{parts}  {row['target_text']}  {row['signal']}"

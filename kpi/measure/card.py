"""The card of one metric (指标卡): everything that answers «what exactly is this number, and can I trust it?»."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from kpi.calendar import Period
from kpi.catalogue import ROOT, Metric, Target
from kpi.measure.comparisons import Moments, Stretch, moments
from kpi.measure.figures import BEGINNING, WholeFigures
from kpi.measure.judge import RULES
from kpi.measure.narrative import sentences
from kpi.measure.restatements import OWN, Restatements
from kpi.measure.scorecard import scorecard
from kpi.measure.source import Source
from kpi.measure.wording import digits, target_text, with_unit
from kpi.store import sum_query
from kpi.store.arrivals import arrivals


def card(source: Source, metric: str, period: Period, where: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what is known of ``metric`` in ``period`` as plain values, one key per part of the card.

    ``row`` is its scorecard row; ``definition`` the words in force and every change of them; ``formula`` how the
    figure was divided, with its numbers; ``queries`` the SQL that gives numerator and denominator, ready to run;
    ``records`` how many records were counted; ``sources`` the systems, their freshness and data quality;
    ``batches`` the files in force behind it; ``targets`` every target ever set, the newest first; ``rule`` the
    rule of status that applied; ``corrections`` every restatement of the figure; ``sentences`` the narrative with
    the keys of its numbers. Raises UnknownName for an unknown metric, dimension or member.
    """
    (chosen,) = source.metrics([metric], where or {})
    where = source.canonical([chosen], where or {})
    row = scorecard(source, period, [metric], where=where).row(0, named=True)
    when = moments(source, chosen, period)
    defined = chosen.on(when.current[1] if when else period.last)
    return {
        "metric": chosen.key,
        "name": chosen.name,
        "code": chosen.code,
        "owner": chosen.owner,
        "period": period.key,
        "period_label": period.label,
        "where": dict(where),
        "row": row,
        "definition": _definition(chosen, defined),
        "formula": _formula(defined, row),
        "queries": _queries(source, chosen, when, where),
        "records": _records(defined, row),
        "sources": _sources(source, defined),
        "batches": _batches(source, defined, when),
        "targets": _targets(source, chosen, period),
        "rule": _rule(row),
        "chart": _chart(source, chosen, row),
        "corrections": _corrections(source, chosen, when, where),
        "sentences": [{"text": said.text, "keys": list(said.keys)} for said in sentences(row)],
    }


def _definition(metric: Metric, defined: Metric) -> dict[str, Any]:
    """Return the definition in force, and all of them with the day each began and its document."""
    versions = [{"from": metric.valid_from, "definition": metric.definition, "document": metric.source}]
    versions += [{"from": c.on, "definition": c.definition, "document": c.document} for c in metric.changes]
    return {"in_force": defined.definition, "versions": versions, "source": metric.source}


def _formula(metric: Metric, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the formula in words and with the numbers of the row."""
    times = "" if metric.scale == 1 else f" × {_plain_scale(metric.scale)}"
    if metric.kind == "percentile":
        words = f"逐件“{metric.numerator}”从小到大排列的第 {digits(100 * (metric.quantile or 0))} 百分位"
        made = f"共 {digits(row['n'])} 件" if row["n"] else ""
    elif metric.denominator:
        stand = "期末" if metric.kind == "gauge" else "期内"
        below = "期末" if metric.denominator_stock else stand
        words = f"{stand}“{metric.numerator}”合计 ÷ {below}“{metric.denominator}”合计{times}，先合计，最后只除一次"
        made = _divided(metric, row, times)
    else:
        words = f"{'截至期末累计' if metric.kind == 'gauge' else '期内'}“{metric.numerator}”合计{times}"
        made = "" if row["numerator"] is None else f"{digits(row['numerator'])}{times}"
    return {
        "words": words,
        "numbers": made,
        "numerator": {"measure": metric.numerator, "value": row["numerator"]},
        "denominator": {"measure": metric.denominator, "value": row["denominator"]},
        "scale": metric.scale,
        "quantile": metric.quantile,
    }


def _divided(metric: Metric, row: Mapping[str, Any], times: str) -> str:
    if row["denominator"] is None:
        return ""
    made = f"{_amount(row['numerator'])} ÷ {_amount(row['denominator'])}{times}"
    return made if row["value"] is None else f"{made} = {with_unit(row['value'], metric.unit, metric.decimals)}"


def _amount(value: float) -> str:
    return digits(value, 0 if value == round(value) else 1)


def _plain_scale(scale: float) -> str:
    return digits(scale) if scale >= 1 else f"1/{digits(1 / scale)}"


def _queries(source: Source, metric: Metric, when: Moments | None, where: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the SQL behind the figure: one query per subject and definition, and the file that makes the events."""
    if when is None:
        return []
    found = []
    for defined, first, last in metric.pieces(*when.current):
        for part, is_stock in _parts(defined):
            subject, measure = part.split(".")
            start = BEGINNING if is_stock else first
            sql = sum_query(source.catalogue.subjects[subject], measure, start, last, where, defined.quantile)
            path = ROOT / "queries" / "measures" / f"{subject}.sql"
            found.append({"part": part, "sql": sql, "events": path.read_text(encoding="utf-8"), "file": path.name})
    return found


def _parts(metric: Metric) -> list[tuple[str, bool]]:
    is_stock = metric.kind == "gauge"
    parts = [(metric.numerator, is_stock)]
    return [*parts, (metric.denominator, is_stock or metric.denominator_stock)] if metric.denominator else parts


def _records(metric: Metric, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many records the figure was counted from, and what they are.

    Under a rate these are the records of the denominator, except where that counts no records (machine-days,
    inhabitants): then those of the numerator.
    """
    by_numerator = metric.denominator is None or metric.denominator_stock or metric.chart == "u_prime"
    if metric.kind == "percentile":
        return {"count": row["n"], "measure": metric.numerator}
    if by_numerator:
        return {"count": row["numerator"], "measure": metric.numerator}
    return {"count": row["denominator"], "measure": metric.denominator}


def _sources(source: Source, metric: Metric) -> list[dict[str, Any]]:
    arrived = {row["subject"]: row for row in arrivals(source.generation, source.catalogue).iter_rows(named=True)}
    found = []
    for key in metric.subjects:
        subject = source.catalogue.subjects[key]
        quality = asdict(subject.quality)
        if metric.limitation:
            quality["limitations"] += metric.limitation
        found.append(
            {
                "subject": key,
                "name": subject.name,
                "system": subject.source,
                "owner": subject.owner,
                "rhythm": subject.rhythm.words,
                "arrival": arrived[key],
                "quality": quality,
            }
        )
    return found


def _batches(source: Source, metric: Metric, when: Moments | None) -> list[dict[str, Any]]:
    """Return the files in force whose period touches the figure's days, the newest import first."""
    if when is None:
        return []
    first = BEGINNING if metric.kind == "gauge" else when.current[0]
    names = ("batch", "subject", "file_name", "period_first", "period_last", "imported_at", "rows_read", "refused")
    return [
        {name: row[name] for name in names}
        for row in source.generation.batches().iter_rows(named=True)
        if row["in_force"]
        and row["subject"] in metric.subjects
        and (row["is_register"] or (row["period_first"] <= when.current[1] and row["period_last"] >= first))
    ]


def _targets(source: Source, metric: Metric, period: Period) -> list[dict[str, Any]]:
    return [_target(source, metric, target, period) for target in source.targets.of(metric.key)]


def _target(source: Source, metric: Metric, target: Target, period: Period) -> dict[str, Any]:
    later = source.targets.superseded_by(target)
    counts = source.targets.find(*target.slot, period.last) == target
    return {
        **{name: value for name, value in asdict(target).items() if name != "metric"},
        "text": "停用目标" if target.value is None else target_text(metric, target, target.value, target.value_high)
        if not target.relative_to_last_year else target_text(metric, target, None),
        "is_in_force": counts,
        "superseded_on": later.valid_from if later else None,
        "superseded_by": later.document if later else None,
    }  # fmt: skip


def _rule(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule that gave the status: its number and condition as in docs/statuses.md, and the sentence."""
    rule = next(rule for rule in RULES if rule.number == row["status_rule"])
    return {
        "number": rule.number,
        "condition": rule.condition,
        "status": row["status"],
        "sentence": row["status_reason"],
    }


def _chart(source: Source, metric: Metric, row: Mapping[str, Any]) -> dict[str, Any]:
    baselines = [asdict(b) for b in source.catalogue.baselines if b.metric == metric.key]
    names = ("chart", "lower", "mean", "upper", "is_trial", "signal", "variation", "assurance", "since_last")
    return {**{name: row[name] for name in names}, "season": metric.season, "baselines": baselines}


def _corrections(
    source: Source, metric: Metric, when: Moments | None, where: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return every correction of the figure, the newest first; none are known of parts other than towns."""
    if when is None or where.keys() - {"town"}:
        return []
    stretch: Stretch = when.current
    figures = WholeFigures(source, [metric], where)
    found = Restatements(source, [stretch], where.get("town")).all(figures, metric, stretch)
    return [{**asdict(each), "sentence": each.sentence(metric, OWN[when.period.kind])} for each in found]

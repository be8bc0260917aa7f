"""What a row of the scorecard says, as an official would note it: fixed rules, no language model.

Every number in a sentence comes from the row's columns that its ``keys`` name. Connectives follow the
meaning: 也 and 且 join what points the same way, 但 what does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from kpi.calendar import period_of, short_day
from kpi.measure.overview import overview
from kpi.measure.phrases import BEFORE, Row, Sentence, beside, briefly, changes
from kpi.measure.wording import digits, figure, rounded

__all__ = ["Sentence", "overview", "sentences"]

Part = Callable[[Row], Sentence | None]
SMALL_N = 30
UNJUDGED = {
    "未设目标": "未设目标",
    "缺基线": "目标缺基线，不作判断",
    "样本不足": "样本不足，不作判断",
    "口径变更": "口径有变更，不作判断",
}
MISSED = ("未达标", "落后")
# What the words of the two questions say in a sentence, and whether it is good news (1) or not (-1).
VARIATION = {
    "正常波动": ("波动属正常范围", 0),
    "变好": ("走势向好，超出正常波动", 1),
    "变差": ("走势不利，超出正常波动", -1),
    "有变化": ("变动超出正常波动", 0),
}
SIGNALS = {"improvement": "变好", "concern": "变差", "neutral": "有变化"}
ASSURANCE = {
    "稳定达标": ("照现有过程能够稳定达标", 1),
    "稳定不达": ("照现有过程难以达标", -1),
    "时好时坏": ("照现有过程时而达标、时而不达标", -1),
}
FUNNEL = {
    "高于": "，高于同等件数的正常范围",
    "低于": "，低于同等件数的正常范围",
    "范围内": "，但与总体的差别在正常范围内",
}
OUTLOOK = {
    "≥": ("预计可以完成", "预计难以完成", "能否完成尚无把握"),
    "≤": ("预计不会超出", "预计会超出", "是否超出尚难断定"),
}
SPANS = {"年": "year", "季": "quarter", "月": "month", "周": "week"}


def sentences(row: Mapping[str, Any]) -> list[Sentence]:
    """Return what one scorecard row says, in order: figure and target, changes, signal, pace, rank, caveats.

    ``row`` holds scorecard columns, any of which may be missing or null except ``metric`` and ``period``;
    amounts are in the metric's unit. Raises UnknownName when ``period`` is none.
    """
    told = Row(row)
    parts = (part(told) for part in (_standing, changes, _variation, _pace, _rank, *CAVEATS))
    return [sentence for sentence in parts if sentence is not None]


def _standing(row: Row) -> Sentence:
    head = beside(row.title, briefly(row.period))
    if row["value"] is None:
        nothing = "没有报送有效数据" if row["status"] == "缺实绩" else "没有可计的件"
        also = f"，{UNJUDGED[row['status']]}" if row["status"] in UNJUDGED else ""
        return row.said(f"{head}{nothing}{also}。", "period", "status")
    columns = ["period", "value"]
    made_of = ""
    if row.unit == "%" and row["numerator"] is not None and row["denominator"] is not None:
        made_of = f"（{digits(row['numerator'])} / {digits(row['denominator'])}）"
        columns += ["numerator", "denominator"]
    return row.said(f"{head}为 {row.amount('value')}{made_of}{_against(row)}。", *columns, *_against_columns(row))


def _against_columns(row: Row) -> tuple[str, ...]:
    return ("status",) if row["status"] in UNJUDGED else ("target", "target_high", "target_text")


def _against(row: Row) -> str:
    """Return how the figure stands to its target; a cumulative amount is told with its pace."""
    status = row["status"]
    if status in UNJUDGED:
        return f"，{UNJUDGED[status]}"
    if row["target"] is None or row["to_date"] is not None:
        return ""
    aim = f"，{row.aim}"
    if status in MISSED:
        is_high = row["value"] > row["target"]
        high = row["target"] if row["target_high"] is None else row["target_high"]
        gap = row.difference(row["value"] - (high if is_high else row["target"]))
        return f"{aim}，{'' if status == '未达标' else '目前'}{'超出' if is_high else '差'} {gap}"
    if status == "关注":
        return f"{aim}，已达到，但走势需要关注"
    return f"{aim}，{'已达到' if status == '达标' else '目前达到，尚不能判定达标'}"


def _variation(row: Row) -> Sentence | None:
    """Return whether the figure moves beyond chance and whether the process can meet its target: two questions."""
    if row["value"] is None or row["status"] == "样本不足":
        return None
    word = row["variation"] or SIGNALS.get(row["signal_kind"] or "", "")
    said, tone = VARIATION.get(word, ("", 0))
    is_special = bool(row["signal"]) and word in SIGNALS.values()
    said += f"（{row['signal']}）" if is_special else ""
    able, outlook = ASSURANCE.get(row["assurance"] or "", ("", 0))
    columns = ["signal"] if is_special else []
    if not said or not able:
        return row.said(f"{said or able}。", *columns) if said or able else None
    joint = "，且" if tone == outlook else "，但" if outlook < 0 or tone < 0 else "，"
    return row.said(f"{said}{joint}{able}。", *columns)


def _pace(row: Row) -> Sentence | None:
    """Return a cumulative amount so far, its pace, and where its time will end."""
    if row["to_date"] is None or row["target"] is None:
        return None
    last = row.period.last if row["as_of"] is None else min(row.period.last, row["as_of"])
    span = period_of(SPANS.get(row.aim[0], "year"), last)
    said = f"{briefly(span)}累计 {row.amount('to_date')}"
    left = row["to_date"] - row["target"]
    if row["target_sign"] == "≤":
        said += f"，{row.aim}，{'已超出' if left > 0 else '尚余'} {row.difference(left, row.unit)}"
    elif row["target"] > 0:
        said += f"，完成{beside(row.aim, '的')} {figure(row['to_date'] / row['target'] * 100, '%', 1)}%"
    columns = ["period", "as_of", "to_date", "target", "target_text"]
    if row["expected_to_date"] is None or last == span.last:
        return row.said(f"{said}。", *columns)
    outlook, more = _outlook(row)
    return row.said(f"{said}，{_due(row)}{outlook}。", *columns, "expected_to_date", "expected_by", *more)


def _due(row: Row) -> str:
    """Return what should be there by now, and how far the amount is from it, both as they are shown."""
    ahead = float(rounded(row["to_date"], row.decimals) - rounded(row["expected_to_date"], row.decimals))
    words = ("快", "慢") if row["target_sign"] == "≤" else ("超前", "落后")
    by_pace = f"{words[ahead < 0]} {row.difference(ahead, row.unit)}" if ahead else "与之持平"
    return f"{row['expected_by'] or '序时'}应为 {row.amount('expected_to_date')}，{by_pace}"


def _outlook(row: Row) -> tuple[str, list[str]]:
    if row["projection"] is None:
        return "", []
    said, columns = f"；照此推算到期末约 {row.amount('projection')}", ["projection"]
    low, high = row["projection_low"], row["projection_high"]
    if low is None or high is None:
        low = high = row["projection"]
    else:
        said += f"（{digits(low, row.decimals)}－{row.amount('projection_high')}）"
        columns += ["projection_low", "projection_high"]
    if (words := OUTLOOK.get(row["target_sign"] or "")) is None:
        return said, columns
    surely, never = low >= row["target"], high < row["target"]
    if row["target_sign"] == "≤":
        surely, never = high <= row["target"], low > row["target"]
    return f"{said}，{words[0] if surely else words[1] if never else words[2]}", columns


def _rank(row: Row) -> Sentence | None:
    funnel = FUNNEL.get(row["funnel"] or "", "")
    if row["rank"] is None or row["rank_of"] is None:
        return row.said(f"{funnel.lstrip('，但')}。") if funnel else None
    whom = "镇街" if row["dimension"] == "town" else "可比成员"
    place = f"第 {digits(row['rank'])} 位{'（并列）' if row['rank_tied'] else ''}"
    return row.said(f"在 {digits(row['rank_of'])} 个{whom}中列{place}{funnel}。", "rank", "rank_of")


def _reason(row: Row) -> Sentence | None:
    if row["value"] is None or row["status"] not in ("样本不足", "缺基线", "口径变更", "数据过期"):
        return None
    return row.said(row["status_reason"], "status_reason") if row["status_reason"] else None


def _few(row: Row) -> Sentence | None:
    if row["value"] is None or row["n"] is None or row["n"] >= SMALL_N or row["status"] == "样本不足":
        return None
    if row["low"] is None or row["high"] is None:
        return row.said(f"样本仅 {digits(row['n'])} 件，一件之差就会有大的变化。", "n")
    span = beside(f"{row.amount('low')}－{row.amount('high')}", "之间")
    return row.said(f"样本仅 {digits(row['n'])} 件，实际水平约在 {span}。", "n", "low", "high")


def _unfinished(row: Row) -> Sentence | None:
    if row["value"] is None or row["is_complete"] is not False or row["has_gap"]:
        return None
    until = "" if row["as_of"] is None else f"，数据截至 {short_day(row['as_of'])}"
    return row.said(f"本期未完{until}。", "as_of")


def _coverage(row: Row) -> Sentence | None:
    if row["value"] is None or row["coverage"] is None or row["coverage"] >= 1:
        return None
    if row["coverage_text"]:
        return row.said(f"{row['coverage_text']}，{_effect(row)}。", "coverage_text")
    return row.said(f"已报送的镇街只占 {figure(row['coverage'] * 100, '%', 0)}%，{_effect(row)}。", "coverage")


def _gap(row: Row) -> Sentence | None:
    return row.said(f"本期有日期缺报，{_effect(row)}。") if row["has_gap"] and row["value"] is not None else None


def _effect(row: Row) -> str:
    return "数量偏低" if row["kind"] == "total" else "结果还可能变动"


def _corrected(prefix: str, column: str) -> Part:
    """Return the part that tells of a figure changed by a later batch."""

    def part(row: Row) -> Sentence | None:
        old, new = row[f"{prefix}restated_from"], row[column]
        if old is None or new is None or rounded(old, row.decimals) == rounded(new, row.decimals):
            return None
        batch, day = row[f"{prefix}restated_batch"], row[f"{prefix}restated_at"]
        source = [*([] if batch is None else [f"批次 {batch}"]), *([short_day(day)] if isinstance(day, date) else [])]
        known_by = f"（{'，'.join(source)}）" if source else ""
        whose = BEFORE[row.period.kind] if prefix else "本期"
        text = beside(f"更正：{whose}数由 {row.amount(f'{prefix}restated_from')}", f"改为 {row.amount(column)}")
        return row.said(
            f"{text}{known_by}。", column, *(f"{prefix}restated_{name}" for name in ("from", "batch", "at"))
        )

    return part


def _redefined(row: Row) -> Sentence | None:
    day = row["definition_changed_on"]
    if not isinstance(day, date):
        return None
    return row.said(f"口径自 {day.year} 年 {short_day(day)}起变更，此前的数不可直接比较。", "definition_changed_on")


def _noted(column: str, standing: str) -> Part:
    """Return the part that repeats a note of the row, or says ``standing`` where the row merely raises a flag."""

    def part(row: Row) -> Sentence | None:
        note = row[column]
        if not note:
            return None
        return row.said(f"{note.rstrip('。')}。" if isinstance(note, str) else standing, column)

    return part


CAVEATS: Sequence[Part] = (
    _reason,
    _few,
    _unfinished,
    _coverage,
    _gap,
    _corrected("", "value"),
    _corrected("previous_", "previous"),
    _redefined,
    _noted("calendar_note", "节假日安排尚未公布，有关期限暂按推算。"),
    _noted("improbable", "这个数异常偏低，建议核对来源。"),
)

"""The parts of the card of one metric, each drawn from the plain values of ``measure.card``."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from kpi.calendar import short_day
from kpi.catalogue import Metric
from kpi.errors import UnknownName
from kpi.measure import digits, with_unit
from kpi.measure.assurance import ICONS
from kpi.ui import area, data, figures, filters, tables
from kpi.ui import format as fmt
from kpi.ui.chart import chart
from kpi.ui.page import View

VERSUS = {"previous": "与上期比", "last_year": "与去年同期比", "festival": "与春节同期比"}
CHARTS = {
    "xmr": "单值—移动极差图（XmR）",
    "p_prime": "p′ 图（已知件数的占比）",
    "u_prime": "u′ 图（已知机会数的发生率）",
    "g": "g 图（两次事件之间的件数）",
    "t": "t 图（两次事件之间的天数）",
    "none": "不适用控制图",
}
TONES = {
    "变好": "met",
    "稳定达标": "met",
    "预计可达": "met",
    "变差": "watch",
    "时好时坏": "watch",
    "稳定不达": "missed",
    "预计不达": "missed",
}
CHANGING = {"正常波动": "没有超出偶然会有的范围", "点数不足": "前面的期数还太少，定不出正常范围"}
MEETING = {
    "稳定达标": "正常范围整个在目标之内",
    "稳定不达": "正常范围整个在目标之外",
    "时好时坏": "目标落在正常范围之中，时达时不达",
    "预计可达": "期末推算区间整个在目标之内",
    "预计不达": "期末推算区间整个在目标之外",
    "尚难判断": "目标落在期末推算区间之中",
}
WHY_NO_CHART = {"gauge": "存量只随增减变动，不围绕一个均值波动", "ratio": "新近时段的结果还来不及发生"}
TREND_HEIGHT = 300


def read(view: View, key: str) -> dict[str, Any]:
    """Return the card's values, or only ``problem``: the sentence that says why there is none."""
    try:
        return data.card(view.now, key, view.period, view.where)
    except UnknownName as error:
        return {"problem": str(error)}


def figure(found: Mapping[str, Any]) -> None:
    """Draw the figure with everything that must stand beside it."""
    row = found["row"]
    value, unit = fmt.headline(row["value"], row["unit"], row["decimals"])
    facts = [
        ("目标", tables.target_text(row)),
        ("件数", tables.made_of(row)),
        ("95% 区间", _range(row, "low", "high")),
        ("截至", short_day(row["as_of"]) if row["as_of"] else "尚无数据"),
        ("覆盖", row["coverage_text"]),
        ("较上期", tables.moved(row, "previous_change")),
        ("较去年同期", tables.moved(row, "last_year_change")),
        ("较春节同期", tables.moved(row, "festival_change") if row["festival"] is not None else ""),
        ("距上次", row["since_last"].removeprefix("距上次 ")),
        ("日历", row["calendar_note"]),
    ]
    lines = "".join(f"<dt>{word}</dt><dd>{escape(str(text))}</dd>" for word, text in facts if text)
    st.html(
        f'<p class="kpi-value kpi-large"><b>{value}</b><span>{escape(unit if row["value"] is not None else "")}</span>'
        f"{tables.pill(row['status'], row['status_reason'])}</p>"
        f'<div class="kpi-questions">{_question("是否在变", row["variation"], _changing(row))}'
        f"{_question('能否达标', row['assurance'], _meeting(row))}</div>"
        f'<p class="kpi-note">适用规则 {found["rule"]["number"]}：{escape(found["rule"]["sentence"])}</p>'
        f'{_pace(row)}<dl class="kpi-pairs">{lines}</dl>'
    )


def _question(asked: str, word: str, detail: str) -> str:
    said = f"{ICONS.get(word, '')} {word}" if word else "– 无从判断"
    tone = TONES.get(word, "grey")
    note = f"<small>{escape(detail)}</small>"
    return f'<div><small>{asked}</small><b class="kpi-signal kpi-{tone}">{escape(said)}</b>{note}</div>'


def _changing(row: Mapping[str, Any]) -> str:
    """Return one line on whether the figure changes, or why that cannot be told."""
    if row["variation"]:
        return row["signal"] or CHANGING.get(row["variation"], "")
    if row["period"][4:6] in ("", "-Q"):
        return "全年、全季只有一个数，请切换到周或月"
    return "这个指标不适用控制图" if row["chart"] == "none" else "本期没有可以判断的数"


def _meeting(row: Mapping[str, Any]) -> str:
    """Return one line on whether the target will be met, or why that cannot be told."""
    if row["assurance"]:
        return MEETING[row["assurance"]]
    if row["direction"] == "neutral":
        return "只监测，不评高低"
    return "未设目标" if row["target"] is None else "没有正常范围可与目标对照"


def _range(row: Mapping[str, Any], low: str, high: str) -> str:
    if row[low] is None or row[high] is None:
        return ""
    ends = [with_unit(row[end], row["unit"], row["decimals"]) for end in (low, high)]
    return "－".join(ends)


def _pace(row: Mapping[str, Any]) -> str:
    """Return the way to a cumulative target: reached, due by now and how that is reckoned, and where it will end."""
    if row["to_date"] is None or row["expected_to_date"] is None:
        return ""
    to_date, expected = (with_unit(row[name], row["unit"], row["decimals"]) for name in ("to_date", "expected_to_date"))
    projected = with_unit(row["projection"], row["unit"], row["decimals"])
    interval = _range(row, "projection_low", "projection_high").replace(f" {row['unit']}－", "－")
    parts = (
        ("到目前", to_date, f"完成 {digits(100 * row['to_date'] / row['target'], 1)}%" if row["target"] else ""),
        ("到目前应达", expected, row["expected_by"] or ""),
        ("预计期末", projected, f"95% 区间 {interval}" if interval else ""),
    )
    cells = "".join(
        f"<div><small>{word}</small><b>{escape(amount)}</b><small>{escape(note)}</small></div>"
        for word, amount, note in parts
    )
    return f'<div class="kpi-questions kpi-pace">{cells}</div>'


def trend(view: View, metric: Metric, found: Mapping[str, Any]) -> None:
    """Draw the metric over weeks or months with its normal range, and say which chart it is and why."""
    with st.container(horizontal=True, vertical_alignment="center"):
        area.head("走势与正常范围", CHARTS[metric.chart])
        step = filters.choice("trend", "步长", {"week": "近 26 周", "month": "近 24 个月"}, width=150)
    last = data.last_begun(view.now, step, view.period)
    series = data.series(view.now, [metric.key], last, 26 if step == "week" else 24, view.where)
    drawn = area.drawn(
        view,
        f"card-{metric.key}-{step}-{last.key}",
        lambda: figures.trend(series, metric.unit, metric.decimals, TREND_HEIGHT),
    )
    chart(drawn, key="metric-trend", height=TREND_HEIGHT)
    st.html(f'<p class="kpi-cardfoot">{"".join(f"<span>{escape(note)}</span>" for note in _chart_notes(found))}</p>')


def _chart_notes(found: Mapping[str, Any]) -> list[str]:
    drawn = found["chart"]
    notes = ["实线本期 · 虚线去年同期 · 浅蓝为正常范围 · 菱形不利 · 方块向好"]
    if drawn["chart"] == "none":
        notes = ["实线本期 · 虚线去年同期"]
        notes.append(f"不画正常范围：{WHY_NO_CHART.get(found['row']['kind'], '这类数不适用控制图')}")
    if drawn["is_trial"]:
        notes.append("点数不足 12，界限为暂定")
    if drawn["season"] == "working_days":
        notes.append("总量按工作日折算后判断")
    for each in drawn["baselines"]:
        locked = f"，锁定至 {fmt.day(each['locked_to'])}" if each["locked_to"] else ""
        notes.append(f"{fmt.day(each['first'])}起新基线{locked}：{each['reason']}")
    return notes


def definition(found: Mapping[str, Any]) -> None:
    """Draw the definition in words with its changes, the formula with its numbers, and the records counted."""
    area.head("口径", found["definition"]["source"])
    formula, records = found["formula"], found["records"]
    changes = "".join(
        f"<li>{escape(fmt.day(each['from']) + '起' if each['from'] else '最初')}：{escape(each['definition'])}"
        f"<small class='kpi-note'>{escape(each['document'])}</small></li>"
        for each in found["definition"]["versions"]
    )
    history = f"<ol class='kpi-versions'>{changes}</ol>" if len(found["definition"]["versions"]) > 1 else ""
    counted = "" if records["count"] is None else f"计入 {digits(records['count'])} 条（{records['measure']}）"
    st.html(
        f"<p>{escape(found['definition']['in_force'])}</p>{history}"
        f'<p class="kpi-formula">{escape(formula["numbers"] or "本期没有可计的数")}</p>'
        f'<p class="kpi-note">{escape(formula["words"])}</p><p class="kpi-note">{escape(counted)}</p>'
    )


def rule(found: Mapping[str, Any]) -> None:
    """Draw the rule of status that applied, and who answers for the metric."""
    applied = found["rule"]
    area.head("状态怎么得来", f"责任单位：{found['owner']}", tables.pill(applied["status"]))
    improbable = found["row"]["improbable"]
    warning = f'<p class="kpi-watch"><b>好得可疑：</b>{escape(improbable)}</p>' if improbable else ""
    st.html(
        f"<p>适用规则 {applied['number']}：{escape(applied['condition'])}。</p>"
        f"<p><b>{escape(applied['sentence'])}</b></p>{warning}"
        '<p class="kpi-note">规则自上而下，第一条成立的决定状态；全表见 docs/statuses.md。</p>'
    )

"""The parts of the card of one metric, each drawn from the plain values of ``measure.card``."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from kpi.calendar import parse_period, short_day
from kpi.catalogue import Metric
from kpi.errors import UnknownName
from kpi.measure import digits, with_unit
from kpi.measure.assurance import ICONS
from kpi.ui import area, data, figures, filters, page, tables
from kpi.ui import format as fmt
from kpi.ui.chart import chart
from kpi.ui.page import View
from kpi.ui.tables import Column, Html

VERSUS = {"previous": "与上期比", "last_year": "与去年同期比", "festival": "与春节同期比"}
CHARTS = {
    "xmr": "单值—移动极差图（XmR）",
    "p_prime": "p′ 图（已知件数的占比）",
    "u_prime": "u′ 图（已知机会数的发生率）",
    "g": "g 图（两次事件之间的件数）",
    "t": "t 图（两次事件之间的天数）",
    "none": "不适用控制图",
}
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
        *_pace(row),
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
        f'<div class="kpi-questions">{_question("是否在变", row["variation"], row["signal"])}'
        f"{_question('能否达标', row['assurance'], '')}</div>"
        f'<dl class="kpi-facts">{lines}</dl>'
    )


def _question(asked: str, word: str, detail: str) -> str:
    said = f"{ICONS.get(word, '')} {word}" if word else "– 无从判断"
    tone = {
        "变好": "met",
        "稳定达标": "met",
        "预计可达": "met",
        "变差": "watch",
        "稳定不达": "missed",
        "预计不达": "missed",
    }
    note = f"<small>{escape(detail)}</small>" if detail else ""
    return f'<div><small>{asked}</small><b class="kpi-{tone.get(word, "grey")}">{escape(said)}</b>{note}</div>'


def _range(row: Mapping[str, Any], low: str, high: str) -> str:
    if row[low] is None or row[high] is None:
        return ""
    ends = [with_unit(row[end], row["unit"], row["decimals"]) for end in (low, high)]
    return "－".join(ends)


def _pace(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    if row["to_date"] is None:
        return []
    to_date, expected = (with_unit(row[name], row["unit"], row["decimals"]) for name in ("to_date", "expected_to_date"))
    ahead = f"{expected}（{row['expected_by']}）"
    projected = with_unit(row["projection"], row["unit"], row["decimals"])
    interval = _range(row, "projection_low", "projection_high")
    return [
        ("累计", to_date),
        ("应达", ahead),
        ("预计期末", projected + (f"（95% 区间 {interval}）" if interval else "")),
    ]


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
    if drawn["is_trial"]:
        notes.append("点数不足 12，界限为暂定")
    if drawn["season"] == "working_days":
        notes.append("总量按工作日折算后判断")
    for each in drawn["baselines"]:
        locked = f"，锁定至 {fmt.day(each['locked_to'])}" if each["locked_to"] else ""
        notes.append(f"{fmt.day(each['first'])}起新基线{locked}：{each['reason']}")
    return notes


DRIVERS = (
    Column("member", "成员"),
    Column("before", "前", figures=True),
    Column("after", "后", figures=True),
    Column("contribution", "贡献", figures=True),
    Column("rate", "其中水平", figures=True),
    Column("mix", "其中结构", figures=True),
    Column("share", "占变化", figures=True),
    Column("note", ""),
)
MOST_DRIVERS = 12


def drivers(found: Mapping[str, Any]) -> None:
    """Draw what drove the change: the sentence, the members, and the line that sums to it."""
    if "problem" in found:
        page.nothing(found["problem"])
        return
    page.say(found["sentence"] + found["note"])
    decimals = {"total": 0, "gauge": 0 if found["unit"] != "%" else 2}.get(found["kind"], 2)
    columns = [c for c in DRIVERS if found["kind"] != "total" or c.field not in {"rate", "mix"}]
    columns[0] = Column("member", found["dimension"])
    columns[1] = Column("before", _short(found["vs"], found["vs_label"]), figures=True)
    columns[2] = Column("after", _short(found["period"], found["period_label"]), figures=True)
    shown = found["drivers"][:MOST_DRIVERS]
    rest = found["drivers"][MOST_DRIVERS:]
    rows = [_driver(each, found["unit"], decimals) for each in shown]
    if rest:
        rows.append(
            {"member": f"其余 {len(rest)} 个", "before": Html(""), "after": Html(""), **_summed(rest, decimals)}
        )
    total = {"member": Html("<b>合计＝变化</b>"), **_summed(found["drivers"], decimals)}
    total |= {side: with_unit(found[side], found["unit"], decimals) for side in ("before", "after")}
    tables.show(columns, [*rows, total], f"变化的来源，按{found['dimension']}，单位 {found['change_unit']}")


def _short(period: str, label: str) -> str:
    """Return a period as a column is headed; a span of days, which has no short name, by its label."""
    return label if ".." in period else fmt.brief(parse_period(period))


def _driver(each: Mapping[str, Any], unit: str, decimals: int) -> dict[str, Any]:
    note = Html("本期新出现" if each["is_new"] else "本期不再出现" if each["is_gone"] else "")
    return {
        "member": each["member"],
        "before": with_unit(each["before"], unit, decimals),
        "after": with_unit(each["after"], unit, decimals),
        **{name: _signed(each[name], decimals) for name in ("contribution", "rate", "mix")},
        "share": "" if each["share"] is None else f"{digits(100 * each['share'])}%",
        "note": note,
    }


def _summed(drivers: list[Mapping[str, Any]], decimals: int) -> dict[str, Any]:
    def total(name: str) -> float | None:
        known = [each[name] for each in drivers if each[name] is not None]
        return sum(known) if known else None

    share = total("share")
    sums = {name: _signed(total(name), decimals) for name in ("contribution", "rate", "mix")}
    return {**sums, "note": Html(""), "share": "" if share is None else f"{digits(100 * share)}%"}


def _signed(value: float | None, decimals: int) -> str:
    if value is None:
        return ""
    text = digits(value, decimals)
    return f"+{text}" if value > 0 and text.strip("0.") else text


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

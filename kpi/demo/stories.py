"""The stories planted in the demonstration, as data, and the page docs/demo.md rendered from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kpi.calendar import DEMO_TODAY, short_day
from kpi.demo import one_window, ticket_handling
from kpi.demo.files import TITLES
from kpi.demo.kiosks import IDLE_FROM
from kpi.demo.places import COAST, TOWN_WEIGHTS
from kpi.demo.scale import CALLBACKS_RATED, CALLBACKS_SATISFIED, ITEMS, KIOSKS_IDLE, KIOSKS_IN_USE, TOTALS


@dataclass(frozen=True)
class Story:
    """One planted story: where and when it happens, which metrics it moves, and what a reader should see.

    ``where`` holds columns of ``subject`` and their values; empty when it concerns the whole county.
    """

    key: str
    title: str
    subject: str
    where: Mapping[str, tuple[str, ...]]
    first: date
    last: date
    metrics: tuple[str, ...]
    seen: str


STORIES = (
    Story(
        "slipping_town",
        "多祝镇工单超期",
        "ticket",
        {"town": (ticket_handling.SLIPPING_TOWN,)},
        *ticket_handling.SLIPPING,
        ("ticket.on_time", "ticket.overdue_open"),
        "这七周到期的工单中，多祝镇按时办结率只有 80%～88%，其余镇街在 97% 上下；"
        "超期的约三成至今未办结，超期未办件多数在多祝镇。12 月 4 日起到期的工单恢复正常。",
    ),
    Story(
        "cross_region_decline",
        "跨域办件连降六周",
        "cross_region_case",
        {},
        date.fromisocalendar(2023, 43, 1),
        date.fromisocalendar(2023, 48, 7),
        ("cross.count", "cross.other"),
        "第 42 周 40 宗，此后第 43 至 48 周依次为 38、35、32、29、25、22 宗，逐周下降；第 49 至 52 周回升到 26～31 宗。"
        "其他整周为 34～42 宗，春节、五一、国庆所在周因工作日少而偏低。",
    ),
    Story(
        "idle_kiosks",
        f"{KIOSKS_IDLE} 台村级自助机闲置",
        "kiosk_transaction",
        {},
        IDLE_FROM,
        date(2023, 12, 31),
        ("kiosk.idle", "kiosk.idle_share", "kiosk.per_machine_day"),
        f"{KIOSKS_IDLE} 台村级自助机自 11 月 20 日起没有一宗业务，设备状态仍为在用；"
        "其余在用自助机从不连续 30 天没有业务。",
    ),
    Story(
        "coverage_gap",
        "白花镇一周没有报送一窗办件",
        "one_window_case",
        {"town": (one_window.GAP_TOWN,)},
        *one_window.GAP_WEEK,
        ("one_window.count",),
        "第 45 周只有 16 个镇街报送，一窗受理量应显示为覆盖不全；其余每个有工作日的周 17 个镇街都有办件。",
    ),
    Story(
        "restatement",
        "一窗办件第 46 周更正",
        "one_window_case",
        {},
        *one_window.RESTATED_WEEK,
        ("one_window.count", "one_window.on_time"),
        "11 月的月度文件导出于 12 月 5 日 8:30，第 46 周的更正文件导出于 12 月 8 日 9:00："
        f"补入漏报 {one_window.MISSED_CASES} 宗，{one_window.LATE_ENTRIES} 宗由办理中改为已办结，"
        f"{one_window.MOVED_CLOSINGS} 宗的办结时间提前。导入后该周数字随之改变，并可追溯到这一批次。",
    ),
    Story(
        "typhoon",
        "台风“苏拉”期间工单激增",
        "ticket",
        {"topic": ("停电", "积水内涝")},
        date(2023, 9, 1),
        date(2023, 9, 3),
        ("ticket.count",),
        "三天收到工单约一千件，是平日的两倍多，以停电、积水内涝为主，不分镇街；随后几天恢复平常。",
    ),
    Story(
        "labour_day_surge",
        "五一滨海旅游工单上升",
        "ticket",
        {"town": COAST},
        date(2023, 4, 29),
        date(2023, 5, 3),
        ("ticket.count",),
        "巽寮、港口、平海、稔山四地工单是平日的数倍，集中在交通秩序、交通违停、民宿纠纷和旅游景区管理；"
        "2022 年五一也有，较小。",
    ),
    Story(
        "national_day_surge",
        "中秋国庆滨海旅游工单上升",
        "ticket",
        {"town": COAST},
        date(2023, 9, 29),
        date(2023, 10, 6),
        ("ticket.count",),
        "同样的四地、同样的问题，持续八天；假期里的投诉从 10 月 7 日起算15 个工作日，集中在 10 月 25 日到期。",
    ),
    Story(
        "spring_festival",
        "春节低谷",
        "rating",
        {},
        date(2023, 1, 21),
        date(2023, 1, 27),
        ("rating.count", "ticket.count", "kiosk.transactions", "one_window.count"),
        "窗口业务停办，热线和自助机减半；2022 年春节在 1 月 31 日至 2 月 6 日，按公历同比会失真，宜按农历对齐。",
    ),
    Story(
        "single_bad_rating",
        "全年一条有效差评",
        "rating",
        {"verification": ("有效差评",)},
        date(2023, 6, 8),
        date(2023, 6, 8),
        ("rating.valid_negative", "rating.rectified", "rating.rectified_on_time", "rating.called_back"),
        "2023 年原始差评 5 条，核实后有效 1 条，在整改期限内整改并实名回访，整改率 100%（1/1）；"
        "2022 年有效差评 3 条，1 条逾期整改。",
    ),
)


def as_markdown() -> str:
    """Return the text of docs/demo.md: what the demonstration holds, what is exact in it, and its stories."""
    return "\n".join([*_opening(), *_totals(), *_exact(), *_stories(), *_weights(), *_files()]) + "\n"


def _opening() -> list[str]:
    return [
        "# 演示数据",
        "",
        "以下全部是**演示数据**：由程序按固定的随机种子生成，姓名、电话、单位编号均为虚构，不反映任何单位的真实工作情况。"
        "所有编号以 `DEMO` 开头，文件标题带“（演示数据）”。",
        "",
        "`python -m kpi demo` 生成 2022、2023 两年的系统导出文件并导入演示库。"
        f"演示的“今天”是 {DEMO_TODAY:%Y-%m-%d}，最后一次导出在 2024-01-05 8:30。每次生成的内容完全相同。",
        "",
    ]


def _totals() -> list[str]:
    rows = [f"| {TITLES[key].strip()} | {years[2022]:,} | {years[2023]:,} |" for key, years in TOTALS.items()]
    return ["## 各年条数", "", "| 业务 | 2022 年 | 2023 年 |", "| --- | ---: | ---: |", *rows, ""]


def _exact() -> list[str]:
    share = 100 * CALLBACKS_SATISFIED / CALLBACKS_RATED
    lists = "、".join(f"{name} {count} 项" for name, count in ITEMS.items())
    return [
        "## 2023 年准确等于的数",
        "",
        "- 上表各年条数，按评价、来电、开始、受理、登记时间计。",
        f"- 2023 年回访并给出最终满意度的工单 {CALLBACKS_RATED:,} 件，基本满意及以上 {CALLBACKS_SATISFIED:,} 件，"
        f"满意率 {share:.2f}%。按回访时间计，含 2022 年底来电、2023 年回访的工单。",
        f"- 2023 年末在用自助机 {KIOSKS_IN_USE} 台，闲置 {KIOSKS_IDLE} 台。",
        f"- 事项清单：{lists}。各清单有重叠，不得相加。",
        "- 原始差评 5 条，其中有效差评 1 条，已按时整改并回访。",
        "- 大厅 20 个（县级 3 个、镇街 17 个），示范点 10 个。",
        "",
        "2023 年各业务总数、热线满意率、自助机台数和各清单项数与自评报告公开的数字一致；"
        "按日、按镇街、按部门的分布，以及 2022 年的数字，都是虚构的。",
        "",
    ]


def _stories() -> list[str]:
    lines = ["## 埋下的情节", ""]
    for story in STORIES:
        period = (
            short_day(story.first)
            if story.first == story.last
            else f"{short_day(story.first)}－{short_day(story.last)}"
        )
        metrics = "、".join(f"`{key}`" for key in story.metrics)
        where = "、".join(value for values in story.where.values() for value in values) or "全县"
        lines += [f"### {story.title}", "", f"2023 年 {period} · {where} · {metrics}", "", story.seen, ""]
    return lines


def _weights() -> list[str]:
    weights = "、".join(f"{town} {weight:g}" for town, weight in TOWN_WEIGHTS.items())
    return [
        "## 镇街权重",
        "",
        f"业务量按下列**虚构**的权重（千人）分到镇街，不是人口统计：{weights}。一窗办件和自助机按权重的 0.6 次方拉平。"
        "镇街人口台账的人数就是这些权重，因此“每万人工单量”也是虚构的。",
        "",
    ]


def _files() -> list[str]:
    return [
        "## 文件",
        "",
        "- 台账四份：自助机、事项、大厅为 2023 年末状态，镇街人口以 2020-11-01 为统计时点；其余六类业务每月一份，"
        "另有一窗办件第 46 周更正一份，共 149 份。",
        "- 评价、自助机业务为 CSV；工单 2023 年 9 月以前为 CSV，10 月起为 XLSX；其余为 XLSX。"
        "评价 2022 年 8 月为 GB18030 编码；2022 年 3 月的表头用系统旧名；"
        "工单 2022 年 9 月、自助机业务 2023 年 5 月的列序不同。"
        "部分文件末行为合计。",
        "- 评价、自助机业务、一窗办件在次月 5 日 8:30 导出；工单、跨域办件、惠帮办各月都是 2024-01-05 8:30 的更正导出，"
        "因此早先月份的办结和回访是完整的，12 月的工单仍有许多在办。",
        "- 每份在导出后 30 分钟导入，分三次发布：2023-12-08 之前导出的、当日 9:00 的更正、2024-01-05 的其余各份；"
        "因此可以照原样再看早先某一天的看板，那时还没有工单、跨域、惠帮办和各台账。",
    ]

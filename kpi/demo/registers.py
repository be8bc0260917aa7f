"""The registers of service items, service halls and town populations, as they stood at the end of 2023."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import polars as pl

from kpi.demo.days import Days, span
from kpi.demo.people import numbered
from kpi.demo.places import HALLS, MODEL_SITES, TOWN_WEIGHTS
from kpi.demo.scale import ITEMS, SEED

FIRST_ACTIONS = ("首次申请", "变更", "延续", "补证", "注销")
SERVICE_ACTIONS = ("申请", "信息变更", "查询", "证明开具")
OFFERS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "县公安局": (
        "行政许可",
        ("特种行业许可", "保安服务许可", "烟花爆竹运输许可"),
        ("户口登记", "居民身份证", "居住证"),
    ),
    "县人力资源和社会保障局": (
        "行政许可",
        ("人力资源服务许可", "劳务派遣经营许可", "特殊工时制度审批"),
        ("失业登记", "就业补贴", "职业资格证书"),
    ),
    "市社会保险基金管理局惠东分局": (
        "行政给付",
        ("养老保险待遇", "工伤保险待遇", "失业保险金"),
        ("社会保障卡", "社会保险参保登记", "养老保险关系转移接续"),
    ),
    "县市场监督管理局": (
        "行政许可",
        ("食品经营许可", "药品经营许可", "特种设备使用登记"),
        ("企业登记", "个体工商户登记", "股权出质登记"),
    ),
    "县城市管理和综合执法局": (
        "行政许可",
        ("占用城市道路许可", "户外广告设置许可", "城市建筑垃圾处置核准"),
        ("园林绿化服务", "市容环境服务", "城市照明服务"),
    ),
    "县住房和城乡建设局": (
        "行政许可",
        ("建筑工程施工许可", "商品房预售许可", "燃气经营许可"),
        ("公租房", "商品房合同备案", "住房租赁备案"),
    ),
    "县自然资源局": (
        "行政许可",
        ("建设用地规划许可", "建设工程规划许可", "采矿权登记"),
        ("不动产登记", "不动产抵押登记", "宅基地登记"),
    ),
    "市生态环境局惠东分局": (
        "行政许可",
        ("排污许可", "危险废物经营许可", "辐射安全许可"),
        ("环境影响登记表", "环境信用", "固体废物申报"),
    ),
    "县交通运输局": (
        "行政许可",
        ("道路货物运输经营许可", "道路旅客运输经营许可", "港口经营许可"),
        ("道路运输证", "从业资格证", "船舶登记"),
    ),
    "县水利局": (
        "行政许可",
        ("取水许可", "河道采砂许可", "水土保持方案审批"),
        ("农村饮水服务", "水利工程质量服务", "用水计划"),
    ),
    "县农业农村局": (
        "行政许可",
        ("动物防疫条件许可", "兽药经营许可", "农药经营许可"),
        ("农机购置补贴", "拖拉机登记", "渔业船舶登记"),
    ),
    "县教育局": (
        "行政许可",
        ("民办学校办学许可", "教师资格认定", "校车使用许可"),
        ("学籍", "义务教育入学", "学生资助"),
    ),
    "县卫生健康局": (
        "行政许可",
        ("医疗机构执业许可", "公共场所卫生许可", "护士执业注册"),
        ("出生医学证明", "计划生育奖励扶助", "预防接种证"),
    ),
    "县医疗保障局": (
        "行政给付",
        ("基本医疗费用报销", "生育保险待遇", "医疗救助"),
        ("异地就医备案", "城乡居民医保参保", "医保关系转移接续"),
    ),
    "县民政局": (
        "行政确认",
        ("社会团体登记", "民办非企业单位登记", "慈善组织认定"),
        ("婚姻登记", "高龄津贴", "最低生活保障"),
    ),
    "县文化广电旅游体育局": (
        "行政许可",
        ("营业性演出许可", "互联网上网服务许可", "高危险性体育项目许可"),
        ("旅行社备案", "民宿备案", "文艺团体备案"),
    ),
    "县应急管理局": (
        "行政许可",
        ("危险化学品经营许可", "烟花爆竹零售许可", "非煤矿山安全许可"),
        ("安全生产考核", "应急预案备案", "特种作业证"),
    ),
    "国家税务总局惠东县税务局": (
        "其他",
        ("增值税最高开票限额", "延期缴纳税款核准", "税务登记"),
        ("个人所得税完税证明", "发票", "房产交易税费"),
    ),
    "住房公积金管理部": (
        "公共服务",
        ("单位缴存登记", "个人账户", "住房公积金贷款"),
        ("住房公积金提取", "异地转移接续", "贷款结清"),
    ),
}
LIFE_EVENTS = (
    *("新生儿出生", "灵活就业", "企业职工退休", "公民身后", "二手房转移", "新房办证", "结婚落户", "军人退役"),
    *("残疾人服务", "入学", "大学生创业", "人才引进", "退休养老", "医疗费用报销", "车辆检验", "水电气网报装"),
    *("企业开办", "企业注销", "企业变更", "信用修复", "招工用工", "项目开工", "项目竣工", "上市服务"),
    *("民宿登记", "渔船登记", "农机购置", "困难救助", "社保转移"),
)
SHOPS = (
    *("餐饮店", "便利店", "药店", "理发店", "美容店", "健身房", "书店", "网吧", "宾馆", "民宿", "奶茶店", "烘焙店"),
    *("母婴店", "宠物店", "诊所", "口腔诊所", "培训机构", "托育机构", "洗车店", "汽修店", "超市", "水果店"),
    *("鞋厂", "五金店", "影院", "歌舞厅"),
)
CENSUS_DAY = date(2020, 11, 1)
LISTED_BY = (("一件事", date(2023, 11, 28)), ("深惠通办", date(2023, 9, 26)), ("通办", date(2023, 6, 27)))


def _offered() -> list[tuple[str, str, str]]:
    rows = []
    for department, (kind, permits, services) in OFFERS.items():
        rows += [(f"{thing}（{action}）", department, kind) for thing in permits for action in FIRST_ACTIONS]
        rows += [(f"{thing}（{action}）", department, "公共服务") for thing in services for action in SERVICE_ACTIONS]
    return rows


def _one_things() -> list[tuple[str, str, str]]:
    departments = tuple(OFFERS)
    shops = [f"{verb}{shop}" for verb in ("开办", "变更", "注销") for shop in SHOPS]
    return [
        (
            f"{theme}一件事",
            "县市场监督管理局" if position >= len(LIFE_EVENTS) else departments[position % len(departments)],
            "公共服务",
        )
        for position, theme in enumerate((*LIFE_EVENTS, *shops))
    ]


def _listed_on(rng: np.random.Generator, last: date, count: int) -> Days:
    """Return ``count`` listing days from 2021 on, thinning out towards ``last``, which itself occurs."""
    days = span(date(2021, 1, 4), last)
    chosen: Days = days[(len(days) * rng.random(count) ** 1.6).astype(int)]
    chosen[0] = days[-1]
    return chosen


@cache
def service_items() -> pl.DataFrame:
    """Return the 620 service items, one per row, with the catalogue's columns of ``service_item``."""
    rng = np.random.default_rng([SEED, 7])
    offered, themes = _offered(), _one_things()
    count, plain = len(offered) + len(themes), len(offered)
    order = rng.permutation(plain)
    lists = {name: np.zeros(count, bool) for name in ITEMS}
    lists["全市通办"][order[: ITEMS["全市通办"]]] = True
    lists["跨省通办"][order[ITEMS["全市通办"] - 50 :][: ITEMS["跨省通办"]]] = True
    lists["深惠通办"][order[220:][: ITEMS["深惠通办"]]] = True
    lists["一件事"][plain:] = True
    listed = _listed_on(rng, date(2021, 12, 31), count)
    general = lists["全市通办"] | lists["跨省通办"]
    groups = (lists["一件事"], lists["深惠通办"] & ~general, general)
    for (_, last), mask in zip(LISTED_BY, groups, strict=True):
        listed[mask] = _listed_on(rng, last, int(mask.sum()))
    due_in = rng.random(count) > 0.02
    names, departments, kinds = zip(*offered, *themes, strict=True)
    frame = pl.DataFrame(
        {
            "item": names,
            "department": departments,
            "kind": kinds,
            "is_citywide": lists["全市通办"],
            "is_cross_province": lists["跨省通办"],
            "is_shenzhen_huizhou": lists["深惠通办"],
            "is_one_thing": lists["一件事"],
            "should_be_stationed": due_in,
            "is_stationed": due_in & (rng.random(count) < 0.96),
            "listed_on": listed,
        }
    )
    return frame.with_columns(item_code=numbered("DEMO-SX-", count, 4))


def service_halls() -> pl.DataFrame:
    """Return the 20 service halls, one per row, with the catalogue's columns of ``service_hall``."""
    return pl.DataFrame(
        {
            "hall_code": numbered("DEMO-DT-", len(HALLS), 2),
            "hall": [hall.name for hall in HALLS],
            "tier": [hall.tier for hall in HALLS],
            "town": [hall.town for hall in HALLS],
            "window_count": [hall.windows for hall in HALLS],
            "rated_window_count": [hall.rated_windows for hall in HALLS],
            "is_model_site": [hall.tier == "镇级" and hall.town in MODEL_SITES for hall in HALLS],
            "opened_on": [date(2019 + position % 3, 1 + position % 12, 8) for position in range(len(HALLS))],
        }
    )


def town_populations() -> pl.DataFrame:
    """Return one count per town on the census day, with the catalogue's columns of ``town_population``.

    The inhabitants are the invented weights, not the census.
    """
    count = len(TOWN_WEIGHTS)
    return pl.DataFrame(
        {
            "population_id": numbered("DEMO-RK-", count, 2),
            "town": list(TOWN_WEIGHTS),
            "residents": [round(weight * 1000) for weight in TOWN_WEIGHTS.values()],
            "counted_on": [CENSUS_DAY] * count,
            "basis": ["演示数据（虚构权重）"] * count,
        },
        schema_overrides={"residents": pl.Int32},
    )

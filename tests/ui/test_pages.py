"""Every page, run as Streamlit runs it, on the demonstration data and on stores of every other state."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from kpi import engine
from kpi.calendar import parse_period
from kpi.catalogue import AREAS, load
from kpi.measure import STATUSES, Source, scorecard
from kpi.ui import attention, data, importing, register, tables
from kpi.ui.main import PAGES
from kpi.ui.palette import STATUS

ROOT = Path(__file__).resolve().parents[2]
ABOUT_PERIODS = ("overview", "ratings", "hotline", "kiosks", "counters")
OTHERS = ("register", "imports", "health")
Show = Callable[..., AppTest]
CASES = "办件编号,受理时间,通办类型,婚姻登记,受理镇街,承诺时限,办结时间,办件状态\n"


def text(app: AppTest) -> str:
    """Return everything the page drew as HTML, without the markup."""
    return re.sub(r"<[^>]+>", " ", " ".join(block.proto.body for block in app.get("html")))


@pytest.fixture
def show(demo_store: Path, monkeypatch: pytest.MonkeyPatch) -> Show:
    """Return a function (page, store=demonstration, **address) that runs one page to its end."""

    def run(name: str, store: Path = demo_store, **address: str) -> AppTest:
        monkeypatch.setenv("KPI_STORE", str(store))
        app = AppTest.from_file(str(ROOT / "kpi" / "ui" / "main.py"), default_timeout=60)
        if name != "overview":
            app.run()
            app.switch_page(f"../../pages/{name}.py")
        for field, value in address.items():
            app.query_params[field] = value
        return app.run()

    return run


@pytest.mark.parametrize("period", ["2023", "2023-W48", "2022-W01"])
@pytest.mark.parametrize("name", ABOUT_PERIODS)
def test_a_page_about_a_period_shows_it_and_says_what_it_rests_on(show: Show, name: str, period: str) -> None:
    app = show(name, period=period)
    assert not app.exception
    assert not app.error
    said = text(app)
    for needed in (parse_period(period).label, "演示数据", "数据截至 2023年12月31日", "版数据"):
        assert needed in said


@pytest.mark.parametrize("name", OTHERS)
def test_a_page_without_a_period_runs(show: Show, name: str) -> None:
    app = show(name)
    assert not app.exception
    assert not app.error
    assert "演示数据" in text(app)


def test_the_overview_states_the_year_as_the_report_does(show: Show) -> None:
    said = text(show("overview", period="2023"))
    for figure in ("95.35", "40,047 / 42,000", "13.7", "14.7", "4.9", "1,876", "3,002", "384"):
        assert figure in said
    assert f"{len(load().metrics)} 项指标：" in said


def test_the_overview_names_what_went_wrong_in_the_planted_week(show: Show) -> None:
    app = show("overview", period="2023-W48")
    said = text(app)
    assert "多祝镇" in said.split("先看例外")[0]
    assert "按时办结率 · 多祝镇" in said
    assert "跨域通办办件量 22 宗" in re.sub(r"\s+", " ", said)


@pytest.mark.parametrize("area", list(AREAS))
def test_the_full_table_says_what_the_scorecard_says(show: Show, demo_source: Source, area: str) -> None:
    period = parse_period("2023-12")
    mine = [metric.key for metric in demo_source.catalogue.metrics.values() if metric.area == area]
    rows = tables.metric_rows(scorecard(demo_source, period, mine))
    bodies = [block.proto.body for block in show(area, period="2023-12").get("html")]
    table = [body for body in bodies if "kpi-table" in body and "kpi-folded" not in body][-1]
    assert table.count("<tr>") == 1 + len(mine)
    for row in rows:
        for field in ("name", "value", "target", "status"):
            assert str(row[field]) in table.replace("&lt;", "<")


@pytest.mark.parametrize("week", ["2023-W45", "2023-W48"])
def test_the_chart_marks_the_signal_the_table_names(demo_source: Source, week: str) -> None:
    period, keys = (
        parse_period(week),
        [metric.key for metric in demo_source.catalogue.metrics.values() if metric.headline],
    )
    table = scorecard(demo_source, period, keys).select("metric", "signal", "lower", "upper")
    drawn = data.series(demo_source.generation, keys, period, 13)
    assert drawn.group_by("metric").len()["len"].unique().to_list() == [13]
    assert drawn.filter(period=week).select(table.columns).equals(table)


def test_one_town_can_be_looked_at_alone(show: Show, demo_source: Source) -> None:
    app = show("hotline", period="2023-W48", town="多祝镇")
    assert not app.exception
    row = scorecard(demo_source, parse_period("2023-W48"), ["ticket.on_time"], where={"town": "多祝镇"}).row(
        0, named=True
    )
    assert tables.made_of(row) in text(app)
    assert app.selectbox(key="choice-town").value == "多祝镇"
    assert "格子按方位示意" not in text(app)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("period", "abc", "时段“abc”不是年、月或周"),
        ("period", "2023-Q4", "不是年、月或周"),
        ("period", "2031-W01", "还没有数据"),
        ("period", "2023-W99", "时段“2023-W99”不是年、月或周"),
        ("town", "火星", "地址中的镇街“火星”不存在"),
        ("metric", "<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ("trend", "century", "地址中的步长“century”不存在"),
    ],
)
def test_an_address_that_cannot_be_read_is_said_in_a_sentence(
    show: Show, field: str, value: str, sentence: str
) -> None:
    app = show("hotline", **{field: value})
    assert not app.exception
    assert sentence in " ".join(block.proto.body for block in app.get("html"))
    assert "全部指标" in text(app)


def test_the_arrows_and_kinds_move_the_period(show: Show) -> None:
    app = show("hotline", period="2023-W48")
    app.button(key="period-back").click().run()
    assert parse_period("2023-W47").label in text(app)
    app.button(key="period-on").click().run()
    app.button(key="period-month").click().run()
    assert parse_period("2023-12").label in text(app)
    assert app.button(key="period-on").disabled
    app.button(key="period-year").click().run()
    assert parse_period("2023").label in text(app)


def test_any_metric_can_be_split_by_any_of_its_dimensions(show: Show) -> None:
    app = show("hotline", period="2023", metric="ticket.on_time", by="urgency")
    assert "按时办结率 · 按紧急程度" in text(app)
    app.selectbox(key="choice-metric").select("ticket.satisfaction").run()
    assert "12345 群众满意率 · 按紧急程度" in text(app)


def test_the_register_is_searched_by_every_word(show: Show) -> None:
    app = show("register", q="热线 满意率")
    said = text(app)
    assert "首次满意率" in said
    assert "粤智助业务量" not in said
    assert "没有与“不存在的东西”相符的指标" in text(show("register", q="不存在的东西"))


def test_the_register_gives_the_ground_of_every_target(show: Show) -> None:
    catalogue = load(demo=True)
    said = text(show("register"))
    for target in catalogue.targets:
        assert target.demo or (target.document in said and target.clause in said)
    without = set(catalogue.metrics) - {target.metric for target in catalogue.targets}
    assert len(re.findall("未设目标 ", said)) == len(without)
    assert "演示目标" in said


def test_the_register_says_the_newest_definition_and_how_it_is_scaled(show: Show) -> None:
    metrics = load().metrics
    assert register.formula(metrics["ticket.dispatch_hours"]).endswith("÷ 分母合计 ÷ 3,600，先合计后相除")
    said = re.sub(r"\s+", " ", text(show("register", q=metrics["ticket.contact_confirmed"].code.lower())))
    assert "回访接通的工单，按回访时间计；没有明确回答的按未联系计。" in said
    assert "口径自 2023年7月1日起变更" in said


def test_data_health_shows_the_week_a_town_sent_nothing(show: Show) -> None:
    body = next(
        b.proto.body for b in show("health").get("html") if "kpi-strip" in b.proto.body and "kpi-gap" in b.proto.body
    )
    row = re.search(r'<th scope="row">白花</th>(.*?)</tr>', body)
    weeks = re.findall(r'<th scope="col" title="[^"]*">(\d\d)</th>', body)
    assert row is not None
    cells = re.findall(r'<td class="(kpi-there|kpi-gap)"', row[1])
    assert [week for week, cell in zip(weeks, cells, strict=True) if cell == "kpi-gap"] == ["45"]
    assert body.count("kpi-gap") == 1


@pytest.mark.parametrize("name", [file.removesuffix(".py") for file, *_ in PAGES if file != "wall.py"])
def test_without_any_data_a_page_says_what_to_do(show: Show, tmp_path: Path, name: str) -> None:
    app = show(name, store=tmp_path)
    assert not app.exception
    said = text(app)
    assert "导入" in said or name == "register"
    assert "演示数据" not in said.replace("建立演示数据", "")


def case(number: int, town: str = "平山街道", closed: str = "2024-01-05 10:00") -> str:
    """Return one line of a cross-region export as a real system would write it."""
    return (
        f"HD2024010{number:03d},2024-01-0{1 + number % 4} 09:00,跨省通办,否,{town},2024-01-20 18:00,{closed},已办结\n"
    )


def test_a_real_file_is_previewed_and_imported_and_leaves_no_figure_once_undone(show: Show, tmp_path: Path) -> None:
    content = CASES + "".join(case(number) for number in range(8)) + case(8, town="月球镇")
    app = show("imports", store=tmp_path)
    app.file_uploader[0].set_value(("跨域.csv", content.encode("gb18030"), "text/csv")).run()
    said = text(app)
    assert "跨域通办办件" in said
    assert "编码 gb18030，表头在第 1 行" in said
    assert "镇街不认识 1 行" in said
    app.button(key="import-confirm").click().run()
    assert "已生效" in text(app)
    assert not app.warning
    shown = text(show("counters", store=tmp_path))
    assert "8 宗" in shown
    assert "演示数据" not in shown
    engine.undo(tmp_path, 1, load())
    assert "已撤销" in text(show("imports", store=tmp_path))
    assert "没有有效数据" in text(show("counters", store=tmp_path))


def test_a_file_that_cannot_go_in_gives_its_sentence_and_nothing_to_confirm(show: Show, tmp_path: Path) -> None:
    app = show("imports", store=tmp_path)
    app.file_uploader[0].set_value(("junk.csv", b"a,b\n1,2\n", "text/csv")).run()
    assert "junk.csv" in app.error[0].value
    assert "import-confirm" not in [button.key for button in app.button]


def test_real_and_demonstration_files_are_not_confirmed_together(show: Show, tmp_path: Path) -> None:
    app = show("imports", store=tmp_path)
    real, demo = CASES + case(1), CASES + case(2).replace("HD", "DEMO")
    files = [("real.csv", real.encode(), "text/csv"), ("demo.csv", demo.encode(), "text/csv")]
    app.file_uploader[0].set_value(files).run()
    assert "不能一起导入" in app.error[0].value
    assert "import-confirm" not in [button.key for button in app.button]


def test_refused_rows_are_saved_without_anything_a_spreadsheet_would_run() -> None:
    refused = pl.DataFrame(
        {"line": [3], "rule": ["日期不存在"], "reason": ["…"], "raw": ['{"工单编号": "=1+1", "标题": "-2"}']}
    )
    saved = importing.refused_csv(refused).decode("utf-8-sig").splitlines()
    assert saved == ["行,规则,原因,工单编号,标题", "3,日期不存在,…,'=1+1,'-2"]


def standing(*rows: tuple[str, str, str], period: str = "2023-W48") -> pl.DataFrame:
    """Return a scorecard of (metric, status, signal kind), as far as attention reads it."""
    names = ["metric", "status", "signal_kind"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    return frame.with_columns(
        name="metric", period=pl.lit(period), member=pl.lit(None, pl.String), signal=pl.lit(""), value=pl.lit(1.0)
    )


def test_the_sentence_counts_by_status() -> None:
    frame = standing(("a", "达标", "none"), ("b", "超前", "none"), ("c", "落后", "none"), ("d", "未设目标", "none"))
    said = attention.sentence(frame, frame)
    assert said.startswith("4 项指标：2 达标 · 1 关注 · 0 未达标 · 1 未设目标。")
    assert "最需关注：c" in said


def test_a_missed_target_comes_before_a_slipping_one_and_movement_is_kept_apart() -> None:
    frame = standing(
        ("a", "关注", "none"),
        ("b", "达标", "concern"),
        ("c", "未达标", "concern"),
        ("d", "落后", "none"),
        ("e", "达标", "improvement"),
    )
    assert attention.missed(frame)["metric"].to_list() == ["c", "d", "a"]
    assert attention.moving(frame)["metric"].to_list() == ["b"]


def test_what_joined_and_left_the_exceptions_is_said() -> None:
    now = standing(("a", "未达标", "none"), ("b", "达标", "none"), ("c", "未设目标", "none"))
    before = standing(("a", "达标", "none"), ("b", "未达标", "none"), ("c", "未设目标", "none"), period="2023-W47")
    assert attention.sentence(now, before).endswith("与上期相比新增例外 1 项（a），恢复达标 1 项（b）。")
    assert "与上期相比" not in attention.sentence(now, now)


def test_the_worst_towns_are_named_once() -> None:
    towns = standing(("a", "未达标", "none"), ("a", "达标", "none")).with_columns(
        member=pl.Series(["多祝镇", "平山街道"])
    )
    all_is_well = standing(("a", "达标", "none"))
    assert attention.sentence(all_is_well, all_is_well, towns).count("多祝镇") == 1
    assert "平山街道" not in attention.sentence(all_is_well, all_is_well, towns)
    assert attention.sentence(all_is_well, all_is_well, towns.tail(1)) == "1 项指标：1 达标 · 0 未达标。"


def test_a_quiet_year_takes_the_signal_of_its_newest_week() -> None:
    week = standing(("a", "达标", "concern")).with_columns(signal=pl.lit("连续 7 点低于均值"))
    shown = attention.with_recent_signals(standing(("a", "达标", "none")), week)
    assert shown.select("signal", "signal_kind").row(0) == ("连续 7 点低于均值", "concern")


def test_every_status_of_the_measure_room_has_a_mark() -> None:
    assert set(STATUSES) <= set(STATUS)


def test_text_from_data_cannot_become_markup() -> None:
    table = tables.markup([tables.Column("name", "名称")], [{"name": "<img src=x onerror=alert(1)>"}], "例")
    assert "<img" not in table
    assert "&lt;img" in table


def test_a_card_says_what_the_number_is_and_which_rule_judged_it(show: Show, demo_source: Source) -> None:
    app = show("card", metric="ticket.on_time", period="2023-W48")
    assert not app.exception and not app.error
    said = re.sub(r"\s+", " ", text(app))
    metric = demo_source.catalogue.metrics["ticket.on_time"]
    for needed in (
        metric.definition,
        metric.owner,
        "908 ÷ 942 × 100 = 96.39%",
        "适用规则 19",
        "合计＝变化",
        "如何核验",
    ):
        assert needed in said
    assert "演示-12345工单-2023-11.xlsx" in said and "closed_on_time" in said


@pytest.mark.parametrize("key", list(load().metrics))
def test_every_metric_has_its_card(show: Show, key: str) -> None:
    app = show("card", metric=key, period="2023-12")
    assert not app.exception and not app.error
    assert load().metrics[key].definition in text(app)


def test_a_card_that_does_not_exist_is_said_in_a_sentence(show: Show) -> None:
    assert "地址中的指标“no.such”不存在" in text(show("card", metric="no.such"))
    said = text(show("card", metric="item.citywide", period="2023", town="多祝镇"))
    assert "不能按“town”拆分" in said


def test_a_corrected_figure_says_what_it_was(show: Show) -> None:
    said = text(show("card", metric="one_window.count", period="2023-W46"))
    assert "由 277 宗改为 280 宗" in said
    assert "上周数由 277 宗改为 280 宗" in text(show("counters", period="2023-W47"))


def test_a_target_entered_on_the_card_judges_from_then_on_and_the_old_one_stays(
    show: Show, demo_store: Path, tmp_path: Path
) -> None:
    store = Path(shutil.copytree(demo_store, tmp_path / "store"))
    app = show("card", store=store, metric="ticket.on_time", period="2023-W52")
    before = text(app)
    assert "≥ 95%" in before and "未达标" not in before.split("是什么带来了变化")[0]
    app.number_input(key="target-value").set_value(99.9)
    app.text_input(key="target-document").set_value("某局〔2023〕9号")
    app.text_input(key="target-clause").set_value("第 3 条")
    app.button(key=next(b.key for b in app.button if b.label == "录入目标")).click().run()
    assert "请填写" in app.error[0].value
    app.number_input(key="target-value").set_value(99.9)
    app.text_input(key="target-document").set_value("某局〔2023〕9号")
    app.text_input(key="target-clause").set_value("第 3 条")
    app.text_input(key="target-who").set_value("张三")
    app.date_input(key="target-from").set_value(date(2023, 12, 1))
    app.button(key=next(b.key for b in app.button if b.label == "录入目标")).click().run()
    assert "已录入目标" in app.success[0].value
    after = text(show("card", store=store, metric="ticket.on_time", period="2023-W52"))
    assert "某局〔2023〕9号" in after and "张三" in after
    assert "自 2023年12月1日起由后录入的目标取代" in after
    early = text(show("card", store=store, metric="ticket.on_time", period="2023-W40"))
    assert "未生效" in early and "现行；自 2023年12月1日起由后录入的目标取代" in early
    assert "未达标" in after.split("是什么带来了变化")[0]


def test_names_lead_to_their_cards(show: Show) -> None:
    bodies = " ".join(block.proto.body for block in show("hotline", period="2023-W48").get("html"))
    assert 'href="/card?metric=ticket.on_time&amp;period=2023-W48"' in bodies
    assert "metric=ticket.on_time&amp;period=2023-W48&amp;town=%E5%A4%9A%E7%A5%9D%E9%95%87" in bodies


def test_an_address_can_look_back_on_a_past_day(show: Show, demo_store: Path, tmp_path: Path) -> None:
    store = Path(shutil.copytree(demo_store, tmp_path / "store"))
    said = text(show("counters", store=store, period="2023-W46", as_of="2023-12-07"))
    assert "回看 2023年12月7日" in said and "277 宗" in said and "280 宗" not in said
    assert "280 宗" in text(show("counters", store=store, period="2023-W46", as_of="2023-12-08"))
    assert "看不懂日期“昨天”" in text(show("counters", store=store, as_of="昨天"))
    assert "还没有任何有效数据" in text(show("counters", store=store, as_of="2021-01-01"))


def test_parts_of_a_change_are_told_from_nothing_and_the_rest_is_one_line(show: Show) -> None:
    body = next(
        b.proto.body
        for b in show("card", metric="cross.count", period="2023-W48", by="town").get("html")
        if "合计＝变化" in b.proto.body
    )
    assert "没有影响" in body and "贡献（宗）" in body and "kpi-with" in body
    assert "/card?metric=cross.count&amp;period=2023-W48&amp;town=" in body


def test_a_card_says_why_there_is_nothing_to_judge(show: Show) -> None:
    assert "请切换到周或月" in text(show("card", metric="rating.satisfaction", period="2023"))
    said = text(show("card", metric="item.citywide", period="2023-W48"))
    assert "这个指标不适用控制图" in said and "不画正常范围：存量只随增减变动" in said


def test_members_are_set_apart_only_where_chance_does_not_explain_it(demo_source: Source) -> None:
    frame = scorecard(demo_source, parse_period("2023-W48"), ["ticket.on_time"], by="town")
    shown = {row["member"]: row for row in frame.iter_rows(named=True)}
    drawn = dict(zip(frame["member"], tables.metric_rows(frame), strict=True))
    for member, row in shown.items():
        word = str(drawn[member]["beside_whole"])
        assert ("kpi-watch" in word) == (row["funnel"] == "低于" and row["status"] != "样本不足")
        assert (row["status"] == "样本不足") == (word == "")
        assert (row["rank"] is None) == (drawn[member]["rank"] == "")
    assert "85.29" not in str(drawn["多祝镇"]["beside_whole"]) and "低于" in str(drawn["多祝镇"]["beside_whole"])

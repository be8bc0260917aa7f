"""The mapping screen: an unknown file is named column by column, tried, and its mapping saved."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

APP = Path(__file__).with_name("foreign_file_app.py")


@pytest.fixture
def app() -> AppTest:
    shown = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not shown.exception
    return shown


def text(app: AppTest) -> str:
    bodies = [block.proto.body for block in app.get("html")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(body for body in bodies if "<style>" not in body)))


def pick(app: AppTest, **chosen: str) -> AppTest:
    """Choose in the select boxes named by the end of their keys, with ``__`` for the dash between parts."""
    for name, option in chosen.items():
        app.selectbox(key=f"map-f1-ticket-{name.replace('__', '-')}").set_value(option)
    return app.run()


def settle(app: AppTest) -> AppTest:
    """Make every choice the screen still asks for."""
    app.radio(key="map-f1-ticket-received_at-Created Date-format").set_value("%m/%d/%Y %I:%M:%S %p")
    pick(app, handling="固定值…", department="不提供", final_level="不提供", town__text__Unspecified="置空（没有意义）")
    return pick(app, handling__fixed="转办", category__text__Noise="投诉", category__text__Heat="求助")


def name_it(app: AppTest) -> AppTest:
    app.text_input(key="map-f1-source").set_value("某市 311")
    app.text_input(key="map-f1-who").set_value("张三")
    return app.run()


def test_headers_are_proposed_with_samples_and_reasons_and_what_is_open_is_said(app: AppTest) -> None:
    said = text(app)
    assert app.selectbox(key="map-f1-subject").value == "ticket"
    chosen = {name: app.selectbox(key=f"map-f1-ticket-{name}").value for name in ("ticket_id", "closed_at", "town")}
    assert chosen == {"ticket_id": "Unique Key", "closed_at": "Closed Date", "town": "Borough"}
    for needed in ("56000000", "常见的同义表头", "必需", "“办理类型”还没有对应", "“来电时间”的日期写法还没有选定"):
        assert needed in said
    assert not any(button.label.startswith("保存") for button in app.button)


def test_the_order_of_day_and_month_is_asked_only_where_the_samples_leave_it_open(app: AppTest) -> None:
    asked = app.radio(key="map-f1-ticket-received_at-Created Date-format")
    assert asked.value is None
    assert [option.split("（")[0] for option in asked.options] == [
        "“03/01/2023 02:15:00 PM”读作 2023年3月1日 14:15",
        "“03/01/2023 02:15:00 PM”读作 2023年1月3日 14:15",
    ]
    assert len(app.radio) == 1
    assert "日期格式 %m/%d/%Y %I:%M:%S %p" in text(app)


def test_digits_of_a_level_are_never_given_a_direction(app: AppTest) -> None:
    said = text(app)
    assert "每个数字代表哪一级须由人选定" in said
    boxes = [app.selectbox(key=f"map-f1-ticket-final_level-text-{digit}") for digit in "12345"]
    assert [box.value for box in boxes] == ["未对应"] * 5
    assert "取值对应：未对应 5 个，这些行会被拒收" in said


def test_words_of_another_language_are_proposed_where_they_can_be_seen_and_changed(app: AppTest) -> None:
    box = app.selectbox(key="map-f1-ticket-status-text-Closed")
    assert box.value == "已办结"
    settle(app)
    name_it(pick(app, status__text__Closed="已回访"))
    app.button(key="map-f1-save").click().run()
    assert app.session_state["saved"].values["status"] == {"Closed": "已回访", "Open": "办理中"}


def test_the_trial_reading_follows_the_choices_and_asks_about_texts_beyond_the_samples(app: AppTest) -> None:
    settle(app)
    said = text(app)
    assert "2023-03-02 14:15" in said and "多祝镇" in said
    assert re.search(r"读入行 60 .*合格 59 .*拒收 1 ", said)
    assert "“Rare”" in said and "取值对应：未对应 1 个" in said
    pick(app, category__text__Rare="举报")
    assert re.search(r"合格 60 .*拒收 0 ", text(app))


def test_the_mapping_is_saved_with_who_made_it(app: AppTest) -> None:
    settle(app)
    button = next(button for button in app.button if button.label == "保存对应关系并继续")
    assert button.disabled and "请在上面填写来源名称和建立人" in text(app)
    name_it(app)
    app.button(key="map-f1-save").click().run()
    saved = app.session_state["saved"]
    assert (saved.source, saved.saved_by, saved.subject) == ("某市 311", "张三", "ticket")
    assert saved.constants == {"handling": "转办"}
    assert saved.formats == dict.fromkeys(("received_at", "closed_at"), "%m/%d/%Y %I:%M:%S %p")
    assert saved.values["category"] == {"Heat": "求助", "Noise": "投诉"}
    assert saved.values["status"] == {"Closed": "已办结", "Open": "办理中"}
    assert saved.values["town"]["Unspecified"] == ""


def test_a_mapping_that_contradicts_itself_is_said_in_a_sentence(app: AppTest) -> None:
    settle(app)
    pick(app, closed_at="Created Date")
    app.radio(key="map-f1-ticket-closed_at-Created Date-format").set_value("%m/%d/%Y %I:%M:%S %p").run()
    assert "都取自表头“Created Date”" in app.error[0].value

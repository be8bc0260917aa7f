"""The import page: what it shows of a file, what it asks, and that nothing goes in before it is answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from kpi.store import current
from tests.intake.exports import RATING, Row, csv_text, rows_of, table
from tests.intake.test_files import two_sheets

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]


def said(app: AppTest) -> str:
    """Return everything the page drew as HTML, without the markup."""
    return re.sub(r"<[^>]+>", " ", " ".join(block.proto.body for block in app.get("html")))


def export(rows: list[Row], exported: str = "2024-01-05 08:30", footer: str = "") -> bytes:
    titles = ["惠东县好差评评价明细", f"统计期间：2023-12-01 至 2023-12-31　导出时间：{exported}"]
    return csv_text(rows, titles=titles, footers=[footer] if footer else []).encode()


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Return a function that opens the page with a file already dropped on it."""

    def run(content: bytes, name: str = "评价.csv") -> AppTest:
        monkeypatch.setenv("KPI_STORE", str(tmp_path))
        app = AppTest.from_file(str(ROOT / "kpi" / "ui" / "main.py"), default_timeout=60).run()
        app.switch_page("../../pages/imports.py").run()
        app.file_uploader[0].set_value((name, content, "text/csv")).run()
        assert not app.exception
        return app

    return run


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [each for each in app.button if label in each.label]
    return button.click().run()


def is_open(app: AppTest) -> bool:
    """Say whether the files may be put in force."""
    return not app.button(key="import-confirm").disabled


def test_the_rows_of_a_file_are_shown_as_a_sum_and_go_in_as_promised(page: Open, tmp_path: Path) -> None:
    rows = rows_of({**RATING, "评价人": "张三丰", "联系电话": "13812345678"}, 6)
    rows[1]["镇街"] = "月球镇"
    app = page(export([*rows, rows[0]], footer="合计,7"))
    shown = " ".join(said(app).split())
    assert "读入行 8 = 新增 5 + 变更 0 + 不变 0 + 拒收 1 + 略过 2" in shown
    assert "✓ 合计“行数”7，明细 7" in shown
    assert "张**" in shown
    assert "张三丰" not in shown
    assert "13812345678" not in shown
    assert "好差评评价量" in shown
    assert is_open(app)
    press(app, "确认导入")
    assert current(tmp_path).query("select count(*) as n from rating")["n"].item() == 5


def test_a_doubtful_file_goes_in_only_once_its_cautions_are_ticked(page: Open, tmp_path: Path) -> None:
    app = page(export(rows_of(RATING, 6), footer="合计,9"))
    assert "合计与明细不一致" in said(app)
    assert not is_open(app)
    assert not (tmp_path / "real").exists()
    app.checkbox[0].check().run()
    assert is_open(app)
    press(app, "确认导入")
    assert current(tmp_path).query("select count(*) as n from rating")["n"].item() == 6


def test_a_complete_period_is_declared_on_the_page(page: Open, tmp_path: Path) -> None:
    rows = rows_of(RATING, 10)
    press(page(export(rows)), "确认导入")
    app = page(export(rows[:8], "2024-01-06 08:30"), "更正.csv")
    assert "其中 2 条" in said(app)
    app.toggle[0].set_value(True).run()
    app.checkbox[0].check().run()
    press(app, "确认导入")
    assert current(tmp_path).query("select count(*) as n from rating")["n"].item() == 8


def test_an_unknown_town_is_named_once_and_known_from_then_on(page: Open) -> None:
    rows = rows_of(RATING, 6)
    rows[1]["镇街"] = "多祝古镇"
    app = page(export(rows))
    (choice,) = [each for each in app.selectbox if "多祝古镇" in each.label]
    assert choice.options[0] == "多祝镇"
    choice.set_value("多祝镇").run()
    press(app, "登记别名")
    shown = said(app)
    assert "“多祝古镇”即“多祝镇”" in shown
    assert "拒收 1 行" not in shown
    assert "别名按有效期改为标准名称 1 处" in shown


def test_one_of_several_sheets_is_chosen(page: Open) -> None:
    app = page(two_sheets(table(rows_of(RATING, 5)), table(rows_of(RATING, 9, 事项名称="社保"))), "评价.xlsx")
    assert "表头不同不能合并" in app.error[0].value
    (choice,) = [each for each in app.selectbox if "工作表" in each.label]
    choice.set_value("2023-11").run()
    assert not app.error
    assert is_open(app)


def test_a_foreign_sender_is_mapped_once_and_known_from_then_on(page: Open, tmp_path: Path) -> None:
    lines = ["Unique Key,Created Date,Complaint Type,Borough"]
    lines += [f"SR{n:06d},12/{n:02d}/2023 02:15:00 PM,Noise,EAST" for n in range(1, 20)]
    app = page("\n".join(lines).encode(), "311.csv")
    assert "未找到必需列" in app.error[0].value
    assert any(each.label.startswith("业务") for each in app.selectbox)
    assert not (tmp_path / "real").exists()

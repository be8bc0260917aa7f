"""The chart component in a real browser: drawn once, updated in place, readable aloud, and clickable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import StartServer

APP = Path(__file__).with_name("one_chart_app.py")
DRAWN = ".kpi-chart .main-svg"


@pytest.fixture(scope="module")
def address(start_server: StartServer, demo_store: Path) -> str:
    return start_server(demo_store, str(APP)).address


@pytest.fixture
def charts(context: BrowserContext, address: str) -> Iterator[Page]:
    page = context.new_page()
    page.goto(address)
    page.wait_for_function("() => document.querySelectorAll('.kpi-chart.js-plotly-plot').length === 2", timeout=60_000)
    page.wait_for_selector(DRAWN)
    yield page
    page.close()


def test_new_data_update_the_plot_in_place(charts: Page) -> None:
    charts.evaluate(
        """() => document.querySelectorAll('.kpi-chart, .kpi-chart .main-svg')
        .forEach(plot => { plot.dataset.first = 'yes'; })"""
    )
    before = charts.locator(".kpi-chart").first.inner_text()
    slider = charts.get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    charts.get_by_text("shift 1").wait_for()
    charts.wait_for_function("old => document.querySelector('.kpi-chart').innerText !== old", arg=before)
    assert charts.locator(".kpi-chart:not([data-first])").count() == 0
    assert charts.locator(".kpi-chart[data-first] .main-svg[data-first]").count() >= 2


def test_it_is_an_image_with_a_sentence(charts: Page) -> None:
    assert charts.get_by_role("img", name="各镇街").count() == 1
    assert charts.locator("[role=img][aria-label^='条形图，17 项，最高']").count() == 1


def test_clicking_a_bar_or_a_tile_names_it(charts: Page) -> None:
    charts.locator(".kpi-chart").first.locator(".bars .point").first.click(force=True)
    charts.get_by_text("returned 九龙峰旅游区 called 九龙峰旅游区").wait_for()
    charts.locator(".kpi-chart").last.get_by_text("多祝", exact=True).click(force=True)
    charts.get_by_text("returned 多祝镇 called 多祝镇").wait_for()


def test_it_keeps_its_height_and_follows_the_width(charts: Page) -> None:
    plot = charts.locator(".kpi-chart").last
    wide = plot.bounding_box()
    charts.set_viewport_size({"width": 600, "height": 900})
    charts.wait_for_timeout(500)
    narrow = plot.bounding_box()
    drawn = plot.locator(".main-svg").first.bounding_box()
    assert wide is not None
    assert narrow is not None
    assert drawn is not None
    assert narrow["height"] == wide["height"] == 320
    assert narrow["width"] < wide["width"]
    assert drawn["width"] == pytest.approx(narrow["width"], abs=1)


def test_there_is_no_mode_bar_and_no_logo(charts: Page) -> None:
    assert charts.locator(".modebar-btn:visible").count() == 0
    assert charts.locator(".plotly-notifier:visible").count() == 0

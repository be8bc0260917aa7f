"""The pages in a real browser: nothing clipped, everything drawn, the address remembered, a file in and out again."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server, StartServer, Visit, settle

ABOUT_PERIODS = ("", "ratings", "hotline", "kiosks", "counters")
PAGES = (*ABOUT_PERIODS, "card", "register", "imports", "health")
CASES = "办件编号,受理时间,通办类型,婚姻登记,受理镇街,承诺时限,办结时间,办件状态\n"

# What is cut off at its own edge, or sticks out of the column the page is made of.
CLIPPED = """() => {
  const main = document.querySelector("[data-testid=stMain]");
  const said = (element) => `${element.className}: ${element.textContent.trim().slice(0, 40)}`;
  const whole = ".kpi-tile *, .kpi-cardhead *, .kpi-scroll, .kpi-sentence, .kpi-pill, .kpi-questions";
  const own = [...main.querySelectorAll(whole)]
    .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0);
  return [...own.map(said), ...(main.scrollWidth > main.clientWidth + 1 ? ["the page scrolls sideways"] : [])];
}"""
DRAWN = "() => [...document.querySelectorAll('.kpi-chart')].every((chart) => chart.querySelector('svg.main-svg'))"


def drawn(page: Page) -> Page:
    """Return the page once every chart on it is drawn."""
    page.wait_for_function(DRAWN, timeout=60_000)
    return page


@pytest.mark.parametrize("width", [1920, 1366])
@pytest.mark.parametrize("address", PAGES)
def test_nothing_is_clipped(visit: Visit, page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1080})
    drawn(visit(f"{address}?period=2023-W48"))
    assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize("width", [1920, 1366])
@pytest.mark.parametrize("metric", ["cross.count", "ticket.contact_confirmed", "rating.valid_negative_rate"])
def test_nothing_on_a_card_is_clipped(visit: Visit, page: Page, metric: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1080})
    drawn(visit(f"card?metric={metric}&period=2023-W48"))
    assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize("address", ABOUT_PERIODS)
def test_every_chart_is_drawn_and_every_sparkline_is_a_picture(visit: Visit, address: str) -> None:
    page = drawn(visit(f"{address}?period=2023"))
    assert page.locator(".kpi-chart").count() > 0
    assert page.evaluate("[...document.querySelectorAll('.kpi-spark img')].every((image) => image.naturalWidth > 0)")
    assert page.locator(".kpi-spark img").count() > 0


def test_the_address_survives_a_click_and_a_reload(visit: Visit) -> None:
    page = visit("hotline?period=2023-W48&town=多祝镇")
    page.get_by_role("button", name="‹").click()
    expect(page.locator(".kpi-period")).to_contain_text("第 47 周")
    assert "period=2023-W47" in page.url
    page.reload()
    settle(page)
    expect(page.locator(".kpi-period")).to_contain_text("第 47 周")
    expect(page.locator(".kpi-section small", has_text="多祝镇")).to_be_visible()


def test_the_period_goes_along_to_the_next_page(visit: Visit) -> None:
    page = visit("hotline?period=2023-W48")
    page.get_by_role("link", name="自助机").click()
    expect(page.locator(".kpi-title")).to_have_text("自助机")
    expect(page.locator(".kpi-period")).to_contain_text("第 48 周")


def test_a_click_on_a_town_shows_that_town_alone(visit: Visit) -> None:
    page = drawn(visit("hotline?period=2023-W48"))
    box = page.locator(".st-key-card-towns .kpi-chart text", has_text="多祝").first.bounding_box()
    assert box is not None
    page.locator(".st-key-card-towns").scroll_into_view_if_needed()
    box = page.locator(".st-key-card-towns .kpi-chart text", has_text="多祝").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".kpi-section small", has_text="多祝镇")).to_be_visible()
    assert "town=" in page.url


def test_what_of_an_address_cannot_be_read_is_said_at_the_top(visit: Visit) -> None:
    page = visit("hotline?period=2023-W99")
    refusal = page.locator(".kpi-refusal")
    expect(refusal).to_contain_text("2023-W99")
    box = refusal.bounding_box()
    assert box is not None
    assert box["y"] < 300


def test_searching_the_register_is_kept_in_the_address(visit: Visit) -> None:
    page = visit("register")
    page.get_by_role("textbox").fill("满意")
    page.get_by_role("textbox").press("Enter")
    expect(page.get_by_text("粤智助业务量")).to_have_count(0)
    expect(page.get_by_text("12345 群众满意率")).to_be_visible()
    assert "q=" in page.url


@pytest.fixture
def writable(start_server: StartServer, demo_store: Path, tmp_path: Path) -> Server:
    store = tmp_path / "store"
    shutil.copytree(demo_store, store)
    return start_server(store)


def test_a_file_goes_in_after_its_preview_and_comes_out_again(
    context: BrowserContext, writable: Server, tmp_path: Path
) -> None:
    lines = [
        f"HD202401{n:03d},2024-01-0{1 + n % 4} 09:00,跨省通办,否,平山街道,2024-01-20 18:00,,办理中\n" for n in range(9)
    ]
    export = tmp_path / "跨域.csv"
    export.write_text(
        CASES + "".join(lines) + "HD202401999,2024-02-31 09:00,跨省通办,否,平山街道,,,办理中\n", encoding="gb18030"
    )
    page = context.new_page()
    page.goto(f"{writable.address}/imports")
    settle(page)
    page.locator("input[type=file]").set_input_files(export)
    expect(page.get_by_text("确认后将切换为正式数据")).to_be_visible(timeout=30_000)
    with page.expect_download() as saved:
        page.get_by_role("button", name="下载拒收行 CSV").click()
    assert "日期不存在" in Path(saved.value.path()).read_text(encoding="utf-8-sig")
    page.get_by_role("button", name="确认导入 1 个文件").click()
    expect(page.get_by_text("已生效，各页即时更新")).to_be_visible(timeout=30_000)
    expect(page.locator(".kpi-demo")).to_have_count(0)
    page.get_by_role("button", name="撤销…").click()
    page.get_by_role("button", name="确认撤销").click()
    expect(page.locator(".kpi-sentence", has_text=re.compile("跨域.csv 已撤销"))).to_be_visible(timeout=30_000)
    expect(page.get_by_text("各页恢复显示演示数据")).to_be_visible()
    expect(page.locator(".kpi-demo")).to_be_visible()
    page.close()

"""The wall in a real browser: it fills any screen, keeps its elements, and obeys its keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit

SCREENS = [(1024, 768), (1366, 768), (1920, 1080), (2560, 1440), (3840, 2160)]
SHOWN = ".kpi-scene.is-shown"
# In stage pixels: what is smaller than this cannot be read from five metres.
LEAST_TEXT = 28

TOO_SMALL = """least => [...document.querySelectorAll('.kpi-wall *')]
  .filter(e => !e.children.length && e.textContent.trim() && parseFloat(getComputedStyle(e).fontSize) < least)
  .map(e => e.textContent)"""
CUT_OFF = """() => [...document.querySelectorAll('.kpi-stage p, .kpi-stage h1, .kpi-stage h2, .kpi-stage span')]
  .filter(e => e.offsetParent && getComputedStyle(e).overflow !== 'visible' && e.scrollWidth > e.clientWidth + 1)
  .map(e => e.textContent)"""
SCROLLS = """() => {
  const page = document.scrollingElement;
  return page.scrollHeight > innerHeight || page.scrollWidth > innerWidth;
}"""
WATCH = """() => {
  const wall = document.querySelector('.kpi-wall');
  wall.dataset.first = 'yes';
  window.made = 0; window.blank = 0;
  const count = node => { window.made += node.nodeType === 1; };
  new MutationObserver(list => list.forEach(change => change.addedNodes.forEach(count)))
    .observe(wall, { childList: true, subtree: true });
  const look = () => {
    if (!document.querySelector('.kpi-wall[data-first] .kpi-scene.is-shown')) window.blank += 1;
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.fixture
def wall(visit: Visit) -> Page:
    page = visit("wall")
    page.wait_for_selector(SHOWN)
    return page


def scene(page: Page) -> str:
    return str(page.locator(SHOWN).get_attribute("data-scene"))


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_it_fills_the_screen_without_scroll_bars(wall: Page, width: int, height: int) -> None:
    wall.set_viewport_size({"width": width, "height": height})
    wall.wait_for_timeout(200)
    stage = wall.locator(".kpi-stage").bounding_box()
    assert stage is not None
    assert max(stage["width"] / width, stage["height"] / height) == pytest.approx(1, abs=0.002)
    assert stage["width"] / stage["height"] == pytest.approx(16 / 9, abs=0.005)
    assert not wall.evaluate(SCROLLS)


def test_nothing_is_too_small_or_cut_off(wall: Page) -> None:
    assert wall.evaluate(TOO_SMALL, LEAST_TEXT) == []
    assert wall.evaluate(CUT_OFF) == []
    assert wall.evaluate("() => parseFloat(getComputedStyle(document.querySelector('.kpi-figure b')).fontSize)") >= 112


def test_the_head_of_every_scene_fits_its_line(wall: Page) -> None:
    for _ in range(5):
        wall.keyboard.press("ArrowRight")
        head = wall.locator(".kpi-wall-head").bounding_box()
        age = wall.locator(".kpi-wall-age").bounding_box()
        assert head is not None
        assert age is not None
        assert age["x"] + age["width"] <= head["x"] + head["width"] + 1


def test_nothing_of_streamlit_is_seen_around_it(wall: Page) -> None:
    for part in ("stHeader", "stSidebar", "stToolbar", "stStatusWidget"):
        assert wall.locator(f"[data-testid={part}]:visible").count() == 0
    assert wall.get_by_text("演示数据", exact=True).is_visible()


def test_a_refresh_changes_words_and_makes_nothing_anew(wall: Page) -> None:
    wall.evaluate(WATCH)
    sent = wall.locator(".kpi-wall").get_attribute("data-sent")
    wall.wait_for_function(
        "sent => document.querySelector('.kpi-wall').dataset.sent !== sent", arg=sent, timeout=20_000
    )
    wall.wait_for_timeout(500)
    assert wall.evaluate("[made, blank]") == [0, 0]
    assert "is-lost" not in str(wall.locator(".kpi-wall").get_attribute("class"))


def test_arrows_move_and_put_the_scene_into_the_address(wall: Page) -> None:
    assert scene(wall) == "overview"
    wall.keyboard.press("ArrowRight")
    assert scene(wall) == "hotline"
    assert wall.url.endswith("?scene=hotline")
    wall.keyboard.press("ArrowLeft")
    wall.keyboard.press("ArrowLeft")
    assert scene(wall) == "counters"
    wall.keyboard.press(" ")
    assert "scene=" not in wall.url


def test_an_address_pins_the_screen_to_its_scene(visit: Visit) -> None:
    page = visit("wall?scene=kiosks")
    page.wait_for_selector(SHOWN)
    assert scene(page) == "kiosks"
    assert page.get_by_text("已固定").is_visible()

"""Nothing on the screen speaks English, neither the pages nor what Streamlit says by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from kpi.ui.main import PAGES
from kpi.ui.translate import PATTERNS, TEXTS
from tests.browser.conftest import Server, StartServer, Visit, settle

# Every text a person can see or have read aloud. Icons are drawn from words by their font: no text.
SPOKEN = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    if (element.closest("script, style, noscript, [translate=no], [data-testid=stIconMaterial]")) continue;
    if (!element.checkVisibility()) continue;
    if (node.nodeType === Node.TEXT_NODE) found.push(node.data.trim());
    else for (const name of ["title", "aria-label", "placeholder", "alt"]) found.push(element.getAttribute(name));
  }
  return found.filter(Boolean);
}"""
# Hidden by clipping, said to screen readers only when the date changes, and in the language of the browser.
BROWSER_DATES = re.compile(r"^Selected (Date|Range): ")
NAMES = re.compile(r"\b(CSV|XLSX|MB|Esc|Ctrl)\b")


def english(page: Page) -> list[str]:
    """Return the texts on the page with a word of three Latin letters or more."""
    texts = [NAMES.sub("", text) for text in page.evaluate(SPOKEN) if not BROWSER_DATES.match(text)]
    return sorted({text for text in texts if re.search(r"[A-Za-z]{3}", text)})


@pytest.mark.parametrize("address", [address for _, _, address, _ in PAGES])
def test_no_text_of_streamlit_is_left_on_a_page(visit: Visit, address: str) -> None:
    page = visit(address)
    spoken = page.evaluate(SPOKEN)
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert [text for text in spoken if text in TEXTS] == []
    assert [text for text in spoken for pattern, _ in PATTERNS if re.match(pattern, text)] == []


@pytest.fixture(scope="module")
def widgets(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return start_server(tmp_path_factory.mktemp("no-store"), "tests/browser/every_widget.py")


@pytest.fixture
def widget_page(browser: Browser, widgets: Server) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 1100}, locale="zh-CN")
    page = context.new_page()
    page.goto(widgets.address)
    page.get_by_test_id("stDataFrame").wait_for()
    settle(page)
    yield page
    context.close()


def test_every_widget_speaks_chinese_in_every_state(widget_page: Page) -> None:
    page = widget_page
    assert english(page) == []
    page.get_by_label("多选").click()
    expect(page.get_by_text("全选")).to_be_visible()
    assert english(page) == []
    page.keyboard.press("Escape")
    page.get_by_label("单选").fill("无此项")
    expect(page.get_by_text("没有匹配项")).to_be_visible()
    assert english(page) == []
    page.keyboard.press("Escape")
    page.get_by_label("文字", exact=True).fill("甲")
    expect(page.get_by_text("按回车生效")).to_be_visible()
    page.get_by_label("表单文字").fill("甲")
    expect(page.get_by_text("按回车提交")).to_be_visible()
    assert english(page) == []
    page.get_by_test_id("stDateInput").get_by_role("button").first.click()
    page.wait_for_timeout(500)
    assert english(page) == []
    page.keyboard.press("Escape")


def test_the_toolbar_of_a_table_speaks_chinese(widget_page: Page) -> None:
    page = widget_page
    page.get_by_test_id("stDataFrame").hover()
    for name in ("下载 CSV", "搜索", "全屏"):
        page.get_by_test_id("stElementToolbar").get_by_role("button", name=name).hover()
        expect(page.get_by_role("tooltip").get_by_text(name)).to_be_visible()
    assert english(page) == []


def test_a_refused_file_is_refused_in_chinese(widget_page: Page) -> None:
    file = {"name": "表.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}
    widget_page.locator("input[type=file]").set_input_files([file])  # type: ignore[list-item]
    expect(widget_page.get_by_text("不接受")).to_be_visible()


def test_a_dead_server_is_announced_in_chinese(widget_page: Page, widgets: Server) -> None:
    """The last test of this module: the server it shares with the others does not come back."""
    widgets.stop()
    expect(widget_page.get_by_text("连接中断")).to_be_visible(timeout=60_000)
    assert english(widget_page) == []

"""How long until a page is ready in a browser, beside an empty page of a plain Streamlit app with as many charts."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from statistics import median

from click.testing import CliRunner
from playwright.sync_api import BrowserContext, Page, sync_playwright

from kpi.commands import cli
from kpi.ui.main import PAGES
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.conftest import STARTED, Server

REPETITIONS = 5
QUIET_MS = 700
WATCH = """
window.lastChange = 0;
new MutationObserver(() => { window.lastChange = performance.now(); })
    .observe(document, {childList: true, subtree: true, attributes: true, characterData: true});
"""
# What the wall's clock and countdown change every second is not part of becoming ready.
QUIET = f"() => performance.now() - window.lastChange > {QUIET_MS}"


def ready(context: BrowserContext, address: str) -> tuple[float, int]:
    """Return the milliseconds from navigation to the last change of the page, and the number of its charts."""
    page = context.new_page()
    try:
        page.add_init_script(WATCH)
        page.goto(address)
        page.wait_for_selector(STARTED, timeout=60_000)
        page.wait_for_function(QUIET, timeout=60_000)
        return page.evaluate("window.lastChange"), charts(page)
    finally:
        page.close()


def charts(page: Page) -> int:
    """Return how many plots the page has drawn."""
    return int(page.evaluate("document.querySelectorAll('.js-plotly-plot').length"))


def main() -> None:
    """Print, for every page, medians of both and their ratio, measured in turn in one browser."""
    path = find_chromium()
    assert path, "no Chromium on this machine: python3 run.py test installs one or says what to do"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KPI_STORE"] = folder
        assert CliRunner().invoke(cli, ["demo"]).exit_code == 0
        ours = Server(Path(folder), Path(folder) / "ours.txt")
        peer = Server(Path(folder), Path(folder) / "peer.txt", "tests/bench/empty_app.py")
        try:
            for server in (ours, peer):
                server.wait_until_healthy()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
                context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
                measure(context, ours.address, peer.address)
                browser.close()
        finally:
            ours.stop()
            peer.stop()


def measure(context: BrowserContext, ours: str, peer: str) -> None:
    """Print one line per page."""
    for _, title, address, _ in PAGES:
        _, count = ready(context, f"{ours}/{address}")
        empty = f"{peer}/{address}?charts={count}"
        ready(context, empty)
        times = [(ready(context, f"{ours}/{address}")[0], ready(context, empty)[0]) for _ in range(REPETITIONS)]
        own, floor = median(t[0] for t in times), median(t[1] for t in times)
        print(f"{title}: {own:.0f} ms, empty page + {count} charts {floor:.0f} ms, ratio {own / floor:.2f}", flush=True)


if __name__ == "__main__":
    main()

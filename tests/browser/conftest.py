"""A real server, a real browser, and the rules every page view must keep."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.browser.chromium import FLAGS, find_chromium
from tests.conftest import ROOT

# At a direct visit to a page Streamlit's frontend first asks whether the server lives under that address.
PROBE = re.compile(r"/[a-z]+/_stcore/(health|host-config)$")
STARTED = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
SECONDS_TO_START = 60
StartServer = Callable[..., "Server"]
Visit = Callable[[str], Page]


class Server:
    """``app.py`` (or another script that streamlit runs) on a free port of this machine."""

    def __init__(self, store: Path, log: Path, script: str | None = None) -> None:
        """Start it; the caller waits with ``wait_until_healthy`` and ends it with ``stop``."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.log = log
        command = ("app.py",) if script is None else ("-m", "streamlit", "run", script)
        settings = {"KPI_STORE": str(store), "STREAMLIT_SERVER_PORT": str(port), "PYTHONUTF8": "1"}
        environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
        with log.open("w") as output:
            self.process = subprocess.Popen(
                (sys.executable, *command), cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    def wait_until_healthy(self) -> None:
        """Return when the server answers; fail with its log when it does not."""
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=2):
                    return
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                time.sleep(0.1)
        raise AssertionError(f"the server did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        """End the process and wait for it."""
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture(scope="package")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Return a function (store, script=None) that starts a server; all are ended with the last browser test."""
    started = []

    def start(store: Path, script: str | None = None) -> Server:
        server = Server(store, tmp_path_factory.mktemp("server") / "log.txt", script)
        started.append(server)
        server.wait_until_healthy()
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="package")
def server(start_server: StartServer, demo_store: Path) -> str:
    """Return the address of a server that shows the demonstration data."""
    return start_server(demo_store).address


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start this machine's Chromium once."""
    path = find_chromium()
    assert path, "no Chromium on this machine: python3 run.py test installs one or says what to do"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


class Watch:
    """Everything a page asked for and complained about."""

    def __init__(self, page: Page) -> None:
        """Record from now on."""
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._asked)
        page.on("websocket", lambda socket: self.requests.append(socket.url.replace("ws://", "http://")))
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not PROBE.search(message.location["url"]):
            self.complaints.append(f"{message.text} {message.location}")

    def elsewhere(self, server: str) -> list[str]:
        """Return what was asked of anybody but ``server``."""
        return [url for url in self.requests if not url.startswith((f"{server}/", "data:", f"blob:{server}/"))]


@pytest.fixture(scope="package")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return one visitor at 1920×1080 with one cache: otherwise each test would download 3 MB anew."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, server: str) -> Iterator[Page]:
    """Return an empty page; afterwards it must have asked nobody but the server and complained about nothing."""
    page = context.new_page()
    watch = Watch(page)
    yield page
    page.close()
    assert watch.elsewhere(server) == []
    assert watch.complaints == []


@pytest.fixture
def visit(page: Page, server: str) -> Visit:
    """Return a function that opens one address of the server and waits until the page is complete."""

    def go(address: str) -> Page:
        page.goto(f"{server}/{address}")
        settle(page)
        return page

    return go


def settle(page: Page) -> None:
    """Wait until the page is connected and its script has ended, and the browser has drawn it."""
    page.wait_for_selector(STARTED, timeout=60_000)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stMain]')?.innerText.trim() || document.querySelector('svg')"
    )
    page.wait_for_timeout(300)
    page.wait_for_selector(STARTED, timeout=60_000)

"""The web server around the pages: who may connect, what is warm before the first visit, what an error looks like."""

from __future__ import annotations

import gc
import gzip
import hashlib
import importlib
import ipaddress
import logging
import os
import pkgutil
import secrets
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config

import kpi.ui
from kpi.errors import KpiError, StoreError

MAIN = Path(__file__).with_name("main.py")
LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8501
PLOTLY_ROUTE = "/kpi/plotly.min.js"
NO_SIGN_IN = "登录功能尚未启用，为防止数据外泄，服务只能绑定本机地址 127.0.0.1，不能绑定 {address}。"

# Slow to import and needed by every page; the first visitor must not wait for them.
AHEAD = "kpi-compute-ahead"
HEAVY = ("polars", "plotly.graph_objects", "pandas", "pyarrow")

_log = logging.getLogger(__name__)


def is_this_machine(address: str) -> bool:
    """Say whether ``address`` (a host name or an IP address) can only be reached from this machine."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False


class ThisMachineOnly:
    """ASGI middleware: whoever connects from another machine gets one Chinese sentence and no session.

    It holds however the server was started, also where a server of another brand bound a public address.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Guard ``app``."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes from this machine; answer 403 (HTTP) or close (websocket) otherwise."""
        client = scope.get("client")
        if scope["type"] == "lifespan" or (client and is_this_machine(client[0])):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            refusal = PlainTextResponse("登录功能尚未启用，只能在服务所在的电脑上打开。", status_code=403)
            await refusal(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})


@cache
def plotly_script() -> tuple[bytes, bytes, str]:
    """Return the packaged plotly.min.js as it is, the same gzipped, and a short hash of its content."""
    script = files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
    return script, gzip.compress(script, compresslevel=6, mtime=0), hashlib.sha256(script).hexdigest()[:16]


def plotly_address() -> str:
    """Return the address pages load Plotly from; it changes when the installed Plotly does, so it caches for ever."""
    return f"{PLOTLY_ROUTE}?v={plotly_script()[2]}"


async def send_plotly(request: Request) -> Response:
    """Answer with Plotly's script; cached for a year where the address names exactly this content."""
    script, zipped, digest = plotly_script()
    named = request.query_params.get("v") == digest
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if named else "no-cache",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(zipped, media_type="text/javascript", headers=headers | {"Content-Encoding": "gzip"})
    # "identity" keeps the compressing middleware from spending a second on 5 MB for a client that refused gzip.
    return Response(script, media_type="text/javascript", headers=headers | {"Content-Encoding": "identity"})


def show_error(error: Exception) -> bool:
    """Show what a person can use: the sentence of a KpiError, else a number under which the log has the traceback."""
    if isinstance(error, KpiError):
        st.error(str(error), icon=":material/error:")
        return True
    number = secrets.token_hex(4)
    _log.error("内部错误 %s", number, exc_info=error)
    st.error(f"内部错误 {number}：这个页面没有算出来，请把编号告诉管理员，日志中有详细记录。", icon=":material/error:")
    return True


def import_everything() -> None:
    """Import the slow libraries and all the screens need, so that no visitor waits for an import."""
    for name in HEAVY:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(kpi.ui.__path__, "kpi.ui."):
        importlib.import_module(module.name)


def bring_data_up_to_date() -> None:
    """Let the data follow what measures, columns and the calendar now are; a sentence says why where they cannot."""
    from kpi import catalogue, engine, store

    try:
        for dataset in engine.upgrade(store.store_root(), catalogue.load()):
            print(f"{store.NAMES[dataset]}已按现行的业务与度量定义更新。", flush=True)
    except KpiError as error:
        print(error, flush=True)


def compute_first_page() -> None:
    """Compute what the first page shows, so that its first visitor finds it ready; without any data do nothing."""
    from kpi.ui import overview

    # Outside a visit Streamlit warns that nobody sees the spinner.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").addFilter(_is_of_a_visit)
    with suppress(StoreError):
        overview.compute_ahead()


def _is_of_a_visit(_: logging.LogRecord) -> bool:
    return threading.current_thread().name != AHEAD


def _announce() -> None:
    host = config.get_option("server.address") or LOOPBACK
    address = f"http://{f'[{host}]' if ':' in host else host}:{config.get_option('server.port')}"
    print(f"政务服务效能看板已启动：{address}（按 Ctrl+C 停止）", flush=True)
    if os.environ.get("KPI_OPEN_BROWSER") == "1":
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


@asynccontextmanager
async def warm(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """Make the first visit as fast as the next: imports done, Plotly zipped, the garbage collector relieved of both."""
    import_everything()
    bring_data_up_to_date()
    plotly_script()
    gc.collect()
    gc.freeze()
    _announce()
    threading.Thread(target=compute_first_page, name=AHEAD, daemon=True).start()
    yield {}
    gc.unfreeze()


def settings() -> dict[str, Any]:
    """Return the address and port ``python app.py`` binds: STREAMLIT_SERVER_ADDRESS and _PORT, else 127.0.0.1, 8501.

    SystemExit when other machines could reach that address.
    """
    address = os.environ.get("STREAMLIT_SERVER_ADDRESS") or LOOPBACK
    _refuse_open(address)
    return {"server.address": address, "server.port": int(os.environ.get("STREAMLIT_SERVER_PORT") or DEFAULT_PORT)}


def serve(app: st.App) -> None:
    """Serve on this machine's own address until stopped; Ctrl+C ends it without a traceback."""
    with suppress(KeyboardInterrupt):
        app.run(config=settings())
    print("看板已停止。", flush=True)


def refuse_open_address() -> None:
    """End the process with one Chinese sentence when ``streamlit run`` was told to bind an address others can reach."""
    _refuse_open(config.get_option("server.address") or LOOPBACK)


def _refuse_open(address: str) -> None:
    if not is_this_machine(address):
        raise SystemExit(NO_SIGN_IN.format(address=address))


ROUTES = [Route(PLOTLY_ROUTE, send_plotly)]
MIDDLEWARE = [Middleware(ThisMachineOnly)]

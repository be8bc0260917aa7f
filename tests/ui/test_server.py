"""Who may connect, and what they get: the guard in front of the application."""

from __future__ import annotations

import asyncio
import gzip
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from kpi.ui.server import (
    ThisMachineOnly,
    compute_first_page,
    is_this_machine,
    plotly_address,
    plotly_script,
    send_plotly,
)
from tests.conftest import ROOT

REFUSAL = "登录功能尚未启用，为防止数据外泄，服务只能绑定本机地址 127.0.0.1，不能绑定 0.0.0.0。"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1", "[::1]", "localhost"])
def test_this_machine(address: str) -> None:
    assert is_this_machine(address)


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "::", "10.0.0.1", "192.168.1.9", "fe80::1%eth0", "localhost.example.com", ""]
)
def test_not_this_machine(address: str) -> None:
    assert not is_this_machine(address)


def answers(kind: str, client: tuple[str, int] | None) -> list[Message]:
    """Return what the guard sends to ``client`` when the application behind it would answer "in"."""
    sent: list[Message] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "in"})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(ThisMachineOnly(inner)({"type": kind, "client": client, "headers": []}, receive, send))
    return sent


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_this_machine_gets_in_and_nobody_else(kind: str) -> None:
    assert answers(kind, ("127.0.0.1", 5)) == [{"type": "in"}]
    refused = answers(kind, ("192.168.1.9", 5))
    assert refused[0].get("status", refused[0].get("code")) in {403, 1008}
    assert {"type": "in"} not in refused + answers(kind, None)


@pytest.mark.parametrize("command", [("app.py",), ("-m", "streamlit", "run", "app.py", "--server.address", "0.0.0.0")])
def test_no_way_of_starting_opens_the_door(command: tuple[str, ...]) -> None:
    environment = {**os.environ, "STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "PYTHONUTF8": "1"}
    result = subprocess.run(
        (sys.executable, *command),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.strip().splitlines()[-1] == REFUSAL


def test_without_any_data_nothing_is_computed_ahead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KPI_STORE", str(tmp_path))
    compute_first_page()
    assert not list(tmp_path.iterdir())


def fetch(query: str, encoding: str) -> Any:
    """Return the answer to a request for Plotly's script."""
    headers = [(b"accept-encoding", encoding.encode())]
    return asyncio.run(send_plotly(Request({"type": "http", "query_string": query.encode(), "headers": headers})))


def test_plotly_is_cached_for_ever_under_the_address_of_its_content() -> None:
    script, zipped, _ = plotly_script()
    response = fetch(plotly_address().partition("?")[2], "gzip, br")
    assert gzip.decompress(response.body) == script
    assert response.headers["content-encoding"] == "gzip"
    assert "immutable" in response.headers["cache-control"]
    assert len(zipped) < len(script) / 3


def test_plotly_of_another_version_is_not_kept() -> None:
    response = fetch("v=0000", "identity")
    assert response.body == plotly_script()[0]
    assert response.headers["cache-control"] == "no-cache"

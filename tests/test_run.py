"""The launcher, run for real: what it refuses, what it installs once, what it says when something is missing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

Result = subprocess.CompletedProcess[str]


def run(folder: Path, *arguments: str, **variables: str) -> Result:
    """Run ``run.py`` of ``folder`` as a person would."""
    environment = {**os.environ, "PYTHONUTF8": "1", **variables}
    command = (sys.executable, str(folder / "run.py"), *arguments)
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture
def bare_project(tmp_path: Path) -> Path:
    """A project that needs no library and whose command line says hello."""
    shutil.copy(ROOT / "run.py", tmp_path)
    for file in ("tests/__init__.py", "tests/browser/__init__.py", "tests/browser/chromium.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    (tmp_path / "tests" / "requirements.txt").write_text("# nothing\n")
    (tmp_path / "kpi").mkdir()
    (tmp_path / "kpi" / "__main__.py").write_text("import sys; print('hello', sys.prefix, sys.argv[1:])")
    return tmp_path


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.20", "kpi.example.gov.cn"])
def test_addresses_others_can_reach_are_refused_in_one_sentence(address: str) -> None:
    result = run(ROOT, "--address", address)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == f"登录功能尚未启用，为防止数据外泄，服务只能绑定本机地址 127.0.0.1，不能绑定 {address}。\n"


def test_a_busy_port_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        result = run(ROOT, "--port", str(port))
    assert result.returncode == 1
    assert result.stderr == f"端口 {port} 已被占用，请先停掉占用它的程序，或换一个：run.py --port {port + 1}。\n"


def test_unknown_options_show_the_usage() -> None:
    result = run(ROOT, "--prot", "8502")
    assert result.returncode == 2
    assert "看不懂这些参数" in result.stderr
    assert "python3 run.py test" in result.stderr
    assert "python3 run.py test" in run(ROOT, "--help").stdout


def test_libraries_are_installed_once_and_again_when_the_pins_change(bare_project: Path) -> None:
    first = run(bare_project, "kpi", "batches")
    assert first.returncode == 0, first.stderr
    assert "正在安装 requirements.txt" in first.stdout
    assert f"hello {bare_project / '.venv'} ['batches']" in first.stdout

    began = time.monotonic()
    second = run(bare_project, "kpi", "batches")
    assert time.monotonic() - began < 3
    assert second.stdout == f"hello {bare_project / '.venv'} ['batches']\n"

    (bare_project / "requirements.txt").write_text("# still nothing\n")
    assert "正在安装 requirements.txt" in run(bare_project, "kpi").stdout

    shutil.rmtree(bare_project / ".venv" / ("Scripts" if os.name == "nt" else "bin"))
    assert "正在建立运行环境" in run(bare_project, "kpi").stdout


def test_without_a_browser_the_tests_fail_and_say_why(bare_project: Path) -> None:
    empty = bare_project / "no-programs"
    empty.mkdir()
    result = run(bare_project, "test", KPI_CHROMIUM=str(empty / "chromium"), PATH=str(empty))
    assert result.returncode == 2
    assert result.stderr.strip().splitlines()[-1] == (
        "没有可用的 Chromium，浏览器测试不能进行：请安装 chromium，或用环境变量 KPI_CHROMIUM 指明路径。"
    )


def test_a_failing_check_stops_the_rest(bare_project: Path) -> None:
    browser = bare_project / "chromium"
    browser.write_text("#!/bin/sh\nexit 0\n")
    browser.chmod(0o755)
    result = run(bare_project, "test", KPI_CHROMIUM=str(browser))
    assert result.returncode == 1
    assert "代码规范没有通过。" in result.stderr
    assert "代码格式" not in result.stdout

"""Start here: ``python3 run.py`` sets everything up and serves; it needs nothing but Python 3.11 or newer.

Libraries go into ``.venv`` beside this file, never into the system's Python. A second start changes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
SERVING = ROOT / "requirements.txt"
TESTING = ROOT / "tests" / "requirements.txt"

USAGE = """用法：
  python3 run.py                启动看板，第一次会先准备好一切（--port 端口，--no-browser 不打开浏览器）
  python3 run.py test [参数]    代码检查和全部测试，含真实浏览器；参数交给 pytest
  python3 run.py bench [参数]   速度测量
  python3 run.py kpi [参数]     命令行：导入、查询、撤销等，python3 run.py kpi --help 列出全部命令
Windows 上把 python3 换成 py。"""

LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
CHECKS = (
    ("代码规范", ("-m", "ruff", "check", ".")),
    ("代码格式", ("-m", "ruff", "format", "--check", ".")),
    ("类型", ("-m", "mypy")),
    ("模块依赖方向", ("-c", LINT_IMPORTS)),
)


def say(text: str) -> None:
    """Print one line at once, also where the output is a file."""
    print(text, flush=True)


def stop(text: str, code: int = 1) -> SystemExit:
    """Return the exception that ends the program with one sentence on the error output."""
    print(text, file=sys.stderr, flush=True)
    return SystemExit(code)


def as_root(*command: str) -> list[str] | None:
    """Return ``command`` as the administrator would give it; None where there are no such rights without a password."""
    if os.name == "nt" or not shutil.which(command[0]):
        return None
    if os.geteuid() == 0:
        return list(command)
    sudo = shutil.which("sudo")
    allowed = sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0
    return [str(sudo), "-n", *command] if allowed else None


def install_system_packages(apt: tuple[str, ...], dnf: tuple[str, ...]) -> bool:
    """Install packages of the operating system where that is possible without asking; say whether it succeeded."""
    if update := as_root("apt-get", "update", "-q"):
        subprocess.run(update, stdin=subprocess.DEVNULL, check=False)
    quiet = ("env", "DEBIAN_FRONTEND=noninteractive")
    install = as_root(*quiet, "apt-get", "install", "-y", "--no-install-recommends", *apt) if update else None
    install = install or (as_root("dnf", "install", "-y", *dnf) if dnf else None)
    return bool(install) and subprocess.run(install or [], stdin=subprocess.DEVNULL, check=False).returncode == 0


def runs(*command: str | Path) -> bool:
    """Say whether ``command`` exists and ends without an error."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_venv() -> None:
    """Make ``.venv`` anew unless a working one exists."""
    if runs(PYTHON, "-c", "pass"):
        return
    say(f"正在建立运行环境 {VENV} ……")
    shutil.rmtree(VENV, ignore_errors=True)
    uv = shutil.which("uv")
    make = (uv, "venv", "--quiet", "--python", sys.executable, VENV) if uv else (sys.executable, "-m", "venv", VENV)
    if runs(*make):
        return
    if importlib.util.find_spec("ensurepip"):
        raise stop(f"不能建立运行环境 {VENV}，请检查磁盘空间和文件夹权限后重试。")
    package = f"python3.{sys.version_info.minor}-venv"
    say(f"Python 缺少 venv 组件，尝试安装系统软件包 {package} ……")
    if install_system_packages((package,), ()) and runs(*make):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    raise stop(f"不能建立运行环境：Python 缺少 venv 组件，请先执行 sudo apt install {package} 再重试。")


def ensure(requirements: Path) -> None:
    """Install the pinned libraries of one file; where the stamp says they are in, this takes no time."""
    make_venv()
    stamp = VENV / f".requirements-{requirements.parent.name if requirements != SERVING else 'serve'}.sha256"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    name = requirements.relative_to(ROOT)
    say(f"正在安装 {name} 中的依赖（只在首次或版本变化时，约需一分钟）……")
    began = time.monotonic()
    uv = shutil.which("uv")
    pip = (PYTHON, "-m", "pip", "install", "--no-compile", "--disable-pip-version-check", "--no-input")
    install = (uv, "pip", "install", "--python", PYTHON) if uv else pip
    command = (*install, "--only-binary", ":all:", "-r", requirements)
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise stop(f"依赖安装失败：{name}，请检查网络，或用环境变量 PIP_INDEX_URL 指定可用的软件源后重试。")
    stamp.write_text(wanted)
    say(f"依赖已就绪，用时 {time.monotonic() - began:.0f} 秒。")


def call(*arguments: str) -> int:
    """Run the Python of ``.venv`` in the project's folder to its end; return its exit code."""
    return subprocess.run((PYTHON, *arguments), cwd=ROOT, env=environment(), check=False).returncode


def environment(**more: str) -> dict[str, str]:
    """Return the variables of this process plus ``more``, with UTF-8 on every system."""
    return {**os.environ, "PYTHONUTF8": "1", **more}


def has_data() -> bool:
    """Say whether a generation of demo or real data is in force."""
    store = Path(os.environ.get("KPI_STORE") or ROOT / "data" / "store")
    return any((store / kind / "current").exists() for kind in ("demo", "real"))


def port_is_busy(address: str, port: int) -> bool:
    """Say whether something already listens on that port of this machine."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


def has_desktop() -> bool:
    """Say whether somebody sits in front of this machine's own screen."""
    return os.name == "nt" or sys.platform == "darwin" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())


def serve(options: argparse.Namespace) -> int:
    """Set up, build the demo data where there are none, serve until stopped; return the exit code."""
    if options.address not in {"127.0.0.1", "localhost", "::1"}:
        raise stop(f"登录功能尚未启用，为防止数据外泄，服务只能绑定本机地址 127.0.0.1，不能绑定 {options.address}。", 2)
    if port_is_busy(options.address, options.port):
        raise stop(f"端口 {options.port} 已被占用，请先停掉占用它的程序，或换一个：run.py --port {options.port + 1}。")
    ensure(SERVING)
    if not has_data():
        say("还没有数据，正在生成并导入演示数据……")
        if code := call("-m", "kpi", "demo"):
            raise stop("演示数据没有生成成功，原因见上面的输出。", code)
    env = environment(STREAMLIT_SERVER_ADDRESS=options.address, STREAMLIT_SERVER_PORT=str(options.port))
    env["KPI_OPEN_BROWSER"] = str(int(has_desktop() and not options.no_browser))
    say("正在启动……")
    if os.name != "nt":
        os.chdir(ROOT)
        os.execve(PYTHON, [str(PYTHON), "app.py"], env)
    # exec on Windows returns the prompt while the program goes on; so wait, and let it end by itself at Ctrl+C.
    with subprocess.Popen((PYTHON, "app.py"), cwd=ROOT, env=env) as server:
        while True:
            try:
                return server.wait()
            except KeyboardInterrupt:
                continue


def ensure_browser() -> str:
    """Return the path of a working Chromium with Chinese fonts, installed where necessary; exit code 2 without one."""
    from tests.browser.chromium import find_chromium, has_chinese_font

    if not (find_chromium() and has_chinese_font()):
        say("正在安装浏览器测试需要的 Chromium 和中文字体……")
        install_system_packages(
            ("chromium", "fonts-noto-cjk", "fontconfig"), ("chromium", "google-noto-sans-cjk-fonts", "fontconfig")
        )
    browser = find_chromium()
    if not browser:
        raise stop(
            "没有可用的 Chromium，浏览器测试不能进行：请安装 chromium，或用环境变量 KPI_CHROMIUM 指明路径。",
            2,
        )
    if not has_chinese_font():
        raise stop("系统没有中文字体，浏览器测试不能进行：请安装 fonts-noto-cjk。", 2)
    return browser


def test(arguments: list[str]) -> int:
    """Run every check, then every test, stopping at the first that fails; return its exit code."""
    ensure(SERVING)
    ensure(TESTING)
    os.environ["KPI_CHROMIUM"] = ensure_browser()
    for name, command in (*CHECKS, ("测试", ("-m", "pytest", *arguments))):
        say(f"── {name} ──")
        began = time.monotonic()
        if code := call(*command):
            raise stop(f"{name}没有通过。", code)
        say(f"{name}通过，{time.monotonic() - began:.0f} 秒。")
    return 0


def bench(arguments: list[str]) -> int:
    """Measure the speed of imports, queries and pages; return the exit code."""
    ensure(SERVING)
    ensure(TESTING)
    return call("-m", "tests.bench", *arguments)


def command_line(arguments: list[str]) -> int:
    """Pass ``arguments`` on to ``python -m kpi``; return its exit code."""
    ensure(SERVING)
    return call("-m", "kpi", *arguments)


class Parser(argparse.ArgumentParser):
    """A parser that answers a wrong option with the usage in Chinese."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """End the program; ``message`` is argparse's own, in English."""
        raise stop(f"看不懂这些参数（{message}）。\n{USAGE}", 2)


def main(arguments: list[str]) -> int:
    """Do what the command line asks; return the exit code."""
    if sys.version_info < (3, 11):
        raise stop(f"需要 Python 3.11 或更高版本，当前是 {sys.version.split()[0]}，请先升级 Python。")
    if arguments[:1] and arguments[0] in {"-h", "--help", "help"}:
        say(USAGE)
        return 0
    commands = {"test": test, "bench": bench, "kpi": command_line}
    if arguments[:1] and arguments[0] in commands:
        return commands[arguments[0]](arguments[1:])
    parser = Parser(add_help=False)
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--no-browser", action="store_true")
    return serve(parser.parse_args(arguments))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        raise stop("已停止。", 130) from None

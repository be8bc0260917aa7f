"""Where this machine keeps its Chromium, and whether it can write Chinese. Standard library only: run.py uses it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
WINDOWS_PLACES = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
MAC_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)

# Root in a container has no sandbox and a small /dev/shm; the rest keeps the browser itself off the network.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium() -> str | None:
    """Return the path of a browser that starts; None without one. KPI_CHROMIUM, where set, is the only one tried."""
    named = os.environ.get("KPI_CHROMIUM")
    candidates = [named] if named else [*filter(None, map(shutil.which, NAMES)), *_usual_places()]
    return next((path for path in candidates if _starts(path)), None)


def _usual_places() -> list[str]:
    folders = [os.environ.get(name, "") for name in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData")]
    windows = [str(Path(folder, place)) for folder in folders if folder for place in WINDOWS_PLACES]
    return [place for place in (*windows, *MAC_PLACES) if Path(place).exists()]


def _starts(path: str) -> bool:
    if os.name == "nt":  # there --version opens a window instead of answering
        return Path(path).exists()
    try:  # Ubuntu's chromium-browser may be a mere hint to install a snap: it exists and fails
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def has_chinese_font() -> bool:
    """Say whether Chinese will be drawn as characters and not as boxes; Windows and macOS always bring a font."""
    if os.name == "nt" or Path("/System/Library").exists():
        return True
    lister = shutil.which("fc-list")
    if not lister:
        return False
    return bool(subprocess.run([lister, ":lang=zh"], capture_output=True, text=True, check=False).stdout.strip())

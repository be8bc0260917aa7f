"""The picture in the README is a page as it is; ``--update-pictures`` takes it anew."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from tests.browser.conftest import Visit
from tests.conftest import ROOT

PICTURE = ROOT / "docs" / "overview.png"
# Ink of the light theme and the demonstration's mark; a blank or broken page has neither.
FEWEST_COLOURS = 200


def test_the_readme_shows_the_overview(visit: Visit, pytestconfig: pytest.Config) -> None:
    page = visit("")
    page.wait_for_function("() => document.querySelector('.js-plotly-plot, img')")
    page.wait_for_timeout(1000)
    taken = Image.open(BytesIO(page.screenshot()))
    colours = taken.convert("RGB").getcolors(maxcolors=taken.width * taken.height)
    assert taken.size == (1920, 1080)
    assert colours is not None
    assert len(colours) > FEWEST_COLOURS
    if pytestconfig.getoption("--update-pictures"):
        taken.convert("P", palette=Image.Palette.ADAPTIVE, colors=255).save(PICTURE, optimize=True)
    assert f"(docs/{PICTURE.name})" in (ROOT / "README.md").read_text(encoding="utf-8")
    with Image.open(PICTURE) as kept:
        assert kept.size == taken.size

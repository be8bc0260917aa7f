"""Every page opens by its own address, without error and without any other server."""

from __future__ import annotations

import pytest

from kpi.ui.main import PAGES
from tests.browser.conftest import Visit


@pytest.mark.parametrize(("address", "title"), [(address, title) for _, title, address, _ in PAGES])
def test_a_page_asks_nobody_but_its_own_server_and_shows_no_error(visit: Visit, address: str, title: str) -> None:
    page = visit(address)
    assert page.title().startswith(title)
    assert "内部错误" not in page.inner_text("body")
    assert page.get_by_test_id("stException").count() == 0

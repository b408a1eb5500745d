"""Pictures of the main pages, for the README and for people who look at a change."""

import os
import pathlib

import pytest
from conftest import sign_in
from playwright.sync_api import expect

FOLDER = os.environ.get("LINESIDE_PICTURES")
PRESS = "i" * 18 + "01"
PAGES = {
    "overview": "/", "instances": "/instances", "instance": f"/instances/{PRESS}", "log": f"/instances/{PRESS}/log",
    "versions": f"/instances/{PRESS}/versions", "create": "/instances/new", "audit": "/audit",
}


@pytest.mark.skipif(not FOLDER, reason="LINESIDE_PICTURES names no folder")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_of_the_main_pages(page, theme):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    sign_in(page)
    for name, path in PAGES.items():
        page.goto(path)
        page.locator("main h1").wait_for()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        file = pathlib.Path(FOLDER) / f"{name}-{theme}.png"
        page.screenshot(path=file)
        assert file.stat().st_size > 10_000

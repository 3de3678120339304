"""The page Closures in a real browser: close a bridge by its name, and read what it costs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.chromium import CHROMIUM, FLAGS, MARKS, OFFICE, undrawn

pytestmark = MARKS


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(
            storage_state=OFFICE, viewport={"width": 1920, "height": 1080}, locale="zh-CN"
        )
        yield undrawn(context).new_page()
        browser.close()


def test_closing_a_bridge_by_name(live_server: str, page: Page) -> None:
    hosts: set[str] = set()
    faults: list[str] = []
    page.on("request", lambda r: hosts.add(urlsplit(r.url).netloc) if "http" in r.url else None)
    page.on(
        "response",
        lambda r: faults.append(r.url) if r.status >= 400 and "/layers/" in r.url else None,
    )
    page.goto(f"{live_server}/closures?service=hospital")
    sentence = page.locator("[data-testid=stMarkdownContainer] p").filter(has_text="道路")
    expect(sentence.first).to_contain_text("道路全部畅通", timeout=90_000)
    box = page.get_by_role("combobox", name=re.compile("封闭一座桥"))
    box.click()
    box.fill("G990")  # the list draws only what fits on the screen
    page.get_by_role("option", name=re.compile("G990线")).first.click()
    expect(sentence.first).to_contain_text("已封闭 1 段道路", timeout=60_000)
    expect(page).to_have_url(re.compile(r"closed=e\d+"))
    expect(page.locator("[data-testid=stDeckGlJsonChart] canvas").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="全部恢复通行").click()
    expect(sentence.first).to_contain_text("道路全部畅通", timeout=60_000)
    assert not faults
    assert hosts == {urlsplit(live_server).netloc}

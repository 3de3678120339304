"""The page Risk in a real browser: a click on a cell, the slider, and how it looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import risky, tiny
from tests.browser.chromium import LOOKS, MARKS, OFFICE, Size, looked_at, looking, undrawn
from tests.servers import serving_copy

pytestmark = MARKS


@pytest.fixture(scope="module")
def server(risky_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving_copy(risky_store, tmp_path_factory.mktemp("served")) as address:
        yield address


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """Return a tab; nothing may leave the host, and no layer may be missing."""
    context = browser.new_context(
        storage_state=OFFICE, viewport={"width": 1366, "height": 900}, locale="zh-CN"
    )
    tab = context.new_page()
    hosts: set[str] = set()
    refused: list[str] = []
    said: list[str] = []
    tab.on("request", lambda r: hosts.add(urlsplit(r.url).netloc) if "http" in r.url else None)
    tab.on(
        "response",
        lambda r: refused.append(r.url) if r.status >= 400 and "/layers/" in r.url else None,
    )
    tab.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    yield tab
    context.close()
    # Streamlit looks for its server below the page's address first; that is no fault of ours.
    assert not [text for text in said if not text.startswith("Failed to load resource")]
    assert hosts <= {urlsplit(server).netloc}
    assert not refused


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    expect(page.locator("[data-testid=stDeckGlJsonChart] canvas").first).to_be_visible(
        timeout=60_000
    )
    return settled(page)


def settled(page: Page) -> Page:
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached(
        timeout=60_000
    )
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(700)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    return page


def sentence(page: Page) -> str:
    return page.locator("[data-testid=stMarkdownContainer] p", has_text="盗窃：").first.inner_text()


@pytest.mark.parametrize("query", ["step=whole", "step=month", "method=density"])
def test_a_click_tells_why(page: Page, server: str, query: str) -> None:
    opened(page, f"{server}/risk?lang=zh&theme=盗窃&{query}")
    box = page.locator("[data-testid=stDeckGlJsonChart] canvas").first.bounding_box()
    assert box is not None
    for _ in range(5):  # a busy machine draws so slowly that deck.gl may miss a click
        page.mouse.move(box["x"] + box["width"] / 2 - 30, box["y"] + box["height"] / 2 - 30)
        page.wait_for_timeout(500)
        page.mouse.click(box["x"] + box["width"] / 2 - 30, box["y"] + box["height"] / 2 - 30)
        page.wait_for_timeout(2500)
        if "place=" in page.url:
            break
    settled(page)
    expect(page).to_have_url(re.compile(r"place=529901\d{9}"))
    expect(page.locator(".ct-why")).to_be_visible()
    page.get_by_role("button", name="清除").click()
    page.wait_for_timeout(500)
    settled(page)
    assert "place=" not in page.url


def test_a_shared_place_is_told_at_once(page: Page, server: str) -> None:
    undrawn(page.context)
    opened(page, f"{server}/risk?lang=en&theme=order&place={tiny.grid_code(risky.HOT)}")
    expect(page.locator(".ct-why")).to_contain_text("Together")
    expect(page.get_by_text("139 events were reported")).to_be_visible()


def test_the_slider_plays_without_fetching_shapes(page: Page, server: str) -> None:
    undrawn(page.context)
    opened(page, f"{server}/risk?lang=zh&theme=盗窃&method=density&step=month")
    assert "2025年12月1日" in sentence(page)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if ".geojson" in r.url else None)
    page.get_by_role("button", name="播放").click()
    told = set()
    for _ in range(60):
        page.wait_for_timeout(250)
        told.add(sentence(page))
        if len(told) >= 4:
            break
    assert len(told) >= 4
    page.get_by_role("button", name="暂停").click()
    settled(page)
    expect(page.get_by_role("button", name="播放")).to_be_visible()
    assert not asked


def test_less_motion_is_kept_to(browser: Browser, server: str) -> None:
    context = browser.new_context(storage_state=OFFICE, reduced_motion="reduce", locale="zh-CN")
    page = opened(undrawn(context).new_page(), f"{server}/risk?lang=zh&step=month")
    expect(page.get_by_role("button", name="播放")).to_be_hidden()
    expect(page.get_by_text("请手动拖动时间轴")).to_be_visible()
    context.close()


@LOOKS
def test_looks(
    browser: Browser, server: str, language: str, theme: Literal["dark", "light"], size: Size
) -> None:
    with looking(browser, theme, size) as page:
        opened(page, f"{server}/risk?lang={language}&theme=order")
        looked_at(page, f"risk-{language}-{theme}", size)

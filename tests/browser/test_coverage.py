"""The page Coverage in a real browser: another service and limit, and the sentence follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import LOOKS, MARKS, OFFICE, Size, looked_at, looking, undrawn

pytestmark = MARKS


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a tab; nothing may leave the host, and no layer may be missing."""
    context = browser.new_context(
        storage_state=OFFICE, viewport={"width": 1366, "height": 900}, locale="zh-CN"
    )
    tab = undrawn(context).new_page()
    hosts: set[str] = set()
    refused: list[str] = []
    said: list[str] = []
    tab.on("request", lambda r: hosts.add(urlsplit(r.url).hostname or ""))
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
    assert hosts <= {"127.0.0.1", "localhost", ""}
    assert not refused


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    expect(page.locator("[data-testid=stDeckGlJsonChart] canvas").first).to_be_visible(
        timeout=60_000
    )
    return settled(page)


def settled(page: Page) -> Page:
    """Wait until the script has run and the layers are there."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached(
        timeout=60_000
    )
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(700)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    return page


def sentence(page: Page) -> str:
    return page.locator("[data-testid=stMarkdownContainer] p", has_text="2025年").first.inner_text()


def people(text: str) -> int:
    """Return how many people the sentence calls covered."""
    found = re.search(r"的有 ([\d,]+) 人", text)
    assert found is not None, text
    return int(found[1].replace(",", ""))


def choose(page: Page, label: str, option: str) -> None:
    box = page.get_by_role("combobox", name=re.compile(label))
    box.click()
    box.fill(option)  # the list draws only what fits on the screen
    page.get_by_role("option", name=option, exact=True).first.click()
    page.wait_for_timeout(300)
    settled(page)


def test_service_and_limit_change_the_sentence(page: Page, live_server: str) -> None:
    opened(page, f"{live_server}/coverage?lang=zh")
    clinics = sentence(page)
    assert "步行 15 分钟内可到村卫生室" in clinics
    choose(page, "时限", "30 分钟")
    longer = sentence(page)
    assert "步行 30 分钟内可到村卫生室" in longer
    assert people(longer) > people(clinics)
    assert "minutes=30" in page.url
    choose(page, "服务", "县级医院")
    assert "驾车 60 分钟内可到县级医院" in sentence(page)
    assert "minutes" not in page.url


def test_another_limit_fetches_nothing(page: Page, live_server: str) -> None:
    opened(page, f"{live_server}/coverage?lang=zh")
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "/layers/" in r.url else None)
    choose(page, "时限", "45 分钟")
    assert "45 分钟" in page.locator(".ct-legend").inner_text()
    assert not asked


COLOURS = ("是否覆盖", "分钟", "原因", "可达性得分", "服务范围")
# From each to each other once, and back where it began.
SWITCHES = (1, 0, 2, 0, 3, 0, 4, 1, 2, 1, 3, 1, 4, 2, 3, 2, 4, 3, 4, 0)


def test_switching_colours_leaves_the_console_clean(page: Page, live_server: str) -> None:
    assert len(set(pairwise((0, *SWITCHES)))) == len(COLOURS) * (len(COLOURS) - 1)
    opened(page, f"{live_server}/coverage?lang=zh")
    buttons = page.get_by_role("radiogroup", name="着色")
    told = set()
    for k in SWITCHES:
        buttons.get_by_role("radio", name=COLOURS[k], exact=True).click()
        page.wait_for_timeout(300)
        settled(page)
        words = page.locator("[data-testid=stMarkdownContainer] p", has_text="图上：")
        told.add(words.first.inner_text())
    assert len(told) == len(COLOURS)


@LOOKS
def test_looks(
    browser: Browser, live_server: str, language: str, theme: Literal["dark", "light"], size: Size
) -> None:
    with looking(browser, theme, size) as page:
        opened(page, f"{live_server}/coverage?lang={language}&panel=equity")
        looked_at(page, f"coverage-{language}-{theme}", size)

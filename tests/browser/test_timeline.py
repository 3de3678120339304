"""The page Timeline in a real browser: what is drawn at a moment, playing, the keyboard."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from cockpit.look.tokens import LIGHT, series
from tests.browser.chromium import MARKS, OFFICE
from tests.servers import serving_copy

pytestmark = MARKS
DISPUTES = "lang=zh&from=2025-06-01&to=2025-06-10&theme=disputes&layer=events"
SMALL = 20_000


@pytest.fixture(scope="module")
def server(eventful_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving_copy(eventful_store, tmp_path_factory.mktemp("served")) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        storage_state=OFFICE, viewport={"width": 1366, "height": 900}, color_scheme="light",
        locale="zh-CN",
    )  # fmt: skip
    yield context.new_page()
    context.close()


def opened(page: Page, address: str) -> None:
    page.goto(address)
    canvas = page.locator("[data-testid=stDeckGlJsonChart] canvas").first
    expect(canvas).to_be_visible(timeout=60_000)
    settled(page)


def settled(page: Page) -> None:
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached(
        timeout=60_000
    )
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(700)


def dots(page: Page) -> int:
    """Return how many pixels of the map have the colour of the first kind of events."""
    hidden = ".ct-legend {visibility: hidden}"  # its own dots have the same colours
    picture = page.locator("[data-testid=stDeckGlJsonChart]").first.screenshot(style=hidden)
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    colour = [int(series(LIGHT)[0][k : k + 2], 16) for k in (1, 3, 5)]
    return int((np.abs(pixels - colour).max(axis=2) < 40).sum())


def drawn(page: Page, *, some: bool) -> bool:
    """Tell whether the map comes to show events, or none: a busy machine draws late."""
    for _ in range(20):
        if (dots(page) > 10) == some:
            return True
        page.wait_for_timeout(400)
    return False


def quiet(page: Page, received: list[int]) -> bool:
    """Tell whether the server comes to send nothing for a second and a half."""
    for _ in range(6):
        received.clear()
        page.wait_for_timeout(1500)
        if not received:
            return True
    return False


def sentence(page: Page) -> str:
    found = page.locator("[data-testid=stMarkdownContainer] p", has_text="上报事件").first
    return found.inner_text()


def test_draws_what_stands_at_the_moment(page: Page, server: str) -> None:
    """Disputes are reported on days 2 and 9, counted from the first of June."""
    opened(page, f"{server}/timeline?{DISPUTES}&at=2025-06-03T00:00")
    assert drawn(page, some=True)
    assert "上报事件 1 件" in sentence(page)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if ".geojson" in r.url else None)
    page.get_by_role("button", name="下一步").click()
    page.wait_for_timeout(500)
    settled(page)
    assert drawn(page, some=False)
    assert "上报事件 0 件" in sentence(page)
    page.locator("[data-testid=stToggle], [data-testid=stCheckbox]", has_text="从头累计").click()
    page.wait_for_timeout(500)
    settled(page)
    assert drawn(page, some=True)  # what was there since the first day
    assert not asked
    told, address = sentence(page), page.url
    assert "at=2025-06-04" in address
    opened(page, address)
    assert sentence(page) == told


def test_plays_in_small_messages_and_rests_when_paused(page: Page, server: str) -> None:
    received: list[int] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda data: received.append(len(data))))
    query = "lang=zh&from=2025-06-01&to=2025-06-10&theme=order&at=2025-06-01T00:00"
    opened(page, f"{server}/timeline?{query}")
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if ".geojson" in r.url else None)
    page.get_by_role("button", name="播放").click()
    expect(page.get_by_role("button", name="暂停")).to_be_visible()
    page.wait_for_timeout(500)
    received.clear()
    told: set[str] = set()
    for _ in range(40):
        page.wait_for_timeout(200)
        told.add(sentence(page))
        if len(told) >= 4:
            break
    assert len(told) >= 4
    assert sum(received) / len(told) < SMALL
    page.get_by_role("button", name="暂停").click()
    settled(page)
    assert quiet(page, received)
    assert not asked
    before = sentence(page)
    page.locator("[data-testid=stSlider]").locator("[role=slider], input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(700)
    settled(page)
    assert sentence(page) != before

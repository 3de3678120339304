"""WEB-14: with the network cut every page still draws, and no request leaves the host."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Route, sync_playwright

from tests.browser.chromium import CHROMIUM, FLAGS, MARKS, OFFICE, undrawn

# What the visitor sees when the page is drawn.
PAGES = {
    "map": '[data-testid="stDeckGlJsonChart"] canvas',
    "map?level=grid&layer=relief&layer=roads&layer=facilities&tall=1": (
        '[data-testid="stDeckGlJsonChart"] canvas'
    ),
    "population": '[data-testid="stPlotlyChart"] .main-svg',
    "coverage": '[data-testid="stDeckGlJsonChart"] canvas',
    "coverage?show=score&panel=curve": '[data-testid="stPlotlyChart"] .main-svg',
    "closures": '[data-testid="stDeckGlJsonChart"] canvas',
    "placement": '[data-testid="stDeckGlJsonChart"] canvas',
    "scenarios": '[data-testid="stButton"] button',
    "closures?draw=1": '[data-testid="stPlotlyChart"] .main-svg',
    "data": '[data-testid="stMain"] h1, [data-testid="stMain"] h2, [data-testid="stDataFrame"]',
}

pytestmark = MARKS


@pytest.fixture(scope="module")
def offline() -> Iterator[tuple[BrowserContext, list[str]]]:
    """Yield a browser that reaches this machine alone, and the list of what else it asked for."""
    outside: list[str] = []

    def allow_or_note(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(storage_state=OFFICE, viewport={"width": 1280, "height": 900})
        undrawn(context).route(lambda url: url.startswith(("http:", "https:")), allow_or_note)
        yield context, outside
        browser.close()


@pytest.mark.parametrize("page", PAGES)
def test_no_page_asks_another_host(
    live_server: str, offline: tuple[BrowserContext, list[str]], page: str
) -> None:
    context, outside = offline
    tab = context.new_page()
    sockets: list[str] = []
    tab.on("websocket", lambda socket: sockets.append(socket.url))
    tab.goto(f"{live_server}/{page}")
    tab.wait_for_selector(PAGES[page], timeout=60_000)
    tab.wait_for_load_state("networkidle")
    tab.close()
    assert outside == []
    assert sockets
    assert all(urlsplit(address).hostname == "127.0.0.1" for address in sockets)

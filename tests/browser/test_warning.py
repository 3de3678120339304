"""The page Early warning in a real browser: an alert is handled, and typing survives refreshing."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import LOOKS, MARKS, OFFICE, Size, looked_at, looking, undrawn
from tests.servers import serving

pytestmark = MARKS


@pytest.fixture(scope="module")
def address(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a cockpit on a copy of the sample county: these tests write into the ledger."""
    folder = tmp_path_factory.mktemp("warning")
    shutil.copytree(sample_store, folder, dirs_exist_ok=True)
    _flood(folder)
    with serving(folder, tmp_path_factory.mktemp("log") / "server.log") as found:
        yield found


def _flood(folder: Path) -> None:
    """Let two gauges rise to the highest they have ever shown, at the end of the data."""
    with sqlite3.connect(folder / "county.sqlite") as store:
        (batch,) = store.execute("select max(batch_id) from reading").fetchone()
        for sensor, value in (("SW001", 6.5), ("SW005", 6.0)):
            store.executemany(
                "insert into reading (sensor_id, time, value, batch_id) values (?, ?, ?, ?)",
                [(sensor, f"2025-11-01 {h:02d}:00:00.000000", value, batch) for h in (0, 3, 6)],
            )
    store.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Return a tab; nothing may leave the host, and the console stays clean."""
    context = browser.new_context(
        storage_state=OFFICE, viewport={"width": 1920, "height": 1080}, locale="zh-CN"
    )
    tab = undrawn(context).new_page()
    hosts: set[str] = set()
    said: list[str] = []
    tab.on("request", lambda r: hosts.add(urlsplit(r.url).hostname or ""))
    tab.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    yield tab
    context.close()
    assert not [text for text in said if not text.startswith("Failed to load resource")]
    assert hosts <= {"127.0.0.1", "localhost", ""}


def settled(page: Page) -> Page:
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached(
        timeout=60_000
    )
    page.wait_for_timeout(700)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    return page


def test_an_alert_is_raised_by_the_server_and_handled(page: Page, address: str) -> None:
    page.goto(f"{address}/warning?lang=zh")
    # Nobody has asked for it: the server reads the rules by itself, and the page shows it.
    first = page.get_by_role("button", name="处置").first
    expect(first).to_be_visible(timeout=120_000)
    expect(page.locator("[data-testid=stDeckGlJsonChart] canvas").first).to_be_visible()
    first.click()
    words = page.get_by_label("说明")
    words.fill("已派人到")
    words.press("End")
    page.wait_for_timeout(12_000)  # two refreshes of the lists
    expect(words).to_have_value("已派人到")
    words.press_sequentially("现场")
    page.get_by_role("button", name="确认").click()
    expect(page.get_by_text("已记入台账")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("office的同志已确认").first).to_be_visible(timeout=30_000)


VIEWS = {
    "now": "[data-testid=stDeckGlJsonChart] canvas",
    "sensors": "[data-testid=stDataFrame]",
    "events": "[data-testid=stPlotlyChart] .plot-container",
    "ledger": "[data-testid=stDataFrame]",
    "rules": "[data-testid=stPlotlyChart] .plot-container",
}


@LOOKS
def test_looks(
    browser: Browser, address: str, language: str, theme: Literal["dark", "light"], size: Size
) -> None:
    with looking(browser, theme, size) as page:
        for view, ready in VIEWS.items():
            page.goto(f"{address}/warning?lang={language}&view={view}")
            expect(page.locator(ready).first).to_be_visible(timeout=60_000)
            settled(page)
            looked_at(page, f"warning-{view}-{language}-{theme}", size)

"""The page Appeals in a real browser: rising topics are named, no personal part is sent."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.browser.chromium import MARKS, OFFICE, SHOTS, undrawn
from tests.servers import serving

CANARIES = ("13987654321", "11010519491231002X", "欧阳文秀")
"""A telephone, an identity number and a name, planted in urgent appeals of the last day."""

pytestmark = MARKS


@pytest.fixture(scope="module")
def address(unvisited_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a cockpit on a copy of the sample county with personal parts in its newest texts."""
    folder = tmp_path_factory.mktemp("appeals")
    shutil.copytree(unvisited_sample, folder, dirs_exist_ok=True)
    phone, number, name = CANARIES
    text = f"我叫{name}，身份证{number}，电话{phone}，小区燃气泄漏有生命危险，请马上处理。"
    with sqlite3.connect(folder / "county.sqlite") as store:
        store.execute(
            "update event set text = ? where id in (select id from event where channel like "
            "'12345%' order by reported desc limit 12)",
            (text,),
        )
    store.close()
    with serving(folder, tmp_path_factory.mktemp("log") / "server.log") as found:
        yield found


def settled(page: Page) -> None:
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached(
        timeout=60_000
    )
    page.wait_for_timeout(700)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


def listen(page: Page) -> list[bytes]:
    """Collect every byte that the server sends to a page, by websocket or otherwise."""
    heard: list[bytes] = []

    def frames(socket: WebSocket) -> None:
        socket.on(
            "framereceived", lambda f: heard.append(f if isinstance(f, bytes) else f.encode())
        )

    page.on("websocket", frames)
    return heard


@pytest.mark.parametrize(("language", "theme"), [("zh", "dark"), ("en", "light")])
def test_every_view_is_drawn_and_tells_no_personal_part(
    browser: Browser, address: str, language: str, theme: str
) -> None:
    context = browser.new_context(
        storage_state=OFFICE,
        viewport={"width": 1920, "height": 1080},
        color_scheme=theme,  # type: ignore[arg-type]
    )
    page = undrawn(context).new_page()
    hosts: set[str] = set()
    page.on("request", lambda r: hosts.add(urlsplit(r.url).hostname or ""))
    heard = listen(page)
    page.goto(f"{address}/appeals?lang={language}")
    expect(page.get_by_text("飞线充电").first).to_be_visible(timeout=90_000)
    settled(page)
    SHOTS.mkdir(exist_ok=True)
    tabs = page.locator("[data-testid=stButtonGroup] button")
    names = [name for name in tabs.all_inner_texts() if name.strip()]
    for name in names[-8:]:  # the last group: one button a view
        page.get_by_role("radio", name=name, exact=True).or_(
            page.get_by_role("button", name=name, exact=True)
        ).first.click()
        settled(page)
        page.screenshot(path=SHOTS / f"appeals-{name}-{language}-{theme}.png")
    context.close()
    assert hosts <= {"127.0.0.1", "localhost", ""}
    everything = b"".join(heard)
    assert "燃气泄漏".encode() in everything  # the masked text did come
    for canary in CANARIES:
        assert canary.encode() not in everything, canary


def test_files_hold_no_text(browser: Browser, address: str) -> None:
    context = browser.new_context(storage_state=OFFICE, viewport={"width": 1920, "height": 1080})
    page = undrawn(context).new_page()
    page.goto(f"{address}/appeals?lang=zh")
    expect(page.get_by_text("飞线充电").first).to_be_visible(timeout=90_000)
    settled(page)
    links = page.locator("a[href*='/appeals/'][href*='.csv']")
    expect(links.nth(4)).to_be_visible(timeout=60_000)
    addresses = [str(link.get_attribute("href")) for link in links.all()]
    assert len(addresses) >= 5
    for href in addresses:
        reply = page.request.get(f"{address}{href}")
        assert reply.status == 200, href
        told = reply.body().decode("utf-8-sig")
        for canary in CANARIES:
            assert canary not in told, href
        if "/rising/" not in href:  # the words of a topic are what many texts share
            assert "燃气泄漏" not in told, href
    context.close()

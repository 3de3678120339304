"""The public pages in a real browser: light, large where asked, reachable by keyboard, small."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests import opened
from tests.browser.chromium import CHROMIUM, FLAGS, MARKS
from tests.servers import serving

SHOTS = Path(__file__).parent / "shots"
ADDRESSES = {
    "open": "/?",
    "village": f"/village?village={opened.VILLAGES[0]}&",
    "datasets": "/datasets?",
    "algorithms": "/algorithms?",
}
SIZES = {"screen": (1920, 1080), "telephone": (390, 844)}
DONE = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  return app && app.dataset.testScriptState === 'notRunning' && document.querySelector('.op h1');
}"""
# Contrast of text on the nearest ground that is painted, by WCAG 2.
CONTRAST = """() => {
  const rgb = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => v / 255).map(
    v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > .9) return c; }
    return [255, 255, 255]; };
  const bad = [];
  for (const e of document.querySelectorAll('[data-testid=stMain] *')) {
    const words = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    const r = e.getBoundingClientRect();
    const unread = e.closest('style,canvas,[aria-hidden=true]');
    if (!words || r.width < 3 || !e.checkVisibility() || unread) continue;
    const a = light(rgb(getComputedStyle(e).color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) bad.push(ratio.toFixed(1) + ' ' + e.innerText.trim().slice(0, 30));
  }
  return bad; }"""
SMALL = """() => [...document.querySelectorAll('.op a, .op summary, [data-testid=stMain] button,'
    + ' [data-testid=stMain] input:not([type=checkbox]), [data-testid=stCheckbox] label')]
  .filter(e => e.checkVisibility() && !e.closest('.st-key-ct-header'))
  .map(e => [e.getBoundingClientRect(), e])
  .filter(([r]) => r.height > 0 && r.height < 43.5)
  .map(([r, e]) => Math.round(r.height) + ' ' + e.tagName + ' ' + e.innerText.slice(0, 30))"""

pytestmark = MARKS


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = opened.make(tmp_path_factory.mktemp("open"))
    with serving(folder, tmp_path_factory.mktemp("log") / "server.log") as address:
        yield address


def context(browser: Browser, size: str, scheme: str) -> BrowserContext:
    width, height = SIZES[size]
    phone = size == "telephone"
    return browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        is_mobile=phone,
        has_touch=phone,
        locale="zh-CN",
    )


def opened_page(tab: Page, server: str, name: str, **query: str) -> list[str]:
    """Open a page; return the addresses outside of the server and what was refused."""
    wrong: list[str] = []
    host = urlsplit(server).netloc
    tab.on("request", lambda r: wrong.append(r.url) if _foreign(r.url, host) else None)
    tab.on(
        "response",
        lambda r: wrong.append(f"{r.status} {r.url}") if "/open/" in r.url and not r.ok else None,
    )
    asked = "&".join(f"{k}={v}" for k, v in query.items())
    tab.goto(f"{server}{ADDRESSES[name]}{asked}")
    tab.wait_for_function(DONE, timeout=60_000)
    tab.wait_for_timeout(800)
    return wrong


def _foreign(url: str, host: str) -> bool:
    return url.startswith(("http", "ws")) and urlsplit(url).netloc != host


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("size", SIZES)
def test_the_page_fits_and_is_light_where_the_machine_is_dark(
    browser: Browser, server: str, name: str, size: str
) -> None:
    with context(browser, size, "dark") as made:
        tab = made.new_page()
        assert opened_page(tab, server, name, lang="zh") == []
        ground = tab.evaluate(
            "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
        )
        assert ground == "rgb(245, 247, 250)"
        assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 1
        assert tab.evaluate(CONTRAST) == []
        SHOTS.mkdir(exist_ok=True)
        tab.screenshot(path=SHOTS / f"open-{name}-{size}.png")


@pytest.mark.parametrize("name", ADDRESSES)
def test_large_type_is_half_as_large_again_with_wide_targets(
    browser: Browser, server: str, name: str
) -> None:
    root = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    with context(browser, "telephone", "light") as made:
        tab = made.new_page()
        opened_page(tab, server, name, lang="en")
        usual = tab.evaluate(root)
        opened_page(tab, server, name, lang="en", elder="1")
        assert tab.evaluate(root) == pytest.approx(1.5 * usual)
        assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 1
        assert tab.evaluate(SMALL) == []
        assert tab.evaluate(CONTRAST) == []


def test_the_keyboard_reaches_the_switch_and_the_village(browser: Browser, server: str) -> None:
    with context(browser, "screen", "light") as made:
        tab = made.new_page()
        opened_page(tab, server, "village", lang="zh")
        reached = set()
        for _ in range(40):
            tab.keyboard.press("Tab")
            reached.add(
                tab.evaluate(
                    "document.activeElement.getAttribute('aria-label')"
                    " || document.activeElement.innerText.trim().slice(0, 20)"
                )
            )
        assert {"大字版", "村名", "分年龄人口", "可以下载的全部数据"} <= reached


def test_the_first_visit_is_small(browser: Browser, server: str) -> None:
    with context(browser, "telephone", "light") as made:
        tab = made.new_page()
        received: list[int] = []
        tab.on("websocket", lambda ws: ws.on("framereceived", lambda f: received.append(len(f))))
        opened_page(tab, server, "open", lang="zh")
        assert 0 < sum(received) < 60_000

"""axe-core on the public pages: nothing serious or critical in either language or type size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests import opened
from tests.browser.chromium import MARKS, OFFICE
from tests.servers import serving

WIDE, NARROW = (1366, 900), (390, 844)
VILLAGE = f"village={opened.VILLAGES[0]}"
STREAMLIT = ("/?", f"/village?{VILLAGE}&", "/datasets?", "/algorithms?")
PLAIN = ("/lite?", "/lite/map?", "/lite/map?level=village&", f"/lite/village?{VILLAGE}&",
         "/lite/village?q=a&", "/lite/data?", "/sign-in?")  # fmt: skip
DONE = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  return app && app.dataset.testScriptState === 'notRunning' && document.querySelector('.op h1');
}"""

pytestmark = MARKS


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = opened.make(tmp_path_factory.mktemp("axe"))
    with serving(folder, tmp_path_factory.mktemp("log") / "server.log") as address:
        yield address


def context(browser: Browser, size: tuple[int, int]) -> BrowserContext:
    return browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="light", locale="zh-CN"
    )


def grave(tab: Page) -> list[str]:
    """Return what axe finds serious or critical, each with its first places."""
    found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
    told = []
    for one in found:
        if one["impact"] not in ("serious", "critical"):
            continue
        told += [f"{one['id']}: {n['target']} {n['html'][:160]}" for n in one["nodes"][:4]]
    return told


@pytest.mark.parametrize(
    ("size", "query"),
    [(WIDE, "lang=zh"), (NARROW, "lang=en"), (NARROW, "lang=zh&elder=1")],
)
def test_the_public_pages_have_no_grave_fault(
    browser: Browser, server: str, size: tuple[int, int], query: str
) -> None:
    with context(browser, size) as made:
        tab = made.new_page()
        for address in STREAMLIT:
            tab.goto(f"{server}{address}{query}")
            tab.wait_for_function(DONE, timeout=60_000)
            tab.wait_for_timeout(400)
            assert grave(tab) == [], address


@pytest.mark.parametrize(("size", "query"), [(WIDE, "lang=en"), (NARROW, "lang=zh&elder=1")])
def test_the_simple_pages_and_the_sign_in_page_have_no_grave_fault(
    browser: Browser, server: str, size: tuple[int, int], query: str
) -> None:
    with context(browser, size) as made:
        tab = made.new_page()
        for address in PLAIN:
            assert tab.goto(f"{server}{address}{query}")
            assert grave(tab) == [], address


def test_the_check_finds_what_is_wrong(browser: Browser) -> None:
    with context(browser, WIDE) as made:
        tab = made.new_page()
        tab.set_content('<html lang="zh"><title>t</title><main><img src="data:,"></main>')
        assert [one.partition(":")[0] for one in grave(tab)] == ["image-alt"]


def test_the_offices_simple_page_has_no_grave_fault(browser: Browser, server: str) -> None:
    with browser.new_context(storage_state=OFFICE, locale="zh-CN") as made:
        tab = made.new_page()
        for address in (
            "/lite/office?lang=zh",
            "/lite/office?lang=en&elder=1",
            "/sign-out?lang=zh",
        ):
            answer = tab.goto(f"{server}{address}")
            assert answer is not None
            assert answer.status == 200
            assert grave(tab) == [], address

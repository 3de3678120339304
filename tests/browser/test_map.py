"""The map in a real browser: open, change the indicator, go down by a click, speak, share."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser.chromium import MARKS, OFFICE, SHOTS

TELEPHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
SCREEN, PHONE = (1920, 1080), (390, 844)
_LEAST = 100  # bytes: a choice comes with all others that the page has, a sign of life alone

pytestmark = MARKS


def _refused(reply: Response) -> bool:
    """Tell whether an address of ours was refused: Streamlit itself first asks under the page's."""
    return reply.status >= 400 and "/map/_stcore/" not in reply.url


class Tab:
    """One visitor's tab, with every request it made and every complaint of the browser."""

    def __init__(
        self, browser: Browser, *, size: tuple[int, int] = SCREEN, theme: str = "Light"
    ) -> None:
        width, height = size
        self.context = browser.new_context(
            storage_state=OFFICE,
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "Dark" else "light",
            locale="zh-CN",
            is_mobile=size == PHONE,
            user_agent=TELEPHONE if size == PHONE else None,
        )
        self.context.add_init_script(
            "localStorage.setItem('stActiveTheme-' + location.pathname + '-v2', "
            f"JSON.stringify('{theme}'))"
        )
        self.page: Page = self.context.new_page()
        self.hosts: set[str] = set()
        self.refused: list[str] = []
        self.sent = 0  # choices told to the server
        self.page.on("websocket", lambda socket: socket.on("framesent", self._told))
        self.page.on("request", lambda r: self._note(r.url))
        self.page.on("response", lambda r: self.refused.append(r.url) if _refused(r) else None)

    def _told(self, frame: str | bytes) -> None:
        self.sent += len(frame) > _LEAST

    def _note(self, address: str) -> None:
        if address.startswith(("http", "ws")):
            self.hosts.add(urlsplit(address).netloc)

    def open(self, address: str) -> "Tab":
        self.page.goto(address)
        expect(self.page.locator("[data-testid=stDeckGlJsonChart] canvas").first).to_be_visible(
            timeout=60_000
        )
        return self.settle()

    def settle(self) -> "Tab":
        """Wait until the script has run, nothing is stale, and the map's layers are there."""
        expect(
            self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
        ).to_be_attached(timeout=60_000)
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_timeout(700)
        return self

    def shot(self, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")

    def tile(self, figure: str) -> int:
        found = self.page.locator(f"[data-figure={figure}]").get_attribute("title")
        return int((found or "").replace(",", ""))

    def click_map(self, x: float = 0.5, y: float = 0.5) -> None:
        """Click at a share of the map's width and height."""
        box = self.page.locator("[data-testid=stDeckGlJsonChart] canvas").first.bounding_box()
        assert box is not None
        at = box["x"] + box["width"] * x, box["y"] + box["height"] * y
        note = self.page.locator(".deck-tooltip")
        self.page.mouse.move(2, 2)  # away, so that no note of the last place passes for this one's
        for _ in range(20):
            if not (note.count() and note.first.is_visible()):
                break
            self.page.wait_for_timeout(250)
        for step in range(240):  # a region answers the pointer once it is drawn
            self.page.mouse.move(at[0] - step % 2, at[1])
            self.page.wait_for_timeout(250)
            if note.count() and note.first.is_visible() and note.first.inner_text().strip():
                break
        before = self.page.url
        for _ in range(3):  # a busy machine draws so slowly that deck.gl may miss a click
            sent = self.sent
            self.page.mouse.click(*at)
            # A click that was taken must not be made again, however late its answer comes: a
            # second one takes back what the first has chosen.
            if self._until(lambda sent=sent: self.sent > sent, 15):  # type: ignore[misc]
                assert self._until(lambda: self.page.url != before, 60)
                break
        else:
            pytest.fail(f"nothing answered a click at {x}, {y}")
        self.settle()

    def _until(self, true: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is true; tell whether it came to be."""
        for _ in range(round(seconds / 0.15)):
            if true():
                return True
            self.page.wait_for_timeout(150)
        return true()

    def choose(self, label: str, option: str) -> None:
        box = self.page.get_by_role("combobox", name=re.compile(label))
        box.click()
        box.fill(option)  # the list draws only what fits on the screen
        self.page.get_by_role("option", name=option, exact=True).click()
        self.page.wait_for_timeout(300)
        self.settle()

    def reads(self) -> list[str]:
        """Return what the visitor reads: tiles, legend, sentence."""
        page = self.page
        return [
            page.locator(".ct-tiles").inner_text(),
            page.locator(".ct-legend").inner_text(),
            page.locator("[data-testid=stMarkdownContainer] p").first.inner_text(),
        ]

    def close(self) -> None:
        self.context.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    opened = Tab(browser)
    yield opened
    opened.close()


def test_opens_on_the_county_and_asks_nobody_else(live_server: str, tab: Tab) -> None:
    tab.open(f"{live_server}/map")
    tab.shot("map_zh_light")
    assert tab.tile("people") == 480_000
    assert tab.hosts == {urlsplit(live_server).netloc}
    assert not tab.refused


def test_another_indicator_moves_no_geometry(live_server: str, tab: Tab) -> None:
    tab.open(f"{live_server}/map?level=grid")
    tab.page.wait_for_load_state("networkidle")  # what the first picture asks for has come
    asked: list[str] = []
    tab.page.on("request", lambda r: asked.append(r.url) if "/layers/" in r.url else None)
    tab.choose("指标", "60岁及以上人口占比")
    tab.shot("map_zh_light_aged_grids")
    assert "indicator=age_60_plus_share" in tab.page.url
    assert "60岁及以上人口占比" in tab.page.locator(".ct-legend").inner_text()
    # A share may rest on few cases: the picture of its lines is no geometry.
    assert not [url for url in asked if not url.endswith("hatch.png")]


def test_down_by_clicking_and_back(live_server: str, tab: Tab) -> None:
    tab.open(f"{live_server}/map")
    people = [tab.tile("people")]
    for _ in range(3):
        tab.click_map()
        people.append(tab.tile("people"))
    tab.shot("map_zh_light_grid")
    assert people == sorted(people, reverse=True)
    assert len(set(people)) == 4
    region = re.search(r"region=([\w-]+)", tab.page.url)
    assert region is not None
    assert len(region[1]) == 15
    tab.page.get_by_role("button", name="青岚县", exact=True).click()
    tab.page.wait_for_timeout(300)
    tab.settle()
    assert tab.tile("people") == 480_000
    tab.click_map()  # and the same region opens again
    assert tab.tile("people") == people[1]


def test_several_regions_are_added_up(live_server: str, tab: Tab) -> None:
    tab.open(f"{live_server}/map?several=1")
    tab.click_map(0.5, 0.5)
    one = tab.tile("people")
    tab.click_map(0.4, 0.4)
    two = tab.tile("people")
    tab.shot("map_zh_light_several")
    assert one < two < 480_000
    assert tab.page.url.count("pick=") == 2
    tab.page.get_by_role("button", name="清除").click()
    tab.page.wait_for_timeout(300)
    tab.settle()
    assert tab.tile("people") == 480_000


def test_the_language_switch(live_server: str, tab: Tab) -> None:
    tab.open(f"{live_server}/map")
    tab.page.get_by_text("English", exact=True).click()
    expect(tab.page.get_by_text("Sample county, invented")).to_be_visible()
    tab.settle()
    tab.shot("map_en_light")
    assert "lang=en" in tab.page.url
    tab.page.get_by_role("link", name="Population").click()
    expect(tab.page).to_have_url(re.compile("population.*lang=en"), timeout=30_000)
    expect(tab.page.get_by_text("Sample county, invented")).to_be_visible()


def test_a_shared_address_shows_the_same(live_server: str, tab: Tab, browser: Browser) -> None:
    tab.open(
        f"{live_server}/map?lang=en&indicator=floating_share&classes=jenks&n=6"
        "&layer=labels&layer=roads&ramp=viridis"
    )
    tab.click_map(0.4, 0.4)
    other = Tab(browser, theme="Dark")
    other.open(tab.page.url)
    other.shot("map_en_dark_shared")
    assert other.reads() == tab.reads()
    assert other.page.url == tab.page.url
    other.close()


@pytest.mark.parametrize(
    ("name", "query", "size", "theme"),
    [
        (
            "map_zh_dark_columns",
            "?level=village&indicator=people&tall=1&layer=labels&layer=roads&layer=relief",
            SCREEN,
            "Dark",
        ),
        ("map_en_dark_change", "?lang=en&level=village&indicator=change", SCREEN, "Dark"),
        (
            "map_zh_light_everything",
            "?layer=labels&layer=roads&layer=rivers&layer=facilities&layer=buildings&layer=relief",
            SCREEN,
            "Light",
        ),
        ("map_zh_light_laptop", "", (1366, 768), "Light"),
        ("map_en_dark_phone", "?lang=en", PHONE, "Dark"),
    ],
)
def test_looks(
    live_server: str, browser: Browser, name: str, query: str, size: tuple[int, int], theme: str
) -> None:
    tab = Tab(browser, size=size, theme=theme)
    tab.open(f"{live_server}/map{query}")
    tab.shot(name)
    wide = tab.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size[0]
    assert not tab.refused
    tab.close()

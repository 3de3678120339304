"""The public pages in a real browser: light, large where asked, reachable by keyboard, small."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests import opened
from tests.browser.chromium import MARKS, SHOTS
from tests.servers import serving

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
    + ' .st-key-ct-header a,'
    + ' [data-testid=stMain] input:not([type=checkbox]), [data-testid=stCheckbox] label')]
  .filter(e => e.checkVisibility())
  .map(e => [e.getBoundingClientRect(), e])
  .filter(([r]) => r.height > 0 && r.height < 43.5)
  .map(([r, e]) => Math.round(r.height) + ' ' + e.tagName + ' ' + e.innerText.slice(0, 30))"""

pytestmark = MARKS


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
        assert not tab.locator("[data-testid=stHeader]").is_visible()
        call, frame = tab.locator(".op-call").first, tab.locator(".st-key-ct-header")
        assert call.bounding_box()["y"] < 420 < frame.bounding_box()["y"]


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
        assert {
            "大字版",
            "村名",
            "分年龄人口",
            "可以下载的全部数据",
            "读给我听",
            "打开简版",
        } <= reached


def test_the_first_visit_is_small(browser: Browser, server: str) -> None:
    with context(browser, "telephone", "light") as made:
        tab = made.new_page()
        received: list[int] = []
        tab.on("websocket", lambda ws: ws.on("framereceived", lambda f: received.append(len(f))))
        opened_page(tab, server, "open", lang="zh")
        assert 0 < sum(received) < 60_000


# A voice that says nothing but keeps what it was given; it takes ``__slow`` ms a sentence.
VOICE = """(() => {
  const said = window.__said = []; let now = null;
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  Object.defineProperty(window, 'speechSynthesis', {value: {
    getVoices: () => window.__voices || [{lang: 'zh-CN'}, {lang: 'en-GB'}],
    speak: u => { said.push([u.voice.lang, u.text]);
      now = setTimeout(() => u.onend(), window.__slow || 0); },
    cancel: () => clearTimeout(now)}});
})()"""
STATUS = "() => document.querySelector('[data-speak] [role=status]').textContent"


def reader(made: BrowserContext) -> Page:
    tab = made.new_page()
    tab.add_init_script(VOICE)
    return tab


def focus(tab: Page, words: str) -> None:
    """Walk with the Tab key until something that says these words has the focus."""
    for _ in range(60):
        tab.keyboard.press("Tab")
        told = tab.evaluate(
            "() => { const e = document.activeElement;"
            " return e.getAttribute('aria-label') || e.innerText || e.value || ''; }"
        )
        if words in told and len(told) < 60:  # not the page around it, which can be scrolled
            return
    raise AssertionError(f"the keyboard does not reach {words}")


def settled(tab: Page) -> None:
    tab.wait_for_timeout(300)
    tab.wait_for_function(DONE, timeout=60_000)
    tab.wait_for_timeout(500)


@pytest.mark.parametrize(
    ("language", "voice", "wanted"),
    [
        (
            "zh",
            "zh-CN",
            ("常住人口。", "1374 人 上下相差 7。", "0至14岁儿童 138 上下相差 4，10%。", "看地图。"),
        ),
        (
            "en",
            "en-GB",
            ("1374 persons give or take 7.", "Children under 15 138 give or take 4, 10%."),
        ),
    ],
)
def test_the_page_is_read_aloud_with_its_figures_and_units(
    browser: Browser, server: str, language: str, voice: str, wanted: tuple[str, ...]
) -> None:
    with context(browser, "screen", "light") as made:
        tab = reader(made)
        opened_page(tab, server, "open", lang=language, elder="1")
        tab.click("[data-speak] button[value=start]")
        end = {"zh": "读完了。", "en": "Read to the end."}[language]
        tab.wait_for_function(f"() => ({STATUS})() === '{end}'", timeout=20_000)
        said = tab.evaluate("window.__said")
        assert {lang for lang, _ in said} == {voice}
        told = [text for _, text in said]
        assert set(wanted) <= set(told)
        of_map = {"zh": "最多的是", "en": "Most are in"}[language]
        assert [text for text in told if text.startswith(of_map)]
        assert not [text for text in told if "±" in text or "12345" in text[:5]]
        assert tab.evaluate("document.documentElement.lang")[:2] == language


def test_reading_stops_at_once_and_says_so(browser: Browser, server: str) -> None:
    with context(browser, "telephone", "light") as made:
        tab = reader(made)
        opened_page(tab, server, "open", lang="zh")
        tab.evaluate("window.__slow = 60000")
        tab.click("[data-speak] button[value=start]")
        tab.wait_for_selector(".op-reading")
        assert tab.evaluate(STATUS) == "正在朗读，按 Esc 键停止。"
        tab.click("[data-speak] button[value=stop]")
        assert tab.evaluate(STATUS) == "已停止朗读。"
        tab.wait_for_timeout(300)
        assert len(tab.evaluate("window.__said")) == 1
        assert tab.locator(".op-reading").count() == 0
        tab.click("[data-speak] button[value=start]")
        tab.keyboard.press("Escape")
        assert tab.evaluate(STATUS) == "已停止朗读。"


def test_a_browser_without_a_voice_says_so(browser: Browser, server: str) -> None:
    with context(browser, "telephone", "light") as made:
        tab = reader(made)
        tab.goto(f"{server}/lite?lang=en")
        tab.evaluate("window.__voices = [{lang: 'zh-CN'}]")
        tab.click("[data-speak] button[value=start]")
        tab.wait_for_function(f"() => ({STATUS})().includes('no voice')", timeout=5_000)
        assert tab.evaluate("window.__said") == []


def test_the_tasks_of_the_public_need_the_keyboard_alone(browser: Browser, server: str) -> None:
    with context(browser, "screen", "light") as made:
        tab = reader(made)
        opened_page(tab, server, "village", lang="zh")
        tab.evaluate("window.__slow = 60000")
        focus(tab, "读给我听")
        tab.keyboard.press("Enter")
        tab.wait_for_selector(".op-reading")
        tab.keyboard.press("Enter")  # the button to stop has the focus now
        assert tab.evaluate(STATUS) == "已停止朗读。"

        tab.goto(f"{server}/village?lang=zh")
        settled(tab)
        focus(tab, "大字版")
        tab.keyboard.press("Space")
        settled(tab)
        assert "elder=1" in tab.url
        focus(tab, "村名")
        tab.keyboard.type(opened.VILLAGES[1])
        tab.keyboard.press("Enter")
        settled(tab)
        assert tab.locator(".op h2").filter(has_text="谁住在这里").count() == 1

        focus(tab, "中文")
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("Space")
        settled(tab)
        assert tab.locator(".op h2").filter(has_text="Who lives here").count() == 1

        tab.goto(f"{server}/datasets?lang=zh&dataset=places")
        settled(tab)
        focus(tab, "CSV")
        with tab.expect_download() as got:
            tab.keyboard.press("Enter")
        assert got.value.suggested_filename.endswith(".csv")


def test_simple_pages_need_little_and_no_script(browser: Browser, server: str) -> None:
    """All that a browser asks for, as it goes over the wire: 60 kB of 300."""
    with browser.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False, locale="zh-CN"
    ) as made:
        tab = made.new_page()
        got: list[int] = []
        tab.on("requestfinished", lambda r: got.append(sum(_sizes(r))))
        tab.goto(f"{server}/lite")
        assert tab.locator("svg a").count() == 2
        tab.locator("svg a").first.focus()
        tab.keyboard.press("Enter")
        tab.wait_for_url("**/lite/map?**")
        assert tab.locator("svg a").count() == 2
        tab.click("tbody a >> nth=0")
        assert tab.locator("h2", has_text="谁住在这里").count() == 1
        tab.goto(f"{server}/lite/village")
        tab.fill("#q", opened.VILLAGES[0])
        tab.keyboard.press("Enter")
        tab.wait_for_url("**q=**")
        assert tab.locator("main ul a").count() >= 1
        assert 0 < sum(got) < 60_000


def _sizes(request: Request) -> tuple[int, int]:
    sizes = request.sizes()
    return sizes["responseBodySize"], sizes["responseHeadersSize"]


@pytest.mark.parametrize("path", ["/lite", "/lite/map", "/lite/village", "/lite/data"])
def test_simple_pages_fit_a_telephone_in_large_type(
    browser: Browser, server: str, path: str
) -> None:
    small = """() => [...document.querySelectorAll('a,button,summary,input')]
      .filter(e => !e.closest('svg') && !e.matches('.skip') && e.checkVisibility())
      .map(e => [e.getBoundingClientRect().height, e.innerText])
      .filter(([h]) => h > 0 && h < 43.5)"""
    root = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    with context(browser, "telephone", "light") as made:
        tab = made.new_page()
        tab.goto(f"{server}{path}?lang=en")
        usual = tab.evaluate(root)
        assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        tab.goto(f"{server}{path}?lang=en&elder=1")
        assert tab.evaluate(root) == pytest.approx(1.5 * usual)
        assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert tab.evaluate(small) == []
        assert tab.evaluate(CONTRAST.replace("[data-testid=stMain]", "body")) == []

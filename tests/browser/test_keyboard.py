"""The Map without a mouse: indicator, down to a township, back, level, table and its file."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from cockpit.look.tokens import LIGHT, rgba
from tests.browser.chromium import CHROMIUM, FLAGS, MARKS, OFFICE

pytestmark = MARKS

_MOST = 150  # steps of the Tab key: a page has far fewer places to stop at

_ACCENT = f"rgb({', '.join(str(part) for part in rgba(LIGHT.accent)[:3])})"  # of a list's frame

# What has the focus: role, words, whether it can be seen to have it.
_FOCUS = """(accent) => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const around = [e.querySelector('*'), e];
  for (let k = 0; k < 5 && around.at(-1).parentElement; k++)
    around.push(around.at(-1).parentElement);
  const looks = around.filter(Boolean).map(x => getComputedStyle(x));
  const marked = looks.slice(0, 4).some(s => s.outlineStyle !== 'none' || s.boxShadow !== 'none')
    || looks.some(s => s.borderTopWidth !== '0px' && s.borderTopColor === accent);
  return [e.tagName.toLowerCase(), (e.getAttribute('aria-label') || e.innerText || '').trim(),
          e.getAttribute('href') || '', marked];
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(
            storage_state=OFFICE, viewport={"width": 1366, "height": 768}, locale="zh-CN"
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def settle(page: Page) -> None:
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached(
        timeout=60_000
    )
    page.wait_for_timeout(300)


def tab_to(page: Page, tag: str, words: str, *, href: str = "") -> str:
    """Press Tab until the focus is on an element; return its address, "" of what is no link."""
    stood, last = 0, None
    for _ in range(_MOST):
        page.keyboard.press("Tab")
        found = page.evaluate(_FOCUS, _ACCENT)
        stood = stood + 1 if found is not None and found == last else 0
        assert stood < 4, f"the focus stays on {found}"
        last = found
        if found and found[0] == tag and re.search(words, found[1]) and href in found[2]:
            assert found[3], f"nobody sees that {found[:2]} has the focus"
            return str(found[2])
    raise AssertionError(f"no {tag} {words} within {_MOST} steps")


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a list by typing and Enter."""
    tab_to(page, "input", label)
    page.keyboard.type(option)
    expect(page.get_by_role("option", name=option, exact=True)).to_be_visible()
    page.keyboard.press("Enter")
    settle(page)


def test_the_map_without_a_mouse(tiny_server: str, page: Page) -> None:
    page.goto(f"{tiny_server}/map?lang=zh")
    expect(page.locator("[data-figure=people]")).to_be_visible(timeout=60_000)
    settle(page)

    choose(page, "指标", "60岁及以上人口占比")
    expect(page).to_have_url(re.compile("indicator=age_60_plus_share"))

    choose(page, "查看下级", "西河镇")
    expect(page).to_have_url(re.compile("region=529901100"))
    expect(page.locator("[data-figure=people]")).to_have_attribute("title", "760")

    tab_to(page, "button", "^小青县$")
    page.keyboard.press("Enter")
    expect(page.locator("[data-figure=people]")).to_have_attribute("title", "1,360")
    settle(page)
    assert "region=" not in page.url

    address = tab_to(page, "a", "^CSV$", href="/download/")
    answer = page.context.request.get(urljoin(tiny_server, address))
    assert answer.status == 200
    assert "西河镇" in answer.body().decode("utf-8-sig")

    tab_to(page, "button", "保存图片")
    page.keyboard.press("Enter")
    address = tab_to(page, "a", "^SVG$", href="/picture/")
    assert "age_60_plus_share.svg" in address
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="SVG")).to_have_count(0)

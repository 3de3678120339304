"""The page Scenarios in a real browser: search the front, save two plans, see them side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.chromium import CHROMIUM, FLAGS, MARKS, OFFICE, undrawn

pytestmark = MARKS


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(
            storage_state=OFFICE, viewport={"width": 1920, "height": 1080}, locale="zh-CN"
        )
        yield undrawn(context).new_page()
        browser.close()


def save_plan(page: Page, n_new: int, name: str) -> None:
    """Choose a plan of the front by keyboard and save it."""
    box = page.get_by_role("combobox", name=re.compile("前沿上的方案"))
    box.click()
    box.fill(f"新增 {n_new} 处")
    page.get_by_role("option", name=re.compile(f"新增 {n_new} 处")).first.click()
    field = page.get_by_role("textbox", name="名称", exact=True)
    if not field.is_visible():
        page.get_by_text("另存为情景").click()
    field.fill(name)
    field.press("Tab")
    page.get_by_role("button", name=re.compile("保存$")).last.click()
    expect(page.get_by_text(f"已保存为“{name}”")).to_be_visible(timeout=60_000)


def test_from_the_front_to_two_scenarios_side_by_side(live_server: str, page: Page) -> None:
    hosts: set[str] = set()
    faults: list[str] = []
    page.on("request", lambda r: hosts.add(urlsplit(r.url).netloc) if "http" in r.url else None)
    page.on(
        "response",
        lambda r: faults.append(r.url) if r.status >= 400 and "/layers/" in r.url else None,
    )
    page.goto(f"{live_server}/scenarios?view=front&most=5")
    page.get_by_role("button", name="求解前沿").click(timeout=90_000)
    expect(page.get_by_text(re.compile(r"得到 \d+ 个点"))).to_be_visible(timeout=120_000)
    save_plan(page, 2, "两处")
    save_plan(page, 5, "五处")

    page.get_by_role("radio", name="并排比较").or_(
        page.get_by_role("button", name="并排比较")
    ).first.click()
    expect(page.locator("tr[data-row=covered] td")).to_have_count(3, timeout=60_000)
    expect(page.locator("[data-testid=stDeckGlJsonChart] canvas")).to_have_count(2)
    page.wait_for_load_state("networkidle")

    page.goto(f"{live_server}/scenarios?view=saved")
    page.get_by_role("button", name="在选址推演中打开").click(timeout=90_000)
    expect(page).to_have_url(re.compile(r"/placement\?.*plan="), timeout=60_000)
    assert not faults
    assert hosts == {urlsplit(live_server).netloc}

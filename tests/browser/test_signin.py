"""Signing in and out as people do: in a real browser, by keyboard, on a phone, in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete
from sqlalchemy.orm import Session

from cockpit.access import accounts
from cockpit.store.models_access import SignInAttempt, SignInLock
from cockpit.store.session import open_engine, require_table
from tests.browser.chromium import MARKS, SHOTS
from tests.entering import PASSWORD

pytestmark = MARKS
PEOPLE = {"li.ming": ["planner"], "wang": ["administrator"], "zhao": ["leader"]}


@pytest.fixture(scope="module")
def server(tiny_server: str, tiny_store: Path) -> str:
    """Return a cockpit with three people."""
    engine = open_engine(f"sqlite:///{tiny_store / 'county.sqlite'}")
    with Session(engine) as db:
        require_table(db, "account")
    for name, roles in PEOPLE.items():
        with Session(engine) as db:
            if accounts.find(db, name) is None:
                accounts.create(db, name, PASSWORD, display=f"{name}同志", roles=roles, by="test")
                db.commit()
    with Session(engine) as db, db.begin():
        for table in (SignInAttempt, SignInLock):
            db.execute(delete(table))
    engine.dispose()
    return tiny_server


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Return a tab of a browser that has never been here; its console must stay quiet."""
    options = {"locale": "zh-CN", "viewport": {"width": 1280, "height": 900}}
    context = browser.new_context(**{**options, **getattr(request, "param", {})})
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield tab
    context.close()
    # A refusal is an error to the console; what the content policy stops is one to us.
    assert not [one for one in complaints if "Content Security Policy" in one]


def enter(page: Page, name: str, password: str = PASSWORD) -> None:
    page.fill("#name", name)
    page.fill("#password", password)
    page.press("#password", "Enter")


def path(page: Page) -> str:
    return urlsplit(page.url).path


def test_signs_in_with_the_keyboard_alone_and_out_again(server: str, page: Page) -> None:
    page.goto(f"{server}/population?view=change")
    assert path(page) == "/sign-in"
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("li.ming")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/population?view=change")
    expect(page.get_by_text("li.ming同志").first).to_be_visible(timeout=60_000)
    page.goto(f"{server}/sign-out")
    page.get_by_role("button", name="退出登录", exact=True).click()
    expect(page.get_by_role("heading", name="已退出登录")).to_be_visible()
    page.go_back()
    page.goto(f"{server}/population")
    assert path(page) == "/sign-in"


def test_a_wrong_password_is_said_and_the_name_stays(server: str, page: Page) -> None:
    page.goto(f"{server}/sign-in")
    enter(page, "li.ming", "not the password")
    expect(page.get_by_role("alert")).to_contain_text("登录名或密码不正确")
    assert page.input_value("#name") == "li.ming"
    assert page.input_value("#password") == ""
    expect(page.locator("#password")).to_be_focused()
    enter(page, "li.ming")
    page.wait_for_url(f"{server}/")


def test_a_locked_name_stays_out_with_the_right_password(server: str, page: Page) -> None:
    page.goto(f"{server}/sign-in?lang=en")
    for _ in range(5):
        enter(page, "zhao", "not the password")
        expect(page.get_by_role("alert")).to_be_visible()
    enter(page, "zhao")
    expect(page.get_by_role("alert")).to_contain_text("stays locked for 15 minutes")
    assert path(page) == "/sign-in"


def test_a_role_without_the_right_reads_one_sentence(server: str, page: Page) -> None:
    page.goto(f"{server}/sign-in?next=/accounts")
    enter(page, "wang")
    page.wait_for_url(f"{server}/**")
    answer = page.goto(f"{server}/population")
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_text("您的账号没有打开此页的权限。")).to_be_visible()
    page.get_by_role("link", name="返回首页").click()
    expect(page.get_by_text("wang同志").first).to_be_visible(timeout=60_000)


def test_the_public_sees_open_data_and_the_way_in(server: str, page: Page) -> None:
    page.goto(server)
    link = page.locator("a[href^='/sign-in']").first
    expect(link).to_be_visible(timeout=60_000)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    link.click()
    page.wait_for_url("**/sign-in**")
    expect(page.get_by_role("link", name="公开数据（无需登录）")).to_be_visible()


def test_signing_out_ends_the_page_in_another_window(server: str, page: Page) -> None:
    page.goto(f"{server}/sign-in?next=/population")
    enter(page, "li.ming")
    expect(page.get_by_text("li.ming同志").first).to_be_visible(timeout=60_000)
    second = page.context.new_page()
    second.goto(f"{server}/sign-out")
    second.get_by_role("button", name="退出登录", exact=True).click()
    expect(second.get_by_role("heading", name="已退出登录")).to_be_visible()
    page.wait_for_url("**/sign-in?ended=1**", timeout=15_000)
    expect(page.get_by_text("登录已失效，请重新登录。")).to_be_visible()


PHONE = {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "locale": "en-US"}


@pytest.mark.parametrize("page", [PHONE, {"color_scheme": "light"}], indirect=True)
@pytest.mark.parametrize("way", ["/sign-in", "/sign-in/first"])
def test_fits_a_phone_and_is_easy_to_hit(server: str, page: Page, way: str) -> None:
    page.goto(f"{server}{way}")
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0
    for box in page.locator("input:not([type=hidden]), button, a.button").all():
        place = box.bounding_box()
        assert place is not None
        assert place["height"] >= 44
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert background == ("rgb(11, 18, 32)" if dark else "rgb(245, 247, 250)")
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(
        path=SHOTS / f"{way.strip('/').replace('/', '-')}-{'dark' if dark else 'light'}.png"
    )

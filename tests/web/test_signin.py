"""The routes of signing in and out: cookies, forms, ways on, words."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.access import accounts, first_start, sessions
from cockpit.store.session import engine
from cockpit.web import forms
from tests.access.test_accounts import demos_on
from tests.entering import PASSWORD, Browser, account, signed_in, trail
from tests.web.asgi import cockpit_app

pytestmark = pytest.mark.usefixtures("accounts_here")
REFUSED = (
    "The name or the password is wrong, or the name is locked: after 5 wrong passwords it stays "
    "locked for 15 minutes, for the right one too."
)


@pytest.fixture
def browser() -> Iterator[Browser]:
    app: Starlette = cockpit_app()
    return Browser(app)


def enter(browser: Browser, name: str = "li", password: str = PASSWORD, **more: str) -> object:
    return browser.fill("/sign-in", {"name": name, "password": password, **more})


def test_a_right_password_gives_a_cookie_and_leads_on(browser: Browser) -> None:
    account("li")
    answer = browser.fill(
        "/sign-in", {"name": "LI ", "password": PASSWORD, "next": "/population?view=change"}
    )
    assert (answer.status, answer.header("location")) == (303, "/population?view=change")
    (line,) = [line for line in browser.sent if line.startswith(sessions.COOKIE)]
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(line.split("; "))
    assert "Secure" not in line
    assert sessions.visitor_by_cookie(browser.cookies[sessions.COOKIE]).account == "li"
    assert trail("sign in") == [("li", "sign in", "account li")]


@pytest.mark.parametrize(
    ("name", "password"), [("li", "wrong one here"), ("nobody", PASSWORD), ("", ""), ("li", "")]
)
def test_every_refusal_reads_alike(browser: Browser, name: str, password: str) -> None:
    account("li")
    answer = browser.fill("/sign-in", {"name": name, "password": password})
    assert (answer.status, answer.alert) == (401, REFUSED)
    assert sessions.COOKIE not in browser.cookies
    assert f'name="name" type="text" autocomplete="username" value="{name}"' in answer.text


def test_a_locked_name_reads_alike_for_the_right_password_too(browser: Browser) -> None:
    account("li")
    for _ in range(5):
        enter(browser, password="wrong one here")
    answer = browser.fill("/sign-in", {"name": "li", "password": PASSWORD})
    assert (answer.status, answer.alert) == (401, REFUSED)
    assert [act for _, act, _ in trail()][-2:] == ["sign in refused", "locked"]


def test_an_address_that_tries_too_often_hears_how_long_to_wait(browser: Browser) -> None:
    for number in range(20):
        enter(browser, name=f"name{number}")
    answer = browser.fill("/sign-in", {"name": "li", "password": PASSWORD})
    assert answer.status == 429
    assert re.fullmatch(
        r"There were too many attempts from your address. Try again in \d+ seconds.", answer.alert
    )
    assert 1 <= int(answer.header("retry-after")) <= 60


def test_each_sign_in_has_a_new_cookie_and_ends_the_one_before(browser: Browser) -> None:
    account("li")
    planted = "A" * 43
    browser.cookies[sessions.COOKIE] = planted
    enter(browser)
    first = browser.cookies[sessions.COOKIE]
    enter(browser)
    second = browser.cookies[sessions.COOKIE]
    assert len({planted, first, second}) == 3
    assert not sessions.visitor_by_cookie(planted).signed_in
    assert not sessions.visitor_by_cookie(first).signed_in
    assert sessions.visitor_by_cookie(second).signed_in


class TestForms:
    def test_without_a_token_nothing_happens(self, browser: Browser) -> None:
        account("li")
        for token in ({}, {"token": ""}, {"token": "0" * 64}):
            answer = browser.post("/sign-in", {"name": "li", "password": PASSWORD, **token})
            assert answer.status == 403
        assert sessions.COOKIE not in browser.cookies
        assert trail("sign in", "sign in refused") == []

    def test_the_token_of_another_browser_is_worth_nothing(self, browser: Browser) -> None:
        account("li")
        attacker = Browser(browser.app)
        token = re.search(r'name="token" value="(\w+)"', attacker.get("/sign-in").text)
        assert token is not None
        browser.get("/sign-in")
        fields = {"name": "li", "password": PASSWORD, "token": token.group(1)}
        assert browser.post("/sign-in", fields).status == 403

    @pytest.mark.parametrize(
        "headers",
        [
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "https://evil.example"},
            {"referer": "https://evil.example/cockpit.test"},
            {"origin": "http://cockpit.test.evil.example"},
        ],
    )
    def test_a_form_from_elsewhere_is_refused(
        self, browser: Browser, headers: dict[str, str]
    ) -> None:
        account("li")
        fields = {"name": "li", "password": PASSWORD}
        assert browser.fill("/sign-in", fields, **headers).status == 403

    def test_our_own_page_may_say_where_it_is(self, browser: Browser) -> None:
        account("li")
        headers = {"sec-fetch-site": "same-origin", "origin": "http://cockpit.test"}
        answer = browser.fill("/sign-in", {"name": "li", "password": PASSWORD}, **headers)
        assert answer.status == 303

    def test_signing_out_wants_a_form_of_ours(self, browser: Browser) -> None:
        account("li")
        browser.cookies[sessions.COOKIE] = signed_in("li")
        assert browser.get("/sign-out").status == 200
        assert browser.post("/sign-out", {}).status == 403
        assert sessions.visitor_by_cookie(browser.cookies[sessions.COOKIE]).signed_in

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("application/json", b"{}"),
            ("application/x-www-form-urlencoded", b"a=" + b"x" * 20_000),
            ("application/x-www-form-urlencoded", b"a=\xff\xfe"),
            ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(50))),
            ("multipart/form-data; boundary=x", b"--x--"),
        ],
    )
    def test_what_is_no_form_is_a_bad_request(
        self, browser: Browser, kind: str, body: bytes
    ) -> None:
        answer = browser.ask("POST", "/sign-in", body, {"content-type": kind})
        assert answer.status == 400


@pytest.mark.parametrize(
    ("wanted", "target"),
    [
        ("/population?view=change", "/population?view=change"),
        ("/?area=%E9%9D%92", "/?area=%E9%9D%92"),
        ("/", "/"),
        ("", "/"),
        ("population", "/"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/%2f%2fevil.example", "/"),
        ("/%2F/evil.example", "/"),
        ("/%5cevil.example", "/"),
        ("/%255cevil.example", "/"),
        ("/a/..//evil.example", "/"),
        ("/\tevil", "/"),
        ("/%0d%0aSet-Cookie:x", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/sign-out", "/"),
        ("/sign-in?next=/sign-in", "/"),
        ("/_stcore/health", "/"),
        ("/map#//evil.example", "/"),
        ("/map#part", "/map"),
    ],
)
def test_the_way_on_never_leaves_this_host(wanted: str, target: str) -> None:
    assert forms.own_path(wanted) == target


def test_nothing_that_was_typed_runs(browser: Browser) -> None:
    typed = '"><script>alert(1)</script>'
    answer = browser.fill("/sign-in", {"name": typed, "password": "x", "next": f"/{typed}"})
    assert b"<script" not in answer.body
    assert b"&lt;script&gt;" in answer.body


def test_behind_https_the_cookies_are_secure(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    account("li")
    fields = {"name": "li", "password": PASSWORD}
    browser.fill("/sign-in", fields, x_forwarded_proto="https")
    assert not any("Secure" in line for line in browser.sent), "nobody vouches for the header"
    monkeypatch.setattr("cockpit.web.signin.is_https", lambda _scope: True)
    monkeypatch.setattr("cockpit.web.forms.is_https", lambda _scope: True)
    browser.sent.clear()
    browser.fill("/sign-in", fields)
    assert all("Secure" in line for line in browser.sent)


def test_signing_out_here_and_everywhere(browser: Browser) -> None:
    account("li")
    there = signed_in("li")
    enter(browser)
    here = browser.cookies[sessions.COOKIE]
    answer = browser.fill("/sign-out", {})
    assert answer.status == 200
    assert "You are signed out" in answer.text
    assert sessions.COOKIE not in browser.cookies
    assert not sessions.visitor_by_cookie(here).signed_in
    assert sessions.visitor_by_cookie(there).signed_in
    enter(browser)
    browser.fill("/sign-out", {}, to="/sign-out-everywhere")
    assert not sessions.visitor_by_cookie(there).signed_in
    assert [act for _, act, _ in trail("sign out")] == ["sign out", "sign out"]


def test_a_password_is_changed_with_the_present_one(browser: Browser) -> None:
    account("li")
    enter(browser)
    fields = {"present": PASSWORD, "password": "another good one", "again": "another god one"}
    answer = browser.fill("/account/password", fields)
    assert (answer.status, answer.alert) == (400, "The two new passwords are not the same.")
    fields["again"] = fields["password"]
    answer = browser.fill("/account/password", {**fields, "present": "wrong one here"})
    assert answer.status == 401
    answer = browser.fill("/account/password", fields)
    assert answer.status == 200
    assert "The password is changed. All other places are signed out." in answer.text
    assert sessions.visitor_by_cookie(browser.cookies[sessions.COOKIE]).signed_in


def test_an_initial_password_leads_to_the_page_that_changes_it(browser: Browser) -> None:
    account("li", initial=True)
    answer = browser.fill("/sign-in", {"name": "li", "password": PASSWORD, "next": "/population"})
    assert answer.header("location") == "/account/password?lang=en"
    assert browser.get("/population").header("location") == "/account/password?lang=en"


def test_the_first_administrator_is_made_and_signed_in(browser: Browser) -> None:
    assert "Make the first account" in browser.get("/sign-in").text
    fields = {"code": "wrong", "name": "root", "password": PASSWORD, "again": PASSWORD}
    assert browser.fill("/sign-in/first", fields).alert.startswith("This code is not good")
    answer = browser.fill("/sign-in/first", {**fields, "code": first_start.new_code()})
    assert answer.status == 303
    with Session(engine()) as db:
        assert accounts.has_administrator(db)
    assert sessions.visitor_by_cookie(browser.cookies[sessions.COOKIE]).account == "root"
    assert browser.get("/sign-in/first").header("location") == "/sign-in"
    assert "Make the first account" not in browser.get("/sign-in").text


def test_demo_accounts_are_offered_marked_and_open(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Demo" not in browser.get("/sign-in").text
    demos_on(monkeypatch)
    page = browser.get("/sign-in")
    assert page.text.count("Demo: ") == 7
    answer = browser.fill("/sign-in", {"demo": "demo-planner"}, to="/sign-in/demo")
    assert answer.status == 303
    assert sessions.visitor_by_cookie(browser.cookies[sessions.COOKIE]).roles == ("planner",)
    page = browser.get("/account/password")
    assert "This account has no password to change." in page.text
    demos_on(monkeypatch, invented=False)
    assert browser.fill("/sign-in", {"demo": "demo-planner"}, to="/sign-in/demo").status == 400


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", "密码错 5 次，该登录名锁定 15 分钟"), ("en", "After 5 wrong passwords")],
)
def test_the_page_says_what_a_lock_means(browser: Browser, language: str, words: str) -> None:
    page = browser.get(f"/sign-in?lang={language}")
    assert words in page.text
    assert f'<html lang="{language}">' in page.text
    assert 'href="/open"' in page.text
    assert "autofocus" in page.text
    assert "<script" not in page.text
    labels = set(re.findall(r'<label for="(\w+)"', page.text))
    fields = set(re.findall(r'<input id="(\w+)"', page.text))
    assert labels == fields == {"name", "password"}
    assert page.header("cache-control") == "no-store"


@pytest.mark.parametrize("path", ["/healthz", "/open/algorithms.json", "/style/light.json"])
def test_what_is_for_everybody_needs_no_session(browser: Browser, path: str) -> None:
    assert browser.get(path).status == 200


def test_a_feed_asks_for_its_own_token(browser: Browser) -> None:
    answer = browser.ask("POST", "/feed/gateway", b"{}", {})
    assert answer.status == 401
    assert answer.header("www-authenticate") == 'Bearer realm="feed"'


def test_the_public_is_led_to_the_sign_in_page_and_back(browser: Browser) -> None:
    answer = browser.get("/risk?view=time&x=%2F%2Fevil")
    assert answer.status == 303
    assert answer.header("location") == "/sign-in?next=%2Frisk%3Fview%3Dtime%26x%3D%252F%252Fevil"
    page = browser.get(answer.header("location"))
    assert 'name="next" value="/risk?view=time&x=%2F%2Fevil"' in page.text


def test_the_way_to_the_door_keeps_the_language(browser: Browser) -> None:
    for said, kept in (("lang=en", "&lang=en"), ("lang=zh", "&lang=zh"), ("lang=xx", "")):
        place = browser.get(f"/risk?{said}").header("location")
        assert place == f"/sign-in?next=%2Frisk%3F{said.replace('=', '%3D')}{kept}"


def test_a_role_without_the_right_reads_one_sentence(browser: Browser) -> None:
    account("root", "administrator")
    browser.cookies[sessions.COOKIE] = signed_in("root")
    answer = browser.get("/population")
    assert answer.status == 403
    assert "Your account is not allowed to open it." in answer.text


def test_an_ended_session_is_said_in_the_other_language_too(browser: Browser) -> None:
    page = browser.get("/sign-in?ended=1&next=%2Frisk%3Fview%3Dtime")
    assert "Your session has ended. Sign in again." in page.text
    assert 'href="/sign-in?lang=zh&next=%2Frisk%3Fview%3Dtime&ended=1"' in page.text
    turned = browser.get("/sign-in?lang=zh&next=%2Frisk%3Fview%3Dtime&ended=1")
    assert "登录已失效，请重新登录。" in turned.text


def test_an_account_of_one_area_reads_that_the_page_is_of_the_whole_county(
    browser: Browser,
) -> None:
    account("li", "leader", territory="529901001")
    browser.cookies[sessions.COOKIE] = signed_in("li")
    answer = browser.get("/risk")
    assert answer.status == 403
    assert "This page shows the whole county" in answer.text
    assert "not for your role" not in answer.text

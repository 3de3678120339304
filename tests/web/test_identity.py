"""The middleware of identity, before an application that only tells what reached it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from cockpit.access import sessions
from cockpit.access.rules import PAGES
from cockpit.access.visitor import PUBLIC
from cockpit.web import streams, wire
from cockpit.web.identity import BROWSER_COOKIE, Identity
from tests.entering import Browser, Clock, account, signed_in, trail

pytestmark = pytest.mark.usefixtures("accounts_here")


async def mirror(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the headers that arrived and who the visitor is."""
    visitor = scope["cockpit.visitor"]
    told = {
        "headers": [[k.decode("latin-1"), v.decode("latin-1")] for k, v in scope["headers"]],
        "account": visitor.account,
    }
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


@pytest.fixture
def browser() -> Browser:
    return Browser(Identity(mirror))


FORGED = (
    "x-cockpit-session", "X-Cockpit-Session", "X-COCKPIT-SESSION", "x_cockpit_session",
    "X_Cockpit-Session", "x-cockpit-user", "cockpit-session", " x-cockpit-session ", "remote-user",
    "Remote_User", "x-remote-user", "x-forwarded-user", "X-Forwarded-Email", "x-auth-request-user",
    "X-Authenticated-User", "x-user-id", "x-goog-authenticated-user-email",
)  # fmt: skip


class TestForgedHeaders:
    """WEB-6: no word of the client's own about who he is comes through."""

    @pytest.mark.parametrize("name", FORGED)
    def test_none_of_the_public_comes_through(self, name: str) -> None:
        account("root", "administrator")
        row = sessions.visitor_by_cookie(signed_in("root")).session
        told = self.told([(name, row), (name, "second")])
        assert told["account"] == ""
        assert not [v for _, v in told["headers"] if v in (row, "second")]

    @pytest.mark.parametrize("name", FORGED)
    def test_our_own_stands_alone(self, name: str) -> None:
        account("li")
        account("root", "administrator")
        cookie = signed_in("li")
        row = sessions.visitor_by_cookie(cookie).session
        other = sessions.visitor_by_cookie(signed_in("root")).session
        told = self.told([(name, other), ("cookie", f"{sessions.COOKIE}={cookie}"), (name, other)])
        assert told["account"] == "li"
        named = [pair for pair in told["headers"] if "cockpit" in pair[0].lower()]
        assert named == [["x-cockpit-session", row]]

    def told(self, headers: list[tuple[str, str]]) -> dict[str, Any]:
        scope = {
            "type": "http", "method": "GET", "path": "/x", "query_string": b"", "scheme": "http",
            "headers": [(k.encode(), v.encode()) for k, v in headers],
        }  # fmt: skip
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        asyncio.run(Identity(mirror)(scope, receive, send))
        said: dict[str, Any] = json.loads(sent[1]["body"])
        return said

    def test_headers_of_others_stay(self) -> None:
        kept = [["x-forwarded-for", "198.51.100.4"], ["authorization", "Bearer x"]]
        assert self.told([(k, v) for k, v in kept])["headers"] == kept


def test_two_cookies_of_the_same_name_are_one_visitor_at_most(browser: Browser) -> None:
    account("li")
    cookie = signed_in("li")
    headers = {"cookie": f"{sessions.COOKIE}=nonsense; {sessions.COOKIE}={cookie}"}
    told = json.loads(browser.ask("GET", "/x", b"", headers).body)
    assert told["account"] in ("", "li")
    assert "x-cockpit-session" not in dict(told["headers"]) or told["account"] == "li"


@pytest.mark.parametrize("page", sorted(PAGES))
def test_each_page_is_for_its_roles_alone(browser: Browser, page: str) -> None:
    for role in ("screen", "leader", "planner", "steward", "auditor", "administrator"):
        account(f"one-{role}", role, password="")
        browser.cookies[sessions.COOKIE] = signed_in(f"one-{role}")
        allowed = role in PAGES[page].roles
        for method, path in (("GET", f"/{page}"), ("HEAD", f"/{page}/"), ("GET", f"//{page}")):
            assert browser.ask(method, path, b"", {}).status == (200 if allowed else 403)
    del browser.cookies[sessions.COOKIE]
    answer = browser.get(f"/{page}")
    assert answer.status == (200 if "public" in PAGES[page].roles else 303)


def test_the_first_page_gives_a_browser_its_mark_once(browser: Browser) -> None:
    browser.get("/")
    (line,) = browser.sent
    assert line.startswith(f"{BROWSER_COOKIE}=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(line.split("; "))
    browser.get("/")
    browser.get("/healthz")
    assert len(browser.sent) == 1


@pytest.mark.parametrize(
    "path",
    ["/_stcore/agent/interact", "/_stcore/agent/openapi.json", "/_stcore/agent/mcp",
     "/_stcore/metrics", "/_stcore/script-health-check"],
)  # fmt: skip
def test_doors_that_nobody_uses_are_closed(browser: Browser, path: str) -> None:
    account("li")
    browser.cookies[sessions.COOKIE] = signed_in("li")
    assert browser.ask("POST", path, b"", {}).status == 404


def test_a_store_that_is_away_is_said(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_cookie: str) -> None:
        raise streams.StoreError("away")

    monkeypatch.setattr(sessions, "visitor_by_cookie", away)
    browser.cookies[sessions.COOKIE] = "x" * 43
    answer = browser.get("/population")
    assert answer.status == 503
    assert "Try again in a moment. Nothing is lost." in answer.text
    assert browser.get("/healthz").status == 200


def new_session(page_session: str, more: str = "") -> bytes:
    message = ForwardMsg()
    message.hash = "abc"
    message.new_session.initialize.session_id = page_session
    message.new_session.name = more
    return bytes(message.SerializeToString())


def by_timer() -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = "a=b"
    message.rerun_script.is_auto_rerun = True
    return bytes(message.SerializeToString())


def by_hand() -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = "a=b"
    return bytes(message.SerializeToString())


def on_page(query: str, path: str = "/appeals") -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = query
    message.rerun_script.context_info.url = f"http://cockpit.test{path}?old=1"
    return bytes(message.SerializeToString())


class TestWire:
    """The fields are where Streamlit's own descriptions have them."""

    def test_the_session_that_a_message_opens(self) -> None:
        assert wire.session_given(new_session("a-b-c", "x" * 300)) == "a-b-c"
        other = ForwardMsg()
        other.script_finished = ForwardMsg.FINISHED_SUCCESSFULLY
        assert wire.session_given(other.SerializeToString()) == ""
        other = ForwardMsg()
        other.delta.new_element.markdown.body = "a-b-c"
        assert wire.session_given(other.SerializeToString()) == ""

    def test_the_page_that_a_message_is_about(self) -> None:
        assert wire.page_of(on_page("a=b")) == "/appeals?a=b"
        assert wire.page_of(on_page("")) == "/appeals"
        assert wire.page_of(by_hand()) == ""
        assert wire.page_of(b"\xff\xff") == ""
        moved = ForwardMsg()
        moved.page_info_changed.query_string = "view=time"
        assert wire.query_told(moved.SerializeToString()) == "view=time"
        assert wire.query_told(new_session("page-1")) is None

    def test_what_somebody_did(self) -> None:
        heartbeat = BackMsg()
        heartbeat.app_heartbeat = True
        stop = BackMsg()
        stop.stop_script = True
        assert wire.by_hand(by_hand())
        assert wire.by_hand(stop.SerializeToString())
        assert not wire.by_hand(by_timer())
        assert not wire.by_hand(heartbeat.SerializeToString())

    def test_the_way_out(self) -> None:
        message = ForwardMsg.FromString(wire.leading_to("/x" * 200))
        assert message.auth_redirect.url == "/x" * 200

    def test_the_files_that_a_message_names(self) -> None:
        message = ForwardMsg()
        message.delta.new_element.markdown.body = "![](/media/0123456789abcdef.png) /media/../x"
        assert wire.media_named(message.SerializeToString()) == {"0123456789abcdef.png"}

    @pytest.mark.parametrize("data", [b"", b"\xff" * 40, b"\x22", b"\x22\xff", b"\x0f", bytes(9)])
    def test_what_is_no_message_is_nothing(self, data: bytes) -> None:
        assert wire.session_given(data) == ""
        assert wire.media_named(data) == set()


@dataclass
class Socket:
    """A websocket to the middleware, with a page session behind it like Streamlit's."""

    app: Identity
    cookies: str = ""
    protocols: str = "streamlit, token"
    scope: dict[str, Any] = field(default_factory=dict)
    sent: list[Message] = field(default_factory=list)
    to_server: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)

    async def run(self) -> None:
        headers = [(b"sec-websocket-protocol", self.protocols.encode())]
        if self.cookies:
            headers.append((b"cookie", self.cookies.encode()))
        scope = {
            "type": "websocket", "path": "/_stcore/stream", "query_string": b"", "scheme": "ws",
            "headers": headers, "subprotocols": self.protocols.split(", "),
            "client": ("203.0.113.7", 4711),
        }  # fmt: skip

        async def send(message: Message) -> None:
            self.sent.append(message)

        await self.app(scope, self.to_server.get, send)

    @property
    def closed(self) -> bool:
        return any(m["type"] == "websocket.close" for m in self.sent)


class Pages:
    """What stands behind: opens a page session, keeps what arrives, goes when it is told to."""

    def __init__(self, *messages: bytes) -> None:
        self.messages = messages
        self.offered: list[str] = []
        self.arrived: list[Message] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await mirror(scope, receive, send)
            return
        assert scope["subprotocols"] == dict(scope["headers"])[
            b"sec-websocket-protocol"
        ].decode().split(", ")
        self.offered = scope["subprotocols"]
        await send({"type": "websocket.accept"})
        for message in self.messages:
            await send({"type": "websocket.send", "bytes": message})
        while True:
            message = await receive()
            self.arrived.append(message)
            if message["type"] == "websocket.disconnect":
                await send({"type": "websocket.send", "bytes": b"too late"})
                return


BYE: Message = {"type": "websocket.disconnect", "code": 1001}


def opened(app: Identity, cookies: str, protocols: str = "streamlit, token") -> Socket:
    """Open a websocket and close it from the browser's side."""

    async def run() -> Socket:
        socket = Socket(app, cookies, protocols)
        socket.to_server.put_nowait(BYE)
        await socket.run()
        return socket

    return asyncio.run(run())


class TestPageSessions:
    """WEB-1: a page session belongs to the sign-in, or the browser, that it was opened for."""

    def setup_method(self) -> None:
        self.pages = Pages(new_session("page-1"))
        self.app = Identity(self.pages)

    def test_its_owner_comes_back_to_it(self) -> None:
        account("li")
        cookies = f"{sessions.COOKIE}={signed_in('li')}"
        opened(self.app, cookies)
        opened(self.app, cookies, "streamlit, token, page-1")
        assert self.pages.offered == ["streamlit", "token", "page-1"]
        assert trail("session taken") == []

    def test_the_public_comes_back_in_the_same_browser(self) -> None:
        opened(self.app, f"{BROWSER_COOKIE}=abc")
        opened(self.app, f"{BROWSER_COOKIE}=abc", "streamlit, token, page-1")
        assert self.pages.offered == ["streamlit", "token", "page-1"]

    @pytest.mark.parametrize("thief", ["", f"{BROWSER_COOKIE}=thief", "li"])
    @pytest.mark.parametrize("protocols", ["streamlit, token, page-1", "streamlit,token,page-1,x"])
    def test_another_gets_an_empty_one_and_leaves_a_trace(self, thief: str, protocols: str) -> None:
        account("wang")
        account("li")
        owner = signed_in("wang")
        opened(self.app, f"{sessions.COOKIE}={owner}; {BROWSER_COOKIE}=wang")
        if thief == "li":
            thief = f"{sessions.COOKIE}={signed_in('li')}; {BROWSER_COOKIE}=thief"
        opened(self.app, thief, protocols)
        assert self.pages.offered == ["streamlit", "token"]
        ((who, _, subject),) = trail("session taken")
        assert who == ("li" if sessions.COOKIE in thief else "public")
        assert subject == f"session {sessions.visitor_by_cookie(owner).session}"

    def test_without_any_cookie_nothing_is_ever_given_back(self) -> None:
        opened(self.app, "")
        opened(self.app, "", "streamlit, token, page-1")
        assert self.pages.offered == ["streamlit", "token"]

    def test_an_unknown_one_is_dropped_without_a_trace(self) -> None:
        """After a restart browsers ask for what this process has never seen."""
        opened(self.app, f"{BROWSER_COOKIE}=abc", "streamlit, token, page-9")
        assert self.pages.offered == ["streamlit", "token"]
        assert trail("session taken") == []

    def test_signing_out_takes_it_away_but_is_no_theft(self) -> None:
        account("li")
        cookies = f"{BROWSER_COOKIE}=abc; {sessions.COOKIE}={signed_in('li')}"
        opened(self.app, cookies)
        sessions.forget()
        revoke("li")
        opened(self.app, cookies, "streamlit, token, page-1")
        assert self.pages.offered == ["streamlit", "token"]
        assert trail("session taken") == []

    def test_what_is_known_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(streams, "MOST_KNOWN", 3)
        known = streams.Known()
        owner = streams.Owner("browser:x", "x")
        for number in range(10):
            known.give(f"page-{number}", owner)
            known.name(f"file-{number}", owner)
        assert [known.owns(f"page-{n}", owner) for n in (6, 7, 9)] == [False, True, True]
        assert [known.was_sent(f"file-{n}", owner) for n in (6, 7, 9)] == [False, True, True]


def revoke(name: str) -> None:
    from sqlalchemy.orm import Session

    from cockpit.store.session import engine

    with Session(engine()) as db:
        sessions.revoke_all(db, name)
        db.commit()
    sessions.drop()


class TestOpenWebsockets:
    """ACC-2, P6: no websocket outlives its session."""

    def test_one_ends_when_its_session_does(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(streams, "LOOK_SECONDS", 0.05)
        account("li")
        account("wang")
        pages = Pages(new_session("page-1"))
        app = Identity(pages)

        async def run() -> None:
            first = Socket(app, f"{sessions.COOKIE}={signed_in('li')}")
            second = Socket(app, f"{sessions.COOKIE}={signed_in('wang')}")
            tasks = [asyncio.create_task(one.run()) for one in (first, second)]
            await asyncio.sleep(0.2)
            assert not first.closed
            await asyncio.to_thread(revoke, "li")
            await asyncio.wait_for(tasks[0], 2)
            assert first.sent[-1] == {"type": "websocket.close", "code": streams.ENDED}
            last = ForwardMsg.FromString(first.sent[-2]["bytes"])
            assert last.auth_redirect.url == "/sign-in?ended=1"
            assert not second.closed
            second.to_server.put_nowait(BYE)
            await asyncio.wait_for(tasks[1], 2)
            assert app.watch._task is None

        asyncio.run(run())

    def test_the_way_to_sign_in_leads_back_to_the_page(self) -> None:
        account("li")
        pages = Pages(new_session("page-1"))

        async def run() -> str:
            socket = Socket(Identity(pages), f"{sessions.COOKIE}={signed_in('li')}")
            task = asyncio.create_task(socket.run())
            socket.to_server.put_nowait({"type": "websocket.receive", "bytes": on_page("lang=en")})
            await asyncio.sleep(0.2)
            await asyncio.to_thread(revoke, "li")
            socket.to_server.put_nowait({"type": "websocket.receive", "bytes": on_page("a=//b")})
            await asyncio.wait_for(task, 2)
            return ForwardMsg.FromString(socket.sent[-2]["bytes"]).auth_redirect.url

        assert asyncio.run(run()) == "/sign-in?ended=1&next=%2Fappeals%3Fa%3D%2F%2Fb"

    def test_the_way_back_has_the_query_that_the_page_gave_itself(self) -> None:
        stream = streams.Stream(PUBLIC, streams.Owner("", ""), streams.Known())
        moved = ForwardMsg()
        moved.page_info_changed.query_string = "view=time"
        stream._follow(moved.SerializeToString())
        assert stream._way_back() == "/sign-in?ended=1"  # no page known yet
        stream._page = "/appeals?lang=en"
        stream._follow(moved.SerializeToString())
        assert stream._way_back() == "/sign-in?ended=1&next=%2Fappeals%3Fview%3Dtime"

    def test_a_message_of_an_ended_session_does_not_arrive(self) -> None:
        account("li")
        pages = Pages(new_session("page-1"))

        async def run() -> None:
            socket = Socket(Identity(pages), f"{sessions.COOKIE}={signed_in('li')}")
            task = asyncio.create_task(socket.run())
            socket.to_server.put_nowait({"type": "websocket.receive", "bytes": by_hand()})
            await asyncio.sleep(0.2)
            assert len(pages.arrived) == 1
            await asyncio.to_thread(revoke, "li")
            socket.to_server.put_nowait({"type": "websocket.receive", "bytes": by_hand()})
            await asyncio.wait_for(task, 2)
            assert socket.closed
            assert [m["type"] for m in pages.arrived][1:] == ["websocket.disconnect"]

        asyncio.run(run())

    def test_a_timer_keeps_nobody_signed_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = Clock(monkeypatch)
        account("li")
        for message, still in ((by_timer(), False), (by_hand(), True)):
            cookie = signed_in("li")

            async def run(cookie: str = cookie, message: bytes = message) -> None:
                socket = Socket(Identity(Pages()), f"{sessions.COOKIE}={cookie}")
                task = asyncio.create_task(socket.run())
                for _ in range(4):
                    clock.go(minutes=10)
                    socket.to_server.put_nowait({"type": "websocket.receive", "bytes": message})
                    await asyncio.sleep(0.1)
                socket.to_server.put_nowait(BYE)
                await asyncio.wait_for(task, 2)

            asyncio.run(run())
            assert sessions.visitor_by_cookie(cookie).signed_in == still


FILE = "0123456789abcdef0123456789abcdef.csv"


class TestMedia:
    """WEB-3: a file under /media is for the sign-in that its address was sent to."""

    def setup_method(self) -> None:
        message = ForwardMsg()
        message.delta.new_element.markdown.body = f"/media/{FILE}"
        self.app = Identity(Pages(new_session("page-1"), message.SerializeToString()))

    @pytest.mark.parametrize("headers", [{}, {"range": "bytes=0-3"}])
    def test_nobody_else_gets_it(self, headers: dict[str, str]) -> None:
        account("li")
        account("wang")
        owner, other, public = (Browser(self.app) for _ in range(3))
        owner.cookies[sessions.COOKIE] = signed_in("li")
        other.cookies[sessions.COOKIE] = signed_in("wang")
        public.get("/")
        assert owner.ask("GET", f"/media/{FILE}", b"", headers).status == 404
        opened(self.app, f"{sessions.COOKIE}={owner.cookies[sessions.COOKIE]}")
        assert owner.ask("GET", f"/media/{FILE}", b"", headers).status == 200
        for browser in (other, public, Browser(self.app)):
            for method in ("GET", "HEAD"):
                assert browser.ask(method, f"/media/{FILE}", b"", headers).status == 404

    def test_not_after_signing_out_nor_after_other_rights(self) -> None:
        account("li")
        browser = Browser(self.app)
        browser.cookies[sessions.COOKIE] = signed_in("li")
        opened(self.app, f"{sessions.COOKIE}={browser.cookies[sessions.COOKIE]}")
        assert browser.get(f"/media/{FILE}").status == 200
        revoke("li")
        assert browser.get(f"/media/{FILE}").status == 404
        browser.cookies[sessions.COOKIE] = signed_in("li")
        assert browser.get(f"/media/{FILE}").status == 404


class TestUploads:
    PATH = "/_stcore/upload_file/page-1/file-1"

    @pytest.mark.parametrize(
        ("role", "status"),
        [("steward", 200), ("planner", 200), ("leader", 200), ("screen", 403), ("auditor", 403),
         ("administrator", 403)],
    )  # fmt: skip
    def test_only_roles_whose_pages_take_files(self, role: str, status: int) -> None:
        account("li", role)
        browser = Browser(Identity(Pages(new_session("page-1"))))
        browser.cookies[sessions.COOKIE] = signed_in("li")
        opened(browser.app, f"{sessions.COOKIE}={browser.cookies[sessions.COOKIE]}")  # type: ignore[arg-type]
        assert browser.ask("PUT", self.PATH, b"x", {}).status == status

    def test_only_to_ones_own_page_session(self) -> None:
        account("li", "steward")
        account("wang", "steward")
        app = Identity(Pages(new_session("page-1")))
        opened(app, f"{sessions.COOKIE}={signed_in('li')}")
        browser = Browser(app)
        assert browser.ask("PUT", self.PATH, b"x", {}).status == 403
        browser.cookies[sessions.COOKIE] = signed_in("wang")
        for method in ("PUT", "DELETE"):
            assert browser.ask(method, self.PATH, b"x", {}).status == 403

"""Who asks, settled below Streamlit: the cookie's session, and no word of the client's own."""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import replace
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cockpit.access import audit, sessions
from cockpit.access.rules import PAGES, may_open
from cockpit.access.visitor import PUBLIC, Visitor
from cockpit.answers.sign_in import county_name
from cockpit.locale import LANGUAGES
from cockpit.store.session import StoreError
from cockpit.web import signin_page
from cockpit.web.client import address_of, from_ours, is_https
from cockpit.web.errors import language_of
from cockpit.web.streams import Known, Owner, Stream, Watch

log = logging.getLogger("cockpit")

HEADER = b"x-cockpit-session"
BROWSER_COOKIE = "cockpit_browser"
"""Random, without an account: lets a visitor who has not signed in come back to his own page
session after a break of the connection, and nobody else."""
_NO_STORE = {"Cache-Control": "no-store"}
_PROTOCOL = b"sec-websocket-protocol"
_MEDIA, _UPLOADS = "/media/", "/_stcore/upload_file/"
_CLOSED = (
    "/_stcore/agent/", "/_stcore/metrics", "/_stcore/script-health-check", "/auth/",
    "/oauth2callback",
)  # fmt: skip
"""Doors of Streamlit's that nobody of ours uses: they run pages, or sign in, beside our rules."""
_KEPT = ("/layers/", "/download/")
_UPLOADING = ("load", "plan", "decide")
"""Acts with a page that takes files: data, scenarios, closed areas."""

_CLAIMING = frozenset(
    """
    remote-user remote-name remote-email remote-groups x-remote-user x-remote-group x-remote-groups
    x-forwarded-user x-forwarded-email x-forwarded-groups x-forwarded-preferred-username
    x-forwarded-access-token x-auth-request-user x-auth-request-email x-auth-request-groups
    x-authenticated-user x-authenticated-userid x-user x-user-id x-username x-webauth-user
    x-ms-client-principal x-ms-client-principal-name x-goog-authenticated-user-email
    """.split()  # noqa: SIM905 -- reads better than a column of strings
)
"""Headers with which proxies name a person: nobody in front of us does."""


class Identity:
    """Find the visitor of every request and websocket; take away what claims to name one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.known = Known()
        self.watch = Watch()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on with ``cockpit.visitor`` in the scope and our own header in the request."""
        if scope["type"] == "websocket":
            await self._websocket(await known(scope), receive, send)
        elif scope["type"] == "http":
            await self._http(await known(scope), receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        visitor: Visitor = scope["cockpit.visitor"]
        refusal = await self._refusal(scope, visitor)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        page = _is_page(scope)
        if page and visitor.session and sessions.untouched(visitor):
            await run_in_threadpool(sessions.touch, visitor)
        if page and not HTTPConnection(scope).cookies.get(BROWSER_COOKIE):
            send = _with_cookie(scope, send)
        elif scope["path"].startswith(_KEPT):
            send = _for_this_cookie(send)
        await self.app(scope, receive, send)

    async def _refusal(self, scope: Scope, visitor: Visitor) -> Response | None:
        """Return the answer to what this visitor may not have, None for everything else."""
        path: str = scope["path"]
        # Wherever Streamlit is mounted; its own typefaces lie in /static/media/.
        if _MEDIA in path and not path.partition(_MEDIA)[0].endswith("/static"):
            sent = self.known.was_sent(path.partition(_MEDIA)[2], owner_of(scope))
            return None if sent else PlainTextResponse("Not here.\n", 404)
        if _UPLOADS in path:
            return self._upload_refusal(path, scope, visitor)
        if path.startswith(_CLOSED):
            return PlainTextResponse("Not here.\n", 404)
        name = path.strip("/")
        if scope["method"] in ("GET", "HEAD") and name in PAGES and not may_open(visitor, name):
            return await run_in_threadpool(page_refusal, scope, visitor)
        return None

    def _upload_refusal(self, path: str, scope: Scope, visitor: Visitor) -> Response | None:
        page_session = path.partition(_UPLOADS)[2].partition("/")[0]
        may = any(visitor.may(act) for act in _UPLOADING)
        if may and self.known.owns(page_session, owner_of(scope)):
            return None
        return PlainTextResponse("Your account is not allowed to do this.\n", 403)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Headers(scope=scope).get("origin", "")
        if origin == "null" or not from_ours(scope, origin):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        owner = owner_of(scope)
        wanted = _wanted_session(scope)
        keep = bool(wanted) and self.known.owns(wanted, owner)
        if wanted and not keep:
            await self._note_taken(scope, wanted, owner)
        _offer(scope, keep=wanted if keep else "")
        stream = Stream(scope["cockpit.visitor"], owner, self.known)
        row = stream.visitor.session
        if row:
            self.watch.add(row, stream.ended)
        try:
            await stream.run(self.app, scope, receive, send)
        finally:
            if row:
                self.watch.remove(row, stream.ended)

    async def _note_taken(self, scope: Scope, wanted: str, owner: Owner) -> None:
        """
        Write down that somebody asked for another's page session; he gets a new, empty one.

        A browser that asks for a session of its own from before it signed in or out is no thief.
        """
        other = self.known.owner_of(wanted)
        if other is None or (owner.browser and owner.browser == other.browser):
            return
        detail = {"address": address_of(scope), "page session": wanted[:8]}
        visitor: Visitor = scope["cockpit.visitor"]
        try:
            await run_in_threadpool(
                audit.record_now, visitor if visitor.signed_in else "public", "session taken",
                f"session {other.key.partition(':')[2][:32]}", detail=detail,
            )  # fmt: skip
        except StoreError as error:  # the session is not handed over, written down or not
            log.warning("session taken: %s", error)


async def known(scope: Scope) -> Scope:
    """Return the scope with its visitor; of the client's headers without those that name one."""
    cookie = HTTPConnection(scope).cookies.get(sessions.COOKIE, "")
    visitor, away = await _visitor(cookie)
    headers = [pair for pair in scope["headers"] if not claims(pair[0])]
    if visitor.session:
        headers.append((HEADER, visitor.session.encode()))
    return {**scope, "headers": headers, "cockpit.visitor": visitor, "cockpit.away": away}


def claims(name: bytes) -> bool:
    """Tell whether a header's name says who somebody is, in whatever spelling."""
    plain = name.decode("latin-1").strip().lower().replace("_", "-")
    return plain.startswith(("x-cockpit-", "cockpit-")) or plain in _CLAIMING


async def _visitor(cookie: str) -> tuple[Visitor, bool]:
    """Return who has a cookie, and whether the store could not be asked: then it is the public."""
    if not cookie:
        return PUBLIC, False
    found = sessions.known_by_cookie(cookie)
    if found is not None:
        return found, False
    try:
        return await run_in_threadpool(sessions.visitor_by_cookie, cookie), False
    except StoreError:
        return PUBLIC, True


def owner_of(scope: Scope) -> Owner:
    """Return what binds page sessions and files to this sign-in, or without one to the browser."""
    browser = HTTPConnection(scope).cookies.get(BROWSER_COOKIE, "")
    mark = hashlib.sha256(browser.encode()).hexdigest() if browser else ""
    row = scope["cockpit.visitor"].session
    if row:
        return Owner(f"signed in:{row}", mark)
    return Owner(f"browser:{mark}" if mark else "", mark)


def page_refusal(scope: Scope, visitor: Visitor) -> Response:
    """Lead the public to the sign-in page; tell everybody else in one sentence."""
    language = language_of(Request(scope))
    if scope.get("cockpit.away"):
        return signin_page.message(language, "away", 503)
    if visitor.signed_in and visitor.roles == ("public",):  # somebody else chose the password
        return RedirectResponse(f"/account/password?lang={language}", 303, _NO_STORE)
    if visitor.signed_in:
        whole = may_open(replace(visitor, territory=""), scope["path"].strip("/"))
        reason = "whole county" if whole else "not allowed"
        return signin_page.message(language, reason, 403, county=county_name(language))
    query = scope["query_string"].decode("latin-1")
    wanted = quote(scope["path"]) + (f"?{query}" if query else "")
    asked = Request(scope).query_params.get("lang", "")
    spoken = f"&lang={asked}" if asked in LANGUAGES else ""
    return RedirectResponse(f"/sign-in?next={quote(wanted, safe='')}{spoken}", 303, _NO_STORE)


def _is_page(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["method"] == "GET" and (path == "/" or path.strip("/") in PAGES)


def _with_cookie(scope: Scope, send: Send) -> Send:
    """Give the browser its mark along with the page."""
    marked = Response()
    marked.set_cookie(
        BROWSER_COOKIE, secrets.token_urlsafe(16), httponly=True, samesite="lax",
        secure=is_https(scope), path="/",
    )  # fmt: skip

    async def send_marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", marked.headers["set-cookie"])
        await send(message)

    return send_marked


def _for_this_cookie(send: Send) -> Send:
    """Let a browser give what it keeps back to this sign-in alone, not to the next one."""

    async def send_varied(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if "cookie" not in headers.get("vary", "").lower():
                headers.add_vary_header("Cookie")
        await send(message)

    return send_varied


def _entries(scope: Scope) -> list[str]:
    offered = [
        value.decode("latin-1") for name, value in scope["headers"] if name.lower() == _PROTOCOL
    ]
    return [entry.strip() for entry in ",".join(offered).split(",")] if offered else []


def _wanted_session(scope: Scope) -> str:
    """Return the page session that a websocket asks to go on with; "" for a new one."""
    return next(iter(_entries(scope)[2:3]), "")


def _offer(scope: Scope, *, keep: str) -> None:
    """Leave of the sub-protocols Streamlit's name, its token and the session that may go on."""
    entries = _entries(scope)
    if not entries:
        return
    left = [*entries[:2], *([keep] if keep else [])]
    others = [pair for pair in scope["headers"] if pair[0].lower() != _PROTOCOL]
    scope["headers"] = [*others, (_PROTOCOL, ", ".join(left).encode("latin-1"))]
    scope["subprotocols"] = left

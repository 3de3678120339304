"""Who asks, settled below Streamlit: the cookie's session, and no word of the client's own."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit.access import sessions
from cockpit.access.visitor import PUBLIC, Visitor
from cockpit.store.session import StoreError

HEADER = b"x-cockpit-session"
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on with ``cockpit.visitor`` in the scope and our own header in the request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope = await known(scope)
        await self.app(scope, receive, send)


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

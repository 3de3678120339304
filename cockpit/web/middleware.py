"""What every request passes: limits on the address, who asks, headers on the answer."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cockpit.web.headers import SECURITY_HEADERS
from cockpit.web.home import Home
from cockpit.web.identity import Identity

LONGEST_QUERY = 4096  # bytes; our longest shared view is below 500
LONGEST_PATH = 2560  # bytes; what is closed may take 2,000 (answers.closure_key)

_NAMES = frozenset(name for name, _ in SECURITY_HEADERS)


class SecurityHeaders:
    """Put the security headers on every answer, Streamlit's own files and errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass websockets through; wrap the start of HTTP answers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if pair[0].lower() not in _NAMES]
                message["headers"] = [*kept, *SECURITY_HEADERS]
            await send(message)

        await self.app(scope, receive, send_with_headers)


class AddressLimits:
    """Refuse addresses that no page of ours makes, before anything parses them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 400 to a long query, a long path or one with control characters."""
        if scope["type"] == "http" and not _fits(scope):
            refusal = PlainTextResponse("Bad address.\n", status_code=400)
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _fits(scope: Scope) -> bool:
    path: str = scope["path"]
    return (
        len(scope["query_string"]) <= LONGEST_QUERY
        and len(path) <= LONGEST_PATH
        and path.isprintable()
    )


MIDDLEWARE = (
    Middleware(SecurityHeaders),
    Middleware(AddressLimits),
    Middleware(Identity),
    Middleware(Home),
)

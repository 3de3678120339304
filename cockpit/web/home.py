"""The page that a visitor begins with has the address ``/``: its own name leads there."""

from __future__ import annotations

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit.access.rules import home_of
from cockpit.access.visitor import PUBLIC


class Home:
    """
    Lead from the name of a visitor's first page to ``/``.

    Streamlit knows the first page by no other address, and people write its name as that of the
    others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 307 for that name, and pass everything else on."""
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            home = home_of(scope.get("cockpit.visitor", PUBLIC))
            if scope["path"] == f"/{home}":
                query = scope["query_string"].decode("latin-1")
                await RedirectResponse(f"/?{query}" if query else "/", 307)(scope, receive, send)
                return
        await self.app(scope, receive, send)

"""Ask an ASGI application without a socket."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.types import ASGIApp, Message

from cockpit.web import errors, middleware, routes


def cockpit_app(*more: Any) -> Starlette:
    """Return our routes, middleware and error answers without Streamlit."""
    return Starlette(
        routes=[*more, *routes.ROUTES],
        middleware=list(middleware.MIDDLEWARE),
        exception_handlers=dict(errors.HANDLERS),
    )


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> bytes:
        packed = self.headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.body) if packed else self.body

    @property
    def table(self) -> str:
        """The text of an exported table, without the line below it that says who exported it."""
        text = self.content.decode("utf-8-sig")
        rows, _, mark = text.removesuffix("\r\n").rpartition("\r\n")
        assert "# " in mark[:3], mark
        return f"{rows}\r\n"

    def json(self) -> Any:
        return json.loads(self.content)


def ask(app: ASGIApp, target: str, method: str = "GET", **headers: str) -> Reply:
    """Send one request; header names with ``_`` for ``-``."""
    return send(app, target, method, b"", headers)


def send(app: ASGIApp, target: str, method: str, body: bytes, headers: dict[str, str]) -> Reply:
    """Send one request with a body."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    sent: list[Message] = []

    asked: list[None] = []

    async def receive() -> Message:
        if asked:  # nothing more comes, and nobody leaves: a stream watches for that
            await asyncio.Event().wait()
        asked.append(None)
        return {"type": "http.request", "body": body, "more_body": False}

    async def take(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        # Starlette answers a fault and raises it again for the log.
        with contextlib.suppress(ZeroDivisionError):
            await app(scope, receive, take)

    asyncio.run(run())
    start = next(m for m in sent if m["type"] == "http.response.start")
    body = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    return Reply(start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, body)

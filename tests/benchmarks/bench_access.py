"""
Time what the access check adds to a request. Run: python -m tests.benchmarks.bench_access.

Asked: at most 1 ms on a layer. Compared with the same route without identity and guard, whose
visitor is put into the request.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ASKED_MS = 1.0
RUNS, REQUESTS = 9, 300


class Known:
    """Put a visitor into every request, without asking anybody."""

    def __init__(self, app: ASGIApp, visitor: object) -> None:
        self.app, self.visitor = app, visitor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        await self.app({**scope, "cockpit.visitor": self.visitor}, receive, send)


async def _ask(app: ASGIApp, path: str, headers: list[tuple[bytes, bytes]]) -> int:
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": headers, "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }  # fmt: skip
    status = 0

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope, receive, send)
    return status


async def _milliseconds(
    app: ASGIApp, path: str, headers: list[tuple[bytes, bytes]], expected: int
) -> float:
    """Return the mean of many requests, one after the other."""
    begun = perf_counter()
    for _ in range(REQUESTS):
        status = await _ask(app, path, headers)
        if status != expected:
            raise RuntimeError(f"{path}: {status}")
    return (perf_counter() - begun) / REQUESTS * 1e3


async def _compare(
    bare: ASGIApp, guarded: ASGIApp, cookies: dict[str, str], paths: dict[str, str]
) -> None:
    from cockpit.access.sessions import COOKIE

    for name, cookie in cookies.items():
        headers = [(b"accept-encoding", b"gzip")]
        if cookie:
            headers.append((b"cookie", f"{COOKIE}={cookie}".encode()))
        pairs = [
            (
                await _milliseconds(bare, paths[""], headers[:1], 200),
                await _milliseconds(guarded, paths[name], headers, 200 if cookie else 401),
            )
            for _ in range(RUNS)  # in turns
        ]
        without, with_check = (median(times) for times in zip(*pairs, strict=True))
        print(
            f"{name:<22} without {without:6.3f} ms, with {with_check:6.3f} ms: "
            f"{with_check - without:+.3f} ms (asked: at most {ASKED_MS:.0f})"
        )


def main() -> None:
    """Print one line a visitor: medians of runs in turns."""
    folder = Path(tempfile.mkdtemp())
    os.environ["COCKPIT_DATA"] = str(folder)
    from cockpit.access import territory
    from cockpit.access.sessions import visitor_by_cookie
    from cockpit.answers.layers import layer_url
    from cockpit.store.session import engine
    from cockpit.web import layers
    from tests import signing, tiny
    from tests.web.asgi import cockpit_app

    tiny.fill(engine())
    part = "529901001"
    cookies = {
        "whole county": signing.add_person(folder, "a", ["leader"], "备用"),
        "one township": signing.add_person(folder, "b", ["leader"], "备用", territory=part),
        "no session (refused)": "",
    }
    whole = layer_url("tiny1", "grid", "529901")
    paths = {"": whole, "whole county": whole, "no session (refused)": whole}
    paths["one township"] = layer_url(f"tiny1{territory.MARK}{part}", "grid", part)
    known = visitor_by_cookie(cookies["whole county"])
    bare = Starlette(routes=layers.ROUTES, middleware=[Middleware(Known, visitor=known)])
    asyncio.run(_compare(bare, cockpit_app(), cookies, paths))


if __name__ == "__main__":
    main()

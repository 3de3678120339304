"""Somebody at the door, for tests: accounts in the store, a moved clock, a browser with cookies."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Message

from cockpit.access import accounts, clock, sessions
from cockpit.store.models_audit import AuditEntry
from cockpit.store.session import engine

PASSWORD = "rice and 4 rivers"
ADDRESS = "203.0.113.7"


def account(name: str, *roles: str, password: str = PASSWORD, **more: Any) -> str:
    """Make an account; return its name."""
    with Session(engine()) as db:
        made = accounts.create(db, name, password, roles=roles or ("planner",), by="test", **more)
        db.commit()
        return made.id


def signed_in(name: str) -> str:
    """Begin a session without any password; return the cookie's value."""
    with Session(engine()) as db:
        cookie = sessions.begin(db, name)
        db.commit()
    sessions.forget()
    return cookie


def trail(*acts: str) -> list[tuple[str, str, str]]:
    """Return who, act and subject of the entries in the audit trail, those of some acts."""
    with Session(engine()) as db:
        rows = db.scalars(select(AuditEntry).order_by(AuditEntry.seq))
        return [(r.who, r.act, r.subject) for r in rows if not acts or r.act in acts]


class Clock:
    """The clock of accounts and sessions, to be moved by hand."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = clock.utc_now()
        patch.setattr(clock, "utc_now", lambda: self.now)

    def go(self, **later: float) -> None:
        """Move on; what the process keeps of sessions is as old as that then."""
        self.now += dt.timedelta(**later)
        sessions.drop()


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return unescape(self.body.decode())

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @property
    def alert(self) -> str:
        """Return what a form complains of."""
        found = re.search(r'<p role="alert">(.*?)</p>', self.text)
        return found.group(1) if found else ""


@dataclass
class Browser:
    """A browser that keeps cookies and asks an application without a socket."""

    app: ASGIApp
    address: str = ADDRESS
    cookies: dict[str, str] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)  # Set-Cookie lines

    def get(self, target: str, **headers: str) -> Answer:
        return self.ask("GET", target, b"", headers)

    def post(self, target: str, fields: dict[str, str], **headers: str) -> Answer:
        kind = {"content-type": "application/x-www-form-urlencoded", **headers}
        return self.ask("POST", target, urlencode(fields).encode(), kind)

    def fill(self, page: str, fields: dict[str, str], to: str = "", **headers: str) -> Answer:
        """Open a page and send its form with the token that stands in it."""
        token = re.search(r'name="token" value="(\w+)"', self.get(page).text)
        assert token is not None
        return self.post(to or page, {"token": token.group(1), **fields}, **headers)

    def ask(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> Answer:
        path, _, query = target.partition("?")
        given = {"host": "cockpit.test", "accept-language": "en", **headers}
        if self.cookies:
            given["cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": unquote(path), "raw_path": path.encode(),
            "query_string": query.encode(), "root_path": "", "client": (self.address, 4711),
            "server": ("cockpit.test", 80),
            "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in given.items()],
        }  # fmt: skip
        messages = asyncio.run(_asked(self.app, scope, body))
        start = messages[0]
        pairs = [(k.decode(), v.decode()) for k, v in start["headers"]]
        self._keep(value for key, value in pairs if key == "set-cookie")
        sent = b"".join(m.get("body", b"") for m in messages[1:])
        return Answer(start["status"], pairs, sent)

    def _keep(self, lines: Any) -> None:
        for line in lines:
            self.sent.append(line)
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


async def _asked(app: ASGIApp, scope: dict[str, Any], body: bytes) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent

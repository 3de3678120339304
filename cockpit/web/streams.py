"""Open websockets: whose page session is whose, and that none outlives its sign-in."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cockpit.access import sessions
from cockpit.access.visitor import Visitor
from cockpit.store.session import StoreError
from cockpit.web import forms, wire

log = logging.getLogger("cockpit")

LOOK_SECONDS = 2.0
"""How often open websockets are held against the store: what is revoked ends within 5 s."""
MOST_KNOWN = 20_000  # page sessions, and files
ENDED = 1008  # "policy violation": the browser connects again, as whoever it then is
_FIRST_MESSAGES = 20
_ENDED_PAGE = "/sign-in?ended=1"


@dataclass(frozen=True)
class Owner:
    """Whose a page session is: ``key`` opens it; ``browser`` is where it was opened."""

    key: str
    browser: str


class Known:
    """Which page session and which file was sent to whom, the last of them."""

    def __init__(self) -> None:
        self._owners: OrderedDict[str, Owner] = OrderedDict()
        self._files: OrderedDict[tuple[str, str], None] = OrderedDict()

    def give(self, page_session: str, owner: Owner) -> None:
        """Note that a page session was opened for somebody."""
        self._owners[page_session] = owner
        self._owners.move_to_end(page_session)
        if len(self._owners) > MOST_KNOWN:
            self._owners.popitem(last=False)

    def owner_of(self, page_session: str) -> Owner | None:
        """Return whose a page session is; None if it is not known (any more)."""
        return self._owners.get(page_session)

    def owns(self, page_session: str, owner: Owner) -> bool:
        """Tell whether a page session was opened for this very sign-in or browser."""
        known = self._owners.get(page_session)
        return known is not None and bool(owner.key) and known.key == owner.key

    def name(self, file: str, owner: Owner) -> None:
        """Note that a file's address was sent to somebody."""
        if not owner.key:
            return
        self._files[(owner.key, file)] = None
        self._files.move_to_end((owner.key, file))
        if len(self._files) > MOST_KNOWN:
            self._files.popitem(last=False)

    def was_sent(self, file: str, owner: Owner) -> bool:
        """Tell whether a file's address was sent to this very sign-in or browser."""
        return (owner.key, file) in self._files


class Watch:
    """Ends the websockets of sessions that have ended, with one question to the store for all."""

    def __init__(self) -> None:
        self._open: dict[str, set[asyncio.Event]] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, session: str, ended: asyncio.Event) -> None:
        """Begin to watch; ``ended`` is set when the session is over."""
        self._open.setdefault(session, set()).add(ended)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look(), name="sessions")

    def remove(self, session: str, ended: asyncio.Event) -> None:
        """Stop watching a websocket that is closed."""
        events = self._open.get(session, set())
        events.discard(ended)
        if not events:
            self._open.pop(session, None)
        if not self._open and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with contextlib.suppress(StoreError):  # then nobody can read anything from it either
                for session in await run_in_threadpool(sessions.ended, tuple(self._open)):
                    for event in self._open.get(session, ()):
                        event.set()


class Stream:
    """One websocket of a visitor, between the server and Streamlit."""

    def __init__(self, visitor: Visitor, owner: Owner, known: Known) -> None:
        self.visitor, self.owner, self.known = visitor, owner, known
        self.ended = asyncio.Event()
        self._to_learn = _FIRST_MESSAGES
        self._page = ""  # path and query that the browser shows
        self._accepted = self._closed = False
        self._next: asyncio.Future[Message] | None = None

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve until either side closes it or the session ends."""

        async def send_noted(message: Message) -> None:
            if self._closed:
                return
            if message["type"] == "websocket.send" and message.get("bytes"):
                self._learn(message["bytes"])
                self._follow(message["bytes"])
            self._accepted = self._accepted or message["type"] == "websocket.accept"
            self._closed = message["type"] == "websocket.close"
            await send(message)

        async def receive_while_valid() -> Message:
            message = await self._message(receive)
            if message is not None and message["type"] == "websocket.receive":
                self._page = wire.page_of(message.get("bytes") or b"") or self._page
                await self._check(message)
            if message is None or self.ended.is_set():
                await self._close(send)
                return {"type": "websocket.disconnect", "code": ENDED}
            return message

        try:
            await app(scope, receive_while_valid, send_noted)
        finally:
            if self._next is not None:
                self._next.cancel()

    async def _close(self, send: Send) -> None:
        if self._closed:
            return
        self._closed = True
        if self._accepted:
            # Without it the last figures would stay on the screen.
            await send({"type": "websocket.send", "bytes": wire.leading_to(self._way_back())})
        await send({"type": "websocket.close", "code": ENDED})

    def _way_back(self) -> str:
        """Return the address of the sign-in page, which leads on to the page shown now."""
        target = forms.own_path(self._page)
        return _ENDED_PAGE if target == "/" else f"{_ENDED_PAGE}&next={quote(target, safe='')}"

    def _follow(self, data: bytes) -> None:
        """Note the address that the page gives itself, such as another filter."""
        query = wire.query_told(data) if self._page else None
        if query is not None:
            self._page = wire.with_query(self._page, query)

    async def _message(self, receive: Receive) -> Message | None:
        """Return the browser's next message, None when the session ends before one comes."""
        if self.ended.is_set():
            return None
        if self._next is None:
            self._next = asyncio.ensure_future(receive())
        over = asyncio.ensure_future(self.ended.wait())
        try:
            await asyncio.wait((self._next, over), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
        if not self._next.done():
            return None
        message = self._next.result()
        self._next = None
        return message

    async def _check(self, message: Message) -> None:
        """End the websocket if its session has ended; else note that somebody is there."""
        if not self.visitor.session:
            return
        row = self.visitor.session
        try:
            now = sessions.known_by_session(row)
            if now is None:
                now = await run_in_threadpool(sessions.visitor_by_session, row)
        except StoreError:
            return  # the page itself will say that the store is away
        if not now.signed_in:
            self.ended.set()
        elif wire.by_hand(message.get("bytes") or b"") and sessions.untouched(now):
            await run_in_threadpool(sessions.touch, now)

    def _learn(self, data: bytes) -> None:
        if self._to_learn:
            self._to_learn -= 1
            page_session = wire.session_given(data)
            if page_session:
                self._to_learn = 0
                self.known.give(page_session, self.owner)
        for file in wire.media_named(data):
            self.known.name(file, self.owner)

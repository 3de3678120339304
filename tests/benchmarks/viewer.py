"""A viewer without a browser: speaks the page's websocket and times its script runs."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests import signing


@dataclass
class Run:
    """One script run as a browser sees it."""

    seconds: float = 0.0
    bytes: int = 0
    finished: bool = False
    exceptions: list[str] = field(default_factory=list)
    page_hash: str = ""
    # Hashes of messages that a browser keeps and names in its next request, to get them by name.
    kept: frozenset[str] = frozenset()
    messages: list[ForwardMsg] = field(default_factory=list)


@dataclass
class Crowd:
    """What many viewers met."""

    first: list[Run] = field(default_factory=list)
    reruns: list[Run] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def errors(self) -> int:
        return len(self.problems) + sum(bool(r.exceptions) for r in (*self.first, *self.reruns))

    def seconds(self, share: float) -> float:
        """Return the time below which that share of the reruns stayed."""
        times = sorted(run.seconds for run in self.reruns)
        return times[min(len(times) - 1, int(share * len(times)))]


OFFICE = f"{signing.COOKIE}={signing.VALUE}"


def connect(server: str, timeout: float = 60, cookie: str = OFFICE) -> websockets.connect:
    return websockets.connect(
        f"ws://{urlsplit(server).netloc}/_stcore/stream",
        subprotocols=[websockets.Subprotocol("streamlit")],
        additional_headers={"Cookie": cookie},
        max_size=None,
        open_timeout=timeout,
    )


async def rerun(
    socket: websockets.ClientConnection,
    page: str,
    query: str,
    before: Run | None = None,
    *,
    timeout: float = 120,
    keep: bool = False,
) -> Run:
    """Ask for a script run, as a browser does after ``before``, and read until it has ended."""
    message = BackMsg()
    message.rerun_script.query_string = query
    if before is not None:
        message.rerun_script.page_script_hash = before.page_hash
        message.rerun_script.cached_message_hashes.extend(sorted(before.kept))
        run = Run(page_hash=before.page_hash, kept=before.kept)
    else:
        message.rerun_script.page_name = page
        run = Run()
    start = time.perf_counter()
    await socket.send(message.SerializeToString())
    while True:
        frame = await asyncio.wait_for(socket.recv(), timeout)
        assert isinstance(frame, bytes)
        run.bytes += len(frame)
        forward = ForwardMsg()
        forward.ParseFromString(frame)
        if keep:
            run.messages.append(forward)
        if forward.metadata.cacheable:
            run.kept |= {forward.hash}
        kind = forward.WhichOneof("type")
        if kind == "navigation":
            # Of the page that is drawn; ``new_session`` has that of the frame around all pages.
            shown = forward.navigation.page_script_hash
            assert before is None or shown == before.page_hash, "another page was drawn"
            run.page_hash = shown
        elif kind == "delta" and forward.delta.new_element.WhichOneof("type") == "exception":
            run.exceptions.append(forward.delta.new_element.exception.message)
        elif kind == "script_finished":
            run.seconds = time.perf_counter() - start
            run.finished = True
            return run


async def visit(server: str, page: str, queries: list[str], *, keep: bool = False) -> list[Run]:
    """Open a page once for the first query and rerun it for each other one."""
    async with connect(server) as socket:
        runs = [await rerun(socket, page, queries[0], keep=keep)]
        for query in queries[1:]:
            runs.append(await rerun(socket, page, query, runs[-1], keep=keep))
        return runs


def open_page(server: str, page: str, query: str = "") -> Run:
    """Open a page as a new visitor."""
    return asyncio.run(visit(server, page, [query], keep=True))[0]


async def crowd(
    server: str,
    page: str,
    query_of: Callable[[int, int], str],
    *,
    viewers: int,
    reruns: int,
    think: float,
) -> Crowd:
    """
    Let many viewers open a page and rerun it, thinking between the runs.

    ``query_of(viewer, run)`` gives the view in the address, run 0 being the first.
    """
    met = Crowd()

    async def one(number: int) -> None:
        try:
            async with connect(server) as socket:
                run = await rerun(socket, page, query_of(number, 0))
                met.first.append(run)
                for turn in range(1, reruns + 1):
                    await asyncio.sleep(random.uniform(0.5, 1.5) * think)
                    run = await rerun(socket, page, query_of(number, turn), run)
                    met.reruns.append(run)
        except (OSError, TimeoutError, websockets.WebSocketException) as problem:
            met.problems.append(f"{type(problem).__name__}: {problem}"[:200])

    await asyncio.gather(*(one(number) for number in range(viewers)))
    return met

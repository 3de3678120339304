"""Attacks on the sign-in: guessing, taking over, coming back; tried on a running cockpit too."""

from __future__ import annotations

import asyncio
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websockets
from argon2 import PasswordHasher
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from cockpit.access import clock, locks, passwords, secret, sessions, sign_in
from cockpit.settings import settings
from cockpit.store.models_access import SignInLock, StoredSession
from cockpit.store.models_audit import AuditEntry
from cockpit.store.session import engine, open_engine
from cockpit.web.identity import BROWSER_COOKIE
from tests import signing
from tests.benchmarks import viewer
from tests.entering import PASSWORD, Clock, account, trail


def refused(name: str, password: str, address: str = "203.0.113.7") -> str:
    with pytest.raises(sign_in.SignInRefusedError) as caught:
        sign_in.with_password(name, password, address=address)
    return str(caught.value)


def restart() -> None:
    """Forget what a new process would not know."""
    engine().dispose()
    engine.cache_clear()
    settings.cache_clear()
    secret._key.cache_clear()
    sessions.forget()


class Counting(PasswordHasher):
    """Counts how many hashes it compares a password with."""

    looked_at = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002 -- as there
        self.looked_at += 1
        return super().verify(hash, password)


@pytest.mark.usefixtures("accounts_here")
class TestGuessing:
    """ACC-1, P7."""

    def test_five_hundred_guesses_at_one_account(self, monkeypatch: pytest.MonkeyPatch) -> None:
        moved = Clock(monkeypatch)
        account("li")
        looked_at = []
        real = passwords.matches
        monkeypatch.setattr(
            passwords, "matches", lambda kept, given: looked_at.append(given) or real(kept, given)
        )
        for number in range(500):
            refused("li", f"guess number {number}", f"203.0.{number // 250}.{number % 250}")
            moved.go(seconds=0.1)
            if number == 250:
                restart()
        assert len(looked_at) == 5
        assert "the name is locked" in refused("li", PASSWORD, "198.51.100.1")
        moved.go(minutes=15)
        assert sign_in.with_password("li", PASSWORD, address="198.51.100.1")
        assert len(trail("sign in refused")) == 5
        assert len(trail("locked")) == 1

    def test_five_hundred_guesses_at_many_names_from_one_address(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moved = Clock(monkeypatch)
        account("name7")
        stopped = 0
        for number in range(500):
            with pytest.raises((locks.TooManyAttemptsError, sign_in.SignInRefusedError)) as caught:
                sign_in.with_password(f"name{number % 100}", "Summer 2026!", address="203.0.113.9")
            stopped += caught.type is locks.TooManyAttemptsError
            moved.go(seconds=0.1)
            if number == 250:
                restart()
        assert stopped == 500 - 20  # 50 s: one minute's worth of attempts, a restart or not
        assert sign_in.with_password("name7", PASSWORD, address="198.51.100.1")

    def test_the_lock_is_in_the_store(self) -> None:
        account("li")
        for _ in range(5):
            refused("li", "wrong one here")
        restart()
        refused("li", PASSWORD)
        with Session(engine()) as db:
            assert db.scalar(select(func.count()).select_from(SignInLock)) == 1

    def test_known_and_unknown_names_differ_in_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The same sentences, and one hash looked at for each: the hash is what takes time."""
        counted = Counting(time_cost=1, memory_cost=8, parallelism=1)
        monkeypatch.setattr(passwords, "HASHER", counted)
        account("li")
        told: dict[str, list[str]] = {}
        hashes: dict[str, list[int]] = {}
        for number in range(7):
            for name in ("li", "nobody"):
                before = counted.looked_at
                told.setdefault(name, []).append(refused(name, "wrong", f"198.51.100.{number}"))
                hashes.setdefault(name, []).append(counted.looked_at - before)
        assert told["li"] == told["nobody"]
        assert hashes["li"] == hashes["nobody"]
        assert hashes["li"][0] == 1

    def test_a_password_in_the_field_of_the_name_is_kept_nowhere(self) -> None:
        secret_words = "my-dearest-secret-words"
        refused(secret_words, "")
        with Session(engine()) as db:
            told = "".join(db.scalars(select(AuditEntry.payload)))
        files = b"".join(p.read_bytes() for p in settings().data_folder.rglob("*") if p.is_file())
        assert secret_words not in told
        assert secret_words.encode() not in files


@pytest.mark.usefixtures("accounts_here")
def test_many_right_sign_ins_at_once_all_come_in() -> None:
    """ACC-4: those who wait are not refused, and nobody counts as a failure."""
    for number in range(10):
        account(f"name{number}")
    with ThreadPoolExecutor(20) as threads:
        cookies = list(
            threads.map(
                lambda n: sign_in.with_password(
                    f"name{n % 10}", PASSWORD, address=f"203.0.113.{n}"
                ),
                range(30),
            )
        )
    assert len(set(cookies)) == 30
    with Session(engine()) as db:
        assert db.scalar(select(func.count()).select_from(SignInLock)) == 0


# ---------------------------------------------------------------- a running cockpit


async def _page_session(socket: websockets.ClientConnection) -> str:
    """Ask for a run as a browser does; return the id of the page session that it is told."""
    await socket.send(_RUN)
    while True:
        frame = await asyncio.wait_for(socket.recv(), 60)
        assert isinstance(frame, bytes)
        message = ForwardMsg.FromString(frame)
        if message.HasField("new_session"):
            return str(message.new_session.initialize.session_id)


_RUN = bytes.fromhex("5a00")  # BackMsg with an empty rerun_script


def connect(server: str, cookie: str, page_session: str = "") -> websockets.connect:
    offered = ["streamlit", "token", *([page_session] if page_session else [])]
    return websockets.connect(
        f"ws://{urlsplit(server).netloc}/_stcore/stream",
        subprotocols=[websockets.Subprotocol(one) for one in offered],
        additional_headers={"Cookie": cookie} if cookie else {},
        max_size=None,
        close_timeout=0.5,  # what is not read stands before the other side's good-bye
    )


async def _read_on(socket: websockets.ClientConnection) -> None:
    while True:
        await socket.recv()


def stored_trail(store: Path, act: str) -> int:
    opened = open_engine(f"sqlite:///{store / 'county.sqlite'}")
    with Session(opened) as db:
        found = db.scalar(select(func.count()).where(AuditEntry.act == act))
    opened.dispose()
    return int(found or 0)


@pytest.mark.parametrize("gone", [False, True], ids=["owner connected", "owner gone"])
@pytest.mark.parametrize("thief", ["", "leader"])
def test_a_page_session_cannot_be_taken(
    tiny_server: str, tiny_store: Path, gone: bool, thief: str
) -> None:
    """WEB-1, with Streamlit itself behind: its owner gets it back, everybody else an empty one."""
    cookie = signing.add_person(tiny_store, "owner", ["planner"], "敏感")
    other = signing.add_person(tiny_store, "thief", [thief], "敏感") if thief else ""
    before = stored_trail(tiny_store, "session taken")

    async def run() -> None:
        own, stolen = f"{signing.COOKIE}={cookie}", f"{BROWSER_COOKIE}=thief"
        if other:
            stolen = f"{signing.COOKIE}={other}"
        async with connect(tiny_server, own) as socket:
            wanted = await _page_session(socket)
            if not gone:
                async with connect(tiny_server, stolen, wanted) as second:
                    assert await _page_session(second) != wanted
                assert await _page_session(socket) == wanted
        if gone:
            async with connect(tiny_server, stolen, wanted) as second:
                assert await _page_session(second) != wanted
        async with connect(tiny_server, own, wanted) as socket:
            assert await _page_session(socket) == wanted

    asyncio.run(run())
    assert stored_trail(tiny_store, "session taken") == before + 1


def test_an_open_page_ends_within_five_seconds(tiny_server: str, tiny_store: Path) -> None:
    """ACC-2, P6: revoked by another process, while the page is open."""
    cookie = signing.add_person(tiny_store, "leaver", ["planner"], "敏感")

    async def run() -> float:
        async with connect(tiny_server, f"{signing.COOKIE}={cookie}") as socket:
            await _page_session(socket)
            opened = open_engine(f"sqlite:///{tiny_store / 'county.sqlite'}")
            with Session(opened) as db, db.begin():
                db.execute(
                    update(StoredSession)
                    .where(StoredSession.id == "leaver")
                    .values(revoked=clock.utc_now())
                )
            opened.dispose()
            start = time.monotonic()
            with pytest.raises(websockets.ConnectionClosedError, match="1008"):
                await asyncio.wait_for(_read_on(socket), 10)
            return time.monotonic() - start

    assert asyncio.run(run()) < 5
    # Streamlit answers every page's address with the same empty frame; ours does not even that.
    request = urllib.request.Request(
        f"{tiny_server}/population", headers={"Cookie": f"{signing.COOKIE}={cookie}"}
    )
    with urllib.request.urlopen(request) as answer:
        assert urlsplit(answer.url).path == "/sign-in"


def test_a_running_cockpit_believes_no_header(tiny_server: str) -> None:
    """WEB-6: the row's id of an open session, sent as a header of one's own."""
    for name in ("X-Cockpit-Session", "x_cockpit_session", "X-COCKPIT_Session"):
        request = urllib.request.Request(
            f"{tiny_server}/download/findings.csv", headers={name: "office"}
        )
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        assert caught.value.code in (401, 403)
        caught.value.close()
    page = asyncio.run(_with_header(tiny_server))
    assert "办公室" not in page
    assert "office" not in page


async def _with_header(server: str) -> str:
    headers = {"X-Cockpit-Session": "office", "X_Cockpit_Session": "office"}
    address = f"ws://{urlsplit(server).netloc}/_stcore/stream"
    async with websockets.connect(
        address, subprotocols=[websockets.Subprotocol("streamlit")], additional_headers=headers,
        max_size=None,
    ) as socket:  # fmt: skip
        run = await viewer.rerun(socket, "", "", keep=True)
        return "".join(str(message) for message in run.messages)


@pytest.mark.parametrize(
    ("origin", "let_in"),
    [("own", True), ("", True), ("http://127.0.0.1:9", False), ("http://evil.example", False),
     ("null", False)],
)  # fmt: skip
def test_a_page_of_another_program_opens_no_socket(
    tiny_server: str, origin: str, let_in: bool
) -> None:
    """Cookies know no ports: the browser's word on where a socket is opened from counts."""
    said = tiny_server if origin == "own" else origin

    async def opened() -> bool:
        connection = viewer.connect(tiny_server)
        if said:
            connection = websockets.connect(
                f"ws://{urlsplit(tiny_server).netloc}/_stcore/stream",
                subprotocols=[websockets.Subprotocol("streamlit")],
                additional_headers={"Cookie": viewer.OFFICE},
                origin=websockets.Origin(said),
            )
        try:
            async with connection:
                return True
        except websockets.InvalidStatus:
            return False

    assert asyncio.run(opened()) is let_in

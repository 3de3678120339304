"""Sessions: P6 by the minute, what is kept of them, and what ends them (ACC-2)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cockpit.access import accounts, sessions
from cockpit.access.visitor import PUBLIC
from cockpit.settings import settings
from cockpit.store.models_access import StoredSession
from cockpit.store.session import StoreError, engine
from geodata.errors import InputError
from tests.entering import Clock, account, signed_in, trail

pytestmark = pytest.mark.usefixtures("accounts_here")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def stored(column: str) -> list[object]:
    with Session(engine()) as db:
        return list(db.scalars(select(getattr(StoredSession, column))))


def test_the_store_holds_the_hash_of_a_cookie_alone() -> None:
    account("li")
    cookie = signed_in("li")
    assert len(cookie) == 43  # 256 bits
    assert stored("cookie_hash") == [hashlib.sha256(cookie.encode()).hexdigest()]
    assert cookie.encode() not in b"".join(p.read_bytes() for p in files())


def files() -> list[Path]:
    return [p for p in settings().data_folder.rglob("*") if p.is_file()]


def test_who_a_cookie_belongs_to() -> None:
    account("li", "planner", "steward", clearance="敏感", display="李明")
    visitor = sessions.visitor_by_cookie(signed_in("li"))
    assert (visitor.account, visitor.name) == ("li", "李明")
    assert visitor.roles == ("planner", "steward")
    assert (visitor.clearance, visitor.data_class) == ("敏感", "备用")
    assert sessions.visitor_by_session(visitor.session) == visitor


@pytest.mark.parametrize("value", ["", "x", "x" * 10_000, "'; DROP TABLE account; --", "\x00"])
def test_any_other_cookie_is_the_public(value: str) -> None:
    account("li")
    signed_in("li")
    assert sessions.visitor_by_cookie(value) == PUBLIC
    assert sessions.visitor_by_session(value) == PUBLIC


def test_the_id_of_a_row_is_no_cookie() -> None:
    account("li")
    row = sessions.visitor_by_cookie(signed_in("li")).session
    assert sessions.visitor_by_cookie(row) == PUBLIC
    assert sessions.visitor_by_session(str(stored("cookie_hash")[0])[:32]) == PUBLIC


def test_half_an_hour_without_a_touch_ends_a_session(clock: Clock) -> None:
    account("li")
    cookie = signed_in("li")
    clock.go(minutes=29, seconds=59)
    visitor = sessions.visitor_by_cookie(cookie)
    assert visitor.signed_in
    sessions.touch(visitor)
    clock.go(minutes=29, seconds=59)
    assert sessions.visitor_by_cookie(cookie).signed_in
    clock.go(seconds=1)
    assert not sessions.visitor_by_cookie(cookie).signed_in
    assert sessions.ended([visitor.session]) == {visitor.session}


def test_eight_hours_end_it_however_busy(clock: Clock) -> None:
    account("li")
    cookie = signed_in("li")
    for _ in range(8 * 3 - 1):
        clock.go(minutes=20)
        sessions.touch(sessions.visitor_by_cookie(cookie))
    clock.go(minutes=19, seconds=59)
    assert sessions.visitor_by_cookie(cookie).signed_in
    clock.go(seconds=1)
    assert not sessions.visitor_by_cookie(cookie).signed_in


def test_a_screen_hangs_for_twelve_hours_without_hands(clock: Clock) -> None:
    account("wall", "screen")
    cookie = signed_in("wall")
    clock.go(hours=11, minutes=59, seconds=59)
    screen = sessions.visitor_by_cookie(cookie)
    assert screen.acts == {"look"}
    clock.go(seconds=1)
    assert not sessions.visitor_by_cookie(cookie).signed_in


def test_a_screen_is_renewed_for_thirty_days_and_no_longer(clock: Clock) -> None:
    account("wall", "screen")
    cookie, begun = signed_in("wall"), clock.now
    for _ in range(71):  # 710 of 720 hours
        clock.go(hours=10)
        visitor = sessions.visitor_by_cookie(cookie)
        assert sessions.ends(visitor) is not None
        new = sessions.renew(visitor)
        assert new
        assert sessions.renew(visitor) == ""  # another window of the same browser
        cookie = new
        assert sessions.renew(sessions.visitor_by_cookie(cookie)) == ""  # young
    assert sessions.ends(sessions.visitor_by_cookie(cookie)) == begun + sessions.LONGEST_RENEWED
    assert set(stored("created")) == {begun}
    clock.now = begun
    clock.go(days=29, hours=23, minutes=59)
    visitor = sessions.visitor_by_cookie(cookie)
    assert visitor.signed_in
    assert sessions.renew(visitor) == ""
    clock.go(minutes=1)
    assert not sessions.visitor_by_cookie(cookie).signed_in
    with pytest.raises(InputError, match="has ended"):
        sessions.renew(visitor)


def test_the_store_learns_of_a_touch_once_a_minute(clock: Clock) -> None:
    account("li")
    visitor = sessions.visitor_by_cookie(signed_in("li"))
    begun = clock.now
    clock.go(seconds=60)
    sessions.touch(visitor)
    assert stored("last_seen") == [begun]
    clock.go(seconds=1)
    sessions.touch(visitor)
    assert stored("last_seen") == [clock.now]
    assert not sessions.untouched(visitor)
    clock.go(seconds=5)
    assert sessions.untouched(visitor)


def test_an_answer_is_kept_for_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    account("li")
    cookie = signed_in("li")
    row = sessions.visitor_by_cookie(cookie).session
    with Session(engine()) as db:  # as another process does: this one is not told
        db.get_one(StoredSession, row).revoked = sessions.clock.utc_now()
        db.commit()
    assert sessions.visitor_by_cookie(cookie).signed_in
    later = sessions.time.monotonic() + 2.0
    monkeypatch.setattr("cockpit.access.sessions.time.monotonic", lambda: later)
    assert not sessions.visitor_by_cookie(cookie).signed_in


def test_rows_of_ended_sessions_go_after_a_month(clock: Clock) -> None:
    account("li")
    signed_in("li")
    clock.go(hours=8, days=30)
    signed_in("li")
    assert len(stored("id")) == 2  # exactly a month: still there
    clock.go(seconds=1)
    signed_in("li")
    assert len(stored("id")) == 2


@pytest.mark.parametrize("how", ["revoked", "everywhere", "roles", "disabled", "password"])
def test_what_ends_sessions(how: str) -> None:
    account("li")
    account("wang")
    cookie, other = signed_in("li"), signed_in("wang")
    row = sessions.visitor_by_cookie(cookie).session
    with Session(engine()) as db:
        if how == "revoked":
            sessions.revoke(db, row)
        elif how == "everywhere":
            sessions.revoke_all(db, "li")
        elif how == "roles":
            accounts.change_roles(db, "li", roles=["leader"], by="test")
        elif how == "disabled":
            accounts.disable(db, "li", by="test")
        else:
            accounts.set_password(db, "li", "another good one", by="test")
        db.commit()
    sessions.drop()
    assert sessions.visitor_by_cookie(cookie) == PUBLIC
    assert sessions.visitor_by_session(row) == PUBLIC
    assert sessions.visitor_by_cookie(other).account == "wang"


def test_a_purpose_opens_the_class_and_leaves_a_trace() -> None:
    account("li")
    row = sessions.visitor_by_cookie(signed_in("li")).session
    sessions.set_purpose(row, "  visits to\nolder people ")
    visitor = sessions.visitor_by_session(row)
    assert (visitor.purpose, visitor.data_class) == ("visits to older people", "敏感")
    assert trail("purpose") == [("li", "purpose", f"session {row}")]
    with pytest.raises(InputError) as refused:
        sessions.set_purpose(row, " why ")
    assert str(refused.value) == "Say in 4 to 200 characters what the data are needed for."
    with pytest.raises(InputError) as refused:
        sessions.set_purpose("0" * 32, "visits to older people")
    assert str(refused.value) == "Your session has ended. Sign in again."


def test_a_store_that_is_away_is_no_sign_out(monkeypatch: pytest.MonkeyPatch) -> None:
    account("li")
    cookie = signed_in("li")

    def away(*_: object) -> bool:
        raise OperationalError("", {}, Exception("away"))

    monkeypatch.setattr(sessions, "has_table", away)
    with pytest.raises(StoreError):
        sessions.visitor_by_cookie(cookie)


def test_nobody_has_signed_in_to_an_old_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "has_table", lambda *_: False)
    assert sessions.visitor_by_cookie("a" * 43) == PUBLIC

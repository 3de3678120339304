"""Limits on guessing, counted by hand: five failures, fifteen minutes, twenty a minute."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access import locks
from cockpit.store.models_access import SignInLock
from cockpit.store.session import engine
from tests.entering import Clock

pytestmark = pytest.mark.usefixtures("accounts_here")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_five_attempts_lock_a_name_for_fifteen_minutes(clock: Clock) -> None:
    assert [locks.begin_attempt("li") for _ in range(6)] == [True] * 5 + [False]
    clock.go(minutes=14, seconds=59)
    assert not locks.begin_attempt("li")
    clock.go(seconds=1)  # exactly fifteen minutes: the lock is over, and the count begins anew
    assert [locks.begin_attempt("li") for _ in range(6)] == [True] * 5 + [False]


def test_another_name_is_not_locked(clock: Clock) -> None:
    for _ in range(5):
        locks.begin_attempt("li")
    assert locks.begin_attempt("wang")


def test_a_success_forgets_the_failures(clock: Clock) -> None:
    for _ in range(4):
        locks.begin_attempt("li")
    with Session(engine()) as db:
        locks.succeeded(db, "li")
        db.commit()
    assert [locks.begin_attempt("li") for _ in range(5)] == [True] * 5


def test_failures_of_long_ago_do_not_count(clock: Clock) -> None:
    for _ in range(4):
        locks.begin_attempt("li")
    clock.go(minutes=15)
    assert [locks.begin_attempt("li") for _ in range(5)] == [True] * 5


def test_a_hundred_guesses_at_once_are_five_guesses(clock: Clock) -> None:
    with ThreadPoolExecutor(10) as threads:
        let_in = sum(threads.map(lambda _: locks.begin_attempt("li"), range(100)))
    assert let_in == 5


def test_the_list_of_locks_holds_no_name(clock: Clock) -> None:
    locks.begin_attempt("my secret password typed in the wrong field")
    with Session(engine()) as db:
        (key,) = db.scalars(select(SignInLock.name_hash))
    assert len(key) == 64
    assert set(key) <= set("0123456789abcdef")


def test_an_address_has_twenty_attempts_a_minute(clock: Clock) -> None:
    for _ in range(10):
        locks.admit("198.51.100.4")
    clock.go(seconds=40)
    for _ in range(10):
        locks.admit("198.51.100.4")
    with pytest.raises(locks.TooManyAttemptsError) as refused:
        locks.admit("198.51.100.4")
    assert str(refused.value) == (
        "There were too many attempts from your address. Try again in 21 seconds."
    )  # the first ten leave the minute after 20 s, rounded up
    locks.admit("198.51.100.5")
    clock.go(seconds=20)
    for _ in range(10):
        locks.admit("198.51.100.4")
    with pytest.raises(locks.TooManyAttemptsError):
        locks.admit("198.51.100.4")


def test_an_ipv6_network_is_one_address() -> None:
    assert locks.network("2001:db8:1:2:3:4:5:6") == locks.network("2001:db8:1:2::9")
    assert locks.network("2001:db8:1:3::9") != locks.network("2001:db8:1:2::9")
    assert locks.network("::ffff:198.51.100.4") == "198.51.100.4"
    assert locks.network("no address at all") == "no address at all"

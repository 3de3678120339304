"""Passwords: rules in words, the same work for everybody, eight hashes at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from cockpit.access import passwords
from geodata.errors import InputError

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", QUICK)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("ninechars", "A password has at least 10 characters; a short sentence is good."),
        ("三个字也不够长吧", "A password has at least 10 characters; a short sentence is good."),
        ("x1y2z" * 41, "A password has at most 200 characters."),
        ("Wang.Xiaoming", "The name is no password: everybody can read it."),
        ("gnimoaix.gnaw", "The name is no password: everybody can read it."),
        ("Woaini1314", "This password is one of the first that others try. Choose another one."),
        ("aabbaabbaabb", "This password is one of the first that others try. Choose another one."),
    ],
)
def test_says_why_a_password_is_not_taken(password: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        passwords.require_good(password, "wang.xiaoming")
    assert str(refused.value) == words


@pytest.mark.parametrize("password", ["rice and rivers", "青山绿水就是金山银山", "q" * 5 + "werty"])
def test_takes_any_ten_characters(password: str) -> None:
    passwords.require_good(password, "wang")


def test_knows_its_own_password_alone() -> None:
    kept = passwords.hashed("rice and rivers")
    assert kept.startswith("$argon2id$")
    assert "rice" not in kept
    assert passwords.matches(kept, "rice and rivers")
    assert not passwords.matches(kept, "rice and river")
    assert not passwords.matches("", "rice and rivers")
    assert not passwords.matches("nonsense", "rice and rivers")
    assert not passwords.matches("", "\x00nobody")


def test_full_width_letters_are_the_same_letters() -> None:
    assert passwords.matches(passwords.hashed("ｒｉｃｅ１２３４５６"), "rice123456")


def test_the_defaults_are_argon2id_with_64_mib() -> None:
    default = PasswordHasher()
    assert (default.memory_cost, default.time_cost, default.parallelism) == (65536, 3, 4)


def test_old_parameters_are_noticed() -> None:
    kept = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash("rice and rivers")
    assert passwords.is_old(kept)
    assert not passwords.is_old(passwords.hashed("rice and rivers"))


class Counting:
    """A hasher that works a moment and counts how many work beside each other."""

    def __init__(self) -> None:
        self.now = self.most = self.calls = 0
        self._lock = threading.Lock()

    def hash(self, _password: str) -> str:
        return "kept"

    def verify(self, kept: str, password: str) -> bool:
        with self._lock:
            self.calls += 1
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with self._lock:
            self.now -= 1
        if kept != password:
            raise VerifyMismatchError
        return True


def test_fifty_sign_ins_hash_eight_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """ACC-4: 8 x 64 MiB at most; the other 42 wait, and all get their answer."""
    hasher = Counting()
    monkeypatch.setattr(passwords, "HASHER", hasher)
    with ThreadPoolExecutor(50) as threads:
        known = list(threads.map(lambda _: passwords.matches("kept", "kept"), range(50)))
    assert known == [True] * 50
    assert hasher.most == 8


def test_a_name_that_nobody_has_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = Counting()
    monkeypatch.setattr(passwords, "HASHER", hasher)
    assert not passwords.matches("", "kept")
    assert hasher.calls == 1

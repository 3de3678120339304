"""Answers kept within a bound and made once."""

from __future__ import annotations

import threading
import time

import pytest

from cockpit.web.kept import Answer, Kept, packed


def answer(size: int) -> Answer:
    return Answer(b"x" * size, '"t"', "text/plain", packed=False)


def test_what_was_used_longest_ago_goes_first() -> None:
    kept = Kept(most_bytes=100)
    for key in "abc":
        kept.get(key, lambda: answer(30))
    kept.get("a", lambda: pytest.fail("a is kept"))
    kept.get("d", lambda: answer(30))
    assert kept.size == 90
    made = []
    kept.get("b", lambda: made.append(1) or answer(30))
    assert made == [1]


def test_one_answer_may_be_larger_than_the_bound() -> None:
    kept = Kept(most_bytes=10)
    kept.get("a", lambda: answer(50))
    kept.get("b", lambda: answer(5))
    assert kept.size == 5


def test_two_threads_make_it_once() -> None:
    kept, made = Kept(1000), []

    def slow() -> Answer:
        made.append(1)
        time.sleep(0.05)
        return answer(1)

    threads = [threading.Thread(target=kept.get, args=("k", slow)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


def test_an_error_keeps_nothing() -> None:
    kept = Kept(1000)
    with pytest.raises(ZeroDivisionError):
        kept.get("k", lambda: 1 // 0)  # type: ignore[arg-type, return-value]
    assert kept.get("k", lambda: answer(3)).body == b"xxx"


def test_the_same_bytes_give_the_same_tag() -> None:
    first, second = packed(b"abc" * 99, "text/plain"), packed(b"abc" * 99, "text/plain")
    assert first == second
    assert first.plain() == b"abc" * 99
    assert packed(b"abd", "text/plain").etag != first.etag

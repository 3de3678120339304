"""Connections: whoever holds the store's lock never waits for those who wait for the lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from cockpit.store import session
from cockpit.store.models import Base, Meta
from cockpit.store.session import open_engine
from cockpit.store.waiting import take_turn

WAITING = 20
"""More than a pool of SQLAlchemy gives by itself, which is 15."""


def test_the_holder_of_the_lock_gets_a_second_connection_at_once(tmp_path: Path) -> None:
    """Each waiting writer keeps a connection; with none left, all wait until the timeout."""
    engine = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    Base.metadata.create_all(engine)
    done: list[int] = []

    def write(number: int) -> None:
        with Session(engine) as db:
            take_turn(db, "turn")
            done.append(number)
            db.commit()

    threads = [threading.Thread(target=write, args=(k,)) for k in range(WAITING)]
    with Session(engine) as holder:
        take_turn(holder, "turn")
        for thread in threads:
            thread.start()
        _wait_for(lambda: engine.pool.checkedout() > WAITING)  # type: ignore[attr-defined]
        began = time.monotonic()
        with Session(engine) as second:  # such as the store's name, asked for while writing
            assert second.get(Meta, "turn") is None  # not committed yet
        assert time.monotonic() - began < 10
        assert engine.pool.checkedout() > WAITING  # type: ignore[attr-defined]
        assert done == []
        holder.commit()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(WAITING))
    engine.dispose()


def _wait_for(true: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until something is true; go on after ``seconds`` all the same."""
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.01)


def test_two_processes_stay_below_the_limit_of_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 connections by default, of which three are the administrator's."""
    asked: dict[str, object] = {}
    monkeypatch.setattr(session, "create_engine", lambda _url, **options: asked.update(options))
    open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    most = asked["max_overflow"]
    assert isinstance(most, int)
    assert 0 < 2 * (asked.get("pool_size", 5) + most) <= 97  # type: ignore[operator]

"""Waiting for other writers in a transaction that may have read already."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cockpit.store.models import Meta

_TAKE = "UPDATE audit_head SET seq = seq WHERE id = 0"
"""Changes nothing; SQLite lets nobody else write from here on."""


def take_turn(db: Session, key: str) -> None:
    """
    Lock a row of ``meta`` (in SQLite: the store) until the transaction ends, making it at first.

    Whoever takes the same turn waits. Nothing may have been read before in the transaction.
    """
    touched = update(Meta).where(Meta.key == key).values(value=Meta.value)
    if not db.execute(touched).rowcount:  # type: ignore[attr-defined]
        try:
            with db.begin_nested():
                db.execute(insert(Meta).values(key=key, value={}))
        except IntegrityError:  # another process made it while we waited
            db.execute(touched)


def wait_for_writers(db: Session) -> None:
    """
    Make sure that the transaction can write, whatever it has read before.

    SQLite lets a transaction that has read go on to write only while nobody else has written since;
    otherwise it refuses at once, however long the timeout. Such a transaction has written nothing
    yet (or it would hold the lock), so it can begin anew with the lock in hand. Objects that were
    read are read again when used. PostgreSQL sees the newest rows at every statement anyway.

    Raises
    ------
    sqlalchemy.exc.OperationalError
        If others write for longer than the timeout.
    """
    connection = db.connection()
    if connection.dialect.name != "sqlite":
        return
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - what the dialect's name says
    try:
        driver.execute(_TAKE)
    except sqlite3.OperationalError:
        if db.in_nested_transaction():  # its savepoint would be gone
            connection.exec_driver_sql(_TAKE)
            return
        driver.execute("ROLLBACK")
        _begin(db)


@contextmanager
def waiting_at_most(db: Session, seconds: float) -> Iterator[None]:
    """
    Let a session wait for other writers for some seconds only, and for as long as usual afterwards.

    For what somebody has just touched and looks at: after half a minute he has touched it again.
    The session stands on a connection of its own (``Session(connection)``), which is not given back
    before the end, so that nobody else waits as short.

    Raises
    ------
    sqlalchemy.exc.OperationalError
        If others write for longer: from whatever is executed within.
    """
    connection, ms = db.connection(), int(seconds * 1000)
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {ms}")
        yield
        return
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - what the dialect's name says
    (usual,) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute(f"PRAGMA busy_timeout = {ms}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout = {usual}")


def _begin(db: Session) -> None:
    connection = db.connection()
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except BaseException:
        # SQLAlchemy is going to end a transaction that there is no longer.
        connection.exec_driver_sql("BEGIN")
        raise
    for row in list(db.identity_map.values()):
        if row not in db.dirty:
            db.expire(row)

"""The engine and sessions: one place where connections are opened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.settings import settings
from cockpit.store.models import Meta
from geodata.errors import CockpitError

_upgrading = threading.Lock()
_MOST_POSTGRESQL = 40
"""Connections of one process beside the five that stay open."""


class StoreError(CockpitError):
    """The store cannot be reached or read."""


def open_engine(address: str) -> Engine:
    """
    Create an engine; SQLite gets WAL, synchronous=FULL and foreign keys.

    The folder of a SQLite file is created. No connection is opened yet.

    Five connections stay open, and nobody waits for one: who holds the store's lock may need a
    second (to ask for the store's name), and if all were with those who wait for the lock, all
    would wait until the timeout. PostgreSQL has a limit of its own for all processes together, 100
    by default: two of ours (the server, and a load beside it) stay below with 45 each. More need a
    higher ``max_connections``.
    """
    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, max_overflow=_MOST_POSTGRESQL)
    options: dict[str, Any] = {"connect_args": {"timeout": 30}}
    if url.database and url.database != ":memory:":  # which has no pool to limit
        from pathlib import Path

        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        options["max_overflow"] = -1
    made = create_engine(url, **options)
    event.listen(made, "connect", _sqlite_pragmas)
    event.listen(made, "begin", _sqlite_begin)
    return made


def _sqlite_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    # The driver would commit by itself before each CREATE TABLE, and a killed migration would stay
    # half done; without its help every transaction is ours, tables included.
    connection.isolation_level = None
    cursor = connection.cursor()
    # WAL lets pages read while a load writes; FULL keeps a commit through a power cut.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@cache
def engine() -> Engine:
    """Return the engine of this process's store, once nothing destroyed has come back into it."""
    from cockpit.access.tombstones import reconcile  # which itself opens stores

    made = open_engine(settings().database)
    reconcile(made)
    return made


def data_version(db: Session) -> str:
    """Return the version of the stored data; "" for an empty or missing store."""
    try:
        row = db.execute(select(Meta.value).where(Meta.key == "data_version")).scalar()
    except SQLAlchemyError:
        return ""
    return str(row or "")


def has_table(db: Session, name: str) -> bool:
    """Tell whether the store has a table: one that an older version has loaded may lack it."""
    return inspect(db.connection()).has_table(name)


def require_table(db: Session, name: str) -> None:
    """Bring a store up to date that an older version of the cockpit has loaded."""
    _upgrade_unless(db, lambda: has_table(db, name))


def require_revision(db: Session, revision: str) -> None:
    """Bring a store up to date whose tables an older version made, all of them but less guarded."""
    _upgrade_unless(db, lambda: _has_revision(db, revision))


def _has_revision(db: Session, revision: str) -> bool:
    if not has_table(db, "alembic_version"):  # made from the models, which are the newest
        return True
    return str(db.execute(text("SELECT version_num FROM alembic_version")).scalar()) >= revision


def _upgrade_unless(db: Session, newer: Callable[[], bool]) -> None:
    if newer():
        return
    from cockpit.store.migrate import upgrade  # half a second that only this once needs

    bind = db.get_bind()
    db.commit()  # our own reading must not stand in the way of the migration
    with _upgrading:
        if not newer():
            db.commit()
            upgrade(bind if isinstance(bind, Engine) else bind.engine)

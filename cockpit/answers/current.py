"""The county of the newest data version, read once a process and shared by pages and routes."""

from __future__ import annotations

import threading

from sqlalchemy.orm import Session

from cockpit.answers.twin import Twin, twin
from cockpit.store.session import data_version, engine

_lock = threading.Lock()
_kept: dict[str, Twin] = {}


def current_version() -> str:
    """Return the version of the stored data; "" for an empty or missing store."""
    with Session(engine()) as db:
        return data_version(db)


def current_twin() -> Twin | None:
    """
    Return the county as stored now; None when nothing has been loaded.

    One thread reads while the others wait for the same result. The county of the version before is
    dropped.
    """
    with _lock, Session(engine()) as db:
        version = data_version(db)
        if version not in _kept:
            found = twin(db) if version else None
            if found is None:
                return None
            _kept.clear()
            _kept[found.version] = found
        return _kept[version]


def forget() -> None:
    """Drop the kept county: a test changed the store behind our back."""
    with _lock:
        _kept.clear()

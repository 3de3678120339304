"""Whose a second place is: every store has a random name, and a file there repeats it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import SQLAlchemyError

from cockpit.settings import settings
from cockpit.store.models import STORE_ID, Meta

OWNER = "store.txt"
"""File of the second place: the name of the store that it belongs to."""
_BEGUN = ("checkpoints.jsonl", "entries.txt", "tombstones.jsonl")


def home_of(engine: Engine) -> Path | None:
    """Return the folder of a store, with its kept files and caches; None for one in memory."""
    if engine.url.get_backend_name() != "sqlite":
        return settings().data_folder.resolve()
    if engine.url.database in (None, "", ":memory:"):
        return None
    return Path(str(engine.url.database)).resolve().parent


def store_id(engine: Engine) -> str:
    """Return a store's random name; "" for one of an older version, or none at all."""
    if engine.url.get_backend_name() == "sqlite" and not Path(str(engine.url.database)).exists():
        return ""  # asking would make an empty file
    try:
        with engine.connect() as connection:
            found = connection.execute(select(Meta.value).where(Meta.key == STORE_ID)).scalar()
    except SQLAlchemyError:
        return ""
    return str(found or "")


def second_place(engine: Engine) -> Path | None:
    """
    Return where checkpoints are kept besides the store; None for a store in memory.

    It is outside the store's folder: who puts an old copy of that folder back, or can write only
    there, cannot make the two agree. Where another store has its files already, ours are in a
    folder of their own below: what it destroyed is not ours to destroy.
    """
    top = top_of(engine)
    if top is None:
        return None
    store = store_id(engine)
    owner = owner_of(top)
    if not store or owner == store or (not owner and not _begun(top)):
        return top
    return top / f"store-{store}"


def top_of(engine: Engine) -> Path | None:
    """Return the second place that the settings name, whoever it belongs to."""
    home = home_of(engine)
    if home is None:
        return None
    return settings().checkpoints or home.with_name(f"{home.name}-checkpoints")


def owner_of(top: Path) -> str:
    """Return the name of the store that a second place belongs to; "" when nobody has said."""
    path = top / OWNER
    return path.read_text("utf-8", "replace").strip() if path.exists() else ""


def _begun(top: Path) -> bool:
    return any((top / name).exists() for name in _BEGUN)


def claim(engine: Engine, *, name: bool = True) -> Path | None:
    """
    Return the second place to write to, made, with the name of the store in it.

    A store of an older version gets its name now; one that was put back from such a copy gets the
    name again that the second place knows; ``name``: whether to give names at all. Not to be called
    within a transaction that writes, unless without names.

    Raises
    ------
    OSError, sqlalchemy.exc.SQLAlchemyError
        If there or in the store nothing can be written.
    """
    top = top_of(engine)
    if top is None:
        return None
    store = store_id(engine)
    if not store and not name:
        return top
    if not store:
        store = _named(top, secrets.token_hex(16))
        with engine.begin() as connection:
            connection.execute(insert(Meta).values(key=STORE_ID, value=store))
    folder = second_place(engine) or top
    _named(folder, store)
    return folder


def _named(folder: Path, store: str) -> str:
    """Write whose a folder is, unless it says so already; return what it says."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with (folder / OWNER).open("x", encoding="utf-8") as file:
            file.write(f"{store}\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        return owner_of(folder) or store
    return store

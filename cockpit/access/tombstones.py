"""Destruction that lasts: tombstones in the trail, the store and a second place."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import logging
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)  # fmt: skip
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.audit_chain import canonical
from cockpit.access.audit_keys import (
    append_line,
    known_keys,
    locked,
    signed_by,
    signing_key,
)  # fmt: skip
from cockpit.access.clock import utc_now
from cockpit.access.expired_rows import conditions, files, forget_files
from cockpit.access.retention_rules import Criteria
from cockpit.access.second_place import claim, home_of, second_place, store_id
from cockpit.access.visitor import Visitor
from cockpit.store import models as m
from cockpit.store.catalogue import begin_writing, put_meta, read_meta
from cockpit.store.derived import settle_all
from cockpit.store.models_audit import Tombstone
from cockpit.store.session import StoreError
from geodata.errors import CockpitError

log = logging.getLogger("cockpit")

FORMAT = "cockpit tombstone 1"
STONES = "tombstones.jsonl"
"""File of the second place: signed tombstones, one a line."""

_COUNTED = ("population", "households", "vulnerable")


@dataclass(frozen=True)
class Stone:
    """What was destroyed, without what it said."""

    body: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Its name, random."""
        return str(self.body["id"])

    @property
    def rows(self) -> Mapping[str, int]:
        """Rows destroyed, by table."""
        return dict(self.body["rows"])

    @property
    def criteria(self) -> Criteria:
        """What has to be destroyed again wherever it comes back: only what was loaded before."""
        before = self.body["before"]
        return Criteria(
            str(self.body["subject"]),
            dt.datetime.fromisoformat(before) if before else None,
            dt.datetime.fromisoformat(self.body["at"]),
        )


# ---------------------------------------------------------------- rows


def rows_in(connection: Connection, criteria: Criteria) -> dict[str, int]:
    """Count the rows that criteria speak of, by table; tables without any are left out."""
    counted = {t.name: count_rows(connection, t, c) for t, c in conditions(connection, criteria)}
    return {name: n for name, n in counted.items() if n}


def count_rows(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    """Count the rows of a table under a condition."""
    query = select(func.count()).select_from(table).where(condition)
    return int(connection.execute(query).scalar_one())


def _digest_key(engine: Engine) -> bytes:
    """Return the key of the digests: without it nobody can try out what the rows may have said."""
    if home_of(engine) is None:
        return secrets.token_bytes(32)
    return hmac.digest(signing_key(engine).private_bytes_raw(), b"tombstones", "sha256")


def _digest(connection: Connection, criteria: Criteria, key: bytes) -> str:
    """Return the HMAC-SHA-256 of all rows, in the order of their keys."""
    sealed = hmac.new(key, digestmod=hashlib.sha256)
    for table, condition in conditions(connection, criteria):
        query = select(table).where(condition).order_by(*table.primary_key.columns)
        for row in connection.execute(query):
            sealed.update(f"{table.name}{tuple(row)!r}\n".encode("utf-8", "backslashreplace"))
    return sealed.hexdigest()


def _destroy_rows(connection: Connection, criteria: Criteria, folder: Path, stone: str) -> None:
    kind = connection.execute(
        select(m.Dataset.kind).where(m.Dataset.id == criteria.dataset)
    ).scalar()
    forget_files(connection, criteria)
    for table, condition in list(conditions(connection, criteria)):
        connection.execute(delete(table).where(condition))
    if criteria.before is None:
        gone = update(m.Batch).where(m.Batch.dataset_id == criteria.dataset)
        if criteria.loaded_before is not None:
            gone = gone.where(m.Batch.loaded_at <= criteria.loaded_before)
        connection.execute(gone.values(current=False))
    if kind in _COUNTED:
        settle_all(connection, folder)
    _new_version(connection, stone)


def _new_version(connection: Connection, stone: str) -> None:
    """Give the data another version: whatever was made of the old ones is out of date."""
    old = str(read_meta(connection, "data_version") or "")
    number, _, digest = old.rpartition("-")
    changed = hashlib.sha256(f"{digest}{stone}".encode()).hexdigest()[:8]
    put_meta(connection, "data_version", f"{number or digest}-{changed}")


# ---------------------------------------------------------------- destroying


def bury(
    engine: Engine,
    criteria: Criteria,
    *,
    rule: Mapping[str, Any],
    data_class: str,
    by: Visitor | str,
) -> Stone | None:
    """
    Destroy rows and leave a tombstone, in one transaction; then the kept files and caches.

    The tombstone is in the second place before the transaction ends: killed at any moment, either
    nothing has happened or the rest is done by ``reconcile`` at the next start. Returns None when
    there is nothing to destroy.

    Raises
    ------
    AuditError, OSError
        If it cannot be written down here or there; then nothing is destroyed.
    """
    folder = home_of(engine)
    claim(engine)
    key, store = _digest_key(engine), store_id(engine)
    with _writing(engine) as db:
        connection = db.connection()
        rows = rows_in(connection, criteria)
        if not rows:
            db.rollback()
            return None
        stone = Stone({
            "format": FORMAT, "id": secrets.token_hex(16), "subject": criteria.dataset,
            "before": criteria.before.isoformat() if criteria.before else None,
            "rule": json.loads(json.dumps(dict(rule), default=str)), "rows": rows,
            "files": files(connection, criteria), "at": utc_now().isoformat(),
            "digest": _digest(connection, criteria, key), "class": data_class,
            "store": store, "files_whole": criteria.before is not None,
        })  # fmt: skip
        _destroy_rows(connection, criteria, folder or Path(), stone.id)
        _write_down(db, stone, by)
        _note_beside(engine, stone)
        db.commit()
    _finish(engine)
    return stone


def _write_down(db: Session, stone: Stone, by: Visitor | str, *, again: bool = False) -> None:
    audit.record(
        db, by, "destroy", f"dataset/{stone.body['subject']}",
        data_class=str(stone.body["class"]),
        detail={
            "tombstone": stone.id, "rule": stone.body["rule"], "before": stone.body["before"],
            "rows": stone.rows, "digest": stone.body["digest"], "again": again,
        },
    )  # fmt: skip
    db.execute(
        insert(Tombstone).values(
            id=stone.id, subject=stone.body["subject"], body=canonical(stone.body),
            files_gone=False,
        )
    )  # fmt: skip


@contextmanager
def _writing(engine: Engine) -> Iterator[Session]:
    """Yield a session that nobody else writes beside; SQLite writes zeros over what it deletes."""
    with Session(engine) as db:
        connection = db.connection()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        begin_writing(connection)
        yield db


# ---------------------------------------------------------------- files, caches, left-overs


def _finish(engine: Engine) -> None:
    """Delete kept files and caches of what was destroyed, and what the database still holds."""
    folder = home_of(engine)
    with Session(engine) as db:
        waiting = db.execute(
            select(Tombstone.id, Tombstone.body).where(~Tombstone.files_gone)
        ).all()
        for number, body in waiting:
            if folder is not None:
                _delete_files(db, folder, list(json.loads(body)["files"]))
                _delete_open(folder, str(json.loads(body)["subject"]))
            db.execute(update(Tombstone).where(Tombstone.id == number).values(files_gone=True))
        if waiting and folder is not None:
            for cached in (folder / "cache").glob("*"):
                cached.unlink(missing_ok=True)
        db.commit()
    if waiting:
        _scrub(engine)


def _delete_files(db: Session, folder: Path, names: list[str]) -> None:
    """Delete kept files, but not those that a data set in use was loaded from."""
    used = set(db.execute(select(m.Batch.source).where(m.Batch.current)).scalars())
    for name in names:
        path = (folder / name).resolve()
        if name in used or not path.is_relative_to((folder / "uploads").resolve()):
            continue
        if path.is_file():
            with path.open("r+b") as file:  # the disk should not keep it under another name
                file.write(b"\0" * path.stat().st_size)
            path.unlink()
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()


def _delete_open(folder: Path, dataset: str) -> None:
    """Delete the open files that were made of a data set; those that may still be are made anew."""
    for index in (folder / "open").glob("*/index.json"):
        try:
            made_of = json.loads(index.read_text("utf-8"))["needs"]
        except (OSError, ValueError, KeyError, TypeError):
            made_of = [dataset]  # damaged: they are made anew anyway
        if dataset in made_of:
            shutil.rmtree(index.parent)


def _scrub(engine: Engine) -> None:
    """Take deleted rows out of the write-ahead log, or out of PostgreSQL's pages."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.url.get_backend_name() == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            connection.exec_driver_sql("VACUUM")


# ---------------------------------------------------------------- the second place


def _note_beside(engine: Engine, stone: Stone) -> None:
    folder = second_place(engine)
    if folder is None:
        return
    signature = signing_key(engine).sign(canonical(stone.body).encode()).hex()
    with locked(folder):
        append_line(folder / STONES, canonical({"body": stone.body, "signature": signature}) + "\n")


def beside(engine: Engine) -> dict[str, Stone]:
    """Return the tombstones of the second place that a known key signed; others do not count."""
    folder = second_place(engine)
    path = folder / STONES if folder else None
    if path is None or not path.exists():
        return {}
    keys, found, store = known_keys(engine).values(), {}, store_id(engine)
    for line in path.read_text("utf-8", "replace").splitlines():
        try:
            read = json.loads(line)
            stone = Stone(dict(read["body"]))
            signature, text = str(read["signature"]), canonical(stone.body)
            good = stone.body["format"] == FORMAT and any(
                signed_by(key, signature, text) for key in keys
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if good and store and stone.body.get("store", store) not in ("", store):
            continue  # what another store destroyed is not ours
        if good:
            found[stone.id] = stone
        else:
            log.warning("a tombstone in %s is not signed by a known key", path.name)
    return found


def reconcile(engine: Engine) -> tuple[Stone, ...]:
    """
    Destroy again what an old backup has brought back; return what was.

    To be called before anybody reads from a store. Costs next to nothing while nothing was ever
    destroyed.

    Raises
    ------
    StoreError
        If it cannot be done: then nobody may read.
    """
    try:
        stones = beside(engine)
        if not stones or not inspect(engine).has_table(m.Dataset.__tablename__):
            return ()
        if not inspect(engine).has_table(Tombstone.__tablename__):
            from cockpit.store.migrate import upgrade  # a backup older than tombstones are

            upgrade(engine)
        with Session(engine) as db:
            known = set(db.execute(select(Tombstone.id)).scalars())
        missing = [stone for number, stone in stones.items() if number not in known]
        for stone in missing:
            _again(engine, stone)
        _forget_files(engine, stones)
        _finish(engine)
    except (SQLAlchemyError, OSError, CockpitError) as error:
        raise StoreError(
            "The store cannot be opened: it may hold what was destroyed, and that cannot be "
            "destroyed again now ({reason}).",
            reason=str(error).partition("\n")[0],
        ) from error
    return tuple(missing)


def _again(engine: Engine, stone: Stone) -> None:
    with _writing(engine) as db:
        connection = db.connection()
        if rows_in(connection, stone.criteria):
            _destroy_rows(connection, stone.criteria, home_of(engine) or Path(), stone.id)
        _write_down(db, stone, audit.SYSTEM, again=True)
        db.commit()


def _forget_files(engine: Engine, stones: Mapping[str, Stone]) -> None:
    """Mark kept files that came back with a backup, so that they go once more."""
    folder = home_of(engine)
    back = [
        number
        for number, stone in stones.items()
        if folder is not None and any((folder / name).exists() for name in stone.body["files"])
    ]
    if back:
        with Session(engine) as db:
            db.execute(update(Tombstone).where(Tombstone.id.in_(back)).values(files_gone=False))
            db.commit()


def sweep(engine: Engine) -> None:
    """Finish what was interrupted: here, and in a second place that was away for a while."""
    reconcile(engine)
    if inspect(engine).has_table(Tombstone.__tablename__):
        known = beside(engine)
        with Session(engine) as db:
            bodies = db.execute(select(Tombstone.body)).scalars().all()
        for body in bodies:
            stone = Stone(json.loads(body))
            if stone.id not in known:
                _note_beside(engine, stone)
        _finish(engine)

"""Seal stored rows and files anew: with the next key, or for the first time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    Text,
    bindparam,
    cast,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.keys import Ring
from cockpit.access.sealing import PREFIX, Key, is_sealed, key_id_of, seal_values, stands_plain
from cockpit.access.visitor import Visitor
from cockpit.store import sealed_files
from cockpit.store.base import Base
from cockpit.store.models_sealed import SealKey
from cockpit.store.sealed import (
    SEALED,
    Opener,
    Sealed,
    active_key,
    as_text,
    is_whole,
    mark_whole,
    may_be_plain,
    personal,
    remember,
    require_same,
    ring_of,
    row_keys,
)

AT_ONCE = 2_000
"""Rows of one transaction: a tenth of a second in which feeds wait."""
Progress = Callable[[str, int], None]
"""Called with a table and the number of rows sealed anew so far."""


@dataclass(frozen=True)
class Rotated:
    """What a rotation did."""

    key: str
    rows: int
    files: int
    ended: tuple[str, ...]  # keys that nothing uses any more
    kept: bool  # they stay in the key file, for old backups


@dataclass(frozen=True)
class KeyState:
    """A key of the store: its state, how much it seals, and whether the key file has it."""

    id: str
    cipher: str
    state: str
    created: dt.datetime
    ended: dt.datetime | None
    rows: int  # values in the store
    files: int
    held: bool


# ------------------------------------------------------------ which keys


def states(engine: Engine, folder: Path) -> tuple[KeyState, ...]:
    """Return the keys of a store, oldest first; the key of the blind index seals nothing."""
    ring = ring_of(engine)
    held = {one.key.id for one in ring.held()}
    by_file = sealed_files.by_key(folder)
    with engine.connect() as connection:
        rows = connection.execute(
            select(
                SealKey.id, SealKey.cipher, SealKey.state, SealKey.created, SealKey.ended
            ).order_by(SealKey.created, SealKey.id)
        ).all()
        return tuple(
            KeyState(
                *row, rows=_uses(connection, row.id), files=by_file.get(row.id, 0),
                held=row.id in held or row.cipher == "hmac",
            )
            for row in rows
        )  # fmt: skip


def plain_values(engine: Engine) -> int:
    """Return how many values of sealed columns are not sealed, though they should be."""
    with engine.connect() as connection:
        return sum(1 for _ in _plain(connection))


def _plain(connection: Connection) -> Iterator[tuple[str, str, str]]:
    """Yield table, column and row of every plain value that should be sealed."""
    private = personal(connection)
    for table, spec in _tables():
        for rows in _pages(connection, table, spec):
            for row in rows:
                for name in _wrong(row, table, spec, "", private):
                    yield table.name, name, row_keys(spec, [row])[0]


def note_whole(engine: Engine) -> bool:
    """
    Note that a store is sealed throughout, if it is; return whether it is known to be.

    A store without a key, or with plain values of a version that sealed nothing, is not marked.
    """
    with engine.connect() as connection:
        if is_whole(connection):
            return True
        sealing = select(SealKey.id).where(SealKey.state == "active").limit(1)
        if connection.execute(sealing).first() is None or next(_plain(connection), None):
            return False
    with engine.begin() as connection:
        mark_whole(connection)
    return True


def _refuse_forged(engine: Engine) -> None:
    """Raise ``SealError`` for a plain value in a store sealed throughout: never seal a forgery."""
    with engine.connect() as connection:
        if not is_whole(connection):
            return
        for table, column, row in _plain(connection):
            if not may_be_plain(table, column):
                raise stands_plain(table, column, row)


def _uses(connection: Connection, key_id: str) -> int:
    """Count the values that a key seals."""
    n = 0
    for table, spec in _tables():
        for name in spec.columns:
            mark = '"' if name in spec.json else ""
            column = cast(table.c[name], Text)
            query = select(func.count()).where(
                column.startswith(f"{mark}{PREFIX}{key_id}:", autoescape=True)
            )
            n += int(connection.execute(query).scalar_one())
    return n


# ------------------------------------------------------------ rotation


def rotate(
    engine: Engine,
    folder: Path,
    *,
    who: Visitor | str,
    keep: bool = False,
    progress: Progress | None = None,
) -> Rotated:
    """
    Make a new key and seal everything with it; an interrupted rotation is taken up where it stood.

    Rows are sealed in batches, each a transaction of its own; until the last one both keys open
    what they sealed. Then the old key is destroyed, unless ``keep``: what older backups hold can be
    opened with it alone. The key of the blind index stays: its hashes cannot be made again without
    the numbers themselves.

    Raises
    ------
    KeysLostError
        If the key file is missing or is another one, with nothing changed.
    SealError
        If a plain value was put into a store that is sealed throughout, with nothing changed.
    """
    ring = ring_of(engine)
    _refuse_forged(engine)
    key = _begin(engine, ring, who)
    n = 0
    for table, spec in _tables():
        n += _reseal_table(engine, table, spec, key, progress)
    files = sealed_files.reseal(folder, ring, key)
    ended = _end(engine, ring, key, who, keep=keep, files=sealed_files.by_key(folder))
    note_whole(engine)
    return Rotated(key.id, n, files, ended, keep)


def _begin(engine: Engine, ring: Ring, who: Visitor | str) -> Key:
    """Return the key to seal with: the one an unfinished rotation began, or a new one."""
    with ring.changing(), engine.begin() as connection:
        _write_first(connection)
        now = active_key(connection)  # raises when the key file is not that of this store
        retired = connection.execute(
            select(SealKey.id).where(SealKey.state == "retired").limit(1)
        ).first()
        if retired is not None:
            return now
        # The file first: a key that sealed a row must be on the disk. One that a rotation made
        # just before it was killed is used now.
        spare = ring.active()
        key = spare if spare is not None and spare.id != now.id else ring.add()
        connection.execute(update(SealKey).where(SealKey.state == "active").values(state="retired"))
        remember(connection, key)
        _note(connection, who, f"{now.id} > {key.id}", {"step": "begun", "cipher": key.cipher})
        return key


def _end(
    engine: Engine, ring: Ring, key: Key, who: Visitor | str, *, keep: bool,
    files: Mapping[str, int],
) -> tuple[str, ...]:  # fmt: skip
    """End the keys that nothing uses any more, first in the store and then in the file."""
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    ended = []
    with engine.begin() as connection:
        _write_first(connection)
        retired = connection.execute(select(SealKey.id).where(SealKey.state == "retired")).scalars()
        for key_id in list(retired):
            if files.get(key_id) or _uses(connection, key_id):
                continue
            state = "kept" if keep else "destroyed"
            connection.execute(
                update(SealKey).where(SealKey.id == key_id).values(state=state, ended=now)
            )
            _note(connection, who, key_id, {"step": state, "by": key.id})
            ended.append(key_id)
    sweep(engine, ring)
    return tuple(ended)


def sweep(engine: Engine, ring: Ring) -> None:
    """Take keys out of the file that the store calls destroyed: a kill can come in between."""
    with engine.connect() as connection:
        gone = connection.execute(select(SealKey.id).where(SealKey.state == "destroyed")).scalars()
        for key_id in set(gone) & {one.key.id for one in ring.held()}:
            ring.destroy(key_id)


def destroy_kept(engine: Engine, key_id: str, *, who: Visitor | str) -> bool:
    """Destroy a key that was kept for old backups; return whether there was such a key."""
    with engine.begin() as connection:
        _write_first(connection)
        done = connection.execute(
            update(SealKey)
            .where(SealKey.id == key_id, SealKey.state == "kept", SealKey.cipher != "hmac")
            .values(state="destroyed")
        )
        found = bool(done.rowcount)
        if found:
            _note(connection, who, key_id, {"step": "destroyed"})
    sweep(engine, ring_of(engine))
    return found


def _note(connection: Connection, who: Visitor | str, subject: str, detail: dict[str, Any]) -> None:
    db = Session(bind=connection)
    audit.record(db, who, "key", subject, detail=detail)
    db.flush()


def _write_first(connection: Connection) -> None:
    """Become the writer before the first read: what is read then holds until the commit."""
    connection.execute(update(SealKey).where(SealKey.id == "nothing").values(state="active"))


# ------------------------------------------------------------ rows


def _tables() -> Iterator[tuple[Table, Sealed]]:
    for name, spec in SEALED.items():
        yield Base.metadata.tables[name], spec


def _pages(connection: Connection, table: Table, spec: Sealed) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a table by their keys, some thousand at a time."""
    after: tuple[Any, ...] | None = None
    while rows := _page(connection, table, spec, after):
        yield rows
        after = tuple(rows[-1][name] for name in spec.key)


def _page(
    connection: Connection, table: Table, spec: Sealed, after: tuple[Any, ...] | None
) -> list[dict[str, Any]]:
    keys = [table.c[name] for name in spec.key]
    extra = [table.c.dataset_id] if table.name == "quality_issue" else []
    query = select(*keys, *(table.c[name] for name in spec.columns), *extra)
    if after is not None:
        query = query.where(keys[0] > after[0] if len(keys) == 1 else tuple_(*keys) > after)
    found = connection.execute(query.order_by(*keys).limit(AT_ONCE)).mappings()
    return [dict(row) for row in found]


def _wrong(
    row: Mapping[str, Any], table: Table, spec: Sealed, key_id: str, private: Collection[str]
) -> list[str]:
    """Return the columns to be sealed (again); without ``key_id`` any sealed value is right."""
    found = []
    for name in spec.columns:
        value = row[name]
        if is_sealed(value):
            if key_id and key_id_of(value) != key_id:
                found.append(name)
        elif as_text(value, is_json=name in spec.json) is not None and not (
            table.name == "quality_issue" and name != "text" and row["dataset_id"] not in private
        ):
            found.append(name)
    return found


def _reseal_table(
    engine: Engine, table: Table, spec: Sealed, key: Key, progress: Progress | None
) -> int:
    """Seal a table's values with a key, batch by batch; return how many rows were written."""
    n = 0
    after: tuple[Any, ...] | None = None
    while True:
        with engine.begin() as connection:
            _write_first(connection)
            rows = _page(connection, table, spec, after)
            if not rows:
                return n
            n += _reseal(connection, table, spec, key, rows)
        after = tuple(rows[-1][name] for name in spec.key)
        if progress is not None:
            progress(table.name, n)


def _reseal(
    connection: Connection, table: Table, spec: Sealed, key: Key, rows: list[dict[str, Any]]
) -> int:
    private = personal(connection) if table.name == "quality_issue" else frozenset[str]()
    opener = Opener(connection)
    changed: dict[int, dict[str, Any]] = {}
    wrong = [_wrong(row, table, spec, key.id, private) for row in rows]
    keys = row_keys(spec, rows)
    for name in spec.columns:
        at = [k for k, columns in enumerate(wrong) if name in columns]
        is_json = name in spec.json
        given = [
            rows[k][name] if is_sealed(rows[k][name]) else as_text(rows[k][name], is_json=is_json)
            for k in at
        ]
        plain = [
            value
            if is_json and not is_sealed(value)
            else opener.text(table.name, name, keys[k], value)
            for k, value in zip(at, given, strict=True)
        ]
        sealed = seal_values(key, table.name, name, [keys[k] for k in at], plain)
        for k, value in zip(at, sealed, strict=True):
            changed.setdefault(k, {})[name] = value
    if changed:
        connection.execute(
            update(table)
            .where(*(table.c[name] == bindparam(f"key_{name}") for name in spec.key))
            .values({name: bindparam(f"new_{name}") for name in spec.columns}),
            [
                {f"key_{name}": rows[k][name] for name in spec.key}
                | {f"new_{name}": new.get(name, rows[k][name]) for name in spec.columns}
                for k, new in changed.items()
            ],
        )
    return len(changed)


def seal_stored(connection: Connection) -> int:
    """Seal every value that still stands plain, in the transaction of a migration."""
    n = 0
    key = None
    for table, spec in _tables():
        for rows in _pages(connection, table, spec):
            key = key or active_key(connection)
            n += _reseal(connection, table, spec, key, rows)
    return n


def check(engine: Engine, folder: Path) -> tuple[KeyState, ...]:
    """
    Open every sealed value and file of a store; return its keys.

    Raises
    ------
    SealError
        Naming the first that does not open, or a key that is missing or another one.
    """
    ring = ring_of(engine)
    with engine.connect() as connection:
        rows = connection.execute(
            select(SealKey.id, SealKey.check).where(SealKey.state.in_(("active", "retired")))
        ).all()
        for row in rows:
            require_same(ring, row.check, ring.key(row.id))
        opener = Opener(connection)
        for table, spec in _tables():
            for page in _pages(connection, table, spec):
                keys = row_keys(spec, page)
                for name in spec.columns:
                    opener.texts(
                        table.name, name, keys,
                        [v if is_sealed(v) else None for v in (r[name] for r in page)],
                    )  # fmt: skip
    sealed_files.check(folder, ring)
    return states(engine, folder)

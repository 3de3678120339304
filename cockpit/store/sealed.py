"""Which columns of the store are sealed, and how their values are written and read in bulk."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any
from weakref import WeakKeyDictionary

import pandas as pd
from sqlalchemy import Connection, Engine, Table, delete, func, insert, select
from sqlalchemy.orm import Session

from cockpit.access.blind import BLIND_BYTES
from cockpit.access.keys import BLIND, FILE, KeysLostError, Ring
from cockpit.access.sealing import Key, is_sealed, open_values, seal_values, stands_plain
from cockpit.settings import settings
from cockpit.store import models as m
from cockpit.store.models_sealed import SealKey
from geodata.errors import DataFileError

SEPARATOR = "\x1f"
"""Between the parts of a row's key."""


@dataclass(frozen=True)
class Sealed:
    """The sealed columns of a table; ``json`` ones hold a sealed text instead of their value."""

    key: tuple[str, ...]
    text: tuple[str, ...] = ()
    json: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All sealed columns."""
        return (*self.text, *self.json)


SEALED: Mapping[str, Sealed] = {
    "event": Sealed(("id",), text=("text",)),
    "person": Sealed(("dataset_id", "key"), text=("masked", "birth")),
    "conflict": Sealed(("id",), text=("key", "left_value", "right_value")),
    "quality_issue": Sealed(("id",), text=("text", "found"), json=("values",)),
    "feed_refusal": Sealed(("id",), json=("detail",)),
}
"""By table. What a finding found is sealed for data sets about single people and of class 敏感."""

_rings: dict[Path, Ring] = {}
_memory: WeakKeyDictionary[Engine, Ring] = WeakKeyDictionary()
_lock = threading.Lock()


# ------------------------------------------------------------ the ring of a store


def _engine(bind: Engine | Connection | Session) -> Engine:
    found = bind.get_bind() if isinstance(bind, Session) else bind
    return found if isinstance(found, Engine) else found.engine


def key_file(engine: Engine) -> Path | None:
    """
    Return where a store's keys are: COCKPIT_KEYS, else beside the store; None: in memory alone.

    A SQLite file has them in ``keys/`` of its own folder, which is the data folder unless
    COCKPIT_DATABASE says otherwise; any other database in the data folder.
    """
    sqlite = engine.url.get_backend_name() == "sqlite"
    if sqlite and engine.url.database in (None, "", ":memory:"):
        return None
    elsewhere = settings().keys_folder
    if elsewhere is not None:
        return elsewhere / FILE
    folder = Path(str(engine.url.database)).parent if sqlite else settings().data_folder
    return folder / "keys" / FILE


def ring_of(bind: Engine | Connection | Session) -> Ring:
    """Return the keys of a store; none are made by asking."""
    engine = _engine(bind)
    path = key_file(engine)
    cipher, secret = settings().cipher, settings().key_secret
    with _lock:
        if path is None:
            if engine not in _memory:
                _memory[engine] = Ring(None, cipher=cipher)
            return _memory[engine]
        path = path.resolve()
        if path not in _rings:
            _rings[path] = Ring(path, cipher=cipher, secret=secret)
        return _rings[path]


def forget() -> None:
    """Drop the keys in memory: a test changed the file or the settings behind our back."""
    with _lock:
        _rings.clear()
        _memory.clear()


def active_key(connection: Connection) -> Key:
    """
    Return the key to seal with, in the transaction that writes; made at the very first time.

    Raises
    ------
    KeysLostError
        If the key file is missing or is not that of this store: nothing may be written.
    """
    ring = ring_of(connection)
    # On PostgreSQL a rotation waits for whoever writes with a key; SQLite has one writer.
    query = select(SealKey.id, SealKey.check).where(SealKey.state == "active")
    row = connection.execute(query.with_for_update(read=True)).first()
    if row is None:
        key = ring.first()
        remember(connection, key)
        return key
    if not ring.exists():  # a key in memory alone must not seal what nobody can open tomorrow
        raise ring.lost(row.id)
    key = ring.key(row.id)
    require_same(ring, row.check, key)
    return key


def require_same(ring: Ring, check: str, key: Key) -> None:
    """Raise ``KeysLostError`` unless a key is the one that the store was sealed with."""
    if key.check != check:
        raise KeysLostError(
            "The key file {file} has another key under the name {key} than this store was sealed "
            "with. Put the right one back; nothing was changed.",
            file=ring.name,
            key=key.id,
        )


def remember(connection: Connection, key: Key, state: str = "active") -> None:
    """Note in the store which key this is, so that another one is known as such."""
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    connection.execute(
        insert(SealKey).values(
            id=key.id, cipher=key.cipher, state=state, check=key.check, created=now
        )
    )


_OLD_BLIND = "person.key"


def blind_key(connection: Connection, folder: Path) -> bytes:
    """
    Return the key that hashes identity numbers, in the transaction that writes.

    Before there was a key ring it lay in a file of its own, which is taken over and then removed.

    Raises
    ------
    KeysLostError, DataFileError
        If the keys are lost or damaged: hashes of another key would match nobody.
    """
    active_key(connection)
    ring = ring_of(connection)
    old = _old_blind(folder / _OLD_BLIND)
    key = Key(BLIND, "hmac", ring.blind(old))
    check = connection.execute(select(SealKey.check).where(SealKey.id == BLIND)).scalar()
    if check is None:
        remember(connection, key, "kept")
    else:
        require_same(ring, check, key)
    if old == key.material:
        (folder / _OLD_BLIND).unlink()
    return key.material


def _old_blind(path: Path) -> bytes:
    if not path.exists():
        return b""
    key = path.read_bytes()
    if len(key) != BLIND_BYTES:
        raise DataFileError(
            "{file}: the key of this installation has {found} bytes; expected {expected}. "
            "Restore it from the backup.",
            file=path.name,
            found=len(key),
            expected=BLIND_BYTES,
        )
    return key


# ------------------------------------------------------------ rows and frames


def row_keys(spec: Sealed, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the keys of rows, as they are bound to their sealed values."""
    return [SEPARATOR.join(str(row[name]) for name in spec.key) for row in rows]


def seal_frame(connection: Connection, table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the columns sealed that the table seals; dates as ISO 8601."""
    spec = SEALED.get(table.name)
    columns = [c for c in spec.columns if c in frame.columns] if spec else []
    if spec is None or not columns or frame.empty:
        return frame
    key = active_key(connection)
    keys = frame[spec.key[0]].astype(str)
    for name in spec.key[1:]:
        keys = keys + SEPARATOR + frame[name].astype(str)
    rows = keys.tolist()
    made = frame.copy()
    for name in columns:
        sealed = seal_values(key, table.name, name, rows, _texts(frame[name]))
        made[name] = pd.Series(sealed, index=frame.index, dtype=object)
    return made


def _texts(values: pd.Series[Any]) -> list[str | None]:
    if pd.api.types.is_datetime64_any_dtype(values):
        values = values.dt.strftime("%Y-%m-%d")
    missing = values.isna().tolist()
    return [
        None if gone else str(value)
        for value, gone in zip(values.astype(object).tolist(), missing, strict=True)
    ]


def seal_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[dict[str, Any]],
    *,
    columns: Collection[str] = (),
) -> list[dict[str, Any]]:
    """
    Return rows with their sealed columns sealed; rows without a number of their own get one.

    ``columns`` are those to seal; by default all that the table seals. Numbers are reserved in this
    transaction: a value is bound to its row's number before the row is there.
    """
    spec = SEALED[table.name]
    made = [dict(row) for row in rows]
    if not made:
        return made
    if spec.key == ("id",) and "id" not in made[0]:
        for row, number in zip(made, reserve(connection, table, len(made)), strict=True):
            row["id"] = number
    key = active_key(connection)
    keys = row_keys(spec, made)
    for name in columns or spec.columns:
        values = [as_text(row[name], is_json=name in spec.json) for row in made]
        for row, value in zip(made, seal_values(key, table.name, name, keys, values), strict=True):
            if value:
                row[name] = value
    return made


def as_text(value: Any, *, is_json: bool) -> str | None:
    """Return a value as the text that is sealed; None for what holds nothing."""
    if value is None or value in ("", {}):
        return None
    if is_json:
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def reserve(connection: Connection, table: Table, n: int) -> list[int]:
    """Return numbers for ``n`` new rows of a table, which nobody else will use."""
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(f'"{table.name}"', "id")
        query = select(func.nextval(sequence)).select_from(func.generate_series(1, n))
        return [int(number) for number in connection.execute(query).scalars()]
    # The writer of a SQLite file is alone until it commits.
    last = connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
    return list(range(int(last) + 1, int(last) + 1 + n))


_WHOLE = "sealed throughout"


def mark_whole(connection: Connection) -> None:
    """Note that every value of the sealed columns is sealed: a plain one is a forgery from now."""
    if not is_whole(connection):
        connection.execute(insert(m.Meta).values(key=_WHOLE, value=True))


def is_whole(bind: Engine | Connection | Session) -> bool:
    """Tell whether a store is known to be sealed throughout."""
    query = select(m.Meta.key).where(m.Meta.key == _WHOLE)
    if isinstance(bind, Engine):
        with bind.connect() as connection:
            return connection.execute(query).first() is not None
    return bind.execute(query).first() is not None


def may_be_plain(table: str, column: str) -> bool:
    """Tell whether a column holds plain values, too: what was found in data about no person."""
    return table == "quality_issue" and column != "text"


class Opener:
    """
    Opens the values of one store; one that was never sealed comes back as it is.

    In a store that is sealed throughout such a value was put there from outside, and is an error;
    but for findings, which are sealed for some data sets alone (``keys check`` tells those apart).
    """

    def __init__(self, bind: Engine | Connection | Session) -> None:
        self._ring = ring_of(bind)
        self._whole = is_whole(bind)

    def texts(
        self, table: str, column: str, rows: Iterable[object], values: Iterable[str | None]
    ) -> list[str | None]:
        """
        Open a column.

        Parameters
        ----------
        rows
            The key of each row: a value, or a tuple where the key has several parts.

        Raises
        ------
        SealError
            If a value was changed or moved, or its key is missing.
        """
        keys = (SEPARATOR.join(map(str, row)) if isinstance(row, tuple) else str(row)
                for row in rows)  # fmt: skip
        plain = not self._whole or may_be_plain(table, column)
        return open_values(self._ring.key, table, column, keys, values, plain_too=plain)

    def text(self, table: str, column: str, row: object, value: str | None) -> str | None:
        """Open one value."""
        return self.texts(table, column, (row,), (value,))[0]

    def json(self, table: str, column: str, row: object, value: Any) -> Any:
        """Open one value of a JSON column."""
        if not is_sealed(value):
            if self._whole and value and not may_be_plain(table, column):
                raise stands_plain(table, column, str(row))
            return value
        return json.loads(self.text(table, column, row, value) or "null")

    def days(
        self, table: str, column: str, rows: Iterable[object], values: Iterable[str | None]
    ) -> list[dt.date | None]:
        """Open a column of dates."""
        return [
            dt.date.fromisoformat(text[:10]) if text else None
            for text in self.texts(table, column, rows, values)
        ]


# ------------------------------------------------------------ what is personal


PRIVATE_KINDS = ("persons", "events", "vulnerable")
"""Kinds of data sets whose rows are about single people or what they said, whatever their class."""
PRIVATE_CLASSES = ("敏感", "秘密")


def is_private(kind: str, data_class: str) -> bool:
    """Tell whether contents of a data set are sealed wherever they are kept."""
    return kind in PRIVATE_KINDS or data_class in PRIVATE_CLASSES


def personal(connection: Connection) -> frozenset[str]:
    """Return the data sets whose findings are sealed."""
    rows = connection.execute(select(m.Dataset.id, m.Dataset.kind, m.Dataset.data_class))
    return frozenset(row[0] for row in rows if is_private(row[1], row[2]))


def findings_sealed(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of ``quality_issue`` sealed: texts of rows always, the rest where personal."""
    table = m.Base.metadata.tables["quality_issue"]
    private = personal(connection)
    numbers = reserve(connection, table, len(rows))
    numbered = [{"id": number, **row} for number, row in zip(numbers, rows, strict=True)]
    mine = [row for row in numbered if row["dataset_id"] in private]
    others = [row for row in numbered if row["dataset_id"] not in private]
    return [
        *seal_rows(connection, table, mine),
        *seal_rows(connection, table, others, columns=("text",)),
    ]


# ------------------------------------------------------------ old stores


_UNWIPED = "unwiped"


def mark_unwiped(connection: Connection) -> None:
    """Note that pages of the file that are free now may still hold plain values."""
    connection.execute(insert(m.Meta).values(key=_UNWIPED, value=True))


def wipe(engine: Engine) -> bool:
    """
    Write the whole file anew, without what its free pages held; return whether that was due.

    It needs the store for itself; while somebody reads it stays due, until the next start or load.
    """
    with engine.connect() as connection:
        due = connection.execute(select(m.Meta.key).where(m.Meta.key == _UNWIPED)).first()
    if due is None:
        return False
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()
        try:
            raw.driver_connection.execute("VACUUM")  # type: ignore[union-attr]  # sqlite3's own
            busy = raw.driver_connection.execute(  # type: ignore[union-attr]  # as above
                "PRAGMA wal_checkpoint(TRUNCATE)"
            ).fetchone()[0]
        except OperationalError:
            return False
        finally:
            raw.close()
        if busy:
            return False
    with engine.begin() as connection:
        connection.execute(delete(m.Meta).where(m.Meta.key == _UNWIPED))
    return True

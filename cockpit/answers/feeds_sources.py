"""Who may send rows: sources with their token, data set and batch."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.classes import CLASSES
from cockpit.feeds import KINDS
from cockpit.store import models as m
from cockpit.store.catalogue import FED, begin_writing, read_meta, table_of
from cockpit.store.models_live import FeedDelivery, FeedRefusal, FeedSource
from cockpit.store.session import engine, require_table
from cockpit.store.settled import EXERCISE
from geodata.errors import CockpitError, DataFileError, InputError
from loaders.quality import DIMENSIONS

_ID = re.compile(r"[a-z][a-z0-9_]{0,23}")
_TOKEN_BYTES = 32
_NOBODY = "0" * 64


class NoTokenError(CockpitError):
    """A request that does not say who sends it."""


class NoFeedError(CockpitError):
    """No such source, or not its token: who asks is not told which."""


class FeedOffError(CockpitError):
    """A source that is switched off."""


@dataclass(frozen=True)
class Source:
    """A source as stored."""

    id: str
    title: str
    kind: str
    dataset_id: str
    batch_id: int
    exercise: bool
    created: dt.datetime  # UTC
    disabled: dt.datetime | None  # UTC


def utc_now() -> dt.datetime:
    """Return the time as the store keeps it: UTC, without a zone."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def add_source(
    key: str, *, kind: str, title: str = "", data_class: str = "备用", exercise: bool = False,
    bind: Engine | None = None,
) -> str:  # fmt: skip
    """
    Make a source with a data set and a batch of its own; return its token, kept nowhere else.

    ``data_version`` stays: travel times and layers do not depend on what comes live.

    Raises
    ------
    InputError
        If the id is taken or not of the form of data sets, or kind or class are unknown.
    DataFileError
        If no county is stored.
    """
    if not _ID.fullmatch(key):
        raise InputError(
            "{id} cannot be the id of a feed; expected up to 24 small letters, digits and _, a "
            "letter first.", id=key,
        )  # fmt: skip
    for value, known in ((kind, KINDS), (data_class, CLASSES)):
        if value not in known:
            raise InputError("{value} is none of {known}.", value=value, known=", ".join(known))
    name = f"{title or key}（{EXERCISE}）" if exercise else title or key
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with _writing(bind) as connection:
        if read_meta(connection, "county") is None:
            raise DataFileError("Nothing is loaded yet; load a county first.")
        if connection.execute(select(m.Dataset.id).where(m.Dataset.id == key)).first():
            raise InputError("There is a data set {id} already; take another id.", id=key)
        _add(connection, key, kind, name, data_class, exercise, _hash(token))
        _write_down(connection, key, "added", data_class)
    return token


def _write_down(connection: Connection, key: str, what: str, data_class: str = CLASSES[0]) -> None:
    with Session(connection) as db:
        told = {"what": what}
        audit.record(db, audit.actor(), "load", f"feed {key}", data_class=data_class, detail=told)


def _writing(bind: Engine | None) -> _Writing:
    return _Writing(bind or engine())


class _Writing:
    """A transaction on a store that has the tables of feeds."""

    def __init__(self, bind: Engine) -> None:
        self._bind = bind
        with Session(bind) as db:
            require_table(db, FeedSource.__tablename__)
        self._begun = bind.begin()

    def __enter__(self) -> Connection:
        connection = self._begun.__enter__()
        begin_writing(connection)
        return connection

    def __exit__(self, *error: object) -> None:
        self._begun.__exit__(*error)  # type: ignore[arg-type]


def _add(
    connection: Connection, key: str, kind: str, title: str, data_class: str, exercise: bool,
    token_hash: str,
) -> None:  # fmt: skip
    now = utc_now()
    last = connection.execute(select(func.max(m.Dataset.position))).scalar() or 0
    connection.execute(
        insert(m.Dataset).values(
            id=key, title=title, title_en=title.replace(f"（{EXERCISE}）", " (exercise)"),
            kind=kind, data_class=data_class, position=last + 1, refresh_days=1,
            purpose=EXERCISE if exercise else "",
        )
    )  # fmt: skip
    made = connection.execute(
        insert(m.Batch).values(
            dataset_id=key, version=1, current=True, source=f"{FED}{key}", sha256="", entry={},
            matches={}, rows_read=0, rows_stored=0, rows_bad=0, quality=_quality(key, 0, 0),
            loaded_at=now,
        )
    )  # fmt: skip
    assert made.inserted_primary_key is not None  # noqa: S101 - an insert of one row has one
    connection.execute(
        insert(FeedSource).values(
            id=key, title=title, kind=kind, dataset_id=key,
            batch_id=int(made.inserted_primary_key[0]), token_hash=token_hash, created=now,
            disabled=None,
        )
    )  # fmt: skip


def _quality(dataset: str, rows: int, refused: int) -> dict[str, object]:
    """Return the score of a feed: the share of its rows that were taken, as validity."""
    score = 1.0 if rows == 0 else 1 - refused / rows
    counts = {d: {"score": 1.0, "n": 0, "defects": 0} for d in DIMENSIONS}
    counts["validity"] = {"score": score, "n": rows, "defects": refused}
    return {
        "dataset": dataset, "department": "", "n_rows": rows, "dimensions": counts, "fields": {},
        "total": score,
    }  # fmt: skip


def count_rows(connection: Connection, source: Source, stored: int, bad: int) -> None:
    """Add what came to the figures of the source's batch."""
    of_source = m.Batch.id == source.batch_id
    before = connection.execute(
        select(m.Batch.rows_read, m.Batch.rows_stored, m.Batch.rows_bad).where(of_source)
    ).one()
    read, n_bad = before[0] + stored + bad, before[2] + bad
    connection.execute(
        update(m.Batch)
        .where(of_source)
        .values(
            rows_read=read, rows_stored=before[1] + stored, rows_bad=n_bad, loaded_at=utc_now(),
            quality=_quality(source.dataset_id, read, n_bad),
        )
    )  # fmt: skip


def _source(row: FeedSource, purpose: str) -> Source:
    return Source(
        row.id, row.title, row.kind, row.dataset_id, row.batch_id, purpose.startswith(EXERCISE),
        row.created, row.disabled,
    )  # fmt: skip


def sources(bind: Engine | None = None) -> tuple[Source, ...]:
    """Return all sources in the order they were made."""
    with Session(bind or engine()) as db:
        require_table(db, FeedSource.__tablename__)
        rows = db.execute(
            select(FeedSource, m.Dataset.purpose)
            .join(m.Dataset, m.Dataset.id == FeedSource.dataset_id)
            .order_by(FeedSource.created, FeedSource.id)
        )
        return tuple(_source(row, purpose) for row, purpose in rows)


def source_of(key: str, bind: Engine | None = None) -> Source:
    """Return a source; InputError when there is none."""
    found = next((one for one in sources(bind) if one.id == key), None)
    if found is None:
        raise InputError("There is no feed {id}.", id=key)
    return found


def authorised(key: str, token: str, bind: Engine | None = None) -> Source:
    """
    Return the source whose token this is.

    Raises
    ------
    NoFeedError
        If there is no such source or it has another token: the same for both, in the same time.
    FeedOffError
        If it is switched off.
    """
    with Session(bind or engine()) as db:
        require_table(db, FeedSource.__tablename__)
        found = db.execute(
            select(FeedSource, m.Dataset.purpose)
            .join(m.Dataset, m.Dataset.id == FeedSource.dataset_id)
            .where(FeedSource.id == key)
        ).first()
        expected = found[0].token_hash if found else _NOBODY
        same = hmac.compare_digest(_hash(token), expected)
        if found is None or not same:
            raise NoFeedError("There is no such feed, or this is not its token.")
        source = _source(found[0], found[1])
    if source.disabled is not None:
        raise FeedOffError("The feed {id} is switched off.", id=key)
    return source


def switch(key: str, *, on: bool, bind: Engine | None = None) -> None:
    """Switch a source off or on; its rows stay."""
    source_of(key, bind)
    with _writing(bind) as connection:
        connection.execute(
            update(FeedSource)
            .where(FeedSource.id == key)
            .values(disabled=None if on else utc_now())
        )
        _write_down(connection, key, "switched on" if on else "switched off")


def new_token(key: str, bind: Engine | None = None) -> str:
    """Give a source another token; the one before is worth nothing from now on."""
    source_of(key, bind)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with _writing(bind) as connection:
        connection.execute(
            update(FeedSource).where(FeedSource.id == key).values(token_hash=_hash(token))
        )
        _write_down(connection, key, "another token")
    return token


def remove_source(key: str, bind: Engine | None = None) -> int:
    """Delete a source with its data set and all its rows; return how many rows it had stored."""
    source = source_of(key, bind)
    deliveries = select(FeedDelivery.seq).where(FeedDelivery.source_id == key)
    with _writing(bind) as connection:
        gone = 0
        for model in (m.Event, m.Reading):
            table = table_of(model)
            of_source = table.c.batch_id == source.batch_id
            gone += connection.execute(
                select(func.count()).select_from(table).where(of_source)
            ).scalar_one()
            connection.execute(delete(table).where(of_source))
        connection.execute(delete(FeedRefusal).where(FeedRefusal.delivery.in_(deliveries)))
        connection.execute(delete(FeedDelivery).where(FeedDelivery.source_id == key))
        connection.execute(delete(FeedSource).where(FeedSource.id == key))
        connection.execute(delete(m.QualityIssue).where(m.QualityIssue.dataset_id == key))
        connection.execute(delete(m.Batch).where(m.Batch.id == source.batch_id))
        connection.execute(delete(m.Dataset).where(m.Dataset.id == key))
        _write_down(connection, key, f"removed with {gone} rows")
    return int(gone)

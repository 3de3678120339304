"""Store what feeds bring: once, however often it is sent, and many requests in one transaction."""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit import feeds
from cockpit.answers.feeds_county import clock, known, zone
from cockpit.answers.feeds_rows import Ready, reading_name, ready
from cockpit.answers.feeds_sources import NoFeedError, Source, count_rows, utc_now
from cockpit.feeds import Refusal
from cockpit.locale import translate
from cockpit.store import models as m
from cockpit.store.catalogue import begin_writing, store_findings, table_of
from cockpit.store.models_live import FeedDelivery, FeedRefusal, FeedSource
from cockpit.store.session import StoreError
from loaders.rules import mask_text

READING_DIFFERS = "Sensor {sensor} has {stored} stored for {time}, not {value}."
EVENT_DIFFERS = "Event {id} is stored with another {field}: {stored}, not {value}."
SAID = ("channel", "category", "text", "lon", "lat", "reported", "closed", "status")
"""What an event says of itself; its region may change with the next load of regions."""
MOST_REFUSALS = 200
"""Refusals of one delivery that are kept; the answer names all of them."""
MOST_AT_ONCE = 5_000  # rows of one transaction
_KEYS_AT_ONCE = 500


@dataclass(frozen=True)
class Receipt:
    """What happened to a request."""

    delivery: int
    new: int
    known: int
    refused: tuple[Refusal, ...]
    marked: tuple[Refusal, ...]


def sentence(template: str, values: Any, language: str) -> str:
    """Return a refusal in a language; what was expected is a sentence of its own."""
    told = dict(values)
    if "expected" in told:
        told["expected"] = translate(told["expected"], language, **told.pop("values", {}))
    return translate(template, language, **told)


# ---------------------------------------------------------------- many requests at once


class _Post:
    """A request that waits to be stored."""

    def __init__(self, source: Source, made: Ready) -> None:
        self.source, self.made = source, made
        self.receipt: Receipt | None = None


class Writer:
    """
    One thread that stores what all requests bring: those that wait share a transaction.

    Commits to a disk cost milliseconds each, and SQLite has one writer anyway. A transaction that
    fails is tried again for each request alone, so one cannot spoil another.
    """

    def __init__(self, bind: Engine) -> None:
        self._bind = bind
        self._waiting: deque[_Post] = deque()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="feed")

    def store(self, source: Source, made: Ready) -> Receipt:
        """Store one request, or find it stored together with others."""
        post = _Post(source, made)
        self._waiting.append(post)
        turn: Future[None] = self._pool.submit(self._flush)
        with suppress(SQLAlchemyError):  # of others in the transaction; alone it will be told
            turn.result()
        if post.receipt is None:
            try:
                self._pool.submit(self._write, [post]).result()
            except SQLAlchemyError as error:
                sentence_ = "The store cannot be read or written ({problem})."
                raise StoreError(sentence_, problem=type(error).__name__) from error
        if post.receipt is None:
            raise NoFeedError("There is no such feed, or this is not its token.")
        return post.receipt

    def _flush(self) -> None:
        posts: list[_Post] = []
        rows = 0
        while self._waiting and rows < MOST_AT_ONCE:
            posts.append(self._waiting.popleft())
            rows += len(posts[-1].made.rows) + len(posts[-1].made.refused)
        if posts:
            self._write(posts)

    def _write(self, posts: Sequence[_Post]) -> None:
        with self._bind.begin() as connection:
            begin_writing(connection)
            alive = set(connection.execute(select(FeedSource.id)).scalars())
            stored = [
                (post, _stored(connection, post.source, post.made))
                for post in posts
                if post.source.id in alive
            ]
            _count(connection, stored)
        for post, receipt in stored:  # only what is committed is told
            post.receipt = receipt


def _count(connection: Connection, stored: Iterable[tuple[_Post, Receipt]]) -> None:
    """Add to the figures of each source's batch, once a transaction."""
    sums: dict[str, list[Any]] = {}
    for post, receipt in stored:
        one = sums.setdefault(post.source.id, [post.source, 0, 0, 0])
        refused = len(receipt.refused)
        for k, n in enumerate((receipt.new + refused, receipt.new, refused), start=1):
            one[k] += n
    for source, read, new, bad in sums.values():
        count_rows(connection, source, read, new, bad)


_lock = threading.Lock()
_writers: dict[str, Writer] = {}


def _writer(bind: Engine) -> Writer:
    key = bind.url.render_as_string(hide_password=False)
    with _lock:
        if key not in _writers or _writers[key]._bind is not bind:
            _writers[key] = Writer(bind)
        return _writers[key]


def deliver(
    source: Source, rows: Sequence[Any], bind: Engine, *, now: dt.datetime | None = None
) -> Receipt:
    """
    Check and store the rows of one request, all in one transaction.

    Parameters
    ----------
    rows
        As ``cockpit.feeds.parsed`` returns them.
    now
        The county's local time; by default its clock.

    Returns
    -------
    Receipt
        ``known`` counts rows that were sent before, word for word.
    """
    at = now or clock()
    county = known(bind)
    checked = feeds.checked(rows, source.kind, now=at, zone=zone())
    made = ready(checked, source.kind, source.dataset_id, county, at)
    return _writer(bind).store(source, made)


# ---------------------------------------------------------------- one request


def _stored(connection: Connection, source: Source, made: Ready) -> Receipt:
    """Store a request's new rows with its delivery; the same rows again change nothing."""
    before = _before(connection, made)
    fresh, n_known, differing = _told_apart(made, before)
    refused = sorted([*made.refused, *differing], key=lambda one: one.position)
    rows = [made.rows[k] for k in fresh]
    time = "reported" if made.kind == "events" else "time"
    seq = _delivery(
        connection, source, n_new=len(rows), n_known=n_known + made.repeated,
        n_refused=len(refused), since=min((row[time] for row in rows), default=None),
    )  # fmt: skip
    _insert(connection, source, made.kind, rows, seq)
    _keep(connection, seq, refused)
    at = {made.positions[k] for k in fresh}
    findings = [
        replace(f, dataset=source.dataset_id, file=f"{source.id} #{seq}")
        for f in made.findings if f.row in at and f.severity != "note"
    ]  # fmt: skip
    store_findings(connection, source.batch_id, findings)
    marked = tuple(one for one in made.marked if one.position in at)
    return Receipt(seq, len(rows), n_known + made.repeated, tuple(refused), marked)


def _before(connection: Connection, made: Ready) -> dict[Any, Any]:
    """Return what the store has for the keys of a request."""
    found: dict[Any, Any] = {}
    for start in range(0, len(made.keys), _KEYS_AT_ONCE):
        keys = made.keys[start : start + _KEYS_AT_ONCE]
        if made.kind == "readings":
            # Two lists use the key's index; SQLite walks the whole table for a list of pairs.
            query = select(m.Reading.sensor_id, m.Reading.time, m.Reading.value).where(
                m.Reading.sensor_id.in_({sensor for sensor, _ in keys}),
                m.Reading.time.in_({time for _, time in keys}),
            )
            found |= {(row[0], row[1]): row[2] for row in connection.execute(query)}
        else:
            table = table_of(m.Event)
            columns = [table.c[name] for name in ("id", *SAID)]
            for row in connection.execute(select(*columns).where(table.c.id.in_(keys))):
                found[row[0]] = dict(zip(SAID, row[1:], strict=True))
    return found


def _told_apart(made: Ready, before: dict[Any, Any]) -> tuple[list[int], int, list[Refusal]]:
    """Return the new rows, how many are known, and those that the store has otherwise."""
    fresh: list[int] = []
    differing: list[Refusal] = []
    n_known = 0
    for k, key in enumerate(made.keys):
        if key not in before:
            fresh.append(k)
            continue
        refusal = _differs(made, k, before[key])
        if refusal is None:
            n_known += 1
        else:
            differing.append(refusal)
    return fresh, n_known, differing


def _differs(made: Ready, k: int, stored: Any) -> Refusal | None:
    row, position = made.rows[k], made.positions[k]
    if made.kind == "readings":
        if row["value"] == stored:
            return None
        values = {
            "sensor": row["sensor_id"], "time": f"{row['time']:%Y-%m-%d %H:%M:%S}",
            "stored": f"{stored:.12g}", "value": f"{row['value']:.12g}",
        }  # fmt: skip
        return Refusal(position, reading_name(made, k), READING_DIFFERS, values)
    for name in SAID:
        if row[name] != stored[name]:
            values = {
                "id": made.ids[k], "field": name, "stored": _shown(stored[name]),
                "value": _shown(row[name]),
            }  # fmt: skip
            return Refusal(position, made.ids[k], EVENT_DIFFERS, values)
    return None


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    text = mask_text(str(value))
    return text if len(text) <= feeds.LONGEST_SHOWN else f"{text[: feeds.LONGEST_SHOWN]}…"


def _delivery(connection: Connection, source: Source, **values: Any) -> int:
    made = connection.execute(
        insert(FeedDelivery).values(source_id=source.id, received=utc_now(), **values)
    )
    assert made.inserted_primary_key is not None  # noqa: S101 - an insert of one row has one
    return int(made.inserted_primary_key[0])


def _insert(
    connection: Connection, source: Source, kind: str, rows: list[dict[str, Any]], seq: int
) -> None:
    if not rows:
        return
    constant: dict[str, Any] = {"batch_id": source.batch_id}
    if kind == "events":
        constant["delivery"] = seq
    table = table_of(m.Event if kind == "events" else m.Reading)
    connection.execute(_unless_there(connection, table), [{**row, **constant} for row in rows])


def _unless_there(connection: Connection, table: Table) -> Any:
    """Return an insert that leaves out what another process has stored in this moment."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def _keep(connection: Connection, seq: int, refused: Sequence[Refusal]) -> None:
    rows = [
        {
            "delivery": seq, "position": one.position, "row_id": one.row_id,
            "template": one.template, "detail": _json(one.values),
        }
        for one in refused[:MOST_REFUSALS]
    ]  # fmt: skip
    if rows:
        connection.execute(insert(FeedRefusal), rows)


def _json(values: Any) -> Any:
    """Return values that JSON can hold."""
    if isinstance(values, dict):
        return {str(k): _json(v) for k, v in values.items()}
    return values if isinstance(values, str | int | float | bool | None) else str(values)


def delivered(bind: Engine, source: Source) -> int:
    """Return the number of a source's last delivery; 0 before the first."""
    with Session(bind) as db:
        query = select(FeedDelivery.seq).where(FeedDelivery.source_id == source.id)
        return int(db.execute(query.order_by(FeedDelivery.seq.desc()).limit(1)).scalar() or 0)

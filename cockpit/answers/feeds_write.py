"""Store what feeds bring: once, however often it is sent, and many requests in one transaction."""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakSet

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit import feeds
from cockpit.answers.feeds_changes import Change, change, changes_of
from cockpit.answers.feeds_county import Known, clock, known, zone
from cockpit.answers.feeds_rows import Ready, reading_name, ready
from cockpit.answers.feeds_sources import NoFeedError, Source, count_rows, utc_now
from cockpit.feeds import Refusal
from cockpit.locale import translate
from cockpit.store import models as m
from cockpit.store.bulk_rows import insert_rows
from cockpit.store.catalogue import begin_writing, store_findings, table_of
from cockpit.store.models_live import FeedDelivery, FeedRefusal
from cockpit.store.models_sealed import SealKey
from cockpit.store.sealed import Opener, seal_rows
from cockpit.store.session import StoreError, require_table
from geodata.errors import CockpitError
from loaders.rules import mask_text

READING_DIFFERS = "Sensor {sensor} has {stored} stored for {time}, not {value}."
EVENT_DIFFERS = "Event {id} is stored with another {field}: {stored}, not {value}."
SAID = ("channel", "category", "text", "lon", "lat", "reported", "closed", "status")
"""What an event says of itself; its region may change with the next load of regions."""
MOST_REFUSALS = 200
"""Refusals of one delivery that are kept; the answer names all of them."""
MOST_AT_ONCE = 100  # requests of one transaction
_KEYS_AT_ONCE = 500


@dataclass(frozen=True)
class Receipt:
    """What happened to a request."""

    delivery: int
    new: int
    known: int
    refused: tuple[Refusal, ...]
    marked: tuple[Refusal, ...]
    changed: int = 0  # of the known ones: events with a later status, or closed


def sentence(template: str, values: Any, language: str) -> str:
    """Return a refusal in a language; what was expected is a sentence of its own."""
    told = dict(values)
    if "expected" in told:
        told["expected"] = translate(told["expected"], language, **told.pop("values", {}))
    return translate(template, language, **told)


# ---------------------------------------------------------------- many requests at once


class Post:
    """A request that waits to be stored; afterwards it has a receipt, or an error."""

    def __init__(
        self, source: Source, rows: Callable[[], Sequence[Any]], now: dt.datetime | None = None
    ) -> None:
        self.source, self._rows, self._now = source, rows, now
        self.made: Ready | None = None
        self.receipt: Receipt | None = None
        self.error: CockpitError | None = None

    def prepare(self, county: Known) -> None:
        """Read and check the rows; what cannot be taken as a whole becomes the error."""
        at = self._now or clock()
        kind = self.source.kind
        try:
            checked = feeds.checked(self._rows(), kind, now=at, zone=zone())
            self.made = ready(checked, kind, self.source.dataset_id, county, at)
        except CockpitError as error:
            self.error = error

    def answer(self) -> Receipt:
        """Return the receipt; raise the error."""
        if self.error is not None:
            raise self.error
        if self.receipt is None:
            raise NoFeedError("There is no such feed, or this is not its token.")
        return self.receipt


class Writer:
    """
    One thread that checks and stores what all requests bring: those that wait share a transaction.

    Commits to a disk cost milliseconds each, and SQLite has one writer anyway. Beside pages that
    compute, each statement may wait 5 ms for the interpreter, so there are few of them, however
    many requests they serve. A transaction that fails is tried again for each request alone: none
    can spoil another.
    """

    def __init__(self, bind: Engine) -> None:
        self.bind = bind
        self._waiting: deque[Post] = deque()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="feed")

    def put(self, post: Post) -> Future[None]:
        """Let a request wait for its turn; the future ends after it, whatever came of it."""
        self._waiting.append(post)
        return self._pool.submit(self._flush)

    def alone(self, post: Post) -> Future[None]:
        """Try one request by itself, after it failed together with others."""
        return self._pool.submit(self._alone, post)

    def _flush(self) -> None:
        posts: list[Post] = []
        while self._waiting and len(posts) < MOST_AT_ONCE:
            posts.append(self._waiting.popleft())
        if not posts:
            return
        county = known(self.bind)
        for post in posts:
            post.prepare(county)
        with suppress(SQLAlchemyError):  # each of them is tried alone
            _write(self.bind, [post for post in posts if post.made is not None])

    def _alone(self, post: Post) -> None:
        post.prepare(known(self.bind))
        if post.made is None:
            return
        try:
            _write(self.bind, [post])
        except IntegrityError:  # its source was removed in this moment
            return
        except SQLAlchemyError as error:
            post.error = StoreError(
                "The store cannot be read or written ({problem}).", problem=type(error).__name__
            )


_lock = threading.Lock()
_writers: dict[str, Writer] = {}


def writer(bind: Engine) -> Writer:
    """Return the one writer of a store in this process."""
    key = bind.url.render_as_string(hide_password=False)
    with _lock:
        if key not in _writers or _writers[key].bind is not bind:
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

    Raises
    ------
    NoFeedError, StoreError, DataFileError
        If the source is gone, the store cannot be written, or no county is loaded.
    """
    post = Post(source, lambda: rows, now)
    writer(bind).put(post).result()
    if post.receipt is None and post.error is None:
        writer(bind).alone(post).result()
    return post.answer()


# ---------------------------------------------------------------- one transaction


@dataclass
class _Sorted:
    """A request's rows, told apart."""

    post: Post
    made: Ready
    fresh: list[int]
    n_known: int
    refused: list[Refusal]
    changes: list[Change]
    seq: int = 0


def _write(bind: Engine, posts: Sequence[Post]) -> None:
    """Store several requests; their receipts are written when all is committed."""
    if not posts:
        return
    _require_keys(bind)
    with bind.begin() as connection:
        begin_writing(connection)
        sorted_: list[_Sorted] = []
        for kind in feeds.KINDS:
            several = [p for p in posts if p.made is not None and p.made.kind == kind]
            if several:
                sorted_ += _sorted(connection, kind, several)
        _deliveries(connection, sorted_)
        for kind in feeds.KINDS:
            _insert(connection, kind, [one for one in sorted_ if one.made.kind == kind])
        for one in sorted_:
            change(connection, one.seq, one.changes)
            _keep(connection, one)
        _count(connection, sorted_)
    for one in sorted_:
        marked = {one.made.positions[k] for k in one.fresh}
        one.post.receipt = Receipt(
            one.seq, len(one.fresh), one.n_known, tuple(one.refused),
            tuple(mark for mark in one.made.marked if mark.position in marked),
            len(one.changes),
        )  # fmt: skip


_up_to_date: WeakSet[Engine] = WeakSet()


def _require_keys(bind: Engine) -> None:
    """Bring a store up to date that an older version has loaded: events are sealed from now on."""
    if bind not in _up_to_date:
        with Session(bind) as db:
            require_table(db, SealKey.__tablename__)
        _up_to_date.add(bind)


def _sorted(connection: Connection, kind: str, posts: Sequence[Post]) -> list[_Sorted]:
    """Tell new rows from known and contradicting ones, those of earlier requests among them."""
    mades = [(post, post.made) for post in posts if post.made is not None]
    before = _before(connection, kind, [key for _, made in mades for key in made.keys])
    found = []
    for post, made in mades:
        changes = changes_of(made, before)
        fresh, n_known, differing = _told_apart(made, before)
        refused = sorted([*made.refused, *differing], key=lambda one: one.position)
        found.append(_Sorted(post, made, fresh, n_known + made.repeated, refused, changes))
        for k in fresh:
            row = made.rows[k]
            before[made.keys[k]] = row["value"] if kind == "readings" else row
    return found


def _before(connection: Connection, kind: str, wanted: list[Any]) -> dict[Any, Any]:
    """Return what the store has for the keys of some requests."""
    found: dict[Any, Any] = {}
    for start in range(0, len(wanted), _KEYS_AT_ONCE):
        keys = wanted[start : start + _KEYS_AT_ONCE]
        if kind == "readings":
            # Two lists use the key's index; SQLite walks the whole table for a list of pairs.
            query = select(m.Reading.sensor_id, m.Reading.time, m.Reading.value).where(
                m.Reading.sensor_id.in_({sensor for sensor, _ in keys}),
                m.Reading.time.in_({time for _, time in keys}),
            )
            found |= {(row[0], row[1]): row[2] for row in connection.execute(query)}
        else:
            table = table_of(m.Event)
            columns = [table.c[name] for name in ("id", *SAID)]
            rows = connection.execute(select(*columns).where(table.c.id.in_(keys))).all()
            texts = Opener(connection).texts(
                table.name, "text", (row.id for row in rows), (row.text for row in rows)
            )
            for row, text in zip(rows, texts, strict=True):
                found[row[0]] = {**dict(zip(SAID, row[1:], strict=True)), "text": text}
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


def _deliveries(connection: Connection, several: Sequence[_Sorted]) -> None:
    """Give every request its number."""
    now = utc_now()
    rows = [
        {
            "source_id": one.post.source.id, "received": now, "n_new": len(one.fresh),
            "n_known": one.n_known, "n_refused": len(one.refused), "since": _since(one),
        }
        for one in several
    ]  # fmt: skip
    made = connection.execute(insert(FeedDelivery).values(**rows[0])).inserted_primary_key
    assert made is not None  # noqa: S101 - an insert of one row always has one
    several[0].seq = int(made[0])
    if connection.dialect.name == "sqlite":  # nobody else writes now: the numbers are ours
        for number, (one, row) in enumerate(zip(several[1:], rows[1:], strict=True), start=1):
            one.seq = row["seq"] = several[0].seq + number
        insert_rows(connection, table_of(FeedDelivery), rows[1:])
        return
    for one, row in zip(several[1:], rows[1:], strict=True):
        made = connection.execute(insert(FeedDelivery).values(**row)).inserted_primary_key
        assert made is not None  # noqa: S101 - as above
        one.seq = int(made[0])


def _since(one: _Sorted) -> dt.datetime | None:
    time = "reported" if one.made.kind == "events" else "time"
    return min((one.made.rows[k][time] for k in one.fresh), default=None)


def _insert(connection: Connection, kind: str, several: Sequence[_Sorted]) -> None:
    rows = []
    for one in several:
        constant: dict[str, Any] = {"batch_id": one.post.source.batch_id}
        if kind == "events":
            constant["delivery"] = one.seq
        rows += [{**one.made.rows[k], **constant} for k in one.fresh]
    if kind == "events":
        rows = seal_rows(connection, table_of(m.Event), rows)
    insert_rows(connection, table_of(m.Event if kind == "events" else m.Reading), rows)


def _keep(connection: Connection, one: _Sorted) -> None:
    """Keep refusals and marks, for whoever looks after the source."""
    rows = [
        {
            "delivery": one.seq, "position": refusal.position, "row_id": refusal.row_id,
            "template": refusal.template, "detail": _json(refusal.values),
        }
        for refusal in one.refused[:MOST_REFUSALS]
    ]  # fmt: skip
    if rows:
        connection.execute(insert(FeedRefusal), seal_rows(connection, table_of(FeedRefusal), rows))
    source, at = one.post.source, {one.made.positions[k] for k in one.fresh}
    findings = [
        replace(f, dataset=source.dataset_id, file=f"{source.id} #{one.seq}")
        for f in one.made.findings if f.row in at and f.severity != "note"
    ]  # fmt: skip
    store_findings(connection, source.batch_id, findings)


def _count(connection: Connection, several: Sequence[_Sorted]) -> None:
    """Add to the figures of each source's batch, once a transaction."""
    sums: dict[str, list[Any]] = {}
    for one in several:
        source = one.post.source
        total = sums.setdefault(source.id, [source, 0, 0])
        total[1] += len(one.fresh)
        total[2] += len(one.refused)
    for source, new, bad in sums.values():
        count_rows(connection, source, new, bad)


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

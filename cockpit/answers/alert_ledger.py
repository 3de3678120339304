"""The ledger of alerts: lines chained by hash that are only ever added."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import Select, insert, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cockpit.store.models import Meta
from cockpit.store.models_live import Alert, AlertEntry
from cockpit.store.session import StoreError, has_table, require_revision, require_table
from cockpit.store.waiting import take_turn
from geodata.errors import CockpitError, InputError

LONGEST_NAME, LONGEST_WORDS = 80, 1_000
"""Characters of who did something, and of what they say about it."""

MACHINE = ("opened", "raised", "lowered", "closed")
"""What a rule writes; the last of these says an alert's level and whether it is open."""
PEOPLE = ("acknowledged", "muted", "escalated", "judged")

_NOTE = "alerts"  # where the evaluation stands; its row is also what writers queue for
_NEWEST_TABLE, _NEWEST_GUARDS = "alert_state", "0006"


class NoAlertError(CockpitError):
    """There is no such alert."""


@dataclass(frozen=True)
class Entry:
    """One line of the ledger as stored."""

    seq: int  # 1, 2, ... without a gap
    alert_id: int
    at: dt.datetime  # local time of the data
    written: dt.datetime  # UTC
    who: str
    action: str
    level: int
    detail: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True)
class Line:
    """A line to be written."""

    alert_id: int
    at: dt.datetime  # local time of the data
    who: str
    action: str
    level: int
    detail: Mapping[str, Any] = field(default_factory=dict)


def hash_of(seq: int, line: Line, written: dt.datetime, previous: str) -> str:
    """
    Return the sha256 that seals a line: all it says, its number, and the seal of the line before.

    The number is part of it, so lines that change places are found as well as changed ones.
    """
    told = {
        "seq": seq, "alert": line.alert_id, "at": line.at.isoformat(),
        "written": written.isoformat(), "who": line.who, "action": line.action,
        "level": line.level, "detail": line.detail, "previous": previous,
    }  # fmt: skip
    body = json.dumps(
        told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(body.encode()).hexdigest()


# ---------------------------------------------------------------- writing


@contextmanager
def writing(db: Session) -> Iterator[dict[str, Any]]:
    """
    Wait for other writers of the ledger, then commit what is written inside, all or nothing.

    Yields the note of where the evaluation stands; what is put into it is stored with the rest.

    Raises
    ------
    StoreError
        If the store takes no writing just now.
    """
    try:
        require_table(db, _NEWEST_TABLE)
        require_revision(db, _NEWEST_GUARDS)
        db.commit()  # nothing may be read before the lock: it would be old by then
        note = _queue(db)
        before = json.dumps(note, sort_keys=True)
        yield note
        _note_end(db, note)
        if json.dumps(note, sort_keys=True) != before:
            db.execute(update(Meta).where(Meta.key == _NOTE).values(value=note))
        db.commit()
    except OperationalError as error:
        db.rollback()
        raise StoreError(
            "The store cannot be written just now: {reason}. Try again in a minute.",
            reason=error.orig,
        ) from error
    except BaseException:
        db.rollback()
        raise


def _queue(db: Session) -> dict[str, Any]:
    """Lock the note's row (in SQLite: the store); return the note."""
    take_turn(db, _NOTE)
    return dict(db.execute(select(Meta.value).where(Meta.key == _NOTE)).scalar() or {})


def note_of(db: Session) -> dict[str, Any]:
    """Return the note of where the evaluation stands; empty before the first."""
    return dict(db.execute(select(Meta.value).where(Meta.key == _NOTE)).scalar() or {})


def _note_end(db: Session, note: dict[str, Any]) -> None:
    """Note number and seal of the newest line; an end that was cut off stays noted."""
    query = select(AlertEntry.seq, AlertEntry.hash).order_by(AlertEntry.seq.desc()).limit(1)
    newest = db.execute(query).first()
    if newest is not None and newest.seq > _end_in(note)[0]:
        note["end"] = list(newest)


def _end_in(note: Mapping[str, Any]) -> tuple[int, str]:
    match note.get("end"):
        case [int(seq), str(seal)]:
            return seq, seal
    return 0, ""


def noted_end(db: Session) -> tuple[int, str]:
    """Return number and seal of the newest line as the store noted them; (0, "") without."""
    try:
        return _end_in(note_of(db))
    except (ValueError, TypeError):  # the note itself can no longer be read
        return 0, ""


def newest_given(db: Session) -> int:
    """Return the highest number that a line ever had; 0 where the database does not count them."""
    if db.connection().dialect.name != "sqlite":
        return 0
    query = text("SELECT max(seq) FROM sqlite_sequence WHERE name = 'alert_entry'")
    found = db.execute(query).scalar()
    return found if isinstance(found, int) else 0


def append(db: Session, lines: Sequence[Line], *, written: dt.datetime | None = None) -> list[int]:
    """
    Write lines at the end of the ledger, inside ``writing``; return their numbers.

    The alerts' own copies of level, state and end follow. A number is never given twice: lines that
    were cut off at the end stay missing.
    """
    if not lines:
        return []
    when = utc_now() if written is None else written
    last = db.execute(
        select(AlertEntry.seq, AlertEntry.hash).order_by(AlertEntry.seq.desc()).limit(1)
    ).first()
    seq, previous = (last.seq, last.hash) if last else (0, "")
    seq = max(seq, newest_given(db), noted_end(db)[0])
    rows = []
    for line in lines:
        seq += 1
        sealed = hash_of(seq, line, when, previous)
        rows.append({
            "seq": seq, "alert_id": line.alert_id, "at": line.at, "written": when,
            "who": line.who, "action": line.action, "level": line.level,
            "detail": dict(line.detail), "previous": previous, "hash": sealed,
        })  # fmt: skip
        previous = sealed
    db.execute(insert(AlertEntry), rows)
    _follow(db, lines)
    return [row["seq"] for row in rows]  # type: ignore[misc]  # a dict of mixed values


def _follow(db: Session, lines: Iterable[Line]) -> None:
    """Let the alerts' copies say what the newest lines of their rules say."""
    newest = {line.alert_id: line for line in lines if line.action in MACHINE}
    for number, line in newest.items():
        closed = line.at if line.action == "closed" else None
        db.execute(
            update(Alert)
            .where(Alert.id == number)
            .values(level=line.level, state="closed" if closed else "open", closed=closed)
        )


def utc_now() -> dt.datetime:
    """Return the present moment in UTC, without zone and fractions of a second."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)


def person(given: str) -> str:
    """Return a name as it is written down; InputError when it is none."""
    name = given.strip()
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
        raise InputError("Say who you are, in 1 to {most} characters.", most=LONGEST_NAME)
    return name


def words(given: str) -> str:
    """Return what somebody says about an alert as it is written down."""
    told = " ".join(given.split())
    if len(told) > LONGEST_WORDS or not told.isprintable():
        raise InputError(
            "The text has {n} characters; expected at most {most}, all of them printable.",
            n=len(told), most=LONGEST_WORDS,
        )  # fmt: skip
    return told


# ---------------------------------------------------------------- reading

_COLUMNS = tuple(getattr(AlertEntry, f.name) for f in fields(Entry))


def entries(
    db: Session, alerts: Iterable[int] | None = None, *, actions: Sequence[str] = ()
) -> tuple[Entry, ...]:
    """Return lines of the ledger in their order: all of them, or those of some alerts."""
    if not has_table(db, _NEWEST_TABLE):  # loaded by an older version of the cockpit
        return ()
    query = select(*_COLUMNS).order_by(AlertEntry.seq)
    if actions:
        query = query.where(AlertEntry.action.in_(actions))
    if alerts is None:
        return tuple(_read(db, query))
    wanted = sorted(set(alerts))
    found = [
        entry
        for start in range(0, len(wanted), 500)  # SQLite takes so many values at a time
        for entry in _read(db, query.where(AlertEntry.alert_id.in_(wanted[start : start + 500])))
    ]
    return tuple(sorted(found, key=lambda e: e.seq))


def _read(db: Session, query: Select[Any]) -> Iterator[Entry]:
    for row in db.execute(query):
        yield Entry(*row)

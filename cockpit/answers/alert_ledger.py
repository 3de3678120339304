"""The ledger of alerts: lines chained by hash that are only ever added, and their check."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from cockpit.store.models import Meta
from cockpit.store.models_live import Alert, AlertEntry
from cockpit.store.session import StoreError, has_table, require_table
from geodata.errors import CockpitError, InputError

LONGEST_NAME, LONGEST_WORDS = 80, 1_000
"""Characters of who did something, and of what they say about it."""

MACHINE = ("opened", "raised", "lowered", "closed")
"""What a rule writes; the last of these says an alert's level and whether it is open."""
PEOPLE = ("acknowledged", "muted", "escalated", "judged")

_NOTE = "alerts"  # where the evaluation stands; its row is also what writers queue for
_NEWEST_TABLE = "alert_state"


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


@dataclass(frozen=True)
class Checked:
    """What a check of the ledger found."""

    n: int  # lines that are in order, from the first on
    head: str  # hash of the last of them; "" for an empty ledger
    broken: int | None = None  # number of the first line that is not in order
    why: CockpitError | None = None

    @property
    def sound(self) -> bool:
        """True when every line is as it was written."""
        return self.why is None


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
    text = json.dumps(
        told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


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
        db.commit()  # nothing may be read before the lock: it would be old by then
        note = _queue(db)
        before = json.dumps(note, sort_keys=True)
        yield note
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
    """Lock the note's row (in SQLite: the store), making it at the first time; return the note."""
    touched = update(Meta).where(Meta.key == _NOTE).values(value=Meta.value)
    if not db.execute(touched).rowcount:  # type: ignore[attr-defined]
        try:
            with db.begin_nested():
                db.execute(insert(Meta).values(key=_NOTE, value={}))
        except IntegrityError:  # another process made it while we waited
            db.execute(touched)
    return dict(db.execute(select(Meta.value).where(Meta.key == _NOTE)).scalar() or {})


def note_of(db: Session) -> dict[str, Any]:
    """Return the note of where the evaluation stands; empty before the first."""
    return dict(db.execute(select(Meta.value).where(Meta.key == _NOTE)).scalar() or {})


def append(db: Session, lines: Sequence[Line], *, written: dt.datetime | None = None) -> list[int]:
    """
    Write lines at the end of the ledger, inside ``writing``; return their numbers.

    The alerts' own copies of level, state and end follow.
    """
    if not lines:
        return []
    when = utc_now() if written is None else written
    last = db.execute(
        select(AlertEntry.seq, AlertEntry.hash).order_by(AlertEntry.seq.desc()).limit(1)
    ).first()
    seq, previous = (last.seq, last.hash) if last else (0, "")
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


def person(text: str) -> str:
    """Return a name as it is written down; InputError when it is none."""
    name = text.strip()
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
        raise InputError("Say who you are, in 1 to {most} characters.", most=LONGEST_NAME)
    return name


def words(text: str) -> str:
    """Return what somebody says about an alert as it is written down."""
    told = " ".join(text.split())
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


# ---------------------------------------------------------------- the check


def verify_ledger(db: Session, *, head: tuple[int, str] | None = None) -> Checked:
    """
    Check every line: its number, its seal, its tie to the line before, and the alerts' copies.

    An edit, a deletion, an insertion or a swap is found wherever it was made, except that lines
    cut off at the end leave a whole ledger behind; those are found when ``head`` gives the number
    and the seal of a line that somebody has kept elsewhere (a printed or exported ledger).

    Returns
    -------
    Checked
        With the number of the first line that is not in order, and why.
    """
    n, previous = 0, ""
    alerts: dict[int, _Replayed] = {}
    for entry in entries(db):
        why = _wrong(entry, n + 1, previous)
        if why is None and head is not None and entry.seq == head[0] and entry.hash != head[1]:
            why = InputError("Line {seq} is not the one that was kept.", seq=entry.seq)
        if why is not None:
            return Checked(n, previous, n + 1, why)
        n, previous = entry.seq, entry.hash
        alerts.setdefault(entry.alert_id, _Replayed()).read(entry)
    if head is not None and head[0] > n:
        why = InputError("Line {seq} of the ledger is missing.", seq=n + 1)
        return Checked(n, previous, n + 1, why)
    wrong = _copies(db, alerts)
    return Checked(n, previous, *wrong) if wrong else Checked(n, previous)


def _wrong(entry: Entry, expected: int, previous: str) -> CockpitError | None:
    """Say what is wrong with a line, given its place and the seal of the line before."""
    if entry.seq != expected:
        return InputError("Line {seq} of the ledger is missing.", seq=expected)
    if entry.previous != previous:
        return InputError("Line {seq} does not go on from the line before it.", seq=entry.seq)
    line = Line(entry.alert_id, entry.at, entry.who, entry.action, entry.level, entry.detail)
    if hash_of(entry.seq, line, entry.written, entry.previous) != entry.hash:
        return InputError("Line {seq} was changed after it was written.", seq=entry.seq)
    return None


@dataclass
class _Replayed:
    """An alert as its lines tell it."""

    seq: int = 0  # of the line that opened it
    told: tuple[Any, ...] = ()  # rule, subject, kind, opened
    level: int = 0
    state: str = ""
    closed: dt.datetime | None = None

    def read(self, entry: Entry) -> None:
        if entry.action not in MACHINE:
            return
        if entry.action == "opened":
            d = entry.detail
            self.seq = entry.seq
            self.told = (d.get("rule"), d.get("subject"), d.get("kind"), entry.at)
        self.level = entry.level
        self.closed = entry.at if entry.action == "closed" else None
        self.state = "closed" if entry.action == "closed" else "open"


def _copies(db: Session, alerts: dict[int, _Replayed]) -> tuple[int, CockpitError] | None:
    """Return line and reason of the first alert that is not what its lines say."""
    if not has_table(db, _NEWEST_TABLE):
        return None
    left = dict(alerts)
    for row in db.execute(select(Alert).order_by(Alert.id)).scalars():
        said = left.pop(row.id, _Replayed())
        found = (row.rule_id, row.subject, row.kind, row.opened)
        copies = (row.level, row.state, row.closed)
        if said.told != found or copies != (said.level, said.state, said.closed):
            return said.seq, InputError("Alert {id} is not what its lines say.", id=row.id)
    for number, said in left.items():
        return said.seq, InputError("Alert {id} was deleted; its lines stand.", id=number)
    return None

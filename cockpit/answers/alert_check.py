"""The check of the ledger: every line, the alerts' own copies, and whether an end is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import InstrumentedAttribute, Session

from cockpit.answers.alert_ledger import MACHINE, Entry, Line, hash_of, newest_given, noted_end
from cockpit.store.models_live import Alert, AlertEntry
from cockpit.store.session import has_table
from geodata.errors import CockpitError, InputError

_UNREADABLE = (ValueError, TypeError, RecursionError, OperationalError)
"""What a row raises whose time is no time, whose JSON is none, or whose text is no UTF-8."""
_LINES = select(*(getattr(AlertEntry, f.name) for f in fields(Entry)))
_ALERTS = select(
    Alert.id, Alert.rule_id, Alert.subject, Alert.kind, Alert.opened, Alert.region_code, Alert.lon,
    Alert.lat, Alert.level, Alert.state, Alert.closed,
)  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """What a check of the ledger found."""

    n: int  # lines that are in order, from the first on
    head: str  # hash of the last of them; "" for an empty ledger
    broken: int | None = None  # number of the first line that is not in order
    why: CockpitError | None = None
    unplaced: int = 0  # alerts of older versions, whose lines do not say where they are

    @property
    def sound(self) -> bool:
        """True when every line is as it was written."""
        return self.why is None


def verify_ledger(db: Session, *, head: tuple[int, str] | None = None) -> Checked:
    """
    Check every line: its number, its seal, its tie to the line before, and the alerts' copies.

    An edit, a deletion, an insertion or a swap is found wherever it was made. Lines cut off at the
    end leave a whole chain behind. They are found by the end that the store itself noted, which
    whoever cut them may have changed too; for certain they are found only when ``head`` gives the
    number and the seal of a line that somebody has kept elsewhere (a printed or exported ledger).

    Returns
    -------
    Checked
        With the number of the first line that is not in order, and why.
    """
    kept = [] if head is None else [head]
    if not has_table(db, "alert_state"):  # loaded by an older version of the cockpit
        return _ended(Checked(0, ""), kept)
    # Before the lines: others may write on meanwhile.
    kept += [(newest_given(db), ""), noted_end(db)]
    found, alerts = _lines(db, kept)
    found = _ended(found, kept)
    wrong = _copies(db, alerts) if found.sound else None
    if wrong is not None:
        return Checked(found.n, found.head, *wrong)
    unplaced = sum(said.place is None for said in alerts.values())
    return Checked(found.n, found.head, found.broken, found.why, unplaced)


def _lines(
    db: Session, kept: Iterable[tuple[int, str]]
) -> tuple[Checked, dict[int, _Replayed]]:  # fmt: skip
    """Check line after line up to the first that is not in order; return what they say too."""
    seals = [(seq, seal) for seq, seal in kept if seal]
    n, previous = 0, ""
    alerts: dict[int, _Replayed] = {}
    for seq, row in _rows(db, _LINES, AlertEntry.seq):
        entry = None if row is None else Entry(*row)
        why = _wrong(entry, seq, n + 1, previous)
        if entry is None or why is not None:
            return Checked(n, previous, n + 1, why), alerts
        if any(seq == number and entry.hash != seal for number, seal in seals):
            why = InputError("Line {seq} is not the one that was kept.", seq=seq)
            return Checked(n, previous, seq, why), alerts
        n, previous = seq, entry.hash
        alerts.setdefault(entry.alert_id, _Replayed()).read(entry)
    return Checked(n, previous), alerts


def _ended(found: Checked, kept: Iterable[tuple[int, str]]) -> Checked:
    """Return what was found, or that lines are missing at the end."""
    if not found.sound or max((seq for seq, _ in kept), default=0) <= found.n:
        return found
    why = InputError("Line {seq} of the ledger is missing.", seq=found.n + 1)
    return Checked(found.n, found.head, found.n + 1, why)


def _rows(
    db: Session, query: Select[*tuple[Any, ...]], key: InstrumentedAttribute[int]
) -> Iterator[tuple[int, Any]]:
    """Yield number and row in their order; None for a row that can no longer be read."""
    try:
        rows = db.execute(query.order_by(key)).all()
    except _UNREADABLE:
        numbers = db.execute(select(key).order_by(key)).scalars().all()
    else:
        yield from ((row[0], row) for row in rows)
        return
    for number in numbers:  # one by one, to find the one that cannot
        try:
            row = db.execute(query.where(key == number)).one()
        except _UNREADABLE:
            row = None
        yield number, row


def _wrong(entry: Entry | None, seq: int, expected: int, previous: str) -> CockpitError | None:
    """Say what is wrong with a line, given its place and the seal of the line before."""
    if seq != expected:
        return InputError("Line {seq} of the ledger is missing.", seq=expected)
    if entry is not None and entry.previous != previous:
        return InputError("Line {seq} does not go on from the line before it.", seq=seq)
    if entry is None or not _sealed(entry):
        return InputError("Line {seq} was changed after it was written.", seq=seq)
    return None


def _sealed(entry: Entry) -> bool:
    """Tell whether a line is what its seal was made of."""
    line = Line(entry.alert_id, entry.at, entry.who, entry.action, entry.level, entry.detail)
    try:
        return hash_of(entry.seq, line, entry.written, entry.previous) == entry.hash
    except (ValueError, TypeError):  # bytes where text was, a number that JSON does not know
        return False


# ---------------------------------------------------------------- the alerts' copies


@dataclass
class _Replayed:
    """An alert as its lines tell it."""

    seq: int = 0  # of the line that opened it
    told: tuple[Any, ...] = ()  # rule, subject, kind, opened
    place: tuple[Any, ...] | None = None  # region, lon, lat; None: written by an older version
    level: int = 0
    state: str = ""
    closed: dt.datetime | None = None

    def read(self, entry: Entry) -> None:
        if entry.action not in MACHINE:
            return
        if entry.action == "opened":
            d = entry.detail if isinstance(entry.detail, dict) else {}
            self.seq = entry.seq
            self.told = (d.get("rule"), d.get("subject"), d.get("kind"), entry.at)
            if isinstance(place := d.get("place"), dict) and self.place is None:
                self.place = tuple(place.get(name) for name in ("region", "lon", "lat"))
        self.level = entry.level
        self.closed = entry.at if entry.action == "closed" else None
        self.state = "closed" if entry.action == "closed" else "open"


def _copies(db: Session, alerts: dict[int, _Replayed]) -> tuple[int, CockpitError] | None:
    """Return line and reason of the first alert that is not what its lines say."""
    left = dict(alerts)
    for number, row in _rows(db, _ALERTS, Alert.id):
        said = left.pop(number, _Replayed())
        if row is None or not _same(row, said):
            return said.seq, InputError("Alert {id} is not what its lines say.", id=number)
    for number, said in left.items():
        return said.seq, InputError("Alert {id} was deleted; its lines stand.", id=number)
    return None


def _same(row: Any, said: _Replayed) -> bool:
    place = (row.region_code, row.lon, row.lat)
    return (
        said.told == (row.rule_id, row.subject, row.kind, row.opened)
        and said.place in (None, place)
        and (said.level, said.state, said.closed) == (row.level, row.state, row.closed)
    )

"""Is the audit trail still what was written: every row, its chain, and the signed checkpoints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from cockpit.access.audit_chain import COLUMNS, hash_of, leaf_of
from cockpit.access.audit_checkpoints import (
    Checkpoint,
    in_second_place,
    in_store,
    read_lines,
)
from cockpit.access.audit_keys import key_id, known_keys, read_public
from cockpit.access.audit_noted import noted_leaves
from cockpit.access.audit_tree import Peaks
from cockpit.access.second_place import second_place, top_of
from cockpit.store.catalogue import table_of
from cockpit.store.models_audit import FIRST, AuditEntry, AuditHead
from cockpit.store.session import has_table
from geodata.errors import InputError

MOST_FAULTS = 50


@dataclass(frozen=True)
class Fault:
    """What is wrong, and with which row; 0: with the trail as a whole."""

    seq: int
    template: str  # a sentence in English
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What a check of the whole trail found."""

    entries: int
    last: int  # number of the newest entry, 0: none
    sealed: str  # its hash
    whole_to: int  # number of the last entry before the first fault
    checkpoints: int  # signed ones that hold
    covered: int  # number of the last entry that a good checkpoint covers
    signed: str  # when that was signed, UTC; "": never
    key: str  # id of the public key; "": there is none
    keys: tuple[str, ...]  # of all good checkpoints, the oldest first: it may have been replaced
    faults: tuple[Fault, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing at all is wrong."""
        return not self.faults


Row = Sequence[Any]
"""An entry as stored: the columns of ``COLUMNS``, then payload, previous and hash."""
_ROW = (*COLUMNS, "payload", "previous", "hash")
_REPEATED = itemgetter(*COLUMNS)
_read = json.JSONDecoder().raw_decode  # half the time of json.loads


@dataclass(frozen=True)
class Against:
    """What the trail is held against."""

    checkpoints: Sequence[Checkpoint] = ()
    leaves: Mapping[int, str] = field(default_factory=dict)
    keys: Mapping[str, bytes] = field(default_factory=dict)  # public, by id
    head: tuple[int, str] | None = None  # as the store notes its newest entry
    foreign: str = ""  # the second place, where it belongs to another store


def check(rows: Iterable[Row], against: Against) -> Verdict:
    """
    Check entries in the order of their numbers.

    An entry is right when its hash is that of its text and of the entry before, its number follows,
    and its columns say what its text says. What a writer of the whole store could still do,
    rewriting all from some entry on, is found by the signed checkpoints: their root is that of the
    entries up to their size; which entry differs first is told by the noted hashes.
    """
    walk = _Walk(against)
    for row in rows:
        walk.step(row)
    return walk.end()


def _leaf(sealed: str) -> bytes:
    try:
        return leaf_of(sealed)
    except ValueError:  # not even hexadecimal any more; said already
        return b""


class _Walk:
    """One pass over the trail."""

    def __init__(self, against: Against) -> None:
        self.against = against
        self.faults: list[Fault] = []
        self.before, self.seq, self.n = FIRST, 0, 0
        self.broken = 0  # the first row that differs from what was noted
        self.peaks = Peaks()
        self.good: list[Checkpoint] = []
        self.waiting = sorted(self._signed(), key=lambda one: one.size, reverse=True)

    def _signed(self) -> Iterator[Checkpoint]:
        for one in self.against.checkpoints:
            public = self.against.keys.get(one.key)
            if public is not None and one.is_signed(public):
                yield one
            else:
                self._fault(
                    one.size,
                    "The checkpoint of {at} over {n} entries is not signed by a known key.",
                    at=one.at,
                    n=one.size,
                )

    def _fault(self, row: int, template: str, **values: Any) -> None:
        self.faults.append(Fault(row, template, {"seq": row, **values}))

    def step(self, row: Row) -> None:
        seq, payload, previous, sealed = row[0], row[-3], row[-2], row[-1]
        if seq != self.seq + 1:
            self._missing(self.seq + 1, seq - 1)
        right = hash_of(previous, payload) == sealed
        if not right:
            self._fault(seq, "Entry {seq} was changed: its hash does not fit its text.")
        elif seq == self.seq + 1 and previous != self.before:
            self._unlinked(seq)
        self._columns(row, payload)
        noted = self.against.leaves.get(seq)
        if noted is not None and noted != sealed and not self.broken:
            self.broken = seq
        self.seq, self.before, self.n = seq, sealed, self.n + 1
        self.peaks.add(_leaf(sealed))
        if self.waiting and self.waiting[-1].size <= seq:
            self._checkpoints()

    def _columns(self, row: Row, payload: str) -> None:
        seq = row[0]
        try:
            told = _REPEATED(_read(payload)[0])
        except (ValueError, TypeError, KeyError, RecursionError):
            self._fault(seq, "Entry {seq} was changed: its text cannot be read.")
            return
        if told == row[: len(COLUMNS)]:
            return
        if told[0] != seq:
            self._fault(seq, "Entry {seq} holds what was written as entry {other}.", other=told[0])
            return
        differing = [c for c, t, r in zip(COLUMNS, told, row, strict=False) if t != r]
        self._fault(
            seq,
            "Entry {seq} was changed: its column {column} is not what its text says.",
            column=", ".join(differing),
        )

    def _missing(self, first: int, last: int) -> None:
        self._fault(
            first,
            "Entry {seq} is missing." if first == last else "Entries {seq} to {last} are missing.",
            last=last,
        )

    def _unlinked(self, seq: int) -> None:
        if self.broken == seq - 1 or not self.seq:
            at = self.seq or seq
            self._fault(at, "Entry {seq} was changed together with its hash.")
        else:
            self._fault(
                seq,
                "Entry {seq} does not follow entry {before}: one of them was changed or replaced.",
                before=seq - 1,
            )

    def _checkpoints(self) -> None:
        """Hold the entries so far against the checkpoints that end here."""
        while self.waiting and self.waiting[-1].size <= self.seq:
            one = self.waiting.pop()
            same = one.size == self.seq and self.peaks.root.hex() == one.body["root"]
            if same and one.count == self.n:
                self.good.append(one)
            elif not self._fault_of_root_told():
                self._differs(one)

    def _fault_of_root_told(self) -> bool:
        """Tell whether the difference has been said: once is enough."""
        return any(0 < fault.seq <= self.seq for fault in self.faults)

    def _differs(self, one: Checkpoint) -> None:
        covered = self.good[-1].size if self.good else 0
        if self.broken:
            self._fault(
                self.broken,
                "From entry {seq} on this is not the trail that was signed on {at}: it was "
                "rewritten, or two copies of the store have grown apart.",
                at=one.at,
            )
        else:
            self._fault(
                covered + 1,
                "Between entries {seq} and {last} this is not the trail that was signed on {at}: "
                "it was rewritten, or two copies of the store have grown apart.",
                last=one.size,
                at=one.at,
            )

    def end(self) -> Verdict:
        """Look at what lies behind the last entry, and sum up."""
        self._cut()
        self._differs_from_noted()
        if self.against.foreign:
            self._fault(
                0,
                "The second place {place} belongs to another store. If this one is new, move that "
                "folder away; if not, it is not the store whose trail was signed there.",
                place=self.against.foreign,
            )
        faults = sorted(self.faults, key=lambda fault: fault.seq)[:MOST_FAULTS]
        newest = self.good[-1] if self.good else None
        return Verdict(
            entries=self.n,
            last=self.seq,
            sealed=self.before,
            whole_to=min((f.seq - 1 for f in faults if f.seq), default=self.seq),
            checkpoints=len(self.good),
            covered=newest.size if newest else 0,
            signed=newest.at if newest else "",
            key=newest.key if newest else "",
            keys=tuple(dict.fromkeys(one.key for one in self.good)),
            faults=tuple(faults),
        )

    def _differs_from_noted(self) -> None:
        """Say it when entries that nobody has signed yet are others than were noted."""
        if self.broken and not any(0 < fault.seq <= self.broken for fault in self.faults):
            self._fault(
                self.broken,
                "From entry {seq} on this is not the trail that was noted beside the store: it was "
                "rewritten, or two copies of the store have grown apart.",
            )

    def _cut(self) -> None:
        head = self.against.head
        behind = [one for one in self.waiting if one.size > self.seq]
        reach = max([one.size for one in behind] + list(self.against.leaves), default=0)
        if reach > self.seq and behind:
            older = head is None or head == (self.seq, self.before)
            self._fault(
                self.seq + 1,
                "This store is an older copy: it ends with entry {before}, and the checkpoint of "
                "{at} covers entries up to {last}."
                if older
                else "Entries {seq} to {last} are missing at the end: the checkpoint of {at} "
                "covers them.",
                before=self.seq,
                last=reach,
                at=behind[0].at,
            )
        elif reach > self.seq:
            self._fault(
                self.seq + 1,
                "Entries {seq} to {last} are missing at the end: they were noted beside the store "
                "when they were written. This may be an older copy of it.",
                last=reach,
            )
        elif head is not None and head[0] > self.seq:
            self._missing(self.seq + 1, head[0])
        elif head is not None and head != (self.seq, self.before):
            self._fault(self.seq, "The store notes another newest entry than {seq}.")


# ---------------------------------------------------------------- of a store


def check_store(
    engine: Engine, *, checkpoints: Path | None = None, public: Path | None = None
) -> Verdict:
    """
    Check the whole trail of a store.

    Parameters
    ----------
    checkpoints
        A file of checkpoints (JSON lines, or a single one) to hold the trail against instead of
        those in the second place; those of the store are looked at in any case.
    public
        File of the public key, as an office keeps it that trusts nothing of this machine. Without
        it: our own, and those that the second place knows from before.

    Raises
    ------
    InputError
        If a file holds no checkpoint, or no key.
    """
    folder = second_place(engine)
    with Session(engine) as db:
        if not has_table(db, AuditEntry.__tablename__):
            return check((), _against(engine, db, folder, checkpoints, public))
        against = _against(engine, db, folder, checkpoints, public)
        table = table_of(AuditEntry)
        query = select(*(table.c[name] for name in _ROW)).order_by(table.c.seq)
        result = db.connection().execution_options(yield_per=5_000).execute(query)
        return check(result, against)


def _against(
    engine: Engine, db: Session, folder: Path | None, given: Path | None, public: Path | None
) -> Against:
    known = in_store(db)
    beside = read_given(given) if given else in_second_place(folder)
    leaves = {} if given else noted_leaves(folder)
    head = None
    if has_table(db, AuditHead.__tablename__):
        row = db.execute(select(AuditHead.seq, AuditHead.hash)).first()
        head = (row.seq, row.hash) if row else (0, "")
    ones = {(one.size, one.signature): one for one in (*known, *beside)}
    keys = known_keys(engine)
    if public:
        trusted = read_public(public)
        keys = {key_id(trusted): trusted}
    top = top_of(engine)
    foreign = str(top) if top != folder and not given else ""
    return Against(tuple(ones.values()), leaves, keys, head, foreign)


def read_given(path: Path) -> list[Checkpoint]:
    """Return the checkpoints in a file that somebody was sent."""
    found = read_lines(path.read_text("utf-8", "replace"))
    if not found:
        raise InputError("{file} holds no checkpoint of an audit trail.", file=path.name)
    return found

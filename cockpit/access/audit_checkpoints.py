"""Signed checkpoints of the audit trail, kept in the store and in a second place."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access.audit_chain import canonical, leaf_of
from cockpit.access.audit_keys import (
    append_line,
    key_id,
    locked,
    public_bytes,
    signed_by,
    signing_key,
)
from cockpit.access.audit_noted import note, try_to_note
from cockpit.access.audit_tree import Peaks, peaks_of
from cockpit.access.clock import utc_now
from cockpit.access.second_place import claim, store_id
from cockpit.store.models_audit import AuditCheckpoint, AuditEntry, AuditHead
from cockpit.store.session import StoreError, has_table, require_table
from geodata.errors import CockpitError

log = logging.getLogger("cockpit")

FORMAT = "cockpit audit checkpoint 1"
EVERY_ENTRIES, EVERY_SECONDS, LOOK_SECONDS = 1_000, 600.0, 15.0
"""A checkpoint follows so many entries, or the first entry after so long a time."""
HEADS = "checkpoints.jsonl"
"""File of the second place: signed checkpoints, one a line."""


class CheckpointError(StoreError):
    """The trail is not the one that was signed before, so it is not signed again."""


@dataclass(frozen=True)
class Checkpoint:
    """A signed statement: so many entries, this last hash, this root."""

    body: Mapping[str, Any]
    signature: str  # hex

    @property
    def size(self) -> int:
        """Number of the last entry it covers."""
        return int(self.body["size"])

    @property
    def count(self) -> int:
        """How many entries it covers; numbers may be missing where a tail was cut off."""
        return int(self.body["count"])

    @property
    def key(self) -> str:
        """Id of the key that signed it."""
        return str(self.body["key"])

    @property
    def at(self) -> str:
        """When it was signed, UTC."""
        return str(self.body["at"])

    @property
    def text(self) -> str:
        """What is signed."""
        return canonical(self.body)

    def is_signed(self, public: bytes) -> bool:
        """Tell whether this public key signed it."""
        return self.body.get("key") == key_id(public) and signed_by(
            public, self.signature, self.text
        )


def read_lines(content: str) -> list[Checkpoint]:
    """Return the checkpoints in a text of JSON lines; lines that are none are left out."""
    found = []
    for line in content.splitlines():
        try:
            read = json.loads(line)
            one = Checkpoint(dict(read["body"]), str(read["signature"]))
            whole = one.body["format"] == FORMAT and one.size >= one.count > 0
            bytes.fromhex(one.body["root"] + one.body["last"] + one.key)
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if whole:
            found.append(one)
    return found


def as_line(one: Checkpoint) -> str:
    """Return a checkpoint as one line of JSON: to print, to send to another office."""
    return canonical({"body": one.body, "signature": one.signature})


# ---------------------------------------------------------------- the two places


def in_store(db: Session) -> list[Checkpoint]:
    """Return the store's checkpoints, oldest first."""
    if not has_table(db, AuditCheckpoint.__tablename__):
        return []
    query = select(AuditCheckpoint.body, AuditCheckpoint.signature).order_by(AuditCheckpoint.size)
    return [Checkpoint(json.loads(body), signature) for body, signature in db.execute(query)]


def in_second_place(folder: Path | None) -> list[Checkpoint]:
    """Return the checkpoints of the second place in its order; none when there is none yet."""
    path = folder / HEADS if folder else None
    return read_lines(path.read_text("utf-8", "replace")) if path and path.exists() else []


# ---------------------------------------------------------------- making one


def make(engine: Engine) -> Checkpoint | None:
    """
    Sign the trail as it is now; return the checkpoint, or None when nothing is new.

    The entries since the last one must follow it. The second place is written first: a store that
    was not reached any more gets the missing checkpoints the next time.

    Raises
    ------
    CheckpointError
        If the trail does not go on from the last checkpoint: ``audit_verify`` names the row.
    OSError, StoreError
        If key, second place or store cannot be written.
    """
    with Session(engine) as db:
        require_table(db, AuditEntry.__tablename__)
    folder = claim(engine)
    if folder is None:
        return None
    key, store = signing_key(engine), store_id(engine)
    note(engine, wait=True)
    with locked(folder), Session(engine) as db:
        stored, beside = in_store(db), in_second_place(folder)
        last = _newest(stored, beside)
        peaks = _peaks_at(db, last)
        rows = db.execute(
            select(AuditEntry.seq, AuditEntry.hash)
            .where(AuditEntry.seq > (last.size if last else 0))
            .order_by(AuditEntry.seq)
        ).all()
        for row in rows:
            peaks.add(leaf_of(row.hash))
        made = _signed(key, peaks, rows[-1], last, store) if rows else None
        missing = [one for one in stored if one.size > (beside[-1].size if beside else 0)]
        _put_beside(folder, [*missing, *([made] if made else [])])
        _put_into_store(db, [*stored, *beside, *([made] if made else [])], made, peaks)
    return made


def _newest(stored: Sequence[Checkpoint], beside: Sequence[Checkpoint]) -> Checkpoint | None:
    ends = [ones[-1] for ones in (stored, beside) if ones]
    return max(ends, key=lambda one: one.size, default=None)


def _peaks_at(db: Session, last: Checkpoint | None) -> Peaks:
    """Return the tree at the last checkpoint, once the store is known to agree with it."""
    if last is None:
        return Peaks()
    kept = db.execute(
        select(AuditCheckpoint.peaks).where(AuditCheckpoint.size == last.size)
    ).scalar()
    sealed = db.execute(select(AuditEntry.hash).where(AuditEntry.seq == last.size)).scalar()
    if sealed == last.body["last"]:
        peaks = Peaks(last.count, [bytes.fromhex(root) for root in kept or ()])
        if peaks.root.hex() == last.body["root"]:
            return peaks
        known = select(AuditEntry.hash).where(AuditEntry.seq <= last.size).order_by(AuditEntry.seq)
        peaks = peaks_of(leaf_of(one) for one in db.execute(known).scalars())
        if peaks.root.hex() == last.body["root"]:
            return peaks
    raise CheckpointError(
        "The audit trail does not go on from its checkpoint of {at}; run: python -m cockpit verify "
        "audit",
        at=last.at,
    )


def _signed(key: Any, peaks: Peaks, newest: Any, last: Checkpoint | None, store: str) -> Checkpoint:
    body = {
        "format": FORMAT,
        "size": newest.seq,
        "count": peaks.size,
        "last": newest.hash,
        "root": peaks.root.hex(),
        "at": utc_now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "key": key_id(public_bytes(key)),
        "previous": last.body["root"] if last else "",
        "store": store,
    }
    return Checkpoint(body, key.sign(canonical(body).encode()).hex())


def _put_beside(folder: Path, new: Sequence[Checkpoint]) -> None:
    if new:
        append_line(folder / HEADS, "".join(f"{as_line(one)}\n" for one in new))


def _put_into_store(
    db: Session, known: Sequence[Checkpoint], made: Checkpoint | None, peaks: Peaks
) -> None:
    stored = set(db.execute(select(AuditCheckpoint.size)).scalars())
    newest = max(stored, default=0)
    missing = {one.size: one for one in known if one.size > newest}
    for size in sorted(missing):
        one = missing[size]
        roots = [root.hex() for root in peaks.roots] if one is made else []
        db.execute(
            insert(AuditCheckpoint).values(
                size=size, body=one.text, signature=one.signature, peaks=roots
            )
        )
    db.commit()


# ---------------------------------------------------------------- when


def watch(engine: Engine, ended: threading.Event) -> None:
    """Make checkpoints as entries come, until ``ended``, and a last one then."""
    last_made = time.monotonic()
    over = False
    while not over:
        over = ended.wait(LOOK_SECONDS)
        try_to_note(engine)  # what others wrote who could not
        late = time.monotonic() - last_made >= EVERY_SECONDS
        if over or late or _waiting(engine) >= EVERY_ENTRIES:
            try_to_make(engine)
            last_made = time.monotonic()


def try_to_make(engine: Engine) -> bool:
    """Make a checkpoint if possible; a reason against it is logged and shown by the page Audit."""
    try:
        make(engine)
    except (CockpitError, SQLAlchemyError, OSError) as error:
        log.warning("audit checkpoint: %s", error)
        return False
    return True


def _waiting(engine: Engine) -> int:
    """Return how many entries no checkpoint of the store covers yet."""
    try:
        with Session(engine) as db:
            if not has_table(db, AuditHead.__tablename__):
                return 0
            head = db.execute(select(AuditHead.seq)).scalar() or 0
            newest = select(AuditCheckpoint.size).order_by(AuditCheckpoint.size.desc()).limit(1)
            return int(head) - int(db.execute(newest).scalar() or 0)
    except SQLAlchemyError:
        return 0

"""The hash of every entry in the second place, noted as soon as the entry is committed."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from sqlalchemy import Engine, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access.audit_keys import append_line, locked
from cockpit.access.second_place import claim
from cockpit.store.models_audit import AuditEntry

log = logging.getLogger("cockpit")

LEAVES = "entries.txt"
"""File of the second place: number and hash of each entry, one a line."""
_LINE = 20 + 1 + 64 + 1  # bytes at most
_ASKED = "note the audit trail"


def note_after_commit(db: Session) -> None:
    """Note this session's entries when its transaction has ended well."""
    if _ASKED not in db.info:
        db.info[_ASKED] = True
        event.listen(db, "after_commit", _committed)


def _committed(db: Session) -> None:
    bind = db.get_bind()
    if isinstance(bind, Engine):  # who commits a connection by himself is noted with the next one
        try_to_note(bind)


def try_to_note(engine: Engine) -> None:
    """Note what is new; what cannot be noted now is noted later, at the latest when signing."""
    try:
        note(engine)
    except (OSError, SQLAlchemyError) as error:
        log.warning("audit: entries are not noted beside the store (%s)", type(error).__name__)


def note(engine: Engine, *, to: int | None = None, wait: bool = False) -> None:
    """
    Append the hashes of entries that the second place does not know yet, up to number ``to``.

    Numbers that are noted already are never noted again: who cuts the newest entries off and lets
    others follow cannot make the file agree. What is written is on its way to the disk within
    seconds (``wait``: now). So what somebody could still cut off unseen, with all rights on the
    store but none on the second place, is what was committed by a process that was killed between
    its commit and this, a millisecond, or before the power failed, seconds; and commands whose
    second place cannot be written at that time.
    """
    folder = claim(engine, name=False)
    if folder is None:
        return
    with locked(folder), Session(engine) as db:
        query = select(AuditEntry.seq, AuditEntry.hash).where(AuditEntry.seq > last_noted(folder))
        if to is not None:
            query = query.where(AuditEntry.seq <= to)
        rows = db.execute(query.order_by(AuditEntry.seq)).all()
        if rows:
            lines = "".join(f"{row.seq} {row.hash}\n" for row in rows)
            append_line(folder / LEAVES, lines, wait=wait)


def last_noted(folder: Path) -> int:
    """Return the highest number that is noted; 0 for none. Only the file's end is read."""
    path = folder / LEAVES
    if not path.exists():
        return 0
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 20 * _LINE))
        found = _read(file.read().decode("utf-8", "replace"))
    return max(found or noted_leaves(folder), default=0)


def noted_leaves(folder: Path | None) -> dict[int, str]:
    """Return the hash of each entry by its number, as the second place has noted them first."""
    path = folder / LEAVES if folder else None
    if path is None or not path.exists():
        return {}
    return _read(path.read_text("utf-8", "replace"))


def _read(content: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for line in content.splitlines():
        seq, _, sealed = line.partition(" ")
        if seq.isdecimal() and len(seq) <= 19 and len(sealed) == 64:
            found.setdefault(int(seq), sealed)
    return found

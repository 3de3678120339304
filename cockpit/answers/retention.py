"""How long data are kept and what was destroyed, as a page shows it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access import audit, retention
from cockpit.access.retention import Kept, listing
from cockpit.access.tombstones import Stone
from cockpit.store.models_audit import Tombstone
from cockpit.store.session import engine, require_table


@dataclass(frozen=True)
class Destroyed:
    """What a tombstone tells."""

    subject: str
    at: dt.datetime  # UTC
    rows: Mapping[str, int]  # by table
    digest: str  # HMAC-SHA-256, hex


def kept(today: dt.date | None = None) -> tuple[Kept, ...]:
    """Return every data set with its rule and what of it has expired."""
    with Session(engine()) as db:
        return listing(db, today or dt.date.today())


def destroyed() -> tuple[Destroyed, ...]:
    """Return what was destroyed, the newest first."""
    with Session(engine()) as db:
        require_table(db, Tombstone.__tablename__)
        bodies = [json.loads(body) for body in db.execute(select(Tombstone.body)).scalars()]
    found = [
        Destroyed(b["subject"], dt.datetime.fromisoformat(b["at"]), b["rows"], b["digest"])
        for b in bodies
    ]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def set_rule(
    subject: str,
    *,
    keep_days: int | None = None,
    keep_until: dt.date | None = None,
    note: str = "",
) -> None:
    """Set how long a data set may be kept, as ``retention.set_rule`` does; commit."""
    with Session(engine()) as db:
        retention.set_rule(
            db, subject, by=audit.actor(), keep_days=keep_days, keep_until=keep_until, note=note
        )
        db.commit()


def run() -> tuple[Stone, ...]:
    """Destroy what has expired now; return the tombstones."""
    return retention.run(engine(), by=audit.actor())

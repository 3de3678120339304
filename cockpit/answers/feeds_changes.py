"""Events that a feed sends again because they went on: another status, or closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, update

from cockpit.answers.feeds_rows import Ready
from cockpit.store import models as m
from cockpit.store.catalogue import table_of
from cockpit.store.models_live import FeedRefusal
from cockpit.store.settled import CLOSED

_GOES_ON = ("status", "closed")


@dataclass(frozen=True)
class Change:
    """What becomes of a stored event."""

    key: str
    position: int  # of the row in its request
    status: str
    closed: dt.datetime | None
    closes: bool  # it was open before


def changes_of(made: Ready, before: dict[Any, Any]) -> list[Change]:
    """
    Return which stored events go on; ``before`` is brought to what they are afterwards.

    Only ``status`` and ``closed`` may differ. Messages come out of order: one without a closing
    time, or with an earlier one, never opens a closed event again, and one without a status takes
    none away: these are older messages, and count as known.
    """
    if made.kind != "events":
        return []
    found = []
    for k, (key, row) in enumerate(zip(made.keys, made.rows, strict=True)):
        stored = before.get(key)
        if stored is None or any(row[n] != stored[n] for n in stored if n not in _GOES_ON):
            continue
        older = stored["closed"] is not None and (
            row["closed"] is None or row["closed"] < stored["closed"]
        )
        new = {name: (stored if older else row)[name] for name in _GOES_ON}
        new["status"] = new["status"] or stored["status"]
        impossible = new["closed"] is not None and new["closed"] < row["reported"]
        if impossible:
            continue
        row.update(new)
        if any(new[name] != stored[name] for name in _GOES_ON):
            closes = stored["closed"] is None and new["closed"] is not None
            found.append(Change(key, made.positions[k], **new, closes=closes))
            before[key] = {**stored, **new}
    return found


def change(connection: Connection, delivery: int, changes: Sequence[Change]) -> None:
    """Bring events to what they are now; note which ones a delivery closed."""
    events = table_of(m.Event)
    for one in changes:
        connection.execute(
            update(events)
            .where(events.c.id == one.key)
            .values(status=one.status, closed=one.closed)
        )
    closing = [
        {
            "delivery": delivery, "position": one.position, "row_id": one.key,
            "template": CLOSED, "detail": {},
        }
        for one in changes if one.closes
    ]  # fmt: skip
    if closing:
        connection.execute(insert(FeedRefusal), closing)

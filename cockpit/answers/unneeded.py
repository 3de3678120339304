"""Personal fields that data sets bring and nothing is worked out from: less should be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from cockpit.answers.appeals import appeal_channels
from cockpit.store.models import Batch, Dataset, Event, Meta, Tag

_PERSONAL = ("name", "sex", "birth", "household", "status")
"""Fields of registers that can be left out. The number tells people apart; the region and the
building are where they are counted."""
_MADE_OF = {"age": "birth", "in_household": "household"}
"""Columns of tags that are made of a field."""
_NEAR = ("name", "birth")
"""Fields that every comparison of two registers uses, to find the same person miswritten."""


@dataclass(frozen=True)
class Unneeded:
    """A field that a data set brings for nothing; ``n`` values, None where they are not counted."""

    dataset_id: str
    title: str
    field: str
    header: str  # as the file calls it
    why: str  # a msgid
    n: int | None = None


def unneeded(db: Session) -> tuple[Unneeded, ...]:
    """
    Return the personal fields in use of no tag, no comparison of registers and no reading of texts.

    That a field can be looked at, one person at a time, is no use: data are kept for a purpose.
    What a file has beyond the fields that the cockpit knows is never stored, so it is not here.
    """
    return (*_of_registers(db), *_of_events(db))


def unneeded_fields(bind: Engine) -> tuple[Unneeded, ...]:
    """Return what ``unneeded`` finds in a store."""
    with Session(bind) as db:
        return unneeded(db)


def _of_registers(db: Session) -> list[Unneeded]:
    tagged = {
        _MADE_OF.get(str(part[0]), str(part[0]))
        for rule in db.execute(select(Tag.rule).where(Tag.pool == "person")).scalars()
        for part in rule
    }
    rows = db.execute(
        select(Dataset.id, Dataset.title, Batch.matches)
        .join(Batch, (Batch.dataset_id == Dataset.id) & Batch.current)
        .where(Dataset.kind == "persons")
        .order_by(Dataset.position)
    ).all()
    compared = _compared(db)
    return [
        Unneeded(
            dataset, title, field, str(matches[field]),
            "No tag and no comparison of registers uses it.",
        )
        for dataset, title, matches in rows
        for field in _PERSONAL
        if field in matches and field not in tagged | compared.get(dataset, set())
    ]  # fmt: skip


def _compared(db: Session) -> dict[str, set[str]]:
    """Return which fields the manifest's comparisons use, by data set."""
    stored: Mapping[str, Any] = (
        db.execute(select(Meta.value).where(Meta.key == "manifest")).scalar() or {}
    )
    found: dict[str, set[str]] = {}
    for check in stored.get("crosscheck", ()):
        for side in ("left", "right"):
            found.setdefault(check[side], set()).update(check["fields"], _NEAR)
    return found


def _of_events(db: Session) -> list[Unneeded]:
    """Return the channels whose texts are stored although they bring no appeals."""
    rows = db.execute(
        select(Event.dataset_id, Dataset.title, Event.channel, func.count())
        .join(Dataset, Dataset.id == Event.dataset_id)
        .where(Event.text != "")
        .group_by(Event.dataset_id, Dataset.title, Event.channel)
        .order_by(Event.dataset_id, Event.channel)
    ).all()
    read = set(appeal_channels(tuple(dict.fromkeys(row[2] for row in rows))))
    return [
        Unneeded(
            dataset, title, "text", channel, "Texts of this channel are read by nothing.", int(n)
        )
        for dataset, title, channel, n in rows
        if channel not in read
    ]

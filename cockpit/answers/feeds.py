"""What pages ask about live feeds: when each came last, what it refused, which one is silent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.feeds_county import zone
from cockpit.answers.feeds_sources import utc_now
from cockpit.answers.feeds_write import sentence
from cockpit.feeds import silent
from cockpit.store.models import Dataset
from cockpit.store.models_live import FeedDelivery, FeedRefusal, FeedSource
from cockpit.store.sealed import Opener
from cockpit.store.session import engine, require_table
from cockpit.store.settled import CLOSED, EXERCISE

_GAPS_OF = 50  # deliveries whose gaps tell the usual rhythm


@dataclass(frozen=True)
class FeedState:
    """One source as it stands now; times are UTC."""

    id: str
    title: str
    kind: str
    last: dt.datetime | None  # last delivery; None: never came
    n_hour: int  # new rows in the last hour
    n_today: int  # new rows since midnight of the county's clock
    refused_today: int
    stale: bool  # it should send, and has stopped or never began
    exercise: bool
    disabled: bool
    data_class: str


@dataclass(frozen=True)
class RefusalRow:
    """A row that was not taken."""

    source_id: str
    title: str
    received: dt.datetime  # UTC
    position: int  # in its request, 1 = first
    row_id: str
    template: str
    values: Mapping[str, Any]

    def sentence(self, language: str) -> str:
        """Return why, in a language."""
        return sentence(self.template, self.values, language)


def feeds_state(visitor: str, *, now: dt.datetime | None = None) -> tuple[FeedState, ...]:
    """
    Return the sources that a visitor may see, in the order they were made; ``now`` is UTC.

    A source that is switched off is never stale.
    """
    at = now or utc_now()
    with Session(engine()) as db:
        require_table(db, FeedSource.__tablename__)
        rows = db.execute(
            select(FeedSource, Dataset.data_class, Dataset.purpose)
            .join(Dataset, Dataset.id == FeedSource.dataset_id)
            .order_by(FeedSource.created, FeedSource.id)
        ).all()
        seen = [row for row in rows if may_see(visitor, row[1])]
        today = _sums(db, _midnight(at))
        hour = _sums(db, at - dt.timedelta(hours=1))
        return tuple(_state(db, *row, today, hour, at) for row in seen)


def _state(
    db: Session, source: FeedSource, data_class: str, purpose: str,
    today: Mapping[str, tuple[int, int]], hour: Mapping[str, tuple[int, int]], now: dt.datetime,
) -> FeedState:  # fmt: skip
    received = (
        db.execute(
            select(FeedDelivery.received)
            .where(FeedDelivery.source_id == source.id)
            .order_by(FeedDelivery.seq.desc())
            .limit(_GAPS_OF)
        )
        .scalars()
        .all()
    )
    new, refused = today.get(source.id, (0, 0))
    return FeedState(
        id=source.id,
        title=source.title,
        kind=source.kind,
        last=max(received, default=None),
        n_hour=hour.get(source.id, (0, 0))[0],
        n_today=new,
        refused_today=refused,
        stale=source.disabled is None and silent(received, source.created, now),
        exercise=purpose.startswith(EXERCISE),
        disabled=source.disabled is not None,
        data_class=data_class,
    )


def _midnight(now: dt.datetime) -> dt.datetime:
    """Return the county's last midnight, in UTC."""
    local = now.replace(tzinfo=dt.UTC).astimezone(zone())
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return start.astimezone(dt.UTC).replace(tzinfo=None)


def _sums(db: Session, since: dt.datetime) -> dict[str, tuple[int, int]]:
    """Return new and refused rows of each source since a moment (UTC)."""
    query = (
        select(
            FeedDelivery.source_id, func.sum(FeedDelivery.n_new), func.sum(FeedDelivery.n_refused)
        )
        .where(FeedDelivery.received >= since)
        .group_by(FeedDelivery.source_id)
    )
    return {key: (int(new), int(refused)) for key, new, refused in db.execute(query)}


def refusals(visitor: str, *, source: str = "", limit: int = 100) -> tuple[RefusalRow, ...]:
    """Return what was refused, newest first; of one source, or of all that a visitor may see."""
    with Session(engine()) as db:
        require_table(db, FeedSource.__tablename__)
        seen = [
            key
            for key, data_class in db.execute(
                select(FeedSource.id, Dataset.data_class).join(
                    Dataset, Dataset.id == FeedSource.dataset_id
                )
            )
            if may_see(visitor, data_class) and source in ("", key)
        ]
        rows = db.execute(
            select(FeedRefusal, FeedDelivery, FeedSource.title)
            .join(FeedDelivery, FeedDelivery.seq == FeedRefusal.delivery)
            .join(FeedSource, FeedSource.id == FeedDelivery.source_id)
            .where(FeedSource.id.in_(seen), FeedRefusal.template != CLOSED)
            .order_by(FeedRefusal.delivery.desc(), FeedRefusal.position)
            .limit(limit)
        ).all()
        opener = Opener(db)
        return tuple(
            RefusalRow(
                d.source_id, title, d.received, r.position, r.row_id, r.template,
                dict(opener.json("feed_refusal", "detail", r.id, r.detail)),
            )
            for r, d, title in rows
        )  # fmt: skip

"""Up to which delivery of live feeds the county's figures count events."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, inspect, or_, select
from sqlalchemy.orm import Session

from cockpit.store import models as m
from cockpit.store.catalogue import begin_writing, put_meta, read_meta
from cockpit.store.models_live import FeedDelivery, FeedRefusal, FeedSource
from cockpit.store.session import engine, require_table

EXERCISE = "演练"
"""How the purpose of an exercise's data set begins; its title says it too."""
CLOSED = "closed"
"""The mark of a row in the list of remarkable ones (``FeedRefusal``) that closed a stored event;
its ``row_id`` is the event's key."""
_KEY = "feeds_settled"


def counts(db: Session) -> Any:
    """
    Return the condition that an event counts in the county's figures of the stored version.

    Loaded ones do, and live ones up to the last delivery that was settled: the figures of a data
    version stay what they are while feeds go on. Events of an exercise never count.
    """
    settled = db.execute(select(m.Meta.value).where(m.Meta.key == _KEY)).scalar() or 0
    exercises = select(m.Dataset.id).where(m.Dataset.purpose.startswith(EXERCISE))
    return or_(
        m.Event.delivery.is_(None),
        (m.Event.delivery <= settled) & m.Event.dataset_id.not_in(exercises),
    )


def still_open(db: Session) -> Any:
    """
    Return the condition that an event counts as open in the figures of the stored version.

    One that a feed closed after the last settling still does: it counts as closed from the next.
    """
    settled = db.execute(select(m.Meta.value).where(m.Meta.key == _KEY)).scalar() or 0
    since = select(FeedRefusal.row_id).where(
        FeedRefusal.template == CLOSED, FeedRefusal.delivery > settled
    )
    return or_(m.Event.closed.is_(None), m.Event.id.in_(since)) & counts(db)


def settle(connection: Connection) -> int:
    """Let the figures count every event that has come; return the delivery they reach to, or 0."""
    if not inspect(connection).has_table(FeedDelivery.__tablename__):
        return 0
    last = connection.execute(
        select(func.coalesce(func.max(FeedDelivery.seq), 0))
        .join(FeedSource, FeedSource.id == FeedDelivery.source_id)
        .where(
            FeedSource.kind == "events",
            or_(
                FeedDelivery.n_new > 0,
                FeedDelivery.seq.in_(
                    select(FeedRefusal.delivery).where(FeedRefusal.template == CLOSED)
                ),
            ),
        )
    ).scalar_one()
    put_meta(connection, _KEY, int(last))
    return int(last)


def settle_now() -> str:
    """
    Settle the stored county; return its data version, a new one when events had come.

    What the version says of the loaded data, its part behind the dash, stays.
    """
    with Session(engine()) as db:
        require_table(db, FeedDelivery.__tablename__)
    with engine().begin() as connection:
        begin_writing(connection)
        before = read_meta(connection, _KEY) or 0
        version = str(read_meta(connection, "data_version") or "")
        last = settle(connection)
        if not version or last == before:
            return version
        newest, _, digest = version.rpartition("-")
        version = f"{newest.partition('.')[0]}.{last}-{digest}"
        put_meta(connection, "data_version", version)
    return version

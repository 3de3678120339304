"""How long data may be kept: rules, what has expired by them, and its destruction."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.clock import utc_now
from cockpit.access.retention_rules import (
    DATED,
    OWN_DAYS,
    OWN_TITLES,
    Rule,
    expired_of,
    last_day,
    own_rules,
    rule_of,
)
from cockpit.access.tombstones import (
    Stone,
    bury,
    count_rows,
    rows_in,
    sweep,
)
from cockpit.access.visitor import Visitor
from cockpit.store import models as m
from cockpit.store.catalogue import table_of
from cockpit.store.models_access import SignInAttempt, SignInLock, StoredSession
from cockpit.store.models_audit import RetentionRule
from cockpit.store.models_live import FeedDelivery, FeedRefusal
from cockpit.store.session import require_table
from cockpit.store.settled import CLOSED
from geodata.errors import CockpitError, InputError
from loaders.manifest import LASTING

log = logging.getLogger("cockpit")

EVERY_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class Kept:
    """A data set with its rule, and what of it has expired."""

    subject: str
    title: str
    kind: str
    data_class: str
    date: dt.date | None  # of the data; else of the loading
    rule: Rule
    expires: dt.date | None  # last day; of dated rows: of the oldest one
    expired: int  # rows that may be kept no longer


def listing(db: Session, today: dt.date) -> tuple[Kept, ...]:
    """Return every stored data set with its rule, and what the cockpit keeps of its own."""
    require_table(db, RetentionRule.__tablename__)
    connection = db.connection()
    own = own_rules(connection)
    datasets = [_kept(connection, row, today, own) for row in _stored(connection)]
    ours = [
        Kept(name, OWN_TITLES[name], "own", "备用", None, rule_of(name, own, None), None,
             _own_expired(connection, name, own, today))
        for name in OWN_DAYS
    ]  # fmt: skip
    return (*datasets, *ours)


def _stored(connection: Connection) -> list[tuple[Any, ...]]:
    dataset, batch = table_of(m.Dataset), table_of(m.Batch)
    query = (
        select(
            dataset.c.id, dataset.c.title, dataset.c.kind, dataset.c.data_class, dataset.c.as_of,
            batch.c.loaded_at, batch.c.entry,
        )
        .join(batch, (batch.c.dataset_id == dataset.c.id) & batch.c.current)
        .order_by(dataset.c.position, dataset.c.id)
    )  # fmt: skip
    return [tuple(row) for row in connection.execute(query)]


def _kept(
    connection: Connection, row: tuple[Any, ...], today: dt.date, own: Mapping[str, Rule]
) -> Kept:
    subject, title, kind, data_class, as_of, loaded, entry = row
    rule = rule_of(subject, own, entry)
    date = as_of or loaded.date()
    criteria = expired_of(subject, kind, date, rule, today)
    expired = rows_in(connection, criteria) if criteria else {}
    return Kept(
        subject, title, kind, data_class, date, rule,
        _last_day(connection, subject, kind, date, rule), sum(expired.values()),
    )  # fmt: skip


def _last_day(
    connection: Connection, subject: str, kind: str, date: dt.date, rule: Rule
) -> dt.date | None:
    if kind in DATED and rule.keep_days is not None and rule.keep_until is None:
        table, column = DATED[kind]
        batches = select(m.Batch.id).where(m.Batch.dataset_id == subject)
        oldest = connection.execute(
            select(func.min(table_of(table).c[column])).where(
                table_of(table).c.batch_id.in_(batches)
            )
        ).scalar()
        return oldest.date() + dt.timedelta(days=rule.keep_days) if oldest else None
    return last_day(date, rule)


# ---------------------------------------------------------------- changing a rule


def set_rule(
    db: Session,
    subject: str,
    *,
    by: Visitor | str,
    keep_days: int | None = None,
    keep_until: dt.date | None = None,
    note: str = "",
) -> None:
    """
    Set how long a data set may be kept; both empty: without end. The commit is the caller's.

    Raises
    ------
    InputError
        If there is no such data set, other data hang on it, or the number of days is not positive.
    """
    require_table(db, RetentionRule.__tablename__)
    kind = db.execute(select(m.Dataset.kind).where(m.Dataset.id == subject)).scalar()
    if kind is None and subject not in OWN_DAYS:
        raise InputError("There is no data set {dataset}.", dataset=subject[:64])
    if kind in LASTING:
        raise InputError(
            "Other data hang on {dataset}; it does not expire by itself.", dataset=subject
        )
    if keep_days is not None and not 0 < keep_days <= 36_500:
        raise InputError("Data are kept for 1 to 36,500 days, not {n}.", n=keep_days)
    name = by.name or by.account if isinstance(by, Visitor) else by
    audit.record(
        db, by, "decide", f"retention {subject}",
        detail={"keep_days": keep_days, "keep_until": keep_until, "note": note},
    )  # fmt: skip
    db.merge(
        RetentionRule(
            subject=subject, keep_days=keep_days, keep_until=keep_until, note=note[:300],
            changed=utc_now(), changed_by=name[:80],
        )
    )  # fmt: skip


# ---------------------------------------------------------------- destroying


def run(
    engine: Engine, *, today: dt.date | None = None, by: Visitor | str = audit.SYSTEM
) -> tuple[Stone, ...]:
    """
    Destroy what has expired, each data set in one transaction; return the tombstones.

    What was interrupted before is finished first. Calling it again finds nothing more to do.
    """
    day = today or dt.date.today()
    with Session(engine) as db:
        known = listing(db, day)
    sweep(engine)
    stones = []
    for one in known:
        criteria = (
            None
            if one.kind == "own" or not one.expired
            else expired_of(one.subject, one.kind, one.date or day, one.rule, day)
        )
        if criteria is not None:
            rule = {
                "keep_days": one.rule.keep_days, "keep_until": one.rule.keep_until,
                "source": one.rule.source, "note": one.rule.note,
            }  # fmt: skip
            stone = bury(engine, criteria, rule=rule, data_class=one.data_class, by=by)
            stones += [stone] if stone else []
    _run_own(engine, day, by)
    return tuple(stones)


def _own_conditions(
    connection: Connection, name: str, own: Mapping[str, Rule], today: dt.date
) -> list[tuple[Table, ColumnElement[bool]]]:
    """Return tables and conditions of the cockpit's own rows that have expired."""
    days = rule_of(name, own, None).keep_days
    if days is None:
        return []
    before = dt.datetime.combine(today - dt.timedelta(days=days), dt.time())
    wanted: list[tuple[Table, ColumnElement[bool]]]
    if name == "own:sessions":
        ended = func.coalesce(StoredSession.revoked, StoredSession.expires)
        wanted = [(table_of(StoredSession), ended < before)]
    elif name == "own:sign-ins":
        wanted = [(table_of(SignInAttempt), SignInAttempt.at < before),
                  (table_of(SignInLock), SignInLock.last_failed < before)]  # fmt: skip
    else:  # marks of closed events are no refusals: open counts of old figures need them
        late = select(FeedDelivery.seq).where(FeedDelivery.received < before)
        refused = FeedRefusal.delivery.in_(late) & (FeedRefusal.template != CLOSED)
        wanted = [(table_of(FeedRefusal), refused)]
    there = inspect(connection)
    return [(table, condition) for table, condition in wanted if there.has_table(table.name)]


def _own_expired(connection: Connection, name: str, own: Mapping[str, Rule], today: dt.date) -> int:
    wanted = _own_conditions(connection, name, own, today)
    return sum(count_rows(connection, table, condition) for table, condition in wanted)


def _run_own(engine: Engine, today: dt.date, by: Visitor | str) -> None:
    with Session(engine) as db:
        own = own_rules(db.connection())
        for name in OWN_DAYS:
            connection = db.connection()
            wanted = _own_conditions(connection, name, own, today)
            rows = {table.name: count_rows(connection, table, c) for table, c in wanted}
            if not any(rows.values()):
                continue
            audit.record(db, by, "destroy", name, data_class="备用", detail={"rows": rows})
            for table, condition in wanted:
                db.execute(delete(table).where(condition))
            db.commit()


def watch(engine: Engine, ended: threading.Event, *, first_after: float = 60.0) -> None:
    """Destroy what has expired once a day, until ``ended``."""
    wait = first_after
    while not ended.wait(wait):
        wait = EVERY_SECONDS
        try:
            run(engine)
        except (CockpitError, SQLAlchemyError, OSError) as error:
            log.warning("retention: %s", error)
            wait = 3600.0

"""How long data may be kept: rules, what has expired by them, and its destruction."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.clock import utc_now
from cockpit.access.tombstones import (
    DATED,
    Criteria,
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
from loaders.manifest import LASTING, Dataset

log = logging.getLogger("cockpit")

EVERY_SECONDS = 24 * 3600.0

OWN_DAYS: Mapping[str, int] = {
    "own:sessions": 90,
    "own:sign-ins": 30,
    "own:refusals": 30,
}
"""Days that the cockpit keeps its own: ended sessions, failed sign-ins, refused rows of feeds."""

OWN_TITLES: Mapping[str, str] = {
    "own:sessions": "Ended sessions",
    "own:sign-ins": "Failed sign-ins",
    "own:refusals": "Refused rows of live feeds",
}
"""Names (msgids)."""


@dataclass(frozen=True)
class Rule:
    """How long something may be kept; both empty: without end."""

    keep_days: int | None = None
    keep_until: dt.date | None = None
    source: str = ""  # "manifest", "rule", "built in"; "": nobody has said anything
    note: str = ""


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
    own = _own_rules(connection)
    datasets = [_kept(connection, row, today, own) for row in _stored(connection)]
    ours = [
        Kept(name, OWN_TITLES[name], "own", "备用", None, _rule(name, own, None), None,
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


def _own_rules(connection: Connection) -> dict[str, Rule]:
    table = table_of(RetentionRule)
    query = select(table.c.subject, table.c.keep_days, table.c.keep_until, table.c.note)
    return {row[0]: Rule(row[1], row[2], "rule", row[3]) for row in connection.execute(query)}


def _rule(subject: str, own: Mapping[str, Rule], entry: Mapping[str, object] | None) -> Rule:
    if subject in own:
        return own[subject]
    if subject in OWN_DAYS:
        return Rule(OWN_DAYS[subject], None, "built in")
    days, until = (entry or {}).get("keep_days"), (entry or {}).get("keep_until")
    if days is None and until is None:
        return Rule()
    return Rule(
        int(str(days)) if days else None,
        dt.date.fromisoformat(str(until)) if until else None,
        "manifest",
    )


def _kept(
    connection: Connection, row: tuple[Any, ...], today: dt.date, own: Mapping[str, Rule]
) -> Kept:
    subject, title, kind, data_class, as_of, loaded, entry = row
    rule = _rule(subject, own, entry)
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


def last_day(date: dt.date, rule: Rule) -> dt.date | None:
    """Return the last day that a data set of a date may be kept; None: without end."""
    days = [rule.keep_until] if rule.keep_until else []
    if rule.keep_days is not None:
        days.append(date + dt.timedelta(days=rule.keep_days))
    return min(days, default=None)


def expired_of(
    subject: str, kind: str, date: dt.date, rule: Rule, today: dt.date
) -> Criteria | None:
    """
    Return what of a data set may be kept no longer; None: nothing, as far as its date tells.

    The last day itself is still within. Events and readings go each after its own day.
    """
    if kind in LASTING:
        return None
    if rule.keep_until is not None and today > rule.keep_until:
        return Criteria(subject)
    if rule.keep_days is None:
        return None
    if kind in DATED:
        first = today - dt.timedelta(days=rule.keep_days)
        return Criteria(subject, before=dt.datetime.combine(first, dt.time()))
    return Criteria(subject) if today > date + dt.timedelta(days=rule.keep_days) else None


def without_expired(
    connection: Connection, entries: Iterable[Dataset], today: dt.date
) -> tuple[Dataset, ...]:
    """Leave out the data sets of a manifest that may not be loaded any more."""
    own = _own_rules(connection)
    left = []
    for entry in entries:
        said = {"keep_days": entry.keep_days, "keep_until": entry.keep_until}
        rule = _rule(entry.id, own, said)
        gone = expired_of(entry.id, entry.kind, entry.date or today, rule, today)
        if gone is None or gone.before is not None:
            left.append(entry)
    return tuple(left)


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
        db, by, "destroy", f"rule/{subject}",
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
    days = _rule(name, own, None).keep_days
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
        own = _own_rules(db.connection())
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

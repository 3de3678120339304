"""Which rows destruction speaks of, with all that repeats what they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    inspect,
    or_,
    select,
    tuple_,
    update,
)

from cockpit.access.retention_rules import DATED, Criteria
from cockpit.store import models as m
from cockpit.store.catalogue import table_of
from cockpit.store.models_live import FeedDelivery, FeedRefusal, FeedSource
from cockpit.store.settled import CLOSED

Condition = tuple[Table, ColumnElement[bool]]

GONE = " (destroyed)"
"""How the source of a batch ends whose kept file was destroyed while rows of it are still kept."""

_TABLES: tuple[type[m.Base], ...] = (
    m.Reading, m.Event, m.Person, m.Organisation, m.Facility, m.Feature, m.Vulnerable, m.Household,
    m.Population,
)  # fmt: skip


def batches_of(c: Criteria) -> Select[Any]:
    """Return the query of the batches that criteria speak of."""
    batches = select(m.Batch.id).where(m.Batch.dataset_id == c.dataset)
    if c.loaded_before is not None:
        batches = batches.where(m.Batch.loaded_at <= c.loaded_before)
    return batches


def conditions(connection: Connection, c: Criteria) -> Iterator[Condition]:
    """
    Yield the tables with rows to destroy, in an order in which they can be deleted.

    What tells of rows comes before the rows: findings with the text of a row, conflicts between
    registers, refusals of feeds. Where rows have a day of their own, findings go whose row goes,
    and, of the same batches, those whose row was never stored: nobody knows their day. Readings
    have no number of their own row, so all findings on rows of such a batch go.
    """
    if c.before is None:
        yield from _whole(connection, c)
        return
    yield from _findings(c)
    yield from _conflicts(c)
    if inspect(connection).has_table(FeedRefusal.__tablename__):
        yield table_of(FeedRefusal), _refused(c)
    for model, column in DATED.values():
        table = table_of(model)
        yield table, table.c.batch_id.in_(batches_of(c)) & (table.c[column] < c.before)


def _whole(connection: Connection, c: Criteria) -> Iterator[Condition]:
    batches = batches_of(c)
    for model in _TABLES:
        table = table_of(model)
        yield table, table.c.batch_id.in_(batches)
    issues, conflicts = table_of(m.QualityIssue), table_of(m.Conflict)
    yield issues, issues.c.batch_id.in_(batches)
    if connection.execute(batches.limit(1)).first() is not None:
        yield (
            conflicts,
            (conflicts.c.left_dataset == c.dataset) | (conflicts.c.right_dataset == c.dataset),
        )
    if inspect(connection).has_table(FeedRefusal.__tablename__):
        yield table_of(FeedRefusal), table_of(FeedRefusal).c.delivery.in_(_sent(c))


def _sent(c: Criteria) -> Select[Any]:
    sent = select(FeedDelivery.seq).join(FeedSource).where(FeedSource.dataset_id == c.dataset)
    if c.loaded_before is not None:
        sent = sent.where(FeedDelivery.received <= c.loaded_before)
    return sent


# ---------------------------------------------------------------- rows with a day of their own


def hit_batches(c: Criteria) -> Select[Any]:
    """Return the query of the batches of which rows with a day of their own have expired."""
    found = [
        select(table_of(model).c.batch_id).where(
            table_of(model).c.batch_id.in_(batches_of(c)), table_of(model).c[column] < c.before
        )
        for model, column in DATED.values()
    ]
    return select(found[0].union(*found[1:]).subquery().c.batch_id)


def _findings(c: Criteria) -> Iterator[Condition]:
    issues, event = table_of(m.QualityIssue), table_of(m.Event)
    stays = select(event.c.batch_id, event.c.source_row).where(
        event.c.batch_id.in_(batches_of(c)),
        event.c.source_row.is_not(None),
        event.c.reported >= c.before,
    )
    yield (
        issues,
        and_(
            issues.c.row.is_not(None),
            issues.c.batch_id.in_(hit_batches(c)),
            tuple_(issues.c.batch_id, issues.c.row).not_in(stays),
        ),
    )


def _conflicts(c: Criteria) -> Iterator[Condition]:
    conflicts, event = table_of(m.Conflict), table_of(m.Event)
    rows = select(event.c.source_row).where(
        event.c.batch_id.in_(batches_of(c)),
        event.c.source_row.is_not(None),
        event.c.reported < c.before,
    )
    sides = [
        and_(conflicts.c[f"{side}_dataset"] == c.dataset, conflicts.c[f"{side}_row"].in_(rows))
        for side in ("left", "right")
    ]
    yield conflicts, or_(*sides)


def _refused(c: Criteria) -> ColumnElement[bool]:
    """Return the condition of refused rows that were sent before the limit, or are expired ones."""
    refusals, event = table_of(FeedRefusal), table_of(m.Event)
    mine = refusals.c.delivery.in_(_sent(c))
    early = refusals.c.delivery.in_(_sent(c).where(FeedDelivery.received < c.before))
    expired = select(event.c.id).where(
        event.c.batch_id.in_(batches_of(c)), event.c.reported < c.before
    )
    named = or_(refusals.c.row_id.in_(expired), (c.dataset + ":" + refusals.c.row_id).in_(expired))
    return mine & or_(early & (refusals.c.template != CLOSED), named)


# ---------------------------------------------------------------- kept files


def files(connection: Connection, c: Criteria) -> list[str]:
    """
    Return the kept uploads that hold rows to be destroyed, relative to the data folder.

    A file of which only some rows have expired goes as a whole: its kind may be any, and a file
    that was written anew is no longer what was brought.
    """
    uploaded = select(m.Batch.source).where(m.Batch.dataset_id == c.dataset, m.Batch.uploaded)
    if c.before is not None:
        uploaded = uploaded.where(m.Batch.id.in_(hit_batches(c)))
    found = {str(source).partition("!")[0] for source in connection.execute(uploaded).scalars()}
    return sorted(
        name
        for name in found
        if name.startswith("uploads/") and ".." not in name and not name.endswith(GONE)
    )


def forget_files(connection: Connection, c: Criteria) -> None:
    """Note with batches of which only some rows go that their kept file is no more."""
    if c.before is None:
        return
    batch = table_of(m.Batch)
    connection.execute(
        update(batch)
        .where(
            batch.c.dataset_id == c.dataset, batch.c.uploaded, batch.c.id.in_(hit_batches(c)),
            batch.c.source.not_like(f"%{GONE}"),
        )
        .values(source=batch.c.source + GONE)
    )  # fmt: skip

"""Keeping, publishing, discarding and retracting releases: each all or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pandas as pd
from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.visitor import Visitor
from cockpit.answers import release_again
from cockpit.answers import release_budget as budget
from cockpit.answers.release_changes import changes_between
from cockpit.answers.release_store import (
    DISCARDED,
    DRAFT,
    PUBLISHED,
    RETRACTED,
    SUPPRESSED,
    Change,
    NoReleaseError,
    county_code,
    digest_of,
    table_of,
)
from cockpit.release.budget import written
from cockpit.store.bulk import insert_frame
from cockpit.store.models_release import (
    Release,
    ReleaseChange,
    ReleaseFigure,
    ReleaseMargin,
    ReleasePlace,
)
from cockpit.store.session import StoreError, data_version, require_table
from cockpit.store.waiting import take_turn
from geodata.errors import CockpitError, InputError

LONGEST_WORDS = 500
"""Characters of a reason or a note."""
LICENCE = "CC-BY-4.0"

_LOCK = "release"  # a row of the store's own facts that writers queue for


class StaleError(CockpitError):
    """The data changed between the drawing of figures and their storing."""


@dataclass(frozen=True)
class Made:
    """
    Figures ready to be kept, not yet seen by anybody.

    ``table`` has code, level, name, name_en, parent and an ``Int64`` column for each class, parents
    before children, levels offered only; NA is hidden. ``epsilon`` is 0 for figures without noise.
    """

    series: str
    title: str
    title_en: str
    kind: str
    partition: str
    classes: tuple[tuple[str, str], ...]  # id, title (msgid)
    levels: tuple[str, ...]
    unit: str
    as_of: dt.date | None
    data_version: str
    source_class: str
    table: pd.DataFrame
    margins: Mapping[tuple[str, str], int] = field(default_factory=dict)
    epsilon: Fraction = Fraction(0)
    epsilon_by_level: Mapping[str, Fraction] = field(default_factory=dict)
    not_offered: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    licence: str = LICENCE
    note: str = ""
    beside: tuple[str, ...] = ()
    """Ids of the tables without noise that these figures were held against."""

    @property
    def class_ids(self) -> tuple[str, ...]:
        """Ids of the classes."""
        return tuple(c[0] for c in self.classes)


@contextmanager
def writing(db: Session) -> Iterator[None]:
    """
    Wait for other writers of releases, then commit what is written inside, all or nothing.

    Raises
    ------
    StoreError
        If the store takes no writing just now.
    """
    try:
        require_table(db, Release.__tablename__)
        db.commit()  # nothing may be read before the lock: it would be old by then
        take_turn(db, _LOCK)
        yield
        db.commit()
    except OperationalError as error:
        db.rollback()
        raise StoreError(
            "The store cannot be written just now: {reason}. Try again in a minute.",
            reason=error.orig,
        ) from error
    except BaseException:
        db.rollback()
        raise


def keep(
    db: Session, made: Made, *, who: Visitor | str, clock: Callable[[], dt.datetime] | None = None
) -> str:
    """
    Store figures as a draft and take their epsilon from the budget; commit, and return the id.

    Figures and spending stand in one transaction: either both are there afterwards or neither.
    Figures that are refused here have been seen by nobody and are thrown away.

    Raises
    ------
    BudgetError
        If the epsilon is more than what is left of the year.
    StaleError
        If the store has other data by now than those that were counted, or other public figures
        than those that they were held against.
    InputError
        If nobody said why the figures are made public.
    """
    now = (clock or utc_now)()
    reason = words(made.reason)
    if not reason:
        raise InputError("Say why these figures are made public.")
    with writing(db):
        if data_version(db) != made.data_version:
            raise StaleError("The data changed while the figures were made. Make them anew.")
        county = county_code(db)
        _refuse_waiting(db, made.series, county)
        if made.kind == SUPPRESSED:
            _refuse_unasked(db, made)
        release = _new_id(db, made)
        db.execute(insert(Release).values(_row(made, release, county, reason, who, now)))
        if made.epsilon:
            budget.take(db, county, made.epsilon, release=release, who=_name(who), at=now)
        _store_figures(db, made, release)
        detail = {
            "step": "made", "reason": reason, "from": made.source_class, "to": "公开",
            "epsilon": written(made.epsilon),
        }  # fmt: skip
        _trace(db, who, release, made.source_class, detail)
    return release


def _refuse_waiting(db: Session, series: str, county: str) -> None:
    """Refuse a second draft of a table: a doubled click would spend twice."""
    query = select(Release.id).where(
        Release.series == series, Release.county == county, Release.state == DRAFT
    )
    waiting = db.execute(query.limit(1)).scalar()
    if waiting is not None:
        raise InputError(
            "{release} waits as a draft: publish or discard it before the next is made.",
            release=waiting,
        )


def _refuse_unasked(db: Session, made: Made) -> None:
    """Refuse figures that were not held against every public table of the same things."""
    if set(made.beside) != release_again.ids(db, made.series, made.as_of):
        raise StaleError("The data changed while the figures were made. Make them anew.")


def _row(
    made: Made, release: str, county: str, reason: str, who: Visitor | str, now: dt.datetime
) -> dict[str, Any]:
    return {
        "id": release, "series": made.series, "version": None, "state": DRAFT, "county": county,
        "title": made.title, "title_en": made.title_en, "kind": made.kind,
        "partition": made.partition, "classes": [list(c) for c in made.classes],
        "epsilon_by_level": {k: written(v) for k, v in made.epsilon_by_level.items()},
        "levels": list(made.levels), "not_offered": dict(made.not_offered),
        "epsilon": written(made.epsilon), "unit": made.unit, "data_version": made.data_version,
        "as_of": made.as_of, "source_class": made.source_class, "reason": reason,
        "licence": made.licence, "note": words(made.note), "made": now, "made_by": _name(who),
        "digest": digest_of(made.table, made.class_ids), "published": None, "published_by": "",
        "ended": None, "ended_by": "", "end_note": "",
    }  # fmt: skip


def _new_id(db: Session, made: Made) -> str:
    """Return the series with the year of the data, and a number from the second of it on."""
    base = made.series if made.as_of is None else f"{made.series}-{made.as_of.year}"
    taken = set(db.execute(select(Release.id).where(Release.id.startswith(base))).scalars())
    release, n = base, 1
    while release in taken:
        n += 1
        release = f"{base}-{n}"
    return release


def _store_figures(db: Session, made: Made, release: str) -> None:
    places = made.table[["code", "level", "name", "name_en", "parent"]].assign(
        position=range(len(made.table))
    )
    same: dict[str, object] = {"release_id": release}
    connection = db.connection()
    insert_frame(connection, _table(ReleasePlace), places, constant=same)
    for class_id in made.class_ids:
        figures = pd.DataFrame({"code": made.table["code"], "count": made.table[class_id]})
        insert_frame(
            connection, _table(ReleaseFigure), figures, constant={**same, "class_id": class_id}
        )
    if made.margins:
        rows = [
            {**same, "level": level, "class_id": class_id, "margin": int(margin)}
            for (level, class_id), margin in made.margins.items()
        ]
        db.execute(insert(ReleaseMargin), rows)


def _table(model: Any) -> Any:
    return model.__table__


# ---------------------------------------------------------------- afterwards


def publish(db: Session, release: str, *, who: Visitor | str) -> int:
    """Make a draft public as the next version of its series; commit, return the version."""
    with writing(db):
        row = _in_state(db, release, DRAFT)
        before = _newest(db, row)
        version = (before.version or 0) + 1 if before is not None else 1
        lines = _changes(before, row) if before is not None else ()
        for position, line in enumerate(lines):
            db.execute(
                insert(ReleaseChange).values(
                    release_id=release, position=position, template=line.template,
                    detail=dict(line.values),
                )
            )  # fmt: skip
        _step(
            db, release,
            state=PUBLISHED, version=version, published=utc_now(), published_by=_name(who),
        )  # fmt: skip
        detail = {"step": "published", "version": version, "from": row.source_class, "to": "公开",
                  "reason": row.reason, "digest": row.digest}  # fmt: skip
        _trace(db, who, release, row.source_class, detail)
    return version


def _changes(before: Release, row: Release) -> tuple[Change, ...]:
    """Return what differs; of a version that was taken back no figure is told again."""
    now = _figures(row)
    return changes_between(before, row, now if before.state == RETRACTED else _figures(before), now)


def discard(db: Session, release: str, *, who: Visitor | str) -> None:
    """Drop a draft; what it spent stays spent. Commits."""
    with writing(db):
        row = _in_state(db, release, DRAFT)
        _step(db, release, state=DISCARDED, ended=utc_now(), ended_by=_name(who))
        _trace(db, who, release, row.source_class, {"step": "discarded"})


def retract(db: Session, release: str, *, reason: str, who: Visitor | str) -> None:
    """Take a published version back, with a reason that stays public. Commits."""
    told = words(reason)
    if not told:
        raise InputError("Say why the figures are retracted.")
    with writing(db):
        row = _in_state(db, release, PUBLISHED)
        _step(db, release, state=RETRACTED, ended=utc_now(), ended_by=_name(who), end_note=told)
        _trace(db, who, release, row.source_class, {"step": "retracted", "reason": told})


_NOT_IN_STATE = {
    DRAFT: "{release} is not a draft.",
    PUBLISHED: "{release} is not published.",
}


def _in_state(db: Session, release: str, state: str) -> Release:
    query = select(Release).where(Release.id == release, Release.county == county_code(db))
    row = db.execute(query).scalar()
    if row is None:
        raise NoReleaseError("There is no release {release}.", release=release[:64])
    if row.state != state:
        raise InputError(_NOT_IN_STATE[state], release=release)
    return row


def _newest(db: Session, row: Release) -> Release | None:
    """Return the version before, whether it was retracted or not: its number is taken."""
    query = select(Release).where(Release.series == row.series, Release.version.is_not(None))
    return db.execute(query.order_by(Release.version.desc()).limit(1)).scalar()


def _figures(row: Release) -> pd.DataFrame:
    return table_of(row.id, tuple(c[0] for c in row.classes), row.digest)


def _step(db: Session, release: str, **values: Any) -> None:
    db.execute(update(Release).where(Release.id == release).values(**values))


def _trace(
    db: Session, who: Visitor | str, release: str, data_class: str, detail: Mapping[str, Any]
) -> None:
    """Leave an entry in the audit trail, in the same transaction: without it nothing happens."""
    audit.record(db, who, "release", f"release:{release}", data_class=data_class, detail=detail)


def _name(who: Visitor | str) -> str:
    return (who if isinstance(who, str) else who.name or who.account)[:80]


def words(given: str) -> str:
    """Return what somebody says about a release as it is written down."""
    told = " ".join(given.split())
    if len(told) > LONGEST_WORDS or not told.isprintable():
        raise InputError(
            "The text has {n} characters; expected at most {most}, all of them printable.",
            n=len(told), most=LONGEST_WORDS,
        )  # fmt: skip
    return told


def utc_now() -> dt.datetime:
    """Return the present moment in UTC, without zone and fractions of a second."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)


def drafts(db: Session) -> Sequence[str]:
    """Return the ids of drafts that wait to be published or discarded."""
    query = select(Release.id).where(Release.state == DRAFT, Release.county == county_code(db))
    return list(db.execute(query.order_by(Release.made)).scalars())

"""Exact figures that are public already: which months come next, and what a correction meets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cockpit.answers.release_store import county_code, table_of
from cockpit.release.again import Earlier
from cockpit.store import settled
from cockpit.store.models import Event
from cockpit.store.models_release import Release
from cockpit.store.session import require_table
from geodata.errors import InputError

EVENT_SERIES = "events-by-category"
APART = dt.timedelta(days=365)
"""Figures of two days closer than this are of the same things: a correction, not the next ones."""


def months_of(db: Session, *, today: dt.date | None = None) -> tuple[dt.date, dt.date]:
    """
    Return the twelve complete months of events to be released, from the first day up to the second.

    Months that were published are never cut anew: until twelve further ones are complete, it is
    the published ones, whose figures can be corrected. ``today``: the present day in UTC, if it is
    to be another.

    Raises
    ------
    InputError
        If there is no event.
    """
    newest = db.execute(select(func.max(Event.reported)).where(settled.counts(db))).scalar()
    if newest is None:
        raise InputError("The county has no events to release.")
    today = today or dt.datetime.now(dt.UTC).date()
    after = newest.date() + dt.timedelta(days=32 - newest.day)  # some day of the next month
    end = min(after.replace(day=1), today.replace(day=1))
    last = end - dt.timedelta(days=1)
    same = [one.as_of for one in _published(db, EVENT_SERIES, last) if one.as_of is not None]
    if same:
        end = max(same) + dt.timedelta(days=1)
    return _year_before(end), end


def _year_before(day: dt.date) -> dt.date:
    return (day - APART).replace(day=1) if day.day == 1 else day - APART


def _published(db: Session, series: str, day: dt.date | None) -> list[Release]:
    """Return every version ever published, retracted too, less than a year from a day."""
    require_table(db, Release.__tablename__)
    query = select(Release).where(
        Release.series == series, Release.county == county_code(db), Release.version.is_not(None)
    )
    rows = db.execute(query.order_by(Release.version.desc())).scalars()
    return [
        row for row in rows
        if row.as_of is None or day is None or abs(row.as_of - day) < APART
    ]  # fmt: skip


def ids(db: Session, series: str, day: dt.date | None) -> set[str]:
    """Return the ids of the public tables that figures without noise must be held against."""
    return {row.id for row in _published(db, series, day)}


def earlier(
    db: Session, series: str, day: dt.date | None, *, codes: Sequence[str], classes: Sequence[str],
    levels: tuple[str, ...],
) -> tuple[Earlier, ...]:  # fmt: skip
    """
    Return the public tables that a reader would hold beside a new one, in its rows and columns.

    Raises
    ------
    InputError
        If one has other levels, regions or classes: then each tells what the other hides.
    """
    found = []
    for row in _published(db, series, day):
        ids = tuple(c[0] for c in row.classes)
        table = table_of(row.id, ids, row.digest).set_index("code")
        alike = set(ids) == set(classes) and set(table.index) == set(codes)
        if not alike or tuple(row.levels) != levels:
            raise InputError(
                "{release} has figures of the same year with other levels, regions or classes. The "
                "two tables would fill each other's gaps.",
                release=row.id,
            )
        figures = table.loc[list(codes), list(classes)]
        shown = figures.fillna(0).to_numpy(dtype=np.int64)
        found.append(Earlier(row.id, shown, figures.isna().to_numpy(dtype=np.bool_)))
    return tuple(found)

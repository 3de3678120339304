"""What has been released: the only way to public figures that are not a public data set."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import pandas as pd
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cockpit.store.models import Meta
from cockpit.store.models_release import (
    Release,
    ReleaseChange,
    ReleaseFigure,
    ReleaseMargin,
    ReleasePlace,
)
from cockpit.store.session import StoreError, data_version, engine, require_table
from geodata.errors import CockpitError

NOISY, SUPPRESSED = "noisy", "suppressed"
FIGURES = "{class_title}, {place}: {now}, before {before}."
"""The line of changes that tells figures of two versions."""
DRAFT, PUBLISHED, RETRACTED, DISCARDED = "draft", "published", "retracted", "discarded"


class NoReleaseError(CockpitError):
    """There is no such release, or it is not public."""


class RetractedError(CockpitError):
    """The figures of a release were taken back."""


@dataclass(frozen=True)
class Change:
    """One line of what differs from the version before: a sentence in English and its values."""

    template: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Published:
    """
    One version of a public table.

    ``levels`` are those that are offered, the highest first. ``margins`` has, for noisy figures,
    the ± in ``unit`` within which 95 of 100 figures lie, by level and class id.
    """

    id: str
    series: str
    version: int
    title: str
    title_en: str
    kind: str  # noisy, suppressed
    partition: str
    classes: tuple[str, ...]  # ids
    class_titles: tuple[str, ...]  # msgids
    levels: tuple[str, ...]
    unit: str  # msgid
    as_of: dt.date | None
    published: dt.datetime  # UTC
    data_version: str
    epsilon: float  # in all; 0 for figures without noise
    licence: str
    note: str
    retracted: dt.datetime | None  # UTC
    retraction_note: str
    digest: str  # sha256 of the table, as ``digest_of`` has it
    reason: str = ""
    """Why the steward made these figures public."""
    not_offered: Mapping[str, str] = field(default_factory=dict)
    """Level to the reason (a msgid)."""
    epsilon_by_level: Mapping[str, float] = field(default_factory=dict)
    margins: Mapping[tuple[str, str], int] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()

    def table(self) -> pd.DataFrame:
        """
        Return the figures: code, level, name, name_en, parent and a column for each class id.

        One row a region of the levels offered, parents before children. Counts are ``Int64``; NA is
        a figure that is hidden.

        Raises
        ------
        RetractedError
            If the release was retracted.
        StoreError
            If the stored figures are not those that were released.
        """
        if self.retracted is not None:
            raise RetractedError("The figures of {release} were retracted.", release=self.id)
        return table_of(self.id, self.classes, self.digest).copy()


def published(*, retracted: bool = False) -> tuple[Published, ...]:
    """
    Return the newest version of each series that is not retracted, the newest first.

    With ``retracted`` the retracted versions follow: their notices stay.
    """
    found = _versions()
    newest: dict[str, Published] = {}
    for one in found:
        if one.retracted is None and one.series not in newest:
            newest[one.series] = one
    gone = [one for one in found if one.retracted is not None] if retracted else []
    return (*newest.values(), *gone)


def all_versions(series: str) -> tuple[Published, ...]:
    """Return every public version of a series, the newest first, retracted ones included."""
    found = [one for one in _versions() if one.series == series]
    return tuple(sorted(found, key=lambda one: -one.version))


def find(id: str) -> Published:  # noqa: A002 -- as it is called in addresses
    """
    Return one public release, also an old or a retracted one.

    Raises
    ------
    NoReleaseError
        If there is none of this id. A draft is none.
    """
    for one in _versions(id):
        return one
    raise NoReleaseError("There is no release {release}.", release=id[:64])


def _versions(only: str | None = None) -> list[Published]:
    query = select(Release).where(Release.version.is_not(None))
    if only is not None:
        query = query.where(Release.id == only)
    with Session(engine()) as db:
        return _read(
            db, query.order_by(Release.published.desc(), Release.version.desc(), Release.id)
        )


def _read(db: Session, query: Select[Release]) -> list[Published]:
    county = county_code(db)
    if not county:
        return []
    _bring_up(db)
    rows = list(db.execute(query.where(Release.county == county)).scalars())
    ids = [row.id for row in rows]
    margins: dict[str, dict[tuple[str, str], int]] = {}
    for m in _of(db, ReleaseMargin, ids):
        margins.setdefault(m.release_id, {})[m.level, m.class_id] = m.margin
    changes: dict[str, list[Change]] = {}
    silent = _silent(db, rows)
    for c in sorted(_of(db, ReleaseChange, ids), key=lambda c: int(c.position)):
        if not (c.release_id in silent and c.template == FIGURES):
            changes.setdefault(c.release_id, []).append(Change(c.template, c.detail))
    return [
        _published(row, margins.get(row.id, {}), tuple(changes.get(row.id, ()))) for row in rows
    ]


def _silent(db: Session, rows: Sequence[Release]) -> set[str]:
    """Return the versions that tell no figures of their own and before: one of both was retracted.

    Their lines were written when they were published, and stay written: they are left out here.
    """
    gone = {
        (series, version)
        for series, version in db.execute(
            select(Release.series, Release.version).where(Release.state == RETRACTED)
        )
    }
    return {
        row.id
        for row in rows
        if {(row.series, row.version), (row.series, (row.version or 0) - 1)} & gone
    }


def _bring_up(db: Session) -> None:
    """Make the tables of an older store, looked for once a process: every public page asks."""
    address = str(engine().url)
    if address not in _brought_up:
        require_table(db, Release.__tablename__)
        _brought_up.add(address)


_brought_up: set[str] = set()


def _of(db: Session, model: Any, ids: Sequence[str]) -> list[Any]:
    return list(db.execute(select(model).where(model.release_id.in_(ids))).scalars())


def _published(
    row: Release, margins: Mapping[tuple[str, str], int], changes: tuple[Change, ...]
) -> Published:
    if row.version is None or row.published is None:
        raise NoReleaseError("There is no release {release}.", release=row.id)
    return Published(
        id=row.id, series=row.series, version=row.version, title=row.title,
        title_en=row.title_en, kind=row.kind, partition=row.partition,
        classes=tuple(c[0] for c in row.classes), class_titles=tuple(c[1] for c in row.classes),
        levels=tuple(row.levels), unit=row.unit, as_of=row.as_of, published=row.published,
        data_version=row.data_version, epsilon=float(Fraction(row.epsilon)),
        licence=row.licence, note=row.note, retracted=row.ended, retraction_note=row.end_note,
        digest=row.digest, reason=row.reason, not_offered=dict(row.not_offered),
        epsilon_by_level={k: float(Fraction(v)) for k, v in row.epsilon_by_level.items()},
        margins=margins, changes=changes,
    )  # fmt: skip


def county_code(db: Session) -> str:
    """Return the code of the county that is loaded; "" for an empty or missing store."""
    if not data_version(db):
        return ""
    county = db.execute(select(Meta.value).where(Meta.key == "county")).scalar()
    return str((county or {}).get("code", ""))


# ---------------------------------------------------------------- figures


def table_of(release: str, classes: tuple[str, ...], digest: str) -> pd.DataFrame:
    """Return the stored figures of a release, a draft's too; see ``Published.table``."""
    return _kept_table(str(engine().url), release, classes, digest)


@lru_cache(maxsize=16)
def _kept_table(_store: str, release: str, classes: tuple[str, ...], digest: str) -> pd.DataFrame:
    """Read once a process: a release never changes, and is checked against its digest here."""
    with Session(engine()) as db:
        table = _stored_table(db, release, classes)
    if digest_of(table, classes) != digest:
        raise StoreError(
            "The stored figures of {release} are not those that were released.", release=release
        )
    return table


def forget() -> None:
    """Drop the kept tables: a test changed the store behind our back."""
    _kept_table.cache_clear()
    _brought_up.clear()


def _stored_table(db: Session, release: str, classes: Sequence[str]) -> pd.DataFrame:
    places = select(
        ReleasePlace.code, ReleasePlace.level, ReleasePlace.name, ReleasePlace.name_en,
        ReleasePlace.parent,
    )  # fmt: skip
    rows = db.execute(
        places.where(ReleasePlace.release_id == release).order_by(ReleasePlace.position)
    ).all()
    table = pd.DataFrame(rows, columns=["code", "level", "name", "name_en", "parent"])
    figures = db.execute(
        select(ReleaseFigure.code, ReleaseFigure.class_id, ReleaseFigure.count).where(
            ReleaseFigure.release_id == release
        )
    ).all()
    known = {(code, class_id): count for code, class_id, count in figures}
    for class_id in classes:
        column = [known.get((code, class_id)) for code in table["code"]]
        table[class_id] = pd.array(column, dtype="Int64")
    return table


def digest_of(table: pd.DataFrame, classes: Sequence[str]) -> str:
    """
    Return the sha256 of a table: lines of code, level and counts, the header first.

    Comma between, a line feed at each end, nothing for a hidden figure; names may be corrected
    elsewhere and are no part of it.
    """
    text = table[["code", "level", *classes]].to_csv(index=False, lineterminator="\n", na_rep="")
    return hashlib.sha256(text.encode()).hexdigest()

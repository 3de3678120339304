"""The county in plain figures: what was released of it, region by region, and what is new."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from cockpit.answers import release_budget, release_store
from cockpit.answers.release_store import Published
from cockpit.breaks import Breaks, classify
from cockpit.coverage.services import SERVICES
from cockpit.store.session import engine
from geodata.errors import InputError

CLASSES = 5
"""Colours of a map: as many as one can tell apart at a glance."""
EVERYBODY = "all"
"""Id of a release's classes together."""
WHOLES = (EVERYBODY, "total")
"""Ids of the class that is the sum of all others; tables without noise have one."""
EVERYBODY_TITLES = {"persons": "Everybody", "households": "All households"}
"""Title (a msgid) of the classes together, by unit."""
COVERED = "covered-"
"""Beginning of the partitions that tell how many people have a service within its standard."""
_AGES = ("age-5", "age-3", "age-18")
Happened = Literal["published", "changed", "retracted"]


@dataclass(frozen=True)
class Figure:
    """A released number of people; ``margin``: 95 of 100 such figures are that close to the truth.

    ``count`` is None where the figure is hidden or not offered, ``margin`` where nothing was added.
    """

    count: int | None
    margin: int | None = None

    @property
    def is_lost(self) -> bool:
        """Whether the margin is as large as the figure, so that no share can be told."""
        return self.count is not None and bool(self.margin) and (self.margin or 0) >= self.count

    def share_of(self, whole: Figure) -> float:
        """Return the figure over another, 0 to 1; NaN where one is missing, 0 or lost in noise."""
        if self.count is None or not whole.count or self.is_lost or whole.is_lost:
            return math.nan
        return min(1.0, self.count / whole.count)


NOTHING = Figure(None)


@dataclass(frozen=True)
class Told:
    """One class of a release with its figure."""

    id: str
    title: str  # msgid
    figure: Figure


@dataclass(frozen=True)
class Group:
    """
    A release's classes for one region: they part its people, so they sum to ``total``.

    ``parts`` never have the class that is the sum of the others: it is ``total``.
    """

    release: Published
    parts: tuple[Told, ...]
    total: Figure


@dataclass(frozen=True)
class News:
    """Something that happened to a release."""

    at: dt.datetime  # UTC
    what: Happened
    release: Published


@dataclass(frozen=True)
class OpenMap:
    """A released class over the regions of a level; ``order`` is from the most down."""

    release: Published
    class_id: str
    class_title: str  # msgid
    level: str
    codes: tuple[str, ...]
    names: tuple[tuple[str, str], ...]  # name and English name, "" without one
    values: NDArray[np.float64]  # persons; NaN: hidden
    margin: int | None
    breaks: Breaks
    order: NDArray[np.intp]
    county: Figure

    @property
    def hidden(self) -> int:
        """How many regions have no figure."""
        return int(np.isnan(self.values).sum())


def releases() -> tuple[Published, ...]:
    """Return what is published now, the newest version of each series."""
    return release_store.published()


def group_of(release: Published, code: str) -> Group | None:
    """Return a release's figures for a region; None when it says nothing about it."""
    table = release.table()
    found = table[table["code"] == code]
    if not len(found):
        return None
    level = str(found["level"].iat[0])
    parts = tuple(
        Told(class_id, title, _figure(release, found[class_id].iat[0], level, class_id))
        for class_id, title in zip(release.classes, release.class_titles, strict=True)
    )
    return Group(release, tuple(p for p in parts if p.id not in WHOLES), _total(parts))


def groups_of(found: Sequence[Published], code: str) -> list[Group]:
    """Return the figures of every release that speaks of a region."""
    groups = [group_of(release, code) for release in found]
    return [group for group in groups if group is not None]


def people_of(groups: Sequence[Group]) -> Group | None:
    """
    Return the group whose total is told as the region's people: that of everybody, else of ages.

    All releases part the same people; two noisy ones give two totals, and only one can be told.
    None when every group has a hidden part.
    """
    known = {
        g.release.partition: g
        for g in groups
        if g.total.count is not None and g.release.unit == "persons"
    }
    asked = ("people", *_AGES, *sorted(known))
    return next((known[name] for name in asked if name in known), None)


def open_map(release_id: str, class_id: str, level: str) -> OpenMap:
    """
    Return a released class over the regions of a level.

    Raises
    ------
    InputError
        If there is no such class or level in the release.
    NoReleaseError, RetractedError
        If there is no such release, or no longer.
    """
    release = release_store.find(release_id)
    if class_id not in map_classes(release) or level not in release.levels:
        raise InputError("This figure has not been released.")
    table = release.table()
    there = table[table["level"] == level]
    parts = _columns(release, class_id)
    values = np.sum([numbers(there[part]) for part in parts], axis=0)
    top = group_of(release, str(table["code"].iat[0]))
    return OpenMap(
        release,
        class_id,
        map_classes(release)[class_id],
        level,
        tuple(there["code"].astype(str)),
        tuple(zip(there["name"].astype(str), _texts(there["name_en"]), strict=True)),
        values,
        _together([release.margins.get((level, part)) for part in parts]),
        classify(values, "quantile", CLASSES),
        np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable"),
        NOTHING if top is None else _of_class(top, class_id),
    )


def map_classes(release: Published) -> dict[str, str]:
    """Return what can be mapped of a release: everybody first, then its classes with titles."""
    titles = zip(release.classes, release.class_titles, strict=True)
    parts = {class_id: title for class_id, title in titles if class_id not in WHOLES}
    return {EVERYBODY: EVERYBODY_TITLES.get(release.unit, "All"), **parts}


def _columns(release: Published, class_id: str) -> tuple[str, ...]:
    """Return the columns whose sum is a class: all, or the one that has the sum already."""
    if class_id != EVERYBODY:
        return (class_id,)
    wholes = tuple(one for one in release.classes if one in WHOLES)
    return wholes[:1] or release.classes


def map_levels(release: Published, public: Sequence[str]) -> tuple[str, ...]:
    """Return the levels of a release that have public borders, the highest first."""
    return tuple(level for level in release.levels if level in public)


def _of_class(group: Group, class_id: str) -> Figure:
    return next((part.figure for part in group.parts if part.id == class_id), group.total)


def news(most: int = 6) -> list[News]:
    """Return what was published, changed and retracted, the newest first."""
    found: list[News] = []
    series = {release.series for release in release_store.published(retracted=True)}
    for name in sorted(series):
        versions = release_store.all_versions(name)
        for one in _silenced(versions):
            what: Happened = "published" if one.version == 1 else "changed"
            found.append(News(one.published, what, one))
            if one.retracted is not None:
                found.append(News(one.retracted, "retracted", one))
    # Times are whole seconds: what follows from something else at the same one is newer.
    return sorted(found, key=lambda n: (n.at, n.what == "retracted", n.release.version))[::-1][
        :most
    ]


def _silenced(versions: Sequence[Published]) -> list[Published]:
    """
    Return versions that repeat no figure of a retracted one.

    What has changed tells figures of the version and of the one before: neither may be retracted.
    """
    gone = {one.version for one in versions if one.retracted is not None}
    return [
        replace(one, changes=(), note="" if one.version in gone else one.note)
        if gone & {one.version, one.version - 1}
        else one
        for one in versions
    ]


@dataclass(frozen=True)
class Spent:
    """How much of the year's privacy budget is used, 0 to 1, and of which year."""

    year: int
    share: float


def spent() -> Spent | None:
    """Return how much of this year's privacy budget is used; None where there is none to use."""
    now = dt.datetime.now(dt.UTC)
    with Session(engine()) as db:
        county = release_store.county_code(db)
        if not county:
            return None
        found = release_budget.budget_of(db, county, now=now)
    return Spent(found.year, float(found.spent / found.allowed)) if found.allowed else None


def numbers(column: pd.Series[int]) -> NDArray[np.float64]:
    """Return a column of a release as numbers; NaN where a figure is hidden."""
    found: NDArray[np.float64] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def ages_of(groups: Sequence[Group]) -> Group | None:
    """Return the group that tells ages in the fewest bands that still tell the old apart."""
    aged = {g.release.partition: g for g in groups if g.release.partition.startswith("age")}
    return next((aged[name] for name in (*_AGES, *sorted(aged)) if name in aged), None)


def covered_of(groups: Sequence[Group]) -> list[tuple[str, Group]]:
    """Return the services whose reach was released, with the people within and outside."""
    return [
        (group.release.partition.removeprefix(COVERED), group)
        for group in groups
        if group.release.partition.removeprefix(COVERED) in SERVICES
        and group.release.partition.startswith(COVERED)
    ]


def _texts(column: pd.Series[str]) -> list[str]:
    return [str(text or "") for text in column.fillna("")]


def _figure(release: Published, value: Any, level: str, class_id: str) -> Figure:
    if pd.isna(value):
        return NOTHING
    return Figure(int(value), release.margins.get((level, class_id)))


def _total(parts: Sequence[Told]) -> Figure:
    """
    Return the sum of parts; nothing when one of them is hidden.

    The noise of the parts was drawn for each by itself, so their margins add as squares do. That
    is a little too wide (a sum of many is more even than one), never too narrow.
    """
    whole = next((part.figure for part in parts if part.id in WHOLES), None)
    if whole is not None:
        return whole
    counts = [part.figure.count for part in parts]
    known = [count for count in counts if count is not None]
    if not parts or len(known) < len(counts):
        return NOTHING
    return Figure(sum(known), _together([part.figure.margin for part in parts]))


def _together(margins: Sequence[int | None]) -> int | None:
    known = [margin for margin in margins if margin is not None]
    return math.ceil(math.sqrt(sum(m * m for m in known))) if known else None

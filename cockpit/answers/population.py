"""What the page Population asks: one unit's ages, households, groups, parts and changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.twin import Twin
from cockpit.indicators import INDICATORS
from cockpit.population import (
    BANDS,
    AgeSex,
    Change,
    Households,
    age_sex,
    decompose,
    households,
    protect,
)
from cockpit.store.models import Dataset, Population, Region
from geodata.errors import InputError
from loaders.catalog import HOUSEHOLD_TYPES, POPULATION_KINDS, VULNERABLE_GROUPS

FIGURES = (
    "people",
    "change",
    "density",
    "age_0_14_share",
    "age_60_plus_share",
    "age_65_plus_share",
    "dependency",
    "sex_ratio",
    "registered",
    "presence",
    "floating",
    "floating_share",
    "households",
    "household_single_share",
)
"""Indicators that stand beside each other when units are compared, where the county has them."""


@dataclass(frozen=True)
class Place:
    """A region's code and names."""

    code: str
    level: str
    name: str
    name_en: str


@dataclass(frozen=True)
class GroupCount:
    """Persons of a group; ``persons`` is None where the count is hidden."""

    group: str
    persons: int | None
    few: bool = False  # hidden because it is small itself, not to protect a neighbour


@dataclass(frozen=True)
class Source:
    """A data set that a figure comes from."""

    id: str
    title: str
    title_en: str
    department: str
    as_of: dt.date | None
    data_class: str


@dataclass(frozen=True)
class Unit:
    """One region's people, as far as the visitor may see them."""

    place: Place
    ancestors: tuple[Place, ...]  # from the county down, the unit itself last
    people: dict[str, AgeSex]  # kind -> newest count
    dates: dict[str, dt.date]  # kind -> its date
    before: AgeSex | None = None  # usual residents at the earlier date
    date_before: dt.date | None = None
    households: Households | None = None
    groups: tuple[GroupCount, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)  # indicator -> value, NaN: not known
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Parts:
    """The regions right below a unit, each with the same figures; additive ones sum to the unit."""

    level: str
    places: tuple[Place, ...]
    figures: dict[str, NDArray[np.float64]]  # indicator -> value of each part
    groups: dict[str, tuple[GroupCount, ...]]  # group -> count of each part


@dataclass(frozen=True)
class Changes:
    """Change of the residents between two dates, split by part and, where known, by age."""

    date: dt.date
    date_before: dt.date
    by_part: Change | None
    parts: tuple[Place, ...]
    by_age: Change | None


def place_of(county: Twin, position: int) -> Place:
    """Return code and names of a row of the county."""
    row = county.regions.iloc[position]
    return Place(str(row["code"]), str(row["level"]), str(row["name"]), str(row["name_en"]))


def position_of(county: Twin, code: str) -> int:
    """Return the row of a region; ``InputError`` for a code the county does not have."""
    try:
        return county.position(code)
    except KeyError:
        raise InputError("The county has no region {code}.", code=code) from None


def unit_of(db: Session, county: Twin, code: str, *, visitor: str, small: int) -> Unit:
    """
    Return everything about the people of one region.

    Parameters
    ----------
    visitor
        Highest data class the visitor may see. Groups that need care are left out for 公开, masked
        below 敏感, and exact from there on.
    small
        Counts of these groups below this are hidden.

    Raises
    ------
    InputError
        If the region is unknown, or the residents are of a class above the visitor's.
    """
    at = position_of(county, code)
    _refuse_hidden(county, visitor)
    counts = _people(db, county.path(at))
    newest = {
        kind: county.dates[kind]
        for kind in POPULATION_KINDS
        if (kind, county.dates.get(kind)) in counts and may_see(visitor, _class_of(county, kind))
    }
    before = None
    if county.date_before is not None:
        before = counts.get(("usual", county.date_before))
    return Unit(
        place=place_of(county, at),
        ancestors=tuple(place_of(county, row) for row in county.ancestors(at)),
        people={kind: counts[kind, date] for kind, date in newest.items()},
        dates=newest,
        before=before,
        date_before=county.date_before if before is not None else None,
        households=_households(county, at, visitor),
        groups=tuple(
            counts_of[0] for counts_of in _groups(county, np.array([at]), visitor, small).values()
        ),
        figures={
            name: float(values[0])
            for name, values in _figures(county, np.array([at]), visitor).items()
        },
        sources=_sources(db, county, ("people", "households", *VULNERABLE_GROUPS), visitor),
    )


def parts_of(county: Twin, code: str, *, visitor: str, small: int) -> Parts | None:
    """Return the regions right below one with their figures; None for a leaf."""
    _refuse_hidden(county, visitor)
    rows = county.children(position_of(county, code))
    if not len(rows):
        return None
    places = tuple(place_of(county, int(row)) for row in rows)
    return Parts(
        level=places[0].level,
        places=places,
        figures=_figures(county, rows, visitor),
        groups=_groups(county, rows, visitor, small),
    )


def changes_of(county: Twin, unit: Unit) -> Changes | None:
    """
    Return how the residents changed since the earlier date; None without an earlier count.

    By part: the regions right below. By age: only where both counts know ages, and then with those
    of unknown age as a part of its own, so that the parts always sum to the whole change.
    """
    usual, before = unit.people.get("usual"), unit.before
    if usual is None or before is None or unit.date_before is None:
        return None
    rows = county.children(county.position(unit.place.code))
    now, then = county.measures["people"][rows], county.measures["people_before"][rows]
    neither = np.isnan(now) & np.isnan(then)
    rows, now, then = rows[~neither], now[~neither], then[~neither]
    places = tuple(place_of(county, int(row)) for row in rows)
    by_part = None
    # A part that only one of the counts knows has no change, and the parts no sum.
    if len(rows) and not (np.isnan(now) | np.isnan(then)).any():
        by_part = decompose(
            [place.code for place in places],
            np.rint(then).astype(np.int64).tolist(),
            np.rint(now).astype(np.int64).tolist(),
        )
    by_age = None
    if usual.has_ages and before.has_ages:
        by_age = decompose([*BANDS, "all"], _with_unknown(before), _with_unknown(usual))
    return Changes(unit.dates["usual"], unit.date_before, by_part, places, by_age)


def hidden_groups(county: Twin, *, small: int) -> dict[str, NDArray[np.bool_]]:
    """
    Return for each group the regions of the whole county whose count is not shown.

    Computed over the whole tree at once: whichever regions a page puts side by side, the same ones
    are hidden, so that two pages cannot be subtracted from each other. In a part of the county the
    same ones are hidden as in the whole.
    """
    if county.whole is not None:
        hidden = hidden_groups(county.whole, small=small)
        return {
            group: dark[county.whole_rows]
            for group, dark in hidden.items()
            if not np.isnan(county.measures[group][0])
        }
    parent = county.regions["parent"].to_numpy(dtype=np.intp)
    return {
        group: protect(_counts(county, group), parent, small=small)
        for group in VULNERABLE_GROUPS
        if not np.isnan(county.measures[group][0])
    }


def _counts(county: Twin, group: str) -> NDArray[np.int64]:
    """Return a group's persons in every region; where nobody has counted, none add to a sum."""
    return np.rint(np.nan_to_num(county.measures[group])).astype(np.int64)


def _refuse_hidden(county: Twin, visitor: str) -> None:
    if not may_see(visitor, county.classes["people"]):
        raise InputError(
            "The residents are of class {data_class}; you may see {visitor}.",
            data_class=county.classes["people"],
            visitor=visitor,
        )


def _class_of(county: Twin, kind: str) -> str:
    return county.classes["people" if kind == "usual" else kind]


def _with_unknown(people: AgeSex) -> list[int]:
    return [*people.ages.tolist(), people.total - int(people.ages.sum())]


def _people(db: Session, path: str) -> dict[tuple[str, dt.date], AgeSex]:
    """Return the counts of every kind and date under a path, summed over its leaves."""
    query = (
        select(
            Population.kind,
            Population.date,
            Population.sex,
            Population.age_band,
            func.sum(Population.persons),
        )
        .join(Region, Region.code == Population.region_code)
        .where(Region.is_leaf, Region.path.startswith(path, autoescape=True))
        .group_by(Population.kind, Population.date, Population.sex, Population.age_band)
    )
    rows: dict[tuple[str, dt.date], list[Any]] = {}
    for kind, date, *rest in db.execute(query):
        rows.setdefault((kind, date), []).append(rest)
    return {
        key: age_sex([r[0] for r in found], [r[1] for r in found], [int(r[2]) for r in found])
        for key, found in rows.items()
    }


def _households(county: Twin, at: int, visitor: str) -> Households | None:
    names = [f"household_{kind}" for kind in HOUSEHOLD_TYPES]
    counts = [float(county.measures[name][at]) for name in names]
    people = float(county.measures["people"][at])
    if np.isnan([*counts, people]).any() or not may_see(visitor, county.classes["households"]):
        return None
    return households([round(count) for count in counts], round(people))


def _figures(county: Twin, rows: NDArray[np.intp], visitor: str) -> dict[str, NDArray[np.float64]]:
    return {
        name: county.values(INDICATORS[name], rows)
        for name in FIGURES
        if county.known(INDICATORS[name]) and may_see(visitor, county.class_of(INDICATORS[name]))
    }


def _groups(
    county: Twin, rows: NDArray[np.intp], visitor: str, small: int
) -> dict[str, tuple[GroupCount, ...]]:
    if visitor == "公开":
        return {}
    exact = may_see(visitor, "敏感")
    found = {}
    for group, hidden in hidden_groups(county, small=0 if exact else small).items():
        # A data set above 敏感 stays hidden from those who may see 敏感 only, masks or not.
        if county.classes[group] == "秘密" and not may_see(visitor, "秘密"):
            continue
        unknown = np.isnan(county.measures[group][rows])
        found[group] = tuple(
            GroupCount(
                group,
                None if dark or nobody else int(count),
                few=bool(dark and not nobody and count < small),
            )
            for count, dark, nobody in zip(
                _counts(county, group)[rows], hidden[rows], unknown, strict=True
            )
        )
    return found


def _sources(
    db: Session, county: Twin, measures: Sequence[str], visitor: str
) -> tuple[Source, ...]:
    ids = {dataset for measure in measures for dataset in county.sources[measure]}
    query = select(
        Dataset.id,
        Dataset.title,
        Dataset.title_en,
        Dataset.department,
        Dataset.as_of,
        Dataset.data_class,
        Dataset.kind,
    )
    return tuple(
        Source(*row[:-1])
        for row in db.execute(query.where(Dataset.id.in_(ids)).order_by(Dataset.position))
        if visitor != "公开" or row[-1] != "vulnerable"
    )

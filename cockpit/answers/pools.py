"""The four pools 人·房·事·组织: what happened at a building, who lives there, and tags by rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from cockpit.access.classes import highest, may_see
from cockpit.answers.data import require_work
from cockpit.pools import POOLS, marked, rule
from cockpit.store.models import Building, Dataset, Event, Organisation, Person, Region, Tag
from cockpit.store.sealed import Opener
from geodata.errors import InputError

HITS = 50
"""Buildings listed for one search."""


@dataclass(frozen=True)
class PoolSize:
    """How many rows a pool has, and how many of them are linked to a building."""

    pool: str
    rows: int
    at_buildings: int


@dataclass(frozen=True)
class BuildingHit:
    """A building found by a search."""

    id: str
    use: str
    region_code: str | None
    region_name: str
    region_name_en: str


@dataclass(frozen=True)
class Resident:
    """A registered person; only for visitors who may see the registers' class."""

    masked: str  # first 6 and last 4 of the identity number
    sex: str | None
    age: int | None
    household: str | None
    status: str | None


@dataclass(frozen=True)
class BuildingStory:
    """Who lives in a building and what happened there, as far as the visitor may see it."""

    building: BuildingHit
    levels: float | None
    dwellings: float | None
    lon: float
    lat: float
    n_residents: int | None  # None: fewer than the smallest count shown
    residents: tuple[Resident, ...]  # empty below the registers' class
    events: tuple[tuple[dt.datetime, str, str, str], ...]  # reported, category, status, text
    organisations: tuple[tuple[str, str, float | None], ...]  # name, kind, employees


@dataclass(frozen=True)
class TagCount:
    """A tag and how many rows of its pool it marks now; None: above the visitor's class."""

    id: str
    pool: str
    title: str
    title_en: str
    rule: tuple[tuple[str, str, Any], ...]
    marked: int | None
    of: int


def pool_sizes(db: Session) -> tuple[PoolSize, ...]:
    """Return the four pools with their rows and their links."""
    found = []
    for pool, table, link in (
        ("person", Person, Person.building_id),
        ("building", Building, Building.id),
        ("event", Event, Event.building_id),
        ("organisation", Organisation, Organisation.building_id),
    ):
        rows, linked = db.execute(select(func.count(), func.count(link)).select_from(table)).one()
        found.append(PoolSize(pool, int(rows), int(linked)))
    return tuple(found)


def find_buildings(db: Session, text: str) -> tuple[BuildingHit, ...]:
    """Return at most ``HITS`` buildings by number, use, region's code or region's name."""
    wanted = text.strip()
    query = select(Building, Region).outerjoin(Region, Region.code == Building.region_code)
    if wanted:
        query = query.where(
            or_(
                Building.id.startswith(wanted, autoescape=True),
                Building.use.contains(wanted, autoescape=True),
                Building.region_code.startswith(wanted, autoescape=True),
                Region.name.contains(wanted, autoescape=True),
            )
        )
    rows = db.execute(query.order_by(Building.id).limit(HITS))
    return tuple(_hit(building, region) for building, region in rows)


def _hit(building: Building, region: Region | None) -> BuildingHit:
    return BuildingHit(
        building.id,
        building.use,
        building.region_code,
        region.name if region else "",
        region.name_en if region else "",
    )


def building_story(
    db: Session, building_id: str, *, today: dt.date, visitor: str, small: int
) -> BuildingStory:
    """
    Return who lives in a building, what happened there, and which organisations are in it.

    Persons one by one, with masked numbers, only for visitors who may see the class of the
    registers; the words of events for those who may see 敏感. Others get the number of residents
    when it is not below ``small``. An unknown building raises ``InputError``.
    """
    require_work(visitor)
    found = db.execute(
        select(Building, Region)
        .outerjoin(Region, Region.code == Building.region_code)
        .where(Building.id == building_id)
    ).first()
    if found is None:
        raise InputError("There is no building {building}.", building=building_id)
    building, region = found
    sensitive = may_see(visitor, persons_class(db))
    words = may_see(visitor, "敏感")
    persons = list(
        db.execute(
            select(Person)
            .where(Person.building_id == building_id)
            .order_by(Person.household, Person.key)
        ).scalars()
    )
    # A person who stands in two registers lives here once.
    once = list({person.key: person for person in persons}.values())
    happened = list(
        db.execute(
            select(Event).where(Event.building_id == building_id).order_by(Event.reported.desc())
        ).scalars()
    )
    return BuildingStory(
        building=_hit(building, region),
        levels=building.levels,
        dwellings=building.dwellings,
        lon=building.lon,
        lat=building.lat,
        n_residents=len(once) if sensitive or len(once) >= small else None,
        residents=_residents(db, once, today) if sensitive else (),
        events=tuple(
            (event.reported, event.category, event.status, text)
            for event, text in zip(happened, _words(db, happened, words), strict=True)
        ),
        organisations=tuple(
            (org.name, org.kind, org.employees)
            for org in db.execute(
                select(Organisation)
                .where(Organisation.building_id == building_id)
                .order_by(Organisation.name)
            ).scalars()
        ),
    )


def persons_class(db: Session) -> str:
    """Return the class of single persons: 敏感, or a higher one that a register has."""
    registers = select(Dataset.data_class).where(Dataset.kind == "persons")
    return highest(("敏感", *db.execute(registers).scalars()))


def _words(db: Session, events: Sequence[Event], shown: bool) -> list[str]:
    """Return what was said of events, "" where it is not to be shown."""
    if not shown:
        return [""] * len(events)
    texts = Opener(db).texts("event", "text", (e.id for e in events), (e.text for e in events))
    return [text or "" for text in texts]


def _residents(db: Session, persons: Sequence[Person], today: dt.date) -> tuple[Resident, ...]:
    """Return persons by household and then by birth, the eldest first."""
    opener = Opener(db)
    keys = [(p.dataset_id, p.key) for p in persons]
    masked = opener.texts("person", "masked", keys, (p.masked for p in persons))
    births = opener.days("person", "birth", keys, (p.birth for p in persons))
    order = sorted(
        range(len(persons)),
        # As a database sorts: who has no household or no date comes first.
        key=lambda k: (persons[k].household or "", births[k] or dt.date.min, persons[k].key),
    )
    return tuple(
        Resident(
            masked[k] or "", persons[k].sex, _age(births[k], today), persons[k].household,
            persons[k].status,
        )
        for k in order
    )  # fmt: skip


def _age(birth: dt.date | None, today: dt.date) -> int | None:
    if birth is None:
        return None
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def tags(db: Session, *, today: dt.date, visitor: str) -> tuple[TagCount, ...]:
    """Return every tag with the number of rows it marks now; a changed rule marks others."""
    require_work(visitor)
    stored = list(db.execute(select(Tag).order_by(Tag.pool, Tag.id)).scalars())
    tables = {pool: pool_table(db, pool, today) for pool in {tag.pool for tag in stored}}
    return tuple(_counted(db, tag, tables[tag.pool], visitor) for tag in stored)


def _counted(db: Session, tag: Tag, table: pd.DataFrame, visitor: str) -> TagCount:
    n = int(marked(table, rule(tag.pool, tag.rule)).sum())
    # Two rules a hair apart would tell one person by their difference, however large the counts.
    hide = _of_persons(tag) and not may_see(visitor, persons_class(db))
    return TagCount(
        tag.id,
        tag.pool,
        tag.title,
        tag.title_en,
        tuple((str(c), str(o), v) for c, o, v in tag.rule),
        None if hide else n,
        len(table),
    )


def _of_persons(tag: Tag) -> bool:
    """Tell whether a rule counts persons, or things by the persons in them."""
    return tag.pool == "person" or any(column == "residents" for column, *_ in tag.rule)


def count_marked(
    db: Session,
    pool: str,
    parts: Sequence[Sequence[Any]],
    *,
    today: dt.date,
    visitor: str,
) -> int | None:
    """Return how many rows a rule would mark, None above the visitor's class; store nothing."""
    require_work(visitor)
    tag = Tag(id="", pool=pool, title="", title_en="", rule=[list(part) for part in parts])
    rule(pool, parts)  # refuses an unknown pool before its table is asked for
    return _counted(db, tag, pool_table(db, pool, today), visitor).marked


def save_tag(
    db: Session,
    tag_id: str,
    pool: str,
    title: str,
    parts: Sequence[Sequence[Any]],
    *,
    visitor: str,
    title_en: str = "",
) -> None:
    """Store a tag under its id, new or changed, and commit; ``InputError`` for a wrong rule."""
    require_work(visitor)
    rule(pool, parts)
    if not (0 < len(tag_id) <= 48 and tag_id.isidentifier() and tag_id.isascii()) or not title:
        raise InputError("A tag needs a title and an id of letters, digits and _.")
    db.merge(
        Tag(
            id=tag_id,
            pool=pool,
            title=title,
            title_en=title_en,
            rule=[list(part) for part in parts],
        )
    )
    db.commit()


def delete_tag(db: Session, tag_id: str, *, visitor: str) -> None:
    """Delete a tag and commit; nothing happens when there is none."""
    require_work(visitor)
    if (tag := db.get(Tag, tag_id)) is not None:
        db.delete(tag)
        db.commit()


def pool_table(db: Session, pool: str, today: dt.date) -> pd.DataFrame:
    """Return a pool as a table with the columns its rules may use; exact, for computing only."""
    if pool not in POOLS:
        raise InputError("There is no pool {pool}.", pool=pool)
    makers = {
        "person": _persons,
        "building": _buildings,
        "event": _events,
        "organisation": _organisations,
    }
    return makers[pool](db, today)


def _persons(db: Session, today: dt.date) -> pd.DataFrame:
    columns = ("sex", "status", "region_code", "birth", "dataset_id", "household", "building_id")
    table = _read(db, Person, *columns, "key")
    keys = zip(table["dataset_id"], table.pop("key"), strict=True)
    days = Opener(db).days("person", "birth", keys, table["birth"])
    birth = pd.Series(pd.to_datetime(days), index=table.index)
    table["birth"] = pd.Series(days, index=table.index, dtype=object)
    years = today.year - birth.dt.year
    not_yet = (birth.dt.month > today.month) | (
        (birth.dt.month == today.month) & (birth.dt.day > today.day)
    )
    table["age"] = years - not_yet
    homes = table.groupby(["dataset_id", "household"])["sex"]
    table["in_household"] = homes.transform("size").where(table["household"].notna())
    shared = table.groupby(["dataset_id", "building_id"])["sex"]
    table["in_building"] = shared.transform("size").where(table["building_id"].notna())
    return table


def _buildings(db: Session, _today: dt.date) -> pd.DataFrame:
    table = _read(db, Building, "id", "use", "levels", "footprint_m2", "dwellings", "region_code")
    registers = (
        select(Person.building_id, func.count(func.distinct(Person.key)))
        .join(Dataset, Dataset.id == Person.dataset_id)
        .where(Person.building_id.is_not(None))
        .group_by(Person.building_id)
    )
    table["residents"] = table["id"].map(dict(db.execute(registers).all())).fillna(0)
    for name, other in (("events", Event), ("organisations", Organisation)):
        query = (
            select(other.building_id, func.count())
            .where(other.building_id.is_not(None))
            .group_by(other.building_id)
        )
        table[name] = table["id"].map(dict(db.execute(query).all())).fillna(0)
    return table


def _events(db: Session, today: dt.date) -> pd.DataFrame:
    table = _read(db, Event, "category", "channel", "status", "region_code", "reported", "closed")
    until = pd.to_datetime(table["closed"]).fillna(pd.Timestamp(today))
    table["days_open"] = (until - pd.to_datetime(table["reported"])) / np.timedelta64(1, "D")
    return table


def _organisations(db: Session, _today: dt.date) -> pd.DataFrame:
    return _read(db, Organisation, "kind", "employees", "region_code")


def _read(db: Session, table: Any, *columns: str) -> pd.DataFrame:
    rows = db.execute(select(*(getattr(table, column) for column in columns))).all()
    return pd.DataFrame(rows, columns=list(columns), dtype=object)

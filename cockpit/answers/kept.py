"""How the store keeps each measure: in which table, what is added up, under which conditions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, select, true
from sqlalchemy.orm import Session

from cockpit.answers.twin import Twin
from cockpit.indicators import AGE_GROUPS, MEASURES
from cockpit.store import settled
from cockpit.store.models import (
    Building,
    Event,
    Facility,
    Household,
    Organisation,
    Population,
    Region,
    Vulnerable,
)
from geodata.errors import InputError
from loaders.catalog import HOUSEHOLD_TYPES, VULNERABLE_GROUPS


@dataclass(frozen=True)
class Kept:
    """A measure as rows of one table; mirrors what ``answers.twin`` adds up."""

    table: Any
    value: Any  # what is added up
    where: ColumnElement[bool]  # the measure's rows
    series: ColumnElement[bool]  # same date and kind: finer counts of it replace coarser ones
    what: tuple[Any, ...]  # columns that name a row
    column: str = ""  # standard column of the value; "": rows are counted

    @property
    def counted(self) -> bool:
        """True for counts by region, which may be moved to the leaves."""
        return self.table in (Population, Household, Vulnerable)

    @property
    def region(self) -> Any:
        """The column that says where a row counts."""
        return self.table.code if self.table is Region else self.table.region_code


def kept(db: Session, county: Twin, measure: str) -> Kept:
    """Return how a measure is kept; ``InputError`` for an unknown one."""
    if measure not in MEASURES:
        raise InputError("The county has no figure {indicator}.", indicator=measure)
    if measure in VULNERABLE_GROUPS:
        newest = Vulnerable.date == county.dates.get("vulnerable")
        where = and_(newest, Vulnerable.group == measure)
        return Kept(Vulnerable, Vulnerable.persons, where, where, (Vulnerable.group,), "persons")
    if measure == "households" or measure.startswith("household_"):
        return _households(county, measure)
    if measure.startswith("facilit") or measure in ("capacity_care", "beds_hospital"):
        return _facilities(measure)
    if measure == "events":
        where = _last_year(db)
        return Kept(Event, literal(1), where, where, (Event.category,))
    if measure == "events_open":
        still = settled.still_open(db)
        return Kept(Event, literal(1), still, still, (Event.category,))
    whole: dict[str, Kept] = {
        "buildings": Kept(Building, literal(1), true(), true(), (Building.use,)),
        "organisations": Kept(Organisation, literal(1), true(), true(), (Organisation.kind,)),
        "area_km2": Kept(Region, Region.area_km2, true(), true(), (Region.name,)),
    }
    return whole.get(measure) or _people(county, measure)


def _households(county: Twin, measure: str) -> Kept:
    newest = Household.date == county.dates.get("households")
    kinds = HOUSEHOLD_TYPES if measure == "households" else (measure.removeprefix("household_"),)
    where = and_(newest, Household.type.in_(kinds))
    return Kept(Household, Household.households, where, newest, (Household.type,), "households")


def _people(county: Twin, measure: str) -> Kept:
    kind = measure if measure in ("registered", "floating") else "usual"
    date = county.date_before if measure == "people_before" else county.dates.get(kind)
    series = and_(Population.kind == kind, Population.date == date)
    extra: ColumnElement[bool] = true()
    if measure in ("male", "female"):
        extra = Population.sex == measure[0]
    elif measure == "people_aged":
        extra = Population.age_band != "all"
    elif measure in AGE_GROUPS:
        extra = Population.age_band.in_(AGE_GROUPS[measure])
    return Kept(
        Population,
        Population.persons,
        and_(series, extra),
        series,
        (Population.sex, Population.age_band),
        "persons",
    )


def _facilities(measure: str) -> Kept:
    what = (Facility.kind, Facility.name)
    if measure == "facilities":
        return Kept(Facility, literal(1), true(), true(), what)
    if measure.startswith("facility_"):
        kind = Facility.kind == measure.removeprefix("facility_")
        return Kept(Facility, literal(1), kind, kind, what)
    kinds = ("care_home",) if measure == "capacity_care" else ("hospital", "health_centre")
    where = Facility.kind.in_(kinds)
    return Kept(Facility, func.coalesce(Facility.capacity, 0), where, where, what, "capacity")


def _last_year(db: Session) -> ColumnElement[bool]:
    newest = db.execute(select(func.max(Event.reported))).scalar()
    return true() if newest is None else Event.reported > newest - dt.timedelta(days=365)

"""A village for those who live there: the nearest services, how far, and which rule is kept."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.answers.coverage_check import standards_of
from cockpit.answers.open_county_places import PUBLIC, OpenPlaces, lowest_named
from cockpit.answers.reach import Reach, minutes, reach_for
from cockpit.answers.twin import Twin
from cockpit.coverage.nearest import at_most, minutes_of
from cockpit.coverage.services import SERVICES, Service
from cockpit.coverage.standards import Standard
from cockpit.indicators import MEASURES
from cockpit.settings import settings
from cockpit.store.models import Dataset
from cockpit.store.session import engine

ASKED = (
    "medical", "hospital", "pharmacy", "kindergarten", "primary_school", "junior_school",
    "day_care", "care_home", "village_service", "market", "bus_station", "ambulance", "fire",
    "shelter",
)  # fmt: skip
"""Services of the page, in the order of a life's needs; those without a facility are left out."""

LONG_WALK = 60.0
"""Minutes on foot beyond which the way by car is told, too."""


@dataclass(frozen=True)
class Rule:
    """
    A standard as it stands for one village; ``found`` is in the unit of ``standard``.

    ``instead``: minutes by the standard's second limit, where only that one is kept; else NaN.
    """

    standard: Standard
    found: float  # minutes or metres to the nearest; inf: no way there
    met: bool
    instead: float = math.nan


@dataclass(frozen=True)
class Way:
    """The way from the middle of a village to the nearest facility of a service, or from it."""

    service: Service
    facility: str  # name; "" when none can be reached
    minutes: float  # inf when none can be reached
    rule: Rule | None  # the standard for this service here; None: there is none
    here: bool  # the facility stands in the village
    by_car: float  # minutes by car, told where the way on foot is long; else NaN


@dataclass(frozen=True)
class Village:
    """What can be said of a village without a figure of its people."""

    code: str
    name: str
    name_en: str
    township: tuple[str, str]  # name and English name; empty without one
    middle: tuple[float, float]  # degrees
    town: bool
    ways: tuple[Way, ...]
    lacking: tuple[str, ...]  # why times cannot be told: "facilities", "roads", "place"

    @property
    def kept(self) -> int:
        """How many standards are kept."""
        return sum(way.rule.met for way in self.ways if way.rule is not None)

    @property
    def judged(self) -> int:
        """How many standards there are to keep."""
        return sum(way.rule is not None for way in self.ways)


_lock = threading.Lock()
_kept: dict[tuple[str, str], Reach] = {}


def village(places: OpenPlaces, row: int) -> Village:
    """
    Return what is public of a village: a row of ``places.regions``.

    Times are those of the coverage answers, from the middle of the village's area. Without public
    facilities or roads, or a village without an area, there are none, and ``lacking`` says why.
    """
    region = places.regions.iloc[row]
    lacking = [
        name
        for name, there in (
            ("facilities", len(places.facilities) > 0),
            ("roads", places.has_roads),
            ("place", not math.isnan(region["lon"])),
        )
        if not there
    ]
    reach = None if lacking else open_reach(places)
    cell = -1 if reach is None else _cell(reach, str(region["code"]))
    town = reach is not None and bool(reach.town[cell])
    return Village(
        str(region["code"]),
        str(region["name"]),
        str(region["name_en"] or ""),
        _township(places, str(region["path"])),
        (float(region["lon"]), float(region["lat"])),
        town,
        () if reach is None else _ways(places, reach, cell, str(region["path"])),
        tuple(lacking),
    )


def open_reach(places: OpenPlaces) -> Reach:
    """
    Return the travel times of the public places: from the middles of the villages.

    It is the machinery of the page Coverage, with a county that has villages for cells, no figure
    of people, and only the facilities and roads of class 公开.
    """
    key = (str(engine().url), places.version)
    with _lock, Session(engine()) as db:
        if key not in _kept:
            allowed = db.execute(select(Dataset.id).where(Dataset.data_class == PUBLIC))
            made = reach_for(
                _peopleless(places),
                db,
                allowed=list(allowed.scalars()),
                keep=settings().data_folder / "cache",
            )
            _kept.clear()
            _kept[key] = made
        return _kept[key]


def forget() -> None:
    """Drop what is kept: a test changed the store behind our back."""
    with _lock:
        _kept.clear()


def _peopleless(places: OpenPlaces) -> Twin:
    """Return a county down to its villages in which nobody has been counted."""
    lowest = lowest_named(places)
    levels = ("county", "township", "village")
    kept = places.regions["level"].isin(levels[: levels.index(lowest) + 1])
    regions = places.regions[kept].reset_index(drop=True)
    row_of = {code: row for row, code in enumerate(regions["code"])}
    regions["is_leaf"] = regions["level"] == lowest
    above = regions["path"].str.split("/").str[-3]
    regions["parent"] = [row_of.get(code, -1) for code in above]
    regions.attrs["rows"] = row_of
    nobody = {measure: np.full(len(regions), np.nan) for measure in MEASURES}
    return Twin(places.version, places.county, regions, nobody, None, None, {}, {})


def _cell(reach: Reach, code: str) -> int:
    return int(np.flatnonzero(reach.codes == code)[0])


def _township(places: OpenPlaces, path: str) -> tuple[str, str]:
    above = path.strip("/").split("/")[:-1]
    row = places.row(above[-1]) if len(above) > 1 else None
    if row is None:
        return "", ""
    region = places.regions.iloc[row]
    return str(region["name"]), str(region["name_en"] or "")


def _ways(places: OpenPlaces, reach: Reach, cell: int, path: str) -> tuple[Way, ...]:
    standards = standards_of(reach)
    there = set(reach.facilities["kind"])
    asked = [SERVICES[name] for name in ASKED if there & set(SERVICES[name].kinds)]
    return tuple(_way(places, reach, cell, path, service, standards) for service in asked)


def _way(
    places: OpenPlaces,
    reach: Reach,
    cell: int,
    path: str,
    service: Service,
    standards: Mapping[str, Standard],
) -> Way:
    rows = reach.of_kinds(service.kinds)
    times = minutes_of(reach.seconds(service.kinds, service.mode, service.towards)[cell])
    best = int(np.argmin(times))
    reached = bool(np.isfinite(times[best]))
    nearest = reach.facilities.iloc[rows[best]]
    inside = _inside(places, str(nearest["region_code"] or ""), path)
    return Way(
        service,
        str(nearest["name"]) if reached else "",
        float(times[best]),
        _rule(reach, cell, service, standards),
        reached and inside,
        _by_car(reach, cell, service, float(times[best])),
    )


def _by_car(reach: Reach, cell: int, service: Service, on_foot: float) -> float:
    """Return minutes by car to the nearest facility, where nobody would walk; else NaN."""
    if service.mode not in ("walk", "older") or on_foot <= LONG_WALK:
        return math.nan
    return float(minutes(reach.nearest_seconds(service.kinds, "car", service.towards))[cell])


def _inside(places: OpenPlaces, code: str, path: str) -> bool:
    row = places.row(code)
    return row is not None and str(places.regions["path"].iat[row]).startswith(path)


def _rule(
    reach: Reach, cell: int, service: Service, standards: Mapping[str, Standard]
) -> Rule | None:
    """Return the first standard of the list that asks for this one service here."""
    here = "town" if reach.town[cell] else "country"
    for standard in standards.values():
        fits = standard.service == service.id and not standard.also
        if fits and standard.rule in ("minutes", "metres") and standard.where in ("all", here):
            return _judged(reach, cell, standard)
    return None


def _judged(reach: Reach, cell: int, standard: Standard) -> Rule:
    service = SERVICES[standard.service]
    metres = standard.rule == "metres"
    sweep = reach.nearest_seconds(
        service.kinds, standard.mode, service.towards, cost="length" if metres else "time"
    )
    if metres:
        found = float(_metres(sweep[cell]))
        met = found <= standard.limit
    else:
        times = minutes(sweep)
        found = float(times[cell])
        met = bool(at_most(times[cell : cell + 1], standard.limit)[0])
    instead = math.nan if met else _other_way(reach, cell, standard)
    return Rule(standard, found, met or math.isfinite(instead), instead)


def _other_way(reach: Reach, cell: int, standard: Standard) -> float:
    """Return the minutes by which a standard's second limit is kept; NaN where it is not."""
    if standard.or_minutes is None:
        return math.nan
    service = SERVICES[standard.or_service or standard.service]
    mode = standard.or_mode or standard.mode
    times = minutes(reach.nearest_seconds(service.kinds, mode, service.towards))
    kept = at_most(times[cell : cell + 1], standard.or_minutes)[0]
    return float(times[cell]) if kept else math.nan


def _metres(length: np.unsignedinteger[Any]) -> float:
    """Return metres; inf where the engine wrote that there is no way."""
    nothing = np.array(-1).astype(length.dtype)
    return math.inf if length == nothing else float(length)

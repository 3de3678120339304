"""What the page Map asks: a unit, its parts by an indicator, and the figures around them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import CLASSES, may_see
from cockpit.answers.layers import layer_scale
from cockpit.answers.overlays import feature_layers
from cockpit.answers.relief import relief_bounds, relief_file
from cockpit.answers.small_counts import hidden_counts
from cockpit.answers.twin import LEVELS, Twin
from cockpit.breaks import Breaks, Scheme, classify
from cockpit.indicators import INDICATORS, MEASURES, Indicator
from cockpit.store.models import Building, Dataset, Facility, Region, RoadEdge
from geodata.errors import InputError

RANKED = 10
"""Bars of the ranking."""

FEW_CASES = 30
"""
Persons (or households) below which a share or rate is marked as resting on few cases.

One person more or less among 30 moves a share by more than three points, and the usual 95 %
interval of a share of one half is then wider than plus or minus 18 points.
"""
FEW_CHOICES = (0, 10, 30, 100)
"""What a visitor may set instead; 0 marks nothing."""


@dataclass(frozen=True)
class MapAnswer:
    """
    The regions of one level in a unit, with an indicator.

    ``rows`` are rows of the county's table, ``values`` follows them (NaN: none or masked) and
    ``order`` lists places in ``rows`` from the largest value down, those without value last.
    """

    indicator: Indicator
    unit: int
    level: str
    rows: NDArray[np.intp]
    values: NDArray[np.float64]
    masked: NDArray[np.bool_]  # counts of a sensitive group that are not shown
    breaks: Breaks
    order: NDArray[np.intp]
    total: float  # the indicator of the unit itself
    cases: NDArray[np.float64] | None = None  # how many each figure rests on; None: it is a count

    def few(self, below: int) -> NDArray[np.bool_]:
        """
        Tell which figures rest on fewer than ``below`` cases, by place in ``rows``.

        A region without a figure rests on nothing and is not among them, nor is a plain count: it
        is as sure in a small region as in a large one.
        """
        if self.cases is None:
            return np.zeros(len(self.rows), dtype=bool)
        few: NDArray[np.bool_] = ~np.isnan(self.values) & (self.cases < below)
        return few

    @property
    def best(self) -> int | None:
        """Row with the largest value; None when there is no value."""
        return int(self.rows[self.order[0]]) if self.breaks.n else None

    @property
    def least(self) -> int | None:
        """Row with the smallest value; None when there is no value."""
        return int(self.rows[self.order[self.breaks.n - 1]]) if self.breaks.n else None


@dataclass(frozen=True)
class Figure:
    """One tile: a figure, what it is compared with, and the regions it is made of."""

    id: str
    title: str  # English msgid
    unit: str  # English msgid
    value: float  # NaN: not known here
    share: float = math.nan  # of the residents, 0 to 1
    change: float = math.nan  # since the earlier date, in the unit


@dataclass(frozen=True)
class Fact:
    """One line of a unit's profile; NaN: not known here."""

    title: str  # English msgid
    value: float
    unit: str  # English msgid
    decimals: int = 0


def levels_in(twin: Twin, unit: int) -> list[str]:
    """Return the levels that the unit has regions of, nearest first; its own when it is a leaf."""
    own = str(twin.regions["level"].iat[unit])
    below = [k for k in LEVELS[LEVELS.index(own) + 1 :] if len(twin.below(unit, k))]
    return below or [own]


def shown(twin: Twin, unit: int) -> int:
    """Return the unit whose parts the map shows: a leaf is shown among its neighbours."""
    parent = int(twin.regions["parent"].iat[unit])
    return parent if bool(twin.regions["is_leaf"].iat[unit]) and parent >= 0 else unit


def visible_indicators(twin: Twin, visitor: str) -> list[Indicator]:
    """Return the indicators the county has and the visitor's class may see."""
    return [i for i in twin.indicators() if may_see(visitor, twin.class_of(i))]


def map_answer(
    twin: Twin,
    indicator_id: str,
    unit: int,
    level: str,
    *,
    scheme: Scheme = "quantile",
    n_classes: int = 5,
    manual: tuple[float, ...] = (),
    visitor: str,
    small_count: int,
) -> MapAnswer:
    """
    Return the regions of a level in a unit with their values, classes and order.

    Values are computed from the same whole numbers that the layer carries, so that page and browser
    put a region into the same class.

    Parameters
    ----------
    unit
        Row of the unit; a leaf stands for its parent.
    level
        Level of the parts; one that the unit does not have gives no region.
    visitor
        Highest data class the visitor may see.
    small_count
        Sensitive counts from 1 to ``small_count`` - 1 are masked, and those that give one away.

    Raises
    ------
    InputError
        If the indicator is unknown here or above the visitor's class, or the breaks are wrong.
    """
    indicator = INDICATORS.get(indicator_id)
    if indicator is None or not twin.known(indicator):
        raise InputError("There are no figures for {indicator}.", indicator=indicator_id)
    if not may_see(visitor, twin.class_of(indicator)):
        raise InputError("The figures for {indicator} are not open to you.", indicator=indicator_id)
    unit = shown(twin, unit)
    rows = twin.below(unit, level)
    masked = masked_at(twin, indicator, rows, small_count)
    values = np.where(masked, np.nan, layer_values(twin, indicator, rows))
    breaks = classify(values, scheme, n_classes, manual=manual, diverging=indicator.diverging)
    order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")
    at_unit = np.array([unit])
    hidden = bool(masked_at(twin, indicator, at_unit, small_count)[0])
    total = math.nan if hidden else float(twin.values(indicator, at_unit)[0])
    cases = cases_at(twin, indicator, rows)
    return MapAnswer(indicator, unit, level, rows, values, masked, breaks, order, total, cases)


def case_measures(indicator: Indicator) -> tuple[str, ...]:
    """
    Return the measures whose sum is what a share or rate rests on; none for a plain count.

    It is the denominator, or the numerator where that is land (persons per km²).
    """
    if indicator.additive:
        return ()
    return indicator.parts if "area_km2" in indicator.per else indicator.per


def cases_at(
    twin: Twin, indicator: Indicator, rows: NDArray[np.intp]
) -> NDArray[np.float64] | None:
    """Return how many cases the figures of some rows rest on; None for a plain count."""
    measures = case_measures(indicator)
    if not measures:
        return None
    return np.asarray(sum(twin.measures[m][rows] for m in measures), dtype=float)


def layer_values(twin: Twin, indicator: Indicator, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return an indicator from measures rounded as layers carry them (areas to m²)."""
    table = {
        m: np.rint(twin.measures[m][rows] * layer_scale(m)) / layer_scale(m)
        for m in indicator.measures
    }
    return indicator.values(table)


def masked_at(
    twin: Twin, indicator: Indicator, rows: NDArray[np.intp], small_count: int
) -> NDArray[np.bool_]:
    """Tell where a sensitive count is not shown: too small, or a small one would follow from it."""
    masked = np.zeros(len(rows), dtype=bool)
    for measure in indicator.measures:
        masked |= hidden_counts(twin, measure, small_count)[rows]
    return masked


def figures(twin: Twin, rows: NDArray[np.intp], *, visitor: str) -> list[Figure]:
    """
    Return the tiles for one region or for several that do not overlap: sums over ``rows``.

    A measure that is above the visitor's class is not known to the visitor. Change is against the
    earlier date.
    """

    def total(measure: str) -> float:
        seen = may_see(visitor, twin.classes[measure])
        return known_sum(twin.measures[measure][rows]) if seen else math.nan

    people, aged = total("people"), total("people_aged")
    before = total("people_before")
    return [
        Figure("people", "Residents", "persons", people, change=people - before),
        Figure(
            "density",
            "Residents per km²",
            "persons per km²",
            _ratio(people, total("area_km2")),
        ),
        *(
            Figure(m, MEASURES[m].title, "persons", total(m), share=_ratio(total(m), base))
            for m, base in (("age_60_plus", aged), ("age_0_14", aged), ("floating", people))
        ),
        Figure("households", "Households", "households", total("households")),
        Figure("facilities", "Facilities", "facilities", total("facilities")),
    ]


def known_sum(values: NDArray[np.float64]) -> float:
    """Return the sum of what is known; NaN when nothing is."""
    known = values[~np.isnan(values)]
    return float(known.sum()) if len(known) else math.nan


def _ratio(top: float, below: float) -> float:
    return top / below if below > 0 else math.nan


def unreconciled(twin: Twin, unit: int) -> list[str]:
    """
    Return the measures whose figure for a unit is not the sum of its parts; empty when all agree.

    Parts that nobody has counted add nothing; what is known to be in the unit but in no part of it
    (``Twin.unplaced``) is added. Area is left out: a unit's own border counts, not the sum of the
    cells cut from it.
    """
    parts = twin.children(unit)
    if not len(parts):
        return []
    return [
        m
        for m, values in twin.measures.items()
        if m != "area_km2"
        and not math.isnan(values[unit])
        and np.nansum(values[parts]) + unplaced_in(twin, m, unit) != values[unit]
    ]


def unplaced_in(twin: Twin, measure: str, unit: int) -> float:
    """Return how many things are known to be in a unit but in none of its parts."""
    kept = twin.unplaced.get(measure)
    return 0.0 if kept is None else float(kept[unit])


def profile(twin: Twin, unit: int, *, visitor: str) -> list[Fact]:
    """Return the lines of a unit's card: people, houses, organisations, events, services, land."""

    def at(measure: str) -> float:
        seen = may_see(visitor, twin.classes[measure])
        return float(twin.measures[measure][unit]) if seen else math.nan

    health = at("facility_hospital") + at("facility_health_centre") + at("facility_clinic")
    schools = sum(
        at(f"facility_{k}")
        for k in ("kindergarten", "primary_school", "junior_school", "senior_school")
    )
    elevation = float(twin.regions["elevation_m"].iat[unit])
    facts = [
        Fact("Residents", at("people"), "persons"),
        Fact("Registered people", at("registered"), "persons"),
        Fact("Residents of 80 and over", at("age_80_plus"), "persons"),
        Fact("Men per 100 women", 100 * _ratio(at("male"), at("female")), "", 1),
        Fact("Persons per household", _ratio(at("people"), at("households")), "", 2),
        Fact("Buildings", at("buildings"), "buildings"),
        Fact("Organisations", at("organisations"), "organisations"),
        Fact("Events of the last year", at("events"), "events"),
        Fact("Open events", at("events_open"), "events"),
        Fact("Hospitals and clinics", health, "facilities"),
        Fact("Schools and kindergartens", schools, "facilities"),
        Fact("Hospital beds", at("beds_hospital"), "beds"),
        Fact("Beds for older people", at("capacity_care"), "beds"),
        Fact("Area", at("area_km2"), "km²", 1 if at("area_km2") >= 10 else 2),
        Fact("Height above sea level", elevation, "m"),
    ]
    return [fact for fact in facts if not math.isnan(fact.value)]


@dataclass(frozen=True)
class Box:
    """Where a unit lies, in degrees."""

    west: float
    south: float
    east: float
    north: float

    def camera(
        self, width_px: int, height_px: int, *, left_px: int = 0
    ) -> tuple[float, float, float]:
        """
        Return longitude, latitude and zoom that show the box in a window, with a margin of a tenth.

        ``left_px`` of the width are kept free for a legend. A box without extent gets zoom 14
        (about 10 km across the window).
        """
        lon, south, north = (
            (self.west + self.east) / 2,
            _mercator(self.south),
            _mercator(self.north),
        )
        lat = math.degrees(2 * math.atan(math.exp(math.radians((south + north) / 2))) - math.pi / 2)
        wide, tall = self.east - self.west, north - south
        if not max(wide, tall) > 0:
            return lon, lat, 14.0
        # At zoom 0 the world's 360 degrees are 512 pixels wide.
        pixels = min(
            0.9 * (width_px - left_px) / wide if wide else math.inf,
            0.9 * height_px / tall if tall else math.inf,
        )
        zoom = min(math.log2(pixels * 360 / 512), 17.0)
        lon -= left_px / 2 * 360 / 512 / 2**zoom
        return round(lon, 5), round(lat, 5), round(zoom, 2)


def _mercator(lat: float) -> float:
    """Return a latitude's northing in degrees of longitude at the equator."""
    return math.degrees(math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)))


def box_of(db: Session, twin: Twin, unit: int) -> Box | None:
    """
    Return where a unit lies; None when neither it nor any region in it has a place.

    A unit without shape lies where the regions in it do.
    """
    code = str(twin.regions["code"].iat[unit])
    wkb = db.execute(select(Region.geometry).where(Region.code == code)).scalar()
    if wkb is not None:
        return Box(*(float(x) for x in shapely.from_wkb(wkb).bounds))
    inside = twin.regions["path"].str.startswith(twin.path(unit)).to_numpy()
    points = twin.regions.loc[inside, ["lon", "lat"]].dropna().to_numpy()
    if not len(points):
        return None
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    return Box(float(west), float(south), float(east), float(north))


_TABLES = (("roads", RoadEdge), ("facilities", Facility), ("buildings", Building))
_KINDS = {
    "roads": ("road_edges", "roads_osm"),
    "facilities": ("facilities",),
    "buildings": ("buildings",),
}


def overlays_in(
    db: Session, visitor: str, *, whole_county: bool = True
) -> tuple[tuple[str, ...], tuple[float, float, float, float] | None]:
    """
    Return the map's extra layers that have something to show, and where the relief lies.

    "labels" is always among them; "roads", "facilities", "buildings" and "relief" where stored and
    open to the visitor; stored layers (rivers ...) by their name. The relief is one picture of the
    county: who may not see all of it sees it only when it is open to everybody.
    """
    open_kinds = {
        kind
        for kind, data_class in db.execute(select(Dataset.kind, Dataset.data_class))
        if may_see(visitor, data_class)
    }
    stored = [
        name
        for name, table in _TABLES
        if open_kinds.intersection(_KINDS[name])
        and db.execute(select(table.batch_id).limit(1)).first() is not None
    ]
    raster = relief_file(db, visitor if whole_county else CLASSES[0])
    bounds = relief_bounds(raster) if raster is not None and raster.is_file() else None
    names = ["labels", *stored, *feature_layers(db, visitor), *(["relief"] if bounds else [])]
    return tuple(names), bounds

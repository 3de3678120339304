"""
Which roads are out, who is cut off, and what everybody loses: the answers of the page Closures.

The county's travel times (``cockpit.answers.reach.Reach``) with some roads closed, against those
with all of them open. A flood closes every road that touches it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.closure_key import Closures
from cockpit.answers.closure_masks import told_place, told_toll, told_within
from cockpit.answers.coverage_masks import Mask, is_sensitive, mask_notes, masked
from cockpit.answers.coverage_notes import network_notes
from cockpit.answers.coverage_question import LONGEST, allowed_groups
from cockpit.answers.overlays import LayerRefusedError
from cockpit.answers.reach import Note, Reach
from cockpit.coverage import closures as subject
from cockpit.coverage.closures import Loss, Toll
from cockpit.coverage.nearest import minutes_of
from cockpit.coverage.services import SERVICES, Towards
from cockpit.indicators import AGE_GROUPS
from cockpit.store.models import Dataset, Feature
from geodata import crs
from geodata.errors import InputError

ALL, SEAT = "all", "seat"
"""Besides the services: whichever of them loses most, and the county's own seat."""

SEAT_MODE, SEAT_MINUTES = "car", 60.0
LOST_LIMITS = (5.0, 10.0, 15.0, 30.0)
"""Minutes lost that the page counts people above."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """A way to what, how, for whom, and how long is too long."""

    service: str  # of SERVICES, ALL or SEAT
    mode: str
    group: str  # measure id
    minutes: float  # coverage before and after is told at this limit
    visitor: str = "公开"
    sensitive: bool = False  # the group's class
    small_count: int = 10


@dataclass(frozen=True)
class Closed:
    """The roads and the water that some closures mean."""

    closures: Closures
    edges: frozenset[int]  # positions of roads
    bridges: NDArray[np.intp]  # of these
    km: float
    water: Any  # shapely geometry in degrees; None: no area is closed


@dataclass(frozen=True)
class GroupToll:
    """What a closure costs one group of people."""

    group: str  # measure id
    toll: Toll
    sensitive: bool


@dataclass(frozen=True)
class FacilityLoss:
    """A facility that people can reach no more."""

    row: int  # of reach.facilities
    name: str
    lost: float  # people who could come there and cannot now; NaN: too few to be shown, as below
    reached: float  # people who could come there before
    nearest: float  # of the people lost, those who had it nearest
    villages: tuple[int, ...]  # rows of twin.regions of most of those, at most 5
    flooded: bool  # stands in the water
    whole: bool  # more people have lost it than still reach it: the facility is cut off


@dataclass(frozen=True)
class Answer:
    """Everything the page says of a closure."""

    question: Question
    closed: Closed
    loss: Loss
    people: Floats  # (n_cells,) of the group; NaN: too few to be shown, as in all figures below
    toll: Toll
    over: dict[float, float]  # minutes -> people who lose more and still have a way
    within: tuple[float, float]  # people within the limit before and after
    in_water: float  # people who live in the flooded area
    groups: tuple[GroupToll, ...]
    villages: tuple[subject.PlaceLoss, ...]  # place: row of twin.regions
    worst_service: NDArray[np.object_] | None  # (n_cells,) for ALL: the service that loses most
    notes: tuple[Note, ...]


def services_of(reach: Reach) -> tuple[str, ...]:
    """Return what the county can be asked about: its seat, everything, the services it has."""
    there = tuple(s for s, service in SERVICES.items() if len(reach.of_kinds(service.kinds)))
    seat = (SEAT,) if seat_of(reach) is not None else ()
    return (*seat, *((ALL,) if there else ()), *there)


def single_services(reach: Reach) -> list[str]:
    """Return the services that the county has facilities of."""
    return [s for s in services_of(reach) if s not in (ALL, SEAT)]


def seat_of(reach: Reach) -> int | None:
    """
    Return the row of the facility that is the county's seat; None when there is none.

    The government office that bears the county's name; without one, the office in the unit where
    most people live.
    """
    offices = reach.of_kinds(("government",))
    if not len(offices):
        return None
    county = str(reach.twin.regions["name"].iat[0])
    names = reach.facilities["name"].astype(str).to_numpy()[offices]
    own = [row for row, name in zip(offices, names, strict=True) if name.startswith(county)]
    if own:
        return int(own[0])
    rows = reach.twin.regions.attrs["rows"]
    people = reach.twin.measures["people"]
    codes = reach.facilities["region_code"].to_numpy()[offices]
    lived = [float(np.nan_to_num(people[rows[c]])) if c in rows else 0.0 for c in codes]
    return int(offices[int(np.argmax(lived))])


def question(
    reach: Reach,
    service: str,
    *,
    mode: str | None = None,
    group: str | None = None,
    minutes: float | None = None,
    visitor: str,
    small_count: int = 10,
) -> Question:
    """
    Return a checked question; what is not given is as the service has it.

    Raises
    ------
    InputError
        If there are no roads, or for an unknown service, mode, group or limit, or a group above
        the visitor's class.
    """
    if not reach.has_roads:
        raise InputError("No roads have been loaded, so none can be closed.")
    if service not in services_of(reach):
        raise InputError(
            "There is no service {service}; expected one of {services}.",
            service=service[:40], services=", ".join(services_of(reach)),
        )  # fmt: skip
    known = SERVICES.get(service)
    mode = mode or (known.mode if known else SEAT_MODE)
    if mode not in reach.travel.modes:
        raise InputError(
            "There is no way of travelling {mode}; expected one of {modes}.",
            mode=mode[:40], modes=", ".join(reach.travel.modes),
        )  # fmt: skip
    limit = minutes or (known.minutes if known else SEAT_MINUTES)
    if not 0 < limit <= LONGEST:
        raise InputError(
            "The limit is {found} minutes; expected above 0 and at most {most}.",
            found=limit, most=int(LONGEST),
        )  # fmt: skip
    group = group or "people"
    if group not in allowed_groups(reach, visitor):
        raise InputError("The figures for {indicator} are not open to you.", indicator=group[:40])
    return Question(
        service, mode, group, float(limit), visitor, is_sensitive(reach, group), small_count
    )


def shown(people: float, *, sensitive: bool, small_count: int) -> float:
    """Return people as they may be shown: NaN for a sensitive count that is too small."""
    return Mask(sensitive, small_count).count(people)


# ---------------------------------------------------------------- what is closed


def closed_by(reach: Reach, db: Session, closures: Closures, *, visitor: str) -> Closed:
    """
    Return the roads that closures mean.

    Raises
    ------
    InputError
        If a road or a river is not stored (any more).
    LayerRefusedError
        If a river or zone is above the visitor's class.
    """
    shapes = _stored(db, closures, visitor)
    return _closed(reach, closures, shapes)


def _stored(db: Session, closures: Closures, visitor: str) -> dict[int, Any]:
    """Return the stored shapes that closures name, by id."""
    wanted = {*closures.zones, *(river for river, _ in closures.strips)}
    if not wanted:
        return {}
    query = (
        select(Feature.id, Feature.layer, Feature.geometry, Dataset.data_class)
        .join(Dataset, Dataset.id == Feature.dataset_id)
        .where(Feature.id.in_(wanted))
    )
    found: dict[int, Any] = {}
    for row in db.execute(query):
        if not may_see(visitor, row.data_class):
            raise LayerRefusedError("The layer {layer} is not open to you.", layer=row.layer)
        found[row.id] = shapely.from_wkb(row.geometry)
    gone = sorted(wanted - found.keys())
    if gone:
        raise InputError("The map has no river or area number {id} any more.", id=str(gone[0]))
    return found


def _closed(reach: Reach, closures: Closures, shapes: Mapping[int, Any]) -> Closed:
    assert reach.roads is not None  # noqa: S101 -- a question is refused without roads
    places = {int(number): k for k, number in enumerate(reach.edge_ids.tolist())}
    gone = [edge for edge in closures.edges if edge not in places]
    if gone:
        raise InputError("The map has no road number {id} any more.", id=str(gone[0]))
    water = _water(reach, closures, shapes)
    edges = {places[edge] for edge in closures.edges}
    if water is not None:
        edges |= set(_tree(reach).query(water, predicate="intersects").tolist())
    rows = np.array(sorted(edges), dtype=np.intp)
    return Closed(
        closures,
        frozenset(edges),
        rows[reach.roads.bridge[rows]],
        float(reach.roads.length_m[rows].sum()) / 1000,
        water,
    )


def _water(reach: Reach, closures: Closures, shapes: Mapping[int, Any]) -> Any:
    lines = [zone for zone in closures.zones if shapely.get_dimensions(shapes[zone]) < 2]
    if lines:
        raise InputError(
            "Number {id} on the map is no area, so it cannot be closed as one.", id=str(lines[0])
        )
    parts = [shapely.make_valid(area) for area in closures.areas]
    parts += [shapely.make_valid(shapes[zone]) for zone in closures.zones]
    parts += [widened(shapes[river], metres, reach.travel.crs) for river, metres in closures.strips]
    return shapely.union_all(parts) if parts else None


def widened(line: Any, metres: float, projected: str) -> Any:
    """Return the area within some metres of a shape; both in degrees, the metres in a system."""

    def there(xy: Floats) -> Floats:
        return np.column_stack(crs.from_lon_lat(xy[:, 0], xy[:, 1], projected))

    def back(xy: Floats) -> Floats:
        return np.column_stack(crs.to_lon_lat(xy[:, 0], xy[:, 1], projected))

    area = shapely.buffer(shapely.transform(line, there), metres, quad_segs=4)
    return shapely.transform(shapely.simplify(area, metres / 20), back)


_lock = threading.Lock()
_trees: dict[str, tuple[Any, shapely.STRtree]] = {}


def _tree(reach: Reach) -> shapely.STRtree:
    """Return the index of the roads; that of the data before is dropped."""
    roads = reach.roads
    assert roads is not None  # noqa: S101
    with _lock:
        kept = _trees.get(reach.version)
        if kept is None or kept[0] is not roads:
            _trees.clear()
            kept = _trees[reach.version] = (roads, shapely.STRtree(roads.geometry))
        return kept[1]


# ---------------------------------------------------------------- what it costs


def answer(reach: Reach, q: Question, closed: Closed) -> Answer:
    """Return everything that the page says of a closure."""
    change, which = lost(reach, q.service, q.mode, closed.edges)
    known = masked(reach, q.group, q.small_count)
    people, mask = known.people, Mask(q.sensitive, q.small_count)
    cost = subject.toll(change, people)
    groups = tuple(_group_toll(reach, q, g, change) for g in compared(reach, q))
    return Answer(
        question=q,
        closed=closed,
        loss=change,
        people=np.where(known.hidden, np.nan, people),
        toll=told_toll(mask, cost),
        over={
            m: mask.part(n, cost.total)
            for m, n in subject.losing_more_than(change, people, LOST_LIMITS).items()
        },
        within=told_within(mask, subject.within_limit(change, people, q.minutes), cost.total),
        in_water=mask.part(_people_in(reach, people, closed.water), cost.total),
        groups=groups,
        villages=tuple(
            told_place(mask, place, hidden=place.place in known.units)
            for place in subject.by_place(change, people, reach.villages)
        ),
        worst_service=which,
        notes=(
            *mask_notes(known, q.small_count),
            *network_notes(reach, (q.mode,), kinds_of(reach, q.service)),
        ),
    )


def _group_toll(reach: Reach, q: Question, group: str, change: Loss) -> GroupToll:
    sensitive = is_sensitive(reach, group)
    people = masked(reach, group, q.small_count).people
    cost = told_toll(Mask(sensitive, q.small_count), subject.toll(change, people))
    return GroupToll(group, cost, sensitive)


def kinds_of(reach: Reach, service: str) -> tuple[str, ...]:
    """Return the kinds of facilities that a service means."""
    return tuple(sorted(set(reach.facilities["kind"].iloc[rows_of(reach, service)])))


def compared(reach: Reach, q: Question) -> tuple[str, ...]:
    """Return the groups told beside each other: the question's, everybody, then all by age."""
    allowed = allowed_groups(reach, q.visitor)
    wanted = (q.group, "people", *AGE_GROUPS)
    return tuple(dict.fromkeys(g for g in wanted if g in allowed))


def lost(
    reach: Reach, service: str, mode: str, closed: frozenset[int]
) -> tuple[Loss, NDArray[np.object_] | None]:
    """Return the minutes before and after of every cell; for ALL also the service it is about."""
    if service != ALL:
        return _lost(reach, service, mode, closed), None
    asked = single_services(reach)
    worst, which = subject.worst_of([_lost(reach, s, mode, closed) for s in asked])
    return worst, np.array(asked, dtype=object)[which]


def _lost(reach: Reach, service: str, mode: str, closed: frozenset[int]) -> Loss:
    before = nearest_minutes(reach, service, mode, frozenset())
    return subject.loss(before, nearest_minutes(reach, service, mode, closed) if closed else before)


def nearest_minutes(reach: Reach, service: str, mode: str, closed: frozenset[int]) -> Floats:
    """Return the minutes of every cell to its nearest facility with some roads closed."""
    if service == SEAT:
        cells, targets = places_of(reach, SEAT)
        seconds = reach.travel.nearest(mode, cells, targets, towards="facility", closed=closed)
    else:
        known = SERVICES[service]
        seconds = reach.nearest_seconds(known.kinds, mode, known.towards, closed=closed)
    return np.asarray(minutes_of(seconds.astype(np.uint16)), dtype=float)


def places_of(reach: Reach, service: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places of all cells and of a service's facilities in ``reach.travel``."""
    return reach.cells, reach.places_of(rows_of(reach, service))


def rows_of(reach: Reach, service: str) -> NDArray[np.intp]:
    """Return the rows of a service's facilities."""
    if service == SEAT:
        return np.array([seat_of(reach)], dtype=np.intp)
    if service == ALL:
        kinds = {kind for known in SERVICES.values() for kind in known.kinds}
        return reach.of_kinds(tuple(sorted(kinds)))
    return reach.of_kinds(SERVICES[service].kinds)


def towards_of(service: str) -> Towards:
    """Return who travels: people to the facility, or help to the people."""
    return SERVICES[service].towards if service in SERVICES else "facility"


def _people_in(reach: Reach, people: Floats, water: Any) -> float:
    if water is None:
        return 0.0
    shapely.prepare(water)
    inside = shapely.contains_xy(water, reach.lonlat[:, 0], reach.lonlat[:, 1])
    return float(people[inside].sum())


# ---------------------------------------------------------------- facilities and ways


def facilities_lost(reach: Reach, q: Question, closed: Closed) -> list[FacilityLoss]:
    """
    Return the facilities that people can reach no more, those cut off from most people first.

    Travel follows the service: to the facility, or from an ambulance post to the people.
    """
    rows = rows_of(reach, q.service)
    before = _matrix(reach, q, frozenset())
    after = _matrix(reach, q, closed.edges)
    people = masked(reach, q.group, q.small_count).people
    mask = Mask(q.sensitive, q.small_count)
    had = np.isfinite(before)
    gone = had & ~np.isfinite(after)
    nearest = np.where(had.any(axis=1), before.argmin(axis=1), -1)
    flooded = _flooded(reach, rows, closed.water)
    made = []
    for k in np.flatnonzero(people @ gone > 0).tolist():
        own = gone[:, k] & (nearest == k)
        lost_there, before_there, nearest_there = (
            float(people[who].sum()) for who in (gone[:, k], had[:, k], own)
        )
        told = mask.part(lost_there, before_there)
        one = FacilityLoss(
            row=int(rows[k]),
            name=str(reach.facilities["name"].iat[rows[k]]),
            lost=told,
            reached=mask.count(before_there),
            nearest=mask.part(nearest_there, lost_there),
            villages=_most(reach.villages[own], people[own]),
            flooded=bool(flooded[k]),
            whole=lost_there > before_there / 2,
        )
        made.append((not one.whole, -nearest_there, -lost_there, one.row, one))
    return [one for *_order, one in sorted(made, key=lambda m: m[:4])]


def _matrix(reach: Reach, q: Question, closed: frozenset[int]) -> NDArray[np.float32]:
    cells, targets = places_of(reach, q.service)
    towards = towards_of(q.service)
    if towards == "people":
        seconds = reach.travel.matrix(q.mode, targets, cells, closed=closed).T
    else:
        seconds = reach.travel.matrix(q.mode, cells, targets, closed=closed)
    return minutes_of(np.ascontiguousarray(seconds.astype(np.uint16)))


def _flooded(reach: Reach, rows: NDArray[np.intp], water: Any) -> NDArray[np.bool_]:
    if water is None:
        return np.zeros(len(rows), dtype=bool)
    lon, lat = (reach.facilities[c].to_numpy(dtype=float)[rows] for c in ("lon", "lat"))
    inside: NDArray[np.bool_] = shapely.contains_xy(water, lon, lat)
    return inside


def _most(places: NDArray[np.intp], people: Floats, most: int = 5) -> tuple[int, ...]:
    """Return the places with most people, at most five."""
    found, inverse = np.unique(places, return_inverse=True)
    sums = np.bincount(inverse, weights=people, minlength=len(found))
    return tuple(int(found[k]) for k in np.argsort(-sums, kind="stable")[:most] if sums[k] > 0)


@dataclass(frozen=True)
class Detour:
    """The way between a cell and its nearest facility, with all roads and with some closed."""

    cell: int
    service: str  # for ALL the one that loses most
    before: Any | None  # geodata.network.Way
    after: Any | None
    name_before: str  # of the facility
    name_after: str


def detour(reach: Reach, q: Question, closed: Closed, cell: int) -> Detour:
    """Return both ways of a cell; None where there is none. For ALL, the service that loses."""
    service = q.service
    if service == ALL:
        _loss, which = lost(reach, ALL, q.mode, closed.edges)
        assert which is not None  # noqa: S101
        service = str(which[cell])
    way_before, name_before = _way(reach, service, q.mode, frozenset(), cell)
    way_after, name_after = _way(reach, service, q.mode, closed.edges, cell)
    return Detour(cell, service, way_before, way_after, name_before, name_after)


def _way(
    reach: Reach, service: str, mode: str, closed: frozenset[int], cell: int
) -> tuple[Any | None, str]:
    _cells, targets = places_of(reach, service)
    here = np.array([cell], dtype=np.intp)
    towards = towards_of(service)
    index, _seconds = reach.travel.k_nearest(mode, here, targets, 1, towards=towards, closed=closed)
    if index[0, 0] < 0:
        return None, ""
    target = int(targets[index[0, 0]])
    ends = (target, cell) if towards == "people" else (cell, target)
    name = str(reach.facilities["name"].iat[target - len(reach.rows)])
    return reach.travel.way(mode, *ends, closed=closed), name

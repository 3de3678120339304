"""The ground of a placement: demand, the sites of today, and every cell that could get one."""

from __future__ import annotations

import hashlib
import math
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from cockpit.answers import coverage_question as asked
from cockpit.answers.coverage_masks import masked
from cockpit.answers.coverage_results import Floats, Question
from cockpit.answers.reach import Note, Reach
from cockpit.answers.siting_layout import Layout
from cockpit.coverage.services import service_of
from cockpit.locale import Named
from geodata.errors import InputError
from geodata.network import UNREACHED
from geodata.network.solvers import load, save

UNREACHED_MINUTES = 120.0
"""Whoever reaches no site within this counts as so many minutes in every sum: without an end no
two plans could be compared. Said beside every figure that hangs on it."""

WHOLE_MATRIX_CELLS = 4_000
"""Up to here the times between all cells are worked out at once (32 MB) and kept; beyond, those to
the usual candidates, and others as they are asked for."""

MOST_CANDIDATES = 3_000
"""Cells a search looks at; of more, those with most people (and every one that a rule names)."""

_MOST_GROUNDS, _MOST_COLUMNS, _MOST_WHOLES = 12, 2_000, 3

Positions = NDArray[np.intp]
Seconds = NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Ground:
    """
    All that a placement question computes with.

    Demand is the leaves of the region tree in the question's unit; sites are the facilities of the
    service in the whole county, in their order, and then the cells of the county that have a place.
    """

    reach: Reach
    q: Question
    cells: Positions  # (n,) of the demand among the cells of reach
    people: Floats  # (n,) of the group; small counts of a sensitive one averaged
    townships: Positions  # (n,) 0, 1, ... into township_rows
    township_rows: Positions  # rows of twin.regions
    facilities: Positions  # (n_facilities,) rows of reach.facilities
    site_cells: Positions  # (n_sites - n_facilities,) positions among the cells of reach
    sites: tuple[str, ...]  # "f:" and id, then "c:" and code
    _columns: OrderedDict[int, Seconds] = field(default_factory=OrderedDict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def n_facilities(self) -> int:
        """Return how many facilities of the service there are today."""
        return len(self.facilities)

    @property
    def towards(self) -> Any:
        """Return who travels: people to the facility, or help to the people."""
        return service_of(self.q.service).towards

    @property
    def told(self) -> float:
        """Return the people as they may be shown; NaN: too few, or others would follow."""
        return asked.told_total(self.reach, self.q, self.q.unit, float(self.people.sum()))

    def index(self, site: str) -> int:
        """Return the position of a site; ``InputError`` for one that there is not."""
        found = _index(self).get(site)
        if found is None:
            raise InputError("There is no site {site}.", site=site[2:])
        return found

    def name(self, site: str, language: str = "zh") -> str:
        """Return what a site is called: the facility, or the cell."""
        k = self.index(site)
        if k < self.n_facilities:
            return str(self.reach.facilities["name"].iat[int(self.facilities[k])])
        region = self.reach.twin.regions.iloc[int(self.row_of(k))]
        english = str(region["name_en"] or "") if language == "en" else ""
        return english or str(region["name"])

    def named(self, site: str) -> Named:
        """Return what a site is called in both languages, for errors."""
        return Named.of(self.name(site), self.name(site, "en"))

    def row_of(self, site: int) -> int:
        """Return the row of twin.regions of a site that is a cell."""
        return int(self.reach.rows[self.site_cells[site - self.n_facilities]])

    @property
    def lonlat(self) -> Floats:
        """Return longitude and latitude of the sites, shape ``(n_sites, 2)``; NaN: not known."""
        places = self.reach.facilities[["lon", "lat"]].to_numpy(dtype=float)[self.facilities]
        return np.vstack((places, self.reach.lonlat[self.site_cells]))

    @property
    def metres(self) -> Floats:
        """Return the places of the sites in the county's projected system, metres."""
        change = Transformer.from_crs(4326, str(self.reach.twin.county["crs"]), always_xy=True)
        lonlat = self.lonlat
        return np.column_stack(change.transform(lonlat[:, 0], lonlat[:, 1]))

    def capped(self, seconds: NDArray[Any]) -> Floats:
        """
        Return seconds as they count in sums: at most those of ``UNREACHED_MINUTES``.

        Whole numbers, so that sums over people are the same in any order, on any machine.
        """
        found: Floats = np.minimum(seconds, UNREACHED_MINUTES * 60).astype(np.float64)
        return found

    def minutes(self, seconds: NDArray[Any]) -> Floats:
        """Return minutes as they count in sums: at most ``UNREACHED_MINUTES``."""
        found: Floats = np.minimum(seconds / 60.0, UNREACHED_MINUTES)
        return found

    def column(self, site: int) -> Seconds:
        """Return the whole seconds between the demand and a site, shape ``(n,)``."""
        with self._lock:
            if site not in self._columns:
                self._columns[site] = self._column(site)
                while len(self._columns) > _MOST_COLUMNS:
                    self._columns.popitem(last=False)
            self._columns.move_to_end(site)
            return self._columns[site]

    def matrix(self, sites: Iterable[int] | Positions) -> Seconds:
        """Return the whole seconds between the demand and some sites, ``(n, len(sites))``."""
        chosen = np.array(list(sites), dtype=np.intp)
        made = np.empty((len(self.cells), len(chosen)), dtype=np.uint16)
        today = chosen < self.n_facilities
        if today.any():
            made[:, today] = self._of_facilities()[:, chosen[today]]
        if not today.all():
            made[:, ~today] = self._of_cells(chosen[~today] - self.n_facilities)
        return made

    def open_sites(self, layout: Layout) -> tuple[int, ...]:
        """Return the open sites of a plan, ascending; ``InputError`` for sites there are not."""
        closed = {self._facility(f) for f in layout.gone}
        cells = [self._cell(c) for c in layout.new_cells]
        return tuple(sorted({*range(self.n_facilities)} - closed | {*cells}))

    def layout_of(self, open_sites: Iterable[int] | Positions) -> Layout:
        """Return the plan that has these sites open: what closes, and what is new."""
        chosen = {int(site) for site in open_sites}
        closed = [k for k in range(self.n_facilities) if k not in chosen]
        added = sorted(k for k in chosen if k >= self.n_facilities)
        return Layout(
            tuple(self.sites[k][2:] for k in closed), tuple(self.sites[k][2:] for k in added)
        )

    def nearest_cell(self, lon: float, lat: float) -> str:
        """
        Return the code of the cell whose place is nearest to coordinates, for a site to stand in.

        Raises
        ------
        InputError
            If the coordinates are farther from every cell than any cell is from its neighbours: a
            slip of the finger, or another county.
        """
        return self.sites[self.n_facilities + _near(self, lon, lat)][2:]

    def _facility(self, identity: str) -> int:
        return self.index(f"f:{identity}")

    def _cell(self, code: str) -> int:
        return self.index(f"c:{code}")

    def _of_facilities(self) -> Seconds:
        kinds = service_of(self.q.service).kinds
        return self.reach.seconds(kinds, self.q.mode, self.towards)[self.cells]

    def _of_cells(self, chosen: Positions) -> Seconds:
        if len(self.reach.rows) > WHOLE_MATRIX_CELLS:
            return _of_usual(self, self.site_cells[chosen])
        return _between_cells(self)[np.ix_(self.cells, self.site_cells[chosen])]

    @property
    def whole_is_known(self) -> bool:
        """Tell whether the times between all cells are at hand, so that nobody waits for them."""
        key = (*_whole_key(self), "cells", self.reach.cells.tobytes())
        return key in _wholes

    def _column(self, site: int) -> Seconds:
        if site < self.n_facilities:
            return np.ascontiguousarray(self._of_facilities()[:, site])
        k = site - self.n_facilities
        if len(self.reach.rows) <= WHOLE_MATRIX_CELLS and self.whole_is_known:
            return np.ascontiguousarray(_between_cells(self)[self.cells, self.site_cells[k]])
        return self.travel_seconds(self.cells, self.site_cells[k : k + 1])[:, 0]

    def travel_seconds(self, people: Positions, sites: Positions) -> Seconds:
        """Return the seconds between cells with people and cells with sites, as travel goes."""
        travel, mode = self.reach.travel, self.q.mode
        if len(sites) == 1:  # one sweep over the roads instead of a matrix
            one = travel.nearest(mode, people, sites, towards=self.towards)
            return one.astype(np.uint16, copy=False)[:, np.newaxis]
        if self.towards == "facility":
            return travel.matrix(mode, people, sites).astype(np.uint16, copy=False)
        made = travel.matrix(mode, sites, people).T
        return np.ascontiguousarray(made).astype(np.uint16, copy=False)


_wholes: OrderedDict[tuple[object, ...], Seconds] = OrderedDict()
_whole_lock = threading.Lock()  # one thread works them out while others wait


def _whole_key(ground: Ground) -> tuple[object, ...]:
    return (ground.reach.travel.version, ground.q.mode, ground.towards)


def _between_cells(ground: Ground) -> Seconds:
    """Return the seconds between all cells of the county."""
    cells = ground.reach.cells
    return _kept_seconds(ground, cells, (*_whole_key(ground), "cells"))


def _of_usual(ground: Ground, cells: Positions) -> Seconds:
    """Return the seconds between the demand and some cells, most of them from what is kept."""
    usual = usual_candidates(ground)
    known = _kept_seconds(ground, usual, (*_whole_key(ground), "usual"))
    place = np.searchsorted(usual, cells)
    there = usual[np.minimum(place, len(usual) - 1)] == cells
    made = np.empty((len(ground.cells), len(cells)), dtype=np.uint16)
    made[:, there] = known[np.ix_(ground.cells, place[there])]
    if not there.all():
        made[:, ~there] = ground.travel_seconds(ground.cells, cells[~there])
    return made


def usual_candidates(ground: Ground) -> Positions:
    """Return the cells with most residents, ascending: those that a search looks at by itself."""
    cells = ground.site_cells
    people = masked(ground.reach, "people", ground.q.small_count).people[cells]
    most: Positions = np.sort(cells[np.argsort(-people, kind="stable")[:MOST_CANDIDATES]])
    return most


def _kept_seconds(ground: Ground, sites: Positions, key: tuple[object, ...]) -> Seconds:
    """Return the seconds between all cells and some, kept in memory and on disk."""
    key = (*key, sites.tobytes())
    with _whole_lock:
        if key not in _wholes:
            _wholes[key] = _read_or_made(ground, sites, key)
            while len(_wholes) > _MOST_WHOLES:
                _wholes.popitem(last=False)
        _wholes.move_to_end(key)
        return _wholes[key]


def _read_or_made(ground: Ground, sites: Positions, key: tuple[object, ...]) -> Seconds:
    reach, cells = ground.reach, ground.reach.cells
    file = None
    if reach.keep is not None:
        file = reach.keep / f"seconds-{hashlib.sha256(repr(key).encode()).hexdigest()[:24]}.npy"
        kept = load(file)
        if kept is not None and kept.shape == (len(cells), len(sites)):
            return kept.astype(np.uint16, copy=False)
    made = ground.travel_seconds(cells, sites)
    if file is not None:
        save(file, made)
    return made


_tables: OrderedDict[int, tuple[Ground, dict[str, int], Any]] = OrderedDict()
_kept: OrderedDict[tuple[object, ...], Ground] = OrderedDict()
_lock = threading.Lock()


def _table(ground: Ground) -> tuple[dict[str, int], Any]:
    """Return the sites by name, and a tree of the cells' places."""
    with _lock:
        known = _tables.get(id(ground))
        if known is None or known[0] is not ground:
            places = shapely.points(ground.reach.lonlat[ground.site_cells])
            names = {site: k for k, site in enumerate(ground.sites)}
            known = _tables[id(ground)] = (ground, names, shapely.STRtree(places))
            while len(_tables) > _MOST_GROUNDS:
                _tables.popitem(last=False)
        return known[1], known[2]


def _index(ground: Ground) -> dict[str, int]:
    return _table(ground)[0]


def _near(ground: Ground, lon: float, lat: float) -> int:
    tree = _table(ground)[1]
    if not (-180 <= lon <= 180 and -90 <= lat <= 90) or not len(tree.geometries):
        raise InputError("{lon}, {lat} is no place on earth.", lon=lon, lat=lat)
    found = int(tree.nearest(shapely.Point(lon, lat)))
    apart = tree.geometries[found].distance(shapely.Point(lon, lat))
    west, south, east, north = shapely.total_bounds(tree.geometries)
    # Four times the width that a cell would have if all were alike; never below a kilometre.
    usual = max(4 * float(np.sqrt((east - west) * (north - south) / len(tree.geometries))), 0.01)
    if apart > usual:
        raise InputError(
            "{lon}, {lat} lies outside the county: the nearest cell is {km} km away.",
            lon=lon, lat=lat, km=round(apart * 111.32, 1),
        )  # fmt: skip
    return found


def ground_of(reach: Reach, q: Question) -> Ground:
    """Return the ground of a question, kept for what visitors ask next."""
    key = (id(reach), reach.travel.version, q)
    with _lock:
        known = _kept.get(key)
        if known is not None and known.reach is reach:
            _kept.move_to_end(key)
            return known
    made = _made(reach, q)
    with _lock:
        _kept[key] = made
        while len(_kept) > _MOST_GROUNDS:
            _kept.popitem(last=False)
    return made


def _made(reach: Reach, q: Question) -> Ground:
    cells, people = asked.people_inside(reach, q)
    rows, townships = np.unique(reach.townships[cells], return_inverse=True)
    facilities = asked.rows_of(reach, q)
    site_cells = np.flatnonzero(np.isfinite(reach.lonlat).all(axis=1))
    ids = reach.facilities["id"].iloc[facilities].astype(str)
    sites = [f"f:{i}" for i in ids] + [f"c:{c}" for c in reach.codes[site_cells]]
    return Ground(
        reach, q, cells, people, townships, rows, facilities, site_cells, tuple(sites)
    )  # fmt: skip


def require_told(ground: Ground) -> None:
    """
    Refuse to plan for people whose number is not shown: every figure of a plan would tell it.

    Raises
    ------
    InputError
        If the people of the question's unit are too few, or others would follow from them.
    """
    if math.isnan(ground.told):
        raise InputError(
            "How many of this group live here is not shown (fewer than {n}, or a place from which "
            "such a count would follow), so nothing is planned for them.",
            n=ground.q.small_count,
        )


def unreached_note(n_people: float) -> tuple[Note, ...]:
    """Return the remark on people who reach no site; nothing when there are none."""
    if not n_people > 0:
        return ()
    return (
        Note(
            "Whoever reaches no site within {n} minutes counts as {n} minutes in sums and means.",
            {"n": f"{UNREACHED_MINUTES:g}"},
        ),
    )


def reached(seconds: Seconds) -> NDArray[np.bool_]:
    """Return who reaches a site at all."""
    found: NDArray[np.bool_] = seconds != UNREACHED
    return found

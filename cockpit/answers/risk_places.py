"""The cells and villages that risk is told for: where they lie, who lives there, who is beside."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.layers import region_shapes
from cockpit.answers.twin import Twin
from cockpit.risk.strata import strata_of
from cockpit.risk.weights import Weights, nearest, touching
from cockpit.store.session import engine
from geodata.errors import InputError

LEVELS = ("cell", "village")
_MOST_KEPT = 4
_NEIGHBOURS = 8
"""Cells without shapes have their nearest beside them: as many as touch a square."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Places:
    """
    All cells or all villages of the county, in the order of ``rows``.

    A cell is a leaf of the region tree. Residents that the visitor may not see are not known here
    either: ``people`` is then None, and every method that needs them says so.
    """

    twin: Twin
    level: str
    rows: NDArray[np.intp]  # (n,) rows of twin.regions
    position: NDArray[np.intp]  # (n_regions,) place among ``rows`` of or around a region; -1: none
    x: Floats  # (n,) metres in the county's reference system; NaN: no place
    y: Floats
    people: Floats | None  # (n,) residents; where nobody has counted 0
    area_km2: Floats
    strata: NDArray[np.int64]  # (n,) kind of township and village
    shapes: NDArray[np.object_] = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def weights(self) -> Weights:
        """Who lies beside whom: those that touch; where shapes are missing, the nearest."""
        kinds = {getattr(shape, "geom_type", "") for shape in self.shapes}
        if kinds <= {"Polygon", "MultiPolygon"}:
            return touching(self.shapes)
        x, y = np.nan_to_num(self.x), np.nan_to_num(self.y)
        return nearest(x, y, min(_NEIGHBOURS, len(self.rows) - 1))

    @property
    def codes(self) -> NDArray[np.object_]:
        """Codes of the places."""
        codes: NDArray[np.object_] = self.twin.regions["code"].to_numpy(dtype=object)[self.rows]
        return codes

    def inside(self, unit: int) -> NDArray[np.intp]:
        """Return the places in a region (a row of ``twin.regions``)."""
        paths = self.twin.regions["path"].iloc[self.rows]
        return np.flatnonzero(paths.str.startswith(self.twin.path(unit)).to_numpy())

    def place_of(self, code: str) -> int:
        """Return where a region's code stands among the places; -1 for any other."""
        row = self.twin.regions.attrs["rows"].get(code, -1)
        if row < 0:
            return -1
        found = int(self.position[row])
        return found if found >= 0 and self.rows[found] == row else -1

    def required_people(self) -> Floats:
        """Return the residents; an ``InputError`` when the visitor may not see them."""
        if self.people is None:
            raise InputError(
                "This method needs the residents of each cell, which are not stored or not open "
                "to you."
            )
        return self.people


_kept: OrderedDict[tuple[str, str, bool], Places] = OrderedDict()
_lock = threading.Lock()


def places_of(twin: Twin, level: str, visitor: str) -> Places:
    """Return the cells or villages of a county, kept for its data version."""
    if level not in LEVELS:
        raise InputError("There is no level {level}.", level=level)
    return _places(twin, level, seen=may_see(visitor, twin.classes["people"]))


def cells_below(places: Places) -> Places:
    """Return the cells of the same county, with residents as far as these places know them."""
    return _places(places.twin, "cell", seen=places.people is not None)


def _places(twin: Twin, level: str, *, seen: bool) -> Places:
    key = (twin.version, level, seen)
    with _lock:
        if key not in _kept:
            with Session(engine()) as db:
                _kept[key] = _made(db, twin, level, seen=seen)
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key]


def forget() -> None:
    """Drop what is kept: a test changed the store behind our back."""
    with _lock:
        _kept.clear()


def _made(db: Session, twin: Twin, level: str, *, seen: bool) -> Places:
    regions = twin.regions
    wanted = regions["is_leaf"] if level == "cell" else regions["level"] == "village"
    rows = np.flatnonzero(wanted.to_numpy(dtype=bool))
    lonlat = regions[["lon", "lat"]].to_numpy(dtype=float)[rows]
    x, y = to_metres(twin, lonlat[:, 0], lonlat[:, 1])
    counted = twin.measures["people"][rows]
    people = np.nan_to_num(counted) if seen and np.isfinite(counted).any() else None
    area = np.nan_to_num(twin.measures["area_km2"][rows])
    codes = regions["code"].to_numpy(dtype=object)[rows]
    strata = strata_of(codes, np.zeros(len(rows)) if people is None else people, area)
    shapes = region_shapes(db, twin, rows, twin.path(0))
    return Places(twin, level, rows, _around(twin, rows), x, y, people, area, strata, shapes)


def to_metres(twin: Twin, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return degrees as metres of the county's reference system; NaN stays NaN."""
    change = Transformer.from_crs(4326, str(twin.county["crs"]), always_xy=True)
    x, y = (np.asarray(v, dtype=np.float64) for v in change.transform(lon, lat))
    known = np.isfinite(x) & np.isfinite(y) & np.isfinite(lon) & np.isfinite(lat)
    return np.where(known, x, np.nan), np.where(known, y, np.nan)


def to_degrees(twin: Twin, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return metres of the county's reference system as degrees."""
    change = Transformer.from_crs(str(twin.county["crs"]), 4326, always_xy=True)
    lon, lat = change.transform(x, y)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _around(twin: Twin, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for every region the place it is or lies in; -1 for those above all places."""
    position = np.full(len(twin.regions), -1, dtype=np.intp)
    position[rows] = np.arange(len(rows))
    parent = twin.regions["parent"].to_numpy()
    for row in range(len(parent)):  # parents stand before their children
        if position[row] < 0 and parent[row] >= 0:
            position[row] = position[parent[row]]
    return position

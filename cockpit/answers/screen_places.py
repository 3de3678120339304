"""Shapes, lines and points of the screen: whole metres from the middle of the county."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.current import current_twin
from cockpit.answers.layers import along_a_curve, region_shapes
from cockpit.answers.open_county_places import PUBLIC, open_places
from cockpit.answers.screen_view import Json, SceneError, View
from cockpit.answers.twin import LEVELS
from cockpit.store.models import Batch, Dataset, Feature, RoadEdge
from cockpit.store.session import engine
from loaders.catalog import ROAD_CLASSES

PIXELS = 1_600
"""Points across the county on the widest wall: a 4K screen gives half its width to the map."""
LINE_POINTS = 9_000
"""Points of roads at most: about 60 kB of gzip, and no more than a wall can show calmly."""
_WATER = ("water", "rivers", "lakes", "river", "lake")
_MOST_KEPT = 4
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """
    Where the regions of a county lie on the screen.

    ``shapes`` are in metres of the county's reference system, not yet moved to the middle; None
    for a region without one. ``at`` has NaN where nobody knows a place.
    """

    version: str
    crs: str
    x0: int  # metres east of the middle
    y0: int
    size: float  # the longer side of the county, metres
    codes: tuple[str, ...]
    levels: NDArray[np.object_]
    names: tuple[tuple[str, str], ...]  # name and English name
    shapes: NDArray[np.object_]
    at: NDArray[np.float64]  # (n, 2) metres from the middle

    def rows(self, level: str) -> NDArray[np.intp]:
        """Return the regions of a level that have a place."""
        return np.flatnonzero((self.levels == level) & ~np.isnan(self.at[:, 0]))

    def place(self, code: str) -> tuple[int, int] | None:
        """Return where a region is told; None for one without place."""
        if code not in self._index:
            return None
        x, y = self.at[self._index[code]]
        return None if np.isnan(x) else (round(float(x)), round(float(y)))

    @property
    def _index(self) -> dict[str, int]:
        return _index_of(self.codes)

    def moved(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Return degrees as metres from the middle; NaN stays NaN."""
        return to_metres(self.crs, lon, lat, self.x0, self.y0)

    def point(self, lon: float | None, lat: float | None) -> tuple[int, int] | None:
        """Return one place; None for one that is not known."""
        if lon is None or lat is None:
            return None
        x, y = self.moved(np.array([lon]), np.array([lat]))
        return None if np.isnan(x[0]) else (round(float(x[0])), round(float(y[0])))


@lru_cache(maxsize=8)
def _index_of(codes: tuple[str, ...]) -> dict[str, int]:
    return {code: k for k, code in enumerate(codes)}


@lru_cache(maxsize=4)
def _transformer(crs: str) -> Transformer:
    return Transformer.from_crs(4326, crs, always_xy=True)


def to_metres(
    crs: str, lon: Floats, lat: Floats, x0: int = 0, y0: int = 0
) -> tuple[Floats, Floats]:
    """Return degrees as metres of a reference system from a point; NaN stays NaN."""
    x, y = (np.asarray(v, dtype=np.float64) for v in _transformer(crs).transform(lon, lat))
    there = np.isfinite(x) & np.isfinite(y) & np.isfinite(lon) & np.isfinite(lat)
    return np.where(there, x - x0, np.nan), np.where(there, y - y0, np.nan)


_lock = threading.Lock()
_kept: OrderedDict[Hashable, Any] = OrderedDict()


def _keep(key: Hashable, make: Callable[[], Any]) -> Any:
    with _lock:
        if key not in _kept:
            _kept[key] = make()
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key]


def forget() -> None:
    """Drop what is kept: a test changed the store behind our back."""
    with _lock:
        _kept.clear()


def frame_of(view: View) -> Frame | None:
    """Return the places of the county, for the public from public data alone; None: no county."""
    if view.public:
        places = open_places()
        if places is None:
            return None
        key = (str(engine().url), places.version, "open")
        return _found(_keep(key, lambda: _public(places)))
    county = current_twin()
    if county is None:
        return None
    return _found(_keep((str(engine().url), county.version, "own"), lambda: _own(county)))


def _found(frame: Any) -> Frame:
    made: Frame = frame
    return made


def _public(places: Any) -> Frame:
    regions = places.regions
    lonlat = regions[["lon", "lat"]].to_numpy(dtype=float)
    return _frame(places.version, str(places.county["crs"]), regions, places.shapes, lonlat)


def _own(county: Any) -> Frame:
    rows = np.arange(len(county.regions))
    with Session(engine()) as db:
        shapes = region_shapes(db, county, rows, county.path(0))
    shapes[shapely.get_dimensions(shapes) != 2] = None
    lonlat = county.regions[["lon", "lat"]].to_numpy(dtype=float)
    return _frame(county.version, str(county.county["crs"]), county.regions, shapes, lonlat)


def _frame(version: str, crs: str, regions: Any, shapes: Any, lonlat: Floats) -> Frame:
    def metres(xy: Floats) -> Floats:
        return np.column_stack(_transformer(crs).transform(xy[:, 0], xy[:, 1]))

    moved = shapely.transform(shapes, metres)
    x, y = to_metres(crs, lonlat[:, 0], lonlat[:, 1])
    # The sign of a region stands in its shape, where its people's middle may not.
    points = shapely.points(np.nan_to_num(x), np.nan_to_num(y))
    outside = ~shapely.is_missing(moved) & (np.isnan(x) | ~shapely.intersects(moved, points))
    inner = shapely.point_on_surface(moved[outside])
    x[outside], y[outside] = shapely.get_x(inner), shapely.get_y(inner)
    x0, y0, size = _middle(moved, x, y)
    names = tuple(
        (str(name), str(english or name))
        for name, english in zip(regions["name"], regions["name_en"].fillna(""), strict=True)
    )
    return Frame(
        version, crs, x0, y0, size, tuple(regions["code"].astype(str)),
        regions["level"].to_numpy(dtype=object), names, moved,
        np.column_stack((x - x0, y - y0)),
    )  # fmt: skip


def _middle(shapes: Any, x: Floats, y: Floats) -> tuple[int, int, float]:
    if not len(shapes):  # no region is public
        return 0, 0, 1.0
    west, south, east, north = shapely.total_bounds(shapes)
    if np.isnan(west):  # a county of points
        there = ~np.isnan(x)
        if not there.any():
            return 0, 0, 1.0
        west, east, south, north = x[there].min(), x[there].max(), y[there].min(), y[there].max()
    size = max(float(east - west), float(north - south), 1.0)
    return round(float(west + east) / 2), round(float(south + north) / 2), size


def shapes_json(frame: Frame, level: str, language: str) -> Json:
    """
    Return the regions of a level with their rings, simplified for a wall as one coverage.

    A border that two regions share stays shared. A region without a shape has no ring; one without
    a place is left out. Rings are ``[x, y, x, y, ...]``, holes among them.
    """
    if level not in LEVELS:
        raise SceneError("There is no level {level}.", level=level[:40])
    rows = frame.rows(level)
    shapes = _simplified(frame.shapes[rows], frame.size / PIXELS)
    order = along_a_curve(np.where(shapely.is_missing(shapes), shapely.Point(0, 0), shapes))
    pick = 1 if language == "en" else 0
    regions = [
        {
            "code": frame.codes[rows[k]],
            "name": frame.names[rows[k]][pick],
            "at": [round(float(v)) for v in frame.at[rows[k]]],
            "rings": _rings(shapes[k], frame.x0, frame.y0),
        }
        for k in order.tolist()
    ]
    return {"level": level, "box": _box(frame, rows), "regions": regions}


def _simplified(shapes: NDArray[np.object_], pixel: float) -> NDArray[np.object_]:
    result = shapes.copy()
    areas = shapely.get_dimensions(shapes) == 2
    if areas.any():
        result[areas] = shapely.coverage_simplify(shapes[areas], pixel)
    return result


def _rings(shape: Any, x0: int, y0: int) -> list[list[int]]:
    if shape is None:
        return []
    rings = shapely.get_rings(shapely.get_parts(shape))
    return [line for line in (_flat(ring, x0, y0) for ring in rings) if len(line) >= 8]


def _flat(line: Any, x0: int, y0: int) -> list[int]:
    """Return the points of a line as whole metres in a row; equal neighbours once."""
    xy = np.rint(shapely.get_coordinates(line) - (x0, y0)).astype(np.int64)
    keep = np.r_[True, (np.diff(xy, axis=0) != 0).any(axis=1)]
    flat: list[int] = xy[keep].ravel().tolist()
    return flat


def _box(frame: Frame, rows: NDArray[np.intp]) -> list[int]:
    if not len(rows):
        return [0, 0, 0, 0]
    bounds = shapely.total_bounds(frame.shapes[rows])
    if np.isnan(bounds[0]):
        at = frame.at[rows]
        return [round(float(v)) for v in (*at.min(axis=0), *at.max(axis=0))]
    moved = bounds - (frame.x0, frame.y0, frame.x0, frame.y0)
    return [round(float(v)) for v in moved]


def lines_json(frame: Frame, view: View) -> Json:
    """Return main roads and water as lines of whole metres; none where nothing may be seen."""
    with Session(engine()) as db:
        roads = _roads(db, frame, view)
        water = _water(db, frame, view)
    return {"roads": roads, "water": water}


def _allowed(db: Session, table: Any, view: View) -> list[int]:
    query = (
        select(Batch.id, Dataset.data_class)
        .join(Dataset, Dataset.id == Batch.dataset_id)
        .where(Batch.id.in_(select(table.batch_id).distinct()))
    )
    seen = PUBLIC if view.public else view.data_class
    return [batch for batch, data_class in db.execute(query) if may_see(seen, data_class)]


def _roads(db: Session, frame: Frame, view: View) -> list[list[int]]:
    """Return the roads from motorways down, as many classes as a wall can show."""
    allowed, points = _allowed(db, RoadEdge, view), 0
    found: list[list[int]] = []
    for road_class in ROAD_CLASSES[: ROAD_CLASSES.index("tertiary") + 1]:
        query = select(RoadEdge.geometry).where(
            RoadEdge.road_class == road_class, RoadEdge.batch_id.in_(allowed)
        )
        shapes = shapely.from_wkb(np.array(db.execute(query).scalars().all(), dtype=object))
        lines = _lines(frame, shapes)
        points += sum(len(line) for line in lines) // 2
        if found and points > LINE_POINTS:
            break
        found += lines
    return found


def _water(db: Session, frame: Frame, view: View) -> list[list[int]]:
    query = select(Feature.geometry).where(
        Feature.layer.in_(_WATER), Feature.batch_id.in_(_allowed(db, Feature, view))
    )
    shapes = shapely.from_wkb(np.array(db.execute(query).scalars().all(), dtype=object))
    areas = shapely.get_dimensions(shapes) == 2
    shapes[areas] = shapely.boundary(shapes[areas])
    return _lines(frame, shapes)


def _lines(frame: Frame, shapes: NDArray[np.object_]) -> list[list[int]]:
    parts = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
    parts = parts[shapely.get_dimensions(parts) == 1]
    if not len(parts):
        return []
    merged = shapely.line_merge(shapely.multilinestrings(parts))

    def metres(xy: Floats) -> Floats:
        return np.column_stack(_transformer(frame.crs).transform(xy[:, 0], xy[:, 1]))

    moved = shapely.simplify(shapely.transform(merged, metres), frame.size / PIXELS)
    return [line for line in (_flat(p, frame.x0, frame.y0) for p in shapely.get_parts(moved))
            if len(line) >= 4]  # fmt: skip

"""What lies over the regions of a map: roads, rivers and zones, facilities, buildings, labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.layers import collection, region_shapes, simplified
from cockpit.answers.twin import Twin
from cockpit.store.models import Batch, Building, Dataset, Facility, Feature, Region, RoadEdge
from geodata.errors import CockpitError
from loaders.catalog import ROAD_CLASSES

ROAD_POINTS = 40_000  # about 250 kB of gzip, and quick to draw
MOST_BUILDINGS = 20_000  # a layer with more is a grey area and a slow page


class LayerRefusedError(CockpitError):
    """The visitor's class does not reach a layer."""


class NoLayerError(CockpitError):
    """There is no such layer."""


def roads(db: Session, county: Twin, parent: int, *, visitor: str) -> bytes:
    """
    Return the roads in a region: one feature a class with ``c`` = class and ``w`` = its rank.

    Classes are added from motorways down until ``ROAD_POINTS`` points are reached, so a county
    shows its main roads and a village every path. The first class that exists is always there.
    Roads are taken whole when they touch the region, but end at the border of a part of the county.

    Raises
    ------
    LayerRefusedError
        If roads are stored and none of them may be seen.
    """
    allowed = _allowed_batches(db, RoadEdge, visitor, "roads")
    area = _area_of(db, county, parent)
    lines: list[Any] = []
    properties: list[dict[str, Any]] = []
    points = 0
    for rank, road_class in enumerate(ROAD_CLASSES):
        query = select(RoadEdge.geometry).where(
            RoadEdge.road_class == road_class, RoadEdge.batch_id.in_(allowed)
        )
        shapes = shapely.from_wkb(np.array(db.execute(query).scalars().all(), dtype=object))
        inside = within(db, county, _touching(shapes, area))
        merged = _merged(inside[~shapely.is_missing(inside)])
        if merged is None:
            continue
        points += int(shapely.get_num_coordinates(merged))
        if lines and points > ROAD_POINTS:
            break
        lines.append(merged)
        properties.append({"c": road_class, "w": rank})
    return collection(_array(lines), properties)


def features(db: Session, county: Twin, layer: str, *, visitor: str) -> bytes:
    """
    Return a stored layer (rivers, zones ...): ``id``, ``n`` name, ``k`` kind.

    In a part of the county shapes end at its border; what lies beyond is not named either.

    Raises
    ------
    NoLayerError
        If nothing is stored under that name.
    LayerRefusedError
        If the layer's data sets are above the visitor's class.
    """
    query = (
        select(Feature.id, Feature.name, Feature.kind, Feature.geometry, Dataset.data_class)
        .join(Dataset, Dataset.id == Feature.dataset_id)
        .where(Feature.layer == layer)
        .order_by(Feature.id)
    )
    rows = db.execute(query).all()
    if not rows:
        raise NoLayerError("There is no layer {layer}.", layer=layer)
    seen = [row for row in rows if may_see(visitor, row.data_class)]
    if not seen:
        raise LayerRefusedError("The layer {layer} is not open to you.", layer=layer)
    shapes = within(
        db, county, shapely.from_wkb(np.array([r.geometry for r in seen], dtype=object))
    )
    there = ~shapely.is_missing(shapes)
    properties = [{"id": str(row.id), "n": row.name, "k": row.kind} for row in seen]
    return collection(
        _each_simplified(shapes[there]), [properties[k] for k in np.flatnonzero(there)]
    )


def feature_layers(db: Session, visitor: str) -> list[str]:
    """Return the names of the stored layers that the visitor may see, in order."""
    query = (
        select(Feature.layer, Dataset.data_class)
        .join(Dataset, Dataset.id == Feature.dataset_id)
        .distinct()
    )
    return sorted({layer for layer, c in db.execute(query) if may_see(visitor, c)})


def facilities(db: Session, county: Twin, parent: int, *, visitor: str) -> bytes:
    """
    Return the facilities in a region as points: ``id``, ``n`` name, ``k`` kind, ``cap``, ``staff``.

    Raises
    ------
    LayerRefusedError
        If facilities are stored and none of them may be seen.
    """
    allowed = _allowed_batches(db, Facility, visitor, "facilities")
    query = (
        select(
            Facility.id,
            Facility.name,
            Facility.kind,
            Facility.capacity,
            Facility.staff,
            Facility.lon,
            Facility.lat,
        )
        .where(Facility.batch_id.in_(allowed))
        .order_by(Facility.id)
    )
    rows = db.execute(_inside(query, Facility.region_code, county, parent)).all()
    return collection(
        shapely.points([r.lon for r in rows], [r.lat for r in rows]),
        [
            _known({"id": r.id, "n": r.name, "k": r.kind, "cap": r.capacity, "staff": r.staff})
            for r in rows
        ],
    )


def buildings(db: Session, county: Twin, parent: int, *, visitor: str) -> bytes:
    """
    Return the buildings in a region as points: ``id``, ``u`` use, ``l`` storeys, ``d`` dwellings.

    Raises
    ------
    LayerRefusedError
        If buildings are stored and none of them may be seen.
    NoLayerError
        If there are more than ``MOST_BUILDINGS``.
    """
    allowed = _allowed_batches(db, Building, visitor, "buildings")
    query = (
        select(
            Building.id,
            Building.use,
            Building.levels,
            Building.dwellings,
            Building.lon,
            Building.lat,
        )
        .where(Building.batch_id.in_(allowed))
        .order_by(Building.id)
    )
    query = _inside(query, Building.region_code, county, parent)
    count = db.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    if count > MOST_BUILDINGS:
        raise NoLayerError(
            "{n} buildings are too many for one map; choose a smaller region.", n=count
        )
    rows = db.execute(query).all()
    return collection(
        shapely.points([r.lon for r in rows], [r.lat for r in rows]),
        [_known({"id": r.id, "u": r.use, "l": r.levels, "d": r.dwellings}) for r in rows],
    )


def labels(db: Session, county: Twin, level: str, parent: int) -> bytes:
    """
    Return the names of the regions of a level as points: ``id``, ``n``, ``e``.

    The point is the region's centre of people; where that is not known or lies outside a shape, a
    point inside the shape.
    """
    rows = county.below(parent, level)
    shapes = region_shapes(db, county, rows, county.path(parent))
    picked = county.regions.iloc[rows]
    centres = shapely.points(picked["lon"].to_numpy(), picked["lat"].to_numpy())
    outside = (shapely.get_dimensions(shapes) == 2) & ~shapely.intersects(shapes, centres)
    centres[outside] = shapely.point_on_surface(shapes[outside])
    unplaced = np.isnan(shapely.get_x(centres))
    centres[unplaced] = None
    return collection(
        centres,
        [
            {"id": code, "n": name, "e": name_en}
            for code, name, name_en in zip(
                picked["code"], picked["name"], picked["name_en"], strict=True
            )
        ],
    )


def _allowed_batches(db: Session, table: Any, visitor: str, layer: str) -> list[int]:
    """Return the batches of a table that the visitor may see; refuse when there are only others."""
    query = (
        select(Batch.id, Dataset.data_class)
        .join(Dataset, Dataset.id == Batch.dataset_id)
        .where(Batch.id.in_(select(table.batch_id).distinct()))
    )
    found = db.execute(query).all()
    allowed = [batch for batch, data_class in found if may_see(visitor, data_class)]
    if found and not allowed:
        raise LayerRefusedError("The layer {layer} is not open to you.", layer=layer)
    return allowed


def _inside(query: Any, column: Any, county: Twin, parent: int) -> Any:
    """Keep the rows whose region lies in the parent; in the county also those without region."""
    if county.has_everything(parent):
        return query
    return query.join(Region, Region.code == column).where(
        Region.path.startswith(county.path(parent), autoescape=True)
    )


def _area_of(db: Session, county: Twin, parent: int) -> Any:
    """Return the shape of a region; None for the whole county (everything) and without shape."""
    if county.has_everything(parent):
        return None
    shape = region_shapes(db, county, np.array([parent]), county.path(parent))[0]
    return shape if shapely.get_dimensions(shape) == 2 else None


def within(db: Session, county: Twin, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """
    Return the shapes, of a part of the county cut to its border; None for what lies beyond.

    What only touches the border lies beyond. A part without a shape has nothing in it.
    """
    if county.whole is None or not len(shapes):
        return shapes
    border = region_shapes(db, county, np.array([0]), county.path(0))[0]
    if shapely.get_dimensions(border) != 2:
        return np.full(len(shapes), None, dtype=object)
    wanted = shapely.get_dimensions(shapes)
    found: NDArray[np.object_] = shapely.intersection(shapely.make_valid(shapes), border)
    mixed = np.flatnonzero(shapely.get_type_id(found) == shapely.GeometryType.GEOMETRYCOLLECTION)
    for k in mixed:
        parts = shapely.get_parts(found[k])
        found[k] = shapely.union_all(parts[shapely.get_dimensions(parts) == wanted[k]])
    found[shapely.is_empty(found) | (shapely.get_dimensions(found) < wanted)] = None
    return found


def _touching(shapes: NDArray[np.object_], area: Any) -> NDArray[np.object_]:
    if area is None or not len(shapes):
        return shapes
    shapely.prepare(area)
    kept: NDArray[np.object_] = shapes[shapely.intersects(area, shapes)]
    return kept


def _merged(lines: NDArray[np.object_]) -> Any:
    """Return lines as one shape, joined and without detail below a pixel; None for none."""
    if not len(lines):
        return None
    whole = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(lines)))
    return simplified(_array([whole]))[0]


def _each_simplified(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return shapes without detail below a pixel, each by itself: layers may overlap."""
    if not len(shapes):
        return shapes
    west, south, east, north = shapely.total_bounds(shapes)
    return np.asarray(shapely.simplify(shapes, max(east - west, north - south) / 4000))


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what nobody knows; whole numbers lose their point."""
    return {
        key: int(value) if isinstance(value, float) and value.is_integer() else value
        for key, value in row.items()
        if value is not None and value != ""
    }


def _array(shapes: list[Any]) -> NDArray[np.object_]:
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return made

"""Rows of open data as one table with shapes: what all files and the API are made from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from cockpit.answers.open_columns import POINTS, OpenColumn, columns_of, key_of
from cockpit.answers.open_sources import Source
from cockpit.store.models import Batch, Facility, Feature, Region, RoadEdge, Sensor

_DTYPES = {"text": "string", "integer": "Int64", "number": "Float64", "boolean": "boolean"}
_EMPTY = {"text": ""}


@dataclass(frozen=True)
class OpenTable:
    """
    A table that may leave the county.

    ``frame`` has the columns of ``columns`` and no others, in their order; dates are
    ``datetime.date`` or None. ``shapes`` has one geometry a row (EPSG:4326) or None each; it is
    None when the data have no place. ``key`` names the column that tells rows apart.
    """

    columns: tuple[OpenColumn, ...]
    frame: pd.DataFrame
    shapes: NDArray[np.object_] | None
    key: str

    @property
    def bbox(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north in degrees; None without any shape."""
        if self.shapes is None or shapely.is_missing(self.shapes).all():
            return None
        west, south, east, north = (float(v) for v in shapely.total_bounds(self.shapes))
        return west, south, east, north


def typed(
    columns: tuple[OpenColumn, ...], rows: list[tuple[Any, ...]], key: str, shapes: Any = None
) -> OpenTable:
    """Return rows as a table; texts that are not known are empty, other values missing."""
    frame = pd.DataFrame(index=range(len(rows)))
    for position, told in enumerate(columns):
        values = [_value(row[position], told.type) for row in rows]
        kind: Any = _DTYPES.get(told.type, object)
        frame[told.name] = pd.Series(values, dtype=kind)
    return OpenTable(columns, frame, shapes, key)


def _value(value: Any, kind: str) -> Any:
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return _EMPTY.get(kind)
    if isinstance(value, dt.datetime):
        return value.date()
    return str(value) if kind == "text" else value


def read(db: Session, source: Source, open_ids: frozenset[str], *, with_made: bool) -> OpenTable:
    """
    Return the rows of an open data set: the columns of its kind and nothing else.

    ``open_ids`` are the data sets that are open: a parent's code is told only when the parent
    comes from one of them. Regions that the cockpit made are taken only ``with_made``: they are
    cut from others.
    """
    within = _of(source.id)
    shapes: Any = None
    if source.kind == "regions":
        rows, shapes = _regions(db, within, open_ids, with_made=with_made)
    elif source.kind == "facilities":
        rows = _facilities(db, within, f"{source.id}:")
    elif source.kind == "sensors":
        rows = _sensors(db, within)
    elif source.kind == "features":
        rows, shapes = _features(db, within)
    else:
        rows, shapes = _roads(db, within)
    if source.kind in POINTS:
        shapes = shapely.points(*np.array([row[-2:] for row in rows], float).reshape(-1, 2).T)
    return typed(columns_of(source.kind), rows, key_of(source.kind), np.asarray(shapes, object))


def _of(dataset: str) -> Any:
    return select(Batch.id).where(Batch.dataset_id == dataset)


def _regions(
    db: Session, within: Any, open_ids: frozenset[str], *, with_made: bool
) -> tuple[list[tuple[Any, ...]], Any]:
    query = (
        select(
            Region.code, Region.level, Region.parent_code, Region.name, Region.name_en,
            Region.area_km2, Region.geometry,
        )
        .where(Region.batch_id.in_(within), _not_made(with_made))
        .order_by(Region.position)
    )  # fmt: skip
    parents = select(Region.code).where(Region.batch_id.in_(_of_any(open_ids)))
    told = set(db.execute(parents).scalars())
    found = db.execute(query).all()
    rows = [(r[0], r[1], r[2] if r[2] in told else "", *r[3:6]) for r in found]
    return rows, shapely.from_wkb(np.array([r[6] for r in found], object))


def _not_made(with_made: bool) -> ColumnElement[bool]:
    return Region.made.in_((False, True) if with_made else (False,))


def _of_any(datasets: frozenset[str]) -> Any:
    return select(Batch.id).where(Batch.dataset_id.in_(sorted(datasets)))


def _facilities(db: Session, within: Any, prefix: str) -> list[tuple[Any, ...]]:
    query = (
        select(
            Facility.id, Facility.name, Facility.kind, Facility.capacity, Facility.referral_level,
            Facility.open_from, Facility.open_to, Facility.lon, Facility.lat,
        )
        .where(Facility.batch_id.in_(within))
        .order_by(Facility.source_row, Facility.id)
    )  # fmt: skip
    # The store's id begins with the data set's; the file has it in its name.
    return [(r[0].removeprefix(prefix), *r[1:]) for r in db.execute(query)]


def _sensors(db: Session, within: Any) -> list[tuple[Any, ...]]:
    query = (
        select(Sensor.id, Sensor.kind, Sensor.unit, Sensor.lon, Sensor.lat)
        .where(Sensor.batch_id.in_(within))
        .order_by(Sensor.source_row, Sensor.id)
    )
    return [tuple(r) for r in db.execute(query)]


def _features(db: Session, within: Any) -> tuple[list[tuple[Any, ...]], Any]:
    query = (
        select(Feature.layer, Feature.name, Feature.kind, Feature.geometry)
        .where(Feature.batch_id.in_(within))
        .order_by(Feature.source_row, Feature.id)
    )
    # Numbered within the data set: the store's own numbers change with every load.
    found = db.execute(query).all()
    rows = [(n, *r[:3]) for n, r in enumerate(found, start=1)]
    return rows, shapely.from_wkb(np.array([r[3] for r in found], object))


def _roads(db: Session, within: Any) -> tuple[list[tuple[Any, ...]], Any]:
    query = (
        select(
            RoadEdge.road_class, RoadEdge.name, RoadEdge.oneway, RoadEdge.maxspeed_kmh,
            RoadEdge.surface, RoadEdge.bridge, RoadEdge.length_m, RoadEdge.geometry,
        )
        .where(RoadEdge.batch_id.in_(within))
        .order_by(RoadEdge.source_row, RoadEdge.id)
    )  # fmt: skip
    found = db.execute(query).all()
    rows = [(n, *r[:7]) for n, r in enumerate(found, start=1)]
    return rows, shapely.from_wkb(np.array([r[7] for r in found], object))


def region_shapes(db: Session, open_ids: frozenset[str], *, with_made: bool) -> dict[str, Any]:
    """Return code to shape of the regions whose boundaries are open."""
    query = select(Region.code, Region.geometry).where(
        Region.batch_id.in_(_of_any(open_ids)),
        Region.geometry.is_not(None),
        _not_made(with_made),
    )
    found = db.execute(query).all()
    shapes = shapely.from_wkb(np.array([r[1] for r in found], object))
    return dict(zip((r[0] for r in found), shapes, strict=True))

"""Map layers as GeoJSON bytes: which measures they carry, under which keys, at which address."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.small_counts import hidden_counts
from cockpit.answers.twin import Twin
from cockpit.coverage.catchments import METHODS
from cockpit.coverage.services import SERVICES
from cockpit.indicators import INDICATORS, MEASURES
from cockpit.store.models import Region

FORMAT = 5
"""Raise when the same county gives other bytes: browsers keep layers for a year."""

DECIMALS = 5  # of a degree: about a metre; fewer where a pixel of the whole layer is far larger
MASKED = -1
"""Stands in a layer for a sensitive count that is not shown."""

LAYER_MEASURES: tuple[str, ...] = tuple(
    m for m in MEASURES if any(m in i.measures for i in INDICATORS.values())
)
"""The measures that indicators are made of; the others stay out of the bytes."""

# One list a feature instead of one name a figure: a tenth of the bytes.
_KEYS = {measure: f"v[{number}]" for number, measure in enumerate(LAYER_MEASURES)}
_PEOPLE = LAYER_MEASURES.index("people")
_CURVE_DEPTH = 12  # 4096 steps a side: finer than the grids of a county
_PICTURE_PIXELS = 2000  # a parent region fills about this many pixels of a large screen


def layer_key(measure: str) -> str:
    """
    Return what carries a measure among a feature's properties: ``v[3]``.

    Use in an expression as ``properties.v[3]``. ``KeyError`` for a measure that no layer carries.
    """
    return _KEYS[measure]


def layer_scale(measure: str) -> float:
    """Return what a measure is multiplied by in a layer: areas come in 100 m², the rest as is."""
    return 1e4 if MEASURES[measure].unit == "km²" else 1.0


def stamp(version: str) -> str:
    """Return the part of a layer's address that changes with the data and with the layer's form."""
    return f"{version}.{_form():04x}"


@cache
def _form() -> int:
    """Return a number of the layer's form: that of the program, and asked for at each look."""
    parts = (FORMAT, LAYER_MEASURES, tuple(SERVICES.values()), tuple(METHODS))
    return zlib.crc32(repr(parts).encode()) & 0xFFFF


def layer_url(version: str, *parts: str, ending: str = ".geojson") -> str:
    """
    Return the address of a layer of a data version.

    ``layer_url(v, "village", "529901")``, ``layer_url(v, "roads", code)``,
    ``layer_url(v, "relief", ending=".png")``. Parts are quoted.
    """
    return "/".join(("/layers", stamp(version), *(quote(p, safe="") for p in parts))) + ending


def tile_url(version: str, level: str, parent: str) -> str:
    """Return the address pattern of a tiled layer, with ``{z}``, ``{x}``, ``{y}`` to be filled."""
    return layer_url(version, level, parent, ending="/{z}/{x}/{y}.geojson")


def visible_measures(county: Twin, visitor: str) -> list[str]:
    """Return the measures of a layer that the county has and the visitor's class may see."""
    return [
        m
        for m in LAYER_MEASURES
        if may_see(visitor, county.classes[m]) and not np.isnan(county.measures[m][0])
    ]


def shown_values(
    county: Twin, measure: str, rows: NDArray[np.intp], small_count: int
) -> NDArray[np.float64]:
    """
    Return a measure at some rows as a layer shows it.

    Sensitive counts from 1 to ``small_count`` - 1 become ``MASKED``, and so do those from which
    such a count would follow (``small_counts.hidden_counts``); 0 stays 0.
    """
    values = county.measures[measure][rows]
    return np.where(hidden_counts(county, measure, small_count)[rows], MASKED, values)


def region_layer(
    db: Session, county: Twin, level: str, parent: int, *, visitor: str, small_count: int
) -> bytes:
    """
    Return the regions of one level under a parent as GeoJSON.

    Each feature has the region's code as ``id`` (also among the properties), ``n`` name, ``e``
    English name and in the list ``v`` a whole number for every visible measure, at the place
    that ``layer_key(measure)`` names; null where nobody has counted and for the others; ``p``
    repeats the residents. Shapes are simplified together, so that neighbours keep touching; a
    region without shape is a point; without place it is left out.
    Features follow each other as neighbours do: the same points stand close together in the
    bytes, which gzip turns into a quarter less.

    Parameters
    ----------
    parent
        Row of the parent in ``county``.
    visitor
        Highest data class the visitor may see.
    small_count
        Sensitive counts below this are masked.
    """
    rows = county.below(parent, level)
    shapes = simplified(region_shapes(db, county, rows, county.path(parent)))
    order = along_a_curve(shapes)
    properties = region_properties(county, rows[order], visitor, small_count)
    return collection(shapes[order], properties)


def region_shapes(
    db: Session, county: Twin, rows: NDArray[np.intp], path: str
) -> NDArray[np.object_]:
    """Return the shapes of rows under ``path``, in degrees; a point or None without shape."""
    regions = county.regions
    codes = regions["code"].to_numpy()[rows]
    levels = regions["level"].to_numpy()[rows]
    query = select(Region.code, Region.geometry).where(
        Region.path.startswith(path, autoescape=True),
        Region.level.in_(sorted(set(levels.tolist()))),
    )
    stored = {code: wkb for code, wkb in db.execute(query)}  # noqa: C416 -- rows are not tuples
    shapes: NDArray[np.object_] = shapely.from_wkb(
        np.array([stored.get(c) for c in codes], dtype=object)
    )
    missing = np.flatnonzero(shapely.is_missing(shapes))
    lon = regions["lon"].to_numpy()[rows][missing]
    lat = regions["lat"].to_numpy()[rows][missing]
    placed = ~np.isnan(lon)
    shapes[missing[placed]] = shapely.points(lon[placed], lat[placed])
    return shapes


def region_properties(
    county: Twin, rows: NDArray[np.intp], visitor: str, small_count: int
) -> list[dict[str, Any]]:
    """Return the properties of the layer's features, in the order of ``rows``."""
    picked = county.regions.iloc[rows]
    properties: list[dict[str, Any]] = [
        {"id": code, "n": name, "e": name_en}
        for code, name, name_en in zip(
            picked["code"], picked["name"], picked["name_en"], strict=True
        )
    ]
    visible = set(visible_measures(county, visitor))
    columns: list[list[int | None]] = []
    for measure in LAYER_MEASURES:
        if measure in visible:
            values = shown_values(county, measure, rows, small_count) * layer_scale(measure)
            columns.append([None if np.isnan(v) else round(v) for v in values.tolist()])
        else:
            columns.append([None] * len(rows))
    for row, values_of_row in zip(properties, zip(*columns, strict=True), strict=True):
        row["v"] = values_of_row
        # The note at the pointer reads properties by name only: people have one of their own.
        row["p"] = values_of_row[_PEOPLE]
    return properties


def simplified(shapes: NDArray[np.object_], pixels: int = _PICTURE_PIXELS) -> NDArray[np.object_]:
    """
    Return shapes without detail finer than a pixel when all of them fill a screen.

    Areas are simplified as one coverage: a border shared by two regions stays shared. Lines are
    simplified one by one; points come back as they are.
    """
    if not len(shapes):
        return shapes
    west, south, east, north = shapely.total_bounds(shapes)
    pixel = max(east - west, north - south) / pixels
    if not pixel > 0:
        return shapes
    result = shapes.copy()
    dimension = shapely.get_dimensions(shapes)
    areas, lines = dimension == 2, dimension == 1
    if areas.any():
        result[areas] = shapely.coverage_simplify(shapes[areas], pixel)
    if lines.any():
        result[lines] = shapely.simplify(shapes[lines], pixel)
    return result


def collection(
    shapes: NDArray[np.object_],
    properties: Sequence[Mapping[str, Any]],
    *,
    name_features: bool = True,
) -> bytes:
    """
    Return features as GeoJSON with coordinates of at most 5 decimals.

    A property ``id`` is also the feature's, unless ``name_features`` is False (a twentieth of the
    bytes). Missing and empty shapes are left out.
    """
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    kept = np.flatnonzero(there)
    decimals = _decimals(shapes[kept])
    rounded = shapely.transform(shapes[kept], lambda xy: np.round(xy, decimals))
    parts = []
    for number, text in zip(kept.tolist(), shapely.to_geojson(rounded), strict=True):
        row = properties[number]
        written = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        named = name_features and "id" in row
        name = f'"id":{json.dumps(row["id"], ensure_ascii=False)},' if named else ""
        parts.append(f'{{"type":"Feature",{name}"geometry":{text},"properties":{written}}}')
    return f'{{"type":"FeatureCollection","features":[{",".join(parts)}]}}'.encode()


def _decimals(shapes: NDArray[np.object_]) -> int:
    """Return how many decimals keep a point within half a pixel of the whole layer's picture."""
    if not len(shapes) or (shapely.get_dimensions(shapes) == 0).all():
        return DECIMALS
    west, south, east, north = shapely.total_bounds(shapes)
    pixel = max(east - west, north - south) / _PICTURE_PIXELS
    return DECIMALS if pixel <= 0 else min(DECIMALS, max(0, math.ceil(-math.log10(pixel))))


def along_a_curve(shapes: NDArray[np.object_]) -> NDArray[np.intp]:
    """Return an order in which neighbours stand close together: along a Hilbert curve."""
    x, y = shapely.get_x(shapely.centroid(shapes)), shapely.get_y(shapely.centroid(shapes))
    known = ~np.isnan(x)
    if not known.any():
        return np.arange(len(shapes))
    size = max(np.ptp(x[known]), np.ptp(y[known])) or 1.0
    steps = (1 << _CURVE_DEPTH) - 1
    column = np.nan_to_num((x - x[known].min()) / size * steps).astype(np.int64)
    row = np.nan_to_num((y - y[known].min()) / size * steps).astype(np.int64)
    return np.argsort(_hilbert(column, row), kind="stable")


def _hilbert(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    Return the place of whole-numbered points on a Hilbert curve.

    References
    ----------
    Warren, H. S. (2013), "Hacker's Delight", 2nd edition, chapter 16.
    """
    place = np.zeros_like(x)
    side = 1 << (_CURVE_DEPTH - 1)
    while side:
        right, upper = (x & side) > 0, (y & side) > 0
        place += side * side * ((3 * right) ^ upper)
        flip = ~upper & right
        x, y = np.where(flip, side - 1 - x, x), np.where(flip, side - 1 - y, y)
        x, y = np.where(upper, x, y), np.where(upper, y, x)
        side >>= 1
    return place

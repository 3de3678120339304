"""Flooded areas as visitors bring them: typed, uploaded, drawn, or stored as a map layer."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.closure_key import areas_of
from cockpit.answers.reach import Reach
from cockpit.store.models import Dataset, Feature
from geodata.errors import DataFileError, InputError
from loaders.files import MEGABYTE, Limits
from loaders.manifest import County, Manifest
from loaders.manifest import Dataset as Entry
from loaders.sandbox import read_upload
from loaders.table import ReadContext

Box = tuple[float, float, float, float]

LIMITS = Limits(file_bytes=5 * MEGABYTE, features=500, vertices=100_000, seconds=15.0)
"""What an uploaded area may hold: an outline is small, and a visitor waits for it."""

LONGEST_TEXT = 20_000
FILE_TYPES = ("geojson", "json")


@dataclass(frozen=True)
class Shape:
    """A stored river or area to choose from."""

    id: int
    layer: str
    name: str  # "" for none
    kind: str
    size: float  # km of a line, km² of an area


def stored_shapes(db: Session, *, visitor: str) -> tuple[tuple[Shape, ...], tuple[Shape, ...]]:
    """Return the rivers (all lines) and the areas among the stored features, named ones first."""
    query = (
        select(
            Feature.id, Feature.layer, Feature.name, Feature.kind, Feature.geometry,
            Dataset.data_class,
        )
        .join(Dataset, Dataset.id == Feature.dataset_id)
        .order_by(Feature.id)
    )  # fmt: skip
    lines: list[Shape] = []
    areas: list[Shape] = []
    for row in db.execute(query):
        if not may_see(visitor, row.data_class):
            continue
        shape = shapely.from_wkb(row.geometry)
        size = _size(shape)
        dimension = shapely.get_dimensions(shape)
        if dimension > 0:
            found = Shape(row.id, row.layer, row.name or "", row.kind or "", size)
            (lines if dimension == 1 else areas).append(found)
    return _named_first(lines), _named_first(areas)


def _named_first(shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    return tuple(sorted(shapes, key=lambda s: (not s.name, -s.size, s.id)))


def _size(shape: Any) -> float:
    """Return km or km² of a shape in degrees: enough to tell large from small."""
    if shapely.is_empty(shape):
        return 0.0
    shrink = math.cos(math.radians(shape.centroid.y))
    flat = shapely.transform(shape, lambda xy: xy * (111.32 * shrink, 111.32))
    return float(flat.area if shapely.get_dimensions(shape) == 2 else flat.length)


def size_km2(area: Any) -> float:
    """Return the size of an area given in degrees, in km²."""
    return _size(area)


@dataclass(frozen=True)
class Sketch:
    """The county in few lines, to draw an area on; points in degrees, NaN between two lines."""

    roads: NDArray[np.float64]  # (n, 2) main roads
    rivers: NDArray[np.float64]  # (n, 2)
    bridges: NDArray[np.float64]  # (n, 2)
    places: tuple[int, ...]  # rows of the townships in twin.regions


_DRAWN_CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary")
_FINEST_M = 60.0  # a line of the sketch moves by no more


def sketch(reach: Reach, db: Session, *, visitor: str) -> Sketch:
    """Return what a visitor needs to see to draw an area: roads, rivers, bridges, townships."""
    roads = reach.roads
    assert roads is not None  # noqa: S101 -- a question is refused without roads
    rivers, _areas = stored_shapes(db, visitor=visitor)
    ids = [river.id for river in rivers]
    stored = db.execute(select(Feature.geometry).where(Feature.id.in_(ids))).scalars().all()
    levels = reach.twin.regions["level"].to_numpy()
    bridges = roads.geometry[roads.bridge]
    middle = shapely.line_interpolate_point(bridges, 0.5, normalized=True)
    return Sketch(
        _strokes(roads.geometry[np.isin(roads.road_class, _DRAWN_CLASSES)]),
        _strokes(shapely.from_wkb(np.array(stored, dtype=object))),
        shapely.get_coordinates(middle),
        tuple(np.flatnonzero(levels == "township").tolist()),
    )


def _strokes(lines: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return lines joined and simplified, one after the other with NaN between."""
    if not len(lines):
        return np.empty((0, 2))
    whole = shapely.line_merge(shapely.multilinestrings(list(shapely.get_parts(lines))))
    parts = shapely.get_parts(shapely.simplify(whole, _FINEST_M / 111_320))
    gap = np.full((1, 2), np.nan)
    return np.vstack([np.vstack((shapely.get_coordinates(p).round(5), gap)) for p in parts])


def box_of(reach: Reach) -> Box:
    """Return west, south, east and north of the county's roads, in degrees."""
    assert reach.roads is not None  # noqa: S101 -- a question is refused without roads
    west, south, east, north = shapely.total_bounds(reach.roads.geometry)
    return float(west), float(south), float(east), float(north)


def typed(text: str, box: Box) -> list[Polygon]:
    """
    Return the area whose corners stand in a text: longitude latitude, one corner a line.

    Corners may also be parted by semicolons, the two figures by a space or a comma, Chinese
    punctuation as well.

    Raises
    ------
    InputError
        If a corner has no two figures, there are fewer than three, or `areas_of` refuses them.
    """
    if len(text) > LONGEST_TEXT:
        raise InputError("The text is longer than {most} characters.", most=LONGEST_TEXT)
    corners = [part for part in re.split(r"[;；\n]+", text) if part.strip()]
    points = [_corner(part, number) for number, part in enumerate(corners, start=1)]
    if len(points) < 3:
        raise InputError(
            "The text has {found} corners; an area has three or more.", found=len(points)
        )
    return areas_of(shapely.Polygon(points), box=box)


def _corner(text: str, number: int) -> tuple[float, float]:
    words = re.split(r"[,，\s]+", text.strip())
    try:
        lon, lat = (float(word) for word in words)
    except ValueError:
        raise InputError(
            "Corner {number} is {text}; expected longitude and latitude, such as 106.92 27.31.",
            number=number,
            text=text.strip()[:40],
        ) from None
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # NaN fails too
        raise InputError(
            "Corner {number} is {text}; longitude is at most 180 and latitude at most 90.",
            number=number,
            text=text.strip()[:40],
        )
    return lon, lat


def drawn(selection: Any, box: Box) -> list[Polygon]:
    """
    Return the areas of a chart's selection: its lassos and boxes.

    Raises
    ------
    InputError
        If an area has no size or lies outside the county.
    """
    made: list[Polygon] = []
    for lasso in selection.get("lasso") or ():
        points = list(zip(lasso["x"], lasso["y"], strict=True))
        if len(points) < 3:
            raise InputError("This is no area: an area has three corners or more.")
        made += areas_of(shapely.Polygon(points), box=box)
    for corners in selection.get("box") or ():
        (x0, x1), (y0, y1) = sorted(corners["x"][:2]), sorted(corners["y"][:2])
        made += areas_of(shapely.box(x0, y0, x1, y1), box=box)
    return made


def uploaded(name: str, content: bytes, reach: Reach, box: Box) -> list[Polygon]:
    """
    Return the areas of an uploaded GeoJSON file, read in the sandbox.

    Raises
    ------
    DataFileError
        If the file is empty or too large, cannot be read, or has no area.
    InputError
        If the areas lie outside the county or have too many corners.
    """
    plain = re.sub(r"[^\w.-]", "_", name.replace("\\", "/").rsplit("/", 1)[-1])[-80:]
    if not content:
        raise DataFileError("{file}: the file is empty.", file=plain)
    if not plain.lower().endswith(tuple(f".{ending}" for ending in FILE_TYPES)):
        raise DataFileError("{file}: expected a GeoJSON file with areas.", file=plain)
    with tempfile.TemporaryDirectory(prefix="cockpit-closure-") as folder:
        path = Path(folder) / plain.lstrip(".")
        path.write_bytes(content)
        entry = Entry(id="closure", title=plain, kind="features", layer="closure", file=str(path))
        table = read_upload(
            entry, _manifest(reach, entry), context=ReadContext(box=None, limits=LIMITS)
        ).table
    shapes = [
        shape
        for shape in table.get("geometry", ())
        if shape is not None and shapely.get_dimensions(shape) == 2
    ]
    if not shapes:
        raise DataFileError("{file}: no area is in it.", file=plain)
    return areas_of(shapely.union_all(np.array(shapes, dtype=object)), box=box)


def _manifest(reach: Reach, entry: Entry) -> Manifest:
    county = reach.twin.county
    return Manifest(
        county=County(
            code=str(county["code"]),
            name=str(county["name"]),
            crs=str(county["crs"]),
            code_scheme="free",
        ),
        dataset=(entry,),
    )

"""The townships' outlines as one short path, for a drawing of a few kilobytes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from sqlalchemy.orm import Session

from cockpit.answers.layers import region_shapes
from cockpit.answers.twin import Twin
from cockpit.store.session import engine

_WIDE = 100.0
_MARGIN = 5.0
_COARSE = 0.35
"""How far a simplified border may lie from the true one, in hundredths of the width."""


@dataclass(frozen=True)
class Outline:
    """A path in the units of ``box``: 100 wide, north up, no distortion at the county's middle."""

    path: str
    box: str  # of an SVG: left, top, width, height
    west: float
    north: float
    scale: float  # units a degree of latitude
    squeeze: float  # degrees of longitude in degrees of latitude: cosine of the latitude

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where a place in degrees lies in the drawing."""
        return (lon - self.west) * self.squeeze * self.scale, (self.north - lat) * self.scale


def outline(county: Twin) -> Outline | None:
    """
    Return the outlines of the townships of a county or a part of it; of itself without any.

    None where no shape is stored.
    """
    rows = county.below(0, "township")
    if not len(rows):
        rows = np.array([0], dtype=np.intp)
    with Session(engine()) as db:
        shapes = region_shapes(db, county, rows, county.path(0))
    drawn = [s for s in shapes if s is not None and shapely.area(s) > 0]
    if not drawn:
        return None
    west, south, east, north = (float(v) for v in shapely.total_bounds(drawn))
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = _WIDE / ((east - west) * squeeze)
    empty = Outline("", "", west, north, scale, squeeze)
    # Borders are simplified together, or two neighbours would show a gap between them.
    coarse = shapely.coverage_simplify(drawn, _COARSE / scale)
    path = "".join(_ring(empty, ring) for shape in coarse for ring in _rings(shape))
    high = (north - south) * scale
    box = f"{-_MARGIN:g} {-_MARGIN:g} {_WIDE + 2 * _MARGIN:g} {high + 2 * _MARGIN:.1f}"
    return Outline(path, box, west, north, scale, squeeze)


def _rings(shape: shapely.Geometry) -> Iterator[shapely.LinearRing]:
    for part in shapely.get_parts(shape):
        if isinstance(part, shapely.Polygon):
            yield part.exterior
            yield from part.interiors


def _ring(frame: Outline, ring: shapely.LinearRing) -> str:
    points = (frame.at(x, y) for x, y in ring.coords[:-1])
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"

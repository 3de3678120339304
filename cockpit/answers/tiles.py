"""A layer of very many regions, cut into the tiles of the web's map grid."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from cockpit.answers.layers import collection, region_properties, region_shapes, simplified
from cockpit.answers.twin import Twin

TILE_PIXELS = 512
DEEPEST = 20
"""Largest zoom of a tile: 20 is finer than 15 cm a pixel."""
_WHOLE_PIXELS = 8000  # detail kept in the index: four screens wide


@dataclass(frozen=True)
class TileIndex:
    """The regions of a level under a parent, ready to be cut; shapes in degrees."""

    shapes: NDArray[np.object_]
    tree: shapely.STRtree
    properties: Sequence[Mapping[str, Any]]


def tile_index(
    db: Session, county: Twin, level: str, parent: int, *, visitor: str, small_count: int
) -> TileIndex:
    """Return the index of a level under a parent; the visitor's class as in ``region_layer``."""
    rows = county.below(parent, level)
    shapes = simplified(region_shapes(db, county, rows, county.path(parent)), _WHOLE_PIXELS)
    properties = region_properties(county, rows, visitor, small_count)
    return TileIndex(shapes, shapely.STRtree(shapes), properties)


def tile_bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees of a tile; y counts from the north."""
    n = 1 << z

    def latitude(row: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / n))))

    return x / n * 360 - 180, latitude(y + 1), (x + 1) / n * 360 - 180, latitude(y)


def tile(index: TileIndex, z: int, x: int, y: int) -> bytes:
    """
    Return the regions that touch a tile, cut at its border, as GeoJSON.

    Regions smaller than a pixel of the tile are left out: nobody sees them, and a tile of the whole
    world stays small. A tile without regions has no features.
    """
    west, south, east, north = tile_bounds(z, x, y)
    found = np.sort(index.tree.query(shapely.box(west, south, east, north)))
    shapes = index.shapes[found]
    box = shapely.bounds(shapes)
    size = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
    found = found[(size >= (east - west) / TILE_PIXELS) | (size == 0)]
    cut = shapely.clip_by_rect(index.shapes[found], west, south, east, north)
    # A border that only touches the tile leaves a line or a point of an area behind.
    cut[shapely.get_dimensions(cut) < shapely.get_dimensions(index.shapes[found])] = None
    return collection(cut, [index.properties[row] for row in found])

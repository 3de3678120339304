"""From metres to a picture's units: the frame that holds all shapes, and short path data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

FINE = 2
"""Whole steps a pixel that coordinates are rounded to: half a pixel is nothing to see."""

_SMALLEST_M = 1.0  # what one point alone is taken to be wide


@dataclass(frozen=True)
class Frame:
    """Where a picture's metres lie in a rectangle of its units, north up, in the middle of it."""

    west: float
    north: float
    scale: float  # units a metre
    left: float
    top: float

    @classmethod
    def around(cls, shapes: Shapes, left: float, top: float, width: float, height: float) -> Frame:
        """
        Return the frame that fits all of ``shapes`` into a rectangle.

        Missing and empty shapes count nothing; without any the rectangle is a kilometre wide.
        """
        there = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        bounds = shapely.total_bounds(there) if len(there) else np.array([0.0, 0.0, 1e3, 1e3])
        west, south, east, north = (float(x) for x in bounds)
        wide, tall = max(east - west, _SMALLEST_M), max(north - south, _SMALLEST_M)
        scale = min(width / wide, height / tall)
        return cls(
            west - (width / scale - wide) / 2,
            north + (height / scale - tall) / 2,
            scale,
            left,
            top,
        )

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return where a place in metres lies in the picture."""
        return self.left + (x - self.west) * self.scale, self.top + (self.north - y) * self.scale

    def steps(self, coordinates: Floats) -> NDArray[np.int64]:
        """Return places in metres, shape (n, 2), as whole steps of ``1 / FINE`` units."""
        moved = (coordinates - np.array([self.west, self.north])) * np.array([1.0, -1.0])
        found = (moved * self.scale + np.array([self.left, self.top])) * FINE
        whole: NDArray[np.int64] = np.rint(found).astype(np.int64)
        return whole


def simpler(shapes: Shapes, frame: Frame) -> Shapes:
    """
    Return shapes without detail finer than a third of a unit.

    Areas are simplified as one coverage, so that neighbours keep touching; lines one by one.
    """
    result = shapes.copy()
    dimension = shapely.get_dimensions(shapes)
    areas, lines = dimension == 2, dimension == 1
    finest = 0.35 / frame.scale
    if areas.any():
        result[areas] = shapely.coverage_simplify(shapes[areas], finest)
    if lines.any():
        result[lines] = shapely.simplify(shapes[lines], finest)
    return result


def path(shape: Any, frame: Frame) -> str:
    """Return a shape's rings or lines as path data of whole steps; "" when nothing is left."""
    made = []
    for part in shapely.get_parts(shape):
        dimension = shapely.get_dimensions(part)
        if dimension == 2:
            rings = (part.exterior, *part.interiors)
            made += [_one(shapely.get_coordinates(ring), frame, closed=True) for ring in rings]
        elif dimension == 1:
            made.append(_one(shapely.get_coordinates(part), frame, closed=False))
    return "".join(made)


def _one(coordinates: Floats, frame: Frame, *, closed: bool) -> str:
    points = frame.steps(coordinates)
    if closed:
        points = points[:-1]
    if len(points) > 1:
        kept = np.ones(len(points), dtype=bool)
        kept[1:] = (np.diff(points, axis=0) != 0).any(axis=1)
        points = points[kept]
    if len(points) < (3 if closed else 2):
        return ""
    moves = np.diff(points, axis=0).ravel().tolist()
    # A minus parts two numbers as well as a blank does.
    text = "".join(f"{move}" if move < 0 else f" {move}" for move in moves).lstrip()
    return f"M{points[0, 0]} {points[0, 1]}l{text}{'z' if closed else ''}"

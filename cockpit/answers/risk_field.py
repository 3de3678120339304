"""A fine grid over the county, and which cell or village each of its squares lies in."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from cockpit.answers.risk_places import Floats, Places, to_degrees, to_metres
from cockpit.risk.grids import Grid, grid_over
from geodata.errors import InputError

SQUARES = 40_000
"""Squares over the county's box: about 200 m across in a county of 2,000 km²."""
_MOST_KEPT = 4


@dataclass(frozen=True)
class Field:
    """Squares of the county: ``inside`` (ny, nx), and the place (-1: none) of each."""

    grid: Grid
    inside: NDArray[np.bool_]
    place: NDArray[np.intp]  # (ny, nx)
    nearest: NDArray[np.intp]  # (n_places,) flat square at or nearest to the middle of each place
    bounds: tuple[float, float, float, float]  # west, south, east, north of the grid in degrees

    def mean_by_place(self, values: Floats, *, missing: float = 0.0) -> Floats:
        """
        Return the mean of the known squares of each place, (n_places,).

        Where none of a place's squares is known, or it has none, the one nearest to its middle
        counts; where that is not known either, ``missing``.
        """
        flat, at = values.ravel(), self.place.ravel()
        known = (at >= 0) & np.isfinite(flat)
        n = len(self.nearest)
        squares = np.bincount(at[known], minlength=n)
        total = np.bincount(at[known], weights=flat[known], minlength=n)
        alone = np.nan_to_num(flat[self.nearest], nan=missing)
        mean: Floats = np.where(squares > 0, total / np.maximum(squares, 1), alone)
        return mean

    def sum_by_place(self, values: Floats) -> Floats:
        """Return the sum of the squares of each place; squares of no place count for none."""
        flat, at = np.nan_to_num(values).ravel(), self.place.ravel()
        total = np.bincount(at[at >= 0], weights=flat[at >= 0], minlength=len(self.nearest))
        return total.astype(np.float64)


_kept: OrderedDict[tuple[str, str, int], Field] = OrderedDict()
_lock = threading.Lock()


def field_of(places: Places, squares: int = SQUARES) -> Field:
    """
    Return about so many squares over the box of the county, for its cells or villages.

    Kept for its data version.
    """
    key = (places.twin.version, places.level, squares)
    with _lock:
        if key not in _kept:
            _kept[key] = _made(places, squares)
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key]


def forget() -> None:
    """Drop what is kept: a test changed the store behind our back."""
    with _lock:
        _kept.clear()


def _made(places: Places, squares: int) -> Field:
    grid = grid_over(*_box(places, squares))
    x = grid.x0 + (np.arange(grid.nx) + 0.5) * grid.cell_m
    y = grid.y0 + (np.arange(grid.ny) + 0.5) * grid.cell_m
    across, up = np.meshgrid(x, y)
    lon, lat = to_degrees(places.twin, across.ravel(), up.ravel())
    place = _place_at(places, lon, lat).reshape(grid.ny, grid.nx)
    inside = place >= 0
    if not inside.any():  # cells without shapes: nobody knows where the county ends
        inside = np.ones_like(inside)
    column = np.clip((np.nan_to_num(places.x) - grid.x0) // grid.cell_m, 0, grid.nx - 1)
    row = np.clip((np.nan_to_num(places.y) - grid.y0) // grid.cell_m, 0, grid.ny - 1)
    return Field(
        grid, inside, place, (row * grid.nx + column).astype(np.intp), _bounds(places, grid)
    )


def _bounds(places: Places, grid: Grid) -> tuple[float, float, float, float]:
    """Return the box around the grid's edge in degrees: a straight edge is a curve there."""
    t = np.linspace(0, 1, 33)
    across, up = np.meshgrid(t * grid.nx, t * grid.ny)
    x, y = grid.x0 + across * grid.cell_m, grid.y0 + up * grid.cell_m
    lon, lat = to_degrees(places.twin, x.ravel(), y.ravel())
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _box(places: Places, squares: int) -> tuple[tuple[float, float, float, float], float]:
    """Return the box around the places in metres, and how wide a square is."""
    there = ~shapely.is_missing(places.shapes)
    if not there.any():
        raise InputError("The county's cells have no place on the map.")
    corners = shapely.get_coordinates(places.shapes[there])
    x, y = to_metres(places.twin, corners[:, 0], corners[:, 1])
    west, south, east, north = x.min(), y.min(), x.max(), y.max()
    cell = max(math.sqrt(max((east - west) * (north - south), 1.0) / squares), 20.0)
    return (float(west), float(south), float(east), float(north)), float(round(cell))


def _place_at(places: Places, lon: Floats, lat: Floats) -> NDArray[np.intp]:
    """Return the place whose shape holds each point; -1 where none does."""
    found = np.full(len(lon), -1, dtype=np.intp)
    areas = shapely.get_dimensions(places.shapes) == 2
    if not areas.any():
        return found
    where = np.flatnonzero(areas)
    tree = shapely.STRtree(places.shapes[where])
    point, shape = tree.query(shapely.points(lon, lat), predicate="intersects")
    found[point] = where[shape]
    return found


def people_by_square(places: Places, field: Field) -> Floats | None:
    """
    Return the residents of each square, each place's spread evenly over its own; None: unknown.

    Places too small for a square of their own stand in the one nearest to their middle.
    """
    if places.people is None or not places.people.sum() > 0:
        return None
    at = field.place
    squares = np.bincount(at[at >= 0], minlength=len(places))
    each = np.where(squares > 0, places.people / np.maximum(squares, 1), 0.0)
    spread = np.where(at >= 0, each[np.maximum(at, 0)], 0.0)
    lost = np.flatnonzero(squares == 0)
    np.add.at(spread.reshape(-1), field.nearest[lost], places.people[lost])
    found: Floats = np.where(field.inside, spread, 0.0)
    return found if found.sum() > 0 else None

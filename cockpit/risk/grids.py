"""A grid of equal squares over the county, south to north."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.errors import InputError

Floats = NDArray[np.float64]
_MOST_CELLS = 4_000_000


@dataclass(frozen=True)
class Grid:
    """
    Squares in metres; values on it have shape ``(ny, nx)``, row 0 in the south.

    A point on the line between two squares belongs to the one in the north or east.
    """

    x0: float  # metres, west edge
    y0: float  # metres, south edge
    cell_m: float
    nx: int
    ny: int

    def __post_init__(self) -> None:
        edges = math.isfinite(self.x0) and math.isfinite(self.y0)
        if not (edges and 0 < self.cell_m < math.inf and self.nx >= 1 and self.ny >= 1):
            raise InputError(
                "A grid of {nx} x {ny} squares of {cell} m is none; expected 1 or more of each, "
                "above 0 m.",
                nx=self.nx,
                ny=self.ny,
                cell=self.cell_m,
            )
        if self.nx * self.ny > _MOST_CELLS:
            raise InputError(
                "A grid of {nx} x {ny} squares is too fine; at most {most} squares.",
                nx=self.nx,
                ny=self.ny,
                most=_MOST_CELLS,
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Return ``(ny, nx)``."""
        return self.ny, self.nx

    @property
    def cell_km2(self) -> float:
        """Return the area of one square in km²."""
        return self.cell_m**2 / 1e6

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east and north in metres."""
        east, north = self.x0 + self.nx * self.cell_m, self.y0 + self.ny * self.cell_m
        return self.x0, self.y0, east, north

    def centres(self) -> tuple[Floats, Floats]:
        """Return x and y of the middles of all squares in metres, shape ``(ny, nx)`` each."""
        x = self.x0 + (np.arange(self.nx) + 0.5) * self.cell_m
        y = self.y0 + (np.arange(self.ny) + 0.5) * self.cell_m
        across, up = np.meshgrid(x, y)
        return across, up

    def rows(self, x: Floats, y: Floats) -> NDArray[np.intp]:
        """Return the flat position of the square each point lies in; -1 outside or unknown."""
        with np.errstate(invalid="ignore"):
            column = np.floor((np.asarray(x, np.float64) - self.x0) / self.cell_m)
            row = np.floor((np.asarray(y, np.float64) - self.y0) / self.cell_m)
            on = (column >= 0) & (column < self.nx) & (row >= 0) & (row < self.ny)
        place = np.where(on, row * self.nx + column, -1)
        return place.astype(np.intp)

    def inside(self, shape: Any) -> NDArray[np.bool_]:
        """Return the squares whose middle lies in a polygon (metres), shape ``(ny, nx)``."""
        shapely.prepare(shape)
        across, up = self.centres()
        found: NDArray[np.bool_] = shapely.contains_xy(shape, across.ravel(), up.ravel())
        return found.reshape(self.shape)


def grid_over(bounds: tuple[float, float, float, float], cell_m: float) -> Grid:
    """
    Return squares of ``cell_m`` that cover west, south, east, north (metres), centred on them.

    A box without width still gets one square.
    """
    west, south, east, north = (float(edge) for edge in bounds)
    if not (west <= east and south <= north and 0 < cell_m < math.inf):
        raise InputError(
            "The box {bounds} or the square of {cell} m is wrong; expected west to east, south to "
            "north and above 0 m.",
            bounds=bounds,
            cell=cell_m,
        )
    nx = max(1, math.ceil((east - west) / cell_m - 1e-9))
    ny = max(1, math.ceil((north - south) / cell_m - 1e-9))
    x0 = (west + east - nx * cell_m) / 2
    y0 = (south + north - ny * cell_m) / 2
    return Grid(x0, y0, float(cell_m), nx, ny)

"""Who is whose neighbour: by touching borders, by distance, or the nearest few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from geodata.errors import InputError

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Weights:
    """
    Neighbours of each cell, all of the same weight.

    ``matrix`` is binary, of shape ``(n_cells, n_cells)`` and without the cell itself: row i marks
    the neighbours of cell i. A cell without neighbours (an "island") has an empty row.
    """

    matrix: Any  # scipy.sparse.csr_array of float64

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or self.matrix.shape[0] != self.matrix.shape[1]:
            raise InputError(
                "The neighbour matrix has shape {found}; expected (n_cells, n_cells).",
                found=self.matrix.shape,
            )

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    @property
    def n_neighbours(self) -> Rows:
        """Return how many neighbours each cell has, shape ``(n_cells,)``."""
        return np.asarray(np.diff(self.matrix.indptr), dtype=np.intp)

    @property
    def islands(self) -> NDArray[np.bool_]:
        """Return which cells have no neighbour, shape ``(n_cells,)``."""
        found: NDArray[np.bool_] = self.n_neighbours == 0
        return found

    def neighbours(self, cell: int) -> Rows:
        """Return the positions of the neighbours of one cell, rising."""
        first, last = self.matrix.indptr[cell : cell + 2]
        return np.asarray(self.matrix.indices[first:last], dtype=np.intp)

    def sums(self, values: Floats) -> Floats:
        """Return the sum over the neighbours of each cell, itself not counted; 0 for islands."""
        return np.asarray(self.matrix @ values, dtype=np.float64)

    def around(self, values: Floats) -> Floats:
        """Return the sum over each cell and its neighbours."""
        found: Floats = self.sums(values) + values
        return found

    def of(self, kept: NDArray[np.bool_]) -> Weights:
        """Return the neighbours among the kept cells alone, renumbered in their order."""
        return self if kept.all() else Weights(_tidy(self.matrix[kept][:, kept]))


def from_pairs(a: Rows, b: Rows, n: int) -> Weights:
    """
    Return weights where ``b[i]`` is a neighbour of ``a[i]``; pairs of a cell with itself fall out.

    Doubled pairs count once. Positions outside 0 to ``n - 1`` are an ``InputError``.
    """
    a, b = np.asarray(a, dtype=np.intp), np.asarray(b, dtype=np.intp)
    if a.shape != b.shape or a.ndim != 1:
        raise InputError(
            "Neighbour pairs have shapes {a} and {b}; expected two equal lists.",
            a=a.shape,
            b=b.shape,
        )
    if len(a) and (min(a.min(), b.min()) < 0 or max(a.max(), b.max()) >= n):
        raise InputError("A neighbour pair names a cell outside 0 to {last}.", last=n - 1)
    other = a != b
    matrix = csr_array((np.ones(other.sum()), (a[other], b[other])), shape=(n, n))
    return Weights(_tidy(matrix))


def touching(shapes: Sequence[Any] | NDArray[Any], *, gap_m: float = 0.0) -> Weights:
    """
    Return neighbours that share a border or a corner ("queen" contiguity), or overlap.

    Parameters
    ----------
    shapes
        Polygons in metres, shape ``(n_cells,)``; a missing or empty one becomes an island.
    gap_m
        Borders at most this far apart touch too: hand-drawn neighbours leave slivers.
    """
    if not 0 <= gap_m < np.inf:
        raise InputError("The gap is {gap} m; expected 0 or more.", gap=gap_m)
    shapes = np.asarray(shapes, dtype=object)
    real = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    tree = shapely.STRtree(shapes[real])
    if gap_m:
        found = tree.query(shapes[real], predicate="dwithin", distance=gap_m)
    else:
        found = tree.query(shapes[real], predicate="intersects")
    return from_pairs(real[found[0]], real[found[1]], len(shapes))


def within(x: Floats, y: Floats, metres: float) -> Weights:
    """
    Return neighbours at most ``metres`` away (exactly so far counts), by straight line.

    ``x`` and ``y`` are in metres, shape ``(n_cells,)``; a cell without a place (NaN) is an island.
    """
    if not 0 < metres < np.inf:
        raise InputError("The reach is {reach} m; expected above 0.", reach=metres)
    points, placed = _points(x, y)
    pairs = cKDTree(points).query_pairs(metres, output_type="ndarray")
    a, b = placed[pairs[:, 0]], placed[pairs[:, 1]]
    return from_pairs(np.concatenate([a, b]), np.concatenate([b, a]), len(x))


def nearest(x: Floats, y: Floats, k: int) -> Weights:
    """
    Return the ``k`` nearest neighbours of each cell; who is mine need not have me.

    Fewer when fewer cells have a place. Equally far ones are taken in the order of the cells.
    ``x`` and ``y`` as in ``within``.
    """
    if k < 1:
        raise InputError("The number of neighbours is {k}; expected 1 or more.", k=k)
    points, placed = _points(x, y)
    k = min(k, len(placed) - 1)
    if k < 1:
        return from_pairs(np.empty(0, np.intp), np.empty(0, np.intp), len(x))
    # A few more than asked for, so that those equally far can be put in order.
    distance, found = cKDTree(points).query(points, min(k + 9, len(placed)))
    own = np.arange(len(placed))[:, None]
    distance = np.where(found == own, -1.0, np.rint(distance * 1e6))
    order = np.lexsort((found, distance), axis=1)[:, 1 : k + 1]
    chosen = np.take_along_axis(found, order, axis=1)
    return from_pairs(np.repeat(placed, k), placed[chosen.ravel()], len(x))


def _points(x: Floats, y: Floats) -> tuple[Floats, Rows]:
    """Return the placed points and their positions."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise InputError(
            "x has shape {x} and y {y}; expected two equal lists of metres.", x=x.shape, y=y.shape
        )
    placed = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    return np.column_stack([x[placed], y[placed]]), placed


def _tidy(matrix: Any) -> Any:
    """Return the matrix with sorted, single entries of 1."""
    matrix = csr_array(matrix)
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix

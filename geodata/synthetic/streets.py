"""Street patterns of the sample county's towns: bent lattices that keep off the rivers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import cKDTree

from geodata.synthetic.relief import Relief

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Water:
    """The rivers as something that roads keep away from and cross on bridges."""

    def __init__(self, relief: Relief) -> None:
        parts = [np.stack([line[:-1], line[1:]], axis=1) for line in relief.rivers]
        ends = np.concatenate(parts)
        self._tree = shapely.STRtree(shapely.linestrings(ends))
        steps = np.linspace(0, 1, 5)[None, :, None]
        dense = ends[:, :1] * (1 - steps) + ends[:, 1:] * steps
        self._points = cKDTree(dense.reshape(-1, 2))

    def distance(self, xy: Floats) -> Floats:
        """Return metres to the nearest river, at most 400."""
        far, _ = self._points.query(xy, distance_upper_bound=400.0)
        return np.asarray(np.minimum(far, 400.0))

    def crossed(self, a: Floats, b: Floats) -> NDArray[np.bool_]:
        """Return which of the straight lines a to b cross a river."""
        near = np.flatnonzero(self.distance(0.5 * (a + b)) < 0.5 * np.hypot(*(b - a).T).max() + 30)
        lines = shapely.linestrings(np.stack([a[near], b[near]], axis=1))
        hit, _ = self._tree.query(lines, predicate="intersects")
        flags = np.zeros(len(a), dtype=bool)
        flags[near[hit]] = True
        return flags


@dataclass(frozen=True)
class Streets:
    """One town's streets: nodes in metres and edges between them."""

    xy: Floats  # (n, 2)
    edges: Ints  # (m, 2)
    line: Ints  # (m,) number of the street an edge is part of; even along, odd across
    main: NDArray[np.bool_]  # (m,) a wide street


@dataclass(frozen=True)
class Pattern:
    """How a town's streets lie."""

    centre: Floats
    radius: float  # metres
    spacing: float  # metres between streets
    bridges: int = 0  # every how many streets one crosses the river; 0: none


def lay_streets(pattern: Pattern, water: Water, rng: np.random.Generator) -> Streets:
    """Lay a bent lattice around the centre, without its flooded nodes and some of its blocks."""
    half = int(pattern.radius * 1.2 / pattern.spacing)
    i, j = (part.ravel() for part in np.mgrid[-half : half + 1, -half : half + 1])
    turn, phase = rng.uniform(0, np.pi / 2), rng.uniform(0, 2 * np.pi, 5)
    u, v = i * pattern.spacing, j * pattern.spacing
    size = pattern.radius
    bend = 0.11 * size
    u2 = (
        u + bend * np.sin(1.6 * v / size + phase[0]) + rng.normal(0, 0.05 * pattern.spacing, len(u))
    )
    v2 = (
        v + bend * np.sin(1.6 * u / size + phase[1]) + rng.normal(0, 0.05 * pattern.spacing, len(u))
    )
    xy = pattern.centre + np.column_stack(
        [u2 * np.cos(turn) - v2 * np.sin(turn), u2 * np.sin(turn) + v2 * np.cos(turn)]
    )
    angle = np.arctan2(v, u)
    edge = size * (1 + 0.16 * np.sin(2 * angle + phase[2]) + 0.10 * np.sin(3 * angle + phase[3]))
    dry = (np.hypot(u, v) < edge) & (water.distance(xy) > 0.45 * pattern.spacing)
    width = 2 * half + 1
    return _connect(xy, dry, width, pattern, water, rng)


def _connect(
    xy: Floats,
    dry: NDArray[np.bool_],
    width: int,
    pattern: Pattern,
    water: Water,
    rng: np.random.Generator,
) -> Streets:
    index = np.arange(width * width).reshape(width, width)
    across = np.stack([index[:-1].ravel(), index[1:].ravel()], axis=1)
    along = np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()], axis=1)
    edges = np.concatenate([along, across])
    line = np.concatenate([2 * (along[:, 0] // width), 2 * (across[:, 0] % width) + 1])
    keep = dry[edges].all(axis=1)
    keep[keep] = ~water.crossed(xy[edges[keep, 0]], xy[edges[keep, 1]])
    edges, line = edges[keep], line[keep]
    if pattern.bridges:
        more, more_line = _bridges(xy, dry, index, pattern)
        edges, line = np.concatenate([edges, more]), np.concatenate([line, more_line])
    main = np.isin(line // 2 % 4, (0,))
    n = width * width
    weight = rng.uniform(1, 2, len(edges)) - 0.9 * main
    graph = coo_matrix((weight, (edges[:, 0], edges[:, 1])), shape=(n, n)).tocsr()
    tree = minimum_spanning_tree(graph).tocoo()
    needed = np.isin(edges[:, 0] * n + edges[:, 1], tree.row.astype(np.int64) * n + tree.col)
    keep = needed | main | (rng.random(len(edges)) < 0.74)
    edges, line, main = edges[keep], line[keep], main[keep]
    _, piece = connected_components(graph, directed=False)
    size = np.bincount(piece)
    large = (size[piece] >= 12) & dry
    keep = large[edges].all(axis=1)
    number = np.cumsum(large) - 1
    return Streets(xy[large], number[edges[keep]], line[keep], main[keep])


def _bridges(
    xy: Floats, dry: NDArray[np.bool_], index: Ints, pattern: Pattern
) -> tuple[Ints, Ints]:
    """Return edges that carry every few streets over a gap of wet nodes."""
    found, lines = [], []
    for turned, rows in enumerate((index, index.T)):
        for number in range(0, len(rows), pattern.bridges):
            row = rows[number][dry[rows[number]]]
            gap = np.hypot(*np.diff(xy[row], axis=0).T)
            step = np.searchsorted(rows[number], row)
            wide = (np.diff(step) > 1) & (gap < 3.6 * pattern.spacing)
            found.append(np.stack([row[:-1][wide], row[1:][wide]], axis=1))
            lines.append(np.full(int(wide.sum()), 2 * number + turned))
    return np.concatenate(found), np.concatenate(lines)

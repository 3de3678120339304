"""Boundaries of the sample county: grids tile villages tile townships, vertex by vertex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import Voronoi

from geodata.synthetic.relief import Relief, degrees
from geodata.synthetic.settlements import (
    CORE_GRIDS,
    N_TOWNS,
    SEAT,
    SEAT_COMMUNITIES,
    SEAT_GRIDS,
    ZONE,
    ZONE_COMMUNITIES,
    ZONE_GRIDS,
    Sites,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]

N_STREETS = 3  # subdistricts of the seat: townships 0, 1, 2
CHENGGUAN, ZONE_TOWN, FIRST_TOWN = 3, 4, 5


@dataclass(frozen=True)
class Areas:
    """Who belongs to whom, and the polygons in degrees; every border is shared vertex by vertex."""

    grid_village: Ints  # (n_grids,)
    village_town: Ints  # (n_villages,)
    grids: Shapes
    villages: Shapes
    towns: Shapes
    county: Any
    neighbours: csr_matrix  # (n_grids, n_grids) 1 where two grids share a border

    @property
    def grid_town(self) -> Ints:
        """Return the township of each grid."""
        return np.asarray(self.village_town[self.grid_village])


def divide(relief: Relief, sites: Sites, rng: np.random.Generator) -> Areas:
    """Draw the grids and gather them into villages, townships and the county."""
    n = len(sites.grids)
    diagram = Voronoi(np.concatenate([sites.grids, sites.outside]))
    pairs = diagram.ridge_points
    pairs = pairs[(pairs < n).all(axis=1)]
    grid_village, village_town = _belong(relief, sites, pairs)
    grids = _polygons(diagram, n, rng)
    villages = _union(grids, grid_village)
    towns = _union(villages, village_town)
    ones = np.ones(len(pairs))
    half = coo_matrix((ones, (pairs[:, 0], pairs[:, 1])), shape=(n, n)).tocsr()
    county = shapely.coverage_union_all(towns)
    return Areas(grid_village, village_town, grids, villages, towns, county, half + half.T)


def _belong(relief: Relief, sites: Sites, pairs: Ints) -> tuple[Ints, Ints]:
    """Give each grid its village and each village its township, always in one piece."""
    way = np.hypot(*(sites.grids[pairs[:, 0]] - sites.grids[pairs[:, 1]]).T)
    height = relief.at(relief.height_m, sites.grids)
    middle = relief.at(relief.height_m, sites.grids[pairs].mean(axis=1))
    climb = np.abs(np.diff(height[pairs], axis=1)[:, 0])
    ridge = np.maximum(middle - height[pairs].max(axis=1), 0.0)
    cost = way + 5.0 * climb + 14.0 * ridge
    kind = np.where(sites.setting >= ZONE, sites.setting, 0)
    same = kind[pairs[:, 0]] == kind[pairs[:, 1]]
    graph = _graph(pairs[same], cost[same], len(kind))
    seeds = np.concatenate([_urban_seeds(sites), _rural_seeds(sites)])
    village = _nearest_seed(graph, seeds)
    for a, b in np.concatenate([pairs, pairs[:, ::-1]]):
        if village[a] < 0:  # a corner cut off from its own kind
            village[a] = village[b]
    crossing = village[pairs[:, 0]] != village[pairs[:, 1]]
    town = _townships(sites, seeds, village[pairs[crossing]], cost[crossing])
    return village, town


def _graph(pairs: Ints, cost: Floats, n: int) -> csr_matrix:
    ends = (np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]]))
    lowest = coo_matrix((np.concatenate([cost, cost]), ends), shape=(n, n))
    order = np.lexsort([lowest.data, lowest.col, lowest.row])
    row, col, data = lowest.row[order], lowest.col[order], lowest.data[order]
    first = np.concatenate([[True], (np.diff(row) != 0) | (np.diff(col) != 0)])
    return coo_matrix((data[first], (row[first], col[first])), shape=(n, n)).tocsr()


def _nearest_seed(graph: csr_matrix, seeds: Ints) -> Ints:
    """Return the number of the seed each node is nearest to; a piece without a seed joins none."""
    _, _, source = dijkstra(graph, indices=seeds, min_only=True, return_predecessors=True)
    number = np.full(graph.shape[0], -1, dtype=np.int64)
    number[seeds] = np.arange(len(seeds))
    return np.where(source < 0, -1, number[np.maximum(source, 0)])


def _urban_seeds(sites: Sites) -> Ints:
    """Spread the communities of the seat and of the zone over their grids."""
    seeds: list[int] = []
    for setting, n in ((SEAT, SEAT_COMMUNITIES), (ZONE, ZONE_COMMUNITIES)):
        members = np.flatnonzero(sites.setting == setting)
        place = sites.grids[members]
        chosen = [int(np.argmin(np.hypot(*(place - place.mean(axis=0)).T)))]
        far = np.hypot(*(place - place[chosen[0]]).T)
        while len(chosen) < n:
            chosen.append(int(np.argmax(far)))
            far = np.minimum(far, np.hypot(*(place - place[chosen[-1]]).T))
        seeds.extend(members[chosen].tolist())
    return np.array(seeds)


def _rural_seeds(sites: Sites) -> Ints:
    """Return the grid in the middle of each town's core, then the grid of each village centre."""
    first = SEAT_GRIDS + ZONE_GRIDS
    cores = first + np.arange(N_TOWNS * CORE_GRIDS).reshape(N_TOWNS, CORE_GRIDS)
    far = np.hypot(*(sites.grids[cores] - sites.towns[:, None]).transpose(2, 0, 1))
    middle = cores[np.arange(N_TOWNS), far.argmin(axis=1)]
    others = first + cores.size + np.arange(len(sites.villages) - N_TOWNS)
    return np.concatenate([middle, others])


def _townships(sites: Sites, seeds: Ints, pairs: Ints, cost: Floats) -> Ints:
    """Gather villages around the towns; the seat and the zone keep their own communities."""
    n = len(seeds)
    urban = SEAT_COMMUNITIES + ZONE_COMMUNITIES
    town = np.full(n, -1, dtype=np.int64)
    seat = np.arange(SEAT_COMMUNITIES)
    place = sites.grids[seeds]
    turn = np.arctan2(*(place[seat] - sites.seat).T[::-1])
    town[seat] = np.searchsorted(np.quantile(turn, [1 / 3, 2 / 3]), turn)
    town[SEAT_COMMUNITIES:urban] = ZONE_TOWN
    rural = (pairs >= urban).all(axis=1)
    graph = _graph(pairs[rural], cost[rural] + 400.0, n)
    to_seat, to_zone = (np.hypot(*(place - centre).T) for centre in (sites.seat, sites.zone))
    apart = (np.arange(n) >= urban + N_TOWNS, to_zone < to_seat)  # no town's own village, nor both
    around_seat = int(np.argmin(np.where(apart[0] & ~apart[1], to_seat, np.inf)))
    around_zone = int(np.argmin(np.where(apart[0] & apart[1], to_zone, np.inf)))
    heads = np.array([around_seat, around_zone, *(urban + np.arange(N_TOWNS))])
    nearest = _nearest_seed(graph, heads)
    named = np.array([CHENGGUAN, ZONE_TOWN, *(FIRST_TOWN + np.arange(N_TOWNS))])
    free = town < 0
    town[free] = named[nearest[free]]
    return _one_piece(town, pairs)


def _one_piece(town: Ints, pairs: Ints) -> Ints:
    """Hand stray villages of a township that fell apart to the township around them."""
    n = len(town)
    for _ in range(4):
        same = town[pairs[:, 0]] == town[pairs[:, 1]]
        links = coo_matrix((np.ones(same.sum()), pairs[same].T), shape=(n, n))
        _, piece = connected_components(links, directed=False)
        size = np.bincount(piece)
        largest = {
            t: np.argmax(np.where(np.isin(np.arange(len(size)), piece[town == t]), size, 0))
            for t in np.unique(town)
        }
        stray = np.array([piece[v] != largest[town[v]] for v in range(n)])
        if not stray.any():
            break
        for a, b in np.concatenate([pairs, pairs[:, ::-1]]):
            if stray[a] and not stray[b]:
                town[a], stray[a] = town[b], False
    return town


def _polygons(diagram: Voronoi, n: int, rng: np.random.Generator) -> Shapes:
    """
    Return the polygon of each of the first ``n`` sites, in degrees rounded to five places.

    Long straight borders get one bend: a point of the triangle between the border and one of
    the two sites, so a bent border never crosses another one.
    """
    corners = diagram.vertices
    ridges = [
        (a, b, v)
        for (a, b), v in zip(diagram.ridge_points.tolist(), diagram.ridge_vertices, strict=True)
        if min(a, b) < n
    ]
    ends = np.array([v for _, _, v in ridges])
    sides = np.array([(a, b) for a, b, _ in ridges])
    length = np.hypot(*(corners[ends[:, 0]] - corners[ends[:, 1]]).T)
    pull = rng.uniform(0.06, 0.24, len(ends))
    towards = diagram.points[sides[np.arange(len(sides)), rng.integers(0, 2, len(sides))]]
    along = rng.uniform(0.35, 0.65, len(ends))[:, None]
    middle = corners[ends[:, 0]] * along + corners[ends[:, 1]] * (1 - along)
    bends = middle + pull[:, None] * (towards - middle)
    lon, lat = degrees(np.concatenate([corners, bends]))
    place = np.asarray(np.column_stack([lon, lat]).round(5), dtype=np.float64)
    bend = np.where(length > 760.0, np.arange(len(ends)) + len(corners), -1)
    return _rings(place, sides, ends, bend, n)


def _rings(place: Floats, sides: Ints, ends: Ints, bend: Ints, n: int) -> Shapes:
    """Chain the borders of each site into a ring and make polygons of them."""
    borders: list[dict[int, list[tuple[int, int]]]] = [{} for _ in range(n)]
    for (a, b), (u, v), mid in zip(sides.tolist(), ends.tolist(), bend.tolist(), strict=True):
        for site in (a, b):
            if site < n:
                borders[site].setdefault(u, []).append((v, mid))
                borders[site].setdefault(v, []).append((u, mid))
    shapes = []
    for around in borders:
        start = min(around)
        ring, here, before = [start], start, -1
        while True:
            step = next(s for s in around[here] if s[0] != before)
            if step[1] >= 0:
                ring.append(step[1])
            before, here = here, step[0]
            if here == start:
                break
            ring.append(here)
        shapes.append(shapely.polygons(place[[*ring, start]]))
    whole = shapely.remove_repeated_points(np.array(shapes, dtype=object))
    return np.asarray(shapely.orient_polygons(whole, exterior_cw=False))


def _union(parts: Shapes, owner: Ints) -> Shapes:
    """Melt the parts of each owner together along their shared vertices."""
    order = np.argsort(owner, kind="stable")
    cuts = np.searchsorted(owner[order], np.arange(1, owner.max() + 1))
    whole = [shapely.coverage_union_all(parts[group]) for group in np.split(order, cuts)]
    return np.asarray(shapely.orient_polygons(np.array(whole, dtype=object), exterior_cw=False))

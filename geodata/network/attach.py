"""Where places meet the road: off-road legs from a place to its nearest usable edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.network.roads import Roads

NEAREST_EDGES = 3
"""Edges that a place may leave by: the nearest alone may lead the wrong way round a block."""

_AT_END_M = 1.0  # nearer to an end of its edge than this, a leg meets the crossing itself

BLOCK_M = 250.0
"""Legs beyond the nearest are at most this much longer: nobody walks past a road to the next."""

ISLAND_LEG_M = 400.0
"""A place whose nearest roads are an island also meets the main network when it is this near:
maps leave gaps. Farther away the island is taken at its word: no road leads there."""

_FIRST_RADIUS_M = 150.0


@dataclass(frozen=True)
class Attachments:
    """Off-road legs, one a row: ``place`` reaches ``edge`` at ``fraction`` of its way from u."""

    place: NDArray[np.intp]  # (n,) positions of places
    edge: NDArray[np.intp]  # positions of edges
    fraction: NDArray[np.float64]  # 0 at u to 1 at v
    straight_m: NDArray[np.float64]  # straight distance off the road

    def __len__(self) -> int:
        return len(self.place)

    def added(self, more: Attachments) -> Attachments:
        """Return these legs and others."""
        return Attachments(
            np.concatenate((self.place, more.place)),
            np.concatenate((self.edge, more.edge)),
            np.concatenate((self.fraction, more.fraction)),
            np.concatenate((self.straight_m, more.straight_m)),
        )

    def only(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Attachments:
        """Return the chosen legs, in that order."""
        return Attachments(
            self.place[chosen], self.edge[chosen], self.fraction[chosen], self.straight_m[chosen]
        )


def part_of_edge(roads: Roads, usable: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return to which connected part each edge belongs (0 the longest); -1 where not usable."""
    n = len(roads.node_lonlat)
    joined = coo_array(
        (np.ones(int(usable.sum()), dtype=np.int8), (roads.u[usable], roads.v[usable])),
        shape=(n, n),
    )
    _, part = connected_components(joined, directed=False)
    metres = np.bincount(part[roads.u[usable]], weights=roads.length_m[usable], minlength=n)
    rank = np.empty(n, dtype=np.intp)
    rank[np.argsort(-metres, kind="stable")] = np.arange(n)
    result: NDArray[np.intp] = np.where(usable, rank[part[roads.u]], -1)
    return result


def attach(
    places: NDArray[np.float64],
    lines: NDArray[np.object_],
    usable: NDArray[np.bool_],
    main: NDArray[np.bool_],
    limit_m: float,
) -> Attachments:
    """
    Join places to their nearest usable edges: three, none ``BLOCK_M`` farther than the first.

    A place that meets only islands (roads that lead nowhere else) is also joined to the nearest
    edge of the main network within ``ISLAND_LEG_M``.

    Parameters
    ----------
    places
        Metres in the county's system, shape ``(n_places, 2)``; NaN: no place, no legs.
    lines
        Edges in the same system, shape ``(n_edges,)``.
    usable, main
        Edges that may be used, and those of the largest connected part; shape ``(n_edges,)``.
    limit_m
        Longest straight leg.
    """
    known = np.flatnonzero(~np.isnan(places).any(axis=1))
    points = shapely.points(places[known])
    found = _nearest(points, lines, np.flatnonzero(usable), limit_m)
    place, edge, away = (np.concatenate(part) for part in zip(*found, strict=True))
    reached = np.zeros(len(points), dtype=bool)
    reached[place[main[edge]]] = True
    island = np.flatnonzero(~reached)
    mains = np.flatnonzero(main)
    if len(island) and len(mains):
        tree = shapely.STRtree(lines[mains])
        pair, metres = tree.query_nearest(
            points[island],
            max_distance=max(min(limit_m, ISLAND_LEG_M), 1e-9),
            return_distance=True,
            all_matches=False,
        )
        place = np.concatenate((place, island[pair[0]]))
        edge = np.concatenate((edge, mains[pair[1]]))
        away = np.concatenate((away, metres))
    along = shapely.line_locate_point(lines[edge], points[place])
    length = shapely.length(lines[edge])
    with np.errstate(invalid="ignore", divide="ignore"):
        fraction = np.nan_to_num(along / length)
    fraction = np.where(along < _AT_END_M, 0.0, np.where(length - along < _AT_END_M, 1.0, fraction))
    order = np.lexsort((fraction, edge))
    return Attachments(known[place], edge, fraction, away).only(order)


def _nearest(
    points: NDArray[np.object_],
    lines: NDArray[np.object_],
    edges: NDArray[np.intp],
    limit_m: float,
) -> list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]]:
    """Return the nearest edges of each point; the circle grows only for those that need it."""
    nothing = np.empty(0, dtype=np.intp)
    found = [(nothing, nothing, np.empty(0))]
    if not len(edges):
        return found
    tree = shapely.STRtree(lines[edges])
    left = np.arange(len(points))
    radius = min(_FIRST_RADIUS_M, limit_m)
    while len(left):
        pair = tree.query(points[left], predicate="dwithin", distance=radius)
        place, edge = left[pair[0]], edges[pair[1]]
        away = shapely.distance(points[place], lines[edge])
        order = np.lexsort((edge, away, place))
        place, edge, away = place[order], edge[order], away[order]
        first = np.searchsorted(place, place)
        rank = np.arange(len(place)) - first
        count = np.bincount(place, minlength=len(points))
        done = (count >= NEAREST_EDGES) if radius < limit_m else np.ones(len(points), dtype=bool)
        keep = (rank < NEAREST_EDGES) & (away <= away[first] + BLOCK_M) & done[place]
        found.append((place[keep], edge[keep], away[keep]))
        left = left[~done[left]]
        radius = min(radius * 3, limit_m)
    return found

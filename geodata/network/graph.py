"""The graph of one kind of traveller: roads split where places join them, and the legs to them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.network.attach import Attachments
from geodata.network.modes import Mode
from geodata.network.roads import Roads

INFINITE = 2**31 - 1
"""Weight of an arc that cannot be used; RoutingKit's own infinity."""

LEG = -1
"""Stands for the edge of an arc that is an off-road leg."""


@dataclass(frozen=True)
class Graph:
    """
    Nodes and arcs, whatever they cost.

    Nodes are the roads' nodes, then the points where legs meet an edge between its ends, then a way
    out and a way in for each place. Nothing leads through a place: no arc leads to its way out.
    """

    n_roads: int  # nodes of the roads
    n_splits: int  # points where edges are split
    n_places: int
    lonlat: NDArray[np.float64]  # (n_nodes, 2)
    tail: NDArray[np.intp]  # (n_arcs,)
    head: NDArray[np.intp]
    edge: NDArray[np.intp]  # edge of the roads, LEG for an off-road leg
    from_fraction: NDArray[np.float64]  # where on its edge the arc begins, 0 at u
    to_fraction: NDArray[np.float64]
    leg_m: NDArray[np.float64]  # straight metres of an off-road leg, 0 on roads

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.lonlat)

    def out(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the nodes where trips from places begin."""
        return self.n_roads + self.n_splits + places

    def into(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the nodes where trips to places end."""
        return self.n_roads + self.n_splits + self.n_places + places

    def digest(self) -> str:
        """Return a hash of the topology, for what is kept of it."""
        told = hashlib.sha256(np.ascontiguousarray(self.lonlat).tobytes())
        told.update(np.ascontiguousarray(self.tail).tobytes())
        told.update(np.ascontiguousarray(self.head).tobytes())
        return told.hexdigest()[:24]

    def seconds(self, roads: Roads, mode: Mode, closed: frozenset[int]) -> NDArray[np.int64]:
        """Return each arc's travel time in whole milliseconds, ``INFINITE`` where closed."""
        there, back = roads.seconds(mode)
        legs = self.leg_m * mode.off_road_detour / mode.off_road_ms
        return self._weights(roads, closed, there, back, legs)

    def metres(self, roads: Roads, mode: Mode, closed: frozenset[int]) -> NDArray[np.int64]:
        """Return each arc's length in whole millimetres, ``INFINITE`` where the mode may not go."""
        there, back = roads.seconds(mode)
        lengths = [np.where(np.isinf(s), np.inf, roads.length_m) for s in (there, back)]
        return self._weights(
            roads, closed, lengths[0], lengths[1], self.leg_m * mode.off_road_detour
        )

    def _weights(
        self,
        roads: Roads,
        closed: frozenset[int],
        there: NDArray[np.float64],
        back: NDArray[np.float64],
        legs: NDArray[np.float64],
    ) -> NDArray[np.int64]:
        shut = roads.closed.copy()
        shut[list(closed)] = True
        on_road = self.edge != LEG
        edge = np.where(on_road, self.edge, 0)
        share = np.abs(self.to_fraction - self.from_fraction)
        # Road arcs come first, half of them from u to v; equal fractions could not tell.
        from_u = np.arange(len(edge)) < int(on_road.sum()) // 2
        with np.errstate(invalid="ignore"):
            cost = np.where(from_u, there[edge], back[edge]) * share
        cost[np.isnan(cost) | shut[edge]] = np.inf  # 0 x inf: no length, but no way either
        # A leg onto a closed road leads nowhere, so it needs no closing of its own.
        cost = np.where(on_road, cost, legs)
        whole: NDArray[np.float64] = np.rint(np.minimum(cost * 1000, INFINITE))
        return np.maximum(whole, 1).astype(np.int64)


def build(roads: Roads, places: NDArray[np.float64], usable: NDArray[np.bool_],
          legs: Attachments) -> Graph:  # fmt: skip
    """
    Return the graph of the usable roads with the places' legs.

    Road arcs come first, all from u to v, then the same from v to u; legs out, then legs in.

    Parameters
    ----------
    places
        Degrees, shape ``(n_places, 2)``.
    legs
        Sorted by edge and fraction, as ``attach`` returns them.
    """
    n_roads, n_places = len(roads.node_lonlat), len(places)
    between = (legs.fraction > 0) & (legs.fraction < 1)
    cut = legs.only(between)
    n_splits = len(cut)
    split = n_roads + np.arange(n_splits)
    meets = np.where(legs.fraction <= 0, roads.u[legs.edge], roads.v[legs.edge])
    meets[between] = split
    plain = usable.copy()
    plain[cut.edge] = False
    whole = np.flatnonzero(plain)
    first = np.ones(n_splits, dtype=bool)
    first[1:] = cut.edge[1:] != cut.edge[:-1]
    last = np.roll(first, -1)
    before = np.where(first, roads.u[cut.edge], np.roll(split, 1))
    before_fraction = np.where(first, 0.0, np.roll(cut.fraction, 1))
    ends = cut.edge[last]
    tail = np.concatenate((roads.u[whole], before, split[last]))
    head = np.concatenate((roads.v[whole], split, roads.v[ends]))
    edge = np.concatenate((whole, cut.edge, ends))
    begin = np.concatenate((np.zeros(len(whole)), before_fraction, cut.fraction[last]))
    end = np.concatenate((np.ones(len(whole)), cut.fraction, np.ones(len(ends))))
    out = n_roads + n_splits + legs.place
    nothing = np.zeros(2 * len(legs))
    off = np.full(2 * len(legs), LEG)
    on_line = shapely.line_interpolate_point(
        roads.geometry[cut.edge], cut.fraction, normalized=True
    )
    return Graph(
        n_roads,
        n_splits,
        n_places,
        np.vstack((roads.node_lonlat, shapely.get_coordinates(on_line), places, places)),
        np.concatenate((tail, head, out, meets)),
        np.concatenate((head, tail, meets, out + n_places)),
        np.concatenate((edge, edge, off)),
        np.concatenate((begin, end, nothing)),
        np.concatenate((end, begin, nothing)),
        np.concatenate((np.zeros(2 * len(edge)), legs.straight_m, legs.straight_m)),
    )

"""What it changes when one road after the other is closed: only the ways that used it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import depth_first_order, dijkstra

from geodata.errors import InputError
from geodata.network.engine import Towards, TravelTimes, _whole
from geodata.network.graph import INFINITE, Graph
from geodata.network.solvers import _cheapest_arcs


@dataclass(frozen=True)
class Changed:
    """The places whose nearest target is farther once an edge is closed."""

    edge: int
    places: NDArray[np.intp]  # (n,) positions in the places asked about
    seconds: NDArray[np.uint16]  # (n,) whole seconds now; UNREACHED: no way any more
    done: int  # edges looked at, this one included


def closed_one_by_one(
    travel: TravelTimes,
    mode: str,
    places: NDArray[np.intp],
    targets: NDArray[np.intp],
    edges: Iterable[int],
    *,
    towards: Towards = "facility",
) -> Iterator[Changed]:
    """
    Yield for each edge what ``travel.nearest(..., closed={edge})`` would change.

    The nearest ways of all nodes are a forest with its roots at the targets. Closing an edge cuts
    branches off; the nodes outside keep their cost, and those of the branches are searched anew
    from there. A branch is small, so that hundreds of closures take about as long as a few
    sweeps.

    Parameters
    ----------
    places, targets
        Positions of places of ``travel``.
    edges
        Edges to close, one at a time. Edges that nobody's way uses yield no places.

    Raises
    ------
    InputError
        If there are no roads.

    References
    ----------
    Ramalingam, G., Reps, T. (1996), "An incremental algorithm for a generalization of the
    shortest-path problem", Journal of Algorithms 21, 267-305: deletion of an edge.
    """
    if travel.roads is None:
        raise InputError("There are no roads, so there is no way to draw.")
    if not len(targets):
        return
    with travel._lock:
        graph = travel._net(mode).graph
    weights = graph.seconds(travel.roads, travel.modes[mode], frozenset())
    forest = _Forest.of(graph, weights, targets, towards)
    node = graph.out(places) if towards == "facility" else graph.into(places)
    at = forest.position[node]
    for done, edge in enumerate(edges, start=1):
        branch, cost = forest.without(edge)
        new = np.full(len(forest.distance), -1.0)
        new[branch] = cost
        hit = np.flatnonzero((at >= 0) & (new[at] >= 0) & ~np.isin(places, targets))
        before, after = forest.distance[at[hit]], new[at[hit]]
        after = np.where(np.isinf(after), np.nan, after)
        changed = ~(after == before)
        yield Changed(edge, hit[changed], _whole(after[changed], "time").astype(np.uint16), done)


@dataclass(frozen=True)
class _Forest:
    """
    Nearest ways of all nodes that reach a target, in depth-first order: a branch is a slice.

    Arcs run as the search does, away from the targets, and are sorted by the node they lead to.
    """

    position: NDArray[np.intp]  # (n_nodes,) place in the order; -1: reaches no target
    distance: NDArray[np.float64]  # (n,) in the order
    end: NDArray[np.intp]  # (n,) where the branch that begins here ends
    edge: NDArray[np.intp]  # (n,) edge of the arc that leads here
    start: NDArray[np.intp]  # (n,) first arc to each node, and the number of arcs
    arc_from: NDArray[np.intp]  # (n_arcs,) place in the order
    arc_weight: NDArray[np.float64]
    arc_edge: NDArray[np.intp]

    @classmethod
    def of(
        cls, graph: Graph, weights: NDArray[np.int64], targets: NDArray[np.intp], towards: Towards
    ) -> _Forest:
        arcs, matrix = _cheapest_arcs(graph, weights)
        if towards == "facility":
            matrix, tail, head = matrix.T.tocsr(), graph.head, graph.tail
            roots = np.unique(graph.into(targets))
        else:
            tail, head = graph.tail, graph.head
            roots = np.unique(graph.out(targets))
        distance, before, _root = dijkstra(
            matrix, indices=roots, min_only=True, return_predecessors=True
        )
        order, end = _depth_first(before, roots, np.isfinite(distance))
        position = np.full(len(distance), -1)
        position[order] = np.arange(len(order))
        edge = _edges_into(order, before, tail[arcs], head[arcs], graph.edge[arcs], len(distance))
        known = np.flatnonzero((weights < INFINITE) & (position[tail] >= 0))
        known = known[np.argsort(position[head[known]], kind="stable")]
        start = np.searchsorted(position[head[known]], np.arange(len(order) + 1))
        return cls(
            position, distance[order], end, edge, start, position[tail[known]],
            weights[known].astype(np.float64), graph.edge[known],
        )  # fmt: skip

    def without(self, edge: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the nodes whose way led over an edge, and their cost without it; inf: no way."""
        slices: list[NDArray[np.intp]] = []
        last = 0
        for first in np.flatnonzero(self.edge == edge).tolist():
            if first >= last:  # otherwise within the branch before
                last = int(self.end[first])
                slices.append(np.arange(first, last))
        if not slices:
            return np.empty(0, dtype=np.intp), np.empty(0)
        branch = np.concatenate(slices)
        arcs = np.concatenate([np.arange(self.start[s[0]], self.start[s[-1] + 1]) for s in slices])
        arcs = arcs[self.arc_edge[arcs] != edge]
        return branch, self._searched(branch, arcs)

    def _searched(self, branch: NDArray[np.intp], arcs: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the cost of a branch's nodes over the arcs that lead to them."""
        n = len(branch)
        inside = np.full(len(self.distance), -1)
        inside[branch] = np.arange(n)
        to = inside[np.searchsorted(self.start, arcs, side="right") - 1]
        source = self.arc_from[arcs]
        within = inside[source] >= 0
        # What comes from outside starts at one node more, from which all costs are counted.
        begin = np.where(within, inside[source], n)
        weight = self.arc_weight[arcs] + np.where(within, 0.0, self.distance[source])
        order = np.lexsort((weight, to, begin))
        begin, to, weight = begin[order], to[order], weight[order]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (begin[1:] != begin[:-1]) | (to[1:] != to[:-1])
        matrix = csr_array((weight[first], (begin[first], to[first])), shape=(n + 1, n + 1))
        found: NDArray[np.float64] = dijkstra(matrix, indices=n)[:n]
        return found


def _depth_first(
    before: NDArray[np.int32], roots: NDArray[np.intp], reached: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the reached nodes so that each branch is a slice, and where each branch ends."""
    n = len(before)
    children = np.flatnonzero(reached & (before >= 0))
    parents = np.concatenate((before[children], np.full(len(roots), n)))
    children = np.concatenate((children, roots))
    tree = csr_array((np.ones(len(children), np.int8), (parents, children)), shape=(n + 1, n + 1))
    order, parent = depth_first_order(tree, n)
    order = order[1:]  # without the node above all roots
    position = np.full(n + 1, -1)
    position[order] = np.arange(len(order))
    size = [1] * len(order)
    above = position[parent[order]].tolist()
    for k in range(len(order) - 1, -1, -1):
        if above[k] >= 0:
            size[above[k]] += size[k]
    return order, np.arange(len(order)) + np.array(size, dtype=np.intp)


def _edges_into(
    order: NDArray[np.intp],
    before: NDArray[np.int32],
    tail: NDArray[np.intp],
    head: NDArray[np.intp],
    edge: NDArray[np.intp],
    n: int,
) -> NDArray[np.intp]:
    """Return the edge of the arc that leads to each node of the order; -1 at the roots."""
    key = tail.astype(np.int64) * n + head
    by_key = np.argsort(key)
    from_node = before[order].astype(np.int64)
    wanted = from_node * n + order
    at = np.minimum(np.searchsorted(key[by_key], wanted), len(key) - 1)
    return np.where(from_node >= 0, edge[by_key[at]], -1)

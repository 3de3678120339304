"""Shortest ways over integer weights: contraction hierarchies, and SciPy with equal results."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geodata.network.graph import INFINITE, Graph

_AT_ONCE = 64  # sources of one call to SciPy: its answer has a float for every node of the graph


class Solver(Protocol):
    """Answers over one graph with one set of weights; weights and answers are whole numbers."""

    def order(self, nodes: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return in which order nodes are best asked about."""

    def rows(
        self, sources: NDArray[np.intp], targets: NDArray[np.intp]
    ) -> Iterator[NDArray[np.float64]]:
        """Yield the distances from each source to all targets, NaN where there is no way."""

    def to_nearest(
        self, sources: NDArray[np.intp], targets: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the distance of each source to the nearest target, NaN where there is none."""

    def from_nearest(
        self, sources: NDArray[np.intp], targets: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the distance of each target from the nearest source."""

    def way(self, source: int, target: int) -> list[int] | None:
        """Return the arcs of a shortest way in order; None when there is none."""


def available() -> bool:
    """Tell whether contraction hierarchies can be used on this machine."""
    return importlib.util.find_spec("routingkit_cch") is not None


class Hierarchy:
    """The contraction hierarchy of a graph, built once; the order may be kept in a folder."""

    def __init__(self, graph: Graph, keep: Path | None) -> None:
        import routingkit_cch as routing

        self._tail, self._head = graph.tail.tolist(), graph.head.tolist()
        order = self._order(graph, keep)
        self.rank = np.empty(graph.n_nodes, dtype=np.intp)
        self.rank[order] = np.arange(graph.n_nodes)
        self.cch = routing.CCH(order, self._tail, self._head, False)

    def _order(self, graph: Graph, keep: Path | None) -> list[int]:
        import routingkit_cch as routing

        file = keep / f"order-{graph.digest()}.npy" if keep else None
        if file is not None and file.is_file():
            kept = _kept_order(file, graph.n_nodes)
            if kept is not None:
                return kept
        lonlat = np.nan_to_num(graph.lonlat)
        order: list[int] = routing.compute_order_inertial(
            graph.n_nodes, self._tail, self._head, lonlat[:, 1].tolist(), lonlat[:, 0].tolist()
        )
        if file is not None:
            save(file, np.array(order, dtype=np.int32))
        return order


def save(file: Path, array: NDArray[Any]) -> None:
    """Write an array so that nobody ever reads half of it; a full disk only means no cache."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as out:
                np.save(out, array, allow_pickle=False)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
    except OSError:
        return


def load(file: Path) -> NDArray[Any] | None:
    """Return a kept array; None when it is missing or damaged, then it is computed again."""
    try:
        found: NDArray[Any] = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found


def _kept_order(file: Path, n: int) -> list[int] | None:
    order = load(file)
    if order is None or order.shape != (n,) or not np.array_equal(np.sort(order), np.arange(n)):
        return None
    result: list[int] = order.tolist()
    return result


class ContractionSolver:
    """
    Customisable contraction hierarchies (RoutingKit).

    References
    ----------
    Dibbelt, J., Strasser, B., Wagner, D. (2016), "Customizable contraction hierarchies", ACM
    Journal of Experimental Algorithmics 21, 1.5.
    """

    def __init__(self, hierarchy: Hierarchy, weights: NDArray[np.int64]) -> None:
        import routingkit_cch as routing

        self._routing = routing
        self._metric = routing.CCHMetric(hierarchy.cch, weights.tolist())
        self._rank = hierarchy.rank

    def order(self, nodes: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return neighbours next to each other: their ways share memory that is still at hand."""
        return np.argsort(-self._rank[nodes], kind="stable")

    def rows(
        self, sources: NDArray[np.intp], targets: NDArray[np.intp]
    ) -> Iterator[NDArray[np.float64]]:
        """Yield the distances from each source to all targets."""
        query = self._routing.CCHOneToMany(self._metric, targets.tolist())
        for source in sources.tolist():
            yield np.array(query.distances_from(source), dtype=np.float64)

    def to_nearest(
        self, sources: NDArray[np.intp], targets: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the distance of each source to the nearest target: one sweep for all."""
        query = self._routing.CCHManyToOne(self._metric, sources.tolist())
        ends = [(target, 0) for target in targets.tolist()]
        return np.array(query.distances_to_multi(ends), dtype=np.float64)

    def from_nearest(
        self, sources: NDArray[np.intp], targets: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the distance of each target from the nearest source: one sweep for all."""
        query = self._routing.CCHOneToMany(self._metric, targets.tolist())
        starts = [(source, 0) for source in sources.tolist()]
        return np.array(query.distances_from_multi(starts), dtype=np.float64)

    def way(self, source: int, target: int) -> list[int] | None:
        """Return the arcs of a shortest way in order; None when there is none."""
        found = self._routing.CCHQuery(self._metric).run(source, target)
        return None if found.distance is None else list(found.arc_path)


class DijkstraSolver:
    """SciPy's Dijkstra on the same weights: for machines without the hierarchies, and for tests."""

    def __init__(self, graph: Graph, weights: NDArray[np.int64]) -> None:
        self._arc, self._matrix = _cheapest_arcs(graph, weights)
        self._tail, self._head = graph.tail, graph.head

    def order(self, nodes: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the order given: none is better."""
        return np.arange(len(nodes))

    def rows(
        self, sources: NDArray[np.intp], targets: NDArray[np.intp]
    ) -> Iterator[NDArray[np.float64]]:
        """Yield the distances from each source to all targets."""
        if len(targets) < len(sources):  # fewer searches, the other way round
            back = self._matrix.T.tocsr()
            yield from np.column_stack(list(_searched(back, targets, sources)))
        else:
            yield from _searched(self._matrix, sources, targets)

    def to_nearest(
        self, sources: NDArray[np.intp], targets: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the distance of each source to the nearest target, NaN where there is none."""
        return self._sweep(self._matrix.T.tocsr(), targets, sources)

    def from_nearest(
        self, sources: NDArray[np.intp], targets: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the distance of each target from the nearest source."""
        return self._sweep(self._matrix, sources, targets)

    @staticmethod
    def _sweep(
        matrix: csr_array, starts: NDArray[np.intp], ends: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        return _unreached(dijkstra(matrix, indices=starts, min_only=True)[ends])

    def way(self, source: int, target: int) -> list[int] | None:
        """Return the arcs of a shortest way in order; None when there is none."""
        _, before = dijkstra(self._matrix, indices=source, return_predecessors=True)
        nodes = [target]
        while nodes[-1] != source:
            previous = int(before[nodes[-1]])
            if previous < 0:
                return None
            nodes.append(previous)
        nodes.reverse()
        return [self._between(a, b) for a, b in pairwise(nodes)]

    def _between(self, a: int, b: int) -> int:
        start, end = self._matrix.indptr[a], self._matrix.indptr[a + 1]
        at = start + int(np.searchsorted(self._matrix.indices[start:end], b))
        return int(self._arc[at])


def _searched(
    matrix: csr_array, starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> Iterator[NDArray[np.float64]]:
    for first in range(0, len(starts), _AT_ONCE):
        for row in dijkstra(matrix, indices=starts[first : first + _AT_ONCE]):
            yield _unreached(row[ends])


def road_matrix(graph: Graph, weights: NDArray[np.int64]) -> csr_array:
    """Return the usable arcs as a matrix of weights, of several between two nodes the cheapest."""
    return _cheapest_arcs(graph, weights)[1]


def _cheapest_arcs(graph: Graph, weights: NDArray[np.int64]) -> tuple[NDArray[np.intp], csr_array]:
    usable = np.flatnonzero(weights < INFINITE)
    order = usable[np.lexsort((weights[usable], graph.head[usable], graph.tail[usable]))]
    tail, head = graph.tail[order], graph.head[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    arcs = order[first]
    start = np.searchsorted(graph.tail[arcs], np.arange(graph.n_nodes + 1))
    matrix = csr_array(
        (
            weights[arcs].astype(np.float64),
            graph.head[arcs].astype(np.int32),
            start.astype(np.int32),
        ),
        shape=(graph.n_nodes, graph.n_nodes),
    )
    return arcs, matrix


def _unreached(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isinf(distance), np.nan, distance)


def solver_names() -> Sequence[str]:
    """Return the names of the solvers this machine has, the faster first."""
    return ("cch", "scipy") if available() else ("scipy",)

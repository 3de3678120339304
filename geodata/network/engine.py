"""Travel times between places on the county's roads, for every way of travelling."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

from geodata import crs as systems
from geodata.errors import InputError
from geodata.network.attach import Attachments, attach, part_of_edge
from geodata.network.graph import INFINITE, LEG, Graph, build
from geodata.network.modes import MODES, Mode
from geodata.network.roads import Roads
from geodata.network.solvers import (
    ContractionSolver,
    DijkstraSolver,
    Hierarchy,
    Solver,
    available,
    road_matrix,
)

UNREACHED = 65535
"""Stands in a matrix of seconds where there is no way; of metres: the largest 32-bit number."""

UNREACHED_M = 2**32 - 1
STRAIGHT_DETOUR = 1.3
"""Without roads: network over straight distance."""

Cost = Literal["time", "length"]
Towards = Literal["facility", "people"]
Backend = Literal["auto", "cch", "scipy"]
Numbers = NDArray[np.uint16] | NDArray[np.uint32]

_MOST_METRICS = 16  # of one county about 4 MB each


@dataclass(frozen=True)
class Way:
    """A shortest way as a line: from the place to the road, along it, and to the other place."""

    seconds: float
    metres: float
    line: NDArray[np.float64]  # (n, 2) degrees
    edges: tuple[int, ...]  # edges of the roads in order, each once in a row


@dataclass(frozen=True)
class Reached:
    """
    What can be reached from a place (or from where it can be reached) within a limit.

    A row of the arcs: having come to node ``near``, one goes on along ``edge`` to ``far`` in
    ``arc_seconds``. When people travel towards the place, arcs are turned round accordingly.
    """

    seconds: NDArray[np.float64]  # (n_nodes,) inf beyond the limit
    lonlat: NDArray[np.float64]  # (n_nodes, 2)
    near: NDArray[np.intp]  # (n_arcs,) nodes
    far: NDArray[np.intp]
    edge: NDArray[np.intp]  # edges of the roads; off-road legs are not among the arcs
    near_fraction: NDArray[np.float64]  # of the edge's way from u
    far_fraction: NDArray[np.float64]
    arc_seconds: NDArray[np.float64]


@dataclass(frozen=True)
class Parts:
    """How a network falls apart."""

    n: int  # connected parts
    main_share: float  # length of the largest over that of all
    outside: NDArray[np.intp]  # places that meet only other parts


@dataclass
class _Net:
    """What modes with the same usable edges share."""

    usable: NDArray[np.bool_]
    legs: Attachments
    graph: Graph
    part: NDArray[np.intp]
    hierarchy: Hierarchy | None = None


class TravelTimes:
    """
    Travel times on a road network between given places.

    Places join the roads by off-road legs (``geodata.network.attach``). Directed: the way there
    is not the way back. Graphs and hierarchies are made at first use; a closure only changes
    weights. May be used by several threads, one at a time.

    Parameters
    ----------
    roads
        The network; None: straight lines times 1.3, at the mode's speed on a tertiary road.
    places
        Degrees, shape ``(n_places, 2)``; NaN: a place that nobody can reach.
    crs
        The county's projected system, in metres.
    modes
        Ways of travelling by name.
    backend
        "cch", "scipy" or "auto" (the first that this machine has); results are equal.
    keep
        Folder where node orders of hierarchies are kept between starts; None: nowhere.

    Raises
    ------
    InputError
        If places are no pairs or some are infinite, or a network has no edge at all.
    """

    def __init__(
        self,
        roads: Roads | None,
        places: NDArray[np.float64],
        *,
        crs: str,
        modes: Mapping[str, Mode] = MODES,
        backend: Backend = "auto",
        keep: Path | None = None,
    ) -> None:
        places = np.asarray(places, dtype=np.float64)
        if places.ndim != 2 or places.shape[1:] != (2,) or np.isinf(places).any():
            raise InputError(
                "The places have the shape {shape}; expected pairs of longitude and latitude.",
                shape=places.shape,
            )
        if roads is not None and roads.n_edges == 0:
            raise InputError("The road network has no road.")
        self.roads, self.places, self.crs, self.modes = roads, places, crs, dict(modes)
        self._backend = ("cch" if available() else "scipy") if backend == "auto" else backend
        self._keep = keep
        self._lock = threading.RLock()
        self._nets: dict[bytes, _Net] = {}
        self._net_of_mode: dict[str, _Net] = {}  # the same: telling which edges it uses takes 20 ms
        self._solvers: OrderedDict[tuple[Any, ...], Solver] = OrderedDict()
        self._base: TravelTimes | None = None
        self._lines: NDArray[np.object_] | None = None
        self.version = self._version()

    def _version(self) -> str:
        told = hashlib.sha256((self.roads.digest() if self.roads else "straight").encode())
        told.update(self.places.tobytes())
        for name in sorted(self.modes):
            told.update(self.modes[name].told().encode())
        return told.hexdigest()[:16]

    # ------------------------------------------------------------ questions

    def matrix(
        self,
        mode: str,
        origins: NDArray[np.intp],
        destinations: NDArray[np.intp],
        *,
        cost: Cost = "time",
        closed: frozenset[int] = frozenset(),
    ) -> Numbers:
        """
        Return the cost from every origin to every destination.

        Parameters
        ----------
        origins, destinations
            Positions of places.
        cost
            "time": whole seconds, 16 bits, ``UNREACHED`` where there is no way (ways of more than
            65,534 seconds say that). "length": whole metres of the shortest way, 32 bits.
        closed
            Edges closed besides those that the roads have as closed.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_origins, n_destinations)``.
        """
        origins, destinations = self._checked(mode, origins), self._checked(mode, destinations)
        whole = _empty((len(origins), len(destinations)), cost)
        if not whole.size:
            return whole
        with self._lock:
            if self.roads is None:
                for row, origin in enumerate(origins.tolist()):
                    away = self._straight(mode, cost, np.array([origin]), destinations)
                    whole[row] = _whole(away, cost)
                return whole
            net = self._net(mode)
            solver = self._solver(mode, cost, closed)
            sources, targets = net.graph.out(origins), net.graph.into(destinations)
            first, then = solver.order(sources), solver.order(targets)
            rows = solver.rows(sources[first], targets[then])
            for row, found in zip(first.tolist(), rows, strict=True):
                whole[row, then] = _whole(found, cost)
        same = origins[:, None] == self._known(destinations)[None, :]
        whole[same] = 0
        return whole

    def nearest(
        self,
        mode: str,
        places: NDArray[np.intp],
        targets: NDArray[np.intp],
        *,
        towards: Towards = "facility",
        cost: Cost = "time",
        closed: frozenset[int] = frozenset(),
    ) -> Numbers:
        """
        Return the cost between each place and the target nearest to it: one sweep for all.

        Parameters
        ----------
        towards
            "facility": from the places to the targets; "people": from the targets to the places.

        Returns
        -------
        numpy.ndarray
            Shape ``(n_places,)``, as ``matrix`` has it; without any target nothing is reached.
        """
        places, targets = self._checked(mode, places), self._checked(mode, targets)
        if not len(places) or not len(targets):
            return _empty((len(places),), cost)
        with self._lock:
            if self.roads is None:
                away = self._straight(mode, cost, targets, places)
                return _whole(away, cost)
            graph = self._net(mode).graph
            solver = self._solver(mode, cost, closed)
            if towards == "facility":
                found = solver.to_nearest(graph.out(places), graph.into(targets))
            else:
                found = solver.from_nearest(graph.out(targets), graph.into(places))
        whole = _whole(found, cost)
        whole[np.isin(places, self._known(targets))] = 0
        return whole

    def k_nearest(
        self,
        mode: str,
        places: NDArray[np.intp],
        targets: NDArray[np.intp],
        k: int,
        *,
        towards: Towards = "facility",
        closed: frozenset[int] = frozenset(),
    ) -> tuple[NDArray[np.intp], NDArray[np.uint16]]:
        """
        Return the k nearest targets of each place, nearest first; of equal ones the first.

        Returns
        -------
        tuple
            Positions in ``targets`` (-1: fewer can be reached) and seconds, shape ``(n, k)``.
        """
        if k < 1:
            raise InputError("{k} nearest places were asked for; expected 1 or more.", k=k)
        if towards == "facility":
            seconds = self.matrix(mode, places, targets, closed=closed)
        else:
            seconds = self.matrix(mode, targets, places, closed=closed).T
        order = np.argsort(seconds, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(seconds, order, axis=1).astype(np.uint16)
        index = np.where(best == UNREACHED, -1, order)
        short = k - order.shape[1]
        if short > 0:
            index = np.pad(index, ((0, 0), (0, short)), constant_values=-1)
            best = np.pad(best, ((0, 0), (0, short)), constant_values=UNREACHED)
        return index, best

    def way(
        self, mode: str, origin: int, destination: int, *, closed: frozenset[int] = frozenset()
    ) -> Way:
        """
        Return the fastest way between two places as a line.

        Raises
        ------
        InputError
            If there is no way, or no network to find one in.
        """
        ends = self._checked(mode, np.array([origin, destination]))
        if self.roads is None:
            raise InputError("There are no roads, so there is no way to draw.")
        with self._lock:
            graph = self._net(mode).graph
            source, target = int(graph.out(ends[:1])[0]), int(graph.into(ends[1:])[0])
            arcs = self._solver(mode, "time", closed).way(source, target)
            if arcs is None:
                raise InputError("No road leads from there to here.")
            weights = graph.seconds(self.roads, self.modes[mode], closed)
            lengths = graph.metres(self.roads, self.modes[mode], closed)
        chosen = np.array(arcs, dtype=np.intp)
        edges = graph.edge[chosen]
        on_road = edges[edges != LEG]
        once = on_road[np.flatnonzero(np.diff(on_road, prepend=-2))]
        return Way(
            float(weights[chosen].sum()) / 1000,
            float(lengths[chosen].sum()) / 1000,
            _line(self.roads, graph, chosen),
            tuple(once.tolist()),
        )

    def reached(
        self,
        mode: str,
        place: int,
        *,
        limit_s: float,
        towards: Towards = "people",
        closed: frozenset[int] = frozenset(),
    ) -> Reached:
        """
        Return every part of the roads within ``limit_s`` seconds of a place.

        ``towards`` "people": setting out from the place; "facility": on the way to it.
        """
        start = self._checked(mode, np.array([place]))
        if self.roads is None:
            raise InputError("There are no roads, so there is no way to draw.")
        with self._lock:
            graph = self._net(mode).graph
            weights = graph.seconds(self.roads, self.modes[mode], closed)
        matrix = road_matrix(graph, weights)
        if towards == "people":
            node, near, far = graph.out(start), graph.tail, graph.head
            fractions = graph.from_fraction, graph.to_fraction
        else:
            matrix = matrix.T.tocsr()
            node, near, far = graph.into(start), graph.head, graph.tail
            fractions = graph.to_fraction, graph.from_fraction
        seconds = dijkstra(matrix, indices=int(node[0]), limit=limit_s * 1000) / 1000
        there = np.isfinite(seconds[near]) & (graph.edge != LEG) & (weights < INFINITE)
        return Reached(
            seconds, graph.lonlat, near[there], far[there], graph.edge[there],
            fractions[0][there], fractions[1][there], weights[there] / 1000,
        )  # fmt: skip

    def off_network(self, mode: str) -> NDArray[np.intp]:
        """Return the places that no usable road comes near enough to."""
        self._checked(mode, np.empty(0, dtype=np.intp))
        if self.roads is None:
            return np.flatnonzero(np.isnan(self.places).any(axis=1))
        with self._lock:
            joined = np.zeros(len(self.places), dtype=bool)
            joined[self._net(mode).legs.place] = True
        return np.flatnonzero(~joined)

    def lines_m(self) -> NDArray[np.object_]:
        """Return the roads' lines in the county's system, in metres."""
        roads = self._roads()
        with self._lock:
            if self._lines is None:
                self._lines = shapely.transform(roads.geometry, self._in_metres)
            return self._lines

    def parts(self, mode: str) -> Parts:
        """Return into how many connected parts the mode's roads fall, and who meets only others."""
        self._checked(mode, np.empty(0, dtype=np.intp))
        if self.roads is None:
            return Parts(1, 1.0, np.empty(0, dtype=np.intp))
        with self._lock:
            net = self._net(mode)
        length = np.bincount(net.part[net.usable], weights=self.roads.length_m[net.usable])
        in_main = np.zeros(len(self.places), dtype=bool)
        in_main[net.legs.place[net.part[net.legs.edge] == 0]] = True
        joined = np.zeros(len(self.places), dtype=bool)
        joined[net.legs.place] = True
        share = float(length[0] / length.sum()) if length.sum() else 0.0
        return Parts(int((length > 0).sum()), share, np.flatnonzero(joined & ~in_main))

    # ------------------------------------------------------------ other networks

    def with_road(self, line_lonlat: NDArray[np.float64], **how: Any) -> TravelTimes:
        """
        Return travel times with one more road (``Roads.with_road``), same places.

        Every place keeps the legs it has and gains those to the new road, so nothing can become
        slower.
        """
        if self.roads is None:
            raise InputError("There are no roads, so no road can be added.")
        wider = TravelTimes(
            self.roads.with_road(line_lonlat, **how), self.places, crs=self.crs, modes=self.modes,
            backend=self._backend,
            keep=self._keep,
        )  # fmt: skip
        wider._base = self
        return wider

    def at_speed(self, factor: float) -> TravelTimes:
        """Return travel times with all speeds on roads times a factor; legs off them as before."""
        if not 0 < factor < np.inf:
            raise InputError(
                "The speed is multiplied by {factor}; expected above 0.", factor=factor
            )
        modes = {name: replace(mode, pace=mode.pace * factor) for name, mode in self.modes.items()}
        other = TravelTimes(
            self.roads, self.places, crs=self.crs, modes=modes,
            backend=self._backend,
            keep=self._keep,
        )  # fmt: skip
        with self._lock:
            other._nets, other._lines, other._base = self._nets, self._lines, self._base
            other._lock = self._lock
        return other

    # ------------------------------------------------------------ making

    def _checked(self, mode: str, places: NDArray[np.intp]) -> NDArray[np.intp]:
        if mode not in self.modes:
            raise InputError(
                "There is no way of travelling {mode}; expected one of {modes}.",
                mode=mode, modes=", ".join(self.modes),
            )  # fmt: skip
        places = np.asarray(places, dtype=np.intp)
        if len(places) and (places.min() < 0 or places.max() >= len(self.places)):
            raise InputError(
                "There is no place {place}; there are {n}.",
                place=int(places.max()), n=len(self.places),
            )  # fmt: skip
        return places

    def _net(self, mode: str) -> _Net:
        if mode in self._net_of_mode:
            return self._net_of_mode[mode]
        roads = self._roads()
        usable = roads.usable(self.modes[mode])
        limit = self.modes[mode].off_road_limit_m
        key = usable.tobytes() + str(limit).encode()
        if key not in self._nets:
            self._nets[key] = self._made(mode, usable, limit)
        self._net_of_mode[mode] = self._nets[key]
        return self._nets[key]

    def _made(self, mode: str, usable: NDArray[np.bool_], limit: float) -> _Net:
        roads = self._roads()
        part = part_of_edge(roads, usable)
        legs = attach(self._in_metres(self.places), self.lines_m(), usable, part == 0, limit)
        if self._base is not None:
            legs = self._kept_legs(self._base, mode, legs)
        return _Net(usable, legs, build(roads, self.places, usable, legs), part)

    def _kept_legs(self, base: TravelTimes, mode: str, legs: Attachments) -> Attachments:
        """Return the legs of the network before, and of these the ones to new roads."""
        assert base.roads is not None  # noqa: S101 -- with_road refuses a base without roads
        with base._lock:
            before = base._net(mode).legs
        both = before.added(legs.only(legs.edge >= base.roads.n_edges))
        return both.only(np.lexsort((both.fraction, both.edge)))

    def _solver(self, mode: str, cost: Cost, closed: frozenset[int]) -> Solver:
        roads = self._roads()
        key = (mode, cost, closed)
        if key in self._solvers:
            self._solvers.move_to_end(key)
            return self._solvers[key]
        net = self._net(mode)
        self._check_edges(closed)
        weigh = net.graph.seconds if cost == "time" else net.graph.metres
        weights = weigh(roads, self.modes[mode], closed)
        made: Solver
        if self._backend == "cch":
            if net.hierarchy is None:
                net.hierarchy = Hierarchy(net.graph, self._keep)
            made = ContractionSolver(net.hierarchy, weights)
        else:
            made = DijkstraSolver(net.graph, weights)
        self._solvers[key] = made
        while len(self._solvers) > _MOST_METRICS:
            self._solvers.popitem(last=False)
        return made

    def _check_edges(self, closed: Iterable[int]) -> None:
        n = self._roads().n_edges
        for edge in closed:
            if not 0 <= edge < n:
                raise InputError("There is no road {edge}; there are {n}.", edge=edge, n=n)

    def _known(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the positions, -1 for a place without coordinates: not even it is there."""
        return np.where(np.isnan(self.places[places]).any(axis=1), -1, places)

    def _in_metres(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(systems.from_lon_lat(lonlat[:, 0], lonlat[:, 1], self.crs))

    def _roads(self) -> Roads:
        assert self.roads is not None  # noqa: S101 -- asked only where there are roads
        return self.roads

    def _straight(
        self, mode: str, cost: Cost, targets: NDArray[np.intp], places: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return milliseconds or millimetres to the nearest target, as the crow flies x 1.3."""
        x, y = self._in_metres(self.places).T
        best = np.full(len(places), np.inf)
        for target in targets.tolist():
            best = np.fmin(best, np.hypot(x[places] - x[target], y[places] - y[target]))
        metres = np.where(np.isfinite(best), best * STRAIGHT_DETOUR, np.nan)
        return metres * 1000 * (1.0 if cost == "length" else 3.6 / self.modes[mode].straight_kmh)


def _empty(shape: tuple[int, ...], cost: Cost) -> Numbers:
    if cost == "time":
        return np.full(shape, UNREACHED, dtype=np.uint16)
    return np.full(shape, UNREACHED_M, dtype=np.uint32)


def _whole(thousandths: NDArray[np.float64], cost: Cost) -> Numbers:
    """Return whole seconds or metres; NaN becomes "no way", what is too long the longest."""
    nothing = UNREACHED if cost == "time" else UNREACHED_M
    whole = np.minimum(np.rint(thousandths / 1000), nothing - 1)
    filled = np.where(np.isnan(whole), nothing, whole)
    return filled.astype(np.uint16) if cost == "time" else filled.astype(np.uint32)


def _line(roads: Roads, graph: Graph, arcs: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the arcs one after the other as points in degrees."""
    points = [graph.lonlat[graph.tail[arcs[:1]]]]
    for arc in arcs.tolist():
        if graph.edge[arc] == LEG:
            points.append(graph.lonlat[[graph.head[arc]]])
            continue
        piece = substring(
            roads.geometry[graph.edge[arc]], graph.from_fraction[arc], graph.to_fraction[arc],
            normalized=True,
        )  # fmt: skip
        points.append(shapely.get_coordinates(piece))
    line = np.vstack(points)
    return line[np.r_[True, (np.diff(line, axis=0) != 0).any(axis=1)]]

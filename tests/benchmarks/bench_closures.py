"""The whole county's minutes after closing roads, beside the first computation.

Run: python -m tests.benchmarks.bench_closures
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from cockpit.answers.reach import Reach
from cockpit.coverage.services import SERVICES, Service
from geodata.network import TravelTimes
from geodata.network.graph import LEG
from geodata.network.solvers import road_matrix
from tests.benchmarks.figures import line, note
from tests.benchmarks.networks import sample_reach
from tests.servers import make_sample

TURNS = 5
Minutes = dict[str, NDArray[np.uint16]]


def main() -> None:
    """Print seconds before and after closures, their ratio, and whom a bridge changes."""
    with tempfile.TemporaryDirectory() as folder:
        make_sample(Path(folder))
        reach = sample_reach(Path(folder))
    assert reach.roads is not None
    first = []
    for _ in range(3):
        start = time.perf_counter()
        times = TravelTimes(
            reach.roads, reach.travel.places, crs=reach.travel.crs, modes=reach.travel.modes
        )
        before = nearest(reach, times, frozenset())
        first.append(time.perf_counter() - start)
    note(f"nearest of {len(before)} services from scratch", median(first), "s")
    users = {service.id: ways(reach, times, service) for service in SERVICES.values()}
    bridge = _most_used_bridge(reach, users)
    rng = np.random.default_rng(20240501)
    hundred = frozenset(rng.choice(reach.roads.n_edges, 100, replace=False).tolist())
    for what, closed in (("a bridge", frozenset({bridge})), ("100 roads", hundred)):
        seconds = median(_time_closing(reach, times, closed) for _ in range(TURNS))
        note(f"the same after closing {what}", seconds, "s")
        line(f"{what}: share of the first computation", seconds / median(first), "", 0.1)
    _tell_changes(before, nearest(reach, times, frozenset({bridge})), users, bridge)


def nearest(reach: Reach, times: TravelTimes, closed: frozenset[int]) -> Minutes:
    """Return each cell's seconds to the nearest facility of every service."""
    return {
        service.id: times.nearest(
            service.mode, reach.cells, reach.places_of(reach.of_kinds(service.kinds)),
            towards=service.towards, closed=closed,
        )
        for service in SERVICES.values()
    }  # fmt: skip


def _time_closing(reach: Reach, times: TravelTimes, closed: frozenset[int]) -> float:
    times._solvers = type(times._solvers)(  # forget these closures, keep the county as it is
        (key, solver) for key, solver in times._solvers.items() if not key[2]
    )
    start = time.perf_counter()
    nearest(reach, times, closed)
    return time.perf_counter() - start


def ways(reach: Reach, times: TravelTimes, service: Service) -> list[set[int]]:
    """
    Return the roads on each cell's way to (or from) its nearest facility.

    By SciPy's forest of shortest ways, so that what the county's figures say about a closure is
    held against another program.
    """
    targets = reach.places_of(reach.of_kinds(service.kinds))
    graph = times._net(service.mode).graph
    assert times.roads is not None
    weights = graph.seconds(times.roads, times.modes[service.mode], frozenset())
    matrix = road_matrix(graph, weights)
    starts, ends = graph.into(targets), graph.out(reach.cells)
    if service.towards == "facility":
        matrix = matrix.T.tocsr()
        pairs = zip(graph.head.tolist(), graph.tail.tolist(), strict=True)
    else:
        starts, ends = graph.out(targets), graph.into(reach.cells)
        pairs = zip(graph.tail.tolist(), graph.head.tolist(), strict=True)
    if not len(targets):
        return [set() for _ in ends]
    edge_of = dict(zip(pairs, graph.edge.tolist(), strict=True))
    _, before, _ = dijkstra(matrix, indices=starts, min_only=True, return_predecessors=True)
    found = []
    for node in ends.tolist():
        used = set()
        while before[node] >= 0:
            used.add(edge_of[int(before[node]), node])
            node = int(before[node])  # noqa: PLW2901
        found.append(used - {LEG})
    return found


def _most_used_bridge(reach: Reach, users: dict[str, list[set[int]]]) -> int:
    assert reach.roads is not None
    bridges = set(np.flatnonzero(reach.roads.bridge).tolist())
    counts = Counter(edge for cells in users.values() for used in cells for edge in used & bridges)
    return counts.most_common(1)[0][0]


def _tell_changes(
    before: Minutes, after: Minutes, users: dict[str, list[set[int]]], bridge: int
) -> None:
    changed = {key: before[key] != after[key] for key in before}
    used = {key: np.array([bridge in cell for cell in cells]) for key, cells in users.items()}
    n_changed = sum(int(one.sum()) for one in changed.values())
    n_used = sum(int(one.sum()) for one in used.values())
    strangers = sum(int((changed[key] & ~used[key]).sum()) for key in before)
    as_fast = sum(int((used[key] & ~changed[key]).sum()) for key in before)
    note("cells and services whose way used the bridge", n_used, "")
    note("cells and services whose seconds changed", n_changed, "")
    line("changed without having used it", strangers, "", 0)
    note("used it and are as fast another way, to the second", as_fast, "")


if __name__ == "__main__":
    main()

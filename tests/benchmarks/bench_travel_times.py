"""Matrices of travel times beside SciPy's Dijkstra and pandana, on Porto Alegre and the sample.

Run: python -m tests.benchmarks.bench_travel_times
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from geodata.network import UNREACHED, TravelTimes
from geodata.network.graph import INFINITE
from geodata.network.isochrones import isochrones
from geodata.network.solvers import road_matrix
from tests.benchmarks.figures import line, note
from tests.benchmarks.networks import porto_alegre, sample_reach
from tests.servers import make_sample

MODE = "car"
TURNS = 5
PEER = Path(__file__).with_name("pandana_peer.py")
PEER_PYTHON = Path(__file__).parents[2] / ".venv-bench" / "bin" / "python"
PEER_NOTHING_S = 4_000_000  # pandana's largest number stands for no way
CUT_S = 1e-5  # pandana cuts to whole milliseconds: 0.357 s would become 0.356

Places = NDArray[np.intp]

# In a process of its own: the peak of a process is that of all it did before.
MEMORY = """
import gc
import numpy as np
from geodata.network import TravelTimes
from tests.benchmarks.networks import porto_alegre
times, _ = porto_alegre()
rng = np.random.default_rng(20240501)
spots = rng.choice(times.roads.node_lonlat, 11_000) + rng.normal(0, 0.001, (11_000, 2))
times = TravelTimes(times.roads, spots, crs=times.crs)
origins, destinations = np.arange(10_000), np.arange(10_000, 11_000)
times.matrix("car", origins[:1], destinations[:1])
gc.collect()
def kilobytes(name):
    with open("/proc/self/status") as status:
        return next(int(row.split()[1]) for row in status if row.startswith(name))
with open("/proc/self/clear_refs", "w") as peak:
    peak.write("5")
before = kilobytes("VmRSS")
found = times.matrix("car", origins, destinations)
print(found.nbytes / 1e6, (kilobytes("VmHWM") - before) * 1024 / 1e6, (found < 65535).mean())
"""


def main() -> None:
    """Print seconds of each, the ratios, and the memory of a large matrix."""
    city = porto_alegre()
    if city is None:
        print("Porto Alegre is left out: its data are not there.")
    else:
        _compare("Porto Alegre", city[0], city[1], city[1])
        _memory()
    with tempfile.TemporaryDirectory() as folder:
        make_sample(Path(folder))
        reach = sample_reach(Path(folder))
        facilities = reach.places_of(np.arange(len(reach.facilities)))
        _compare("sample county", reach.travel, reach.cells, facilities)
        _isochrones(reach.travel, int(facilities[0]))


def _compare(name: str, times: TravelTimes, origins: Places, destinations: Places) -> None:
    """
    Time ours and SciPy in turn, pandana once; all from and to the same nodes.

    Processor time, since other programs may run beside: ours and SciPy use one thread. pandana
    uses all, so of its time on the clock and on the processor the shorter counts.
    """

    def ours() -> NDArray[np.uint16]:
        return times.matrix(MODE, origins, destinations)

    start = time.perf_counter()
    found = ours()
    cold = time.perf_counter() - start
    note(f"{name}: first matrix, with attaching and ordering", cold, "s")
    matrix, sources, ends, turned = _plain(times, origins, destinations)

    def plain() -> NDArray[np.float64]:
        rows = [
            dijkstra(matrix, indices=sources[at : at + 100])[:, ends]
            for at in range(0, len(sources), 100)
        ]
        return np.vstack(rows)

    seconds: dict[Callable[[], object], list[float]] = {ours: [], plain: []}
    for _ in range(TURNS):
        for one, runs in seconds.items():
            start = time.process_time()
            answer = one()
            runs.append(time.process_time() - start)
    expected = np.asarray(answer).T if turned else np.asarray(answer)
    _same(found, expected / 1000, origins, destinations)
    mine, theirs = median(seconds[ours]), median(seconds[plain])
    ratio = median(b / a for a, b in zip(seconds[ours], seconds[plain], strict=True))
    note(f"{name}: {len(origins):,} x {len(destinations):,}, ours", mine, "s")
    note(f"{name}: SciPy's dijkstra", theirs, "s")
    line(f"{name}: times faster than SciPy", ratio, "", 8, at_least=True)
    peer = _pandana(times, origins, destinations)
    if peer is not None:
        built, took, lengths = peer
        _same(found, lengths, origins, destinations)
        note(f"{name}: pandana, to build", built, "s")
        note(f"{name}: pandana, to answer", took, "s")
        line(f"{name}: times faster than pandana", took / mine, "", 20, at_least=True)


def _plain(
    times: TravelTimes, origins: Places, destinations: Places
) -> tuple[object, Places, Places, bool]:
    """Return the same graph for SciPy, which is asked from the smaller side."""
    graph, weights = _graph(times)
    matrix = road_matrix(graph, weights)
    if len(origins) <= len(destinations):
        return matrix, graph.out(origins), graph.into(destinations), False
    return matrix.T.tocsr(), graph.into(destinations), graph.out(origins), True


def _graph(times: TravelTimes):
    assert times.roads is not None
    graph = times._net(MODE).graph
    return graph, graph.seconds(times.roads, times.modes[MODE], frozenset())


def _same(
    found: NDArray[np.uint16],
    seconds: NDArray[np.float64],
    origins: Places,
    destinations: Places,
) -> None:
    """Hold ours to another's seconds; a place is at itself in no time, which peers do not know."""
    other = origins[:, None] != destinations[None, :]
    nothing = ~(seconds < PEER_NOTHING_S)
    assert np.array_equal(nothing[other], (found == UNREACHED)[other])
    there = other & ~nothing
    # Whole seconds against milliseconds.
    assert np.abs(found[there] - seconds[there]).max() <= 0.501


def _pandana(
    times: TravelTimes, origins: Places, destinations: Places
) -> tuple[float, float, NDArray[np.float64]] | None:
    if not PEER_PYTHON.is_file():
        print("pandana is left out: it is not installed (make bench does it).")
        return None
    graph, weights = _graph(times)
    usable = weights < INFINITE
    with tempfile.TemporaryDirectory() as folder:
        arcs, answer = Path(folder) / "arcs.npz", Path(folder) / "times.npy"
        np.savez(
            arcs, lonlat=graph.lonlat, tail=graph.tail[usable], head=graph.head[usable],
            seconds=weights[usable] / 1000 + CUT_S, origins=graph.out(origins),
            destinations=graph.into(destinations),
        )  # fmt: skip
        done = subprocess.run(
            [str(PEER_PYTHON), str(PEER), str(arcs), str(answer)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            print(f"pandana is left out: {done.stderr.strip().splitlines()[-1:]}")
            return None
        built, took = map(float, done.stdout.split()[-2:])
        return built, took, np.load(answer)


def _memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True
    )
    size, peak, reached = map(float, done.stdout.split())
    line("10,000 x 1,000: the matrix", size, "MB", 100)
    line("10,000 x 1,000: most memory beyond before, while computing", peak, "MB", 100)
    note("10,000 x 1,000: share of pairs with a way", reached, "")


def _isochrones(times: TravelTimes, place: int) -> None:
    runs = []
    for _ in range(TURNS):
        start = time.perf_counter()
        isochrones(times, MODE, place, [60])
        runs.append(time.perf_counter() - start)
    line("isochrone of 60 min by car, area and roads", median(runs), "s", 0.3)


if __name__ == "__main__":
    main()

"""Adaptive, edge-corrected heat beside plain kernels of scikit-learn and SciPy.

Seconds are those of one core (processor time), so that neighbours on the machine do not count.
Run: python -m tests.benchmarks.bench_density
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
from scipy.stats import gaussian_kde
from sklearn.neighbors import KernelDensity

from cockpit.risk.density import density, grid_over, relative
from tests.benchmarks.figures import line, note

EVENTS, SIDE, CELL = 100_000, 200, 250.0
ASKED = 1.0  # seconds
RUNS = 5


def main() -> None:
    """Print seconds of all and how they agree where they do the same."""
    rng = np.random.default_rng(20251101)
    grid = grid_over((0, 0, SIDE * CELL, SIDE * CELL), CELL)
    across, up = grid.centres()
    inside = np.hypot(across - 25_000, up - 25_000) < 24_000 + 2_000 * np.sin(across / 3_000)
    x, y = make_events(rng)
    people = np.where(inside, rng.lognormal(2, 1, grid.shape), 0)
    print(f"{EVENTS:,} events on {grid.nx * grid.ny:,} squares, {inside.sum():,} of them inside")

    def ours() -> object:
        return density(x, y, grid, inside=inside)

    seconds = timed(ours)
    line("adaptive bandwidth, edge corrected", seconds, "s", ASKED)
    heat = density(x, y, grid, inside=inside)
    line("  and by population", seconds + timed(lambda: relative(heat, people)), "s", ASKED)
    note("  one bandwidth, edge corrected", timed(lambda: density(
        x, y, grid, inside=inside, adaptive=False)), "s")  # fmt: skip
    off = abs(heat.values.sum() * grid.cell_km2 / heat.total - 1)
    line("  integral beside the number of events inside, off by", off * 1e12, "1e-12", 1.0)
    _beside_peers(x, y, grid, seconds)


def make_events(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return events of which two in three lie in thirty towns of different sizes."""
    centres, spreads = rng.uniform(8_000, 42_000, (30, 2)), rng.uniform(300, 3_000, 30)
    town = rng.integers(0, 30, EVENTS)
    place = centres[town] + rng.normal(0, 1, (EVENTS, 2)) * spreads[town][:, None]
    place[::3] = rng.uniform(0, SIDE * CELL, (len(place[::3]), 2))
    return place[:, 0], place[:, 1]


def _beside_peers(x: np.ndarray, y: np.ndarray, grid: object, seconds: float) -> None:
    """Time the peers (one bandwidth, no border) and compare with ours doing the same."""
    across, up = grid.centres()
    events, squares = np.column_stack([x, y]), np.column_stack([across.ravel(), up.ravel()])
    width = 1_200.0
    began = time.process_time()
    model = KernelDensity(bandwidth=width, rtol=1e-3).fit(events)
    peer = np.exp(model.score_samples(squares)) * EVENTS * 1e6
    spent = time.process_time() - began
    note("scikit-learn KernelDensity, one bandwidth, no border, rtol 1e-3", spent, "s")
    note("  ratio: times our adaptive, corrected one", spent / seconds, "x")
    plain = density(x, y, grid, bandwidth_m=width, adaptive=False).values
    middle = (slice(40, 160), slice(40, 160))  # away from the border both do the same
    difference = np.abs(plain[middle] - peer.reshape(grid.shape)[middle]).max() / peer.max()
    line("  farthest difference from ours, of the highest", difference * 100, "%", 1.0)
    few = 1_000  # SciPy has no tree: it is timed on a part and drawn up
    began = time.process_time()
    gaussian_kde(events.T, bw_method=0.1)(squares[:few].T)
    spent = (time.process_time() - began) * len(squares) / few
    note("SciPy gaussian_kde, the same, from a fortieth of the squares", spent, "s")
    note("  ratio", spent / seconds, "x")


def timed(call: Callable[[], object]) -> float:
    """Return the median of some runs in seconds of one core; the first one is not counted."""
    spent = []
    for _ in range(RUNS + 1):
        began = time.process_time()
        call()
        spent.append(time.process_time() - began)
    return median(spent[1:])


if __name__ == "__main__":
    main()

"""
Measure a release: time, memory, errors, and how much is hidden.

Run: python -m tests.benchmarks.bench_release.
"""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from statistics import median
from time import process_time
from timeit import repeat

import numpy as np
from numpy.typing import NDArray

from cockpit.release.consistent import least_squares
from cockpit.release.noise import measure
from cockpit.release.release import release
from cockpit.release.suppress import suppress
from cockpit.release.tree import LEVELS, Tree
from cockpit.release.utility import preview
from tests.release.trees import county, people

ASKED_S, ASKED_MB = 6, 512  # P3
PROMISED = (30, 15, 10, 8)  # P1
RUNS = 5
FRESH = """
import time
from pathlib import Path
began = time.perf_counter()
from fractions import Fraction
from tests.release.trees import county, people
tree = county(townships=20, villages=15, grids=33)
counts = people(tree, 20, a_leaf=50, seed=1)
base = time.perf_counter()
from cockpit.release.release import release
made = release(counts, tree, epsilon=Fraction(1))
end = time.perf_counter()
# Not ru_maxrss, which begins with the peak of the process that started this one.
lines = Path("/proc/self/status").read_text().splitlines()
peak = int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
print(end - base, time.process_time(), peak)
"""


def fresh() -> None:
    """Print time and memory of a whole release of 9,900 cells x 20 classes in a new process."""
    runs = []
    for _ in range(RUNS):
        done = subprocess.run(
            [sys.executable, "-c", FRESH], capture_output=True, text=True, check=True
        )
        runs.append([float(part) for part in done.stdout.split()])
    wall, cpu, peak = (median(column) for column in zip(*runs, strict=True))
    print("9,900 cells, 300 villages, 20 townships x 20 classes, in a new process")
    print(f"  processor, all of it  {cpu:6.2f} s   asked {ASKED_S}")
    print(f"  by the clock          {wall:6.2f} s   release with its imports, as the machine was")
    print(f"  most memory           {peak:6.0f} MB  asked {ASKED_MB}")


def parts() -> None:
    """Print the time of the steps of the same release."""
    tree = county(townships=20, villages=15, grids=33)
    counts = people(tree, 20, a_leaf=50, seed=1)
    noisy = measure(counts, tree, epsilon=Fraction(1))
    steps = {
        "noise": lambda: measure(counts, tree, epsilon=Fraction(1)),
        "least squares": lambda: least_squares(noisy.values, tree, noisy.variance),
        "all": lambda: release(counts, tree, epsilon=Fraction(1)),
    }
    for name, step in steps.items():
        seconds = median(repeat(step, number=1, repeat=RUNS, timer=process_time))
        print(f"  {name:<20}  {seconds:6.3f} s")


def errors() -> None:
    """Print errors of 40 releases of a county of 500,000 with epsilon 1, side by side."""
    tree = county(townships=20, villages=15, grids=33)
    one = people(tree, 5, a_leaf=500_000 / 9_900, seed=2)
    counts = np.tile(one, 8)
    made = release(counts, tree, epsilon=Fraction(1))
    exact = tree.from_leaves(counts)
    print("county of 500,000, 9,900 cells, 5 age bands, epsilon 1: 40 columns, persons")
    print("  level      mean   95 %  promised  margin  held    spread evenly")
    for found in preview(made.figures, exact, tree):
        level = LEVELS.index(found.level)
        wide = int(made.margins[level].max())
        held = float((np.abs(made.figures - exact)[tree.at_level(level)] <= wide).mean())
        print(
            f"  {found.level:<9}{found.mean:6.2f}{found.most:7.0f}{PROMISED[level]:10}{wide:8}"
            f"{held:7.1%}{found.spread_mean:14.1f}"
        )


def peer() -> None:
    """Print our least squares beside OpenDP's, which knows complete trees of equal noise."""
    import opendp.prelude as dp

    dp.enable_features("contrib")
    tree = county(townships=16, villages=16, grids=16)
    rng = np.random.default_rng(1)
    values = rng.integers(0, 100, (len(tree), 1)).astype(np.float64)
    plain = values.ravel().astype(int).tolist()
    theirs = dp.t.make_consistent_b_ary_tree(branching_factor=16)
    variance = np.ones(len(tree))
    for name, step in (
        ("ours", lambda: least_squares(values, tree, variance)),
        ("OpenDP", lambda: theirs(plain)),
    ):
        seconds = median(repeat(step, number=1, repeat=RUNS, timer=process_time))
        print(f"  least squares of {len(tree)} regions, {name:<7} {seconds * 1e3:7.2f} ms")


def hidden() -> None:
    """Print what is hidden beside what is small, and the time that it takes."""
    print("suppression, smallest count 10        small   hidden   time")
    for name, tree, counts in (
        ("300 villages x 5 kinds of household", *_households(15, 0, 320)),
        ("3,000 grids x 5 kinds of household", *_households(15, 10, 32)),
        ("3,000 grids, events of one kind", *_events(10)),
    ):
        began = process_time()
        found = suppress(counts, tree)
        seconds = process_time() - began
        print(f"  {name:<36}{found.primary:6.1%}{found.share:9.1%}{seconds:7.2f} s")


def _households(villages: int, grids: int, a_leaf: float) -> tuple[Tree, NDArray[np.int64]]:
    tree = county(townships=20, villages=villages, grids=grids)
    rng = np.random.default_rng(3)
    shares = rng.dirichlet([6, 5, 4, 2, 1], len(tree.leaves))
    living = rng.gamma(1.5, a_leaf / 1.5, (len(tree.leaves), 1))
    return tree, rng.poisson(living * shares).astype(np.int64)


def _events(grids: int) -> tuple[Tree, NDArray[np.int64]]:
    tree = county(townships=20, villages=15, grids=grids)
    return tree, people(tree, 1, a_leaf=4, seed=4)


def main() -> None:
    """Print all of it."""
    fresh()
    parts()
    errors()
    peer()
    hidden()


if __name__ == "__main__":
    main()

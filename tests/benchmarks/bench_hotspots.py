"""Gi* in a fresh process beside esda's, and hot spots of the sample county beside its truth.

Run: python -m tests.benchmarks.bench_hotspots
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from cockpit.risk import hotspots, strata
from tests.benchmarks.figures import line, note
from tests.risk import quiet_county

ROOT = Path(__file__).parents[2]
ASKED = 3.0  # seconds
YEARS = 200
# Both read the same cells and tell how long it took from the first import on.
_CELLS = """
import time; began = time.perf_counter()
import numpy as np
side = np.arange(100.0)
x, y = (a.ravel() for a in np.meshgrid(side, side))
values = np.random.default_rng(1).lognormal(size=10_000)
"""
_OURS = """
from cockpit.risk import hotspots, weights
near = weights.within(x, y, 1.5)
ready = time.perf_counter()
found = hotspots.getis_ord(values, near, permutations=999, rng=np.random.default_rng(2))
p, z = found.p_sim, found.z
"""
_PEER = """
import warnings; warnings.simplefilter("ignore")
from esda.getisord import G_Local
from libpysal.graph import Graph
from scipy.spatial import cKDTree
pairs = cKDTree(np.column_stack([x, y])).query_pairs(1.5, output_type="ndarray")
a = np.r_[pairs[:, 0], pairs[:, 1]]; b = np.r_[pairs[:, 1], pairs[:, 0]]
order = np.lexsort([b, a])
near = Graph.from_arrays(a[order], b[order], np.ones(len(a)))
ready = time.perf_counter()
found = G_Local(values, near, star=True, transform="B", permutations=999, seed=2, n_jobs=1)
p, z = found.p_sim, found.Zs
"""
_END = """
done = time.perf_counter()
import sys
np.save(sys.argv[1], np.array([p, z]))
print(done - began, done - ready)
"""


def main() -> None:
    """Print seconds, the ratio, and what was found."""
    _fresh_process()
    _sample_county()


def _fresh_process() -> None:
    print("Gi* with 999 permutations on 10,000 cells, fresh process, nothing compiled before")
    with tempfile.TemporaryDirectory() as folder:
        ours, inside, wall, found = _run(_OURS, Path(folder), "ours")
        line("ours, imports included", ours, "s", ASKED)
        line("  the process from start to end", wall, "s", ASKED)
        note("  Gi* and permutations alone", inside, "s")
        theirs, alone, _, peer = _run(_PEER, Path(folder), "esda")
        note("esda, imports included", theirs, "s")
        note("  G_Local alone, compiling included", alone, "s")
        note("  ratio", theirs / ours, "x")
    line("z: farthest difference", float(np.abs(found[1] - peer[1]).max()) * 1e9, "1e-9", 1.0)
    line("p by permutations: mean difference", float(np.abs(found[0] - peer[0]).mean()), "", 0.02)


def _run(body: str, folder: Path, name: str) -> tuple[float, float, float, np.ndarray]:
    """Run a program with an empty cache of compiled code; return its seconds and results."""
    cache = folder / f"cache-{name}"
    cache.mkdir()
    target = folder / f"{name}.npy"
    surroundings = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CELLS + body + _END, str(target)],
        env=surroundings, capture_output=True, text=True, check=True,
    )  # fmt: skip
    wall = time.perf_counter() - began
    whole, part = (float(word) for word in done.stdout.split())
    return whole, part, wall, np.load(target)


def _sample_county() -> None:
    county = quiet_county.cells()
    counts, spots = quiet_county.planted(county)
    print("The sample county, 3,000 cells, each category's map; two-sided, false discovery 5 %")
    hits = 0
    for spot in spots:
        hot, _ = county.found(counts[quiet_county.CATEGORIES.index(spot["category"])])
        hits += (
            bool(hot.any()) and quiet_county.distance_m(county, spot)[hot].min() <= spot["radius_m"]
        )
    line("planted hot spots found", hits, "of 5", 5, at_least=True)
    cold = sum(county.found(counts[at])[1].sum() for at in range(len(counts)))
    line("cells called cold beside them", float(cold), "cells", 0)
    _quiet_years(county)


def _quiet_years(county: quiet_county.Cells) -> None:
    one, together, plain = np.zeros((3, len(quiet_county.CATEGORIES))), 0, 0
    for seed in range(YEARS):
        p = []
        for at, counts in enumerate(county.year(seed)):
            usual = strata.unusual(counts, county.people, county.strata, county.near)
            p.append(usual.local.two_sided)
            one[0, at] += hotspots.false_discovery(p[-1]).any()
            one[1:, at] += [found.any() for found in county.by_scores(usual, counts)]
        together += hotspots.false_discovery(np.array(p)).any()
        plain += _plain_hot(counts, county)
    print(f"{YEARS} quiet years: maps of one category with a false discovery")
    names = ("counts by Poisson's tails", "Gi* of quantile scores", "local Moran of the same")
    for name, counted in zip(names, one, strict=True):
        line(f"{name}, mean of 16 categories", float(counted.mean()), "years", 10)
        line("  worst category", float(counted.max()), "years", 10)
    line("by Poisson's tails, all 16 maps corrected together", float(together), "years", 10)
    note(f"plain Gi* of counts ({quiet_county.CATEGORIES[-1]})", float(plain), "years")


def _plain_hot(counts: np.ndarray, county: quiet_county.Cells) -> bool:
    found = hotspots.getis_ord(counts, county.near, permutations=0, rng=np.random.default_rng(0))
    return bool((hotspots.false_discovery(found.two_sided) & (found.z > 0)).any())


if __name__ == "__main__":
    main()

"""
Gi* in a fresh process beside esda's, and hot spots of the sample county beside its truth.

Run: python -m tests.benchmarks.bench_hotspots
With ``--quiet`` also what the risk map shows of years in which nothing was planted (ten minutes):
``signs`` itself, by cell and village, of a year and of four weeks, and of years in which rates
vary smoothly over the county, which no test allows for.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.stats import binom

from cockpit.answers.risk_question import EVERYTHING
from cockpit.answers.risk_signs import TESTS
from cockpit.risk import hotspots
from tests.benchmarks.figures import line, note
from tests.risk import quiet_county, quiet_map

ROOT = Path(__file__).parents[2]
ASKED = 3.0  # seconds
YEARS = 200
TILTED_YEARS = 100
TILT = 0.3
# Common and rare, in the seat's streets and everywhere, even and by season; and all together.
QUIET_THEMES = ("占道经营", "噪声扰民", "交通事故", "疾病报告", "火灾", EVERYTHING)
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
    if "--quiet" in sys.argv:
        _quiet_maps()
        _tilted_maps()


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
    plain = sum(_plain_hot(county.year(seed)[-1], county) for seed in range(YEARS))
    name = quiet_county.CATEGORIES[-1]
    note(f"plain Gi* of counts: of {YEARS} quiet years hot ({name})", float(plain), "years")


def _quiet_maps() -> None:
    county = quiet_map.shown()
    asked = [
        (level, days, test)
        for level in ("cell", "village")
        for days in (quiet_map.YEAR, quiet_map.FOUR_WEEKS)
        for test in TESTS
    ]
    found = _false_maps(county, asked, YEARS, 0.0)
    n = YEARS * len(QUIET_THEMES)
    print(f"Maps of {YEARS} quiet years with a false finding, of {len(QUIET_THEMES)} themes each")
    for (level, days, test), counted in found.items():
        share = 100 * counted.sum() / n
        line(f"{test}, by {level}, {_length(days)} (all themes)", share, "%", 5)
        # Of six themes the worst may pass the mean by chance: one in a thousand passes this.
        line("  worst theme", counted.max(), "years", float(binom.ppf(0.999, YEARS, 0.05)))


def _tilted_maps() -> None:
    county = quiet_map.shown()
    asked = [
        (level, days, test)
        for level, days in (("cell", quiet_map.YEAR), ("cell", quiet_map.FOUR_WEEKS),
                            ("village", quiet_map.YEAR))
        for test in TESTS
    ]  # fmt: skip
    found = _false_maps(county, asked, TILTED_YEARS, TILT)
    print(
        f"Rates that vary smoothly by {TILT:.0%} over the county, {TILTED_YEARS} years: maps with "
        "a finding. It is no chance, but no hot spot either; above 5 % is to be expected"
    )
    for (level, days, test), counted in found.items():
        told = ", ".join(f"{n / TILTED_YEARS:.0%}" for n in counted)
        note(
            f"{test}, by {level}, {_length(days)} ({told})",
            100 * counted.mean() / TILTED_YEARS,
            "%",
        )


def _false_maps(
    county: quiet_map.Shown, asked: list[tuple], years: int, tilt: float
) -> dict[tuple, np.ndarray]:
    """Return by kind of map in how many years each theme's map has a false finding."""
    found = {kind: np.zeros(len(QUIET_THEMES)) for kind in asked}
    for seed in range(years):
        year = county.year(seed, tilt=tilt)
        for level, days, test in asked:
            for at, theme in enumerate(QUIET_THEMES):
                told = quiet_map.map_of(county, year, theme, test, level=level, days=days)
                found[level, days, test][at] += quiet_map.false_finding(told)
    return found


def _length(days: tuple) -> str:
    return "a year" if days == quiet_map.YEAR else "four weeks"


def _plain_hot(counts: np.ndarray, county: quiet_county.Cells) -> bool:
    found = hotspots.getis_ord(counts, county.near, permutations=0, rng=np.random.default_rng(0))
    return bool((hotspots.false_discovery(found.two_sided) & (found.z > 0)).any())


if __name__ == "__main__":
    main()

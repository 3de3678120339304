"""
Time the scan statistic, and check it by a plain scan. Run: python -m tests.benchmarks.bench_scan

The plain scan (``scan_peer``) is a reference for equality: the textbook's windows one after another
in Python. It is no rival program, so how much slower it is tells nothing and decides nothing; what
decides are seconds, equal maxima and the share of false findings. With ``--quiet`` also 200 quiet
years of the sample county by village and week (some minutes).
"""

from __future__ import annotations

import sys
from time import process_time

import numpy as np
from scipy.stats import binom

from cockpit.risk.scan import scan
from cockpit.risk.scan_simulation import Null, datasets, simulated_maxima
from cockpit.risk.scan_windows import circles_around
from tests.benchmarks import figures
from tests.benchmarks.scan_peer import quicker_maximum

# regions, periods, cases, longest interval, largest share, simulations, seconds allowed
SIZES = (
    (300, 52, 850, 26, 0.5, 999, 15.0),
    (300, 52, 5_000, 26, 0.5, 999, 30.0),
    (1_000, 365, 4_000, 14, 0.1, 999, 90.0),
)
COMPARED = 2  # datasets whose maximum the plain scan must find too


def made(regions: int, periods: int, total: int, rng: np.random.Generator):
    """Return a county with uneven people and a season: expectation, x, y."""
    x, y = rng.uniform(0, 40_000, (2, regions))
    people = rng.lognormal(7, 0.8, regions)
    season = 1 + 0.5 * np.sin(np.arange(periods) / periods * 2 * np.pi)
    expected = people[:, None] * season
    return expected * (total / expected.sum()), x, y


def county(size: tuple) -> None:
    """Time one size, all simulations, and a few of them by the plain way."""
    regions, periods, total, longest, share, simulations, allowed = size
    rng = np.random.default_rng(20240501)
    expected, x, y = made(regions, periods, total, rng)
    cases = rng.multinomial(total, (expected / expected.sum()).ravel()).reshape(expected.shape)
    start = process_time()
    scan(cases, expected, x, y, longest=longest, most_share=share, simulations=simulations, rng=rng)
    spent = process_time() - start
    name = f"{regions:,} x {periods}, {total:,} cases, {simulations} simulations"
    figures.line(f"scan {name}", spent, "s", allowed)
    at_risk = expected.sum(axis=1) / total
    circles = [circles_around(k, x, y, at_risk, share) for k in range(regions)]
    null = Null(expected, total, longest, False, 2)
    quick = simulated_maxima(null, circles, COMPARED, np.random.default_rng(3))
    drawn = np.diff(next(datasets(null, COMPARED, 0, np.random.default_rng(3))).astype(int), axis=1)
    start = process_time()
    plain = [
        quicker_maximum(drawn[:, :, k], expected, x, y, most=share, longest=longest)
        for k in range(COMPARED)
    ]
    each = (process_time() - start) / COMPARED
    figures.note("  a dataset by plain Python, for equality, no rival program", each, "s")
    figures.note("  the same here, of all", spent / (simulations + 1), "s")
    difference = float(abs(quick - plain).max())
    figures.line(f"  largest difference of the maxima of {COMPARED} datasets", difference, "", 1e-8)


def error_rate() -> None:
    """Print how often a small quiet case has a finding at the level of 0.05."""
    rng = np.random.default_rng(11)
    x, y = rng.uniform(0, 10_000, (2, 20))
    expected = rng.lognormal(0, 0.7, (20, 1)) * rng.uniform(0.5, 1.5, 8)
    chance = (expected / expected.sum()).ravel()
    findings = 0
    for _ in range(400):
        cases = rng.multinomial(80, chance).reshape(20, 8)
        findings += scan(cases, expected, x, y, simulations=99, rng=rng).clusters[0].p <= 0.05
    figures.note("type I error at the level of 5 %, 400 small cases", findings / 4, "%")
    figures.line("  away from 5 %", abs(findings / 4 - 5), "%", 2)


def quiet_years() -> None:
    """Print in how many of 200 quiet years the sample county's villages have a finding."""
    from geodata.synthetic.quiet import quiet_world
    from tests.benchmarks.scan_county import IllnessOf

    illness, rng, findings = IllnessOf(quiet_world()), np.random.default_rng(3), 0
    for _ in range(200):
        village, day = illness.drawn(rng)
        cases, expected, x, y, people = illness.tables(
            village, np.minimum(day // 7, 51), 52, window=1
        )
        found = scan(cases, expected, x, y, at_risk=people, longest=8, simulations=99, rng=rng)
        findings += bool(found.significant())
    bound = binom.ppf(0.975, 200, 0.05)
    figures.line(f"quiet years with a finding, of 200 (chance: {bound:g})", findings, "", 10)


def main() -> None:
    """Print a line a figure."""
    for size in SIZES:
        county(size)
    error_rate()
    if "--quiet" in sys.argv:
        quiet_years()


if __name__ == "__main__":
    main()

"""Time near repeats beside a plain count. Run: python -m tests.benchmarks.bench_near_repeat."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd

from cockpit.risk.near_repeat import NearRepeat, near_repeat
from geodata import crs
from tests.benchmarks import figures

MEMPHIS = (
    Path(__file__).parents[3]
    / "shared" / "data" / "memphis_robberies" / "robberies_2019_01-09.csv"
)  # fmt: skip
METRES = (0, 1, 125, 250, 375, 500, 750, 1000)
DAYS = (0, 1, 4, 8, 15, 29, 57)


def plain(x, y, day, simulations: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return observed and mean shuffled pairs by whole matrices of distances, band by band."""
    metres = np.hypot(x[:, None] - x, y[:, None] - y)[np.triu_indices(len(x), 1)]
    row = np.digitize(metres, METRES)

    def table(times: np.ndarray) -> np.ndarray:
        apart = np.abs(times[:, None] - times)[np.triu_indices(len(x), 1)]
        counts = np.zeros((len(METRES) + 1, len(DAYS) + 1))
        np.add.at(counts, (row, np.digitize(apart, DAYS)), 1)
        return counts[1:-1, 1:-1]

    shuffled = [table(rng.permutation(day)) for _ in range(simulations)]
    return table(day), np.mean(shuffled, axis=0)


def show(result: NearRepeat) -> None:
    """Print ratios, with a star where chance gives so many pairs in 5 % of shuffles or fewer."""
    head = [f"{low:g}-{high:g} d" for low, high in zip(result.days, result.days[1:], strict=False)]
    print(f"{'metres':>12}" + "".join(f"{name:>12}" for name in head))
    for k, low in enumerate(result.distances_m[:-1]):
        cells = [
            f"{ratio:.2f}{'*' if p <= 0.05 else ' '} ({n})"
            for ratio, p, n in zip(result.ratio[k], result.p[k], result.observed[k], strict=True)
        ]
        print(
            f"{f'{low:g}-{result.distances_m[k + 1]:g}':>12}" + "".join(f"{c:>12}" for c in cells)
        )


def memphis() -> None:
    """Print the table of Memphis robberies and the difference from the plain count."""
    if not MEMPHIS.exists():
        print("Memphis: skipped, the data are not there")
        return
    table = pd.read_csv(MEMPHIS)
    x, y = crs.from_lon_lat(table["lon"].to_numpy(), table["lat"].to_numpy(), "EPSG:32615")
    when = pd.to_datetime(table["time_utc"]).to_numpy()
    day = when.astype("datetime64[D]").astype(int)
    bands = {"distances_m": METRES, "days": DAYS}
    start = process_time()
    result = near_repeat(x, y, when, **bands, rng=np.random.default_rng(1))
    spent = process_time() - start
    print(f"Memphis, {len(table):,} robberies, January to September 2019: observed / expected")
    show(result)
    figures.line("near repeat, Memphis, 999 shuffles", spent, "s", 5)
    start = process_time()
    observed, mean = plain(x, y, day, 9, np.random.default_rng(2))
    whole = (process_time() - start) * 100
    ours = near_repeat(x, y, day, **bands, simulations=9, rng=np.random.default_rng(2))
    figures.note("  plain count, from 10 tables", whole, "s")
    figures.line("  times as fast", whole / spent, "x", 5, at_least=True)
    difference = max(abs(ours.observed - observed).max(), abs(ours.expected - mean).max())
    figures.line("  largest difference of pairs, observed and shuffled", difference, "", 1e-9)


def large() -> None:
    """Time 10,000 events over a county and a year."""
    rng = np.random.default_rng(20240501)
    centres = rng.uniform(0, 30_000, (2, 300))
    x, y = centres[:, rng.integers(0, 300, 10_000)] + rng.normal(0, 800, (2, 10_000))
    day = rng.integers(0, 365, 10_000)
    start = process_time()
    result = near_repeat(x, y, day, distances_m=METRES, days=DAYS, rng=rng)
    spent = process_time() - start
    figures.line("near repeat, 10,000 events, 999 shuffles", spent, "s", 15)
    figures.note("  pairs in the table", float(result.observed.sum()), "")


def main() -> None:
    """Print a line a figure."""
    memphis()
    large()


if __name__ == "__main__":
    main()

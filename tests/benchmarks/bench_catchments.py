"""Two-step catchments beside PySAL's, the other measures, and catchments that respect capacity.

Run: python -m tests.benchmarks.bench_catchments
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pandas as pd
from access.fca import two_stage_fca

from cockpit.coverage import access, catchments
from cockpit.coverage.capacity import capacity_catchments
from tests.benchmarks.figures import line, note

REACH = 30.0  # minutes
RUNS = 7


def main() -> None:
    """Print milliseconds of both, their ratio, and seconds of the plans."""
    minutes, people, supply = make_cells(10_000, 500)
    _beside_pysal(minutes, people, supply)
    _other_measures(minutes, people, supply)
    _plans()


def make_cells(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return minutes, people and supply of a county 60 km wide, half of its cells about towns."""
    rng = np.random.default_rng(20260504)
    towns = rng.uniform(5, 55, (max(3, m // 12), 2))
    cells = rng.uniform(0, 60, (n, 2))
    cells[: n // 2] = towns[rng.integers(0, len(towns), n // 2)] + rng.normal(0, 2, (n // 2, 2))
    sites = cells[rng.choice(n, m, replace=False)]
    km = np.linalg.norm(cells[:, np.newaxis] - sites[np.newaxis], axis=2)
    seconds = np.rint(km * 1.3 / 40 * 3600)  # 40 km/h on roads a third longer than the crow flies
    people = rng.integers(0, 300, n).astype(float)
    people[rng.random(n) < 0.3] = 0
    return (seconds / 60).astype(np.float32), people, rng.lognormal(0, 0.8, m)


def _beside_pysal(minutes: np.ndarray, people: np.ndarray, supply: np.ndarray) -> None:
    """Time both on the same pairs: the whole matrix; and the peer on a table cut beforehand."""
    demand = pd.DataFrame({"demand": people}, index=pd.Index(range(len(people)), name="geoid"))
    places = pd.DataFrame({"supply": supply}, index=pd.Index(range(len(supply)), name="geoid"))
    whole, cut = _table(minutes, np.inf), _table(minutes, REACH)

    def ours() -> np.ndarray:
        return catchments.two_step(minutes, people, supply, reach=REACH)

    def peer(costs: pd.DataFrame) -> pd.Series:
        return two_stage_fca(demand, places, costs, max_cost=REACH)

    expected = peer(whole).reindex(range(len(people)), fill_value=0).to_numpy()
    np.testing.assert_allclose(ours(), expected, rtol=1e-9)
    runs = [  # in turn
        (_seconds(ours), _seconds(lambda: peer(whole)), _seconds(lambda: peer(cut)))
        for _ in range(RUNS)
    ]
    mine, other, best = (median(column) for column in zip(*runs, strict=True))
    n, m = minutes.shape
    note(f"2SFCA, {n:,} cells x {m} facilities", mine * 1e3, "ms")
    note("the same with PySAL access", other * 1e3, "ms")
    note(f"the same, cut to the {len(cut):,} pairs in reach beforehand", best * 1e3, "ms")
    line("2SFCA: times faster than PySAL access", other / mine, "x", 10, at_least=True)
    note("2SFCA: times faster than with the cut table", best / mine, "x")


def _table(minutes: np.ndarray, most: float) -> pd.DataFrame:
    """Return the pairs as the peer takes them, one a row."""
    cell, site = np.nonzero(minutes <= most)
    return pd.DataFrame({"origin": cell, "dest": site, "cost": minutes[cell, site]})


def _other_measures(minutes: np.ndarray, people: np.ndarray, supply: np.ndarray) -> None:
    zones = catchments.usual_zones(REACH)
    decays = access.usual_decays(REACH)
    measures: dict[str, Callable[[], object]] = {
        "E2SFCA": lambda: catchments.enhanced(minutes, people, supply, zones=zones),
        "3SFCA": lambda: catchments.three_step(minutes, people, supply, zones=zones),
        "balanced, Gaussian": lambda: catchments.balanced(
            minutes, people, supply, decays["gaussian"]
        ),
        "gravity, exponential": lambda: access.gravity(minutes, supply, decays["exponential"]),
        "gravity, power": lambda: access.gravity(minutes, supply, decays["power"]),
    }
    for name, measure in measures.items():
        note(f"{name}, the same", median(_seconds(measure) for _ in range(RUNS)) * 1e3, "ms")


def _plans() -> None:
    for n, m, most in ((3_000, 246, 2.0), (10_000, 500, 8.0)):
        minutes, people, seats = make_cells(n, m)
        for fullness in (0.5, 0.9, 1.3):
            capacity = np.ceil(seats / seats.sum() * people.sum() / fullness)

            def plan(
                minutes: np.ndarray = minutes,
                people: np.ndarray = people,
                capacity: np.ndarray = capacity,
            ) -> object:
                return capacity_catchments(minutes, people, capacity, reach=REACH)

            taken = median(_seconds(plan) for _ in range(3))
            what = f"best plan, {n:,} x {m}, {fullness:.0%} of the places needed"
            line(what, taken, "s", most)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()

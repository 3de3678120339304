"""Small random problems of placement, and plans found by trying every set of sites."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from cockpit.placement.problem import Problem

Sites = tuple[int, ...]


def random_problem(
    seed: int,
    *,
    n_sites: int = 8,
    n_demand: int = 12,
    holes: float = 0.0,
    near: int = 0,
    groups: int = 1,
    existing: int = 0,
    capacity: bool = False,
) -> Problem:
    """Return a problem with whole numbers, so that sums are exact and ties are common."""
    rng = np.random.default_rng(seed)
    cost = rng.integers(1, 30, (n_demand, n_sites)).astype(float)
    cost[rng.random(cost.shape) < holes] = np.inf
    weights = rng.integers(0, 9, n_demand).astype(float)
    return Problem.of(
        cost,
        weights,
        existing=np.arange(existing),
        site_cost=rng.integers(1, 20, n_sites),
        capacity=rng.integers(4, 40, n_sites) if capacity else None,
        groups=rng.integers(0, groups, n_demand),
        spacing=[sorted(rng.choice(n_sites, 2, replace=False)) for _ in range(near)] or None,
    )


def seeds(most: int = 10_000) -> st.SearchStrategy[int]:
    return st.integers(0, most)


def site_sets(problem: Problem, sizes: range) -> Iterator[Sites]:
    """Yield every set of sites of the sizes that follows the rules."""
    for size in sizes:
        for sites in combinations(range(problem.n_sites), size):
            chosen = np.zeros(problem.n_sites, dtype=bool)
            chosen[list(sites)] = True
            if (problem.must & ~chosen).any() or (problem.forbidden & chosen).any():
                continue
            if any(chosen[a] and chosen[b] for a, b in problem.spacing):
                continue
            yield sites


def best(problem: Problem, sizes: range, value: Callable[[Sites], float]) -> float:
    """Return the least value of all sets; inf: none."""
    return min((value(sites) for sites in site_sets(problem, sizes)), default=np.inf)


def minutes_to(problem: Problem, sites: Sites) -> NDArray[np.float64]:
    """Return each point's cost to the nearest, by going through them one by one."""
    found = [min((row[j] for j in sites), default=np.inf) for row in problem.cost.tolist()]
    return np.array(found)


def total_minutes(problem: Problem, sites: Sites) -> float:
    far = minutes_to(problem, sites)
    return sum(w * d for w, d in zip(problem.weights, far, strict=True) if w > 0)


def people_within(problem: Problem, sites: Sites, reach: float) -> float:
    far = minutes_to(problem, sites)
    return sum(w for w, d in zip(problem.weights, far, strict=True) if d <= reach)

"""Minutes to the nearest site as linear figures, where some sites must be open."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from cockpit.placement.budget import solve_budget_p_median
from cockpit.placement.equity import solve_least_gini
from cockpit.placement.formulation import Siting, nearest_minutes, person_minutes
from cockpit.placement.gini import gini, minutes_of
from cockpit.placement.problem import Problem
from tests.placement_small import random_problem, seeds, site_sets


def with_musts(seed: int, n: int) -> Problem:
    """Return a small problem whose first sites must be open."""
    problem = random_problem(seed)
    must = np.arange(problem.n_sites) < n
    weights = np.maximum(problem.weights, 1)
    return replace(problem, must=must, weights=weights, site_cost=np.ones(problem.n_sites))


@given(seeds())
@settings(deadline=None, max_examples=25)
def test_a_budget_beside_sites_that_stay_equals_trying_everything(seed: int) -> None:
    problem = with_musts(seed, 1 + seed % 3)
    n = int(problem.must.sum()) + 2
    best = min(person_minutes(problem, np.array(s)) for s in site_sets(problem, range(1, n + 1)))
    plan = solve_budget_p_median(problem, float(n))
    assert plan.proven
    assert plan.objective == pytest.approx(best)


@given(seeds())
@settings(deadline=None, max_examples=15)
def test_the_lowest_gini_beside_sites_that_stay_equals_trying_everything(seed: int) -> None:
    problem = with_musts(seed, 1 + seed % 3)
    p = int(problem.must.sum()) + 1
    points = np.arange(problem.n_demand)
    best = min(
        gini(minutes_of(problem, np.array(s), points), problem.weights)
        for s in site_sets(problem, range(p, p + 1))
    )
    plan = solve_least_gini(problem, p)
    assert plan.proven
    assert plan.objective == pytest.approx(best, abs=1e-6)


def test_ways_beyond_a_site_that_stays_are_left_out() -> None:
    # By hand: site 1 stays, 5 minutes away; sites 2 and 3 are farther, site 0 is nearer.
    cost = np.array([[2.0, 5.0, 7.0, 9.0]])
    columns = []
    for must in ([], [1]):
        siting = Siting.of(Problem.of(cost, must=must))
        nearest_minutes(siting, np.array([0]))
        columns.append(siting.program.n_columns - 4)
    assert columns == [3, 1]


@given(seeds())
@settings(deadline=None, max_examples=25)
def test_a_search_for_the_lowest_gini_that_is_stopped_claims_no_more_than_is_true(
    seed: int,
) -> None:
    # Every point has a site of its own, so that with all of them open nobody goes anywhere.
    places = np.random.default_rng(seed).random((8, 2))
    cost = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)) * 60
    problem = Problem.of(cost, np.arange(1.0, 9.0))
    points = np.arange(8)
    best = min(
        gini(minutes_of(problem, np.array(s), points), problem.weights)
        for s in site_sets(problem, range(2, 3))
    )
    plan = solve_least_gini(problem, 2, progress=lambda _: False)
    assert plan.bound <= best * (1 + 1e-6)
    assert not plan.proven or plan.objective == pytest.approx(best)
    assert solve_least_gini(problem, 2).objective == pytest.approx(best, abs=1e-6)

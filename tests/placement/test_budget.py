"""Money: equal to trying everything, within the budget, and never worse with more of it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings

from cockpit.placement.budget import (
    Size,
    solve_budget_covering,
    solve_budget_p_median,
    solve_fixed_cost,
    solve_sizes,
)
from cockpit.placement.problem import Problem
from geodata.errors import InputError
from tests.placement_small import (
    Sites,
    best,
    people_within,
    random_problem,
    seeds,
    site_sets,
    total_minutes,
)

CHECK = settings(max_examples=15, deadline=None, derandomize=True)


def price(problem: Problem, sites: Sites) -> float:
    return float(problem.site_cost[list(sites)].sum())


def small(seed: int) -> Problem:
    return random_problem(seed, n_sites=9, holes=0.2 * (seed % 2), near=seed % 3)


@CHECK
@given(seeds())
def test_fixed_cost_equals_trying_everything(seed: int) -> None:
    problem = small(seed)
    least = best(problem, range(1, 10), lambda s: price(problem, s) + 2 * total_minutes(problem, s))
    if np.isinf(least):
        with pytest.raises(InputError):
            solve_fixed_cost(problem, rate=2)
        return
    plan = solve_fixed_cost(problem, rate=2)
    assert plan.objective == plan.bound == least
    assert plan.details["cost"] + 2 * plan.details["person_minutes"] == least


@CHECK
@given(seeds())
def test_the_p_median_within_a_budget_equals_trying_everything(seed: int) -> None:
    problem, budget = small(seed), 20 + seed % 30
    least = best(
        problem,
        range(1, 10),
        lambda s: total_minutes(problem, s) if price(problem, s) <= budget else np.inf,
    )
    if np.isinf(least):
        with pytest.raises(InputError):
            solve_budget_p_median(problem, budget)
        return
    plan = solve_budget_p_median(problem, budget)
    assert plan.objective == plan.bound == least
    assert plan.details["cost"] <= budget


@CHECK
@given(seeds())
def test_covering_within_a_budget_equals_trying_everything(seed: int) -> None:
    problem, budget = small(seed), 20 + seed % 30
    most = -best(
        problem,
        range(10),
        lambda s: -people_within(problem, s, 9) if price(problem, s) <= budget else np.inf,
    )
    plan = solve_budget_covering(problem, budget, 9)
    assert plan.objective == plan.bound == most
    assert plan.details["cost"] <= budget
    assert ((plan.assignment >= 0) == (problem.cost[:, plan.open] <= 9).any(axis=1)).all()


SIZES = (Size("small", 8, 3), Size("large", 25, 9))


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seeds())
def test_sizes_equal_trying_everything(seed: int) -> None:
    problem = random_problem(seed, n_sites=4, n_demand=7, near=seed % 2)
    budget, most = 25 + seed % 20, 0.0
    for built in product((None, *SIZES), repeat=4):
        sites = tuple(j for j, size in enumerate(built) if size)
        cost = sum(problem.site_cost[j] + size.cost for j, size in enumerate(built) if size)
        if cost > budget or sites not in set(site_sets(problem, range(5))):
            continue
        capacity = np.array([size.capacity if size else 0.0 for size in built])
        most = max(most, _served(problem, sites, capacity))
    plan = solve_sizes(problem, SIZES, budget, reach=12)
    assert plan.objective == pytest.approx(most, rel=1e-9)
    assert plan.proven
    named = {size.name: size for size in SIZES}
    chosen = [named[name] for name in plan.details["sizes"]]
    assert len(set(plan.open.tolist())) == len(plan.open) == len(chosen)
    assert plan.details["cost"] <= budget
    load = np.zeros(4)
    for point, site, share in plan.details["flow"]:
        load[site] += share * problem.weights[point]
    assert all(load[j] <= size.capacity for j, size in zip(plan.open, chosen, strict=True))


def _served(problem: Problem, sites: Sites, capacity: np.ndarray) -> float:
    from scipy.optimize import linprog

    pairs = [(i, j) for i in range(problem.n_demand) for j in sites if problem.cost[i, j] <= 12]
    if not pairs:
        return 0.0
    points = [[float(i == k) for i, _ in pairs] for k in range(problem.n_demand)]
    rooms = [[float(j == k) for _, j in pairs] for k in sites]
    limits = [*problem.weights, *capacity[list(sites)]]
    return -float(linprog(-np.ones(len(pairs)), A_ub=points + rooms, b_ub=limits).fun)


# Three places in a row, minutes 0, 10, 20 apart; ten people at each.
LINE = Problem.of([[0, 10, 20], [10, 0, 10], [20, 10, 0]], [10, 10, 10], site_cost=[5, 8, 5])


def test_by_hand_the_middle_or_both_ends() -> None:
    # Money 8: the middle, 200 person-minutes. 10: both ends, 100. 13: one end and the middle, 100.
    assert solve_budget_p_median(LINE, 8).objective == 200
    assert solve_budget_p_median(LINE, 8).open.tolist() == [1]
    assert solve_budget_p_median(LINE, 10).objective == 100
    assert solve_budget_p_median(LINE, 17.999).objective == 100
    assert solve_budget_p_median(LINE, 18).objective == 0


def test_by_hand_as_many_sites_as_pay_for_themselves() -> None:
    # A minute costs 0.01: all three cost 18; both ends 10 + 1; an end 5 + 3; the middle 8 + 2.
    plan = solve_fixed_cost(LINE, rate=0.01)
    assert plan.objective == pytest.approx(8)
    assert len(plan.open) == 1
    assert solve_fixed_cost(LINE, rate=1).open.tolist() == [0, 1, 2]


def test_by_hand_two_small_ones_or_a_large_one() -> None:
    sizes = [Size("small", 10, 0), Size("large", 30, 6)]
    plan = solve_sizes(LINE, sizes, 10, reach=10)
    assert plan.objective == 20  # both ends small, 10; a large end costs 11
    assert plan.details["sizes"] == ["small", "small"]
    plan = solve_sizes(LINE, sizes, 14, goal="p-median")
    assert (plan.open.tolist(), plan.details["sizes"], plan.objective) == ([1], ["large"], 200)


def test_more_money_never_worsens() -> None:
    problem = random_problem(11, n_sites=10, n_demand=30)
    budgets = range(10, 80, 10)
    covered = [solve_budget_covering(problem, b, 6).objective for b in budgets]
    minutes = [solve_budget_p_median(problem, b).objective for b in budgets]
    served = [solve_sizes(problem, SIZES, b, reach=9).objective for b in budgets]
    assert covered == sorted(covered)
    assert minutes == sorted(minutes, reverse=True)
    assert served == pytest.approx(sorted(served))


def test_a_sum_of_floats_is_within_the_budget_it_should_be_in() -> None:
    problem = Problem.of([[0, 9], [9, 0]], site_cost=[0.1, 0.2])
    assert solve_budget_covering(problem, 0.3, 0).objective == 2


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (4, "The budget of 4 is below the cheapest site; it must be at least 5."),
        (-1, "budget is -1; expected a number, 0 or more."),
    ],
)
def test_a_budget_that_cannot_be_is_named(budget: float, words: str) -> None:
    for solve in (
        lambda: solve_budget_p_median(LINE, budget),
        lambda: solve_budget_covering(LINE, budget, 5),
    ):
        with pytest.raises(InputError) as caught:
            solve()
        assert str(caught.value) == words


def test_a_budget_below_the_must_sites_is_named() -> None:
    problem = Problem.of(LINE.cost, LINE.weights, site_cost=LINE.site_cost, must=[1])
    with pytest.raises(InputError) as caught:
        solve_budget_p_median(problem, 7)
    assert str(caught.value) == (
        "The sites that must be open cost 8, more than the budget of 7; raise it or release a site."
    )


def test_says_which_budget_lets_everybody_reach_a_site() -> None:
    problem = Problem.of([[1, np.inf], [np.inf, 1]], site_cost=[3, 4])
    with pytest.raises(InputError) as caught:
        solve_budget_p_median(problem, 5)
    assert str(caught.value) == (
        "With 5 not everybody can reach a site; the budget must be at least 7."
    )


def test_says_who_can_never_reach_a_site() -> None:
    with pytest.raises(InputError, match="Demand point 1 can reach no allowed site"):
        solve_fixed_cost(Problem.of([[1.0], [np.inf]]))


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ([], "There is no size to build; give at least one."),
        ([Size("a", 1, 1), Size("a", 2, 1)], "Two sizes are called a."),
        ([Size("a", 0, 1)], "Size a holds 0 and costs 1; expected above 0, and 0 or more."),
    ],
)
def test_sizes_that_cannot_be_are_named(sizes: list[Size], words: str) -> None:
    with pytest.raises(InputError) as caught:
        solve_sizes(LINE, sizes, 10)
    assert str(caught.value) == words

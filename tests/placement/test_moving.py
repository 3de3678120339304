"""Sites of today: kept, closed or moved at a cost."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings

from cockpit.placement.moving import solve_moving
from cockpit.placement.problem import Problem
from geodata.errors import InputError
from tests.placement_small import Sites, best, random_problem, seeds, total_minutes

CHECK = settings(max_examples=20, deadline=None, derandomize=True)


def change(sites: Sites, old: range, costs: np.ndarray) -> float:
    """Return the least cost of the change, by trying all that could be moved."""
    left = [j for j in old if j not in sites]
    new = [j for j in sites if j not in old]
    least = np.inf
    for k in range(min(len(left), len(new)) + 1):
        for moved in combinations(left, k):
            for filled in combinations(new, k):
                least = min(
                    least,
                    sum(costs[0, j] for j in moved)
                    + sum(costs[1, j] for j in left if j not in moved)
                    + sum(costs[2, j] for j in new if j not in filled),
                )
    return least


@CHECK
@given(seeds())
def test_equals_trying_everything(seed: int) -> None:
    problem = random_problem(seed, n_sites=8, near=seed % 2, existing=3)
    rng = np.random.default_rng(seed)
    costs = rng.integers(0, 60, (3, 8)).astype(float)
    costs[rng.random(costs.shape) < 0.1] = np.inf
    p = 2 + seed % 3
    least = best(
        problem,
        range(p, p + 1),
        lambda s: total_minutes(problem, s) + change(s, range(3), costs),
    )
    moving, closing, opening = costs
    given = {"moving_cost": moving, "closing_cost": closing, "opening_cost": opening}
    if np.isinf(least):
        with pytest.raises(InputError):
            solve_moving(problem, p, **given)
        return
    plan = solve_moving(problem, p, **given)
    assert plan.objective == plan.bound == least
    found = plan.details
    assert sorted([*found["kept"], *found["new"]]) == plan.open.tolist()
    assert sorted([*found["kept"], *found["left"]]) == [0, 1, 2]
    assert found["moved"] + found["closed"] == len(found["left"])
    assert found["moved"] + found["opened"] == len(found["new"])


@CHECK
@given(seeds())
def test_free_moves_are_the_free_optimum_and_endless_ones_the_status_quo(seed: int) -> None:
    problem = random_problem(seed, n_sites=9, existing=3)
    free = best(problem, range(3, 4), lambda s: total_minutes(problem, s))
    assert solve_moving(problem, moving_cost=0).objective == free
    stay = solve_moving(problem, moving_cost=np.inf, closing_cost=np.inf)
    assert stay.open.tolist() == [0, 1, 2]
    assert stay.objective == total_minutes(problem, (0, 1, 2))


def test_dearer_moves_never_move_more() -> None:
    problem = random_problem(2, n_sites=10, n_demand=30, existing=5)
    moved = [
        solve_moving(problem, moving_cost=c, closing_cost=np.inf).details["moved"]
        for c in (0, 20, 60, 150, 10_000)
    ]
    assert moved == sorted(moved, reverse=True)
    assert moved[0] > 0 == moved[-1]


# One site today at the left end; 10 people live at the right end, 1 at the left, 8 minutes apart.
ENDS = Problem.of([[0, 8], [8, 0]], [1, 10], existing=[0])


def test_by_hand_a_move_is_worth_what_it_saves() -> None:
    # Moving saves 80 - 8 = 72 person-minutes.
    assert solve_moving(ENDS, moving_cost=71, closing_cost=np.inf).open.tolist() == [1]
    assert solve_moving(ENDS, moving_cost=73, closing_cost=np.inf).open.tolist() == [0]
    plan = solve_moving(ENDS, 2, opening_cost=5)
    assert (plan.objective, plan.details["opened"], plan.details["kept"]) == (5, 1, [0])


def test_where_moving_is_dear_one_closes_and_another_opens() -> None:
    plan = solve_moving(ENDS, moving_cost=50, closing_cost=10, opening_cost=10)
    assert plan.objective == 8 + 20
    assert (plan.details["moved"], plan.details["closed"], plan.details["opened"]) == (0, 1, 1)


def test_says_that_nothing_stands_today() -> None:
    with pytest.raises(InputError, match="No site is open today; say how many"):
        solve_moving(Problem.of([[1.0, 2.0]]))


def test_says_which_site_is_stuck() -> None:
    problem = Problem.of([[1.0, 2.0]], existing=[0], forbidden=[0])
    with pytest.raises(InputError, match="Site 0 stands today, must not be open, and may neither"):
        solve_moving(problem, moving_cost=np.inf, closing_cost=np.inf)


def test_says_that_costs_leave_no_plan() -> None:
    with pytest.raises(InputError, match="With these costs no plan of 2 sites is possible"):
        solve_moving(ENDS, 2, opening_cost=np.inf)


@pytest.mark.parametrize("cost", [-1.0, np.nan, [1.0, 2.0, 3.0]])
def test_costs_that_cannot_be_are_named(cost: object) -> None:
    with pytest.raises(InputError, match="moving_cost has"):
        solve_moving(ENDS, moving_cost=cost)

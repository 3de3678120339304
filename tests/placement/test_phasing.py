"""Several years with nested sites, and one goal after another."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings

from cockpit.placement.lexicographic import solve_lexicographic
from cockpit.placement.phasing import solve_phasing
from cockpit.placement.problem import Problem
from cockpit.placement.targets import Target, achieved, floors
from geodata.errors import InputError
from tests.placement_small import (
    Sites,
    people_within,
    random_problem,
    seeds,
    site_sets,
    total_minutes,
)

CHECK = settings(max_examples=10, deadline=None, derandomize=True)
NUMBERS = [1, 2, 4]


@CHECK
@given(seeds())
@pytest.mark.parametrize("goal", ["covering", "p-median"])
def test_a_path_equals_trying_everything(goal: str, seed: int) -> None:
    problem = random_problem(seed, n_sites=7, n_demand=10, near=seed % 3)
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 9, (3, 10)).astype(float)
    counts = rng.integers(1, 4, 3).astype(float)
    years = [Problem.of(problem.cost, w) for w in people]
    known: dict[tuple[int, Sites], float] = {}

    def worth(year: int, sites: Sites) -> float:
        if (year, sites) not in known:
            known[year, sites] = counts[year] * (
                -people_within(years[year], sites, 9)
                if goal == "covering"
                else total_minutes(years[year], sites)
            )
        return known[year, sites]

    least = min(
        (
            worth(0, first) + worth(1, second) + worth(2, last)
            for last in site_sets(problem, range(4, 5))
            for second in combinations(last, 2)
            for first in combinations(second, 1)
        ),
        default=np.inf,
    )
    reach = 9.0 if goal == "covering" else None
    given = {"goal": goal, "reach": reach, "people": people, "year_weights": counts}
    if np.isinf(least):
        with pytest.raises(InputError, match="No path of sites keeps these numbers"):
            solve_phasing(problem, NUMBERS, **given)
        return
    plan = solve_phasing(problem, NUMBERS, **given)
    assert plan.objective == plan.bound == (-least if goal == "covering" else least)
    path = plan.details["years"]
    assert [len(sites) for sites in path] == NUMBERS
    assert set(path[0]) <= set(path[1]) <= set(path[2]) == set(plan.open.tolist())
    assert float(np.dot(counts, plan.details["worth"])) == plan.objective


def greedy_path(problem: Problem, reach: float) -> list[Sites]:
    """Add, one at a time, the site that covers most people: what planners do by hand."""
    chosen: Sites = ()
    path = []
    for p in NUMBERS:
        while len(chosen) < p:
            free = [(*chosen, j) for j in range(problem.n_sites) if j not in chosen]
            chosen = max(free, key=lambda sites: people_within(problem, sites, reach))
        path.append(chosen)
    return path


@CHECK
@given(seeds())
def test_the_path_covers_at_least_as_much_as_the_greedy_one(seed: int) -> None:
    problem = random_problem(seed, n_sites=10, n_demand=25)
    covered = sum(people_within(problem, sites, 6) for sites in greedy_path(problem, 6))
    assert solve_phasing(problem, NUMBERS, reach=6).objective >= covered


# Three villages; the site in the middle covers two, those at the ends one and two.
ROW = Problem.of([[0, 1, 9], [1, 0, 9], [9, 1, 9], [9, 9, 0]], [4, 4, 5, 6], site_cost=[3, 9, 4])


def test_by_hand_the_best_first_year_is_part_of_the_best_last() -> None:
    # Within 1 minute: site 0 covers 8, site 1 13, site 2 6. One, then two: 13, then 19.
    plan = solve_phasing(ROW, [1, 2], reach=1)
    assert plan.details == {"years": [[1], [1, 2]], "worth": [13, 19]}
    assert plan.objective == 32
    # Money for 4 in the first year and 20 in the second: site 0 (8) first, then 1 (13): less
    # than 2 (6) first, then 1 too (19): 25 in all; or 0, then both 0 and 2 (14): 22.
    plan = solve_phasing(ROW, [1, 2], reach=1, budgets=[4, 20])
    assert plan.details["years"] == [[2], [1, 2]]
    assert plan.objective == 25


def test_people_of_a_later_year_are_planned_for() -> None:
    people = [[0, 0, 0, 9], [9, 9, 9, 0]]
    plan = solve_phasing(ROW, [1, 1], reach=1, people=people)
    assert plan.details["years"] == [[1], [1]]
    plan = solve_phasing(ROW, [1, 1], reach=1, people=people, year_weights=[5, 1])
    assert plan.details["years"] == [[2], [2]]


@pytest.mark.parametrize(
    ("numbers", "more", "words"),
    [
        ([2, 1], {}, "numbers fall from one year to the next; what is built stays."),
        ([1, 2], {"budgets": [9, 3]}, "budgets fall from one year to the next"),
        ([1, 2], {"budgets": [9]}, r"budgets has shape \(1,\); expected \(2,\)."),
        ([1, 2], {"budgets": [3, 6]}, "Year 2: 2 sites cost at least 7, the budget is 6."),
        ([], {}, "There is no year; say how many sites are open in each."),
        ([1, 4], {}, "p is 4 but only 3 candidate sites may be open"),
        ([1, 2], {"people": [[1, 1, 1, 1]]}, r"people has shape \(1, 4\); expected \(2, 4\)."),
        ([1, 2], {"year_weights": [1, -1]}, "year_weights has negative or missing values."),
        ([1, 2], {"goal": "best"}, "There is no goal best."),
        ([1, 2], {"reach": None}, "Covering needs a reach."),
    ],
)
def test_years_that_cannot_be_are_named(
    numbers: list[int], more: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        solve_phasing(ROW, numbers, **{"reach": 1, **more})


@CHECK
@given(seeds())
def test_one_goal_after_another_equals_trying_everything(seed: int) -> None:
    problem = random_problem(seed, n_sites=7, near=seed % 3, groups=3)
    rng = np.random.default_rng(seed)
    order = rng.permutation(["worst", "lowest_share", "mean", "covered"])[: 1 + seed % 4].tolist()
    townships = floors(problem, "covered", 0, reach=9)

    def figure(goal: str, sites: Sites) -> float:
        chosen = np.array(sites)
        if goal == "worst":
            return achieved(problem, chosen, Target("worst", 0))
        if goal == "mean":
            return total_minutes(problem, sites)
        if goal == "covered":
            return -people_within(problem, sites, 9)
        return -min(achieved(problem, chosen, township) for township in townships)

    sets = list(site_sets(problem, range(3, 4)))
    if not sets:
        return
    least = min(tuple(figure(goal, sites) for goal in order) for sites in sets)
    plan = solve_lexicographic(problem, 3, order, reach=9)
    found = tuple(figure(goal, tuple(plan.open)) for goal in order)
    assert found == pytest.approx(least, rel=1e-9)
    assert plan.proven
    assert [stage["goal"] for stage in plan.details["stages"]] == order
    assert abs(plan.objective) == pytest.approx(abs(found[-1]))


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ([], "The goals are ; expected one or more of worst, lowest_share, mean, covered"),
        (["mean", "mean"], "The goals are mean, mean; expected one or more of"),
        (["best"], "The goals are best; expected one or more of"),
        (["covered"], "Covering needs a reach."),
    ],
)
def test_an_order_that_cannot_be_is_named(order: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        solve_lexicographic(ROW, 1, order)

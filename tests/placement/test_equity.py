"""Fair plans: equal to trying everything; a bounded Gini is kept; the lowest is the lowest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from cockpit.coverage.equity import gini as gini_of_cells
from cockpit.placement.equity import solve_equity, solve_least_gini
from cockpit.placement.gini import gini, ranks, spread
from cockpit.placement.goals import GoalConflictError
from cockpit.placement.plan import Step
from cockpit.placement.problem import Problem
from cockpit.placement.targets import Target, floors, holds
from geodata.errors import InputError
from tests.placement_small import (
    Sites,
    best,
    minutes_to,
    random_problem,
    seeds,
    site_sets,
    total_minutes,
)

CHECK = settings(max_examples=8, deadline=None, derandomize=True)


def pairs_gini(problem: Problem, sites: Sites) -> float:
    """The definition: the mean difference of two people over twice the mean."""
    far, people = minutes_to(problem, sites), problem.weights
    apart = np.abs(far[:, np.newaxis] - far) * people[:, np.newaxis] * people
    below = 2 * people.sum() * (far @ people)
    return float(apart.sum() / below) if below else 0.0


def small(seed: int) -> Problem:
    return random_problem(seed, n_sites=8, n_demand=12, near=seed % 3, groups=3)


@CHECK
@given(seeds())
def test_the_lowest_gini_equals_trying_everything(seed: int) -> None:
    problem, p = small(seed), 2 + seed % 2
    least = best(problem, range(p, p + 1), lambda s: pairs_gini(problem, s))
    plan = solve_least_gini(problem, p)
    assert plan.objective == pytest.approx(least, rel=1e-9)
    assert plan.proven
    # Equity-optimal is at most efficiency-optimal.
    assert plan.objective <= solve_equity(problem, p).details["gini"] * (1 + 1e-9)


@CHECK
@given(seeds())
def test_a_bounded_gini_equals_trying_everything(seed: int) -> None:
    problem, p = small(seed), 2 + seed % 3
    sets = list(site_sets(problem, range(p, p + 1)))
    found = sorted(pairs_gini(problem, sites) for sites in sets)
    most = found[len(found) // (3 + seed % 3)]
    least = best(
        problem,
        range(p, p + 1),
        lambda s: (
            total_minutes(problem, s) if pairs_gini(problem, s) <= most * (1 + 1e-9) else np.inf
        ),
    )
    plan = solve_equity(problem, p, most_gini=most)
    assert plan.objective == plan.bound == least
    assert plan.details["gini"] <= most * (1 + 1e-9)


@CHECK
@given(seeds())
def test_weights_and_rules_equal_trying_everything(seed: int) -> None:
    problem, p = small(seed), 3
    rng = np.random.default_rng(seed)
    shares = rng.integers(0, 4, problem.groups.max() + 1).astype(float)
    weights = problem.weights * shares[problem.groups]
    rules = [
        *floors(problem, "mean", float(rng.integers(7, 14))),
        *floors(problem, "covered", 0.3, reach=12),
        Target("worst", float(rng.integers(17, 28))),
    ]

    def kept(sites: Sites) -> bool:
        return all(holds(problem, np.array(sites), rule) for rule in rules)

    def fewest(sites: Sites) -> float:
        return float(weights @ minutes_to(problem, sites)) if kept(sites) else np.inf

    def most(sites: Sites) -> float:
        return -float(weights[minutes_to(problem, sites) <= 9].sum()) if kept(sites) else np.inf

    least = best(problem, range(p, p + 1), fewest)
    if np.isinf(least):
        with pytest.raises(InputError):
            solve_equity(problem, p, rules=rules)
        return
    plan = solve_equity(problem, p, rules=rules, group_weights=shares)
    assert plan.objective == plan.bound == least
    plan = solve_equity(problem, p, goal="covering", reach=9, rules=rules, group_weights=shares)
    assert plan.objective == plan.bound == -best(problem, range(p, p + 1), most)


def test_the_gini_is_that_of_the_coverage_answers() -> None:
    rng = np.random.default_rng(8)
    minutes, people = rng.uniform(0, 60, 200), rng.integers(0, 90, 200).astype(float)
    assert gini(minutes, people) == pytest.approx(gini_of_cells(minutes, people), rel=1e-9)
    assert gini(np.zeros(3), np.ones(3)) == 0
    assert gini(np.array([0.0, 0.0, 6.0]), np.ones(3)) == pytest.approx(2 / 3)  # by hand


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seeds())
def test_any_order_is_a_valid_cut(seed: int) -> None:
    rng = np.random.default_rng(seed)
    minutes, people = rng.integers(0, 20, 9).astype(float), rng.integers(0, 9, 9).astype(float)
    above = spread(minutes, people)[0]
    assert ranks(rng.permutation(9), people) @ minutes <= above + 1e-9
    assert ranks(np.argsort(minutes), people) @ minutes == pytest.approx(above)


# Two villages of 10 people with a site each, 4 minutes apart, and a third between, 2 from both.
THREE = Problem.of([[0, 4, 2], [4, 0, 2]], [10, 10], groups=[0, 1])


def test_by_hand_the_middle_is_even_and_an_end_is_not() -> None:
    # An end: minutes 0 and 4, Gini 1/2. The middle: 2 and 2, Gini 0. Both 40 person-minutes.
    plan = solve_least_gini(THREE, 1)
    assert (plan.open.tolist(), plan.objective, plan.bound) == ([2], 0, 0)
    assert solve_equity(THREE, 1, most_gini=0.4).open.tolist() == [2]
    assert solve_equity(THREE, 1, rules=[Target("worst", 3)]).open.tolist() == [2]
    assert solve_equity(THREE, 1, group_weights=[1, 3]).open.tolist() == [1]


def test_a_lower_bound_on_the_gini_never_shortens_the_minutes() -> None:
    problem = random_problem(5, n_sites=8, n_demand=15)
    lowest = solve_least_gini(problem, 3).objective
    free = solve_equity(problem, 3).details["gini"]
    steps = np.linspace(lowest, max(free, lowest), 5)
    minutes = [solve_equity(problem, 3, most_gini=float(g)).objective for g in steps]
    assert minutes == sorted(minutes, reverse=True)


def test_plans_that_break_the_gini_are_not_told() -> None:
    problem, heard = random_problem(6, n_sites=8, n_demand=14), list[Step]()
    most = solve_least_gini(problem, 3).objective * 1.05

    def told(step: Step) -> None:
        heard.append(step)

    plan = solve_equity(problem, 3, most_gini=most, progress=told)
    assert heard
    assert all(pairs_gini(problem, tuple(step.open)) <= most * (1 + 1e-9) for step in heard)
    assert min(step.objective for step in heard) == plan.objective


def test_says_the_lowest_gini_there_is() -> None:
    problem = random_problem(0, n_sites=6)
    lowest = solve_least_gini(problem, 2).objective
    with pytest.raises(InputError) as caught:
        solve_equity(problem, 2, most_gini=0.001)
    assert str(caught.value) == (
        "No 2 sites have a Gini of 0.001 or less under these rules; the lowest found is "
        f"{float(f'{lowest:.6g}')}."
    )


def test_names_the_rules_that_cannot_hold_with_so_few_sites() -> None:
    problem = Problem.of([[0, 9], [9, 0]], groups=[0, 1])
    rules = [Target("worst", 20), Target("mean", 5, group=0), Target("mean", 5, group=1)]
    with pytest.raises(GoalConflictError) as caught:
        solve_equity(problem, 1, rules=rules)
    assert caught.value.conflict == (1, 2, 3)  # the last: the number of sites


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"goal": "best"}, "There is no goal best."),
        ({"goal": "covering"}, "Covering needs a reach."),
        ({"group_weights": [1.0]}, r"group_weights has shape \(1,\); expected \(2,\)."),
        ({"group_weights": [1.0, -1.0]}, "group_weights has negative or missing values."),
        ({"most_gini": -0.1}, "most_gini is -0.1; expected a number, 0 or more."),
        ({"rules": [Target("mean", 5, group=7)]}, "There is no township 7; they are 0 to 1."),
    ],
)
def test_what_cannot_be_is_named(given: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        solve_equity(THREE, 1, **given)


@pytest.mark.parametrize(
    ("kind", "value", "more", "words"),
    [
        ("far", 1, {}, "There is no kind of target far."),
        ("covered", 1.2, {"reach": 5}, "The share 1.2 is above 1."),
        ("covered", 0.5, {}, "A target of coverage needs a reach, and no other has one."),
        ("mean", 5, {"reach": 5}, "A target of coverage needs a reach, and no other has one."),
        ("sites", 5, {"group": 1}, "Cost and number of sites are of the whole county"),
        ("mean", np.nan, {}, "mean is nan; expected a number, 0 or more."),
    ],
)
def test_targets_that_cannot_be_are_named(
    kind: str, value: float, more: dict[str, float], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        Target(kind, value, **more)

"""Goal seek: the cheapest plan, or targets of which each is needed for the conflict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings

from cockpit.placement.goals import GoalConflictError, solve_goals
from cockpit.placement.problem import Problem
from cockpit.placement.targets import Target, achieved, floors, holds
from geodata.errors import InputError
from tests.placement_small import Sites, best, random_problem, seeds


def cheapest(problem: Problem, targets: Sequence[Target]) -> float:
    def value(sites: Sites) -> float:
        chosen = np.array(sites, dtype=int)
        kept = all(holds(problem, chosen, target) for target in targets)
        return float(problem.site_cost[chosen].sum()) if kept else np.inf

    return best(problem, range(problem.n_sites + 1), value)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seeds())
def test_equals_trying_everything_or_names_a_conflict_without_an_idle_target(seed: int) -> None:
    problem = random_problem(seed, n_sites=7, holes=0.2 * (seed % 2), near=seed % 3, groups=3)
    rng = np.random.default_rng(seed)
    targets = [
        Target("covered", float(rng.integers(2, 10)) / 10, reach=float(rng.integers(6, 16))),
        Target("mean", float(rng.integers(5, 15)), group=int(problem.groups[0])),
        Target("worst", float(rng.integers(10, 28))),
        Target("cost", float(rng.integers(15, 70))),
        Target("sites", float(rng.integers(2, 6))),
    ]
    least = cheapest(problem, targets)
    if np.isfinite(least):
        plan = solve_goals(problem, targets)
        assert plan.objective == plan.bound == least
        assert all(holds(problem, plan.open, target) for target in targets)
        return
    with pytest.raises(GoalConflictError) as caught:
        solve_goals(problem, targets)
    conflict = caught.value.conflict
    assert np.isinf(cheapest(problem, [targets[k] for k in conflict]))
    for k in conflict:
        rest = [targets[other] for other in conflict if other != k]
        assert np.isfinite(cheapest(problem, rest))


# Two townships with a site in each; a third site between them reaches both in 6 minutes.
TWO = Problem.of([[1, 20, 6], [20, 1, 6]], [100, 50], groups=[0, 1], site_cost=[10, 10, 12])


def test_by_hand_one_in_the_middle_or_one_in_each() -> None:
    assert solve_goals(TWO, floors(TWO, "covered", 1, reach=6)).open.tolist() == [2]
    plan = solve_goals(TWO, floors(TWO, "mean", 5))
    assert (plan.open.tolist(), plan.objective) == ([0, 1], 20)
    assert plan.details["achieved"] == [1, 1]
    assert solve_goals(TWO, [Target("covered", 2 / 3, reach=1)]).open.tolist() == [0]


def test_without_costs_it_is_the_fewest_sites() -> None:
    problem = Problem.of(TWO.cost, TWO.weights, groups=TWO.groups)
    assert solve_goals(problem, floors(problem, "mean", 5)).objective == 2


def test_without_targets_only_the_must_sites_open() -> None:
    problem = Problem.of(TWO.cost, TWO.weights, must=[1], site_cost=TWO.site_cost)
    plan = solve_goals(problem, [])
    assert (plan.open.tolist(), plan.objective) == ([1], 10)
    assert solve_goals(TWO, []).open.tolist() == []


def test_by_hand_the_money_conflicts_with_both_townships() -> None:
    targets = [*floors(TWO, "mean", 5), Target("cost", 19), Target("worst", 30)]
    with pytest.raises(GoalConflictError) as caught:
        solve_goals(TWO, targets)
    assert caught.value.conflict == (0, 1, 2)
    assert str(caught.value) == (
        "Targets 1, 2, 3 cannot hold together; without any one of them the others can."
    )


def test_says_the_best_possible_where_a_target_is_out_of_reach() -> None:
    with pytest.raises(GoalConflictError) as caught:
        solve_goals(TWO, [Target("sites", 9), Target("mean", 0.5)])
    assert caught.value.conflict == (1,)
    assert str(caught.value) == ("Target 2 cannot be met by any sites: at best it is 1.")


def test_a_mean_of_people_who_reach_nothing_cannot_be() -> None:
    problem = Problem.of([[1.0], [np.inf]])
    with pytest.raises(
        GoalConflictError, match="Target 1 cannot be met: somebody reaches no allowed"
    ):
        solve_goals(problem, [Target("mean", 100)])
    assert solve_goals(problem, [Target("covered", 0.5, reach=1)]).open.tolist() == [0]


def test_a_township_without_people_meets_everything() -> None:
    problem = Problem.of([[1.0], [np.inf]], [5, 0], groups=[0, 1])
    target = Target("worst", 0, group=1)
    assert np.isnan(achieved(problem, np.array([0]), target))
    plan = solve_goals(problem, [target, Target("worst", 1)])
    assert plan.open.tolist() == [0]
    assert plan.details["achieved"] == [None, 1]


def test_exactly_at_a_target_is_met() -> None:
    problem = Problem.of(np.array([[30.1], [0.0]], dtype=np.float32), [1, 2])
    plan = solve_goals(problem, [Target("covered", 1, reach=30.1)])
    assert plan.open.tolist() == [0]


def test_a_township_that_there_is_not_is_named() -> None:
    with pytest.raises(InputError, match="There is no township 5; they are 0 to 1"):
        solve_goals(TWO, [Target("worst", 1, group=5)])

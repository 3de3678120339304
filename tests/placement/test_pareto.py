"""The front of cost, coverage and equity: equal to trying everything, and nothing dominated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from cockpit.placement.budget import solve_budget_covering
from cockpit.placement.covering import solve_mclp
from cockpit.placement.lexicographic import solve_lexicographic
from cockpit.placement.pareto import Front, Point, best_plans, front
from cockpit.placement.pareto_slice import prices
from cockpit.placement.problem import Problem
from geodata.errors import InputError
from tests.placement_small import Sites, minutes_to, random_problem, seeds, site_sets

CHECK = settings(max_examples=12, deadline=None, derandomize=True)
REACH = 8.0
Figures = tuple[float, float, float]


def figures(problem: Problem, sites: Sites) -> Figures:
    """Cost, covered people, lowest covered share, by going through the townships one by one."""
    price = prices(problem)[0]
    near = minutes_to(problem, sites) <= REACH
    shares = []
    for g in range(problem.groups.max() + 1):
        here = problem.groups == g
        if problem.weights[here].sum() > 0:
            shares.append(problem.weights[here & near].sum() / problem.weights[here].sum())
    return float(sum(price[list(sites)])), float(problem.weights[near].sum()), float(min(shares))


def beats(one: Figures, other: Figures) -> bool:
    at_least = one[0] <= other[0] and one[1] >= other[1] and one[2] >= other[2]
    return at_least and one != other


def tried(problem: Problem) -> set[Figures]:
    """The figures of every plan that no other one beats."""
    found = {figures(problem, s) for s in site_sets(problem, range(problem.n_sites + 1))}
    return {one for one in found if not any(beats(other, one) for other in found)}


def rounded(found: set[Figures]) -> set[Figures]:
    return {(round(a, 9), round(b, 9), round(c, 9)) for a, b, c in found}


def of(found: Front) -> set[Figures]:
    return {(point.cost, point.covered, point.lowest) for point in found.points}


def small(seed: int, *, money: bool) -> Problem:
    """Two sites stand; the first must stay (or both may close), now and then some spacing."""
    made = random_problem(seed, n_sites=7, n_demand=14, near=seed % 3, groups=3, existing=2)
    must = [] if seed % 2 else [0]
    price = np.random.default_rng(seed).integers(1, 5, 7).astype(float)
    return Problem.of(
        made.cost, made.weights, must=must, existing=[0, 1], groups=made.groups,
        spacing=made.spacing, site_cost=price if money else None,
    )  # fmt: skip


@CHECK
@given(seeds())
def test_the_front_of_new_sites_equals_trying_everything(seed: int) -> None:
    problem = small(seed, money=False)
    found = front(problem, REACH, budgets=range(8), floors=None)
    assert rounded(of(found)) == rounded(tried(problem))
    assert all(point.proven for point in found.points)
    assert found.unit == "sites"
    assert found.finished


@CHECK
@given(seeds())
def test_the_front_of_money_equals_trying_everything(seed: int) -> None:
    problem = small(seed, money=True)
    found = front(problem, REACH, budgets=range(30), floors=None)
    assert rounded(of(found)) == rounded(tried(problem))
    assert found.unit == "money"


@CHECK
@given(seeds())
def test_the_ends_are_the_optima_of_the_single_goals(seed: int) -> None:
    problem = small(seed, money=False)
    must = Problem.of(
        problem.cost, problem.weights, must=[0, 1], existing=[0, 1], groups=problem.groups
    )
    found = front(must, REACH, budgets=range(6), floors=2)
    for budget in range(1, found.asked):
        here = [point for point in found.points if point.cost <= budget]
        most = solve_mclp(must, p=2 + budget, reach=REACH)
        assert max(point.covered for point in here) == most.objective
        fair = solve_lexicographic(must, 2 + budget, ["lowest_share"], reach=REACH)
        assert max(point.lowest for point in here) == pytest.approx(fair.objective, abs=1e-9)


def test_the_most_expensive_end_is_the_optimum_of_the_budget_model() -> None:
    problem = small(4, money=True)
    found = front(problem, REACH, budgets=[6.0], floors=3)
    best = solve_budget_covering(problem, 6.0, REACH)
    assert max(point.covered for point in found.points) == best.objective == best.bound


@CHECK
@given(seeds())
def test_coarse_floors_find_a_part_of_it_without_dominated_points(seed: int) -> None:
    problem = small(seed, money=False)
    found = front(problem, REACH, floors=3)
    plans = of(found)
    assert not any(beats(one, other) for one in plans for other in plans)
    assert all(figures(problem, tuple(p.open)) == pytest.approx((p.cost, p.covered, p.lowest))
               for p in found.points)  # fmt: skip


@CHECK
@given(seeds())
def test_more_money_never_covers_fewer(seed: int) -> None:
    found = front(small(seed, money=True), REACH, most=20)
    budgets = sorted({point.cost for point in found.points})
    edge = [max(p.covered for p in found.points if p.cost <= budget) for budget in budgets]
    assert edge == sorted(edge)


# Two townships of 10 and 30 people; a site in each, and one between that reaches half of the large
# one and nobody of the small one. Nothing stands.
#   one site: the large township (30 people, lowest 0); two: both townships (40, lowest 1).
TWO = Problem.of(
    [[0, 9, 9], [9, 0, 0], [9, 0, 9]], [10, 15, 15], groups=[0, 1, 1]
)  # fmt: skip


def test_by_hand() -> None:
    found = front(TWO, 5)
    told = [(p.open.tolist(), p.cost, p.covered, p.lowest) for p in found.points]
    assert told == [([], 0, 0, 0), ([1], 1, 30, 0), ([0, 1], 2, 40, 1)]
    assert found.points[2].fairest
    assert found.people == 40
    assert found.budgets == 3  # the third new site would cover nobody more: it is not asked for


def test_what_stands_and_costs_nothing_is_not_closed() -> None:
    idle = Problem.of(TWO.cost, TWO.weights, groups=TWO.groups, existing=[1, 2])
    assert front(idle, 5, budgets=[0]).points[0].open.tolist() == [1, 2]


def test_says_how_many_points_were_dominated() -> None:
    def point(cost: float, covered: float, lowest: float) -> Point:
        return Point(np.arange(2), cost, covered, lowest, covered, cost, 0.0)

    given = [point(2, 50, 0.5), point(1, 50, 0.5), point(1, 40, 0.6), point(1, 50, 0.5)]
    assert best_plans(given) == [given[2], given[1]]


def test_a_stopped_search_keeps_what_it_has() -> None:
    problem, heard = small(2, money=False), list[Front]()

    def told(so_far: Front) -> bool:
        heard.append(so_far)
        return len(heard) < 3

    found = front(problem, REACH, told=told)
    assert len(heard) == 3
    assert not found.finished
    assert of(found) == of(heard[-1])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"reach": -1}, "reach is -1; expected a number, 0 or more."),
        ({"reach": 5, "most": -2}, "most is -2; expected a number, 0 or more."),
        ({"reach": 5, "floors": 0}, "floors is 0; expected a number, 1 or more."),
        ({"reach": 5, "budgets": [np.inf]}, "budget is inf; expected a number, 0 or more."),
    ],
)
def test_what_cannot_be_is_named(given: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        front(TWO, **given)


def test_nobody_within_reach_is_named() -> None:
    far = Problem.of([[9.0]], [3])
    with pytest.raises(InputError, match="Nobody is within 5 of an allowed site"):
        front(far, 5)
    with pytest.raises(InputError, match="Nobody lives at the demand points"):
        front(Problem.of([[1.0]], [0]), 5)

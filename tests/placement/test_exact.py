"""The pieces of the solver: lists, interchange, bounds, branch and bound, what HiGHS is left."""

from __future__ import annotations

from dataclasses import fields
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numba import njit
from numpy.typing import NDArray

from cockpit.placement.checker import verify
from cockpit.placement.clock import Clock
from cockpit.placement.compiled import compiled
from cockpit.placement.cover import Cover, cover_of, grouped
from cockpit.placement.exact import Effort, prove
from cockpit.placement.lagrangian import FREE, Climb, ascend
from cockpit.placement.lists import Lists, Rules, dense_lists, rules_of, without
from cockpit.placement.plan import numbers
from cockpit.placement.problem import Problem
from cockpit.placement.search import cost_of, greedy, interchange, nearest_two, samples
from cockpit.placement.serving import unit_of
from cockpit.placement.solve import solve, warm
from geodata.errors import InputError
from tests.placement_small import random_problem, seeds

CHECK = settings(max_examples=30, deadline=None, derandomize=True)
QUICK = Climb(steps=60)


def make(seed: int, n: int = 30, m: int = 12, p: int = 3) -> tuple[Lists, Rules]:
    rng = np.random.default_rng(seed)
    cost = rng.integers(1, 50, (n, m)).astype(float)
    cost[rng.random((n, m)) < 0.2] = np.inf
    none = np.zeros(m, dtype=bool)
    near = rng.choice(m, (seed % 3, 2), replace=True)
    near = np.sort(near[near[:, 0] != near[:, 1]], axis=1).astype(np.int64)
    return dense_lists(cost, np.full(n, 60.0)), rules_of(p, none, none, near)


def keeps(rules: Rules, opened: NDArray[np.bool_]) -> bool:
    return not any(opened[rules.too_near(int(j))].any() for j in np.flatnonzero(opened))


def all_plans(rules: Rules) -> list[NDArray[np.bool_]]:
    m = len(rules.must)
    plans = [np.isin(np.arange(m), sites) for sites in combinations(range(m), rules.p)]
    return [plan for plan in plans if keeps(rules, plan)]


def test_lists_are_sorted_and_cut_at_the_cap() -> None:
    lists = dense_lists(np.array([[5.0, 2.0, 9.0], [np.inf, 7.0, 7.0]]), np.array([9.0, 8.0]))
    assert lists.start.tolist() == [0, 2, 4]
    assert lists.site.tolist() == [1, 0, 1, 2]
    assert lists.cost.tolist() == [2, 5, 7, 7]
    assert lists.by_site.tolist() == [0, 1, 3, 4]
    assert lists.row.tolist() == [0, 0, 1, 1]
    assert lists.row_cost.tolist() == [5, 2, 7, 7]
    shorter = without(lists, np.array([False, True, False]))
    assert shorter.site.tolist() == [0, 2]
    assert shorter.start.tolist() == [0, 1, 2]


def test_a_plan_costs_the_nearest_open_site_or_the_cap() -> None:
    lists = dense_lists(np.array([[5.0, 2.0, 9.0], [np.inf, 7.0, 6.0]]), np.array([90.0, 8.0]))
    opened = np.array([True, False, False])
    assert cost_of(lists, opened) == 5 + 8
    assert nearest_two(lists, opened).tolist() == [[5, 90], [8, 8]]


@CHECK
@given(seeds())
def test_interchange_ends_where_no_swap_pays(seed: int) -> None:
    lists, rules = make(seed)
    rng = np.random.default_rng(seed)
    begun = greedy(lists, rules, samples(rules, rng))
    if begun is None:
        return
    plan = interchange(lists, rules, begun)
    assert plan.sum() == rules.p
    assert keeps(rules, plan)
    assert cost_of(lists, plan) <= cost_of(lists, begun)
    for out in np.flatnonzero(plan):
        for new in np.flatnonzero(~plan):
            other = plan.copy()
            other[[out, new]] = False, True
            assert cost_of(lists, other) >= cost_of(lists, plan) - 1e-9 or not keeps(rules, other)


@CHECK
@given(seeds())
def test_multipliers_never_bound_more_than_the_best_plan(seed: int) -> None:
    lists, rules = make(seed)
    least = min(cost_of(lists, plan) for plan in all_plans(rules))
    rng = np.random.default_rng(seed)
    status = np.full(lists.n_sites, FREE, dtype=np.int8)
    found = ascend(lists, rng.uniform(0, 60, lists.n_rows), status, rules.p, 1e9, QUICK)
    assert found.value <= least + 1e-9
    assert (found.multipliers <= lists.cap).all()
    assert found.chosen.sum() == rules.p


@CHECK
@given(seeds())
@pytest.mark.parametrize(
    "effort",
    [Effort(QUICK, 10**9, 10**9), Effort(QUICK, 0, 10**9), Effort(QUICK, 10**9, 0)],
    ids=["multipliers", "linear program", "HiGHS"],
)
def test_every_way_to_prove_finds_the_best(effort: Effort, seed: int) -> None:
    lists, rules = make(seed)
    least = min(cost_of(lists, plan) for plan in all_plans(rules))
    proof = prove(
        lists, rules, all_plans(rules)[0], Clock(60, None), unit=unit_of(lists), effort=effort
    )
    assert proof.value == least
    assert np.ceil(proof.bound - 1e-5) == least


def test_what_highs_closes_is_checked_as_far_as_multipliers_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cockpit.placement.serving.MEDIAN", Effort(Climb(steps=3), 10**9, 0))
    problem = random_problem(3, n_sites=12, n_demand=60)
    plan = solve(problem, "p-median", {"p": 4})
    assert plan.proof["kind"] == "solver"
    assert plan.proof["solver"] == "HiGHS"
    assert plan.proven
    verdict = verify(plan.to_json(), {f.name: getattr(problem, f.name) for f in fields(problem)})
    assert verdict.holds
    assert verdict.rests_on_solver
    assert verdict.bound < plan.bound


def arrays(cover: Cover) -> dict[str, NDArray[Any]]:
    return {f.name: getattr(cover, f.name) for f in fields(cover)}


@CHECK
@given(seeds())
def test_lists_of_covering_sites_give_what_the_matrix_gives(seed: int) -> None:
    problem = random_problem(seed, n_sites=9, n_demand=30, holes=0.2, near=seed % 2)
    cover = cover_of(problem, 6.0)
    wanted = solve(problem, "mclp", {"p": 3, "reach": 6.0})
    plan = solve(cover, "mclp", {"p": 3})
    assert plan.objective == plan.bound == wanted.objective
    assert verify(plan.to_json(), arrays(cover)).faults == ()
    for point, site in enumerate(plan.assignment):
        assert site < 0 or (site in plan.open and problem.cost[point, site] <= 6.0)


def test_points_that_the_same_sites_cover_are_one_row() -> None:
    cover = Cover.of([0, 2, 4, 4, 5, 7], [0, 2, 0, 2, 1, 0, 2], [3, 5, 9, 1, 0], 3)
    group = grouped(cover)
    assert group.member.tolist() == [0, 0, -1, 1, -1]
    assert group.lists.cap.tolist() == [8, 1]
    assert group.share.tolist() == [3 / 8, 5 / 8, 0, 1, 0]


@pytest.mark.parametrize(
    ("start", "site"),
    [([0, 1], [3]), ([0, 2], [1, 0]), ([0, 2], [1, 1]), ([1, 1], [0]), ([0, 2], [0]), ([0], [])],
)
def test_lists_that_do_not_fit_are_refused(start: list[int], site: list[int]) -> None:
    with pytest.raises(InputError, match="The lists of covering sites do not fit"):
        Cover.of(start, site, [1.0], 3)


def test_lists_serve_maximal_covering_alone() -> None:
    cover = Cover.of([0, 1], [0], [1.0], 1)
    with pytest.raises(InputError, match="serve mclp alone; p-median needs costs"):
        solve(cover, "p-median", {"p": 1})
    with pytest.raises(InputError, match="leave the reach out"):
        solve(cover, "mclp", {"p": 1, "reach": 3.0})


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_time_limit_is_above_zero(seconds: float) -> None:
    with pytest.raises(InputError, match="expected above 0"):
        Clock(seconds, None)


def test_many_numbers_are_kept_as_bytes() -> None:
    assert numbers(np.array([0.1, 2.0])) == [0.1, 2.0]
    assert set(numbers(np.zeros(30_000))) == {"f8"}


def test_warming_twice_compiles_once() -> None:
    warm()
    assert warm.cache_info().currsize == 1


def test_32_bit_costs_are_proven_too() -> None:
    rng = np.random.default_rng(12)
    problem = Problem.of(rng.random((60, 12)).astype(np.float32) * 30, rng.random(60))
    data = {f.name: getattr(problem, f.name) for f in fields(problem)}
    for model, parameters in (
        ("p-median", {"p": 4}),
        ("p-center", {"p": 4}),
        ("mclp", {"p": 3, "reach": 4.1}),
        ("lscp", {"reach": 12.3}),
    ):
        plan = solve(problem, model, parameters)
        assert plan.proven
        assert verify(plan.to_json(), data).faults == ()


def test_compiles_where_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_folder(*arguments: Any, **options: Any) -> Any:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*arguments, **options)

    monkeypatch.setattr("cockpit.placement.compiled.njit", no_folder)

    @compiled
    def twice(x: float) -> float:
        return 2 * x

    assert twice(1.5) == 3.0

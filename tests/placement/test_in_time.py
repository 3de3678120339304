"""Searches that tell a plan at once, hear a stop, and keep to their time."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from cockpit.placement import covering_sets
from cockpit.placement.checker import verify
from cockpit.placement.flows import divided
from cockpit.placement.plan import Plan, Step
from cockpit.placement.problem import Problem
from cockpit.placement.site_bound import Priced, interchange
from cockpit.placement.solve import solve
from tests.placement_small import random_problem, seeds

CHECK = settings(max_examples=40, deadline=None, derandomize=True)
SIZES = [["S", 300.0, 1.0], ["L", 900.0, 2.0]]


Floats = np.ndarray[Any, np.dtype[np.float64]]


def county(n: int = 200, m: int = 50) -> Problem:
    """Points in a square of 60 minutes, ten sites of today."""
    rng = np.random.default_rng(1)
    places = rng.uniform(0, 60, (n, 2))
    cost = np.hypot(*(places[:, None] - places[None, :m]).transpose(2, 0, 1)).round(1)
    people = rng.integers(1, 90, n).astype(float)
    return Problem.of(
        cost,
        people,
        existing=np.arange(10),
        site_cost=rng.integers(50, 150, m),
        capacity=np.full(m, np.ceil(people.sum() / 8)),
    )


def arrays(problem: Problem) -> dict[str, Any]:
    return {f.name: getattr(problem, f.name) for f in fields(problem)}


def priced(seed: int) -> tuple[Priced, np.ndarray[Any, np.dtype[np.intp]]]:
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 9)), int(rng.integers(2, 8))
    cost = rng.integers(0, 50, (n, m)).astype(np.float64)
    cost[rng.random((n, m)) < 0.1] = np.inf
    chosen = np.sort(rng.choice(m, int(rng.integers(1, m + 1)), replace=False))
    exactly = bool(seed % 2)
    size: Floats = np.ones(m) if exactly else rng.integers(1, 5, m).astype(np.float64)
    room = len(chosen) if exactly else size[chosen].sum() + rng.integers(0, 3)
    must = np.isin(np.arange(m), chosen[:1]) & bool(seed % 3)
    price = rng.integers(-5, 20, m).astype(np.float64)
    return Priced(cost, price, size, float(room), must, exactly), chosen


@CHECK
@given(seeds())
def test_interchange_ends_where_no_swap_no_new_and_no_closed_site_pays(seed: int) -> None:
    problem, begun = priced(seed)
    found = interchange(problem, begun)
    value = problem.value(found)
    assert value <= problem.value(begun)
    assert problem.fits(found)
    assert not (problem.must & ~np.isin(np.arange(len(problem.must)), found)).any()
    if not np.isfinite(value):
        assert found.tolist() == begun.tolist()
        return
    closable = [j for j in found.tolist() if not problem.must[j]]
    outside = np.setdiff1d(np.arange(len(problem.must)), found).tolist()
    for out in (None, *closable):
        for new in (None, *outside):
            other = sorted({*found.tolist(), new} - {out, None})
            plan = np.array(other, dtype=np.intp)
            if problem.fits(plan):
                assert problem.value(plan) >= value - 1e-6


@pytest.mark.parametrize("reach", [13.0, 16.0, 25.0])
def test_one_site_fewer_again_and_again_is_what_the_solver_finds(
    reach: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = county()
    told: list[Step] = []
    quick = solve(problem, "lscp", {"reach": reach}, progress=told.append)
    assert quick.proven
    assert told[0].phase == "search"
    assert verify(quick.to_json(), arrays(problem)).holds
    monkeypatch.setattr(covering_sets, "_FEW", 0)
    slow = solve(problem, "lscp", {"reach": reach})
    assert slow.objective == slow.bound == quick.objective


def test_the_fewest_sites_count_those_that_must_be_open() -> None:
    problem = county()
    plan = solve(replace(problem, must=problem.existing), "lscp", {"reach": 100.0})
    assert plan.open.tolist() == list(range(10))
    assert plan.objective == plan.bound == 10
    plan = solve(problem, "lscp", {"reach": 100.0})
    assert (plan.objective, plan.bound, len(plan.open)) == (1, 1, 1)


def test_sizes_tell_places_and_not_places_in_a_size() -> None:
    problem = county()
    told: list[Step] = []
    given = {"sizes": SIZES, "budget": 900.0, "reach": 15.0}
    plan = solve(problem, "sizes", given, seconds=10, gap=0.05, progress=told.append)
    assert told
    assert all(step.open.max(initial=0) < problem.n_sites for step in told)
    assert all(step.objective <= plan.bound + 1e-6 for step in told)


def test_divided_points_take_the_nearest_room() -> None:
    # Two points of 4 people at 1 and 2 minutes from site 0, 5 and 9 from site 1; room for 6 and 3.
    problem = Problem.of([[1.0, 5.0], [2.0, 9.0]], [4.0, 4.0], capacity=[6.0, 3.0])
    chosen = np.array([0, 1])
    found = divided(problem, problem.weights, chosen, everyone=True)
    # Whoever goes to site 1 should be of the first point: 2 * 1 + 4 * 2 + 2 * 5.
    assert found is not None
    assert found.value == pytest.approx(20)
    within = divided(problem, problem.weights, chosen, everyone=False, reach=5.0)
    assert within is not None
    assert within.value == pytest.approx(8)
    assert divided(problem, problem.weights, np.array([0]), everyone=True) is None


def test_who_must_be_open_takes_no_more_than_its_capacity() -> None:
    problem = county()
    kept = replace(problem, must=problem.existing)
    plan = solve(kept, "capacitated-p-median", {"p": 10, "split": True}, seconds=10)
    alone = divided(problem, problem.weights, np.arange(10), everyone=True)
    assert alone is not None
    assert plan.objective == pytest.approx(alone.value)
    assert verify(plan.to_json(), arrays(kept)).holds


@CHECK
@given(seeds())
def test_fixed_costs_are_proven_by_their_multipliers_too(seed: int) -> None:
    problem = random_problem(seed, n_sites=9)
    plan = solve(problem, "fixed-cost", {"rate": 2.0})
    assert verify(plan.to_json(), arrays(problem)).holds
    assert plan.proof["lagrangian_bound"] <= plan.objective + 1e-6


STOPPED: list[tuple[str, dict[str, Any]]] = [
    ("moving", {"moving_cost": 500.0}),
    ("capacitated-p-median", {"p": 12, "split": True}),
    ("capacitated-covering", {"p": 9, "reach": 12.0, "split": True}),
    ("least-gini", {"p": 10}),
    ("fixed-cost", {"rate": 0.001}),
    ("equity", {"p": 10}),
    ("lscp", {"reach": 13.0}),
    ("lscp-b", {"reach": 13.0}),
    ("p-center", {"p": 10}),
]


@pytest.mark.parametrize(("model", "given"), STOPPED)
def test_a_search_that_is_stopped_at_its_first_plan_ends_with_a_plan_that_holds(
    model: str, given: dict[str, Any]
) -> None:
    problem, told = county(), list[Step]()

    def stop(step: Step) -> bool:
        told.append(step)
        return False

    began = time.process_time()
    plan: Plan = solve(problem, model, given, seconds=60, progress=stop)
    assert time.process_time() - began < 6
    assert told
    worse = min(told[0].objective, told[0].bound), max(told[0].objective, told[0].bound)
    assert worse[0] - 1e-6 <= plan.objective <= worse[1] + 1e-6
    assert verify(plan.to_json(), arrays(problem)).faults == ()

"""Laws that hold whatever the data: more is never worse, and a changed field is always seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from cockpit.placement.budget import solve_budget_covering, solve_budget_p_median
from cockpit.placement.capacitated import solve_capacitated_covering
from cockpit.placement.checker import verify
from cockpit.placement.cover_relaxation import CoverRelaxation
from cockpit.placement.gini import gini
from cockpit.placement.lagrangian import FREE, OUT, Climb, ascend
from cockpit.placement.lists import Lists, lists_of, rules_of, without
from cockpit.placement.models import MODELS
from cockpit.placement.problem import Problem
from cockpit.placement.relaxation import Relaxation
from cockpit.placement.solve import solve
from tests.placement.test_general import ASKED, DATA, PROBLEM
from tests.placement_small import minutes_to, random_problem, seeds

CHECK = settings(max_examples=10, deadline=None, derandomize=True)
SQUARE = random_problem(21, n_sites=9, n_demand=9)
FIRST: dict[str, dict[str, Any]] = {
    "p-median": {"p": 4},
    "p-center": {"p": 4},
    "lscp": {"reach": 22.0},
    "lscp-b": {"reach": 22.0},
    "mclp": {"p": 4, "reach": 6.0},
    "bclp": {"p": 4, "reach": 9.0},
    "p-dispersion": {"p": 3},
}


def arrays(problem: Problem) -> dict[str, NDArray[Any]]:
    return {f.name: getattr(problem, f.name) for f in fields(problem)}


@CHECK
@given(seeds())
@pytest.mark.parametrize(
    ("model", "more"),
    [
        ("p-median", {}),
        ("p-center", {}),
        ("mclp", {"reach": 5.0}),
        ("bclp", {"reach": 9.0, "backup": 0.4}),
        ("capacitated-covering", {"reach": 9.0, "split": True}),
        ("equity", {}),
    ],
)
def test_more_sites_never_worsen(model: str, more: dict[str, Any], seed: int) -> None:
    problem = random_problem(seed, n_sites=7, n_demand=14, capacity=True)
    sign = 1 if MODELS[model].sense == "min" else -1
    found = [sign * solve(problem, model, {"p": p, **more}).objective for p in range(1, 6)]
    assert all(b <= a + 1e-9 * abs(a) for a, b in pairwise(found))


@CHECK
@given(seeds())
def test_a_larger_budget_never_covers_fewer_nor_lengthens_the_minutes(seed: int) -> None:
    problem = random_problem(seed, n_sites=8, n_demand=14)
    budgets = range(20, 60, 8)
    covered = [solve_budget_covering(problem, b, 6).objective for b in budgets]
    minutes = [solve_budget_p_median(problem, b).objective for b in budgets]
    assert covered == sorted(covered)
    assert minutes == sorted(minutes, reverse=True)


@CHECK
@given(seeds())
def test_more_capacity_never_serves_fewer(seed: int) -> None:
    problem = random_problem(seed, n_sites=6, n_demand=12, capacity=True)
    served = []
    for more in (0, 5, 20):
        wider = Problem.of(problem.cost, problem.weights, capacity=problem.capacity + more)
        served.append(solve_capacitated_covering(wider, 3, 9).objective)
    assert served == sorted(served)


@CHECK
@given(seeds())
def test_what_is_built_in_a_year_stands_in_the_next(seed: int) -> None:
    problem = random_problem(seed, n_sites=8, n_demand=14)
    years = solve(problem, "phasing", {"numbers": [1, 3, 4], "reach": 8.0}).details["years"]
    assert [len(sites) for sites in years] == [1, 3, 4]
    assert set(years[0]) <= set(years[1]) <= set(years[2])


@CHECK
@given(seeds())
def test_the_fairest_plan_has_no_higher_gini_than_the_shortest(seed: int) -> None:
    problem = random_problem(seed, n_sites=7, n_demand=12)
    some = problem.weights > 0
    short = solve(problem, "p-median", {"p": 3}).open.tolist()
    minutes = minutes_to(problem, tuple(short))[some]
    fair = solve(problem, "least-gini", {"p": 3}).objective
    assert fair <= gini(minutes, problem.weights[some]) + 1e-9


@CHECK
@given(seeds())
def test_the_people_with_a_backup_are_those_of_a_recount(seed: int) -> None:
    problem = random_problem(seed, n_sites=8, n_demand=14)
    plan = solve(problem, "bclp", {"p": 4, "reach": 8.0})
    within = [sum(row[j] <= 8.0 for j in plan.open) for row in problem.cost.tolist()]
    for times, name in ((1, "once"), (2, "twice")):
        people = sum(w for w, k in zip(problem.weights, within, strict=True) if k >= times)
        assert plan.details[name] == people


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every number, text and truth value in a certificate."""
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in inner:
        if isinstance(value, dict | list):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def changed(content: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    other: dict[str, Any] = json.loads(json.dumps(content))
    node: Any = other
    for key in path[:-1]:
        node = node[key]
    value = node[path[-1]]
    if isinstance(value, str):
        node[path[-1]] = value + "1"
    else:
        node[path[-1]] = 1 if value is None else value + 1
    return other


@pytest.mark.parametrize("model", MODELS)
def test_a_certificate_with_any_changed_field_is_refused(model: str) -> None:
    problem, asked = (SQUARE, FIRST[model]) if model in FIRST else (PROBLEM, ASKED[model])
    data = arrays(problem) if model in FIRST else DATA
    content = json.loads(solve(problem, model, asked).to_json())
    assert verify(content, data).faults == ()
    paths = list(leaves(content))
    assert {path[0] for path in paths} >= {"model", "data", "open", "objective", "bound", "gap"}
    for path in paths[:: max(len(paths) // 200, 1)]:
        assert not verify(changed(content, path), data).holds, path
    for key in content:
        rest = {name: value for name, value in content.items() if name != key}
        assert not verify(rest, data).holds, key


def covering(seed: int) -> Lists:
    rng = np.random.default_rng(seed)
    within = rng.random((25, 10)) < 0.25
    start = np.concatenate(([0], np.cumsum(within.sum(axis=1)))).astype(np.int64)
    site = np.nonzero(within)[1].astype(np.int32)
    people = rng.integers(1, 9, 25).astype(float)
    return lists_of(10, start, site, np.zeros(len(site)), people)


@CHECK
@given(seeds())
def test_both_forms_of_the_relaxation_bound_the_same(seed: int) -> None:
    none = np.zeros(10, dtype=np.bool_)
    rules, plan = rules_of(3, none, none, np.empty((0, 2), dtype=np.int64)), none.copy()
    plan[:3] = True
    status = np.full(10, FREE, dtype=np.int8)
    status[seed % 10] = OUT
    lists = without(covering(seed), status == OUT)
    primal = Relaxation(lists, status, rules, plan).at(status, 9.0)
    dual = CoverRelaxation(lists, status, rules).at(status, 9.0)
    assert primal is not None
    assert dual is not None
    values = [
        ascend(lists, found[0], status, 3, 1e9, Climb(steps=1)).value for found in (primal, dual)
    ]
    assert values[0] == pytest.approx(values[1], abs=1e-6)
    assert dual[1].sum() == pytest.approx(3)
    assert dual[1][seed % 10] == 0


def test_lists_with_a_site_that_is_out_are_refused() -> None:
    none = np.zeros(10, dtype=np.bool_)
    status = np.full(10, FREE, dtype=np.int8)
    status[2] = OUT
    rules = rules_of(3, none, none, np.empty((0, 2), dtype=np.int64))
    with pytest.raises(ValueError, match="the lists have sites that are out"):
        CoverRelaxation(covering(1), status, rules)

"""All models equal trying every set of sites, and every certificate stands up to the checker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from cockpit.placement.checker import verify
from cockpit.placement.models import MODELS
from cockpit.placement.plan import Plan, Step, read_certificate
from cockpit.placement.problem import Problem
from cockpit.placement.solve import SOLVERS, solve
from geodata.errors import InputError
from tests.placement_small import (
    Sites,
    best,
    minutes_to,
    people_within,
    random_problem,
    seeds,
    site_sets,
    total_minutes,
)

CHECK = settings(max_examples=40, deadline=None, derandomize=True)


def arrays(problem: Problem) -> dict[str, NDArray[Any]]:
    return {f.name: getattr(problem, f.name) for f in fields(problem)}


def small(seed: int) -> Problem:
    """Return up to 12 sites, some with holes, spacing, musts and forbidden ones."""
    rng = np.random.default_rng(seed)
    n_sites = int(rng.integers(3, 13))
    base = random_problem(seed, n_sites=n_sites, holes=0.25 * (seed % 2), near=seed % 4)
    free = base.cost if seed % 3 else base.cost + rng.random(base.cost.shape)
    musts = [0] if seed % 5 == 0 else None
    return Problem.of(
        free,
        base.weights,
        must=musts,
        forbidden=[n_sites - 1] if seed % 7 == 0 else None,
        spacing=base.spacing,
    )


def p_of(problem: Problem, seed: int) -> int:
    return 1 + seed % min(4, problem.n_sites - 1)


def holds(plan: Plan, problem: Problem) -> None:
    assert plan.proven
    verdict = verify(plan.to_json(), arrays(problem))
    assert verdict.faults == ()
    assert verdict.objective == pytest.approx(plan.objective)


def equals(
    problem: Problem, model: str, parameters: dict[str, Any], least: float, sign: float = 1.0
) -> None:
    """Solve, compare with the least value of all sets (inf: there is none), check the proof."""
    if np.isinf(least):
        with pytest.raises(InputError):
            solve(problem, model, parameters)
        return
    plan = solve(problem, model, parameters)
    assert sign * plan.objective == pytest.approx(least)
    holds(plan, problem)


@CHECK
@given(seeds())
def test_p_median_equals_trying_everything(seed: int) -> None:
    problem = small(seed)
    p = p_of(problem, seed)
    least = best(problem, range(p, p + 1), lambda s: total_minutes(problem, s))
    equals(problem, "p-median", {"p": p}, least)


@CHECK
@given(seeds())
def test_p_median_with_a_cost_for_the_unreached_equals_trying_everything(seed: int) -> None:
    problem, unreached = small(seed), 11.0
    p = p_of(problem, seed)

    def minutes(sites: Sites) -> float:
        return float(np.minimum(minutes_to(problem, sites), unreached) @ problem.weights)

    least = best(problem, range(p, p + 1), minutes)
    equals(problem, "p-median", {"p": p, "unreached": unreached}, least)


@CHECK
@given(seeds())
def test_maximal_covering_equals_trying_everything(seed: int) -> None:
    problem, reach = small(seed), float(5 + seed % 9)
    p = p_of(problem, seed)
    most = best(problem, range(p, p + 1), lambda s: -people_within(problem, s, reach))
    if most != 0:
        equals(problem, "mclp", {"p": p, "reach": reach}, most, -1.0)


def twice(problem: Problem, sites: Sites, reach: float) -> float:
    counts = [sum(row[j] <= reach for j in sites) for row in problem.cost.tolist()]
    return sum(w for w, k in zip(problem.weights, counts, strict=True) if k > 1)


@CHECK
@given(seeds())
def test_backup_covering_equals_trying_everything(seed: int) -> None:
    problem, reach, backup = small(seed), float(5 + seed % 15), (seed % 5) / 4
    p = p_of(problem, seed)

    def people(sites: Sites) -> float:
        once = people_within(problem, sites, reach)
        return -(1 - backup) * once - backup * twice(problem, sites, reach)

    most = best(problem, range(p, p + 1), people)
    equals(problem, "bclp", {"p": p, "reach": reach, "backup": backup}, most, -1.0)


@CHECK
@given(seeds())
def test_covering_everybody_equals_trying_everything(seed: int) -> None:
    problem, reach = small(seed), float(9 + seed % 15)
    everybody = problem.weights.sum()
    full = [
        sites
        for sites in site_sets(problem, range(problem.n_sites + 1))
        if people_within(problem, sites, reach) == everybody
    ]
    least = min((len(sites) for sites in full), default=np.inf)
    equals(problem, "lscp", {"reach": reach}, least)
    equals(problem, "lscp-b", {"reach": reach}, least)
    if full:
        plan = solve(problem, "lscp-b", {"reach": reach})
        most = max(twice(problem, sites, reach) for sites in full if len(sites) == least)
        assert plan.details["backup"] == pytest.approx(most)
        assert plan.details["backup_bound"] == pytest.approx(most)


@CHECK
@given(seeds())
def test_p_center_equals_trying_everything(seed: int) -> None:
    problem = small(seed)
    p = p_of(problem, seed)
    some = problem.weights > 0

    def worst(sites: Sites) -> float:
        return float(minutes_to(problem, sites)[some].max(initial=0.0))

    equals(problem, "p-center", {"p": p}, best(problem, range(p, p + 1), worst))


@CHECK
@given(seeds())
def test_p_dispersion_equals_trying_everything(seed: int) -> None:
    n = 4 + seed % 8
    base = random_problem(seed, n_sites=n, n_demand=n, near=seed % 3)
    p = 2 + seed % 3
    cost = base.cost.tolist()

    def closest(sites: Sites) -> float:
        return -min(min(cost[a][b], cost[b][a]) for a, b in combinations(sites, 2))

    equals(base, "p-dispersion", {"p": p}, best(base, range(p, p + 1), closest), -1.0)


def test_a_figure_worked_out_by_hand() -> None:
    # Sites 0 and 2: 0 x 10 + 2 x 5 + 1 x 4 = 14; 0 and 1 give 32, 1 and 2 give 64.
    problem = Problem.of([[0, 5, 9], [4, 4, 2], [9, 3, 1]], [10, 5, 4])
    plan = solve(problem, "p-median", {"p": 2})
    assert plan.open.tolist() == [0, 2]
    assert plan.objective == 14
    assert plan.assignment.tolist() == [0, 2, 2]


def test_exactly_at_the_reach_is_covered() -> None:
    problem = Problem.of([[5.0], [np.nextafter(5.0, 6.0)]], [3, 7])
    plan = solve(problem, "mclp", {"p": 1, "reach": 5.0})
    assert plan.objective == plan.bound == 3
    assert plan.assignment.tolist() == [0, -1]


@pytest.mark.parametrize(
    ("model", "more"),
    [("p-median", {}), ("p-center", {}), ("mclp", {"reach": 6.0}), ("bclp", {"reach": 9.0})],
)
def test_more_sites_never_worsen(model: str, more: dict[str, Any]) -> None:
    problem = random_problem(5, n_sites=10, n_demand=40)
    figures = [solve(problem, model, {"p": p, **more}).objective for p in range(1, 9)]
    assert figures == sorted(figures, reverse=MODELS[model].sense == "min")
    assert figures[0] != figures[-1]


@pytest.mark.parametrize("model", ["p-median", "p-center", "mclp", "bclp", "lscp", "lscp-b"])
def test_the_same_seed_gives_the_same_bytes(model: str) -> None:
    problem = random_problem(11, n_sites=12, n_demand=60)
    given_ = {"p": 3, "reach": 12.0}
    parameters = {name: given_[name] for name in MODELS[model].needs}
    first, second = (solve(problem, model, parameters, seed=4).to_json() for _ in range(2))
    assert first == second
    assert read_certificate(first)["seed"] == 4


@pytest.mark.parametrize("model", ["p-median", "mclp", "p-center"])
def test_an_interrupted_run_keeps_a_plan_and_a_valid_bound(model: str) -> None:
    rng = np.random.default_rng(3)
    problem = Problem.of(rng.integers(1, 999, (300, 120)).astype(float), rng.integers(1, 9, 300))
    parameters = {"p": 12, "reach": 45.0}
    if model != "mclp":
        del parameters["reach"]
    steps: list[Step] = []

    def stop(step: Step) -> bool:
        steps.append(step)
        return False

    plan = solve(problem, model, parameters, progress=stop)
    best_known = solve(problem, model, parameters, seconds=1, gap=0.05)
    upward = MODELS[model].sense == "max"
    assert len(plan.open) == 12
    assert steps
    assert not plan.proven
    assert (plan.bound >= best_known.objective) if upward else (plan.bound <= best_known.objective)
    assert verify(plan.to_json(), arrays(problem)).holds


def test_a_gap_that_is_good_enough_is_kept() -> None:
    rng = np.random.default_rng(8)
    problem = Problem.of(rng.random((200, 80)), rng.random(200))
    plan = solve(problem, "p-median", {"p": 8}, gap=0.05)
    assert plan.gap <= 0.05
    assert verify(plan.to_json(), arrays(problem)).holds


def refused(
    model: str, parameters: dict[str, Any], words: str, make: Callable[[], Problem] | None = None
) -> None:
    problem = make() if make else Problem.of([[1.0, 9.0], [9.0, 1.0], [5.0, np.inf]])
    with pytest.raises(InputError) as error:
        solve(problem, model, parameters)
    assert str(error.value) == words


def test_what_cannot_be_solved_is_named_with_what_would_help() -> None:
    refused("nothing", {}, f"There is no model nothing; choose one of {', '.join(SOLVERS)}.")
    refused("p-median", {}, "p-median needs p.")
    refused("p-median", {"p": 1, "reach": 2}, "p-median knows no reach.")
    refused("mclp", {"p": 1, "reach": -1}, "reach is -1; expected a number, 0 or more.")
    refused(
        "mclp",
        {"p": 1, "reach": 0.5},
        "Nobody is within 0.5 of an allowed site; ask for a longer reach or allow more sites.",
    )
    refused(
        "p-median",
        {"p": 3},
        "p is 3 but only 2 candidate sites may be open; ask for at most 2.",
    )
    refused(
        "lscp",
        {"reach": 4.5},
        "Demand point 2 has no allowed site within 4.5 (1 points are like this); "
        "the limit must be at least 5.",
    )
    refused("bclp", {"p": 1, "reach": 1, "backup": 2}, "backup is 2.0; expected 0 to 1.")
    refused(
        "p-dispersion",
        {"p": 2},
        "p-dispersion asks for p of 2 or more and for costs from site to site; p is 2, the costs "
        "have shape (3, 2).",
    )


def test_p_that_leaves_people_unreached_is_named() -> None:
    words = (
        "With p = 1 not everybody reaches an open site; 2 sites are needed, or say how many "
        "minutes count for those who reach none."
    )

    def apart() -> Problem:
        return Problem.of([[1.0, np.inf], [np.inf, 1.0]])

    refused("p-median", {"p": 1}, words, apart)
    refused("p-center", {"p": 1}, words, apart)
    assert solve(apart(), "p-median", {"p": 1, "unreached": 30}).objective == 31


def test_spacing_that_leaves_no_room_is_named() -> None:
    words = "p is 2 but the spacing leaves room for 1 sites; ask for at most 1 or for less spacing."

    def crowded() -> Problem:
        return Problem.of([[1.0, 2.0, 3.0]], spacing=[(0, 1), (1, 2), (0, 2)])

    for model in ("p-median", "p-center"):
        refused(model, {"p": 2}, words, crowded)
    refused("mclp", {"p": 2, "reach": 9.0}, words, crowded)

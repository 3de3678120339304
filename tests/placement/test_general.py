"""The general models by name: certificates hold, lies are refused, a rerun is equal to the byte."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cockpit.placement.checker import Verdict, verify
from cockpit.placement.general import GENERAL
from cockpit.placement.models import MODELS
from cockpit.placement.plan import Plan, seal
from cockpit.placement.problem import Problem
from cockpit.placement.solve import solve
from cockpit.placement.targets import floors
from tests.placement_small import random_problem


def make() -> Problem:
    base = random_problem(13, n_sites=9, n_demand=20, groups=3, existing=3)
    return Problem.of(
        base.cost,
        base.weights,
        must=[2],
        forbidden=[5],
        existing=[0, 1, 2],
        site_cost=base.site_cost,
        capacity=np.full(9, 45.0),
        groups=base.groups,
        spacing=[(3, 4)],
    )


PROBLEM = make()
DATA: dict[str, NDArray[Any]] = {f.name: getattr(PROBLEM, f.name) for f in fields(PROBLEM)}
FLOORS = [target.plain for target in floors(PROBLEM, "mean", 14.0)]
ASKED: dict[str, dict[str, Any]] = {
    "capacitated-p-median": {"p": 4, "split": True},
    "capacitated-covering": {"p": 3, "reach": 9.0},
    "capacitated-set-covering": {"reach": 20.0},
    "fixed-cost": {"rate": 0.1},
    "budget-p-median": {"budget": 40.0},
    "budget-covering": {"budget": 30.0, "reach": 5.0},
    "sizes": {"sizes": [["small", 20.0, 3.0], ["large", 60.0, 8.0]], "budget": 40.0, "reach": 9.0},
    "moving": {"p": 4, "moving_cost": [30.0, None, 5.0, 0, 0, 0, 0, 0, 0], "opening_cost": 9.0},
    "equity": {"p": 4, "rules": FLOORS, "most_gini": 0.35, "group_weights": [1.0, 2.0, 0.5]},
    "least-gini": {"p": 3, "rules": FLOORS},
    "lexicographic": {"p": 3, "order": ["worst", "lowest_share", "mean"], "reach": 9.0},
    "phasing": {"numbers": [2, 4], "reach": 5.0, "budgets": [40.0, 80.0]},
    "goal-seek": {"targets": [*FLOORS, ["covered", 0.6, 6.0, None], ["sites", 6, None, None]]},
}


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    return {model: solve(PROBLEM, model, given) for model, given in ASKED.items()}


def lied(plan: Plan, **changes: Any) -> Verdict:
    content = {**plan.certificate(), **changes}
    return verify({**content, "sha256": seal(content)}, DATA)


def test_every_general_model_is_offered_and_asked_here() -> None:
    assert set(ASKED) == set(GENERAL) <= set(MODELS)


@pytest.mark.parametrize("model", ASKED)
def test_a_certificate_holds(model: str, plans: dict[str, Plan]) -> None:
    plan = plans[model]
    verdict = verify(plan.to_json(), DATA)
    assert verdict.faults == ()
    assert verdict.objective == pytest.approx(plan.objective, rel=1e-9)
    assert plan.proven
    assert 2 in plan.open
    assert 5 not in plan.open


@pytest.mark.parametrize("model", ASKED)
def test_solving_again_from_the_certificate_is_equal_to_the_byte(
    model: str, plans: dict[str, Plan]
) -> None:
    kept = json.loads(plans[model].to_json())
    again = solve(PROBLEM, kept["model"], kept["parameters"], seed=kept["seed"])
    assert again.to_json() == plans[model].to_json()


@pytest.mark.parametrize("model", ASKED)
def test_a_better_objective_than_the_plan_has_is_refused(
    model: str, plans: dict[str, Plan]
) -> None:
    plan = plans[model]
    verdict = lied(
        plan, objective=plan.objective * 0.9 - 1, bound=plan.objective * 0.9 - 1, gap=0.0
    )
    assert len(verdict.faults) == 1
    assert verdict.faults[0][0].startswith("The objective is")


def test_plans_that_break_the_rules_of_their_model_are_refused(plans: dict[str, Plan]) -> None:
    def fault(model: str, **changes: Any) -> str:
        verdict = lied(plans[model], **changes)
        assert verdict.faults, model
        return verdict.faults[0][0]

    covering, median = plans["capacitated-covering"], plans["capacitated-p-median"]
    first = int(covering.open[0])
    crowd = {"assignment": [first] * 20}
    assert "out of reach" in fault("capacitated-covering", details=crowd)
    given = {**covering.parameters, "reach": 99.0}
    assert "more than its capacity" in fault(
        "capacitated-covering", details=crowd, parameters=given
    )
    flow = median.details["flow"]
    assert "not in full" in fault("capacitated-p-median", details={"flow": flow[1:]})
    closed = next(j for j in range(9) if j not in median.open)
    moved = [[flow[0][0], closed, 1.0], *flow[1:]]
    assert "closed" in fault("capacitated-p-median", details={"flow": moved})
    for model in ("budget-p-median", "budget-covering", "sizes"):
        given = {**plans[model].parameters, "budget": 1.0}
        assert "the budget is {budget}" in fault(model, parameters=given)
    given = {**plans["equity"].parameters, "most_gini": 0.01}
    assert fault("equity", parameters=given) == "The Gini is above its bound."
    given = {**plans["least-gini"].parameters, "rules": [["worst", 1.0, None, None]]}
    assert fault("least-gini", parameters=given) == "Target {target} is not met."
    given = {**plans["goal-seek"].parameters, "targets": [["sites", 0, None, None]]}
    assert fault("goal-seek", parameters=given) == "Target {target} is not met."
    years = plans["phasing"].details["years"]
    other = [j for j in range(9) if j not in (*years[1], 5)][:1]
    assert "gone" in fault("phasing", details={"years": [[*other, 2], years[1]]})
    assert "other numbers" in fault("phasing", details={"years": [years[1], years[1]]})
    stages = [dict(stage) for stage in plans["lexicographic"].details["stages"]]
    stages[0]["value"] -= 1
    assert "gave up" in fault("lexicographic", details={"stages": stages})


def test_multipliers_of_the_capacitated_p_median_prove_without_the_solver() -> None:
    # Distances of 1 and 9 on a ring; the Lagrangian alone closes the gap on most such problems.
    problem = Problem.of(PROBLEM.cost, PROBLEM.weights, capacity=np.full(9, 70.0))
    data = {f.name: getattr(problem, f.name) for f in fields(problem)}
    for split in (False, True):
        plan = solve(problem, "capacitated-p-median", {"p": 3, "split": split})
        verdict = verify(plan.to_json(), data)
        assert verdict.holds
        assert verdict.bound == pytest.approx(plan.proof["lagrangian_bound"], rel=1e-9)
        assert 0.8 * plan.objective < verdict.bound <= plan.objective * (1 + 1e-9)
        assert verdict.rests_on_solver == (verdict.bound < plan.bound * (1 - 1e-9))


@pytest.mark.parametrize("model", ["budget-p-median", "moving"])
def test_multipliers_of_budgets_and_moves_prove_without_the_solver(
    model: str, plans: dict[str, Plan]
) -> None:
    plan = plans[model]
    verdict = verify(plan.to_json(), DATA)
    assert verdict.bound == pytest.approx(plan.proof["lagrangian_bound"], rel=1e-6)
    assert 0.8 * plan.objective < verdict.bound <= plan.objective * (1 + 1e-9)
    bold = {**plan.proof, "multipliers": [9999.0] * len(plan.proof["multipliers"])}
    assert lied(plan, proof=bold).bound < verdict.bound

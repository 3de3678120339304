"""The checker refuses whatever was changed, in the certificate or in the data."""

from __future__ import annotations

import ast
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cockpit.placement import checker, checker_bounds, checker_general
from cockpit.placement.checker import verify
from cockpit.placement.plan import Plan, read_certificate, seal
from cockpit.placement.problem import Problem
from cockpit.placement.solve import solve
from geodata.errors import InputError


def make() -> Problem:
    rng = np.random.default_rng(21)
    return Problem.of(
        rng.integers(1, 60, (40, 15)).astype(float),
        rng.integers(0, 9, 40),
        must=[2],
        forbidden=[5],
        spacing=[(0, 1), (3, 9)],
    )


PROBLEM = make()
DATA: dict[str, NDArray[Any]] = {f.name: getattr(PROBLEM, f.name) for f in fields(PROBLEM)}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solve(PROBLEM, "p-median", {"p": 4})


def resealed(plan: Plan, **changes: Any) -> dict[str, Any]:
    """Return a certificate that lies but carries a fitting sha256."""
    content = {**plan.certificate(), **changes}
    return {**content, "sha256": seal(content)}


def sentence(certificate: Any) -> str:
    verdict = verify(certificate, DATA)
    assert len(verdict.faults) == 1
    template, values = verdict.faults[0]
    return template.format(**values)


def test_imports_nothing_but_numpy_and_the_standard_library() -> None:
    parts = (checker, checker_bounds, checker_general)
    names = {
        f"{node.module}.{name.name}" if isinstance(node, ast.ImportFrom) else name.name
        for part in parts
        for node in ast.walk(ast.parse(Path(part.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    own = tuple(part.__name__ for part in parts)
    assert {name.split(".")[0] for name in names if not name.startswith(own)} <= {
        "__future__",
        "base64",
        "collections",
        "dataclasses",
        "hashlib",
        "json",
        "math",
        "numpy",
        "typing",
    }


def test_a_true_certificate_holds(plan: Plan) -> None:
    verdict = verify(plan.to_json(), DATA)
    assert verdict.holds
    assert verdict.objective == plan.objective
    assert verdict.bound == plan.bound == plan.objective
    assert not verdict.rests_on_solver


def test_any_changed_byte_is_refused(plan: Plan) -> None:
    text = plan.to_json()
    digits = [k for k, letter in enumerate(text) if letter.isdigit()]
    for k in digits[:: max(len(digits) // 60, 1)]:
        other = text[:k] + str((int(text[k]) + 1) % 10) + text[k + 1 :]
        if json.loads(other) == json.loads(text):
            continue  # a digit past what a float holds
        assert not verify(other, DATA).holds
        with pytest.raises(InputError, match=r"was changed after|no certificate of a plan"):
            read_certificate(other)


def test_other_data_is_refused(plan: Plan) -> None:
    other = {**DATA, "weights": DATA["weights"] + 1}
    template, _ = verify(plan.to_json(), other).faults[0]
    assert template == "The certificate is about other data: the sha256 of the arrays differs."


def test_lies_with_a_fitting_seal_are_refused(plan: Plan) -> None:
    sites = plan.open.tolist()
    without_must = [site for site in sites if site != 2]
    spare = next(s for s in range(15) if s not in (*sites, 5, 0, 1, 3, 9))
    assert sentence(resealed(plan, objective=plan.objective - 1)).startswith(
        f"The objective is {plan.objective}, the certificate says"
    )
    assert sentence(resealed(plan, open=sorted([*without_must, spare]))) == (
        "A site that must be open is closed."
    )
    assert sentence(resealed(plan, open=sorted([2, 5, *sites[2:]])[:4])) == (
        "A site that must not be open is open."
    )
    assert sentence(resealed(plan, open=[0, 1, 2, spare] if spare > 2 else [])) == (
        "Two open sites are too near to each other."
    )
    assert sentence(resealed(plan, open=sites[:3] if 2 in sites[:3] else sites[1:])) == (
        "3 sites are open; p is 4."
    )
    assert sentence(resealed(plan, open=sites[::-1])).startswith("The open sites are not positions")
    assert sentence(resealed(plan, model="other")) == "The checker does not know the model other."
    assert (
        sentence(resealed(plan, gap=0.5)) == "The gap is not the distance of objective and bound."
    )


def test_a_bound_that_the_multipliers_do_not_prove_is_refused(plan: Plan) -> None:
    proof = json.loads(json.dumps(plan.certificate()["proof"]))
    weak = [[0.0] * 40 for _ in proof["multipliers"]]
    words = sentence(resealed(plan, proof={**proof, "multipliers": weak}))
    assert words.startswith("The multipliers prove")
    bold = [[9999.0] * 40 for _ in proof["multipliers"]]
    assert sentence(resealed(plan, proof={**proof, "multipliers": bold})).startswith(
        "The multipliers prove"
    )
    assert sentence(resealed(plan, proof={**proof, "cutoff": 1.0})).startswith(
        "The multipliers prove 1"
    )


def test_a_plan_that_is_not_the_best_cannot_be_passed_off_as_proven(plan: Plan) -> None:
    worse = solve(PROBLEM, "p-median", {"p": 4}, gap=0.9)
    spare = next(s for s in range(15) if s not in (*plan.open, 5, 0, 1, 3, 9))
    keep = [s for s in plan.open if s == 2] + [s for s in plan.open if s != 2][1:]
    sites = np.array(sorted([*keep, spare]))
    cost = PROBLEM.cost[:, sites].min(axis=1) @ PROBLEM.weights
    assert cost > plan.objective
    liar = replace(plan, open=sites, objective=float(cost), bound=float(cost))
    assert not verify(liar.to_json(), DATA).holds
    assert verify(worse.to_json(), DATA).holds


def test_text_that_is_no_certificate_is_refused() -> None:
    assert not verify("{}", DATA).holds
    assert not verify("no json", DATA).holds
    with pytest.raises(InputError, match="not readable as JSON"):
        read_certificate("no json")
    with pytest.raises(InputError, match="its format is not placement-plan-1"):
        read_certificate("{}")


def test_a_solver_s_proof_is_said_to_rest_on_it() -> None:
    plan = solve(PROBLEM, "bclp", {"p": 3, "reach": 20.0})
    verdict = verify(plan.to_json(), DATA)
    assert verdict.holds
    assert verdict.rests_on_solver
    assert np.isnan(verdict.bound)


def test_a_solver_s_proof_without_a_log_that_says_so_is_refused() -> None:
    plan = solve(PROBLEM, "bclp", {"p": 3, "reach": 20.0})
    proof = dict(plan.proof)
    nothing = (
        f"Nothing proves the bound {plan.bound}: the certificate has no multipliers that do, and "
        "no log of HiGHS."
    )
    for lie in ({"kind": "solver"}, {**proof, "log": []}, {**proof, "log": "Optimal"}):
        assert sentence(resealed(plan, proof=lie)) == nothing
    other = [line for line in proof["log"] if "Dual bound" not in line]
    other.append(f"  Dual bound        {plan.bound + 1:g}")
    assert sentence(resealed(plan, proof={**proof, "log": other})) == (
        f"The log of HiGHS proves {plan.bound + 1}, the certificate says {plan.bound}."
    )


ALONE: list[tuple[str, dict[str, Any], float]] = [
    # Costs below: everybody has a site at 1, 2 and 3 minutes; 6 people, weights 1, 2, 3.
    ("budget-p-median", {"budget": 9.0}, 1 + 2 * 2 + 3 * 3),
    ("fixed-cost", {"rate": 0.5}, 2 + 0.5 * 14),
    ("moving", {"p": 2, "moving_cost": [0] * 3, "closing_cost": [0] * 3, "opening_cost": [0] * 3},
     14),
    ("capacitated-covering", {"p": 2, "reach": 2.0, "split": False}, 3),
    ("budget-covering", {"budget": 9.0, "reach": 3.0}, 6),
    ("equity", {"goal": "p-median", "group_weights": [1.0, 10.0]}, 1 + 4 + 90),
    ("equity", {"goal": "covering", "group_weights": None, "reach": 2.0}, 3),
    ("phasing", {"goal": "covering", "numbers": [1, 2], "people": [[1, 2, 3], [5, 5, 5]],
                 "year_weights": [1.0, 2.0], "reach": 2.0}, 3 + 2 * 10),
    ("capacitated-set-covering", {}, 1),
    ("goal-seek", {}, 2),
    ("least-gini", {}, 0),
]  # fmt: skip


@pytest.mark.parametrize(("model", "given", "value"), ALONE)
def test_what_all_sites_together_reach_no_plan_beats(
    model: str, given: dict[str, Any], value: float
) -> None:
    problem = Problem.of(
        [[1, 5, 9], [9, 2, 5], [5, 9, 3]], [1, 2, 3], must=[0], site_cost=[2, 0, 0],
        groups=[0, 0, 1],
    )  # fmt: skip
    data = {f.name: getattr(problem, f.name) for f in fields(problem)}
    plan = {"model": model, "parameters": given, "details": {}}
    assert checker_bounds.alone(plan, data) == pytest.approx(value)


def test_p_dispersion_without_a_search_rests_on_the_distances() -> None:
    # The two farthest, 9 apart, are open at once: there is nothing to search.
    problem = Problem.of([[0, 3, 9], [3, 0, 5], [9, 5, 0]])
    plan = solve(problem, "p-dispersion", {"p": 2})
    data = {f.name: getattr(problem, f.name) for f in fields(problem)}
    verdict = verify(plan.to_json(), data)
    assert (plan.objective, verdict.holds, verdict.bound) == (9, True, 9)
    assert not verdict.rests_on_solver


@pytest.mark.parametrize(
    ("model", "given"),
    [
        ("capacitated-covering", {"p": 4, "reach": 20.0}),
        ("equity", {"p": 4, "group_weights": [3.0]}),
        ("fixed-cost", {"rate": 0.3}),
    ],
)
def test_multipliers_prove_without_the_solver(model: str, given: dict[str, Any]) -> None:
    plan = solve(PROBLEM, model, given)
    proven = checker_bounds.bound(plan.certificate(), DATA)
    assert proven == pytest.approx(plan.proof["lagrangian_bound"], rel=1e-6)
    assert verify(plan.to_json(), DATA).holds
    # Whatever the multipliers are, they never prove what is not so.
    rng = np.random.default_rng(5)
    for _ in range(20):
        wild = (np.array(plan.proof["multipliers"]) * rng.uniform(0, 2)).tolist()
        content = {**plan.certificate(), "proof": {**plan.proof, "multipliers": wild}}
        found = checker_bounds.bound(content, DATA)
        more = model == "capacitated-covering"
        assert found >= plan.objective - 1e-9 if more else found <= plan.objective + 1e-9

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

from cockpit.placement import checker, checker_general
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
    text = Path(checker.__file__).read_text(encoding="utf-8")
    tree = ast.parse(text.replace("from cockpit.placement import checker_general as general", ""))
    tree.body += ast.parse(Path(checker_general.__file__).read_text(encoding="utf-8")).body
    roots = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert roots <= {
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

"""What proves a scenario's plan: its certificate, checked again on the data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from cockpit.answers.scenarios import Scenario
from cockpit.answers.siting import Ground, pose
from cockpit.answers.siting_fit import Fitted, fit
from cockpit.answers.siting_front_proof import FRONT
from cockpit.memo.facts import Basis, FrontWord, Proof
from cockpit.memo.sheet import by_path
from cockpit.placement.checker import Verdict, verify
from cockpit.placement.models import MODELS
from cockpit.placement.plan import CLOSED, read_certificate
from geodata.errors import InputError

_SAME_GOAL = {
    "mclp": "then.covered",
    "budget-covering": "then.covered",
    "p-median": "then.person_minutes",
    "budget-p-median": "then.person_minutes",
    "p-center": "then.worst",
    "lscp": "sites.then",
}
"""Figure that a model's objective is, for a plan made otherwise."""


def proof_of(ground: Ground, scenario: Scenario) -> Proof | None:
    """
    Return what the scenario's certificate proves; None for a plan that has none.

    The checker, which shares no code with the solvers, makes objective and bound anew.

    Raises
    ------
    InputError
        If the certificate was changed, is about other data, or does not hold: what is wrong.
    """
    if not scenario.certificate:
        return None
    content = read_certificate(scenario.certificate)
    made = _fitted(ground, scenario, content)
    arrays = {field.name: getattr(made.problem, field.name) for field in fields(made.problem)}
    verdict = verify(content, arrays)
    if not verdict.holds:
        sentence, values = verdict.faults[0]
        raise InputError(sentence, **values)
    model = MODELS[content["model"]]
    own = _is_own(ground, scenario, made, content["open"])
    return Proof(
        model=model.id,
        title=model.title,
        note=model.note,
        unit=model.unit,
        parameters=content["parameters"],
        objective=float(content["objective"]),
        bound=float(content["bound"]),
        gap=float(content["gap"]),
        proven=float(content["gap"]) <= CLOSED,
        basis=_basis(verdict),
        sha256=str(content["sha256"]),
        counted=verdict.objective,
        bounded=math.nan if verdict.rests_on_solver else verdict.bound,
        own=own,
        reached=math.nan if own else _reached(scenario, model.id),
        years=_years(ground, made, content) if own else (),
        hidden=own and _is_hidden(ground, scenario, model.id),
    )


def front_of(scenario: Scenario) -> FrontWord | None:
    """Return what the search of the front said of a plan that has no certificate of its own."""
    known = scenario.parameters.get(FRONT)
    if scenario.certificate or not isinstance(known, Mapping):
        return None
    return FrontWord(
        _number(known, "floor"), _number(known, "bound"), _number(known, "gap"),
        known.get("proven") is True,
    )  # fmt: skip


def _number(known: Mapping[str, Any], name: str) -> float:
    value = known.get(name)
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if good else math.nan  # type: ignore[arg-type]


def _years(ground: Ground, made: Fitted, content: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Return the sites that are open in each year of a plan of several."""
    years: Iterable[list[int]] = content.get("details", {}).get("years", ())
    return tuple(
        tuple(
            ground.sites[site]
            for site in (*made.sites[np.array(year, dtype=np.intp)].tolist(), *made.always)
        )
        for year in years
    )


def _is_hidden(ground: Ground, scenario: Scenario, model: str) -> bool:
    """Tell whether the objective is a figure of a sensitive group that is not shown."""
    if not ground.q.sensitive:
        return False
    path = _SAME_GOAL.get(model)
    figures = by_path(scenario.figures)
    asked = (path,) if path else ("then.covered", "then.person_minutes")
    return any(figures.get(one) is None for one in asked if one != "then.worst")


def _fitted(ground: Ground, scenario: Scenario, content: Mapping[str, Any]) -> Fitted:
    """Return the problem that the certificate is about: all of it, or the part that was solved."""
    posed = pose(ground, scenario.rules)
    if "candidates" not in content.get("source", {}):
        return Fitted(posed.problem, posed.sites, (), ())
    return fit(str(content["model"]), ground, posed, content["parameters"])


def _is_own(ground: Ground, scenario: Scenario, made: Fitted, chosen: list[int]) -> bool:
    """Tell whether the scenario's plan is the certificate's."""
    theirs = {*made.sites[np.array(chosen, dtype=np.intp)].tolist(), *made.always}
    return theirs == set(ground.open_sites(scenario.layout))


def _basis(verdict: Verdict) -> Basis:
    if not verdict.rests_on_solver:
        return "numbers"
    return "solver" if math.isnan(verdict.bound) else "both"


def _reached(scenario: Scenario, model: str) -> float:
    found = by_path(scenario.figures).get(_SAME_GOAL.get(model, ""))
    return math.nan if found is None else found

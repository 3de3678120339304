"""What a point of the front says for itself: a certificate where a plain model has its plan."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from cockpit.answers.siting_figures import figures
from cockpit.answers.siting_fit import Fitted, fit, posed_of
from cockpit.answers.siting_front import FrontPoint
from cockpit.answers.siting_ground import UNREACHED_MINUTES, Ground
from cockpit.answers.siting_parameters import parameters
from cockpit.answers.siting_rules import Rules
from cockpit.answers.siting_run import source_of
from cockpit.placement.checker import verify
from cockpit.placement.formulation import assigned
from cockpit.placement.plan import Plan
from cockpit.placement.solve import solve
from geodata.errors import InputError

FRONT = "front"
"""Name under which a scenario without a certificate keeps what the search of the front said."""

_SECONDS = 10.0  # for one plan whose best figure is known already
_SAME = 1e-9  # relative: the same people, added up in another order


@dataclass(frozen=True)
class Said:
    """How a point is stored as a scenario."""

    model: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    certificate: str = ""


def said_of(ground: Ground, rules: Rules, point: FrontPoint) -> Said:
    """
    Return the certificate of a point, or what the search said of it.

    A point without a floor covers most people for its cost. That is the plan of a plain model,
    "mclp" or "budget-covering", which is solved again: its bound holds for every plan of the
    question, so that the certificate takes the point's own sites. A point with a floor has no such
    model; its figures are kept in ``parameters[FRONT]``.
    """
    plan = None if point.floor > 0 or math.isnan(point.covered) else _plan(ground, rules, point)
    if plan is not None:
        return Said(plan.model, plan.parameters, plan.to_json())
    known = {"floor": point.floor, "proven": point.proven, "fairest": point.fairest}
    if not math.isnan(point.bound):
        known |= {"bound": point.bound, "gap": point.gap}
    return Said(parameters={FRONT: known})


def _plan(ground: Ground, rules: Rules, point: FrontPoint) -> Plan | None:
    hidden = math.isnan(figures(ground, point.layout).then.covered)
    model = "mclp" if rules.existing == "keep" else "budget-covering"
    free = model == "budget-covering" and rules.new_cost == 0 == rules.kept_cost
    if hidden or free or ground.q.minutes >= UNREACHED_MINUTES:
        return None
    posed = posed_of(ground, rules)
    chosen = np.array(ground.open_sites(point.layout), dtype=np.intp)
    given = (
        {"p": len(chosen)}
        if model == "mclp"
        else {"budget": float(posed.problem.site_cost[np.isin(posed.sites, chosen)].sum())}
    )
    try:
        asked = parameters(model, ground, posed, given)
        fitted = fit(model, ground, posed, asked)
        made = solve(fitted.problem, model, asked, seconds=_SECONDS)
    except InputError:  # no certificate, then: the point itself stands
        return None
    return _with_sites(ground, rules, fitted, made, chosen)


def _with_sites(
    ground: Ground, rules: Rules, fitted: Fitted, made: Plan, chosen: np.ndarray
) -> Plan | None:
    """Return the plan with the point's sites; None where they are worth something else."""
    columns = np.flatnonzero(np.isin(fitted.sites, chosen))
    names = [ground.sites[int(fitted.sites[column])] for column in columns]
    source = {**source_of(ground, rules), "open": names}
    problem = fitted.problem
    reach = float(made.parameters["reach"])
    plan = replace(
        made,
        open=columns,
        assignment=assigned(problem, columns, limit=reach),
        details={name: made.details[name] for name in made.details if name != "cost"}
        | ({"cost": float(problem.site_cost[columns].sum())} if "cost" in made.details else {}),
        source=source,
    )
    covered = float(problem.weights[(problem.cost[:, columns] <= reach).any(axis=1)].sum())
    if abs(covered - made.objective) > _SAME * max(abs(covered), 1.0):
        return None
    arrays = {one.name: getattr(problem, one.name) for one in fields(problem)}
    return plan if verify(plan.certificate(), arrays).holds else None

"""Who is served where within capacities: the program, whole or divided, and its plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cockpit.placement.formulation import (
    Floats,
    Linear,
    Pairs,
    Positions,
    Siting,
    limit_load,
    serve,
)
from cockpit.placement.milp import Outcome
from cockpit.placement.plan import Plan
from cockpit.placement.problem import Problem
from cockpit.placement.solving import Search, plan_of

HAIR = 1e-6  # of a person: what a solver leaves where whole people are meant
_DUST = 1e-9  # a share below is nothing


@dataclass(frozen=True)
class Serving:
    """A program in which open sites serve points within their capacities."""

    siting: Siting
    points: Positions
    pairs: Pairs
    load: Floats
    split: bool
    everyone: bool

    @classmethod
    def of(
        cls,
        problem: Problem,
        load: Floats,
        *,
        split: bool,
        everyone: bool,
        reach: float = np.inf,
        maximise: bool = False,
    ) -> Serving:
        """Begin a program: who is served where, whole or divided, all or as many as possible."""
        siting = Siting.of(problem, maximise=maximise)
        points = np.flatnonzero((problem.weights > 0) | (load > 0))
        pairs = serve(siting, points, split=split, everyone=everyone, limit=reach)
        limit_load(siting, pairs, load, problem.capacity)
        return cls(siting, points, pairs, load, split, everyone)

    @property
    def person_minutes(self) -> Linear:
        """Return the people's minutes altogether, as a linear figure."""
        problem, pairs = self.siting.problem, self.pairs
        value = problem.weights[pairs.cell] * problem.cost[pairs.cell, pairs.site]
        return Linear(np.zeros(1), np.zeros_like(pairs.cell), pairs.column, value)

    @property
    def people(self) -> Linear:
        """Return the people who are served, as a linear figure."""
        value = self.siting.problem.weights[self.pairs.cell]
        return Linear(np.zeros(1), np.zeros_like(self.pairs.cell), self.pairs.column, value)

    def shares(self, x: Floats) -> Floats:
        """Return the share of each pair without the last digits that a solver leaves."""
        pairs, load = self.pairs, self.load[self.pairs.cell]
        share = np.where(x[pairs.column] < _DUST, 0.0, np.minimum(x[pairs.column], 1.0))
        whole = np.rint(share * load)
        near = (np.abs(share * load - whole) <= HAIR * np.maximum(load, 1.0)) & (load > 0)
        rooms = self.siting.problem.capacity[np.isfinite(self.siting.problem.capacity)]
        if near[load > 0].all() and _whole(self.load) and _whole(rooms):
            return np.where(load > 0, whole / np.maximum(load, _DUST), share)
        n = self.siting.problem.n_demand
        total = np.bincount(pairs.cell, share, minlength=n)[pairs.cell]
        return share / np.maximum(total, _DUST) if self.everyone else share / np.maximum(total, 1.0)


def _whole(values: Floats) -> bool:
    return bool((values == np.rint(values)).all())


@dataclass(frozen=True)
class Counted:
    """Adds a plan up anew: open sites and objective from the columns."""

    served: Serving
    goal: Linear

    def cleaned(self, x: Floats) -> Floats:
        """Return the columns with shares that add up."""
        clean = x.copy()
        clean[self.served.pairs.column] = self.served.shares(x)
        return clean

    def __call__(self, x: Floats) -> tuple[Positions, float]:
        """Return open sites and objective."""
        return self.served.siting.chosen(x), float(self.goal.at(self.cleaned(x))[0])

    def flow(self, x: Floats) -> list[list[float]]:
        """Return [point, site, share] of everything that is served."""
        pairs, share = self.served.pairs, self.served.shares(x)
        used = np.flatnonzero(share > 0)
        return [[int(pairs.cell[k]), int(pairs.site[k]), float(share[k])] for k in used]


def plan_of_flow(
    problem: Problem,
    model: str,
    parameters: Mapping[str, Any],
    search: Search,
    outcome: Outcome,
    counted: Counted,
    floor: float,
    proof: Mapping[str, Any],
) -> Plan:
    """Put the plan together; ``assignment`` is the site that serves most of a point."""
    if outcome.x is None:
        raise RuntimeError("a plan was promised")
    chosen, objective = counted(outcome.x)
    flow = counted.flow(outcome.x)
    assignment, most = np.full(problem.n_demand, -1), np.zeros(problem.n_demand)
    for point, site, share in flow:
        if share > most[int(point)]:
            assignment[int(point)], most[int(point)] = int(site), share
    return plan_of(
        problem,
        model,
        parameters,
        search,
        outcome,
        chosen=chosen,
        assignment=assignment,
        objective=objective,
        floor=floor,
        details={"flow": flow} if parameters["split"] else {"assignment": assignment.tolist()},
        proof=proof,
    )


def polished(served: Serving, outcome: Outcome) -> Outcome:
    """Divide the points anew among the open sites: rounding may have moved what they can take."""
    if outcome.x is None:
        return outcome
    open_now = np.zeros(len(served.siting.open))
    open_now[served.siting.chosen(outcome.x)] = 1
    again = served.siting.program.fixed(served.siting.open, open_now).solve(seconds=30)
    return outcome if again.x is None else replace(outcome, x=again.x)

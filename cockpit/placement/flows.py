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
from cockpit.placement.milp import Outcome, Program
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
    reach: float  # nobody is served beyond it; inf: any way will do

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
        return cls(siting, points, pairs, load, split, everyone, reach)

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


@dataclass(frozen=True)
class Flow:
    """Who is served where by some open sites, divided: the best for these sites."""

    chosen: Positions
    cell: Positions  # (n,)
    site: Positions  # (n,)
    share: Floats  # (n,) of the cell
    value: float  # person-minutes, or people served

    def columns(self, served: Serving) -> Floats | None:
        """Return the columns of a program; None: it does not know one of the ways."""
        pairs, n = served.pairs, served.siting.problem.n_sites
        known, used = pairs.cell * n + pairs.site, self.share > 0
        asked = (self.cell * n + self.site)[used]
        at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        if not len(known) or (known[at] != asked).any():
            return None
        x = np.zeros(served.siting.program.n_columns)
        x[served.siting.open[self.chosen]] = 1
        x[pairs.column[at]] = self.share[used]
        return x


def divided(
    problem: Problem,
    load: Floats,
    chosen: Positions,
    *,
    everyone: bool,
    reach: float = np.inf,
    seconds: float = 60.0,
) -> Flow | None:
    """
    Divide the points among open sites: everyone in the fewest person-minutes, or most people.

    A transport problem, linear and quick. None: the sites hold too little, or time ran out.
    """
    points = np.flatnonzero((problem.weights > 0) | (load > 0))
    cost = problem.cost[np.ix_(points, chosen)]
    row, at = np.nonzero(np.isfinite(cost) & (cost <= reach))
    weight = problem.weights[points[row]]
    program = Program(maximise=not everyone)
    column = program.columns(len(row), cost=weight * cost[row, at] if everyone else weight)
    program.rows(row, column, n=len(points), lower=float(everyone), upper=1)
    program.rows(at, column, load[points[row]], n=len(chosen), upper=problem.capacity[chosen])
    outcome = program.solve(seconds=seconds)
    if outcome.x is None:
        return None
    share = np.maximum(outcome.x, 0.0)
    return Flow(chosen, points[row], chosen[at], share, outcome.objective)


def polished(served: Serving, outcome: Outcome, seconds: float) -> Outcome:
    """Divide the points anew among the open sites: rounding may have moved what they can take."""
    if outcome.x is None:
        return outcome
    flow = divided(
        served.siting.problem,
        served.load,
        served.siting.chosen(outcome.x),
        everyone=served.everyone,
        reach=served.reach,
        seconds=seconds,
    )
    x = None if flow is None else flow.columns(served)
    return outcome if x is None else replace(outcome, x=x)

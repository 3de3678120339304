"""What is known of a capacitated problem before the solver begins: a bound, and plans at once."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.capacitated_bound import (
    Bound,
    Heuristic,
    Transport,
    closed_for_sure,
    lagrangian,
)
from cockpit.placement.flows import Flow, Serving, divided
from cockpit.placement.formulation import Floats, Positions
from cockpit.placement.plan import Step
from cockpit.placement.problem import Problem
from cockpit.placement.solving import PATIENCE_S, Search


def _transport(
    problem: Problem, points: Positions, load: Floats, p: int, reach: float | None
) -> Transport:
    """
    Return who may be served where; sites are the allowed ones.

    With a reach, serving costs nothing within it and one more site, always open, stands for not
    being served, which costs the point's people: the least cost is then the fewest left over.
    """
    sites = np.flatnonzero(problem.allowed)
    cost = problem.cost[np.ix_(points, sites)].astype(np.float64)
    weights = problem.weights[points, np.newaxis]
    cost = np.where(np.isfinite(cost), weights * np.where(np.isfinite(cost), cost, 0.0), np.inf)
    capacity, must = problem.capacity[sites], problem.must[sites]
    if reach is None:
        return Transport(cost, load[points], capacity, must, p)
    within = problem.cost[np.ix_(points, sites)] <= reach
    cost = np.concatenate((np.where(within, 0.0, np.inf), weights), axis=1)
    return Transport(cost, load[points], np.append(capacity, np.inf), np.append(must, True), p + 1)


@dataclass(frozen=True)
class Begun:
    """What the Lagrangian has found before the solver begins."""

    bound: Bound
    found: Heuristic  # sites as in the problem
    flow: Flow | None  # a plan of divided points
    closed: NDArray[np.bool_]  # (n_sites,) open in no better plan
    stopped: bool
    floor: float  # the bound, in the unit of the objective


def bounded(
    problem: Problem,
    points: Positions,
    load: Floats,
    p: int,
    search: Search,
    *,
    split: bool,
    reach: float | None = None,
) -> Begun:
    """Bound and find plans, divided ones at once and of whole points, in a third of the time."""
    sites = np.append(np.flatnonzero(problem.allowed), [] if reach is None else [-1]).astype(int)
    transport = _transport(problem, points, load, p, reach)
    total = float(problem.weights[points].sum())
    flow = _largest(problem, load, p, search, reach) if split else None

    def worth(cost: float) -> float:
        return cost if reach is None else total - cost

    known = Heuristic(np.inf, np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp))
    if flow is not None:
        known = replace(known, cost=worth(flow.value), chosen=flow.chosen)
    told, stopped = -np.inf, False

    def placed(found: Heuristic) -> Positions:
        chosen = sites[found.chosen]
        return chosen[chosen >= 0]

    def going(found: Heuristic, bound: Bound) -> bool:
        nonlocal known, told, stopped
        seconds = time.perf_counter() - search.began
        # Without a better plan it is told each second all the same: it may want to stop.
        news = found.cost < known.cost or seconds - told > PATIENCE_S
        if search.progress is not None and news:
            told, chosen = seconds, placed(found)
            if found.cost < known.cost and not problem.too_near(chosen):
                known = replace(found, chosen=chosen)
            if np.isfinite(known.cost):
                step = Step(known.chosen, worth(known.cost), worth(bound.value), seconds, "bound")
                stopped = search.progress(step) is False
        return not stopped and seconds < search.seconds / 3

    bound, found = lagrangian(transport, split=split, rounds=600, going=going)
    if problem.too_near(placed(found)):
        found = replace(found, cost=np.inf)
    closed = np.zeros(problem.n_sites, dtype=np.bool_)
    closed[sites[closed_for_sure(transport, bound, min(found.cost, known.cost))]] = True
    found = replace(found, chosen=placed(found), site=sites[found.site])
    return Begun(bound, found, flow, closed, stopped, worth(bound.value))


def _largest(
    problem: Problem, load: Floats, p: int, search: Search, reach: float | None
) -> Flow | None:
    """Divide the points among the p sites that hold most: a plan to begin with, at once."""
    rank = np.where(problem.must, np.inf, np.where(problem.allowed, problem.capacity, -1.0))
    near = np.zeros(problem.n_sites)
    if reach is not None:
        near = (problem.weights[:, np.newaxis] * (problem.cost <= reach)).sum(axis=0)
        rank = np.where(problem.must, np.inf, np.minimum(rank, near))
    chosen = np.sort(np.lexsort((-near, -rank))[:p])
    if problem.too_near(chosen):
        return None
    return divided(
        problem,
        load,
        chosen,
        everyone=reach is None,
        reach=np.inf if reach is None else reach,
        seconds=search.left / 3,
    )


def begun_columns(served: Serving, begun: Begun) -> Floats | None:
    """Return the columns of the better plan to begin with, of whole or of divided points."""
    found, flow = begun.found, begun.flow
    total = float(served.siting.problem.weights[served.points].sum())
    worth = np.inf if flow is None else flow.value if served.everyone else total - flow.value
    if flow is not None and worth < found.cost:
        return flow.columns(served)
    if not np.isfinite(found.cost):
        return None
    x = np.zeros(served.siting.program.n_columns)
    x[served.siting.open[found.chosen]] = 1
    site = np.full(served.siting.problem.n_demand, -1)
    site[served.points] = found.site
    x[served.pairs.column[site[served.pairs.cell] == served.pairs.site]] = 1
    return x

"""Sites that can take only so many: capacitated p-median, maximal covering and set covering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cockpit.placement.capacitated_begin import Begun, begun_columns, bounded
from cockpit.placement.capacitated_bound import Bound
from cockpit.placement.flows import HAIR, Counted, Serving, plan_of_flow, polished
from cockpit.placement.formulation import Floats, Linear, Positions, check_reached, figure
from cockpit.placement.milp import Outcome, Status
from cockpit.placement.plan import CLOSED, Plan, Progress, gap_of
from cockpit.placement.problem import Problem, check_limit, check_p
from cockpit.placement.solving import Search
from geodata.errors import InputError


def solve_capacitated_p_median(
    problem: Problem,
    p: int,
    *,
    split: bool = False,
    load: ArrayLike | None = None,
    seconds: float = 60.0,
    seed: int = 0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Open p sites and send everybody to one with room, in the fewest person-minutes altogether.

    min sum w_i d_ij x_ij;  sum_j x_ij = 1;  x_ij <= y_j;  sum_i l_i x_ij <= C_j y_j;
    sum_j y_j = p. Who is sent where is the plan's choice, not everybody's own: some pass a near
    site so that others fit in there. A load exactly at the capacity fits.

    Parameters
    ----------
    p
        Number of sites, must sites included; all capacities may not suffice for fewer.
    split
        True: a demand point may be divided among sites (shares in ``details["flow"]``); False: each
        goes to one site as a whole, which can be impossible where divided points would fit.
    load
        What each point takes of a capacity, shape ``(n_demand,)``; without, its people.
    seconds, seed, gap, progress
        As for ``solve``.

    Returns
    -------
    Plan
        ``objective`` in person-minutes, added up from the plan. ``assignment``: the site that
        serves (most of) a point; points without people and load: -1. The proof has the solver's log
        and the multipliers of a Lagrangian bound that can be checked without the solver.

    Raises
    ------
    InputError
        If p does not fit, a point reaches no allowed site, the p largest capacities hold less than
        all loads (it says how much is missing), or whole points cannot be packed.

    References
    ----------
    Osman, I. H. and Christofides, N. (1994), "Capacitated clustering problems by hybrid simulated
    annealing and tabu search", International Transactions in Operational Research 1(3), 317-336.
    """
    search = Search(seconds, seed, gap, progress)
    p = check_p(p, problem.must, problem.forbidden)
    loads = _loads(problem, load)
    points = np.flatnonzero((problem.weights > 0) | (loads > 0))
    check_reached(problem, points)
    _check_room(problem, points, loads, split=split, p=p)
    begun = bounded(problem, points, loads, p, search, split=split)
    bound = begun.bound
    slim = replace(problem, forbidden=problem.forbidden | begun.closed)
    served = Serving.of(slim, loads, split=split, everyone=True)
    served.siting.number(at_least=p, at_most=p)
    goal = served.person_minutes
    goal.aim(served.siting.program)
    served.siting.program.row(goal.column, goal.value, lower=bound.value - 1e-7 * abs(bound.value))
    counted = Counted(served, goal)
    outcome = _searched(served, counted, begun, search)
    if outcome.status == "infeasible":
        raise _no_room(problem, loads, p, search, split=split)
    if split:
        outcome = polished(served, outcome, max(search.left, _LAST_S))
    proof = _proof(points, bound, begun.floor)
    parameters = {"p": p, "split": split, **({} if load is None else {"load": loads.tolist()})}
    plan = plan_of_flow(
        problem, "capacitated-p-median", parameters, search, outcome, counted, bound.value, proof
    )
    return replace(plan, bound=max(plan.bound, min(bound.value, plan.objective)))


def _proof(points: Positions, bound: Bound, floor: float) -> dict[str, Any]:
    """Return what the Lagrangian proves, so that it can be checked without the solver."""
    return {
        "multipliers": [float(u) for u in bound.multipliers],
        "points": points.tolist(),
        "knapsacks": "whole" if bound.whole else "parts",
        "lagrangian_bound": floor,
    }


def _searched(served: Serving, counted: Counted, begun: Begun, search: Search) -> Outcome:
    """Let HiGHS go on from the plan that was found, unless that is proven or has been stopped."""
    start, bound = begun_columns(served, begun), begun.floor
    if start is None:
        return search.run(served.siting.program, counted, floor=begun.floor)
    cost = counted(start)[1]
    if begun.stopped or gap_of(cost, bound) <= max(search.gap, CLOSED) or not search.left:
        status: Status = "stopped" if begun.stopped else "proven"
        return Outcome(status, start, cost, bound, np.zeros(0), 0.0, "")
    outcome = search.run(served.siting.program, counted, floor=bound, start=start, must=False)
    if outcome.status == "stopped" and (
        outcome.x is None or _worse(counted, outcome.x, start, served.siting.program.maximise)
    ):
        return replace(outcome, x=start)
    return outcome


def _worse(counted: Counted, x: Floats, start: Floats, maximise: bool) -> bool:
    """Return whether a plan is worse than the one the search began with."""
    more = counted(x)[1] - counted(start)[1]
    return more < 0 if maximise else more > 0


def solve_capacitated_covering(
    problem: Problem,
    p: int,
    reach: float,
    *,
    split: bool = False,
    load: ArrayLike | None = None,
    seconds: float = 60.0,
    seed: int = 0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Open p sites and serve as many people as possible within reach and within the capacities.

    max sum w_i x_ij over d_ij <= reach;  sum_j x_ij <= 1;  x_ij <= y_j;  sum_i l_i x_ij <= C_j y_j;
    sum_j y_j = p. Exactly at the reach is within, a load exactly at the capacity fits. ``split``,
    ``load`` and the rest as for ``solve_capacitated_p_median``; ``objective`` is in people, the
    bound is from above. Points that are not served have assignment -1.

    References
    ----------
    Current, J. R. and Storbeck, J. E. (1988), "Capacitated covering models", Environment and
    Planning B 15(2), 153-163.
    """
    search = Search(seconds, seed, gap, progress)
    p, reach = check_p(p, problem.must, problem.forbidden), check_limit(reach)
    loads = _loads(problem, load)
    points = np.flatnonzero((problem.weights > 0) | (loads > 0))
    begun = bounded(problem, points, loads, p, search, split=split, reach=reach)
    slim = replace(problem, forbidden=problem.forbidden | begun.closed)
    served = Serving.of(slim, loads, split=split, everyone=False, reach=reach, maximise=True)
    served.siting.number(at_least=p, at_most=p)
    parameters = {"p": p, "reach": reach, "split": split}
    parameters |= {} if load is None else {"load": loads.tolist()}
    plan = solve_serving(
        served,
        served.people,
        "capacitated-covering",
        parameters,
        search,
        floor=min(begun.floor, _reachable(problem, reach)),
        none=lambda: InputError(TOO_NEAR, p=p),
        begun=begun,
    )
    proof = {**plan.proof, **_proof(points, begun.bound, begun.floor)}
    return replace(plan, data=problem.digest, proof=proof)


_LAST_S = 2.0  # for dividing the points anew when the time is over
TOO_NEAR = "No {p} sites keep the spacing; ask for fewer sites or for less spacing."


def solve_capacitated_set_covering(
    problem: Problem,
    reach: float,
    *,
    split: bool = False,
    load: ArrayLike | None = None,
    seconds: float = 60.0,
    seed: int = 0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Open the fewest sites that serve everybody within reach and within the capacities.

    min sum_j y_j;  sum_j x_ij = 1 over d_ij <= reach;  x_ij <= y_j;  sum_i l_i x_ij <= C_j y_j. The
    limits count as within. ``split``, ``load`` and the rest as for ``solve_capacitated_p_median``;
    ``objective`` is a number of sites and the bound is rounded up to a whole one.

    Raises
    ------
    InputError
        If a point has no allowed site within reach (it says which reach would do) or the capacities
        do not suffice (it says how much is missing).

    References
    ----------
    Current, J. R. and Storbeck, J. E. (1988), as for ``solve_capacitated_covering``.
    """
    search = Search(seconds, seed, gap, progress)
    reach, loads = check_limit(reach), _loads(problem, load)
    points = np.flatnonzero((problem.weights > 0) | (loads > 0))
    check_reached(problem, points, limit=reach)
    _check_room(problem, points, loads, split=split, p=int(problem.allowed.sum()))
    served = Serving.of(problem, loads, split=split, everyone=True, reach=reach)
    columns = served.siting.open
    goal = Linear(np.zeros(1), np.zeros_like(columns), columns, np.ones(len(columns)))
    parameters = {"reach": reach, "split": split}
    parameters |= {} if load is None else {"load": loads.tolist()}
    n = int(problem.allowed.sum())
    plan = solve_serving(
        served,
        goal,
        "capacitated-set-covering",
        parameters,
        search,
        floor=0.0,
        none=lambda: _no_room(problem, loads, n, search, split=split, reach=reach),
    )
    return replace(plan, bound=float(np.ceil(plan.bound - 1e-6)))


def solve_serving(
    served: Serving,
    goal: Linear,
    model: str,
    parameters: Mapping[str, Any],
    search: Search,
    *,
    floor: float,
    none: Callable[[], InputError],
    begun: Begun | None = None,
) -> Plan:
    """Solve a program of serving for one goal; ``none``: the error when no plan exists."""
    goal.aim(served.siting.program, maximise=served.siting.program.maximise)
    counted = Counted(served, goal)
    if begun is None:
        outcome = search.run(served.siting.program, counted, floor=floor)
    else:
        outcome = _searched(served, counted, begun, search)
    if outcome.status == "infeasible":
        raise none()
    if served.split:
        outcome = polished(served, outcome, max(search.left, _LAST_S))
    problem = served.siting.problem
    return plan_of_flow(problem, model, parameters, search, outcome, counted, floor, {})


def _loads(problem: Problem, load: ArrayLike | None) -> Floats:
    if load is None:
        return problem.weights
    found = np.asarray(load, dtype=np.float64)
    if found.shape != (problem.n_demand,):
        raise InputError(
            "{name} has shape {found}; expected ({n},).",
            name="load",
            found=found.shape,
            n=problem.n_demand,
        )
    if not (found >= 0).all() or not np.isfinite(found).all():
        raise InputError("{name} has negative or missing values.", name="load")
    return found


def _check_room(problem: Problem, points: Positions, load: Floats, *, split: bool, p: int) -> None:
    """Refuse capacities that cannot hold the loads, and say how much is missing."""
    room = np.where(problem.allowed, problem.capacity, 0.0)
    order = np.argsort(np.where(problem.must, -np.inf, -room), kind="stable")[:p]
    held, needed = float(room[order].sum()), float(load[points].sum())
    if held < needed:
        raise InputError(
            "With the sites that must be open {p} sites hold at most {held} but {needed} are "
            "needed: {missing} are missing; add capacity or sites."
            if problem.must.any()
            else "The {p} largest sites hold {held} but {needed} are needed: {missing} are "
            "missing; add capacity or sites.",
            p=p,
            held=figure(held),
            needed=figure(needed),
            missing=figure(needed - held),
        )
    if split:
        return
    most = np.where(np.isfinite(problem.cost[points]), room, 0.0).max(axis=1)
    over = points[load[points] > most]
    if over.size:
        raise InputError(
            "Demand point {point} needs {load} but no site it can reach holds more than "
            "{most}; allow points to be divided.",
            point=int(over[0]),
            load=figure(float(load[over[0]])),
            most=figure(float(most[np.searchsorted(points, over[0])])),
        )


def _no_room(
    problem: Problem,
    load: Floats,
    p: int,
    search: Search,
    *,
    split: bool,
    reach: float = np.inf,
) -> InputError:
    """Say why not all can be served: how many are too many, or that whole points do not fit."""
    taken = Serving.of(problem, load, split=True, everyone=False, reach=reach, maximise=True)
    taken.siting.number(at_most=p)
    at = taken.pairs
    taken.siting.program.aim(at.column, load[at.cell], maximise=True)
    outcome = taken.siting.program.solve(seconds=max(search.left, 5.0), seed=search.seed)
    if outcome.status == "infeasible":
        return InputError(TOO_NEAR, p=p)
    missing = float(load.sum() - outcome.bound)
    if outcome.status == "proven" and missing > HAIR * max(1.0, float(load.sum())):
        return InputError(
            "{missing} of {needed} find no room at the sites they can reach, however {p} "
            "sites are chosen; add capacity there, sites or reach.",
            missing=figure(missing),
            needed=figure(float(load.sum())),
            p=p,
        )
    if split:
        return InputError("No {p} sites serve everybody; ask for more sites.", p=p)
    return InputError(
        "Whole points do not fit into the capacities of any {p} sites; allow points to be divided "
        "or add capacity.",
        p=p,
    )


def _reachable(problem: Problem, reach: float) -> float:
    """Return the people who have an allowed site within reach: no plan serves more."""
    within = (problem.cost[:, problem.allowed] <= reach).any(axis=1)
    return float(problem.weights[within].sum())

"""The p-median: p sites from which all people together have the fewest minutes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cockpit.placement.clock import Clock
from cockpit.placement.cover_rows import cover_rows, cover_with, too_few
from cockpit.placement.formulation import assigned, check_reached, people_points
from cockpit.placement.lists import Flags, Floats, Lists, Rules, dense_lists, rules_of
from cockpit.placement.plan import Plan, Progress
from cockpit.placement.problem import Problem, check_limit, check_p
from cockpit.placement.serving import proof_of, roomy, serve_best, unit_of


def solve_p_median(
    problem: Problem,
    *,
    p: int,
    unreached: float | None = None,
    seed: int = 0,
    seconds: float = 60.0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Open p sites so that the weighted cost from all demand points to their nearest is smallest.

    ``min sum_i w_i sum_j c_ij x_ij`` subject to ``sum_j x_ij = 1``, ``x_ij <= y_j``,
    ``sum_j y_j = p``, ``y`` 0 or 1; must, forbidden and spacing hold. p counts all open sites, also
    those that must be open. Solved by interchange and Lagrangian branch and bound; what a large
    tree leaves open, by HiGHS.

    Parameters
    ----------
    problem
        Cost in minutes (or any unit), shape ``(n_demand, n_sites)``; weights in people.
    p
        Sites in all, 1 or more.
    unreached
        Minutes counted for each person who reaches no open site sooner. None: everybody with
        weight above 0 must reach an open site.
    seed, seconds, gap, progress
        Of the random starts; longest search; relative gap that is good enough; hears of every
        better plan and bound, False stops.

    Returns
    -------
    Plan
        ``objective`` in weight times cost (person-minutes). ``proof`` is a tree of multipliers
        that the checker recomputes. Demand points without weight count nothing; they are assigned
        all the same.

    Raises
    ------
    InputError
        If p cannot be, a demand point reaches no allowed site, or p sites cannot reach everybody
        (it says how many can).

    References
    ----------
    Hakimi, S. (1964), Operations Research 12, 450-459; ReVelle, C., Swain, R. (1970),
    Geographical Analysis 2, 30-42. Solvers: see ``search``, ``lagrangian`` and ``exact``.
    """
    p = check_p(p, problem.must, problem.forbidden)
    clock = Clock(seconds, progress)
    points = people_points(problem)
    rules = rules_of(p, problem.must, problem.forbidden, problem.spacing)
    if unreached is None:
        check_reached(problem, points)
    else:
        unreached = check_limit(unreached, name="unreached")
    lists = median_lists(problem, unreached)
    first = None
    if unreached is None and not np.isfinite(problem.cost[points]).all():
        first = _reaching_all(problem, rules)
    proof = serve_best(lists, rules, clock, seed=seed, gap=gap, first=first)
    opened = np.flatnonzero(proof.opened)
    objective = median_cost(problem, opened, unreached)
    unit = unit_of(lists)
    bound = math.ceil(proof.bound - 1e-5) if unit else proof.bound
    member = np.full(problem.n_demand, -1)
    member[points] = np.arange(len(points))
    parameters: dict[str, Any] = {"p": p, "unreached": unreached}
    return Plan(
        model="p-median",
        parameters=parameters,
        data=problem.digest,
        open=opened,
        assignment=assigned(problem, opened, limit=np.inf if unreached is None else unreached),
        objective=objective,
        bound=min(float(bound), objective),
        proof=proof_of(proof, unit, member, np.ones(problem.n_demand)),
        seed=seed,
        seconds=clock.spent,
    )


def median_lists(problem: Problem, unreached: float | None) -> Lists:
    """
    Return the rows of the demand points with people.

    Without ``unreached`` a row that is not served costs more than any plan that serves all rows:
    twice the sum of all rows' largest finite costs.
    """
    points = people_points(problem)
    cost = problem.cost[points].astype(np.float64) * problem.weights[points, np.newaxis]
    cost[:, problem.forbidden] = np.inf
    if unreached is not None:
        return dense_lists(cost, problem.weights[points] * unreached)
    finite = np.isfinite(cost)
    worst = np.where(finite, cost, 0.0).max(axis=1, initial=0.0)
    everywhere = finite[:, problem.allowed].all(axis=1)
    never = 2.0 * max(worst.sum(), 1.0)
    return dense_lists(cost, np.where(everywhere, worst, np.ceil(never)))


def median_cost(problem: Problem, opened: Any, unreached: float | None) -> float:
    """Return weight times cost to the nearest open site, added without rounding between."""
    points = people_points(problem)
    near: Floats = problem.cost[np.ix_(points, opened)].min(axis=1).astype(np.float64)
    if unreached is not None:
        near = np.minimum(near, unreached)
    return math.fsum(problem.weights[points] * near)


def _reaching_all(problem: Problem, rules: Rules) -> Flags:
    """Return a plan of p sites that everybody reaches; refuse p where there is none."""
    rows = cover_rows(problem, people_points(problem), np.inf)
    sites = cover_with(problem, rows, rules.p)[1]
    if sites is None:
        roomy(rules)
        raise too_few(problem, rules.p)
    opened = np.zeros(problem.n_sites, dtype=np.bool_)
    opened[sites] = True
    return opened

"""Maximal covering: p sites that have as many people as possible within reach."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from cockpit.placement.clock import Clock
from cockpit.placement.cover import (
    Cover,
    Grouped,
    cover_of,
    covering_site,
    dominated,
    grouped,
)
from cockpit.placement.formulation import assigned
from cockpit.placement.lists import Rules, rules_of
from cockpit.placement.plan import Plan, Progress
from cockpit.placement.problem import Problem, check_limit, check_p
from cockpit.placement.serving import proof_of, serve_best, unit_of
from geodata.errors import InputError


def solve_mclp(
    problem: Problem | Cover,
    *,
    p: int,
    reach: float | None = None,
    seed: int = 0,
    seconds: float = 60.0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Open p sites so that as many people as possible have one within reach.

    ``max sum_i w_i z_i`` subject to ``z_i <= sum of y_j with c_ij <= reach``, ``sum_j y_j = p``,
    ``y`` 0 or 1; must, forbidden and spacing hold, p counts sites that must be open too. Points
    that the same sites cover are one row. Leaving as few as possible uncovered is a p-median with
    costs 0 and 1, and is solved as one: greedy and interchange, Lagrangian branch and bound.

    Parameters
    ----------
    problem
        Costs, shape ``(n_demand, n_sites)``, or (millions of points) lists of covering sites.
    p
        Sites in all, 1 or more.
    reach
        Minutes (unit of the costs), 0 or more; exactly at the reach is covered. Not for a
        ``Cover``, which knows already.
    seed, seconds, gap, progress
        As in ``solve_p_median``.

    Returns
    -------
    Plan
        ``objective``: people covered; ``bound``: no plan covers more. A demand point's site is its
        nearest open one within reach, of a ``Cover`` the first listed.

    Raises
    ------
    InputError
        If p or the reach cannot be, or nobody is within reach of an allowed site.

    References
    ----------
    Church, R., ReVelle, C. (1974), Papers of the Regional Science Association 32, 101-118.
    Cordeau, J.-F., Furini, F., Ljubić, I. (2019), European Journal of Operational Research 275,
    882-896: few sites, very many demand points.
    """
    p = check_p(p, problem.must, problem.forbidden)
    cover, parameters = _cover(problem, p, reach)
    group, rules, better = _reduced(cover, rules_of(p, cover.must, cover.forbidden, cover.spacing))
    lists = group.lists
    total = math.fsum(lists.cap)
    if not lists.n_rows:
        raise InputError(
            "Nobody is within {reach} of an allowed site; ask for a longer reach or allow more "
            "sites.",
            reach="-" if reach is None else reach,
        )
    clock = Clock(seconds, progress, constant=total, sign=-1.0)
    proof = serve_best(lists, rules, clock, seed=seed, gap=gap, total=total)
    unit = unit_of(lists)
    opened = np.flatnonzero(proof.opened)
    sites = covering_site(cover, opened)
    objective = math.fsum(cover.weights[sites >= 0])
    uncovered = math.ceil(proof.bound - 1e-5) if unit else proof.bound
    if isinstance(problem, Problem):
        sites = assigned(problem, opened, limit=float(parameters["reach"]))
    return Plan(
        model="mclp",
        parameters=parameters,
        data=problem.digest,
        open=opened,
        assignment=sites,
        objective=objective,
        bound=max(total - uncovered, objective),
        proof={**proof_of(proof, unit, group.member, group.share), "better": better},
        seed=seed,
        seconds=clock.spent,
    )


def _cover(problem: Problem | Cover, p: int, reach: float | None) -> tuple[Cover, dict[str, Any]]:
    """Return the cover of a problem, and the parameters to keep."""
    if isinstance(problem, Cover):
        if reach is not None:
            raise InputError("The lists say already who is within reach; leave the reach out.")
        return problem, {"p": p}
    limit = check_limit(reach)
    return cover_of(problem, limit), {"p": p, "reach": limit}


def _reduced(cover: Cover, rules: Rules) -> tuple[Grouped, Rules, list[list[int]]]:
    """
    Return the rows of a cover without dominated sites, the rules, and which site beats which.

    With spacing, or too few sites left, nothing is put aside: opening the better site could then
    be against a rule.
    """
    group = grouped(cover)
    if len(cover.spacing):
        return group, rules, []
    better = dominated(group.lists, rules.must, ~rules.barred)
    out = better >= 0
    if not out.any() or (~out & ~rules.barred).sum() < rules.p:
        return group, rules, []
    pairs = [[int(j), int(better[j])] for j in np.flatnonzero(out)]
    return grouped(cover, out), replace(rules, barred=rules.barred | out), pairs

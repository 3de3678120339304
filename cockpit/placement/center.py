"""The p-center (nobody has far to go) and p-dispersion (no two sites are near to each other)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.clock import Clock
from cockpit.placement.cover_rows import cover_rows, cover_with, greedy_cover, too_few
from cockpit.placement.enough import enough, filled
from cockpit.placement.formulation import (
    Siting,
    assigned,
    check_reached,
    costs_of,
    farthest_nearest,
    people_points,
)
from cockpit.placement.lists import rules_of
from cockpit.placement.milp import Outcome
from cockpit.placement.plan import Plan, Progress
from cockpit.placement.problem import Floats, Problem, check_p
from cockpit.placement.serving import roomy
from cockpit.placement.solving import solver_proof
from geodata.errors import InputError

Sites = NDArray[np.intp]


def solve_p_center(
    problem: Problem,
    *,
    p: int,
    seed: int = 0,
    seconds: float = 60.0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Open p sites so that the cost from the worst served demand point is smallest.

    ``min r`` such that p sites cover everybody with weight above 0 within r; r is one of the costs,
    found by halving: at each r, greedy covering, interchange, multipliers, and where they leave it
    open HiGHS say whether p sites suffice (``enough``). Must, forbidden and spacing hold.

    Parameters
    ----------
    problem
        Costs, shape ``(n_demand, n_sites)``; of the weights only whether they are 0 counts.
    p
        Sites in all, 1 or more.
    seed, seconds, gap, progress
        As in ``solve_p_median``; nothing here is random.

    Returns
    -------
    Plan
        ``objective``: the largest cost to the nearest open site; 0 with nobody to serve.

    Raises
    ------
    InputError
        If p cannot be, a demand point reaches no allowed site, or p sites cannot reach everybody.

    References
    ----------
    Hakimi, S. (1964), Operations Research 12, 450-459; Minieka, E. (1970), "The m-center problem",
    SIAM Review 12(1), 138-139: by covering problems.
    """
    p = check_p(p, problem.must, problem.forbidden)
    clock = Clock(seconds, progress)
    points = people_points(problem)
    check_reached(problem, points)
    plan = _anywhere(problem, p)
    costs = problem.cost[np.ix_(points, np.flatnonzero(problem.allowed))]
    levels = np.unique(costs[np.isfinite(costs)])
    low = int(np.searchsorted(levels, farthest_nearest(problem, points)))
    high = int(np.searchsorted(levels, _farthest(problem, plan)))
    proof: dict[str, Any] = {"kind": "nearest"}
    while low < high and levels[high] - levels[low] > gap * levels[high]:
        if not _told(clock, problem, plan, float(levels[low])):
            break
        middle = low + 2 * (high - low) // 3  # a plan takes a fifth of the time of a proof
        answer = enough(problem, float(levels[middle]), p, clock)
        if answer.plan is not None:
            plan, high = answer.plan, int(np.searchsorted(levels, _farthest(problem, answer.plan)))
        elif answer.proof:
            low, proof = middle + 1, answer.proof
        else:
            break  # out of time
    objective = _farthest(problem, plan)
    return Plan(
        model="p-center",
        parameters={"p": p},
        data=problem.digest,
        open=plan,
        assignment=assigned(problem, plan),
        objective=objective,
        bound=min(float(levels[low]), objective) if len(levels) else 0.0,
        proof=proof,
        seed=seed,
        seconds=clock.spent,
    )


def _anywhere(problem: Problem, p: int) -> Sites:
    """Return p sites that everybody reaches, however far; refuse p where there are none."""
    rows = cover_rows(problem, people_points(problem), np.inf)
    plan = filled(problem, greedy_cover(problem, rows), p)
    if plan is None:
        plan = cover_with(problem, rows, p)[1]
    if plan is None:
        roomy(rules_of(p, problem.must, problem.forbidden, problem.spacing))
        raise too_few(problem, p)
    return plan


def _farthest(problem: Problem, plan: Sites) -> float:
    near = costs_of(problem, assigned(problem, plan))
    return float(near[problem.weights > 0].max(initial=0.0))


def _told(clock: Clock, problem: Problem, plan: Sites, bound: float) -> bool:
    opened = np.zeros(problem.n_sites, dtype=np.bool_)
    opened[plan] = True
    return clock.tell(opened, _farthest(problem, plan), bound, "bound")


def solve_p_dispersion(
    problem: Problem,
    *,
    p: int,
    seed: int = 0,
    seconds: float = 60.0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Open p sites so that the two nearest of them are as far from each other as possible.

    ``max r`` such that p sites can be chosen of which no two are less than r apart; r is one of the
    distances, found by halving, each time by HiGHS as a choice without near pairs. Must, forbidden
    and spacing hold. Small by nature: some hundred sites.

    Parameters
    ----------
    problem
        ``cost`` is from site to site, shape ``(n_sites, n_sites)``; the shorter of both directions
        counts. Weights do not count.
    p
        Sites in all, 2 or more.
    seed, seconds, gap, progress
        As in ``solve_p_median``; nothing here is random.

    Returns
    -------
    Plan
        ``objective``: the smallest distance between two open sites; ``bound``: no plan has more.

    Raises
    ------
    InputError
        If p cannot be, is 1, the costs are not between sites, or the spacing leaves no room.

    References
    ----------
    Kuby, M. (1987), Geographical Analysis 19(4), 315-329; Sayah, D., Irnich, S. (2017), European
    Journal of Operational Research 256, 62-67: by levels.
    """
    p = check_p(p, problem.must, problem.forbidden)
    if p < 2 or problem.n_demand != problem.n_sites:
        raise InputError(
            "p-dispersion asks for p of 2 or more and for costs from site to site; p is {p}, the "
            "costs have shape {shape}.",
            p=p,
            shape=problem.cost.shape,
        )
    clock = Clock(seconds, progress, sign=1.0)
    apart = np.minimum(problem.cost, problem.cost.T).astype(np.float64)
    sites = np.flatnonzero(problem.allowed)
    over = apart[np.ix_(sites, sites)][np.triu_indices(len(sites), 1)]
    levels = np.unique(over)
    rules = rules_of(p, problem.must, problem.forbidden, problem.spacing)
    plan = np.flatnonzero(roomy(rules))
    low = int(np.searchsorted(levels, _closest(apart, plan)))
    high = len(levels) - 1  # the best level lies in low ... high
    proof: dict[str, Any] = {"kind": "farthest"}
    while low < high:
        opened = np.zeros(problem.n_sites, dtype=np.bool_)
        opened[plan] = True
        found = _closest(apart, plan)
        if not clock.tell(opened, found, found, "solver"):
            break
        if levels[high] - levels[low] <= gap * levels[low]:
            break
        middle = (low + high + 1) // 2
        outcome, better = _far_apart(problem, apart < levels[middle], p, clock.left)
        if better is not None:
            plan, low = better, int(np.searchsorted(levels, _closest(apart, better)))
        elif outcome.status == "infeasible":
            high, proof = middle - 1, {"kind": "solver", **solver_proof(outcome)}
        else:
            break
    objective = _closest(apart, plan)
    return Plan(
        model="p-dispersion",
        parameters={"p": p},
        data=problem.digest,
        open=plan,
        assignment=assigned(problem, plan),
        objective=objective,
        bound=max(float(levels[high]), objective),
        proof={**proof, "level": float(levels[high])},
        seed=seed,
        seconds=clock.spent,
    )


def _closest(apart: Floats, plan: Sites) -> float:
    here = apart[np.ix_(plan, plan)]
    return float(here[~np.eye(len(plan), dtype=np.bool_)].min())


def _far_apart(
    problem: Problem, near: NDArray[np.bool_], p: int, seconds: float
) -> tuple[Outcome, Sites | None]:
    """Return p sites of which no two are near, or None: there are none, or time ran out."""
    siting = Siting.of(problem)
    siting.number(at_least=p, at_most=p)
    for clique in _cliques(near & ~np.eye(len(near), dtype=np.bool_), problem.allowed):
        siting.program.row(siting.open[clique], upper=1)
    outcome = siting.program.solve(seconds=seconds)
    return outcome, None if outcome.x is None else siting.chosen(outcome.x)


def _cliques(near: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> list[Sites]:
    """Return sets of sites all near to each other that hold every near pair: few, strong rows."""
    left = np.triu(near & allowed & allowed[:, np.newaxis])
    found = []
    for one in range(len(near)):
        while left[one].any():
            members = [one, int(np.argmax(left[one]))]
            common = near[members[0]] & near[members[1]] & allowed
            while common.any():
                members.append(int(np.argmax(common)))
                common = common & near[members[-1]]
            clique = np.array(sorted(members))
            left[np.ix_(clique, clique)] = False
            found.append(clique)
    return found

"""Covering everybody with as few sites as possible, and twice over where one may fail."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cockpit.placement.formulation import Positions, Siting, assigned, check_reached, people_points
from cockpit.placement.milp import Outcome, Program
from cockpit.placement.plan import Plan, Progress, numbers
from cockpit.placement.problem import Floats, Problem, check_limit, check_p
from cockpit.placement.solving import Search, plan_of, solved
from geodata.errors import InputError

_NONE = "The spacing leaves no plan that covers everybody within {reach}; ask for less spacing."
_NOBODY = (
    "The spacing leaves no plan in which everybody reaches an open site; ask for less spacing."
)
_NO_ROOM = (
    "The spacing leaves no plan of {p} sites in which everybody reaches one; ask for fewer sites "
    "or for less spacing."
)
_ROUNDING = 1e-7  # a bound is rounded up to a whole number of sites past it


def solve_lscp(
    problem: Problem,
    *,
    reach: float,
    seed: int = 0,
    seconds: float = 60.0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Open as few sites as possible so that everybody has one within reach.

    ``min sum_j y_j`` subject to ``sum of y_j with c_ij <= reach >= 1`` for every demand point with
    weight above 0, ``y`` 0 or 1; must (they count), forbidden and spacing hold. Points that the
    same sites cover are one row. Solved by HiGHS; where the linear relaxation, rounded up, proves
    the plan, its duals are the proof.

    Parameters
    ----------
    problem
        Costs, shape ``(n_demand, n_sites)``.
    reach
        Minutes (unit of the costs), 0 or more; exactly at the reach is covered.
    seed, seconds, gap, progress
        As in ``solve_p_median``.

    Returns
    -------
    Plan
        ``objective``: number of sites. With nobody to cover, the sites that must be open.

    Raises
    ------
    InputError
        If a demand point with weight has no allowed site within reach (it says how long the reach
        must be), or the spacing leaves no plan.

    References
    ----------
    Toregas, C. et al. (1971), Operations Research 19(6), 1363-1373.
    """
    reach = check_limit(reach)
    search = Search(seconds, seed, gap, progress)
    points = people_points(problem)
    check_reached(problem, points, limit=reach)
    rows = cover_rows(problem, points, reach)
    siting = _everybody(problem, rows)
    siting.program.aim(siting.open, 1.0, maximise=False)
    dual, floor = cover_duals(problem, rows, search)
    plan = solved(
        siting,
        "lscp",
        {"reach": reach},
        search,
        lambda chosen: float(len(chosen)),
        floor=floor,
        none=lambda: InputError(_NONE, reach=reach),
        limit=reach,
    )
    return with_duals(plan, dual, floor)


def solve_lscp_b(
    problem: Problem,
    *,
    reach: float,
    seed: int = 0,
    seconds: float = 60.0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Cover everybody with as few sites as possible and, of such plans, give most people a backup.

    First ``solve_lscp``; then, with that number n of sites, ``max sum_i w_i u_i`` subject to
    ``sum of y_j with c_ij <= reach >= 1 + u_i``, ``sum_j y_j = n``, ``0 <= u <= 1``.

    Parameters
    ----------
    problem, reach, seed, seconds, gap, progress
        As in ``solve_lscp``.

    Returns
    -------
    Plan
        ``objective``: number of sites; ``details``: ``backup`` (people with two open sites within
        reach) and ``backup_bound`` (no plan of so few sites gives more).

    References
    ----------
    Hogan, K., ReVelle, C. (1986), "Concepts and applications of backup coverage", Management
    Science 32(11), 1434-1444.
    """
    fewest = solve_lscp(
        problem, reach=reach, seed=seed, seconds=seconds, gap=gap, progress=progress
    )
    reach = check_limit(reach)
    search = Search(max(seconds - fewest.seconds, 0.0), seed, gap, None)
    rows = cover_rows(problem, people_points(problem), reach)
    siting = _everybody(problem, rows, backup=True)
    siting.number(at_least=len(fewest.open), at_most=len(fewest.open))
    start = np.full(siting.program.n_columns, np.nan)
    start[siting.open] = 0.0
    start[siting.open[fewest.open]] = 1.0
    outcome = siting.program.solve(seconds=search.left, gap=gap, seed=seed, start=start)
    chosen = siting.chosen(outcome.x) if outcome.x is not None else fewest.open
    backup = people_covered(problem, chosen, reach, times=2)
    most = max(_most(outcome, float(rows.weight.sum())), backup)
    plan = plan_of(
        problem,
        "lscp-b",
        {"reach": reach},
        search,
        outcome,
        chosen=chosen,
        assignment=assigned(problem, chosen, limit=reach),
        objective=float(len(chosen)),
        floor=fewest.bound,
        details={"backup": backup, "backup_bound": most},
        proof={"number": dict(fewest.proof)},
    )
    return _changed(plan, bound=fewest.bound)


def solve_bclp(
    problem: Problem,
    *,
    p: int,
    reach: float,
    backup: float = 0.5,
    seed: int = 0,
    seconds: float = 60.0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Open p sites so that many people have one within reach and many have two.

    ``max sum_i w_i ((1 - backup) z_i + backup u_i)`` subject to ``z_i + u_i <= sum of y_j with
    c_ij <= reach``, ``u_i <= z_i <= 1``, ``sum_j y_j = p``; must, forbidden and spacing hold.

    Parameters
    ----------
    problem, p, reach
        As in ``solve_mclp``.
    backup
        What the second site is worth, 0 to 1: 0 is maximal covering, 1 counts people with two
        alone.
    seed, seconds, gap, progress
        As in ``solve_p_median``.

    Returns
    -------
    Plan
        ``objective`` in people; ``details``: ``once`` and ``twice``, people with one and with two
        open sites within reach.

    References
    ----------
    Hogan, K., ReVelle, C. (1986), Management Science 32(11), 1434-1444.
    """
    p = check_p(p, problem.must, problem.forbidden)
    reach, backup = check_limit(reach), check_limit(backup, name="backup")
    if backup > 1:
        raise InputError("backup is {backup}; expected 0 to 1.", backup=backup)
    rows = cover_rows(problem, people_points(problem), reach)
    siting = Siting.of(problem, maximise=True)
    program, n = siting.program, len(rows.weight)
    siting.number(at_least=p, at_most=p)
    once = program.columns(n, cost=(1 - backup) * rows.weight)
    # Worth more than the first, the second must not be taken by halves.
    twice = program.columns(n, cost=backup * rows.weight, whole=backup > 0.5)
    k = np.arange(n)
    program.rows(
        np.concatenate((rows.row, k, k)),
        np.concatenate((siting.open[rows.site], once, twice)),
        np.repeat((1.0, -1.0), (len(rows.row), 2 * n)),
        n=n,
        lower=0,
    )
    program.rows(
        np.concatenate((k, k)),
        np.concatenate((once, twice)),
        np.repeat((1.0, -1.0), n),
        n=n,
        lower=0,
    )

    def people(chosen: Positions) -> dict[str, float]:
        covered = (people_covered(problem, chosen, reach, times=t) for t in (1, 2))
        return dict(zip(("once", "twice"), covered, strict=True))

    def objective(chosen: Positions) -> float:
        found = people(chosen)
        return (1 - backup) * found["once"] + backup * found["twice"]

    return solved(
        siting,
        "bclp",
        {"p": p, "reach": reach, "backup": backup},
        Search(seconds, seed, gap, progress),
        objective,
        floor=float(rows.weight.sum()),
        none=lambda: InputError("The spacing leaves room for fewer than {p} sites.", p=p),
        limit=reach,
        details=people,
    )


class CoverRows:
    """Demand points with people, put together where the same allowed sites cover them."""

    def __init__(self, first: Positions, weight: Floats, row: Positions, site: Positions) -> None:
        self.first = first  # (n_rows,) a demand point of each row
        self.weight = weight  # (n_rows,) people
        self.row = row  # (n_entries,)
        self.site = site  # (n_entries,)


def cover_rows(problem: Problem, points: Positions, reach: float) -> CoverRows:
    """Return the rows of the points that some allowed site covers; inf: that it can be reached."""
    within = (problem.cost[points] <= reach) & np.isfinite(problem.cost[points]) & problem.allowed
    covered = within.any(axis=1)
    within, points = within[covered], points[covered]
    _, first, member = np.unique(
        np.packbits(within, axis=1), axis=0, return_index=True, return_inverse=True
    )
    weight = np.bincount(member.ravel(), problem.weights[points], len(first)).astype(np.float64)
    row, site = np.nonzero(within[first])
    return CoverRows(points[first], weight, row, site)


def cover_with(
    problem: Problem, rows: CoverRows, p: int, *, seconds: float = 60.0
) -> tuple[Outcome, Positions | None]:
    """Return p sites that cover all rows, or None: there are none, or time ran out."""
    siting = _everybody(problem, rows)
    siting.number(at_least=p, at_most=p)
    outcome = siting.program.solve(seconds=seconds)
    return outcome, None if outcome.x is None else siting.chosen(outcome.x)


def greedy_cover(problem: Problem, rows: CoverRows) -> Positions:
    """Return sites that cover all rows, sorted: always the one that covers most of what is left."""
    opened = problem.must.copy()
    within = np.zeros((len(rows.weight), problem.n_sites), dtype=np.bool_)
    within[rows.row, rows.site] = True
    left = ~within[:, opened].any(axis=1)
    gain = within[left].sum(axis=0)
    while left.any():
        site = int(np.argmax(gain))
        opened[site] = True
        new = left & within[:, site]
        gain = gain - within[new].sum(axis=0)
        left &= ~new
    return np.flatnonzero(opened)


def too_few(problem: Problem, p: int) -> InputError:
    """Return the error for a p with which not everybody reaches an open site."""
    fewest = smallest_cover(problem, np.inf)
    if len(fewest) <= p:
        return InputError(_NO_ROOM, p=p)
    return InputError(
        "With p = {p} not everybody reaches an open site; {n} sites are needed, or say how many "
        "minutes count for those who reach none.",
        p=p,
        n=len(fewest),
    )


def smallest_cover(problem: Problem, reach: float) -> Positions:
    """Return the fewest sites that cover everybody, sorted; inf: that everybody can reach one."""
    siting = _everybody(problem, cover_rows(problem, people_points(problem), reach))
    siting.program.aim(siting.open, 1.0, maximise=False)
    outcome = siting.program.solve()
    if outcome.x is None:
        raise InputError(_NOBODY)
    return siting.chosen(outcome.x)


def cover_duals(problem: Problem, rows: CoverRows, search: Search) -> tuple[Floats, float]:
    """
    Return what each demand point pays in the linear relaxation, and the bound that proves.

    Any ``u >= 0`` proves ``sum(u) + sum_j min(0, 1 - sum of u over the points of j)`` sites, where
    a site that must be open counts in any case; rounded up to a whole number.
    """
    relaxed, n = Program(), len(rows.weight)
    site = relaxed.columns(problem.n_sites, cost=1.0, lower=problem.must, upper=problem.allowed)
    relaxed.rows(rows.row, site[rows.site], n=n, lower=1)
    outcome = relaxed.solve(seconds=search.left)
    paid = np.zeros(problem.n_demand)
    if len(outcome.duals) == n:
        paid[rows.first] = np.maximum(outcome.duals, 0.0)
    return paid, paid_bound(problem, rows, paid)


def paid_bound(problem: Problem, rows: CoverRows, paid: Floats) -> float:
    """Return how many sites are needed at least, by what the points pay."""
    price = 1.0 - np.bincount(rows.site, paid[rows.first][rows.row], minlength=problem.n_sites)
    saved = np.where(problem.must, price, np.minimum(price, 0.0))[problem.allowed]
    bound = math.fsum(paid) + math.fsum(saved)
    return float(max(math.ceil(bound - _ROUNDING), int(problem.must.sum())))


def with_duals(plan: Plan, paid: Floats, bound: float) -> Plan:
    """Return the plan with the duals in its proof; they are the proof where they suffice."""
    proof = {**plan.proof, "paid": numbers(paid), "paid_bound": bound}
    if bound >= plan.objective:
        proof = {"kind": "cover-duals", "paid": numbers(paid)}
    return _changed(
        plan, proof=proof, bound=max(bound, min(math.ceil(plan.bound - _ROUNDING), plan.objective))
    )


def people_covered(problem: Problem, chosen: Positions, reach: float, *, times: int) -> float:
    """Return the people with at least ``times`` open sites within reach."""
    counts = (problem.cost[:, chosen] <= reach).sum(axis=1)
    return math.fsum(problem.weights[counts >= times])


def _everybody(problem: Problem, rows: CoverRows, *, backup: bool = False) -> Siting:
    """Begin a program in which every row is covered."""
    siting = Siting.of(problem, maximise=backup)
    n = len(rows.weight)
    row, column = rows.row, siting.open[rows.site]
    value = np.ones(len(row))
    if backup:
        second = siting.program.columns(n, cost=rows.weight)
        row = np.concatenate((row, np.arange(n)))
        column = np.concatenate((column, second))
        value = np.concatenate((value, -np.ones(n)))
    siting.program.rows(row, column, value, n=n, lower=1)
    return siting


def _most(outcome: Outcome, everybody: float) -> float:
    return min(outcome.bound, everybody) if np.isfinite(outcome.bound) else everybody


def _changed(plan: Plan, **values: Any) -> Plan:
    from dataclasses import replace

    return replace(plan, **values)

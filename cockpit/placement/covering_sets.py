"""Covering everybody with as few sites as possible, and twice over where one may fail."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cockpit.placement.clock import Clock
from cockpit.placement.cover_rows import (
    CoverRows,
    cover_rows,
    everybody,
    greedy_cover,
    paid_bound,
)
from cockpit.placement.enough import enough
from cockpit.placement.formulation import Positions, Siting, assigned, check_reached, people_points
from cockpit.placement.milp import Outcome, Program
from cockpit.placement.plan import Plan, Progress, numbers
from cockpit.placement.problem import Floats, Problem, check_limit, check_p
from cockpit.placement.solving import Begun, Search, plan_of, solved
from geodata.errors import InputError

_NONE = "The spacing leaves no plan that covers everybody within {reach}; ask for less spacing."
_FEW = 60  # sites up to which one fewer is asked for again and again
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
    same sites cover are one row. One site fewer than the greedy cover is asked for (``enough``),
    again and again; what that leaves open HiGHS solves. Where the multipliers or the duals of the
    linear relaxation, rounded up, prove the plan, they are the proof.

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
    points = people_points(problem)
    check_reached(problem, points, limit=reach)
    rows, clock = cover_rows(problem, points, reach), Clock(seconds, progress)
    chosen, paid = _fewest(problem, rows, reach, clock)
    floor = paid_bound(problem, rows, paid)
    if chosen is not None and (floor >= len(chosen) or not clock.going):
        return Plan(
            model="lscp",
            parameters={"reach": reach},
            data=problem.digest,
            open=chosen,
            assignment=assigned(problem, chosen, limit=reach),
            objective=float(len(chosen)),
            bound=floor,
            proof={"kind": "cover-duals", "paid": numbers(paid)},
            seed=seed,
            seconds=clock.spent,
        )
    return _by_solver(
        problem, rows, reach, chosen, Search(seconds, seed, gap, progress, clock.began)
    )


def _fewest(
    problem: Problem, rows: CoverRows, reach: float, clock: Clock
) -> tuple[Positions | None, Floats]:
    """
    Return as few sites as the quick ways find, and what the points pay: the proof as far as it is.

    One site fewer than the greedy cover, and again one fewer, until multipliers forbid it or
    nothing is known. Not where hundreds are needed: there everybody has few sites within reach, the
    linear relaxation is quick, and each step would find but one site less. None: the greedy cover
    breaks the spacing.
    """
    plan, paid = greedy_cover(problem, rows), np.zeros(problem.n_demand)
    paid[rows.first[_uncovered(problem, rows)[:1]]] = 1.0  # one site at least for somebody
    if problem.too_near(plan):
        return None, paid
    opened = np.zeros(problem.n_sites, dtype=np.bool_)
    while (floor := paid_bound(problem, rows, paid)) < len(plan):
        opened[:] = False
        opened[plan] = True
        if not clock.tell(opened, len(plan), floor, "search") or len(plan) > _FEW:
            break
        answer = enough(problem, reach, len(plan) - 1, clock, exact=False)
        if answer.plan is None:
            return plan, paid if answer.paid is None else answer.paid
        plan = answer.plan
    return plan, paid


def _uncovered(problem: Problem, rows: CoverRows) -> Positions:
    """Return the rows that no site covers that must be open."""
    covered = np.zeros(len(rows.weight), dtype=np.bool_)
    covered[rows.row[problem.must[rows.site]]] = True
    return np.flatnonzero(~covered)


def _by_solver(
    problem: Problem, rows: CoverRows, reach: float, known: Positions | None, search: Search
) -> Plan:
    """Solve by HiGHS, from the plan that is known; the duals are the proof where they suffice."""
    siting = everybody(problem, rows)
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
        begun=None if known is None else Begun(problem, known, floor, False, {}),
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

    Raises
    ------
    InputError
        As ``solve_lscp``.

    References
    ----------
    Hogan, K., ReVelle, C. (1986), "Concepts and applications of backup coverage", Management
    Science 32(11), 1434-1444.
    """
    search = Search(seconds, seed, gap, progress)
    fewest = solve_lscp(
        problem, reach=reach, seed=seed, seconds=seconds, gap=gap, progress=progress
    )
    reach = check_limit(reach)
    rows = cover_rows(problem, people_points(problem), reach)
    siting = everybody(problem, rows, backup=True)
    siting.number(at_least=len(fewest.open), at_most=len(fewest.open))
    start = np.full(siting.program.n_columns, np.nan)
    start[siting.open] = 0.0
    start[siting.open[fewest.open]] = 1.0
    going = search.tell(fewest.open, float(len(fewest.open)), fewest.bound)
    outcome = siting.program.solve(
        seconds=search.left if going else 0.0,
        gap=gap,
        seed=seed,
        start=start,
        watch=lambda *_: search.again(),
    )
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


def _most(outcome: Outcome, everybody: float) -> float:
    return min(outcome.bound, everybody) if np.isfinite(outcome.bound) else everybody


def _changed(plan: Plan, **values: Any) -> Plan:
    from dataclasses import replace

    return replace(plan, **values)

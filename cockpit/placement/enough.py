"""Whether p sites cover everybody: a plan, or why they cannot, the quick ways first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cockpit.placement.clock import Clock
from cockpit.placement.cover_relaxation import CoverRelaxation
from cockpit.placement.cover_rows import (
    CoverRows,
    cover_rows,
    cover_with,
    greedy_cover,
    paid_bound,
)
from cockpit.placement.formulation import Positions, people_points
from cockpit.placement.lagrangian import FREE, IN, OUT, Bound, Climb, Status, ascend
from cockpit.placement.lists import Flags, Floats, Lists, Rules, lists_of, rules_of, without
from cockpit.placement.plan import numbers
from cockpit.placement.problem import Problem
from cockpit.placement.search import greedy, interchange, nearest_two
from cockpit.placement.solving import solver_proof

_FEW, _SOME, _MANY = 20, 20, 300  # turns of swapping, before multipliers are asked and after
_CLIMB = Climb(steps=300, theta=1.0)
_SOMEBODY = 0.5  # left out: multipliers that reach it are clear enough


@dataclass(frozen=True)
class Answer:
    """A plan, or a proof that there is none; neither: time ran out."""

    plan: Positions | None = None
    proof: dict[str, Any] = field(default_factory=dict)
    paid: Floats | None = None  # (n_demand,) the multipliers of the proof


def enough(problem: Problem, level: float, p: int, clock: Clock, *, exact: bool = True) -> Answer:
    """
    Return p sites that have everybody within a level, or multipliers that forbid it.

    Greedy covering; interchange of p sites that leave as few as possible out; multipliers of that;
    and where these leave it open, the linear relaxation and (``exact``) HiGHS.
    """
    rows = cover_rows(problem, people_points(problem), level)
    plan = filled(problem, greedy_cover(problem, rows), p)
    if plan is not None:
        return Answer(plan)
    lists, rules = _lists(problem, rows), _rules(problem, p)
    everything = np.ones((p, problem.n_sites), dtype=np.bool_)
    opened = greedy(lists, rules, everything)
    for turns, climb in ((_FEW, _climbed), (_SOME, _relaxed), (_MANY, None)):
        if opened is not None:
            opened, plan = _searched(lists, rules, opened, turns, clock)
            if plan is not None:
                return Answer(plan)
        paid = np.zeros(problem.n_demand)
        if climb is not None:
            status = np.where(rules.must, IN, np.where(rules.barred, OUT, FREE)).astype(np.int8)
            paid[rows.first] = _shared(climb(lists, status, rules, clock), rules)
        if paid_bound(problem, rows, paid) > p:
            proof = {"kind": "cover-duals", "level": level, "paid": numbers(paid)}
            return Answer(proof=proof, paid=paid)
        if not clock.again():
            break
    return _by_solver(problem, rows, level, p, clock) if exact and clock.going else Answer()


def _by_solver(problem: Problem, rows: CoverRows, level: float, p: int, clock: Clock) -> Answer:
    outcome, plan = cover_with(problem, rows, p, seconds=clock.left, watch=lambda *_: clock.again())
    if outcome.status != "infeasible":
        return Answer(plan)
    return Answer(proof={"kind": "solver", "level": level, **solver_proof(outcome)})


def filled(problem: Problem, sites: Positions, p: int) -> Positions | None:
    """Return p sites, some more than ``sites`` beside the spacing; None when that fails."""
    opened = np.zeros(problem.n_sites, dtype=np.bool_)
    opened[sites] = True
    if opened.sum() > p or problem.too_near(sites):
        return None
    rules = _rules(problem, p)
    for site in np.flatnonzero(~opened & ~rules.barred):
        if opened.sum() == p:
            break
        opened[site] = not opened[rules.too_near(int(site))].any()
    return np.flatnonzero(opened) if opened.sum() == p else None


def _rules(problem: Problem, p: int) -> Rules:
    return rules_of(p, problem.must, problem.forbidden, problem.spacing)


def _lists(problem: Problem, rows: CoverRows) -> Lists:
    """Return the rows as lists; each counts 1, for it must not be left out at all."""
    n = len(rows.weight)
    start = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows.row, minlength=n), out=start[1:])
    zeros = np.zeros(len(rows.site))
    return lists_of(problem.n_sites, start, rows.site.astype(np.int32), zeros, np.ones(n))


def _searched(
    lists: Lists, rules: Rules, opened: Flags, turns: int, clock: Clock
) -> tuple[Flags, Positions | None]:
    """
    Swap sites until nobody is left out; who is left out counts more from turn to turn.

    Returns the last plan, from which another search may go on, and the plan found or None.

    References
    ----------
    Morris, P. (1993), "The breakout method for escaping from local minima", AAAI-93, 40-45:
    weights that grow.
    """
    count = lists.cap.copy()
    for _ in range(turns):
        opened = interchange(replace(lists, cap=count), rules, opened)
        out = nearest_two(lists, opened)[:, 0] > 0
        if not out.any():
            return opened, np.flatnonzero(opened)
        count[out] += 1.0
        if not clock.again():
            break
    return opened, None


def _climbed(lists: Lists, status: Status, rules: Rules, _: Clock) -> Bound:
    """Bound how few can be left out, by an ascent."""
    return ascend(lists, np.full(lists.n_rows, 0.5), status, rules.p, _SOMEBODY, _CLIMB)


def _relaxed(lists: Lists, status: Status, rules: Rules, clock: Clock) -> Bound:
    """Bound it as well as any multipliers can, by the linear relaxation."""
    best = CoverRelaxation(without(lists, status == OUT), status, rules).at(status, clock.left)
    multipliers = np.zeros(lists.n_rows) if best is None else best[0]
    return ascend(lists, multipliers, status, rules.p, _SOMEBODY, Climb(steps=1))


def _shared(found: Bound, rules: Rules) -> Floats:
    """
    Return what each row pays towards sites, by the multipliers of "leave as few out as possible".

    Where these leave somebody out of every plan, everything divided by what the last of p sites
    saves proves that more than p sites are needed.
    """
    last = -float(found.rho[found.chosen & ~rules.must].max(initial=-np.inf))
    if found.value <= 0 or not 0 < last < np.inf:
        return np.zeros(len(found.multipliers))
    return found.multipliers / last

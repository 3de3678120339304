"""Who covers whom, as rows: put together, covered greedily or by HiGHS, and bounded."""

from __future__ import annotations

import math

import numpy as np

from cockpit.placement.formulation import Positions, Siting, people_points
from cockpit.placement.milp import Outcome, Watch
from cockpit.placement.problem import Floats, Problem
from geodata.errors import InputError

_NOBODY = (
    "The spacing leaves no plan in which everybody reaches an open site; ask for less spacing."
)
_NO_ROOM = (
    "The spacing leaves no plan of {p} sites in which everybody reaches one; ask for fewer sites "
    "or for less spacing."
)
_ROUNDING = 1e-7  # a bound is rounded up to a whole number of sites past it


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
    problem: Problem, rows: CoverRows, p: int, *, seconds: float = 60.0, watch: Watch | None = None
) -> tuple[Outcome, Positions | None]:
    """Return p sites that cover all rows, or None: there are none, or time ran out."""
    siting = everybody(problem, rows)
    siting.number(at_least=p, at_most=p)
    outcome = siting.program.solve(seconds=seconds, watch=watch)
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
    siting = everybody(problem, cover_rows(problem, people_points(problem), reach))
    siting.program.aim(siting.open, 1.0, maximise=False)
    outcome = siting.program.solve()
    if outcome.x is None:
        raise InputError(_NOBODY)
    return siting.chosen(outcome.x)


def paid_bound(problem: Problem, rows: CoverRows, paid: Floats) -> float:
    """Return how many sites are needed at least, by what the points pay."""
    price = 1.0 - np.bincount(rows.site, paid[rows.first][rows.row], minlength=problem.n_sites)
    saved = np.where(problem.must, price, np.minimum(price, 0.0))[problem.allowed]
    bound = math.fsum(paid) + math.fsum(saved)
    return float(max(math.ceil(bound - _ROUNDING), int(problem.must.sum())))


def everybody(problem: Problem, rows: CoverRows, *, backup: bool = False) -> Siting:
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

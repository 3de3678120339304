"""The best multipliers there are, from the linear relaxation: for small problems that stay open."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.clock import Clock
from cockpit.placement.lagrangian import IN, OUT, Status
from cockpit.placement.lists import Flags, Floats, Lists, Rules
from cockpit.placement.milp import Program
from cockpit.placement.search import cost_of, nearest_two
from cockpit.placement.solving import solver_proof

_MOST_ENTRIES = 400_000  # a linear program of that size takes some seconds
# Steps of the simplex times rows: above it a node costs more than it is worth. No seconds, so that
# the same problem takes the same way on any machine.
_FIRST_WORK, _NODE_WORK = 50_000_000, 5_000_000
_SIMPLEX: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "solver": "simplex",
    "presolve": "off",
}


@dataclass(frozen=True, eq=False)
class Radius:
    """
    The radius formulation of rows and sites, ready for HiGHS.

    For each row and each level of cost D_k a column z_k, 1 where no site within D_k is open:
    ``z_k + sum of y at D_k >= z_k-1`` (1 before the first), ``sum of y = p``.
    """

    program: Program
    site: NDArray[np.intp]  # columns of the sites
    levels: NDArray[np.intp]  # rows of the levels
    unserved: NDArray[np.intp]  # columns of the levels
    first: Flags  # the first level of its row
    row: NDArray[np.intp]  # row of each level
    cost: Floats  # cost of each level

    @classmethod
    def of(cls, lists: Lists, status: Status, rules: Rules, *, whole: bool) -> Radius:
        """Put the formulation together; sites that are in or out are fixed."""
        n_entries = len(lists.cost)
        owner = np.repeat(np.arange(lists.n_rows), np.diff(lists.start))
        fresh = np.ones(n_entries, dtype=np.bool_)
        fresh[1:] = (lists.cost[1:] > lists.cost[:-1]) | (owner[1:] != owner[:-1])
        level = np.cumsum(fresh) - 1
        row, cost = owner[fresh], lists.cost[fresh]
        first = np.ones(len(row), dtype=np.bool_)
        first[1:] = row[1:] != row[:-1]
        last = np.append(first[1:], True)
        following = np.append(cost[1:], 0.0)
        following[last] = lists.cap[row[last]]

        program = Program()
        site = program.columns(lists.n_sites, lower=status == IN, upper=status != OUT, whole=whole)
        z = program.columns(len(row), cost=following - cost, upper=np.inf)
        later = np.flatnonzero(~first)
        levels = program.rows(
            np.concatenate((level, np.arange(len(row)), later)),
            np.concatenate((site[lists.site], z, z[later - 1])),
            np.concatenate((np.ones(n_entries + len(row)), -np.ones(len(later)))),
            n=len(row),
            lower=first.astype(np.float64),
        )
        program.row(site, lower=rules.p, upper=rules.p)
        if whole:
            owner = np.repeat(np.arange(lists.n_sites), np.diff(rules.near_start))
            both = np.stack((owner, rules.near_site), axis=1)[owner < rules.near_site]
            near = np.repeat(np.arange(len(both)), 2)
            program.rows(near, site[both.ravel()], n=len(both), upper=1)
        return cls(program, site, levels, z, first, row, cost)

    def constant(self, lists: Lists) -> float:
        """Return what all rows cost at their first level, or at their cap."""
        base = lists.cap.copy()
        base[self.row[self.first]] = self.cost[self.first]
        return math.fsum(base)


def small(lists: Lists) -> bool:
    """Whether a linear program of the lists takes seconds, not minutes."""
    return 0 < len(lists.cost) <= _MOST_ENTRIES


def simplex() -> Any:
    """Return an empty HiGHS that solves linear programs on one thread."""
    import highspy

    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # theirs
    for name, value in _SIMPLEX.items():
        solver.setOptionValue(name, value)
    return solver


class Budget:
    """How long the simplex may work: longer at first, then as much as a node is worth."""

    def __init__(self, n_rows: int) -> None:
        self._n_rows = max(n_rows, 1)
        self._work = _FIRST_WORK

    def give(self, solver: Any, seconds: float) -> None:
        """Set the limits of the next run."""
        solver.setOptionValue("time_limit", solver.getRunTime() + seconds)
        solver.setOptionValue("simplex_iteration_limit", self._work // self._n_rows + 1)
        self._work = _NODE_WORK


class Relaxation:
    """
    The radius formulation without whole numbers, kept in HiGHS from node to node.

    Only bounds of sites change between nodes, so that the dual simplex goes on from where it was.
    """

    def __init__(self, lists: Lists, status: Status, rules: Rules, plan: Flags) -> None:
        import highspy

        self._lists = lists
        self._radius = Radius.of(lists, status, rules, whole=False)
        self._budget = Budget(len(self._radius.row))
        self._solver: Any = simplex()
        self._solver.passModel(self._radius.program.model())
        self._solver.setBasis(_basis(self._radius, lists, plan))
        self._optimal = highspy.HighsModelStatus.kOptimal

    def at(
        self, status: Status, seconds: float, _corner: None = None
    ) -> tuple[Floats, Floats, None] | None:
        """
        Return the multipliers with the highest bound of a node, and how far each site is open.

        The dual of a row's first level is what the row pays above its lowest cost. None: it took
        too long, or the node has no plan.
        """
        site = self._radius.site.astype(np.int32)
        lower, upper = (status == IN).astype(np.float64), (status != OUT).astype(np.float64)
        self._solver.changeColsBounds(len(site), site, lower, upper)
        self._budget.give(self._solver, seconds)
        self._solver.run()
        if self._solver.getModelStatus() != self._optimal:
            return None
        solution = self._solver.getSolution()
        duals = np.asarray(solution.row_dual)
        first = self._radius.first
        multipliers = self._lists.cap.copy()  # rows without sites pay their cap
        multipliers[self._radius.row[first]] = (
            self._radius.cost[first] + duals[self._radius.levels[first]]
        )
        opened = np.asarray(solution.col_value)[self._radius.site]
        return np.clip(multipliers, 0.0, self._lists.cap), opened, None


def _basis(radius: Radius, lists: Lists, plan: Flags) -> Any:
    """Return the corner of the program at a plan: the simplex has half the way to go from there."""
    import highspy

    known = highspy.HighsBasisStatus
    basis = highspy.HighsBasis()
    missing = radius.cost < nearest_two(lists, plan)[radius.row, 0]  # no open site at this level
    closed = np.flatnonzero(missing)
    columns = [known.kLower] * radius.program.n_columns
    rows = [known.kBasic] * radius.program.n_rows
    for site in np.flatnonzero(plan):
        columns[radius.site[site]] = known.kUpper
    for k in closed:
        columns[radius.unserved[k]] = known.kBasic
        rows[radius.levels[k]] = known.kLower
    basis.col_status, basis.row_status, basis.valid = columns, rows, True
    return basis


def solve_rest(
    lists: Lists, status: Status, rules: Rules, opened: Flags, clock: Clock, gap: float
) -> tuple[Flags | None, float, dict[str, Any]]:
    """
    Let HiGHS close what branch and bound on multipliers did not.

    Returns
    -------
    opened, bound, proof
        Sites of its best plan (None: none found), what no plan of these sites is below, and what a
        certificate keeps of it.
    """
    radius = Radius.of(lists, status, rules, whole=True)
    constant = radius.constant(lists)
    start = np.full(radius.program.n_columns, np.nan)
    start[radius.site] = opened

    def watch(x: Floats | None, _: float, bound: float) -> bool:
        plan = opened if x is None else x[radius.site] > 0.5
        return clock.tell(plan, cost_of(lists, plan), constant + bound, "solver")

    outcome = radius.program.solve(seconds=clock.left, gap=gap, start=start, watch=watch)
    found = None if outcome.x is None else outcome.x[radius.site] > 0.5
    bound = np.inf if outcome.status == "infeasible" else constant + outcome.bound
    return found, bound, solver_proof(outcome)

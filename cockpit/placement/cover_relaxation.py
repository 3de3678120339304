"""The linear relaxation of covering, solved by its dual: as many rows as sites, not as people."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from cockpit.placement.lagrangian import IN, OUT, Status
from cockpit.placement.lists import Floats, Lists, Rules
from cockpit.placement.relaxation import Budget, simplex

if TYPE_CHECKING:
    import highspy

_DUAL, _PRIMAL = 1, 4  # strategies of HiGHS


class CoverRelaxation:
    """
    The best multipliers of a covering problem, kept in HiGHS from node to node.

    ``max sum_i u_i - p s - sum_j m_j`` subject to ``sum of u_i that j covers - m_j <= s`` for every
    site, ``0 <= u_i <= cap_i``, ``m >= 0``: ``u`` are the multipliers, ``s`` is what the last of p
    sites saves and ``m_j`` how much more site j does. A site that is out later has no row; the
    lists have none that is out from the beginning. The ``m`` of one that is in is free. What a row
    costs in the solution is how far its site is open.

    There are far fewer sites than rows of people, and the simplex works on the smaller side: a
    third of the time of the form with a row for everybody.
    """

    def __init__(self, lists: Lists, status: Status, rules: Rules) -> None:
        import highspy

        self._sites = np.flatnonzero(status != OUT)
        self._lists = lists
        self._budget = Budget(lists.n_rows)
        self._solver: Any = simplex()
        self._solver.passModel(_program(lists, self._sites, rules.p))
        self._fine = highspy.HighsStatus.kOk
        self._optimal = highspy.HighsModelStatus.kOptimal

    def at(
        self, status: Status, seconds: float, corner: Any = None
    ) -> tuple[Floats, Floats, Any] | None:
        """
        Return multipliers and openness as ``Relaxation.at`` does, and the corner they are at.

        ``corner``: that of the node above. It breaks no rule here, where more is allowed (the node
        has fewer plans), so the primal simplex goes on from it.
        """
        here, m = status[self._sites], len(self._sites)
        never, always = np.full(m, np.inf), np.full(m, -np.inf)
        site = np.arange(m, dtype=np.int32)
        self._solver.changeRowsBounds(m, site, always, np.where(here == OUT, never, 0.0))
        more = site + np.int32(self._lists.n_rows)
        self._solver.changeColsBounds(m, more, np.where(here == IN, always, 0.0), never)
        known = corner is not None and self._solver.setBasis(corner) == self._fine
        self._solver.setOptionValue("simplex_strategy", _PRIMAL if known else _DUAL)
        self._budget.give(self._solver, seconds)
        self._solver.run()
        if self._solver.getModelStatus() != self._optimal:
            return None
        solution = self._solver.getSolution()
        multipliers = np.asarray(solution.col_value)[: self._lists.n_rows]
        opened = np.zeros(len(status))
        opened[self._sites] = np.asarray(solution.row_dual)
        return np.clip(multipliers, 0.0, self._lists.cap), opened, self._solver.getBasis()

    def without_out(
        self, lists: Lists, status: Status, rules: Rules, corner: Any
    ) -> tuple[CoverRelaxation, Any]:
        """Return a smaller relaxation without the sites that are out, and the corner in it."""
        import highspy

        smaller = CoverRelaxation(lists, status, rules)
        kept, n = status[self._sites] != OUT, lists.n_rows
        columns = np.concatenate((np.ones(n, dtype=np.bool_), kept, [True]))
        basis = highspy.HighsBasis()
        basis.col_status = list(compress(corner.col_status, columns))
        basis.row_status = list(compress(corner.row_status, kept))
        basis.valid = True
        return smaller, basis


def _program(lists: Lists, sites: Any, p: int) -> highspy.HighsLp:
    """Return the dual in the form of HiGHS; the lists of rows are its columns as they are."""
    import highspy

    n, m = lists.n_rows, len(sites)
    row = np.full(lists.n_sites, -1, dtype=np.int32)
    row[sites] = every = np.arange(m, dtype=np.int32)
    index = row[lists.site]
    if index.size and index.min() < 0:  # HiGHS would not notice
        raise ValueError("the lists have sites that are out")
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = n + m + 1, m
    program.col_cost_ = np.concatenate((np.ones(n), -np.ones(m), [-p]))
    program.sense_ = highspy.ObjSense.kMaximize
    program.col_lower_ = np.concatenate((np.zeros(n + m), [-np.inf]))
    program.col_upper_ = np.concatenate((lists.cap, np.full(m + 1, np.inf)))
    program.row_lower_, program.row_upper_ = np.full(m, -np.inf), np.zeros(m)
    matrix, n_entries = program.a_matrix_, len(lists.site)
    matrix.format_ = highspy.MatrixFormat.kColwise
    ends = (lists.start, n_entries + np.arange(1, m + 1), [n_entries + 2 * m])
    matrix.start_ = np.concatenate(ends).astype(np.int32)
    matrix.index_ = np.concatenate((index, every, every))
    matrix.value_ = np.concatenate((np.ones(n_entries), -np.ones(2 * m)))
    return program

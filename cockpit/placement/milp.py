"""A thin layer over HiGHS: columns and rows by arrays, a bound at every moment, a log to keep."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import highspy

Positions = NDArray[np.intp]
Status = Literal["proven", "stopped", "infeasible"]
Watch = Callable[[NDArray[np.float64] | None, float, float], bool]
"""``watch(x, objective, bound)``: x of a better plan, or None when only the bound has moved; False
stops the search."""

_PATIENCE_S = 0.5  # without news a watcher is asked this often whether to go on
EXACT = 1e-6  # what HiGHS lets a whole number or a rule be off by, and so the bound relative to it

# What differs from run to run on the same problem: it must not enter anything that is hashed.
_CLOCK = re.compile(
    r"(?i)timing|seconds|\(total\)|\(presolve\)|\(solve\)|\(postsolve\)|runtime|P-D|\ds$"
)
_KEPT = re.compile(
    r"^(Running HiGHS|MIP |LP |Coefficient|  (Matrix|Cost|Bound|RHS) |Model status|\d+ rows, "
    r"|  (Status|Primal bound|Dual bound|Solution status|Nodes|LP iterations) )"
)


@dataclass(frozen=True)
class Outcome:
    """What a search has found, and what it has proven."""

    status: Status
    x: NDArray[np.float64] | None  # (n_columns,) whole columns rounded; None: no plan was found
    objective: float  # as the solver adds it up: recompute it from the plan
    bound: float  # no plan is better than this
    duals: NDArray[np.float64]  # (n_rows,) of a program without whole columns, else empty
    seconds: float
    log: str  # without times, so that it is the same each time


@dataclass
class Program:
    """
    A mixed-integer linear program put together from arrays.

    Columns and rows are only ever added. ``columns`` and ``rows`` return the positions of what they
    added; the objective may be changed between two searches (``aim``).
    """

    maximise: bool = False
    offset: float = 0.0
    n_columns: int = 0
    n_rows: int = 0
    _cost: list[NDArray[np.float64]] = field(default_factory=list)
    _lower: list[NDArray[np.float64]] = field(default_factory=list)
    _upper: list[NDArray[np.float64]] = field(default_factory=list)
    _whole: list[NDArray[np.bool_]] = field(default_factory=list)
    _row_lower: list[NDArray[np.float64]] = field(default_factory=list)
    _row_upper: list[NDArray[np.float64]] = field(default_factory=list)
    _entries: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]] = field(
        default_factory=list
    )

    def columns(
        self,
        n: int,
        *,
        cost: ArrayLike = 0.0,
        lower: ArrayLike = 0.0,
        upper: ArrayLike = 1.0,
        whole: bool = False,
    ) -> NDArray[np.intp]:
        """Add ``n`` columns; a number stands for all of them. Return their positions, (n,)."""
        for kept, value in ((self._cost, cost), (self._lower, lower), (self._upper, upper)):
            kept.append(np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)))
        self._whole.append(np.full(n, whole))
        first, self.n_columns = self.n_columns, self.n_columns + n
        return np.arange(first, self.n_columns)

    def rows(
        self,
        row: ArrayLike,
        column: ArrayLike,
        value: ArrayLike = 1.0,
        *,
        n: int,
        lower: ArrayLike = -np.inf,
        upper: ArrayLike = np.inf,
    ) -> NDArray[np.intp]:
        """
        Add ``n`` rows, ``lower <= sum of value * column <= upper``. Return their positions, (n,).

        ``row`` counts from 0 among the rows added here; ``row``, ``column`` and ``value`` are of
        one length (a number as value or row stands for all). Entries of one row and column that
        come twice are added up. A row without entries must allow 0.
        """
        columns = np.asarray(column, dtype=np.intp)
        for kept, bound in ((self._row_lower, lower), (self._row_upper, upper)):
            kept.append(np.broadcast_to(np.asarray(bound, dtype=np.float64), (n,)))
        self._entries.append(
            (
                np.broadcast_to(np.asarray(row, dtype=np.intp), columns.shape) + self.n_rows,
                columns,
                np.broadcast_to(np.asarray(value, dtype=np.float64), columns.shape),
            )
        )
        first, self.n_rows = self.n_rows, self.n_rows + n
        return np.arange(first, self.n_rows)

    def row(self, column: ArrayLike, value: ArrayLike = 1.0, **bounds: float) -> None:
        """Add one row."""
        self.rows(0, column, value, n=1, **bounds)

    def copy(self) -> Program:
        """Return a copy to which rows can be added for a trial."""
        lists: dict[str, Any] = {
            f.name: list(getattr(self, f.name)) for f in fields(self) if f.name[0] == "_"
        }
        return replace(self, **lists)

    def fixed(self, column: Positions, value: NDArray[np.float64]) -> Program:
        """Return the same program with some columns fixed."""
        lower, upper = _joined(self._lower).copy(), _joined(self._upper).copy()
        lower[column] = upper[column] = value
        return replace(self, _lower=[lower], _upper=[upper])

    def continuous(self) -> Program:
        """Return the same program without whole columns: its relaxation."""
        return replace(self, _whole=[np.zeros(self.n_columns, dtype=np.bool_)])

    def aim(
        self, column: ArrayLike, value: ArrayLike, *, maximise: bool, offset: float = 0.0
    ) -> None:
        """Replace the objective; columns that are not named cost nothing."""
        cost = np.zeros(self.n_columns)
        np.add.at(cost, np.asarray(column, dtype=np.intp), value)
        self._cost, self.maximise, self.offset = [cost], maximise, offset
        self._lower, self._upper = [_joined(self._lower)], [_joined(self._upper)]

    def solve(
        self,
        *,
        seconds: float = 60.0,
        gap: float = 0.0,
        seed: int = 0,
        start: NDArray[np.float64] | None = None,
        watch: Watch | None = None,
    ) -> Outcome:
        """
        Search on one thread; same program and seed, same answer unless the time ran out.

        Parameters
        ----------
        seconds
            Longest search; the best plan by then is returned as "stopped".
        gap
            Stop once the plan is proven to be within this share of the best; 0 to the end.
        seed
            For the random choices of HiGHS.
        start
            A plan to begin with, (n_columns,); NaN: not known. One that breaks a rule is no harm.
        watch
            Called with each better plan and with better bounds; False stops.

        Returns
        -------
        Outcome
            "proven" is exact to ``EXACT``, the tolerance of HiGHS.

        References
        ----------
        Huangfu, Q. and Hall, J. A. J. (2018), "Parallelizing the dual revised simplex method",
        Mathematical Programming Computation 10(1), 119-142: HiGHS.
        """
        began = time.perf_counter()
        solver, lines = _solver(seconds, gap, seed)
        if not any(part.any() for part in self._whole):
            solver.setOptionValue("presolve", "on")
        whole = _joined(self._whole).astype(np.bool_)
        solver.passModel(self._model(whole))
        if start is not None:
            known = np.flatnonzero(np.isfinite(start))
            solver.setSolution(len(known), known.astype(np.int32), start[known])
        if watch is not None:
            _listen(solver, watch, maximise=self.maximise)
        solver.run()
        return _outcome(solver, whole, lines, began)

    def model(self) -> highspy.HighsLp:
        """Return the program in the form of HiGHS, for who keeps a solver from run to run."""
        return self._model(_joined(self._whole).astype(np.bool_))

    def _model(self, whole: NDArray[np.bool_]) -> highspy.HighsLp:
        import highspy
        from scipy import sparse

        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self.n_columns, self.n_rows
        model.col_cost_ = _padded(_joined(self._cost), self.n_columns)
        model.col_lower_, model.col_upper_ = _joined(self._lower), _joined(self._upper)
        model.row_lower_, model.row_upper_ = _joined(self._row_lower), _joined(self._row_upper)
        model.offset_ = self.offset
        if self.maximise:
            model.sense_ = highspy.ObjSense.kMaximize
        row, column, value = (_joined([entry[k] for entry in self._entries]) for k in range(3))
        shape = (self.n_rows, self.n_columns)
        matrix = sparse.csc_array((value, (row.astype(int), column.astype(int))), shape=shape)
        matrix.sum_duplicates()
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        model.a_matrix_.index_ = matrix.indices.astype(np.int32)
        model.a_matrix_.value_ = matrix.data
        if whole.any():
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            model.integrality_ = [kinds[w] for w in whole.astype(int)]
        return model


def sure_bound(outcome: Outcome, objective: float) -> float:
    """
    Return the bound of a search beside the objective recomputed from its plan.

    A proof of HiGHS is exact to ``EXACT`` relative to the objective: a bound that differs by less
    is the objective itself. It is never on the better side of a plan that exists by more than that.
    """
    if outcome.status == "proven" and abs(objective - outcome.bound) <= EXACT * max(
        1.0, abs(objective)
    ):
        return objective
    return outcome.bound


def _joined(parts: list[Any]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0)


def _padded(values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Columns added after the objective was set cost nothing."""
    return np.concatenate((values, np.zeros(n - len(values))))


def _solver(seconds: float, gap: float, seed: int) -> tuple[Any, list[str]]:
    import highspy  # 30 ms: only who asks for a plan waits for it

    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # theirs
    lines: list[str] = []
    options = {
        "log_to_console": False,
        "threads": 1,
        "parallel": "off",
        "random_seed": seed,
        "time_limit": max(float(seconds), 0.0),
        "mip_rel_gap": float(gap),
        "mip_abs_gap": EXACT,
        # The presolve of HiGHS 1.15.1 calls some feasible programs of ours infeasible (a test has
        # one): a proof must not rest on it. A restart would run it again.
        "presolve": "off",
        "mip_allow_restart": False,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.cbLogging.subscribe(lambda event: lines.append(event.message))
    return solver, lines


def _listen(solver: Any, watch: Watch, *, maximise: bool) -> None:
    """
    Tell the watcher of each better plan, and of bounds that are better by more than a hair.

    Where nothing moves for a second it is asked all the same: it may want to stop.
    """
    best = -np.inf if maximise else np.inf
    told = -best
    going, heard = True, time.perf_counter()

    def improved(event: Any) -> None:
        nonlocal going, best
        out = event.data_out
        best = out.objective_function_value
        going &= watch(np.asarray(out.mip_solution), best, out.mip_dual_bound)

    def looked(event: Any) -> None:
        nonlocal going, told, heard
        bound, now = event.data_out.mip_dual_bound, time.perf_counter()
        moved = abs(bound) < 1e30 and not abs(bound - told) <= 1e-4 * abs(bound)
        if moved or now - heard > _PATIENCE_S:
            told, heard = (bound if moved else told), now
            going &= watch(None, best, bound)
        if not going:
            event.interrupt()

    solver.cbMipImprovingSolution.subscribe(improved)
    solver.cbMipInterrupt.subscribe(looked)


def _outcome(solver: Any, whole: NDArray[np.bool_], lines: list[str], began: float) -> Outcome:
    import highspy

    known, info = solver.getModelStatus(), solver.getInfo()
    statuses = highspy.HighsModelStatus
    none = (statuses.kInfeasible, statuses.kUnboundedOrInfeasible)
    limits = (statuses.kTimeLimit, statuses.kInterrupt, statuses.kSolutionLimit)
    if known not in (*none, *limits, statuses.kOptimal, statuses.kModelEmpty):
        raise RuntimeError(f"HiGHS: {solver.modelStatusToString(known)}")
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    x, duals = None, np.zeros(0)
    if found and known not in none:
        solution = solver.getSolution()
        x = np.array(solution.col_value)
        x[whole] = np.rint(x[whole])
        duals = duals if whole.any() else np.array(solution.row_dual)
    objective = info.objective_function_value if x is not None else np.nan
    return Outcome(
        status="infeasible" if known in none else "stopped" if known in limits else "proven",
        x=x,
        objective=objective,
        bound=info.mip_dual_bound if whole.any() else objective,
        duals=duals,
        seconds=time.perf_counter() - began,
        log=timeless("".join(lines)),
    )


def timeless(log: str) -> str:
    """Return the lines of a log of HiGHS that are the same each time: sizes, status and bounds."""
    lines = (line.rstrip() for line in log.splitlines())
    return "\n".join(line for line in lines if _KEPT.match(line) and not _CLOCK.search(line))

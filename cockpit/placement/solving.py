"""How a general model is solved: time, progress, a bound to begin with, and the plan in the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cockpit.placement.formulation import Floats, Positions, Siting, assigned, people_points
from cockpit.placement.milp import Outcome, Program, Status, Watch, sure_bound
from cockpit.placement.plan import CLOSED, Plan, Progress, Step, gap_of, versions
from cockpit.placement.problem import Problem
from cockpit.placement.site_bound import Priced, site_bound
from geodata.errors import InputError

Counted = Callable[[Floats], tuple[Positions, float]]
"""From the columns of a plan to its open sites and its objective, added up anew."""


PATIENCE_S = 0.5
"""Without news ``progress`` is asked this often whether to go on."""

STOPPED = "No plan was found in {seconds} s; allow more time."


@dataclass
class Search:
    """How a model is to be solved, and who wants to hear of it."""

    seconds: float = 60.0
    seed: int = 0
    gap: float = 0.0
    progress: Progress | None = None
    began: float = field(default_factory=time.perf_counter)
    _last: Step | None = None

    def tell(self, chosen: Positions, value: float, bound: float, phase: str = "solver") -> bool:
        """Tell ``progress`` of a plan and a bound; return whether to go on."""
        seconds = time.perf_counter() - self.began
        self._last = Step(chosen, value, bound, seconds, phase)
        going = self.progress is None or self.progress(self._last) is not False
        return going and self.left > 0

    def again(self) -> bool:
        """Ask anew, with the last step, whether to go on: while a solver has nothing to tell."""
        if self._last is None:
            return self.left > 0
        last = self._last
        return self.tell(last.open, last.objective, last.bound, last.phase)

    @property
    def left(self) -> float:
        """Return the seconds that are left."""
        return max(self.seconds - (time.perf_counter() - self.began), 0.0)

    def watch(self, counted: Counted, *, floor: float) -> Watch:
        """Return what tells ``progress`` of better plans and bounds; ``floor``: the first bound."""
        known = (np.zeros(0, dtype=np.intp), np.nan)

        def told(x: Floats | None, _: float, bound: float) -> bool:
            nonlocal known
            fresh = known if x is None else counted(x)
            known = known if np.isnan(fresh[1]) else fresh  # NaN: breaks a rule that comes later
            if np.isnan(known[1]) or self.progress is None:
                return True
            return self.tell(*known, bound if np.isfinite(bound) else floor)

        return told

    def run(
        self,
        program: Program,
        counted: Counted,
        *,
        floor: float,
        start: Floats | None = None,
        listen: bool = False,
        must: bool = True,
    ) -> Outcome:
        """
        Search; raise when the time ran out without any plan (unless one is not a ``must``).

        ``listen``: ``counted`` hears of every better plan even where nobody wants to be told.
        """
        heard = listen or self.progress is not None
        outcome = program.solve(
            seconds=self.left,
            gap=self.gap,
            seed=self.seed,
            start=start,
            watch=self.watch(counted, floor=floor) if heard else None,
        )
        if outcome.status == "stopped" and outcome.x is None and must:
            raise InputError(STOPPED, seconds=self.seconds)
        return outcome


def plan_of(
    problem: Problem,
    model: str,
    parameters: Mapping[str, Any],
    search: Search,
    outcome: Outcome,
    *,
    chosen: Positions,
    assignment: Positions,
    objective: float,
    floor: float,
    details: Mapping[str, Any] | None = None,
    proof: Mapping[str, Any] | None = None,
) -> Plan:
    """Put a plan together: the objective as recomputed, the bound as proven (or ``floor``)."""
    known = [b for b in (sure_bound(outcome, objective), floor) if np.isfinite(b)]
    bound = min(known, key=lambda b: abs(b - objective), default=floor)
    lines = tuple(outcome.log.splitlines())
    return Plan(
        model=model,
        parameters=dict(parameters),
        data=problem.digest,
        open=chosen,
        assignment=assignment,
        objective=objective,
        bound=objective if gap_of(objective, bound) <= CLOSED else bound,
        proof={"kind": "solver", **solver_proof(outcome), **(proof or {})},
        seed=search.seed,
        details=dict(details or {}),
        log=lines,
        seconds=time.perf_counter() - search.began,
    )


def solver_proof(outcome: Outcome) -> dict[str, Any]:
    """Return what a certificate keeps of a solver: it cannot be checked again without it."""
    return {
        "solver": "HiGHS",
        "version": versions()["highspy"],
        "status": outcome.status,
        "log": outcome.log.splitlines(),
    }


@dataclass(frozen=True)
class Begun:
    """What is known of a program before HiGHS begins: fewer sites, a plan, a bound."""

    problem: Problem  # sites that no better plan opens are forbidden
    chosen: Positions  # a plan; empty: none
    bound: float
    stopped: bool
    proof: Mapping[str, Any]

    def start(self, siting: Siting) -> Floats | None:
        """Return the columns of the plan, as far as they are known."""
        if not self.chosen.size:
            return None
        x = np.full(siting.program.n_columns, np.nan)
        x[siting.open] = 0.0
        x[siting.open[self.chosen]] = 1.0
        return x


def begin(
    problem: Problem,
    price: Floats,
    size: Floats,
    room: float,
    search: Search,
    *,
    exactly: bool = False,
    constant: float = 0.0,
    worth: Callable[[Positions], float] | None = None,
    first: Positions | None = None,
) -> Begun:
    """
    Bound person-minutes and what open sites add (``price``), for a third of the time.

    ``size``, ``room``: what sites take, and how much there is; ``exactly``: sizes are 1 and that
    many sites are open; ``constant``: added to the objective whatever is open; ``worth``: the
    objective in truth without it, where it is more than ``price`` says; ``first``: a plan to
    begin with, where it fits.
    """
    points, sites = people_points(problem), np.flatnonzero(problem.allowed)
    cost = problem.cost[np.ix_(points, sites)].astype(np.float64)
    cost = cost * problem.weights[points, np.newaxis]
    priced = Priced(cost, price[sites], size[sites], room, problem.must[sites], exactly)
    known, told, stopped = np.inf, 0.0, False

    def going(chosen: Positions, upper: float, lower: float) -> bool:
        nonlocal known, told, stopped
        seconds = time.perf_counter() - search.began
        news = upper < known or seconds - told > PATIENCE_S
        if search.progress is not None and news and np.isfinite(upper) and not stopped:
            known, told = upper, seconds
            value = (upper if worth is None else worth(sites[chosen])) + constant
            step = Step(sites[chosen], value, lower + constant, seconds, "bound")
            stopped = np.isfinite(value) and search.progress(step) is False
        return not stopped and seconds < search.seconds / 3

    found = site_bound(
        priced,
        allowed_together=lambda chosen: not problem.too_near(sites[chosen]),
        worth=None if worth is None else lambda chosen: worth(sites[chosen]),
        first=None if first is None else np.searchsorted(sites, first[~problem.forbidden[first]]),
        going=going,
    )
    forbidden = problem.forbidden.copy()
    forbidden[sites[found.closed]] = True
    proof = {
        "multipliers": [float(u) for u in found.multipliers],
        "points": points.tolist(),
        "lagrangian_bound": found.value + constant,
    }
    slim = replace(problem, forbidden=forbidden)
    return Begun(slim, sites[found.chosen], found.value + constant, stopped, proof)


def solved(
    siting: Siting,
    model: str,
    parameters: Mapping[str, Any],
    search: Search,
    objective: Callable[[Positions], float],
    *,
    floor: float,
    none: Callable[[], InputError],
    begun: Begun | None = None,
    limit: float = np.inf,
    details: Callable[[Positions], Mapping[str, Any]] = lambda _: {},
) -> Plan:
    """
    Solve a program whose plans are told by their open sites alone, and put the plan together.

    ``objective``: of open sites, added up anew; ``floor``: a bound before the solver has one;
    ``none``: the error when no plan exists; ``limit``: beyond it nobody is assigned.
    """

    def counted(x: Floats) -> tuple[Positions, float]:
        chosen = siting.chosen(x)
        return chosen, objective(chosen)

    outcome = _from(siting, search, counted, floor, begun)
    if outcome.x is None:
        raise none()
    chosen, value = counted(outcome.x)
    return plan_of(
        siting.problem,
        model,
        parameters,
        search,
        outcome,
        chosen=chosen,
        assignment=assigned(siting.problem, chosen, limit=limit),
        objective=value,
        floor=floor,
        details=details(chosen),
        proof=begun.proof if begun else None,
    )


def _from(
    siting: Siting, search: Search, counted: Counted, floor: float, begun: Begun | None
) -> Outcome:
    """Let HiGHS go on from what is known, unless that is proven or somebody has stopped it."""
    start = begun.start(siting) if begun else None
    if begun is None or start is None:
        return search.run(siting.program, counted, floor=floor)
    x = np.nan_to_num(start)
    value = counted(x)[1]
    proven = gap_of(value, floor) <= max(search.gap, CLOSED)
    if proven or begun.stopped or search.left <= 0:
        status: Status = "proven" if proven else "stopped"
        return Outcome(status, x, value, floor, np.zeros(0), 0.0, "")
    outcome = search.run(siting.program, counted, floor=floor, start=start, must=False)
    if outcome.x is None and outcome.status == "stopped":
        return replace(outcome, x=x)
    return outcome

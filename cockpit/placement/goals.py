"""Goal seek: the cheapest plan that meets all targets, or targets that cannot hold together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from cockpit.placement.formulation import Positions, Siting, figure
from cockpit.placement.plan import Plan, Progress
from cockpit.placement.problem import Problem
from cockpit.placement.solving import Search, solved
from cockpit.placement.targets import Rules, Target, achieved, check_groups, holds, targets_of
from geodata.errors import InputError


class GoalConflictError(InputError):
    """Targets that cannot hold together; without any one of them a plan exists."""

    @property
    def conflict(self) -> tuple[int, ...]:
        """Return the positions of the targets among those that were asked for."""
        found = self.values["positions"]
        return tuple(found) if isinstance(found, tuple) else ()


def solve_goals(
    problem: Problem,
    targets: Sequence[Target | Sequence[Any]],
    *,
    seconds: float = 60.0,
    seed: int = 0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Find the cheapest sites that meet all targets.

    min sum_j f_j y_j subject to the rows of each target (see ``Target``). Where no site costs
    anything, each counts 1: the fewest sites.

    Parameters
    ----------
    targets
        Any number, in any mix, also as plain lists (``Target.plain``); without one the plan is the
        must sites.
    seconds, seed, gap, progress
        As for ``solve``.

    Returns
    -------
    Plan
        ``objective`` in money, or a number of sites. ``details["achieved"]``: the figure that each
        target is about, null where there is none (nobody lives there, or somebody reaches no site).

    Raises
    ------
    GoalConflictError
        If the targets cannot hold together: ``conflict`` are the positions of some that cannot,
        and of which none is idle: without any one of them the others can hold.
    InputError
        If a target cannot be right, or no plan is found in the time.

    References
    ----------
    Goals as rows: Toregas, C. et al. (1971), Operations Research 19(6), 1363-1373. The conflict by
    the deletion filter of Chinneck, J. W. and Dravnieks, E. W. (1991), "Locating minimal infeasible
    constraint sets in linear programs", ORSA Journal on Computing 3(2), 157-168.
    """
    search = Search(seconds, seed, gap, progress)
    asked = targets_of(targets)
    check_groups(problem, asked)
    siting = _program(problem, asked)
    price = problem.site_cost if problem.site_cost.any() else np.ones(problem.n_sites)
    siting.program.aim(siting.open, price, maximise=False)

    def figures(chosen: Positions) -> dict[str, list[float | None]]:
        found = [achieved(problem, chosen, target) for target in asked]
        return {"achieved": [f if np.isfinite(f) else None for f in found]}

    return solved(
        siting,
        "goal-seek",
        {"targets": [target.plain for target in asked]},
        search,
        lambda chosen: float(price[chosen].sum()),
        floor=float(price[problem.must].sum()),
        none=lambda: conflict_of(problem, asked, search),
        details=figures,
    )


def conflict_of(problem: Problem, targets: Sequence[Target], search: Search) -> InputError:
    """
    Return the error that names targets which cannot hold together, none of them idle.

    Targets that not even all allowed sites together meet are named one at a time; otherwise each
    target is left out in turn, and stays out where the others still cannot hold.
    """
    alone = _never(problem, targets)
    if alone is not None:
        return alone
    kept = list(range(len(targets)))
    for k in range(len(targets)):
        rest = [t for t in kept if t != k]
        found = feasible(problem, [targets[t] for t in rest], search)
        if found == "unknown":
            return InputError(
                "The targets cannot hold together; which of them is not known after {seconds} s. "
                "Allow more time or fewer targets.",
                seconds=search.seconds,
            )
        if found == "no":
            kept = rest
    return GoalConflictError(
        "Targets {targets} cannot hold together; without any one of them the others can.",
        targets=", ".join(str(k + 1) for k in kept),
        positions=tuple(kept),
    )


def feasible(
    problem: Problem, targets: Sequence[Target], search: Search
) -> Literal["yes", "no", "unknown"]:
    """Return whether some plan meets the targets."""
    outcome = _program(problem, targets).program.solve(seconds=search.left, seed=search.seed)
    if outcome.status == "infeasible":
        return "no"
    return "unknown" if outcome.x is None else "yes"


def _program(problem: Problem, targets: Sequence[Target]) -> Siting:
    siting = Siting.of(problem)
    rules = Rules(siting)
    for target in targets:
        rules.add(target)
    return siting


def _never(problem: Problem, targets: Sequence[Target]) -> InputError | None:
    """Return the error for a target that all allowed sites together do not meet."""
    every = np.flatnonzero(problem.allowed)
    for k, target in enumerate(targets):
        if target.kind in ("cost", "sites"):
            every_must = np.flatnonzero(problem.must)
            if holds(problem, every_must, target):
                continue
            best = achieved(problem, every_must, target)
        elif not holds(problem, every, target):
            best = achieved(problem, every, target)
        else:
            continue
        if np.isinf(best):
            return GoalConflictError(
                "Target {target} cannot be met: somebody reaches no allowed site.",
                target=k + 1,
                positions=(k,),
            )
        return GoalConflictError(
            "Target {target} cannot be met by any sites: at best it is {best}.",
            target=k + 1,
            best=figure(best),
            positions=(k,),
        )
    return None

"""One goal after another: what comes first is never given up for what comes later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from cockpit.placement.equity import Fair, impossible
from cockpit.placement.formulation import (
    Positions,
    assigned,
    covered_people,
    people_points,
    person_minutes,
)
from cockpit.placement.milp import Outcome, sure_bound
from cockpit.placement.plan import Plan, Progress
from cockpit.placement.problem import Problem, check_limit
from cockpit.placement.solving import STOPPED, Search, plan_of
from cockpit.placement.targets import ROUNDING, Rules, Target, achieved, floors
from geodata.errors import InputError

Stage = Literal["worst", "lowest_share", "mean", "covered"]


def solve_lexicographic(
    problem: Problem,
    p: int,
    order: Sequence[Stage],
    *,
    reach: float | None = None,
    rules: Sequence[Target | Sequence[Any]] = (),
    seconds: float = 60.0,
    seed: int = 0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Find the p sites that are best by the first goal; of those, the best by the second; and so on.

    worst: the longest cost of anybody. lowest_share: the covered share of the township where it is
    lowest. mean: person-minutes. covered: people within reach. After a stage its figure becomes a
    rule of the next.

    Parameters
    ----------
    p
        Number of sites.
    order
        One to four of "worst", "lowest_share", "mean", "covered", the most important first.
    reach
        For the shares and the covered, counts as within; needed for these two alone.
    rules
        As for ``solve_equity``.
    seconds, seed, gap, progress
        As for ``solve``; the gap is that of each stage but "worst", which is exact.

    Returns
    -------
    Plan
        ``objective`` and bound are those of the last stage, given what the earlier ones reached.
        ``details["stages"]``: goal, figure and bound of each. If the time ends in a stage, it is
        the last.

    Raises
    ------
    InputError
        As ``solve_equity``; if ``order`` is empty, has a goal twice or one that there is not.

    References
    ----------
    Ogryczak, W. (1997), "On the lexicographic minimax approach to location problems", European
    Journal of Operational Research 100(3), 566-585.
    """
    search = Search(seconds, seed, gap, progress)
    _check_order(order, reach)
    fair = Fair.of(problem, p, rules, exact=False, reached={"worst", "mean"} & set(order) != set())
    stages: list[dict[str, Any]] = []
    done: _Done | None = None
    for goal in order:
        done = _STAGES[goal](fair, float(reach or 0), search)
        stages.append({"goal": goal, "value": done.value, "bound": done.bound})
        if done.outcome.status == "stopped" or search.left <= 0:
            break
    if done is None:
        raise InputError(STOPPED, seconds=seconds)
    plan = plan_of(
        problem,
        "lexicographic",
        {
            "p": fair.p,
            "order": list(order),
            "reach": reach,
            "rules": [rule.plain for rule in fair.rules],
        },
        search,
        done.outcome,
        chosen=done.chosen,
        assignment=assigned(problem, done.chosen),
        objective=done.value,
        floor=done.bound,
        details={"stages": stages, **fair.figures(done.chosen)},
    )
    return replace(plan, bound=done.bound)


@dataclass(frozen=True)
class _Done:
    """What a stage has reached."""

    outcome: Outcome
    chosen: Positions
    value: float
    bound: float


def _check_order(order: Sequence[str], reach: float | None) -> None:
    known = get_args(Stage)
    if not order or len(set(order)) < len(order) or not set(order) <= set(known):
        raise InputError(
            "The goals are {found}; expected one or more of {known}, each once.",
            found=", ".join(order),
            known=", ".join(known),
        )
    if {"lowest_share", "covered"} & set(order):
        if reach is None:
            raise InputError("Covering needs a reach.")
        check_limit(reach)


def _worst(fair: Fair, _: float, search: Search) -> _Done:
    """Find the smallest limit within which everybody can be, by halving the list of all costs."""
    problem = fair.siting.problem
    points = people_points(problem)
    costs = problem.cost[np.ix_(points, np.flatnonzero(problem.allowed))]
    levels = np.unique(costs[np.isfinite(costs)]).astype(np.float64)
    low, high, best = 0, len(levels) - 1, None
    status: Literal["proven", "stopped"] = "proven"
    while low <= high:
        middle = (low + high) // 2
        outcome = _trial(fair, Target("worst", float(levels[middle])), search)
        if outcome.status == "infeasible":
            low = middle + 1
        elif outcome.x is None:
            status = "stopped"
            break
        else:
            best = outcome
            far = achieved(problem, fair.siting.chosen(outcome.x), Target("worst", 0))
            high = int(np.searchsorted(levels, far)) - 1
    if best is None or best.x is None:
        if status == "proven":
            raise impossible(fair, search)
        raise InputError(STOPPED, seconds=search.seconds)
    chosen = fair.siting.chosen(best.x)
    value = achieved(problem, chosen, Target("worst", 0))
    fair.rows.add(Target("worst", value))
    bound = value if status == "proven" else float(levels[low])
    return _Done(replace(best, status=status), chosen, value, bound)


def _trial(fair: Fair, target: Target, search: Search) -> Outcome:
    program = fair.siting.program.copy()
    program.aim([], [], maximise=False)
    Rules(replace(fair.siting, program=program)).add(target)
    return program.solve(seconds=search.left, seed=search.seed, watch=lambda *_: search.again())


def _lowest_share(fair: Fair, reach: float, search: Search) -> _Done:
    """Raise the share of the township where it is lowest."""
    problem, program = fair.siting.problem, fair.siting.program
    covered = fair.rows.covered(reach)
    people = np.bincount(problem.groups, problem.weights, minlength=len(covered.constant))
    share = program.columns(1)
    here = np.flatnonzero(people > 0)
    least = replace(
        covered,
        row=np.concatenate((covered.row, here)),
        column=np.concatenate((covered.column, np.repeat(share, len(here)))),
        value=np.concatenate(
            (covered.value / np.maximum(people, 1e-300)[covered.row], -np.ones(len(here)))
        ),
    )
    least.rule(program, lower=0)
    program.aim(share, 1.0, maximise=True)
    townships = floors(problem, "covered", 0.0, reach=reach)

    def value(chosen: Positions) -> float:
        return min((achieved(problem, chosen, t) for t in townships), default=1.0)

    done = _stage(fair, search, value, floor=1.0)
    for township in townships:
        fair.rows.add(replace(township, value=min(done.value, 1.0)))
    return done


def _mean(fair: Fair, _: float, search: Search) -> _Done:
    problem = fair.siting.problem
    points, minutes = fair.rows.minutes()
    figure = minutes.total(problem.weights[points])
    figure.aim(fair.siting.program)
    done = _stage(fair, search, lambda chosen: person_minutes(problem, chosen), floor=0.0)
    figure.rule(fair.siting.program, upper=done.value * (1 + ROUNDING))
    return done


def _covered(fair: Fair, reach: float, search: Search) -> _Done:
    problem = fair.siting.problem
    figure = fair.rows.covered(reach)
    figure = figure.total(np.ones(len(figure.constant)))
    figure.aim(fair.siting.program, maximise=True)
    floor = float(problem.weights.sum())
    done = _stage(fair, search, lambda chosen: covered_people(problem, chosen, reach), floor=floor)
    figure.rule(fair.siting.program, lower=done.value * (1 - ROUNDING))
    return done


def _stage(
    fair: Fair, search: Search, value: Callable[[Positions], float], *, floor: float
) -> _Done:
    siting = fair.siting

    def counted(x: Any) -> tuple[Positions, float]:
        chosen = siting.chosen(x)
        return chosen, value(chosen)

    outcome = search.run(siting.program, counted, floor=floor)
    if outcome.x is None:
        raise impossible(fair, search)
    chosen, worth = counted(outcome.x)
    bound = sure_bound(outcome, worth)
    return _Done(outcome, chosen, worth, bound if np.isfinite(bound) else floor)


_STAGES: dict[str, Callable[[Fair, float, Search], _Done]] = {
    "worst": _worst,
    "lowest_share": _lowest_share,
    "mean": _mean,
    "covered": _covered,
}

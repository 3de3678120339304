"""Fair plans: weighted townships, floors, a bounded worst case, a bounded or the lowest Gini."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from cockpit.placement.formulation import (
    Floats,
    Positions,
    Siting,
    assigned,
    check_reached,
    costs_of,
    figure,
    least_person_minutes,
    people_points,
    weighted,
)
from cockpit.placement.gini import ROUNDING, Cuts, gini, minutes_of
from cockpit.placement.goals import conflict_of, feasible
from cockpit.placement.milp import EXACT, Outcome, Status
from cockpit.placement.plan import CLOSED, Plan, Progress, gap_of
from cockpit.placement.problem import Problem, check_limit, check_p
from cockpit.placement.solving import STOPPED, Begun, Search, begin, plan_of
from cockpit.placement.targets import Rules, Target, achieved, check_groups, holds, targets_of
from geodata.errors import InputError

Goal = Literal["p-median", "covering"]


def solve_equity(
    problem: Problem,
    p: int,
    *,
    goal: Goal = "p-median",
    reach: float | None = None,
    group_weights: ArrayLike | None = None,
    rules: Sequence[Target | Sequence[Any]] = (),
    most_gini: float | None = None,
    seconds: float = 60.0,
    seed: int = 0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Find the best p sites among those that are fair.

    "p-median": min sum_i g_i w_i d_i; "covering": max sum_i g_i w_i z_i within reach, with g the
    weight of the point's township; subject to each of ``rules`` and to Gini(d) <= ``most_gini``,
    where everybody goes to the nearest open site whatever the goal prefers.

    Parameters
    ----------
    p
        Number of sites.
    goal, reach
        What is best; ``reach`` is needed for covering alone and counts as within.
    group_weights
        How much a person of each township counts in the goal, shape ``(n_groups,)``, 0 or more;
        without, all the same. Rules and Gini count people as they are.
    rules
        Targets that hold in every plan: ``floors`` makes one for each township, ``Target("worst",
        T)`` bounds the worst case.
    most_gini
        Bound on the Gini of people's minutes, 0 to 1. Note that a Gini also falls where the minutes
        of those who are near grow: bound the mean too (``Target("mean", ...)``) where that matters.
    seconds, seed, gap, progress
        As for ``solve``.

    Returns
    -------
    Plan
        ``objective`` in (weighted) person-minutes or people. ``details``: ``gini``, and
        ``achieved`` by rule.

    Raises
    ------
    GoalConflictError
        If the rules cannot hold with p sites; the number of sites is then the last target.
    InputError
        If an argument cannot be right, or no plan has so low a Gini: it says the lowest there is.

    References
    ----------
    Marsh, M. T. and Schilling, D. A. (1994), "Equity measurement in facility location analysis",
    European Journal of Operational Research 74(1), 1-17. The Gini as linear rows, one for each
    order of the points (see ``cockpit.placement.gini``): Drezner, T., Drezner, Z. and Guyse, J.
    (2009), Computers & Operations Research 36(12), 3240-3246, minimise it; cuts make it a rule.
    """
    search = Search(seconds, seed, gap, progress)
    p = check_p(p, problem.must, problem.forbidden)
    asked, bounded = targets_of(rules), most_gini is not None
    check_groups(problem, asked)
    shares, limit = _group_weights(problem, group_weights), _check_goal(goal, reach)
    weights = problem.weights * shares[problem.groups]
    most = np.inf if most_gini is None else check_limit(most_gini, name="most_gini")
    if bounded or goal == "p-median":
        check_reached(problem, people_points(problem))

    def value(chosen: Positions) -> float:
        if bounded and _gini_of(problem, chosen) > most * (1 + ROUNDING):
            return float("nan")
        if goal == "p-median":
            return weighted(costs_of(problem, assigned(problem, chosen)), weights)
        within = (problem.cost[:, chosen] <= limit).any(axis=1)
        return float(weights[within].sum())

    def worth(chosen: Positions) -> float:
        kept = chosen.size > 0 and all(holds(problem, chosen, rule) for rule in asked)
        return float(np.nan_to_num(value(chosen), nan=np.inf)) if kept else np.inf

    begun = None
    if goal == "p-median" and weights.any():
        ones, free = np.ones(problem.n_sites), np.zeros(problem.n_sites)
        plain = replace(problem, weights=weights)
        begun = begin(plain, free, ones, p, search, exactly=True, worth=worth)
    slim = problem if begun is None else replace(problem, forbidden=begun.problem.forbidden)
    fair = Fair.of(slim, p, asked, exact=bounded, reached=False)
    _aim(fair, goal, limit, shares)
    cuts = fair.cuts(most) if bounded else None
    good = begun if begun is not None and np.isfinite(worth(begun.chosen)) else None

    every = np.flatnonzero(problem.allowed)
    least = weighted(costs_of(problem, assigned(problem, every)), weights)
    floor = least if goal == "p-median" else float(weights.sum())
    floor = floor if begun is None else max(floor, begun.bound)
    outcome, chosen = _searched(fair.siting, search, value, cuts, floor, good)
    if chosen is None:
        raise impossible(fair, search, most_gini)
    parameters = {
        "p": fair.p,
        "goal": goal,
        "reach": reach,
        "group_weights": None if group_weights is None else shares.tolist(),
        "rules": [rule.plain for rule in fair.rules],
        "most_gini": most_gini,
    }
    far = np.inf if goal == "p-median" else limit
    return plan_of(
        problem,
        "equity",
        parameters,
        search,
        outcome,
        chosen=chosen,
        assignment=assigned(problem, chosen, limit=far),
        objective=value(chosen),
        floor=floor,
        details=fair.figures(chosen),
        proof=None if begun is None else begun.proof,
    )


def solve_least_gini(
    problem: Problem,
    p: int,
    *,
    rules: Sequence[Target | Sequence[Any]] = (),
    seconds: float = 60.0,
    seed: int = 0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Find the p sites whose minutes are shared most evenly: the lowest Gini there is.

    The Gini is a quotient S / B (see ``cockpit.placement.gini.spread``). With g the lowest so far,
    the program min S - g B either finds a lower one, or its bound shows that there is none; S is
    bounded from below by the cuts. Even minutes may be long ones: bound the mean with a rule.

    Parameters
    ----------
    p, rules, seconds, seed, gap, progress
        As for ``solve_equity``; the gap is that of the Gini.

    Returns
    -------
    Plan
        ``objective`` and bound are Ginis, 0 to 1; ``details`` as for ``solve_equity``.

    Raises
    ------
    InputError
        As ``solve_equity``.

    References
    ----------
    Dinkelbach, W. (1967), "On nonlinear fractional programming", Management Science 13(7), 492-498.
    """
    search = Search(seconds, seed, gap, progress)
    fair = Fair.of(problem, p, rules, exact=True, reached=True)
    found = _lowest(fair, search)
    if found is None:
        raise impossible(fair, search)
    outcome, chosen, value = found
    return plan_of(
        problem,
        "least-gini",
        {"p": fair.p, "rules": [rule.plain for rule in fair.rules]},
        search,
        outcome,
        chosen=chosen,
        assignment=assigned(problem, chosen),
        objective=value,
        floor=0.0,
        details=fair.figures(chosen),
    )


@dataclass(frozen=True)
class Fair:
    """A program of p sites that keep some rules."""

    siting: Siting
    rows: Rules
    rules: tuple[Target, ...]
    p: int

    @classmethod
    def of(
        cls,
        problem: Problem,
        p: int,
        rules: Sequence[Target | Sequence[Any]],
        *,
        exact: bool,
        reached: bool,
    ) -> Fair:
        """Begin a program; ``exact`` minutes for a Gini, ``reached``: refuse whoever is not."""
        p = check_p(p, problem.must, problem.forbidden)
        kept = targets_of(rules)
        check_groups(problem, kept)
        if reached:
            check_reached(problem, people_points(problem))
        siting = Siting.of(problem)
        siting.number(at_least=p, at_most=p)
        rows = Rules(siting, exact=exact)
        for rule in kept:
            rows.add(rule)
        return cls(siting, rows, kept, p)

    def cuts(self, most: float) -> Cuts:
        """Return the bound on the Gini, to which rows are added as plans break it."""
        points, minutes = self.rows.minutes()
        return Cuts(self.siting, points, minutes, most=most)

    def figures(self, chosen: Positions) -> dict[str, Any]:
        """Return the Gini of the minutes, and what each rule is about; null: without end."""
        problem = self.siting.problem
        points = people_points(problem)
        far = minutes_of(problem, chosen, points)
        found = [achieved(problem, chosen, rule) for rule in self.rules]
        return {
            "gini": gini(far, problem.weights[points]) if np.isfinite(far).all() else None,
            "achieved": [value if np.isfinite(value) else None for value in found],
        }


def _gini_of(problem: Problem, chosen: Positions) -> float:
    points = people_points(problem)
    far = minutes_of(problem, chosen, points)
    return gini(far, problem.weights[points]) if np.isfinite(far).all() else np.inf


def _check_goal(goal: str, reach: float | None) -> float:
    if goal not in ("p-median", "covering"):
        raise InputError("There is no goal {goal}.", goal=goal)
    if goal == "covering" and reach is None:
        raise InputError("Covering needs a reach.")
    return 0.0 if reach is None else check_limit(reach)


def _group_weights(problem: Problem, weights: ArrayLike | None) -> Floats:
    n = int(problem.groups.max()) + 1
    found = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if found.shape != (n,):
        raise InputError(
            "{name} has shape {found}; expected ({n},).",
            name="group_weights",
            found=found.shape,
            n=n,
        )
    if not (found >= 0).all() or not np.isfinite(found).all():
        raise InputError("{name} has negative or missing values.", name="group_weights")
    return found


def _aim(fair: Fair, goal: str, reach: float, shares: Floats) -> None:
    """Make the goal the objective, each township with its weight."""
    problem, program = fair.siting.problem, fair.siting.program
    if goal == "covering":
        fair.rows.covered(reach).total(shares).aim(program, maximise=True)
        return
    points, minutes = fair.rows.minutes()
    weights = problem.weights * shares[problem.groups]
    minutes.total(weights[points]).aim(program)


def _searched(
    siting: Siting,
    search: Search,
    value: Callable[[Positions], float],
    cuts: Cuts | None,
    floor: float,
    begun: Begun | None,
) -> tuple[Outcome, Positions | None]:
    """Search until the best plan keeps the bound on the Gini; None: no plan does."""
    kept: Positions | None = begun.chosen if begun else None
    start = begun.start(siting) if begun else None
    broken: list[Positions] = []
    better = max if siting.program.maximise else min

    def counted(x: Floats) -> tuple[Positions, float]:
        nonlocal kept
        chosen = siting.chosen(x)
        if np.isnan(value(chosen)):
            broken.append(chosen)
        else:
            kept = chosen if kept is None else better(kept, chosen, key=value)
        return chosen, value(chosen)

    if begun is not None and kept is not None and start is not None:
        proven = gap_of(value(kept), floor) <= max(search.gap, CLOSED)
        if proven or begun.stopped:
            status: Status = "proven" if proven else "stopped"
            x = np.nan_to_num(start)
            return Outcome(status, x, value(kept), floor, np.zeros(0), 0.0, ""), kept
    if cuts is not None:
        cuts.relax(search.left / 4)
    while True:
        outcome = search.run(
            siting.program, counted, floor=floor, start=start, listen=True, must=kept is None
        )
        if outcome.status == "infeasible":
            return outcome, None
        if outcome.x is not None:
            chosen, worth = counted(outcome.x)
            if not np.isnan(worth):
                return outcome, chosen
        if outcome.status == "stopped" or cuts is None:
            break
        for plan in broken:
            _exclude(siting, cuts, plan)
        broken.clear()
    if kept is None:
        raise InputError(STOPPED, seconds=search.seconds)
    return outcome, kept


def _exclude(siting: Siting, cuts: Cuts, plan: Positions) -> None:
    """Add the row that a plan breaks; where it does so by a hair only, exclude it by name too."""
    if not cuts.add(minutes_of(siting.problem, plan, cuts.points)):
        siting.program.row(siting.open[plan], upper=len(plan) - 1)


def _lowest(fair: Fair, search: Search) -> tuple[Outcome, Positions, float] | None:
    """Return the plan of the lowest Gini and the bound in Ginis; None: no plan keeps the rules."""
    points, minutes = fair.rows.minutes()
    siting, problem = fair.siting, fair.siting.problem
    pairs = siting.program.columns(1, upper=np.inf)
    cuts = Cuts(siting, points, minutes, column=int(pairs[0]))
    chosen, best, lowest = _quick(fair, search), np.inf, 0.0
    if chosen.size:
        best = cuts.of(chosen)
        cuts.add(minutes_of(problem, chosen, points))
        if not search.tell(chosen, best, lowest, "search"):
            return Outcome("stopped", None, best, lowest, np.zeros(0), 0.0, ""), chosen, best
    least = max(least_person_minutes(problem), EXACT)

    def heard(x: Floats | None, _: float, __: float) -> bool:
        nonlocal chosen, best
        found = chosen if x is None else siting.chosen(x)
        if x is not None and (value := cuts.of(found)) < best * (1 - ROUNDING):
            chosen, best = found, value
        return search.tell(chosen, best, lowest) if chosen.size else search.left > 0

    while True:
        rate = min(best, 1.0)
        aim = minutes.total(-rate * cuts.people)
        siting.program.aim(
            np.append(aim.column, pairs),
            np.append(aim.value, 1.0),
            maximise=False,
            offset=float(aim.constant[0]),
        )
        outcome = siting.program.solve(seconds=search.left, seed=search.seed, watch=heard)
        if outcome.status == "infeasible":
            return None
        if outcome.x is None:
            break
        # S / B = g + (S - g B) / B, and B is at least what it is with every site open.
        lowest = max(lowest, rate + min(outcome.bound, 0.0) / least)
        found = siting.chosen(outcome.x)
        value = cuts.of(found)
        fresh = cuts.add(minutes_of(problem, found, points))
        if value < best * (1 - ROUNDING):
            chosen, best = found, value
        elif not fresh and rate == min(best, 1.0):
            break
        if outcome.status == "stopped" or not search.tell(chosen, best, lowest):
            break
        if best - lowest <= search.gap * best:
            break
    if not chosen.size:
        raise InputError(STOPPED, seconds=search.seconds)
    # Proven by the last search alone, and only when that was about the plan itself: where every
    # point has a site of its own, ``least`` is next to nothing and says nothing.
    done = outcome.status == "proven" and rate == best and outcome.bound >= -2 * EXACT
    bound = best if done else min(lowest, best)
    return replace(outcome, status="proven" if done else "stopped", bound=bound), chosen, best


def _quick(fair: Fair, search: Search) -> Positions:
    """Return the sites of few person-minutes as a plan to begin with; empty: it keeps no rules."""
    problem = fair.siting.problem
    ones, free = np.ones(problem.n_sites), np.zeros(problem.n_sites)
    soon = Search(search.seconds / 3, search.seed)
    begun = begin(problem, free, ones, fair.p, soon, exactly=True)
    kept = all(holds(problem, begun.chosen, rule) for rule in fair.rules)
    return begun.chosen if kept else begun.chosen[:0]


def impossible(fair: Fair, search: Search, most_gini: float | None = None) -> InputError:
    """Say why no plan of p sites is fair enough, and what would be."""
    problem, rules, p = fair.siting.problem, fair.rules, fair.p
    late = replace(search, seconds=max(search.left, 5.0), began=time.perf_counter())
    fewer = [*rules, Target("sites", p)]
    if feasible(problem, fewer, late) == "no":
        return conflict_of(problem, fewer, late)
    exactly = Fair.of(problem, p, rules, exact=False, reached=False).siting.program
    if most_gini is None or exactly.solve(seconds=late.left).status == "infeasible":
        return InputError(
            "No {p} sites keep all rules and the spacing, but fewer do; ask for fewer.", p=p
        )
    lowest = solve_least_gini(problem, p, rules=rules, seconds=late.left, seed=search.seed)
    return InputError(
        "No {p} sites have a Gini of {asked} or less under these rules; the lowest found is "
        "{lowest}.",
        p=p,
        asked=figure(most_gini),
        lowest=figure(lowest.objective),
    )

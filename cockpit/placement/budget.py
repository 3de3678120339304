"""Money: what sites cost, how much there is, and how large to build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.capacitated import solve_serving
from cockpit.placement.flows import Serving
from cockpit.placement.formulation import (
    Positions,
    Siting,
    check_reached,
    coverage,
    covered_people,
    figure,
    least_person_minutes,
    nearest_minutes,
    people_points,
    person_minutes,
)
from cockpit.placement.plan import Plan, Progress
from cockpit.placement.problem import Cost, Problem, check_limit
from cockpit.placement.solving import Begun, Search, begin, solved
from geodata.errors import InputError

ROUNDING = 1e-9  # relative: sums of money like 0.1 + 0.2 are within a budget of 0.3


def solve_fixed_cost(
    problem: Problem,
    *,
    rate: float = 1.0,
    seconds: float = 60.0,
    seed: int = 0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Open as many sites as pay for themselves: uncapacitated facility location.

    min sum_j f_j y_j + rate * sum_i w_i d_i, where d_i is the cost to the nearest open site and f_j
    ``site_cost``. Everybody must reach a site.

    Parameters
    ----------
    rate
        Money that one person-minute is worth, 0 or more.
    seconds, seed, gap, progress
        As for ``solve``.

    Returns
    -------
    Plan
        ``objective`` in money; ``details``: its two parts, ``cost`` (money) and ``person_minutes``.

    Raises
    ------
    InputError
        If the rate is negative or a point with people reaches no allowed site.

    References
    ----------
    Balinski, M. L. (1965), "Integer programming: methods, uses, computation", Management Science
    12(3), 253-313; columns by García, Labbé and Marín (2011), see ``nearest_minutes``.
    """
    search = Search(seconds, seed, gap, progress)
    rate = check_limit(rate, name="rate")
    points = people_points(problem)
    check_reached(problem, points)
    begun = None
    if rate > 0 and points.size:
        none = np.zeros(problem.n_sites)  # sites take no room: there is no budget
        dear = replace(problem, weights=problem.weights * rate)
        begun = begin(dear, problem.site_cost, none, 0.0, search)
    siting = Siting.of(problem if begun is None else _without(problem, begun))
    siting.number(at_least=1)
    minutes = nearest_minutes(siting, points).total(problem.weights[points])
    siting.program.aim(
        np.concatenate((siting.open, minutes.column)),
        np.concatenate((problem.site_cost, rate * minutes.value)),
        maximise=False,
        offset=rate * float(minutes.constant[0]),
    )

    def parts(chosen: Positions) -> dict[str, float]:
        return {
            "cost": float(problem.site_cost[chosen].sum()),
            "person_minutes": person_minutes(problem, chosen),
        }

    def objective(chosen: Positions) -> float:
        found = parts(chosen)
        return found["cost"] + rate * found["person_minutes"]

    floor = float(problem.site_cost[problem.must].sum()) + rate * least_person_minutes(problem)
    plan = solved(
        siting,
        "fixed-cost",
        {"rate": rate},
        search,
        objective,
        floor=floor if begun is None else max(floor, begun.bound),
        none=_only_spacing,
        begun=begun,
        details=parts,
    )
    return replace(plan, data=problem.digest)


def _without(problem: Problem, begun: Begun) -> Problem:
    """Return the problem without the sites that no better plan opens."""
    return replace(problem, forbidden=begun.problem.forbidden)


def solve_budget_p_median(
    problem: Problem,
    budget: float,
    *,
    seconds: float = 60.0,
    seed: int = 0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Spend at most a budget so that the person-minutes to the nearest sites are fewest.

    min sum_i w_i d_i;  sum_j f_j y_j <= budget. Must sites are paid from the budget too: give
    them a ``site_cost`` of 0 if they stand already. Spending exactly the budget is allowed.

    Parameters
    ----------
    budget
        In the unit of ``site_cost``, 0 or more.
    seconds, seed, gap, progress
        As for ``solve``.

    Returns
    -------
    Plan
        ``objective`` in person-minutes; ``details["cost"]`` is what the plan costs.

    Raises
    ------
    InputError
        If the budget is below the cheapest site, below the must sites, or too small for everybody
        to reach a site; it says which budget would do.

    References
    ----------
    Khumawala, B. M. (1972), "An efficient branch and bound algorithm for the warehouse location
    problem", Management Science 18(12), 718-731: a budget in place of a number.
    """
    search = Search(seconds, seed, gap, progress)
    budget = check_budget(problem, budget)
    points = people_points(problem)
    check_reached(problem, points)
    begun = begin(problem, np.zeros(problem.n_sites), problem.site_cost, budget, search)
    siting = Siting.of(begun.problem)
    spend(siting, budget)
    siting.number(at_least=1)
    minutes = nearest_minutes(siting, points).total(problem.weights[points])
    minutes.aim(siting.program)
    plan = solved(
        siting,
        "budget-p-median",
        {"budget": budget},
        search,
        lambda chosen: person_minutes(problem, chosen),
        floor=max(begun.bound, least_person_minutes(problem)),
        none=lambda: _too_little(problem, budget, search),
        begun=begun,
        details=lambda chosen: {"cost": float(problem.site_cost[chosen].sum())},
    )
    return replace(plan, data=problem.digest)


def solve_budget_covering(
    problem: Problem,
    budget: float,
    reach: float,
    *,
    seconds: float = 60.0,
    seed: int = 0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Spend at most a budget so that most people are within reach of a site.

    max sum_i w_i z_i;  z_i <= sum of y_j with d_ij <= reach;  sum_j f_j y_j <= budget. Exactly at
    the reach is covered, spending exactly the budget is allowed; must sites are paid too.

    Parameters
    ----------
    budget
        In the unit of ``site_cost``, 0 or more.
    reach
        Longest acceptable cost, 0 or more.
    seconds, seed, gap, progress
        As for ``solve``.

    Returns
    -------
    Plan
        ``objective`` in people, the bound from above; ``details["cost"]`` is what it costs. Points
        beyond the reach have assignment -1.

    Raises
    ------
    InputError
        If the budget is below the cheapest site or below the must sites.

    References
    ----------
    Church, R. L. and ReVelle, C. (1974), "The maximal covering location problem", Papers of the
    Regional Science Association 32, 101-118; Khuller, S., Moss, A. and Naor, J. (1999), "The
    budgeted maximum coverage problem", Information Processing Letters 70(1), 39-45.
    """
    search = Search(seconds, seed, gap, progress)
    budget, reach = check_budget(problem, budget), check_limit(reach)
    siting = Siting.of(problem, maximise=True)
    spend(siting, budget)
    covered = coverage(siting, reach)
    siting.program.aim(covered.column, covered.weight, maximise=True)
    return solved(
        siting,
        "budget-covering",
        {"budget": budget, "reach": reach},
        search,
        lambda chosen: covered_people(problem, chosen, reach),
        floor=covered_people(problem, np.flatnonzero(problem.allowed), reach),
        none=_only_spacing,
        limit=reach,
        details=lambda chosen: {"cost": float(problem.site_cost[chosen].sum())},
    )


@dataclass(frozen=True)
class Size:
    """One size, or kind, in which a site can be built."""

    name: str
    capacity: float  # people, above 0
    cost: float  # money, on top of the site's own ``site_cost``


def solve_sizes(
    problem: Problem,
    sizes: Sequence[Size | Sequence[Any]],
    budget: float,
    *,
    goal: Literal["p-median", "covering"] = "covering",
    reach: float | None = None,
    split: bool = True,
    seconds: float = 60.0,
    seed: int = 0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Choose places and what size to build at each, at most one a place, within a budget.

    y_js is 1 where place j is built in size s: sum_s y_js <= 1;
    sum_js (f_j + c_s) y_js <= budget; sum_i w_i x_ijs <= C_s y_js. "covering" serves as many people
    as possible within reach; "p-median" serves all, in the fewest person-minutes. The problem's own
    ``capacity`` is not looked at, that of the size counts.

    Parameters
    ----------
    sizes
        At least one, also as lists of name, capacity and cost; names differ.
    budget, reach
        As for ``solve_budget_covering``; without ``reach`` any way will do.
    split
        Whether a demand point may be divided among sites (``details["flow"]``).
    seconds, seed, gap, progress
        As for ``solve``.

    Returns
    -------
    Plan
        ``details["sizes"]``: the name of the size of each open site, in their order; ``cost``: what
        all of it costs.

    Raises
    ------
    InputError
        If there is no size, two bear one name, a capacity or cost cannot be right, or the budget is
        below the cheapest site in its cheapest size or too small for everybody to be served.

    References
    ----------
    Correia, I. and Captivo, M. E. (2003), "A Lagrangean heuristic for a modular capacitated
    location problem", Annals of Operations Research 122, 141-161.
    """
    search = Search(seconds, seed, gap, _in_places(progress, problem.n_sites))
    kinds = check_sizes(sizes)
    limit = np.inf if reach is None else check_limit(reach)
    if goal not in ("p-median", "covering"):
        raise InputError("There is no goal {goal}.", goal=goal)
    wide = _in_sizes(problem, kinds)
    budget = check_budget(wide, budget, musts=False)
    everyone = goal == "p-median"
    if everyone:
        check_reached(problem, people_points(problem), limit=limit)
    serving = Serving.of(
        wide,
        wide.weights,
        split=split,
        everyone=everyone,
        reach=limit,
        maximise=not everyone,
    )
    spend(serving.siting, budget)
    _one_a_place(serving.siting, problem, len(kinds))
    plan = solve_serving(
        serving,
        serving.person_minutes if everyone else serving.people,
        "sizes",
        {
            "sizes": [[s.name, s.capacity, s.cost] for s in kinds],
            "budget": budget,
            "goal": goal,
            "reach": reach,
            "split": split,
        },
        search,
        floor=0.0 if everyone else float(problem.weights.sum()),
        none=lambda: InputError(
            "Within {budget} no sizes hold everybody; raise the budget, or ask for the most "
            "people (covering).",
            budget=figure(budget),
        ),
    )
    return _at_places(problem, plan, wide, kinds)


def check_budget(problem: Problem, budget: float, *, musts: bool = True) -> float:
    """Return the budget; refuse one below the cheapest site or the must sites."""
    budget = check_limit(budget, name="budget")
    cheapest = float(problem.site_cost[problem.allowed].min())
    if budget * (1 + ROUNDING) < cheapest:
        raise InputError(
            "The budget of {budget} is below the cheapest site; it must be at least {cheapest}.",
            budget=figure(budget),
            cheapest=figure(cheapest),
        )
    needed = float(problem.site_cost[problem.must].sum())
    if musts and budget * (1 + ROUNDING) < needed:
        raise InputError(
            "The sites that must be open cost {needed}, more than the budget of {budget}; "
            "raise it or release a site.",
            needed=figure(needed),
            budget=figure(budget),
        )
    return budget


def spend(siting: Siting, budget: float) -> None:
    """Let the open sites cost at most the budget."""
    siting.program.row(siting.open, siting.problem.site_cost, upper=budget * (1 + ROUNDING))


def least_budget(problem: Problem, search: Search) -> float:
    """Return what it costs at least that everybody reaches a site; NaN: not known in the time."""
    siting = Siting.of(problem)
    for_all = coverage(siting, float(np.finfo(problem.cost.dtype).max), weights=problem.weights)
    siting.program.row(for_all.column, lower=len(for_all.column) - 1e-6)
    siting.program.aim(siting.open, problem.site_cost, maximise=False)
    outcome = siting.program.solve(seconds=max(search.left, 5.0), seed=search.seed)
    if outcome.x is None or outcome.status != "proven":
        return float("nan")
    return float(problem.site_cost[siting.chosen(outcome.x)].sum())


def _too_little(problem: Problem, budget: float, search: Search) -> InputError:
    needed = least_budget(problem, search)
    if np.isnan(needed):
        return _only_spacing()
    return InputError(
        "With {budget} not everybody can reach a site; the budget must be at least {needed}.",
        budget=figure(budget),
        needed=figure(needed),
    )


def _only_spacing() -> InputError:
    return InputError(
        "No sites that follow the spacing let everybody reach one; ask for less spacing or add "
        "candidates."
    )


def check_sizes(given: Sequence[Size | Sequence[Any]]) -> tuple[Size, ...]:
    """Return sizes; refuse those that cannot be right, and name the first."""
    sizes = tuple(size if isinstance(size, Size) else Size(*size) for size in given)
    if not sizes:
        raise InputError("There is no size to build; give at least one.")
    names = [size.name for size in sizes]
    for size in sizes:
        if names.count(size.name) > 1:
            raise InputError("Two sizes are called {name}.", name=size.name)
        if not (size.capacity > 0 and 0 <= size.cost < np.inf):
            raise InputError(
                "Size {name} holds {capacity} and costs {cost}; expected above 0, and 0 or more.",
                name=size.name,
                capacity=size.capacity,
                cost=size.cost,
            )
    return sizes


def _in_sizes(problem: Problem, sizes: Sequence[Size]) -> Problem:
    """Return the problem with one site for each place and size, size after size."""
    k, m = len(sizes), problem.n_sites
    cost = np.array([size.cost for size in sizes])
    near = problem.spacing
    pairs = [near + np.array([a * m, b * m]) for a in range(k) for b in range(k)]
    return replace(
        problem,
        cost=cast("Cost", np.tile(problem.cost, (1, k))),
        must=np.zeros(k * m, dtype=np.bool_),  # the place must be built, in any size: see below
        forbidden=np.tile(problem.forbidden, k),
        existing=np.tile(problem.existing, k),
        site_cost=np.tile(problem.site_cost, k) + np.repeat(cost, m),
        capacity=np.repeat([size.capacity for size in sizes], m),
        spacing=np.concatenate(pairs) if near.size else near,
    )


def _one_a_place(siting: Siting, problem: Problem, k: int) -> None:
    """Build at most one size at a place, and exactly one where a site must be."""
    place = np.tile(np.arange(problem.n_sites), k)
    must: NDArray[np.float64] = problem.must.astype(np.float64)
    siting.program.rows(place, siting.open, n=problem.n_sites, lower=must, upper=1)


def _in_places(progress: Progress | None, m: int) -> Progress | None:
    """Tell of places in place of places and sizes."""
    if progress is None:
        return None
    return lambda step: progress(replace(step, open=np.sort(step.open % m)))


def _at_places(problem: Problem, plan: Plan, wide: Problem, sizes: Sequence[Size]) -> Plan:
    """Return the plan in places in place of places and sizes."""
    m = problem.n_sites
    order = np.argsort(plan.open % m, kind="stable")
    built = plan.open[order]
    details: dict[str, Any] = dict(plan.details)
    if "flow" in details:
        details["flow"] = [[i, j % m, share] for i, j, share in details["flow"]]
    details["sizes"] = [sizes[j // m].name for j in built.tolist()]
    details["cost"] = float(wide.site_cost[built].sum())
    assignment = np.where(plan.assignment >= 0, plan.assignment % m, -1)
    if "assignment" in details:
        details["assignment"] = assignment.tolist()
    return replace(
        plan, data=problem.digest, open=built % m, assignment=assignment, details=details
    )

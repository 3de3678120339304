"""Several years: which sites first, when what is built stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from cockpit.placement.formulation import (
    Floats,
    Linear,
    Positions,
    Siting,
    assigned,
    check_reached,
    costs_of,
    coverage,
    figure,
    nearest_minutes,
    weighted,
)
from cockpit.placement.plan import Plan, Progress
from cockpit.placement.problem import Problem, check_limit, check_p
from cockpit.placement.solving import Search, plan_of
from geodata.errors import InputError


@dataclass(frozen=True)
class _Years:
    """The years' people, and how much each year counts."""

    problem: Problem
    people: Floats  # (n_years, n_demand)
    counts: Floats  # (n_years,)
    reach: float | None  # None: person-minutes

    def worth(self, year: int, chosen: Positions) -> float:
        """Return the covered people, or the person-minutes, of one year."""
        if self.reach is None:
            far = costs_of(self.problem, assigned(self.problem, chosen))
            return weighted(far, self.people[year])
        within = (self.problem.cost[:, chosen] <= self.reach).any(axis=1)
        return float(self.people[year][within].sum())

    def total(self, path: Sequence[Positions]) -> float:
        """Return what a path of sites is worth in all years, each as it counts."""
        worths = [self.worth(year, chosen) for year, chosen in enumerate(path)]
        return float(np.dot(self.counts, worths))


def solve_phasing(
    problem: Problem,
    numbers: Sequence[int],
    *,
    goal: Literal["p-median", "covering"] = "covering",
    reach: float | None = None,
    people: ArrayLike | None = None,
    year_weights: ArrayLike | None = None,
    budgets: Sequence[float] | None = None,
    seconds: float = 60.0,
    seed: int = 0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Plan several years at once: each year's sites are also open in all later ones.

    max sum_t a_t sum_i w_ti z_ti ("covering"), or min sum_t a_t sum_i w_ti d_ti ("p-median");
    y_tj <= y_t+1,j;  sum_j y_tj = p_t;  sum_j f_j y_tj <= B_t. Because all years are chosen
    together, the path is worth at least as much as the greedy one, which takes the best of each
    year in turn; a single year may be worth less than there.

    Parameters
    ----------
    numbers
        Sites open at the end of each year, p_t, must sites included; never falling.
    goal, reach
        As for ``solve_equity``.
    people
        People of each year, shape ``(n_years, n_demand)``; without, the problem's in every year.
    year_weights
        What a year counts, a_t, shape ``(n_years,)``, 0 or more; without, 1 each.
    budgets
        Money spent on open sites until the end of each year, B_t; without, no bound.
    seconds, seed, gap, progress
        As for ``solve``.

    Returns
    -------
    Plan
        ``open``: the sites of the last year. ``details``: ``years``, the open sites of each year,
        and ``worth``, the people covered or the person-minutes of each year by its own people.

    Raises
    ------
    InputError
        If numbers or budgets fall or cannot be, shapes disagree, or no path keeps the budgets.

    References
    ----------
    Schilling, D. A. (1980), "Dynamic location modeling for public-sector facilities: a
    multicriteria approach", Decision Sciences 11(4), 714-724.
    """
    search = Search(seconds, seed, gap, progress)
    years = _checked(problem, numbers, goal, reach, people, year_weights, budgets)
    sitings, worth = _program(years, numbers, budgets)
    program, covering = sitings[0].program, years.reach is not None
    worth.aim(program, maximise=covering)

    def path(x: Floats) -> list[Positions]:
        return [siting.chosen(x) for siting in sitings]

    def counted(x: Floats) -> tuple[Positions, float]:
        return sitings[-1].chosen(x), years.total(path(x))

    every = np.flatnonzero(problem.allowed)
    floor = years.total([every] * len(numbers))
    outcome = search.run(program, counted, floor=floor)
    if outcome.x is None:
        raise InputError(
            "No path of sites keeps these numbers, budgets and the spacing; raise a budget or ask "
            "for fewer sites."
        )
    found, value = path(outcome.x), counted(outcome.x)[1]
    parameters = {
        "numbers": [int(p) for p in numbers],
        "goal": goal,
        "reach": reach,
        "people": None if people is None else years.people.tolist(),
        "year_weights": years.counts.tolist(),
        "budgets": None if budgets is None else [float(b) for b in budgets],
    }
    return plan_of(
        problem,
        "phasing",
        parameters,
        search,
        outcome,
        chosen=found[-1],
        assignment=assigned(problem, found[-1], limit=np.inf if reach is None else reach),
        objective=value,
        floor=floor,
        details=_details(years, found),
    )


def _details(years: _Years, path: Sequence[Positions]) -> dict[str, Any]:
    return {
        "years": [chosen.tolist() for chosen in path],
        "worth": [years.worth(year, chosen) for year, chosen in enumerate(path)],
    }


def _program(
    years: _Years, numbers: Sequence[int], budgets: Sequence[float] | None
) -> tuple[list[Siting], Linear]:
    """Return the sites of each year in one program, and what all years are worth together."""
    problem = years.problem
    sitings = [Siting.of(problem)]
    sitings += [sitings[0].again() for _ in numbers[1:]]
    figures = []
    for year, siting in enumerate(sitings):
        siting.number(at_least=numbers[year], at_most=numbers[year])
        if budgets is not None:
            siting.program.row(siting.open, problem.site_cost, upper=budgets[year] * (1 + 1e-9))
        if year:
            _kept(sitings[year - 1], siting)
        figures.append(_figure(years, year, siting))
    return sitings, Linear(
        np.array([sum(float(f.constant.sum()) for f in figures)]),
        np.concatenate([np.zeros_like(f.row) for f in figures]),
        np.concatenate([f.column for f in figures]),
        np.concatenate([f.value for f in figures]),
    )


def _kept(before: Siting, after: Siting) -> None:
    """Let every site of the year before be open still."""
    n = len(after.open)
    site = np.arange(n)
    after.program.rows(
        np.concatenate((site, site)),
        np.concatenate((before.open, after.open)),
        np.repeat((1.0, -1.0), n),
        n=n,
        upper=0,
    )


def _figure(years: _Years, year: int, siting: Siting) -> Linear:
    people, counts = years.people[year], float(years.counts[year])
    if years.reach is not None:
        covered = coverage(siting, years.reach, weights=people)
        zeros = np.zeros_like(covered.column)
        return Linear(np.zeros(1), zeros, covered.column, counts * covered.weight)
    points = np.flatnonzero(people > 0)
    return nearest_minutes(siting, points).total(counts * people[points])


def _checked(
    problem: Problem,
    numbers: Sequence[int],
    goal: str,
    reach: float | None,
    people: ArrayLike | None,
    year_weights: ArrayLike | None,
    budgets: Sequence[float] | None,
) -> _Years:
    """Check the years once, at the door."""
    n = len(numbers)
    if goal not in ("p-median", "covering"):
        raise InputError("There is no goal {goal}.", goal=goal)
    if goal == "covering" and reach is None:
        raise InputError("Covering needs a reach.")
    if not n:
        raise InputError("There is no year; say how many sites are open in each.")
    for p in numbers:
        check_p(p, problem.must, problem.forbidden)
    for name, values in (("numbers", numbers), ("budgets", budgets or ())):
        if any(b < a for a, b in pairwise(values)):
            raise InputError(
                "{name} fall from one year to the next; what is built stays.", name=name
            )
    default = np.tile(problem.weights, (n, 1))
    years = _Years(
        problem,
        _amounts("people", people, default),
        _amounts("year_weights", year_weights, np.ones(n)),
        check_limit(reach) if goal == "covering" else None,
    )
    if budgets is not None:
        _check_budgets(problem, _amounts("budgets", np.asarray(budgets), np.ones(n)), numbers)
    if goal == "p-median":
        check_reached(problem, np.flatnonzero(years.people.any(axis=0)))
    return years


def _amounts(name: str, values: ArrayLike | None, default: Floats) -> Floats:
    if values is None:
        return default
    found = np.asarray(values, dtype=np.float64)
    if found.shape != default.shape:
        raise InputError(
            "{name} has shape {found}; expected {expected}.",
            name=name,
            found=found.shape,
            expected=default.shape,
        )
    if not (found >= 0).all() or not np.isfinite(found).all():
        raise InputError("{name} has negative or missing values.", name=name)
    return found


def _check_budgets(problem: Problem, budgets: Floats, numbers: Sequence[int]) -> None:
    """Refuse a year whose budget does not pay its number of the cheapest sites."""
    price = np.where(problem.allowed, problem.site_cost, np.inf)
    order = np.argsort(np.where(problem.must, -np.inf, price), kind="stable")
    for year, (p, budget) in enumerate(zip(numbers, budgets, strict=True)):
        needed = float(problem.site_cost[order[:p]].sum())
        if budget * (1 + 1e-9) < needed:
            raise InputError(
                "Year {year}: {p} sites cost at least {needed}, the budget is {budget}.",
                year=year + 1,
                p=p,
                needed=figure(needed),
                budget=figure(float(budget)),
            )

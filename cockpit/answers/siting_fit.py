"""What a model's solver gets of a placement problem: all of it, or a part that it can prove."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.reach import Note
from cockpit.answers.siting_ground import UNREACHED_MINUTES, Ground, Positions
from cockpit.answers.siting_limits import about_the_longest, check_limits, with_true_ways
from cockpit.answers.siting_problem import Posed, pose
from cockpit.answers.siting_rules import Rules
from cockpit.placement import moves
from cockpit.placement.problem import Problem, pairs
from geodata.errors import InputError

MOST_LEVELS = 400_000
"""Ways from a cell to a site that a linear program may have: more take minutes and gigabytes."""

MOST_SERVED = 150_000
"""Ways in a model in which sites fill up."""

MOST_APART = 300
"""Candidates whose distances from each other are compared."""

LEAST_CANDIDATES = 20
"""However few ways a model may have, a search with fewer would be none."""

_MOST_POSED = 3  # of 3,000 cells and as many candidates 40 MB each

Counts = NDArray[np.int8]
Ways = NDArray[np.int8] | NDArray[np.bool_]  # (n_demand, n_sites)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A problem as a model's solver gets it."""

    problem: Problem
    sites: Positions  # column j is the site ground.sites[sites[j]]
    always: tuple[int, ...]  # sites that stay open and are no part of the problem
    notes: tuple[Note, ...]
    reduced: bool = False  # fewer candidates or people than the rules allow


_lock = threading.Lock()
_kept: OrderedDict[tuple[int, str], tuple[Ground, Posed]] = OrderedDict()


def posed_of(ground: Ground, rules: Rules) -> Posed:
    """Return the problem of a question and its rules, kept for the next who asks."""
    key = (id(ground), repr(rules))
    with _lock:
        known = _kept.get(key)
        if known is not None and known[0] is ground:
            _kept.move_to_end(key)
            return known[1]
    made = pose(ground, rules)
    with _lock:
        _kept[key] = ground, made
        while len(_kept) > _MOST_POSED:
            _kept.popitem(last=False)
    return made


def fit(model: str, ground: Ground, posed: Posed, parameters: Mapping[str, Any]) -> Fitted:
    """
    Return the problem that a model's solver can prove in the time of a page.

    Most models take all candidates. Where the general solver works, a county of thousands of cells
    has too many ways: then the candidates are those that promise most, and a note says so.

    Raises
    ------
    InputError
        If the model has nothing to choose from here.
    """
    check_limits(parameters)
    if about_the_longest(model, parameters):
        known = with_true_ways(ground, posed)
        made = fit_of(model, ground, known, parameters)
        return replace(made, reduced=True)
    return fit_of(model, ground, posed, parameters)


def fit_of(model: str, ground: Ground, posed: Posed, parameters: Mapping[str, Any]) -> Fitted:
    """Return the part of a problem, with the ways as they stand in it, that can be proven."""
    if model == "p-dispersion":
        return _apart(ground, posed)
    if model == "sizes":
        return _unserved(ground, posed, parameters)
    if model.startswith("capacitated"):
        return _served(replace(posed, notes=(*posed.notes, *posed.room)), parameters)
    if _by_minutes(model, parameters):
        programs = len(parameters.get("numbers", (1,)))
        ways = _levels(posed.problem) + _covering(posed.problem, model, parameters)
        return _fewer(posed, ways, MOST_LEVELS // programs, "minutes", UNREACHED_MINUTES)
    return Fitted(posed.problem, posed.sites, (), posed.notes)


def _by_minutes(model: str, parameters: Mapping[str, Any]) -> bool:
    """Tell whether the general solver has to weigh everybody's minutes."""
    if model in ("fixed-cost", "budget-p-median", "moving", "least-gini"):
        return True
    if model in ("equity", "phasing"):
        minutes = parameters.get("goal") == "p-median" or parameters.get("most_gini") is not None
        return minutes or any(rule[0] == "mean" for rule in parameters.get("rules", ()))
    if model == "lexicographic":
        return "mean" in parameters["order"]
    return any(target[0] == "mean" for target in parameters.get("targets", ()))


def _covering(problem: Problem, model: str, parameters: Mapping[str, Any]) -> Counts:
    """Return the ways within reach, where the model has rules or goals of coverage besides."""
    rules = (*parameters.get("rules", ()), *parameters.get("targets", ()))
    reach = next((rule[2] for rule in rules if rule[0] == "covered"), None)
    if model == "lexicographic":
        reach = parameters["reach"]
    found = np.zeros((1, problem.n_sites), dtype=np.int8)
    return found if reach is None else (problem.cost <= float(reach)).astype(np.int8)


def _levels(problem: Problem) -> Counts:
    """Return the ways that somebody may go: none beyond the nearest site that must be open."""
    most = problem.cost[:, problem.must].min(axis=1, initial=np.inf)
    here = (problem.cost <= most[:, np.newaxis]) & (problem.weights > 0)[:, np.newaxis]
    found: Counts = here.astype(np.int8)
    return found


def _fewer(posed: Posed, ways: Ways, most: int, aim: moves.Aim, limit: float) -> Fitted:
    """Keep as many candidates as have ``most`` ways: those that promise most one after another."""
    problem = posed.problem
    each = ways.sum(axis=0, dtype=np.int64) * problem.allowed
    if each.sum() <= most:
        return Fitted(problem, posed.sites, (), posed.notes)
    fixed = problem.must | problem.existing
    left = most - int(each[fixed].sum())
    order = promising(
        problem, aim, limit, most=max(int(left / max(each.mean(), 1.0)), LEAST_CANDIDATES)
    )
    kept = order[np.cumsum(each[order]) <= max(left, LEAST_CANDIDATES * each.mean())]
    columns = np.sort(np.concatenate((np.flatnonzero(fixed), kept)))
    return _some(posed, columns, int((problem.allowed & ~fixed).sum()), len(kept))


def promising(problem: Problem, aim: moves.Aim, limit: float, *, most: int) -> Positions:
    """
    Return candidates in the order in which they would be added one at a time, the best first.

    Beside the sites of today and those that must be open; at most ``most``, those that bring
    nothing any more last, by their number.
    """
    opened = (problem.must | problem.existing) & problem.allowed
    free = problem.allowed & ~opened
    near = moves.served(problem.cost, opened)
    found: list[int] = []
    while len(found) < min(most, int(free.sum())):
        gain = moves.gains(problem.cost, problem.weights, near, aim, limit)
        gain[~free] = -1.0
        gain[found] = -1.0
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            rest = np.setdiff1d(np.flatnonzero(free), found)
            found.extend(rest[: most - len(found)].tolist())
            break
        found.append(best)
        near = replace(near, near=np.minimum(near.near, problem.cost[:, best]))
    return np.array(found, dtype=np.intp)


def _some(posed: Posed, columns: Positions, n_all: int, n_kept: int) -> Fitted:
    note = Note(
        "This model compares {n} of {all} candidates, those that promise most one after another; "
        "plan and bound hold among these.",
        {"n": n_kept, "all": n_all},
    )
    chosen = subset(posed.problem, columns)
    return Fitted(chosen, posed.sites[columns], (), (*posed.notes, note), reduced=True)


def subset(
    problem: Problem, columns: Positions, *, cost: Any = None, weights: Any = None
) -> Problem:
    """Return the problem with some of its sites; other costs and people where they are given."""
    place = np.full(problem.n_sites, -1)
    place[columns] = np.arange(len(columns))
    near = place[problem.spacing]
    matrix = problem.cost[:, columns] if cost is None else cost
    same = len(matrix) == problem.n_demand
    return Problem.of(
        matrix,
        (problem.weights if same else None) if weights is None else weights,
        must=problem.must[columns],
        forbidden=problem.forbidden[columns],
        existing=problem.existing[columns],
        site_cost=problem.site_cost[columns],
        capacity=problem.capacity[columns],
        groups=problem.groups if same else None,
        spacing=pairs(near[(near >= 0).all(axis=1)], len(columns)),
    )


# ---------------------------------------------------------------- models of their own kind


def _apart(ground: Ground, posed: Posed) -> Fitted:
    """Return candidates with the minutes between them; facilities that stay are left out."""
    problem = posed.problem
    stays = problem.existing & problem.must
    free = problem.allowed & ~stays
    if free.sum() < 2:
        raise InputError("There are fewer than two candidates to keep apart; allow more cells.")
    always = tuple(int(s) for s in posed.sites[stays])
    notes = list(posed.notes)
    if always:
        notes.append(
            Note("New sites are kept apart from each other; from facilities of today by the "
                 "spacing of the rules.")
        )  # fmt: skip
    columns = np.flatnonzero(free)
    if len(columns) > MOST_APART:
        kept = promising(problem, "minutes", UNREACHED_MINUTES, most=MOST_APART)
        fixed = np.flatnonzero(free & (problem.must | problem.existing))
        columns = np.union1d(fixed, kept[: max(MOST_APART - len(fixed), 0)]).astype(np.intp)
    chosen = subset(problem, columns, cost=_between(ground, posed.sites[columns]))
    if len(columns) < free.sum():
        made = _some(posed, columns, int(free.sum()), len(columns))
        notes.append(made.notes[-1])
    return Fitted(chosen, posed.sites[columns], always, tuple(notes), reduced=True)


def _between(ground: Ground, sites: Positions) -> NDArray[np.float32]:
    """Return the minutes from each site to each other, at most ``UNREACHED_MINUTES``."""
    reach, first = ground.reach, ground.n_facilities
    today = sites < first
    places = np.empty(len(sites), dtype=np.intp)
    places[today] = reach.places_of(ground.facilities[sites[today]])
    places[~today] = ground.site_cells[sites[~today] - first]
    seconds = reach.travel.matrix(ground.q.mode, places, places)
    capped = np.minimum(seconds / np.float32(60), np.float32(UNREACHED_MINUTES))
    made: NDArray[np.float32] = capped.astype(np.float32, copy=False)
    np.fill_diagonal(made, 0.0)
    return made


def _served(posed: Posed, parameters: Mapping[str, Any]) -> Fitted:
    """Return a problem in which sites fill up, with as many ways as can be proven."""
    problem = posed.problem
    reach = parameters.get("reach")
    if reach is not None:
        ways = (problem.cost <= reach) & (problem.weights > 0)[:, np.newaxis]
        return _fewer(posed, ways, MOST_SERVED, "covered", float(reach))
    everybody = np.broadcast_to((problem.weights > 0)[:, np.newaxis], problem.cost.shape)
    made = _fewer(posed, everybody, 2 * MOST_SERVED, "minutes", UNREACHED_MINUTES)
    return _nearest_ways(made, MOST_SERVED)


def _nearest_ways(made: Fitted, most: int) -> Fitted:
    """Let everybody choose among so many of the nearest sites that ``most`` ways are left."""
    problem = made.problem
    here = max(int((problem.weights > 0).sum()), 1)
    each = max(most // here, 10)
    if problem.n_sites <= each:
        return made
    cost = np.full_like(problem.cost, np.inf)
    for i, row in enumerate(problem.cost):
        # Sites out of reach all count the same: from each cell on others of them come first.
        turn = np.roll(np.arange(problem.n_sites), -i)
        near = turn[np.argsort(row[turn], kind="stable")[:each]]
        cost[i, near] = row[near]
    note = Note("Everybody chooses among the {n} nearest sites; plan and bound hold for these.",
                {"n": each})  # fmt: skip
    slim = subset(problem, np.arange(problem.n_sites), cost=cost)
    return replace(made, problem=slim, notes=(*made.notes, note), reduced=True)


def _unserved(ground: Ground, posed: Posed, parameters: Mapping[str, Any]) -> Fitted:
    """Return new places for whom no facility that stays has within reach."""
    problem = posed.problem
    stays = problem.existing & problem.must
    free = problem.allowed & ~stays
    always = tuple(int(s) for s in posed.sites[stays])
    reach = parameters.get("reach")
    limit = float(np.float32(ground.q.minutes)) if reach is None else float(reach)
    without = ~(problem.cost[:, stays] <= limit).any(axis=1)
    weights = problem.weights * without
    if not weights.any():
        raise InputError("Everybody has a facility of today within reach; there is nothing to add.")
    notes = list(posed.notes)
    if always:
        notes.append(
            Note("New sites are planned for those who have no facility of today within reach.")
        )
    columns = np.flatnonzero(free)
    far = np.inf if reach is None else float(reach)
    ways = (problem.cost[:, columns] <= far) & (weights > 0)[:, np.newaxis]
    n_sizes = max(len(parameters["sizes"]), 1)
    alone = subset(problem, columns, weights=weights)
    rest = Posed(alone, posed.sites[columns], tuple(notes))
    made = _fewer(rest, ways, MOST_SERVED // n_sizes,
                  "minutes" if reach is None else "covered", limit)  # fmt: skip
    return replace(made, always=always, reduced=True)

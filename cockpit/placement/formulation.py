"""What the general models have in common: open sites, who is served where, minutes and coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cockpit.placement.milp import Program
from cockpit.placement.problem import Problem
from geodata.errors import InputError

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]


@dataclass(frozen=True)
class Siting:
    """A program with one column a site, 1 where it is open, and the rules of the problem."""

    problem: Problem
    program: Program
    open: Positions  # (n_sites,) columns

    @classmethod
    def of(cls, problem: Problem, *, maximise: bool = False) -> Siting:
        """Begin a program: sites that must, must not, or must not both be open."""
        program = Program(maximise=maximise)
        siting = cls(problem, program, program.columns(0))
        return siting.again()

    def again(self) -> Siting:
        """Add the sites once more to the same program: another year, another size."""
        lower, upper = self.problem.must, self.problem.allowed
        columns = self.program.columns(self.problem.n_sites, lower=lower, upper=upper, whole=True)
        near = columns[self.problem.spacing]
        self.program.rows(np.repeat(np.arange(len(near)), 2), near.ravel(), n=len(near), upper=1)
        return Siting(self.problem, self.program, columns)

    def number(self, *, at_least: float = -np.inf, at_most: float = np.inf) -> None:
        """Bound the number of open sites."""
        self.program.row(self.open, lower=at_least, upper=at_most)

    def chosen(self, x: Floats) -> Positions:
        """Return the open sites of a plan, sorted."""
        return np.flatnonzero(x[self.open] > 0.5)


@dataclass(frozen=True)
class Linear:
    """One figure for each of n things: ``constant + sum of value * column``."""

    constant: Floats  # (n,)
    row: Positions  # (entries,) which of the n
    column: Positions  # (entries,)
    value: Floats  # (entries,)

    def total(self, weights: Floats) -> Linear:
        """Return the weighted sum of all, as one figure."""
        value = self.value * weights[self.row]
        return Linear(
            np.array([self.constant @ weights]), np.zeros_like(self.row), self.column, value
        )

    def by_group(self, weights: Floats, groups: Positions, n: int) -> Linear:
        """Return the weighted sum of each group, shape ``(n,)``."""
        constant = np.bincount(groups, self.constant * weights, minlength=n).astype(np.float64)
        return Linear(constant, groups[self.row], self.column, self.value * weights[self.row])

    def at(self, x: Floats) -> Floats:
        """Return the figures at a plan."""
        return self.constant + np.bincount(
            self.row, self.value * x[self.column], minlength=len(self.constant)
        )

    def aim(self, program: Program, *, maximise: bool = False) -> None:
        """Make the one figure the objective."""
        program.aim(self.column, self.value, maximise=maximise, offset=float(self.constant.sum()))

    def rule(
        self, program: Program, *, lower: ArrayLike = -np.inf, upper: ArrayLike = np.inf
    ) -> None:
        """Add one row each: the figure lies within the bounds."""
        program.rows(
            self.row,
            self.column,
            self.value,
            n=len(self.constant),
            lower=np.asarray(lower, dtype=np.float64) - self.constant,
            upper=np.asarray(upper, dtype=np.float64) - self.constant,
        )


@dataclass(frozen=True)
class Pairs:
    """Demand points and the sites that may serve them, point by point."""

    cell: Positions  # (n_pairs,)
    site: Positions  # (n_pairs,)
    column: Positions  # (n_pairs,) share of the point that the site serves


def figure(value: float) -> float | int:
    """Return a figure as a sentence shows it: whole, or six digits."""
    return int(value) if float(value).is_integer() else float(f"{value:.6g}")


def people_points(problem: Problem) -> Positions:
    """Return the demand points with people: the others count in no sum."""
    return np.flatnonzero(problem.weights > 0)


def check_reached(problem: Problem, points: Positions, *, limit: float = np.inf) -> None:
    """Refuse points that no allowed site reaches (within a limit), and name the first."""
    within = problem.cost[np.ix_(points, np.flatnonzero(problem.allowed))] <= limit
    within &= np.isfinite(problem.cost[np.ix_(points, np.flatnonzero(problem.allowed))])
    lost = points[~within.any(axis=1)]
    if lost.size and np.isinf(limit):
        raise InputError(
            "Demand point {point} can reach no allowed site ({n} points are like this); add a "
            "candidate they can reach or leave them out.",
            point=int(lost[0]),
            n=int(lost.size),
        )
    if lost.size:
        raise InputError(
            "Demand point {point} has no allowed site within {limit} ({n} points are like this); "
            "the limit must be at least {needed}.",
            point=int(lost[0]),
            n=int(lost.size),
            limit=figure(limit),
            needed=figure(farthest_nearest(problem, points)),
        )


def farthest_nearest(problem: Problem, points: Positions) -> float:
    """Return the smallest limit at which every point has an allowed site; inf if there is none."""
    if not points.size:
        return 0.0
    return float(problem.cost[np.ix_(points, np.flatnonzero(problem.allowed))].min(axis=1).max())


def serve(
    siting: Siting,
    points: Positions,
    *,
    split: bool,
    everyone: bool = True,
    limit: float = np.inf,
) -> Pairs:
    """
    Add a column for each point and site that may serve it, and let only open sites serve.

    ``split``: a point may be divided among sites; otherwise it goes to one as a whole.
    ``everyone``: all are served; otherwise at most once.
    """
    problem, program = siting.problem, siting.program
    may = np.isfinite(problem.cost[points]) & (problem.cost[points] <= limit) & problem.allowed
    row, site = np.nonzero(may)
    column = program.columns(len(row), whole=not split)
    program.rows(row, column, n=len(points), lower=float(everyone), upper=1)
    may_close = np.flatnonzero(~problem.must[site])  # the others are open in any case
    k = np.arange(len(may_close))
    program.rows(
        np.concatenate((k, k)),
        np.concatenate((column[may_close], siting.open[site[may_close]])),
        np.repeat((1.0, -1.0), len(k)),
        n=len(k),
        upper=0,
    )
    return Pairs(points[row], site.astype(np.intp), column)


def limit_load(siting: Siting, pairs: Pairs, load: Floats, capacity: Floats) -> None:
    """Let no site take more than its capacity (inf: unlimited), and none when it is closed."""
    bounded = np.isfinite(capacity)
    here = bounded[pairs.site]
    sites = np.flatnonzero(bounded)
    place = np.cumsum(bounded) - 1
    siting.program.rows(
        np.concatenate((place[pairs.site[here]], np.arange(len(sites)))),
        np.concatenate((pairs.column[here], siting.open[sites])),
        np.concatenate((load[pairs.cell[here]], -capacity[sites])),
        n=len(sites),
        upper=0,
    )


def nearest_minutes(siting: Siting, points: Positions, *, exact: bool = False) -> Linear:
    """
    Return the cost from each point to its nearest open site as linear figures.

    A point's different costs D1 < D2 < ... are levels; column z_k is 1 where no site is open within
    D_k, so its cost is D1 + sum of (D_k+1 - D_k) z_k: the radius formulation of García, Labbé and
    Marín (2011), in the chain of Durán-Mateluna, Ales and Elloumi (2023): z_k >= z_k-1 - sum of the
    sites at D_k. Some site a point can reach is open.

    Without ``exact`` the columns may overstate a cost, which no plan gains from where less is
    better; with it (z_k <= 1 - y of each site at D_k) they are the cost to the nearest in any case.
    Levels beyond the nearest site that must be open are left out: where hundreds of sites stay,
    that is nearly all of them.
    """
    problem, program = siting.problem, siting.program
    sites = np.flatnonzero(problem.allowed)
    cost = problem.cost[np.ix_(points, sites)].astype(np.float64)
    order = np.argsort(cost, axis=1, kind="stable")
    cost = np.take_along_axis(cost, order, axis=1)
    # Nobody goes farther than to the nearest site that must be open.
    most = problem.cost[np.ix_(points, np.flatnonzero(problem.must))].min(axis=1, initial=np.inf)
    finite = np.isfinite(cost) & (cost <= most[:, np.newaxis])
    fresh = finite.copy()
    fresh[:, 1:] &= cost[:, 1:] > cost[:, :-1]
    row, rank = np.nonzero(finite)
    level = (np.cumsum(fresh.ravel()) - 1)[row * cost.shape[1] + rank]  # over all points
    first = np.nonzero(fresh)
    point, far = first[0], cost[first]  # one each level
    last = np.diff(point, append=len(points)) > 0
    columns = np.full(len(point), -1)
    columns[~last] = program.columns(int((~last).sum()))
    steps = np.flatnonzero(~last)
    nearest = np.diff(point, prepend=-1) > 0
    n, before = len(point), np.flatnonzero(~nearest)
    site = siting.open[sites[order[row, rank]]]
    program.rows(
        np.concatenate((level, steps, before)),
        np.concatenate((site, columns[steps], columns[before - 1])),
        np.concatenate((np.ones(len(level) + len(steps)), -np.ones(len(before)))),
        n=n,
        lower=nearest.astype(np.float64),
    )
    if exact:
        _never_more(program, level, site, columns, nearest)
    return Linear(far[nearest], point[steps], columns[steps], far[steps + 1] - far[steps])


def _never_more(
    program: Program,
    level: Positions,
    site: Positions,
    columns: Positions,
    nearest: NDArray[np.bool_],
) -> None:
    """Let the columns of a point's levels be 0 from the nearest open site on."""
    here = np.flatnonzero(columns[level] >= 0)
    k = np.arange(len(here))
    program.rows(
        np.concatenate((k, k)),
        np.concatenate((columns[level[here]], site[here])),
        n=len(k),
        upper=1,
    )
    later = np.flatnonzero((columns >= 0) & ~nearest)
    k = np.arange(len(later))
    program.rows(
        np.concatenate((k, k)),
        np.concatenate((columns[later], columns[later - 1])),
        np.repeat((1.0, -1.0), len(k)),
        n=len(k),
        upper=0,
    )


@dataclass(frozen=True)
class Covered:
    """Columns of points that the same sites cover, group by group: at most 1, where covered."""

    column: Positions  # (n_classes,)
    weight: Floats  # (n_classes,) people
    group: Positions  # (n_classes,)

    def by_group(self, n: int) -> Linear:
        """Return the covered people of each group, shape ``(n,)``."""
        return Linear(np.zeros(n), self.group, self.column, self.weight)


def coverage(siting: Siting, limit: float, *, weights: Floats | None = None) -> Covered:
    """
    Add the columns of maximal covering: z <= sum of the open sites within the limit.

    Points of one group that the same sites cover are one column (exactly at the limit is within);
    points that none covers have no column.
    """
    problem, program = siting.problem, siting.program
    weights = problem.weights if weights is None else weights
    sites = np.flatnonzero(problem.allowed)
    within = problem.cost[:, sites] <= limit
    points = np.flatnonzero((weights > 0) & within.any(axis=1))
    packed = np.packbits(within[points], axis=1)
    key = np.concatenate((problem.groups[points, np.newaxis].view(np.uint8), packed), axis=1)
    _, first, member = np.unique(key, axis=0, return_index=True, return_inverse=True)
    weight = np.bincount(member.ravel(), weights[points], len(first)).astype(np.float64)
    column = program.columns(len(first))
    row, at = np.nonzero(within[points[first]])
    program.rows(
        np.concatenate((row, np.arange(len(first)))),
        np.concatenate((siting.open[sites[at]], column)),
        np.repeat((1.0, -1.0), (len(row), len(first))),
        n=len(first),
        lower=0,
    )
    return Covered(column, weight, problem.groups[points[first]].astype(np.intp))


def assigned(problem: Problem, chosen: Positions, *, limit: float = np.inf) -> Positions:
    """Return each point's nearest open site (the first of equally near), -1 beyond the limit."""
    if not chosen.size:
        return np.full(problem.n_demand, -1)
    cost = problem.cost[:, chosen]
    at = np.argmin(cost, axis=1)
    near = cost[np.arange(len(at)), at]
    return np.where(np.isfinite(near) & (near <= limit), chosen[at], -1)


def costs_of(problem: Problem, assignment: Positions) -> Floats:
    """Return each point's cost to its site, shape ``(n_demand,)``; inf where it has none."""
    cost = problem.cost[np.arange(problem.n_demand), np.maximum(assignment, 0)]
    return np.where(assignment >= 0, cost.astype(np.float64), np.inf)


def weighted(values: Floats, weights: Floats) -> float:
    """Return the weighted sum over the points with people."""
    here = weights > 0
    return float(values[here] @ weights[here])


def covered_people(problem: Problem, chosen: Positions, limit: float) -> float:
    """Return the people within the limit of an open site."""
    return float(problem.weights[(problem.cost[:, chosen] <= limit).any(axis=1)].sum())


def person_minutes(problem: Problem, chosen: Positions) -> float:
    """Return the people's cost to their nearest open sites, added up; inf if one reaches none."""
    return weighted(costs_of(problem, assigned(problem, chosen)), problem.weights)


def least_person_minutes(problem: Problem) -> float:
    """Return what no plan is below: the people's cost if every allowed site were open."""
    return person_minutes(problem, np.flatnonzero(problem.allowed))

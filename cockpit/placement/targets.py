"""What a plan must reach: coverage, minutes, money, for all or for one township."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from cockpit.placement.formulation import (
    Floats,
    Linear,
    Positions,
    Siting,
    assigned,
    costs_of,
    coverage,
    nearest_minutes,
)
from cockpit.placement.problem import Problem, check_limit
from geodata.errors import InputError

Kind = Literal["covered", "mean", "worst", "cost", "sites"]
KINDS: tuple[Kind, ...] = ("covered", "mean", "worst", "cost", "sites")
ROUNDING = 1e-9  # relative: shares and sums of money are floats


@dataclass(frozen=True)
class Target:
    """
    One thing that a plan must reach.

    covered: at least the share ``value`` (0 to 1) of the people is within ``reach``, exactly there
    included. mean, worst: the people's mean, or longest, cost to the nearest site is at most
    ``value``; whoever reaches none has no end. cost: all open sites cost at most ``value``. sites:
    at most ``value`` are open. ``group``: the people of one township; None: all. A township without
    people meets every target.
    """

    kind: Kind
    value: float
    reach: float | None = None
    group: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError("There is no kind of target {kind}.", kind=self.kind)
        check_limit(self.value, name=self.kind)
        if self.kind == "covered" and self.value > 1:
            raise InputError("The share {share} is above 1.", share=self.value)
        if (self.kind == "covered") != (self.reach is not None):
            raise InputError("A target of coverage needs a reach, and no other has one.")
        if self.reach is not None:
            check_limit(self.reach)
        if self.group is not None and self.kind in ("cost", "sites"):
            raise InputError("Cost and number of sites are of the whole county, not of a township.")

    @property
    def plain(self) -> list[Any]:
        """Return the target as plain values: kind, value, reach, group."""
        return [self.kind, float(self.value), self.reach, self.group]


def targets_of(values: Iterable[Target | Sequence[Any]]) -> tuple[Target, ...]:
    """Return targets; plain ones (kind, value, reach, group), as a certificate has them, too."""
    return tuple(value if isinstance(value, Target) else Target(*value) for value in values)


def floors(
    problem: Problem, kind: Literal["covered", "mean", "worst"], value: float, **reach: float
) -> list[Target]:
    """Return the same target for every township that has people."""
    people = np.bincount(problem.groups, problem.weights)
    return [Target(kind, value, group=int(g), **reach) for g in np.flatnonzero(people > 0)]


def achieved(problem: Problem, chosen: Positions, target: Target) -> float:
    """Return the figure that a target is about; NaN where the township has no people."""
    if target.kind == "cost":
        return float(problem.site_cost[chosen].sum())
    if target.kind == "sites":
        return float(len(chosen))
    here = _people_of(problem, target)
    if not here.size:
        return float("nan")
    far = costs_of(problem, assigned(problem, chosen))[here]
    people = problem.weights[here]
    if target.kind == "worst":
        return float(far.max())
    if target.kind == "mean":
        return float(far @ people / people.sum())
    within = (problem.cost[np.ix_(here, chosen)] <= float(target.reach or 0)).any(axis=1)
    return float(people[within].sum() / people.sum())


def holds(problem: Problem, chosen: Positions, target: Target) -> bool:
    """Return whether the plan reaches the target."""
    figure = achieved(problem, chosen, target)
    if np.isnan(figure):
        return True
    if target.kind == "covered":
        return figure >= target.value * (1 - ROUNDING)
    return figure <= target.value * (1 + ROUNDING)


def check_groups(problem: Problem, targets: Sequence[Target]) -> None:
    """Refuse a target of a township that no point belongs to."""
    last = int(problem.groups.max())
    for target in targets:
        if target.group is not None and not 0 <= target.group <= last:
            raise InputError(
                "There is no township {group}; they are 0 to {last}.", group=target.group, last=last
            )


@dataclass
class Rules:
    """Adds targets to a program; columns that two targets need are added once."""

    siting: Siting
    exact: bool = False  # minutes are those to the nearest in any case, see ``nearest_minutes``
    _covered: dict[float, Linear] = field(default_factory=dict)
    _minutes: tuple[Positions, Linear] | None = None

    def add(self, target: Target) -> None:
        """Let every plan of the program reach the target."""
        problem, program = self.siting.problem, self.siting.program
        if target.kind == "cost":
            most = target.value * (1 + ROUNDING)
            program.row(self.siting.open, problem.site_cost, upper=most)
        elif target.kind == "sites":
            self.siting.number(at_most=target.value)
        else:
            self._of_people(target)

    def _of_people(self, target: Target) -> None:
        problem, program = self.siting.problem, self.siting.program
        here = _people_of(problem, target)
        if not here.size:
            return
        if target.kind == "worst":
            self._worst(here, target.value)
            return
        weights = np.zeros(problem.n_demand)
        weights[here] = problem.weights[here]
        if target.kind == "covered":
            least = target.value * weights.sum() * (1 - ROUNDING)
            self._part(self.covered(float(target.reach or 0)), target).rule(program, lower=least)
            return
        reached = np.isfinite(problem.cost[np.ix_(here, np.flatnonzero(problem.allowed))])
        if not reached.any(axis=1).all():
            program.row(np.zeros(0, dtype=np.intp), lower=1)  # holds for no plan
            return
        points, minutes = self.minutes()
        most = target.value * weights.sum() * (1 + ROUNDING)
        minutes.total(weights[points]).rule(program, upper=most)

    def _worst(self, here: Positions, limit: float) -> None:
        within = (self.siting.problem.cost[here] <= limit) & self.siting.problem.allowed
        rows, sites = np.nonzero(np.unique(within, axis=0))
        n = len(np.unique(within, axis=0))
        self.siting.program.rows(rows, self.siting.open[sites], n=n, lower=1)

    def covered(self, reach: float) -> Linear:
        """Return the covered people of each township, shape ``(n_groups,)``."""
        if reach not in self._covered:
            n = int(self.siting.problem.groups.max()) + 1
            self._covered[reach] = coverage(self.siting, reach).by_group(n)
        return self._covered[reach]

    def minutes(self) -> tuple[Positions, Linear]:
        """Return the points with people that some site reaches, and their costs."""
        if self._minutes is None:
            problem = self.siting.problem
            reached = np.isfinite(problem.cost[:, problem.allowed]).any(axis=1)
            points = np.flatnonzero((problem.weights > 0) & reached)
            self._minutes = points, nearest_minutes(self.siting, points, exact=self.exact)
        return self._minutes

    def _part(self, people: Linear, target: Target) -> Linear:
        """Return the people of the target's township, or of all, as one figure."""
        chosen: Floats = np.ones(len(people.constant))
        if target.group is not None:
            chosen = (np.arange(len(people.constant)) == target.group).astype(np.float64)
        return people.total(chosen)


def _people_of(problem: Problem, target: Target) -> Positions:
    here = problem.weights > 0
    if target.group is not None:
        here &= problem.groups == target.group
    return np.flatnonzero(here)

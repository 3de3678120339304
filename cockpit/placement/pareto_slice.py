"""Maximal covering under a budget and floors: one program, asked many times for a Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.cover import cover_of, dominated, grouped
from cockpit.placement.formulation import Covered, Floats, Positions, Siting, coverage, figure
from cockpit.placement.milp import EXACT, Outcome, Program, Status, sure_bound
from cockpit.placement.problem import Problem
from geodata.errors import InputError

Unit = Literal["sites", "money"]
ROUNDING = 1e-9  # relative: shares and sums of money are floats


def prices(problem: Problem) -> tuple[Floats, Unit]:
    """Return what each site costs, (n_sites,): its money, or 1 for a new one where none has."""
    if problem.site_cost.any():
        return problem.site_cost, "money"
    return (~problem.existing).astype(np.float64), "sites"


@dataclass(eq=False)
class Slice:
    """The program of covering, to which a budget and floors are added for each plan."""

    problem: Problem
    reach: float
    price: Floats
    unit: Unit
    siting: Siting
    columns: Covered
    base: Floats  # (n_groups,) people whom the sites that must be open cover
    people: Floats  # (n_groups,)
    whole: bool

    @classmethod
    def of(cls, problem: Problem, reach: float) -> Slice:
        """Leave out points that are covered in any case, and sites that another one replaces."""
        price, unit = prices(problem)
        if not (problem.weights > 0).any():
            raise InputError("Nobody lives at the demand points.")
        n = int(problem.groups.max()) + 1
        people = np.bincount(problem.groups, problem.weights, minlength=n).astype(np.float64)
        sure = (problem.cost[:, problem.must] <= reach).any(axis=1)
        base = np.bincount(problem.groups[sure], problem.weights[sure], minlength=n)
        rest = replace(problem, weights=np.where(sure, 0.0, problem.weights))
        slim = replace(rest, forbidden=problem.forbidden | _needless(rest, price, reach))
        within = (problem.cost[:, problem.allowed] <= reach).any(axis=1)
        if not (within & (problem.weights > 0)).any():
            raise InputError(
                "Nobody is within {reach} of an allowed site; ask for a longer reach or allow more "
                "sites.",
                reach=figure(reach),
            )
        siting = Siting.of(slim, maximise=True)
        columns = coverage(siting, reach)
        whole = bool((problem.weights % 1 == 0).all())
        return cls(
            problem, reach, price, unit, siting, columns, base.astype(np.float64), people, whole
        )

    @property
    def dearest(self) -> float:
        """Return what all sites cost that may be worth opening."""
        return float(self.price[~self.siting.problem.forbidden].sum())

    def shares(self, covered: Floats) -> float:
        """Return the lowest covered share of the townships with people."""
        here = self.people > 0
        return float((covered[here] / self.people[here]).min())

    def measured(self, chosen: Positions) -> tuple[float, float, float]:
        """Return cost, covered people and lowest share of a plan, added up anew."""
        within = (self.problem.cost[:, chosen] <= self.reach).any(axis=1)
        weights = self.problem.weights[within]
        by_group = np.bincount(
            self.problem.groups[within], weights, minlength=len(self.people)
        ).astype(np.float64)
        return float(self.price[chosen].sum()), float(weights.sum()), self.shares(by_group)

    def most_people(
        self, budget: float, least: Floats, *, seconds: float, seed: int, start: Positions | None
    ) -> tuple[Positions, float] | None:
        """Return the sites that cover most, and the bound; ``least``: people of each township."""
        program = self._under(budget, least)
        if program is None:
            return None
        program.aim(self.columns.column, self.columns.weight, maximise=True,
                    offset=float(self.base.sum()))  # fmt: skip
        known = self._start(program.n_columns, start)
        return self._read(program.solve(seconds=seconds, seed=seed, start=known))

    def cheapest(
        self, budget: float, least: Floats, *, seconds: float, seed: int
    ) -> tuple[Status, Positions]:
        """Return sites that cover so many of each township for the least money; or "infeasible"."""
        program = self._under(budget, least)
        if program is None:
            return "infeasible", np.zeros(0, dtype=np.intp)
        program.aim(self.siting.open, self.price, maximise=False)
        outcome = program.solve(seconds=seconds, seed=seed)
        if outcome.x is None:
            return outcome.status, np.zeros(0, dtype=np.intp)
        return outcome.status, self._chosen(outcome.x)

    def above(self, share: float) -> Floats:
        """Return the fewest covered people of each township at which all exceed a share."""
        held = share * self.people
        if self.whole:
            return np.where(self.people > 0, np.floor(held + 1e-6) + 0.5, 0.0)
        return held + 1e-6 * self.people

    def _under(self, budget: float, least: Floats) -> Program | None:
        """Return the program with a budget and people of each township; None: nobody is there."""
        program = self.siting.program.copy()
        program.row(self.siting.open, self.price, upper=budget * (1 + ROUNDING))
        by_group = self.columns.by_group(len(self.people))
        for g in np.flatnonzero(least > self.base):
            mine = by_group.row == g
            if not mine.any():
                return None
            lower = float(least[g] - self.base[g])
            program.row(by_group.column[mine], by_group.value[mine], lower=lower)
        return program

    def complete(self, covered: Sequence[float]) -> bool:
        """Whether a plan covers everybody whom some allowed site covers."""
        within = (self.problem.cost[:, self.problem.allowed] <= self.reach).any(axis=1)
        everybody = float(self.problem.weights[within].sum())
        return max(covered, default=-1.0) >= everybody * (1 - ROUNDING)

    def _chosen(self, x: Floats) -> Positions:
        """Return the open sites; what stands already and costs nothing stays where it may."""
        chosen = self.siting.chosen(x)
        idle = self.problem.existing & self.problem.allowed & (self.price == 0)
        for site in np.setdiff1d(np.flatnonzero(idle), chosen):
            together = np.append(chosen, site)
            if not self.problem.too_near(together):
                chosen = together
        return np.sort(chosen)

    def _read(self, outcome: Outcome) -> tuple[Positions, float] | None:
        if outcome.x is None:
            return None
        chosen = self._chosen(outcome.x)
        covered = self.measured(chosen)[1]
        bound = sure_bound(outcome, covered)
        if self.whole and np.isfinite(bound):
            bound = np.floor(bound * (1 + EXACT * 1e-3) + 1e-5)
        return chosen, max(float(bound), covered)

    def _start(self, n: int, chosen: Positions | None) -> Floats | None:
        if chosen is None:
            return None
        x = np.full(n, np.nan)
        x[self.siting.open] = 0.0
        x[self.siting.open[chosen]] = 1.0
        return x


def _needless(problem: Problem, price: Floats, reach: float) -> NDArray[np.bool_]:
    """Return sites without which no plan is worse: they cover nobody, or less for as much."""
    if len(problem.spacing):
        return np.zeros(problem.n_sites, dtype=np.bool_)
    cover = cover_of(problem, reach)
    lists = grouped(cover).lists
    idle = (np.diff(lists.by_site) == 0) & ~problem.must
    better = dominated(lists, problem.must, problem.allowed)
    dearer = price[np.maximum(better, 0)] > price
    out: NDArray[np.bool_] = idle | ((better >= 0) & ~dearer)
    return out if (~out & problem.allowed).any() else np.zeros_like(out)

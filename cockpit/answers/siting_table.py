"""A plan by hand as arrays: costs of all candidates, what is open, and what may change."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.siting_fit import posed_of
from cockpit.answers.siting_ground import UNREACHED_MINUTES, Ground, Positions
from cockpit.answers.siting_layout import Layout
from cockpit.answers.siting_models import reach_of
from cockpit.answers.siting_rules import Rules
from cockpit.placement import moves
from cockpit.placement.moves import Aim, Flags, Floats


@dataclass(frozen=True, eq=False)
class Table:
    """Costs of all candidates and all open sites, and what the rules let open and close."""

    ground: Ground
    rules: Rules
    sites: Positions  # of the columns, among the ground's sites
    cost: moves.Costs  # (n, n_columns) minutes
    opened: Flags
    today: Flags
    may_open: Flags
    may_close: Flags
    spacing: NDArray[np.int64]  # pairs of columns

    @classmethod
    def of(
        cls, ground: Ground, rules: Rules, layout: Layout, *, also: tuple[int, ...] = ()
    ) -> Table:
        """Return the arrays of a plan under some rules; ``also``: sites that are asked about."""
        posed = posed_of(ground, rules)
        problem, open_sites = posed.problem, ground.open_sites(layout)
        extra = np.setdiff1d(np.array([*open_sites, *also], dtype=np.intp), posed.sites)
        sites = np.concatenate((posed.sites, extra)).astype(np.intp)
        cost: moves.Costs = problem.cost
        if extra.size:
            minutes = ground.minutes(ground.matrix(extra)).astype(np.float32)
            cost = np.concatenate((problem.cost, minutes), axis=1)
        none = np.zeros(extra.size, dtype=np.bool_)
        allowed = np.concatenate((problem.allowed, none))
        must = np.concatenate((problem.must, none))
        opened = np.isin(sites, open_sites)
        return cls(
            ground, rules, sites, cost, opened,
            sites < ground.n_facilities,
            allowed & ~opened,
            opened & ~must,
            problem.spacing,
        )  # fmt: skip

    @property
    def served(self) -> moves.Served:
        """Return the nearest two open sites of everybody."""
        return moves.served(self.cost, self.opened)

    def near(self, flags: Flags) -> moves.Costs:
        """Return everybody's minutes to the nearest of some sites, as they count in sums."""
        found: moves.Costs = np.minimum(moves.served(self.cost, flags).near, UNREACHED_MINUTES)
        return found

    @property
    def too_near(self) -> Flags:
        """Return the sites that are too near to an open one."""
        near: Flags = moves.conflicts(self.spacing, self.opened)[0] > 0
        return near

    def column(self, site: int) -> int:
        """Return the column of one of the ground's sites."""
        return int(np.flatnonzero(self.sites == site)[0])

    def limit(self, aim: Aim) -> float:
        """Return the minutes that count as within, or the most that a way counts."""
        return reach_of(self.ground.q.minutes) if aim == "covered" else UNREACHED_MINUTES

    def gains(self, aim: Aim, now: moves.Served) -> Floats:
        """Return what opening each site would bring."""
        return moves.gains(self.cost, self.ground.people, now, aim, self.limit(aim))

    def losses(self, aim: Aim) -> Floats:
        """Return what closing each site would take."""
        return moves.losses(self.ground.people, self.served, aim, self.limit(aim), len(self.sites))

    def value(self, aim: Aim, flags: Flags) -> float:
        """Return people covered, or person-minutes, added without rounding between."""
        near, people = moves.served(self.cost, flags).near, self.ground.people
        if aim == "covered":
            return math.fsum(people[near <= self.limit(aim)])
        return math.fsum(people * np.minimum(near, self.limit(aim)))

"""Sites that stand today: kept, closed or moved, at a cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cockpit.placement.formulation import (
    Floats,
    Positions,
    Siting,
    check_reached,
    least_person_minutes,
    nearest_minutes,
    people_points,
    person_minutes,
)
from cockpit.placement.plan import Plan, Progress
from cockpit.placement.problem import Problem, check_p
from cockpit.placement.solving import Search, begin, solved
from geodata.errors import InputError

Costs = ArrayLike | Sequence[float | None]
"""For all, or for each site; None: without end."""


def solve_moving(
    problem: Problem,
    p: int | None = None,
    *,
    moving_cost: Costs = 0.0,
    closing_cost: Costs = 0.0,
    opening_cost: Costs = 0.0,
    seconds: float = 60.0,
    seed: int = 0,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Plan:
    """
    Keep, close or move the sites of today and open new ones, so that p are open in the end.

    min sum_i w_i d_i + sum_j m_j moved_j + sum_j c_j closed_j + sum_j o_j opened_j;
    moved_j + closed_j = 1 - y_j for each existing j; sum of moved + sum of opened = sum of y_j over
    the others; sum_j y_j = p. A site that is moved goes to some new place at its moving cost and
    needs neither closing nor opening cost; where closing and opening are cheaper than moving, that
    is what the plan says. At moving cost 0 and p as today the plan is the free optimum; at moving
    and closing costs without end everything stays where it is.

    Parameters
    ----------
    p
        Sites that are open in the end; without, as many as today.
    moving_cost, closing_cost
        For each existing site, in person-minutes (what a saved minute of one person is worth); one
        number for all or shape ``(n_sites,)``, 0 or more; inf (in a list None
        too): must not be moved, or closed.
    opening_cost
        The same for sites that are opened beside those that are moved there.
    seconds, seed, gap, progress
        As for ``solve``.

    Returns
    -------
    Plan
        ``objective``: person-minutes and costs together. ``details``: ``person_minutes``, ``cost``,
        and the sites ``kept``, ``left`` (not kept) and ``new``, with ``moved``, ``closed`` and
        ``opened``: how many of them.

    Raises
    ------
    InputError
        If there are no sites today, p cannot be, costs are negative, an existing site is forbidden
        that may neither move nor close, or the costs without end leave no plan.

    References
    ----------
    Wang, Q. et al. (2003), "Budget constrained location problem with opening and closing of
    facilities", Computers & Operations Research 30(13), 2047-2069.
    """
    search = Search(seconds, seed, gap, progress)
    standing = np.flatnonzero(problem.existing)
    if p is None and not standing.size:
        raise InputError("No site is open today; say how many shall be open (p).")
    p = check_p(int(standing.size) if p is None else p, problem.must, problem.forbidden)
    costs = _Costs(problem, moving_cost, closing_cost, opening_cost)
    points = people_points(problem)
    check_reached(problem, points)

    def details(chosen: Positions) -> dict[str, Any]:
        return {"person_minutes": person_minutes(problem, chosen), **costs.change(chosen)}

    def objective(chosen: Positions) -> float:
        found = details(chosen)
        return float(found["person_minutes"] + found["cost"])

    begun = begin(
        problem,
        costs.price,
        np.ones(problem.n_sites),
        p,
        search,
        exactly=True,
        constant=costs.leaving,
        worth=lambda chosen: objective(chosen) - costs.leaving,
        first=standing,
    )
    siting = Siting.of(begun.problem)
    siting.number(at_least=p, at_most=p)
    minutes = nearest_minutes(siting, points).total(problem.weights[points])
    column, value = costs.columns(siting)
    siting.program.aim(
        np.concatenate((minutes.column, column)),
        np.concatenate((minutes.value, value)),
        maximise=False,
        offset=float(minutes.constant[0]),
    )

    plan = solved(
        siting,
        "moving",
        {"p": p, **costs.parameters},
        search,
        objective,
        floor=max(begun.bound, least_person_minutes(problem)),
        begun=begun if np.isfinite(objective(begun.chosen)) else None,
        none=lambda: InputError(
            "With these costs no plan of {p} sites is possible: what must stay, may not be opened "
            "or is too near leaves no choice; make a cost finite or change p.",
            p=p,
        ),
        details=details,
    )
    return replace(plan, data=problem.digest, proof={**plan.proof, **begun.proof})


class _Costs:
    """What leaving a site costs, and the columns that say it."""

    def __init__(self, problem: Problem, moving: Costs, closing: Costs, opening: Costs) -> None:
        self.problem = problem
        self.moving = _each("moving_cost", moving, problem.n_sites)
        self.closing = _each("closing_cost", closing, problem.n_sites)
        self.opening = _each("opening_cost", opening, problem.n_sites)
        stuck = problem.existing & problem.forbidden
        stuck &= np.isinf(self.moving) & np.isinf(self.closing)
        if stuck.any():
            raise InputError(
                "Site {site} stands today, must not be open, and may neither be moved nor closed; "
                "make one of the costs finite.",
                site=int(np.flatnonzero(stuck)[0]),
            )

    @property
    def price(self) -> Floats:
        """Return what each site saves at least when it stays, as a price below 0."""
        least = np.minimum(self.moving, self.closing)
        most = np.nanmax(np.where(np.isfinite(least), least, np.nan), initial=0.0)
        return np.where(self.problem.existing, -np.where(np.isfinite(least), least, most), 0.0)

    @property
    def leaving(self) -> float:
        """Return what leaving every site of today costs at least, as counted in ``price``."""
        return float(-self.price.sum())

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the costs for a certificate; a cost without end is null."""
        named = {"moving": self.moving, "closing": self.closing, "opening": self.opening}
        return {
            f"{name}_cost": [None if np.isinf(c) else float(c) for c in costs]
            for name, costs in named.items()
        }

    def columns(self, siting: Siting) -> tuple[Positions, Floats]:
        """Add what is moved, closed and opened; return their columns and costs."""
        program, problem = siting.program, self.problem
        old, new = np.flatnonzero(problem.existing), np.flatnonzero(~problem.existing)
        moved = program.columns(len(old), upper=np.isfinite(self.moving[old]))
        closed = program.columns(len(old), upper=np.isfinite(self.closing[old]))
        opened = program.columns(len(new), upper=np.isfinite(self.opening[new]))
        k = np.arange(len(old))
        program.rows(
            np.tile(k, 3),
            np.concatenate((moved, closed, siting.open[old])),
            n=len(k),
            lower=1,
            upper=1,
        )
        k = np.arange(len(new))
        program.rows(
            np.tile(k, 2),
            np.concatenate((opened, siting.open[new])),
            np.repeat((1.0, -1.0), len(k)),
            n=len(k),
            upper=0,
        )
        program.row(
            np.concatenate((moved, opened, siting.open[new])),
            np.repeat((1.0, 1.0, -1.0), (len(old), len(new), len(new))),
            lower=0,
            upper=0,
        )
        costs = (self.moving[old], self.closing[old], self.opening[new])
        value = np.concatenate(costs)
        return np.concatenate((moved, closed, opened)), np.where(np.isfinite(value), value, 0.0)

    def change(self, chosen: Positions) -> dict[str, Any]:
        """Return what becomes of the sites of today, and the least that it costs."""
        is_open = np.zeros(self.problem.n_sites, dtype=np.bool_)
        is_open[chosen] = True
        left = np.flatnonzero(self.problem.existing & ~is_open)
        new = np.flatnonzero(~self.problem.existing & is_open)
        cost, moved = self._cheapest(left, new)
        return {
            "cost": cost,
            "kept": np.flatnonzero(self.problem.existing & is_open).tolist(),
            "left": left.tolist(),
            "new": new.tolist(),
            "moved": moved,
            "closed": len(left) - moved,
            "opened": len(new) - moved,
        }

    def _cheapest(self, left: Positions, new: Positions) -> tuple[float, int]:
        """
        Return the least cost, and how many are moved for it.

        With k moves, the k that save most over closing move and the k dearest places to open are
        filled by them; both sorts are independent, so each k is one sum.
        """
        best, at = np.inf, 0
        for k in range(min(len(left), len(new)) + 1):
            cost = _with_moves(self.moving[left], self.closing[left], k)
            cost += float(np.sort(self.opening[new])[: len(new) - k].sum())
            if cost < best:
                best, at = cost, k
        return best, at


def _with_moves(moving: Floats, closing: Floats, k: int) -> float:
    """Return the least cost of leaving sites when k of them are moved and the others closed."""
    must_move, must_close = np.isinf(closing), np.isinf(moving)
    if (must_move & must_close).any() or must_move.sum() > k or (~must_close).sum() < k:
        return np.inf
    saved = np.where(must_move | must_close, 0.0, moving) - np.where(must_move, 0.0, closing)
    rate = np.where(must_move, -np.inf, np.where(must_close, np.inf, saved))
    moves = np.argsort(rate, kind="stable")
    return float(moving[moves[:k]].sum() + closing[moves[k:]].sum())


def _each(name: str, cost: Costs, n: int) -> Floats:
    given = [np.inf if c is None else c for c in cost] if isinstance(cost, list) else cost
    found = np.asarray(given, dtype=np.float64)
    if found.shape not in ((), (n,)):
        raise InputError(
            "{name} has shape {found}; expected ({n},).", name=name, found=found.shape, n=n
        )
    if not (found >= 0).all():
        raise InputError("{name} has negative or missing values.", name=name)
    return np.broadcast_to(found, (n,)).copy()

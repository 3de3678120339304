"""A Lagrangian bound where sites cost something: for budgets and moves, with plans on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.intp]
_FEW = 30  # sites that are added one at a time before anything is told
_PATIENCE = 12  # rounds without a better bound before the step is halved
_SMALLEST_STEP = 1e-3
_BLOCK = 4_000_000  # numbers at a time where all swaps are priced


@dataclass(frozen=True)
class Priced:
    """Points served by the nearest open site; open sites add ``price`` and take up ``size``."""

    cost: Floats  # (n_points, n_sites) weight times minutes; inf: not possible
    price: Floats  # (n_sites,) added to the objective when open; may be below 0
    size: Floats  # (n_sites,) what a site takes of the room: money, or 1
    room: float
    must: Flags  # (n_sites,)
    exactly: bool  # sizes are 1 and exactly ``room`` sites open

    def fits(self, chosen: Positions) -> bool:
        """Return whether the sites may be open together, spacing apart."""
        if self.exactly and len(chosen) != self.room:
            return False
        return bool(self.size[chosen].sum() <= self.room * (1 + 1e-9))

    def value(self, chosen: Positions) -> float:
        """Return the objective of open sites."""
        if not chosen.size:
            return np.inf
        return float(self.cost[:, chosen].min(axis=1).sum() + self.price[chosen].sum())


@dataclass(frozen=True)
class SiteBound:
    """What was proven and found."""

    value: float
    multipliers: Floats  # (n_points,)
    closed: Flags  # (n_sites,) open in no plan better than the one found
    chosen: Positions  # the best plan found; empty: none
    cost: float  # its value; inf


def site_bound(
    priced: Priced,
    *,
    allowed_together: Callable[[Positions], bool],
    worth: Callable[[Positions], float] | None = None,
    rounds: int = 400,
    first: Positions | None = None,
    going: Callable[[Positions, float, float], bool] = lambda _c, _u, _l: True,
) -> SiteBound:
    """
    Bound from below, and search by interchange from the sites that the multipliers choose.

    "Everybody is served once" is relaxed; site j then saves v_j = sum_i min(0, c_ij - u_i), and the
    best sites within the room are a continuous knapsack. Spacing is left out of the bound and
    asked of plans by ``allowed_together``. ``worth``: what a plan costs in truth, where ``priced``
    is less than that: sites are closed against it. ``first``: a plan to begin with.
    ``going(chosen, upper, lower)``, asked each round and each swap: False stops.

    References
    ----------
    Cornuéjols, G., Fisher, M. L. and Nemhauser, G. L. (1977), "Location of bank accounts to
    optimize float", Management Science 23(8), 789-810; interchange by Teitz and Bart (1968).
    """
    third = min(2, priced.cost.shape[1] - 1)
    multipliers = np.partition(priced.cost, third, axis=1)[:, third]
    multipliers = np.where(np.isfinite(multipliers), multipliers, priced.cost.min(axis=1))
    best, prices = -np.inf, (multipliers, np.zeros(len(priced.must)))
    chosen, upper, step, idle = np.zeros(0, dtype=np.intp), np.inf, 2.0, 0
    seen: set[bytes] = set()
    least = float(priced.cost.min(axis=1).sum() + np.minimum(priced.price, 0.0).sum())
    first = _greedy(priced) if first is None else first
    if first.size and priced.fits(first) and allowed_together(first):
        chosen, upper = first, priced.value(first)
        going(chosen, upper, least)
    for _ in range(rounds):
        negative = np.minimum(priced.cost - multipliers[:, np.newaxis], 0.0)
        saved = negative.sum(axis=0) + priced.price
        value, share = _choose(priced, saved)
        value += float(multipliers.sum())
        idle = 0 if value > best + 1e-6 * abs(value) else idle + 1
        if value > best:
            best, prices = value, (multipliers, saved)
        found = _filled(priced, np.flatnonzero(share == 1), saved)
        if idle == 0 and found.tobytes() not in seen:
            seen.add(found.tobytes())
            ask = partial(going, chosen, upper, max(best, least))
            found = interchange(priced, found, going=ask)
            total = priced.value(found)
            if total < upper and priced.fits(found) and allowed_together(found):
                chosen, upper = found, total
        if idle > _PATIENCE:
            step, idle = step / 2, 0
        if (
            step < _SMALLEST_STEP
            or best >= upper * (1 - 1e-9)
            or not going(chosen, upper, max(best, least))
        ):
            break
        slack = 1.0 - (negative < 0) @ share
        norm = float(slack @ slack)
        if norm == 0:
            break
        target = upper if np.isfinite(upper) else value + 0.1 * abs(value) + 1.0
        multipliers = multipliers + step * max(target - value, 1e-6 * abs(value)) / norm * slack
    truly = worth(chosen) if worth is not None and chosen.size else upper
    closed = _closed(priced, prices[1], float(prices[0].sum()), truly)
    return SiteBound(best, prices[0], closed, chosen, upper)


def _choose(priced: Priced, saved: Floats, forced: int = -1) -> tuple[float, Floats]:
    """Return the least sum of savings within the room (parts of a site allowed), and the shares."""
    must = priced.must.copy()
    if forced >= 0:
        must[forced] = True
    share = must.astype(np.float64)
    left = priced.room - float(priced.size[must].sum())
    if priced.exactly:
        free = np.flatnonzero(~must)
        share[free[np.argsort(saved[free], kind="stable")[: max(int(left), 0)]]] = 1.0
        return float(saved @ share) if left >= 0 else np.inf, share
    if left < -1e-9 * abs(priced.room):
        return np.inf, share
    free = np.flatnonzero(~must & (saved < 0))
    with np.errstate(divide="ignore"):
        order = free[np.argsort(saved[free] / priced.size[free], kind="stable")]
    before = np.cumsum(priced.size[order]) - priced.size[order]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.clip((max(left, 0.0) - before) / priced.size[order], 0.0, 1.0)
    share[order] = np.where(priced.size[order] > 0, part, 1.0)
    return float(saved @ share), share


def _filled(priced: Priced, chosen: Positions, saved: Floats) -> Positions:
    """Add the sites that save most while they fit."""
    if priced.exactly:
        return chosen
    room = priced.room * (1 + 1e-9) - float(priced.size[chosen].sum())
    added = set(chosen.tolist())
    for j in np.argsort(saved, kind="stable").tolist():
        if j not in added and saved[j] < 0 and priced.size[j] <= room:
            added.add(j)
            room -= float(priced.size[j])
    return np.array(sorted(added), dtype=np.intp)


def _greedy(priced: Priced) -> Positions:
    """Return the sites that must be open and a few more, the best first; empty: no plan so far."""
    chosen = np.flatnonzero(priced.must)
    if not np.isfinite(priced.value(chosen)):
        return chosen[:0]
    near = priced.cost[:, chosen].min(axis=1)
    for _ in range(_FEW):
        may = priced.size <= priced.room * (1 + 1e-9) - float(priced.size[chosen].sum())
        may[chosen] = False
        saved = np.maximum(near[:, np.newaxis] - priced.cost, 0.0).sum(axis=0) - priced.price
        best = int(np.argmax(np.where(may, saved, -np.inf)))
        if not may.any() or (saved[best] <= 0 and not priced.exactly):
            break
        chosen = np.append(chosen, best)
        near = np.minimum(near, priced.cost[:, best])
    return np.sort(chosen)


def interchange(
    priced: Priced,
    chosen: Positions,
    rounds: int = 60,
    going: Callable[[], bool] = lambda: True,
) -> Positions:
    """Swap, add or drop one site while that is better and fits, or until ``going`` says False."""
    for _ in range(rounds):
        now = priced.value(chosen)
        if not np.isfinite(now) or not going():
            break
        change = _best_change(priced, chosen)
        out, into = np.unravel_index(int(np.argmin(change)), change.shape)
        if change[out, into] >= -1e-9 * abs(now):
            break
        rest = np.delete(chosen, out) if out < len(chosen) else chosen
        chosen = np.sort(np.append(rest, into)) if into < len(priced.must) else rest
    return chosen


def _best_change(priced: Priced, chosen: Positions) -> Floats:
    """
    Return what each swap adds to the objective, inf: not possible.

    Shape ``(n_chosen + 1, n_sites + 1)``: the site that closes, last: none; the one that opens.
    From the nearest and second nearest open site of each point, all swaps in one pass over the
    costs: what opening saves, what closing loses, and what of the loss the new site takes over.

    References
    ----------
    Resende, M. G. C. and Werneck, R. F. (2007), "A fast swap-based local search procedure for
    location problems", Annals of Operations Research 150, 205-230.
    """
    k, m = len(chosen), len(priced.must)
    rank = np.argsort(priced.cost[:, chosen], axis=1, kind="stable")[:, :2]
    points = np.arange(len(priced.cost))
    near = priced.cost[points, chosen[rank[:, 0]]]
    never = 2.0 * np.where(np.isfinite(priced.cost), priced.cost, 0.0).max(axis=1).sum() + 1.0
    second = priced.cost[points, chosen[rank[:, 1]]] if k > 1 else np.full(len(near), np.inf)
    second = np.minimum(second, never)
    lost = np.bincount(rank[:, 0], second - near, minlength=k)
    saved, taken = np.zeros(m), np.zeros((k, m))
    order = np.argsort(rank[:, 0], kind="stable")
    width = max(_BLOCK // len(near), 1)
    served, first_of = np.unique(rank[order, 0], return_index=True)
    for first in range(0, m, width):
        block = priced.cost[:, first : first + width]
        saved[first : first + width] = np.maximum(near[:, np.newaxis] - block, 0.0).sum(axis=0)
        over = np.maximum(second[:, np.newaxis] - np.maximum(block, near[:, np.newaxis]), 0.0)
        taken[served, first : first + width] = np.add.reduceat(over[order], first_of, axis=0)
    change = np.full((k + 1, m + 1), np.inf)
    gone = np.append(lost - priced.price[chosen], 0.0)
    change[:, :m] = gone[:, np.newaxis] - saved + priced.price
    change[:k, :m] -= taken
    left = priced.room * (1 + 1e-9) - float(priced.size[chosen].sum())
    spare = np.append(left + priced.size[chosen], left)
    change[:, :m][priced.size > spare[:, np.newaxis]] = np.inf
    change[:, chosen] = np.inf
    if priced.exactly:
        change[k] = np.inf
    elif k > 1:
        change[:k, m] = gone[:k]
    change[:k][priced.must[chosen]] = np.inf
    return change


def _closed(priced: Priced, saved: Floats, paid: float, upper: float) -> Flags:
    """Return the sites whose opening costs more than the best plan, whatever else is open."""
    closed = np.zeros(len(saved), dtype=np.bool_)
    if np.isfinite(upper):
        for j in np.flatnonzero(~priced.must):
            least = paid + _choose(priced, saved, forced=int(j))[0]
            closed[j] = least > upper + 1e-9 * abs(upper)
    return closed

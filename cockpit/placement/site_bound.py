"""A Lagrangian bound where sites cost something: for budgets and moves, with plans on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.intp]
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
    going: Callable[[Positions, float, float], bool] = lambda _c, _u, _l: True,
) -> SiteBound:
    """
    Bound from below, and search by interchange from the sites that the multipliers choose.

    "Everybody is served once" is relaxed; site j then saves v_j = sum_i min(0, c_ij - u_i), and the
    best sites within the room are a continuous knapsack. Spacing is left out of the bound and
    asked of plans by ``allowed_together``. ``worth``: what a plan costs in truth, where ``priced``
    is less than that: sites are closed against it. ``going(chosen, upper, lower)``: False stops.

    References
    ----------
    Cornuéjols, G., Fisher, M. L. and Nemhauser, G. L. (1977), "Location of bank accounts to
    optimize float", Management Science 23(8), 789-810; interchange by Teitz and Bart (1968).
    """
    multipliers = np.sort(priced.cost, axis=1)[:, min(2, priced.cost.shape[1] - 1)]
    multipliers = np.where(np.isfinite(multipliers), multipliers, priced.cost.min(axis=1))
    best, prices = -np.inf, (multipliers, np.zeros(len(priced.must)))
    chosen, upper, step, idle = np.zeros(0, dtype=np.intp), np.inf, 2.0, 0
    seen: set[bytes] = set()
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
            found = interchange(priced, found)
            total = priced.value(found)
            if total < upper and priced.fits(found) and allowed_together(found):
                chosen, upper = found, total
        if idle > _PATIENCE:
            step, idle = step / 2, 0
        if step < _SMALLEST_STEP or best >= upper * (1 - 1e-9) or not going(chosen, upper, best):
            break
        slack = 1.0 - (negative < 0) @ share
        norm = float(slack @ slack)
        if norm == 0:
            break
        target = upper if np.isfinite(upper) else value + 0.1 * abs(value) + 1.0
        multipliers = multipliers + step * max(target - value, 1e-6 * abs(value)) / norm * slack
    least = worth(chosen) if worth is not None and chosen.size else upper
    closed = _closed(priced, prices[1], float(prices[0].sum()), least)
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


def interchange(priced: Priced, chosen: Positions, rounds: int = 60) -> Positions:
    """Swap, add or drop one site while that is better and fits."""
    for _ in range(rounds):
        now, best, change = priced.value(chosen), 0.0, None
        if not np.isfinite(now):
            return chosen
        left = priced.room * (1 + 1e-9) - float(priced.size[chosen].sum())
        for out in (-1, *np.flatnonzero(~priced.must[chosen]).tolist()):
            if priced.exactly and out < 0:
                continue
            rest = np.delete(chosen, out) if out >= 0 else chosen
            spare = left + (float(priced.size[chosen[out]]) if out >= 0 else 0.0)
            gains = _with_one_more(priced, rest) - now
            gains[(priced.size > spare) | np.isin(np.arange(len(gains)), rest)] = np.inf
            k = int(np.argmin(gains))
            if gains[k] < best - 1e-9 * abs(now):
                best, change = float(gains[k]), np.sort(np.append(rest, k))
        if change is None:
            return chosen
        chosen = change
    return chosen


def _with_one_more(priced: Priced, rest: Positions) -> Floats:
    """Return the objective of ``rest`` and one more site, for each site."""
    near = priced.cost[:, rest].min(axis=1, initial=np.inf)
    total = np.empty(len(priced.must))
    width = max(_BLOCK // len(near), 1)
    for first in range(0, len(total), width):
        block = priced.cost[:, first : first + width]
        total[first : first + width] = np.minimum(block, near[:, np.newaxis]).sum(axis=0)
    return total + priced.price + float(priced.price[rest].sum())


def _closed(priced: Priced, saved: Floats, paid: float, upper: float) -> Flags:
    """Return the sites whose opening costs more than the best plan, whatever else is open."""
    closed = np.zeros(len(saved), dtype=np.bool_)
    if np.isfinite(upper):
        for j in np.flatnonzero(~priced.must):
            least = paid + _choose(priced, saved, forced=int(j))[0]
            closed[j] = least > upper + 1e-9 * abs(upper)
    return closed

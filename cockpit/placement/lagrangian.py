"""Bounds by Lagrangian multipliers, compiled: what every plan costs at least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.compiled import compiled
from cockpit.placement.lists import Lists

Floats = NDArray[np.float64]
Status = NDArray[np.int8]

FREE, IN, OUT = 0, 1, 2

_MEMORY = 0.9  # share of the last direction in the next: less zigzag (Camerini, Fratta, Maffioli)
_FADING = 0.9  # of the running mean of chosen sites
_SMALLEST_STEP = 2e-3


@dataclass(frozen=True, eq=False)
class Bound:
    """The best multipliers of an ascent and what they prove."""

    value: float  # no plan costs less
    multipliers: Floats  # (n_rows,)
    rho: Floats  # (n_sites,) what each site saves at these multipliers, 0 or less
    chosen: NDArray[np.bool_]  # (n_sites,) the p best of them
    mean: Floats  # (n_sites,) how often a site was chosen of late, 0 to 1
    theta: float  # step at the end


@dataclass(frozen=True)
class Climb:
    """How an ascent goes: steps in all, first length, steps without gain before it is halved."""

    steps: int = 400
    theta: float = 1.5
    patience: int = 15


@compiled
def _price(start, site, cost, lam, rho):  # type: ignore[no-untyped-def]
    """Fill what every site saves; return the sum of the multipliers and the entries visited."""
    rho[:] = 0.0
    total = 0.0
    visited = 0
    for i in range(len(lam)):
        price = lam[i]
        total += price
        for t in range(start[i], start[i + 1]):
            below = cost[t] - price
            if below >= 0.0:
                break
            rho[site[t]] += below
            visited += 1
    return total, visited


@compiled
def _choose(rho, status, p, chosen):  # type: ignore[no-untyped-def]
    """Choose the sites that are in and the best free ones, p in all; return what they save."""
    m = len(rho)
    saved = 0.0
    left = p
    values = np.empty(m)
    n = 0
    for j in range(m):
        chosen[j] = status[j] == 1
        if chosen[j]:
            saved += rho[j]
            left -= 1
        elif status[j] == 0:
            values[n] = rho[j]
            n += 1
    if left <= 0 or n == 0:
        return saved
    limit = np.inf if left >= n else np.partition(values[:n], left - 1)[left - 1]
    for strict in (True, False):  # first below the limit, then at it until p are chosen
        for j in range(m):
            usable = left > 0 and status[j] == 0 and not chosen[j]
            if usable and (rho[j] < limit or (not strict and rho[j] == limit)):
                chosen[j] = True
                saved += rho[j]
                left -= 1
    return saved


@compiled
def _price_cover(by_site, row, lam, rho):  # type: ignore[no-untyped-def]
    """Do what ``_price`` does where all costs are 0: site by site, four sums at a time."""
    for j in range(len(rho)):
        t, end = by_site[j], by_site[j + 1]
        a, b, c, d = 0.0, 0.0, 0.0, 0.0
        while t + 4 <= end:
            a += lam[row[t]]
            b += lam[row[t + 1]]
            c += lam[row[t + 2]]
            d += lam[row[t + 3]]
            t += 4
        while t < end:
            a += lam[row[t]]
            t += 1
        rho[j] = -((a + b) + (c + d))
    return lam.sum(), len(row)


@compiled
def _served(  # type: ignore[no-untyped-def]
    start, site, cost, by_site, row, row_cost, lam, chosen, visited, served
):
    """Count the chosen sites that cost each row less than its multiplier, the shorter way."""
    some = np.flatnonzero(chosen)
    served[:] = 0
    if (by_site[some + 1] - by_site[some]).sum() < visited:
        for j in some:
            for t in range(by_site[j], by_site[j + 1]):
                served[row[t]] += row_cost[t] < lam[row[t]]
        return
    for i in range(len(lam)):
        for t in range(start[i], start[i + 1]):
            if cost[t] >= lam[i]:
                break
            served[i] += chosen[site[t]]


@compiled
def _direct(cap, lam, served, direction):  # type: ignore[no-untyped-def]
    """Turn the direction to the new subgradient; return its squared length."""
    length = 0.0
    for i in range(len(lam)):
        turn = 1.0 - served[i] + _MEMORY * direction[i]
        if (lam[i] >= cap[i] and turn > 0.0) or (lam[i] <= 0.0 and turn < 0.0):
            turn = 0.0
        direction[i] = turn
        length += turn * turn
    return length


@compiled
def _ascend(  # type: ignore[no-untyped-def]
    start,
    site,
    cost,
    by_site,
    row,
    row_cost,
    free,
    cap,
    lam,
    status,
    p,
    goal,
    steps,
    theta,
    patience,
    mean,
):
    """Climb; return value, multipliers, savings, choice and step of the best point."""
    m = len(status)
    rho, chosen = np.zeros(m), np.zeros(m, dtype=np.bool_)
    direction, served = np.zeros(len(lam)), np.zeros(len(lam), dtype=np.int64)
    best, best_lam, best_rho, best_chosen = -1.0, lam.copy(), rho.copy(), chosen.copy()
    idle = 0
    for step in range(steps):
        if free:
            paid, visited = _price_cover(by_site, row, lam, rho)
        else:
            paid, visited = _price(start, site, cost, lam, rho)
        value = paid + _choose(rho, status, p, chosen)
        if step == 0 or value > best:
            if value > best + 0.002 * (goal - best):
                idle = 0
            best = value
            best_lam[:] = lam
            best_rho[:] = rho
            best_chosen[:] = chosen
        else:
            idle += 1
        if best >= goal:
            break
        if idle >= patience:
            theta *= 0.5
            idle = 0
            lam[:] = best_lam
            direction[:] = 0.0
            if theta < _SMALLEST_STEP:
                break
            continue
        for j in range(m):
            mean[j] = _FADING * mean[j] + ((1.0 - _FADING) if chosen[j] else 0.0)
        _served(start, site, cost, by_site, row, row_cost, lam, chosen, visited, served)
        length = _direct(cap, lam, served, direction)
        if length == 0.0:
            break
        stride = theta * (goal * 1.0002 - value) / length
        for i in range(len(lam)):
            lam[i] = min(max(lam[i] + stride * direction[i], 0.0), cap[i])
    return best, best_lam, best_rho, best_chosen, theta


def ascend(
    lists: Lists, multipliers: Floats, status: Status, p: int, goal: float, climb: Climb
) -> Bound:
    """
    Raise the bound that multipliers give, by deflected subgradients.

    Relaxing "every row is served once" with a multiplier ``u`` for each row leaves: every site
    saves ``rho_j = sum over its rows of min(0, cost_ij - u_i)``, and the best p sites are chosen.
    ``sum(u) + the p smallest rho`` is a lower bound for any ``0 <= u <= cap``.

    Parameters
    ----------
    lists
        Rows and sites; see ``Lists``.
    multipliers
        Where to begin, shape ``(n_rows,)``.
    status
        FREE, IN or OUT for each site, shape ``(n_sites,)``; those that are in are chosen always.
    p
        Sites in all, those that are in too.
    goal
        Stop when the bound reaches this: the cost of the best plan, or a little less.
    climb
        How many steps, how long, how patient.

    References
    ----------
    Cornuéjols, G., Fisher, M., Nemhauser, G. (1977), Management Science 23(8), 789-810.
    Camerini, P., Fratta, L., Maffioli, F. (1975), Mathematical Programming Study 3, 26-34.
    """
    mean = np.zeros(len(status))
    value, best, rho, chosen, theta = _ascend(
        lists.start,
        lists.site.view(np.uint32),  # no position is below 0, and nothing need ask whether
        lists.cost,
        lists.by_site,
        lists.row.view(np.uint32),
        lists.row_cost,
        not lists.cost.any(),
        lists.cap,
        np.minimum(multipliers, lists.cap),
        status,
        p,
        goal,
        climb.steps,
        climb.theta,
        climb.patience,
        mean,
    )
    return Bound(float(value), best, rho, chosen, mean, float(theta))

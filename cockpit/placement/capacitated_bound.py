"""A Lagrangian bound for the capacitated p-median, and plans of whole points found on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]
_CELLS = 30_000_000  # of the knapsack tables; above, the bound takes parts of points
_PATIENCE = 15  # rounds without a better bound before the step is halved
_SMALLEST_STEP = 1e-4
_MANY = 250  # points; above, assigning takes the short way, without moves and swaps


@dataclass(frozen=True)
class Transport:
    """Who may be served where, and at what cost: a whole point i at site j."""

    cost: Floats  # (n_points, n_sites) weight times minutes; inf: not possible
    load: Floats  # (n_points,) what a point takes of a capacity
    capacity: Floats  # (n_sites,) inf: unlimited
    must: NDArray[np.bool_]  # (n_sites,)
    p: int


@dataclass(frozen=True)
class Bound:
    """What the multipliers prove."""

    value: float
    multipliers: Floats  # (n_points,)
    whole: bool  # knapsacks of whole points; False: parts of points were allowed
    reduced: Floats  # (n_sites,) least cost of site j open at these multipliers, at most 0


@dataclass(frozen=True)
class Heuristic:
    """The best plan that was found."""

    cost: float  # inf: none
    chosen: Positions
    site: Positions  # (n_points,)


def knapsacks(reduced: Floats, load: Floats, capacity: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """
    Choose for each site the whole points that reduce its cost most within its capacity.

    Dynamic programming over whole loads, all sites at once. ``reduced`` (n_points, n_sites); loads
    and finite capacities are whole numbers. Return the least cost (n_sites,), at most 0, and who is
    taken (n_points, n_sites). Martello, S. and Toth, P. (1990), "Knapsack problems", chapter 2.
    """
    n, m = reduced.shape
    loads = load.astype(int)
    rooms = np.minimum(capacity, load.sum()).astype(int)
    most, sites = int(rooms.max(initial=0)), np.arange(m)
    best = np.zeros((m, most + 1))
    took = np.zeros((n, m, most + 1), dtype=np.bool_)
    gains = np.where(np.isfinite(reduced), reduced, 0.0)
    for i in range(n):
        need = loads[i]
        if need > most or not (gains[i] < 0).any():
            continue
        taken = best[:, : most + 1 - need] + gains[i][:, np.newaxis]
        took[i, :, need:] = taken < best[:, need:]
        best[:, need:] = np.minimum(best[:, need:], taken)
    left, chosen = rooms.copy(), np.zeros((n, m), dtype=np.bool_)
    for i in range(n - 1, -1, -1):
        chosen[i] = took[i, sites, left]
        left -= chosen[i] * loads[i]
    return best[sites, rooms], chosen


def fractions(reduced: Floats, load: Floats, capacity: Floats) -> tuple[Floats, Floats]:
    """
    Choose as ``knapsacks`` does where parts of points may be taken: greedy by cost a unit of load.

    Return the least cost (n_sites,) and the share taken (n_points, n_sites). Dantzig, G. B. (1957),
    "Discrete-variable extremum problems", Operations Research 5(2), 266-288.
    """
    gains = np.where(np.isfinite(reduced), np.minimum(reduced, 0.0), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(gains < 0, gains / load[:, np.newaxis], 0.0)
    order = np.argsort(rate, axis=0, kind="stable")
    loads = np.where(np.take_along_axis(gains, order, axis=0) < 0, load[order], 0.0)
    before = np.cumsum(loads, axis=0) - loads
    room = np.maximum(capacity - before, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(loads > 0, np.minimum(room / loads, 1.0), 1.0)
    share = np.zeros_like(gains)
    np.put_along_axis(share, order, part, axis=0)
    share[gains >= 0] = 0.0
    return (share * gains).sum(axis=0), share


def lagrangian(
    transport: Transport,
    *,
    split: bool,
    rounds: int = 300,
    going: Callable[[Heuristic, Bound], bool] = lambda _found, _bound: True,
) -> tuple[Bound, Heuristic]:
    """
    Bound the capacitated p-median from below; look for plans of whole points on the way.

    "Everybody is served once" is relaxed with a multiplier each; each site is then a knapsack, and
    the p best sites are open (the must sites among them). ``split``: parts of points, so the
    knapsacks are continuous; a plan of whole points is one of parts too. Spacing is left out: the
    bound holds with it too.

    ``going(found, bound)`` is asked each round; False ends the search. Without a whole-point plan
    the step aims at a tenth above the bound.

    References
    ----------
    Mulvey, J. M. and Beck, M. P. (1984), "Solving capacitated clustering problems", European
    Journal of Operational Research 18(3), 339-348; steps by Held, M., Wolfe, P. and Crowder, H. P.
    (1974), Mathematical Programming 6, 62-88.
    """
    whole = not split and _small(transport)
    multipliers = transport.cost.min(axis=1)
    best = Bound(-np.inf, multipliers, whole, np.zeros(len(transport.must)))
    found = Heuristic(np.inf, np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp))
    step, idle, seen = 2.0, 0, set[bytes]()
    for _ in range(rounds):
        value, reduced, chosen, served = relaxed(transport, multipliers, whole=whole)
        better = value > best.value + 1e-9 * abs(value)
        if value > best.value:
            best = Bound(value, multipliers, whole, reduced)
        idle = 0 if better else idle + 1
        if better and chosen.tobytes() not in seen:
            seen.add(chosen.tobytes())
            found = min(found, whole_points(transport, chosen), key=lambda plan: plan.cost)
        if idle > _PATIENCE:
            step, idle = step / 2, 0
        if step < _SMALLEST_STEP or best.value >= found.cost or not going(found, best):
            break
        slack = 1.0 - served
        norm = float(slack @ slack)
        if norm == 0:  # every point is served once: the relaxed plan is a plan
            break
        target = found.cost if np.isfinite(found.cost) else value + 0.1 * abs(value) + 1.0
        multipliers = multipliers + step * max(target - value, 1e-6 * abs(value)) / norm * slack
    return best, found


def relaxed(
    transport: Transport, multipliers: Floats, *, whole: bool
) -> tuple[float, Floats, Positions, Floats]:
    """Return bound, cost of each site, open sites and how often each point is served."""
    reduced = transport.cost - multipliers[:, np.newaxis]
    choose = knapsacks if whole else fractions
    values, share = choose(reduced, transport.load, transport.capacity)
    order = np.argsort(np.where(transport.must, -np.inf, values), kind="stable")
    chosen = np.sort(order[: transport.p])
    served = share[:, chosen].sum(axis=1, dtype=np.float64)
    return float(multipliers.sum() + values[chosen].sum()), values, chosen, served


def closed_for_sure(transport: Transport, bound: Bound, upper: float) -> NDArray[np.bool_]:
    """Return the sites that no plan better than ``upper`` opens: their cost shows it."""
    order = np.argsort(np.where(transport.must, -np.inf, bound.reduced), kind="stable")
    inside = np.zeros(len(order), dtype=np.bool_)
    inside[order[: transport.p]] = True
    last = bound.reduced[order[transport.p - 1]]
    worse = bound.value + bound.reduced - last
    closed: NDArray[np.bool_] = ~inside & (worse > upper * (1 + 1e-9)) & ~transport.must
    return closed


def whole_points(transport: Transport, chosen: Positions, rounds: int = 10) -> Heuristic:
    """Assign whole points to the open sites, then move each site to the best of its points."""
    best = Heuristic(np.inf, chosen, np.zeros(0, dtype=np.intp))
    for _ in range(rounds):
        at = assign(transport.cost[:, chosen], transport.load, transport.capacity[chosen])
        if at is None:
            break
        total = float(transport.cost[np.arange(len(at)), chosen[at]].sum())
        if total >= best.cost:
            break
        best = Heuristic(total, chosen, chosen[at])
        chosen = _recentred(transport, chosen, at)
    return best


def _recentred(transport: Transport, chosen: Positions, at: Positions) -> Positions:
    """Return for each cluster the site that serves it best and has room; each site once."""
    fresh = chosen.copy()
    for k in range(len(chosen)):
        inside = at == k
        if transport.must[chosen[k]] or not inside.any():
            continue
        total = transport.cost[inside].sum(axis=0)
        total[transport.capacity < transport.load[inside].sum()] = np.inf
        taken = np.delete(fresh, k)
        total[taken] = np.inf
        if total.min() < total[fresh[k]]:
            fresh[k] = int(np.argmin(total))
    return np.sort(fresh)


def assign(cost: Floats, load: Floats, capacity: Floats) -> Positions | None:
    """
    Assign whole points to sites within their capacities: regret first, then moves and swaps.

    ``cost`` (n_points, p). The point that would lose most by not getting its best site goes first
    (Martello and Toth 1990, chapter 7). Return the column of each point, or None if none was found.
    """
    n = len(load)
    at, room = np.full(n, -1), capacity.astype(np.float64).copy()
    if n > _MANY:
        return _in_order(cost, load, room)
    for _ in range(n):
        waiting = np.flatnonzero(at < 0)
        now = np.where(load[waiting, np.newaxis] <= room + 1e-9, cost[waiting], np.inf)
        two = np.sort(now, axis=1)[:, :2]
        if not np.isfinite(two[:, 0]).all():
            return None
        regret = two[:, 1] - two[:, 0] if two.shape[1] > 1 else two[:, 0]
        k = int(np.lexsort((-load[waiting], -regret))[0])
        i = waiting[k]
        at[i] = int(np.argmin(now[k]))
        room[at[i]] -= load[i]
    _improve(cost, load, room, at)
    return at


def _in_order(cost: Floats, load: Floats, room: Floats) -> Positions | None:
    """Assign by the regret that points have at the start: for many points."""
    two = np.sort(cost, axis=1)[:, : min(2, cost.shape[1])]
    with np.errstate(invalid="ignore"):
        regret = two[:, -1] - two[:, 0]
    at = np.full(len(load), -1)
    for i in np.lexsort((-load, -np.where(np.isnan(regret), np.inf, regret))).tolist():
        now = np.where(load[i] <= room + 1e-9, cost[i], np.inf)
        at[i] = k = int(np.argmin(now))
        if not np.isfinite(now[k]):
            return None
        room[k] -= load[i]
    return at


def _improve(cost: Floats, load: Floats, room: Floats, at: Positions) -> None:
    """Move points, or swap two of different sites, while that is cheaper and fits."""
    n, points = len(load), np.arange(len(load))
    for _ in range(20 * n):
        own = cost[points, at]
        move = np.where(load[:, np.newaxis] <= room + 1e-9, cost - own[:, np.newaxis], np.inf)
        move[points, at] = np.inf
        swap = cost[:, at] + cost[:, at].T - own[:, np.newaxis] - own
        extra = load[np.newaxis, :] - load[:, np.newaxis]  # what i's site takes on for j
        fits = extra <= room[at][:, np.newaxis] + 1e-9
        swap = np.where(fits & fits.T & (at[:, np.newaxis] != at), swap, np.inf)
        if min(move.min(), swap.min()) >= -1e-9:
            return
        if move.min() <= swap.min():
            i, k = np.unravel_index(int(np.argmin(move)), move.shape)
            room[at[i]] += load[i]
            room[k] -= load[i]
            at[i] = k
        else:
            i, j = np.unravel_index(int(np.argmin(swap)), swap.shape)
            room[at[i]] -= extra[i, j]
            room[at[j]] += extra[i, j]
            at[i], at[j] = at[j], at[i]


def _small(transport: Transport) -> bool:
    """Whether loads and capacities are whole and small enough for the tables of knapsacks."""
    room = np.minimum(transport.capacity, transport.load.sum())
    whole = (transport.load == np.rint(transport.load)).all() and (room == np.rint(room)).all()
    return bool(whole) and transport.cost.size * (room.max(initial=0) + 1) <= _CELLS

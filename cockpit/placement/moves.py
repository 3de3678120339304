"""Beside a plan by hand: what each single change brings, over all candidates at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.compiled import compiled
from geodata.errors import InputError

Aim = Literal["covered", "minutes"]
Costs = NDArray[Any]  # (n_demand, n_sites) uint16 or floats
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.intp]

AIMS: tuple[Aim, ...] = ("covered", "minutes")
_BLOCK = 4_000_000  # numbers in the table of candidates and open sites: 32 MB


@dataclass(frozen=True)
class Served:
    """The two nearest open sites of every demand point."""

    near: Floats  # (n_demand,) cost to the nearest; inf: no site is open
    second: Floats  # (n_demand,) to the second nearest; inf: there is none
    site: Positions  # (n_demand,) the nearest, of equally near ones the first; -1: none


@dataclass(frozen=True)
class Swap:
    """A site to close and one to open in its place, and what that brings."""

    close: int
    open: int
    gain: float


def served(cost: Costs, opened: Flags) -> Served:
    """
    Return the nearest two open sites of each demand point.

    Parameters
    ----------
    cost
        Any unit, shape ``(n_demand, n_sites)``.
    opened
        Shape ``(n_sites,)``.
    """
    n = cost.shape[0]
    near, second = np.full(n, np.inf), np.full(n, np.inf)
    site = np.full(n, -1, dtype=np.intp)
    _serve(cost, np.flatnonzero(opened), near, second, site)
    return Served(near, second, site)


def gains(cost: Costs, people: Floats, now: Served, aim: Aim, limit: float) -> Floats:
    """
    Return what opening each single site would bring, shape ``(n_sites,)``, 0 or more.

    Parameters
    ----------
    cost
        Any unit, shape ``(n_demand, n_sites)``.
    people
        Shape ``(n_demand,)``, 0 or more.
    now
        The nearest open sites, in the unit of the cost.
    aim
        "covered": people who have a site within ``limit`` (exactly there included) and have none
        now. "minutes": people times cost saved, where a cost above ``limit`` counts as the limit.
    limit
        In the unit of the cost.
    """
    found = np.zeros(cost.shape[1])
    _gain(cost, people, now.near, _is_covered(aim), float(limit), found)
    return found


def losses(people: Floats, now: Served, aim: Aim, limit: float, n_sites: int) -> Floats:
    """
    Return what closing each single site would take away, shape ``(n_sites,)``, 0 or more.

    What an open site brings alone: the people covered by no other, or the cost that those would
    have more who have it nearest. 0 for closed sites. Parameters as for ``gains``.
    """
    near, second = (_worth(d, _is_covered(aim), float(limit)) for d in (now.near, now.second))
    here = now.site >= 0
    more = people[here] * (second - near)[here]
    found: Floats = np.bincount(now.site[here], weights=more, minlength=n_sites).astype(float)
    return found


def best_swap(
    cost: Costs,
    people: Floats,
    opened: Flags,
    aim: Aim,
    limit: float,
    *,
    may_open: Flags | None = None,
    may_close: Flags | None = None,
    spacing: NDArray[np.int64] | None = None,
) -> Swap | None:
    """
    Return the best way to close one site and open another, None when none pays.

    All pairs are looked at: what a pair brings is the gain of the one, less the loss of the other,
    plus what both share (see ``cockpit.placement.search.interchange``).

    Parameters
    ----------
    cost, people, aim, limit
        As for ``gains``.
    opened
        Sites open now, shape ``(n_sites,)``.
    may_open, may_close
        Sites that may be swapped in and out, shape ``(n_sites,)``; without, all.
    spacing
        Pairs of sites that must not both be open, shape ``(m, 2)``.

    References
    ----------
    Whitaker, R. (1983), "A fast algorithm for the greedy interchange for large-scale clustering and
    median location problems", INFOR 21, 95-108.
    """
    m, covered = cost.shape[1], _is_covered(aim)
    now = served(cost, opened)
    slots = np.flatnonzero(opened)
    usable = _flags(may_open, m) & ~opened
    counts, only = conflicts(spacing, opened)
    usable &= counts < 2
    kept = ~_flags(may_close, m)[slots]
    slot = np.full(m, -1, dtype=np.intp)
    slot[slots] = np.arange(len(slots))
    slot_of = np.where(now.site >= 0, slot[now.site], -1)
    loss = losses(people, now, aim, limit, m)[slots]
    best: Swap | None = None
    candidates = np.flatnonzero(usable)
    size = max(1, _BLOCK // max(len(slots), 1))
    for first in range(0, len(candidates) if len(slots) else 0, size):
        block = candidates[first : first + size]
        profit = np.zeros((len(block), len(slots)))
        _pairs(cost, people, block, now.near, now.second, slot_of, covered, float(limit), profit)
        profit -= loss
        profit[:, kept] = -np.inf
        bound = counts[block] == 1  # too near to one open site: only that may close for it
        profit[bound] = np.where(
            np.arange(len(slots)) == slot[only[block[bound]]][:, np.newaxis],
            profit[bound],
            -np.inf,
        )
        at = int(np.argmax(profit))
        f, r = divmod(at, len(slots))
        if profit[f, r] > (best.gain if best else 0.0):
            best = Swap(int(slots[r]), int(block[f]), float(profit[f, r]))
    return best


def conflicts(
    spacing: NDArray[np.int64] | None, opened: Flags
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the open sites that are too near to each site, and name one of them (-1: none)."""
    counts = np.zeros(len(opened), dtype=np.int64)
    only = np.full(len(opened), -1, dtype=np.int64)
    if spacing is not None and len(spacing):
        for one, other in ((spacing[:, 0], spacing[:, 1]), (spacing[:, 1], spacing[:, 0])):
            near = opened[other]
            np.add.at(counts, one[near], 1)
            only[one[near]] = other[near]
    return counts, only


def _is_covered(aim: str) -> bool:
    if aim not in AIMS:
        raise InputError("There is no aim {aim}; expected one of {aims}.", aim=aim, aims=AIMS)
    return aim == "covered"


def _flags(given: Flags | None, n: int) -> Flags:
    return np.ones(n, dtype=np.bool_) if given is None else given


def _worth(cost: Floats, covered: bool, limit: float) -> Floats:
    """Return what a cost counts: 0 within the limit and 1 beyond, or the cost up to the limit."""
    if covered:
        return (cost > limit).astype(np.float64)
    return np.minimum(cost, limit)


@compiled
def _counts(cost, covered, limit):  # type: ignore[no-untyped-def]
    if covered:
        return 0.0 if cost <= limit else 1.0
    return min(cost, limit)


@compiled
def _serve(cost, sites, near, second, site):  # type: ignore[no-untyped-def]
    for i in range(len(near)):
        for j in sites:
            c = float(cost[i, j])
            if c < near[i]:
                second[i] = near[i]
                near[i], site[i] = c, j
            elif c < second[i]:
                second[i] = c


@compiled
def _gain(cost, people, near, covered, limit, found):  # type: ignore[no-untyped-def]
    for i in range(len(near)):
        now = _counts(near[i], covered, limit)
        if people[i] == 0 or now == 0:
            continue
        for j in range(len(found)):
            c = _counts(float(cost[i, j]), covered, limit)
            if c < now:
                found[j] += people[i] * (now - c)


@compiled
def _pairs(cost, people, block, near, second, slot, covered, limit, profit):  # type: ignore[no-untyped-def]
    """Add gains of the block's sites, the same in each slot, and what they share with a slot."""
    own = np.zeros(len(block))
    for i in range(len(near)):
        one = _counts(near[i], covered, limit)
        two = _counts(second[i], covered, limit)
        r = slot[i]
        reach = two if r >= 0 else one
        if people[i] == 0 or reach == 0:
            continue
        for k in range(len(block)):
            c = _counts(float(cost[i, block[k]]), covered, limit)
            if c >= reach:
                continue
            if c < one:
                own[k] += people[i] * (one - c)
                if r >= 0:
                    profit[k, r] += people[i] * (two - one)
            else:
                profit[k, r] += people[i] * (two - c)
    for k in range(len(block)):
        for t in range(profit.shape[1]):
            profit[k, t] += own[k]

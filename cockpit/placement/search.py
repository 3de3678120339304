"""Good plans in no time: greedy starts and the fast interchange, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.compiled import compiled
from cockpit.placement.lists import Lists, Rules

Flags = NDArray[np.bool_]

_SAMPLE = 0.25  # share of the sites that a random greedy start looks at in each step


@compiled
def _serve(lists_start, lists_site, lists_cost, cap, opened, i, d, s):  # type: ignore[no-untyped-def]
    """Find the two nearest open sites of row i; -1 and the cap where there is none."""
    found = 0
    d[i, 0] = d[i, 1] = cap[i]
    s[i, 0] = s[i, 1] = -1
    for t in range(lists_start[i], lists_start[i + 1]):
        if opened[lists_site[t]]:
            d[i, found] = lists_cost[t]
            s[i, found] = lists_site[t]
            found += 1
            if found == 2:
                return


@compiled
def _count(start, site, cost, i, d, s, slot, gain, loss, extra, sign):  # type: ignore[no-untyped-def]
    """Add (sign 1) or take back (-1) what row i says about every site and every pair."""
    near, second = d[i, 0], d[i, 1]
    r = slot[s[i, 0]] if s[i, 0] >= 0 else -1
    if r >= 0:
        loss[r] += sign * (second - near)
    reach = second if r >= 0 else near
    for t in range(start[i], start[i + 1]):
        c = cost[t]
        if c >= reach:
            break
        if c < near:
            gain[site[t]] += sign * (near - c)
            if r >= 0:
                extra[site[t], r] += sign * (second - near)
        elif r >= 0:
            extra[site[t], r] += sign * (second - c)


@compiled
def _best_swap(opened, barred, locked, slots, conflicts, only, gain, loss, extra):  # type: ignore[no-untyped-def]
    """Return profit, site to open and slot to empty of the best swap."""
    best, best_f, best_r = 0.0, -1, -1
    price = loss.copy()  # what it takes to empty each slot
    for r in range(len(slots)):
        if locked[slots[r]]:
            price[r] = np.inf
    for f in range(len(opened)):
        if opened[f] or barred[f] or conflicts[f] > 1:
            continue
        for r in range(len(slots)):
            profit = gain[f] - price[r] + extra[f, r]
            if profit > best and (conflicts[f] == 0 or only[f] == slots[r]):
                best, best_f, best_r = profit, f, r
    return best, best_f, best_r


@compiled
def _conflicts(opened, near_start, near_site):  # type: ignore[no-untyped-def]
    """Count the open sites too near to each site, and name one of them."""
    m = len(opened)
    counts = np.zeros(m, dtype=np.int64)
    only = np.full(m, -1, dtype=np.int64)
    if not len(near_site):
        return counts, only
    for j in range(m):
        for t in range(near_start[j], near_start[j + 1]):
            if opened[near_site[t]]:
                counts[j] += 1
                only[j] = near_site[t]
    return counts, only


@compiled
def _interchange(  # type: ignore[no-untyped-def]
    start, site, cost, cap, by_site, row, row_cost, opened, barred, locked, near_start, near_site
):
    """Swap while a swap pays (changes ``opened``); return the cost of the plan."""
    n, m = len(cap), len(opened)
    slots = np.flatnonzero(opened)
    slot = np.full(m, -1, dtype=np.int64)
    slot[slots] = np.arange(len(slots))
    d, s = np.empty((n, 2)), np.empty((n, 2), dtype=np.int64)
    gain, loss, extra = np.zeros(m), np.zeros(len(slots)), np.zeros((m, len(slots)))
    total = 0.0
    for i in range(n):
        _serve(start, site, cost, cap, opened, i, d, s)
        _count(start, site, cost, i, d, s, slot, gain, loss, extra, 1.0)
        total += d[i, 0]
    least = 1e-9 * total  # below it a profit may be rounding
    touched = np.zeros(n, dtype=np.bool_)
    while True:
        conflicts, only = _conflicts(opened, near_start, near_site)
        profit, f, r = _best_swap(opened, barred, locked, slots, conflicts, only, gain, loss, extra)
        if f < 0 or profit <= least:
            break
        old = slots[r]
        for t in range(by_site[old], by_site[old + 1]):
            i = row[t]
            touched[i] = s[i, 0] == old or s[i, 1] == old
        for t in range(by_site[f], by_site[f + 1]):
            if row_cost[t] < d[row[t], 1]:
                touched[row[t]] = True
        for i in range(n):
            if touched[i]:
                _count(start, site, cost, i, d, s, slot, gain, loss, extra, -1.0)
                total -= d[i, 0]
        opened[old], opened[f] = False, True
        slot[old], slot[f] = -1, r
        slots[r] = f
        for i in range(n):
            if touched[i]:
                _serve(start, site, cost, cap, opened, i, d, s)
                _count(start, site, cost, i, d, s, slot, gain, loss, extra, 1.0)
                total += d[i, 0]
                touched[i] = False
        # A column of another open site keeps what it said for the slot; rows put it right.
    return total


@compiled
def _first_gains(start, site, cost, cap, opened, near, gain):  # type: ignore[no-untyped-def]
    """Fill what every row costs now and what every site would save."""
    for i in range(len(cap)):
        near[i] = cap[i]
        for t in range(start[i], start[i + 1]):
            if opened[site[t]]:
                near[i] = cost[t]
                break
        for t in range(start[i], start[i + 1]):
            if cost[t] >= near[i]:
                break
            gain[site[t]] += near[i] - cost[t]


@compiled
def _pick(opened, blocked, gain, looked):  # type: ignore[no-untyped-def]
    """Return the site of a sample that saves most, the first of equals; -1: none is left."""
    best = -1
    for j in range(len(opened)):
        usable = looked[j] and not opened[j] and not blocked[j]
        if usable and (best < 0 or gain[j] > gain[best]):
            best = j
    return best


@compiled
def _open(f, start, site, cost, by_site, row, row_cost, near, gain):  # type: ignore[no-untyped-def]
    """Let every row use site f, and take back what other sites would have saved for it."""
    for q in range(by_site[f], by_site[f + 1]):
        i = row[q]
        new = row_cost[q]
        if new >= near[i]:
            continue
        for t in range(start[i], start[i + 1]):
            c = cost[t]
            if c >= near[i]:
                break
            gain[site[t]] -= near[i] - max(c, new)
        near[i] = new


@compiled
def _greedy(  # type: ignore[no-untyped-def]
    start, site, cost, cap, by_site, row, row_cost, opened, barred, near_start, near_site, p, sample
):
    """Open the site that saves most until p are open (changes ``opened``); False: stuck."""
    m = len(opened)
    near, gain = np.empty(len(cap)), np.zeros(m)
    _first_gains(start, site, cost, cap, opened, near, gain)
    blocked = barred.copy()
    for j in np.flatnonzero(opened):
        blocked[near_site[near_start[j] : near_start[j + 1]]] = True
    everything = np.ones(m, dtype=np.bool_)
    for k in range(opened.sum(), p):
        f = _pick(opened, blocked, gain, sample[k])
        if f < 0:  # nothing in the sample
            f = _pick(opened, blocked, gain, everything)
        if f < 0:
            return False
        opened[f] = True
        blocked[near_site[near_start[f] : near_start[f + 1]]] = True
        _open(f, start, site, cost, by_site, row, row_cost, near, gain)
    return True


def greedy(lists: Lists, rules: Rules, sample: Flags) -> Flags | None:
    """
    Open the site that saves most, again and again, until p are open.

    Parameters
    ----------
    lists, rules
        What is to be served, and what every plan must respect.
    sample
        Shape ``(p, n_sites)``: the sites that each step looks at. All true: the plain greedy.

    Returns
    -------
    flags or None
        Open sites, shape ``(n_sites,)``; None when spacing leaves no room for p sites this way.
    """
    opened = rules.must.copy()
    rest = (opened, rules.barred, rules.near_start, rules.near_site, rules.p, sample)
    return opened if _greedy(*_arrays(lists), *rest) else None


def interchange(lists: Lists, rules: Rules, opened: Flags) -> Flags:
    """
    Swap an open site for a closed one, always the best such swap, until none pays.

    What every swap saves is kept in tables (gain of a site, loss of an open one, and what both
    share) and only rows whose nearest two sites changed are counted anew. Sites that must stay open
    are not swapped out, forbidden ones not in, and no swap breaks the spacing.

    References
    ----------
    Resende, M., Werneck, R. (2004), "A hybrid heuristic for the p-median problem", Journal of
    Heuristics 10, 59-88; Whitaker, R. (1983), INFOR 21, 95-108.
    """
    better = opened.copy()
    rest = (better, rules.barred, rules.must, rules.near_start, rules.near_site)
    _interchange(*_arrays(lists), *rest)
    return better


def cost_of(lists: Lists, opened: Flags) -> float:
    """Return what a plan costs: every row at its cheapest open site, or its cap."""
    return float(_cost_of(lists.start, lists.site, lists.cost, lists.cap, opened))


def nearest_two(lists: Lists, opened: Flags) -> NDArray[np.float64]:
    """Return the cost of the two cheapest open sites of each row, the cap where there is none."""
    d = np.empty((lists.n_rows, 2))
    s = np.empty((lists.n_rows, 2), dtype=np.int64)
    _serve_all(lists.start, lists.site, lists.cost, lists.cap, opened, d, s)
    return d


def samples(rules: Rules, rng: np.random.Generator) -> Flags:
    """Return a random sample of sites for each step of a greedy start."""
    return rng.random((rules.p, len(rules.must))) < _SAMPLE


def _arrays(lists: Lists) -> tuple[NDArray[Any], ...]:
    return (
        lists.start,
        lists.site.view(np.uint32),  # no position is below 0, and nothing need ask whether
        lists.cost,
        lists.cap,
        lists.by_site,
        lists.row.view(np.uint32),
        lists.row_cost,
    )


@compiled
def _serve_all(start, site, cost, cap, opened, d, s):  # type: ignore[no-untyped-def]
    for i in range(len(cap)):
        _serve(start, site, cost, cap, opened, i, d, s)


@compiled
def _cost_of(start, site, cost, cap, opened):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(len(cap)):
        near = cap[i]
        for t in range(start[i], start[i + 1]):
            if opened[site[t]]:
                near = cost[t]
                break
        total += near
    return total

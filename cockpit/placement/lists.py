"""The form in which the compiled solvers read a problem: the sites of each row, cheapest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.compiled import compiled

Floats = NDArray[np.float64]
Sites = NDArray[np.int32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Lists:
    """
    Rows of (site, cost) in ascending order of cost, and the same by site.

    A cost is weight times cost. What is not listed costs as much as staying unserved, ``cap``:
    entries at or above the cap are left out. With all costs 0 and ``cap`` the weight this is the
    maximal covering problem (serve as much as possible); with all sites listed, the p-median.
    """

    n_sites: int
    start: NDArray[np.int64]  # (n_rows + 1,)
    site: Sites  # (n_entries,)
    cost: Floats  # (n_entries,) ascending within a row
    cap: Floats  # (n_rows,)
    by_site: NDArray[np.int64]  # (n_sites + 1,)
    row: Sites  # (n_entries,) rows of each site, ascending
    row_cost: Floats  # (n_entries,)

    @property
    def n_rows(self) -> int:
        """Return how many rows there are."""
        return len(self.cap)


@dataclass(frozen=True, eq=False)
class Rules:
    """What every plan must respect: how many sites, which for certain, which never together."""

    p: int
    must: Flags  # (n_sites,)
    barred: Flags  # (n_sites,)
    near_start: NDArray[np.int64]  # (n_sites + 1,) the sites too near to each, one after another
    near_site: Sites

    def too_near(self, site: int) -> Sites:
        """Return the sites that must not be open beside one."""
        return self.near_site[self.near_start[site] : self.near_start[site + 1]]


def rules_of(p: int, must: Flags, forbidden: Flags, spacing: NDArray[np.int64]) -> Rules:
    """Return the rules in the form of the compiled solvers; sites too near to a must are barred."""
    m = len(must)
    both = np.concatenate([spacing, spacing[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    start = np.zeros(m + 1, dtype=np.int64)
    np.cumsum(np.bincount(both[:, 0], minlength=m), out=start[1:])
    barred = forbidden.copy()
    barred[both[must[both[:, 0]], 1]] = True
    return Rules(p, must.copy(), barred, start, both[:, 1].astype(np.int32))


def lists_of(
    n_sites: int, start: NDArray[np.int64], site: Sites, cost: Floats, cap: Floats
) -> Lists:
    """Return the lists with their transpose; the rows are sorted already."""
    by_site, row, row_cost = _transposed(n_sites, start, site, cost)
    return Lists(n_sites, start, site, cost, cap, by_site, row, row_cost)


def dense_lists(cost: Floats, cap: Floats) -> Lists:
    """
    Return the lists of a matrix.

    Parameters
    ----------
    cost
        Weight times cost, shape ``(n_rows, n_sites)``; inf is allowed.
    cap
        What an unserved row costs, shape ``(n_rows,)``.
    """
    n, m = cost.shape
    order = np.argsort(cost, axis=1, kind="stable")  # equal costs by position: on every machine
    ordered = np.take_along_axis(cost, order, 1)
    kept = ordered < cap[:, None]
    start = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(kept.sum(axis=1), out=start[1:])
    return lists_of(m, start, order[kept].astype(np.int32), ordered[kept], cap)


def without(lists: Lists, out: NDArray[np.bool_]) -> Lists:
    """Return the lists without some sites; positions of the others stay."""
    start, site, cost = _filtered(lists.start, lists.site, lists.cost, out)
    return lists_of(lists.n_sites, start, site, cost, lists.cap)


@compiled
def _transposed(n_sites, start, site, cost):  # type: ignore[no-untyped-def]
    by_site = np.zeros(n_sites + 1, dtype=np.int64)
    for t in range(len(site)):
        by_site[site[t] + 1] += 1
    for j in range(n_sites):
        by_site[j + 1] += by_site[j]
    place = by_site[:-1].copy()
    row = np.empty(len(site), dtype=np.int32)
    row_cost = np.empty(len(site))
    for i in range(len(start) - 1):
        for t in range(start[i], start[i + 1]):
            k = place[site[t]]
            row[k] = i
            row_cost[k] = cost[t]
            place[site[t]] = k + 1
    return by_site, row, row_cost


@compiled
def _filtered(start, site, cost, out):  # type: ignore[no-untyped-def]
    kept = np.zeros(len(start), dtype=np.int64)
    n = 0
    for t in range(len(site)):
        n += not out[site[t]]
    new_site = np.empty(n, dtype=np.int32)
    new_cost = np.empty(n)
    n = 0
    for i in range(len(start) - 1):
        for t in range(start[i], start[i + 1]):
            if not out[site[t]]:
                new_site[n] = site[t]
                new_cost[n] = cost[t]
                n += 1
        kept[i + 1] = n
    return kept, new_site, new_cost

"""Who is within reach of which site, as lists: a million demand points fit into memory."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cockpit.placement.compiled import compiled
from cockpit.placement.lists import Lists, lists_of
from cockpit.placement.problem import (
    Flags,
    Floats,
    Integers,
    Problem,
    check_rules,
    digest_of,
    pairs,
)
from geodata.errors import InputError


@dataclass(frozen=True, eq=False)
class Cover:
    """Demand points with the sites that cover each: what covering models need of a ``Problem``."""

    start: Integers  # (n_demand + 1,) where the sites of each point begin in ``site``
    site: NDArray[np.int32]  # (n_entries,) ascending within a point, each once
    weights: Floats  # (n_demand,) people
    must: Flags  # (n_sites,)
    forbidden: Flags
    spacing: Integers  # (m, 2)

    @classmethod
    def of(
        cls,
        start: ArrayLike,
        site: ArrayLike,
        weights: ArrayLike,
        n_sites: int,
        *,
        must: Flags | None = None,
        forbidden: Flags | None = None,
        spacing: ArrayLike | None = None,
    ) -> Cover:
        """
        Check the lists once and return them.

        Raises
        ------
        InputError
            If the lists do not fit together, name a site that does not exist, are not ascending
            within a point, or the rules contradict each other.
        """
        starts = np.ascontiguousarray(start, dtype=np.int64)
        sites = np.ascontiguousarray(site, dtype=np.int32)
        people = np.ascontiguousarray(weights, dtype=np.float64)
        fits = starts.shape == (len(people) + 1,) and starts[0] == 0 and starts[-1] == len(sites)
        if not fits or not _ascending(starts, sites, n_sites):
            raise InputError(
                "The lists of covering sites do not fit: expected, for each demand point, "
                "positions of sites from 0 to {last}, ascending.",
                last=n_sites - 1,
            )
        if people.size and not (people.min() >= 0 and people.max() < np.inf):
            raise InputError("{name} has negative or missing values.", name="weights")
        none = np.zeros(n_sites, dtype=np.bool_)
        return cls(
            starts,
            sites,
            people,
            none if must is None else must,
            none if forbidden is None else forbidden,
            pairs(spacing, n_sites),
        )

    def __post_init__(self) -> None:
        check_rules(self.must, self.forbidden, self.spacing)

    @property
    def n_demand(self) -> int:
        """Return how many demand points there are."""
        return len(self.weights)

    @property
    def n_sites(self) -> int:
        """Return how many sites there are."""
        return len(self.must)

    @cached_property
    def digest(self) -> str:
        """Return the sha256 of all arrays."""
        return digest_of({f.name: getattr(self, f.name) for f in fields(self)})


def cover_of(problem: Problem, reach: float) -> Cover:
    """Return who is within reach of which site; exactly at the reach counts as covered."""
    start, site = _within(problem.cost, reach)
    return Cover(start, site, problem.weights, problem.must, problem.forbidden, problem.spacing)


@compiled
def _within(cost, reach):  # type: ignore[no-untyped-def]
    n, m = cost.shape
    start = np.zeros(n + 1, dtype=np.int64)
    for i in range(n):
        found = 0
        for j in range(m):
            found += cost[i, j] <= reach
        start[i + 1] = start[i] + found
    site = np.empty(start[n] + 1, dtype=np.int32)  # one more: written before it is known
    for i in range(n):
        t = start[i]
        for j in range(m):
            site[t] = j
            t += cost[i, j] <= reach
    return start, site[:-1]


@dataclass(frozen=True, eq=False)
class Grouped:
    """Demand points that the same allowed sites cover, put together as one row."""

    lists: Lists  # cost 0 where covered; cap: people
    member: NDArray[np.int64]  # (n_demand,) row of each point; -1: nobody there, or no allowed site
    share: Floats  # (n_demand,) people of the point over people of its row


def grouped(cover: Cover, out: Flags | None = None) -> Grouped:
    """
    Return the rows of a cover: one for each different set of allowed sites with people.

    ``out``: sites to leave aside beside the forbidden ones, shape ``(n_sites,)``.
    """
    aside = cover.forbidden if out is None else cover.forbidden | out
    start, site = _allowed(cover.start, cover.site, aside)
    counts = np.diff(start)
    alive = (cover.weights > 0) & (counts > 0)
    keys = _keys(start, site)
    points = np.flatnonzero(alive)
    _, first, inverse = np.unique(keys[points], axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")  # rows in the order of their first points
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    member = np.full(cover.n_demand, -1, dtype=np.int64)
    member[points] = rank[inverse.ravel()]
    head = points[first[order]]
    if not _same(start, site, member, head):
        raise ArithmeticError("two lists of sites share their keys")  # 1 in 2^100
    weight = np.bincount(member[points], cover.weights[points], len(head)).astype(np.float64)
    new_start = np.zeros(len(head) + 1, dtype=np.int64)
    np.cumsum(counts[head], out=new_start[1:])
    new_site = _taken(start, site, head, new_start)
    share = np.zeros(cover.n_demand)
    share[points] = cover.weights[points] / weight[member[points]]
    zeros = np.zeros(len(new_site))
    return Grouped(lists_of(cover.n_sites, new_start, new_site, zeros, weight), member, share)


@compiled
def _ascending(start, site, n_sites):  # type: ignore[no-untyped-def]
    for i in range(len(start) - 1):
        if start[i + 1] < start[i]:
            return False
        for t in range(start[i], start[i + 1]):
            if site[t] < 0 or site[t] >= n_sites or (t > start[i] and site[t] <= site[t - 1]):
                return False
    return True


@compiled
def _allowed(start, site, forbidden):  # type: ignore[no-untyped-def]
    new_start = np.zeros(len(start), dtype=np.int64)
    new_site = np.empty(len(site), dtype=np.int32)
    n = 0
    for i in range(len(start) - 1):
        for t in range(start[i], start[i + 1]):
            if not forbidden[site[t]]:
                new_site[n] = site[t]
                n += 1
        new_start[i + 1] = n
    return new_start, new_site[:n]


@compiled
def _keys(start, site):  # type: ignore[no-untyped-def]
    """Return two 64-bit sums over the sites of each row: the same for the same sites."""
    keys = np.zeros((len(start) - 1, 2), dtype=np.uint64)
    for i in range(len(start) - 1):
        a, b = np.uint64(1469598103934665603), np.uint64(88172645463325252)
        for t in range(start[i], start[i + 1]):
            c = np.uint64(site[t]) + np.uint64(1)
            a = (a ^ c) * np.uint64(1099511628211)
            b = (b + c) * np.uint64(6364136223846793005)
            b ^= b >> np.uint64(29)
        keys[i, 0], keys[i, 1] = a, b
    return keys


@compiled
def _same(start, site, member, head):  # type: ignore[no-untyped-def]
    for i in range(len(member)):
        if member[i] < 0:
            continue
        h = head[member[i]]
        if start[i + 1] - start[i] != start[h + 1] - start[h]:
            return False
        for t in range(start[i + 1] - start[i]):
            if site[start[i] + t] != site[start[h] + t]:
                return False
    return True


@compiled
def _taken(start, site, head, new_start):  # type: ignore[no-untyped-def]
    out = np.empty(new_start[-1], dtype=np.int32)
    for k in range(len(head)):
        n = new_start[k + 1] - new_start[k]
        out[new_start[k] : new_start[k + 1]] = site[start[head[k]] : start[head[k]] + n]
    return out


def dominated(lists: Lists, must: Flags, usable: Flags) -> NDArray[np.int64]:
    """
    Return, for each site, one that covers all it covers and more, -1: there is none.

    Of sites that cover the same the first counts as the better. The better site is not itself
    dominated. Sites that must be open are never dominated, unusable ones (forbidden) left aside.
    Whoever opens a dominated site loses nothing by opening the better one instead, or any other
    where that is open already.
    """
    better = _dominated(lists.start, lists.site, lists.by_site, lists.row, must, usable)
    return np.asarray(better)


@compiled
def _holds(by_site, row, small, large):  # type: ignore[no-untyped-def]
    """Whether one site covers every row of another; rows are ascending."""
    a, b = by_site[small], by_site[large]
    while a < by_site[small + 1]:
        while b < by_site[large + 1] and row[b] < row[a]:
            b += 1
        if b == by_site[large + 1] or row[b] != row[a]:
            return False
        a += 1
    return True


@compiled
def _dominated(start, site, by_site, row, must, usable):  # type: ignore[no-untyped-def]
    m = len(must)
    better = np.full(m, -1, dtype=np.int64)
    size = by_site[1:] - by_site[:-1]
    for j in range(m):
        if must[j] or not usable[j] or size[j] == 0:
            continue
        rarest = row[by_site[j]]  # only a site of this row can cover all rows of j
        for t in range(by_site[j], by_site[j + 1]):
            if start[row[t] + 1] - start[row[t]] < start[rarest + 1] - start[rarest]:
                rarest = row[t]
        for t in range(start[rarest], start[rarest + 1]):
            k = site[t]
            larger = size[k] > size[j] or (size[k] == size[j] and k < j)
            if k != j and larger and _holds(by_site, row, j, k):
                better[j] = k
                break
    for j in range(m):
        while better[j] >= 0 and better[better[j]] >= 0:
            better[j] = better[better[j]]
    return better


def covering_site(cover: Cover, opened: NDArray[Any]) -> NDArray[np.intp]:
    """Return an open site that covers each point (the first listed), -1 where there is none."""
    flags = np.zeros(cover.n_sites, dtype=np.bool_)
    flags[opened] = True
    return np.asarray(_covering(cover.start, cover.site, flags))


@compiled
def _covering(start, site, opened):  # type: ignore[no-untyped-def]
    out = np.full(len(start) - 1, -1, dtype=np.int64)
    for i in range(len(start) - 1):
        for t in range(start[i], start[i + 1]):
            if opened[site[t]]:
                out[i] = site[t]
                break
    return out

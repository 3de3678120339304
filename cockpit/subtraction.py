"""Which counts of a tree to hide so that none of them follows from those that are shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]


def unsubtractable(counts: Floats, parent: Rows, *, small: int) -> Flags:
    """
    Tell which counts of a tree are hidden: the small ones, and what keeps them from being found.

    Counts of 1 to ``small`` - 1 are hidden. Then, as long as the shown counts bound a hidden one
    to less than ``small``, the smallest count above 0 beside it is hidden too; with none left
    beside it, the count of the region above. Of a hidden region whose parts are all shown, the
    smallest part is hidden. A count of 0 names nobody: it is shown, and protects nobody.

    Parameters
    ----------
    counts
        Count of each region, shape ``(n,)``; NaN: nobody has counted there, which is shown. What a
        region has beyond its parts (things of no known part) is taken as known to everybody.
    parent
        Row of the region above, -1 at the top, shape ``(n,)``; parents stand before their parts.
    small
        Smallest count that may be shown; 0 or 1 hides nothing.

    Returns
    -------
    NDArray[np.bool_]
        True where the count is not to be shown, shape ``(n,)``. By ``bounds`` every hidden count
        has room of ``small`` or more. The one exception is a hidden region with nobody in any of
        its parts: there is nothing to hide below it.

    Raises
    ------
    InputError
        If the shapes differ or a parent stands behind its part.

    References
    ----------
    Hundepool, A. et al. (2012), "Statistical Disclosure Control", chapter 4: primary and secondary
    suppression, and the bounds of an attacker.
    """
    tree = _Tree.of(counts, parent)
    hidden: Flags = (tree.counts > 0) & (tree.counts < small)
    while hidden.any():
        low, high, from_parts = tree.bounds(hidden)
        close = np.flatnonzero(hidden & (high - low < small))
        summed = np.isfinite(from_parts[close])
        # A sum of shown parts gives its neighbours away as well: it is mended first, and alone.
        more = {tree.part_to_hide(int(row), hidden) for row in close[summed]} - {-1}
        if not more:
            more = {tree.next_to_hide(int(row), hidden) for row in close[~summed]} - {-1}
        if not more:
            break
        hidden[sorted(more)] = True
    return hidden


def bounds(counts: Floats, parent: Rows, hidden: Flags) -> tuple[Floats, Floats]:
    """
    Return the least and the greatest value that each count can have, for who sees the shown ones.

    Known are the shown counts, that parts and what lies in none of them add up to their region,
    and that hidden counts are whole numbers of 1 or more. The bounds are the closest ones: in a
    tree, what is passed up and down once is all that follows.

    Parameters
    ----------
    counts, parent
        As for ``unsubtractable``.
    hidden
        Which counts are not shown, shape ``(n,)``.

    Returns
    -------
    tuple
        Two arrays of shape ``(n,)``; equal where a count is shown, the second inf without limit.
    """
    low, high, _ = _Tree.of(counts, parent).bounds(hidden)
    return low, high


@dataclass(frozen=True, eq=False)
class _Tree:
    counts: Floats  # (n,) without NaN
    parent: Rows
    beyond: Floats  # of each region, what is in none of its parts
    depths: tuple[Rows, ...]  # the top, the rows right below it, those below them, ...
    inner: Flags
    parts: dict[int, Rows]

    @classmethod
    def of(cls, counts: Floats, parent: Rows) -> _Tree:
        n = len(counts)
        if counts.shape != parent.shape or (parent >= np.arange(n)).any():
            raise InputError("A count and a parent are needed for each region.")
        whole = np.nan_to_num(counts.astype(float))
        under = np.flatnonzero(parent >= 0)
        inner = np.zeros(n, dtype=bool)
        inner[parent[under]] = True
        sums = np.bincount(parent[under], weights=whole[under], minlength=n)
        order = under[np.argsort(parent[under], kind="stable")]
        above, start = np.unique(parent[order], return_index=True)
        parts = dict(zip(above.tolist(), np.split(order, start[1:]), strict=False))
        return cls(whole, parent, np.where(inner, whole - sums, 0.0), _depths(parent), inner, parts)

    def bounds(self, hidden: Flags) -> tuple[Floats, Floats, Floats]:
        """Return the bounds of all counts, and the upper ones that follow from parts alone."""
        n = len(hidden)
        low, high = np.where(hidden, 1.0, self.counts), np.where(hidden, np.inf, self.counts)
        from_top = low.copy(), high.copy()
        from_parts = np.full(n, np.inf)
        sums = np.zeros(n), np.zeros(n)  # of the parts: lower bounds, and upper ones with an end
        endless = np.zeros(n, dtype=np.int64)  # parts without upper bound
        for rows in reversed(self.depths):
            inner = rows[self.inner[rows]]
            most = np.where(endless[inner] > 0, np.inf, sums[1][inner] + self.beyond[inner])
            from_parts[inner] = most
            low[inner] = np.maximum(low[inner], sums[0][inner] + self.beyond[inner])
            high[inner] = np.minimum(high[inner], most)
            under = rows[self.parent[rows] >= 0]
            at, ends = self.parent[under], np.isfinite(high[under])
            np.add.at(sums[0], at, low[under])
            np.add.at(sums[1], at, np.where(ends, high[under], 0.0))
            np.add.at(endless, at, ~ends)
        for rows in self.depths[1:]:
            # What a part tells of its region must not come back to it: only the others count.
            at, ends = self.parent[rows], np.isfinite(high[rows])
            others = sums[1][at] - np.where(ends, high[rows], 0.0)
            others = np.where(endless[at] - ~ends > 0, np.inf, others)
            least = from_top[0][at] - self.beyond[at] - others
            most = from_top[1][at] - self.beyond[at] - (sums[0][at] - low[rows])
            for side in (low, from_top[0]):
                side[rows] = np.maximum(side[rows], least)
            for side in (high, from_top[1]):
                side[rows] = np.minimum(side[rows], most)
        return low, high, from_parts

    def part_to_hide(self, row: int, hidden: Flags) -> int:
        """Return the part to hide of a region whose parts add up to it; -1 when none is left."""
        return self._smallest(self.parts[row], hidden)

    def next_to_hide(self, row: int, hidden: Flags) -> int:
        """Return the count to hide beside or above one that is bounded too closely; -1: none."""
        while (above := int(self.parent[row])) >= 0:
            found = self._smallest(self.parts[above], hidden)
            if found >= 0:
                return found
            if not hidden[above]:
                return above
            row = above
        return -1

    def _smallest(self, rows: Rows, hidden: Flags) -> int:
        shown = rows[~hidden[rows] & (self.counts[rows] > 0)]
        return int(shown[self.counts[shown].argmin()]) if len(shown) else -1


def _depths(parent: Rows) -> tuple[Rows, ...]:
    """Return the rows by how far they are from the top."""
    depth = np.zeros(len(parent), dtype=np.intp)
    for row, above in enumerate(parent.tolist()):
        if above >= 0:
            depth[row] = depth[above] + 1
    return tuple(np.flatnonzero(depth == d) for d in range(int(depth.max(initial=0)) + 1))

"""The county's regions as an irregular tree: sums up, and parts of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geodata.errors import InputError

LEVELS = ("county", "township", "village", "grid")

Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True, eq=False)
class Tree:
    """
    Regions with parents before their children; a region without children is a leaf at any level.

    Made by ``Tree.of``, which refuses what is no tree. One root, the county.
    """

    parent: NDArray[np.intp]  # (n,) row of the parent, -1 for the root
    level: NDArray[np.int8]  # (n,) 0 county, 1 township, 2 village, 3 grid

    @classmethod
    def of(cls, parent: ArrayLike, level: ArrayLike) -> Tree:
        """
        Check parents and levels and return the tree.

        Parameters
        ----------
        parent
            Row of each region's parent, shape ``(n,)``; -1 for the first row only, the root.
        level
            Position of each region's level in ``LEVELS``, shape ``(n,)``; a child's is larger than
            its parent's, the root's is 0. A level may be missing in between.

        Raises
        ------
        InputError
            If there is no region, the shapes disagree, a child comes before its parent, or a level
            is not below its parent's.
        """
        parents = np.ascontiguousarray(parent, dtype=np.intp)
        levels = np.ascontiguousarray(level, dtype=np.intp)
        if parents.ndim != 1 or parents.shape != levels.shape or not parents.size:
            raise InputError(
                "Parents and levels have shapes {parents} and {levels}; "
                "expected two equal lists, not empty.",
                parents=parents.shape,
                levels=levels.shape,
            )
        _check_parents(parents)
        _check_levels(levels, parents)
        small = levels.astype(np.int8)
        parents.setflags(write=False)
        small.setflags(write=False)
        return cls(parents, small)

    def __len__(self) -> int:
        return len(self.parent)

    @cached_property
    def is_leaf(self) -> NDArray[np.bool_]:
        """Which regions have no children, shape ``(n,)``."""
        leaf = np.ones(len(self), dtype=np.bool_)
        leaf[self.parent[1:]] = False
        return leaf

    @property
    def leaves(self) -> NDArray[np.intp]:
        """Rows of the leaves, in order."""
        return np.flatnonzero(self.is_leaf)

    @cached_property
    def steps(self) -> tuple[NDArray[np.intp], ...]:
        """Rows of each level from the top down, without the root; empty levels are left out."""
        found = (np.flatnonzero(self.level == k) for k in range(1, len(LEVELS)))
        return tuple(rows for rows in found if rows.size)

    @cached_property
    def families(self) -> tuple[NDArray[np.intp], ...]:
        """Rows of each inner region's children, in the order of the inner regions."""
        order = np.argsort(self.parent[1:], kind="stable") + 1
        cuts = np.flatnonzero(np.diff(self.parent[order])) + 1
        return tuple(np.split(order, cuts)) if len(order) else ()

    def children(self, row: int) -> NDArray[np.intp]:
        """Return the rows right below a region."""
        return np.flatnonzero(self.parent == row)

    def at_level(self, level: int) -> NDArray[np.intp]:
        """Return the rows of one level."""
        return np.flatnonzero(self.level == level)

    def add_up(self, table: NDArray[Number]) -> NDArray[Number]:
        """
        Return a copy in which what stands at a region is added to everything above it.

        ``table`` has one row a region, any number of columns; with values at leaves and 0 elsewhere
        every inner region becomes the sum of its leaves.
        """
        total = table.copy()
        for rows in reversed(self.steps):
            np.add.at(total, self.parent[rows], total[rows])
        return total

    def from_leaves(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return ``(n, classes)`` figures of all regions from ``(leaves, classes)`` counts."""
        table = np.zeros((len(self), counts.shape[1]), dtype=np.int64)
        table[self.leaves] = counts
        return self.add_up(table)

    def adds_up(self, table: NDArray[np.int64]) -> bool:
        """Tell whether every inner region is exactly the sum of its children."""
        below = np.zeros_like(table)
        np.add.at(below, self.parent[1:], table[1:])
        inner = ~self.is_leaf
        return bool((below[inner] == table[inner]).all())

    def keep(self, leaves: NDArray[np.bool_]) -> tuple[Tree, NDArray[np.intp]]:
        """
        Return the tree of some leaves and what is above them, and its rows in this tree.

        ``leaves`` has one flag a region; those of inner regions do not count. Nothing kept: the
        county alone.
        """
        below = self.add_up((leaves & self.is_leaf).astype(np.int64))
        kept = below > 0
        kept[0] = True
        return self._part(kept)

    def down_to(self, level: int) -> tuple[Tree, NDArray[np.intp]]:
        """Return the tree without the levels below ``level``, and its rows in this tree."""
        return self._part(self.level <= level)

    def _part(self, kept: NDArray[np.bool_]) -> tuple[Tree, NDArray[np.intp]]:
        rows = np.flatnonzero(kept)
        new = np.full(len(self), -1, dtype=np.intp)
        new[rows] = np.arange(len(rows))
        parent = np.where(self.parent[rows] < 0, -1, new[self.parent[rows]])
        return Tree.of(parent, self.level[rows]), rows


def _check_parents(parents: NDArray[np.intp]) -> None:
    rows = np.arange(len(parents))
    bad = np.flatnonzero((parents >= rows) | ((parents < 0) != (rows == 0)))
    if bad.size:
        raise InputError(
            "Region {row} has parent {parent}; expected an earlier region, and -1 for the "
            "first alone.",
            row=int(bad[0]),
            parent=int(parents[bad[0]]),
        )


def _check_levels(levels: NDArray[np.intp], parents: NDArray[np.intp]) -> None:
    above = np.concatenate([[-1], levels[parents[1:]]])
    bad = np.flatnonzero((levels <= above) | (levels >= len(LEVELS)))
    if levels[0] != 0:
        bad = np.zeros(1, dtype=np.intp)
    if bad.size:
        raise InputError(
            "Region {row} is of level {level}; expected 0 for the first, and else more than "
            "its parent's, at most {most}.",
            row=int(bad[0]),
            level=int(levels[bad[0]]),
            most=len(LEVELS) - 1,
        )

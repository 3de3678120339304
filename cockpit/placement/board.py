"""Sites put by hand: the nearest and second-nearest open site of everybody, as sites change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

Keys = NDArray[np.int64]
Column = Callable[[int], NDArray[np.uint16]]
"""From a site to the whole seconds between every demand point and it, shape ``(n_demand,)``."""

NOWHERE = np.int64(np.iinfo(np.int64).max)
_UNREACHED = 65535
_SITE_BITS = 32
_SITE_MASK = (1 << _SITE_BITS) - 1


@dataclass(frozen=True, eq=False)
class Board:
    """
    Which sites are open, and the two nearest of each demand point.

    A site and its seconds make one number (seconds first), so the nearest is the smallest, and of
    sites equally far the one that stands first: however a board came about, it is the same.
    """

    open: tuple[int, ...]  # sites, ascending
    first: Keys  # (n_demand,) nearest; NOWHERE: none can be reached
    second: Keys  # (n_demand,) second nearest

    @classmethod
    def of(cls, sites: Sequence[int], seconds: NDArray[np.uint16]) -> Board:
        """
        Begin with some open sites.

        Parameters
        ----------
        sites
            Any order, each once.
        seconds
            Shape ``(n_demand, len(sites))``; 65535: no way.
        """
        chosen = np.array(sites, dtype=np.int64)
        if len(np.unique(chosen)) != len(chosen) or seconds.shape[1:] != chosen.shape:
            raise InputError("The sites and their columns do not fit together.")
        none = np.full((len(seconds), 1), NOWHERE)
        keys = np.hstack((_keys(seconds, chosen), none, none))
        two = np.sort(np.partition(keys, 1, axis=1)[:, :2], axis=1)
        return cls(tuple(sorted(chosen.tolist())), two[:, 0].copy(), two[:, 1].copy())

    @property
    def seconds(self) -> NDArray[np.uint16]:
        """Return the seconds to the nearest open site, shape ``(n_demand,)``; 65535: no way."""
        return _seconds(self.first)

    @property
    def next_seconds(self) -> NDArray[np.uint16]:
        """Return the seconds to the second-nearest open site."""
        return _seconds(self.second)

    @property
    def nearest(self) -> NDArray[np.int64]:
        """Return the nearest open site of each demand point; -1: none."""
        return np.where(self.first == NOWHERE, -1, self.first & _SITE_MASK)

    def with_site(self, site: int, seconds: NDArray[np.uint16]) -> Board:
        """Open one more site; of n demand points it takes a few passes over n numbers."""
        if site in self.open:
            raise InputError("Site {site} is open already.", site=site)
        keys = _keys(seconds[:, np.newaxis], np.array([site]))[:, 0]
        second = np.where(keys < self.first, self.first, np.minimum(self.second, keys))
        return Board(tuple(sorted((*self.open, site))), np.minimum(self.first, keys), second)

    def without_site(self, site: int, column: Column) -> Board:
        """
        Close a site: only whoever had it nearest or second nearest is looked at again.

        ``column`` is asked for the sites that stay open.
        """
        if site not in self.open:
            raise InputError("Site {site} is not open.", site=site)
        left = tuple(s for s in self.open if s != site)
        lost = (self.first & _SITE_MASK) == site
        lost |= (self.second & _SITE_MASK) == site
        lost &= self.second != NOWHERE
        only = (self.second == NOWHERE) & ((self.first & _SITE_MASK) == site)
        only &= self.first != NOWHERE
        first, second = self.first.copy(), self.second.copy()
        first[only] = NOWHERE
        rows = np.flatnonzero(lost)
        if rows.size:
            some = np.stack([column(s)[rows] for s in left], axis=1)
            again = Board.of(left, some)
            first[rows], second[rows] = again.first, again.second
        return Board(left, first, second)

    def changed(self, sites: Sequence[int], column: Column) -> Board:
        """Return the board of other open sites, by opening and closing what differs."""
        wanted, board = set(sites), self
        for site in sorted(wanted - set(self.open)):
            board = board.with_site(site, column(site))
        for site in sorted(set(self.open) - wanted):
            board = board.without_site(site, column)
        return board


def _keys(seconds: NDArray[np.uint16], sites: NDArray[np.int64]) -> Keys:
    keys: Keys = (seconds.astype(np.int64) << _SITE_BITS) | sites
    keys[seconds == _UNREACHED] = NOWHERE
    return keys


def _seconds(keys: Keys) -> NDArray[np.uint16]:
    found: NDArray[Any] = np.where(keys == NOWHERE, _UNREACHED, keys >> _SITE_BITS)
    return found.astype(np.uint16)

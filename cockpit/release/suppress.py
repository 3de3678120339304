"""Small counts hidden, and as much around them that no subtraction brings them back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.release.attack import Sums, sums_of
from cockpit.release.complement import complement
from cockpit.release.noise import check_counts
from cockpit.release.tree import Tree
from geodata.errors import InputError

SMALL = 10
"""Counts of 1 to one below this are hidden (the setting ``small_count``)."""


@dataclass(frozen=True, eq=False)
class Suppressed:
    """Exact figures of which some are hidden; with several classes the last column is their sum."""

    figures: NDArray[np.int64]  # (n_regions, n_columns); 0 where hidden
    hidden: NDArray[np.bool_]  # the same shape
    primary: float  # share of the figures above 0 that are small, 0 to 1
    share: float  # share of the figures above 0 that are hidden, 0 to 1


def suppress(
    counts: NDArray[np.int64], tree: Tree, *, small: int = SMALL,
    also: NDArray[np.bool_] | None = None,
) -> Suppressed:  # fmt: skip
    """
    Return the figures of all regions and classes, with their total, and which are hidden.

    For figures without noise: events, households, buildings. Counts of 1 to ``small`` - 1 are
    hidden first, then others until no hidden count can be bounded to an interval narrower than
    ``small`` by anybody who knows all published figures, that children and classes add up, and
    this rule. The proof of each hidden count is two whole tables with the same published figures
    that differ there by ``small`` or more.

    A count of 0 is shown: it names nobody, most regions have no event of most kinds, and hiding
    them would leave nothing to read. Since that tells that a hidden count is 1 or more, the proof
    allows no table with a hidden 0, and a 0 is never hidden to protect others (a lake has no
    households, everybody knows). Do not use it where absence itself is sensitive.

    Parameters
    ----------
    counts
        Exact counts at the leaves, shape ``(n_leaves, n_classes)``, int64; not of people, whom
        noisy releases count. With two classes or more, their total is published too.
    small
        Smallest count that may be shown, 2 or more.
    also
        Figures to hide in any case, shape ``(n_regions, n_columns)``; none of them 0.

    Raises
    ------
    InputError
        If ``small`` is below 2 or the counts have another type or shape.

    References
    ----------
    Fischetti, M. and Salazar, J. (2001), "Solving the cell suppression problem on tabular data
    with linear constraints", Management Science 47(7), 1008-1027: protection levels and the linear
    model of an attacker; sliding protection.
    """
    check_counts(counts, tree)
    if small < 2:
        raise InputError("The smallest count shown is {small}; expected 2 or more.", small=small)
    sums = sums_of(counts, tree)
    primary = (sums.values > 0) & (sums.values < small)
    if also is not None:
        primary |= also.ravel()
    hidden = complement(sums, primary, width=small)
    return _result(sums, primary, hidden)


def _result(sums: Sums, primary: NDArray[np.bool_], hidden: NDArray[np.bool_]) -> Suppressed:
    filled = max(int((sums.values > 0).sum()), 1)
    return Suppressed(
        np.where(hidden, 0, sums.values).reshape(sums.shape),
        hidden.reshape(sums.shape),
        int(primary.sum()) / filled,
        int(hidden.sum()) / filled,
    )

"""Small counts hidden, and as much around them that no subtraction brings them back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.release.tree import Tree

SMALL = 10
"""Counts of 1 to one below this are hidden (the setting ``small_count``)."""


@dataclass(frozen=True, eq=False)
class Suppressed:
    """Exact figures of which some are hidden; the last column is the sum of the classes."""

    figures: NDArray[np.int64]  # (n_regions, n_classes + 1); 0 where hidden; 1 column for 1 class
    hidden: NDArray[np.bool_]  # the same shape
    primary: float  # share of figures above 0 that are small, 0 to 1
    share: float  # share of figures above 0 that are hidden, 0 to 1


def suppress(counts: NDArray[np.int64], tree: Tree, *, small: int = SMALL) -> Suppressed:
    """
    Return the figures of all regions and classes, with their total, and which are hidden.

    Parameters
    ----------
    counts
        Exact counts at the leaves, shape ``(n_leaves, n_classes)``, int64; not of people.
    small
        Counts of 1 to ``small`` - 1 are hidden, and no hidden count can be bounded to an interval
        narrower than ``small``.
    """
    values = tree.from_leaves(counts)
    if counts.shape[1] > 1:
        values = np.column_stack([values, values.sum(axis=1)])
    hidden = (values > 0) & (values < small)
    if hidden.any():
        hidden = values > 0
    filled = max(int((values > 0).sum()), 1)
    primary = int(((values > 0) & (values < small)).sum()) / filled
    return Suppressed(np.where(hidden, 0, values), hidden, primary, int(hidden.sum()) / filled)

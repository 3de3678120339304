"""How far a released figure may be from the truth: 95 % margins from the noise alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cockpit.release.consistent import upward
from cockpit.release.tree import LEVELS, Tree

SURE = 0.95
"""Share of figures that lie within their margin."""


def margins(tree: Tree, scale: NDArray[np.float64], n_classes: int) -> NDArray[np.int64]:
    """
    Return the 95 % margin of the figures of each level and class, persons.

    Known from the tree and the noise alone: nobody's data are looked at.

    Parameters
    ----------
    scale
        Scale of each region's discrete Laplace noise, shape ``(n_regions,)``.

    Returns
    -------
    array
        Shape ``(len(LEVELS), n_classes)``, whole persons; 0 for a level that the tree does not
        have.
    """
    from cockpit.release.noise import laplace_variance

    spread = np.sqrt(estimate_variance(tree, laplace_variance(scale)))
    found = np.zeros((len(LEVELS), n_classes), dtype=np.int64)
    for level in range(len(LEVELS)):
        rows = tree.at_level(level)
        if rows.size:
            found[level] = int(np.ceil(1.96 * spread[rows].max()))
    return found


def estimate_variance(tree: Tree, variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return the variance of each region's least-squares figure before rounding, shape ``(n,)``.

    The downward pass of ``least_squares`` for variances: what a region takes over from its parent
    is independent of how the children differ among themselves.
    """
    estimate, _, share = upward(tree, variance)
    for rows in tree.steps:
        of_parent = estimate[tree.parent[rows]]
        estimate[rows] += share[rows] ** 2 * of_parent - share[rows] * estimate[rows]
    return estimate

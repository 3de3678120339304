"""Noisy counts made to add up: least squares on the tree, then non-negative integers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cockpit.release.tree import Tree
from geodata.errors import InputError

Floats = NDArray[np.float64]


def least_squares(values: NDArray[np.int64] | Floats, tree: Tree, variance: Floats) -> Floats:
    """
    Return the best linear unbiased figures that add up exactly (but for rounding of floats).

    Two passes over the tree: upwards, each region's own figure and the sum of its children's are
    averaged by their precision; downwards, the difference between a parent and its children is
    shared in proportion to the children's variance. The same as generalised least squares on the
    leaves, without its matrix. Only noisy values, the tree and the noise are known here.

    Parameters
    ----------
    values
        Noisy figures, shape ``(n_regions, n_classes)``; classes are independent of each other.
    variance
        Variance of each region's noise, shape ``(n_regions,)``, above 0.

    Raises
    ------
    InputError
        If the shapes disagree or a variance is not above 0 and finite.

    References
    ----------
    Hay, M., Rastogi, V., Miklau, G. and Suciu, D. (2010), "Boosting the accuracy of differentially
    private histograms through consistency", PVLDB 3(1), section 4, with unequal variances and
    branches as in Qardaji, W., Yang, W. and Li, N. (2013), "Understanding hierarchical methods for
    differentially private histograms", PVLDB 6(14).
    """
    _check(values, tree, variance)
    above, below, of_children = upward(tree, variance)
    own = values.astype(np.float64)
    sums = np.zeros_like(own)
    inner = ~tree.is_leaf
    for rows in (*reversed(tree.steps), np.zeros(1, dtype=np.intp)):
        mixed = rows[inner[rows]]
        share = (above[mixed] / variance[mixed])[:, None]
        own[mixed] = share * own[mixed] + (above[mixed] / below[mixed])[:, None] * sums[mixed]
        if rows[0]:
            np.add.at(sums, tree.parent[rows], own[rows])
    for rows in tree.steps:
        parents = tree.parent[rows]
        own[rows] += of_children[rows, None] * (own[parents] - sums[parents])
    return own


def upward(tree: Tree, variance: Floats) -> tuple[Floats, Floats, Floats]:
    """
    Return three figures of each region that do not depend on the values, shape ``(n,)`` each.

    The variance of its estimate from itself and everything below it, the variance of the sum of its
    children's, and its share of what is missing between its parent and its parent's children.
    """
    estimate = variance.astype(np.float64)
    below = np.zeros(len(tree))
    inner = ~tree.is_leaf
    for rows in (*reversed(tree.steps), np.zeros(1, dtype=np.intp)):
        mixed = rows[inner[rows]]
        estimate[mixed] = 1 / (1 / variance[mixed] + 1 / below[mixed])
        if rows[0]:
            np.add.at(below, tree.parent[rows], estimate[rows])
    share = np.zeros(len(tree))
    share[1:] = estimate[1:] / below[tree.parent[1:]]
    return estimate, below, share


def integers(values: Floats, tree: Tree) -> NDArray[np.int64]:
    """
    Return non-negative integers that add up exactly, near to ``values``.

    From the county down: the county is rounded, then the children of each region become the
    nearest non-negative integers (least sum of squares) whose sum is their parent. What adds up and
    is integer and non-negative already stays as it is.

    Parameters
    ----------
    values
        Figures that need not add up, shape ``(n_regions, n_classes)``.
    """
    if values.ndim != 2 or len(values) != len(tree) or not np.isfinite(values).all():
        raise InputError(
            "The figures have shape {found}; expected ({n}, classes), none missing.",
            found=values.shape,
            n=len(tree),
        )
    figures = np.zeros(values.shape, dtype=np.int64)
    figures[0] = np.maximum(0, np.rint(values[0])).astype(np.int64)
    for rows in tree.families:
        figures[rows] = nearest(values[rows], figures[tree.parent[rows[0]]])
    return figures


def nearest(values: Floats, total: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    Return the non-negative integers nearest to ``values`` (n, classes) with column sums ``total``.

    The projection on the simplex takes the same from everybody who keeps something; its remainders
    are then rounded up, the largest first. Both together are the exact integer optimum, because
    every region that keeps something pays the same for the next person. Ties go to the earlier row.

    References
    ----------
    Duchi, J. et al. (2008), "Efficient projections onto the l1-ball", ICML, figure 1.
    """
    ranked = -np.sort(-values, axis=0)
    taken = (np.cumsum(ranked, axis=0) - total) / np.arange(1, len(values) + 1)[:, None]
    kept = np.maximum((ranked > taken).sum(axis=0), 1) - 1
    level = taken[kept, np.arange(values.shape[1])]
    exact = np.maximum(0.0, values - level)
    whole: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    missing = total - whole.sum(axis=0)
    order = np.argsort(-(exact - whole), axis=0, kind="stable")
    np.put_along_axis(
        whole,
        order,
        np.take_along_axis(whole, order, axis=0)
        + (np.arange(len(values))[:, None] < missing).astype(np.int64),
        axis=0,
    )
    return whole


def _check(values: NDArray[np.int64] | Floats, tree: Tree, variance: Floats) -> None:
    if values.ndim != 2 or len(values) != len(tree) or variance.shape != (len(tree),):
        raise InputError(
            "Values and variances have shapes {values} and {variance}; expected ({n}, classes) "
            "and ({n},).",
            values=values.shape,
            variance=variance.shape,
            n=len(tree),
        )
    if not ((variance > 0) & (variance < np.inf)).all():
        raise InputError("A variance of noise is not above 0 and finite.")

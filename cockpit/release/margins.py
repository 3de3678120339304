"""How far a released figure may be from the truth: 95 % margins from the noise alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cockpit.release.consistent import least_squares, upward
from cockpit.release.noise import laplace_variance
from cockpit.release.tree import LEVELS, Tree

Floats = NDArray[np.float64]

SURE = 0.95
"""Share of figures that lie within their margin."""
SMALL_PART = 1e-3
"""Noises with less than this share of the variance count together, as one normal noise."""
POINTS = 4096
"""Points of the integral: the largest angle between two is under half a radian."""


def margins(tree: Tree, scale: Floats, n_classes: int) -> NDArray[np.int64]:
    """
    Return the 95 % margin of the figures of each level and class, persons.

    A least-squares figure's error is a weighted sum of the noises of all regions; its distribution
    follows from theirs, without drawing any and without anybody's data. Of each level, the region
    with the largest variance speaks for all, so that a margin holds for every one of them. What
    keeps figures from falling below 0 makes most errors smaller; crowded cells among empty ones are
    a little too low, within their margin.

    Parameters
    ----------
    scale
        Scale of each region's discrete Laplace noise, shape ``(n_regions,)``.
    n_classes
        Classes of the partition; all have the same noise.

    Returns
    -------
    array
        Shape ``(len(LEVELS), n_classes)``, whole persons; 0 for a level that the tree does not
        have.

    References
    ----------
    Gil-Pelaez, J. (1951), "Note on the inversion theorem", Biometrika 38(3-4), 481-482.
    """
    variance = laplace_variance(scale)
    spread = estimate_variance(tree, variance)
    levels = sorted(set(tree.level.tolist()))
    rows = np.array([here[spread[here].argmax()] for here in map(tree.at_level, levels)])
    weights = coefficients(tree, variance, rows)
    found = np.zeros((len(LEVELS), n_classes), dtype=np.int64)
    for k, level in enumerate(levels):
        found[level] = margin_of(weights[:, k], scale)
    return found


def coefficients(tree: Tree, variance: Floats, rows: NDArray[np.intp]) -> Floats:
    """
    Return how much every region's noise weighs in the figures of ``rows``, shape ``(n, rows)``.

    Least squares is the projection A on tables that add up, in the metric of the precisions W, so
    its transpose is W A W^-1: a row of A costs one more pass over the tree.
    """
    unit = np.zeros((len(tree), len(rows)))
    unit[rows, np.arange(len(rows))] = variance[rows]
    return least_squares(unit, tree, variance) / variance[:, None]


def margin_of(weights: Floats, scale: Floats, *, sure: float = SURE) -> int:
    """
    Return the least whole number that a rounded sum of weighted noises exceeds with 1 - ``sure``.

    Parameters
    ----------
    weights, scale
        Weight and scale of each discrete Laplace noise, shape ``(n,)`` each.
    """
    angles, wave = characteristic(weights, scale)
    spread = float(np.sqrt(weights**2 @ laplace_variance(scale)))
    low, high = -1, int(np.ceil(8 * spread)) + 1
    while high - low > 1:
        middle = (low + high) // 2
        if _within(middle + 0.5, angles, wave) >= sure:
            high = middle
        else:
            low = middle
    return high


def characteristic(weights: Floats, scale: Floats) -> tuple[Floats, Floats]:
    """
    Return angles, and there the characteristic function of the sum of weighted noises.

    A narrow normal noise is added, of 0.15 persons or a hundredth of the spread: without it the
    function of whole numbers has no end.
    """
    part = weights**2 * laplace_variance(scale)
    total = float(part.sum())
    smooth = max(0.15, np.sqrt(total) / 100)
    angles: Floats = (np.arange(POINTS) + 0.5) * (6 / smooth / POINTS)
    large = part > SMALL_PART * total
    pairs = np.column_stack([np.abs(weights[large]).round(9), scale[large]])
    alike, times = np.unique(pairs, axis=0, return_counts=True)
    q = np.exp(-1 / alike[:, 1])[:, None]
    shape = 1 - 2 * q * np.cos(alike[:, :1] * angles) + q**2
    logs = times @ (2 * np.log1p(-q) - np.log(shape))
    normal = float(part[~large].sum()) + smooth**2
    return angles, np.exp(logs - normal * angles**2 / 2)


def _within(limit: float, angles: Floats, wave: Floats) -> float:
    """Return the probability that a symmetric noise is at most ``limit`` from 0."""
    step = 2 * angles[0]
    return float(2 / np.pi * step * (np.sin(limit * angles) / angles * wave).sum())


def estimate_variance(tree: Tree, variance: Floats) -> Floats:
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

"""Counts with discrete Laplace noise, level by level; all randomness is OpenDP's."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.release.budget import SHARES, epsilon_of, split
from cockpit.release.tree import Tree
from geodata.errors import CockpitError, InputError


class PrivacyError(CockpitError):
    """A measurement whose privacy map is not what was asked; nothing is released."""


@dataclass(frozen=True, eq=False)
class Noisy:
    """Counts after noise, and how much: all that the later steps may know."""

    values: NDArray[np.int64]  # (n_regions, n_classes), may be negative, do not add up
    scale: NDArray[np.float64]  # (n_regions,) of the discrete Laplace noise
    epsilon: Fraction  # of all levels together

    @property
    def variance(self) -> NDArray[np.float64]:
        """Variance of each region's noise, shape ``(n_regions,)``."""
        return laplace_variance(self.scale)


def measure(
    counts: NDArray[np.int64],
    tree: Tree,
    *,
    epsilon: Fraction,
    shares: tuple[Fraction, ...] = SHARES,
) -> Noisy:
    """
    Add discrete Laplace noise to the counts of a partition at every level.

    Each person is in at most one class and one leaf, so one person more or less changes one count
    by one at each level of its path: sensitivity 1 a level, and the epsilons along a path add up to
    ``epsilon``. A leaf above the lowest level takes the shares of the levels that it does not have.

    Parameters
    ----------
    counts
        Exact counts at the leaves, shape ``(n_leaves, n_classes)``, int64, 0 or more.
    epsilon
        Of the whole release; ``shares`` split it over the levels of the tree.

    Raises
    ------
    InputError
        If the counts are not whole, not int64, negative or of another shape.
    PrivacyError
        If OpenDP's map of a measurement is above what was asked.

    References
    ----------
    Ghosh, A., Roughgarden, T. and Sundararajan, M. (2012), "Universally utility-maximizing privacy
    mechanisms", SIAM Journal on Computing 41(6): the geometric mechanism. Canonne, C., Kamath, G.
    and Steinke, T. (2020), "The discrete Gaussian for differential privacy": exact sampling.
    """
    check_counts(counts, tree)
    parts = epsilons(tree, epsilon_of(epsilon), shares)
    exact = tree.from_leaves(counts)
    noisy = np.empty_like(exact)
    scale = np.empty(len(tree))
    for part in sorted(set(parts)):
        rows = np.array([k for k, own in enumerate(parts) if own == part], dtype=np.intp)
        mechanism, used = laplace(part)
        drawn = mechanism(np.ascontiguousarray(exact[rows].ravel()))
        noisy[rows] = np.array(drawn, dtype=np.int64).reshape(len(rows), -1)
        scale[rows] = used
    return Noisy(noisy, scale, epsilon_of(epsilon))


def epsilons(
    tree: Tree, epsilon: Fraction, shares: tuple[Fraction, ...] = SHARES
) -> list[Fraction]:
    """Return the epsilon of each region; along every path from the root they make ``epsilon``."""
    levels = int(tree.level.max()) + 1
    by_level = split(epsilon, shares, levels=levels)
    above = [Fraction(0)] * len(tree)
    own = [Fraction(0)] * len(tree)
    leaf = tree.is_leaf
    for row, (parent, level) in enumerate(zip(tree.parent.tolist(), tree.level, strict=True)):
        above[row] = above[parent] + own[parent] if row else Fraction(0)
        own[row] = epsilon - above[row] if leaf[row] else by_level[level]
    return own


@cache
def laplace(epsilon: Fraction) -> tuple[Any, float]:
    """
    Return OpenDP's discrete Laplace measurement for a list of counts, and its scale.

    Raises
    ------
    PrivacyError
        If its privacy map for one person is above ``epsilon`` or far below it. OpenDP takes any
        scale, 0 too, which would publish the exact counts.
    """
    import opendp.prelude as dp

    dp.enable_features("contrib")
    scale = float(1 / epsilon)
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")
    for _ in range(8):  # 1/epsilon is rounded: go up by last digits until the map keeps the word
        mechanism = dp.m.make_laplace(*space, scale=scale)
        loss = float(mechanism.map(1))  # type: ignore[no-untyped-call]
        if Fraction(loss) <= epsilon:
            break
        scale = float(np.nextafter(scale, np.inf))
    check_map(loss, epsilon)
    return mechanism, scale


def check_map(loss: float, epsilon: Fraction) -> None:
    """Refuse a measurement that gives away more than ``epsilon`` for one person, or no number."""
    if not float(epsilon) * (1 - 1e-9) <= loss < np.inf or Fraction(loss) > epsilon:
        raise PrivacyError(
            "The noise gives epsilon {loss}, not {asked}; nothing was released.",
            loss=loss,
            asked=float(epsilon),
        )


def check_counts(counts: NDArray[np.int64], tree: Tree) -> None:
    """Refuse counts of another type or shape than the tree's leaves need, or below 0."""
    if counts.dtype != np.int64 or counts.ndim != 2 or len(counts) != len(tree.leaves):
        raise InputError(
            "The counts are {type} of shape {found}; expected int64 of ({n}, classes).",
            type=counts.dtype,
            found=counts.shape,
            n=len(tree.leaves),
        )
    if counts.size and counts.min() < 0:
        raise InputError("{name} has negative or missing values.", name="counts")


def laplace_variance(scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the variance of discrete Laplace noise, 2q / (1 - q)^2 with q = exp(-1 / scale)."""
    q = np.exp(-1.0 / scale)
    variance: NDArray[np.float64] = 2 * q / (1 - q) ** 2
    return variance

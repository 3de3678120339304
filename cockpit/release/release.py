"""One release of noisy counts, from exact counts to figures that may be published."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cockpit.release.budget import SHARES
from cockpit.release.consistent import integers, least_squares
from cockpit.release.margins import margins
from cockpit.release.noise import Noisy, measure
from cockpit.release.offered import Offer, offers
from cockpit.release.tree import Tree


@dataclass(frozen=True, eq=False)
class Release:
    """Figures that may be published, and everything about them that may be told."""

    figures: NDArray[np.int64]  # (n_regions, n_classes), 0 or more, children sum to parents
    margins: NDArray[np.int64]  # (levels, n_classes) 95 % margin, persons
    offers: tuple[Offer, ...]  # one a level of the tree
    epsilon: Fraction

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels that are offered, from the county down; may be none."""
        return tuple(offer.level for offer in self.offers if offer.offered)


def release(
    counts: NDArray[np.int64],
    tree: Tree,
    *,
    epsilon: Fraction,
    shares: tuple[Fraction, ...] = SHARES,
) -> Release:
    """
    Make a release: the one place where exact counts become figures for the public.

    Every call draws new noise and spends ``epsilon`` again: take it from the ledger first, call
    once, and store the result.

    Parameters
    ----------
    counts
        Exact counts of a partition at the leaves, ``(n_leaves, n_classes)``, int64.
    """
    return from_noisy(measure(counts, tree, epsilon=epsilon, shares=shares), tree)


def from_noisy(noisy: Noisy, tree: Tree) -> Release:
    """Return the release of noisy counts: nothing here knows the exact ones."""
    figures = integers(least_squares(noisy.values, tree, noisy.variance), tree)
    wide = margins(tree, noisy.scale, figures.shape[1])
    return Release(figures, wide, offers(figures, wide, tree), noisy.epsilon)

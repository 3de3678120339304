"""How good a release is, for the steward alone: errors against the exact counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.release.tree import LEVELS, Tree
from geodata.errors import InputError


@dataclass(frozen=True)
class LevelError:
    """Errors of one level in persons, beside what a trivial estimate would give."""

    level: str
    figures: int
    mean: float  # mean absolute error of the release
    most: float  # 95 % of its absolute errors are at most this
    spread_mean: float  # mean absolute error of the parent's figure, spread by area or evenly
    last_mean: float  # mean absolute error of the last release's figure; NaN without one


def preview(
    released: NDArray[np.int64],
    exact: NDArray[np.int64],
    tree: Tree,
    *,
    area: NDArray[np.float64] | None = None,
    last: NDArray[np.int64] | None = None,
) -> tuple[LevelError, ...]:
    """
    Compare a release with the exact counts, level by level, beside two trivial estimates.

    **This uses the exact counts. It is for the steward who decides on the release and is never
    published, logged or stored with it: the errors are the noise, and figures without their noise
    are the data.**

    Parameters
    ----------
    released, exact, last
        Figures of all regions, shape ``(n_regions, n_classes)``.
    area
        Area of each region, any unit, 0 or more; without, children share evenly.
    """
    if released.shape != exact.shape or (last is not None and last.shape != exact.shape):
        raise InputError(
            "The release has shape {found}; expected {wanted}.",
            found=released.shape,
            wanted=exact.shape,
        )
    spread = _spread(released, tree, area)
    found = []
    for level in sorted(set(tree.level.tolist())):
        rows = tree.at_level(level)
        error = np.abs(released[rows] - exact[rows])
        past = float("nan") if last is None else float(np.abs(last[rows] - exact[rows]).mean())
        found.append(
            LevelError(
                LEVELS[level],
                error.size,
                float(error.mean()),
                float(np.quantile(error, 0.95, method="higher")),
                float(np.abs(spread[rows] - exact[rows]).mean()),
                past,
            )
        )
    return tuple(found)


def _spread(
    released: NDArray[np.int64], tree: Tree, area: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Return each region's part of its parent's figure; the county keeps its own."""
    weight = np.ones(len(tree)) if area is None else np.nan_to_num(area)
    parent = tree.parent[1:]
    whole = np.bincount(parent, weights=weight[1:], minlength=len(tree))[parent]
    siblings = np.bincount(parent, minlength=len(tree))[parent]
    part = np.where(whole > 0, weight[1:] / np.where(whole > 0, whole, 1), 1 / siblings)
    spread = released.astype(np.float64)
    spread[1:] = part[:, None] * released[parent]
    return spread

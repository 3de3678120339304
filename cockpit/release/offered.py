"""Which levels of a noisy release say more than its noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.release.tree import LEVELS, Tree

ENOUGH = 0.9
"""Least share of a level's people who stand in a figure above its own margin."""


@dataclass(frozen=True)
class Offer:
    """A level, whether it is offered, and the figures that decided it."""

    level: str
    offered: bool
    told: float  # 0 to 1: share of people in figures above their margin; NaN for nobody
    relative: float  # median of margin over figure, of figures above 0; NaN without any


def offers(
    figures: NDArray[np.int64], margins: NDArray[np.int64], tree: Tree, *, enough: float = ENOUGH
) -> tuple[Offer, ...]:
    """
    Tell for each level of the tree whether it is offered, from the released figures alone.

    A figure says something when it is larger than its own 95 % margin. A level is offered when at
    least ``enough`` of its people stand in such figures, and every level above it is offered: its
    sums would tell the others. Weighing by people keeps empty places from deciding; and because the
    released figures add up, noise cannot add people to a level.

    Parameters
    ----------
    figures
        Released figures, shape ``(n_regions, n_classes)``: never the exact counts, since which
        levels are offered is itself published.
    margins
        Margin of each level and class, shape ``(len(LEVELS), n_classes)``.
    """
    found: list[Offer] = []
    so_far = True
    for level in sorted(set(tree.level.tolist())):
        here, wide = figures[tree.at_level(level)], margins[level]
        total = int(here.sum())
        told = float((here * (here > wide)).sum() / total) if total else float("nan")
        filled = here > 0
        ratios = (np.broadcast_to(wide, here.shape) / np.where(filled, here, 1))[filled]
        relative = float(np.median(ratios)) if ratios.size else float("nan")
        so_far = so_far and told >= enough
        found.append(Offer(LEVELS[level], so_far, told, relative))
    return tuple(found)

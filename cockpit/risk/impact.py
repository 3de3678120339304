"""
How many people a hazard affects: hazard x exposure x vulnerability, in whole people everywhere.

People affected at a place are people there, times the share that a hazard of this strength affects
(a table), times how much more a group is affected (a setting). Whole numbers are handed down the
tree of regions by largest remainders, so at every level the total is the sum of its parts, and no
number is further than one person from the exact one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.intp]
Amounts = TypeVar("Amounts", Ints, Floats)

FINE = 1_000_000  # people are shared out in millionths, as whole numbers: sums have no rounding

# How much more of a group needs help than of everybody under the same hazard: small children and
# old people cannot leave by themselves. Planning figures of this project, not measured ones; a
# county sets its own.
VULNERABILITY: Mapping[str, float] = {"0-14": 1.3, "15-59": 1.0, "60+": 1.5}


@dataclass(frozen=True)
class Curve:
    """Share of people affected by strength of the hazard: straight between points, rising."""

    strength: tuple[float, ...]  # rising, in the hazard's unit
    share: tuple[float, ...]  # 0 to 1, never falling
    steps: bool = False  # classes: the share of the last strength reached, nothing in between

    def __post_init__(self) -> None:
        strength, share = np.array(self.strength), np.array(self.share)
        if len(strength) != len(share) or not len(strength):
            raise InputError("The table of shares needs one share for each strength.")
        if not ((np.diff(strength) > 0).all() and (np.diff(share) >= 0).all()):
            raise InputError("The table of shares must rise: a stronger hazard affects no fewer.")
        if not ((share >= 0) & (share <= 1)).all():
            raise InputError("A share of people must lie between 0 and 1.")

    def of(self, strength: Floats) -> Floats:
        """
        Return the share affected; 0 below the first strength, the last share above the last.

        A missing strength (NaN) stays NaN: nobody knows, which is not the same as nobody.
        """
        if self.steps:
            at = np.searchsorted(self.strength, strength, side="right")
            shares = np.array((0.0, *self.share))[at]
        else:
            shares = np.interp(strength, self.strength, self.share, left=0.0)
        return np.where(np.isnan(strength), np.nan, shares)


# Share of people who must leave their homes or need help, by depth of water in metres: from no
# water that matters (a kerb) to a storey. A planning table of this project, not a damage function.
FLOOD_DEPTH = Curve((0.15, 0.5, 1.0, 2.0), (0.1, 0.5, 0.9, 1.0))
# Classes of a hazard map: 1 low, 2 middle, 3 high, 4 very high.
HAZARD_CLASS = Curve((1.0, 2.0, 3.0, 4.0), (0.05, 0.2, 0.5, 0.9), steps=True)


@dataclass(frozen=True)
class Impact:
    """Affected people of every region, in whole numbers that add up at every level."""

    affected: Ints  # (n_regions,) with all that lies below
    by_group: Ints  # (n_regions, n_groups) they add up to ``affected``
    own: Ints  # (n_regions, n_groups) at the region itself, what lies below not counted
    expected: Floats  # (n_regions,) the exact number, with all that lies below
    exposed: Floats  # (n_regions,) people where the hazard's share is above 0
    unknown: Floats  # (n_regions,) people where nobody knows the hazard's strength
    groups: tuple[str, ...]


def impact(
    hazard: Floats,
    people: Floats,
    parent: Rows,
    *,
    curve: Curve = FLOOD_DEPTH,
    groups: Sequence[str] = ("everybody",),
    vulnerability: Mapping[str, float] | None = None,
) -> Impact:
    """
    Return the people a hazard affects, by region and group.

    Parameters
    ----------
    hazard
        Strength at each region (depth in metres, or a class), shape ``(n_regions,)``; NaN:
        unknown. Only regions with people of their own need one: the leaves, and regions with
        people that are in none of their leaves.
    people
        People of each region's own by group, those of regions below not counted, shape
        ``(n_regions, n_groups)`` or ``(n_regions,)``, 0 or more.
    parent
        Position of each region's parent, before it in the order; -1 for those without, shape
        ``(n_regions,)``.
    curve
        Share of people affected by strength.
    groups
        Name of each group.
    vulnerability
        Multiplier of the share by group, 0 or more; a group that is not named has 1. The share
        never exceeds 1.

    Returns
    -------
    Impact
        The total over all regions without parent is the exact number rounded (a half goes up).

    Raises
    ------
    InputError
        If shapes disagree, a parent does not come before its child, people or multipliers are
        negative or missing, or a group has two names.
    """
    given = np.asarray(people, dtype=np.float64)
    own = given[:, None] if given.ndim == 1 else given
    names = tuple(groups)
    factors = dict(vulnerability or {})
    _check(hazard, own, parent, names, factors)
    share = curve.of(np.asarray(hazard, dtype=np.float64))
    unknown = np.isnan(share)
    factor = np.array([factors.get(name, 1.0) for name in names])
    of_each = np.minimum(np.where(unknown, 0.0, share)[:, None] * factor, 1.0)
    fine = np.rint(own * of_each * FINE).astype(np.int64)
    whole = handed_down(fine, parent)
    by_group = summed_up(whole, parent)
    head_count = own.sum(axis=1)
    return Impact(
        affected=by_group.sum(axis=1),
        by_group=by_group,
        own=whole,
        expected=summed_up(fine, parent).sum(axis=1) / FINE,
        exposed=summed_up(np.where(of_each.max(axis=1) > 0, head_count, 0.0), parent),
        unknown=summed_up(np.where(unknown, head_count, 0.0), parent),
        groups=names,
    )


def summed_up(own: Amounts, parent: Rows) -> Amounts:
    """Return the sum over each region and all below it, ``(n_regions,)`` or with groups."""
    total = own.copy()
    for row in range(len(parent) - 1, -1, -1):  # children come after their parents
        if parent[row] >= 0:
            total[parent[row]] += total[row]
    return total


def handed_down(fine: Ints, parent: Rows) -> Ints:
    """
    Return whole people of each region's own by group, from millionths ``(n_regions, n_groups)``.

    The rounded total is handed down from parents to children and to what is the parent's own, then
    from a region's own to its groups: each gets its number rounded down, and the largest
    remainders one more (the earlier first where they are the same). So every region, at every
    level, has its exact number rounded up or down.
    """
    n_regions, n_groups = fine.shape
    own = fine.sum(axis=1)
    below = summed_up(own, parent)
    children: list[list[int]] = [[] for _ in range(n_regions + 1)]
    for row, above in enumerate(parent.tolist()):
        children[above].append(row)  # -1: the last list, of those without a parent
    whole = np.zeros((n_regions, n_groups), dtype=np.int64)
    given = np.zeros(n_regions, dtype=np.int64)
    roots = children[n_regions]
    total = (int(below[roots].sum()) + FINE // 2) // FINE
    given[roots] = shared_out(below[roots], total)
    for row in range(n_regions):
        parts = shared_out(np.append(below[children[row]], own[row]), int(given[row]))
        given[children[row]] = parts[:-1]
        if parts[-1]:
            whole[row] = shared_out(fine[row], int(parts[-1]))
    return whole


def shared_out(fine: Ints, total: int) -> Ints:
    """
    Return whole numbers that add up to ``total`` from millionths, each rounded up or down.

    ``total`` must be the sum of ``fine`` rounded up or down, so that this is possible.
    """
    down, rest = np.divmod(fine, FINE)
    more = total - int(down.sum())
    if more:
        down[np.argsort(-rest, kind="stable")[:more]] += 1
    return np.asarray(down)


def _check(
    hazard: Floats,
    people: Floats,
    parent: Rows,
    groups: tuple[str, ...],
    factors: Mapping[str, float],
) -> None:
    n = len(parent)
    if hazard.shape != (n,) or people.shape != (n, len(groups)) or len(set(groups)) < len(groups):
        raise InputError(
            "The hazard has shape {hazard} and the people {people} for {n} regions and {groups} "
            "groups.",
            hazard=hazard.shape,
            people=people.shape,
            n=n,
            groups=len(set(groups)),
        )
    if not ((parent >= -1) & (parent < np.arange(n))).all():
        raise InputError("A region must come after the region it belongs to.")
    if not ((people >= 0) & np.isfinite(people)).all():
        raise InputError("People must be 0 or more.")
    if not all(0 <= f < np.inf for f in factors.values()):
        raise InputError("A multiplier of vulnerability must be 0 or more.")

"""
Small counts of sensitive groups: averaged before any figure is derived, and never shown.

A count below the limit could be worked out from others: from a total less what is shown, from a
ratio of two scores, from the difference that one minute makes. So each small count goes into a
pool with others of its village (of its township, of the county, where a village has too few),
which holds at least two cells and as many people as may be shown. All figures take the mean of a
pool for each of its cells: sums of whole pools stay true, and no figure can tell more than them.
Microaggregation: Domingo-Ferrer and Mateo-Sanz (2002), IEEE TKDE 14(1), 189-201.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.coverage_results import Floats
from cockpit.answers.reach import Note, Reach

SENSITIVE = ("敏感", "秘密")
_MOST_KEPT = 16

Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Masked:
    """People of the cells as figures may use them, and which counts are not shown."""

    people: Floats  # (n_cells,)
    hidden: Flags  # (n_cells,) cells whose own count is not shown
    units: frozenset[int]  # rows of twin.regions whose total is not shown, cells too


def is_sensitive(reach: Reach, group: str) -> bool:
    """Tell whether small counts of a group are not shown."""
    return reach.twin.classes.get(group) in SENSITIVE


_lock = threading.Lock()
_kept: OrderedDict[tuple[str, str, int], tuple[Floats, Masked]] = OrderedDict()


def masked(reach: Reach, group: str, small_count: int) -> Masked:
    """Return the people of a group as they may be used; of a group that is not sensitive all."""
    people = reach.groups[group]
    if not is_sensitive(reach, group):
        return Masked(people, np.zeros(len(people), dtype=bool), frozenset())
    key = (reach.version, group, small_count)
    with _lock:
        kept = _kept.get(key)
        if kept is None or kept[0] is not people:
            kept = people, _masked(reach, people, small_count)
            _kept[key] = kept
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
        return kept[1]


def _masked(reach: Reach, people: Floats, small: int) -> Masked:
    villages, in_village = np.unique(reach.villages, return_inverse=True)
    townships, in_township = np.unique(reach.townships, return_inverse=True)
    above = np.zeros(len(villages), dtype=np.intp)  # township of each village
    above[in_village] = in_township
    by_village: Floats = np.bincount(in_village, weights=people).astype(float)
    by_township: Floats = np.bincount(in_township, weights=people).astype(float)
    cells = hidden_of(people, in_village, small)
    of_villages = hidden_of(by_village, above, small)
    of_townships = hidden_of(by_township, np.zeros(len(townships), dtype=np.intp), small)
    # A hidden township's cells make one pool of the county, a hidden village's one of the township.
    pool = np.where(cells, 1 + len(townships) + in_village, -1)
    pool = np.where(of_villages[in_village], 1 + in_township, pool)
    pool = np.where(of_townships[in_township], 0, pool)
    pool[people <= 0] = -1
    units = {
        *reach.rows[pool >= 0].tolist(),
        *villages[of_villages].tolist(),
        *townships[of_townships].tolist(),
        *({0} if 0 < people.sum() < small else ()),
    }
    return Masked(_averaged(people, pool), pool >= 0, frozenset(units))


def hidden_of(counts: Floats, parents: Rows, small: int) -> Flags:
    """
    Return which counts are not shown, so that none follows from their parent's total.

    All from 1 to below ``small``; and of their parent the smallest others, until there are two or
    more and they add up to ``small`` or more (or nothing is left). Zeros are always shown.

    Parameters
    ----------
    parents
        0, 1, ... for each count.
    """
    hidden: Flags = (counts > 0) & (counts < small)
    n_parents = int(parents.max(initial=-1)) + 1
    number = np.bincount(parents[hidden], minlength=n_parents)
    together = np.bincount(parents[hidden], weights=counts[hidden], minlength=n_parents)
    open_ = np.flatnonzero((number > 0) & ((number < 2) | (together < small)))
    for parent in open_.tolist():
        others = np.flatnonzero((parents == parent) & (counts >= small))
        n, total = int(number[parent]), float(together[parent])
        for at in others[np.argsort(counts[others], kind="stable")].tolist():
            if n >= 2 and total >= small:
                break
            hidden[at], n, total = True, n + 1, total + float(counts[at])
    return hidden


def _averaged(people: Floats, pool: Rows) -> Floats:
    """Return people with the mean of its pool for each cell that is in one."""
    pooled = pool >= 0
    if not pooled.any():
        return people
    _, at = np.unique(pool[pooled], return_inverse=True)
    made = people.astype(float, copy=True)
    made[pooled] = (np.bincount(at, weights=people[pooled]) / np.bincount(at))[at]
    return made


# ---------------------------------------------------------------- what may be shown


@dataclass(frozen=True)
class Mask:
    """How counts of one group are shown: all of them, or none that is too small."""

    sensitive: bool
    small_count: int

    def count(self, people: float) -> float:
        """Return a count; NaN for one that is too small."""
        return math.nan if self.sensitive and 0 < people < self.small_count else people

    def part(self, part: float, whole: float) -> float:
        """Return a part of a count; NaN too where the rest or the whole is too small."""
        rest = _clean(whole - part)
        hidden = any(math.isnan(self.count(n)) for n in (_clean(part), rest, whole))
        return math.nan if hidden or math.isnan(whole) else part

    def parts(self, parts: Sequence[float]) -> list[float]:
        """
        Return counts that add up to a known total; NaN for those not shown.

        Where one is too small, the smallest of the others are hidden with it, the first (what is
        told elsewhere) last.
        """
        told = [_clean(n) for n in parts]
        if not self.sensitive:
            return list(parts)
        hidden = {i for i, n in enumerate(told) if 0 < n < self.small_count}
        others = [i for i, n in enumerate(told) if n >= self.small_count]
        for i in sorted(others, key=lambda i: (i == 0, told[i])):
            if not hidden or (len(hidden) > 1 and sum(told[k] for k in hidden) >= self.small_count):
                break
            hidden.add(i)
        return [math.nan if i in hidden else n for i, n in enumerate(parts)]

    def shares(self, shares: Floats, whole: float) -> Floats:
        """Return shares of a count; NaN where their people or the rest are too small."""
        if not self.sensitive:
            return shares
        kept = [not math.isnan(self.part(s * whole, whole)) for s in shares.tolist()]
        found: Floats = np.where(kept, shares, np.nan)
        return found


def _clean(people: float) -> float:
    """Return 0 for what is left of a sum by rounding: it is nobody."""
    return 0.0 if abs(people) < 1e-6 else people


def mask_notes(found: Masked, small_count: int) -> tuple[Note, ...]:
    """Return the remark that small counts were averaged; nothing when none was."""
    if not found.hidden.any():
        return ()
    return (
        Note(
            "Counts of this group below {n} are not shown, nor others from which they would follow "
            "({cells} cells in all). Figures take the mean of neighbouring cells for them, and "
            "scores that depend on people are left out cell by cell.",
            {"n": small_count, "cells": int(found.hidden.sum())},
        ),
    )

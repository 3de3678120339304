"""What closed roads cost: who is cut off, who needs how many minutes more, which bridge matters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.coverage.checks import Minutes, check_nearest
from cockpit.coverage.nearest import at_most
from geodata.errors import InputError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_LIMITS = (5.0, 10.0, 15.0, 30.0)


@dataclass(frozen=True)
class Loss:
    """
    Minutes before and after a closure, one a cell.

    ``lost`` is inf where people are cut off now and NaN where no way led before: what was not
    there cannot be lost.
    """

    before: Floats  # (n_cells,) minutes; inf: no way
    after: Floats  # (n_cells,)
    lost: Floats  # (n_cells,)

    @property
    def cut_off(self) -> Flags:
        """Cells that had a way and have none any more, shape (n_cells,)."""
        return np.isposinf(self.lost)

    @property
    def slower(self) -> Flags:
        """Cells that still have a way, and a longer one, shape (n_cells,)."""
        return np.isfinite(self.lost) & (self.lost > 0)

    @property
    def without_before(self) -> Flags:
        """Cells that had no way in the first place, shape (n_cells,)."""
        return np.isnan(self.lost)


@dataclass(frozen=True)
class Toll:
    """What a closure costs a group of people."""

    total: float  # people
    cut_off: float  # people without any way now who had one
    slower: float  # people with a longer way
    person_minutes: float  # minutes lost by all of these together, one way
    mean: float  # minutes lost by those who have a longer way; NaN: nobody has
    median: float  # half of them lose at most this; NaN: nobody
    worst: float  # most minutes lost by anybody who still has a way; 0: nobody loses
    without_before: float  # people who had no way in the first place


@dataclass(frozen=True)
class PlaceLoss:
    """What a closure costs the people of one place (a village)."""

    place: int  # as in ``places``
    people: float
    cut_off: float  # people
    slower: float  # people
    mean: float  # minutes lost by its people with a longer way; NaN: nobody has
    worst: float  # minutes
    before: float  # mean minutes of its people who had a way; NaN: nobody had
    after: float  # mean minutes of its people who have one now; NaN: nobody has


def loss(before: Minutes, after: Minutes) -> Loss:
    """
    Compare minutes before and after a closure.

    Parameters
    ----------
    before, after
        Minutes of each cell, shape ``(n_cells,)``, 0 or more; inf: no way. A cell cannot become
        faster by a closure; differences below zero are rounding of whole seconds and count as 0.

    Raises
    ------
    InputError
        If the shapes disagree, or minutes are negative or missing.
    """
    check_nearest(before, np.zeros(before.shape))
    check_nearest(after, np.zeros(before.shape))
    old, new = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    lost = np.full(old.shape, np.nan)
    had = np.isfinite(old)
    lost[had] = np.maximum(new[had] - old[had], 0.0)
    return Loss(old, np.where(had, np.maximum(new, old), new), lost)


def worst_of(losses: Sequence[Loss]) -> tuple[Loss, NDArray[np.intp]]:
    """
    Return of each cell the loss that hurts most, and which of ``losses`` it is.

    Being cut off from something hurts more than any detour; of equal losses the first counts. A
    cell without any way in all of them stays without.

    Raises
    ------
    InputError
        If there is nothing to compare.
    """
    if not losses:
        raise InputError("There is no service to compare.")
    lost = np.stack([one.lost for one in losses])
    which = np.argmax(np.nan_to_num(lost, nan=-1.0, posinf=np.inf), axis=0)
    cells = np.arange(lost.shape[1])

    def taken(parts: list[Floats]) -> Floats:
        picked: Floats = np.stack(parts)[which, cells]
        return picked

    worst = Loss(
        taken([one.before for one in losses]),
        taken([one.after for one in losses]),
        lost[which, cells],
    )
    return worst, which


def toll(change: Loss, people: Floats) -> Toll:
    """
    Add up what a closure costs people.

    Parameters
    ----------
    people
        People of each cell, shape ``(n_cells,)``, 0 or more and finite.

    Raises
    ------
    InputError
        If the shapes disagree, or people are negative, missing or without end.
    """
    check_nearest(change.before, people)
    slower = change.slower & (people > 0)
    minutes, weights = change.lost[slower], people[slower]
    n_slower = float(weights.sum())
    together = float((minutes * weights).sum())
    return Toll(
        total=float(people.sum()),
        cut_off=float(people[change.cut_off].sum()),
        slower=n_slower,
        person_minutes=together,
        mean=together / n_slower if n_slower else float("nan"),
        median=_median(minutes, weights),
        worst=float(minutes.max(initial=0.0)),
        without_before=float(people[change.without_before].sum()),
    )


def _median(minutes: Floats, weights: Floats) -> float:
    if not len(minutes):
        return float("nan")
    order = np.argsort(minutes, kind="stable")
    passed = np.cumsum(weights[order])
    return float(minutes[order][np.searchsorted(passed, passed[-1] / 2)])


def losing_more_than(
    change: Loss, people: Floats, limits: Sequence[float] = _LIMITS
) -> dict[float, float]:
    """Return the people who lose more than each limit of minutes and still have a way."""
    check_nearest(change.before, people)
    still = np.isfinite(change.lost)
    return {m: float(people[still & (change.lost > m)].sum()) for m in limits}


def within_limit(change: Loss, people: Floats, limit: float) -> tuple[float, float]:
    """Return the people within ``limit`` minutes before and after; exactly there is within."""
    check_nearest(change.before, people)
    return (
        float(people[at_most(change.before, limit)].sum()),
        float(people[at_most(change.after, limit)].sum()),
    )


def by_place(change: Loss, people: Floats, places: NDArray[np.intp]) -> list[PlaceLoss]:
    """
    Return the places that lose something, worst first: by people cut off, then by minutes lost.

    Parameters
    ----------
    people, places
        People of each cell and the place it belongs to (any whole number), shape ``(n_cells,)``.
    """
    check_nearest(change.before, people)
    hit = (change.cut_off | change.slower) & (people > 0)
    rows = []
    for place in np.unique(places[hit]).tolist():
        inside = places == place
        part = Loss(change.before[inside], change.after[inside], change.lost[inside])
        weights = people[inside]
        cost = toll(part, weights)
        rows.append(
            PlaceLoss(
                place, cost.total, cost.cut_off, cost.slower, cost.mean, cost.worst,
                _mean(part.before, weights), _mean(part.after, weights),
            )
        )  # fmt: skip
    return sorted(rows, key=lambda r: (-r.cut_off, -r.slower * np.nan_to_num(r.mean), r.place))


def _mean(minutes: Floats, weights: Floats) -> float:
    there = np.isfinite(minutes) & (weights > 0)
    whole = weights[there].sum()
    return float((minutes[there] * weights[there]).sum() / whole) if whole else float("nan")


def order_of_importance(tolls: Mapping[int, Toll] | Iterable[tuple[int, Toll]]) -> list[int]:
    """
    Return the keys of closures that cost anything, the costliest first.

    First counts who is cut off, then the minutes that all others lose together; closures that
    cost nobody anything are left out.
    """
    known = dict(tolls)
    costly = [key for key, cost in known.items() if cost.cut_off > 0 or cost.person_minutes > 0]
    return sorted(costly, key=lambda k: (-known[k].cut_off, -known[k].person_minutes, k))

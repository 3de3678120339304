"""The nearest facility, the k nearest, and how many people are how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.coverage.checks import Minutes, check_minutes, check_nearest
from geodata.errors import InputError

_UNREACHED = 65535  # what the travel-time engine writes for "cannot be reached"


@dataclass(frozen=True)
class Nearest:
    """The k nearest facilities of each cell, nearest first."""

    index: NDArray[np.intp]  # (n_cells, k) column of the matrix; -1 where no further one is reached
    minutes: Minutes  # (n_cells, k), inf where no further one is reached
    mean_k: NDArray[np.float64]  # (n_cells,) mean minutes of the k; inf when fewer are reached


@dataclass(frozen=True)
class Curve:
    """People against minutes."""

    minutes: NDArray[np.float64]  # (n,) rising from 0
    share: NDArray[np.float64]  # (n,) of the people within, 0 to 1; NaN-free: 0 without people


def minutes_of(seconds: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return minutes of whole seconds in 16 bits, of any shape; 65535 (not reached) is inf."""
    minutes: NDArray[np.float32] = np.divide(seconds, 60, dtype=np.float32)
    minutes[seconds == _UNREACHED] = np.inf
    return minutes


def at_most(minutes: Minutes, limit: float) -> NDArray[np.bool_]:
    """
    Return which minutes are within a limit; exactly the limit is within.

    The limit is rounded as the minutes are: 426 seconds are 7.1 minutes in 32 bits too.
    """
    within: NDArray[np.bool_] = minutes <= minutes.dtype.type(limit)
    return within


def added(where: NDArray[np.intp], amounts: NDArray[np.float64], n: int = 0) -> NDArray[np.float64]:
    """Add up amounts by number (of a place, a facility), at least ``n`` numbers from 0 on."""
    sums: NDArray[np.float64] = np.bincount(where, amounts, minlength=n).astype(np.float64)
    return sums  # of no amount at all, bincount would make whole numbers


def people_within(
    minutes_nearest: Minutes, people: NDArray[np.float64], limits: Sequence[float]
) -> NDArray[np.float64]:
    """
    Return the people within each limit.

    Parameters
    ----------
    minutes_nearest
        Minutes from each cell to its nearest facility, shape ``(n_cells,)``; inf: none reached.
    people
        People of each cell, shape ``(n_cells,)``, 0 or more.
    limits
        Minutes, in any order. Somebody exactly at a limit is within; inf counts who reaches none,
        too.

    Returns
    -------
    NDArray
        People, shape ``(len(limits),)``, in the order of the limits.

    Raises
    ------
    InputError
        If the shapes disagree, or minutes or people are negative or missing.
    """
    check_nearest(minutes_nearest, people)
    return np.array([people[at_most(minutes_nearest, limit)].sum() for limit in limits], float)


def nearest_k(minutes: Minutes, k: int) -> Nearest:
    """
    Find the k nearest facilities of each cell.

    Parameters
    ----------
    minutes
        Shape ``(n_cells, n_facilities)``; inf: cannot be reached.
    k
        How many, 1 or more; may be more than there are facilities.

    Returns
    -------
    Nearest
        Facilities equally far stand in the order of their columns.

    Raises
    ------
    InputError
        If ``k`` is below 1 or the matrix is not one.
    """
    if k < 1:
        raise InputError("The {k} nearest are asked for; expected 1 or more.", k=k)
    check_minutes(minutes)
    n, m = minutes.shape
    index = np.full((n, k), -1, np.intp)
    found = np.full((n, k), np.inf, minutes.dtype)
    if k == 1 and m:
        index[:, 0] = minutes.argmin(axis=1)
    elif m:
        index[:, : min(k, m)] = _smallest(minutes, min(k, m))
    if m:
        found = np.where(index >= 0, np.take_along_axis(minutes, index, axis=1), found)
    index[np.isinf(found)] = -1
    return Nearest(index, found, found.mean(axis=1, dtype=np.float64))


def _smallest(minutes: Minutes, k: int) -> NDArray[np.intp]:
    """Return the columns of the k smallest of each row, in order; the first column at a tie."""
    n, m = minutes.shape
    if k * 4 > m:
        return np.argsort(minutes, axis=1, kind="stable")[:, :k]
    # A partition is faster than a sort but breaks ties as it likes: the kth value decides who is
    # in for certain, and the first columns at exactly that value fill the rest.
    last = np.partition(minutes, k - 1, axis=1)[:, k - 1 : k]
    below, tied = minutes < last, minutes == last
    room = k - below.sum(axis=1, keepdims=True)
    chosen = below | (tied & (np.cumsum(tied, axis=1, dtype=np.int32) <= room))
    index = np.nonzero(chosen)[1].reshape(n, k)
    order = np.argsort(np.take_along_axis(minutes, index, axis=1), axis=1, kind="stable")
    return np.take_along_axis(index, order, axis=1)


def weighted_quantile(minutes_nearest: Minutes, people: NDArray[np.float64], q: float) -> float:
    """
    Return the minutes within which a share of the people is.

    The smallest of the given minutes for which at least ``q`` of the people need no more (the
    inverse of the weighted distribution, no interpolation): 0.5 is the median person, 0.9 leaves a
    tenth of the people behind.

    Parameters
    ----------
    minutes_nearest, people
        As for `people_within`.
    q
        Share of the people, above 0, at most 1.

    Returns
    -------
    float
        inf when that person reaches no facility, and when there are no people.

    Raises
    ------
    InputError
        If ``q`` is not above 0 and at most 1, or the arrays are refused.
    """
    if not 0 < q <= 1:
        raise InputError("The share {q} is not above 0 and at most 1.", q=q)
    check_nearest(minutes_nearest, people)
    order = np.argsort(minutes_nearest, kind="stable")
    order = order[people[order] > 0]
    if not len(order):
        return float("inf")
    upto = np.cumsum(people[order])
    # The hair keeps a share that is met exactly from failing by the last digit of a sum.
    place = int(np.searchsorted(upto, q * upto[-1] * (1 - 1e-12), side="left"))
    return float(minutes_nearest[order[place]])


def curve(
    minutes_nearest: Minutes, people: NDArray[np.float64], upto: float = 60, step: float = 1
) -> Curve:
    """
    Return the share of people within 0, step, 2 steps ... minutes, up to and including ``upto``.

    Parameters
    ----------
    minutes_nearest, people
        As for `people_within`.
    upto, step
        Minutes, above 0; at most 10,000 steps.

    Returns
    -------
    Curve
        Never falling. Without people every share is 0.

    Raises
    ------
    InputError
        If ``upto`` or ``step`` is not above 0, or the arrays are refused.
    """
    if not (0 < step <= upto < np.inf and upto / step <= 10_000):
        raise InputError(
            "A curve up to {upto} minutes in steps of {step} cannot be drawn.", upto=upto, step=step
        )
    check_nearest(minutes_nearest, people)
    at: NDArray[np.float64] = np.arange(int(upto / step + 1e-9) + 1, dtype=np.float64) * step
    total = people.sum()
    if total == 0:
        return Curve(at, np.zeros(len(at)))
    order = np.argsort(minutes_nearest, kind="stable")
    summed = np.concatenate(([0.0], np.cumsum(people[order])))
    limits = at.astype(minutes_nearest.dtype)  # rounded as the minutes are, see `at_most`
    places = np.searchsorted(minutes_nearest[order], limits, side="right")
    return Curve(at, np.minimum(summed[places] / total, 1))

"""Where supply is weak, where it is redundant, and what is lost when the nearest closes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.coverage.checks import Minutes, check_minutes, check_nearest, check_reach, check_scores
from cockpit.coverage.nearest import added, at_most, nearest_k
from geodata.errors import InputError


@dataclass(frozen=True)
class WeakPlaces:
    """Places with people out of reach, most such people first; places without any are left out."""

    place: NDArray[np.intp]  # (k,) number of the place
    people: NDArray[np.float64]  # (k,) who lives there
    uncovered: NDArray[np.float64]  # (k,) of them out of reach
    unreached: NDArray[np.float64]  # (k,) of them without any way to a facility
    minutes: NDArray[np.float64]  # (k,) mean of its people who reach one; inf when nobody does


@dataclass(frozen=True)
class Balance:
    """Over- and under-supplied places."""

    score: NDArray[np.float64]  # (n_places,) mean access of the place's people; 0 without people
    mean: float  # of all people
    surplus: NDArray[np.float64]  # (n_places,) units of supply above (below) the mean; sums to 0
    order: NDArray[np.intp]  # places with people, the largest shortage first

    @property
    def weakest(self) -> NDArray[np.intp]:
        """Places below the mean, the largest shortage first."""
        return self.order[self.surplus[self.order] < 0]

    @property
    def strongest(self) -> NDArray[np.intp]:
        """Places above the mean, the largest surplus first."""
        return self.order[self.surplus[self.order] > 0][::-1]


@dataclass(frozen=True)
class Loss:
    """What closing the nearest facility takes from each cell."""

    nearest: NDArray[np.intp]  # (n_cells,) column; -1: none reached
    second: NDArray[np.intp]  # (n_cells,) column; -1: none reached
    minutes: Minutes  # (n_cells,) to the nearest
    minutes_after: Minutes  # (n_cells,) to the second
    loss: Minutes  # (n_cells,) minutes more; inf when there is no other; 0 when there was none


@dataclass(frozen=True)
class Closings:
    """What the closing of each facility, alone, would do; all (n_facilities,)."""

    nearest_people: NDArray[np.float64]  # people whose nearest it is
    uncovered: NDArray[np.float64]  # people within reach of it and of no other
    cut_off: NDArray[np.float64]  # people who reach no other facility, however far
    person_minutes: NDArray[np.float64]  # minutes more of all who reach another, added up
    redundant: NDArray[np.intp]  # facilities that leave nobody uncovered, least loss first


def weak_places(
    minutes_nearest: Minutes,
    people: NDArray[np.float64],
    places: NDArray[np.intp],
    *,
    reach: float,
) -> WeakPlaces:
    """
    List the places (villages, say) with people out of reach, most such people first.

    Parameters
    ----------
    minutes_nearest
        Minutes from each cell to its nearest facility, shape ``(n_cells,)``; inf: none reached.
    people
        People of each cell, shape ``(n_cells,)``.
    places
        Number of each cell's place, 0 or more, shape ``(n_cells,)``.
    reach
        Minutes; exactly there is within.

    Returns
    -------
    WeakPlaces
        Equal places stand in the order of their numbers. Nobody out of reach: no place.

    Raises
    ------
    InputError
        If the shapes disagree, values are negative or missing, or ``reach`` is not above 0.
    """
    check_nearest(minutes_nearest, people)
    check_reach(reach)
    _check_places(places, len(people))
    out = ~at_most(minutes_nearest, reach)
    reached = np.isfinite(minutes_nearest)
    known = np.where(reached, minutes_nearest, 0).astype(np.float64)
    all_people = added(places, people)
    uncovered = added(places, people * out)
    unreached = added(places, people * ~reached)
    travelled = added(places, people * known)
    arrived = added(places, people * reached)
    mean = np.divide(travelled, arrived, out=np.full_like(travelled, np.inf), where=arrived > 0)
    place = np.argsort(-uncovered, kind="stable")
    place = place[uncovered[place] > 0]
    return WeakPlaces(place, all_people[place], uncovered[place], unreached[place], mean[place])


def balance(
    scores: NDArray[np.float64], people: NDArray[np.float64], places: NDArray[np.intp]
) -> Balance:
    """
    Set each place's access against the mean of all people, in units of supply.

    A place whose people have a score of 0.004 beds each where the mean is 0.005 lacks one bed for
    every thousand people.

    Parameters
    ----------
    scores
        Supply per person of each cell, shape ``(n_cells,)``: `catchments.two_step` and its kin.
    people
        People of each cell, shape ``(n_cells,)``.
    places
        Number of each cell's place, 0 or more, shape ``(n_cells,)``.

    Returns
    -------
    Balance
        Without people: no order, and a mean of 0.

    Raises
    ------
    InputError
        If the shapes disagree, or values are negative or missing.
    """
    check_scores(scores, people)
    _check_places(places, len(people))
    living = added(places, people)
    total = living.sum()
    mean = float(people @ scores / total) if total else 0.0
    had = added(places, people * scores)
    score = np.divide(had, living, out=np.zeros_like(had), where=living > 0)
    surplus = had - mean * living
    order = np.argsort(surplus, kind="stable")
    return Balance(score, mean, surplus, order[living[order] > 0])


def dual_access(minutes: Minutes, n: int) -> Minutes:
    """
    Return the minutes to reach ``n`` facilities: to the nth nearest.

    Parameters
    ----------
    minutes
        Shape ``(n_cells, n_facilities)``; inf: cannot be reached.
    n
        1 or more; 1 gives the minutes to the nearest.

    Returns
    -------
    NDArray
        Shape ``(n_cells,)``; inf where fewer than ``n`` are reached.

    Raises
    ------
    InputError
        If ``n`` is below 1 or the matrix is not one.

    References
    ----------
    Cui, M. and Levinson, D. (2020), "Primal and dual access", Geographical Analysis 52(3), 452-474.
    """
    if n < 1:
        raise InputError("The {k} nearest are asked for; expected 1 or more.", k=n)
    check_minutes(minutes)
    if n > minutes.shape[1]:
        return np.full(len(minutes), np.inf, minutes.dtype)
    nth: Minutes = np.partition(minutes, n - 1, axis=1)[:, n - 1].copy()
    return nth


def loss_when_nearest_closes(minutes: Minutes) -> Loss:
    """
    Return how many minutes each cell loses when the facility nearest to it closes.

    Parameters
    ----------
    minutes
        Shape ``(n_cells, n_facilities)``; inf: cannot be reached.

    Returns
    -------
    Loss
        ``loss`` is the second nearest less the nearest: inf where there is no second, 0 where there
        is not even a first. Closing one facility gives exactly this loss to the cells whose nearest
        it is, and no loss to others.

    Raises
    ------
    InputError
        If the matrix is not one.
    """
    two = nearest_k(minutes, 2)
    first, second = two.minutes[:, 0], two.minutes[:, 1]
    had = np.isfinite(first)
    loss = np.zeros_like(first)
    np.subtract(second, first, out=loss, where=had)
    return Loss(two.index[:, 0], two.index[:, 1], first, second, loss)


def closings(minutes: Minutes, people: NDArray[np.float64], *, reach: float) -> Closings:
    """
    Return what closing each facility would do to people, and which nobody would miss.

    A facility is redundant when its closing leaves nobody uncovered. This is about one closing at a
    time: two redundant facilities may be each other's reason, so close one and ask again. Capacity
    is not looked at; `capacity.capacity_catchments` does.

    Parameters
    ----------
    minutes
        Shape ``(n_cells, n_facilities)``; inf: cannot be reached.
    people
        People of each cell, shape ``(n_cells,)``.
    reach
        Minutes; exactly there is within.

    Returns
    -------
    Closings
        ``redundant`` is ordered by ``person_minutes`` with those who are cut off first of all.

    Raises
    ------
    InputError
        If the shapes disagree, values are negative or missing, or ``reach`` is not above 0.
    """
    check_minutes(minutes, people)
    check_reach(reach)
    n = minutes.shape[1]
    lost = loss_when_nearest_closes(minutes)
    users = np.flatnonzero((lost.nearest >= 0) & (people > 0))
    whose, crowd = lost.nearest[users], people[users]
    alone = np.isinf(lost.loss[users])
    more = np.where(alone, 0, lost.loss[users]).astype(np.float64)
    # Only the nearest can be the only one within reach.
    only = at_most(lost.minutes, reach)[users] & ~at_most(lost.minutes_after, reach)[users]
    uncovered = added(whose, crowd * only, n)
    cut_off = added(whose, crowd * alone, n)
    person_minutes = added(whose, crowd * more, n)
    order = np.lexsort((person_minutes, cut_off))
    nearest_people = added(whose, crowd, n)
    return Closings(
        nearest_people, uncovered, cut_off, person_minutes, order[uncovered[order] == 0]
    )


def _check_places(places: NDArray[np.intp], n_cells: int) -> None:
    if places.shape != (n_cells,) or (n_cells and places.min() < 0):
        raise InputError("places has no number of 0 or more for each of {n} cells.", n=n_cells)

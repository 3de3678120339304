"""Rates of small places, drawn towards a mean that more people vouch for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.weights import Weights
from geodata.errors import InputError

Floats = NDArray[np.float64]
NAN = float("nan")


def empirical_bayes(events: Floats, people: Floats) -> Floats:
    """
    Draw each cell's rate towards the rate of the county, the more so the fewer people it has.

    Marshall's global estimator. The kept share is v / (v + m / n) with n the people, m the county's
    rate and v the variance of rates beyond chance. Should chance alone explain the differences
    (v <= 0), v is taken as 0 and all get the county's rate; esda leaves v negative and overshoots
    there.

    Parameters
    ----------
    events
        Count of each cell, 0 or more, shape ``(n_cells,)``.
    people
        People of each cell, 0 or more, shape ``(n_cells,)``.

    Returns
    -------
    array
        Events a person, shape ``(n_cells,)``. A cell without people gets the county's rate, which
        its events count towards. Without people anywhere all is NaN.

    Raises
    ------
    InputError
        If the shapes disagree, or a figure is negative, missing or infinite.

    References
    ----------
    Marshall, R. (1991), "Mapping disease and mortality rates using empirical Bayes estimators",
    Journal of the Royal Statistical Society C 40(2), 283-294.
    """
    events, people = _checked(events, people)
    total, lived = people.sum(), people > 0
    if not total > 0:
        return np.full(len(people), NAN)
    mean = events.sum() / total
    raw = _over(events, people)
    about = np.sum((people * (raw - mean) ** 2)[lived]) / total
    beyond = about - mean / (total / lived.sum())
    return _drawn(raw, np.full(len(people), mean), np.full(len(people), max(0.0, beyond)), people)


def spatial_empirical_bayes(events: Floats, people: Floats, weights: Weights) -> Floats:
    """
    Draw each cell's rate towards the rate of itself and its neighbours.

    As ``empirical_bayes``, with mean and variance of the cell and its neighbours in place of the
    county's. An island has only itself: its rate stays raw, as far as it has people.

    Returns
    -------
    array
        Events a person. A cell without people gets the rate of its neighbourhood; NaN where nobody
        lives around either.

    References
    ----------
    Marshall (1991), local estimator; Anselin, L., Lozano, N. and Koschinsky, J. (2006), "Rate
    transformations and smoothing", Spatial Analysis Laboratory, Urbana.
    """
    events, people = _checked(events, people)
    if events.shape != (len(weights),):
        raise InputError(
            "{name} has shape {found}; expected ({n},), one value a cell.",
            name="events",
            found=events.shape,
            n=len(weights),
        )
    lived = people > 0
    near = weights.around(people)
    mean = _over(weights.around(events), near)
    raw = _over(events, people)
    own = np.where(lived, raw, 0.0)
    # sum n (r - m)^2 over the neighbourhood, opened up: m differs from cell to cell.
    about = (
        weights.around(people * own**2)
        - 2 * mean * weights.around(people * own)
        + mean**2 * weights.around(people)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = about / near - mean * weights.around(lived.astype(np.float64)) / near
    # Rounding may leave a hair where all rates are equal.
    beyond = np.where(beyond > 1e-14 * np.maximum(mean, 1e-300) ** 2, beyond, 0.0)
    return np.where(weights.islands & lived, raw, _drawn(raw, mean, beyond, people))


def _drawn(raw: Floats, mean: Floats, beyond: Floats, people: Floats) -> Floats:
    """Mix raw rates and means; without people, or without variance, the mean is left."""
    chance = _over(mean, people)
    own = (people > 0) & (beyond > 0)
    share = np.divide(beyond, beyond + chance, out=np.zeros_like(mean), where=own)
    return np.where(own, mean + share * (raw - mean), mean)


def _over(part: Floats, people: Floats) -> Floats:
    found: Floats = np.divide(part, people, out=np.full(len(people), NAN), where=people > 0)
    return found


def _checked(events: Floats, people: Floats) -> tuple[Floats, Floats]:
    events, people = np.asarray(events, np.float64), np.asarray(people, np.float64)
    if events.ndim != 1 or events.shape != people.shape:
        raise InputError(
            "events has shape {events} and people {people}; expected (n_cells,) for both.",
            events=events.shape,
            people=people.shape,
        )
    for name, found in (("events", events), ("people", people)):
        if not (found >= 0).all():  # also catches NaN
            raise InputError("{name} has negative or missing values.", name=name)
        if np.isinf(found).any():
            raise InputError("{name} has values without end.", name=name)
    return events, people

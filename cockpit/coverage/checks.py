"""What every measure asks of its arrays, said once: minutes, people, supply, a reach."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

Minutes = NDArray[np.floating[Any]]


def check_minutes(minutes: Minutes, people: NDArray[np.float64] | None = None) -> None:
    """Refuse a matrix that is not (n_cells, n_facilities), or people that do not fit it."""
    if minutes.ndim != 2 or (people is not None and people.shape != minutes.shape[:1]):
        raise InputError(
            "minutes has shape {minutes} and people {people}; "
            "expected (n_cells, n_facilities) and (n_cells,).",
            minutes=minutes.shape,
            people="-" if people is None else people.shape,
        )
    _not_negative("minutes", minutes)
    if people is not None:
        check_people(people)


def check_nearest(minutes: Minutes, people: NDArray[np.float64], *, name: str = "minutes") -> None:
    """Refuse minutes to the nearest (or another figure of each cell) that do not fit the people."""
    if minutes.ndim != 1 or people.shape != minutes.shape:
        raise InputError(
            "{name} has shape {found} and people {people}; expected (n_cells,) for both.",
            name=name,
            found=minutes.shape,
            people=people.shape,
        )
    _not_negative(name, minutes)
    check_people(people)


def check_scores(scores: NDArray[np.float64], people: NDArray[np.float64]) -> None:
    """Refuse scores, one a cell, that do not fit the people or have no end."""
    check_nearest(scores, people, name="scores")
    _finite("scores", scores)


def check_people(people: NDArray[np.float64]) -> None:
    """Refuse people below zero, missing or without end."""
    _not_negative("people", people)
    _finite("people", people)


def check_supply(supply: NDArray[np.float64], n_facilities: int) -> None:
    """Refuse a supply of another length, below zero, missing or without end."""
    if supply.shape != (n_facilities,):
        raise InputError(
            "{name} has shape {found}; expected ({n},), one value a facility.",
            name="supply",
            found=supply.shape,
            n=n_facilities,
        )
    _not_negative("supply", supply)
    _finite("supply", supply)


def check_reach(reach: float) -> None:
    """Refuse a reach that is not a finite number of minutes above zero."""
    if not 0 < reach < np.inf:  # NaN fails too
        raise InputError("The reach is {reach} minutes; expected above 0.", reach=reach)


def _not_negative(name: str, values: Minutes) -> None:
    if values.size and not values.min() >= 0:  # the smallest of values with a NaN is NaN
        raise InputError("{name} has negative or missing values.", name=name)


def _finite(name: str, values: Minutes) -> None:
    if values.size and not values.max() < np.inf:
        raise InputError("{name} has values without end.", name=name)

"""The way of a patient who is sent on: village clinic, township health centre, county hospital."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.coverage.checks import check_minutes, check_people
from geodata.errors import InputError

LEVELS = ("clinic", "health_centre", "hospital")
"""Services of the chain, from below; ids of ``cockpit.coverage.services.SERVICES``."""

NOTHING_MISSING = -1


@dataclass(frozen=True)
class Leg:
    """One step of the chain: where each place of the level below is sent, and how long it takes."""

    to: NDArray[np.intp]  # (n_from,) position among the facilities of the level, -1 none
    minutes: NDArray[np.float64]  # (n_from,) inf for none


@dataclass(frozen=True)
class Chain:
    """The chain of each cell."""

    facility: NDArray[np.intp]  # (n_cells, n_levels) position among each level's own, -1 none
    legs: NDArray[np.float64]  # (n_cells, n_levels) minutes of each leg, inf from a missing level
    total: NDArray[np.float64]  # (n_cells,) sum of the legs; inf when a level is missing
    missing: NDArray[np.int8]  # (n_cells,) first level that cannot be reached, -1: none is missing
    direct: NDArray[np.float64] | None  # (n_cells,) minutes straight to the last level

    @property
    def detour(self) -> NDArray[np.float64]:
        """Minutes that the chain takes longer than the direct way; NaN where either is missing."""
        found = np.full(len(self.total), np.nan)
        if self.direct is not None:
            both = np.isfinite(self.total) & np.isfinite(self.direct)
            found[both] = self.total[both] - self.direct[both]
        return found


def nearest_leg(minutes: NDArray[np.floating[Any]]) -> Leg:
    """
    Return the leg to the nearest facility from a matrix of minutes.

    ``minutes`` has shape ``(n_from, n_to)``, ``inf`` for no way. Of equally near facilities the
    first is taken. Without any facility, or any way, ``to`` is -1.
    """
    check_minutes(minutes)
    if minutes.shape[1] == 0:
        n = minutes.shape[0]
        return Leg(np.full(n, -1, dtype=np.intp), np.full(n, np.inf))
    to = minutes.argmin(axis=1)
    found = np.take_along_axis(minutes, to[:, None], axis=1)[:, 0].astype(np.float64)
    return Leg(np.where(np.isinf(found), -1, to).astype(np.intp), found)


def chain(legs: Sequence[Leg], *, direct: NDArray[np.floating[Any]] | None = None) -> Chain:
    """
    Follow the patients of each cell through the levels.

    Everybody goes to the nearest clinic, a clinic sends on to the health centre nearest to it, and
    that to the hospital nearest to it: a place of treatment knows its own next one, whoever comes.
    So the chain can be longer than the best one for a cell. It ends at the first level that cannot
    be reached or that the county lacks; nobody skips a level, ``direct`` says what skipping takes.

    Parameters
    ----------
    legs
        First from the cells, shape ``(n_cells,)``; then one from the facilities of each level to
        the next, in the order of the ``to`` of the leg before.
    direct
        Minutes from each cell to the nearest facility of the last level, shape ``(n_cells,)``.

    Raises
    ------
    InputError
        If there is no leg, a leg sends to a facility the next one does not start from, or
        ``direct`` has another length.
    """
    if not legs:
        raise InputError("A chain of referral needs one leg at least.")
    n = len(legs[0].to)
    if direct is not None and direct.shape != (n,):
        raise InputError(
            "{name} has shape {found}; expected one value for each of {n} cells.",
            name="direct",
            found=direct.shape,
            n=n,
        )
    facility = np.full((n, len(legs)), -1, dtype=np.intp)
    minutes = np.full((n, len(legs)), np.inf)
    at = np.arange(n)  # where the patients of each cell are now; -1: the chain has ended
    for level, leg in enumerate(legs):
        _require_start(leg, at, level)
        on = at >= 0
        facility[on, level] = leg.to[at[on]]
        minutes[on, level] = leg.minutes[at[on]]
        at = facility[:, level]
    gone = facility < 0
    first = np.where(gone.any(axis=1), gone.argmax(axis=1), NOTHING_MISSING)
    straight = None if direct is None else np.asarray(direct, dtype=np.float64)
    return Chain(facility, minutes, minutes.sum(axis=1), first.astype(np.int8), straight)


def _require_start(leg: Leg, at: NDArray[np.intp], level: int) -> None:
    if len(at) and at.max() >= len(leg.to):
        raise InputError(
            "Leg {leg} of the chain starts from {n} facilities, but number {number} is sent to.",
            leg=level + 1,
            n=len(leg.to),
            number=int(at.max()) + 1,
        )
    if leg.minutes.shape != leg.to.shape or not (leg.minutes >= 0).all():
        raise InputError("{name} has negative or missing values.", name="minutes")


def people_missing(found: Chain, people: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the people whose chain ends before each level, shape ``(n_levels,)``."""
    check_people(people)
    if people.shape != found.missing.shape:
        raise InputError(
            "{name} has shape {found}; expected one value for each of {n} cells.",
            name="people",
            found=people.shape,
            n=len(found.missing),
        )
    n_levels = found.legs.shape[1]
    return np.array([people[found.missing == level].sum() for level in range(n_levels)])

"""Why a cell is not covered: one cause a cell, and how many people each cause concerns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.coverage.checks import check_people, check_reach
from cockpit.coverage.nearest import at_most
from geodata.errors import InputError

COVERED, TOO_FAR, FULL, NO_ROAD, CUT_OFF, NO_FACILITY, NO_PLACE = range(7)
"""Codes of causes, as layers and files carry them; they keep their numbers."""

TURNED_AWAY = 0.5
"""People left over (persons) from which a cell counts as full: half a person is rounding."""


@dataclass(frozen=True)
class Cause:
    """One cause: its code, name and one sentence."""

    code: int
    id: str
    title: str  # msgid
    sentence: str  # msgid


CAUSES: tuple[Cause, ...] = (
    Cause(COVERED, "covered", "Covered", "The nearest facility is within reach."),
    Cause(
        TOO_FAR, "too_far", "Too far", "There is a way, but it takes longer than the limit allows."
    ),
    Cause(
        FULL, "full", "Full", "There are facilities within reach, but their capacity is used up."
    ),
    Cause(NO_ROAD, "no_road", "No road", "No road that can be used passes near enough."),
    Cause(
        CUT_OFF,
        "cut_off",
        "Cut off",
        "There is a road, but no way from it to any facility.",
    ),
    Cause(
        NO_FACILITY,
        "no_facility",
        "No such facility",
        "The county's files have no facility of this kind.",
    ),
    Cause(NO_PLACE, "no_place", "No place", "The files do not say where this cell lies."),
)
"""In the order of their codes."""


def causes(
    nearest: NDArray[np.floating[Any]],
    *,
    reach: float,
    n_facilities: int,
    off_network: NDArray[np.bool_] | NDArray[np.integer[Any]] | None = None,
    placed: NDArray[np.bool_] | None = None,
    left_over: NDArray[np.float64] | None = None,
) -> NDArray[np.int8]:
    """
    Return the cause of each cell: the first that holds, from the county down to the facility.

    No such facility, no place, no road, cut off, too far, full, covered: in this order, because a
    later one cannot be told while an earlier one holds.

    Parameters
    ----------
    nearest
        Minutes between each cell and its nearest facility, ``inf`` for no way, shape
        ``(n_cells,)``.
    reach
        Limit in minutes; a cell exactly at it is within.
    n_facilities
        How many facilities of the service there are at all.
    off_network
        Cells that no road of the mode passes: a mask of shape ``(n_cells,)`` or positions, as
        ``TravelTimes.off_network`` gives them. None: nobody is (travel as the crow flies).
    placed
        Whether the files say where a cell lies, shape ``(n_cells,)``; None: all.
    left_over
        People of each cell whom no facility within reach has room for (see
        ``cockpit.coverage.capacity``), shape ``(n_cells,)``; None: room is not asked about.

    Returns
    -------
    NDArray
        Codes of ``CAUSES``, shape ``(n_cells,)``.

    Raises
    ------
    InputError
        If shapes disagree, the reach is not above 0, or ``nearest`` is negative or NaN.
    """
    check_reach(reach)
    n = len(nearest)
    if nearest.ndim != 1 or not (nearest >= 0).all():  # also catches NaN
        raise InputError("{name} has negative or missing values.", name="nearest")
    off = _mask("off_network", off_network, n)
    here = _mask("placed", np.ones(n, bool) if placed is None else placed, n)
    within = at_most(nearest, reach)
    full = np.zeros(n, bool)
    if left_over is not None:
        _require_cells("left_over", left_over, n)
        full = left_over >= TURNED_AWAY
    conditions = [
        np.full(n, n_facilities == 0), ~here, off & ~within, np.isinf(nearest), ~within, full,
    ]  # fmt: skip
    found = np.select(
        conditions, [NO_FACILITY, NO_PLACE, NO_ROAD, CUT_OFF, TOO_FAR, FULL], default=COVERED
    )
    return found.astype(np.int8)


def people_by_cause(
    codes: NDArray[np.int8],
    people: NDArray[np.float64],
    left_over: NDArray[np.float64] | None = None,
) -> dict[int, float]:
    """
    Return the people of each cause, every code included; together they are all people.

    Where a cell within reach is full in part only, those who are served count as covered and those
    left over as full.
    """
    check_people(people)
    _require_cells("people", people, len(codes))
    sums = np.bincount(codes, weights=people, minlength=len(CAUSES))
    if left_over is not None:
        _require_cells("left_over", left_over, len(codes))
        within = (codes == COVERED) | (codes == FULL)
        sums[FULL] = left_over[within].sum()
        sums[COVERED] = people[within].sum() - sums[FULL]
    return {cause.code: float(sums[cause.code]) for cause in CAUSES}


def _mask(
    name: str, given: NDArray[np.bool_] | NDArray[np.integer[Any]] | None, n: int
) -> NDArray[np.bool_]:
    """Return a mask of cells from a mask or from positions."""
    found = np.zeros(n, bool)
    if given is None:
        return found
    if given.dtype == np.bool_:
        _require_cells(name, given, n)
        return np.asarray(given, dtype=bool)
    if len(given) and not 0 <= given.min() <= given.max() < n:
        raise InputError("{name} names cells that there are not.", name=name)
    found[given] = True
    return found


def _require_cells(name: str, values: NDArray[Any], n: int) -> None:
    if values.shape != (n,):
        raise InputError(
            "{name} has shape {found}; expected one value for each of {n} cells.",
            name=name,
            found=values.shape,
            n=n,
        )

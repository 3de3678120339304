"""What affected people need at least: water, food, shelter, toilets; each with its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cockpit.risk.impact import Ints, Rows, summed_up
from geodata.errors import InputError

Bools = NDArray[np.bool_]
SPHERE = "Sphere Handbook 2018"
SHELTER = "GB 51143-2015"


@dataclass(frozen=True)
class Need:
    """One thing people need."""

    id: str
    title: str
    unit: str
    per_person: Fraction  # exact, so that rounding up never meets 0.30000000000000004
    daily: bool  # once a day; False: once
    source: str


NEEDS: dict[str, Need] = {
    need.id: need
    for need in (
        Need("water", "Water to drink and wash", "L", Fraction(15), True, SPHERE),
        Need("food", "Food", "kcal", Fraction(2100), True, SPHERE),
        Need("shelter", "Covered floor", "m²", Fraction(7, 2), False, SPHERE),
        Need("toilets", "Toilets", "toilets", Fraction(1, 20), False, SPHERE),
        Need("taps", "Water taps", "taps", Fraction(1, 250), False, SPHERE),
        Need("soap", "Soap for washing, a month", "g", Fraction(250), False, SPHERE),
    )
}
# Effective area a person at an emergency shelter, by how long people stay (GB 51143-2015).
SHELTER_M2: dict[str, Fraction] = {
    "emergency": Fraction(1, 2),
    "short": Fraction(2),
    "middle": Fraction(3),
    "long": Fraction(9, 2),
}


@dataclass(frozen=True)
class Needs:
    """What is needed at each place, and above it the sum of that."""

    amounts: Ints  # (n_regions, n_needs) whole units; 0 below the places
    told: Bools  # (n_regions,) whether needs are told there: at the places and above
    needs: tuple[Need, ...]
    days: int


def shelter_by_code(stay: str) -> Need:
    """Return the need for shelter area by GB 51143-2015; ``stay`` is a key of ``SHELTER_M2``."""
    if stay not in SHELTER_M2:
        raise InputError("Unknown stay {stay}; expected one of {known}.", stay=stay,
                         known=", ".join(SHELTER_M2))  # fmt: skip
    return Need("shelter", "Shelter area", "m²", SHELTER_M2[stay], False, SHELTER)


def needs_of(
    affected: Ints,
    parent: Rows,
    places: Bools,
    *,
    days: int = 1,
    needs: Sequence[Need] = tuple(NEEDS.values()),
) -> Needs:
    """
    Return what affected people need, rounded up at each place and added up above.

    A toilet cannot be shared between two places, so each place rounds up for itself and regions
    above need the sum of their places: totals and parts agree at every level. People of an inner
    region who belong to no place below it are a place of their own. Daily needs are for all days
    together, and rounded up once.

    Parameters
    ----------
    affected
        Affected people of each region with all below, shape ``(n_regions,)``, as ``Impact`` has.
    parent
        As for ``impact``.
    places
        Regions where people are looked after (villages or shelters), shape ``(n_regions,)``; a
        place below another place is not counted again.
    days
        1 or more.

    Raises
    ------
    InputError
        If shapes disagree, days are below 1, or the people of a region are fewer than below it.
    """
    if not affected.shape == parent.shape == places.shape or days < 1:
        raise InputError("Needs take people, parent and place for each region, and 1 day or more.")
    within = _below_places(parent, places)
    served = np.zeros(len(parent), dtype=np.int64)
    for row in np.flatnonzero((parent >= 0) & ~within):
        served[parent[row]] += affected[row]
    # A place looks after all below it; any other region after those of no region below.
    own = np.where(places, affected, affected - served)
    own[within] = 0
    if (own < 0).any():
        raise InputError("A region has fewer affected people than the regions below it.")
    amounts = [_rounded_up(own, n.per_person * (days if n.daily else 1)) for n in needs]
    table = np.column_stack(amounts) if amounts else np.zeros((len(parent), 0), dtype=np.int64)
    return Needs(summed_up(table, parent), ~within, tuple(needs), days)


def _below_places(parent: Rows, places: Bools) -> Bools:
    """Return the regions below a place."""
    below = np.zeros(len(parent), dtype=bool)
    for row, above in enumerate(parent.tolist()):
        below[row] = above >= 0 and (places[above] or below[above])
    return below


def _rounded_up(people: Ints, each: Fraction) -> Ints:
    return np.asarray(-((-people * each.numerator) // each.denominator))

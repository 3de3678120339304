"""Areas of coverage: isochrones of a facility, and the catchments that cells add up to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from cockpit.answers.coverage_masks import Mask, is_sensitive, masked
from cockpit.answers.coverage_question import LONGEST
from cockpit.answers.coverage_results import Isochrone
from cockpit.answers.reach import Reach
from cockpit.coverage.services import SERVICES
from geodata.errors import InputError
from geodata.network import isochrones as network
from geodata.network.engine import Towards


def towards_of(reach: Reach, facility: int) -> Towards:
    """Return which way people or help travel: as the first service has it that the kind is of."""
    kind = reach.facilities["kind"].iat[facility]
    return next((s.towards for s in SERVICES.values() if kind in s.kinds), "facility")


def isochrones(
    reach: Reach,
    facility: int,
    mode: str,
    limits: Sequence[float],
    towards: Towards = "facility",
    *,
    group: str = "people",
    small_count: int = 10,
) -> list[Isochrone]:
    """
    Return the area and the roads within each limit of a facility, the smallest limit first.

    People are those of the whole county whose own time is within: a cell's place decides, not
    how much of it the area covers; too few of a sensitive group are NaN. Without roads the areas
    are circles. The area of a larger limit holds that of a smaller one. A facility without
    place has empty areas.

    Parameters
    ----------
    facility
        Row of ``reach.facilities``.
    limits
        Minutes, above 0 and at most 600; doubles are dropped.
    towards
        "facility": from where it can be reached; "people": what it reaches.

    Raises
    ------
    InputError
        For a facility or a way of travelling that there is not, or a limit out of range.
    """
    if not 0 <= facility < len(reach.facilities):
        raise InputError("There is no facility {facility}.", facility=facility)
    wanted = sorted({float(limit) for limit in limits})
    if not wanted or not all(0 < limit <= LONGEST for limit in wanted):
        raise InputError(
            "The limit is {found} minutes; expected above 0 and at most {most}.",
            found=", ".join(f"{limit:g}" for limit in limits) or "-",
            most=int(LONGEST),
        )
    found = network.isochrones(
        reach.travel,
        mode,
        int(reach.places_of(np.array([facility]))[0]),
        wanted,
        towards=towards,
        cells=reach.cells,
        people=masked(reach, group, small_count).people,
    )
    mask = Mask(is_sensitive(reach, group), small_count)
    return [Isochrone(one.minutes, one.area, mask.count(one.people), one.roads) for one in found]


def catchments(
    shapes: NDArray[np.object_], nearest: NDArray[np.intp], n: int
) -> NDArray[np.object_]:
    """
    Return the area of the cells that have each of ``n`` facilities nearest; None where no cell has.

    Parameters
    ----------
    shapes
        Areas of the cells, meeting without overlaps; others (points, None) add nothing.
    nearest
        Facility of each cell, -1: none.
    """
    areas = np.full(n, None, dtype=object)
    solid = shapely.get_dimensions(shapes) == 2
    for place in np.unique(nearest[solid & (nearest >= 0)]).tolist():
        areas[place] = shapely.coverage_union_all(shapes[solid & (nearest == place)])
    return areas

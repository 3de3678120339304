"""Areas of coverage: isochrones of a facility, and the catchments that cells add up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from cockpit.answers.coverage_question import LONGEST
from cockpit.answers.coverage_results import Floats, Isochrone
from cockpit.answers.reach import Reach, minutes
from cockpit.coverage.nearest import at_most
from cockpit.coverage.services import SERVICES
from geodata.errors import InputError
from geodata.network import isochrone
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
) -> list[Isochrone]:
    """
    Return the area and the roads within each limit of a facility, the smallest limit first.

    People are those of the whole county whose own time is within: a cell's place decides, not
    how much of it the area covers. Without roads the areas are circles. The area of a larger limit
    holds that of a smaller one. A facility without place has empty areas.

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
    away = _minutes_of(reach, facility, mode, towards)
    people = reach.groups[group]
    areas, lines = _areas(reach, facility, mode, wanted, towards)
    return [
        Isochrone(limit, area, float(people[at_most(away, limit)].sum()), roads)
        for limit, area, roads in zip(wanted, areas, lines, strict=True)
    ]


def _minutes_of(reach: Reach, facility: int, mode: str, towards: Towards) -> Floats:
    place = reach.places_of(np.array([facility]))
    if towards == "facility":
        return minutes(reach.travel.matrix(mode, reach.cells, place)[:, 0])
    return minutes(reach.travel.matrix(mode, place, reach.cells)[0])


def _areas(
    reach: Reach, facility: int, mode: str, limits: list[float], towards: Towards
) -> tuple[list[Any], list[Any]]:
    seconds = [60 * limit for limit in limits]
    row, crs = reach.facilities.iloc[facility], str(reach.twin.county["crs"])
    how = reach.travel.modes[mode]
    empty = [shapely.MultiLineString() for _ in limits]
    if np.isnan(row["lon"]) or np.isnan(row["lat"]):
        return [shapely.Polygon() for _ in limits], empty
    if reach.roads is None:
        place = (float(row["lon"]), float(row["lat"]))
        return isochrone.circles(place, how, seconds, crs=crs), empty
    place_number = int(reach.places_of(np.array([facility]))[0])
    found = reach.travel.reached(mode, place_number, limit_s=max(seconds), towards=towards)
    roads = reach.roads
    lines = [shapely.multilinestrings(isochrone.reached_roads(found, roads, s)) for s in seconds]
    return isochrone.isochrones(found, roads, how, seconds, crs=crs), lines


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

"""Villages and facilities of a coverage question: the worst villages, whom each place serves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.coverage_access import supply
from cockpit.answers.coverage_question import (
    matrix_minutes,
    mean_of,
    nearest_minutes,
    people_inside,
    rows_of,
    shown,
)
from cockpit.answers.coverage_results import FacilityRow, Floats, Question, VillageRow
from cockpit.answers.reach import Reach
from cockpit.coverage.nearest import at_most
from cockpit.coverage.services import service_of


def nearest_of(minutes: NDArray[np.floating]) -> NDArray[np.intp]:
    """
    Return which column is least in each row; -1 where all are inf or there is none.

    Of equal ones the first.
    """
    if not minutes.shape[1]:
        return np.full(len(minutes), -1)
    index = np.argmin(minutes, axis=1)
    reached = np.isfinite(minutes[np.arange(len(minutes)), index])
    return np.where(reached, index, -1)


def groups_of(
    cells: NDArray[np.intp], units: NDArray[np.intp]
) -> list[tuple[int, NDArray[np.intp]]]:
    """
    Return the units that some cells lie in, each with the places in ``cells`` of its own.

    Parameters
    ----------
    units
        Row of the unit of every cell of the county: ``reach.villages`` or ``reach.townships``.
    """
    own = units[cells]
    order = np.argsort(own, kind="stable")
    rows, first = np.unique(own[order], return_index=True)
    return list(zip(rows.tolist(), np.split(order, first[1:]), strict=True)) if len(own) else []


def worst_villages(reach: Reach, q: Question, n: int = 20) -> list[VillageRow]:
    """
    Return the villages with the most people beyond the limit, most first.

    Villages where everybody is covered are left out. Of equal ones the one farther away comes
    first.
    """
    rows = [row for row in villages(reach, q) if row.uncovered > 0 or np.isnan(row.uncovered)]
    return sorted(rows, key=lambda r: (-np.nan_to_num(r.uncovered), -r.minutes, r.code))[:n]


def villages(reach: Reach, q: Question) -> list[VillageRow]:
    """Return every village of the unit, in the order of the county's table."""
    cells, people = people_inside(reach, q)
    minutes = nearest_minutes(reach, q)[cells]
    nearest = nearest_of(matrix_minutes(reach, q)[cells])
    return [
        _village(reach, q, unit, people[own], minutes[own], nearest[own])
        for unit, own in groups_of(cells, reach.villages)
    ]


def _village(
    reach: Reach, q: Question, unit: int, people: Floats, minutes: Floats, nearest: NDArray[np.intp]
) -> VillageRow:
    region = reach.twin.regions.iloc[unit]
    reached = (people > 0) & np.isfinite(minutes)
    mean = mean_of(minutes, people)
    used = nearest[reached]
    place_id = place_name = ""
    if len(used):
        # Of the places used, the one of most people: a village's centre decides, not its edge.
        at = int(np.argmax(np.bincount(used, weights=people[reached])))
        place = reach.facilities.iloc[rows_of(reach, q)[at]]
        place_id, place_name = str(place["id"]), str(place["name"])
    return VillageRow(
        unit,
        str(region["code"]),
        str(region["name"]),
        str(region["name_en"]),
        shown(q, float(people.sum())),
        shown(q, float(people[~at_most(minutes, q.minutes)].sum())),
        shown(q, float(people[np.isinf(minutes)].sum())),
        mean,
        float(minutes[reached].max()) if reached.any() else mean,
        place_id,
        place_name,
    )


def facilities(reach: Reach, q: Question) -> list[FacilityRow]:
    """
    Return the service's facilities with the people they serve, most people first.

    ``load`` is of the whole county: those whose nearest it is within the limit, over its capacity.
    Facilities of the whole county are listed, those beyond its border too.
    """
    everybody = reach.groups[q.group]
    cells, people = people_inside(reach, q)
    minutes = matrix_minutes(reach, q)
    near = at_most(minutes, q.minutes)
    nearest = nearest_of(minutes)
    n = minutes.shape[1]
    own = nearest[cells]
    chosen = np.bincount(own[own >= 0], weights=people[own >= 0], minlength=n)
    within = people @ near[cells]
    led = (nearest >= 0) & near[np.arange(len(near)), nearest]
    load = np.bincount(nearest[led], weights=everybody[led], minlength=n)
    offered, demand = supply(reach, q), everybody @ near
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(offered > 0, load / offered, np.nan)
        per_1000 = np.where(demand > 0, 1000 * offered / demand, np.nan)
    made = [
        _facility(reach, q, row, chosen[i], within[i], ratio[i], per_1000[i])
        for i, row in enumerate(rows_of(reach, q).tolist())
    ]
    return sorted(made, key=lambda r: (-np.nan_to_num(r.people_nearest), r.id))


def _facility(
    reach: Reach, q: Question, row: int, nearest: float, within: float, load: float, ratio: float
) -> FacilityRow:
    place = reach.facilities.iloc[row]
    column = service_of(q.service).supply
    return FacilityRow(
        row,
        str(place["id"]),
        str(place["name"]),
        str(place["kind"]),
        float("nan") if column == "count" else float(place[column]),
        shown(q, float(nearest)),
        shown(q, float(within)),
        float(load) if column != "count" else float("nan"),
        float(ratio),
        bool(place["outside"]),
    )

"""Villages and facilities of a coverage question: the worst villages, whom each place serves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.coverage_access import supply
from cockpit.answers.coverage_question import (
    everybody_of,
    matrix_minutes,
    mean_of,
    nearest_minutes,
    people_inside,
    rows_of,
    shown,
    shown_part,
    told_total,
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
    places = reach.facilities.iloc[rows_of(reach, q)]
    names = list(zip(places["id"].astype(str), places["name"].astype(str), strict=True))
    columns = reach.twin.regions[["code", "name", "name_en"]]
    found = groups_of(cells, reach.villages)
    told = columns.iloc[[unit for unit, _ in found]].itertuples(index=False, name=None)
    return [
        _village(reach, q, (unit, *text), people[own], minutes[own], nearest[own], names)
        for (unit, own), text in zip(found, told, strict=True)
    ]


def _village(
    reach: Reach,
    q: Question,
    region: tuple[int, str, str, str],
    people: Floats,
    minutes: Floats,
    nearest: NDArray[np.intp],
    names: list[tuple[str, str]],
) -> VillageRow:
    reached = (people > 0) & np.isfinite(minutes)
    mean = mean_of(minutes, people)
    used = nearest[reached]
    total = told_total(reach, q, region[0], float(people.sum()))
    cut = np.isinf(minutes)
    far = ~at_most(minutes, q.minutes)
    uncovered = shown_part(q, float(people[far].sum()), total)
    # Who is reached but too late and who is not reached make up the uncovered.
    none = float(people[cut].sum())
    # Nobody is no secret, unless the whole village is one.
    unreached = 0.0 if none == 0 and total >= 0 else shown_part(q, none, uncovered)
    # Of the places used, the one of most people: a village's centre decides, not its edge.
    most = int(np.argmax(np.bincount(used, weights=people[reached]))) if len(used) else -1
    return VillageRow(
        *region,
        total,
        uncovered,
        unreached,
        mean,
        float(minutes[reached].max()) if reached.any() else mean,
        *(names[most] if most >= 0 else ("", "")),
    )


def facilities(reach: Reach, q: Question) -> list[FacilityRow]:
    """
    Return the service's facilities with the people they serve, most people first.

    ``load`` is of the whole county: those whose nearest it is within the limit, over its capacity.
    Facilities of the whole county are listed, those beyond its border too; in a part of the county
    those that stand there.
    """
    everybody = everybody_of(reach, q)
    cells, people = people_inside(reach, q)
    minutes = matrix_minutes(reach, q)
    near = at_most(minutes, q.minutes)
    nearest = nearest_of(minutes)
    n = minutes.shape[1]
    if not n:
        return []
    own = nearest[cells]
    chosen = np.bincount(own[own >= 0], weights=people[own >= 0], minlength=n)
    within = people @ near[cells]
    led = (nearest >= 0) & near[np.arange(len(near)), nearest]
    load = np.bincount(nearest[led], weights=everybody[led], minlength=n)
    offered, demand = supply(reach, q), everybody @ near
    with np.errstate(divide="ignore", invalid="ignore"):
        told = np.array([[shown(q, n) for n in counts] for counts in (load, demand)])
        ratio = np.where(offered > 0, told[0] / offered, np.nan)
        per_1000 = np.where(demand > 0, 1000 * offered / told[1], np.nan)
    rows = rows_of(reach, q)
    table = reach.facilities.iloc[rows]
    counted = service_of(q.service).supply == "count"
    made = [
        FacilityRow(
            int(rows[i]),
            code,
            name,
            kind,
            float("nan") if counted else float(offered[i]),
            shown(q, float(chosen[i])),
            shown(q, float(within[i])),
            float("nan") if counted else float(ratio[i]),
            float(per_1000[i]),
            bool(outside),
        )
        for i, (code, name, kind, outside) in enumerate(
            table[["id", "name", "kind", "outside"]].itertuples(index=False, name=None)
        )
    ]
    if reach.mine is not None:
        made = [row for row in made if reach.mine[row.row]]
    return sorted(made, key=lambda r: (-np.nan_to_num(r.people_nearest), r.id))

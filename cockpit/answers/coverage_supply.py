"""Room and reserves: who finds a place, where supply is weak or double, what one closing takes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.coverage_access import known_supply, shared_access, supply
from cockpit.answers.coverage_notes import Note, notes_of, unlimited
from cockpit.answers.coverage_places import groups_of
from cockpit.answers.coverage_question import (
    everybody_of,
    matrix_minutes,
    mean_of,
    people_inside,
    rows_of,
    shown,
    shown_part,
    told_cells,
    told_total,
)
from cockpit.answers.coverage_results import (
    CapacityAnswer,
    Floats,
    LoadRow,
    Question,
    RedundantRow,
    SupplyAnswer,
    WeakRow,
)
from cockpit.answers.reach import Reach
from cockpit.coverage import supply as reserves
from cockpit.coverage.capacity import CapacityCatchments, capacity_catchments
from cockpit.coverage.nearest import at_most
from cockpit.coverage.services import room_of, service_of

WANTED = 2
"""Places that dual access asks for: one, and another to choose or to fall back on."""

_MOST_KEPT = 32  # of 3,000 cells about 100 kB each
_kept: OrderedDict[tuple[object, ...], CapacityCatchments] = OrderedDict()
_lock = threading.Lock()


def room(reach: Reach, q: Question) -> Floats:
    """Return how many people of the group each facility can serve; NaN: no limit is known."""
    return room_of(service_of(q.service), supply(reach, q))


def unlimited_notes(reach: Reach, q: Question) -> tuple[Note, ...]:
    """Return the remark that facilities of unknown size count as unlimited."""
    limits = room(reach, q)
    if reach.mine is not None:
        limits = limits[reach.mine[rows_of(reach, q)]]
    said = service_of(q.service).people_per_unit is not None
    return unlimited(int(np.isnan(limits).sum()), len(limits), per_unit=said)


def county_catchments(reach: Reach, q: Question) -> CapacityCatchments:
    """
    Return who finds room where, for all people of the county: they compete for it.

    The plan takes a second or two where places are full, so the last ones are kept.
    """
    people, limits = everybody_of(reach, q), room(reach, q)
    # By content: what a visitor may see and what a test changes make another plan.
    arrays = (people.tobytes(), limits.tobytes())
    key = (reach.travel.version, q.service, q.mode, q.minutes, *map(hash, arrays))
    with _lock:
        if key not in _kept:
            minutes = matrix_minutes(reach, q)
            _kept[key] = capacity_catchments(minutes, people, limits, reach=q.minutes)
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key]


def capacity(reach: Reach, q: Question) -> CapacityAnswer:
    """
    Return who of the unit finds room within the limit, and what stays unused.

    The whole county competes for the room. A facility of unknown size has no limit, and says so.
    """
    cells, people = people_inside(reach, q)
    found = county_catchments(reach, q)
    served, left = found.served[cells], found.left_over[cells]
    limits, total = room(reach, q), told_total(reach, q, q.unit, float(people.sum()))
    hidden = np.isnan(told_cells(reach, q, cells))
    rows = _loads(reach, q, found, cells, limits)
    unused = np.where(np.isnan(limits), 0.0, found.unused)
    if reach.mine is not None:
        unused = unused[reach.mine[rows_of(reach, q)]]
    return CapacityAnswer(
        np.where(hidden, np.nan, served),
        np.where(hidden, np.nan, left),
        shown_part(q, float(served.sum()), total),
        shown_part(q, float(left.sum()), total),
        # All room less what is unused is the load of all: too small a one would follow.
        np.nan if any(np.isnan(r.unused) for r in rows) else float(unused.sum()),
        rows,
        (*notes_of(reach, q), *unlimited_notes(reach, q)),
    )


def _loads(
    reach: Reach, q: Question, found: CapacityCatchments, cells: NDArray[np.intp], limits: Floats
) -> list[LoadRow]:
    inside = np.asarray(found.flow.tocsr()[cells].sum(axis=0)).ravel()
    places = reach.facilities
    made = [
        LoadRow(
            row,
            str(places["id"].iat[row]),
            str(places["name"].iat[row]),
            float("inf") if np.isnan(limits[i]) else float(limits[i]),
            shown(q, float(found.load[i])),
            shown_part(q, float(inside[i]), float(found.load[i])),
            float("inf") if np.isnan(limits[i]) else float(found.unused[i]),
        )
        for i, row in enumerate(rows_of(reach, q).tolist())
        if reach.mine is None or reach.mine[row]
    ]
    # What is unused tells the load.
    made = [replace(r, unused=np.nan) if _told_by(r) else r for r in made]
    return sorted(made, key=lambda r: (-np.nan_to_num(r.load), r.id))


def _told_by(row: LoadRow) -> bool:
    return bool(np.isnan(row.load) and np.isfinite(row.unused))


def supply_answer(reach: Reach, q: Question) -> SupplyAnswer:
    """
    Return where supply is short, which facilities nobody would miss, and what one closing takes.

    Villages with less than the county's mean are weak, the largest shortage first. A redundant
    facility leaves nobody of the county beyond the limit when it alone closes; two of them may be
    each other's reason. Of a smaller unit those are listed that are nearest to somebody there.
    """
    cells, people = people_inside(reach, q)
    whole = matrix_minutes(reach, q)
    minutes = whole[cells]
    lost = reserves.loss_when_nearest_closes(minutes)
    near = at_most(lost.minutes, q.minutes) & ~at_most(lost.minutes_after, q.minutes)
    offered, assumed = known_supply(reach, q)
    return SupplyAnswer(
        _weak(reach, q, cells, people, lost),
        _redundant(
            reach,
            q,
            reserves.closings(whole, everybody_of(reach, q), reach=q.minutes),
            offered,
            set(lost.nearest[people > 0].tolist()),
        ),
        WANTED,
        np.asarray(reserves.dual_access(minutes, WANTED), dtype=float),
        np.asarray(lost.loss, dtype=float),
        shown_part(
            q,
            float(people[near].sum()),
            told_total(reach, q, q.unit, float(people.sum())),
        ),
        (*notes_of(reach, q), *assumed),
    )


def _weak(
    reach: Reach, q: Question, cells: NDArray[np.intp], people: Floats, lost: reserves.Loss
) -> list[WeakRow]:
    scores = shared_access(reach, q)
    county = reserves.balance(scores, everybody_of(reach, q), reach.villages)
    own = dict(groups_of(cells, reach.villages))
    regions = reach.twin.regions
    totals = {
        row: told_total(reach, q, row, float(people[own[row]].sum()))
        for row in county.weakest.tolist()
        if row in own
    }
    return [
        WeakRow(
            row,
            str(regions["code"].iat[row]),
            str(regions["name"].iat[row]),
            str(regions["name_en"].iat[row]),
            total,
            mean_of(lost.minutes[own[row]].astype(float), people[own[row]]),
            mean_of(lost.minutes_after[own[row]].astype(float), people[own[row]]),
            np.nan if np.isnan(total) else 1000 * float(county.score[row]),
            np.nan if np.isnan(total) else -float(county.surplus[row]),
        )
        for row, total in totals.items()
    ]


def _redundant(
    reach: Reach, q: Question, found: reserves.Closings, offered: Floats, used: set[int]
) -> list[RedundantRow]:
    rows, places = rows_of(reach, q), reach.facilities
    made = []
    for i in found.redundant.tolist():
        if q.unit and i not in used:
            continue
        if reach.mine is not None and not reach.mine[rows[i]]:
            continue
        people = float(found.nearest_people[i])
        moving = people - float(found.cut_off[i])
        extra = float(found.person_minutes[i]) / moving if moving > 0 else 0.0
        row = int(rows[i])
        made.append(
            RedundantRow(
                row,
                str(places["id"].iat[row]),
                str(places["name"].iat[row]),
                shown(q, people),
                extra,
                float(offered[i]),
            )
        )
    return made

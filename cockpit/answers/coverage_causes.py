"""Why people are not covered: too far, full, no road, no such facility."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.coverage_notes import notes_of
from cockpit.answers.coverage_question import (
    mask_of,
    nearest_minutes,
    people_inside,
    rows_of,
    told_total,
)
from cockpit.answers.coverage_results import Causes, Question
from cockpit.answers.coverage_supply import county_catchments, room, unlimited_notes
from cockpit.answers.reach import Reach
from cockpit.coverage.causes import CAUSES, people_by_cause
from cockpit.coverage.causes import causes as causes_of

CAUSE_IDS: dict[int, str] = {cause.code: cause.id for cause in CAUSES}


def causes(reach: Reach, q: Question) -> Causes:
    """
    Return why each cell of the unit is covered or not, and the people of each cause.

    A cell within reach is full where the best plan for the whole county (``capacity``) leaves
    people of it over; of a cell that is full in part only those are counted as such.
    """
    cells, people = people_inside(reach, q)
    codes = county_causes(reach, q)[cells]
    found = people_by_cause(codes, people, county_catchments(reach, q).left_over[cells])
    total = told_total(reach, q, q.unit, float(people.sum()))
    told = mask_of(q).parts(list(found.values()))
    return Causes(
        codes,
        {
            code: np.nan if n and np.isnan(total) else t
            for (code, n), t in zip(found.items(), told, strict=True)
        },
        {cause.code: cause.title for cause in CAUSES},
        (*notes_of(reach, q), *unlimited_notes(reach, q)),
    )


def county_causes(reach: Reach, q: Question) -> NDArray[np.int8]:
    """Return the cause of every cell of the county."""
    n = len(reach.rows)
    off = reach.travel.off_network(q.mode)
    limited = np.isfinite(room(reach, q)).any()
    return causes_of(
        nearest_minutes(reach, q),
        reach=q.minutes,
        n_facilities=len(rows_of(reach, q)),
        off_network=off[off < n],
        placed=np.asarray(np.isfinite(reach.lonlat).all(axis=1)),
        left_over=county_catchments(reach, q).left_over if limited else None,
    )

"""How much supply people reach when others use it too: scores by method, and how even they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.coverage_notes import Note
from cockpit.answers.coverage_question import (
    everybody_of,
    matrix_minutes,
    people_inside,
    rows_of,
    told_total,
)
from cockpit.answers.coverage_results import Floats, Question, Scores
from cockpit.answers.reach import Reach
from cockpit.coverage import access, catchments
from cockpit.coverage.services import service_of, supply_of

ALONE = ("cumulative", "gravity")
"""Methods that ask of nobody how many people there are."""


def supply(reach: Reach, q: Question) -> Floats:
    """Return what each facility of the service offers, in its unit; NaN where no file says."""
    rows = rows_of(reach, q)
    columns = {
        name: reach.facilities[name].to_numpy(dtype=np.float64)[rows]
        for name in ("capacity", "staff")
    }
    return supply_of(service_of(q.service), columns, len(rows))


def known_supply(reach: Reach, q: Question) -> tuple[Floats, tuple[Note, ...]]:
    """
    Return the supply with missing figures filled, and what was assumed.

    A facility of unknown size counts as the median of the others: left out, its people would seem
    to have nothing. Where no size is known at all, every facility counts one.
    """
    told = supply(reach, q)
    missing = np.isnan(told)
    if not missing.any():
        return told, ()
    if missing.all():
        return np.ones(len(told)), (
            Note("No facility of this service tells its size, so each counts as one."),
        )
    usual = float(np.median(told[~missing]))
    note = Note(
        "{n} of {all} facilities do not tell their size; each counts like the middle one ({size}).",
        {"n": int(missing.sum()), "all": len(told), "size": f"{usual:g}"},
    )
    notes = (note,) if reach.mine is None else ()  # it counts facilities outside of a part
    return np.where(missing, usual, told), notes


def access_scores(reach: Reach, q: Question) -> dict[str, Scores]:
    """
    Return the scores of the unit's cells by each method, in the order of the methods.

    All use the question's limit: steps and zones end there, and the question's decay, which
    gravity, balanced catchments and spatial availability weigh by, is a half there. The people of
    the whole county compete, wherever the unit ends.
    """
    cells, people = people_inside(reach, q)
    scores = county_scores(reach, q)
    hidden = np.isnan(told_total(reach, q, q.unit, float(people.sum())))
    return {
        key: Scores(
            key,
            method.title,
            method.unit,
            told_scores(q, key, scores[key])[cells],
            np.nan if hidden else _mean(scores[key][cells], people),
            method.note,
        )
        for key, method in catchments.METHODS.items()
    }


def told_scores(q: Question, method: str, scores: Floats) -> Floats:
    """
    Return the scores of cells as they may be shown.

    Of a sensitive group those that depend on people are all NaN: the ratio of two of them is the
    people of the cell.
    """
    return np.full_like(scores, np.nan) if q.sensitive and method not in ALONE else scores


def county_scores(reach: Reach, q: Question) -> dict[str, Floats]:
    """Return the scores of every cell of the county by method."""
    minutes, everybody = matrix_minutes(reach, q), everybody_of(reach, q)
    offered, _ = known_supply(reach, q)
    zones = catchments.usual_zones(q.minutes)
    decay = access.decay_of(q.decay, q.minutes)
    return {
        "cumulative": access.cumulative(minutes, offered, reach=q.minutes),
        "gravity": access.gravity(minutes, offered, decay),
        "two_step": catchments.two_step(minutes, everybody, offered, reach=q.minutes),
        "enhanced": catchments.enhanced(minutes, everybody, offered, zones=zones),
        "three_step": catchments.three_step(minutes, everybody, offered, zones=zones),
        "balanced": catchments.balanced(minutes, everybody, offered, decay),
        "spatial_availability": catchments.spatial_availability(minutes, everybody, offered, decay),
    }


def shared_access(reach: Reach, q: Question) -> Floats:
    """Return the supply that each person of every cell of the county gets (E2SFCA)."""
    offered, _ = known_supply(reach, q)
    return catchments.enhanced(
        matrix_minutes(reach, q),
        everybody_of(reach, q),
        offered,
        zones=catchments.usual_zones(q.minutes),
    )


def _mean(values: NDArray[np.float64], people: NDArray[np.float64]) -> float:
    total = people.sum()
    return float(values @ people / total) if total > 0 else float("nan")

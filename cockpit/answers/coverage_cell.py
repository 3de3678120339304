"""One cell of the map: its nearest facilities by name, and the way to the first of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cockpit.answers.coverage_question import matrix_minutes, rows_of, told_cells
from cockpit.answers.coverage_results import Question
from cockpit.answers.reach import Reach
from cockpit.coverage.services import SERVICES
from geodata.errors import InputError

LISTED = 3


@dataclass(frozen=True)
class CellPlace:
    """One facility as seen from a cell."""

    id: str
    name: str
    minutes: float


@dataclass(frozen=True)
class Cell:
    """A cell, its nearest facilities and the way between the cell and the first of them."""

    position: int  # among the cells of the county
    row: int  # of twin.regions
    people: float  # of the question's group; NaN: too few to be shown
    places: tuple[CellPlace, ...]  # nearest first; empty when none can be reached
    mean_minutes: float  # of ``places``; inf when there is none
    way: tuple[tuple[float, float], ...]  # lon, lat, in the direction of travel; empty: none known
    metres: float  # length of the way; NaN without one


def cell(reach: Reach, q: Question, code: str, *, k: int = LISTED) -> Cell | None:
    """
    Return what is known of one cell; None when no cell of the county has that code.

    Facilities that cannot be reached are not listed, so there may be fewer than ``k``.
    """
    found = np.flatnonzero(reach.codes == code)
    if not len(found):
        return None
    position = int(found[0])
    minutes = matrix_minutes(reach, q)[position]
    order = np.argsort(minutes, kind="stable")[:k]
    order = order[np.isfinite(minutes[order])]
    rows = rows_of(reach, q)[order]
    table = reach.facilities.iloc[rows]
    places = tuple(
        CellPlace(str(i), str(name), float(m))
        for i, name, m in zip(table["id"], table["name"], minutes[order], strict=True)
    )
    told = len(rows) and (reach.mine is None or bool(reach.mine[rows[0]]))
    way, metres = _way(reach, q, position, int(rows[0])) if told else ((), np.nan)
    return Cell(
        position,
        int(reach.rows[position]),
        float(told_cells(reach, q, np.array([position]))[0]),
        places,
        float(np.mean([p.minutes for p in places])) if places else np.inf,
        way,
        metres,
    )


def _way(
    reach: Reach, q: Question, position: int, facility: int
) -> tuple[tuple[tuple[float, float], ...], float]:
    ends = position, len(reach.rows) + facility  # places: first the cells, then the facilities
    if SERVICES[q.service].towards == "people":
        ends = ends[1], ends[0]
    try:
        way = reach.travel.way(q.mode, *ends)
    except InputError:  # the minutes are there, but no line to draw: straight line, same point
        return (), np.nan
    return tuple((float(lon), float(lat)) for lon, lat in way.line), float(way.metres)

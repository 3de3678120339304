"""Coverage as tables to keep: one row a village or a cell, in the visitor's language."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cockpit.answers import coverage as answers
from cockpit.answers.coverage_access import shared_access
from cockpit.answers.coverage_places import groups_of, nearest_of
from cockpit.answers.coverage_question import (
    matrix_minutes,
    mean_of,
    people_inside,
    rows_of,
    told_cells,
)
from cockpit.answers.coverage_results import Question
from cockpit.answers.coverage_sources import source_text
from cockpit.answers.downloads import Cell, escaped
from cockpit.answers.reach import Reach
from cockpit.coverage.catchments import METHODS
from cockpit.coverage.services import service_of
from cockpit.coverage.standard_check import Checked
from cockpit.indicators import MEASURES
from cockpit.locale import translate

Table = list[list[Cell]]


def title_of(q: Question, language: str) -> str:
    """Return what a file is called: the service, and what else was asked."""
    service = translate(service_of(q.service).title, language)
    return f"{service}-{translate(f'Mode: {q.mode}', language)}-{q.minutes:g}"


def village_table(reach: Reach, q: Question, language: str) -> Table:
    """
    Return a header and one row a village of the question's unit.

    What nobody can say (no people, no way) is None; a sensitive count that is too small reads
    "fewer than 10".
    """
    causes = answers.causes(reach, q)
    cells, people = people_inside(reach, q)
    scores = shared_access(reach, q)[cells]
    fewer = _fewer(q, language)
    group = translate(MEASURES[q.group].title, language)
    rows: Table = [
        [
            *_said(language, "Code", "Name", "English name", "Township"),
            group,
            *_said(
                language,
                "Covered people",
                "Uncovered people",
                "Covered share (%)",
                "Reach none",
                "Mean minutes",
                "Farthest minutes",
                "Nearest facility",
                "Supply per 1,000 people (E2SFCA)",
                "Main cause",
            ),
        ]
    ]
    own = dict(groups_of(cells, reach.villages))
    for village in answers.villages(reach, q):
        at = own[village.row]
        covered = village.people - village.uncovered
        score = math.nan if math.isnan(village.people) else mean_of(scores[at], people[at])
        rows.append(
            [
                escaped(village.code),
                escaped(village.name),
                escaped(village.name_en),
                escaped(str(reach.twin.regions["name"].iat[reach.townships[cells[at[0]]]])),
                _count(village.people, fewer),
                _count(covered, fewer),
                _count(village.uncovered, fewer),
                _number(100 * village.share, 1),
                _count(village.unreached, fewer),
                _number(village.minutes, 1),
                _number(village.farthest_minutes, 1),
                escaped(village.nearest_name) or None,
                _number(1000 * score, 4),
                _main_cause(causes, at, people, language),
            ]
        )
    return rows


def _main_cause(
    causes: answers.Causes, at: NDArray[np.intp], people: NDArray[np.float64], language: str
) -> Cell:
    """Return the cause of most uncovered people of a village; None when all are covered."""
    weights: dict[int, float] = {}
    for code, n in zip(causes.codes[at].tolist(), people[at].tolist(), strict=True):
        if code != answers.COVERED and n > 0:
            weights[code] = weights.get(code, 0.0) + n
    if not weights:
        return None
    return translate(causes.titles[max(weights, key=lambda c: (weights[c], -c))], language)


def cell_table(reach: Reach, q: Question, language: str) -> Table:
    """Return a header and one row a cell of the question's unit, with its scores by method."""
    found = answers.summary(reach, q)
    causes = answers.causes(reach, q)
    scores = answers.access_scores(reach, q)
    nearest = nearest_of(matrix_minutes(reach, q)[found.cells])
    names = reach.facilities["name"].to_numpy()[rows_of(reach, q)]
    regions, fewer = reach.twin.regions, _fewer(q, language)
    yes, no = _said(language, "yes", "no")
    rows: Table = [
        [
            *_said(language, "Code", "Name", "Village"),
            translate(MEASURES[q.group].title, language),
            *_said(language, "Minutes", "Nearest facility", "Covered", "Cause"),
            *(
                f"{translate(m.title, language)} ({translate(m.unit, language)})"
                for m in METHODS.values()
            ),
        ]
    ]
    told = told_cells(reach, q, found.cells)
    for i, cell in enumerate(found.cells.tolist()):
        rows.append(
            [
                escaped(str(regions["code"].iat[reach.rows[cell]])),
                escaped(str(regions["name"].iat[reach.rows[cell]])),
                escaped(str(regions["name"].iat[reach.villages[cell]])),
                _count(float(told[i]), fewer),
                _number(float(found.minutes[i]), 1),
                escaped(str(names[nearest[i]])) if nearest[i] >= 0 else None,
                yes if found.covered[i] else no,
                translate(causes.titles[int(causes.codes[i])], language),
                *(_number(float(s.values[i]), 6) for s in scores.values()),
            ]
        )
    return rows


def standard_table(checked: list[Checked], language: str) -> Table:
    """Return a header and one row a standard."""
    rows: Table = [
        [
            *_said(
                language,
                "Standard",
                "Service",
                "Limit",
                "Unit",
                "Value",
                "Light",
                "Goal",
                "People",
                "People missing",
                "Source",
                "To be confirmed",
                "Remark",
            )
        ]
    ]
    for c in checked:
        s = c.standard
        value = 100 * c.value if c.unit == "share" else c.value
        remark = c.reason and translate(c.reason, language, **c.values)
        rows.append(
            [
                translate(s.title, language),
                translate(service_of(s.service).title, language),
                s.limit,
                translate(s.unit, language),
                _number(value, 1),
                translate(f"Light: {c.light}", language),
                s.goal,
                _number(c.people_total, 0),
                _number(c.people_missing, 0),
                source_text(s, language),
                translate("yes", language) if s.confirm else None,
                remark or (translate(s.note, language) if s.note else None),
            ]
        )
    return rows


LEVELS: dict[str, Callable[[Reach, Question, str], Table]] = {
    "village": village_table,
    "cell": cell_table,
}
"""Tables by the level of their rows."""


def _said(language: str, *heads: str) -> list[str]:
    return [translate(head, language) for head in heads]


def _fewer(q: Question, language: str) -> str:
    return translate("fewer than {n}", language, n=q.small_count)


def _count(people: float, fewer: str) -> Cell:
    """Return people as a whole number; NaN is a count too small to be shown."""
    return fewer if math.isnan(people) else round(people)


def _number(value: float, decimals: int) -> Cell:
    """Return a rounded number; None for what is no number, or without end."""
    if not math.isfinite(value):
        return None
    return round(value, decimals) if decimals else round(value)

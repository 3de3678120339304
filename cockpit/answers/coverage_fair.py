"""How evenly access is spread over the people of a unit, and over its townships."""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np

from cockpit.answers.coverage_access import known_supply, shared_access
from cockpit.answers.coverage_notes import Note, notes_of
from cockpit.answers.coverage_places import groups_of
from cockpit.answers.coverage_question import (
    mean_of,
    nearest_minutes,
    people_inside,
    shown_part,
    told_total,
)
from cockpit.answers.coverage_results import Equity, Floats, Question, TownshipRow
from cockpit.answers.reach import Reach
from cockpit.coverage import equity as measures
from cockpit.coverage.nearest import at_most

By = Literal["score", "minutes"]


def equity(reach: Reach, q: Question, *, by: By = "score") -> Equity:
    """
    Return how evenly access is spread over the unit's people.

    Parameters
    ----------
    by
        "score": the supply that each person gets (E2SFCA; a cell that reaches none has 0).
        "minutes": the way to the nearest facility; who reaches none is left out and counted.
    """
    cells, people = people_inside(reach, q)
    away = nearest_minutes(reach, q)[cells]
    scores = shared_access(reach, q)[cells]
    figures = scores if by == "score" else away
    kept = measures.reached(figures, people)
    value, weight, where = kept.values, kept.people, cells[kept.kept]
    curve = measures.lorenz(value, weight)
    parts = measures.theil(value, weight, reach.townships[where])
    density = _density(reach)[where]
    ranked = bool(np.isfinite(density[weight > 0]).all())
    total = told_total(reach, q, q.unit, float(people.sum()))
    if np.isnan(total):
        return _nothing(reach, q, by)
    fgt = partial(_fgt, q, away, people, total)
    # A curve that bends at every cell tells the people of each.
    x = np.linspace(0, 1, 101) if q.sensitive else curve.people
    return Equity(
        "enhanced" if by == "score" else by,
        x,
        np.interp(x, curve.people, curve.values) if q.sensitive else curve.values,
        measures.gini(value, weight),
        parts.total,
        parts.between,
        parts.within,
        measures.palma(value, weight),
        measures.concentration_index(value, weight, density) if ranked else float("nan"),
        fgt(0),
        fgt(1),
        fgt(2),
        shown_part(q, kept.left_out_people, total),
        _townships(reach, q, away, scores),
        (*notes_of(reach, q), *_assumed(reach, q, by, shown_part(q, kept.left_out_people, total))),
    )


def _fgt(q: Question, away: Floats, people: Floats, total: float, alpha: Literal[0, 1, 2]) -> float:
    """Return an FGT of minutes; NaN where those beyond the limit may not be told."""
    beyond = float(people[~at_most(away, q.minutes)].sum())
    if np.isnan(shown_part(q, beyond, total)):
        return float("nan")
    return measures.fgt(away, people, line=q.minutes, good=False, alpha=alpha)


def _nothing(reach: Reach, q: Question, by: By) -> Equity:
    """Return the answer for a unit with too few people to be shown."""
    no, line = float("nan"), np.full(2, np.nan)
    method = "enhanced" if by == "score" else by
    return Equity(
        method, line, line, no, no, no, no, no, no, no, no, no, no, [], notes_of(reach, q)
    )


def _assumed(reach: Reach, q: Question, by: By, left_out: float) -> tuple[Note, ...]:
    if by == "score":
        return known_supply(reach, q)[1]
    if not left_out > 0:  # NaN: too few to be told
        return ()
    sentence = "{n} people reach no facility and have no minutes: they are left out of these."
    return (Note(sentence, {"n": f"{left_out:,.0f}"}),)


def _density(reach: Reach) -> Floats:
    """Return the residents per km² of each cell's village; NaN where its area is not known."""
    people = reach.twin.measures["people"][reach.villages]
    area = reach.twin.measures["area_km2"][reach.villages]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(area > 0, np.nan_to_num(people) / area, np.nan)


def _townships(reach: Reach, q: Question, away: Floats, scores: Floats) -> list[TownshipRow]:
    """Return the unit's townships, the lowest share of covered people first."""
    cells, people = people_inside(reach, q)
    regions = reach.twin.regions
    covered = at_most(away, q.minutes)
    rows = []
    for row, own in groups_of(cells, reach.townships):
        total = told_total(reach, q, row, float(people[own].sum()))
        part = shown_part(q, float(people[own][covered[own]].sum()), total)
        rows.append(
            TownshipRow(
                row,
                str(regions["code"].iat[row]),
                str(regions["name"].iat[row]),
                str(regions["name_en"].iat[row]),
                total,
                part / total if total else float("nan"),
                mean_of(away[own], people[own]),
                float("nan") if np.isnan(total) else mean_of(scores[own], people[own]),
            )
        )
    return sorted(rows, key=lambda r: (np.nan_to_num(r.share, nan=2.0), r.code))

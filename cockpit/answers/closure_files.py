"""What a closure costs as files to take away: villages and cells as tables, the cut-off cells."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely
from sqlalchemy.orm import Session

from cockpit.answers.closures import Answer, shown
from cockpit.answers.downloads import Cell, escaped
from cockpit.answers.layers import collection, region_shapes
from cockpit.answers.reach import Reach
from cockpit.indicators import MEASURES
from cockpit.locale import translate


def village_table(reach: Reach, answer: Answer, language: str) -> list[list[Cell]]:
    """Return a header and one row a village that loses something, worst first."""
    group = translate(MEASURES[answer.question.group].title, language)
    header: list[Cell] = [
        translate(title, language)
        for title in (
            "Code",
            "Name",
            "English name",
            "People cut off",
            "People with a longer way",
            "Minutes before",
            "Minutes after",
            "Minutes lost (mean)",
            "Minutes lost (most)",
        )
    ]
    header.insert(3, group)
    rows: list[list[Cell]] = [header]
    regions = reach.twin.regions
    for village in answer.villages:
        region = regions.iloc[village.place]
        rows.append(
            [
                *(escaped(str(region[c])) for c in ("code", "name", "name_en")),
                *(_people(answer, n) for n in (village.people, village.cut_off, village.slower)),
                *(_decimal(m) for m in (village.before, village.after, village.mean)),
                _decimal(village.worst),
            ]
        )
    return rows


def cell_table(reach: Reach, answer: Answer, language: str) -> list[list[Cell]]:
    """Return a header and one row a cell: minutes before, after and lost, and cut off or not."""
    group = translate(MEASURES[answer.question.group].title, language)
    titles = ("Code", "Name", "English name")
    header: list[Cell] = [translate(title, language) for title in titles]
    header.append(group)
    header += [
        translate(title, language)
        for title in ("Minutes before", "Minutes after", "Minutes lost", "Cut off now")
    ]
    picked = reach.twin.regions.iloc[reach.rows]
    change = answer.loss
    words = {flag: translate("yes" if flag else "no", language) for flag in (True, False)}
    rows: list[list[Cell]] = [header]
    for k, region in enumerate(picked[["code", "name", "name_en"]].itertuples(index=False)):
        rows.append(
            [
                *(escaped(str(value)) for value in region),
                _people(answer, float(answer.people[k])),
                _decimal(change.before[k]),
                _decimal(change.after[k]),
                _decimal(change.lost[k]),
                words[bool(change.cut_off[k])],
            ]
        )
    return rows


def cut_off_cells(reach: Reach, db: Session, answer: Answer) -> bytes:
    """
    Return the cells that are cut off as GeoJSON, in their full shape.

    ``id``, ``name``, ``name_en``, ``people`` of the group (null: too few to be shown) and
    ``minutes_before``.
    """
    cells = np.flatnonzero(answer.loss.cut_off)
    shapes = region_shapes(db, reach.twin, reach.rows[cells], reach.twin.path(0))
    picked = reach.twin.regions.iloc[reach.rows[cells]]
    properties: list[dict[str, Any]] = [
        {
            "id": code,
            "name": name,
            "name_en": name_en,
            "people": _people(answer, float(answer.people[cell])),
            "minutes_before": round(float(answer.loss.before[cell]), 1),
        }
        for cell, code, name, name_en in zip(
            cells.tolist(), picked["code"], picked["name"], picked["name_en"], strict=True
        )
    ]
    return collection(shapely.force_2d(shapes), properties)


def _people(answer: Answer, people: float) -> Cell:
    q = answer.question
    told = shown(people, sensitive=q.sensitive, small_count=q.small_count)
    return None if math.isnan(told) else round(told)


def _decimal(minutes: float) -> Cell:
    return round(float(minutes), 1) if np.isfinite(minutes) else None

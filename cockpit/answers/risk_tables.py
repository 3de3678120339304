"""The figures behind the risk map as files: a table, or the places with their figures as areas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from cockpit.answers.downloads import Cell, escaped
from cockpit.answers.layers import collection
from cockpit.answers.risk_answer import Answer, Column
from cockpit.answers.risk_places import Places
from cockpit.answers.risk_question import Question
from cockpit.locale import translate


def table(
    places: Places,
    found: Answer,
    q: Question,
    unit: int,
    language: str,
    *,
    origin: tuple[str, str] = ("", ""),
) -> list[list[Cell]]:
    """
    Return a header and one row a place of the unit; what cannot be told is empty.

    ``origin`` are the titles of the sources and of their class, written into every row.
    """
    rows = places.inside(unit)
    picked = places.twin.regions.iloc[places.rows[rows]]
    dated = found.method != "impact"  # floods ask for no period
    head: list[Cell] = [
        *(translate(t, language) for t in ("Code", "Name", "English name")),
        *(_title(column, language) for column in found.columns),
        *(translate(t, language) for t in ("From", "To") if dated),
        translate("Data source", language),
        translate("Data class", language),
    ]
    columns = [
        *([escaped(str(v)) for v in picked[name]] for name in ("code", "name", "name_en")),
        *(_values(column, rows, language) for column in found.columns),
        *([day.isoformat()] * len(rows) for day in (q.first, q.last) if dated),
        *([escaped(text)] * len(rows) for text in origin),
    ]  # fmt: skip
    return [head, *(list(row) for row in zip(*columns, strict=True))]


def areas(
    places: Places,
    found: Answer,
    q: Question,
    unit: int,
    language: str,
    *,
    origin: tuple[str, str] = ("", ""),
) -> bytes:
    """Return the places of the unit as GeoJSON, with the same figures as the table."""
    rows = places.inside(unit)
    made = table(places, found, q, unit, language, origin=origin)
    head = [str(title) for title in made[0]]
    properties: list[dict[str, Any]] = [dict(zip(head, row, strict=True)) for row in made[1:]]
    shapes = places.shapes[rows].copy()
    shapes[shapely.is_missing(shapes)] = None
    return collection(shapes, properties, name_features=False)


def _title(column: Column, language: str) -> str:
    title = translate(column.title, language)
    return f"{title} ({translate(column.unit, language)})" if column.unit else title


def _values(column: Column, rows: NDArray[np.intp], language: str) -> list[Cell]:
    if column.is_text:
        return [translate(str(column.values[i]), language) for i in rows]
    picked = np.asarray(column.values, dtype=np.float64)[rows]
    whole = column.decimals == 0
    return [
        None if not math.isfinite(v) else round(v) if whole else round(v, column.decimals)
        for v in picked.tolist()
    ]

"""Cells and facilities as lasting map layers: what a plan changes travels apart from them."""

from __future__ import annotations

import math

import numpy as np
import shapely
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.coverage_masks import masked
from cockpit.answers.layers import (
    MASKED,
    along_a_curve,
    collection,
    layer_url,
    region_shapes,
    simplified,
)
from cockpit.answers.reach import Reach
from cockpit.coverage.services import service_of


def cells_url(version: str, parent: str) -> str:
    """Return the address of the cells under a region."""
    return layer_url(version, "sites", parent)


def cells_layer(
    db: Session, reach: Reach, parent: int, *, visitor: str, small_count: int = 10
) -> bytes:
    """
    Return the cells under a parent, the same for every question and plan.

    ``id`` code, ``n`` name, ``e`` English name, ``p`` residents (null above the visitor's class,
    ``MASKED`` where too few to be shown), ``i`` the cell's position among all cells of the county:
    a plan sends one character a cell in that order, and the browser looks its own up.
    """
    cells = reach.inside(parent)
    rows = reach.rows[cells]
    shapes = simplified(region_shapes(db, reach.twin, rows, reach.twin.path(parent)))
    order = along_a_curve(shapes)
    cells = cells[order]
    picked = reach.twin.regions.iloc[reach.rows[cells]]
    people = _people(reach, visitor, small_count)
    properties = [
        {"id": code, "n": name, "e": name_en, "p": people[i], "i": i}
        for code, name, name_en, i in zip(
            picked["code"], picked["name"], picked["name_en"], cells.tolist(), strict=True
        )
    ]
    return collection(shapes[order], properties)


def standing_url(version: str, service: str) -> str:
    """Return the address of a service's facilities of today."""
    return layer_url(version, "standing", service)


def standing_layer(reach: Reach, service: str) -> bytes:
    """Return a service's facilities in the whole county: ``id``, its name as ``n`` and ``e``."""
    table = reach.facilities.iloc[reach.of_kinds(service_of(service).kinds)]
    points = shapely.points(table["lon"].to_numpy(), table["lat"].to_numpy())
    points[np.isnan(table["lon"].to_numpy()) | np.isnan(table["lat"].to_numpy())] = None
    properties = [
        {"id": i, "n": name, "e": name} for i, name in zip(table["id"], table["name"], strict=True)
    ]
    return collection(points, properties)


def _people(reach: Reach, visitor: str, small_count: int) -> list[int | None]:
    """Return the residents of every cell of the county as they may be shown."""
    if not may_see(visitor, reach.twin.classes["people"]):
        return [None] * len(reach.rows)
    found = masked(reach, "people", small_count)
    return [
        MASKED if hidden or math.isnan(p) else round(p)
        for p, hidden in zip(found.people.tolist(), found.hidden.tolist(), strict=True)
    ]

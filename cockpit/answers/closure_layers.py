"""The map layers of closed roads: bridges, what is closed, and the minutes lost in each cell."""

from __future__ import annotations

import re
import threading
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.closure_bridges import Bridge, bridges
from cockpit.answers.closures import Closed, lost
from cockpit.answers.coverage_masks import masked
from cockpit.answers.layers import MASKED, collection, layer_url, region_shapes, simplified
from cockpit.answers.reach import Reach
from cockpit.answers.twin import Twin
from cockpit.coverage.closures import Loss
from cockpit.locale import translate

NO_WAY = "✕"
"""Stands in the note at the pointer where no way leads."""

NOTHING = "-"
"""Stands in an address for no closure: it has no empty part."""

_ROUTE = re.compile(r"^([A-Z]+\d+)线$")  # "G990线": the route's number says the same in English

_lock = threading.Lock()
_shapes: dict[tuple[str, int], NDArray[np.object_]] = {}


def bridges_url(version: str, parent: str) -> str:
    """Return the address of the bridges."""
    return layer_url(version, "bridges", parent)


def closed_url(version: str, key: str) -> str:
    """Return the address of what a key closes."""
    return layer_url(version, "closed", key or NOTHING)


def lost_url(version: str, mode: str, service: str, key: str, parent: str) -> str:
    """Return the address of the cells under a parent with what they lose."""
    return layer_url(version, "lost", mode, service, key or NOTHING, parent)


def key_of(part: str) -> str:
    """Return the key that stands in an address."""
    return "" if part == NOTHING else part


def bridge_name(reach: Reach, bridge: Bridge, language: str) -> str:
    """Return what a bridge is called: its road, the village, and a number where there are more."""
    road = bridge.road or translate(f"Road: {bridge.road_class}", language)
    if language == "en":
        road = _ROUTE.sub(r"\1", road)
    parts = [road]
    if bridge.place >= 0:
        region = reach.twin.regions.iloc[bridge.place]
        english = str(region["name_en"] or "") if language == "en" else ""
        parts.append(english or str(region["name"]))
    if bridge.number:
        parts.append(translate("bridge {n}", language, n=bridge.number))
    return " · ".join(parts)


def bridge_layer(reach: Reach, parent: int) -> bytes:
    """
    Return the bridges near the villages of a region as GeoJSON.

    A feature has ``id`` (the road's in the store), ``n`` name and ``e`` English name; it is the
    road as a line and its middle as a point, so that a small bridge can still be hit.
    """
    paths = reach.twin.regions["path"]
    path = reach.twin.path(parent)
    here = [
        b
        for b in bridges(reach)
        if parent == 0 or (b.place >= 0 and str(paths.iat[b.place]).startswith(path))
    ]
    shapes = np.empty(len(here), dtype=object)
    for k, bridge in enumerate(here):
        assert reach.roads is not None  # noqa: S101 -- no bridge without roads
        line = reach.roads.geometry[bridge.edge]
        shapes[k] = shapely.GeometryCollection([line, shapely.Point(bridge.lon, bridge.lat)])
    return collection(
        shapes,
        [
            {
                "id": str(b.id),
                "n": bridge_name(reach, b, "zh"),
                "e": bridge_name(reach, b, "en"),
                "t": f"{b.length_m:,.0f} m",
            }
            for b in here
        ],
    )


def closed_layer(reach: Reach, closed: Closed) -> bytes:
    """
    Return what is closed: ``k`` = water (one area), road (one line each) or mark (a point).

    Marks stand on bridges and on roads closed one by one, which have ``s`` = 1; a flood's other
    roads have none.
    """
    assert reach.roads is not None  # noqa: S101 -- a question is refused without roads
    lines = reach.roads.geometry[sorted(closed.edges)]
    shapes: list[Any] = [] if closed.water is None else [closed.water]
    kinds = ["water"] * len(shapes)
    if len(lines):
        # Not simplified: a crossing of 30 m must be seen when somebody looks closely.
        shapes.append(shapely.line_merge(shapely.multilinestrings(list(shapely.get_parts(lines)))))
        kinds.append("road")
    chosen = set(closed.closures.edges)
    single = [k for k in sorted(closed.edges) if int(reach.edge_ids[k]) in chosen]
    marked = np.union1d(closed.bridges, np.array(single, dtype=np.intp)).astype(np.intp)
    middle = shapely.line_interpolate_point(reach.roads.geometry[marked], 0.5, normalized=True)
    shapes += list(middle)
    kinds += ["mark"] * len(marked)
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    properties: list[dict[str, Any]] = [{"k": kind} for kind in kinds]
    for place, edge in enumerate(marked.tolist()):
        if int(reach.edge_ids[edge]) in chosen:
            properties[len(shapes) - len(marked) + place]["s"] = 1
    return collection(array, properties)


def lost_layer(
    reach: Reach,
    db: Session,
    service: str,
    mode: str,
    closed: Closed,
    parent: int,
    *,
    visitor: str,
    small_count: int = 10,
) -> bytes:
    """
    Return the cells under a region with the minutes they lose, as GeoJSON.

    ``id``, ``n``, ``e``; ``p`` people (null above the visitor's class, ``MASKED`` too few); ``d``
    minutes lost, null when cut off now; ``u`` 1 where no way led before (``d`` is then 0); ``t``
    minutes before and after as text. All minutes have one decimal.
    """
    change, _which = lost(reach, service, mode, closed.edges)
    cells = reach.inside(parent)
    shapes = _cell_shapes(reach, db, parent, cells)
    hidden = masked(reach, "people", small_count).hidden[cells]
    made = _properties(reach.twin, reach.rows[cells], change, cells, visitor)
    for k in np.flatnonzero(hidden).tolist():
        made[k]["p"] = None if made[k]["p"] is None else MASKED
    return collection(shapes, made)


def _cell_shapes(
    reach: Reach, db: Session, parent: int, cells: NDArray[np.intp]
) -> NDArray[np.object_]:
    """Return the shapes of cells; kept, as every closure of a county draws the same ones."""
    key = (reach.version, parent)
    with _lock:
        kept = _shapes.get(key)
    if kept is None or len(kept) != len(cells):
        path = reach.twin.path(parent)
        kept = simplified(region_shapes(db, reach.twin, reach.rows[cells], path))
        with _lock:
            for old in [k for k in _shapes if k[0] != reach.version] or list(_shapes)[:-3]:
                del _shapes[old]
            _shapes[key] = kept
    return kept


def _properties(
    twin: Twin, rows: NDArray[np.intp], change: Loss, cells: NDArray[np.intp], visitor: str
) -> list[dict[str, Any]]:
    people = twin.measures["people"][rows]
    seen = may_see(visitor, twin.classes["people"])
    picked = twin.regions.iloc[rows]
    made: list[dict[str, Any]] = []
    for k, (code, name, name_en) in enumerate(
        zip(picked["code"], picked["name"], picked["name_en"], strict=True)
    ):
        cell = cells[k]
        before, after = float(change.before[cell]), float(change.after[cell])
        minutes_lost = float(change.lost[cell])
        row: dict[str, Any] = {
            "id": code,
            "n": name,
            "e": name_en or name,
            "p": round(float(people[k])) if seen and not np.isnan(people[k]) else None,
            "d": None
            if np.isposinf(minutes_lost)
            else round(float(np.nan_to_num(minutes_lost)), 1),
            "t": _told(before, after),
        }
        if np.isnan(minutes_lost):
            row["u"] = 1
        made.append(row)
    return made


def _told(before: float, after: float) -> str:
    if before == after:
        return _minutes(before)
    return f"{_minutes(before)} → {_minutes(after)}"


def _minutes(value: float) -> str:
    return f"{value:.1f} min" if np.isfinite(value) else NO_WAY

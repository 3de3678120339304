"""Layers of the page Timeline: shapes with their spans of time, sent once and filtered there."""

from __future__ import annotations

import numpy as np
import shapely
from sqlalchemy.orm import Session

from cockpit.answers.layers import (
    along_a_curve,
    collection,
    layer_url,
    region_shapes,
    simplified,
)
from cockpit.answers.timeline import Spans, Timeline, rows_of
from cockpit.answers.twin import Twin

EVENT_DECIMALS = 3
"""Of a degree: events are drawn to about 100 m, so that a dot names no door."""
LAYERS = ("alerts", "sensors", "facilities")


def events_url(timeline: Timeline, theme: str) -> str:
    """Return the address of the events of a theme."""
    return layer_url(timeline.twin.version, "timeline", timeline.mark, "events", theme)


def things_url(timeline: Timeline, layer: str) -> str:
    """Return the address of alerts, sensors or facilities."""
    return layer_url(timeline.twin.version, "timeline", timeline.mark, layer)


def regions_url(twin: Twin, level: str) -> str:
    """Return the address of the regions of a level; the same whatever happens in them."""
    return layer_url(twin.version, "timeline", "0", "regions", level)


def events_layer(timeline: Timeline, theme: str) -> bytes:
    """
    Return the events of a theme as points: ``s`` start, ``e`` end (minutes), ``n`` kind, ``t`` day.

    Those without a place are left out. An event's text and id are not in it.
    """
    spans = timeline.events_of((theme,))
    return _points(spans, timeline, EVENT_DECIMALS)


def things_layer(timeline: Timeline, layer: str) -> bytes:
    """
    Return a layer as points with ``n`` name and ``t`` a word more.

    Alerts and facilities have ``s`` and ``e`` (minutes of the clock), alerts their level ``k``, one
    feature a level. Sensors have ``i``, their place: a step sends one digit a sensor in that order.
    """
    if layer == "alerts":
        return _points(timeline.alerts, timeline, 5, kinds=True)
    if layer == "facilities":
        return _points(timeline.facilities, timeline, 5, days=False)
    found = timeline.sensors
    shapes = shapely.points([d.lon for d in found], [d.lat for d in found])
    rows = [{"i": i, "n": d.id, "t": d.kind} for i, d in enumerate(found)]
    return collection(np.asarray(shapes, dtype=object), rows, name_features=False)


def _points(
    spans: Spans, timeline: Timeline, decimals: int, *, kinds: bool = False, days: bool = True
) -> bytes:
    placed = spans.only(~np.isnan(spans.lon))
    shapes = shapely.points(np.round(placed.lon, decimals), np.round(placed.lat, decimals))
    rows = []
    for k in range(len(placed)):
        start = int(placed.start[k])
        row: dict[str, object] = {"s": start, "e": int(placed.end[k]), "n": placed.names[k]}
        row["t"] = f"{timeline.moment(start):%Y-%m-%d %H:%M}" if days else ""
        if kinds:
            row["k"] = int(placed.kind[k])
        rows.append(row)
    return collection(np.asarray(shapes, dtype=object), rows, name_features=False)


def regions_layer(db: Session, twin: Twin, level: str) -> bytes:
    """
    Return the regions of a level: ``n`` name, ``e`` English name, ``i`` place among them.

    A step sends one digit a region in the order of ``i``.
    """
    rows = rows_of(twin, level)
    shapes = simplified(region_shapes(db, twin, rows, twin.path(0)))
    order = along_a_curve(shapes)
    picked = twin.regions.iloc[rows[order]]
    properties = [
        {"n": name, "e": name_en or name, "i": i}
        for name, name_en, i in zip(picked["name"], picked["name_en"], order.tolist(), strict=True)
    ]
    return collection(shapes[order], properties, name_features=False)

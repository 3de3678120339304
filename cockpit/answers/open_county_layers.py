"""Layers of the public maps: released figures on public borders, and public facilities."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import quote

import numpy as np
import shapely

from cockpit.answers.layers import along_a_curve, collection, simplified
from cockpit.answers.open_county import OpenMap
from cockpit.answers.open_county_places import OpenPlaces


def layer_address(version: str, *parts: str) -> str:
    """Return the address of a public layer: ``layer_address(v, "borders", "village")``."""
    return "/".join(("/open/layers", *(quote(p, safe="") for p in (version, *parts)))) + ".geojson"


def figures_layer(places: OpenPlaces, shown: OpenMap) -> bytes:
    """
    Return the regions of a released level: ``id``, ``n`` name, ``e`` English name, ``v`` figure.

    ``v`` is null where a figure is hidden. Regions whose border is not public are left out.
    """
    rows = [places.row(code) for code in shown.codes]
    shapes = np.array([None if row is None else places.shapes[row] for row in rows], dtype=object)
    shapes = simplified(shapes[~shapely.is_missing(shapes)])
    kept = [k for k, row in enumerate(rows) if row is not None and places.shapes[row] is not None]
    properties = [
        {
            "id": shown.codes[k],
            "n": shown.names[k][0],
            "e": shown.names[k][1] or shown.names[k][0],
            "v": None if math.isnan(shown.values[k]) else int(shown.values[k]),
        }
        for k in kept
    ]
    return _collected(shapes, properties)


def borders_layer(places: OpenPlaces, level: str) -> bytes:
    """Return the borders of a level: ``id``, ``n`` name, ``e`` English name."""
    rows = _rows(places, level)
    properties = [_named(places, row) for row in rows]
    return _collected(simplified(places.shapes[rows]), properties)


def labels_layer(places: OpenPlaces, level: str) -> bytes:
    """Return the names of a level's regions as points: ``n``, ``e``."""
    rows = _rows(places, level)
    some = places.regions.iloc[rows]
    points = shapely.points(some["lon"].to_numpy(), some["lat"].to_numpy())
    return collection(
        np.array(points, dtype=object), [_named(places, row) for row in rows], name_features=False
    )


def facilities_layer(places: OpenPlaces) -> bytes:
    """Return the public facilities as points: ``n`` name, ``k`` kind."""
    some = places.facilities
    points = shapely.points(some["lon"].to_numpy(dtype=float), some["lat"].to_numpy(dtype=float))
    properties = [
        {"n": name, "k": kind} for name, kind in zip(some["name"], some["kind"], strict=True)
    ]
    return collection(np.atleast_1d(np.array(points, dtype=object)), properties)


def _rows(places: OpenPlaces, level: str) -> list[int]:
    there = (places.regions["level"] == level).to_numpy() & ~shapely.is_missing(places.shapes)
    return [int(row) for row in np.flatnonzero(there)]


def _named(places: OpenPlaces, row: int) -> dict[str, Any]:
    code, name, name_en = places.regions.loc[row, ["code", "name", "name_en"]]
    return {"id": code, "n": name, "e": name_en or name}


def _collected(shapes: Any, properties: list[dict[str, Any]]) -> bytes:
    order = along_a_curve(shapes)
    return collection(shapes[order], [properties[k] for k in order])

"""Cells and villages as lasting map layers: colours travel apart from them, a character a place."""

from __future__ import annotations

import io

import numpy as np

from cockpit.answers.layers import along_a_curve, collection, layer_url, simplified
from cockpit.answers.risk_places import Places

_TILE = 32  # pixels of the pattern
HATCH = "hatch"
"""Name of the pattern: lines from south-west to north-east."""
MAPPING = {HATCH: {"x": 0, "y": 0, "width": _TILE, "height": _TILE, "mask": True}}


def places_url(version: str, level: str, parent: str) -> str:
    """Return the address of the cells or villages under a region."""
    return layer_url(version, "places", level, parent)


def hatch_url(version: str) -> str:
    """Return the address of the pattern of lines for what is not sure."""
    return layer_url(version, "places", HATCH, ending=".png")


def places_layer(places: Places, parent: int) -> bytes:
    """
    Return the cells or villages under a parent, the same for every question.

    ``id`` code, ``n`` name, ``e`` English name, ``i`` the place's position among all of the county:
    an answer sends one character a place in that order, and the browser looks its own up.
    """
    chosen = places.inside(parent)
    shapes = simplified(places.shapes[chosen])
    order = along_a_curve(shapes)
    picked = places.twin.regions.iloc[places.rows[chosen[order]]]
    properties = [
        {"id": code, "n": name, "e": name_en or name, "i": i}
        for code, name, name_en, i in zip(
            picked["code"], picked["name"], picked["name_en"], chosen[order].tolist(), strict=True
        )
    ]
    return collection(shapes[order], properties)


def hatch() -> bytes:
    """Return one tile of slanting lines as PNG; repeated, the lines go on."""
    from PIL import Image

    x, y = np.meshgrid(np.arange(_TILE), np.arange(_TILE))
    step = _TILE // 2
    distance = np.abs((x + y + 0.5) % step - step / 2)
    alpha = (255 * np.clip(2.2 - distance, 0, 1)).astype(np.uint8)
    white = np.full_like(alpha, 255)
    file = io.BytesIO()
    Image.fromarray(np.dstack((white, white, white, alpha)), mode="RGBA").save(file, "PNG")
    return file.getvalue()

"""Cells of the county coloured by a plan: the shapes come once, a plan sends a character a cell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.site_layers import cells_url
from cockpit.ui.maps import mark
from cockpit.ui.theme import Tokens, rgba

MOST_CLASSES = 10
"""A class is one digit."""


@dataclass(frozen=True)
class CellMap:
    """Which colour each cell of the county has."""

    classes: str  # one digit a cell, in the order of the county's cells: which of ``colours``
    colours: tuple[tuple[str, float], ...]  # (#RRGGBB, 0 to 1 how opaque), at most ten


def classes_of(values: NDArray[np.integer[Any]] | Sequence[int]) -> str:
    """
    Return class numbers as the text of a ``CellMap``.

    Raises
    ------
    ValueError
        If a number is below 0 or above 9.
    """
    found = np.asarray(values)
    if len(found) and not (found.min() >= 0 and found.max() < MOST_CLASSES):
        raise ValueError(f"classes are 0 to {MOST_CLASSES - 1}")
    return (found.astype(np.uint8) + ord("0")).tobytes().decode()


def fill(cells: CellMap) -> str:
    """
    Return the colours as an expression over a cell's place ``i`` among all cells.

    The browser takes the cell's digit from the text and the colour from the list. A cell beyond the
    text has none: data loaded anew have another layer as well.
    """
    paints = ",".join(str(rgba(colour, alpha)).replace(" ", "") for colour, alpha in cells.colours)
    # The parser takes an index only after a bracket, not after a list or a text.
    return f"@@=([{paints}])[({json.dumps(cells.classes)})[properties.i]]"


def layer(
    cells: CellMap,
    version: str,
    parent: str,
    tokens: Tokens,
    *,
    name: str = "cells",
    outlined: int = -1,
) -> dict[str, Any]:
    """
    Return the layer of the cells under a region; ``name`` is the layer's own.

    A changed plan keeps the name and so the shapes: only colours are worked out anew. ``outlined``
    is the place of a cell with a thick line; -1: none. Put the deck's layers into a list of their
    own, ``"layers": [[...]]``: Streamlit then leaves their colours alone when one is clicked, and
    forgets the click as soon as the deck changes, so the same name can stay.
    """
    colour = fill(cells)
    thin, thick = (
        str(c).replace(" ", "") for c in (rgba(tokens.map_ground, 0.25), rgba(tokens.mark))
    )
    return {
        "@@type": "GeoJsonLayer",
        "id": name,
        "data": cells_url(version, parent),
        "pickable": True,
        "stroked": True,
        "filled": True,
        "getFillColor": colour,
        "getLineColor": f"@@=properties.i=={outlined}?{thick}:{thin}",
        "getLineWidth": f"@@=properties.i=={outlined}?3:0.5",
        "lineWidthUnits": "pixels",
        "pointRadiusUnits": "pixels",
        "getPointRadius": 5,
        "autoHighlight": True,
        "highlightColor": rgba(tokens.accent, 0.35),
        "updateTriggers": {
            "getFillColor": mark(colour),
            "getLineColor": f"{outlined}{tokens.name}",
            "getLineWidth": outlined,
        },
    }


def discs(name: str, rows: list[dict[str, Any]], radius: float) -> dict[str, Any]:
    """Return places as discs of so many pixels; ``rows`` have ``p``: longitude and latitude."""
    return {
        "@@type": "ScatterplotLayer",
        "id": name,
        "data": rows,
        "pickable": True,
        "stroked": True,
        "filled": True,
        "getPosition": "@@=p",
        "radiusUnits": "pixels",
        "getRadius": radius,
        "lineWidthUnits": "pixels",
    }

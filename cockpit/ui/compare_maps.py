"""Three maps of a comparison: A and B in the same classes, and their difference around zero."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from cockpit.answers.compare import Compared
from cockpit.answers.compare_layers import compare_url
from cockpit.breaks import Breaks
from cockpit.ui import cache, compare_cache, coverage_maps, hatching, state, theme
from cockpit.ui.coverage_maps import paint
from cockpit.ui.maps import Deck, mark, plain
from cockpit.ui.theme import Tokens, rgba

_WIDE, _HIGH, _PHONE = 400, 420, 340
_MASKS = {"a": "properties.m==1||properties.m==3", "b": "properties.m>=2", "d": "properties.m>0"}
"""When a side (or the difference) is masked, by the flag ``m`` of the layer."""


def show(found: Compared, side: str, *, alt: str) -> None:
    """Draw the map of A, of B or of the difference (``d``)."""
    st.pydeck_chart(
        deck(found, side, theme.now()),
        height=_PHONE if state.on_telephone() else _HIGH,
        key=f"compare.deck.{side}",
        alt=alt,
    )


def deck(found: Compared, side: str, tokens: Tokens) -> Deck:
    """Return a deck of a few kB: the layer comes by address, once for all three maps."""
    county = str(found.twin.regions["code"].iat[0])
    address = compare_url(found.twin.version, compare_cache.mark(found.asked.kind), found.asked)
    fill = colours(found, side, tokens)
    view = _view(found)
    layers: list[dict[str, Any]] = [
        {
            "@@type": "GeoJsonLayer",
            "id": f"regions-{mark(address)}",  # other values: deck.gl would colour the old ones
            "data": address,
            "pickable": True,
            "stroked": True,
            "filled": True,
            "getFillColor": fill,
            "getLineColor": rgba(tokens.map_ground, 0.6),
            "getLineWidth": 0.7,
            "lineWidthUnits": "pixels",
            "pointRadiusUnits": "pixels",
            "getPointRadius": 5,
            "autoHighlight": True,
            "highlightColor": rgba(tokens.accent, 0.35),
            "updateTriggers": {"getFillColor": mark(fill)},
        },
        hatching.layer(
            f"none-{side}-{mark(address)}", address, _lines(side, tokens), found.twin.version, view
        ),
        *coverage_maps.ground(found.twin, county, (), tokens),
        *coverage_maps.names(found.twin, county, ("labels",), tokens),
    ]
    note = coverage_maps.tooltip(tokens)
    return Deck(
        {
            "initialViewState": view,
            "views": [{"@@type": "MapView", "controller": True}],
            **coverage_maps.style(tokens),
            "layers": [layers],
        },
        note | {"html": "<b>{n}</b>"},
    )


def _view(found: Compared) -> dict[str, Any]:
    twin = found.twin
    box = cache.box(twin.version, str(twin.regions["code"].iat[0]))
    width, height = (320, _PHONE) if state.on_telephone() else (_WIDE, _HIGH)
    lon, lat, zoom = box.camera(width, height) if box else (105.0, 35.0, 3.0)
    return {"longitude": lon, "latitude": lat, "zoom": zoom, "pitch": 0, "bearing": 0}


def colours(found: Compared, side: str, tokens: Tokens) -> str:
    """
    Return the fill of a map as an expression: masked, no data, then class by class.

    A and B use the same limits and the same colours. A null passes as 0, so it is asked for first.
    """
    breaks = found.difference_breaks if side == "d" else found.breaks
    value = f"properties.{side}"
    text = f"@@=({_MASKS[side]})?{paint(tokens.masked)}:{value}===null?{paint(tokens.no_data)}:"
    if breaks is None or not breaks.cuts:
        return text + paint(tokens.no_data)
    shades = class_colours(breaks, tokens)
    for cut, colour in zip(breaks.cuts[:-1], shades, strict=False):
        text += f"{value}<={plain(cut)}?{paint(colour)}:"
    return text + paint(shades[-1])


def class_colours(breaks: Breaks, tokens: Tokens) -> tuple[str, ...]:
    """Return one colour a class: of change around zero, or from little to much."""
    n = len(breaks.cuts)
    if not n:
        return ()
    return theme.ramp("change" if breaks.diverging else "blue", n, tokens)


def _lines(side: str, tokens: Tokens) -> str:
    """Return the colour of the lines over regions without data."""
    none = json.dumps(hatching.see_through(), separators=(",", ":"))
    ink = paint(hatching.ink(tokens.no_data), 0.5)
    return f"@@=properties.{side}===null&&!({_MASKS[side]})?{ink}:{none}"

"""The map of the page Risk: a character a place for its colour, lines across for what is unsure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cockpit.answers.risk_answer import Answer
from cockpit.answers.risk_clusters import Cluster
from cockpit.answers.risk_layers import HATCH, MAPPING, hatch_url, places_url
from cockpit.answers.risk_picture import Drawn
from cockpit.answers.risk_signs import TESTS
from cockpit.answers.twin import Twin
from cockpit.ui import cache, cell_map, coverage_maps, maps, risk_colours, state, theme
from cockpit.ui.cell_map import CellMap
from cockpit.ui.maps import Deck, mark
from cockpit.ui.risk_choices import Choice
from cockpit.ui.theme import Tokens, rgba
from cockpit.ui.words import language

_HEIGHT, _PHONE = 600, 400
_MOST_RINGS = 40
_RING_PX = 13
_HATCH_SHARE = 0.45  # of a pixel of the map as it opens: lines about 7 pixels apart
NO_ROLES: tuple[str, ...] = ("even",) * 10
Point = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """All that decides how the map looks."""

    twin: Twin
    choice: Choice
    found: Answer | None  # None: the answer is being worked out, or there is none
    chosen: int  # place with an outline; -1: none
    rows: NDArray[np.intp]  # (n_places,) rows of twin.regions
    circles: tuple[Cluster, ...] = ()
    picture: Drawn | None = None  # of the heat: it is drawn instead of the colours of the places
    points: tuple[Point, ...] = ()  # sensors: id, n, e, p (place), c (fill), l (line), t (text)


def show(scene: Scene, *, key: str, on_pick: Callable[[str], None], alt: str) -> None:
    """Draw the map; ``on_pick`` gets the code of a cell or village that was clicked."""

    def clicked() -> None:
        found = maps.picked(state.widget_value(key), ("places",))
        if found is not None:
            on_pick(found[1])

    st.pydeck_chart(
        deck(scene, theme.now()),
        height=_PHONE if state.on_telephone() else _HEIGHT,
        on_select=clicked,
        selection_mode="single-object",
        key=state.widget_key(key),
        alt=alt,
    )


def deck(scene: Scene, tokens: Tokens) -> Deck:
    """Return the deck of a scene: a few kB and a character a place."""
    twin, unit, extras = scene.twin, scene.choice.unit, scene.choice.layers
    layers = [
        *_heat(scene),
        *_places(scene, tokens),
        *coverage_maps.ground(twin, unit, extras, tokens),
        *_circles(scene, tokens),
        *_rings(scene, tokens),
        *coverage_maps.names(twin, unit, extras, tokens),
        *_chosen(scene, tokens),
        *_points(scene, tokens),
    ]
    return Deck(
        {
            "initialViewState": coverage_maps.camera(cache.box(twin.version, unit)),
            "views": [{"@@type": "MapView", "controller": True}],
            **coverage_maps.style(tokens),
            "layers": [layers],  # a list of their own: see cell_map.layer
        },
        _tooltip(tokens),
    )


def _heat(scene: Scene) -> list[dict[str, Any]]:
    """Return the picture of the heat: the same layer in each step, so that it does not blink."""
    if scene.picture is None:
        return []
    return [
        {
            "@@type": "BitmapLayer",
            "id": "heat",
            "image": scene.picture.url,
            "bounds": list(scene.picture.bounds),
        }
    ]


def _places(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    county = str(scene.twin.regions["code"].iat[0])
    level = scene.choice.asked.level
    address = places_url(scene.twin.version, level, county)
    if scene.found is None:
        roles, classes = NO_ROLES, "0" * len(scene.rows)
    else:
        roles = risk_colours.roles(scene.found)
        classes = cell_map.classes_of(scene.found.classes)
    paints = tuple(risk_colours.paint(role, tokens) for role in roles)
    if scene.picture is not None:  # there to be chosen, not to be seen
        paints = tuple((colour, 0.0) for colour, _ in paints)
    drawn = cell_map.layer(
        CellMap(classes, paints), scene.twin.version, county, tokens,
        name=f"places-{level}", outlined=scene.chosen,
    )  # fmt: skip
    if scene.picture is not None:
        drawn["getLineColor"] = drawn["getLineColor"].rsplit(":", 1)[0] + ":[0,0,0,0]"
        drawn["updateTriggers"]["getLineColor"] += "picture"
    drawn["getLineWidth"] = drawn["getLineWidth"].replace("?3:", "?1.5:")  # cells are a few pixels
    return [drawn | {"data": address}, *_hatched(scene, address, roles, classes, tokens)]


def _hatched(
    scene: Scene, address: str, roles: tuple[str, ...], classes: str, tokens: Tokens
) -> list[dict[str, Any]]:
    """Return the lines across the places whose class is not sure."""
    unsure = [risk_colours.hatched(role) for role in roles]
    if not any(unsure[int(code)] for code in set(classes)):
        return []
    # Lines over what cannot be told at all are quieter: for rare events that is most of the county.
    strong = 0.6 if scene.picture is None else 0.3  # a picture is no patchwork of cells
    light = [
        (tokens.text, (0.2 if role == "too little" else strong) if yes else 0.0)
        for role, yes in zip(roles, unsure, strict=True)
    ]
    colour = cell_map.fill(CellMap(classes, tuple(light)))
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": f"hatch-{scene.choice.asked.level}",
            "data": address,
            "stroked": False,
            "filled": True,
            "getFillColor": colour,
            "updateTriggers": {"getFillColor": mark(colour)},
            "extensions": [{"@@type": "FillStyleExtension", "pattern": True}],
            "fillPatternMask": True,
            "fillPatternAtlas": hatch_url(scene.twin.version),
            "fillPatternMapping": MAPPING,
            "getFillPattern": f"@@='{HATCH}'",
            "getFillPatternScale": round(_HATCH_SHARE * _metres_a_pixel(scene), 2),
            "getFillPatternOffset": [0, 0],
        }
    ]


def _metres_a_pixel(scene: Scene) -> float:
    """Return how many metres a pixel is where the map opens (Web Mercator)."""
    view = coverage_maps.camera(cache.box(scene.twin.version, scene.choice.unit))
    round_the_earth = 40_075_016 * math.cos(math.radians(view["latitude"]))
    return round_the_earth / (512 * 2 ** float(view["zoom"]))


def _circles(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return the circles of the clusters with their number; sure ones thick, the others thin."""
    if not scene.circles:
        return []
    rows = [
        {
            "p": [round(one.lon, 5), round(one.lat, 5)],
            "r": max(one.radius_m, 250.0),
            "s": int(one.sure),
            "t": str(k),
        }
        for k, one in enumerate(scene.circles, start=1)
    ]
    strong = coverage_maps.paint(tokens.mark, 1)
    weak = coverage_maps.paint(tokens.quiet, 0.9)
    ring = {
        "@@type": "ScatterplotLayer",
        "id": f"circles-{mark(json.dumps(rows))}",
        "data": rows,
        "filled": False,
        "stroked": True,
        "getPosition": "@@=p",
        "getRadius": "@@=r",
        "radiusUnits": "meters",
        "getLineColor": f"@@=s?{strong}:{weak}",
        "getLineWidth": "@@=s?3:1.5",
        "lineWidthUnits": "pixels",
    }
    return [ring, _letters("circles", rows, tokens) | {"getText": "@@=t", "getSize": 16}]


def _rings(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return rings around the hot cells first in the list: a cell is a speck on a whole county."""
    found = scene.found
    if found is None or found.method not in TESTS:
        return []
    hot = [key.code for key in found.keys if key.role == "hot"]
    regions = scene.twin.regions
    rows = [scene.rows[i] for i in found.order.tolist() if found.classes[i] in hot][:_MOST_RINGS]
    lonlat = regions[["lon", "lat"]].to_numpy(dtype=float)[rows]
    points = [{"p": place} for place in _apart(lonlat, _RING_PX * 2.4 * _metres_a_pixel(scene))]
    return [
        {
            **cell_map.discs(f"rings-{mark(json.dumps(points))}", points, _RING_PX),
            "pickable": False,
            "filled": False,
            "getLineColor": rgba(risk_colours.paint("hot", tokens)[0]),
            "getLineWidth": 2,
        }
    ]


def _apart(lonlat: NDArray[np.float64], metres: float) -> list[list[float]]:
    """Return the places, first ones first, that lie no nearer to one before them than that."""
    kept: list[list[float]] = []
    for lon, lat in lonlat.tolist():
        wide = 111_320 * math.cos(math.radians(lat)) if math.isfinite(lat) else 0.0
        near = any(math.hypot((lon - a) * wide, (lat - b) * 111_320) < metres for a, b in kept)
        if math.isfinite(lon) and not near:
            kept.append([round(lon, 4), round(lat, 4)])
    return kept


def _chosen(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return a ring around the chosen cell: seen from afar its outline would fill it."""
    if scene.chosen < 0 or scene.choice.asked.level != "cell":
        return []
    region = scene.twin.regions.iloc[int(scene.rows[scene.chosen])]
    if not math.isfinite(region["lon"]):
        return []
    row = {"p": [round(float(region["lon"]), 5), round(float(region["lat"]), 5)]}
    ring = cell_map.discs(f"chosen-{region['code']}", [row], 10)
    return [
        ring
        | {
            "filled": False,
            "pickable": False,
            "getLineColor": rgba(tokens.mark),
            "getLineWidth": 2,
        }
    ]


def _points(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return the sensors with their newest value beside them."""
    if not scene.points:
        return []
    rows = list(scene.points)
    discs = {
        **cell_map.discs(f"sensors-{mark(json.dumps(rows))}", rows, 8),
        "getFillColor": "@@=c",
        "getLineColor": "@@=l",  # a ring alone: its reading cannot be believed
        "getLineWidth": 2,
    }
    words = _letters("sensors", rows, tokens) | {
        "getText": "@@=t",
        "getSize": 14,
        "getTextAnchor": "@@='start'",
        "getPixelOffset": [13, 0],
    }
    return [discs, words]


def _letters(name: str, rows: list[Point], tokens: Tokens) -> dict[str, Any]:
    return {
        "@@type": "TextLayer",
        "id": f"letters-{name}-{mark(json.dumps(rows))}",
        "data": rows,
        "getPosition": "@@=p",
        "characterSet": "auto",
        "fontFamily": theme.FONT_STACK,
        "fontWeight": 700,
        "getColor": rgba(tokens.text),
        "fontSettings": {"sdf": True, "fontSize": 64, "buffer": 16, "radius": 16},
        "outlineWidth": 14,
        "outlineColor": rgba(tokens.map_ground, 0.95),
        "sizeUnits": "pixels",
    }


def _tooltip(tokens: Tokens) -> dict[str, Any]:
    """Return the note at the pointer: the name of the cell or the sensor."""
    name = "{e}" if language() == "en" else "{n}"
    return {**coverage_maps.tooltip(tokens), "html": f"<b>{name}</b>"}

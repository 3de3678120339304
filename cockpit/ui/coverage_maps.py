"""The map of the page Coverage: cells, facilities and isochrones by address, colours by rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from cockpit.answers import coverage_layers as addresses
from cockpit.answers.layers import layer_url
from cockpit.answers.map import Box
from cockpit.answers.twin import LEVELS, Twin
from cockpit.coverage.causes import (
    COVERED,
    CUT_OFF,
    FULL,
    NO_FACILITY,
    NO_PLACE,
    NO_ROAD,
    TOO_FAR,
)
from cockpit.look import marks
from cockpit.look.marks import NO_WAY
from cockpit.look.tokens import INK, WHITE
from cockpit.settings import settings
from cockpit.ui import cache, hatching, maps, state, theme
from cockpit.ui.coverage_cache import Asked
from cockpit.ui.maps import Deck, mark, plain
from cockpit.ui.theme import Tokens, rgba
from cockpit.ui.words import language

# The narrowest that people use, as in ``maps``: 1366 px of screen, a telephone of 320.
_SCREEN, _TELEPHONE = (770, 600, 150), (320, 400, 0)  # width, height, left free for the legend
_MOST_LABELS = 60
_MANY_POINTS = 100  # smaller from here on
_ALPHA = 0.88
_RING_ALPHA = 0.16  # of one isochrone
_EMPTY_ALPHA = 0.3  # of the colour of cells where nobody lives: they stay in the background

CAUSE_COLOURS: dict[int, str] = {
    COVERED: theme.COVERED,
    TOO_FAR: theme.NOT_COVERED,
    FULL: marks.FULL,
    NO_ROAD: NO_WAY,
    CUT_OFF: marks.CUT_OFF,
    NO_FACILITY: marks.NO_FACILITY,
    NO_PLACE: marks.NO_PLACE,
}
CLASSES = (5.0, 10.0, 15.0, 20.0, 30.0, 60.0)
"""Minutes up to which the classes of the colouring by minutes reach; beyond is the last class."""


@dataclass(frozen=True)
class Scene:
    """All that decides how the map looks."""

    twin: Twin
    asked: Asked
    box: Box | None
    colour: str  # covered, minutes, cause, score, catchments
    method: str = ""  # of the score
    cuts: tuple[float, ...] = ()  # upper limits of the score's classes
    extras: tuple[str, ...] = ()
    cell: str = ""
    village: str = ""
    facility: str = ""
    rings: tuple[float, ...] = ()
    way: tuple[tuple[float, float], ...] = field(default=(), repr=False)  # lon, lat
    n_facilities: int = 0
    clicks: int = 0
    cut: bool = True  # some cells have no way, or no figure


def show(scene: Scene, *, key: str, on_pick: Callable[[str, str], None], alt: str) -> None:
    """Draw the map; ``on_pick`` gets the layer's name and the id of what was clicked."""

    def clicked() -> None:
        found = picked(state.widget_value(key))
        if found is not None:
            on_pick(*found)

    st.pydeck_chart(
        deck(scene, theme.now()),
        height=_window()[1],
        on_select=clicked,
        selection_mode="single-object",
        key=state.widget_key(key),
        alt=alt,
    )


def _window() -> tuple[int, int, int]:
    return _TELEPHONE if state.on_telephone() else _SCREEN


def picked(event: Any) -> tuple[str, str] | None:
    """Return (layer, id) of a selection event; None when nothing of ours was clicked."""
    return maps.picked(event, ("cells-", "served-"))


def deck(scene: Scene, tokens: Tokens) -> Deck:
    """Return the deck of a scene: a few kB, whatever the number of cells."""
    view = camera(scene.box)
    layers = [
        _cells(scene, tokens),
        *_hatched(scene, tokens, view),
        *_isochrones(scene, tokens),
        *ground(scene.twin, scene.asked.unit, scene.extras, tokens),
        *_catchments(scene, tokens),
        *_marked(scene, tokens),
        *_way(scene, tokens),
        _served(scene, tokens),
        *names(scene.twin, scene.asked.unit, scene.extras, tokens),
    ]
    return Deck(
        {
            "initialViewState": view,
            "views": [{"@@type": "MapView", "controller": True}],
            **style(tokens),
            "layers": layers,
        },
        tooltip(tokens),
    )


def camera(box: Box | None) -> dict[str, Any]:
    """Return the first view: the unit fills the map, beside the legend."""
    width, height, legend = _window()
    lon, lat, zoom = box.camera(width, height, left_px=legend) if box else (105.0, 35.0, 3.0)
    return {"longitude": lon, "latitude": lat, "zoom": zoom, "pitch": 0, "bearing": 0}


def style(tokens: Tokens) -> dict[str, Any]:
    """Return what names the base map: none, or the official service behind our own route."""
    if settings().basemap_tiles:
        return {"mapStyle": f"/style/{tokens.name}.json", "mapProvider": "carto"}
    return {"mapStyle": "__MAP_STYLE__"}


# ---------------------------------------------------------------- colours as expressions


def minutes_value(service: str) -> str:
    """Return a service's minutes as an expression over a cell of the layer "minutes"."""
    return f"properties.{addresses.SERVICE_KEYS[service]}"


def colour_of_minutes(
    service: str, cuts: tuple[float, ...], colours: tuple[str, ...], no_way: str
) -> str:
    """
    Return the colour of a cell by its minutes: class by class, then the last colour, or no way.

    ``colours`` has one more than ``cuts``. A null passes as 0 in the browser, so it is asked first.
    """
    value = minutes_value(service)
    text = f"{value}===null?{paint(no_way)}:"
    for cut, colour in zip(cuts, colours, strict=False):
        text += f"{value}<={plain(cut)}?{paint(colour)}:"
    return text + paint(colours[-1])


def colour_of_causes() -> str:
    """Return the colour of a cell by its cause (``k`` of the layer "covered")."""
    text = "".join(
        f"properties.k=={code}?{paint(colour)}:"
        for code, colour in CAUSE_COLOURS.items()
        if code != NO_PLACE
    )
    return text + paint(CAUSE_COLOURS[NO_PLACE])


def colour_of_scores(method: str, cuts: tuple[float, ...], tokens: Tokens) -> str:
    """Return the colour of a cell by one of its scores (``s`` of the layer "covered")."""
    value = f"properties.{addresses.SCORE_KEYS[method]}"
    text = f"{value}===null?{paint(tokens.no_data)}:"
    colours = score_colours(len(cuts), tokens)
    for cut, colour in zip(cuts, colours, strict=True):
        text += f"{value}<={plain(cut)}?{paint(colour)}:"
    return text + paint(colours[-1] if colours else tokens.no_data)


def score_colours(n: int, tokens: Tokens) -> tuple[str, ...]:
    """Return one colour a class of scores, from least to most."""
    return theme.ramp("blue", n, tokens) if n else ()


def minute_colours(tokens: Tokens) -> tuple[str, ...]:
    """Return one colour a class of minutes, the last for more than the longest."""
    return theme.ramp("viridis", len(CLASSES) + 1, tokens)


def fill(scene: Scene, tokens: Tokens) -> str:
    """Return the fill colour of the cells; where nobody lives it is faint."""
    if scene.colour == "cause":
        inner = colour_of_causes()
    elif scene.colour == "score":
        inner = colour_of_scores(scene.method, scene.cuts, tokens)
    elif scene.colour == "minutes":
        inner = colour_of_minutes(
            scene.asked.service, CLASSES, minute_colours(tokens), tokens.no_data
        )
    else:
        inner = colour_of_minutes(
            scene.asked.service,
            (scene.asked.minutes,),
            (theme.COVERED, theme.NOT_COVERED),
            tokens.no_data,
        )
    return f"@@=properties.p===0?{paint(tokens.no_data, _EMPTY_ALPHA)}:{inner}"


def lines(scene: Scene, tokens: Tokens) -> str:
    """Return the colour of the lines over lived-in cells that have no way, or no figure."""
    none, over = json.dumps(hatching.see_through()), paint(tokens.panel, 1)
    if scene.colour == "cause":
        ink = paint(hatching.ink(NO_WAY), hatching.FEW_ALPHA)
        inner = f"properties.k=={NO_ROAD}?{ink}:{none}"
    else:
        value = minutes_value(scene.asked.service)
        if scene.colour == "score":
            value = f"properties.{addresses.SCORE_KEYS[scene.method]}"
        inner = f"{value}===null?{over}:{none}"
    return f"@@=properties.p===0?{none}:{inner}"


def paint(colour: str, alpha: float = _ALPHA) -> str:
    """Return a colour as an expression."""
    return json.dumps(rgba(colour, alpha), separators=(",", ":"))


# ---------------------------------------------------------------- layers of this page


def cells_url(scene: Scene) -> str:
    """Return the address of the cells: one for a mode, or one for the whole question."""
    asked, version = scene.asked, scene.twin.version
    if scene.colour in ("cause", "score"):
        return addresses.covered_url(
            version, asked.service, asked.mode, asked.minutes, asked.group, asked.unit, asked.decay
        )
    return addresses.minutes_url(version, asked.mode, asked.unit)


def _cells(scene: Scene, tokens: Tokens) -> dict[str, Any]:
    colour, address = fill(scene, tokens), cells_url(scene)
    return {
        "@@type": "GeoJsonLayer",
        # A name for each address: deck.gl would work the new colours out on the old cells, which
        # have other properties, until the new ones are there.
        "id": f"cells-{scene.clicks}-{mark(address)}",
        "data": address,
        "pickable": True,
        "stroked": True,
        "filled": True,
        # Isochrones are read on a quiet ground.
        "opacity": 0.4 if scene.facility and scene.rings else 1,
        "getFillColor": colour,
        "getLineColor": rgba(tokens.map_ground, 0.25),
        "getLineWidth": 0.5,
        "lineWidthUnits": "pixels",
        "pointRadiusUnits": "pixels",
        "getPointRadius": 5,
        "autoHighlight": True,
        "highlightColor": rgba(tokens.accent, 0.35),
        "updateTriggers": {"getFillColor": mark(colour)},
    }


def _hatched(scene: Scene, tokens: Tokens, view: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines over cells from which no way leads, or that have no figure."""
    if not scene.cut:
        return []
    address, colour = cells_url(scene), lines(scene, tokens)
    name = f"hatch-{mark(address)}"
    return [hatching.layer(name, address, colour, scene.twin.version, view)]


def _served(scene: Scene, tokens: Tokens) -> dict[str, Any]:
    """Return the facilities of the service as points; the chosen one is larger."""
    test = f"properties.id=={json.dumps(scene.facility)}"
    colour = f"@@={test}?{paint(tokens.accent, 1)}:{paint(WHITE, 1)}"
    return {
        "@@type": "GeoJsonLayer",
        "id": f"served-{scene.clicks}",
        "data": addresses.served_url(scene.twin.version, scene.asked.service, scene.asked.unit),
        "pickable": True,
        "stroked": True,
        "filled": True,
        "getFillColor": colour,
        "getLineColor": rgba(INK),
        "getLineWidth": 1,
        "lineWidthUnits": "pixels",
        # Hundreds in a county, a handful in a village: they grow as one comes nearer.
        "getPointRadius": f"@@={test}?900:220",
        "pointRadiusMinPixels": 2.2 if scene.n_facilities > _MANY_POINTS else 4.5,
        "pointRadiusMaxPixels": 7,
        "autoHighlight": True,
        "highlightColor": rgba(tokens.accent),
        "updateTriggers": {"getFillColor": scene.facility, "getPointRadius": scene.facility},
    }


def _catchments(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    if scene.colour != "catchments":
        return []
    asked = scene.asked
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": "catchments",
            "data": addresses.catchments_url(
                scene.twin.version, asked.service, asked.mode, asked.unit
            ),
            "filled": False,
            "stroked": True,
            "getLineColor": rgba(tokens.accent),
            "getLineWidth": 2.5,
            "lineWidthUnits": "pixels",
        }
    ]


def _isochrones(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return the areas within some minutes of the chosen facility, and the roads in them."""
    if not scene.facility or not scene.rings:
        return []
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": "isochrone",
            "data": addresses.isochrone_url(
                scene.twin.version, scene.facility, scene.asked.mode, scene.rings
            ),
            "filled": True,
            "stroked": True,
            # One over the other: the nearer, the deeper.
            "getFillColor": rgba(tokens.accent, _RING_ALPHA),
            "getLineColor": f"@@=properties.r===1?{paint(tokens.accent, 0.35)}:"
            f"{paint(tokens.text, 1)}",
            "getLineWidth": "@@=properties.r===1?0.8:1.8",
            "lineWidthUnits": "pixels",
        }
    ]


def ring_alphas(n: int) -> tuple[float, ...]:
    """Return how deep each of ``n`` isochrones looks, the nearest first, on top of the others."""
    return tuple(1 - (1 - _RING_ALPHA) ** (n - k) for k in range(n))


def _marked(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return the outlines of the clicked cell and of the village chosen in the list."""
    regions = scene.twin.regions
    rows = regions.attrs["rows"]
    layers = []
    for code in filter(None, (scene.village, scene.cell)):
        level = str(regions["level"].iat[rows[code]])
        colour = f"@@=properties.id=={json.dumps(code)}?{paint(tokens.mark, 1)}:[0,0,0,0]"
        layers.append(
            {
                "@@type": "GeoJsonLayer",
                "id": f"marked-{mark(code)}",  # anew: deck.gl keeps the old lines otherwise
                "data": layer_url(scene.twin.version, level, scene.asked.unit),
                "filled": False,
                "stroked": True,
                "getLineColor": colour,
                "getLineWidth": 3,
                "lineWidthUnits": "pixels",
            }
        )
    return layers


def _way(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return the way of the clicked cell: a few hundred points, small enough to be sent along."""
    if len(scene.way) < 2:
        return []
    line = [[round(lon, 5), round(lat, 5)] for lon, lat in scene.way]
    return [
        {
            "@@type": "PathLayer",
            "id": f"way-{width}-{mark(repr(line))}",
            "data": [{"path": line}],
            "getPath": "@@=path",
            "getColor": colour,
            "getWidth": width,
            "widthUnits": "pixels",
            "capRounded": True,
            "jointRounded": True,
        }
        for width, colour in ((7, rgba(tokens.map_ground)), (4, rgba(tokens.mark)))
    ]


# ---------------------------------------------------------------- layers every such map has


def ground(twin: Twin, unit: str, extras: tuple[str, ...], tokens: Tokens) -> list[dict[str, Any]]:
    """Return water, roads and borders over the cells of a unit."""
    return [
        *maps.water(
            twin.version, (name for name in extras if name not in ("roads", "labels")), tokens
        ),
        *_roads(twin, unit, extras, tokens),
        *_borders(twin, unit, tokens),
    ]


def _roads(twin: Twin, unit: str, extras: tuple[str, ...], tokens: Tokens) -> list[dict[str, Any]]:
    if "roads" not in extras:
        return []
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": "roads",
            "data": layer_url(twin.version, "roads", unit),
            "getLineColor": f"@@=properties.w<=3?{paint(tokens.map_ground, 0.8)}"
            f":{paint(tokens.map_ground, 0.4)}",
            "getLineWidth": "@@=properties.w<=2?2.4:properties.w<=4?1.5:0.8",
            "lineWidthUnits": "pixels",
        }
    ]


def _borders(twin: Twin, unit: str, tokens: Tokens) -> list[dict[str, Any]]:
    """Return the outlines of the unit and of the level below it."""
    row = twin.position(unit)
    own = LEVELS.index(str(twin.regions["level"].iat[row]))
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": f"border-{level}",
            "data": layer_url(twin.version, level, unit),
            "filled": False,
            "stroked": True,
            "getLineColor": rgba(tokens.map_border, 0.75 if level == LEVELS[own] else 0.4),
            "getLineWidth": 2 if level == LEVELS[own] else 1.2,
            "lineWidthUnits": "pixels",
        }
        for level in LEVELS[own : own + 2][::-1]
        if level != "grid"
    ]


def names(twin: Twin, unit: str, extras: tuple[str, ...], tokens: Tokens) -> list[dict[str, Any]]:
    """Return the names of the finest level that fits on the map."""
    if "labels" not in extras:
        return []
    own = LEVELS.index(str(twin.regions["level"].iat[twin.position(unit)]))
    fitting = [
        level
        for level in LEVELS[own + 1 : -1]
        if 0 < cache.parts_with(twin.version, unit, level) <= _MOST_LABELS
    ]
    level = fitting[-1] if fitting else LEVELS[own]
    english = language() == "en"
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": f"labels-{level}-{'e' if english else 'n'}",
            "data": layer_url(twin.version, "labels", level, unit),
            "pointType": "text",
            "getText": "@@=properties.e||properties.n" if english else "@@=properties.n",
            "getTextColor": rgba(tokens.text),
            "getTextSize": 14,
            "textCharacterSet": "auto",
            "extensions": [{"@@type": "CollisionFilterExtension"}],
            "collisionGroup": "labels",
            "collisionTestProps": {"sizeScale": 2.5},
            "textFontFamily": theme.FONT_STACK,
            "textFontWeight": 600,
            "textFontSettings": {"sdf": True, "fontSize": 64, "buffer": 16, "radius": 16},
            "textOutlineWidth": 14,
            "textOutlineColor": rgba(tokens.map_ground, 0.95),
            "textSizeUnits": "pixels",
        }
    ]


def tooltip(tokens: Tokens) -> dict[str, Any]:
    """Return the note at the pointer: the name of the cell or the facility."""
    return {
        "html": "<b>{n}</b>",
        "style": {
            "backgroundColor": tokens.panel,
            "color": tokens.text,
            "border": f"1px solid {tokens.line}",
            "borderRadius": "8px",
            "fontFamily": theme.FONT_STACK,
            "fontSize": "14px",
            "lineHeight": "1.6",
            "padding": "8px 12px",
        },
    }

"""The map of the page Closures: minutes lost by cell, what is closed, bridges to click, the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

import streamlit as st

from cockpit.answers.closure_layers import bridges_url, closed_url, lost_url
from cockpit.answers.closures import Detour
from cockpit.answers.coverage_layers import served_url
from cockpit.answers.layers import layer_url
from cockpit.answers.map import Box
from cockpit.answers.twin import Twin
from cockpit.coverage.services import SERVICES
from cockpit.look import marks
from cockpit.look.tokens import INK, WHITE
from cockpit.ui import cache, coverage_maps, maps, state, theme
from cockpit.ui.closures_choices import Choice
from cockpit.ui.coverage_maps import paint
from cockpit.ui.maps import Deck, mark, plain
from cockpit.ui.theme import Tokens, rgba
from cockpit.ui.words import language, say

CUTS = (5.0, 10.0, 15.0, 30.0)
"""Minutes lost up to which the classes reach; beyond is the last class."""

CLOSED = theme.ALERT["red"]


@dataclass(frozen=True)
class Scene:
    """All that decides how the map looks."""

    twin: Twin
    choice: Choice
    box: Box | None
    has_water: bool
    detour: Detour | None
    clicks: int = 0


def scene_of(twin: Twin, choice: Choice, detour: Detour | None, *, has_water: bool) -> Scene:
    """Return how the map looks for a choice."""
    county = str(twin.regions["code"].iat[0])
    box = cache.box(twin.version, county)
    return Scene(twin, choice, box, has_water, detour, state.chosen("closures.clicks", 0))


def show(scene: Scene, *, key: str, on_pick: Callable[[str, str], None], alt: str) -> None:
    """Draw the map; ``on_pick`` gets the layer's name and the id of what was clicked."""

    def clicked() -> None:
        found = picked(state.widget_value(key))
        if found is not None:
            on_pick(*found)

    st.pydeck_chart(
        deck(scene, theme.now()),
        height=_height(),
        on_select=clicked,
        selection_mode="single-object",
        key=state.widget_key(key),
        alt=alt,
    )


def _height() -> int:
    return 420 if state.on_telephone() else 640


def picked(event: Any) -> tuple[str, str] | None:
    """Return (layer, id) of a selection event; None when nothing of ours was clicked."""
    return maps.picked(event, ("bridges-", "cells-"))


def deck(scene: Scene, tokens: Tokens) -> Deck:
    """Return the deck of a scene: a few kB, whatever the number of cells."""
    twin, county = scene.twin, _county(scene)
    layers = [
        _cells(scene, tokens),
        *_water(scene, tokens),
        _roads(scene, tokens),
        _border(scene, tokens),
        *_closed(scene, tokens),
        *_ways(scene, tokens),
        *_served(scene, tokens),
        _bridges(scene, tokens),
        *_marks(scene),
        *coverage_maps.names(twin, county, ("labels",), tokens),
    ]
    return Deck(
        {
            "initialViewState": coverage_maps.camera(scene.box),
            "views": [{"@@type": "MapView", "controller": True}],
            **coverage_maps.style(tokens),
            "layers": layers,
        },
        _tooltip(tokens),
    )


def _county(scene: Scene) -> str:
    return str(scene.twin.regions["code"].iat[0])


def lost_colours(tokens: Tokens) -> tuple[str, ...]:
    """Return one colour a class of minutes lost, the last for more than the longest."""
    return marks.LOST[tokens.name]


def unchanged_colour(tokens: Tokens) -> str:
    """Return the colour of cells that lose nothing: the ground, so that losses stand out."""
    return marks.UNCHANGED[tokens.name]


def cut_off_colour(tokens: Tokens) -> str:
    """Return the colour of cells without any way now: the violet that "no way" has elsewhere."""
    return marks.NO_WAY_DARK if tokens.name == "dark" else marks.NO_WAY


def fill(tokens: Tokens) -> str:
    """Return the fill colour of a cell; a null passes as 0 in the browser and is asked first."""
    text = f"properties.u==1?{paint(tokens.no_data)}:properties.d===null?"
    text += f"{paint(cut_off_colour(tokens), 0.92)}:"
    text += f"properties.d<=0?{paint(unchanged_colour(tokens), 0.85)}:"
    colours = lost_colours(tokens)
    for cut, colour in zip(CUTS, colours, strict=False):
        text += f"properties.d<={plain(cut)}?{paint(colour)}:"
    return f"@@={text}{paint(colours[-1])}"


def _cells(scene: Scene, tokens: Tokens) -> dict[str, Any]:
    asked = scene.choice.asked
    colour = fill(tokens)
    return {
        "@@type": "GeoJsonLayer",
        "id": f"cells-{scene.clicks}",
        "data": lost_url(scene.twin.version, asked.mode, asked.service, asked.key, _county(scene)),
        "pickable": True,
        "stroked": True,
        "filled": True,
        "getFillColor": colour,
        "getLineColor": rgba(tokens.line, 0.55),
        "getLineWidth": 0.5,
        "lineWidthUnits": "pixels",
        "pointRadiusUnits": "pixels",
        "getPointRadius": 4,
        "autoHighlight": True,
        "highlightColor": rgba(tokens.accent, 0.3),
        "updateTriggers": {"getFillColor": mark(colour)},
    }


def _water(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return the stored rivers, where there are some."""
    available, _bounds = cache.overlays(scene.twin.version, cache.visitor_class())
    rivers = [name for name in available if name in ("rivers", "water", "lakes")]
    return maps.water(scene.twin.version, rivers, tokens)


def _roads(scene: Scene, tokens: Tokens) -> dict[str, Any]:
    return {
        "@@type": "GeoJsonLayer",
        "id": "roads",
        "data": layer_url(scene.twin.version, "roads", _county(scene)),
        "getLineColor": f"@@=properties.w<=3?{paint(tokens.map_road, 0.75)}"
        f":{paint(tokens.map_road, 0.4)}",
        "getLineWidth": "@@=properties.w<=2?2.2:properties.w<=4?1.3:0.7",
        "lineWidthUnits": "pixels",
    }


def _border(scene: Scene, tokens: Tokens) -> dict[str, Any]:
    return {
        "@@type": "GeoJsonLayer",
        "id": "border-township",
        "data": layer_url(scene.twin.version, "township", _county(scene)),
        "filled": False,
        "stroked": True,
        "getLineColor": rgba(tokens.map_border, 0.4),
        "getLineWidth": 1.2,
        "lineWidthUnits": "pixels",
    }


def _closed(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return the water, the closed roads in red on their outline, and a cross on each bridge."""
    if not scene.choice.asked.key:
        return []
    address = closed_url(scene.twin.version, scene.choice.asked.key)
    water = marks.FLOOD[tokens.name]
    name = mark(scene.choice.asked.key)
    common = {"@@type": "GeoJsonLayer", "data": address, "lineWidthUnits": "pixels"}
    outline = {
        **common,
        "id": f"closed-outline-{name}",
        "filled": True,
        "stroked": True,
        "pointType": "circle",
        "getPointRadius": 0,
        "getFillColor": rgba(water, 0.32),
        "getLineColor": f"@@=properties.k=='water'?{paint(water, 0.95)}"
        f":{paint(tokens.map_ground, 0.95)}",
        "getLineWidth": "@@=properties.k=='water'?1.6:5.5",
        "lineCapRounded": True,
    }
    red = {
        **common,
        "id": f"closed-{name}",
        "filled": False,
        "stroked": True,
        "pointType": "circle",
        "getPointRadius": 0,
        "getLineColor": f"@@=properties.k=='road'?{paint(CLOSED, 1)}:[0,0,0,0]",
        "getLineWidth": 3.2,
        "lineCapRounded": True,
    }
    return [outline, red]


def _marks(scene: Scene) -> list[dict[str, Any]]:
    """Return a cross on every closed bridge, and on each road closed by itself."""
    if not scene.choice.asked.key:
        return []
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": f"crosses-{mark(scene.choice.asked.key)}",
            "data": closed_url(scene.twin.version, scene.choice.asked.key),
            "filled": False,
            "stroked": False,
            "pointType": "text",
            "getText": "@@='✕'",  # a plain text would be read as an expression
            "getTextSize": "@@=properties.s==1?22:13",
            "getTextColor": rgba(CLOSED),
            "textCharacterSet": ["✕"],
            "textFontWeight": 700,
            "textFontFamily": theme.FONT_STACK,
            "textFontSettings": {"sdf": True, "fontSize": 64, "buffer": 16, "radius": 16},
            "textOutlineWidth": 12,
            "textOutlineColor": rgba(WHITE),
            "textSizeUnits": "pixels",
        }
    ]


def _ways(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return the way of the clicked cell before and after, the one before thinner and beneath."""
    if scene.detour is None:
        return []
    before, after = scene.detour.before, scene.detour.after
    layers = []
    parts = (("before", before, 3.0, tokens.accent), ("after", after, 4.5, tokens.mark))
    for name, way, width, colour in parts:
        if way is None or len(way.line) < 2:
            continue
        line = [[round(lon, 5), round(lat, 5)] for lon, lat in way.line.tolist()]
        layers += [
            {
                "@@type": "PathLayer",
                "id": f"way-{name}-{wide}-{mark(repr(line))}",
                "data": [{"path": line}],
                "getPath": "@@=path",
                "getColor": paint_of,
                "getWidth": wide,
                "widthUnits": "pixels",
                "capRounded": True,
                "jointRounded": True,
            }
            for wide, paint_of in ((width + 3, rgba(tokens.map_ground)), (width, rgba(colour)))
        ]
    # The way before lies on top, thinner: where both run together both can be seen.
    return layers[2:] + layers[:2] if len(layers) == 4 else layers


def _served(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return the facilities of the chosen service, where it is one: what the ways lead to."""
    service = scene.choice.asked.service
    if service not in SERVICES:
        return []
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": f"served-{service}",
            "data": served_url(scene.twin.version, service, _county(scene)),
            "stroked": True,
            "filled": True,
            # Dark on the light ring: bridges to click are light.
            "getFillColor": rgba(tokens.accent),
            "getLineColor": rgba(WHITE),
            "getLineWidth": 1.4,
            "lineWidthUnits": "pixels",
            "pointRadiusUnits": "pixels",
            "getPointRadius": 4.8,
        }
    ]


def _bridges(scene: Scene, tokens: Tokens) -> dict[str, Any]:
    """Return the bridges as points with their line: what is closed is red."""
    shut = "||".join(f"properties.id=='{edge}'" for edge in scene.choice.closures.edges)
    fill_colour = paint(WHITE, 1)
    if shut:
        fill_colour = f"({shut})?{paint(CLOSED, 1)}:{fill_colour}"
    return {
        "@@type": "GeoJsonLayer",
        "id": f"bridges-{scene.clicks}",
        "data": bridges_url(scene.twin.version, _county(scene)),
        "pickable": True,
        "stroked": True,
        "filled": True,
        "getFillColor": f"@@={fill_colour}",
        "getLineColor": rgba(INK if tokens.name == "light" else tokens.ground),
        "getLineWidth": 1.2,
        "lineWidthUnits": "pixels",
        "pointRadiusUnits": "pixels",
        "getPointRadius": 3.6,
        "autoHighlight": True,
        "highlightColor": rgba(tokens.mark),
        "updateTriggers": {"getFillColor": mark(fill_colour)},
    }


def _tooltip(tokens: Tokens) -> dict[str, Any]:
    """Return the note at the pointer: the name, and minutes before and after or a length."""
    note = coverage_maps.tooltip(tokens)
    name = "{e}" if language() == "en" else "{n}"
    return {**note, "html": f"<b>{name}</b><br>{{t}}"}


def legend(choice: Choice, *, has_water: bool, has_way: bool) -> None:
    """Show what the colours and signs mean."""
    tokens = theme.now()
    colours = lost_colours(tokens)
    limits = ["0", *(f"{cut:g}" for cut in CUTS)]
    ranges = [f"{a} – {b}" for a, b in pairwise(limits)]
    items = [_swatch(unchanged_colour(tokens), say("no change"), ring=tokens.line)]
    items += [
        _swatch(colour, text)
        for colour, text in zip(colours, [*ranges, f"> {limits[-1]}"], strict=True)
    ]
    items.append(_swatch(cut_off_colour(tokens), say("cut off now")))
    items.append(_swatch(tokens.no_data, say("no road before either")))
    items.append(_sign("●", WHITE, say("bridge, click to close"), ring=True))
    if choice.asked.service in SERVICES:
        items.append(_sign("●", tokens.accent, say("facility")))
    if choice.closures:
        items.append(_sign("━", CLOSED, say("closed road, ✕ bridge")))
    if has_water:
        water = marks.FLOOD[tokens.name]
        items.append(_swatch(f"{water}66", say("flooded area"), ring=water))
    if has_way:
        items.append(_sign("━", tokens.accent, say("way before")))
        items.append(_sign("━", tokens.mark, say("way now")))
    title = escape(say("Minutes lost"))
    st.html(f'<div class="ct-legend"><b>{title}</b>{"".join(items)}</div>')


def _swatch(colour: str, text: str, *, ring: str = "") -> str:
    border = f";box-shadow:inset 0 0 0 1px {ring}" if ring else ""
    return (
        f'<span class="ct-key"><span class="ct-swatch" style="background:{colour}{border}"></span>'
        f"{escape(text)}</span>"
    )


def _sign(glyph: str, colour: str, text: str, *, ring: bool = False) -> str:
    outline = f";-webkit-text-stroke:1px {INK}" if ring else ""
    return (
        f'<span class="ct-key"><span style="color:{colour}{outline};width:20px;'
        f'text-align:center">{glyph}</span>{escape(text)}</span>'
    )

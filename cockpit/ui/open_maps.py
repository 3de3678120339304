"""Maps of the public pages: released figures by colour, services as signs, a village's ways."""

from __future__ import annotations

import json
import math
from html import escape
from typing import Any

import streamlit as st

from cockpit.answers.map import Box
from cockpit.answers.open_county import OpenMap
from cockpit.answers.open_county_layers import layer_address
from cockpit.answers.open_county_places import OpenPlaces
from cockpit.answers.open_village import Village
from cockpit.settings import settings
from cockpit.ui import elder, state, theme
from cockpit.ui.maps import FACILITY_GROUPS, FACILITY_TITLES, Deck
from cockpit.ui.open_style import TOKENS
from cockpit.ui.theme import rgba
from cockpit.ui.words import language, number, say

_SCREEN, _TELEPHONE = (700, 520), (350, 360)  # width and height in pixels
_MOST_LABELS = 60


def county(places: OpenPlaces, shown: OpenMap | None, *, services: bool, alt: str) -> None:
    """Draw the county: a released class in colours, or its borders where nothing is released."""
    bounds = places.bounds()
    if bounds is None:
        st.html(f'<div class="op"><p>{escape(say("No public borders, so no map."))}</p></div>')
        return
    level = shown.level if shown is not None else (places.levels or ("county",))[0]
    layers = [_filled(places, shown) if shown is not None else _borders(places, level, 0.6)]
    if level != "township" and "township" in places.levels:
        layers.append(_borders(places, "township", 0.7))
    if services:
        layers.append(_services(places, 13))
    layers.append(_labels(places, level))
    _show(layers, Box(*bounds), shown, alt, "open.county")


def village(places: OpenPlaces, found: Village, alt: str) -> None:
    """Draw a village among its neighbours, with the services around it."""
    row = places.row(found.code)
    shape = None if row is None else places.shapes[row]
    if shape is None:
        return
    west, south, east, north = shape.bounds
    wide, tall = (east - west) * 0.6, (north - south) * 0.6
    box = Box(west - wide, south - tall, east + wide, north + tall)
    level = str(places.regions["level"].iat[row])
    own = json.dumps(found.code)
    chosen = f"@@=properties.id=={own}?{_list(TOKENS.accent, 0.16)}:[0,0,0,0]"
    layers = [
        {
            "@@type": "GeoJsonLayer",
            "id": f"village-{found.code}",
            "data": layer_address(places.version, "borders", level),
            "filled": True,
            "getFillColor": chosen,
            "getLineColor": f"@@=properties.id=={own}?{_list(TOKENS.accent, 1)}"
            f":{_list(TOKENS.quiet, 0.5)}",
            "getLineWidth": f"@@=properties.id=={own}?3:1",
            "lineWidthUnits": "pixels",
        },
        _services(places, 20),
        _names(places, level),
    ]
    _show(layers, box, None, alt, "open.village")


def legend(shown: OpenMap) -> str:
    """Return the classes with their limits, the unit and the number of regions."""
    colours = theme.ramp("blue", len(shown.breaks.cuts), TOKENS) if shown.breaks.cuts else ()
    items = [
        _key(f"background:{colour}", text, n)
        for colour, text, n in zip(colours, limits(shown), shown.breaks.counts, strict=True)
    ]
    if shown.hidden:
        items.append(_key(f"background:{TOKENS.no_data}", say("not shown"), shown.hidden))
    unit = say(shown.release.unit)
    return (
        f'<div class="op-legend"><b>{escape(say(shown.class_title))} ({escape(unit)})</b>'
        f'{"".join(items)}<span class="op-quiet">'
        f"{escape(say('In brackets: number of regions.'))}</span></div>"
    )


def service_legend() -> str:
    """Return the signs of the services."""
    items = "".join(
        f'<span class="op-key"><span style="color:{light}" aria-hidden="true">{glyph}</span> '
        f"{escape(say(FACILITY_TITLES[group]))}</span>"
        for group, (glyph, light, _dark, _kinds) in FACILITY_GROUPS.items()
    )
    return f'<div class="op-legend">{items}</div>'


def limits(shown: OpenMap) -> list[str]:
    """Return each class's limits: whole persons, no figure in two classes."""
    texts = []
    for k, upper in enumerate(shown.breaks.uppers):
        below = shown.breaks.lowest if k == 0 else shown.breaks.uppers[k - 1]
        lower = below if k == 0 else min(math.floor(below) + 1, upper)
        low, high = number(lower), number(upper)
        texts.append(high if low == high else f"{low} – {high}")
    return texts


def _key(style: str, text: str, n: int) -> str:
    return (
        f'<span class="op-key"><span class="op-swatch" style="{style}"></span>'
        f'{escape(text)} <span class="op-quiet">({number(n)})</span></span>'
    )


def _show(
    layers: list[dict[str, Any]], box: Box, shown: OpenMap | None, alt: str, key: str
) -> None:
    width, height = _TELEPHONE if state.on_telephone() else _SCREEN
    height = round(height * _larger() ** 0.5)
    lon, lat, zoom = box.camera(width, height)
    basemap = settings().basemap_tiles
    spec = {
        "initialViewState": {"longitude": lon, "latitude": lat, "zoom": zoom},
        "views": [{"@@type": "MapView", "controller": True}],
        "mapStyle": f"/style/{TOKENS.name}.json" if basemap else "__MAP_STYLE__",
        **({"mapProvider": "carto"} if basemap else {}),
        "layers": layers,
    }
    st.pydeck_chart(
        Deck(spec, _tooltip(shown) if shown is not None and not elder.on() else {}),
        height=height,
        key=state.widget_key(key),
        alt=alt,
    )


def _filled(places: OpenPlaces, shown: OpenMap) -> dict[str, Any]:
    fill = f"@@=(properties.v===null)?{_list(TOKENS.no_data, 0.9)}:"
    colours = theme.ramp("blue", len(shown.breaks.cuts), TOKENS) if shown.breaks.cuts else ()
    for cut, colour in zip(shown.breaks.cuts, colours, strict=True):
        fill += f"properties.v<={cut:f}?{_list(colour, 0.9)}:"
    parts = ("figures", shown.release.id, shown.level, shown.class_id)
    return {
        "@@type": "GeoJsonLayer",
        "id": "-".join(parts),
        "data": layer_address(places.version, *parts),
        "pickable": True,
        "filled": True,
        "stroked": True,
        "getFillColor": fill + _list(TOKENS.no_data, 0.9),
        "getLineColor": rgba(TOKENS.panel, 0.9),
        "getLineWidth": 1,
        "lineWidthUnits": "pixels",
        "autoHighlight": True,
        "highlightColor": rgba(TOKENS.accent, 0.35),
    }


def _borders(places: OpenPlaces, level: str, alpha: float) -> dict[str, Any]:
    return {
        "@@type": "GeoJsonLayer",
        "id": f"borders-{level}",
        "data": layer_address(places.version, "borders", level),
        "filled": False,
        "stroked": True,
        "getLineColor": rgba(TOKENS.text, alpha),
        "getLineWidth": 1.4,
        "lineWidthUnits": "pixels",
    }


def _services(places: OpenPlaces, size: int) -> dict[str, Any]:
    shape, colour = "", ""
    for glyph, light, _dark, kinds in FACILITY_GROUPS.values():
        test = "||".join(f"properties.k=='{kind}'" for kind in kinds)
        shape += f"({test})?'{glyph}':" if kinds else f"'{glyph}'"
        colour += f"({test})?{_list(light, 1)}:" if kinds else _list(light, 1)
    return {
        "@@type": "GeoJsonLayer",
        "id": "facilities",
        "data": layer_address(places.version, "facilities"),
        "pointType": "text",
        "getText": f"@@={shape}",
        "getTextColor": f"@@={colour}",
        "getTextSize": size * _larger(),
        "textCharacterSet": [group[0] for group in FACILITY_GROUPS.values()],
        **_letters(),
    }


def _labels(places: OpenPlaces, level: str) -> dict[str, Any]:
    """Return the names of the regions, or of those above where they are too many to read."""
    many = (places.regions["level"] == level).sum() > _MOST_LABELS
    near = "village" in places.levels and many and "township" in places.levels
    return _names(places, "township" if near else level)


def _names(places: OpenPlaces, level: str) -> dict[str, Any]:
    return {
        "@@type": "GeoJsonLayer",
        "id": f"labels-{level}-{language()}",
        "data": layer_address(places.version, "labels", level),
        "pointType": "text",
        "getText": "@@=properties.e" if language() == "en" else "@@=properties.n",
        "getTextColor": rgba(TOKENS.text),
        "getTextSize": 14 * _larger(),
        "textCharacterSet": "auto",
        "extensions": [{"@@type": "CollisionFilterExtension"}],
        "collisionGroup": "labels",
        "collisionTestProps": {"sizeScale": 2},
        **_letters(),
    }


def _larger() -> float:
    """Return how much larger letters are drawn: 1.5 times in large type, as all others."""
    return 1.5 if elder.on() else 1.0


def _letters() -> dict[str, Any]:
    return {
        "textFontFamily": theme.MAP_FONT,
        "textFontWeight": 600,
        "textFontSettings": {"sdf": True, "fontSize": 64, "buffer": 16, "radius": 16},
        "textOutlineWidth": 14,
        "textOutlineColor": rgba(TOKENS.map_ground, 0.95),
        "textSizeUnits": "pixels",
    }


def _tooltip(shown: OpenMap) -> dict[str, Any]:
    """Return the note at the pointer: name, released figure and its ±."""
    off = "" if shown.margin is None else f" ±{number(shown.margin)}"
    unit = escape(say(shown.release.unit))
    return {
        "html": f"<b>{{{'e' if language() == 'en' else 'n'}}}</b><br>"
        f"{escape(say(shown.class_title))} {{v}} {unit}{off}",
        "style": {
            "backgroundColor": TOKENS.panel,
            "color": TOKENS.text,
            "border": f"1px solid {TOKENS.line}",
            "borderRadius": "8px",
            "fontFamily": theme.FONT_STACK,
            "fontSize": "14px",
            "lineHeight": "1.6",
            "padding": "8px 12px",
        },
    }


def _list(colour: str, alpha: float) -> str:
    return json.dumps(rgba(colour, alpha), separators=(",", ":"))

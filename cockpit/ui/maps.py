"""Maps: a small deck whose layers come by address and whose colours are expressions."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
import streamlit as st

from cockpit.answers.layers import layer_key, layer_scale, layer_url, tile_url
from cockpit.answers.map import Box, MapAnswer, case_measures
from cockpit.answers.overlays import MOST_BUILDINGS
from cockpit.answers.twin import LEVELS, Twin
from cockpit.indicators import INDICATORS, Indicator
from cockpit.look import marks
from cockpit.settings import settings
from cockpit.ui import cache, hatching, state, theme
from cockpit.ui.theme import Tokens, rgba
from cockpit.ui.words import language, say

# The browser does not tell how wide the map is: the camera is fitted to the narrowest that people
# use (1366 px of screen, a telephone of 320), and a wider one shows more around it.
_SCREEN, _TELEPHONE = (690, 650, 150), (320, 400, 0)  # width, height, left free for the legend
_MOST_LABELS = 60

# Shape and colour by what a facility is for: five kinds a reader can hold in mind.
_KINDS: dict[str, tuple[str, ...]] = {
    "health": ("hospital", "health_centre", "clinic", "pharmacy"),
    "school": ("kindergarten", "primary_school", "junior_school", "senior_school"),
    "care": ("care_home", "day_care"),
    "rescue": ("fire_station", "ambulance_post", "police_station", "shelter"),
    "public": (),
}
FACILITY_GROUPS = {name: (*marks.PLACES[name], kinds) for name, kinds in _KINDS.items()}
"""Sign, its colour on light and dark ground, and kinds; without kinds: all others."""
FACILITY_TITLES = {
    "health": "Health",
    "school": "Education",
    "care": "Care for older people",
    "rescue": "Rescue and safety",
    "public": "Public services",
}


@dataclass(frozen=True)
class Scene:
    """All that decides how the map looks."""

    twin: Twin
    answer: MapAnswer
    box: Box | None
    ramp: str = "blue"
    extras: tuple[str, ...] = ()  # roads, facilities, buildings, labels, relief, feature layers
    relief_bounds: tuple[float, float, float, float] | None = None
    tall: bool = False
    marked: tuple[str, ...] = ()  # codes with an outline
    clicks: int = 0
    few: int = 0  # regions whose figure rests on fewer cases have lines across; 0: none


class Deck:
    """A deck as compact JSON; Streamlit asks no more of it than of ``pydeck.Deck``."""

    def __init__(self, spec: dict[str, Any], tooltip: dict[str, Any]) -> None:
        self._spec = spec
        self._tooltip = tooltip

    def to_json(self) -> str:
        """Return the deck without the indentation that pydeck writes."""
        return json.dumps(self._spec, ensure_ascii=False, separators=(",", ":"))


def show(scene: Scene, *, key: str, on_pick: Callable[[str], None], alt: str) -> None:
    """Draw the map; ``on_pick`` gets the code of a region that was clicked."""

    def clicked() -> None:
        code = picked_code(state.widget_value(key))
        if code is not None:
            on_pick(code)

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


def picked_code(event: Any) -> str | None:
    """Return the region's code in a selection event; None when nothing of ours was clicked."""
    found = picked(event, ("regions",))
    return found[1] if found else None


def picked(event: Any, layers: tuple[str, ...]) -> tuple[str, str] | None:
    """
    Return layer and id of what a selection event tells was clicked; None when nothing was.

    ``layers`` are the beginnings of the names of the layers that count.
    """
    objects = (event or {}).get("selection", {}).get("objects", {})
    for layer, found in objects.items():
        if found and str(layer).startswith(layers):
            known = found[0].get("properties", {}).get("id") or found[0].get("id")
            return (str(layer), str(known)) if known else None
    return None


def deck(scene: Scene, tokens: Tokens) -> Deck:
    """Return the deck of a scene: a few kB, whatever the number of regions."""
    view = _view(scene)
    layers = [
        *_relief(scene),
        _regions(scene, tokens),
        *_hatched(scene, tokens, view),
        *_water(scene, tokens),
        *_roads(scene, tokens),
        *_borders(scene, tokens),
        *_marked(scene, tokens),
        *_buildings(scene, tokens),
        *_facilities(scene, tokens),
        *_labels(scene, tokens),
    ]
    style = f"/style/{tokens.name}.json" if settings().basemap_tiles else "__MAP_STYLE__"
    spec = {
        "initialViewState": view,
        "views": [{"@@type": "MapView", "controller": True}],
        "mapStyle": style,
        **({"mapProvider": "carto"} if settings().basemap_tiles else {}),
        "layers": layers,
    }
    return Deck(spec, _tooltip(scene, tokens))


def _view(scene: Scene) -> dict[str, Any]:
    """Return the first view: the unit fills the map, beside the legend."""
    box = scene.box
    width, height, legend = _window()
    lon, lat, zoom = box.camera(width, height, left_px=legend) if box else (105.0, 35.0, 3.0)
    pitch = 45 if scene.tall else 0
    return {"longitude": lon, "latitude": lat, "zoom": zoom, "pitch": pitch, "bearing": 0}


# ---------------------------------------------------------------- values and colours


def value_expression(indicator: Indicator) -> str:
    """Return an indicator as an expression over a feature's properties, as Python computes it."""

    def total(measures: tuple[str, ...]) -> str:
        return "+".join(_property(m) for m in measures)

    top = total(indicator.parts)
    for measure in indicator.minus:
        top += f"-{_property(measure)}"
    text = f"({top})"
    if indicator.per:
        text = f"{plain(indicator.scale)}*{text}/({total(indicator.per)})"
    elif indicator.scale != 1:
        text = f"{text}*{plain(indicator.scale)}"
    return f"({text})"


def colour_expression(
    answer: MapAnswer,
    colours: tuple[str, ...],
    *,
    no_data: str,
    masked: str,
    masked_measures: tuple[str, ...],
    alpha: float,
    unknown_measures: tuple[str, ...] = (),
) -> str:
    """
    Return the fill colour as an expression: classes from low to high, then "no data".

    A division by zero fails every comparison, and so ends as no data; a null would pass as 0, so
    measures that some region does not know (``unknown_measures``) are asked for it first.
    """
    value = value_expression(answer.indicator)
    text = ""
    if unknown_measures:
        test = "||".join(f"properties.{layer_key(m)}===null" for m in unknown_measures)
        text += f"({test})?{_colour(no_data, alpha)}:"
    if masked_measures:
        test = "||".join(f"{_property(m)}<0" for m in masked_measures)
        text += f"({test})?{_colour(masked, alpha)}:"
    for cut, colour in zip(answer.breaks.cuts, colours, strict=True):
        text += f"{value}<={plain(cut)}?{_colour(colour, alpha)}:"
    return f"@@={text}{_colour(no_data, alpha)}"


def hatch_expression(
    answer: MapAnswer,
    *,
    few: int,
    on_few: Sequence[list[int]],
    on_no_data: list[int],
    masked_measures: tuple[str, ...] = (),
    unknown_measures: tuple[str, ...] = (),
) -> str:
    """
    Return the colour of the lines across: over no data, and over what rests on ``few`` cases.

    Everywhere else it is see-through. ``on_few`` is one colour a class, to be seen on the class's
    own. Tests stand in the order of ``colour_expression``.
    """
    none, text = _listed(hatching.see_through()), ""
    if unknown_measures:
        test = "||".join(f"properties.{layer_key(m)}===null" for m in unknown_measures)
        text += f"({test})?{_listed(on_no_data)}:"
    if masked_measures:
        test = "||".join(f"{_property(m)}<0" for m in masked_measures)
        text += f"({test})?{none}:"
    if answer.breaks.cuts:
        value, last = value_expression(answer.indicator), answer.breaks.cuts[-1]
        cases = "+".join(_property(m) for m in case_measures(answer.indicator))
        for (ink, after), cut in zip(pairwise([*on_few, []]), answer.breaks.cuts, strict=True):
            if cases and few and ink != after:  # classes with the same lines are one question
                text += f"{value}<={plain(cut)}&&({cases})<{few}?{_listed(ink)}:"
        text += f"{value}<={plain(last)}?{none}:"
    return f"@@={text}{_listed(on_no_data)}"


def _listed(colour: list[int]) -> str:
    return json.dumps(colour, separators=(",", ":"))


def _property(measure: str) -> str:
    scale = layer_scale(measure)
    name = f"properties.{layer_key(measure)}"
    return name if scale == 1 else f"{name}/{plain(scale)}"


def plain(number: float) -> str:
    """Return a number without an exponent: the browser's expressions read none."""
    return np.format_float_positional(number, trim="-")


def _colour(colour: str, alpha: float) -> str:
    return json.dumps(rgba(colour, alpha), separators=(",", ":"))


def class_colours(answer: MapAnswer, ramp: str, tokens: Tokens) -> tuple[str, ...]:
    """Return one colour a class."""
    n = len(answer.breaks.cuts)
    return theme.ramp("change" if answer.breaks.diverging else ramp, n, tokens) if n else ()


# ---------------------------------------------------------------- layers


def _code(scene: Scene) -> str:
    return str(scene.twin.regions["code"].iat[scene.answer.unit])


def _regions(scene: Scene, tokens: Tokens) -> dict[str, Any]:
    answer = scene.answer
    sensitive, unknown = _not_shown(scene)
    fill = colour_expression(
        answer,
        class_colours(answer, scene.ramp, tokens),
        no_data=tokens.no_data,
        masked=tokens.masked,
        masked_measures=sensitive,
        alpha=0.72 if "relief" in scene.extras else 0.88,
        unknown_measures=unknown,
    )
    layer: dict[str, Any] = {
        "id": f"regions-{scene.clicks}",
        "pickable": True,
        "stroked": True,
        "filled": True,
        "getFillColor": fill,
        "getLineColor": rgba(tokens.quiet, 0.4),
        "getLineWidth": 1,
        "lineWidthUnits": "pixels",
        "pointRadiusUnits": "pixels",
        "getPointRadius": 5,
        "autoHighlight": True,
        "highlightColor": rgba(tokens.accent, 0.35),
        "updateTriggers": {"getFillColor": mark(fill)},
    }
    if scene.tall:
        layer |= _height(scene)
        layer["updateTriggers"]["getElevation"] = mark(layer["getElevation"])
    address, tiled = _address(scene)
    if tiled:
        return {"@@type": "TileLayer", "data": address, "maxZoom": 14, **layer}
    return {"@@type": "GeoJsonLayer", "data": address, **layer}


def _address(scene: Scene) -> tuple[str, bool]:
    """Return where the regions are, and whether that is a pattern of tiles."""
    answer, version = scene.answer, scene.twin.version
    tiled = len(answer.rows) > settings().tile_above
    return (tile_url if tiled else layer_url)(version, answer.level, _code(scene)), tiled


def _not_shown(scene: Scene) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the indicator's measures with small counts that are masked, and with unknown ones."""
    twin, answer = scene.twin, scene.answer
    measures = tuple(dict.fromkeys(answer.indicator.measures))
    sensitive = tuple(m for m in measures if twin.classes[m] in ("敏感", "秘密"))
    return sensitive, tuple(m for m in measures if np.isnan(twin.measures[m][answer.rows]).any())


def _hatched(scene: Scene, tokens: Tokens, view: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines over what has no data and what rests on few cases; none when all is sure."""
    answer = scene.answer
    missing = answer.breaks.n_missing > int(answer.masked.sum())
    if not missing and not answer.few(scene.few).any():
        return []
    sensitive, unknown = _not_shown(scene)
    colour = hatch_expression(
        answer,
        few=scene.few,
        on_few=[
            rgba(hatching.ink(colour), hatching.FEW_ALPHA)
            for colour in class_colours(answer, scene.ramp, tokens)
        ],
        on_no_data=rgba(tokens.panel),
        masked_measures=sensitive,
        unknown_measures=unknown,
    )
    address, tiled = _address(scene)
    layer = hatching.layer("hatch", address, colour, scene.twin.version, view, tiled=tiled)
    return [layer | (_height(scene) if scene.tall else {})]


def mark(expression: str) -> str:
    """Return a short text that changes with an expression: it tells the map to look again."""
    return f"{zlib.crc32(expression.encode()):08x}"


def _height(scene: Scene) -> dict[str, Any]:
    """Return columns whose height is in proportion to the value; the largest a fifth of the map."""
    values = np.abs(scene.answer.values)
    largest = float(np.nanmax(values)) if scene.answer.breaks.n else 0.0
    box = scene.box
    span_m = max(box.east - box.west, box.north - box.south) * 111_000 if box else 10_000.0
    factor = 0.2 * span_m / largest if largest > 0 else 0.0
    value = value_expression(scene.answer.indicator)
    height = f"({value}<0?0-{value}:{value})*{plain(round(factor, 9))}"
    return {
        "extruded": True,
        "getElevation": f"@@={height}",
        "material": {"ambient": 0.6, "diffuse": 0.5, "shininess": 12},
    }


def _relief(scene: Scene) -> list[dict[str, Any]]:
    if "relief" not in scene.extras or scene.relief_bounds is None:
        return []
    address = layer_url(scene.twin.version, "relief", ending=".png")
    picture = {
        "@@type": "BitmapLayer",
        "id": "relief",
        "image": address,
        "bounds": list(scene.relief_bounds),
        "opacity": 0.9,
    }
    return [picture]


def _water(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    others = ("roads", "facilities", "buildings", "labels", "relief")
    names = [name for name in scene.extras if name not in others]
    return [layer | _over(scene) for layer in water(scene.twin.version, names, tokens)]


def water(version: str, names: Iterable[str], tokens: Tokens) -> list[dict[str, Any]]:
    """Return stored layers such as rivers, in the colour of water."""
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": f"feature-{name}",
            "data": layer_url(version, "features", name),
            "stroked": True,
            "filled": True,
            "getFillColor": rgba(tokens.map_water, 0.75),
            "getLineColor": rgba(tokens.map_water, 0.95),
            "getLineWidth": 1.8,
            "lineWidthUnits": "pixels",
            "pointRadiusUnits": "pixels",
            "getPointRadius": 3,
        }
        for name in names
    ]


def _roads(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    if "roads" not in scene.extras:
        return []
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": "roads",
            "data": layer_url(scene.twin.version, "roads", _code(scene)),
            "getLineColor": f"@@=properties.w<=3?{_colour(tokens.map_road, 0.75)}"
            f":{_colour(tokens.map_road, 0.45)}",
            "getLineWidth": "@@=properties.w<=2?2.4:properties.w<=4?1.5:0.8",
            "lineWidthUnits": "pixels",
            **_over(scene),
        }
    ]


def _borders(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return the outlines of the levels above the shown one: brighter the higher."""
    own = str(scene.twin.regions["level"].iat[scene.answer.unit])
    first, last = LEVELS.index(own), LEVELS.index(scene.answer.level)
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": f"border-{level}",
            "data": layer_url(scene.twin.version, level, _code(scene)),
            "filled": False,
            "stroked": True,
            "getLineColor": rgba(tokens.map_border, 0.75 if level == own else 0.4),
            "getLineWidth": 2 if level == own else 1.2,
            "lineWidthUnits": "pixels",
            **_over(scene),
        }
        for level in LEVELS[first:last][::-1]
    ]


def _marked(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return the chosen regions' outlines."""
    if not scene.marked:
        return []
    test = "||".join(f"properties.id=={json.dumps(code)}" for code in scene.marked)
    colour = f"@@=({test})?{_colour(tokens.mark, 1)}:[0,0,0,0]"
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": f"marked-{mark(colour)}",  # anew: deck.gl keeps the old lines otherwise
            "data": layer_url(scene.twin.version, scene.answer.level, _code(scene)),
            "filled": False,
            "stroked": True,
            "getLineColor": colour,
            "getLineWidth": 3,
            "lineWidthUnits": "pixels",
            "updateTriggers": {"getLineColor": colour},
            **_over(scene),
        }
    ]


def too_many_buildings(twin: Twin, unit: int) -> bool:
    """Tell whether a unit has more buildings than one layer carries."""
    return bool(twin.measures["buildings"][unit] > MOST_BUILDINGS)


def _buildings(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    if "buildings" not in scene.extras or too_many_buildings(scene.twin, scene.answer.unit):
        return []
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": "buildings",
            "data": layer_url(scene.twin.version, "buildings", _code(scene)),
            "stroked": False,
            "getFillColor": rgba(tokens.quiet, 0.8),
            "getPointRadius": 7,
            "pointRadiusMinPixels": 0.8,
            "pointRadiusMaxPixels": 5,
            **_over(scene),
        }
    ]


def _facilities(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    if "facilities" not in scene.extras:
        return []
    shape, colour = "", ""
    # Hundreds in a county, a handful in a village.
    size = 10 + 3 * LEVELS.index(str(scene.twin.regions["level"].iat[scene.answer.unit]))
    for glyph, light, dark, kinds in FACILITY_GROUPS.values():
        test = "||".join(f"properties.k=='{kind}'" for kind in kinds)
        paint = _colour(dark if tokens.name == "dark" else light, 1)
        shape += f"({test})?'{glyph}':" if kinds else f"'{glyph}'"
        colour += f"({test})?{paint}:" if kinds else paint
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": "facilities",
            "data": layer_url(scene.twin.version, "facilities", _code(scene)),
            "pointType": "text",
            "getText": f"@@={shape}",
            "getTextColor": f"@@={colour}",
            "getTextSize": f"@@=properties.k=='hospital'?{size + 6}:{size}",
            "textCharacterSet": [group[0] for group in FACILITY_GROUPS.values()],
            **_letters(tokens),
            **_over(scene),
        }
    ]


def label_level(twin: Twin, answer: MapAnswer) -> str:
    """Return the level whose names fit on the map: the shown one, or the finest above it."""
    own = LEVELS.index(str(twin.regions["level"].iat[answer.unit]))
    code = str(twin.regions["code"].iat[answer.unit])
    for level in LEVELS[own + 1 : LEVELS.index(answer.level) + 1][::-1]:
        if 0 < cache.parts_with(twin.version, code, level) <= _MOST_LABELS:
            return level
    return LEVELS[own]


def _labels(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    if "labels" not in scene.extras:
        return []
    level = label_level(scene.twin, scene.answer)
    english = language() == "en"
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": f"labels-{level}-{'e' if english else 'n'}",
            "data": layer_url(scene.twin.version, "labels", level, _code(scene)),
            "pointType": "text",
            "getText": "@@=properties.e||properties.n" if english else "@@=properties.n",
            "getTextColor": rgba(tokens.text),
            "getTextSize": 14,
            "textCharacterSet": "auto",
            "extensions": [{"@@type": "CollisionFilterExtension"}],
            "collisionGroup": "labels",
            # Larger in the test than on the map: names keep a distance from each other.
            "collisionTestProps": {"sizeScale": 2.5},
            **_letters(tokens),
            **_over(scene),
        }
    ]


def _letters(tokens: Tokens) -> dict[str, Any]:
    return {
        "textFontFamily": theme.FONT_STACK,
        "textFontWeight": 600,
        "textFontSettings": {"sdf": True, "fontSize": 64, "buffer": 16, "radius": 16},
        "textOutlineWidth": 14,  # of a letter drawn 64 high, at most the radius
        "textOutlineColor": rgba(tokens.map_ground, 0.95),
        "textSizeUnits": "pixels",
    }


def _over(scene: Scene) -> dict[str, Any]:
    """Return what keeps lines and letters from sinking into the columns of a 2.5D map."""
    return (
        {"parameters": {"depthCompare": "always", "depthWriteEnabled": False}} if scene.tall else {}
    )


def _tooltip(scene: Scene, tokens: Tokens) -> dict[str, Any]:
    """Return the note at the pointer: the name and the residents."""
    twin, answer = scene.twin, scene.answer
    named = bool((twin.regions["name_en"].to_numpy()[answer.rows] != "").all())
    lines = [f"<b>{{{'e' if language() == 'en' and named else 'n'}}}</b>"]
    if twin.known(INDICATORS["people"]) and twin.classes["people"] not in ("敏感", "秘密"):
        lines.append(f"{escape(say('Residents'))} {{p}} {escape(say('persons'))}")
    return {
        "html": "<br>".join(lines),
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

"""The map of the page Timeline: layers come once, a step of the clock sends two numbers each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from cockpit.answers.timeline import FAULT, Timeline
from cockpit.answers.timeline_clock import Step, filter_range
from cockpit.answers.timeline_layers import events_url, regions_url, things_url
from cockpit.risk.rules import LEVELS
from cockpit.ui import cache, cell_map, coverage_maps, state, theme
from cockpit.ui.cell_map import CellMap
from cockpit.ui.coverage_maps import paint
from cockpit.ui.maps import Deck, mark
from cockpit.ui.theme import Tokens, rgba
from cockpit.ui.timeline_cache import Moment
from cockpit.ui.timeline_choices import Choice

_HEIGHT, _PHONE = 560, 400
_SHADE = 0.75


@dataclass(frozen=True)
class Scene:
    """All that decides how the map looks."""

    line: Timeline
    choice: Choice
    at: Moment
    n_classes: int  # of the shaded regions


def show(scene: Scene, *, alt: str) -> None:
    """Draw the map; the same layers in every step, so that nothing blinks."""
    st.pydeck_chart(
        deck(scene, theme.now()),
        height=_PHONE if state.on_telephone() else _HEIGHT,
        key="timeline.deck",
        alt=alt,
    )


def deck(scene: Scene, tokens: Tokens) -> Deck:
    """Return the deck of a moment: a few kB, whatever the number of events."""
    twin = scene.line.twin
    county = str(twin.regions["code"].iat[0])
    layers = [
        _ground(scene, tokens),
        *coverage_maps.ground(twin, county, ("rivers",), tokens),
        *_facilities(scene, tokens),
        *_sensors(scene, tokens),
        *_events(scene, tokens),
        *_alerts(scene, tokens),
        *coverage_maps.names(twin, county, ("labels",), tokens),
    ]
    note = coverage_maps.tooltip(tokens)
    return Deck(
        {
            "initialViewState": coverage_maps.camera(cache.box(twin.version, county)),
            "views": [{"@@type": "MapView", "controller": True}],
            **coverage_maps.style(tokens),
            "layers": [layers],
        },
        note | {"html": "<b>{n}</b><br>{t}"},
    )


def on_clock(step: Step) -> dict[str, Any]:
    """Return what shows of a layer only the spans that a step's window touches."""
    return {
        "extensions": [{"@@type": "DataFilterExtension", "filterSize": 2}],
        "getFilterValue": "@@=[properties.s,properties.e]",
        "filterRange": filter_range(step),
    }


def theme_colours(themes: tuple[str, ...], tokens: Tokens) -> dict[str, str]:
    """Return the colour of each chosen kind of events."""
    return dict(zip(themes, theme.series(tokens), strict=False))


def shades(n: int, tokens: Tokens) -> tuple[str, ...]:
    """Return the colours of the shaded regions, from few to many."""
    return theme.ramp("blue", n, tokens) if n else ()


def _discs(name: str, address: str, radius: float, ground: str) -> dict[str, Any]:
    return {
        "@@type": "GeoJsonLayer",
        "id": name,
        "data": address,
        "pickable": True,
        "stroked": True,
        "filled": True,
        "pointRadiusUnits": "pixels",
        "getPointRadius": radius,
        "lineWidthUnits": "pixels",
        "getLineWidth": 1,
        "getLineColor": rgba(ground),
    }


def _ground(scene: Scene, tokens: Tokens) -> dict[str, Any]:
    """Return the regions, shaded by the events that begin in the window."""
    level = scene.choice.asked.level
    layer: dict[str, Any] = {
        "@@type": "GeoJsonLayer",
        "id": f"shade-{level}",
        "data": regions_url(scene.line.twin, level or "township"),
        "stroked": True,
        "filled": True,
        "getFillColor": rgba(tokens.panel, 0.6),
        "getLineColor": rgba(tokens.map_border, 0.2),
        "getLineWidth": 0.7,
        "lineWidthUnits": "pixels",
    }
    if level:
        paints = ((tokens.panel, 0.6), *((c, _SHADE) for c in shades(scene.n_classes, tokens)))
        fill = cell_map.fill(CellMap(scene.at.classes, paints))
        layer |= {"getFillColor": fill, "updateTriggers": {"getFillColor": mark(fill)}}
    return layer


def _events(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    if not scene.choice.shows("events"):
        return []
    themes = scene.choice.asked.themes
    return [
        _discs(f"events-{name}", events_url(scene.line, name), 4, tokens.map_ground)
        | {"getFillColor": rgba(colour, 0.9), "getLineWidth": 0.7}
        | on_clock(scene.at.step)
        for name, colour in theme_colours(themes, tokens).items()
    ]


def _alerts(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return alerts as rings in the colour of their level, round what they are about."""
    if not scene.choice.shows("alerts"):
        return []
    colour = f"properties.k=={FAULT}?{paint(tokens.quiet, 1)}:"
    for level in (4, 3, 2):
        colour += f"properties.k=={level}?{paint(theme.ALERT[LEVELS[level]], 1)}:"
    ring = _discs("alerts", things_url(scene.line, "alerts"), 11, tokens.map_ground)
    return [
        ring
        | {
            "getFillColor": [0, 0, 0, 1],  # the middle can be pointed at as well
            "getLineColor": f"@@={colour}{paint(theme.ALERT['blue'], 1)}",
            "getLineWidth": 4,
            "updateTriggers": {"getLineColor": tokens.name},
        }
        | on_clock(scene.at.step)
    ]


def sensor_colours(tokens: Tokens) -> tuple[str, ...]:
    """Return the colour of each state of a sensor: not known, quiet, blue to red."""
    return (tokens.no_data, tokens.good, *(theme.ALERT[name] for name in LEVELS[1:]))


def _sensors(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    if not scene.choice.shows("sensors"):
        return []
    classes = "".join(str(state) for state in scene.at.sensors)
    paints = tuple((colour, 1.0) for colour in sensor_colours(tokens))
    fill = cell_map.fill(CellMap(classes, paints))
    return [
        {
            "@@type": "GeoJsonLayer",
            "id": "sensors",
            "data": things_url(scene.line, "sensors"),
            "pickable": True,
            "pointType": "text",
            "getText": "@@=properties.i>=0?'◆':''",
            "getTextColor": fill,
            "getTextSize": 20,
            "textCharacterSet": ["◆"],
            "textFontFamily": theme.FONT_STACK,
            "textFontSettings": {"sdf": True, "fontSize": 64, "buffer": 16, "radius": 16},
            "textOutlineWidth": 10,
            "textOutlineColor": rgba(tokens.map_ground, 0.95),
            "textSizeUnits": "pixels",
            "updateTriggers": {"getTextColor": mark(fill)},
        }
    ]


def _facilities(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    if not scene.choice.shows("facilities"):
        return []
    return [
        _discs("facilities", things_url(scene.line, "facilities"), 2.5, tokens.map_ground)
        | {"getFillColor": rgba(tokens.quiet, 0.9), "getLineWidth": 0.5}
        | on_clock(scene.at.step)
    ]

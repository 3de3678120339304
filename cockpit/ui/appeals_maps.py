"""The map of the page Appeals: regions by address, their rates in classes, colours by rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from cockpit.answers.appeals import Appeals
from cockpit.answers.appeals_layers import appeals_url
from cockpit.answers.twin import Twin
from cockpit.breaks import Breaks
from cockpit.ui import cache, coverage_maps, maps, state, theme
from cockpit.ui.appeals_choices import Choice
from cockpit.ui.maps import Deck, mark, plain
from cockpit.ui.theme import Tokens, rgba
from cockpit.ui.words import language, number, say

_HEIGHT, _PHONE = 600, 400
_LAYER = "appeals"


@dataclass(frozen=True)
class Scene:
    """All that decides how the map looks."""

    twin: Twin
    known: Appeals
    choice: Choice
    breaks: Breaks


def show(scene: Scene, *, key: str, on_pick: Callable[[str], None], alt: str) -> None:
    """Draw the map; ``on_pick`` gets the code of a region that was clicked."""

    def clicked() -> None:
        found = maps.picked(state.widget_value(key), (_LAYER,))
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
    """Return the deck of a scene: a few kB, whatever the number of regions."""
    twin, unit, extras = scene.twin, scene.choice.asked.unit, scene.choice.layers
    layers = [
        _regions(scene, tokens),
        *coverage_maps.ground(twin, unit, extras, tokens),
        *coverage_maps.names(twin, unit, extras, tokens),
    ]
    return Deck(
        {
            "initialViewState": coverage_maps.camera(cache.box(twin.version, unit)),
            "views": [{"@@type": "MapView", "controller": True}],
            **coverage_maps.style(tokens),
            "layers": [layers],  # a list of their own: Streamlit leaves colours alone when clicked
        },
        tooltip(tokens),
    )


def colours(breaks: Breaks, tokens: Tokens) -> tuple[str, ...]:
    """Return one colour a class, from least to most."""
    return theme.ramp("blue", len(breaks.cuts), tokens) if breaks.cuts else ()


def fill(breaks: Breaks, tokens: Tokens) -> str:
    """Return the colour of a region by its smoothed rate, class by class."""
    paint = coverage_maps.paint
    if not breaks.cuts:
        return f"@@={paint(tokens.no_data)}"
    text = f"@@=properties.v===null?{paint(tokens.no_data)}:"
    several = colours(breaks, tokens)
    for cut, colour in zip(breaks.cuts[:-1], several, strict=False):
        text += f"properties.v<={plain(cut)}?{paint(colour)}:"
    return text + paint(several[-1])


def _regions(scene: Scene, tokens: Tokens) -> dict[str, Any]:
    address = appeals_url(scene.known, scene.choice.asked, scene.choice.level)
    colour = fill(scene.breaks, tokens)
    return {
        "@@type": "GeoJsonLayer",
        # A name for each address: deck.gl would work new colours out on the old regions.
        "id": f"{_LAYER}-{mark(address)}",
        "data": address,
        "pickable": True,
        "stroked": True,
        "filled": True,
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


def tooltip(tokens: Tokens) -> dict[str, Any]:
    """Return the note at the pointer: name, appeals, and the rate before and after smoothing."""
    name = "{e}" if language() == "en" else "{n}"
    lines = (
        say("{n} appeals", n="{k}"),
        say("{n} per 10,000 residents", n="{r}"),
        say("smoothed: {n}", n="{v}"),
    )
    html = f"<b>{name}</b><br>" + "<br>".join(escape(text) for text in lines)
    return {**coverage_maps.tooltip(tokens), "html": html}


def legend(breaks: Breaks) -> None:
    """Show what the colours mean, with the unit."""
    tokens = theme.now()
    lows = (breaks.lowest, *breaks.uppers[:-1])
    keys = [
        _key(colour, f"{number(low, 1)} – {number(high, 1)}")
        for colour, low, high in zip(colours(breaks, tokens), lows, breaks.uppers, strict=True)
    ]
    if breaks.n_missing or not keys:
        keys.append(_key(tokens.no_data, say("no residents known")))
    title = escape(say("Appeals per 10,000 residents"))
    st.html(f'<div class="ct-legend"><b>{title}</b>{"".join(keys)}</div>')


def _key(colour: str, text: str) -> str:
    return (
        f'<span class="ct-key"><span class="ct-swatch" style="background:{colour}"></span>'
        f"{escape(text)}</span>"
    )

"""The map of the page Placement: cells by what the plan does to them, and sites to click."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from cockpit.answers.map import Box
from cockpit.answers.site_layers import standing_url
from cockpit.answers.siting_figures import Figures
from cockpit.answers.twin import Twin
from cockpit.look.tokens import INK, WHITE
from cockpit.ui import cache, cell_map, coverage_maps, maps, state, theme
from cockpit.ui.maps import Deck
from cockpit.ui.placement_choices import Choice
from cockpit.ui.placement_shown import Shown
from cockpit.ui.theme import Tokens, rgba
from cockpit.ui.words import language, say

_EXTRAS = ("labels", "roads", "rivers", "water", "lakes")
_NEW_PX, _KEPT_PX, _GONE_PX = 11, 3.4, 7
_MOST_NAMED = 24  # new sites with their name beside them
_LINE_PX = 24  # of a name


@dataclass(frozen=True)
class Mark:
    """One site that the plan changes, as the map draws it."""

    id: str  # "f:" or "c:"
    status: str  # new, moved, closed, moved away
    name: str
    lon: float
    lat: float
    old: tuple[float, float] | None = None  # where it was moved from


@dataclass(frozen=True)
class Scene:
    """All that decides how the map looks."""

    twin: Twin
    choice: Choice
    shown: Shown
    marks: tuple[Mark, ...]
    cell: int  # place of the clicked cell among all cells; -1 for none
    chosen: tuple[float, float] | None  # place of the selected site or cell
    box: Box | None
    clicks: int


def scene_of(
    twin: Twin, choice: Choice, found: Figures, shown: Shown, names: dict[str, str], clicks: int
) -> Scene:
    """Return how the map looks for a plan."""
    ground = found.ground
    cell, chosen = -1, None
    if choice.cell:
        cell = int(np.searchsorted(ground.reach.rows, twin.position(choice.cell)))
        rows = ground.reach.rows
        known = cell < len(rows) and rows[cell] == twin.position(choice.cell)
        cell = cell if known else -1
        chosen = _place(*ground.reach.lonlat[cell]) if known else None
    if choice.site:
        chosen = _place(*ground.lonlat[ground.index(choice.site)])
    box = cache.box(twin.version, choice.asked.unit)
    return Scene(twin, choice, shown, marks_of(found, names), cell, chosen, box, clicks)


def _place(lon: float, lat: float) -> tuple[float, float] | None:
    """Return a place as the map takes it; None for one that is not known."""
    return (round(float(lon), 5), round(float(lat), 5)) if math.isfinite(lon) else None


def marks_of(found: Figures, names: dict[str, str]) -> tuple[Mark, ...]:
    """Return the sites that a plan opens, closes or moves."""
    ground, layout = found.ground, found.layout
    places = ground.lonlat

    def mark(site: str, status: str, old: str = "") -> Mark:
        lon, lat = (round(float(v), 5) for v in places[ground.index(site)])
        start = places[ground.index(old)] if old else None
        came = None if start is None else (round(float(start[0]), 5), round(float(start[1]), 5))
        return Mark(site, status, names[old or site], lon, lat, came)

    made = [mark(f"f:{facility}", "closed") for facility in layout.closed]
    for facility, cell in layout.moved:
        made.append(mark(f"f:{facility}", "moved away"))
        made.append(mark(f"c:{cell}", "moved", f"f:{facility}"))
    made += [mark(f"c:{cell}", "new") for cell in layout.added]
    return tuple(one for one in made if math.isfinite(one.lon))


def show(scene: Scene, *, key: str, on_pick: Callable[[str, str], None], alt: str) -> None:
    """Draw the map; ``on_pick`` gets "cell" or "site" and the code or site that was clicked."""

    def clicked() -> None:
        found = picked(state.widget_value(key))
        if found is not None:
            on_pick(*found)

    st.pydeck_chart(
        deck(scene, theme.now()),
        height=420 if state.on_telephone() else 580,
        on_select=clicked,
        selection_mode="single-object",
        key=state.widget_key(key),
        alt=alt,
    )


def picked(event: Any) -> tuple[str, str] | None:
    """Return ("cell", code) or ("site", site) of a selection event; None for nothing of ours."""
    found = maps.picked(event, ("cells", "standing", "plan"))
    if found is None:
        return None
    layer, what = found
    if layer.startswith("cells"):
        return "cell", what
    return "site", f"f:{what}" if layer.startswith("standing") else what


def deck(scene: Scene, tokens: Tokens) -> Deck:
    """Return the deck of a scene: a few kB, whatever the number of cells."""
    twin, unit = scene.twin, scene.choice.asked.unit
    available, _bounds = cache.overlays(twin.version, cache.visitor_class())
    extras = tuple(name for name in available if name in _EXTRAS)
    layers = [
        _cells(scene, tokens),
        *coverage_maps.ground(twin, unit, extras, tokens),
        *_ways(scene, tokens),
        _standing(scene),
        *coverage_maps.names(twin, unit, extras, tokens),
        *_gone(scene, tokens),
        *_chosen(scene, tokens),
        *_new(scene, tokens),
    ]
    return Deck(
        {
            "initialViewState": coverage_maps.camera(scene.box),
            "views": [{"@@type": "MapView", "controller": True}],
            **coverage_maps.style(tokens),
            "layers": [layers],  # a list of their own: see cell_map.layer
        },
        _tooltip(tokens),
    )


def _county(scene: Scene) -> str:
    return str(scene.twin.regions["code"].iat[0])


def _cells(scene: Scene, tokens: Tokens) -> dict[str, Any]:
    return cell_map.layer(
        scene.shown.cells, scene.twin.version, _county(scene), tokens, outlined=scene.cell
    )


def _standing(scene: Scene) -> dict[str, Any]:
    """Return the facilities of today; what the plan does to them is drawn over them."""
    return {
        "@@type": "GeoJsonLayer",
        "id": f"standing-{scene.choice.asked.service}",
        "data": standing_url(scene.twin.version, scene.choice.asked.service),
        "pickable": True,
        "stroked": True,
        "filled": True,
        "getFillColor": rgba(WHITE),
        "getLineColor": rgba(INK),
        "getLineWidth": 1.2,
        "lineWidthUnits": "pixels",
        "pointRadiusUnits": "pixels",
        "getPointRadius": _KEPT_PX,
        "autoHighlight": True,
        "highlightColor": rgba(theme.LIGHT.accent),
    }


def _rows(marks: tuple[Mark, ...], *statuses: str) -> list[dict[str, Any]]:
    return [
        {"id": m.id, "n": m.name, "e": m.name, "p": [m.lon, m.lat], "s": m.status}
        for m in marks
        if m.status in statuses
    ]


def _ways(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return a line from where a facility was to where it moves."""
    lines = [{"a": list(m.old), "b": [m.lon, m.lat]} for m in scene.marks if m.old]
    if not lines:
        return []
    return [
        {
            "@@type": "LineLayer",
            "id": f"moves-{width}",
            "data": lines,
            "getSourcePosition": "@@=a",
            "getTargetPosition": "@@=b",
            "getColor": colour,
            "getWidth": width,
            "widthUnits": "pixels",
        }
        for width, colour in ((5, rgba(tokens.map_ground, 0.9)), (2.2, rgba(tokens.text, 0.9)))
    ]


def _gone(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return closed facilities with a red cross, and the empty rings of those that move away."""
    rows = _rows(scene.marks, "closed", "moved away")
    if not rows:
        return []
    closed = [row for row in rows if row["s"] == "closed"]
    red = theme.ALERT["red"]
    disc = {
        **cell_map.discs("plan-gone", rows, _GONE_PX),
        "getFillColor": rgba(tokens.map_ground),
        "getLineColor": f"@@=s=='closed'?{coverage_maps.paint(red, 1)}"
        f":{coverage_maps.paint(tokens.text, 0.9)}",
        "getLineWidth": 1.6,
    }
    return [disc, {**_letters("crosses", closed, tokens), "getText": "@@='✕'",
                   "getColor": rgba(red), "getSize": 12, "outlineWidth": 0}]  # fmt: skip


def _new(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return new sites and those moved to, large, with a sign and their name."""
    rows = _rows(scene.marks, "new", "moved")
    if not rows:
        return []
    discs = {
        **cell_map.discs("plan-new", rows, _NEW_PX),
        "getFillColor": rgba(theme.LIGHT.accent),
        "getLineColor": rgba(WHITE),
        "getLineWidth": 2.4,
        "autoHighlight": True,
        "highlightColor": rgba(tokens.mark, 0.5),
    }
    sign = {
        **_letters("signs", rows, tokens),
        "getText": "@@=s=='new'?'＋':'→'",
        "characterSet": ["＋", "→"],
        "getColor": rgba(WHITE),
        "getSize": 15,
        "outlineWidth": 0,
    }
    named = apart(rows, float(coverage_maps.camera(scene.box)["zoom"]))
    names = {
        **_letters("names", named, tokens),
        "getText": "@@=n",
        "getColor": rgba(tokens.text),
        "getSize": 14,
        "getTextAnchor": "@@='start'",
        "getPixelOffset": [_NEW_PX + 9, 0],
        "outlineWidth": 0,
        "background": True,
        "getBackgroundColor": rgba(tokens.panel, 0.92),
        "backgroundPadding": [6, 3, 6, 3],
    }
    return [discs, sign, names]


def apart(rows: list[dict[str, Any]], zoom: float) -> list[dict[str, Any]]:
    """
    Return the sites whose names can stand beside them without lying over each other.

    As the map opens: a name that finds no room is told by the pointer and by the list.
    """
    taken: list[tuple[float, float, float]] = []  # left, right, middle; pixels
    found = []
    for row in rows:
        x, y = _pixels(row["p"], zoom)
        wide = sum(15.0 if ord(letter) > 0x2E80 else 8.5 for letter in str(row["n"])) + 34
        if all(x > right or x + wide < left or abs(y - at) > _LINE_PX for left, right, at in taken):
            taken.append((x, x + wide, y))
            found.append(row)
    return found[:_MOST_NAMED]


def _pixels(place: list[float], zoom: float) -> tuple[float, float]:
    """Return where a place lies in the world as a map of this zoom draws it (Web Mercator)."""
    size = 512 * 2**zoom
    up = math.log(math.tan(math.pi / 4 + math.radians(place[1]) / 2))
    return size * (place[0] + 180) / 360, -size * up / (2 * math.pi)


def _chosen(scene: Scene, tokens: Tokens) -> list[dict[str, Any]]:
    """Return the ring of the selected site; its name changes with each click, so the deck does."""
    place = [] if scene.chosen is None else [{"p": list(scene.chosen)}]
    return [
        {
            **cell_map.discs(f"chosen-{scene.clicks}", place, _NEW_PX + 5),
            "pickable": False,
            "filled": False,
            "getLineColor": rgba(tokens.mark),
            "getLineWidth": 3,
        }
    ]


def _letters(name: str, rows: list[dict[str, Any]], tokens: Tokens) -> dict[str, Any]:
    return {
        "@@type": "TextLayer",
        "id": f"letters-{name}",
        "data": rows,
        "getPosition": "@@=p",
        "characterSet": "auto",
        "fontFamily": theme.FONT_STACK,
        "fontWeight": 700,
        "fontSettings": {"sdf": True, "fontSize": 64, "buffer": 16, "radius": 16},
        "outlineWidth": 14,
        "outlineColor": rgba(tokens.map_ground, 0.95),
        "sizeUnits": "pixels",
    }


def _tooltip(tokens: Tokens) -> dict[str, Any]:
    """Return the note at the pointer: the name of the cell or the site."""
    name = "{e}" if language() == "en" else "{n}"
    return {**coverage_maps.tooltip(tokens), "html": f"<b>{name}</b>"}


# ---------------------------------------------------------------- legend


def legend(scene: Scene) -> None:
    """Show what the colours and signs mean."""
    tokens, shown = theme.now(), scene.shown
    items = [_swatch(one.colour, one.alpha, one.text) for one in shown.classes]
    nobody = (
        say("nobody lives here")
        if scene.choice.asked.group == "people"
        else say("nobody of this group")
    )
    items.append(_swatch(tokens.no_data, 0.4, nobody))
    items.append(_sign(WHITE, INK, 11, "", say("site today")))
    statuses = {mark.status for mark in scene.marks}
    if "new" in statuses:
        items.append(_sign(theme.LIGHT.accent, WHITE, 18, "＋", say("new site")))
    if "closed" in statuses:
        red = theme.ALERT["red"]
        items.append(_sign(tokens.map_ground, red, 16, "✕", say("closed"), red))
    if "moved" in statuses:
        items.append(_sign(theme.LIGHT.accent, WHITE, 18, "→", say("moved here")))
        items.append(_sign(tokens.map_ground, tokens.text, 16, "", say("moved away")))
    st.html(f'<div class="ct-legend"><b>{escape(shown.title)}</b>{"".join(items)}</div>')


def _swatch(colour: str, alpha: float, text: str) -> str:
    red, green, blue, _ = rgba(colour)
    return (
        '<span class="ct-key"><span class="ct-swatch" style="background:'
        f'rgba({red},{green},{blue},{alpha:g})"></span>{escape(text)}</span>'
    )


def _sign(fill: str, ring: str, size: int, glyph: str, text: str, colour: str = WHITE) -> str:
    gap = (20 - size) / 2
    return (
        f'<span class="ct-key"><span style="width:{size}px;height:{size}px;margin:0 {gap:g}px;'
        f"border-radius:50%;background:{fill};box-shadow:0 0 0 1.5px {ring};color:{colour};"
        f'font-size:12px;line-height:{size}px;text-align:center;flex:none">{glyph}</span>'
        f"{escape(text)}</span>"
    )

"""Maps of change side by side: one scale for all of them, each with its sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Any

import streamlit as st

from cockpit.answers.scenarios import Comparison
from cockpit.answers.siting_figures import Balance
from cockpit.answers.twin import Twin
from cockpit.breaks import Breaks
from cockpit.look.tokens import WHITE
from cockpit.scenarios import NOTHING
from cockpit.ui import cache, cell_map, coverage_maps, placement_map, state, theme
from cockpit.ui.cell_map import CellMap
from cockpit.ui.maps import Deck
from cockpit.ui.placement_map import Mark
from cockpit.ui.theme import Tokens, rgba
from cockpit.ui.way import plain
from cockpit.ui.words import language, number, say

AT_ONCE = 4
_HEIGHT, _ROOM, _ON_TELEPHONE = 380, 1800, 300  # pixels; the room is shared by the maps
_ALPHA, _STAYS, _OUTSIDE = 0.9, 0.6, 0.15


def pages(n_plans: int) -> list[range]:
    """Return which plans are drawn at once: at most four."""
    return [range(k, min(k + AT_ONCE, n_plans)) for k in range(0, n_plans, AT_ONCE)]


def show(twin: Twin, found: Comparison, base: int | None, plans: Sequence[int]) -> None:
    """Show the maps of some plans in a row, and the legend of all."""
    against = found.against(base)
    # The one that all others are compared with has nothing to show.
    plans = [k for k in plans if k != base]
    if not plans:
        return
    tokens = theme.now()
    legend(found.breaks, tokens)
    width = _ROOM // max(len(plans), 2)
    for column, plan in zip(st.columns(max(len(plans), 2), gap="small"), plans, strict=False):
        with column:
            text = sentence(against.total[plan])
            st.markdown(f"**{plain(found.names[plan])}**")
            st.pydeck_chart(
                deck(twin, found, base, plan, tokens, width=width),
                height=_ON_TELEPHONE if state.on_telephone() else _HEIGHT,
                key=f"scenarios.map.{found.names[plan]}",
                alt=f"{found.names[plan]}: {text}",
            )
            st.caption(text)


def sentence(balance: Balance) -> str:
    """Return what a map of change shows in words."""
    if balance.winners == 0 and balance.losers == 0:
        return say("Nobody's way changes.")
    return say(
        "Shorter ways for {winners} people, longer ones for {losers}; {net} person-minutes in all, "
        "{covered} people covered.",
        winners=people(balance.winners),
        losers=people(balance.losers),
        net=_signed(balance.net_minutes),
        covered=_signed(balance.net_covered),
    )


def people(count: float) -> str:
    """Return a count of people as it may be shown."""
    return say("not shown") if math.isnan(count) else number(count)


def _signed(value: float) -> str:
    if math.isnan(value):
        return say("not shown")
    text = number(value)
    return f"+{text}" if value > 0 and text != "0" else text


# ---------------------------------------------------------------- the deck


def deck(
    twin: Twin, found: Comparison, base: int | None, plan: int, tokens: Tokens, *, width: int
) -> Deck:
    """Return the map of one plan's changes; ``width`` in pixels, for the first view."""
    county = str(twin.regions["code"].iat[0])
    unit = str(twin.regions["code"].iat[found.ground.q.unit])
    box = cache.box(twin.version, unit)
    width, height = (360, _ON_TELEPHONE) if state.on_telephone() else (width, _HEIGHT)
    lon, lat, zoom = box.camera(width, height) if box else (105.0, 35.0, 3.0)
    cells = cells_of(found.against(base).classes[plan], found.breaks, tokens)
    figures = found.figures[plan]
    names = {site: figures.ground.name(site, language()) for site in _changed(found, plan)}
    marks = placement_map.marks_of(figures, names)
    layers = [
        cell_map.layer(cells, twin.version, county, tokens),
        *coverage_maps.ground(twin, unit, (), tokens),
        *coverage_maps.names(twin, unit, ("labels",), tokens),
        *_gone(marks, tokens),
        *_new(marks),
    ]
    return Deck(
        {
            "initialViewState": {
                "longitude": lon, "latitude": lat, "zoom": zoom, "pitch": 0, "bearing": 0,
            },
            "views": [{"@@type": "MapView", "controller": True}],
            **coverage_maps.style(tokens),
            "layers": [layers],
        },
        _tooltip(tokens),
    )  # fmt: skip


def _changed(found: Comparison, plan: int) -> list[str]:
    layout = found.figures[plan].layout
    return [f"f:{facility}" for facility in layout.gone] + [f"c:{c}" for c in layout.new_cells]


def cells_of(classes: str, breaks: Breaks, tokens: Tokens) -> CellMap:
    """Return the colours of a map's classes; cells beyond the question are nearly clear."""
    n = max(len(breaks.cuts), 1)
    shades = theme.ramp("change", n, tokens)
    colours = [(shade, _STAYS if k == n // 2 else _ALPHA) for k, shade in enumerate(shades)]
    colours.append((tokens.no_data, _OUTSIDE))
    return CellMap(classes.replace(NOTHING, str(n)), tuple(colours))


def _gone(marks: Sequence[Mark], tokens: Tokens) -> list[dict[str, Any]]:
    rows = [_row(m) for m in marks if m.status in ("closed", "moved away")]
    if not rows:
        return []
    disc = cell_map.discs("plan-gone", rows, 4.5)
    return [
        {
            **disc,
            "getFillColor": rgba(tokens.map_ground),
            "getLineColor": rgba(theme.ALERT["red"]),
            "getLineWidth": 2,
        }
    ]


def _new(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    rows = [_row(m) for m in marks if m.status in ("new", "moved")]
    if not rows:
        return []
    disc = cell_map.discs("plan-new", rows, 6)
    return [
        {
            **disc,
            "getFillColor": rgba(theme.LIGHT.accent),
            "getLineColor": rgba(WHITE),
            "getLineWidth": 2,
        }
    ]


def _row(m: Mark) -> dict[str, Any]:
    return {"id": m.id, "n": m.name, "e": m.name, "p": [m.lon, m.lat]}


def _tooltip(tokens: Tokens) -> dict[str, Any]:
    name = "{e}" if language() == "en" else "{n}"
    return {**coverage_maps.tooltip(tokens), "html": f"<b>{name}</b>"}


# ---------------------------------------------------------------- the legend


def class_texts(breaks: Breaks) -> list[str]:
    """Return what each class of change means, from most minutes won to most lost."""
    n = len(breaks.uppers)
    if n <= 1:
        return [say("no change")] * n
    half = n // 2
    limits = [abs(breaks.uppers[k]) for k in range(half, n)]  # 0.05, thirds, the largest
    ranges = [(round(a, 1), round(b, 1)) for a, b in pairwise(limits)]
    longer = [say("{a} – {b} longer", a=f"{a:g}", b=f"{b:g}") for a, b in ranges]
    shorter = [say("{a} – {b} shorter", a=f"{a:g}", b=f"{b:g}") for a, b in ranges]
    return [*shorter[::-1], say("no change"), *longer]


def legend(breaks: Breaks, tokens: Tokens) -> None:
    """Show the one scale of all maps in a row, and the signs."""
    colours = theme.ramp("change", max(len(breaks.cuts), 1), tokens)
    texts = class_texts(breaks)
    items = "".join(
        f'<span class="ct-key"><span class="ct-swatch" style="background:{colour}"></span>'
        f"{escape(text)}</span>"
        for colour, text in zip(colours, texts, strict=False)
    )
    items += _sign(theme.LIGHT.accent, WHITE, say("new or moved here"))
    items += _sign(tokens.map_ground, theme.ALERT["red"], say("closed or moved away"))
    title = escape(say("Change in minutes, the same scale on every map"))
    st.html(
        f'<div class="ct-small" style="display:flex;flex-wrap:wrap;gap:4px 16px">'
        f"<b>{title}</b>{items}</div>"
    )


def _sign(fill: str, ring: str, text: str) -> str:
    return (
        f'<span class="ct-key"><span style="width:12px;height:12px;border-radius:50%;margin:0 4px;'
        f'background:{fill};box-shadow:0 0 0 2px {ring}"></span>{escape(text)}</span>'
    )

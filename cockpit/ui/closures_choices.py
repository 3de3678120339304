"""What the visitor of the page Closures chooses: the question, and what is closed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from shapely import Polygon

from cockpit.answers.closure_key import Closures, parsed
from cockpit.answers.closures import ALL, SEAT, SEAT_MODE
from cockpit.answers.twin import Twin
from cockpit.coverage.services import SERVICES
from cockpit.indicators import MEASURES
from cockpit.ui import closures_cache, state
from cockpit.ui.closures_cache import Asked
from cockpit.ui.coverage_choices import MODE_TITLES
from cockpit.ui.words import say, say_error
from geodata.errors import CockpitError

SERVICE_TITLES = {
    SEAT: "County town (seat of government)",
    ALL: "All services (whichever loses most)",
}
PANEL_TITLES = {
    "close": "What is closed",
    "villages": "Villages",
    "groups": "Groups",
    "facilities": "Facilities",
    "bridges": "Critical bridges",
}
_CHUNK = 190  # characters: what one value of an address may have
_PART = re.compile(r"[A-Za-z0-9._~-]*")
_NOTHING: list[str] = []


@dataclass(frozen=True)
class Choice:
    """What the address holds."""

    asked: Asked
    closures: Closures
    panel: str
    cell: str  # code of the clicked cell; "" for none
    drawing: bool  # the drawing board instead of the map


def service_title(service: str) -> str:
    """Return what a choice of service is called."""
    return say(SERVICE_TITLES[service] if service in SERVICE_TITLES else SERVICES[service].title)


def choose(twin: Twin) -> Choice:
    """Show the bar of choices and return them, with what is closed."""
    closures = current()
    with st.container(horizontal=True, vertical_alignment="bottom", key="ct-bar"):
        service = _service()
        mode = _mode(service)
        group = _group()
        st.button(
            say("Open all roads again"),
            icon=":material/restart_alt:",
            disabled=not closures,
            on_click=change,
            args=(Closures(),),
        )
    codes = twin.regions.attrs["rows"]
    return Choice(
        Asked(service, mode, group, closures.key()),
        closures,
        str(state.read("closures.panel", "close", allowed=PANEL_TITLES, address="panel")),
        str(state.read("closures.cell", "", address="cell", check=lambda c: not c or c in codes)),
        bool(state.read("closures.drawing", False, address="draw")),
    )


def _service() -> str:
    services = closures_cache.services()
    return str(
        st.selectbox(
            say("Way to"),
            services,
            format_func=service_title,
            placeholder=say("Way to"),
            width=300,
            **state.remembered(
                "closures.service",
                services[0] if services else "",
                allowed=services,
                address="service",
                then=lambda: state.choose("closures.mode", None),
            ),
        )
    )


def _mode(service: str) -> str:
    first = SERVICES[service].mode if service in SERVICES else SEAT_MODE
    return str(
        st.selectbox(
            say("Way of travelling"),
            list(MODE_TITLES),
            format_func=lambda m: say(MODE_TITLES[m]),
            placeholder=say("Way of travelling"),
            width=190,
            **state.remembered("closures.mode", first, allowed=MODE_TITLES, address="mode"),
        )
    )


def _group() -> str:
    groups = closures_cache.groups()
    return str(
        st.selectbox(
            say("People"),
            groups,
            format_func=lambda g: say(MEASURES[g].title),
            placeholder=say("People"),
            width=220,
            **state.remembered("closures.group", "people", allowed=groups, address="group"),
        )
    )


# ---------------------------------------------------------------- what is closed


def current() -> Closures:
    """Return what is closed; an address that cannot be read closes nothing and says so."""
    parts = state.read("closures.key", _NOTHING, address="closed", check=_are_parts)
    try:
        found = parsed("".join(parts))
        closures_cache.closed(found.key())  # refuses roads and rivers that there are not
    except CockpitError as error:
        state.choose("closures.key", [])
        state.read("closures.key", _NOTHING, address="closed")
        refuse(error)
        return Closures()
    return found


def _are_parts(part: object) -> bool:
    """Tell whether one value of the address may be part of a key."""
    return isinstance(part, str) and bool(_PART.fullmatch(part))


def _kept() -> Closures:
    """Return what was closed when the visitor pressed something."""
    return parsed("".join(state.chosen("closures.key", _NOTHING)))


def change(closures: Closures) -> None:
    """Close this and nothing else; what does not fit into an address is refused."""
    try:
        key = closures.key()
    except CockpitError as error:
        refuse(error)
        return
    state.choose("closures.key", [key[i : i + _CHUNK] for i in range(0, len(key), _CHUNK)])
    state.choose("closures.clicks", state.chosen("closures.clicks", 0) + 1)


def refuse(error: CockpitError) -> None:
    """Keep an error for the next run: a callback cannot show it."""
    state.choose("closures.refused", error)


def say_refused() -> None:
    """Show once why the last wish could not be done."""
    error = state.chosen("closures.refused", None)
    if error is not None:
        st.error(say_error(error), icon=":material/block:")
        state.choose("closures.refused", None)


def toggle(edge: int) -> None:
    """Close a road, or open it when it was closed."""
    change(_kept().toggled(edge))


def with_river(river: int, metres: int) -> None:
    """Let a river flood its banks; the same river takes the new width."""
    now = _kept()
    others = tuple(strip for strip in now.strips if strip[0] != river)
    change(replace(now, strips=(*others, (river, metres))))


def with_zone(zone: int) -> None:
    """Close a stored area."""
    now = _kept()
    change(replace(now, zones=(*(z for z in now.zones if z != zone), zone)))


def with_areas(make: Callable[[], Sequence[Polygon]]) -> bool:
    """Close the areas that ``make`` returns; tell whether it worked, otherwise say why not."""
    try:
        areas = tuple(make())
    except CockpitError as error:
        refuse(error)
        return False
    now = _kept()
    change(replace(now, areas=(*now.areas, *areas)))
    return bool(areas)


def without(kind: str, position: int) -> None:
    """Open one of what is closed again: ``kind`` is a field of ``Closures``."""
    now = _kept()
    parts = getattr(now, kind)
    change(replace(now, **{kind: parts[:position] + parts[position + 1 :]}))


def on_click(layer: str, found: str) -> None:
    """Do what a click on the map means: a bridge closes or opens, a cell shows its way."""
    if layer.startswith("bridges"):
        toggle(int(found))
    else:
        state.choose("closures.cell", "" if state.chosen("closures.cell", "") == found else found)
        state.choose("closures.clicks", state.chosen("closures.clicks", 0) + 1)

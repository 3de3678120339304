"""What the visitor of the page Coverage chooses, all of it in the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from cockpit.answers.twin import Twin
from cockpit.coverage.access import DECAY_TITLES, USUAL_DECAY
from cockpit.coverage.catchments import METHODS
from cockpit.coverage.services import SERVICES
from cockpit.indicators import MEASURES
from cockpit.ui import coverage_cache, coverage_norms, layer_choice, state, way
from cockpit.ui.coverage_cache import Asked
from cockpit.ui.words import number, say

MODE_PHRASE_TITLES = {
    "walk": "on foot",
    "older": "on foot, at older people's pace",
    "ebike": "by e-bike",
    "car": "by car",
    "ambulance": "by ambulance or fire engine",
}
"""How people travel, inside a sentence."""
MODE_TITLES = {
    "walk": "On foot",
    "older": "On foot, older people",
    "ebike": "E-bike",
    "car": "Car",
    "ambulance": "Ambulance or fire engine",
}
COLOUR_TITLES = {
    "covered": "Covered or not",
    "minutes": "Minutes",
    "cause": "Cause",
    "score": "Access score",
    "catchments": "Catchments",
}
PANEL_TITLES = {
    "villages": "Worst villages",
    "health": "Health check",
    "curve": "People against minutes",
    "within": "Within 5 to 60 minutes",
    "causes": "Causes",
    "equity": "Equity",
    "scores": "Access scores",
    "capacity": "Capacity",
    "supply": "Weak and double supply",
    "referral": "Referral chain",
    "sensitivity": "Sensitivity",
}
WITH_DECAY = ("gravity", "balanced", "spatial_availability")
"""Methods of the access score that let supply count less with distance, by a curve."""
LIMITS = ("5", "10", "15", "20", "30", "45", "60")
RINGS = ("5", "10", "15", "20", "30", "60")
LONGEST = 600.0  # minutes; what the answers accept
_FIRST_LAYERS = ("labels", "roads", "rivers", "water")
_NOTHING: list[str] = []


@dataclass(frozen=True)
class Choice:
    """What the address holds."""

    asked: Asked
    colour: str
    method: str  # of the access score
    cell: str  # code of the clicked cell, "" for none
    facility: str  # id of the chosen facility, "" for none
    village: str  # code of the village marked on the map, "" for none
    rings: tuple[float, ...]  # minutes of the isochrones of the chosen facility
    layers: tuple[str, ...]


def choose(twin: Twin) -> Choice:
    """Show the bar of choices and return them."""
    unit = str(twin.regions["code"].iat[way.current(twin)])
    with st.container(horizontal=True, vertical_alignment="bottom", key="ct-bar"):
        service = choose_service("coverage", _take_defaults)
        mode = choose_mode("coverage", service)
        minutes = choose_minutes("coverage", service)
        group = choose_group("coverage", service)
        colour = _colour()
        method = _method() if colour == "score" else next(iter(METHODS))
        decay = _decay(shown=colour == "score" and method in WITH_DECAY)
        layers = layer_choice.choose("coverage", twin, _FIRST_LAYERS)
        asked = Asked(service, mode, minutes, group, unit, decay)
        facility, rings = _isochrones(asked)
    coverage_norms.arrive()
    return Choice(
        asked,
        colour,
        method,
        _code(twin, "cell"),
        facility,
        _code(twin, "village"),
        rings,
        layers,
    )


def choose_service(page: str, then: Callable[[], None]) -> str:
    """Ask a page's visitor for the service; ``then`` runs after a change."""
    services = list(SERVICES)
    first = "clinic" if "clinic" in SERVICES else services[0]
    return str(
        st.selectbox(
            say("Service"),
            services,
            format_func=lambda s: say(SERVICES[s].title),
            width=230,
            placeholder=say("Service"),
            **state.remembered(
                f"{page}.service",
                first,
                allowed=services,
                address="service",
                then=then,
            ),
        )
    )


def _take_defaults() -> None:
    """Let mode, limit and group follow the new service, and what was clicked be gone."""
    for name in ("mode", "minutes", "group"):
        state.choose(f"coverage.{name}", None)
    state.choose("coverage.facility", "")


def choose_mode(page: str, service: str) -> str:
    """Ask a page's visitor for the way of travelling; the service's own at first."""
    return str(
        st.selectbox(
            say("Way of travelling"),
            list(MODE_TITLES),
            format_func=lambda m: say(MODE_TITLES[m]),
            width=190,
            placeholder=say("Way of travelling"),
            **state.remembered(
                f"{page}.mode", SERVICES[service].mode, allowed=MODE_TITLES, address="mode"
            ),
        )
    )


def choose_minutes(page: str, service: str) -> float:
    """Ask a page's visitor for the limit; the service's own at first."""
    default = f"{SERVICES[service].minutes:g}"
    typed = state.chosen(f"{page}.minutes", default)
    if typed and not is_minutes(typed):
        st.toast(
            say("{text} is no number of minutes above 0 and at most 600.", text=repr(typed)),
            icon=":material/error:",
        )
    current = state.read(f"{page}.minutes", default, address="minutes", check=is_minutes)
    options = sorted({*LIMITS, default, current}, key=float)
    return float(
        st.selectbox(
            say("Within"),
            options,
            format_func=lambda m: say("{n} minutes", n=number(float(m), 0 if _whole(m) else 1)),
            accept_new_options=True,
            width=140,
            help=say("Choose, or type any number of minutes."),
            placeholder=say("Within"),
            **state.remembered(f"{page}.minutes", default, address="minutes", check=is_minutes),
        )
    )


def is_minutes(text: object) -> bool:
    """Tell whether a typed text is a limit in minutes, with one decimal at most."""
    try:
        minutes = float(str(text))
    except ValueError:
        return False
    return 0 < minutes <= LONGEST and round(minutes, 1) == minutes


def _whole(text: str) -> bool:
    return is_minutes(text) and float(text) == round(float(text))


def choose_group(page: str, service: str) -> str:
    """Ask a page's visitor for the group of people; the service's own at first."""
    groups = coverage_cache.allowed_groups()
    return str(
        st.selectbox(
            say("People"),
            groups,
            format_func=lambda g: say(MEASURES[g].title),
            width=210,
            placeholder=say("People"),
            **state.remembered(
                f"{page}.group",
                coverage_cache.default_group(service, groups),
                allowed=groups,
                address="group",
            ),
        )
    )


def _colour() -> str:
    return str(
        st.segmented_control(
            say("Colours show"),
            list(COLOUR_TITLES),
            format_func=lambda c: say(COLOUR_TITLES[c]),
            required=True,
            **state.remembered("coverage.colour", "covered", allowed=COLOUR_TITLES, address="show"),
        )
    )


def _method() -> str:
    return str(
        st.selectbox(
            say("Method"),
            list(METHODS),
            format_func=lambda m: say(METHODS[m].title),
            width=230,
            placeholder=say("Method"),
            **state.remembered(
                "coverage.method", next(iter(METHODS)), allowed=METHODS, address="method"
            ),
        )
    )


def _decay(*, shown: bool) -> str:
    """Return how far supply counts less; chosen beside the methods that ask for it."""
    given: dict[str, Any] = {"allowed": DECAY_TITLES, "address": "decay"}
    if not shown:
        return str(state.read("coverage.decay", USUAL_DECAY, **given))
    return str(
        st.selectbox(
            say("Decay"),
            list(DECAY_TITLES),
            format_func=lambda d: say(DECAY_TITLES[d]),
            width=220,
            help=say("How much less supply counts with each minute; all but the last weigh a half "
                     "at the limit."),
            placeholder=say("Decay"),
            **state.remembered("coverage.decay", USUAL_DECAY, **given),
        )
    )  # fmt: skip


def _isochrones(asked: Asked) -> tuple[str, tuple[float, ...]]:
    """Show the list of facilities, for the keyboard too, and the minutes of the rings."""
    known = coverage_cache.reach()
    assert known is not None  # noqa: S101 - the page has looked
    if known.mine is not None:  # a ring does not end at the border of a part of the county
        return "", ()
    table = known.facilities.iloc[known.of_kinds(SERVICES[asked.service].kinds)]
    names = dict(zip(table["id"].astype(str), table["name"].astype(str), strict=True))
    with st.popover(say("Isochrones"), icon=":material/radar:", width="content"):
        facility = st.selectbox(
            say("Facility"),
            ["", *names],
            format_func=lambda i: names.get(i) or say("none; click one on the map, or choose"),
            placeholder=say("Facility"),
            **state.remembered(
                "coverage.facility", "", allowed=["", *names], address="facility", then=_moved
            ),
        )
        rings = st.pills(
            say("Minutes around it"),
            RINGS,
            selection_mode="multi",
            **state.remembered(
                "coverage.rings", ["5", "10", "15", "30"], allowed=RINGS, address="ring"
            ),
        )
    return str(facility or ""), tuple(sorted(float(r) for r in rings))


def _code(twin: Twin, name: str) -> str:
    codes = twin.regions.attrs["rows"]
    return state.read(
        f"coverage.{name}", "", address=name, check=lambda code: not code or code in codes
    )


# ---------------------------------------------------------------- what a click does


def _moved() -> None:
    """Let the map's own selection go: it would grey out everything else."""
    state.choose("coverage.clicks", state.chosen("coverage.clicks", 0) + 1)


def picked(layer: str, code: str) -> None:
    """Take a click on the map: a facility, or a cell; the same cell again lets it go."""
    _moved()
    name = "coverage.facility" if layer.startswith("served") else "coverage.cell"
    state.choose(name, "" if state.chosen(name, "") == code else code)


def mark_village(code: str) -> None:
    """Mark a village on the map; "" marks none."""
    state.choose("coverage.village", code)


def let_go() -> None:
    """Choose neither cell nor facility any more."""
    for name in ("cell", "facility"):
        state.choose(f"coverage.{name}", "")
    _moved()


def clicks() -> int:
    """Return how often the map was clicked: part of its layers' names."""
    return int(state.chosen("coverage.clicks", 0))

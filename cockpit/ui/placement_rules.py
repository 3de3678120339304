"""The panel "Rules": what stays, where something may stand, how far apart, and what it costs."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from cockpit.answers.siting import Rules
from cockpit.answers.twin import Twin
from cockpit.ui import closures_cache, coverage_parts, placement_candidates, state
from cockpit.ui.closures_areas import shape_name
from cockpit.ui.placement_cache import Asked
from cockpit.ui.placement_choices import Choice
from cockpit.ui.way import plain
from cockpit.ui.words import language, number, say, say_error
from geodata.errors import CockpitError

EXISTING_TITLES = {"keep": "All stay open", "free": "May close"}
CANDIDATE_TITLES = {"cells": "in every cell", "villages": "in one cell of each village"}
WHERE_TITLES = {
    "all": "in town and country",
    "town": "only in town",
    "country": "only in the country",
}
WIDEST_M = 20_000
_STEP_M = 100
_WIDTH = 230
_MOST_PEOPLE = 100_000
_MOST_COST = 1e9
_NOTHING: list[str] = []
_SITE = re.compile(r"[fc]:\S.*")
_USUAL = Rules()
_FIELDS = ("existing", "candidates", "where", "spacing", "people", "cost", "kept", "capacity")


def _kept(name: str, service: str = "") -> dict[str, Any]:
    """Return how a rule is remembered: its default, what is allowed, its name in the address."""
    amount = {"check": lambda v: 0 <= v <= _MOST_COST}
    known: dict[str, dict[str, Any]] = {
        "existing": {"default": "keep", "allowed": EXISTING_TITLES, "address": "today"},
        "candidates": {"default": "cells", "allowed": CANDIDATE_TITLES, "address": "places"},
        "where": {"default": "all", "allowed": WHERE_TITLES, "address": "where"},
        "spacing": {"default": 0, "check": lambda m: 0 <= m <= WIDEST_M, "address": "apart"},
        "people": {"default": 0, "check": lambda n: 0 <= n <= _MOST_PEOPLE, "address": "least"},
        "cost": {"default": float(_USUAL.new_cost), **amount},
        "kept": {"default": float(_USUAL.kept_cost), **amount},
        "capacity": {"default": None, "check": lambda v: v is None or 0 < v <= _MOST_COST},
        "zones": {"default": _NOTHING, "check": str.isdecimal, "address": "zone"},
        "must": {"default": _NOTHING, "check": _is_site, "address": "must"},
        "forbidden": {"default": _NOTHING, "check": _is_site, "address": "not"},
    }
    # Sites are those of a service: each service keeps its own.
    suffix = f".{service}" if name in ("must", "forbidden") else ""
    return {"name": f"placement.rules.{name}{suffix}", **known[name]}


def _is_site(text: object) -> bool:
    return isinstance(text, str) and bool(_SITE.fullmatch(text))


def _read(name: str, service: str = "") -> Any:
    return state.read(**_kept(name, service))


def choose(twin: Twin, asked: Asked) -> Rules:  # noqa: ARG001 -- every part of the page is asked so
    """Return the rules as the visitor has left them, without a widget."""
    must, forbidden = (
        tuple(s for s in _read(name, asked.service) if placement_candidates.exists(asked, s))
        for name in ("must", "forbidden")
    )
    capacity = _read("capacity")
    return Rules(
        existing=_read("existing"),
        candidates=_read("candidates"),
        must=must,
        forbidden=forbidden,
        spacing_m=float(_read("spacing")),
        zones=tuple(int(z) for z in _read("zones") if int(z) in _areas()),
        where=_read("where"),
        least_people=float(_read("people")),
        new_cost=float(_read("cost")),
        kept_cost=float(_read("kept")),
        new_capacity=None if capacity is None else float(capacity),
    )


def show(twin: Twin, choice: Choice) -> None:
    """Show all rules as widgets, what they leave to choose from, and what contradicts itself."""
    rules = choose(twin, choice.asked)
    _leaves(choice, rules)
    general, named = st.columns([0.5, 0.5], gap="large")
    with general:
        _today(rules)
        _places()
        _numbers()
    with named:
        _by_name(choice, rules)
        _zones()
        st.button(
            say("Back to the usual rules"),
            icon=":material/restart_alt:",
            key="placement.rules.reset",
            disabled=rules == _USUAL,
            on_click=_reset,
            args=(choice.asked.service,),
        )


def _leaves(choice: Choice, rules: Rules) -> None:
    """Say how many sites there are to choose from, or why there can be no plan."""
    try:
        counted = placement_candidates.counted(choice.asked, rules)
    except CockpitError as error:
        st.error(say_error(error), icon=":material/block:")
        return
    st.markdown(
        say(
            "{new} places for a new site; {kept} facilities of today, of which {must} stay.",
            new=number(counted.new),
            kept=number(counted.today),
            must=number(counted.today_stay),
        )
        if rules.existing == "free" or counted.today != counted.today_stay
        else say(
            "{new} places for a new site; all {kept} facilities of today stay.",
            new=number(counted.new),
            kept=number(counted.today),
        )
    )
    coverage_parts.notes(counted.notes)


def _remembered(name: str, service: str = "") -> dict[str, Any]:
    kept = _kept(name, service)
    return state.remembered(kept.pop("name"), kept.pop("default"), **kept)


def _today(rules: Rules) -> None:
    st.segmented_control(
        say("Facilities of today"),
        list(EXISTING_TITLES),
        format_func=lambda e: say(EXISTING_TITLES[e]),
        required=True,
        help=say("If they may close, a plan may also open fewer sites than there are today."),
        **_remembered("existing"),
    )
    if rules.existing == "free":
        st.number_input(
            say("Cost of keeping one"),
            min_value=0.0,
            max_value=_MOST_COST,
            step=0.1,
            width=_WIDTH,
            help=say("In the unit in which you count what a new site costs."),
            **_remembered("kept"),
        )


def _places() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            say("A new site may stand"),
            list(CANDIDATE_TITLES),
            format_func=lambda c: say(CANDIDATE_TITLES[c]),
            placeholder=say("A new site may stand"),
            width=_WIDTH,
            **_remembered("candidates"),
        )
        st.selectbox(
            say("Town or country"),
            list(WHERE_TITLES),
            format_func=lambda w: say(WHERE_TITLES[w]),
            placeholder=say("Town or country"),
            width=_WIDTH,
            **_remembered("where"),
        )


def _numbers() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input(
            say("Least residents of the cell"),
            min_value=0,
            max_value=_MOST_PEOPLE,
            step=10,
            width=_WIDTH,
            **_remembered("people"),
        )
        st.number_input(
            say("Least distance between sites, m"),
            min_value=0,
            max_value=WIDEST_M,
            step=_STEP_M,
            width=_WIDTH,
            help=say("Straight, from a new site to any other site."),
            **_remembered("spacing"),
        )
        st.number_input(
            say("Cost of a new site"),
            min_value=0.0,
            max_value=_MOST_COST,
            step=0.1,
            width=_WIDTH,
            help=say("In any unit; a budget is then counted in the same."),
            **_remembered("cost"),
        )
        st.number_input(
            say("Capacity of a new site, people"),
            value=None,
            min_value=1.0,
            max_value=_MOST_COST,
            step=100.0,
            format="%.0f",
            width=_WIDTH,
            placeholder=say("median of today"),
            help=say("Left empty: the median capacity of the facilities of today."),
            **_remembered("capacity"),
        )


def _by_name(choice: Choice, rules: Rules) -> None:
    """Show the sites that must and must not be open, and the clicked cell for both."""
    known = placement_candidates.named_sites(choice.asked, language())
    titles = {"must": say("Must be open"), "forbidden": say("Must not be open")}
    for name, chosen in (("must", rules.must), ("forbidden", rules.forbidden)):
        # What an address brought and no list offers stays choosable.
        options = [*known, *(s for s in chosen if s not in known)]
        kept = _kept(name, choice.asked.service)
        if list(_read(name, choice.asked.service)) != [
            s for s in state.chosen(kept["name"], _NOTHING) if s in options
        ]:
            state.choose(kept["name"], [s for s in chosen if s in options])
        st.multiselect(
            titles[name],
            options,
            format_func=lambda s: known.get(s) or placement_candidates.name(choice.asked, s),
            placeholder=say("Facility or village"),
            **_remembered(name, choice.asked.service),
        )
    _clicked(choice, titles)


def _clicked(choice: Choice, titles: dict[str, str]) -> None:
    cell = choice.cell
    if not cell:
        st.caption(say("A cell that you click on the map can be chosen here, too."))
        return
    site = f"c:{cell}"
    name = placement_candidates.name(choice.asked, site)
    st.markdown(say("Clicked cell: {name}", name=plain(name)))
    with st.container(horizontal=True, gap="small"):
        for rule, other in (("must", "forbidden"), ("forbidden", "must")):
            st.button(
                titles[rule],
                key=f"placement.rules.clicked.{rule}",
                icon=":material/add_location:" if rule == "must" else ":material/block:",
                disabled=site in _read(rule, choice.asked.service),
                on_click=with_site,
                args=(choice.asked.service, rule, other, site),
            )


def with_site(service: str, rule: str, other: str, site: str) -> None:
    """Let a site be one that must, or must not, be open, and no longer the opposite."""
    for name, wanted in ((rule, True), (other, False)):
        key = _kept(name, service)["name"]
        rest = [s for s in state.chosen(key, _NOTHING) if s != site]
        state.choose(key, [*rest, site] if wanted else rest)


def _areas() -> dict[int, str]:
    return {area.id: shape_name(area) for area in closures_cache.shapes()[1]}


def _zones() -> None:
    areas = _areas()
    if not areas:
        return
    st.multiselect(
        say("Areas where nothing new may stand"),
        [str(i) for i in areas],
        format_func=lambda i: areas.get(int(i), i),
        placeholder=say("Stored area"),
        **_remembered("zones"),
    )


def let_close() -> None:
    """Let the facilities of today close."""
    state.choose(_kept("existing")["name"], "free")


def _reset(service: str) -> None:
    for name in (*_FIELDS, "zones", "must", "forbidden"):
        kept = _kept(name, service)
        state.choose(kept["name"], kept["default"])

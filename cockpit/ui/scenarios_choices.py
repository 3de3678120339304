"""What the visitor of the page Scenarios chooses: which to compare, with what, what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from cockpit.answers.scenarios import Scenario
from cockpit.answers.siting_layout import Layout
from cockpit.answers.siting_rules import Rules
from cockpit.coverage.services import SERVICES
from cockpit.indicators import MEASURES
from cockpit.settings import ROOT
from cockpit.ui import cache, placement_choices, state
from cockpit.ui.coverage_choices import MODE_TITLES
from cockpit.ui.placement_cache import Asked
from cockpit.ui.words import language, number, say

VIEW_TITLES = {
    "compare": "Side by side",
    "front": "Cost, coverage and equity",
    "saved": "Saved scenarios",
}
PART_TITLES = {"townships": "Townships", "groups": "Groups"}
FIGURE_TITLES = {"minutes": "Person-minutes", "people": "People"}
MOST = 8
_USUAL = 4
_NOTHING: list[str] = []


@dataclass(frozen=True)
class Choice:
    """What the address holds."""

    view: str
    chosen: tuple[Scenario, ...]  # to compare, in their order
    base: int | None  # which of the chosen the others are compared with; None: today


def choose(known: Sequence[Scenario]) -> Choice:
    """Show the row of views, and above a comparison who is compared with what."""
    # A lone scenario has nobody to stand beside: what can be done with it comes first.
    usual = "compare" if len(known) > 1 else "saved" if known else "front"
    view = str(
        st.segmented_control(
            say("Show"),
            list(VIEW_TITLES),
            format_func=lambda v: say(VIEW_TITLES[v]),
            required=True,
            label_visibility="collapsed",
            **state.remembered("scenarios.view", usual, allowed=VIEW_TITLES, address="view"),
        )
    )
    if view != "compare" or not known:
        return Choice(view, (), None)
    with st.container(horizontal=True, vertical_alignment="bottom", key="ct-bar"):
        chosen = _chosen(known)
        base = _base(chosen)
    return Choice(view, chosen, base)


def _usual(known: Sequence[Scenario]) -> list[str]:
    """Return the last saved ones that ask the same as the last."""
    alike = [s for s in known if dict(s.question) == dict(known[0].question)]
    return [str(s.id) for s in alike[:_USUAL][::-1]]


def _chosen(known: Sequence[Scenario]) -> tuple[Scenario, ...]:
    by_id, usual = {str(s.id): s for s in known}, _usual(known)
    if not state.chosen("scenarios.chose", False):  # until somebody chooses, new ones join
        state.choose("scenarios.chosen", usual)
    how: dict[str, Any] = {"allowed": list(by_id), "address": "with"}
    before = state.chosen("scenarios.chosen", usual)
    # Nothing is the default, so that a shared link names the scenarios whether or not chosen.
    found = state.read("scenarios.chosen", _NOTHING, **how)
    if before and not found:  # one of them is no more on the list
        state.choose("scenarios.chosen", usual)
        state.choose("scenarios.chose", False)
    elif found != usual:  # a link brought others
        _chose()
    ids = st.multiselect(
        say("Scenarios to compare, two to eight"),
        list(by_id),
        format_func=lambda i: by_id[i].title,
        max_selections=MOST,
        placeholder=say("Choose scenarios"),
        width=900,
        **state.remembered("scenarios.chosen", _NOTHING, **how, then=_chose),
    )
    return tuple(by_id[i] for i in ids)


def _chose() -> None:
    state.choose("scenarios.chose", True)


def _base(chosen: Sequence[Scenario]) -> int | None:
    ids = {str(s.id): k for k, s in enumerate(chosen)}
    base = st.selectbox(
        say("Compared with"),
        ["", *ids],
        format_func=lambda i: chosen[ids[i]].title if i else say("Today"),
        width=260,
        placeholder=say("Compared with"),
        **state.remembered("scenarios.base", "", allowed=["", *ids], address="base"),
    )
    return ids.get(str(base))


# ---------------------------------------------------------------- words about a scenario


def question_text(question: Mapping[str, Any]) -> str:
    """Return what a scenario is about: service, limit, way of travelling, group, region."""
    twin = cache.twin()
    unit = str(question["unit"])
    rows = twin.regions.attrs["rows"] if twin else {}
    where = cache.names(twin.version, language())[rows[unit]] if twin and unit in rows else unit
    minutes = float(question["minutes"])
    return say(
        "{service}, {group}, within {n} minutes, {mode}, {where}",
        service=say(SERVICES[str(question["service"])].title),
        group=say(MEASURES[str(question["group"])].title),
        n=number(minutes, 0 if minutes.is_integer() else 1),
        mode=say(MODE_TITLES.get(str(question["mode"]), "Mode: car")),
        where=where,
    )


def asked_of(question: Mapping[str, Any]) -> Asked:
    """Return a stored question as the page Placement asks it."""
    return Asked(
        str(question["service"]),
        str(question["mode"]),
        float(question["minutes"]),
        str(question["group"]),
        str(question["unit"]),
    )


# ---------------------------------------------------------------- over to the page Placement


def open_on_placement(asked: Asked, rules: Rules, layout: Layout) -> None:
    """Put a question, its rules and a plan on the page Placement, and go there."""
    if state.chosen("placement.service", "") != asked.service:
        for name in ("plan", "past", "future"):  # sites of one service are unknown to another
            state.choose(f"placement.{name}", [])
    for name, value in (
        ("service", asked.service),
        ("mode", asked.mode),
        ("minutes", f"{asked.minutes:g}"),
        ("group", asked.group),
    ):
        state.choose(f"placement.{name}", value)
    state.choose("view.region", asked.unit)
    for name, value in _rules(asked.service, rules).items():
        state.choose(f"placement.rules.{name}", value)
    placement_choices.change(layout)
    state.choose("scenarios.leave", True)


def _rules(service: str, rules: Rules) -> dict[str, Any]:
    return {
        "existing": rules.existing,
        "candidates": rules.candidates,
        "where": rules.where,
        "spacing": round(rules.spacing_m),
        "people": round(rules.least_people),
        "cost": rules.new_cost,
        "kept": rules.kept_cost,
        "capacity": rules.new_capacity,
        "zones": [str(zone) for zone in rules.zones],
        f"must.{service}": list(rules.must),
        f"forbidden.{service}": list(rules.forbidden),
    }


def leave() -> None:
    """Go to the page Placement when something was put there."""
    if state.chosen("scenarios.leave", False):
        state.choose("scenarios.leave", False)
        st.switch_page(ROOT / "pages" / "placement.py")

"""The panel "Save": the plan on the map becomes a scenario, with the proof it has."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cockpit.answers.siting_figures import Figures
from cockpit.ui import placement_cache, placement_proven, state, visitor
from cockpit.ui.placement_choices import Choice
from cockpit.ui.words import number, say, say_error
from geodata.errors import CockpitError

_ROOT = Path(__file__).resolve().parents[2]
_FIELDS = ("name", "note")


def show(choice: Choice, found: Figures) -> None:
    """
    Show the fields and the button that keep the plan as a scenario.

    The fields have no most number of characters: the browser would leave out what is too long
    without a word, and the name before it would be saved. The store refuses it and says so.
    """
    if not found.layout:
        st.info(
            say("There is nothing to keep yet. Put a site on the map, or let the best plan be "
                "found, and save it here.")
        )  # fmt: skip
        return
    if not visitor.may("plan"):
        st.info(say("Your role may look at plans, but not save them."))
        return
    st.text_input(
        say("Name of the scenario"), width=340, **state.remembered("placement.save.name", "")
    )
    st.text_area(say("Remark"), height=90, **state.remembered("placement.save.note", ""))
    st.button(
        say("Save the plan"), type="primary", icon=":material/save:", key="placement.save.take",
        on_click=_save, args=(choice, found),
    )  # fmt: skip
    # Under the button: what appears above it would push it away from a click on its way.
    _next_version()
    _said(choice)


def _next_version() -> None:
    """Say before saving that the name is taken."""
    name = state.chosen("placement.save.name", "").strip()
    known = placement_cache.newest_version(name) if name else 0
    if known:
        st.caption(
            say(
                "There is a scenario {name} already: this becomes its version {n}.",
                name=name,
                n=number(known + 1),
            )
        )


def _save(choice: Choice, found: Figures) -> None:
    told = {name: state.chosen(f"placement.save.{name}", "").strip() for name in _FIELDS}
    try:
        proof = placement_proven.proof_of(choice)
        kept = placement_cache.save(found, choice.rules, proof, **told)
    except CockpitError as error:
        state.choose("placement.save.said", error)
        return
    for name in _FIELDS:  # the next save is another scenario
        state.choose(f"placement.save.{name}", "")
    state.choose("placement.save.said", (kept, choice.layout.key()))


def _said(choice: Choice) -> None:
    """Tell what became of saving: a refusal once, the way on as long as the plan is the same."""
    said = state.chosen("placement.save.said", None)
    if isinstance(said, CockpitError):
        state.choose("placement.save.said", None)
        st.error(say_error(said), icon=":material/block:")
    elif said is not None and said[1] == choice.layout.key():
        st.success(say("Saved: {name}.", name=said[0]), icon=":material/check:")
        if st.button(
            say("Compare it on the page “Scenarios”"),
            icon=":material/compare_arrows:",
            key="placement.save.compare",
        ):
            st.switch_page(_ROOT / "pages" / "scenarios.py")

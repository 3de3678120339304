"""The page Placement put together: what stands where, and what it says when there is nothing."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cockpit.answers.siting_figures import Figures
from cockpit.answers.twin import Twin
from cockpit.ui import (
    cache,
    coverage_panels,
    placement_advice,
    placement_cache,
    placement_card,
    placement_choices,
    placement_map,
    placement_panels,
    placement_rules,
    placement_save,
    placement_shown,
    placement_sites,
    placement_solve,
    theme,
)
from cockpit.ui.coverage_parts import notes
from cockpit.ui.placement_choices import Choice
from cockpit.ui.words import language, say


def ready() -> bool:
    """Tell whether there is something to plan on; say what to do when there is not."""
    with st.spinner(say("Reading the county"), show_time=False):
        known = cache.reach()
    if not len(known.rows):
        st.info(say("The county has no cells yet. Load regions, then reload this page."))
        return False
    return True


def top(twin: Twin, choice: Choice, found: Figures) -> str:
    """Show tiles and the sentence; return the sentence."""
    coverage_panels.styles()
    placement_choices.say_refused()
    if not found.ground.people.sum() > 0:
        st.warning(
            say("Nobody of this group is counted here. Choose another group or another unit.")
        )
    placement_advice.tiles(choice, found)
    sentence = placement_panels.sentence(twin, choice, found)
    st.markdown(placement_panels.marked(sentence))
    return sentence


def picture(twin: Twin, choice: Choice, found: Figures, sentence: str) -> None:
    """Show what a click does and what colours tell, the map, its legend and its table."""
    with st.container(horizontal=True, vertical_alignment="center", key="ct-tools"):
        placement_choices.tool()
        _steps(choice)
        st.space("stretch")
        placement_choices.colour(choice.layout)
    shown = placement_shown.shown(choice.colour, found, theme.now())
    names = placement_cache.site_names(choice.asked, language())
    scene = placement_map.scene_of(twin, choice, found, shown, names, placement_choices.clicks())
    told = placement_shown.sentence(choice.colour, found)
    with st.container(key="ct-map"):
        placement_map.show(
            scene, key="placement.deck", on_pick=placement_card.on_pick, alt=f"{sentence} {told}"
        )
        placement_map.legend(scene)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(told)
        with st.popover(say("The map as a table"), icon=":material/table:", width="content"):
            placement_panels.classes_table(shown)


def _steps(choice: Choice) -> None:
    """Show the buttons that take changes back."""
    for name, title, icon, able, step in (
        ("undo", say("Undo"), "undo", placement_choices.can_undo(), placement_choices.undo),
        ("redo", say("Redo"), "redo", placement_choices.can_redo(), placement_choices.redo),
        ("reset", say("As today"), "restart_alt", bool(choice.layout), placement_choices.reset),
    ):
        st.button(
            title if name == "reset" else "", icon=f":material/{icon}:", help=title,
            key=f"placement.{name}", disabled=not able, on_click=step,
        )  # fmt: skip


def beside(twin: Twin, choice: Choice, found: Figures) -> DeltaGenerator:
    """Show what was clicked, the plan and the way without the map; return the place on top."""
    place = st.container()  # the next move is worked out last: the first one takes seconds
    placement_card.by_name(twin, choice)
    placement_card.show(twin, choice, found)
    placement_card.plan(choice)
    return place


def advise(choice: Choice, place: DeltaGenerator) -> None:
    """Show the next best move in its place."""
    with place, st.container(border=True):
        placement_advice.next_move(choice)


def below(twin: Twin, choice: Choice, found: Figures) -> None:
    """Show the chosen panel under the map."""
    placement_choices.panel()
    if choice.panel == "groups":
        placement_panels.groups(found)
    elif choice.panel == "sites":
        placement_sites.show(choice, found)
    elif choice.panel == "rules":
        placement_rules.show(twin, choice)
    elif choice.panel == "solve":
        placement_solve.show(twin, choice)
    elif choice.panel == "save":
        placement_save.show(choice, found)
    else:
        placement_panels.townships(twin, found)


def remarks(found: Figures) -> None:
    """Show what was assumed, in plain words."""
    notes(found.notes)

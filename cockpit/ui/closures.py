"""The page Closures, part by part."""

from __future__ import annotations

import streamlit as st

from cockpit.answers.closures import Answer, Detour
from cockpit.answers.twin import Twin
from cockpit.ui import (
    cache,
    closures_cache,
    closures_choices,
    closures_draw,
    closures_maps,
    closures_panels,
    state,
)
from cockpit.ui.closures_choices import Choice
from cockpit.ui.words import say, say_error
from geodata.errors import CockpitError


def ready() -> bool:
    """Tell whether there are roads to close and places to go to; otherwise say what is missing."""
    with st.spinner(say("Reading the roads"), show_time=False):
        known = cache.reach()
    if not known.has_roads:
        st.info(say("No roads have been loaded, so none can be closed."))
        return False
    if not closures_cache.services():
        st.info(say("No facilities have been loaded, so there is no way to measure."))
        return False
    return True


def picture(twin: Twin, choice: Choice, answer: Answer, sentence: str) -> None:
    """Show the sentence, then the map or the drawing board."""
    st.write(sentence)
    st.segmented_control(
        say("Map or drawing board"),
        [False, True],
        format_func=lambda drawing: say("Draw an area") if drawing else say("Map"),
        required=True,
        label_visibility="collapsed",
        **state.remembered("closures.drawing", False, address="draw"),
    )
    if choice.drawing:
        closures_draw.board(twin, choice.asked.key)
        return
    detour = _detour(choice)
    has_water = answer.closed.water is not None
    with st.container(key="ct-map"):
        closures_maps.show(
            closures_maps.scene_of(twin, choice, detour, has_water=has_water),
            key="closures.deck",
            on_pick=closures_choices.on_click,
            alt=sentence,
        )
        closures_maps.legend(choice, has_water=has_water, has_way=detour is not None)
    closures_panels.way_of(twin, choice, detour, answer)


def _detour(choice: Choice) -> Detour | None:
    if not choice.cell:
        return None
    try:
        return closures_cache.detour(choice.asked, choice.cell)
    except CockpitError as error:
        st.warning(say_error(error))
        return None

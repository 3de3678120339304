"""The page Risk put together: what stands where, and what it says when there is nothing."""

from __future__ import annotations

import streamlit as st

from cockpit.answers.risk_methods import AIR, SENSORS, WATER
from cockpit.answers.twin import Twin
from cockpit.ui import (
    risk_cache,
    risk_choices,
    risk_detail,
    risk_panels,
    risk_sensors,
    risk_slow,
    risk_time,
    risk_why,
)
from cockpit.ui.risk_choices import Choice
from cockpit.ui.words import say


def ready(twin: Twin | None) -> bool:
    """Tell whether there is something to ask; say what to do when there is not."""
    if twin is None:
        st.info(say("No county has been loaded yet."))
        return False
    if not len(risk_cache.places("cell")):
        st.info(say("The county has no cells yet. Load regions, then reload this page."))
        return False
    known = risk_cache.events()
    if not len(known) and not risk_cache.sensors(risk_sensors.kinds()):
        st.info(
            say(
                "No events or sensors are stored that are open to you. Load a table of events on "
                "the page Data, or ask for a higher class."
            )
        )
        return False
    return True


def choose(twin: Twin) -> Choice:
    """Show the bar of choices and return them."""
    return risk_choices.choose(twin, risk_cache.events())


def show(twin: Twin, choice: Choice) -> None:
    """Show the answer: sentence, map, table; then why, and what belongs to the method."""
    risk_panels.styles()
    points = risk_sensors.points(choice) if choice.asked.theme in (WATER, AIR) else ()
    if choice.asked.method == "readings":
        risk_sensors.show(twin, choice, points)
        return
    if choice.method.slow:
        there = risk_slow.show(twin, choice)
        _below(choice, why=there)
    else:
        risk_time.show(twin, choice, points, _below)
        there = True
    if there:
        risk_detail.show(choice)
    if choice.method.about == SENSORS and points:
        risk_sensors.table(choice)


def _below(shown: Choice, *, why: bool) -> None:
    """Show what stands below the map and speaks of it: of the step shown, where there is a slider.

    Why a place is coloured so is left out while the slider plays: nobody could read it.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        risk_panels.method(shown)
        risk_panels.files(shown)
    if why:
        risk_why.show(shown)

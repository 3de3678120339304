"""Answers that take longer than a visitor waits: a note while they are worked out."""

from __future__ import annotations

import streamlit as st

from cockpit.answers.risk import Work
from cockpit.answers.twin import Twin
from cockpit.ui import risk_cache, risk_time
from cockpit.ui.risk_choices import Choice
from cockpit.ui.words import number, say, say_error
from geodata.errors import CockpitError

_LOOK_S = 1.0


def show(twin: Twin, choice: Choice) -> bool:
    """Show the answer, or that it is being worked out; tell whether it is there."""
    work = risk_cache.later(choice.asked)
    places = risk_cache.places(choice.asked.level)
    if not work.done.is_set():
        waiting(work)
        risk_time.picture(twin, choice, places, None, (), say("Being worked out"))
        return False
    try:
        found = work.result()
    except CockpitError as error:
        st.warning(say_error(error))
        risk_time.picture(twin, choice, places, None, (), say_error(error))
        return False
    risk_time.told(twin, choice, places, choice.asked, found)
    return True


def waiting(work: Work) -> None:
    """Say that something is being worked out, and look again every second until it is there."""
    st.fragment(_note, run_every=_LOOK_S)(work)


def _note(work: Work) -> None:
    if work.done.is_set():
        st.rerun(scope="app")
    st.info(
        say(
            "This is being worked out in the background, for {n} seconds now. You can go on to "
            "other questions meanwhile; the answer is kept.",
            n=number(work.seconds),
        ),
        icon=":material/hourglass_top:",
    )

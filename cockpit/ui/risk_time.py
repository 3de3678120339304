"""The map of the page Risk with its slider: a step of time is a fragment, not the whole page."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from typing import Protocol

import streamlit as st

from cockpit.answers import risk as answers
from cockpit.answers.risk import HEAT, Answer, Drawn, Places
from cockpit.answers.twin import Twin
from cockpit.ui import (
    risk_cache,
    risk_choices,
    risk_maps,
    risk_panels,
    risk_words,
    state,
    theme,
    way,
)
from cockpit.ui.risk_cache import Asked
from cockpit.ui.risk_choices import Choice
from cockpit.ui.risk_maps import Point
from cockpit.ui.words import date, say, say_error
from geodata.errors import CockpitError

FRAME_S = 1.2
"""Seconds that a step of time is shown while the slider plays."""


class Below(Protocol):
    """Shows what stands below the map and speaks of the step that it shows."""

    def __call__(self, shown: Choice, *, why: bool) -> None:
        """Show it; ``why`` a place is coloured so as well, or not."""


def show(twin: Twin, choice: Choice, points: tuple[Point, ...], below: Below) -> None:
    """Show slider, sentence, map and what is below; while it plays, only these are drawn anew."""
    if not choice.over_time:
        _step(twin, choice, points, below)
        return
    playing = bool(state.chosen("risk.playing", False))
    step = st.fragment(_step, run_every=FRAME_S if playing else None)
    step(twin, choice, points, below)


def _step(twin: Twin, choice: Choice, points: tuple[Point, ...], below: Below) -> None:
    if state.chosen("risk.place", "") != choice.place:  # clicked: the whole page speaks of it
        st.rerun(scope="app")
    asked = _slider(choice) if choice.over_time else choice.asked
    whole = choice.asked if choice.over_time and choice.asked.method in HEAT else None
    places = risk_cache.places(choice.asked.level)
    try:
        found = risk_cache.answer(asked, whole)
    except CockpitError as error:
        st.warning(say_error(error))
        picture(twin, choice, places, None, points, say_error(error))
    else:
        told(twin, choice, places, asked, found, points)
    playing = choice.over_time and bool(state.chosen("risk.playing", False))
    below(replace(choice, asked=asked), why=not playing)


def told(
    twin: Twin,
    choice: Choice,
    places: Places,
    asked: Asked,
    found: Answer,
    points: tuple[Point, ...] = (),
) -> None:
    """Show the sentence, the map with its legend, and how many places have each colour."""
    sentence = risk_words.sentence(places, choice, asked, found)
    st.markdown(way.plain(sentence))
    left, right = st.columns([0.66, 0.34], gap="medium")
    with left, st.container(key="ct-map"):
        whole = choice.asked if choice.over_time else None
        drawn = risk_cache.picture(asked, whole, theme.now().name)
        picture(twin, choice, places, found, points, sentence, drawn)
        risk_panels.legend(found, asked)
    with right:
        risk_panels.classes(places, choice, found)
        risk_panels.ranked(places, choice, found)
        risk_panels.remarks(found, asked, choice.unit)


def picture(
    twin: Twin,
    choice: Choice,
    places: Places,
    found: Answer | None,
    points: tuple[Point, ...],
    alt: str,
    drawn: Drawn | None = None,
) -> None:
    """Draw the map."""
    circles = found.found.several if found is not None and _has_circles(found) else ()
    chosen = places.place_of(choice.place) if choice.place else -1
    scene = risk_maps.Scene(twin, choice, found, chosen, places.rows, circles, drawn, points)
    risk_maps.show(scene, key="risk.deck", on_pick=risk_choices.picked, alt=alt)


def _has_circles(found: Answer) -> bool:
    return found.method in ("clusters", "ongoing")


# ---------------------------------------------------------------- slider and play


def _slider(choice: Choice) -> Asked:
    """Show the slider and return the question about the step it stands on."""
    asked = choice.asked
    parts = answers.frames(asked.question(), choice.step)
    last = len(parts) - 1
    _advance(last)
    # While it plays the address rests: a step a second would fill the browser's history.
    playing = bool(state.chosen("risk.playing", False))
    steps = range(last + 1)
    at = state.read("risk.frame", last, allowed=steps, address="frame", write=not playing)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(key="risk-play", width="content"):
            _play_button(at, last)
        with st.container(key="risk-still", width="content"):
            st.caption(say("Your system asks for less motion: move the slider yourself."))
        at = int(
            st.select_slider(
                say("Step of time"),
                steps,
                format_func=lambda k: _text(parts[k], choice.step),
                label_visibility="collapsed",
                **state.remembered("risk.frame", at, allowed=steps),
            )
        )
    first, end = parts[at]
    return asked._replace(first=first, last=end)


def _text(days: tuple[dt.date, dt.date], step: str) -> str:
    first, last = days
    if step == "month" and (first.year, first.month) == (last.year, last.month):
        whole = first.day == 1 and (last + dt.timedelta(days=1)).day == 1
        month = say("{month}/{year}", month=first.month, year=first.year)
        return month if whole else say("{month} (part)", month=month)
    return f"{date(first)} – {date(last)}"


def _play_button(at: int, last: int) -> None:
    playing = bool(state.chosen("risk.playing", False))

    def turn() -> None:
        state.choose("risk.playing", not playing)
        state.choose("risk.shown_at", time.monotonic())
        if not playing and at >= last:  # from the beginning again
            state.choose("risk.frame", 0)

    if st.button(
        say("Pause") if playing else say("Play"),
        icon=":material/pause:" if playing else ":material/play_arrow:",
        key="risk.play",
        on_click=turn,
    ):
        st.rerun(scope="app")  # the pace of the fragment is set outside it


def _advance(last: int) -> None:
    """Go one step on when the slider plays and the step was shown long enough."""
    if not state.chosen("risk.playing", False):
        return
    now = time.monotonic()
    if now - float(state.chosen("risk.shown_at", now)) < 0.8 * FRAME_S:
        return
    at = int(state.chosen("risk.frame", last))
    state.choose("risk.shown_at", now)
    if at < last:
        state.choose("risk.frame", at + 1)
    else:
        state.choose("risk.playing", False)
        st.rerun(scope="app")

"""The page Timeline put together: one clock, whose steps are a fragment and not the whole page."""

from __future__ import annotations

import datetime as dt
import time
from itertools import pairwise

import streamlit as st

from cockpit.access.classes import TITLES
from cockpit.answers.timeline import SILENT_H, Timeline
from cockpit.answers.timeline_clock import Step, step_at
from cockpit.answers.twin import Twin
from cockpit.ui import risk_cache, state, timeline_cache, timeline_choices, timeline_map
from cockpit.ui import timeline_shown as shown
from cockpit.ui.timeline_choices import Choice
from cockpit.ui.way import plain
from cockpit.ui.words import language, number, say

PACES = {"slow": 2.0, "normal": 1.0, "fast": 0.5}
"""Seconds that a step is shown while the clock runs."""
PACE_TITLES = {"slow": "Slow", "normal": "Normal", "fast": "Fast"}


def ready(twin: Twin | None) -> bool:
    """Tell whether there is something to show; say what to do when there is not."""
    if twin is None:
        st.info(say("No county has been loaded yet."))
        return False
    if timeline_cache.known() is None:
        st.info(
            say(
                "Nothing with a date is stored that is open to you. Load events or readings on the "
                "page Data, or ask for a higher class."
            )
        )
        return False
    return True


def show() -> None:
    """Show the choices, the clock and what stood at its moment."""
    line = timeline_cache.timeline()
    shown.styles()
    choice = timeline_choices.choose(line)
    if choice.note:
        st.caption(f":material/info: {choice.note}")
    found = timeline_cache.steps_of(choice.asked)
    pace = str(state.read("timeline.pace", "normal", allowed=PACES))
    playing = bool(state.chosen("timeline.playing", False))
    # Without a pace the fragment runs for nobody: a page that stands still asks for nothing.
    step = st.fragment(_step, run_every=PACES[pace] if playing else None)
    step(line, choice, found, pace)
    _remarks(line, choice)


def _step(line: Timeline, choice: Choice, found: tuple[Step, ...], pace: str) -> None:
    """Show the clock and all that speaks of its moment."""
    number_of = _clock(line, found, pace)
    at = timeline_cache.moment(choice.asked, number_of)
    told = shown.sentence(line, choice, at)
    if choice.shows("events"):
        shown.strip(line, found, timeline_cache.strip(choice.asked), at)
    st.markdown(plain(told))
    picture, figures = st.columns([0.68, 0.32], gap="medium")
    limits = timeline_cache.limits(choice.asked)
    with picture, st.container(key="ct-map"):
        timeline_map.show(timeline_map.Scene(line, choice, at, len(limits)), alt=told)
        shown.legend(choice, limits)
    with figures:
        shown.tiles(line, choice, at)
        shown.table(choice, at)
        shown.regions(line, choice, at)


def _remarks(line: Timeline, choice: Choice) -> None:
    """Say what the map cannot show, and where its figures come from."""
    told = []
    if choice.shows("events") and line.unplaced:
        told.append(
            say("{n} events have no place: they count, but no dot shows them.",
                n=number(line.unplaced))
        )  # fmt: skip
    if choice.shows("events") and line.events.wrong:
        told.append(
            say("{n} events ended before they began, by the table: they stand for one minute.",
                n=number(line.events.wrong))
        )  # fmt: skip
    if choice.shows("events"):
        told.append(say("Dots are drawn to about 100 m."))
    if choice.shows("sensors"):
        told.append(say("A sensor silent for more than {n} hours is not known.", n=SILENT_H))
    titles = risk_cache.source_titles(line.twin.version)
    between = "、" if language() == "zh" else ", "
    names = between.join(titles.get(key, {}).get(language(), key) for key in line.sources)
    told.append(
        say("Source: {sources}; data class: {data_class}.",
            sources=names, data_class=say(TITLES[line.data_class]))
    )  # fmt: skip
    st.caption(plain(("" if language() == "zh" else " ").join(told)))


# ---------------------------------------------------------------- the clock


def _clock(line: Timeline, found: tuple[Step, ...], pace: str) -> int:
    """Show the controls; return the number of the step that the clock stands on."""
    playing = bool(state.chosen("timeline.playing", False))
    # While it plays the address rests: a step a second would fill the browser's history.
    text = state.read("timeline.at", "", address="at", check=_is_moment, write=not playing)
    at = len(found) - 1
    if text:
        at = step_at(found, line.minute(dt.datetime.fromisoformat(text)))
    if playing:
        at = _advanced(line, found, at, pace)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(key="time-play", width="content"):
            _play(line, found, at)
        with st.container(key="time-still", width="content"):
            st.caption(say("Your system asks for less motion: move the slider yourself."))
        _turn(line, found, at, -1)
        _turn(line, found, at, 1)
        with st.container(width="content"):
            _pace(pace)
        _slider(line, found, at)
    return at


def _is_moment(text: str) -> bool:
    try:
        return not text or dt.datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def _set(line: Timeline, found: tuple[Step, ...], number_of: int) -> None:
    state.choose("timeline.at", f"{line.moment(found[number_of].start):%Y-%m-%dT%H:%M}")


def _advanced(line: Timeline, found: tuple[Step, ...], at: int, pace: str) -> int:
    """Go one step on when the one before was shown long enough; at the end the clock stops."""
    now = time.monotonic()
    if now - float(state.chosen("timeline.shown_at", now)) < 0.8 * PACES[pace]:
        return at
    state.choose("timeline.shown_at", now)
    if at + 1 >= len(found):
        state.choose("timeline.playing", False)
        st.rerun(scope="app")  # the pace of the fragment is set outside it
    _set(line, found, at + 1)
    return at + 1


def _play(line: Timeline, found: tuple[Step, ...], at: int) -> None:
    playing = bool(state.chosen("timeline.playing", False))

    def turn() -> None:
        state.choose("timeline.playing", not playing)
        state.choose("timeline.shown_at", time.monotonic())
        if not playing and at + 1 >= len(found):  # from the beginning again
            _set(line, found, 0)

    if st.button(
        say("Pause") if playing else say("Play"),
        icon=":material/pause:" if playing else ":material/play_arrow:",
        key="timeline.play",
        on_click=turn,
        disabled=len(found) < 2,
    ):
        st.rerun(scope="app")


def _turn(line: Timeline, found: tuple[Step, ...], at: int, by: int) -> None:
    """Show a button that goes a step back or on."""
    there = 0 <= at + by < len(found)
    st.button(
        say("One step back") if by < 0 else say("One step on"),
        icon=":material/skip_previous:" if by < 0 else ":material/skip_next:",
        key=f"timeline.turn{by}",
        on_click=_set,
        args=(line, found, at + by if there else at),
        disabled=not there,
    )


def _pace(used: str) -> None:
    pace = st.segmented_control(
        say("Pace"),
        list(PACES),
        format_func=lambda name: say(PACE_TITLES[name]),
        required=True,
        label_visibility="collapsed",
        **state.remembered("timeline.pace", "normal", allowed=PACES),
    )
    if pace != used:
        st.rerun(scope="app")


def _slider(line: Timeline, found: tuple[Step, ...], at: int) -> None:
    """Show Streamlit's own slider: it takes arrow keys, and tells its value to a reader."""
    if len(found) < 2:
        return
    lengths = {b.start - a.start for a, b in pairwise(found)}
    starts = [line.moment(step.start) for step in found]

    def moved() -> None:
        state.choose("timeline.playing", False)
        _set(line, found, int(state.chosen("timeline.month", at)))

    def slid() -> None:
        state.choose("timeline.playing", False)
        picked = state.chosen("timeline.slider", starts[at])
        _set(line, found, step_at(found, line.minute(picked)))

    if len(lengths) > 1:  # months are not of one length
        state.choose("timeline.month", at)
        st.select_slider(
            say("Moment"),
            range(len(found)),
            format_func=lambda k: say("{month}/{year}", month=starts[k].month, year=starts[k].year),
            label_visibility="collapsed",
            **state.remembered("timeline.month", at, then=moved),
        )
        return
    state.choose("timeline.slider", starts[at])
    minutes = lengths.pop()
    st.slider(
        say("Moment"),
        starts[0],
        starts[-1],
        step=dt.timedelta(minutes=minutes),
        format="YYYY-MM-DD HH:mm" if minutes < 24 * 60 else "YYYY-MM-DD",
        label_visibility="collapsed",
        **state.remembered("timeline.slider", starts[at], then=slid),
    )

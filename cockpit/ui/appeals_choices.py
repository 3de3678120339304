"""What the visitor of the page Appeals chooses, all of it in the address."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from cockpit.answers.appeals import Appeals
from cockpit.answers.appeals_layers import LEVELS
from cockpit.answers.appeals_lists import Asked
from cockpit.answers.twin import Twin
from cockpit.ui import cache, layer_choice, state, way
from cockpit.ui.map_choices import LEVEL_TITLES
from cockpit.ui.words import department_of, say

PERIOD_TITLES = {
    "28": "Last 4 weeks",
    "91": "Last 13 weeks",
    "182": "Last 26 weeks",
    "364": "Last 52 weeks",
    "0": "All that is stored",
}
PANEL_TITLES = {
    "weeks": "Over time",
    "topics": "By topic",
    "repeats": "Repeat cases",
    "urgent": "Urgent",
    "texts": "Texts",
    "person": "For a person",
    "disputes": "Causes of disputes",
    "model": "Model card",
}
EVERY_TOPIC = "All topics"
NO_TOPIC = "no topic found"
_FIRST_LAYERS = ("labels", "rivers", "water")
_NOTHING: list[str] = []


@dataclass(frozen=True)
class Choice:
    """What the address holds."""

    asked: Asked
    level: str
    layers: tuple[str, ...]


def choose(twin: Twin, known: Appeals) -> Choice:
    """Show the bar of choices and return them."""
    unit = str(twin.regions["code"].iat[way.current(twin)])
    with st.container(horizontal=True, vertical_alignment="bottom", key="ct-bar"):
        days = _period()
        topic = _topic(known)
        channels = _channels(known)
        level = _level(twin, unit)
        layers = layer_choice.choose("appeals", twin, _FIRST_LAYERS)
    return Choice(Asked(unit, days, channels, topic), level, layers)


def topic_title(name: str) -> str:
    """Return a topic as its department has it, in English where the catalogue knows it."""
    return department_of(name) if name else say(NO_TOPIC)


def _period() -> int:
    return int(
        st.selectbox(
            say("Period"),
            list(PERIOD_TITLES),
            format_func=lambda days: say(PERIOD_TITLES[days]),
            placeholder=say("Period"),
            width=180,
            **state.remembered("appeals.days", "364", allowed=PERIOD_TITLES, address="days"),
        )
    )


def _topic(known: Appeals) -> int:
    names = {name: k for k, name in enumerate(known.topics) if name}
    chosen = st.selectbox(
        say("Topic"),
        ["", *names],
        format_func=lambda name: topic_title(name) if name else say(EVERY_TOPIC),
        placeholder=say(EVERY_TOPIC),
        width=240,
        **state.remembered("appeals.topic", "", allowed=["", *names], address="topic"),
    )
    return names.get(str(chosen or ""), -1)


def _channels(known: Appeals) -> tuple[int, ...]:
    if len(known.channels) < 2:
        return ()
    chosen = st.pills(
        say("Channels"),
        known.channels,
        selection_mode="multi",
        format_func=department_of,
        help=say("None chosen: all of them."),
        **state.remembered("appeals.channels", _NOTHING, allowed=known.channels, address="channel"),
    )
    return tuple(sorted(known.channels.index(name) for name in chosen))


def _level(twin: Twin, unit: str) -> str:
    levels = levels_of(twin, unit)
    first = next((k for k in levels if k == "village"), levels[0])
    return str(
        st.segmented_control(
            say("Show as"),
            levels,
            format_func=lambda k: say(LEVEL_TITLES[k]),
            required=True,
            **state.remembered("appeals.level", first, allowed=levels, address="level"),
        )
        or first
    )


def levels_of(twin: Twin, unit: str) -> list[str]:
    """Return the levels that the map can show below a unit; for a leaf its own."""
    found = [k for k in cache.levels_in(twin.version, unit) if k in LEVELS]
    return found or [str(twin.regions["level"].iat[twin.position(unit)])]

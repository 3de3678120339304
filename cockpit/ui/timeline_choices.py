"""What the visitor of the page Timeline chooses, all of it in the address."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import streamlit as st

from cockpit.answers.timeline import REGION_LEVELS, Timeline
from cockpit.answers.timeline_clock import WINDOWS, longest
from cockpit.ui import state
from cockpit.ui.days import day_of, is_day
from cockpit.ui.map_choices import LEVEL_TITLES
from cockpit.ui.risk_choices import theme_title, within
from cockpit.ui.timeline_cache import Asked
from cockpit.ui.words import say

WINDOW_TITLES = {"hour": "By hour", "day": "By day", "week": "By week", "month": "By month"}
LAYER_TITLES = {
    "events": "Events",
    "alerts": "Alerts",
    "sensors": "Sensors",
    "facilities": "Facilities",
}
MOST_THEMES = 7
"""Themes at once: more colours nobody tells apart."""
_FIRST_THEMES = ("fire", "order", "safety")
_FIRST_LAYERS = ("events", "alerts", "sensors")
_FIRST_DAYS = 92
_NO_LEVEL = "none"


@dataclass(frozen=True)
class Choice:
    """What the address holds beside the moment."""

    asked: Asked
    layers: tuple[str, ...]
    note: str = ""  # a sentence on days that were not taken as asked for

    def shows(self, layer: str) -> bool:
        """Tell whether a layer is on the map."""
        return layer in self.layers


def choose(line: Timeline) -> Choice:
    """Show the bar of choices and return them."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="ct-bar"):
        first, last = _days(line)
        window = _window()
        cumulative = _cumulative()
        layers = _layers(line)
        level = _level(line) if "events" in layers else ""
        themes = _themes(line) if "events" in layers else ()
    first, note = _shortened(first, last, window)
    return Choice(Asked(first, last, window, cumulative, themes, level), layers, note)


def _shortened(first: dt.date, last: dt.date, window: str) -> tuple[dt.date, str]:
    """Return the first day of what a slider can hold, and a sentence when that is later."""
    earliest = last - longest(window) + dt.timedelta(days=1)
    if first >= earliest:
        return first, ""
    told = say(
        "By the hour at most {n} days can be played: the last ones are shown.",
        n=longest(window).days,
    )
    return earliest, told


def _days(line: Timeline) -> tuple[dt.date, dt.date]:
    oldest, newest = line.origin.date(), line.last_day
    usual = max(oldest, newest - dt.timedelta(days=_FIRST_DAYS - 1))
    first = day_of(state.read("timeline.from", "", address="from", check=is_day)) or usual
    last = day_of(state.read("timeline.to", "", address="to", check=is_day)) or newest
    first, last, _moved = within(first, last, oldest, newest)
    key = state.widget_key("timeline.days")

    def changed() -> None:
        picked = state.widget_value("timeline.days")
        if isinstance(picked, tuple) and len(picked) == 2:
            state.choose("timeline.from", picked[0].isoformat())
            state.choose("timeline.to", picked[1].isoformat())

    picked = st.date_input(
        say("From and to"), (first, last), min_value=oldest, max_value=newest, width=230, key=key,
        on_change=changed,
    )  # fmt: skip
    return picked if isinstance(picked, tuple) and len(picked) == 2 else (first, last)


def _window() -> str:
    return str(
        st.segmented_control(
            say("Steps of the clock"),
            list(WINDOWS),
            format_func=lambda w: say(WINDOW_TITLES[w]),
            required=True,
            **state.remembered("timeline.window", "day", allowed=WINDOWS, address="window"),
        )
    )


def _cumulative() -> bool:
    return st.toggle(
        say("Add up from the start"),
        help=say("Each step then shows everything since the first day."),
        **state.remembered("timeline.cumulative", False, address="cumulative"),
    )


def _layers(line: Timeline) -> tuple[str, ...]:
    there = {
        "events": len(line.events), "alerts": len(line.alerts), "sensors": len(line.sensors),
        "facilities": len(line.facilities),
    }  # fmt: skip
    options = [name for name, n in there.items() if n]
    first = [name for name in options if name in _FIRST_LAYERS]
    chosen = st.pills(
        say("Layers"),
        options,
        selection_mode="multi",
        format_func=lambda name: say(LAYER_TITLES[name]),
        **state.remembered("timeline.layers", first, allowed=options, address="layer"),
    )
    return tuple(chosen)


def _level(line: Timeline) -> str:
    options = [_NO_LEVEL, *(k for k in REGION_LEVELS if len(line.twin.below(0, k)))]
    chosen = st.segmented_control(
        say("Shade by events"),
        options,
        format_func=lambda k: say(LEVEL_TITLES[k]) if k in LEVEL_TITLES else say("No shading"),
        required=True,
        **state.remembered("timeline.level", _NO_LEVEL, allowed=options, address="level"),
    )
    return "" if chosen == _NO_LEVEL else str(chosen)


def _themes(line: Timeline) -> tuple[str, ...]:
    options = list(line.themes)
    first = [name for name in options if name in _FIRST_THEMES] or options[:3]
    chosen = st.pills(
        say("Events of"),
        options,
        selection_mode="multi",
        format_func=theme_title,
        **state.remembered("timeline.themes", first, allowed=options, address="theme"),
    )
    if len(chosen) > MOST_THEMES:
        st.caption(
            say("{n} kinds of events at once are the most: the first are shown.", n=MOST_THEMES)
        )
    return tuple(name for name in options if name in chosen)[:MOST_THEMES]
